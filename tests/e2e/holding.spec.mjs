// `Hold at version N`: a person makes a conflict, and reads what it says.
import { expect, test } from './fixtures.mjs';
import { addressOf, Playground } from './page.mjs';

/** The switch, whatever the version. */
const hold = (playground) => playground.commands.getByRole('switch', { name: /^Hold at version \d+$/ });

test('a command that is held at a version meets a conflict with what another tab recorded', async ({
  context, playground, picture,
}) => {
  await playground.open(addressOf('bank_account', 'ada-savings', 4));
  await expect(hold(playground)).toHaveAccessibleName('Hold at version 9');
  await hold(playground).check();
  await expect(playground.commands).toContainText('held at version 9');
  await expect(playground.commands).toContainText('Commands are decided at version 9 and expect it');
  await playground.toHead();
  const other = new Playground(await context.newPage());
  await other.open();
  await other.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  await playground.shows(10, 10);
  await expect(hold(playground)).toHaveAccessibleName('Hold at version 9');
  await playground.send('Deposit', { Amount: '2.00' });
  await expect(playground.alert).toContainText('It was decided on version 9, and the stream is at version 10 by now.');
  await expect(playground.alert).toContainText('Retry switches Hold off first');
  await picture('held');
  await playground.alert.getByRole('button', { name: 'Retry', exact: true }).click();
  await expect(playground.status).toHaveText(/^MoneyDeposited appended as v11 Hold at version 9 was switched off\.$/);
  await expect(hold(playground)).not.toBeChecked();
  await expect(playground.commands).not.toContainText('held at version');
});

test('a command of its own moves it, and leaving the stream or reloading ends it', async ({ page, playground }) => {
  await playground.open();
  await hold(playground).check();
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  await expect(playground.commands).toContainText('held at version 10');
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 11);
  await expect(playground.commands).toContainText('held at version 11');
  await page.reload();
  await playground.shows(11, 11);
  await expect(hold(playground)).not.toBeChecked();
  await hold(playground).check();
  await playground.model.selectOption({ label: 'Order' });
  await playground.model.selectOption({ label: 'Bank account' });
  await playground.shows(11, 11);
  await expect(hold(playground)).not.toBeChecked();
});
