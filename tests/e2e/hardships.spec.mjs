// What can stand between a page and its store: another program's database, another tab, damage, time spent
// in the back/forward cache. Each is met by a sentence that says what to do, and what can be read is shown.
import { besides } from './database.mjs';
import { fileOf, manyAccounts } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { Playground } from './page.mjs';

/** Makes the database one of a layout of this number. */
const lift = (layout) =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open('eventloom', layout);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      opening.result.close();
      resolve();
    };
  });

/** Makes a database of the first layout, and keeps it open as a tab would that hears of no newer one. */
const keepFirstLayout = () =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open('eventloom', 1);
    opening.onerror = () => reject(opening.error);
    opening.onupgradeneeded = () => {
      const database = opening.result;
      const stream = ['aggregate_type', 'aggregate_id'];
      const events = database.createObjectStore('events', { keyPath: 'position', autoIncrement: true });
      events.createIndex('stream_version', [...stream, 'version'], { unique: true });
      events.createIndex('stream_event_id', [...stream, 'event_id'], { unique: true });
      database.createObjectStore('streams', { keyPath: stream });
      database.createObjectStore('snapshots', { keyPath: stream });
      database.createObjectStore('checkpoints', { keyPath: 'subscriber' });
      database.createObjectStore('meta', { keyPath: 'key' });
    };
    opening.onsuccess = () => {
      window.kept = opening.result;
      resolve();
    };
  });

/**
 * Changes the payload of one event of the story, as somebody does who edits the database by hand; `without` the second
 * copy, which would mend it.
 */
const damage = async ([version, without]) => {
  await navigator.locks.request('eventloom.journals', async () => {
    if (!without) return;
    const folder = await navigator.storage.getDirectory();
    const names = [];
    for await (const name of folder.keys()) if (name.includes('.journal')) names.push(name);
    for (const name of names) await folder.removeEntry(name);
  });
  const opening = indexedDB.open('eventloom');
  await new Promise((resolve, reject) => Object.assign(opening, { onsuccess: resolve, onerror: reject }));
  const writing = opening.result.transaction('log', 'readwrite');
  writing.objectStore('log').openCursor().onsuccess = ({ target: { result: cursor } }) => {
    const record = cursor.value;
    record.events[version - 1].data = '{"amount":1}';
    cursor.update(record);
  };
  await new Promise((resolve) => Object.assign(writing, { oncomplete: resolve }));
  opening.result.close();
};

/** Opens the story and leaves it, and does something to the database meanwhile. */
async function whileAway({ context, page, playground, baseURL }, does, given) {
  await playground.open();
  await playground.shows(9, 9);
  await page.goto('about:blank');
  const beside = await besides(context, baseURL);
  await beside.evaluate(does, given);
  return beside;
}

