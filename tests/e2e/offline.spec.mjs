// Without a network, and with a new version of the page.
import { expect, test } from './fixtures.mjs';
import { addressOf, Playground, story } from './page.mjs';
import { Served } from './served.mjs';

// Elsewhere each test begins without one, so that nothing is fetched that it isn't about.
test.use({ serviceWorkers: 'allow' });

const PARTS = /^parts-.*\.wasm$/;
const at = (version) => addressOf('bank_account', story.stream, version);
const event = (id) => JSON.stringify({
  specversion: '1.0', id, source: '/elsewhere', type: 'Seen', subject: 'one', time: '2026-01-05T09:00:00Z', data: {},
});

/** A browser and a server of the test's own: what fails to be fetched is an error in the console. */
async function alone(browser, use) {
  await Served.with(async (served) => {
    const context = await browser.newContext({ baseURL: served.address });
    try {
      await use(served, context, new Playground(await context.newPage()));
    } finally {
      await context.close();
    }
  });
}

const about = (page) => page.getByRole('region', { name: 'Versions', exact: true });
const isReady = (playground) => expect(playground.alert).toContainText('A new version is ready');

/** Opens the page, and waits until the browser keeps it. */
async function kept(playground) {
  const { page } = playground;
  await playground.page.goto('./#/:about');
  await expect(about(page)).toContainText('This browser keeps the page whole');
  await page.getByRole('link', { name: 'Streams', exact: true }).click();
  await playground.shows(9, 9);
}

/** The browser looks for a new version, as it does by itself now and then. Answers whether there was one to fetch. */
const look = (page) => page.evaluate(async () => {
  const registration = await navigator.serviceWorker.ready;
  const found = await registration.update();
  const worker = found.installing ?? found.waiting;
  if (!worker) return 'none';
  return new Promise((resolve) => {
    const told = () => ['installed', 'redundant'].includes(worker.state) && resolve(worker.state);
    worker.addEventListener('statechange', told);
    told();
  });
});

/** Expects that the page is of this version. */
async function isMade(page, version) {
  const said = page.locator('meta[name=made]');
  await (version === 'first' ? expect(said).toHaveCount(0) : expect(said).toHaveAttribute('content', version));
}

/** How many bytes the page gets of a file, and how many versions are kept. */
const bytes = (page, path) => page.evaluate(async (path) => (await (await fetch(path)).arrayBuffer()).byteLength, path);
const cached = (page) => page.evaluate(async () => (await caches.keys()).filter((name) => !name.includes('notes')).length);

test('what was opened once works without its server: each part, files, and a reload', async ({ browser }) => {
  await alone(browser, async (served, context, playground) => {
    const { page } = playground;
    await kept(playground);
    await served.leave();
    await playground.button('Help').click();
    await expect(playground.help).toBeVisible();
    await page.keyboard.press('Escape');
    await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
    await playground.choose({ name: 'one.ndjson', mimeType: 'application/x-ndjson', buffer: Buffer.from(event('e-1')) });
    await expect(playground.status).toContainText('Imported 1 event');
    await playground.button('Verify').click();
    await expect(page.getByRole('region', { name: 'Verification', exact: true })).toContainText('No problems in 11 events');
    expect((await playground.exported()).text.trim().split('\n')).toHaveLength(11);
    await page.reload();
    await playground.shows(10, 10);
    for (const path of Object.keys(await served.files())) {
      expect(await bytes(page, path), path).toBeGreaterThan(0);
    }
    await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 11);
    // A tab of its own finds it, too.
    const other = new Playground(await context.newPage());
    await other.open(at());
    await other.shows(11, 11);
  });
});

