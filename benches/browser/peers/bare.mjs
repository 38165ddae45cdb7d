// IndexedDB by hand: a record an event with a unique index, a head for each stream, and no await
// inside a transaction. Also the two yardsticks: one put, and one get.
import { conflict, recorded } from '../data.mjs';

export const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export const deleteDatabase = (name) => answer(indexedDB.deleteDatabase(name));

export const key = (stream) => [stream.aggregate_type, stream.aggregate_id];

/** Makes the two object stores; idb does the same with its own wrapping of these. */
export function makeStores(database) {
  const events = database.createObjectStore('events', { keyPath: 'position', autoIncrement: true });
  events.createIndex('version', ['aggregate_type', 'aggregate_id', 'version'], { unique: true });
  database.createObjectStore('streams', { keyPath: ['aggregate_type', 'aggregate_id'] });
}

export const wholeStream = (stream) => IDBKeyRange.bound([...key(stream), 0], [...key(stream), Infinity]);

function open(name, upgrade) {
  const request = indexedDB.open(name);
  request.onupgradeneeded = () => upgrade(request.result);
  return answer(request);
}

/** The heads of the streams of a log. */
export function headsOf(events) {
  const heads = new Map();
  for (const { aggregate_type, aggregate_id, version } of events) {
    heads.set(`${aggregate_type}\n${aggregate_id}`, { aggregate_type, aggregate_id, version });
  }
  return heads.values();
}

export default {
  name: 'bare IndexedDB',
  async open(name, durability) {
    const database = await open(name, makeStores);
    const write = (work) =>
      new Promise((resolve, reject) => {
        const transaction = database.transaction(['events', 'streams'], 'readwrite', { durability });
        let refused;
        const refuse = (error) => {
          refused = error;
          transaction.abort();
        };
        const done = work(transaction.objectStore('events'), transaction.objectStore('streams'), transaction, refuse);
        transaction.oncomplete = () => resolve(done?.());
        transaction.onabort = () => reject(refused ?? transaction.error);
      });
    const store = (from) => database.transaction(from).objectStore(from);
    return {
      append(stream, expected, batch) {
        return write((events, heads, transaction, refuse) => {
          const places = [];
          heads.get(key(stream)).onsuccess = ({ target }) => {
            const actual = target.result?.version ?? 0;
            if (actual !== expected) return refuse(conflict(stream, expected, actual));
            batch.forEach((event, index) => {
              const record = { ...stream, version: actual + 1 + index, ...event };
              places.push([record.version, events.add(record)]);
            });
            heads.put({ ...stream, version: actual + batch.length });
            transaction.commit();
          };
          return () =>
            places.map(([version, added], index) => recorded(stream, version, added.result, batch[index]));
        });
      },
      importAll(batch) {
        return write((events, heads, transaction) => {
          for (const event of batch) events.add(event);
          for (const head of headsOf(batch)) heads.put(head);
          transaction.commit();
        });
      },
      readStream: (stream) => answer(store('events').index('version').getAll(wholeStream(stream))),
      readAll: (after, limit) => answer(store('events').getAll(IDBKeyRange.lowerBound(after, true), limit)),
      head: async (stream) => (await answer(store('streams').get(key(stream))))?.version ?? 0,
      streams: () => answer(store('streams').getAll()),
      close: async () => database.close(),
    };
  },
  destroy: deleteDatabase,
};

/** One record in one transaction, waited for until it is complete: the least that an append can be. */
export async function yardstick(name, durability) {
  const database = await open(name, (fresh) => fresh.createObjectStore('records', { keyPath: 'position' }));
  return {
    put: (record) =>
      new Promise((resolve, reject) => {
        const transaction = database.transaction('records', 'readwrite', { durability });
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
        transaction.objectStore('records').put(record);
        transaction.commit();
      }),
    count: () => answer(database.transaction('records').objectStore('records').count()),
    close: () => database.close(),
  };
}
