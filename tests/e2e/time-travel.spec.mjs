// Going through time: whatever leads to a version, the state there is the same, and the log stays.
import { expect, test } from './fixtures.mjs';
import { addressOf, Playground, story } from './page.mjs';

const at = (version) => addressOf('bank_account', story.stream, version);

/** What each event of the story changed, worked out by hand; the first event made everything. */
const changes = [
  [], null,
  ['changed balance 0.00 EUR → 500.00 EUR', 'changed movements.deposits 0 → 1'],
  ['changed balance 500.00 EUR → 380.00 EUR', 'changed movements.withdrawals 0 → 1'],
  ['changed balance 380.00 EUR → 405.00 EUR', 'changed movements.deposits 1 → 2'],
  ['changed balance 405.00 EUR → 205.00 EUR', 'changed movements.withdrawals 1 → 2'],
  ['changed status "open" → "frozen"'],
  ['changed status "frozen" → "open"'],
  ['changed balance 205.00 EUR → 505.00 EUR', 'changed movements.deposits 2 → 3'],
  ['changed balance 505.00 EUR → 459.50 EUR', 'changed movements.withdrawals 2 → 3'],
];

/** Where the knots of the story lie on the screen: the first and the last stand above their numbers. */
async function knots(playground) {
  const middle = async (version) => {
    const { x, width } = await playground.slider.getByText(version, { exact: true }).boundingBox();
    return x + width / 2;
  };
  const [first, last, band] = [await middle('0'), await middle('9'), await playground.slider.boundingBox()];
  const gap = (last - first) / story.head;
  const x = Array.from({ length: story.head + 1 }, (_, version) => first + version * gap);
  return { x, y: band.y + band.height / 3, gap };
}

/** Expects all that is said of a version of the story. */
async function tellsOf(playground, version) {
  await playground.shows(version, 9);
  const { selected, slider, changes: changed } = playground;
  await expect(slider).toHaveAttribute('aria-valuemin', '0');
  if (version === 0) {
    await expect(slider).toHaveAttribute('aria-valuetext', 'Version 0 of 9');
    await expect(selected).toHaveCount(0);
    await expect(playground.tree.getByRole('treeitem')).toHaveCount(1);
    await expect(playground.tree.getByRole('treeitem')).toContainText(/nothing has happened/i);
    await expect(changed).toContainText('Nothing changed');
    await expect(changed.getByRole('listitem')).toHaveCount(0);
    return;
  }
  const type = story.types[version];
  await expect(slider).toHaveAttribute('aria-valuetext', `Version ${version} of 9, ${type}`);
  await expect(selected).toHaveAccessibleName(new RegExp(`^v${version} ${type}\\b`));
  await expect(playground.line(`balance: ${story.balances[version]} EUR`)).toBeVisible();
  if (version > 1) expect(await playground.changeLines()).toEqual(changes[version]);
}

test('a drag along the thread takes everything with it while the button is held', async ({
  page, playground,
}) => {
  await playground.open(at(7));
  const { x, y } = await knots(playground);
  const before = await playground.entries();
  await page.mouse.move(x[7], y);
  await page.mouse.down();
  for (const version of [6, 5, 4, 3, 2, 1, 0, 2, 8]) {
    await page.mouse.move(x[version], y, { steps: 5 });
    await tellsOf(playground, version);
  }
  // The address waits for the end of the drag, which is one step of history.
  await playground.isAt(at(7));
  expect(await playground.entries()).toBe(before);
  await page.mouse.move(x[3], y, { steps: 5 });
  await page.mouse.up();
  await tellsOf(playground, 3);
  await playground.isAt(at(3));
  expect(await playground.entries()).toBe(before + 1);
  await page.goBack();
  await tellsOf(playground, 7);
});

