// The stream box: finding one stream among many, by typing, arrows or a click.
import { expect, test } from './fixtures.mjs';
import { addressOf, story } from './page.mjs';

const markup = '<b onclick="alert(1)">bold</b> & <img src=x onerror=alert(2)>';

/** A file with the first event of each of these streams. */
function streams(...names) {
  const lines = names.map(([type, id], index) => JSON.stringify({
    specversion: '1.0',
    id: `begin-${type}-${id}-${index}`,
    source: `/${type}`,
    type: 'AccountOpened',
    subject: id,
    time: '2026-02-01T10:00:00.000Z',
    datacontenttype: 'application/json',
    data: { owner: `Owner of ${id}`, currency: 'EUR' },
    streamversion: 1,
  }));
  return { name: 'streams.ndjson', mimeType: 'application/x-ndjson', buffer: Buffer.from(lines.join('\n')) };
}

/** The story's page, with these streams beside it. */
async function withStreams(playground, ...names) {
  await playground.open();
  await playground.choose(streams(...names));
  await expect(playground.status).toContainText(`Imported ${names.length} event`);
}

const fruit = [
  ['bank_account', 'apple-1'], ['bank_account', 'apple-2'], ['bank_account', 'pineapple'],
  ['bank_account', 'cherry'], ['orchard', 'apple-of-the-orchard'],
];

/** The options that the box lists, by their names. */
const listed = (playground) => playground.page.getByRole('listbox', { name: 'Streams' }).getByRole('option');

test('typing filters the streams, and Enter takes the first', async ({ page, playground }) => {
  await withStreams(playground, ...fruit);
  await playground.stream.click();
  await expect(playground.stream).toHaveAttribute('aria-expanded', 'true');
  await expect(listed(playground)).toHaveCount(5);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('app');
  await expect(listed(playground)).toHaveCount(3);
  for (const name of await listed(playground).allInnerTexts()) expect(name).toMatch(/^(apple-1|apple-2|pineapple)\b/);
  await page.keyboard.type('le-');
  await expect(listed(playground)).toHaveCount(2);
  const [first] = await listed(playground).allInnerTexts();
  const before = await playground.entries();
  await page.keyboard.press('Enter');
  const chosen = first.match(/^apple-[12]/)[0];
  await expect(playground.stream).toHaveValue(chosen);
  await expect(playground.stream).toHaveAttribute('aria-expanded', 'false');
  await expect(listed(playground)).toHaveCount(0);
  await playground.shows(1, 1);
  await expect(playground.line(`owner: "Owner of ${chosen}"`)).toBeVisible();
  await playground.isAt(addressOf('bank_account', chosen));
  expect(await playground.entries()).toBe(before + 1);
});

test('only the streams of the model are listed, and each begins with its id', async ({ page, playground }) => {
  await withStreams(playground, ...fruit);
  await playground.stream.fill('');
  const names = ['ada-savings', 'apple-1', 'apple-2', 'cherry', 'pineapple'];
  await expect(listed(playground)).toHaveCount(names.length);
  for (const name of names) await expect(listed(playground).and(page.getByRole('option', { name: new RegExp(`^${name}\\b`) }))).toHaveCount(1);
  await page.keyboard.press('Escape');
  // A type that no model knows is a choice by its own name, with its own streams.
  await expect(playground.model.getByRole('option')).toHaveText(['Bank account', 'Order', 'orchard']);
  await playground.model.selectOption('orchard');
  await playground.shows(1, 1);
  await page.reload();
  await playground.shows(1, 1);
  await playground.isAt(addressOf('orchard', 'apple-of-the-orchard'));
  await expect(playground.model).toHaveValue('orchard');
  await playground.stream.fill('a');
  await expect(listed(playground)).toHaveCount(1);
  await expect(listed(playground)).toHaveAccessibleName(/^apple-of-the-orchard/);
});

test('an option says how many events its stream has, one or more', async ({ page, playground }) => {
  await withStreams(playground, ...fruit);
  await playground.stream.fill('');
  await expect(page.getByRole('option', { name: /^ada-savings/ })).toHaveAccessibleName(/\b9 events$/);
  await expect(page.getByRole('option', { name: /^cherry/ })).toHaveAccessibleName(/\b1 event$/);
});

