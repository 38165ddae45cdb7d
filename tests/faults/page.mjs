// The page that is killed. It tells the harness what it finds, waits for a word, then appends until
// its end, and tells the harness of each acknowledgement as it comes.
import init, { EventStore } from '/eventloom/eventloom.js';
import { DENIED } from '/denied.mjs';
import { leftToMove, putOldDatabase } from '/old.mjs';
import { random } from '/random.mjs';

const parameters = new URLSearchParams(location.search);
const [round, tab, durability] = ['round', 'tab', 'durability'].map((name) => parameters.get(name));
const pause = Number(parameters.get('pause'));
const alone = parameters.get('tabs') === '1';
const chance = random(Number(parameters.get('seed')) + Number(tab));
const writer = `${round}.${tab}`;
const TYPE = 'kill_test';
const STREAMS = ['north', 'east', 'south', 'west', 'middle'];
const PAGE = 5_000;
/** So many events the first release left: to move them takes several steps. */
const OLD = 4_000;

/** The one place that knows how a store is opened and what it says of a recovery; null for none. */
async function openStore() {
  const store = await EventStore.open('kill-test', durability, true);
  return { store, recovery: store.recovery() ?? null, copy: store.secondCopy() };
}

const denied = parameters.get('denied');
if (denied) DENIED[denied]();

/** What the browser made of its database on opening: an old version of 0 is an empty one. */
const upgrades = [];
const openDatabase = IDBFactory.prototype.open;
IDBFactory.prototype.open = function (...given) {
  const request = openDatabase.apply(this, given);
  request.addEventListener('upgradeneeded', ({ oldVersion, dataLoss }) => {
    if (given[0] === 'kill-test') upgrades.push({ oldVersion, dataLoss });
  });
  return request;
};

const post = (kind, body) =>
  fetch(`/${kind}?${new URLSearchParams({ round, tab })}`, { method: 'POST', body: JSON.stringify(body) });

/** Waits for the word. */
const go = () => fetch(`/go?${new URLSearchParams({ round, tab })}`);

const logged = ({ aggregate_id, version, position, event_id, data }) => ({
  event_id,
  stream: aggregate_id,
  version,
  position,
  ...JSON.parse(data),
});

/** What a store gives page by page, until one is empty: one may be shorter though more follows. */
async function toTheEnd(read) {
  const events = [];
  for (;;) {
    const page = await read(events.at(-1));
    if (page.length === 0) return events;
    events.push(...page.map(logged));
  }
}

const everything = (store) => toTheEnd((last) => store.readAll(last?.position ?? 0, PAGE));

/** Where the streams, read one by one, are something else than the whole store is. */
async function strayStreams(store, events) {
  const stray = [];
  for (const stream of STREAMS) {
    const read = await toTheEnd((last) => store.readStream(TYPE, stream, last?.version ?? 0));
    const same = JSON.stringify(read) === JSON.stringify(events.filter((event) => event.stream === stream));
    if (!same) stray.push(`Read by itself, the stream ${stream} is not what the whole store says.`);
  }
  return stray;
}

// What was answered since the last post, in its order.
let waiting = [];
let posting = false;
async function tell(answer) {
  waiting.push(answer);
  if (posting) return;
  posting = true;
  while (waiting.length > 0) {
    const answers = waiting;
    waiting = [];
    await post('answers', answers);
  }
  posting = false;
}

const numbers = new Map();
let batches = 0;
function batch(stream, size) {
  const name = `${writer}-${(batches += 1)}`;
  return Array.from({ length: size }, (_, index) => {
    const number = (numbers.get(stream) ?? 0) + 1;
    numbers.set(stream, number);
    const data = { writer, number, batch: name, index, size };
    return { event_id: crypto.randomUUID(), event_type: 'Counted', data: JSON.stringify(data) };
  });
}

async function append(store, stream, expected, events) {
  try {
    const recorded = await store.append(TYPE, stream, expected, events);
    tell({ acknowledged: recorded.map(logged), copy: store.secondCopy() });
  } catch (error) {
    const sent = events.map(({ event_id, data }) => ({ event_id, stream, ...JSON.parse(data) }));
    tell({ failed: sent, name: error.name, message: error.message });
  }
}

/** Most are one event; more than 16 are packed in their segment, more than 256 laid out in pages. */
function size() {
  const chosen = chance();
  if (chosen < 0.6) return 1;
  return chosen < 0.98 ? 2 + Math.floor(chance() * 39) : 257 + Math.floor(chance() * 64);
}

/** A tab that is alone knows each version; of two, none does. */
async function appendForEver(store, heads) {
  for (;;) {
    const unawaited = chance() < 0.5 ? 1 : 2 + Math.floor(chance() * 7);
    const sent = [];
    for (let index = 0; index < unawaited; index += 1) {
      const stream = STREAMS[Math.floor(chance() * STREAMS.length)];
      const events = batch(stream, size());
      const head = heads.get(stream) ?? 0;
      heads.set(stream, head + events.length);
      sent.push(append(store, stream, alone ? head : 'any', events));
    }
    await Promise.all(sent);
    if (pause > 0) await new Promise((passed) => setTimeout(passed, pause));
  }
}

if (!alone && tab === '0') {
  parameters.set('tab', '1');
  window.open(`?${parameters}`, '_blank', 'noopener');
}
try {
  await init();
  if (parameters.has('moves')) {
    // It is killed while it opens.
    const events = (await putOldDatabase('kill-test', TYPE, OLD)).map(logged);
    await post('found', { events, findings: [], recovery: null, copy: 'kept', upgrades });
    await go();
  }
  const left = parameters.has('counts') ? await leftToMove('kill-test') : undefined;
  const { store, recovery, copy } = await openStore();
  const events = await everything(store);
  const findings = [...(await store.verify()), ...(await strayStreams(store, events))];
  await post('found', { events, findings, recovery, copy, left, upgrades });
  const heads = new Map(events.map(({ stream, version }) => [stream, version]));
  await go();
  await appendForEver(store, heads);
} catch (error) {
  await post('found', { error: `${error.name}: ${error.message}`, upgrades });
}
