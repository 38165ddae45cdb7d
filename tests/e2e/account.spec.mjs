// The main job with an account: command, event, state.
import { expect, test } from './fixtures.mjs';
import { addressOf } from './page.mjs';

test('a new stream is version 0 of 0 at its own address, with a sentence and nothing stored', async ({
  page, playground,
}) => {
  await playground.begin();
  const id = await playground.stream.inputValue();
  expect(id).not.toBe('ada-savings');
  await expect(page).toHaveURL(new RegExp(`${addressOf('bank_account', id)}$`));
  await expect(playground.timeline).toContainText('begins with its first event');
  await expect(playground.tree.getByRole('treeitem')).toHaveCount(1);
  await expect(playground.tree.getByRole('treeitem')).toContainText(/nothing has happened/i);
  await expect(playground.changes).toContainText('Nothing changed');
  await playground.holds(9);
  await playground.button('New stream').click();
  await expect(playground.stream).not.toHaveValue(id);
  await playground.shows(0, 0);
});

test('an account is opened, filled and emptied, and each event is listed', async ({ playground }) => {
  await playground.begin();
  await playground.record('Open account', { Owner: 'Grace', Currency: 'EUR' }, 'AccountOpened', 1);
  await playground.record('Deposit', { Amount: '100.00', Reference: 'gift' }, 'MoneyDeposited', 2);
  await playground.record('Withdraw', { Amount: '30.25' }, 'MoneyWithdrawn', 3);
  await playground.shows(3, 3);
  await expect(playground.events.getByRole('option')).toHaveCount(3);
  await expect(playground.option('v1 AccountOpened')).toContainText('Grace');
  await expect(playground.option('v2 MoneyDeposited')).toContainText('gift');
  await expect(playground.selected).toHaveAccessibleName(/^v3 MoneyWithdrawn/);
  await expect(playground.line('balance: 69.75 EUR')).toBeVisible();
  await expect(playground.line('deposits: 1')).toBeVisible();
  await expect(playground.line('withdrawals: 1')).toBeVisible();
});

test('what an event changed stands in the list of changes', async ({ playground }) => {
  await playground.begin();
  await playground.record('Open account', { Owner: 'Grace' }, 'AccountOpened', 1);
  expect((await playground.changeLines()).join('\n')).toMatch(/^(added|changed) owner .*"Grace"$/m);
  await playground.record('Deposit', { Amount: '100.00' }, 'MoneyDeposited', 2);
  expect(await playground.changeLines()).toEqual([
    'changed balance 0.00 EUR → 100.00 EUR',
    'changed movements.deposits 0 → 1',
  ]);
  await playground.record('Freeze', { Reason: 'lost' }, 'AccountFrozen', 3);
  expect(await playground.changeLines()).toEqual(['changed status "open" → "frozen"']);
});

test('a rejection says what is true and what was asked for, and nothing is recorded', async ({
  playground,
}) => {
  await playground.begin();
  await playground.record('Open account', {}, 'AccountOpened', 1);
  await playground.record('Deposit', { Amount: '10.00' }, 'MoneyDeposited', 2);
  await playground.send('Withdraw', { Amount: '10.01' });
  await expect(playground.alert).toContainText('The balance is 10.00 EUR; 10.01 was asked for.');
  await expect(playground.alert).toContainText('Nothing was recorded.');
  await expect(playground.status).toHaveText('');
  await playground.shows(2, 2);
  await playground.holds(11);
});

test('an outcome stays until the next command', async ({ playground }) => {
  await playground.open();
  await playground.send('Withdraw', { Amount: '900.00' });
  await expect(playground.alert).toBeVisible();
  await playground.button('Previous version').click();
  await playground.button('Latest version').click();
  await expect(playground.alert).toContainText('900.00');
  await playground.record('Withdraw', { Amount: '1.00' }, 'MoneyWithdrawn', 10);
  await expect(playground.alert).toHaveCount(0);
  await playground.button('Previous version').click();
  await expect(playground.status).toHaveText('MoneyWithdrawn appended as v10');
});

