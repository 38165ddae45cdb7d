// The address bar: what it says is what is shown, by any way, and what it can't mean is told in words.
import { expect, test } from './fixtures.mjs';
import { addressOf, Playground, story } from './page.mjs';

const at = (version) => addressOf('bank_account', story.stream, version);

/** Changes the address as somebody does who edits it: the page stays, its hash changes. */
const edit = (page, hash) => page.evaluate((hash) => { location.hash = hash; }, hash);

test('a link with a version leads there, and so do reloading it and opening it in another tab', async ({
  page, context, playground,
}) => {
  await playground.open(at(4));
  await playground.shows(4, 9);
  await expect(playground.line('balance: 405.00 EUR')).toBeVisible();
  await expect(page).toHaveTitle(/^Eventloom/);
  const told = await playground.told();
  await page.reload();
  await playground.shows(4, 9);
  expect(await playground.told()).toEqual(told);
  await playground.isAt(at(4));
  const other = new Playground(await context.newPage());
  await other.page.goto(page.url());
  await other.shows(4, 9);
  expect(await other.told()).toEqual(told);
});

test('a link to version 0 shows that nothing has happened', async ({ page, playground }) => {
  await playground.open(at(0));
  await playground.shows(0, 9);
  await expect(playground.tree.getByRole('treeitem')).toContainText(/nothing has happened/i);
  await expect(playground.alert).toHaveCount(0);
  await page.reload();
  await playground.shows(0, 9);
  await playground.isAt(at(0));
});

test('without a version the address follows the head, and following is no step of history', async ({
  page, playground,
}) => {
  await playground.open(at());
  const before = await playground.entries();
  await playground.record('Deposit', { Amount: '0.50' }, 'MoneyDeposited', 10);
  await playground.record('Deposit', { Amount: '0.50' }, 'MoneyDeposited', 11);
  await playground.shows(11, 11);
  await playground.isAt(at());
  expect(await playground.entries()).toBe(before);
  await page.reload();
  await playground.shows(11, 11);
  await playground.isAt(at());
});

test('each step through versions is one of history, and Back and Forward walk them', async ({
  page, playground,
}) => {
  await page.clock.install();
  await playground.open();
  const before = await playground.entries();
  const steps = [
    [() => playground.button('Previous version').click(), 8],
    [() => playground.option('v3 MoneyWithdrawn').click(), 3],
    [() => playground.button('Next version').click(), 4],
    [() => page.keyboard.press('ArrowLeft'), 3],
    [() => page.keyboard.press('Home'), 0],
    [() => playground.button('Latest version').click(), 9],
    [() => playground.button('First version').click(), 0],
  ];
  const address = (version) => (version === 9 ? at() : at(version));
  for (const [index, [step, version]] of steps.entries()) {
    // Within a second of the last one it would take that one's place.
    await page.clock.fastForward(1_001);
    await step();
    await playground.shows(version, 9);
    await playground.isAt(address(version));
    expect(await playground.entries()).toBe(before + index + 1);
  }
  for (const version of [9, 0, 3, 4, 3, 8, 9]) {
    await page.goBack();
    await playground.shows(version, 9);
    await playground.isAt(address(version));
    if (version > 0) await expect(playground.line(`balance: ${story.balances[version]} EUR`)).toBeVisible();
  }
  for (const [, version] of steps) {
    await page.goForward();
    await playground.shows(version, 9);
    await playground.isAt(address(version));
  }
});

test('choosing a model, beginning a stream and choosing one are each one step of history', async ({
  page, playground,
}) => {
  await playground.open(at(4));
  const before = await playground.entries();
  await playground.model.selectOption({ label: 'Order' });
  await playground.shows(0, 0);
  expect(await playground.entries()).toBe(before + 1);
  await playground.button('New stream').click();
  const order = await playground.stream.inputValue();
  await playground.isAt(addressOf('order', order));
  expect(await playground.entries()).toBe(before + 2);
  await playground.model.selectOption({ label: 'Bank account' });
  await playground.shows(9, 9);
  await playground.isAt(at());
  expect(await playground.entries()).toBe(before + 3);
  await page.goBack();
  await playground.shows(0, 0);
  await expect(playground.stream).toHaveValue(order);
  await expect(playground.model).toHaveValue('order');
  await page.goBack();
  await page.goBack();
  await playground.shows(4, 9);
  await expect(playground.stream).toHaveValue(story.stream);
  await expect(playground.model).toHaveValue('bank_account');
  await page.goForward();
  await page.goForward();
  await playground.shows(0, 0);
  await expect(playground.stream).toHaveValue(order);
});

