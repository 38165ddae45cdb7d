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
