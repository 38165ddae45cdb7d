// The place About, and the other parts of the page that are fetched when they are opened.
import { expect, test } from './fixtures.mjs';
import { addressOf, Playground, story } from './page.mjs';

const ABOUT = '#/:about';
const at = (version) => addressOf('bank_account', story.stream, version);
const PARTS = /\/parts-[^/]*\/.*\.wasm$/;

const heading = (page) => page.getByRole('heading', { name: 'About', exact: true, level: 2 });
const licences = (page) => page.getByRole('region', { name: 'Licences', exact: true });
const link = (page, name) => page.getByRole('link', { name, exact: true });

/** The parts that a page asks for, each time that it does. */
function asked(page) {
  const parts = [];
  page.on('request', (request) => {
    if (PARTS.test(request.url())) parts.push(request.url().split('/').pop());
  });
  return parts;
}

/** A page of its own: a request that fails is an error in the console, which the shared one forbids. */
async function alone(browser, baseURL, use) {
  const context = await browser.newContext({ baseURL });
  try {
    await use(new Playground(await context.newPage()));
  } finally {
    await context.close();
  }
}

test('About opens from its link, and leads back to the version that was looked at', async ({ page, playground }) => {
  const parts = asked(page);
  await playground.open(at(5));
  expect(parts.filter((part) => part.includes('about'))).toEqual([]);
  const before = await playground.entries();
  await link(page, 'About').click();
  await expect(licences(page)).toContainText('yew');
  await expect(heading(page)).toBeFocused();
  await expect(page).toHaveTitle('Eventloom · About');
  await playground.isAt(ABOUT);
  expect(await playground.entries()).toBe(before + 1);
  for (const name of ['What is kept where', 'What is promised', 'Versions']) {
    await expect(page.getByRole('region', { name, exact: true })).toBeVisible();
  }
  await expect(playground.model).toBeHidden();
  await expect(playground.slider).toBeHidden();

  // Keys that go through versions do nothing here, since none is shown: they scroll the page, which lasts, and a
  // link that moves on is missed by a click.
  for (const key of ['ArrowLeft', 'Home', 'Space']) await page.keyboard.press(key);
  await playground.isAt(ABOUT);
  await link(page, 'Streams').press('Enter');
  await playground.shows(5, 9);
  await playground.isAt(at(5));
  await expect(page.getByRole('heading', { name: 'Version 5 of 9' })).toBeFocused();

  await page.goBack();
  await expect(heading(page)).toBeFocused();
  await expect(licences(page)).toBeVisible();
  await page.goBack();
  await playground.shows(5, 9);
  expect(parts.filter((part) => part.includes('about')).length, 'fetched once').toBe(1);
});

test('About opens from its address, and a reload shows it again', async ({ page, playground }) => {
  for (const open of [() => page.goto(`./${ABOUT}?v=3`), () => page.reload()]) {
    await open();
    await expect(licences(page)).toContainText('SIL Open Font License');
    await expect(heading(page)).toBeFocused();
    await expect(page).toHaveTitle('Eventloom · About');
    await playground.isAt(ABOUT);
  }
  await expect(playground.storage).toContainText('Saved');
  await expect(playground.alert).toHaveCount(0);
  await link(page, 'Streams').click();
  await playground.shows(9, 9);
});

test('a command that another tab records while About is shown is there afterwards', async ({
  page, context, playground,
}) => {
  await playground.open(at());
  await link(page, 'About').click();
  await expect(licences(page)).toBeVisible();
  const other = new Playground(await context.newPage());
  await other.open(at());
  await other.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  await link(page, 'Streams').click();
  await playground.shows(10, 10);
});

test('a place that is not there is named, with the way to those that are', async ({ page, playground }) => {
  await page.goto('./#/:loom');
  // Nothing moves any more once the store is open, so that what is pressed is what is under the pointer.
  await expect(playground.storage).toContainText('Saved');
  await expect(playground.alert).toContainText('There is no place loom here');
  await expect(playground.slider).toBeHidden();
  await playground.alert.getByRole('link', { name: 'About', exact: true }).click();
  await expect(heading(page)).toBeFocused();
  await expect(playground.alert).toHaveCount(0);
  await page.goBack();
  await playground.alert.getByRole('link', { name: 'Streams', exact: true }).click();
  await playground.shows(9, 9);
});

