// Everything without a mouse: Tab reaches every control and is trapped by none, and one sees where it is.
import { expect, test } from './fixtures.mjs';
import { addressOf, story } from './page.mjs';

const at = (version) => addressOf('bank_account', story.stream, version);

/** Presses Tab (or Shift+Tab) until an element has the focus, as somebody without a mouse does. */
async function tabTo(page, element, key = 'Tab') {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await element.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  await expect(element, `${key} leads there`).toBeFocused();
}

/** Every control of the page that can be seen, by its role; in list and tree one stop stands for all. */
function controls(page) {
  return ['button', 'combobox', 'textbox', 'slider', 'listbox', 'tree', 'link', 'checkbox', 'switch']
    .map((role) => page.getByRole(role))
    .reduce((all, some) => all.or(some));
}

/** Goes once round the page with Tab, and says what was reached, missed, hard to see or covered. */
async function walk(page, key = 'Tab') {
  await controls(page).evaluateAll((elements) => {
    window.walked = { left: new Set(elements), order: [] };
  });
  const told = [];
  for (let presses = 0; presses < 120; presses += 1) {
    await page.keyboard.press(key);
    const stop = await page.evaluate(() => {
      const { left, order } = window.walked;
      const element = document.activeElement;
      if (element === document.body) return { name: null };
      if (order.includes(element)) return { again: true };
      order.push(element);
      for (const control of left) {
        if (control === element || (control.getAttribute('role') === 'tree' && control.contains(element))) {
          left.delete(control);
        }
      }
      const style = getComputedStyle(element);
      const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
      const box = element.getBoundingClientRect();
      const at = (x, y) => document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
      const seen = [[0.5, 0.5], [0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]].some(([x, y]) => {
        const there = at(x, y);
        return there && (element.contains(there) || there.contains(element));
      });
      const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? element.innerText;
      return { name: name.trim().split('\n')[0], outlined, seen };
    });
    if (stop.again) break;
    if (stop.name !== null) told.push(stop);
  }
  const missed = await page.evaluate(() => [...window.walked.left].map((element) => element.outerHTML.slice(0, 90)));
  return { told, missed };
}

for (const [width, height] of [[1440, 900], [390, 844]]) {
  for (const key of ['Tab', 'Shift+Tab']) {
    test(`${key} goes round the page at ${width}×${height}, reaches everything and is always in sight`, async ({
      page, playground,
    }) => {
      await page.setViewportSize({ width, height });
      await playground.open(at(5));
      // With a line to read and a refusal, there is as much on the page as there ever is.
      await playground.send('Withdraw', { Amount: '900.00' });
      await expect(playground.alert).toBeVisible();
      await page.evaluate(() => document.activeElement.blur());
      const { told, missed } = await walk(page, key);
      expect(missed).toEqual([]);
      expect(told.length).toBeGreaterThan(20);
      expect(told.filter(({ outlined }) => !outlined).map(({ name }) => name), 'the focus is drawn').toEqual([]);
      expect(told.filter(({ seen }) => !seen).map(({ name }) => name), 'nothing covers it').toEqual([]);
      await playground.shows(5, 9);
    });
  }
}

test('the whole job without a mouse: open an account, deposit, go back and read the state', async ({
  page, playground,
}) => {
  const press = (key) => page.keyboard.press(key);
  await playground.open();
  await tabTo(page, playground.button('New stream'));
  await press('Enter');
  await playground.shows(0, 0);
  // The first possible command is open.
  await tabTo(page, playground.field('Open account', 'Owner'));
  await page.keyboard.type('Grace');
  await expect(playground.field('Open account', 'Owner')).toHaveValue('Grace');
  await press('Enter');
  await expect(playground.status).toHaveText('AccountOpened appended as v1');
  await tabTo(page, playground.field('Deposit', 'Amount'));
  await page.keyboard.type('75.25');
  await tabTo(page, playground.submit('Deposit'));
  await press('Space');
  await expect(playground.status).toHaveText('MoneyDeposited appended as v2');
  await expect(playground.line('balance: 75.25 EUR')).toBeVisible();
  await tabTo(page, playground.field('Deposit', 'Amount'), 'Shift+Tab');
  await page.keyboard.type('4.75');
  await press('Enter');
  await expect(playground.status).toHaveText('MoneyDeposited appended as v3');
  await expect(playground.line('balance: 80.00 EUR')).toBeVisible();
  await tabTo(page, playground.slider, 'Shift+Tab');
  await press('ArrowLeft');
  await playground.shows(2, 3);
  await expect(playground.line('balance: 75.25 EUR')).toBeVisible();
  await tabTo(page, playground.events);
  await press('ArrowUp');
  await playground.shows(1, 3);
  await expect(playground.line('owner: "Grace"')).toBeVisible();
  await expect(playground.line('balance: 0.00 EUR')).toBeVisible();
  await press('End');
  await playground.shows(3, 3);
});

