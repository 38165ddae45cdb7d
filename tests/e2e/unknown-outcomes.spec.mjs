// A storage that fails while a command is saved: nobody knows whether it is recorded, until one looks.
import { expect, test } from './fixtures.mjs';
import { Playground } from './page.mjs';

/**
 * Lets the next command's transaction fail. `lost`: it completes, and the page hears that it was undone.
 * `undone`: it is undone. Runs in the page, before it starts.
 */
const failing = () => {
  window.fault = undefined;
  const due = (transaction, fault) => {
    const hit = window.fault === fault && transaction.durability === 'strict' && transaction.mode === 'readwrite';
    if (hit) window.fault = undefined;
    return hit;
  };
  const complete = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, 'oncomplete');
  Object.defineProperty(IDBTransaction.prototype, 'oncomplete', {
    ...complete,
    set(handler) {
      const told = (event) => {
        if (due(this, 'lost')) this.onabort(new Event('abort'));
        else handler.call(this, event);
      };
      complete.set.call(this, handler && told);
    },
  });
  const add = IDBObjectStore.prototype.add;
  IDBObjectStore.prototype.add = function (...record) {
    const request = add.apply(this, record);
    if (due(this.transaction, 'undone')) this.transaction.abort();
    return request;
  };
};

/** Lets the next command fail like this. */
const nextIs = (page, fault) => page.evaluate((fault) => (window.fault = fault), fault);

/** The button that tries again. */
const retry = (playground) => playground.alert.getByRole('button', { name: 'Retry', exact: true });

/** Expects that the page says that it doesn't know, and offers to look. */
async function isUnknown(playground) {
  await expect(playground.alert).toHaveCount(1);
  await expect(playground.alert).toContainText("It isn't known whether it was recorded.");
  await expect(playground.alert).not.toContainText('Nothing was recorded');
  await expect(playground.status).toHaveText('');
  await expect(retry(playground)).toBeVisible();
}

test.beforeEach(async ({ page, playground }) => {
  await page.addInitScript(failing);
  await playground.open();
});

test('a command whose answer was lost is found by Retry, and is recorded once', async ({ page, playground }) => {
  await nextIs(page, 'lost');
  await playground.send('Deposit', { Amount: '1.00' });
  await isUnknown(playground);
  await playground.shows(9, 9);
  await retry(playground).click();
  await expect(playground.status).toHaveText('MoneyDeposited appended as v10');
  await expect(playground.alert).toHaveCount(0);
  await playground.shows(10, 10);
  await expect(playground.line('balance: 460.50 EUR')).toBeVisible();
  await page.reload();
  await playground.shows(10, 10);
  await playground.holds(10);
});

test('a command that was undone is decided and appended by Retry', async ({ page, playground }) => {
  await nextIs(page, 'undone');
  await playground.send('Deposit', { Amount: '1.00' });
  await isUnknown(playground);
  await playground.holds(9);
  await retry(playground).press('Enter');
  await expect(playground.status).toHaveText('MoneyDeposited appended as v10');
  await playground.shows(10, 10);
  await playground.holds(10);
});

test('what was recorded is told as it was, though it would be refused by now and others came after it', async ({
  page, context, playground,
}) => {
  await nextIs(page, 'lost');
  await playground.send('Withdraw', { Amount: '459.50' });
  await isUnknown(playground);
  const other = new Playground(await context.newPage());
  await other.open();
  await other.shows(10, 10);
  await other.record('Deposit', { Amount: '2.00' }, 'MoneyDeposited', 11);
  await playground.shows(11, 11);
  // In the form stands another amount by now: Retry is about the command as it was sent.
  await playground.field('Withdraw', 'Amount').fill('0.25');
  await retry(playground).click();
  await expect(playground.status).toHaveText('MoneyWithdrawn appended as v10');
  await playground.shows(11, 11);
  await expect(playground.line('balance: 2.00 EUR')).toBeVisible();
});

test('what was not recorded may be refused by Retry', async ({ page, context, playground }) => {
  await nextIs(page, 'undone');
  await playground.send('Withdraw', { Amount: '459.50' });
  await isUnknown(playground);
  const other = new Playground(await context.newPage());
  await other.open();
  await other.record('Withdraw', { Amount: '1.00' }, 'MoneyWithdrawn', 10);
  await retry(playground).click();
  await expect(playground.alert).toContainText('The balance is 458.50 EUR; 459.50 was asked for.');
  await expect(playground.alert).toContainText('Nothing was recorded.');
  await expect(retry(playground)).toHaveCount(0);
  await playground.holds(10);
});

test('the same command sent anew instead is another command', async ({ page, playground }) => {
  await nextIs(page, 'lost');
  await playground.send('Deposit', { Amount: '1.00' });
  await isUnknown(playground);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await playground.shows(10, 10);
  // At once it would be the same press.
  await page.clock.install();
  await page.clock.fastForward(500);
  await playground.submit('Deposit').click();
  await expect(playground.status).toHaveText('MoneyDeposited appended as v11');
  await playground.holds(11);
});