for (const [how, fail] of [
  ['is cut off', (route) => route.abort()],
  ['is not there any more', (route) => route.fulfill({ status: 404, body: 'gone' })],
]) {
  test(`About says that it can't be loaded when it ${how}, and loads when that is tried again`, async ({
    browser, baseURL,
  }) => {
    await alone(browser, baseURL, async (playground) => {
      const { page } = playground;
      await playground.open(at(5));
      await page.route(/split_about\.wasm$/, fail);
      await link(page, 'About').click();
      await expect(playground.alert).toContainText(/^About can't be loaded/);
      await expect(heading(page)).toBeFocused();
      // Still not.
      await playground.button('Try again').click();
      await expect(playground.alert).toContainText(/^About can't be loaded/);
      // Nothing else is broken.
      await link(page, 'Streams').click();
      await expect(playground.alert).toHaveCount(0);
      await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
      await page.goBack();
      await expect(playground.alert).toContainText(/^About can't be loaded/);
      await page.unroute(/split_about\.wasm$/);
      await playground.button('Try again').click();
      await expect(licences(page)).toBeVisible();
      await expect(playground.alert).toHaveCount(0);
    });
  });
}

test('a dialog whose part can not be fetched says so, and opens when that is tried again', async ({
  browser, baseURL,
}) => {
  await alone(browser, baseURL, async (playground) => {
    const { page } = playground;
    await playground.open();
    await page.route(/split_dialogs\.wasm$/, (route) => route.abort());
    await playground.button('Help').click();
    await expect(playground.alert).toContainText(/^Help can't be loaded/);
    await page.unroute(/split_dialogs\.wasm$/);
    await playground.button('Try again').click();
    await expect(playground.help).toBeVisible();
    await expect(playground.alert).toHaveCount(0);
    await page.keyboard.press('Escape');
    await expect(playground.help).toBeHidden();
  });
});

test('a dialog that is closed before it is there does not open', async ({ page, playground }) => {
  await playground.open();
  let go;
  const held = new Promise((resolve) => { go = resolve; });
  await page.route(/split_dialogs\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  await playground.button('Help').click();
  await page.keyboard.press('Escape');
  const came = page.waitForResponse(/split_dialogs\.wasm$/);
  go();
  await (await came).finished();
  // Reset is drawn by the same part, and after it.
  await playground.button('Reset').click();
  await expect(playground.reset).toBeVisible();
  await expect(playground.help).toBeHidden();
});

test('work on a file whose part can not be fetched is refused in words, and done when it is asked for again', async ({
  browser, baseURL,
}) => {
  await alone(browser, baseURL, async (playground) => {
    const { page } = playground;
    await playground.open();
    await page.route(/split_jobs\.wasm$/, (route) => route.abort());
    await playground.button('Verify').click();
    await expect(playground.alert).toContainText(/^Verify failed: a part of Eventloom couldn't be fetched/);
    await page.unroute(/split_jobs\.wasm$/);
    await playground.button('Verify').click();
    await expect(page.getByRole('region', { name: 'Verification', exact: true })).toContainText('No problems');
    expect((await playground.exported()).text).toContain('AccountOpened');
  });
});

test('without the story a first visit says why, and has it when it is restored', async ({ browser, baseURL }) => {
  await alone(browser, baseURL, async (playground) => {
    const { page } = playground;
    await page.route(/split_story\.wasm$/, (route) => route.abort());
    await page.goto(baseURL);
    await expect(playground.alert).toContainText('the story of the first visit');
    await page.unroute(/split_story\.wasm$/);
    await playground.empty('Restore the story');
    await playground.shows(9, 9);
  });
});

test('a command whose part can not be fetched is refused in words, and recorded when it is sent again', async ({
  browser, baseURL,
}) => {
  await alone(browser, baseURL, async (playground) => {
    const { page } = playground;
    await page.route(/split_adding\.wasm$/, (route) => route.abort());
    await playground.open(at());
    await playground.send('Deposit', { Amount: '1.00' });
    await expect(playground.alert).toContainText("a part of Eventloom couldn't be fetched");
    await playground.shows(9, 9);
    await page.unroute(/split_adding\.wasm$/);
    await playground.button('Retry').click();
    await playground.shows(10, 10);
    await expect(playground.storage).toContainText('Saved');
    await page.reload();
    await playground.shows(10, 10);
  });
});

test('no part is fetched twice, and a return visit fetches only what commands need', async ({ page, playground }) => {
  const parts = asked(page);
  await playground.open();
  await playground.shows(9, 9);
  parts.length = 0;
  await page.reload();
  await playground.shows(9, 9);
  await expect(playground.storage).toContainText('Saved');
  await expect.poll(() => parts.filter((part) => part.startsWith('split'))).toEqual(['split_adding.wasm']);
  await playground.button('Help').click();
  await expect(playground.help).toBeVisible();
  await page.keyboard.press('Escape');
  await playground.empty('Restore the story');
  await playground.button('Verify').click();
  await expect(page.getByRole('region', { name: 'Verification', exact: true })).toContainText('No problems');
  expect(new Set(parts).size, parts.join(' ')).toBe(parts.length);
});
