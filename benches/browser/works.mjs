// The works, and how they are timed: in rounds, the peers in turn, nothing timed of a peer that lost
// or changed anything when it was reopened, and what each work did compared with what was written.
//
// A peer is `{ name, open(database, durability), destroy(database) }`, and optionally
// `durabilities` (of `strict`, `relaxed`, `bulk`; all where it has none) and `prepare()`, which loads
// its code. A store that it opened is `{ append, importAll, readStream, readAll, head, streams, close }`, and
// optionally `knownHead`, which answers from memory.
import { manyStreams, newEvent, oneStream, recorded, same, streamNamed } from './data.mjs';
import bare, { deleteDatabase, yardstick } from './peers/bare.mjs';
import dexie from './peers/dexie.mjs';
import eventloom, { withSecondCopy } from './peers/eventloom.mjs';
import idb from './peers/idb.mjs';
import pglite from './peers/pglite.mjs';
import { full, normal } from './peers/sqlite.mjs';

const PEERS = [eventloom, withSecondCopy, bare, dexie, idb, full, normal, pglite];
/** The least that an append can be. */
const PUT = 'bare put';
/** Appends and batches are timed in blocks of so many, a block a peer in turn. */
const BLOCK = 25;
const BATCH = 100;
/** Reading forward takes pages of so many events. */
const PAGE = 5_000;
const HEADS = 200;
/** A load is timed so many times, and its median taken. */
const LOADS = 3;

let databases = 0;
const fresh = (peer) => `bench-${peer.name.toLowerCase().replace(/\W/g, '-')}-${(databases += 1)}`;
let events = 0;
const nextEvents = (count) => Array.from({ length: count }, () => newEvent((events += 1)));

const does = (peer, durability) => !peer.durabilities || peer.durabilities.includes(durability);
const rotated = (list, by) => list.map((_, index) => list[(index + by) % list.length]);
const percentile = (times, share) => times.toSorted((a, b) => a - b)[Math.round((times.length - 1) * share)];
const check = (holds, what) => {
  if (!holds) throw new Error(what);
};

async function timed(work) {
  const from = performance.now();
  const result = await work();
  return [performance.now() - from, result];
}

/** What was left by others isn't collected in this one's time, nor swept while this one works. */
async function settle() {
  globalThis.gc?.();
  await new Promise((idle) => requestIdleCallback(idle));
}

async function forward(store) {
  const pages = [];
  let after = 0;
  for (;;) {
    const page = await store.readAll(after, PAGE);
    // A page may be shorter than what was asked for, though more follows.
    if (page.length === 0) return pages.flat();
    pages.push(page);
    after = page.at(-1).position;
  }
}

/** Appends, a refusal and an import; then closed, reopened and compared with what was written. */
async function trust(peer, durability) {
  const database = fresh(peer);
  const written = [];
  let store = await peer.open(database, durability);
  for (let index = 0; index < 100; index += 1) {
    const batch = nextEvents(index === 99 ? BATCH : 1);
    written.push(...(await store.append(streamNamed(`s${index % 10}`), Math.floor(index / 10), batch)));
  }
  const stale = store.append(streamNamed('s3'), 9, nextEvents(1));
  const refused = await stale.then(() => undefined, (error) => error);
  check(refused?.name === 'Conflict' && refused.actual === 10, `a stale version was not refused: ${refused}`);
  await store.close();
  store = await peer.open(database, durability);
  same('reopened', await forward(store), written);
  check((await store.head(streamNamed('s9'))) === 9 + BATCH, 'a head is wrong');
  same('a stream', await store.readStream(streamNamed('s3')), written.filter((event) => event.aggregate_id === 's3'));
  await store.close();
  await peer.destroy(database);

  const copy = fresh(peer);
  const { events: log, streams } = manyStreams(1_000);
  store = await peer.open(copy, durability);
  await store.importAll(log);
  await store.close();
  store = await peer.open(copy, durability);
  same('reopened after an import', await forward(store), log);
  check((await store.streams()).length === streams, 'streams are missing');
  await store.close();
  await peer.destroy(copy);
}

