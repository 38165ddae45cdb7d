// Files that can't be imported: each is refused in words, with the line to blame, and the store is
// afterwards what it was before, to the byte.
import { randomFillSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { deposited, event, file, fileOf, foreign, ofAccount, opened, uuid } from './events.mjs';
import { expect, test } from './fixtures.mjs';

/** Imports a file that has to be refused, and expects that nothing has changed. */
async function refuses(playground, chosen, ...words) {
  await playground.open();
  const before = await playground.exported();
  await playground.choose(chosen);
  await expect(playground.alert).toHaveText(/^\s*Import refused:/);
  for (const word of words) await expect(playground.alert).toContainText(word);
  await expect(playground.alert).toHaveCount(1);
  await expect(playground.status).toHaveText('');
  await expect(playground.progress).toHaveCount(0);
  await playground.shows(9, 9);
  await expect(playground.model.getByRole('option')).toHaveText(['Bank account', 'Order']);
  expect((await playground.exported()).text).toBe(before.text);
}

/** `line N`, and not the beginning of a longer number. */
const line = (number) => new RegExp(`\\bline ${number}\\b`);

const good = [opened(1, 'guest'), deposited(2, 'guest', 2, 500)];
/** The same bytes but for those of the checksum at the end. */
const damaged = (bytes) => Buffer.concat([bytes.subarray(0, -8), Buffer.from('badc0ffe', 'hex'), bytes.subarray(-4)]);
const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth);
const withData = (data) => foreign({ data: 0 }).replace('"data":0', `"data":${data}`);

const BAD = {
  'is empty': [file('')],
  'holds blank lines only': [file('\n \n\r\n')],
  'is a picture': [file(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'picture.png'), line(1)],
  'is packed, and cut short': [
    file(gzipSync(good.join('\n')).subarray(0, -12), 'events.ndjson.gz'), 'can\'t be read',
  ],
  'is packed, and damaged': [file(damaged(gzipSync(good.join('\n'))), 'events.ndjson.gz'), 'can\'t be read'],
  'holds garbage, packed': [file(gzipSync('garbage\n'.repeat(1000)), 'garbage.gz'), line(1), 'JSON'],
  'is not JSON': [fileOf([...good, 'Dear store, please take this.']), line(3), 'JSON'],
  'is JSON of another kind': [fileOf([...good, '[1, 2]']), line(3)],
  'is JSON spread over lines': [file(`${JSON.stringify(JSON.parse(good[0]), null, 2)}\n`), line(1)],
  'is cut in the middle of a line': [
    file(`${good.join('\n')}\n${deposited(3, 'guest', 3, 500).slice(0, 100)}`), line(3),
  ],
  'is nested 200 deep': [fileOf([...good, withData(nested(200))]), line(3), /nest|deep/],
  'is nested 100000 deep': [fileOf([withData(nested(100_000))]), line(1), /nest|deep/],
  'has a version twice': [fileOf([...good, deposited(3, 'guest', 2, 700)]), line(3), /\b2\b/],
  'has a version that the store holds': [fileOf([deposited(3, 'ada-savings', 9, 700)]), line(1), /\b9\b/],
  'has a gap': [fileOf([...good, deposited(3, 'guest', 4, 700)]), line(3), /\b3\b/, /\b4\b/],
  'has a gap after what the store holds': [fileOf([deposited(3, 'ada-savings', 11, 700)]), line(1), /\b10\b/],
  'uses an id twice, with other content': [
    fileOf([...good, deposited(3, 'guest', 3, 700, { id: uuid(2) })]), line(3), uuid(2),
  ],
  'uses an id of the store with other content': [
    fileOf([...good, deposited(3, 'ada-savings', 10, 700, { id: '019b8d64-7650-7000-8000-000000000003' })]),
    line(3), '019b8d64-7650-7000-8000-000000000003',
  ],
  'has another specversion': [fileOf([...good, foreign({ specversion: '0.3' })]), line(3), '0.3'],
  'has no specversion': [fileOf([foreign({ specversion: undefined })]), line(1), 'specversion'],
  'has no id': [fileOf([foreign(), foreign({ id: undefined })]), line(2), 'id'],
  'has an empty id': [fileOf([foreign({ id: '' })]), line(1), 'id'],
  'has an id of 1,025 characters': [fileOf([foreign({ id: 'x'.repeat(1025) })]), line(1), '1025'],
  'has no type': [fileOf([foreign({ type: undefined })]), line(1), 'type'],
  'has a number for a source': [fileOf([foreign({ source: 7 })]), line(1), 'source'],
  'has a time that is none': [fileOf([foreign({ time: 'yesterday' })]), line(1), 'yesterday'],
  'has an event that is none of its model': [
    fileOf([...good, ofAccount(3, 'guest', 3, 'AccountGilded', { shine: 9 })]), line(3), 'AccountGilded',
  ],
  'has an event of a model with other data': [
    fileOf([...good, ofAccount(3, 'guest', 3, 'MoneyDeposited', { amount: 'much', reference: '' })]), line(3),
  ],
  'has an order that can’t be read': [
    fileOf([event(1, { source: '/order', subject: 'o', type: 'OrderPlaced', version: 1, position: 1, data: {} })]),
    line(1),
  ],
  'has a line over 1 MiB': [fileOf([...good, withData(`"${'x'.repeat(1 << 20)}"`)]), line(3), '1 MiB'],
  'has a blank line in between': [fileOf([good[0], '', good[1]]), /\bline [23]\b/, 'blank'],
};

for (const [what, [chosen, ...words]] of Object.entries(BAD)) {
  test(`a file that ${what} is refused`, ({ playground }) => refuses(playground, chosen, ...words));
}

const MEBIBYTE = 1 << 20;
const GARBAGE = {
  'random bytes': () => randomFillSync(Buffer.alloc(50 * MEBIBYTE)),
  'letters without a line end': () => Buffer.alloc(50 * MEBIBYTE, 'lorem ipsum '),
  'braces without a line end': () => Buffer.alloc(50 * MEBIBYTE, '{"a":'),
  'blank lines': () => Buffer.alloc(50 * MEBIBYTE, '\n'),
};

for (const [what, make] of Object.entries(GARBAGE)) {
  test(`50 MB of ${what} are refused`, async ({ playground }, testInfo) => {
    const path = testInfo.outputPath('garbage.ndjson');
    writeFileSync(path, make());
    await refuses(playground, path);
  });
}

test('of a bad file not even the good lines before it are kept, and a good one is taken next', async ({ playground }) => {
  await refuses(playground, fileOf([...good, 'nonsense']), line(3));
  await playground.choose(fileOf(good));
  await expect(playground.status).toHaveText(/^Imported 2 events/);
  await expect(playground.alert).toHaveCount(0);
  await playground.holds(11);
});

test('the first bad line is the one that is named', async ({ playground }) => {
  await refuses(playground, fileOf([...good, deposited(3, 'guest', 9, 1), 'nonsense', '{}']), line(3));
});