test('Escape closes the box without choosing', async ({ page, playground }) => {
  await withStreams(playground, ...fruit);
  await playground.button('Previous version').click();
  await playground.shows(8, 9);
  const before = await playground.entries();
  await playground.stream.fill('cherry');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Escape');
  await expect(playground.stream).toHaveAttribute('aria-expanded', 'false');
  await expect(playground.stream).toHaveValue(story.stream);
  await expect(listed(playground)).toHaveCount(0);
  // Nothing is open any more that Enter could take.
  await page.keyboard.press('Enter');
  await playground.shows(8, 9);
  await playground.isAt(addressOf('bank_account', story.stream, 8));
  expect(await playground.entries()).toBe(before);
});

test('arrows go through the options, and Enter takes the one they are at', async ({ page, playground }) => {
  await withStreams(playground, ...fruit);
  await playground.stream.fill('e');
  // apple-1, apple-2, cherry, pineapple, in some order.
  await expect(listed(playground)).toHaveCount(4);
  const names = (await listed(playground).allInnerTexts()).map((name) => name.split(/\s/)[0]);
  const at = async (index) => {
    const active = await playground.stream.getAttribute('aria-activedescendant');
    await expect(listed(playground).and(page.locator(`[id="${active}"]`))).toHaveAccessibleName(new RegExp(`^${names[index]}\\b`));
    await expect(listed(playground).and(page.getByRole('option', { selected: true }))).toHaveAccessibleName(new RegExp(`^${names[index]}\\b`));
  };
  for (const [key, index] of [['ArrowDown', 0], ['ArrowDown', 1], ['ArrowDown', 2], ['ArrowUp', 1], ['ArrowDown', 2]]) {
    await page.keyboard.press(key);
    await at(index);
  }
  await page.keyboard.press('Enter');
  await expect(playground.stream).toHaveValue(names[2]);
  await playground.isAt(addressOf('bank_account', names[2]));
});

test('an option is chosen by a click, and leaving the box chooses nothing', async ({ page, playground }) => {
  await withStreams(playground, ...fruit);
  await playground.stream.fill('pine');
  await page.getByRole('option', { name: /^pineapple/ }).click();
  await playground.isAt(addressOf('bank_account', 'pineapple'));
  await expect(playground.stream).toHaveValue('pineapple');
  await expect(listed(playground)).toHaveCount(0);
  await playground.stream.fill('cher');
  await page.keyboard.press('Tab');
  await expect(playground.stream).toHaveValue('pineapple');
  await expect(listed(playground)).toHaveCount(0);
  await playground.isAt(addressOf('bank_account', 'pineapple'));
});

test('what matches no stream is told, and Enter then chooses nothing', async ({ page, playground }) => {
  await playground.open();
  await playground.stream.fill('zebra');
  await expect(page.getByText(/no stream/i)).toBeVisible();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(playground.stream).toHaveValue(story.stream);
  await playground.shows(9, 9);
  await playground.isAt(addressOf('bank_account', story.stream));
});

test('an id with markup in it is text', async ({ page, playground }) => {
  await withStreams(playground, ['bank_account', markup]);
  await playground.stream.fill('onclick');
  await expect(listed(playground)).toContainText(markup);
  await expect(listed(playground)).toHaveCount(1);
  await page.keyboard.press('Enter');
  await playground.shows(1, 1);
  await expect(playground.stream).toHaveValue(markup);
  await expect(playground.event).toContainText(markup);
  await expect(playground.line(`owner: ${JSON.stringify(`Owner of ${markup}`)}`)).toBeVisible();
  expect(await page.evaluate(() => document.images.length)).toBe(0);
  await expect(page).toHaveTitle(/^Eventloom/);
});

test('one stream among three hundred is found by typing', async ({ page, playground }) => {
  const many = Array.from({ length: 300 }, (_, index) => ['bank_account', `account-${String(index).padStart(3, '0')}`]);
  await withStreams(playground, ...many);
  await playground.stream.fill('t-297');
  // That there is none yet is an option as well.
  await expect(listed(playground)).toContainText(['account-297']);
  await expect(listed(playground)).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(playground.stream).toHaveValue('account-297');
  await playground.isAt(addressOf('bank_account', 'account-297'));
  await playground.shows(1, 1);
});

test('a new stream is of the model that is looked at, and is listed once it has an event', async ({
  page, playground,
}) => {
  await playground.begin('Order');
  const id = await playground.stream.inputValue();
  await playground.isAt(addressOf('order', id));
  await playground.stream.fill(id);
  await expect(page.getByRole('option', { name: new RegExp(`^${id}\\b`) })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await playground.record('Place order', {}, 'OrderPlaced', 1);
  await playground.stream.fill(id);
  await expect(page.getByRole('option', { name: new RegExp(`^${id}\\b`) })).toHaveCount(1);
});
