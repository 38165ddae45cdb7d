// Checking the whole store from the page: what is whole is said to be, what was damaged is named.
import { violations } from './axe.mjs';
import { occupy, withoutJournal } from './database.mjs';
import { file, fileOf, manyAccounts } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { addressOf, Playground } from './page.mjs';

/**
 * Changes events in the page's database whose version is one of these (all of them, without), as
 * another program would: fields get values, `undefined` takes them away, and `gone` takes out the event.
 */
const meddle = (page, { versions, fields, gone = false }) =>
  page.evaluate(
    ({ versions, fields, gone }) =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open('eventloom');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const changing = database.transaction('log', 'readwrite');
          const segments = changing.objectStore('log').openCursor();
          segments.onsuccess = () => {
            const at = segments.result;
            if (!at) return;
            const named = (event) => !versions || versions.includes(event.version);
            const events = at.value.events
              .filter((event) => !(gone && named(event)))
              .map((event) => (named(event) ? { ...event, ...fields } : event));
            at.update({ ...at.value, events });
            at.continue();
          };
          const end = (settle) => () => {
            database.close();
            settle();
          };
          changing.oncomplete = end(resolve);
          changing.onabort = end(() => reject(changing.error));
        };
      }),
    { versions, fields, gone },
  );

const region = (page) => page.getByRole('region', { name: 'Verification', exact: true });

test('the story is whole, and the region that says so can be put away', async ({ page, playground, picture }) => {
  await playground.open();
  await expect(region(page)).toBeHidden();
  await playground.button('Verify').click();
  await expect(region(page).getByText('No problems in 9 events', { exact: true })).toBeVisible();
  await expect(page.getByRole('progressbar', { name: 'Verify', exact: true })).toBeHidden();
  await picture('verified');
  await region(page).getByRole('button', { name: 'Close', exact: true }).click();
  await expect(region(page)).toBeHidden();
  await expect(playground.button('Verify')).toBeFocused();
  await playground.shows(9, 9);
});

test('events recorded and imported since are checked with the rest', async ({ page, playground }) => {
  await playground.open();
  await playground.record('Deposit', {}, 'MoneyDeposited', 10);
  await playground.choose(fileOf(manyAccounts(3)));
  await expect(playground.status).toHaveText(/^Imported 3 events/);
  await playground.button('Verify').click();
  await expect(region(page)).toContainText('No problems in 13 events');
  await expect(region(page)).not.toContainText('checksums');
});

test('a damaged record is named by its stream and version', async ({ page, playground, picture }) => {
  await playground.open();
  // What was withdrawn is 120.00 in the story.
  await meddle(page, { versions: [3], fields: { data: '{"amount":13000,"reference":"rent"}' } });
  await playground.button('Verify').click();
  await expect(region(page)).toContainText('1 problem in 9 events');
  const findings = region(page).getByRole('listitem');
  await expect(findings).toHaveText([
    /^The record at position \d+ \(bank_account\/ada-savings version 3, as it says\) is damaged: its checksum/,
  ]);
  await expect(findings).toContainText('If an export made before holds what is missing');
  await picture('verified-damaged');
});

test('what is damaged and whole in the second copy is mended from it when that is asked for, and told', async ({
  page, playground, picture,
}) => {
  await playground.open();
  await expect(playground.storage).toContainText('A second copy is kept');
  await meddle(page, { versions: [3, 5], fields: { data: '{"amount":13000,"reference":"rent"}' } });
  await playground.button('Verify').click();
  await expect(region(page)).toContainText('2 problems in 9 events');
  await expect(region(page)).toContainText('The second copy was read whole, too, and nothing of it is damaged.');
  await expect(region(page)).toContainText('It holds 2 events of what is damaged here, as recorded.');
  await picture('verified-mendable');
  await playground.button('Mend from the second copy').click();
  await expect(playground.status).toHaveText('2 events were mended from the second copy.');
  await expect(region(page)).toContainText('No problems in 9 events');
  await expect(playground.button('Mend from the second copy')).toHaveCount(0);
  await playground.shows(9, 9);
});

test('where no second copy can be read nothing is offered that it could mend', async ({ page, playground }) => {
  await page.addInitScript(withoutJournal);
  await playground.open();
  await expect(playground.storage).toContainText('No second copy here');
  await meddle(page, { versions: [3], fields: { data: '{"amount":13000,"reference":"rent"}' } });
  await playground.button('Verify').click();
  await expect(region(page)).toContainText('1 problem in 9 events');
  await expect(region(page)).not.toContainText('second copy was read');
  await expect(playground.button('Mend from the second copy')).toHaveCount(0);
});

test('a second copy that another tab keeps is said not to have been read', async ({ context, page, playground }) => {
  await playground.open();
  await expect(playground.storage).toContainText('A second copy is kept');
  const other = new Playground(await context.newPage());
  await other.open();
  await other.button('Verify').click();
  await expect(region(other.page)).toContainText("The second copy wasn't read: another tab keeps it.");
  await playground.button('Verify').click();
  await expect(region(page)).toContainText('The second copy was read whole, too');
});

