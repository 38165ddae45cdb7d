// Called by ratios.mjs: what the store does to much against the same done to little, and what it does for the first
// time against the second. Both sides of each ratio take turns in one store.
import { newEvent, recorded, streamNamed } from './data.mjs';
import eventloom, { withSecondCopy } from './peers/eventloom.mjs';

/** An import takes so many events at once. */
const PART = 50_000;

let databases = 0;
const fresh = () => `ratios-${(databases += 1)}`;
let events = 1e9;
const some = (count) => Array.from({ length: count }, () => newEvent((events += 1)));
const middle = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
const check = (holds, what) => {
  if (!holds) throw new Error(what);
};

async function timed(work) {
  const from = performance.now();
  const answer = await work();
  return [performance.now() - from, answer];
}

async function opened(database, work, peer = eventloom, durability = 'relaxed') {
  const store = await peer.open(database, durability);
  // It knows its streams, as a page that shows them does.
  await store.streams();
  const answer = await work(store);
  await store.close();
  return answer;
}

async function append(store, id, version, batch = some(1)) {
  const [time, answer] = await timed(() => store.append(streamNamed(id), version, batch));
  check(answer.at(-1).version === version + batch.length, `a version of ${id} is wrong`);
  return time;
}

/** Appends to a stream of `count` events and to one of ten: the first to each, and the middle of 200. */
async function great(count) {
  const database = fresh();
  await opened(database, async (store) => {
    let after = 0;
    const all = [['small', 10], ['great', count]];
    for (const [id, held] of all) {
      for (let version = 0; version < held; version += PART) {
        const length = Math.min(PART, held - version);
        const place = (_, index) => [version + index + 1, after + index + 1];
        const log = Array.from({ length }, place).map(([version, position]) =>
          recorded(streamNamed(id), version, position, newEvent(position)));
        await store.importAll(log, after);
        after += length;
      }
    }
  });
  const found = await opened(database, async (store) => {
    const times = { small: [], great: [] };
    for (let turn = 0; turn < 200; turn += 1) {
      for (const [id, held] of [['small', 10], ['great', count]]) times[id].push(await append(store, id, held + turn));
    }
    return { first: times.great[0], small: middle(times.small), great: middle(times.great) };
  });
  await eventloom.destroy(database);
  return found;
}

/** The first append after opening to each of so many streams, and the second. */
async function first(streams) {
  const database = fresh();
  await opened(database, (store) => {
    const log = Array.from({ length: streams * 10 }, (_, index) =>
      recorded(streamNamed(`s${index % streams}`), Math.floor(index / streams) + 1, index + 1, newEvent(index)));
    return store.importAll(log);
  });
  const found = await opened(database, async (store) => {
    const times = [];
    for (const version of [10, 11]) {
      const [time] = await timed(async () => {
        for (let number = 0; number < streams; number += 1) await append(store, `s${number}`, version);
      });
      times.push(time / streams);
    }
    return { first: times[0], second: times[1] };
  });
  await eventloom.destroy(database);
  return found;
}

/** A batch appended, sent again, and sent again after opening; and read, against the same imported. */
async function batch(count) {
  const [appended, imported] = [fresh(), fresh()];
  const sent = some(count);
  const found = await opened(appended, async (store) => {
    const append = async () => {
      const [time, answer] = await timed(() => store.append(streamNamed('one'), 0, sent));
      check(answer.length === count && answer.at(-1).version === count, 'the batch is another');
      return time;
    };
    return { append: await append(), again: await append() };
  });
  await opened(appended, async (store) => {
    const [time, answer] = await timed(() => store.append(streamNamed('one'), 0, sent));
    check(answer.length === count, 'the batch is another');
    found.opened = time;
  });
  await opened(imported, (store) =>
    store.importAll(sent.map((event, index) => recorded(streamNamed('one'), index + 1, index + 1, event))));
  for (const [what, database] of [['readAppended', appended], ['readImported', imported]]) {
    const times = [];
    await opened(database, async (store) => {
      for (let turn = 0; turn < 3; turn += 1) {
        const [time, read] = await timed(() => store.readStream(streamNamed('one')));
        check(read.length === count, 'events are missing');
        times.push(time);
      }
    });
    found[what] = middle(times);
  }
  await eventloom.destroy(appended);
  await eventloom.destroy(imported);
  return found;
}

/** Emptying a store of so many events, undone each time, and strict appends to it. */
async function reset(count) {
  const database = fresh();
  const found = await opened(database, async (store) => {
    await store.importAll(Array.from({ length: count }, (_, index) =>
      recorded(streamNamed(`s${index % 100}`), Math.floor(index / 100) + 1, index + 1, newEvent(index))));
    const times = { reset: [], append: [] };
    for (let turn = 0; turn < 25; turn += 1) {
      times.append.push(await append(store, 'one', turn));
      const [time, token] = await timed(() => store.reset());
      times.reset.push(time);
      await store.undoReset(token);
    }
    return { reset: middle(times.reset), append: middle(times.append) };
  }, eventloom, 'strict');
  await eventloom.destroy(database);
  return found;
}

/** Strict appends with the second copy, where it is noted how far the log goes, and where that is left out. */
async function noted(count) {
  const [note, leave] = [fresh(), fresh()];
  const original = Storage.prototype.setItem;
  Storage.prototype.setItem = function setItem(key, value) {
    if (!key.startsWith(`${leave}.`)) original.call(this, key, value);
  };
  const times = { noted: [], left: [] };
  await opened(note, (one) => opened(leave, async (other) => {
    for (let turn = 0; turn < count; turn += 1) {
      times.noted.push(await append(one, 'a', turn));
      times.left.push(await append(other, 'a', turn));
    }
  }, withSecondCopy, 'strict'), withSecondCopy, 'strict');
  Storage.prototype.setItem = original;
  for (const database of [note, leave]) await withSecondCopy.destroy(database);
  return { noted: middle(times.noted), left: middle(times.left) };
}

globalThis.ratios = { great, first, batch, reset, noted };
