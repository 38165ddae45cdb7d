// The main job with an order: from placed to refunded, each step only at its time.
import { expect, test } from './fixtures.mjs';

/** Places an order of two shuttles at 45.00 and ten threads at 3.20: 122.00 EUR. */
async function place(playground) {
  await playground.begin('Order');
  await playground.showForm('Place order');
  const form = playground.form('Place order');
  const line = (number) => form.getByRole('group', { name: `Line ${number}`, exact: true });
  const fill = async (number, sku, quantity, price) => {
    await line(number).getByLabel(/^SKU/).fill(sku);
    await line(number).getByLabel(/^Quantity/).fill(quantity);
    await line(number).getByLabel(/^Unit price/).fill(price);
  };
  await expect(line(2)).toHaveCount(0);
  await fill(1, 'shuttle', '2', '45.00');
  await form.getByRole('button', { name: 'Add another line', exact: true }).click();
  await fill(2, 'thread', '10', '3.20');
  await playground.record('Place order', { Customer: 'Grace Hopper' }, 'OrderPlaced', 1);
}

test('an order is placed with two lines and has their total', async ({ playground }) => {
  await place(playground);
  await expect(playground.line('status: "placed"')).toBeVisible();
  await expect(playground.line('customer: "Grace Hopper"')).toBeVisible();
  await expect(playground.line('total: 122.00 EUR')).toBeVisible();
  const lines = playground.line('lines');
  await expect(lines).toHaveAttribute('aria-expanded', 'true');
  await expect(lines.getByRole('treeitem', { name: /^unit_price: 45\.00 EUR/ })).toBeVisible();
  await expect(lines.getByRole('treeitem', { name: /^sku: "thread"/ })).toBeVisible();
});

test('lines come and go until the order is paid', async ({ playground }) => {
  await place(playground);
  await playground.record('Add line', { SKU: 'needle', Quantity: '4', 'Unit price': '0.75' }, 'LineAdded', 2);
  await expect(playground.line('total: 125.00 EUR')).toBeVisible();
  expect(await playground.changeLines()).toEqual(
    expect.arrayContaining([
      'added lines.2.sku "needle"', 'added lines.2.quantity 4', 'added lines.2.unit_price 0.75 EUR',
      'changed total 122.00 EUR → 125.00 EUR',
    ]),
  );
  await playground.record('Remove line', { SKU: 'needle' }, 'LineRemoved', 3);
  await expect(playground.line('total: 122.00 EUR')).toBeVisible();
  expect(await playground.changeLines()).toEqual(
    expect.arrayContaining(['removed lines.2.sku "needle"', 'changed total 125.00 EUR → 122.00 EUR']),
  );
  await playground.record('Remove line', { SKU: 'shuttle' }, 'LineRemoved', 4);
  await expect(playground.line('total: 32.00 EUR')).toBeVisible();
  await playground.send('Remove line', { SKU: 'thread' });
  await expect(playground.alert).toContainText('last line');
  await playground.send('Remove line', { SKU: 'button' });
  await expect(playground.alert).toContainText('no line for button');
  await playground.record('Pay', {}, 'OrderPaid', 5);
  await playground.send('Add line', { SKU: 'late', Quantity: '1', 'Unit price': '1.00' });
  await expect(playground.alert).toContainText('paid');
  await expect(playground.alert).toContainText('Nothing was recorded.');
  await playground.shows(5, 5);
});

test('an order goes all the way: paid, shipped, delivered, refunded', async ({ playground }) => {
  await place(playground);
  await playground.record('Pay', { Method: 'card' }, 'OrderPaid', 2);
  await expect(playground.line('paid: 122.00 EUR')).toBeVisible();
  await playground.record('Ship', { Carrier: 'Post', 'Tracking number': 'RR42' }, 'OrderShipped', 3);
  await expect(playground.line('shipment')).toHaveAttribute('aria-expanded', 'true');
  await expect(playground.line('carrier: "Post"')).toBeVisible();
  await expect(playground.line('tracking: "RR42"')).toBeVisible();
  await playground.record('Deliver', { 'Signed by': 'Grace' }, 'OrderDelivered', 4);
  await expect(playground.line('status: "delivered"')).toBeVisible();
  await playground.record('Refund', { Amount: '20.00', Reason: 'torn' }, 'OrderRefunded', 5);
  await expect(playground.line('refunded: 20.00 EUR')).toBeVisible();
  await playground.send('Refund', { Amount: '102.01' });
  await expect(playground.alert).toContainText('122.00 EUR was paid and 20.00 given back');
  await playground.record('Refund', { Amount: '102.00' }, 'OrderRefunded', 6);
  await expect(playground.line('refunded: 122.00 EUR')).toBeVisible();
});

test('steps out of their time are refused, and nothing is recorded', async ({ playground }) => {
  await playground.begin('Order');
  const refused = async (command, fields, words) => {
    await playground.send(command, fields);
    await expect(playground.alert).toContainText(words);
    await expect(playground.alert).toContainText('Nothing was recorded.');
  };
  await refused('Pay', {}, "isn't placed yet");
  await refused('Ship', {}, "isn't placed yet");
  await place(playground);
  await refused('Place order', { Customer: 'Grace' }, 'placed already');
  await refused('Ship', {}, 'only an order that is paid');
  await refused('Refund', { Amount: '1.00' }, 'The order is placed');
  await playground.record('Pay', {}, 'OrderPaid', 2);
  await refused('Pay', { Method: 'cash' }, 'paid');
  await refused('Deliver', {}, 'only an order that is on its way');
  await playground.record('Ship', {}, 'OrderShipped', 3);
  await refused('Cancel order', {}, 'shipped');
  await playground.shows(3, 3);
});

test('a paid order that is cancelled gives its money back', async ({ playground }) => {
  await place(playground);
  await playground.record('Pay', {}, 'OrderPaid', 2);
  await playground.record('Cancel order', { Reason: 'changed my mind' }, 'OrderCancelled', 3);
  await playground.record('Refund', { Amount: '122.00' }, 'OrderRefunded', 4);
  await expect(playground.line('status: "cancelled"')).toBeVisible();
  await playground.send('Ship');
  await expect(playground.alert).toContainText('cancelled');
});

test('a line can be taken out of the form again, and the others move up', async ({ playground }) => {
  await playground.begin('Order');
  await playground.showForm('Place order');
  const form = playground.form('Place order');
  const line = (number) => form.getByRole('group', { name: `Line ${number}`, exact: true });
  await line(1).getByLabel(/^SKU/).fill('first');
  await form.getByRole('button', { name: 'Add another line', exact: true }).click();
  await line(2).getByLabel(/^SKU/).fill('second');
  await line(1).getByRole('button', { name: /^Remove/ }).click();
  await expect(line(2)).toHaveCount(0);
  await expect(line(1).getByLabel(/^SKU/)).toHaveValue('second');
  await playground.record('Place order', {}, 'OrderPlaced', 1);
  await expect(playground.line('sku: "second"')).toBeVisible();
});

test('each model keeps its own streams and commands', async ({ playground }) => {
  await place(playground);
  const order = await playground.stream.inputValue();
  for (const command of ['Place order', 'Add line', 'Remove line', 'Pay', 'Ship', 'Deliver', 'Cancel order', 'Refund']) {
    await expect(playground.toggle(command)).toBeVisible();
  }
  await playground.model.selectOption({ label: 'Bank account' });
  await playground.shows(9, 9);
  await expect(playground.toggle('Pay')).toHaveCount(0);
  await playground.stream.fill(order);
  await expect(playground.page.getByRole('option', { name: new RegExp(`^${order}`) })).toHaveCount(0);
});
