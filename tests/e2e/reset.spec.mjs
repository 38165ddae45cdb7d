// Emptying the store: only after it was said what is lost, and for good.
import { fileOf, foreign, manyAccounts } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { addressOf, Playground } from './page.mjs';

test('the dialog says how many events are lost, and Cancel and Escape lose none', async ({ page, playground }) => {
  await playground.open();
  await playground.choose(fileOf(manyAccounts(4)));
  await expect(playground.status).toHaveText(/^Imported 4 events/);
  for (const leave of [
    () => playground.reset.getByRole('button', { name: 'Cancel', exact: true }).click(),
    () => page.keyboard.press('Escape'),
  ]) {
    await playground.button('Reset').click();
    await expect(playground.reset).toContainText(/\b13 events\b/);
    await expect(playground.reset).toContainText(/\b5 streams\b/);
    await expect(playground.reset).toContainText(/delete|lost|gone/i);
    await expect(playground.reset.getByRole('button')).toHaveText(['Export first', 'Empty store', 'Restore the story', 'Cancel']);
    await expect(playground.reset.getByRole('button', { name: 'Cancel', exact: true })).toBeFocused();
    await expect(playground.reset).toContainText('The story is what the first visit shows: nine events');
    await leave();
    await expect(playground.reset).toBeHidden();
    await expect(playground.button('Reset')).toBeFocused();
  }
  await playground.holds(13);
  await playground.shows(9, 9);
});

test('keys go to the dialog alone while it is open', async ({ page, playground }) => {
  await playground.open();
  await playground.button('Reset').click();
  await expect(playground.reset).toBeVisible();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Home');
  await page.keyboard.press('Escape');
  await expect(playground.reset).toBeHidden();
  await playground.shows(9, 9);
});

test('an emptied store stays empty, over reloads too', async ({ page, playground }) => {
  await playground.open();
  await playground.empty();
  await playground.shows(0, 0);
  await expect(playground.timeline).toContainText('begins with its first event');
  expect((await playground.exported()).text).toBe('');
  for (const again of [() => page.reload(), () => page.goto('about:blank').then(() => page.goto('./'))]) {
    await again();
    await playground.read();
    await playground.shows(0, 0);
    await playground.holds(0);
  }
  await playground.record('Open account', { Owner: 'Eve' }, 'AccountOpened', 1);
  await page.reload();
  await playground.shows(1, 1);
  await playground.holds(1);
});

test('a reset is undone as long as nothing else was recorded', async ({ page, playground }) => {
  await playground.open();
  await playground.record('Deposit', { Amount: '12.50' }, 'MoneyDeposited', 10);
  const before = await playground.exported();
  await playground.empty();
  await playground.shows(0, 0);
  await playground.button('Undo reset').click();
  await expect(playground.status).toContainText('The reset is undone');
  await expect(playground.button('Undo reset')).toHaveCount(0);
  await playground.shows(10, 10);
  expect((await playground.exported()).text).toBe(before.text);
  await playground.empty('Restore the story');
  await expect(playground.button('Undo reset')).toBeVisible();
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  await expect(playground.button('Undo reset')).toHaveCount(0);
  await page.reload();
  await playground.shows(10, 10);
});

test('Reset and Enter delete nothing, and what deletes looks like nothing else there', async ({ page, playground, picture }) => {
  await playground.open();
  await playground.button('Reset').click();
  await expect(playground.reset).toBeVisible();
  const ground = (name) => playground.reset.getByRole('button', { name, exact: true })
    .evaluate((button) => getComputedStyle(button).backgroundColor);
  expect(await ground('Empty store')).not.toBe(await ground('Restore the story'));
  await picture('reset', { fullPage: false });
  await page.keyboard.press('Enter');
  await expect(playground.reset).toBeHidden();
  await playground.holds(9);
});

test('Export first keeps a file, says so and leaves the dialog open', async ({ page, playground }) => {
  await playground.open();
  await playground.button('Reset').click();
  const download = page.waitForEvent('download');
  await playground.reset.getByRole('button', { name: 'Export first', exact: true }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^eventloom-.*\.ndjson$/);
  await expect(playground.reset).toContainText(`Exported 9 events to ${file.suggestedFilename()}`);
  await playground.reset.getByRole('button', { name: 'Empty store', exact: true }).click();
  await playground.shows(0, 0);
});