test('a run of Play is one step of history, at its end', async ({ page, playground }) => {
  await page.clock.install({ time: new Date('2026-06-01T12:00:00Z') });
  await playground.open(at(6));
  await page.clock.pauseAt(new Date('2026-06-01T13:00:00Z'));
  const before = await playground.entries();
  await playground.button('Play').click();
  await page.clock.runFor(1000);
  await playground.shows(8, 9);
  await playground.isAt(at(6));
  expect(await playground.entries()).toBe(before);
  await page.clock.runFor(500);
  await playground.shows(9, 9);
  await playground.isAt(at());
  expect(await playground.entries()).toBe(before + 1);
  await page.goBack();
  await playground.shows(6, 9);
});

test('an address that is edited by hand is shown as a link would be', async ({ page, playground }) => {
  await playground.open();
  for (const version of [2, 7, 0]) {
    await edit(page, at(version));
    await playground.shows(version, 9);
  }
  await edit(page, addressOf('order', 'nobody'));
  await playground.shows(0, 0);
  await expect(playground.model).toHaveValue('order');
  await expect(playground.stream).toHaveValue('nobody');
  await edit(page, at());
  await playground.shows(9, 9);
  // Each edit was a step of history, made by the browser and by nobody else.
  for (const [version, head] of [[0, 0], [0, 9], [7, 9], [2, 9], [9, 9]]) {
    await page.goBack();
    await playground.shows(version, head);
  }
});

const odd = 'a/b ?&#%"<é😀';

test(`a stream may be called ${odd}, and its address is what encodeURIComponent writes`, async ({
  page, playground,
}) => {
  const written = '#/bank_account/a%2Fb%20%3F%26%23%25%22%3C%C3%A9%F0%9F%98%80';
  await playground.open(written);
  await expect(playground.stream).toHaveValue(odd);
  await playground.record('Open account', {}, 'AccountOpened', 1);
  await playground.record('Deposit', { Amount: '5.00' }, 'MoneyDeposited', 2);
  await playground.isAt(written);
  await playground.button('Previous version').click();
  await playground.isAt(`${written}?v=1`);
  await page.reload();
  await playground.shows(1, 2);
  await expect(playground.stream).toHaveValue(odd);
  await expect(playground.event).toContainText(odd);
  await playground.model.selectOption({ label: 'Order' });
  await playground.shows(0, 0);
  await page.goBack();
  await playground.shows(1, 2);
  await expect(playground.stream).toHaveValue(odd);
  expect((await playground.exported()).text).toContain(`"subject":${JSON.stringify(odd)}`);
});

const badVersions = ['10', '-1', 'abc', '1.5', '1e1', '', '99999999999999999999'];

for (const bad of badVersions) {
  test(`v=${bad} in a link is refused in words, and the latest version shown instead`, async ({
    page, playground,
  }) => {
    await playground.open(`${at()}?v=${bad}`);
    await expect(playground.alert).toContainText(bad || 'version');
    await playground.shows(9, 9);
    await playground.isAt(at());
    await page.reload();
    await playground.shows(9, 9);
    await expect(playground.alert).toHaveCount(0);
  });
}

test('a bad version put into the address of an older view leads to the latest one', async ({
  page, playground,
}) => {
  for (const bad of badVersions) {
    await playground.open(at(4));
    await playground.shows(4, 9);
    await expect(playground.alert).toHaveCount(0);
    const before = await playground.entries();
    await edit(page, `${at()}?v=${bad}`);
    await expect(playground.alert).toBeVisible();
    await playground.shows(9, 9);
    await playground.isAt(at());
    expect(await playground.entries()).toBe(before + 1);
    // What was replaced is nowhere in the history.
    await page.goBack();
    await playground.shows(4, 9);
  }
});

