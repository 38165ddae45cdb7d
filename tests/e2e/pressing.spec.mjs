// A press that comes twice, a key that is held down, and the same command sent again.
import { expect, test } from './fixtures.mjs';

test('two presses in quick succession record one event, and that is said', async ({ page, playground, picture }) => {
  await playground.open();
  await playground.showForm('Deposit');
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  await playground.submit('Deposit').click();
  await expect(playground.status).toHaveText('MoneyDeposited appended as v10');
  await page.clock.runFor(250);
  await playground.submit('Deposit').click();
  await expect(playground.status).toContainText('Pressed twice; sent once');
  await playground.shows(10, 10);
  await picture('pressed-twice');
  // From half a second on it is a second command.
  await page.clock.runFor(250);
  await playground.submit('Deposit').click();
  await expect(playground.status).toHaveText('MoneyDeposited appended as v11');
  await playground.shows(11, 11);
});

test('Enter that is held down records one event', async ({ page, playground }) => {
  await playground.open();
  for (const [element, version] of [[playground.field('Deposit', 'Amount'), 10], [playground.submit('Deposit'), 11]]) {
    await playground.field('Deposit', 'Amount').fill('1.00');
    await element.focus();
    await page.keyboard.down('Enter');
    await expect(playground.status).toHaveText(`MoneyDeposited appended as v${version}`);
    // What is pressed and not let go repeats.
    for (let times = 0; times < 9; times += 1) await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
    await expect(playground.status).toContainText('Pressed twice; sent once');
    await playground.shows(version, version);
  }
});

test('the same command sent again is recorded once, and says as which version', async ({ playground }) => {
  await playground.open();
  const again = playground.button('Send the same command again');
  await expect(again).toHaveCount(0);
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  for (let times = 0; times < 2; times += 1) {
    await again.click();
    await expect(playground.status).toHaveText('Already recorded as v10; nothing was added');
  }
  await playground.record('Freeze', {}, 'AccountFrozen', 11);
  await again.click();
  await expect(playground.status).toHaveText('Already recorded as v11; nothing was added');
  await playground.shows(11, 11);
  await playground.holds(11);
});