test('Undo reset stays over a refusal and an export, and goes when another tab records', async ({ context, playground }) => {
  await playground.open();
  await playground.empty();
  await playground.shows(0, 0);
  await playground.send('Deposit', { Amount: '1.00' });
  await expect(playground.alert).toContainText('open it first');
  await playground.exported();
  await expect(playground.button('Undo reset')).toBeVisible();
  const other = new Playground(await context.newPage());
  await other.open();
  await other.record('Open account', {}, 'AccountOpened', 1);
  await playground.shows(1, 1);
  await expect(playground.button('Undo reset')).toHaveCount(0);
});

test('Undo reset goes after five minutes, and with a reload', async ({ page, playground }) => {
  await page.clock.install();
  await playground.open();
  await playground.empty('Restore the story');
  await page.clock.runFor(4 * 60_000);
  await expect(playground.button('Undo reset')).toBeVisible();
  await page.clock.runFor(61_000);
  await expect(playground.button('Undo reset')).toHaveCount(0);
  await playground.empty();
  await expect(playground.button('Undo reset')).toBeVisible();
  await page.reload();
  await playground.shows(0, 0);
  await expect(playground.button('Undo reset')).toHaveCount(0);
});

test('another tab follows a reset at once, and says so', async ({ context, playground }) => {
  await playground.open();
  const other = new Playground(await context.newPage());
  await other.open();
  await other.shows(9, 9);
  await playground.empty();
  await other.shows(0, 0);
  await expect(other.status).toHaveText('Emptied in another tab');
  await playground.empty('Restore the story');
  await expect(other.status).toHaveText('Emptied in another tab, then filled: it holds 9 events now');
  await other.page.close();
});

test('the story can be brought back, and is then all there is', async ({ playground }) => {
  await playground.open();
  const story = await playground.exported();
  await playground.record('Deposit', {}, 'MoneyDeposited', 10);
  await playground.choose(fileOf(manyAccounts(3)));
  await expect(playground.status).toHaveText(/^Imported 3 events/);
  await playground.empty('Restore the story');
  await playground.shows(9, 9);
  await playground.holds(9);
  const restored = await playground.exported();
  // Positions are never given twice, so only they may differ.
  const apart = (text) => text.replace(/"position":\d+/g, '"position":0');
  expect(apart(restored.text)).toBe(apart(story.text));
});

test('a store that was emptied can be told the story again', async ({ playground }) => {
  await playground.open();
  await playground.empty();
  await playground.shows(0, 0);
  await playground.empty('Restore the story');
  await playground.shows(9, 9);
  await expect(playground.line('balance: 459.50 EUR')).toBeVisible();
  await playground.holds(9);
});

test('an older version of an emptied stream is looked at no more', async ({ page, playground }) => {
  await playground.open(addressOf('bank_account', 'ada-savings', 5));
  await playground.shows(5, 9);
  await playground.empty();
  await playground.shows(0, 0);
  await expect(page).toHaveURL(/#\/bank_account\/ada-savings$/);
  await expect(playground.commands).not.toContainText('Commands are decided at version');
});

test('a foreign stream is gone with its model when the store is emptied', async ({ playground }) => {
  await playground.open();
  await playground.choose(fileOf([foreign({ subject: 'gone' })]));
  await expect(playground.status).toHaveText(/^Imported 1 event\b/);
  await playground.model.selectOption({ label: 'permit' });
  await playground.shows(1, 1);
  await playground.empty();
  await playground.shows(0, 0);
  await expect(playground.model.getByRole('option')).toHaveText(['Bank account', 'Order']);
  await expect(playground.model).toHaveValue('bank_account');
});

test('a reset that the storage failed at moves nothing: what the store holds is looked up', async ({ page, playground }) => {
  await page.addInitScript(() => {
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function (record, ...key) {
      if (record.turn === 'emptied') throw new DOMException('the disk failed', 'UnknownError');
      return add.call(this, record, ...key);
    };
  });
  await playground.open(addressOf('bank_account', 'ada-savings', 5));
  await playground.shows(5, 9);
  await playground.button('Reset').click();
  await playground.reset.getByRole('button', { name: 'Empty store', exact: true }).click();
  await expect(playground.alert).toContainText("It isn't known whether the store was emptied; what it holds is read anew.");
  await playground.shows(5, 9);
  await playground.isAt(addressOf('bank_account', 'ada-savings', 5));
  await playground.holds(9);
});
