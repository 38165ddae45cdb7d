// What payloads from elsewhere hold is shown as it came: digits, keys, and what can't be read.
import { fileOf, moment } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { addressOf } from './page.mjs';

/** An event whose payload is this text, which `JSON.stringify` would write otherwise. */
const noted = (number, subject, data) =>
  `{"specversion":"1.0","id":"n${number}","source":"/meter","type":"Noted","subject":"${subject}","time":"${moment(number)}","data":${data}}`;

async function shown(playground, subject, payloads) {
  await playground.open();
  await playground.choose(fileOf(payloads.map((data, index) => noted(index + 1, subject, data))));
  await expect(playground.status).toHaveText(/^Imported/);
  await playground.open(addressOf('meter', subject, 1));
  await playground.shows(1, payloads.length);
}

test('numbers are shown with the digits of the file, and compared by them', async ({ playground }) => {
  await shown(playground, 'digits', [
    '{"serial":98765432109876543210987,"rate":0.9876543210987654321,"price":5.10,"zero":-0,"big":1e21}',
    '{"serial":98765432109876543210988}',
    '{"price":5.1}',
  ]);
  const digits = ['serial: 98765432109876543210987', 'rate: 0.9876543210987654321', 'price: 5.10', 'zero: -0', 'big: 1e21'];
  for (const line of digits) await expect(playground.line(line)).toBeVisible();
  await expect(playground.event).toContainText('"serial": 98765432109876543210987');
  await expect(playground.option('v1 Noted')).toContainText('98765432109876543210987, 0.9876543210987654321, 5.10, -0, 1e21');
  await playground.button('Next version').click();
  expect(await playground.changeLines()).toEqual(['changed serial 98765432109876543210987 → 98765432109876543210988']);
  await playground.button('Next version').click();
  await playground.shows(3, 3);
  await expect(playground.changes).toContainText('Nothing changed');
  await expect(playground.line('price: 5.1')).toBeVisible();
});

test('keys that hold dots are told apart, marked apart, and passed by keys one by one', async ({ page, playground }) => {
  await shown(playground, 'keys', ['{"x.y":1,"x":{"y":2},"":{"":0},"list":["p"],"list.0":"q"}', '{"x.y":7}', '{"count":"mine"}']);
  expect(await playground.changeLines()).toEqual([
    'added "x.y" 1', 'added x.y 2', 'added ""."" 0', 'added list.0 "p"', 'added "list.0" "q"',
  ]);
  await playground.button('Next version').click();
  await playground.shows(2, 3);
  await expect(playground.tree.locator('.changed')).toHaveText(['7']);
  const items = playground.tree.getByRole('treeitem');
  await expect(items).toHaveCount(8);
  await items.first().focus();
  for (let index = 0; index < 8; index += 1) {
    await expect(items.nth(index)).toBeFocused();
    await page.keyboard.press('ArrowDown');
  }
  await playground.button('Next version').click();
  await expect(playground.line('count: "mine"')).toBeVisible();
  await expect(playground.state).toContainText('Last type Noted, 3 events');
});

test('data that can’t be read is shown as text, and told where it would be in the state', async ({ playground }) => {
  await shown(playground, 'odd', ['{"a":1,"b":"kept"}', '{"a":1e400}', '{"a":3}', '{"note":"half an emoji \\ud83d"}']);
  await expect(playground.option('v2 Noted')).toContainText('1e400');
  await expect(playground.option('v4 Noted')).toContainText('half an emoji \\ud83d');
  await playground.button('Next version').click();
  await playground.shows(2, 4);
  await expect(playground.state).toContainText('The data of version 2 couldn\'t be read: 1e400 is beyond every number.');
  await expect(playground.line('a: 1')).toBeVisible();
  await expect(playground.event).toContainText('"a": 1e400');
  await playground.button('Next version').click();
  await playground.shows(3, 4);
  await expect(playground.tree.getByRole('treeitem')).toHaveText(['a: 3 1', 'b: "kept"']);
  await expect(playground.state).not.toContainText('couldn\'t be read');
  await playground.button('Next version').click();
  await expect(playground.state).toContainText('The data of version 4 couldn\'t be read: there is half of a character');
});

const named = (id, subject, more = '') =>
  `{"specversion":"1.0","id":"${id}","source":"/names","type":"Noted","subject":"${subject}","time":"${moment(1)}","data":{"n":1}${more}}`;

