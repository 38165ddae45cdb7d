// Bad input in forms and in the address: a clear message, nothing recorded, nothing lost.
import { expect, test } from './fixtures.mjs';
import { addressOf } from './page.mjs';

/** Expects that a command was not sent, for the sake of this field. */
async function refusesField(playground, command, label, reason) {
  const field = playground.field(command, label);
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(reason);
  await expect(field).toBeFocused();
  await expect(playground.alert).toContainText(reason);
  await expect(playground.alert).toContainText(label);
  await expect(playground.alert).toContainText('Nothing was recorded.');
  await expect(playground.status).toHaveText('');
}

// 2^53 - 1 is 9007199254740991: with two decimals, 90071992547409.91 is the greatest amount.
const AMOUNTS = [
  ['', /an amount like/],
  ['   ', /an amount like/],
  ['ten', /an amount like/],
  ['1e3', /an amount like/],
  ['1.2.3', /an amount like/],
  ['<b>1</b>', /an amount like/],
  ['1.005', /decimals/],
  ['0', /at least 0\.01/],
  ['0.00', /at least 0\.01/],
  ['-5.00', /at least 0\.01/],
  ['90071992547409.92', /at most 90071992547409\.91/],
  ['9007199254740993', /at most 90071992547409\.91/],
  ['9'.repeat(400), /at most 90071992547409\.91/],
];

test('an amount that is none, out of range or beyond 2^53 is refused at its field', async ({ playground }) => {
  await playground.open();
  for (const [amount, reason] of AMOUNTS) {
    await test.step(`amount ${JSON.stringify(amount.slice(0, 24))}`, async () => {
      await playground.send('Deposit', { Amount: amount });
      await refusesField(playground, 'Deposit', 'Amount', reason);
      await expect(playground.field('Deposit', 'Amount')).toHaveValue(amount);
      await playground.shows(9, 9);
    });
  }
  await playground.holds(9);
});

test('the greatest amount is kept to the cent, and a cent more is refused', async ({ playground }) => {
  await playground.begin();
  await playground.record('Open account', {}, 'AccountOpened', 1);
  await playground.record('Deposit', { Amount: '90071992547409.91' }, 'MoneyDeposited', 2);
  await expect(playground.line('balance: 90071992547409.91 EUR')).toBeVisible();
  await playground.send('Deposit', { Amount: '0.01' });
  await expect(playground.alert).toContainText('90071992547409.91');
  await expect(playground.alert).toContainText('Nothing was recorded.');
  await playground.record('Withdraw', { Amount: '0.01' }, 'MoneyWithdrawn', 3);
  await expect(playground.line('balance: 90071992547409.90 EUR')).toBeVisible();
  await playground.holds(12);
});

test('an order whose total is beyond 2^53 is refused', async ({ playground }) => {
  await playground.begin('Order');
  await playground.send('Place order', { Quantity: '3', 'Unit price': '90071992547409.91' });
  await expect(playground.alert).toContainText('Nothing was recorded.');
  await playground.shows(0, 0);
  await playground.holds(9);
});

test('a text that is empty or too long is refused at its field', async ({ playground }) => {
  await playground.begin();
  for (const [owner, reason] of [
    ['', /empty/],
    ['   ', /empty/],
    ['x'.repeat(101), /101 characters/],
    ['é'.repeat(100_000), /100000 characters/],
  ]) {
    await playground.send('Open account', { Owner: owner });
    await refusesField(playground, 'Open account', 'Owner', reason);
  }
  await playground.send('Freeze', { Reason: 'y'.repeat(141) });
  await refusesField(playground, 'Freeze', 'Reason', /141 characters/);
  await playground.shows(0, 0);
  await playground.holds(9);
  await playground.record('Open account', { Owner: 'é'.repeat(100) }, 'AccountOpened', 1);
});

test('a whole number out of range is refused at its field, in a list too', async ({ playground }) => {
  await playground.begin('Order');
  for (const quantity of ['', '0', '-1', '1.5', 'two', '9007199254740993']) {
    await playground.send('Place order', { Quantity: quantity });
    await refusesField(playground, 'Place order', 'Quantity', /whole number from 1 to \d+/);
  }
  await expect(playground.alert).toContainText('Line 1');
  await playground.shows(0, 0);
  await playground.holds(9);
});