test('a model and a stream are chosen without a mouse', async ({ page, playground }) => {
  await playground.open();
  await tabTo(page, playground.model);
  await page.keyboard.press('ArrowDown');
  await expect(playground.model).toHaveValue('order');
  await playground.shows(0, 0);
  await expect(playground.model).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await playground.shows(9, 9);
  await tabTo(page, playground.button('New stream'));
  await page.keyboard.press('Enter');
  await playground.shows(0, 0);
  // The name of a new stream is there to be exchanged, for that of another one too.
  await expect(playground.stream).toBeFocused();
  await page.keyboard.type('ada-savings');
  await page.keyboard.press('Enter');
  await playground.shows(9, 9);
  await expect(playground.stream).toHaveValue(story.stream);
  await expect(playground.stream).toBeFocused();
});

test('the tree is one stop; arrows go through it, open and close its branches', async ({ page, playground }) => {
  await playground.open();
  const items = playground.tree.getByRole('treeitem');
  const branch = playground.line('movements');
  const count = await items.count();
  await tabTo(page, items.first());
  const presses = [
    ['ArrowDown', () => items.nth(1)], ['ArrowDown', () => items.nth(2)], ['ArrowUp', () => items.nth(1)],
    ['End', () => items.last()], ['ArrowDown', () => items.last()],
    ['Home', () => items.first()], ['ArrowUp', () => items.first()],
  ];
  for (const [key, focused] of presses) {
    await page.keyboard.press(key);
    await expect(focused()).toBeFocused();
  }
  await tabToItem(page, branch);
  await page.keyboard.press('ArrowRight');
  await expect(playground.line('deposits: 3')).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(branch).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(branch).toHaveAttribute('aria-expanded', 'false');
  await expect(playground.line('deposits: 3')).toHaveCount(0);
  await expect(items).toHaveCount(count - 2);
  await page.keyboard.press('ArrowRight');
  await expect(branch).toHaveAttribute('aria-expanded', 'true');
  await expect(items).toHaveCount(count);
  await expect(branch).toBeFocused();
  // One Tab leads out of it, and back to where one was.
  await page.keyboard.press('Tab');
  expect(await playground.tree.evaluate((tree) => tree.contains(document.activeElement))).toBe(false);
  await page.keyboard.press('Shift+Tab');
  await expect(branch).toBeFocused();
  await playground.shows(9, 9);
});

/** Goes down a tree until an item has the focus. */
async function tabToItem(page, item) {
  await page.keyboard.press('Home');
  await tabTo(page, item, 'ArrowDown');
}

test('in the tree arrows go on from the item that was clicked', async ({ page, playground }) => {
  await playground.open();
  const items = playground.tree.getByRole('treeitem');
  await items.nth(2).click();
  await expect(items.nth(2)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(items.nth(3)).toBeFocused();
});

test('the focus stays on the slider, the list and the tree when versions go by', async ({ page, playground }) => {
  await playground.open(at(5));
  const item = playground.tree.getByRole('treeitem').nth(1);
  await item.focus();
  await playground.events.focus();
  for (const key of ['Home', 'ArrowRight', 'End', 'Home']) {
    await page.keyboard.press(key);
    await expect(playground.events).toBeFocused();
  }
  await playground.shows(0, 9);
  // The one item of the empty state is a stop of its own.
  await tabTo(page, playground.tree.getByRole('treeitem'));
  await page.keyboard.press('Tab');
  await expect(playground.tree.getByRole('treeitem')).not.toBeFocused();
});

test('the first Tab stop leads past the bar to the commands', async ({ page, playground }) => {
  await playground.open();
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the commands', exact: true });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(playground.commands).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(playground.commands.getByRole('switch')).toBeFocused();
  await playground.isAt(addressOf('bank_account', 'ada-savings'));
});
