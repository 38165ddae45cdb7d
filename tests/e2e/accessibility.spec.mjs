// For everybody: what axe-core finds, small screens, names of any length, no motion where none is wanted.
import { violations } from './axe.mjs';
import { deposited, fileOf, foreign, longAccount, moment, ofAccount, opened } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { addressOf, Playground } from './page.mjs';

const LOOKS = [
  ['1440×900, light', { width: 1440, height: 900 }, 'light'],
  ['1440×900, dark', { width: 1440, height: 900 }, 'dark'],
  ['390×844, light', { width: 390, height: 844 }, 'light'],
  ['390×844, dark', { width: 390, height: 844 }, 'dark'],
];

/** Expects that axe-core finds nothing on the page as it is. */
async function isClean(page, where) {
  expect(await violations(page), where).toEqual([]);
}

const FOREIGN = [
  foreign({ subject: 'case-7', type: 'PermitAsked', data: { fee: 120, by: { name: 'Ida' } }, time: moment(1) }),
  foreign({ subject: 'case-7', id: 'case-2', type: 'PermitGranted', data: { files: ['a', 'b'] }, time: moment(2) }),
];

for (const [look, viewport, colorScheme] of LOOKS) {
  test.describe(`at ${look}`, () => {
    test.use({ viewport, colorScheme });

    test('axe finds nothing in the story, at its head and below, and with a refusal', async ({ page, playground }) => {
      await playground.open();
      await isClean(page, 'head');
      await playground.open(addressOf('bank_account', 'ada-savings', 5));
      await isClean(page, 'version 5');
      await playground.send('Withdraw', { Amount: '900.00' });
      await expect(playground.alert).toBeVisible();
      await isClean(page, 'refused');
      await playground.send('Deposit', { Amount: 'much' });
      await expect(playground.field('Deposit', 'Amount')).toHaveAttribute('aria-invalid', 'true');
      await isClean(page, 'bad field');
      await playground.button('First version').click();
      await playground.shows(0, 9);
      await isClean(page, 'version 0');
    });

    test('axe finds nothing in the dialogs, with the Stream box open, and where there is nothing', async ({
      page, playground,
    }) => {
      await playground.open();
      await playground.button('Help').click();
      await expect(playground.help).toBeVisible();
      await isClean(page, 'help');
      await page.keyboard.press('Escape');
      await playground.button('Reset').click();
      await expect(playground.reset).toBeVisible();
      await isClean(page, 'reset');
      await page.keyboard.press('Escape');
      await playground.stream.click();
      await isClean(page, 'streams');
      await page.goto('./#/:about');
      await expect(page.getByRole('region', { name: 'Licences', exact: true })).toBeVisible();
      await isClean(page, 'about');
      await page.goto('./#/:loom');
      await expect(playground.alert).toContainText('loom');
      await isClean(page, 'unknown place');
      await page.goto(`./${addressOf('unicorn', 'u')}`);
      await expect(playground.alert).toContainText('unicorn');
      await isClean(page, 'unknown model');
    });

    test('axe finds nothing in an order, an empty stream, a foreign stream and a long one', async ({
      page, playground,
    }) => {
      await playground.begin('Order');
      await isClean(page, 'empty stream');
      await playground.record('Place order', {}, 'OrderPlaced', 1);
      for (const command of ['Add line', 'Refund']) await playground.showForm(command);
      await isClean(page, 'order');
      await playground.choose(fileOf([...FOREIGN, ...longAccount('long', 600)]));
      await expect(playground.status).toHaveText(/^Imported 602 events/);
      await playground.open(addressOf('permit', 'case-7'));
      await playground.shows(2, 2);
      await isClean(page, 'foreign stream');
      await playground.open(addressOf('bank_account', 'long', 300));
      await playground.shows(300, 600);
      await isClean(page, 'long stream');
    });
  });
}

/** Expects that the page is no wider than the window, and that no region spills over into another. */
async function fits(page, where) {
  const { wide, window } = await page.evaluate(() => ({
    wide: Math.max(document.documentElement.scrollWidth, document.body.scrollWidth),
    window: document.documentElement.clientWidth,
  }));
  expect(wide, where).toBeLessThanOrEqual(window);
  const regions = await page.getByRole('region').evaluateAll((elements) => elements.map((element) => ({
    name: element.getAttribute('aria-label'), spill: element.scrollWidth - element.clientWidth,
  })));
  // Less than the space between two of them: a row may reach into that.
  expect(regions.filter(({ spill }) => spill >= 12), where).toEqual([]);
}