test('a drag beyond an end of the thread, or off the band, holds on to it', async ({ page, playground }) => {
  await playground.open(at(4));
  const { x, y } = await knots(playground);
  const { width, height } = page.viewportSize();
  await page.mouse.move(x[4], y);
  await page.mouse.down();
  await page.mouse.move(1, y, { steps: 5 });
  await playground.shows(0, 9);
  await page.mouse.move(x[6], height - 5, { steps: 5 });
  await playground.shows(6, 9);
  await page.mouse.move(width - 2, 3, { steps: 5 });
  await playground.shows(9, 9);
  await page.mouse.up();
  // Dragged to the head, the view follows it.
  await playground.isAt(at());
  // Released, the shuttle lets go of the pointer.
  await page.mouse.move(x[2], y, { steps: 5 });
  await playground.shows(9, 9);
});

test('a click on the thread goes to the nearest knot', async ({ page, playground }) => {
  await playground.open();
  const { x, y, gap } = await knots(playground);
  const before = await playground.entries();
  const clicks = [[3, 0.4], [3, -0.4], [4, -0.4], [8, 0.45], [0, 0.4], [9, -0.4]];
  for (const [version, aside] of clicks) {
    await page.mouse.click(x[version] + aside * gap, y);
    await tellsOf(playground, version);
    await playground.isAt(version === 9 ? at() : at(version));
  }
  // The second click stayed where the first had led.
  expect(await playground.entries()).toBe(before + 5);
});

test('only a press of the main button on the thread moves the shuttle', async ({ page, playground }) => {
  await playground.open(at(5));
  const { x, y } = await knots(playground);
  const below = await playground.event.boundingBox();
  await page.mouse.click(x[2], y, { button: 'right' });
  await playground.shows(5, 9);
  await page.keyboard.press('Escape');
  // Begun elsewhere, perhaps to select a text.
  await page.mouse.move(below.x + 10, below.y + 10);
  await page.mouse.down();
  await page.mouse.move(x[8], y, { steps: 5 });
  await page.mouse.up();
  await playground.shows(5, 9);
  await playground.isAt(at(5));
});

test('a finger drags the shuttle too', async ({ browser, baseURL }) => {
  const context = await browser.newContext({
    baseURL, hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 },
  });
  const page = await context.newPage();
  const playground = new Playground(page);
  await playground.open(at(8));
  const { x, y } = await knots(playground);
  const before = await playground.entries();
  const finger = await context.newCDPSession(page);
  const touch = (type, ...touchPoints) => finger.send('Input.dispatchTouchEvent', { type, touchPoints });
  await touch('touchStart', { x: x[8], y });
  for (let version = 7; version >= 2; version -= 1) {
    await touch('touchMove', { x: x[version], y });
    await tellsOf(playground, version);
  }
  await touch('touchMove', { x: x[4], y: y + 4 });
  await tellsOf(playground, 4);
  await touch('touchEnd');
  await playground.isAt(at(4));
  expect(await playground.entries()).toBe(before + 1);
  await page.touchscreen.tap(x[6], y);
  await tellsOf(playground, 6);
  await playground.isAt(at(6));
  await context.close();
});

test('the state is a function of stream and version alone, however the version was reached', async ({
  page, playground,
}) => {
  const versions = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const backwards = [...versions].reverse();
  const seen = new Map();
  const look = async (way, version) => {
    await playground.shows(version, 9);
    const told = await playground.told();
    if (!seen.has(version)) {
      await tellsOf(playground, version);
      seen.set(version, told);
    }
    expect(told, `version ${version}, by ${way}`).toEqual(seen.get(version));
  };
  for (const version of versions) {
    await page.goto('about:blank');
    await playground.open(at(version));
    await look('a link', version);
  }
  for (const version of backwards) {
    await look('Previous version', version);
    if (version > 0) await playground.button('Previous version').click();
  }
  for (const version of versions) {
    await look('Next version', version);
    if (version < 9) await playground.button('Next version').click();
  }
  for (const version of [4, 9, 1, 8, 2, 7, 3, 6, 5]) {
    await playground.option(`v${version} ${story.types[version]}`).click();
    await look('a click in the list', version);
  }
  await page.keyboard.press('Home');
  for (const version of versions) {
    await look('keys', version);
    await page.keyboard.press('ArrowRight');
  }
  const { x, y } = await knots(playground);
  await page.mouse.move(x[9], y);
  await page.mouse.down();
  for (const version of backwards) {
    await page.mouse.move(x[version], y, { steps: 2 });
    await look('a drag', version);
  }
  await page.mouse.up();
});