test('every bad field of a form is named, the first has the focus, and mending one clears it', async ({ playground }) => {
  await playground.open();
  await playground.send('Transfer out', { Amount: 'x', 'To account': '' });
  await refusesField(playground, 'Transfer out', 'Amount', /an amount like/);
  await expect(playground.field('Transfer out', 'To account')).toHaveAttribute('aria-invalid', 'true');
  await expect(playground.field('Transfer out', 'To account')).toHaveAccessibleDescription(/empty/);
  await expect(playground.alert).toContainText('To account');
  await expect(playground.field('Transfer out', 'Reference')).not.toHaveAttribute('aria-invalid', 'true');
  await playground.field('Transfer out', 'Amount').fill('1.00');
  await expect(playground.field('Transfer out', 'Amount')).not.toHaveAttribute('aria-invalid', 'true');
  await expect(playground.field('Transfer out', 'Amount')).toHaveAccessibleDescription('');
  await playground.record('Transfer out', { 'To account': 'x' }, 'MoneyTransferredOut', 10);
  await expect(playground.alert).toHaveCount(0);
});

/** Counts, in the page, how often an alert comes or changes: once for each turn in which it does. */
const listen = (page) =>
  page.evaluate(() => {
    window.announced = 0;
    const alerts = (node) => node.nodeType === 1 && (node.matches('[role=alert]') || node.querySelector('[role=alert]'));
    new MutationObserver((records) => {
      const heard = records.some(({ target, addedNodes }) =>
        [...addedNodes].some(alerts) || (target.parentElement ?? target).closest('[role=alert]'));
      if (heard) window.announced += 1;
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });

const REFUSALS = {
  'a rule of the model': (playground) => playground.send('Withdraw', { Amount: '900.00' }),
  'a bad field': (playground) => playground.send('Deposit', { Amount: 'x' }),
  'a bad file': (playground) =>
    playground.choose({ name: 'none.ndjson', mimeType: 'application/x-ndjson', buffer: Buffer.from('none') }),
};

for (const [what, refuse] of Object.entries(REFUSALS)) {
  test(`the same refusal twice, by ${what}, is announced twice`, async ({ page, playground }) => {
    await playground.open();
    await refuse(playground);
    await expect(playground.alert).toBeVisible();
    const words = await playground.alert.innerText();
    await listen(page);
    await refuse(playground);
    await expect.poll(() => page.evaluate(() => window.announced)).toBeGreaterThan(0);
    await expect(playground.alert).toHaveText(words, { useInnerText: true });
    await playground.shows(9, 9);
  });
}

test('an unknown model in the address is named, and nothing is shown as if it existed', async ({ page, playground }) => {
  await page.goto(`./${addressOf('unicorn', 'u-1')}`);
  await expect(playground.alert).toContainText('unicorn');
  await expect(playground.events).toHaveCount(0);
  await expect(playground.tree).toHaveCount(0);
  await expect(playground.slider).toHaveCount(0);
  await playground.holds(9);
  await playground.model.selectOption({ label: 'Bank account' });
  await playground.shows(9, 9);
  await expect(playground.alert).toHaveCount(0);
});

for (const bad of ['10', '-1', 'three', '1.5', '', '99999999999999999999', '%3Cb%3E']) {
  test(`v=${bad} in the address is told, and the latest version shown instead`, async ({ page, playground }) => {
    await playground.open(`${addressOf('bank_account', 'ada-savings')}?v=${bad}`);
    await playground.shows(9, 9);
    await expect(playground.alert).toContainText(/version/i);
    await expect(page).toHaveURL(/#\/bank_account\/ada-savings$/);
    await playground.holds(9);
  });
}

for (const hash of [
  '#//', '#/bank_account', '#/bank_account/', '#/bank_account/a/b', '#nonsense', '#/bank_account/%E0%A4%A',
  `#/bank_account/${'x'.repeat(2000)}`,
]) {
  test(`the address ${hash.slice(0, 32)} is told to lead nowhere, and the page works`, async ({ page, playground }) => {
    await playground.open(hash);
    await expect(playground.alert).toContainText(hash.slice(0, 32));
    await playground.shows(9, 9);
    await expect(page).toHaveURL(/#\/bank_account\/ada-savings$/);
    await playground.record('Deposit', {}, 'MoneyDeposited', 10);
    await expect(playground.alert).toHaveCount(0);
  });
}
