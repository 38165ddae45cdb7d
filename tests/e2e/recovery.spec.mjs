// What the browser deletes comes back from the second copy, and the page says so.
import { violations } from './axe.mjs';
import { besides, deleteDatabase } from './database.mjs';
import { fileOf, foreign } from './events.mjs';
import { expect, test } from './fixtures.mjs';

const removeJournal = async () => {
  const folder = await navigator.storage.getDirectory();
  await navigator.locks.request('eventloom.journals', () => folder.removeEntry('eventloom.journal-1'));
};

/** The browser loses both copies, while no tab has them open. */
async function loseBoth(page, context, baseURL) {
  await page.goto('about:blank');
  const beside = await besides(context, baseURL);
  await beside.evaluate(removeJournal);
  await beside.evaluate(deleteDatabase);
}

test('a store that the browser deleted comes back, and the alert says how many events and from where', async ({
  context,
  page,
  playground,
  baseURL,
  picture,
}) => {
  await playground.open();
  await expect(playground.storage).toContainText('A second copy is kept');
  await playground.record('Deposit', { Amount: '12.50' }, 'MoneyDeposited', 10);
  const state = await page.getByRole('tree', { name: 'State' }).innerText();
  await page.goto('about:blank');
  const beside = await besides(context, baseURL);
  await beside.evaluate(deleteDatabase);

  await playground.open();
  await expect(playground.alert).toContainText(
    /^Your browser deleted this store; 10 events were restored from the journal\./,
  );
  await playground.shows(10, 10);
  expect(await page.getByRole('tree', { name: 'State' }).innerText()).toBe(state);
  await picture('a-store-came-back');
  expect(await violations(page)).toEqual([]);

  await playground.alert.getByRole('button', { name: 'Dismiss' }).click();
  await expect(playground.alert).toHaveCount(0);
  await page.reload();
  await playground.shows(10, 10);
  await expect(playground.alert).toHaveCount(0);
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 11);
});

test('what no second copy has is told as lost, and the story isn\'t put in its place', async ({
  context,
  page,
  playground,
  baseURL,
}) => {
  await playground.open();
  await playground.shows(9, 9);
  await loseBoth(page, context, baseURL);

  await playground.open();
  const lost = /^Your browser deleted this store; 9 events are lost, since no second copy has them\. If you have an export, import it\./;
  await expect(playground.alert).toContainText(lost);
  await playground.shows(0, 0);
  // It stays told until something is recorded here again.
  await page.reload();
  await expect(playground.alert).toContainText(lost);
});

test('what was imported is known beside both copies, though a worker recorded it', async ({
  context,
  page,
  playground,
  baseURL,
}) => {
  await playground.open();
  await playground.choose(fileOf([1, 2, 3].map((n) => foreign({ source: '/note', subject: 'a', id: `n${n}` }))));
  await expect(playground.status).toHaveText(/^Imported 3 events/);
  // A worker has no local storage: the page notes it, once its second copy has it.
  await expect.poll(() => page.evaluate(() => localStorage.getItem('eventloom.sentinel').split(' ')[3])).toBe('12');
  await loseBoth(page, context, baseURL);
  await playground.open();
  await expect(playground.alert).toContainText(/^Your browser deleted this store; 12 events are lost/);
});

test('of two tabs each command is in the second copy, whichever tab keeps it', async ({
  context,
  page,
  playground,
  baseURL,
}) => {
  await playground.open();
  const other = new playground.constructor(await context.newPage());
  await other.open();
  await other.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  await page.close();
  await other.record('Deposit', { Amount: '2.00' }, 'MoneyDeposited', 11);
  await other.page.close();
  const beside = await besides(context, baseURL);
  await beside.evaluate(deleteDatabase);

  const again = new playground.constructor(await context.newPage());
  await again.open();
  await expect(again.alert).toContainText('11 events were restored from the journal');
  await again.shows(11, 11);
});

test('where the browser has no files for pages, the group Storage says that only an export is a second copy', async ({
  page,
  playground,
}) => {
  await page.addInitScript(() => {
    delete globalThis.Worker;
  });
  await playground.open();
  await expect(playground.storage).toContainText(/No second copy here: .*Only an export is one/);
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
});
