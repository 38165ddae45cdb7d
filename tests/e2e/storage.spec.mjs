// Where events are kept, and what that is worth.
import { holdStrict } from './database.mjs';
import { expect, test } from './fixtures.mjs';
import { Playground } from './page.mjs';

test('the group Storage says that all is saved, how much it takes and what a saved command survives', async ({
  playground,
}) => {
  await playground.open();
  await expect(playground.storage).toContainText('Saved');
  await expect(playground.storage).toContainText(/About \d+(\.\d)? [kMG]B used/);
  await expect(playground.storage).toContainText('The browser may delete it when the disk runs full');
  await expect(playground.durability.getByRole('option')).toHaveText(['strict', 'relaxed']);
  await expect(playground.durability).toHaveValue('strict');
  await expect(playground.durability).toHaveAccessibleDescription(/survives a power cut/);
});

test('the group says when all was last exported, in all tabs, and a reset leaves that as it is', async ({
  page, context, playground, picture,
}) => {
  await playground.open();
  const other = new Playground(await context.newPage());
  await other.open();
  for (const tab of [playground, other]) await expect(tab.storage).toContainText('Never exported');
  const before = Date.now();
  const { name } = await playground.exported();
  await expect(playground.storage).toContainText(/Last exported: \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC/);
  const [, told] = (await playground.storage.innerText()).match(/Last exported: (.{16}) UTC/);
  const time = Date.parse(`${told.replace(' ', 'T')}Z`);
  expect(time).toBeGreaterThan(before - 60_000);
  expect(time).toBeLessThanOrEqual(Date.now());
  expect(name).toBe(`eventloom-${told.slice(0, 10)}.ndjson`);
  await expect(other.storage).toContainText(`Last exported: ${told} UTC`);
  await picture('exported');
  await playground.empty();
  await page.reload();
  await playground.shows(0, 0);
  await expect(playground.storage).toContainText(`Last exported: ${told} UTC`);
});

test('an export of what is only in memory is not said to be one of what is kept', async ({ context, page, playground }) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('denied', 'SecurityError');
    };
  });
  await playground.open();
  await playground.exported();
  await expect(playground.status).toHaveText(/^Exported 9 events/);
  const kept = new Playground(await context.newPage());
  await kept.open();
  await expect(kept.storage).toContainText('Never exported');
});

test('while a command is being saved the group says so, and never that it is saved', async ({ page, playground }) => {
  await page.addInitScript(holdStrict);
  await playground.open();
  await playground.send('Deposit', { Amount: '1.00' });
  await expect(playground.storage).toContainText('Saving');
  await expect.poll(() => page.evaluate(() => window.held.length)).toBe(1);
  await expect(playground.storage).not.toContainText('Saved in');
  await expect(playground.status).toHaveText('');
  await expect(playground.submit('Deposit')).toHaveAttribute('aria-disabled', 'true');
  await page.evaluate(() => window.held[0]());
  await expect(playground.status).toHaveText('MoneyDeposited appended as v10');
  await expect(playground.storage).toContainText('Saved');
});

test('commands are appended with the chosen durability, which is remembered', async ({ page, playground }) => {
  await page.addInitScript(() => {
    const transaction = IDBDatabase.prototype.transaction;
    window.durabilities = [];
    IDBDatabase.prototype.transaction = function (stores, mode, options) {
      if (mode === 'readwrite') window.durabilities.push(options?.durability);
      return transaction.call(this, stores, mode, options);
    };
  });
  await playground.open();
  const last = () => page.evaluate(() => window.durabilities.at(-1));
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  expect(await last()).toBe('strict');
  await playground.durability.selectOption('relaxed');
  await expect(playground.durability).toHaveAccessibleDescription(/perhaps not a power cut/);
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 11);
  expect(await last()).toBe('relaxed');
  await page.reload();
  await playground.shows(11, 11);
  await expect(playground.durability).toHaveValue('relaxed');
});

test('the browser is asked once, after the first command, to protect what is kept', async ({ page, playground }) => {
  await page.addInitScript(() => {
    window.asked = 0;
    StorageManager.prototype.persisted = async () => window.asked > 0;
    StorageManager.prototype.persist = async () => (window.asked += 1) > 0;
  });
  await playground.open();
  await expect(playground.storage).toContainText('may delete it');
  expect(await page.evaluate(() => window.asked)).toBe(0);
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  await expect(playground.storage).toContainText('The browser keeps it until you delete it');
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 11);
  expect(await page.evaluate(() => window.asked)).toBe(1);
});

test('where storage is denied the group says that nothing is saved', async ({ page, playground }) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('denied', 'SecurityError');
    };
  });
  await playground.open();
  await expect(playground.storage).toContainText('Not saved: in memory only');
});
