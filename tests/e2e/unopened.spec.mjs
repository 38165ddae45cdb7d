// A database that doesn't open is asked for again, which the page tells; then a person chooses. Nothing is lost by any
// of that.
import { violations } from './axe.mjs';
import { expect, test } from './fixtures.mjs';
import { Playground } from './page.mjs';

/** The browser can't read the page's database until the test says so. Runs in the page, before it starts. */
const unreadable = () => {
  const { open } = IDBFactory.prototype;
  window.unreadable = true;
  IDBFactory.prototype.open = function (name, ...rest) {
    if (window.unreadable && name === 'eventloom') {
      throw new DOMException('Internal error opening backing store', 'UnknownError');
    }
    return open.call(this, name, ...rest);
  };
};

/** The same, and no answer comes before the test lets it. */
const silent = () => {
  window.late = [];
  window.silent = true;
  for (const name of ['onsuccess', 'onupgradeneeded', 'onblocked', 'onerror']) {
    const of = name === 'onsuccess' || name === 'onerror' ? IDBRequest : IDBOpenDBRequest;
    const property = Object.getOwnPropertyDescriptor(of.prototype, name);
    Object.defineProperty(of.prototype, name, {
      ...property,
      set(handler) {
        const hold = window.silent && this instanceof IDBOpenDBRequest && handler;
        const late = (event) => window.late.push([() => handler.call(this, event), this.result]);
        property.set.call(this, hold ? late : handler);
      },
    });
  }
};

/** A store of ten events, which was left; the next page that is opened can't read its database. */
async function thenUnreadable({ page, playground }, how = unreadable) {
  await playground.open();
  await expect(playground.storage).toContainText('A second copy is kept');
  await playground.record('Deposit', { Amount: '12.50' }, 'MoneyDeposited', 10);
  await page.goto('about:blank');
  await page.addInitScript(how);
  await page.clock.install();
  await page.goto('./');
}

const tries = /^This store's database doesn't open: .*UnknownError.* Since \d{2}:\d{2}:\d{2} UTC it is asked for again, for a minute\. It stays as it is\./;

async function isClean(page) {
  expect(await violations(page)).toEqual([]);
  const room = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(room[0]).toBeLessThanOrEqual(room[1]);
}

test('a database that does not open is asked for again, which is told, and shown as soon as it opens', async ({
  page, playground, picture,
}) => {
  await thenUnreadable({ page, playground });
  await expect(playground.alert).toContainText(tries);
  await expect(playground.button('Go on from the second copy')).toHaveCount(0);
  await expect(playground.storage).toContainText('Opening');
  await picture('trying');
  await isClean(page);
  await page.evaluate(() => {
    window.unreadable = false;
  });
  await playground.button('Try now').click();
  await playground.shows(10, 10);
  await expect(playground.alert).toHaveCount(0);
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 11);
});

test('it is asked for by itself, too', async ({ page, playground }) => {
  await thenUnreadable({ page, playground });
  await expect(playground.alert).toContainText(tries);
  await page.evaluate(() => {
    window.unreadable = false;
  });
  await playground.shows(10, 10);
  await expect(playground.alert).toHaveCount(0);
});

test('a person may work in memory meanwhile, and what is kept is there once it opens', async ({ page, playground }) => {
  await thenUnreadable({ page, playground });
  await playground.button('Work in memory').click();
  await expect(playground.alert).toContainText('in memory only');
  await playground.shows(9, 9);
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  const again = new Playground(await page.context().newPage());
  await again.open();
  await again.shows(10, 10);
  await expect(again.line('balance')).toContainText('472.00');
});

test('after a minute a person may go on from the second copy, and what was left is listed and can be brought back', async ({
  page, playground, picture,
}) => {
  await thenUnreadable({ page, playground });
  await expect(playground.alert).toContainText(tries);
  await page.clock.fastForward('01:05');
  await expect(playground.alert).toContainText('It held, when that was last noted, 10 events, and the second copy holds 10 events.');
  await picture('after-a-minute');
  await isClean(page);
  await playground.button('Go on from the second copy').click();
  await expect(playground.alert).toContainText(
    "This store's database didn't open, and is as it was; 10 events were taken from the second copy.",
  );
  await playground.shows(10, 10);
  const left = playground.storage.getByRole('group', { name: 'Set aside', exact: true }).getByRole('listitem');
  await expect(left).toHaveText([
    /^Set aside: an unknown number of events of another history, .*: their database didn't open, and is as it was/,
  ]);
  await picture('went-on');
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 11);
  // It goes on there, though the first can be read again.
  await page.evaluate(() => {
    window.unreadable = false;
  });
  const again = new Playground(await page.context().newPage());
  await again.open();
  await again.shows(11, 11);
  const { bytes } = await again.downloaded('Save as file');
  expect(bytes.toString('utf8').trimEnd().split('\n')).toHaveLength(10);
  await again.button('Bring back').click();
  const asked = again.page.getByRole('dialog', { name: 'Bring back', exact: true });
  await expect(asked).toContainText('the 11 events that are here for an unknown number of events');
  await asked.getByRole('button', { name: 'Bring back', exact: true }).click();
  await expect(again.status).toHaveText('10 events came back.');
  for (const tab of [playground, again]) {
    await tab.holds(10);
    const entries = tab.storage.getByRole('group', { name: 'Set aside', exact: true }).getByRole('listitem');
    await expect(entries).toHaveText([/^Set aside: 11 events of another history/]);
  }
});

test('what another tab has open is not left', async ({ context, page, playground }) => {
  const other = new Playground(await context.newPage());
  await other.open();
  await thenUnreadable({ page, playground });
  await expect(playground.alert).toContainText(tries);
  await page.clock.fastForward('01:05');
  await expect(playground.alert).toContainText('Another tab has it open: use that one, or close it and try again.');
  await expect(playground.button('Go on from the second copy')).toHaveCount(0);
  await other.page.close();
  await playground.button('Try now').click();
  await expect(playground.button('Go on from the second copy')).toBeVisible();
});

test('an answer that never comes is not waited for, and a connection that comes late is closed', async ({
  page, playground,
}) => {
  await thenUnreadable({ page, playground }, silent);
  await page.clock.fastForward('00:02');
  await expect(playground.status).toContainText('Opening takes long. It goes on;');
  await page.clock.fastForward('00:06');
  await expect(playground.alert).toContainText("This store's database doesn't open: the browser doesn't answer");
  const closed = await page.evaluate(async () => {
    window.silent = false;
    const { close } = IDBDatabase.prototype;
    const closing = [];
    IDBDatabase.prototype.close = function () {
      closing.push(this);
      close.call(this);
    };
    const late = window.late.map(([answer, database]) => {
      answer();
      return database;
    });
    await new Promise((turn) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = turn; port2.postMessage(0); });
    IDBDatabase.prototype.close = close;
    return late.length > 0 && late.every((database) => closing.includes(database));
  });
  expect(closed).toBe(true);
  await playground.button('Try now').click();
  await playground.shows(10, 10);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });

  test('axe finds nothing while it is asked for again, and after a minute', async ({ page, playground, picture }) => {
    await thenUnreadable({ page, playground });
    await expect(playground.alert).toContainText(tries);
    await isClean(page);
    await page.clock.fastForward('01:05');
    await expect(playground.button('Go on from the second copy')).toBeVisible();
    await isClean(page);
    await picture('after-a-minute-390-dark');
  });
});
