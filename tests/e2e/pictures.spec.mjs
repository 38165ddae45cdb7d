// Pictures of the page to be looked at, the README's among them. They are not compared; each test
// makes sure that its picture shows something.
import { balanceAt, fileOf, longAccount } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { addressOf } from './page.mjs';

test.describe('for the README', () => {
  test.use({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });

  test('the playground, with the story at version 5', async ({ playground, picture }) => {
    await playground.open(addressOf('bank_account', 'ada-savings', 5));
    await playground.showForm('Deposit');
    await playground.showForm('Withdraw');
    await playground.shows(5, 9);
    await expect(playground.line('balance: 205.00 EUR')).toBeVisible();
    await expect(playground.selected).toHaveAccessibleName(/^v5 MoneyTransferredOut/);
    await picture('playground', { fullPage: false });
  });
});

const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** A stream of an order: placed, changed and on its way. */
async function anOrder(playground) {
  await playground.begin('Order');
  const shuttles = { Customer: 'Grace Hopper', SKU: 'loom-shuttle', Quantity: '2', 'Unit price': '45.00' };
  await playground.record('Place order', shuttles, 'OrderPlaced', 1);
  await playground.record('Add line', { SKU: 'linen-thread', Quantity: '10', 'Unit price': '3.20' }, 'LineAdded', 2);
  await playground.record('Add line', { SKU: 'needle', Quantity: '4', 'Unit price': '0.75' }, 'LineAdded', 3);
  await playground.record('Pay', { Method: 'card' }, 'OrderPaid', 4);
  await playground.record('Ship', { Carrier: 'Post', 'Tracking number': 'RR42' }, 'OrderShipped', 5);
}

const SCENES = {
  story: async (playground) => {
    await playground.open(addressOf('bank_account', 'ada-savings', 7));
    await playground.shows(7, 9);
    await expect(playground.line('balance: 205.00 EUR')).toBeVisible();
    await expect(playground.events.getByRole('option')).toHaveCount(9);
  },
  order: async (playground) => {
    await anOrder(playground);
    await playground.shows(5, 5);
    await expect(playground.line('total: 125.00 EUR')).toBeVisible();
    await expect(playground.line('carrier: "Post"')).toBeVisible();
  },
  refused: async (playground) => {
    await playground.open();
    await playground.send('Withdraw', { Amount: '900.00' });
    await expect(playground.alert).toContainText('The balance is 459.50 EUR; 900.00 was asked for.');
  },
  long: async (playground) => {
    await playground.open();
    await playground.choose(fileOf(longAccount('long', 10_000)));
    await expect(playground.status).toHaveText(/^Imported 10000 events/);
    await playground.open(addressOf('bank_account', 'long', 6500));
    await playground.shows(6500, 10_000);
    await expect(playground.line(`balance: ${balanceAt(6500)} EUR`)).toBeVisible();
    await expect(playground.selected).toHaveAccessibleName(/^v6500 /);
  },
  empty: async (playground) => {
    await playground.begin();
    await expect(playground.timeline).toContainText('begins with its first event');
    await expect(playground.tree).toContainText(/nothing has happened/i);
  },
};

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    test.describe(`${size}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme });
      for (const [scene, show] of Object.entries(SCENES)) {
        test(scene, async ({ page, playground, picture }) => {
          await show(playground);
          const ink = await page.evaluate(() => getComputedStyle(document.body).color.match(/\d+/g).map(Number));
          expect(ink[0] < 128).toBe(colorScheme === 'light');
          await picture(`${size}-${colorScheme}-${scene}`);
        });
      }
    });
  }
}
