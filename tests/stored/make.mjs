// Stored databases, journals and exports of the release at b29177c (layout 2), and databases of the last
// release of layout 1, dcf5c90: what later releases have to move, restore and import. Made once, by the code
// of those two; never made anew, so it writes over nothing. Kept to say how each came to be.
//
//     git worktree add ../release b29177c && git -C ../release apply $PWD/tests/stored/release.patch
//     git worktree add ../first dcf5c90 && git -C ../first apply $PWD/tests/stored/first.patch
//
// In each, `cargo rustc --lib --crate-type cdylib --target wasm32-unknown-unknown --features js-api` and
// `wasm-bindgen --target web --out-dir MODULE` make the store as a JavaScript program calls it. The patches
// add methods to that: archived streams, snapshots, checkpoints, import and export of files. Then
//
//     node tests/stored/make.mjs MODULE_OF_THE_RELEASE MODULE_OF_THE_FIRST
//
// For each store NAME there is
// - NAME.json: its database (version, object stores, indexes, records; bytes as `{"$bytes": BASE64}`; of a
//   store that numbers its records, the `next` number) and the entry of local storage (`sentinel`);
// - NAME.journal: its second copy, where it had one;
// - NAME.recorded.json: what the store said that it recorded, when it was appended or imported, an event a
//   line (of what was emptied away, nothing);
// - NAME.ndjson: its export.
// Great ones are gzip files. `cases.json` says how copies of `small` were behind or damaged.
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { chromium } from '@playwright/test';
import { serve } from '../../benches/serve.mjs';
import configuration from '../../playwright.config.mjs';

const [release, first] = process.argv.slice(2);
const here = new URL('.', import.meta.url).pathname;
const tests = new URL('..', import.meta.url).pathname;

function keep(name, content, packed = false) {
  const bytes = packed ? gzipSync(content, { level: 9 }) : content;
  writeFileSync(`${here}${name}${packed ? '.gz' : ''}`, bytes, { flag: 'wx' });
}

/** Lines of which each is a value, as one list. */
const list = (values) => (values.length ? `[\n${values.map((value) => JSON.stringify(value)).join(',\n')}\n]\n` : '[]\n');

/** A database, and what local storage held beside it, as a text. */
function text({ database, sentinel }) {
  const stores = database.stores.map(({ records, ...store }) => {
    const head = JSON.stringify(store).slice(0, -1);
    return `${head},"records":${list(records)}}`;
  });
  const head = `{"version":${database.version},"sentinel":${JSON.stringify(sentinel)},"stores":[\n`;
  return `${head}${stores.join(',\n')}]}\n`;
}

const ALL = ['json', 'journal', 'recorded.json', 'ndjson'];

function keepStore(name, store, packed = []) {
  const { journal, recorded, exported } = store;
  const contents = [text(store), journal && Buffer.from(journal, 'base64'), list(recorded), exported];
  ALL.forEach((kind, index) => {
    if (contents[index]) keep(`${name}.${kind}`, contents[index], packed.includes(kind));
  });
}

// What follows up to `main` runs in the page.