test('a new version is offered, waits for what is being saved, and is then used by this tab alone', async ({
  browser,
}) => {
  await alone(browser, async (served, context, playground) => {
    const { page } = playground;
    await kept(playground);
    const other = new Playground(await context.newPage());
    await other.open(at(5));
    const worker = await bytes(other.page, 'worker_bg.wasm');
    await served.renew('second');
    expect(await look(page)).toBe('installed');
    await isReady(playground);
    await isReady(other);
    await isMade(page, 'first');

    // The database is kept busy, so that the command takes as long as it shall.
    await page.evaluate(() => new Promise((resolve) => {
      indexedDB.open('eventloom').onsuccess = ({ target: { result: database } }) => {
        const names = [...database.objectStoreNames];
        const transaction = database.transaction(names, 'readwrite');
        let held = true;
        window.letGo = () => { held = false; };
        transaction.oncomplete = () => database.close();
        const hold = () => {
          if (held) transaction.objectStore(names[0]).count().onsuccess = hold;
          resolve();
        };
        hold();
      };
    }));
    await playground.send('Deposit', { Amount: '1.00' });
    await playground.button('Use it now').click();
    await expect(playground.alert).toContainText('is used once what is under way is done');
    await isMade(page, 'first');
    await page.evaluate(() => window.letGo());
    await isMade(page, 'second');
    await playground.shows(10, 10);
    await expect(playground.alert).toHaveCount(0);

    // The other tab goes on as it is: what it gets is of its own version, with the server or without.
    await served.leave();
    await isMade(other.page, 'first');
    await isReady(other);
    expect(await bytes(other.page, 'worker_bg.wasm')).toBe(worker);
    expect(await bytes(page, 'worker_bg.wasm')).toBeGreaterThan(worker);
    for (const part of Object.keys(await served.files()).filter((path) => PARTS.test(path))) {
      expect(await bytes(page, part), part).toBe((await bytes(other.page, part)) + 'second'.length + 3);
    }
    await other.button('Help').click();
    await expect(other.help).toBeVisible();
    await other.page.keyboard.press('Escape');
    await other.button('Verify').click();
    await expect(other.page.getByRole('region', { name: 'Verification', exact: true })).toContainText('No problems');
    expect(await cached(page)).toBe(2);

    // Nobody uses the first once that tab has the second, too.
    await other.button('Use it now').click();
    await isMade(other.page, 'second');
    await expect.poll(() => cached(page)).toBe(1);
  });
});

test('a version of which one file is wrong is never offered', async ({ browser }) => {
  await alone(browser, async (served, context, playground) => {
    const { page } = playground;
    await kept(playground);
    await served.renew('second', { wrong: 'worker_bg.wasm' });
    expect(await look(page)).toBe('redundant');
    await page.reload();
    await playground.shows(9, 9);
    await isMade(page, 'first');
    await expect(playground.alert).toHaveCount(0);
    expect(await cached(page)).toBe(1);
    // Once it is whole, it is.
    await served.renew('third');
    expect(await look(page)).toBe('installed');
    await isReady(playground);
  });
});

test('a store that a newer version wrote is never opened by the old one again once the new one can be had', async ({
  browser,
}) => {
  await alone(browser, async (served, context, playground) => {
    const { page } = playground;
    await kept(playground);
    await page.goto(`${served.address}fonts/OFL.txt`);
    await page.evaluate(() => new Promise((resolve, refuse) => {
      const opening = indexedDB.open('eventloom', 1_000);
      opening.onsuccess = () => resolve(opening.result.close());
      opening.onerror = () => refuse(opening.error);
    }));
    await served.renew('second');
    await page.goto(served.address);
    await expect(playground.alert).toContainText('in memory');
    await isReady(playground);
    await page.reload();
    await isMade(page, 'second');
  });
});

test.describe('where there are no service workers', () => {
  test.use({ serviceWorkers: 'block' });

  test('all is as it was, and About says that the page needs its server', async ({ page, playground }) => {
    await playground.page.goto('./#/:about');
    await expect(about(page)).toContainText("This browser doesn't keep the page, which needs its server to be opened");
    await page.getByRole('link', { name: 'Streams', exact: true }).click();
    await playground.shows(9, 9);
    await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  });
});