const ENDLESS = 'donaudampfschifffahrt'.repeat(10).slice(0, 200);
const GREATEST = 9_007_199_254_740_991;
const HUGE = [
  opened(1, ENDLESS, { data: { owner: ENDLESS, currency: 'EUR' } }),
  deposited(2, ENDLESS, 2, GREATEST, { data: { amount: GREATEST, reference: ENDLESS } }),
  ofAccount(3, ENDLESS, 3, 'AccountFrozen', { reason: ENDLESS }, { actor: ENDLESS, trace: ENDLESS }),
  foreign({
    source: `/${ENDLESS}`, subject: ENDLESS, id: ENDLESS, type: ENDLESS,
    data: { [ENDLESS]: { [ENDLESS]: ENDLESS }, n: 1e300 },
  }),
];

for (const [width, height] of [[390, 844], [1440, 900]]) {
  test(`targets are large enough wherever the page is scrolled, at ${width}×${height}`, async ({ page, playground }) => {
    await page.setViewportSize({ width, height });
    await playground.open();
    const end = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    // A band that stays in view covers a part of whatever is scrolled under it.
    const found = [];
    for (let y = 0; y <= end; y += 37) {
      await page.evaluate((y) => scrollTo(0, y), y);
      found.push(...(await violations(page, ['target-size'])).map((what) => `scrolled by ${y}: ${what}`));
    }
    expect(found).toEqual([]);
  });
}

test('on a touch screen every target is at least 44 pixels high', async ({ browser, baseURL }) => {
  const viewport = { width: 390, height: 844 };
  const context = await browser.newContext({ baseURL, viewport, hasTouch: true, isMobile: true });
  const playground = new Playground(await context.newPage());
  await playground.open();
  for (const role of ['button', 'combobox', 'textbox', 'option', 'slider']) {
    const targets = await playground.page.getByRole(role).filter({ visible: true }).evaluateAll((elements) => elements
      // An option of a native list belongs to the browser, and has no box of its own.
      .filter((element) => element.getClientRects().length > 0)
      .map((element) => ({
        height: element.getBoundingClientRect().height, what: element.outerHTML.slice(0, 120),
      })));
    expect(targets, role).not.toEqual([]);
    expect(targets.filter(({ height }) => height < 44), role).toEqual([]);
  }
  const fields = playground.page.locator('select, input[type=text]').filter({ visible: true });
  const sizes = await fields.evaluateAll((elements) => elements.map((element) => parseFloat(getComputedStyle(element).fontSize)));
  expect(sizes.length).toBeGreaterThan(3);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(16);
  await context.close();
});

test('what changed has no colour of an error, whatever the event', async ({ playground }) => {
  const colour = (element) => getComputedStyle(element).color;
  await playground.open(addressOf('bank_account', 'ada-savings', 3));
  const withdrawn = await playground.changes.getByText('changed', { exact: true }).first().evaluate(colour);
  await playground.open(addressOf('bank_account', 'ada-savings', 4));
  await playground.shows(4, 9);
  expect(await playground.changes.getByText('changed', { exact: true }).first().evaluate(colour)).toBe(withdrawn);
});

test('where a stream takes no commands, nothing is said of them while looking back', async ({ page, playground }) => {
  await playground.open();
  await playground.choose(fileOf(FOREIGN));
  await expect(playground.status).toHaveText(/^Imported 2 events/);
  await playground.open(addressOf('permit', 'case-7', 1));
  await playground.shows(1, 2);
  await expect(page.getByText('Looking back.')).toBeVisible();
  await expect(page.getByText(/Commands still act/)).toHaveCount(0);
});

for (const width of [1440, 1000, 700, 390, 320]) {
  test(`nothing scrolls sideways at ${width} pixels, with names of 200 characters either`, async ({
    page, playground,
  }) => {
    await page.setViewportSize({ width, height: 844 });
    await playground.open();
    await fits(page, 'story');
    for (const command of ['Open account', 'Transfer out', 'Withdraw']) await playground.showForm(command);
    await playground.send('Withdraw', { Amount: '900.00', Reference: ENDLESS });
    await expect(playground.alert).toBeVisible();
    await fits(page, 'refused');
    await playground.button('Help').click();
    await fits(page, 'help');
    await page.keyboard.press('Escape');
    await playground.choose(fileOf(HUGE, `${ENDLESS}.ndjson`));
    await expect(playground.status).toHaveText(/^Imported 4 events/);
    await playground.open(addressOf('bank_account', ENDLESS));
    await playground.shows(3, 3);
    await expect(playground.line('balance: 90071992547409.91 EUR')).toBeVisible();
    await fits(page, 'endless names');
    await playground.send('Deposit', { Amount: '90071992547409.91' });
    await expect(playground.alert).toBeVisible();
    await playground.stream.click();
    await fits(page, 'endless streams');
    await playground.open(addressOf(ENDLESS, ENDLESS));
    await playground.shows(1, 1);
    await fits(page, 'endless model');
    await playground.begin('Order');
    await playground.showForm('Place order');
    await fits(page, 'order form');
  });
}

