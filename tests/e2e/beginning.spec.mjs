// An empty stream leads on: by the command that is possible, another name, a story.
import { expect, test } from './fixtures.mjs';
import { addressOf, story } from './page.mjs';

test('in an empty stream the first possible command is open', async ({ playground, picture }) => {
  await playground.begin();
  await expect(playground.form('Open account')).toBeVisible();
  for (const command of ['Deposit', 'Withdraw']) await expect(playground.form(command)).toBeHidden();
  await picture('an-empty-stream');
  await playground.record('Open account', {}, 'AccountOpened', 1);
  for (const command of ['Open account', 'Deposit', 'Withdraw']) await expect(playground.form(command)).toBeVisible();
});

test('the name of a new stream is there to be exchanged for another', async ({ page, playground }) => {
  await playground.open();
  await playground.button('New stream').click();
  await playground.shows(0, 0);
  await expect(playground.stream).toBeFocused();
  const fresh = await playground.stream.inputValue();
  const selected = () => playground.stream.evaluate(({ value, selectionStart, selectionEnd }) => value.slice(selectionStart, selectionEnd));
  await expect.poll(selected).toBe(fresh);
  // A part of another stream's name, and yet its own.
  await page.keyboard.type('ada');
  await page.keyboard.press('Enter');
  await expect(playground.stream).toHaveValue('ada');
  await playground.isAt(addressOf('bank_account', 'ada'));
  await playground.shows(0, 0);
  await playground.record('Open account', {}, 'AccountOpened', 1);
  await playground.holds(10);
});

test('Enter on a name that no stream has offers to begin it', async ({ page, playground }) => {
  await playground.open();
  await playground.stream.fill('household');
  const begin = page.getByRole('option', { name: 'Begin household', exact: true });
  await expect(begin).toHaveCount(0);
  await page.keyboard.press('Enter');
  await expect(begin).toBeVisible();
  await playground.shows(9, 9);
  await begin.click();
  await playground.isAt(addressOf('bank_account', 'household'));
  await playground.shows(0, 0);
  await playground.stream.fill('by-keys');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await playground.isAt(addressOf('bank_account', 'by-keys'));
});

test("an order's story is stored only by its button, and shown", async ({ page, playground, picture }) => {
  await playground.begin('Order');
  await playground.holds(9);
  await playground.button("Show an order's story").click();
  await playground.shows(6, 6);
  await playground.isAt(addressOf('order', 'grace-loom'));
  for (const line of ['status: "delivered"', 'total: 122.00 EUR', 'paid: 122.00 EUR', 'refunded: 45.00 EUR']) {
    await expect(playground.line(line)).toBeVisible();
  }
  await picture('an-order-s-story');
  await playground.holds(15);
  await page.reload();
  await playground.shows(6, 6);
  await playground.button('New stream').click();
  await playground.button("Show an order's story").click();
  await playground.shows(6, 6);
  await playground.holds(15);
});

test('another empty page offers the story, which adds what is missing and empties nothing', async ({ playground }) => {
  await playground.open();
  await playground.empty();
  await playground.open(addressOf('bank_account', 'eve'));
  await playground.record('Open account', {}, 'AccountOpened', 1);
  await expect(playground.button('Show the story')).toHaveCount(0);
  await playground.button('New stream').click();
  await playground.button('Show the story').click();
  await playground.shows(9, 9);
  await playground.isAt(addressOf('bank_account', story.stream));
  await expect(playground.line('balance: 459.50 EUR')).toBeVisible();
  await playground.holds(10);
});
