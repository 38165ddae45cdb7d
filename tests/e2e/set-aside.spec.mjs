// What the second copy held and the store didn't go on from is set aside: it can be saved, brought back and deleted.
import { violations } from './axe.mjs';
import { besides, deleteDatabase, withoutJournal } from './database.mjs';
import { expect, test } from './fixtures.mjs';
import { Playground } from './page.mjs';

/**
 * A store of one event, beside which ten are set aside: the browser deleted its database, and the next command was
 * recorded while the second copy couldn't be asked.
 */
async function withTenSetAside({ context, page, playground, baseURL }) {
  await playground.open();
  await expect(playground.storage).toContainText('A second copy is kept');
  await playground.record('Deposit', { Amount: '12.50' }, 'MoneyDeposited', 10);
  await page.goto('about:blank');
  const beside = await besides(context, baseURL);
  await beside.evaluate(deleteDatabase);
  await beside.close();

  const tab = await context.newPage();
  await tab.addInitScript(withoutJournal);
  const blind = new Playground(tab);
  await blind.open();
  await expect(blind.alert).toContainText("10 events are missing, and the second copy couldn't be asked for them.");
  await blind.record('Open account', {}, 'AccountOpened', 1);
  await tab.close();

  await playground.open();
  await playground.shows(1, 1);
}

const group = ({ storage }) => storage.getByRole('group', { name: 'Set aside', exact: true });
const entries = (tab) => group(tab).getByRole('listitem');
const button = (tab, name) => group(tab).getByRole('button', { name, exact: true });
const dialog = ({ page }, name) => page.getByRole('dialog', { name, exact: true });
const agree = (tab, name) => dialog(tab, name).getByRole('button', { name, exact: true }).click();

