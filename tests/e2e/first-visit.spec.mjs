// What somebody sees who opens the page for the first time.
import { expect, test } from './fixtures.mjs';
import { Playground, story } from './page.mjs';

test('the first visit shows the story of one account at its head', async ({ page, playground }) => {
  await playground.open();
  await playground.shows(9, 9);
  await expect(page).toHaveURL(/#\/bank_account\/ada-savings$/);
  await expect(playground.model).toHaveValue('bank_account');
  await expect(playground.model.getByRole('option')).toHaveText(['Bank account', 'Order']);
  await expect(playground.stream).toHaveValue('ada-savings');
  await expect(playground.events.getByRole('option')).toHaveCount(story.head);
  for (let version = 1; version <= story.head; version += 1) {
    await expect(playground.events.getByRole('option').nth(version - 1)).toHaveAccessibleName(
      new RegExp(`^v${version} ${story.types[version]}\\b`),
    );
  }
});

test('the first visit says in one line what to try, until that is put away for good', async ({
  page, playground,
}) => {
  await playground.open();
  const tip = page.getByText(/^Try this: /);
  await expect(tip).toBeVisible();
  await playground.button('Got it').click();
  await expect(tip).toBeHidden();
  await page.reload();
  await playground.shows(9, 9);
  await expect(tip).toBeHidden();
});

test('a first visit that broke off before the story was told tells it the next time', async ({
  page, context, playground,
}) => {
  await page.addInitScript(() => {
    const transaction = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (stores, mode, ...rest) {
      if (mode === 'readwrite') throw new DOMException('no writing today', 'UnknownError');
      return transaction.call(this, stores, mode, ...rest);
    };
  });
  await page.goto('./');
  await expect(playground.alert).toContainText('the story of the first visit');
  await playground.shows(0, 0);
  const next = new Playground(await context.newPage());
  await next.open();
  await next.shows(9, 9);
});

test('a stream that is still being read is never shown as one without events', async ({ page, playground }) => {
  await page.addInitScript(() => {
    window.told = new Set();
    new MutationObserver(() => {
      for (const text of document.body?.innerText.match(/Version \d+ of \d+|nothing has happened/gi) ?? []) window.told.add(text);
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
  await playground.open();
  await playground.shows(9, 9);
  await page.reload();
  await playground.shows(9, 9);
  expect(await page.evaluate(() => [...window.told])).toEqual(['Version 9 of 9']);
});

test('the state of the story is 459.50 EUR after three deposits and three withdrawals', async ({
  playground,
}) => {
  await playground.open();
  await expect(playground.line('status: "open"')).toBeVisible();
  await expect(playground.line('owner: "Ada Byron"')).toBeVisible();
  await expect(playground.line('currency: "EUR"')).toBeVisible();
  await expect(playground.line('balance: 459.50 EUR')).toBeVisible();
  await expect(playground.line('movements')).toHaveAttribute('aria-expanded', 'true');
  await expect(playground.line('deposits: 3')).toBeVisible();
  await expect(playground.line('withdrawals: 3')).toBeVisible();
  expect(await playground.changeLines()).toEqual([
    'changed balance 505.00 EUR → 459.50 EUR',
    'changed movements.withdrawals 2 → 3',
  ]);
});

test('the story is the same to the byte in every browser', async ({ playground, browser, baseURL }) => {
  await playground.open();
  const here = await playground.exported();
  const elsewhere = await browser.newContext({ baseURL });
  const other = new Playground(await elsewhere.newPage());
  await other.open();
  expect((await other.exported()).text).toBe(here.text);
  await elsewhere.close();
});

test('a second visit adds nothing to the store', async ({ page, playground }) => {
  await playground.open();
  await playground.record('Deposit', { Amount: '40.50' }, 'MoneyDeposited', 10);
  await page.reload();
  await playground.shows(10, 10);
  await expect(playground.line('balance: 500.00 EUR')).toBeVisible();
  await playground.holds(10);
});

test('the tip leads to a refusal in words: 900.00 is more than there is', async ({ playground }) => {
  await playground.open();
  await playground.send('Withdraw', { Amount: '900.00' });
  await expect(playground.alert).toContainText('The balance is 459.50 EUR; 900.00 was asked for.');
  await expect(playground.alert).toContainText('Nothing was recorded.');
  await playground.shows(9, 9);
});

test('the theme follows the system until it is chosen, and is then remembered', async ({
  page, playground,
}) => {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: 'light' });
  await playground.open();
  const light = await paper();
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(paper).not.toBe(light);
  const dark = await paper();
  await playground.button('Theme').click();
  await expect.poll(paper).toBe(light);
  await page.reload();
  await playground.shows(9, 9);
  expect(await paper()).toBe(light);
  await playground.button('Theme').click();
  await expect.poll(paper).toBe(dark);
  // Dark by choice; the third is the system's again.
  await page.emulateMedia({ colorScheme: 'light' });
  await expect(playground.button('Theme')).toHaveAccessibleDescription('Dark');
  expect(await paper()).toBe(dark);
  await page.emulateMedia({ colorScheme: 'dark' });
  await playground.button('Theme').click();
  await expect(playground.button('Theme')).toHaveAccessibleDescription("As the system's");
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(paper).toBe(light);
});

test('a plain sentence stands under each heading until Got it, and each unusual word has one', async ({
  page, playground, picture,
}) => {
  await playground.open();
  const sentences = [
    [playground.commands, 'Ask for something.'], [playground.timeline, 'All that happened here'],
    [playground.event, 'One of them, with all'], [playground.state, 'What follows from the events'],
    [playground.changes, 'What that event made different.'],
  ];
  for (const [region, text] of sentences) await expect(region).toContainText(text);
  await picture('sentences');
  for (const term of ['version', 'position', 'schema version', 'correlation id', 'aggregate id']) {
    await expect(playground.event.getByRole('term').filter({ hasText: new RegExp(`^${term}$`) })).toHaveAttribute('title', /\w+ \w+/);
  }
  for (const word of ['shuttle', 'thread', 'Durability', 'Verify', 'State', 'Stream']) {
    await expect(page.getByText(word, { exact: true }).and(page.locator('[title]'))).not.toHaveCount(0);
  }
  await playground.button('Got it').click();
  await page.reload();
  await playground.shows(9, 9);
  for (const [region, text] of sentences) await expect(region).not.toContainText(text);
});