for (const width of [1440, 1000, 390, 320]) {
  test(`no short word is broken at ${width} pixels`, async ({ page, playground }) => {
    await page.setViewportSize({ width, height: 844 });
    await playground.open(addressOf('bank_account', 'ada-savings', 5));
    await playground.send('Withdraw', { Amount: '900.00' });
    await expect(playground.alert).toBeVisible();
    const broken = await page.evaluate(() => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found = [];
      while (texts.nextNode()) {
        const { currentNode: text } = texts;
        // What only a screen reader reads has no width worth speaking of.
        if (text.parentElement.getBoundingClientRect().width < 2) continue;
        for (const { 0: word, index } of text.data.matchAll(/[\p{L}\p{N}.]{2,12}/gu)) {
          const range = document.createRange();
          range.setStart(text, index);
          range.setEnd(text, index + word.length);
          if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) found.push(word);
        }
      }
      return found;
    });
    expect(broken).toEqual([]);
  });
}

test('there is one status and at most one alert, whatever happens', async ({ page, playground }) => {
  await page.addInitScript(() => {
    window.most = { status: 0, alert: 0 };
    new MutationObserver(() => {
      for (const role of ['status', 'alert']) {
        window.most[role] = Math.max(window.most[role], document.querySelectorAll(`[role=${role}]`).length);
      }
    }).observe(document, { subtree: true, childList: true });
  });
  const one = async () => {
    await expect(playground.status).toHaveCount(1);
    expect(await page.evaluate(() => window.most)).toEqual({ status: 1, alert: expect.any(Number) });
    expect(await page.evaluate(() => window.most.alert)).toBeLessThanOrEqual(1);
  };
  await playground.open();
  await one();
  await playground.send('Withdraw', { Amount: '900.00' });
  await expect(playground.alert).toHaveCount(1);
  await playground.choose(fileOf(['none']));
  await expect(playground.alert).toHaveText(/Import refused:/);
  await playground.send('Deposit', { Amount: 'x' });
  await expect(playground.alert).toHaveCount(1);
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  await playground.choose(fileOf(FOREIGN));
  await expect(playground.status).toHaveText(/^Imported 2 events/);
  await one();
  await page.evaluate((hash) => { location.hash = hash; }, `${addressOf('bank_account', 'ada-savings')}?v=99`);
  await expect(playground.alert).toContainText('99');
  await page.evaluate((hash) => { location.hash = hash; }, addressOf('unicorn', 'u'));
  await expect(playground.alert).toContainText('unicorn');
  await one();
});

/** Notes, in the page, every transition and animation that takes more than a moment. */
const noteMotion = (page) =>
  page.evaluate(() => {
    window.moved = [];
    const note = () => {
      for (const animation of document.getAnimations()) {
        const { duration } = animation.effect.getComputedTiming();
        if (duration > 1) window.moved.push(duration);
      }
    };
    for (const kind of ['transitionrun', 'animationstart']) document.addEventListener(kind, note, true);
  });

/** Steps, opens, refuses: whatever might move. */
async function stir(page, playground) {
  await playground.open();
  await noteMotion(page);
  await playground.toggle('Freeze').click();
  await playground.button('Previous version').click();
  await playground.option('v5 MoneyTransferredOut').click();
  await playground.option('v2 MoneyDeposited').hover();
  await playground.send('Withdraw', { Amount: '900.00' });
  await playground.button('Help').click();
  await page.keyboard.press('Escape');
  await playground.button('Theme').click();
  await playground.record('Deposit', {}, 'MoneyDeposited', 10);
  // Two frames, so that what began has been noted.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return page.evaluate(() => window.moved);
}

test('nothing moves where reduced motion is wanted', async ({ page, playground }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await stir(page, playground)).toEqual([]);
});

test('elsewhere what moves takes less than 160 ms', async ({ page, playground }) => {
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  const moved = await stir(page, playground);
  expect(moved.length).toBeGreaterThan(0);
  expect(Math.max(...moved)).toBeLessThan(160);
});
