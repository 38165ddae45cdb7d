// A store of an older layout is moved to today's when it is opened: the page says how far that is, and stays usable.
import { violations } from './axe.mjs';
import { besides, holdStrict } from './database.mjs';
import { expect, test } from './fixtures.mjs';

/** Makes a database of the first layout, with one account of so many events. */
const ofTheFirstLayout = (count) =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open('eventloom', 1);
    opening.onerror = () => reject(opening.error);
    opening.onupgradeneeded = () => {
      const database = opening.result;
      const stream = ['aggregate_type', 'aggregate_id'];
      const events = database.createObjectStore('events', { keyPath: 'position', autoIncrement: true });
      events.createIndex('stream_version', [...stream, 'version'], { unique: true });
      events.createIndex('stream_event_id', [...stream, 'event_id'], { unique: true });
      const heads = database.createObjectStore('streams', { keyPath: stream });
      database.createObjectStore('snapshots', { keyPath: stream });
      database.createObjectStore('checkpoints', { keyPath: 'subscriber' });
      database.createObjectStore('meta', { keyPath: 'key' });
      const of = { aggregate_type: 'bank_account', aggregate_id: 'ada' };
      for (let version = 1; version <= count; version++) {
        const [event_type, data] = version === 1
          ? ['AccountOpened', { owner: 'Ada Byron', currency: 'EUR' }]
          : ['MoneyDeposited', { amount: 100, reference: 'salary' }];
        events.add({
          ...of, position: version, version, event_type, data: JSON.stringify(data), schema_version: 1,
          event_id: `00000000-0000-0000-0000-${String(version).padStart(12, '0')}`,
          timestamp: '2026-01-05T09:00:02.007Z', metadata: { correlation_id: 'lesson 1' },
        });
      }
      heads.add({ ...of, version: count });
    };
    opening.onsuccess = () => {
      opening.result.close();
      resolve();
    };
  });

test('a store of the first layout is moved, which is shown, while the page stays usable', async ({
  context, page, playground, baseURL, picture,
}) => {
  const beside = await besides(context, baseURL);
  await beside.evaluate(ofTheFirstLayout, 1_000);
  await beside.close();
  await page.addInitScript(holdStrict);
  await page.goto('./#/bank_account/ada');
  const progress = page.getByRole('progressbar', { name: 'Move', exact: true });
  await expect(progress).toHaveAttribute('value', '0');
  await expect.poll(() => page.evaluate(() => window.held.length)).toBe(1);
  await page.evaluate(() => window.held.shift()());
  // 256 of 1,000 at a time.
  await expect(progress).toHaveAttribute('value', '25');
  await playground.button('Help').click();
  await expect(playground.help).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(playground.help).toBeHidden();
  await picture('move');
  expect(await violations(page)).toEqual([]);
  await page.evaluate(() => {
    window.held.push = (ended) => void queueMicrotask(ended);
    window.held.splice(0).forEach((ended) => ended());
  });
  await playground.shows(1_000, 1_000);
  await expect(progress).toHaveCount(0);
  await expect(playground.line('balance')).toContainText('999.00');
});