test('an unknown model is named, and nothing is shown as if it existed', async ({ page, playground }) => {
  await page.goto('./#/unicorn/horn?v=3');
  await expect(playground.alert).toContainText('unicorn');
  await expect(page).toHaveTitle(/^Eventloom/);
  for (const role of ['slider', 'tree', 'treeitem', 'form']) await expect(page.getByRole(role)).toHaveCount(0);
  await expect(playground.events).toHaveCount(0);
  await expect(page.getByText(/Version \d/)).toHaveCount(0);
  await expect(playground.model.getByRole('option', { name: 'unicorn' })).toHaveCount(0);
  await expect(playground.model).not.toHaveValue('unicorn');
  for (const key of ['ArrowLeft', 'End', ' ']) await page.keyboard.press(key);
  await expect(playground.alert).toContainText('unicorn');
  await playground.holds(9);

  await playground.model.selectOption({ label: 'Bank account' });
  await playground.shows(9, 9);
  await expect(playground.alert).toHaveCount(0);
  await playground.isAt(at());
  await page.goBack();
  await expect(playground.alert).toContainText('unicorn');
  await expect(playground.model).not.toHaveValue('bank_account');
  await expect(page.getByRole('slider')).toHaveCount(0);
  await page.goForward();
  await playground.shows(9, 9);
});

test('from an unknown model New stream does nothing unseen', async ({ page, playground }) => {
  await page.goto('./#/unicorn/horn');
  await expect(playground.alert).toContainText('unicorn');
  const begin = playground.button('New stream');
  // There is no model to begin a stream of.
  await expect(begin).toHaveAttribute('aria-disabled', 'true');
});

test('markup in an address is shown as text', async ({ page, playground }) => {
  const markup = '<img src=x onerror=alert(1)>';
  await page.goto(`./${addressOf(markup, 'x')}`);
  await expect(playground.alert).toContainText(markup);
  await playground.open(`${at()}?v=${encodeURIComponent(markup)}`);
  await expect(playground.alert).toContainText('latest version');
  await playground.open(addressOf('bank_account', markup));
  await expect(playground.timeline).toContainText(markup);
  await expect(playground.stream).toHaveValue(markup);
  await expect(page.getByRole('img', { name: 'x' })).toHaveCount(0);
  expect(await page.evaluate(() => [...document.images].length)).toBe(0);
});

test('an address that names no stream is told in words, and a stream that is there is shown', async ({
  page, playground,
}) => {
  for (const hash of ['#nonsense', '#/order', '#/order/', '#/order/a/b', '#/bank_account/%ff']) {
    await page.goto('about:blank');
    await playground.open(hash);
    await expect(playground.alert).toContainText(hash);
    await playground.shows(9, 9);
    await playground.isAt(at());
  }
});

test('a stream that has no events yet can be looked at without a trace', async ({ page, playground }) => {
  await playground.open();
  const before = (await playground.exported()).text;
  await playground.open(addressOf('order', 'not-yet'));
  await playground.shows(0, 0);
  await expect(playground.timeline).toContainText('begins with its first event');
  await expect(playground.alert).toHaveCount(0);
  await expect(page).toHaveTitle(/^Eventloom/);
  await page.reload();
  await playground.shows(0, 0);
  await playground.stream.click();
  await expect(page.getByRole('option', { name: /^not-yet/ })).toHaveCount(0);
  await page.keyboard.press('Escape');
  expect((await playground.exported()).text).toBe(before);
});

test('steps that follow one another at once are one of history, and Back leads to before them', async ({ page, playground }) => {
  await playground.open(addressOf('order', 'before'));
  await playground.model.selectOption({ label: 'Bank account' });
  await playground.shows(9, 9);
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  const before = await playground.entries();
  await playground.slider.focus();
  for (let step = 0; step < 60; step += 1) await page.keyboard.press(step % 12 < 8 ? 'ArrowLeft' : 'ArrowRight');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await playground.shows(8, 9);
  expect(await playground.entries()).toBe(before + 1);
  await page.goBack();
  await playground.shows(9, 9);
  await page.goBack();
  await playground.shows(0, 0);
  await playground.isAt(addressOf('order', 'before'));
});