/** What every program uses. */
async function prepare() {
  const { default: init, EventStore } = await import('/eventloom/eventloom.js');
  await init();
  let made = 0;
  /** An event with an id and a time that follow from how many there were before. */
  const event = (event_type, data, more = {}) => {
    made += 1;
    return {
      event_id: `019b8d62-8250-7000-8000-${made.toString(16).padStart(12, '0')}`,
      event_type,
      schema_version: 1,
      data: typeof data === 'string' ? data : JSON.stringify(data),
      timestamp: new Date(Date.UTC(2026, 0, 5, 9) + made * 1_007).toISOString(),
      metadata: { correlation_id: 'c' },
      ...more,
    };
  };
  const ask = (request) =>
    new Promise((answer, refuse) => {
      request.onsuccess = () => answer(request.result);
      request.onerror = () => refuse(request.error);
    });
  const base64 = (bytes) => {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  };
  const plain = (value) => {
    if (value instanceof Uint8Array) return { $bytes: base64(value) };
    if (Array.isArray(value)) return value.map(plain);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  };
  /** The database, the journal and the sentinel of a store that is closed. */
  const stored = async (name) => {
    const database = await ask(indexedDB.open(name));
    const stores = [];
    for (const storeName of database.objectStoreNames) {
      const transaction = database.transaction(storeName, 'readwrite');
      const store = transaction.objectStore(storeName);
      const { keyPath, autoIncrement } = store;
      const indexes = Array.from(store.indexNames, (index) => {
        const { name, keyPath, unique, multiEntry } = store.index(index);
        return { name, keyPath, unique, multiEntry };
      });
      const records = (await ask(store.getAll())).map(plain);
      const next = autoIncrement ? { next: await ask(store.add({})) } : {};
      transaction.abort();
      stores.push({ name: storeName, keyPath, autoIncrement, ...next, indexes, records });
    }
    const { version } = database;
    database.close();
    const folder = await navigator.storage.getDirectory();
    const journal = await navigator.locks.request(`${name}.journal`, async () => {
      const file = await folder.getFileHandle(`${name}.journal`).catch(() => undefined);
      return file && base64(new Uint8Array(await (await file.getFile()).arrayBuffer()));
    });
    return { database: { version, stores }, journal, sentinel: localStorage.getItem(`${name}.sentinel`) };
  };
  /** A store, and the list of what it says that it recorded. */
  const open = async (name, secondCopy) => {
    const store = await EventStore.open(name, 'strict', secondCopy);
    if (secondCopy && store.secondCopy() !== 'kept') throw new Error(store.secondCopy());
    if (secondCopy && store.recovery()) throw new Error(store.recovery().sentence);
    return store;
  };
  const told = [];
  const append = async (store, type, id, events, expected = 'any') => {
    told.push(...(await store.append(type, id, expected, events)));
  };
  const importAll = async (store, events) => {
    await store.import(await store.lastPosition(), events);
    told.push(...events);
  };
  const row = (e) => [
    e.aggregate_type,
    e.aggregate_id,
    e.version,
    e.position,
    e.event_id,
    e.event_type,
    e.schema_version,
    e.data,
    e.timestamp,
    e.metadata,
  ];
  /** All of it, once what it told is what it reads, and its export was taken. */
  const end = async (name, store) => {
    const exported = await store.exportAll();
    const recorded = told.map(row);
    const read = (await store.readAll()).map(row);
    if (JSON.stringify(read) !== JSON.stringify(recorded)) throw new Error(`${name} reads what it didn't tell`);
    store.close();
    return { ...(await stored(name)), recorded, exported };
  };
  Object.assign(globalThis, { EventStore, event, ask, stored, open, told, append, importAll, row, end });
}

/** A bit of everything that a store holds. */
async function small() {
  const CHEESE = ['Käse/🧀', ' "e\u0301"\\é\n\u0000\u2028\u{10ffff}/ '];
  const ADA = ['bank_account', 'ada'];
  let store = await open('small', true);
  await append(store, ...ADA, [event('AccountOpened', { owner: 'Ada Byron', currency: 'EUR' })], 'no_stream');
  await append(store, 'note', 'gone', Array.from({ length: 20 }, (_, n) => event('Noted', { n })));
  await store.archive('note', 'gone');
  await store.keepCheckpoint('of-before', 3);
  await store.reset();
  told.length = 0;
  await append(store, ...ADA, [event('AccountOpened', { owner: 'Ada Byron', currency: 'EUR' })], 'no_stream');
  const metadata = {
    correlation_id: 'talk-1',
    causation_id: told[0].event_id,
    actor: 'ada <ada@example.org> 🧮',
    extensions: {
      attempt: 2,
      big: 12345678901234567000,
      größe: 'e\u0301 \u0000 \u2028',
      half: -0.5,
      nested: { list: [1, null, true, { deep: [] }], text: '"\\' },
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    },
  };
  await append(
    store,
    ...ADA,
    [
      event('MoneyDeposited', { amount: 50000, reference: 'salary' }, { metadata }),
      event('MoneyWithdrawn', { amount: 12000, reference: 'rent' }, { schema_version: 2 }),
      event('MoneyDeposited', { amount: 1 }, { metadata: { correlation_id: '', actor: '' } }),
    ],
    1,
  );
  const odd = '{"number":12345678901234567890.123400e-7,"b":1,"a":-0.0,"":"\\u0000é😀","b ":[[],{}],"huge":1e400}';
  const twenty = Array.from({ length: 20 }, (_, n) =>
    n % 3 ? event('Geschmolzen', String(n)) : event('Gekäst 🧀\n', odd, { metadata, schema_version: n }),
  );
  await append(store, ...CHEESE, twenty);
  store.close();
  const behind = { journal: (await stored('small')).journal, events: told.length };

  store = await open('small', true);
  await append(store, 'note', 'n-1', [event('Noted', { n: 1 })]);
  const from = await store.lastPosition();
  const imported = Array.from({ length: 259 }, (_, n) => ({
    ...event('Measured', String(n / 4)),
    aggregate_type: 'sensor',
    aggregate_id: `s${n % 5}`,
    version: Math.floor(n / 5) + 1,
    // Files may have gaps.
    position: from + 2 * n + 5,
  }));
  await importAll(store, [
    ...imported,
    { ...event('Noted', { n: 2 }), aggregate_type: 'note', aggregate_id: 'n-1', version: 2, position: from + 1_000 },
  ]);
  await append(store, 'note', 'n-1', Array.from({ length: 17 }, (_, n) => event('Noted', { n: n + 3 })), 2);
  await append(store, ...ADA, [event('MoneyDeposited', { amount: 2500, reference: 'gift' }, { metadata })], 4);
  await append(store, 'note', 'n-2', [event('Noted', null)], 'no_stream');
  await store.archive('note', 'n-2');
  await store.archive(...CHEESE);
  await store.keepSnapshot(...ADA, 4, told[3].event_id, 1, '{"balance":38001.0}');
  await store.keepCheckpoint('monthly/Käse', 40);
  return { ...(await end('small', store)), behind };
}