/** One round of appends of `size` events each, to one stream a peer. */
async function appends(peers, round, durability, count, size, attempt) {
  const players = [];
  for (const peer of peers.filter((peer) => does(peer, durability))) {
    const database = fresh(peer);
    await attempt(peer, async () => {
      const store = await peer.open(database, durability);
      let version = 0;
      const append = async () => {
        const batch = nextEvents(size);
        const [time, answer] = await timed(() => store.append(streamNamed('one'), version, batch));
        version += size;
        check(answer.at(-1).version === version, 'a version is wrong');
        return time;
      };
      const end = async () => {
        check((await store.head(streamNamed('one'))) === count * size, 'an append is missing');
        await store.close();
        await peer.destroy(database);
      };
      players.push({ peer, append, end, times: [] });
    });
  }
  if (size === 1) {
    const database = fresh({ name: PUT });
    const { put, count: kept, close } = await yardstick(database, durability);
    let position = 0;
    const append = async () => {
      position += 1;
      const record = recorded(streamNamed('one'), position, position, nextEvents(1)[0]);
      return (await timed(() => put(record)))[0];
    };
    const end = async () => {
      check((await kept()) === count, 'a put is missing');
      close();
      await deleteDatabase(database);
    };
    players.push({ peer: { name: PUT }, append, end, times: [] });
  }
  for (let done = 0, turn = round; done < count; done += BLOCK, turn += 1) {
    for (const player of rotated(players, turn % players.length)) {
      await attempt(player.peer, async () => {
        for (let index = done; index < Math.min(done + BLOCK, count); index += 1) player.times.push(await player.append());
      });
    }
  }
  const results = {};
  for (const { peer, end, times } of players) {
    await attempt(peer, async () => {
      await end();
      results[peer.name] = { p50: percentile(times, 0.5), p95: percentile(times, 0.95) };
    });
  }
  return results;
}

/**
 * Eventloom's appends that nobody waits for, one after the other, against the same with a transaction
 * each: every answer is compared with what it must be.
 */
async function unawaited(count, keep) {
  const streams = Math.max(1, Math.floor(count / 10));
  const together = async (store, batches) =>
    Promise.all(batches.map((batch, index) => store.append(streamNamed(`s${index % streams}`), Math.floor(index / streams), batch)));
  const each = async (store, batches) => {
    const answers = [];
    for (const [index, batch] of batches.entries()) {
      answers.push(await store.append(streamNamed(`s${index % streams}`), Math.floor(index / streams), batch));
    }
    return answers;
  };
  for (const [name, work] of [['Eventloom', together], ['one each', each]]) {
    const database = fresh(eventloom);
    const store = await eventloom.open(database, 'relaxed');
    await store.head(streamNamed('s0'));
    const batches = Array.from({ length: count }, () => nextEvents(1));
    await settle();
    const [time, answers] = await timed(() => work(store, batches));
    answers.forEach(([event], index) => {
      check(event.version === Math.floor(index / streams) + 1 && event.event_id === batches[index][0].event_id, 'an answer is wrong');
    });
    same('appended', await forward(store), answers.flat());
    keep('a2', name, time);
    await store.close();
    await eventloom.destroy(database);
  }
}

/** The median of some loads, each compared with what was written. */
async function load(store, id, log) {
  const written = log.filter((event) => event.aggregate_id === id);
  const times = [];
  for (let index = 0; index < LOADS; index += 1) {
    await settle();
    const [time, found] = await timed(() => store.readStream(streamNamed(id)));
    same(`stream ${id}`, found, written);
    times.push(time);
  }
  return percentile(times, 0.5);
}