test('an account that was never opened, is frozen or is closed refuses in its own words', async ({
  playground,
}) => {
  await playground.begin();
  await playground.send('Deposit', { Amount: '5.00' });
  await expect(playground.alert).toContainText("This account isn't open yet; open it first.");
  await playground.record('Open account', {}, 'AccountOpened', 1);
  await playground.record('Deposit', { Amount: '5.00' }, 'MoneyDeposited', 2);
  await playground.record('Freeze', {}, 'AccountFrozen', 3);
  await playground.send('Withdraw', { Amount: '1.00' });
  await expect(playground.alert).toContainText('This account is frozen; unfreeze it first.');
  await playground.record('Unfreeze', {}, 'AccountUnfrozen', 4);
  await playground.send('Close account');
  await expect(playground.alert).toContainText('There is 5.00 EUR left in the account');
  await playground.record('Transfer out', { Amount: '5.00', 'To account': 'x' }, 'MoneyTransferredOut', 5);
  await playground.record('Close account', {}, 'AccountClosed', 6);
  await playground.send('Deposit', { Amount: '5.00' });
  await expect(playground.alert).toContainText('This account is closed for good.');
  await playground.shows(6, 6);
});

test('the Event region shows the whole envelope of the viewed event', async ({ playground }) => {
  await playground.open(addressOf('bank_account', 'ada-savings', 3));
  const told = [
    'MoneyWithdrawn', '2026-01-05T09:02:10.000Z', 'bank_account', 'ada-savings',
    '019b8d64-7650-7000-8000-000000000003', '"amount": 12000', '"reference": "rent"',
  ];
  for (const text of told) await expect(playground.event).toContainText(text);
  for (const [term, value] of [['version', '3'], ['position', '3'], ['schema version', '1']]) {
    const entry = playground.event.getByRole('term').filter({ hasText: new RegExp(`^${term}$`) });
    await expect(entry.locator('xpath=following-sibling::dd[1]')).toHaveText(value);
  }
});

test('an event names the command that recorded it, and each command is another', async ({ playground }) => {
  await playground.open();
  const entry = playground.event.getByRole('term').filter({ hasText: /^command id$/ });
  await expect(entry).toHaveCount(0);
  const commands = [];
  for (const version of [10, 11]) {
    await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', version);
    await playground.shows(version, version);
    commands.push(await entry.locator('xpath=following-sibling::dd[1]').innerText());
  }
  for (const command of commands) expect(command).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(commands[0]).not.toBe(commands[1]);
  // A person asked for it: no event led to it.
  await expect(playground.event.getByRole('term').filter({ hasText: /^causation id$/ })).toHaveCount(0);
});

test('Copy as JSON puts the whole envelope on the clipboard', async ({ page, context, playground }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await playground.open(addressOf('bank_account', 'ada-savings', 3));
  await playground.event.getByRole('button', { name: 'Copy as JSON', exact: true }).click();
  await expect(playground.status).toContainText(/copied/i);
  expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toEqual({
    event_id: '019b8d64-7650-7000-8000-000000000003',
    event_type: 'MoneyWithdrawn',
    schema_version: 1,
    data: { amount: 12000, reference: 'rent' },
    timestamp: '2026-01-05T09:02:10.000Z',
    aggregate_type: 'bank_account',
    aggregate_id: 'ada-savings',
    version: 3,
    position: 3,
    metadata: { correlation_id: '019b8d64-7650-7000-8000-000000000003' },
  });
});

test('every command of the account is there, and its form is well-formed untouched', async ({
  playground,
}) => {
  await playground.begin();
  await playground.record('Open account', {}, 'AccountOpened', 1);
  for (const command of ['Deposit', 'Withdraw', 'Transfer out', 'Freeze', 'Unfreeze', 'Close account']) {
    await playground.send(command);
    await expect(playground.status.or(playground.alert).filter({ hasText: /./ })).toBeVisible();
    await expect(playground.form(command).locator('[aria-invalid=true]')).toHaveCount(0);
  }
});

test('which forms are open is remembered', async ({ page, playground }) => {
  await playground.open();
  await playground.showForm('Freeze');
  await playground.toggle('Deposit').click();
  await expect(playground.form('Deposit')).toBeHidden();
  await page.reload();
  await playground.shows(9, 9);
  await expect(playground.form('Freeze')).toBeVisible();
  await expect(playground.toggle('Freeze')).toHaveAttribute('aria-expanded', 'true');
  await expect(playground.form('Deposit')).toBeHidden();
  await expect(playground.toggle('Deposit')).toHaveAttribute('aria-expanded', 'false');
});

test('yen have no decimals', async ({ playground }) => {
  await playground.begin();
  await playground.record('Open account', { Currency: 'JPY' }, 'AccountOpened', 1);
  await playground.record('Deposit', { Amount: '1200' }, 'MoneyDeposited', 2);
  await expect(playground.line('balance: 1200 JPY')).toBeVisible();
});