test('what was recorded while the second copy could not be asked stays; what that holds is set aside, and can be saved', async ({
  context, page, playground, baseURL, picture,
}) => {
  await withTenSetAside({ context, page, playground, baseURL });
  await expect(playground.alert).toContainText(
    "10 events were found in the second copy that this store doesn't go on from. Nothing of them is deleted",
  );
  await expect(entries(playground)).toHaveText([
    /^Set aside: 10 events of another history, \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC: the second copy held them, and this store doesn't go on from them/,
  ]);
  await picture('events-set-aside');
  expect(await violations(page)).toEqual([]);
  const { name, bytes } = await playground.downloaded('Save as file');
  expect(name).toMatch(/^eventloom-set-aside-\d{4}-\d{2}-\d{2}\.ndjson$/);
  const lines = bytes.toString('utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
  expect(lines.map(({ streamversion }) => streamversion)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  await expect(playground.status).toHaveText(`Saved 10 events to ${name}.`);
});

test('what was set aside is brought back once a person saw both counts, and what was here is set aside', async ({
  context, page, playground, baseURL, picture,
}) => {
  await withTenSetAside({ context, page, playground, baseURL });
  const other = new Playground(await context.newPage());
  await other.open();
  await expect(entries(other)).toHaveCount(1);

  await button(playground, 'Bring back').click();
  const asked = dialog(playground, 'Bring back');
  await expect(asked).toContainText('1 event that is here for 10 events of another history');
  await expect(asked.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await picture('bring-back');
  expect(await violations(page)).toEqual([]);
  await asked.getByRole('button', { name: 'Cancel' }).click();
  await expect(button(playground, 'Bring back')).toBeFocused();
  await playground.shows(1, 1);

  await button(playground, 'Bring back').click();
  await agree(playground, 'Bring back');
  await expect(playground.status).toHaveText('10 events came back.');
  for (const tab of [playground, other]) {
    await tab.holds(10);
    await expect(entries(tab)).toHaveText([/^Set aside: 1 event of another history, .*: others were brought back in their place/]);
  }
  await playground.open('#/bank_account/ada-savings');
  await playground.shows(10, 10);

  // And the way back.
  await button(playground, 'Bring back').click();
  await agree(playground, 'Bring back');
  await expect(playground.status).toHaveText('1 event came back.');
  for (const tab of [playground, other]) {
    await tab.holds(1);
    await expect(entries(tab)).toHaveText([/^Set aside: 10 events of another history/]);
  }
});

/** Damages what was set aside, where its first nine events are. */
const damage = async () => {
  const folder = await navigator.storage.getDirectory();
  for await (const [name, handle] of folder.entries()) {
    if (!name.includes('.journal.aside.')) continue;
    const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    // Behind two marks of 128 bytes, and what an entry says of itself.
    bytes[2 * 128 + 100] ^= 1;
    const writing = await handle.createWritable();
    await writing.write(bytes);
    await writing.close();
  }
};

test('what was set aside and is damaged amid a stream is saved with holes, and not brought back', async ({
  context, page, playground, baseURL,
}) => {
  await withTenSetAside({ context, page, playground, baseURL });
  await page.evaluate(damage);

  const { name, bytes } = await playground.downloaded('Save as file');
  await expect(playground.status).toHaveText(
    `Saved 1 event to ${name}. 9 that are damaged or missing have holes in their places.`,
  );
  const text = bytes.toString('utf8');
  const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line));
  expect(lines.map(({ type }) => type)).toEqual([...Array(9).fill('eventloom.hole'), 'MoneyDeposited']);
  expect(lines.map(({ streamversion }) => streamversion)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

  await button(playground, 'Bring back').click();
  await agree(playground, 'Bring back');
  await expect(playground.alert).toContainText(
    "Not brought back: the storage failed while it was to bring it back: what comes before version 10 of"
      + " bank_account/ada-savings can't be read, and nothing was exchanged; save it as a file, which has holes in such"
      + ' places and can be imported.',
  );
  await playground.holds(1);
  await expect(entries(playground)).toHaveText([/^Set aside: 10 events of another history/]);

  await playground.empty();
  await playground.choose({ name, mimeType: 'application/x-ndjson', buffer: bytes });
  await playground.open('#/bank_account/ada-savings');
  await playground.shows(10, 10);
  await expect(playground.option('v9 damaged')).toHaveCount(1);
});

test('what was set aside is deleted once a person agreed, in all tabs', async ({
  context, page, playground, baseURL, picture,
}) => {
  await withTenSetAside({ context, page, playground, baseURL });
  const other = new Playground(await context.newPage());
  await other.open();
  await expect(entries(other)).toHaveCount(1);
  await button(playground, 'Delete').click();
  await expect(dialog(playground, 'Delete')).toContainText('This deletes 10 events of another history from this browser');
  await picture('delete-set-aside');
  await page.keyboard.press('Escape');
  await expect(dialog(playground, 'Delete')).toBeHidden();
  await expect(entries(playground)).toHaveCount(1);
  await button(playground, 'Delete').click();
  await agree(playground, 'Delete');
  await expect(playground.status).toHaveText('What was set aside is deleted.');
  for (const tab of [playground, other]) await expect(group(tab)).toHaveCount(0);
  await page.reload();
  await playground.shows(1, 1);
  await expect(playground.storage).toContainText('A second copy is kept');
  await expect(group(playground)).toHaveCount(0);
});

for (const [look, viewport, colorScheme] of [
  ['390×844, dark', { width: 390, height: 844 }, 'dark'],
  ['320×700, light', { width: 320, height: 700 }, 'light'],
]) {
  test.describe(`at ${look}`, () => {
    test.use({ viewport, colorScheme });

    test('axe finds nothing with something set aside, and nothing scrolls sideways', async ({
      context, page, playground, baseURL, picture,
    }) => {
      await withTenSetAside({ context, page, playground, baseURL });
      await expect(entries(playground)).toHaveCount(1);
      expect(await violations(page)).toEqual([]);
      const room = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(room[0]).toBeLessThanOrEqual(room[1]);
      await picture(`set-aside-${viewport.width}-${colorScheme}`);
    });
  });
}
