// Called by great.mjs: a store of a million events, made once and opened again and again.
import { newEvent, recorded, same, streamNamed } from './data.mjs';
import bare from './peers/bare.mjs';
import eventloom from './peers/eventloom.mjs';
import { full } from './peers/sqlite.mjs';

const PEERS = new Map([eventloom, full, bare].map((peer) => [peer.name, peer]));
/** An import takes so many events at once. */
const PART = 50_000;
const SPARSE = 1_000;
const database = (name) => `great-${name.toLowerCase().replace(/\W/g, '-')}`;

/** Events in as many streams as are asked for and one: `sparse` has 1,000, spread evenly; the others take turns. */
function* parts(count, streams) {
  const every = Math.floor(count / SPARSE);
  const versions = new Map();
  let part = [];
  let next = 0;
  for (let index = 0; index < count; index += 1) {
    const id = index % every === 5 ? 'sparse' : `account-${next % streams}`;
    if (id !== 'sparse') next += 1;
    const version = (versions.get(id) ?? 0) + 1;
    versions.set(id, version);
    part.push(recorded(streamNamed(id), version, index + 1, newEvent(index)));
    if (part.length === PART || index === count - 1) {
      yield part;
      part = [];
    }
  }
}

async function make(name, count, streams) {
  const store = await PEERS.get(name).open(database(name), 'relaxed');
  let after = 0;
  let time = 0;
  for (const part of parts(count, streams)) {
    const from = performance.now();
    await store.importAll(part, after);
    time += performance.now() - from;
    after = part.at(-1).position;
  }
  await store.compact?.();
  await store.close();
  return time;
}

/** Milliseconds until the list of streams is there, and until one that is spread over the store is loaded. */
async function open(name, count, streams) {
  const peer = PEERS.get(name);
  const prepared = await peer.prepare?.();
  const from = performance.now();
  const store = await peer.open(database(name), 'relaxed', prepared);
  const heads = await store.streams();
  const opening = performance.now() - from;
  if (heads.length !== streams + 1) throw new Error(`${heads.length} of ${streams + 1} streams are there`);
  const written = [];
  const every = Math.floor(count / SPARSE);
  for (let index = 5; index < count; index += every) {
    written.push(recorded(streamNamed('sparse'), written.length + 1, index + 1, newEvent(index)));
  }
  const loads = [];
  for (let index = 0; index < 5; index += 1) {
    const begin = performance.now();
    const found = await store.readStream(streamNamed('sparse'));
    loads.push(performance.now() - begin);
    same('sparse', found, written);
  }
  const times = [];
  for (let index = 0; index < 200; index += 1) {
    const begin = performance.now();
    await store.head(streamNamed(`account-${(index * 7_919) % streams}`));
    times.push(performance.now() - begin);
  }
  await store.close();
  const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
  return { opening, sparse: median(loads), head: median(times) };
}

/** Appends one by one to a stream, and leaves the store as it is: what comes next is a kill. */
async function append(name, number, count) {
  const store = await PEERS.get(name).open(database(name), 'relaxed');
  let version = await store.head(streamNamed('account-7'));
  for (let index = 0; index < count; index += 1) {
    await store.append(streamNamed('account-7'), version, [newEvent(number + index)]);
    version += 1;
  }
  return version;
}

/** Takes the saved index away. */
function unsave(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database(name));
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const transaction = request.result.transaction('meta', 'readwrite');
      transaction.objectStore('meta').delete('index');
      transaction.oncomplete = () => {
        request.result.close();
        resolve();
      };
    };
  });
}

globalThis.great = { make, open, append, unsave };