test('a missing event and records without checksums are told apart', async ({ page, playground }) => {
  await playground.open();
  await meddle(page, { versions: [4], gone: true });
  await meddle(page, { versions: [8, 9], fields: { checksum: undefined } });
  await playground.button('Verify').click();
  await expect(region(page).getByRole('listitem')).toHaveText([
    /^bank_account\/ada-savings lacks version 4, between positions \d+ and \d+\. If an export/,
  ]);
  await expect(region(page)).toContainText('1 problem in 8 events');
  await expect(region(page)).toContainText('2 events were recorded before Eventloom kept checksums');
});

test('while it runs a progressbar says so, and it can be cancelled', async ({ page, playground }) => {
  const progress = page.getByRole('progressbar', { name: 'Verify', exact: true });
  await playground.open();
  const letGo = await occupy(page);
  await playground.button('Verify').click();
  await expect(progress).toBeVisible();
  await expect(playground.button('Verify')).toHaveAttribute('aria-disabled', 'true');
  await playground.button('Cancel verification').click();
  await expect(progress).toBeHidden();
  await expect(playground.button('Verify')).toHaveAttribute('aria-disabled', 'false');
  await playground.button('Verify').click();
  await expect(progress).toBeVisible();
  await expect(region(page)).toBeHidden();
  await letGo();
  await expect(region(page)).toContainText('No problems in 9 events');
  await expect(progress).toBeHidden();
});

test('of many findings a hundred are shown and the rest is counted', async ({ page, playground }) => {
  await playground.open();
  // So many at once that each is a record of its own.
  for (let from = 0; from < 130; from += 13) {
    await playground.choose(fileOf(manyAccounts(130).slice(from, from + 13)));
    await playground.holds(9 + from + 13);
  }
  await meddle(page, { fields: { event_type: 'Meddled' } });
  await playground.button('Verify').click();
  await expect(region(page)).toContainText('139 problems in 139 events');
  await expect(region(page).getByRole('listitem')).toHaveCount(101);
  await expect(region(page).getByRole('listitem').last()).toHaveText('and 39 more');
});

test('the result goes with a reset and with an import', async ({ page, playground }) => {
  await playground.open();
  for (const away of [
    () => playground.empty('Restore the story'),
    () => playground.choose(fileOf(manyAccounts(2))),
  ]) {
    await playground.button('Verify').click();
    await expect(region(page)).toContainText('No problems in 9 events');
    await away();
    await expect(region(page)).toBeHidden();
  }
});

for (const [look, viewport, colorScheme] of [
  ['1440×900, light', { width: 1440, height: 900 }, 'light'],
  ['1440×900, dark', { width: 1440, height: 900 }, 'dark'],
  ['390×844, light', { width: 390, height: 844 }, 'light'],
  ['390×844, dark', { width: 390, height: 844 }, 'dark'],
  ['320×700, light', { width: 320, height: 700 }, 'light'],
]) {
  test.describe(`at ${look}`, () => {
    test.use({ viewport, colorScheme });

    test('axe finds nothing with the result shown, and nothing scrolls sideways', async ({ page, playground, picture }) => {
      await playground.open();
      const clean = async () => {
        expect(await violations(page)).toEqual([]);
        const room = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        expect(room[0]).toBeLessThanOrEqual(room[1]);
      };
      await playground.button('Verify').click();
      await expect(region(page)).toContainText('No problems in 9 events');
      await clean();
      await meddle(page, { versions: [7, 8, 9], fields: { event_type: 'Meddled' } });
      await playground.button('Verify').click();
      await expect(region(page)).toContainText('3 problems in 9 events');
      await clean();
      await picture(`verified-${viewport.width}-${colorScheme}`);
    });
  });
}

test('an export with a hole is imported, and the file that has its event fills it', async ({ page, playground }) => {
  await playground.open();
  const before = await playground.exported();
  await meddle(page, { versions: [4], fields: { data: '{"amount":99999,"reference":"gift"}' } });
  const { text } = await playground.exported();
  await playground.empty();
  await playground.holds(0);
  await playground.choose(file(text));
  await expect(playground.alert).toContainText("This stream can't be shown whole:");
  await expect(playground.status).toContainText('1 that is missing has a hole in its place.');
  await page.goto(addressOf('bank_account', 'ada-savings', 3));
  await playground.shows(3, 9);
  await playground.choose(file(before.text));
  await expect(playground.status).toContainText('1 of them fills a hole.');
  // What is looked at stays.
  await playground.shows(3, 9);
  await expect(playground.alert).toHaveCount(0);
  expect((await playground.exported()).text).toBe(before.text);
});

test('an export holds all that can be read, and says what was left out', async ({ page, playground }) => {
  await playground.open();
  await meddle(page, { versions: [4], fields: { data: '{"amount":99999,"reference":"gift"}' } });
  const { text } = await playground.exported();
  await expect(playground.status).toContainText(/^Exported 8 events to /);
  await expect(playground.status).toContainText('1 that is damaged or missing has a hole in its place.');
  const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line));
  expect(lines.map((line) => line.streamversion)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(lines.filter((line) => line.type === 'eventloom.hole').map((line) => line.streamversion)).toEqual([4]);
});