test('at an end the buttons that lead beyond it are off but keep the focus', async ({ page, playground }) => {
  const names = ['First version', 'Previous version', 'Next version', 'Latest version'];
  const areOff = async (off) => {
    for (const name of names) {
      const button = playground.button(name);
      await expect(button).toHaveAttribute('aria-disabled', String(off.includes(name)));
      expect(await button.getAttribute('disabled')).toBeNull();
    }
  };
  await page.clock.install();
  await playground.open(at(1));
  await areOff([]);
  await playground.button('Previous version').focus();
  await page.keyboard.press('Enter');
  await tellsOf(playground, 0);
  await areOff(names.slice(0, 2));
  const before = await playground.entries();
  await page.keyboard.press('Enter');
  await expect(playground.button('Previous version')).toBeFocused();
  await playground.shows(0, 9);
  await playground.button('Latest version').focus();
  // At once it would take the place of the step before.
  await page.clock.fastForward(1_001);
  await page.keyboard.press('Enter');
  await tellsOf(playground, 9);
  await areOff(names.slice(2));
  await page.keyboard.press('Enter');
  await expect(playground.button('Latest version')).toBeFocused();
  await playground.shows(9, 9);
  // Of the three presses one led somewhere.
  expect(await playground.entries()).toBe(before + 1);
});

test('a command from an older version is decided on the head, and the view stays', async ({
  page, playground,
}) => {
  await playground.open(at(1));
  await expect(playground.commands).toContainText('Commands are decided at version 9');
  // At version 1 there is nothing to withdraw; at the head there are 459.50.
  await expect(playground.line('balance: 0.00 EUR')).toBeVisible();
  const told = await playground.told();
  await playground.record('Withdraw', { Amount: '100.00' }, 'MoneyWithdrawn', 10);
  await playground.shows(1, 10);
  await expect(playground.slider).toHaveAttribute('aria-valuetext', 'Version 1 of 10, AccountOpened');
  await expect(playground.commands).toContainText('Commands are decided at version 10');
  await expect(playground.selected).toHaveAccessibleName(/^v1 AccountOpened/);
  await expect(playground.events.getByRole('option')).toHaveCount(10);
  expect(await playground.told()).toEqual(told);
  await playground.isAt(at(1));
  await playground.toHead();
  await expect(playground.line('balance: 359.50 EUR')).toBeVisible();
  await expect(playground.commands).not.toContainText('Commands are decided at version');
  // Version 9 is what it was.
  await page.keyboard.press('ArrowLeft');
  await playground.shows(9, 10);
  await expect(playground.line('balance: 459.50 EUR')).toBeVisible();
});

test('a view at the head follows it, however it got there', async ({ page, playground }) => {
  await playground.open(at(9));
  const ways = {
    'a link to the head': async () => {},
    'Next version': async (head) => {
      await playground.button('Previous version').click();
      await playground.shows(head - 1, head);
      await playground.button('Next version').click();
    },
    'a click on the last event': async (head) => {
      await playground.option('v1 AccountOpened').click();
      await playground.events.getByRole('option').nth(head - 1).click();
    },
    'a key': async () => {
      await page.keyboard.press('Home');
      await page.keyboard.press('End');
    },
    'a click on the last knot': async () => {
      await playground.button('First version').click();
      const band = await playground.slider.boundingBox();
      await page.mouse.click(band.x + band.width - 4, band.y + 30);
    },
    Back: async () => {
      await playground.button('First version').click();
      await page.goBack();
    },
  };
  let head = 9;
  for (const [way, reach] of Object.entries(ways)) {
    await test.step(way, async () => {
      await page.evaluate(() => document.activeElement.blur());
      await reach(head);
      await playground.shows(head, head);
      head += 1;
      await playground.record('Deposit', { Amount: '0.50' }, 'MoneyDeposited', head);
      await playground.shows(head, head);
      await expect(playground.selected).toHaveAccessibleName(new RegExp(`^v${head} MoneyDeposited`));
      await playground.isAt(at());
    });
  }
  // 459.50 and six times 0.50.
  await expect(playground.line('balance: 462.50 EUR')).toBeVisible();
});