/** Segments that were joined, before and after an import, and the index that was saved then. */
async function joined() {
  const store = await open('joined', true);
  const some = async (count) => {
    for (let n = 0; n < count; n += 1) {
      await append(store, 'counter', `c${n % 3}`, [event('Counted', String(n))]);
    }
  };
  await some(258);
  const from = await store.lastPosition();
  const imported = Array.from({ length: 258 }, (_, n) => ({
    ...event('Counted', String(-n)),
    aggregate_type: 'counter',
    aggregate_id: `d${n % 4}`,
    version: Math.floor(n / 4) + 1,
    position: from + n + 1,
  }));
  await importAll(store, imported);
  await some(258);
  await store.compact();
  return end('joined', store);
}

/** All that goes through an export and an import as it was, however odd. */
async function odd() {
  const store = await open('odd', true);
  const line = (attributes) => `${JSON.stringify({ specversion: '1.0', ...attributes })}\n`;
  const file = [
    line({ id: 'order 1 ü', source: 'https://example.org/käse?x=1#y', type: 'com.example.placed', position: 1 }),
    line({ id: '1', source: 'checkout', type: 'T', subject: 's', time: '1969-12-31T23:59:59.999Z', position: 7 }),
    line({ id: '2', source: '/shop', type: 'T', data_base64: 'AAEC/w==', datacontenttype: 'image/png', position: 8 }),
    line({ id: '3', source: '/shop', type: 'T', data: 'text', datacontenttype: 'text/plain', position: 9 }),
    line({ id: '4', source: '/shop', type: 'T', data: null, dataschema: 'urn:x', größe: { a: [1.5] }, position: 10 }),
    line({ id: '5', source: '/shop', type: 'T', datacontenttype: 'application/cbor', position: 11 }),
    line({
      id: '019B8D62-8250-7000-8000-00000000ABCD',
      source: '/shop',
      type: 'T',
      subject: 'x'.repeat(512),
      time: '2026-01-05T10:00:02.123456789+01:00',
      data: { a: 1 },
      correlationid: 'k',
      causationid: '',
      actor: 'é',
      schemaversion: 4294967295,
      position: '2147483648',
    }),
  ];
  told.push(...(await store.importFile(`\ufeff${file.join('').replaceAll('\n', '\r\n')}\r\n`)));
  const id = ' \t"\\\u0001\u007f\u2029\ufeff\u{1f469}\u200d\u{1f680}';
  const deep = '['.repeat(64) + ']'.repeat(64);
  const data = [
    deep,
    '"\\u0000\\u001f\\uD83D\\uDE00\\/"',
    '-0',
    '1E+400',
    '0.10000000000000000000000000000000000000000001',
    '{"a":1,"a":2}',
    'false',
    '""',
  ];
  const metadata = {
    correlation_id: '\n',
    causation_id: '',
    actor: '',
    extensions: { '': 0, ' ': '', A: 1e300, UPPER: false, long: 'é'.repeat(200), nested: [[{ '': null }]] },
  };
  const times = ['0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '1969-12-31T23:59:59.001Z'];
  await append(store, 'T'.repeat(512), id, data.map((text) => event('"\\\u0000é', text, { metadata })));
  for (const timestamp of times) await append(store, 'a/b', '/c/', [event('é'.repeat(256), '{}', { timestamp })]);
  return end('odd', store);
}

/** What an append of that release takes, and its export doesn't give back or its import refuses. */
async function unfit() {
  const store = await open('unfit', true);
  const reserved = { id: 'x', type: 'y', data: 1, position: 5, streamversion: 'z', source: 'elsewhere', none: null };
  const metadata = { correlation_id: 'c', extensions: reserved };
  await append(store, 'thing', 'a', [event('', '{}')]);
  await append(store, 'thing', 'a', [event('é'.repeat(300), '{}'), event('Reserved', '{}', { metadata })]);
  const twice = event('Twice', '{"n":1}');
  await append(store, 'thing', 'b', [twice]);
  await append(store, 'thing', 'c', [twice]);
  await append(store, 'thing', 'c', [event('Surrogate', '"\\ud800"'), event('Base64', '{"a":1}', {
    metadata: { correlation_id: 'c', extensions: { data_base64: 'AAEC' } },
  })]);
  const many = Array.from({ length: 17 }, (_, n) => event('', String(n), { metadata }));
  await append(store, 'thing', 'd', many);
  return end('unfit', store);
}

/** A record of an event that was damaged in the database; its journal is whole, and its export has a gap. */
async function damaged() {
  let store = await open('damaged', true);
  for (let n = 1; n <= 5; n += 1) await append(store, 'thing', n === 4 ? 'b' : 'a', [event('Counted', { n })]);
  store.close();
  const database = await ask(indexedDB.open('damaged'));
  const log = database.transaction('log', 'readwrite').objectStore('log');
  const segment = await ask(log.get(2));
  segment.events[0].data = '{"n":-2}';
  await ask(log.put(segment));
  database.close();
  store = await open('damaged', true);
  const exported = await store.exportAll();
  store.close();
  return { ...(await stored('damaged')), recorded: told.map(row), exported };
}

/** Of the first layout: whole, emptied, and emptied and gone on with. */
async function firstLayout(emptied) {
  const store = await open('first');
  const metadata = {
    correlation_id: 'talk-1',
    causation_id: 'command-1',
    actor: 'ada',
    extensions: { traceparent: '00-1', nested: { list: [1, null, 'ü'] } },
  };
  await append(store, 'bank_account', 'ada', [event('AccountOpened', { owner: 'Ada Byron', currency: 'EUR' })], 0);
  await append(store, 'bank_account', 'ada', [event('MoneyDeposited', { amount: 5 }, { metadata })], 1);
  await append(store, 'Käse/🧀', '\u0000\n', Array.from({ length: 20 }, (_, n) => event('Gekäst', `${n}.50`)));
  const from = await store.lastPosition();
  const imported = Array.from({ length: 3 }, (_, n) => ({
    ...event('Measured', String(n)),
    aggregate_type: 'sensor',
    aggregate_id: 's',
    version: n + 1,
    position: from + 10 * n + 10,
  }));
  await importAll(store, imported);
  await store.keepSnapshot('bank_account', 'ada', 2, told[1].event_id, 1, '{"balance":5}');
  await store.keepCheckpoint('monthly', 7);
  if (emptied) {
    await store.reset();
    told.length = 0;
  }
  if (emptied === 'and gone on with') {
    await append(store, 'bank_account', 'ada', [event('AccountOpened', { owner: 'Ada Byron', currency: 'EUR' })], 0);
    await append(store, 'bank_account', 'ada', [event('MoneyDeposited', { amount: 7 }, { metadata })], 1);
  }
  return end('first', store);
}

/** Of the first layout, more than are moved to the second at once. */
async function firstOfMany() {
  const store = await open('first');
  const events = Array.from({ length: 258 }, (_, n) => event('Counted', `${n}`));
  await append(store, 'counter', 'c', events);
  return end('first', store);
}

/** The same, once the release had begun to move it and was killed. */
async function halfMoved(text) {
  const { putDatabase } = await import('/browser_indexed_db/stored.js');
  await putDatabase('first', text, []);
  const { transaction } = IDBDatabase.prototype;
  let steps = 0;
  IDBDatabase.prototype.transaction = function (names, ...more) {
    if (names.includes('events') && (steps += 1) > 1) throw new DOMException('killed', 'AbortError');
    return transaction.call(this, names, ...more);
  };
  const opened = await EventStore.open('first').catch(() => undefined);
  IDBDatabase.prototype.transaction = transaction;
  if (opened) throw new Error('it was moved to the end');
  const { database } = await stored('first');
  const count = (name) => database.stores.find((store) => store.name === name).records.length;
  if (count('events') !== 2 || count('log') !== 1) throw new Error('it is not moved by half');
  return database;
}

/** Where the entries of a journal begin, and how long their bodies are. */
function entries(journal) {
  const found = [];
  for (let at = 256; at < journal.length; at += 8 + found.at(-1).length) {
    found.push({ at, length: journal.readUInt32LE(at) });
  }
  return found;
}

/** How copies of `small` were behind or damaged: what is other than in the whole ones. */
function cases({ database, journal, recorded, behind }) {
  const whole = Buffer.from(journal, 'base64');
  const earlier = Buffer.from(behind.journal, 'base64');
  if (!whole.subarray(256, earlier.length).equals(earlier.subarray(256))) throw new Error('the journal began anew');
  const places = entries(whole);
  // After the emptying: 1, 3 and 20 events; 1, 260, 17, 1 and 1.
  const [one, imported] = places.slice(4);
  if (places.length !== 9 || one.at !== earlier.length) throw new Error(JSON.stringify(places));
  const log = database.stores.find(({ name }) => name === 'log').records;
  const last = log.slice(-3).map(({ segment }) => segment);
  const before = behind.events;
  return [
    // The database lacks its last three segments.
    { name: 'journal ahead', without: last, database: recorded.length - 19 },
    // The journal as it was before the last five.
    { name: 'journal behind', cut: earlier.length, put: earlier.subarray(0, 256).toString('base64'), journal: before },
    // One bit of the length of an entry of one event: more than there is, and one byte less or more.
    { name: 'length too great', flip: [[one.at + 2, 3]], before, in_it: 1 },
    { name: 'length beside it', flip: [[one.at, 0]], before, in_it: 1 },
    // One bit of its body, and one of the body of the import's.
    { name: 'body of one', flip: [[one.at + 8 + (one.length >> 1), 5]], before, in_it: 1 },
    {
      name: 'body of many',
      flip: [[imported.at + 8 + (imported.length >> 1), 5]],
      before: before + 1,
      in_it: 260,
    },
    // One bit of each of the two marks.
    { name: 'marks', flip: [[20, 2], [128 + 20, 2]] },
  ];
}

async function main() {
  const browser = await chromium.launch(configuration.use.launchOptions);
  const run = async (module, program, ...given) => {
    const server = await serve(tests, module);
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.evaluate(prepare);
    const made = await page.evaluate(program, ...given);
    await context.close();
    server.close();
    return made;
  };
  try {
    const made = await run(release, small);
    keepStore('small', made, ['ndjson']);
    keep('cases.json', list(cases(made)));
    const compacted = await run(release, joined);
    const records = (name) => compacted.database.stores.find((store) => store.name === name).records;
    const isJoined = records('log').some(({ from }) => from) && records('meta').some(({ key }) => key === 'index');
    if (!isJoined) throw new Error('nothing was joined');
    keepStore('joined', compacted, ALL);
    keepStore('odd', await run(release, odd));
    keepStore('unfit', await run(release, unfit));
    keepStore('damaged', await run(release, damaged));
    keepStore('first', await run(first, firstLayout));
    keepStore('first-emptied', await run(first, firstLayout, 'emptied'));
    keepStore('first-emptied-and-gone-on', await run(first, firstLayout, 'and gone on with'));
    const many = await run(first, firstOfMany);
    const database = await run(release, halfMoved, text(many));
    keepStore('first-half-moved', { ...many, database }, ALL);
  } finally {
    await browser.close();
  }
}

await main();
