// idb, in its own idiom: requests as promises, waited for together with the transaction's end.
import { openDB } from '/node_modules/idb/build/index.js';
import { conflict, recorded } from '../data.mjs';
import { deleteDatabase, headsOf, key, makeStores, wholeStream } from './bare.mjs';

export default {
  name: 'idb',
  async open(name, durability) {
    const database = await openDB(name, 1, { upgrade: makeStores });
    const write = () => database.transaction(['events', 'streams'], 'readwrite', { durability });
    return {
      async append(stream, expected, batch) {
        const transaction = write();
        const [events, heads] = [transaction.objectStore('events'), transaction.objectStore('streams')];
        const actual = (await heads.get(key(stream)))?.version ?? 0;
        if (actual !== expected) {
          transaction.done.catch(() => {});
          transaction.abort();
          throw conflict(stream, expected, actual);
        }
        const added = batch.map((event, index) => events.add({ ...stream, version: actual + 1 + index, ...event }));
        const put = heads.put({ ...stream, version: actual + batch.length });
        transaction.commit();
        const [positions] = await Promise.all([Promise.all(added), put, transaction.done]);
        return batch.map((event, index) => recorded(stream, actual + 1 + index, positions[index], event));
      },
      async importAll(batch) {
        const transaction = write();
        const [events, heads] = [transaction.objectStore('events'), transaction.objectStore('streams')];
        const added = batch.map((event) => events.add(event));
        const put = [...headsOf(batch)].map((head) => heads.put(head));
        transaction.commit();
        await Promise.all([...added, ...put, transaction.done]);
      },
      readStream: (stream) => database.getAllFromIndex('events', 'version', wholeStream(stream)),
      readAll: (after, limit) => database.getAll('events', IDBKeyRange.lowerBound(after, true), limit),
      head: async (stream) => (await database.get('streams', key(stream)))?.version ?? 0,
      streams: () => database.getAll('streams'),
      close: async () => database.close(),
    };
  },
  destroy: deleteDatabase,
};