test('a store that a newer Eventloom made is left as it is, and the page says what to do', async ({
  context, page, playground, baseURL,
}) => {
  const beside = await whileAway({ context, page, playground, baseURL }, lift, 4_000);
  await playground.open();
  await playground.shows(9, 9);
  await expect(playground.alert).toHaveCount(1);
  await expect(playground.alert).toContainText('in memory only');
  await expect(playground.alert).toContainText(/a newer Eventloom has made this store \(layout 4000, .*; reload to get the newer one/);
  await expect(playground.alert).toContainText('Events that were saved here before are untouched');
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  const events = await beside.evaluate(() => new Promise((resolve) => {
    indexedDB.open('eventloom').onsuccess = ({ target: { result: database } }) => {
      database.transaction('log').objectStore('log').getAll().onsuccess = ({ target }) => {
        database.close();
        resolve(target.result.flatMap((segment) => segment.events).length);
      };
    };
  }));
  expect(events).toBe(9);
});

test('a tab that keeps an older database open is told of, and once it is closed a reload shows the store', async ({
  context, playground, baseURL,
}) => {
  const beside = await besides(context, baseURL);
  await beside.evaluate(keepFirstLayout);
  await playground.open();
  await playground.shows(9, 9);
  await expect(playground.alert).toHaveCount(1);
  await expect(playground.alert).toContainText('in memory only');
  await expect(playground.alert).toContainText(
    'another tab keeps an older version of this store open; close that tab, then reload this one',
  );
  await beside.close();
  await playground.page.reload();
  await playground.shows(9, 9);
  await expect(playground.alert).toHaveCount(0);
  await expect(playground.storage).toContainText('Saved');
});

test('a stream with a damaged event is shown with that in its place, and the rest of the store can be exported', async ({
  context, page, playground, baseURL, picture,
}) => {
  await whileAway({ context, page, playground, baseURL }, damage, [4, true]);
  await playground.open();
  await playground.shows(9, 9);
  await expect(playground.option('v4 damaged')).toHaveText('v4 damaged');
  await expect(playground.tree).toHaveText("The state can't be known from version 4 on: that event is damaged.");
  await expect(playground.alert).toContainText(
    "This stream can't be shown whole: the record of bank_account/ada-savings version 4 is damaged: its checksum doesn't"
      + " fit what it holds. An export keeps all that is intact, with holes in the places of what isn't, and"
      + ' can be imported; Verify says what else is damaged, and what to do.',
  );
  await picture('a-stream-is-damaged');
  const { text } = await playground.exported();
  const versions = text.trim().split('\n').map((line) => JSON.parse(line).streamversion);
  expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await expect(playground.status).toContainText('1 that is damaged or missing has a hole in its place.');
});

test('a damaged event is mended from the second copy, which is told', async ({ context, page, playground, baseURL }) => {
  await whileAway({ context, page, playground, baseURL }, damage, [4, false]);
  await playground.open();
  await playground.shows(9, 9);
  await expect(playground.alert).toContainText('1 event was restored from the journal');
  await playground.button('Verify').click();
  await expect(page.getByRole('region', { name: 'Verification', exact: true })).toContainText('No problems');
});

test('a stream whose first event is damaged is said to be damaged, and not to be empty', async ({
  context, page, playground, baseURL,
}) => {
  await whileAway({ context, page, playground, baseURL }, damage, [1, true]);
  await page.goto('./');
  await expect(playground.alert).toContainText("This stream can't be shown whole: the record of bank_account/ada-savings version 1");
  await expect(playground.tree).toHaveText("The state can't be known from version 1 on: that event is damaged.");
  await expect(playground.state).not.toContainText('Nothing has happened yet');
  await expect(playground.timeline).not.toContainText('begins with its first event');
});

test('a page that comes back by Back shows what was recorded meanwhile, and goes on', async ({
  playwright, launchOptions, baseURL,
}, testInfo) => {
  // Playwright switches the back/forward cache off.
  const context = await playwright.chromium.launchPersistentContext(testInfo.outputPath('profile'), {
    ...launchOptions,
    baseURL,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
  const problems = [];
  context.on('weberror', (event) => problems.push(String(event.error())));
  const playground = new Playground(await context.newPage());
  await playground.open();
  await playground.shows(9, 9);
  const beside = await besides(context, baseURL);
  const other = new Playground(beside);
  await playground.page.goto('data:text/html,<p>elsewhere</p>');
  await other.open();
  await other.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  await playground.page.goBack();
  await playground.shows(10, 10);
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 11);
  await other.shows(11, 11);
  await context.close();
  expect(problems).toEqual([]);
});

/** Databases are opened only once the test lets them. Runs in the page, before it starts. */
const holdOpening = () => {
  const success = Object.getOwnPropertyDescriptor(IDBRequest.prototype, 'onsuccess');
  window.opened = [];
  Object.defineProperty(IDBRequest.prototype, 'onsuccess', {
    ...success,
    set(handler) {
      const hold = this instanceof IDBOpenDBRequest && handler;
      success.set.call(this, hold ? (event) => window.opened.push(() => handler.call(this, event)) : handler);
    },
  });
};

/** Lets it be opened, and all that is opened after that. */
const letOpen = (page) =>
  page.evaluate(async () => {
    for (;;) {
      window.opened.shift()?.();
      if (document.querySelector('[role=slider]')?.getAttribute('aria-valuemax') !== '0') return;
      await new Promise((next) => requestAnimationFrame(next));
    }
  });

test('a file that is chosen while the store is being opened is imported once it is open', async ({ page, playground }) => {
  await page.addInitScript(holdOpening);
  await page.goto('./');
  await playground.choose(fileOf(manyAccounts(2)));
  await expect(page.getByRole('progressbar', { name: 'Import' })).toBeVisible();
  await expect.poll(() => page.evaluate(() => window.opened.length)).toBe(1);
  await letOpen(page);
  await expect(playground.status).toHaveText(/^Imported 2 events/);
});

test('a reset that is asked for while the store is being opened is done once it is open', async ({ page, playground }) => {
  await page.addInitScript(holdOpening);
  await page.goto('./');
  await playground.button('Reset').click();
  await expect(playground.reset).toContainText("how many isn't known yet");
  await playground.reset.getByRole('button', { name: 'Empty store' }).click();
  await expect(playground.status).toHaveText('Reset waits until the store is open.');
  await expect(playground.button('Reset')).toHaveAttribute('aria-disabled', 'true');
  await expect.poll(() => page.evaluate(() => window.opened.length)).toBe(1);
  await page.evaluate(() => window.opened.shift()());
  await expect(playground.status).toHaveText('The store is empty.');
  await playground.shows(0, 0);
});

test('Export and Verify that are pressed while the store is being opened wait for it, and are done once', async ({
  page, playground, picture,
}) => {
  await page.addInitScript(holdOpening);
  const saved = [];
  page.on('download', (download) => saved.push(download.suggestedFilename()));
  await page.goto('./');
  for (const name of ['Export', 'Verify', 'Export', 'Verify']) await playground.button(name).press('Enter');
  await expect(playground.status).toHaveText('Export, Verify wait until the store is open.');
  await expect(page.getByRole('progressbar', { name: 'Export', exact: true })).toBeVisible();
  await expect(page.getByRole('progressbar', { name: 'Verify', exact: true })).toBeVisible();
  await picture('waiting-for-the-store');
  await expect.poll(() => page.evaluate(() => window.opened.length)).toBe(1);
  await letOpen(page);
  await expect(page.getByRole('region', { name: 'Verification' })).toContainText('No problems in 9 events');
  await expect(playground.status).toHaveText(/^Exported 9 events to/);
  expect(saved).toHaveLength(1);
});

test('a store that the browser closed is said to be lost until a command reaches it again', async ({
  page, playground,
}) => {
  await page.addInitScript(() => {
    const open = IDBFactory.prototype.open;
    window.databases = [];
    IDBFactory.prototype.open = function (...how) {
      if (window.isBroken) throw new DOMException('the disk is away', 'UnknownError');
      const request = open.apply(this, how);
      request.addEventListener('success', () => window.databases.push(request.result));
      return request;
    };
    window.close = () => window.databases.forEach((database) => database.dispatchEvent(new Event('close')));
  });
  await playground.open();
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  // Where it opens again at once, nothing is to be told.
  await page.evaluate(() => window.close());
  await expect(playground.storage).toContainText('Saved in this browser');
  await expect(playground.alert).toHaveCount(0);
  await page.evaluate(() => {
    window.isBroken = true;
    window.close();
  });
  await expect(playground.alert).toContainText('Nothing more can be saved here: the browser closed this store');
  await expect(playground.storage).toContainText('Not saved');
  await page.evaluate(() => (window.isBroken = false));
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 11);
  await expect(playground.alert).toHaveCount(0);
  await expect(playground.storage).toContainText('Saved in this browser');
});

test('an import whose worker breaks after it was done is not said to be refused, and can be done again', async ({
  page, playground,
}) => {
  await page.addInitScript(() => {
    window.breaks = false;
    window.Worker = class extends Worker {
      set onmessage(hear) {
        super.onmessage = hear && ((event) => {
          if (window.breaks && event.data[0] === 'done') this.onerror(new ErrorEvent('error', { message: 'it broke' }));
          else hear(event);
        });
      }
    };
  });
  await playground.open();
  await page.evaluate(() => (window.breaks = true));
  await playground.choose(fileOf(manyAccounts(2)));
  await expect(playground.alert).toContainText("Import has no known outcome. It isn't known whether the file is in");
  await expect(playground.alert).toContainText('what is in is skipped');
  await expect(playground.alert).not.toContainText('refused');
  await playground.holds(11);
  await page.evaluate(() => (window.breaks = false));
  await playground.choose(fileOf(manyAccounts(2)));
  await expect(playground.status).toHaveText('Imported 0 events; 2 that were here already were skipped.');
  await expect(playground.alert).toHaveCount(0);
  await playground.holds(11);
});
