// Play: versions that go by, two a second.
import { expect, test } from './fixtures.mjs';
import { addressOf, story } from './page.mjs';

/** A page whose clock stands still but for `playground.page.clock.runFor`. */
async function openWithClock(playground, hash) {
  await playground.page.clock.install({ time: new Date('2026-06-01T12:00:00Z') });
  await playground.open(hash);
  await playground.page.clock.pauseAt(new Date('2026-06-01T13:00:00Z'));
}

test('Play from the head begins at 0, shows two versions a second and stops at the head', async ({
  page, playground,
}) => {
  await openWithClock(playground);
  await playground.button('Play').click();
  await playground.shows(0, 9);
  await expect(playground.button('Pause')).toBeVisible();
  for (let version = 1; version <= 8; version += 1) {
    await page.clock.runFor(500);
    await playground.shows(version, 9);
    await expect(playground.line(`balance: ${story.balances[version]} EUR`)).toBeVisible();
  }
  await page.clock.runFor(500);
  await playground.shows(9, 9);
  await expect(playground.button('Play')).toBeVisible();
  await expect(playground.button('Pause')).toHaveCount(0);
  await page.clock.runFor(5000);
  await playground.shows(9, 9);
});

test('Play from an older version goes on from there, and Pause holds it', async ({ page, playground }) => {
  await openWithClock(playground, addressOf('bank_account', 'ada-savings', 4));
  await playground.button('Play').click();
  await page.clock.runFor(1000);
  await playground.shows(6, 9);
  await playground.button('Pause').click();
  await page.clock.runFor(5000);
  await playground.shows(6, 9);
  await playground.button('Play').click();
  await page.clock.runFor(500);
  await playground.shows(7, 9);
});

test('a step, a click on an event or a drag ends the run where it leads', async ({ page, playground }) => {
  await openWithClock(playground);
  const ways = [
    [() => playground.button('Next version').click(), 3],
    [() => playground.option('v7 AccountUnfrozen').click(), 7],
    [() => playground.button('First version').click(), 0],
  ];
  for (const [end, version] of ways) {
    await playground.toHead();
    await playground.button('Play').click();
    await page.clock.runFor(1000);
    await playground.shows(2, 9);
    await end();
    await playground.shows(version, 9);
    await expect(playground.button('Play')).toBeVisible();
    await page.clock.runFor(2000);
    await playground.shows(version, 9);
  }
});

test('events that are appended during a run belong to it', async ({ page, playground }) => {
  await openWithClock(playground, addressOf('bank_account', 'ada-savings', 8));
  await playground.button('Play').click();
  await playground.record('Deposit', { Amount: '0.50' }, 'MoneyDeposited', 10);
  await playground.shows(8, 10);
  await page.clock.runFor(1000);
  await playground.shows(10, 10);
  await expect(playground.line('balance: 460.00 EUR')).toBeVisible();
  await expect(playground.button('Play')).toBeVisible();
});

test('a stream without events has nothing to play, and Play says so', async ({ playground }) => {
  await playground.begin();
  await expect(playground.button('Play')).toHaveAttribute('aria-disabled', 'true');
  await playground.button('Play').focus();
  await playground.page.keyboard.press('Enter');
  await playground.shows(0, 0);
  await expect(playground.button('Play')).toBeFocused();
});

test('Play runs by the real clock too', async ({ playground }) => {
  await playground.open(addressOf('bank_account', 'ada-savings', 7));
  // Noted in the page: who looks from outside may look too late.
  const versions = await playground.slider.evaluateHandle((slider) => {
    const seen = [];
    new MutationObserver(() => seen.push(slider.getAttribute('aria-valuenow'))).observe(slider, {
      attributeFilter: ['aria-valuenow'],
    });
    return seen;
  });
  await playground.button('Play').click();
  await playground.shows(9, 9);
  await expect(playground.button('Play')).toBeVisible();
  expect(await versions.jsonValue()).toEqual(['8', '9']);
});
