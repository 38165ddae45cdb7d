// A browser that keeps nothing, or not everything: the page says so and goes on.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileOf, manyAccounts } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { Playground } from './page.mjs';

/** What a page finds in browsers that deny it something. Runs in the page, before it starts. */
const DENIED = {
  'refuses IndexedDB': () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('The user denied permission to access the database.', 'SecurityError');
    };
  },
  'fails to open IndexedDB': () => {
    const open = IDBFactory.prototype.open;
    // What a private window of some browsers does: the request fails, later.
    IDBFactory.prototype.open = function (name) {
      const request = open.call(this, `${name}-elsewhere`, 1);
      request.addEventListener('upgradeneeded', (event) => {
        event.stopImmediatePropagation();
        request.transaction.abort();
      });
      return request;
    };
  },
  'has no IndexedDB': () => {
    Object.defineProperty(window, 'indexedDB', { configurable: true, get: () => undefined });
  },
  'denies the very name of IndexedDB': () => {
    Object.defineProperty(window, 'indexedDB', {
      configurable: true,
      get: () => {
        throw new DOMException('Access is denied for this document.', 'SecurityError');
      },
    });
  },
};

/** Expects a page that has the story in memory, says so and works as ever. */
async function goesOnInMemory(playground) {
  await playground.shows(9, 9);
  await expect(playground.alert).toHaveCount(1);
  await expect(playground.alert).toContainText('in memory');
  await playground.record('Deposit', { Amount: '0.50' }, 'MoneyDeposited', 10);
  await expect(playground.line('balance: 460.00 EUR')).toBeVisible();
  await expect(playground.alert).toContainText('in memory');
  await playground.button('Previous version').click();
  await expect(playground.line('balance: 459.50 EUR')).toBeVisible();

  await playground.send('Withdraw', { Amount: '900.00' });
  await expect(playground.alert).toHaveCount(1);
  await expect(playground.alert).toContainText('900.00 was asked for');
  await expect(playground.alert).toContainText('in memory');

  await playground.choose(fileOf(manyAccounts(2)));
  await expect(playground.status).toHaveText(/^Imported 2 events/);
  const { text } = await playground.exported();
  expect(text.split('\n')).toHaveLength(13);
  await playground.holds(12);
  await expect(playground.page.getByText('Saved in this browser')).toHaveCount(0);

  await playground.empty();
  await playground.shows(0, 0);
  await playground.empty('Restore the story');
  await playground.shows(9, 9);
  await expect(playground.alert).toContainText('in memory');
}

for (const [what, deny] of Object.entries(DENIED)) {
  test(`a browser that ${what}: the page says so and goes on in memory`, async ({ page, playground }) => {
    await page.addInitScript(deny);
    await playground.open();
    await goesOnInMemory(playground);
    // Nothing was kept: a reload begins anew.
    await page.reload();
    await playground.shows(9, 9);
    await playground.holds(9);
  });
}

test('a browser whose user blocks all site data: the page says so and goes on in memory', async ({
  playwright, launchOptions, baseURL,
}, testInfo) => {
  const profile = testInfo.outputPath('profile');
  mkdirSync(`${profile}/Default`, { recursive: true });
  // What the switch "don't allow sites to save data on your device" writes.
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(`${profile}/Default/Preferences`, JSON.stringify(settings));
  const browser = await playwright.chromium.launchPersistentContext(profile, { ...launchOptions, baseURL });
  const problems = [];
  browser.on('weberror', (event) => problems.push(String(event.error())));
  browser.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  const playground = new Playground(await browser.newPage());
  await playground.open();
  const denied = await playground.page.evaluate(() => {
    try {
      return localStorage === null;
    } catch (error) {
      return error.name;
    }
  });
  expect(denied, 'the browser took the setting').toBe('SecurityError');
  await goesOnInMemory(playground);
  await browser.close();
  expect(problems).toEqual([]);
});

test('without local storage the page only forgets how it was set up', async ({ page, playground }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      configurable: true,
      get: () => {
        throw new DOMException('Access is denied for this document.', 'SecurityError');
      },
    });
  });
  await playground.open();
  await playground.shows(9, 9);
  await expect(playground.alert).toHaveCount(0);
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await paper();
  await playground.button('Theme').click();
  await expect.poll(paper).not.toBe(before);
  await playground.button('Got it').click();
  await playground.record('Deposit', { Amount: '0.50' }, 'MoneyDeposited', 10);
  await page.reload();
  await playground.shows(10, 10);
  await expect(playground.line('balance: 460.00 EUR')).toBeVisible();
});

test('local storage that is full or holds nonsense is no reason not to start', async ({ page, playground }) => {
  await page.addInitScript(() => {
    for (const key of ['eventloom.preferences', 'eventloom']) localStorage.setItem(key, '{"theme": 7, "open_forms"');
    Storage.prototype.setItem = () => {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    };
  });
  await playground.open();
  await playground.button('Theme').click();
  await playground.record('Deposit', {}, 'MoneyDeposited', 10);
  await expect(playground.alert).toHaveCount(0);
});

test('without BroadcastChannel tabs don’t hear of each other, and each still works', async ({
  page, context, playground,
}) => {
  await context.addInitScript(() => delete window.BroadcastChannel);
  await playground.open();
  const other = new Playground(await context.newPage());
  await other.open();
  await playground.record('Deposit', { Amount: '0.50' }, 'MoneyDeposited', 10);
  await expect(playground.alert).toHaveCount(0);
  await other.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await other.shows(10, 10);
  await page.reload();
  await playground.shows(10, 10);
});