/** One peer's round with a store of many streams. */
async function bigStore(peer, { events: log, streams }, keep) {
  const database = fresh(peer);
  let store = await peer.open(database, 'relaxed');
  await settle();
  keep('c many', (await timed(() => store.importAll(log)))[0]);
  await store.close();
  const prepared = await peer.prepare?.();
  await settle();
  const [opening, heads] = await timed(async () => {
    store = await peer.open(database, 'relaxed', prepared);
    return store.streams();
  });
  check(heads.length === streams, `${heads.length} of ${streams} streams are there after reopening`);
  keep('g', opening);
  keep('d long', await load(store, 'long', log));
  keep('d sparse', await load(store, 'sparse', log));
  await settle();
  const [reading, found] = await timed(() => forward(store));
  same('read forward', found, log);
  keep('e', reading);
  const versions = new Map(heads.map((head) => [head.aggregate_id, head.version]));
  const times = [];
  for (let index = 0; index < HEADS; index += 1) {
    const { aggregate_id } = log[(index * 7_919) % log.length];
    const [time, version] = await timed(() => store.head(streamNamed(aggregate_id)));
    check(version === versions.get(aggregate_id), `the head of ${aggregate_id} is ${version}`);
    times.push(time);
  }
  keep('f', percentile(times, 0.5));
  if (store.knownHead) {
    // Too short for the clock: all of them at once.
    const named = Array.from({ length: HEADS }, (_, index) => log[(index * 7_919) % log.length].aggregate_id);
    const [time, known] = await timed(() => named.map((id) => store.knownHead(streamNamed(id))));
    known.forEach((version, index) => check(version === versions.get(named[index]), `the known head of ${named[index]} is ${version}`));
    keep('f memory', time / HEADS);
  }
  await store.close();
  await peer.destroy(database);
}

/** One peer's round with a store of one stream. */
async function longStream(peer, log, keep) {
  const database = fresh(peer);
  const store = await peer.open(database, 'relaxed');
  await settle();
  keep('c one', (await timed(() => store.importAll(log)))[0]);
  keep('d whole', await load(store, 'only', log));
  await store.close();
  await peer.destroy(database);
}

/**
 * Runs everything, and hands `{ sizes, faults, results }` to `keepRounds` after each round: for each
 * work and peer a figure in milliseconds a round, and in `faults` why a peer has none.
 */
export async function bench({ count, single, batches, rounds, only }, keepRounds) {
  const faults = {};
  const results = {};
  const keep = (work, name, figure) => ((results[work] ??= {})[name] ??= []).push(figure);
  const attempt = async (peer, work) => {
    if (faults[peer.name]) return;
    try {
      await work();
    } catch (error) {
      faults[peer.name] = `${error.name}: ${error.message}`;
      console.log(`${peer.name} is out: ${faults[peer.name]}`);
    }
  };
  const peers = PEERS.filter((peer) => !only || only.includes(peer.name));
  for (const peer of peers) {
    console.log(`compare what ${peer.name} keeps`);
    for (const durability of ['strict', 'relaxed']) {
      if (does(peer, durability)) await attempt(peer, () => trust(peer, durability));
    }
  }
  const many = manyStreams(count);
  const one = oneStream(count);
  for (let round = 0; round < rounds; round += 1) {
    for (const [work, durability, number, size] of [
      ['a', 'relaxed', single, 1],
      ['a strict', 'strict', single, 1],
      ['b', 'strict', batches, BATCH],
    ]) {
      console.log(`round ${round + 1} of ${rounds}: ${number} appends of ${size}, ${durability}`);
      const times = await appends(peers, round, durability, number, size, attempt);
      for (const [name, { p50, p95 }] of Object.entries(times)) {
        keep(work, name, p50);
        keep(`${work} p95`, name, p95);
      }
    }
    if (peers.includes(eventloom)) {
      console.log(`round ${round + 1} of ${rounds}: ${single * 2} appends that nobody waits for`);
      await attempt(eventloom, () => unawaited(single * 2, keep));
    }
    for (const peer of rotated(peers, round % peers.length).filter((peer) => does(peer, 'bulk'))) {
      console.log(`round ${round + 1} of ${rounds}: ${peer.name}, ${count} events`);
      const keepOwn = (work, figure) => keep(work, peer.name, figure);
      await attempt(peer, () => bigStore(peer, many, keepOwn));
      await attempt(peer, () => longStream(peer, one, keepOwn));
    }
    const { long, sparse, streams } = many;
    await keepRounds({ sizes: { count, single, batches, rounds: round + 1, long, sparse, streams }, faults, results });
  }
}

globalThis.bench = bench;