test('a stream is found in whatever form its name is written, and told from one that looks the same', async ({ page, playground }) => {
  await playground.open();
  const names = ['nai\u0308ve', 'na\u00efve', 'gro\u00dfe', '\uff38\uff39\uff3a', '\u0130zmir', 'hid\u200bden'];
  await playground.choose(fileOf(names.map((name, index) => named(`s${index}`, name))));
  await expect(playground.status).toHaveText(/^Imported 6 events/);
  await playground.open(addressOf('names', 'gro\u00dfe'));
  await playground.shows(1, 1);
  const options = page.getByRole('listbox', { name: 'Streams' }).getByRole('option');
  for (const [typed, found] of [['na\u00efve', 2], ['nai\u0308ve', 2], ['grosse', 1], ['xyz', 1], ['izmir', 1], ['hidden', 1]]) {
    await playground.stream.fill(typed);
    await expect(options).toHaveCount(found);
    await expect(options.first()).toHaveAccessibleName(/ 1 event$/);
  }
  await playground.stream.fill('na\u00efve');
  await expect(options.filter({ hasText: 'with combining marks' })).toHaveCount(1);
  // The keys of an input method choose nothing.
  const before = page.url();
  await playground.stream.evaluate((box) => {
    for (const more of [{ isComposing: true, keyCode: 229 }, { isComposing: false, keyCode: 229 }]) {
      for (const key of ['ArrowDown', 'Enter']) {
        box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
      }
    }
  });
  await expect(playground.stream).toHaveAttribute('aria-expanded', 'true');
  expect(page.url()).toBe(before);
});

test('a link that was mangled leads on to the stream that it may have meant', async ({ page, playground }) => {
  await playground.open('#/bank_account/ada-savings%3Fv%3D3');
  await playground.shows(0, 0);
  await playground.timeline.getByRole('link').click();
  await playground.shows(3, 9);
  await playground.isAt('#/bank_account/ada-savings?v=3');
  await playground.open('#/bank_account/nobody');
  await expect(playground.timeline).toContainText('begins with its first event');
  await expect(playground.timeline.getByRole('link')).toHaveCount(0);
  expect(page.url()).toContain('nobody');
});

test('capitals, slashes and names that are ours are kept apart, and the status says so', async ({ playground }) => {
  await playground.open();
  await playground.choose(fileOf([
    named('c1', 'a', ',"Subject":"x","schemaversion":"1.0"'),
    named('c2', 'a', ',"Subject":"y"'),
    named('c3', 'a').replace('/names', 'names'),
  ]));
  await expect(playground.status).toHaveText(
    'Imported 3 events; none was skipped. 2 lines have "Subject" where CloudEvents has "subject".',
  );
  const options = playground.model.getByRole('option');
  await expect(options).toHaveText(['Bank account', 'Order', 'names', 'names (source names)']);
  expect((await playground.exported()).text).toContain('"schemaversion":"1.0"');
});

test('what runs from right to left, or is turned round, moves nothing beside it', async ({ page, playground }) => {
  const id = 'bill\u202efdp.exe';
  await playground.open();
  await playground.choose(fileOf([
    `{"specversion":"1.0","id":"r1","source":"/names","type":"\u05d1\u05d3\u05d9\u05e7\u05d4 \u202e","subject":"${id}","time":"${moment(1)}","data":{"\u05de\u05e4\u05ea\u05d7":"\u05e2\u05e8\u05da 7"}}`,
  ]));
  await expect(playground.status).toHaveText(/^Imported 1 event\b/);
  await playground.open(addressOf('names', id));
  await playground.shows(1, 1);
  const row = playground.events.getByRole('option');
  const lefts = await row.evaluate((element) =>
    ['.version', '.type', '.payload', '.time'].map((part) => element.querySelector(part).getBoundingClientRect().left));
  expect(lefts).toEqual([...lefts].sort((one, other) => one - other));
  for (const part of await page.locator('.type, .payload, .envelope dd').all()) {
    await expect(part).toHaveCSS('unicode-bidi', 'isolate');
  }
  await expect(playground.tree.locator('bdi')).toHaveCount(1);
});

test('a long name is shortened in its middle and shown whole in Event', async ({ page, playground }) => {
  const long = `begin-${'x'.repeat(900)}-end`;
  await playground.open();
  await playground.choose(fileOf([named('l1', long)]));
  await expect(playground.status).toHaveText(/^Imported 1 event\b/);
  await playground.open(addressOf('names', long));
  await playground.shows(1, 1);
  await playground.stream.click();
  const shown = page.getByRole('listbox', { name: 'Streams' }).locator('.id');
  await expect(shown).toHaveText(/^begin-x+…x+-end$/);
  expect((await shown.innerText()).length).toBeLessThanOrEqual(80);
  await expect(playground.event).toContainText(long);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});
