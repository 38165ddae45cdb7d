// What is told stands with the stream and the moment of which it speaks, and an import leads to what it brought.
import { fileOf, foreign, moment } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { addressOf } from './page.mjs';

const cases = (subject, count) =>
  Array.from({ length: count }, (_, index) => foreign({ subject, id: `${subject}-${index}`, type: 'Seen', time: moment(index) }));

test('an import leads to the longest stream that it brought', async ({ playground, picture }) => {
  await playground.open();
  await playground.choose(fileOf([...cases('short', 1), ...cases('long', 4), ...cases('middle', 2)]));
  await expect(playground.status).toHaveText(/^Imported 7 events/);
  await playground.shows(9, 9);
  await picture('imported');
  const before = await playground.entries();
  await playground.button('Show permit/long').click();
  await playground.shows(4, 4);
  await playground.isAt(addressOf('permit', 'long'));
  expect(await playground.entries()).toBe(before + 1);
  await expect(playground.button('Show permit/long')).toHaveCount(0);
});

test('an import of what was here already leads nowhere', async ({ playground }) => {
  await playground.open();
  const { text } = await playground.exported();
  await playground.choose(fileOf(text.trim().split('\n')));
  await expect(playground.status).toHaveText(/^Imported 0 events; 9/);
  await expect(playground.page.getByRole('button', { name: /^Show / })).toHaveCount(0);
});

test('what came of a command goes with its stream', async ({ playground }) => {
  await playground.open();
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  await playground.model.selectOption({ label: 'Order' });
  await playground.shows(0, 0);
  await expect(playground.status).toHaveText('');
  await playground.model.selectOption({ label: 'Bank account' });
  await playground.send('Withdraw', { Amount: '900.00' });
  await expect(playground.alert).toContainText('900.00');
  await playground.button('New stream').click();
  await playground.shows(0, 0);
  await expect(playground.alert).toHaveCount(0);
});

test('what speaks of the store says of which moment, and can be put away', async ({ page, playground }) => {
  await page.clock.install({ time: new Date('2026-06-01T09:12:00Z') });
  await playground.open();
  await playground.choose(fileOf(['none']));
  await expect(playground.alert).toContainText('Import refused:');
  await expect(playground.alert).toContainText(/at 09:1\d, 9 events/);
  await playground.button('Dismiss Import').click();
  await expect(playground.alert).toHaveCount(0);
  await playground.exported();
  await expect(playground.status).toHaveText(/^Exported 9 events/);
  await expect(page.getByText(/^at 09:1\d, 9 events$/)).toBeVisible();
  await playground.button('Dismiss Export').click();
  await expect(playground.status).toHaveText('');
  await playground.button('Verify').click();
  const verification = page.getByRole('region', { name: 'Verification', exact: true });
  await expect(verification).toContainText(/at 09:1\d, 9 events/);
  await expect(verification).toContainText('No problems in 9 events');
});
