// Dexie, in its own idiom: a transaction, bulk adds, compound indexes.
import Dexie from '/node_modules/dexie/dist/modern/dexie.mjs';
import { conflict, recorded } from '../data.mjs';
import { deleteDatabase, headsOf, key } from './bare.mjs';

export default {
  name: 'Dexie',
  async open(name, durability) {
    const database = new Dexie(name, { chromeTransactionDurability: durability });
    database.version(1).stores({
      events: '++position, &[aggregate_type+aggregate_id+version]',
      streams: '[aggregate_type+aggregate_id]',
    });
    await database.open();
    const { events, streams } = database;
    return {
      append: (stream, expected, batch) =>
        database.transaction('rw', events, streams, async () => {
          const actual = (await streams.get(key(stream)))?.version ?? 0;
          if (actual !== expected) throw conflict(stream, expected, actual);
          const records = batch.map((event, index) => ({ ...stream, version: actual + 1 + index, ...event }));
          const positions =
            records.length === 1 ? [await events.add(records[0])] : await events.bulkAdd(records, { allKeys: true });
          await streams.put({ ...stream, version: actual + batch.length });
          return batch.map((event, index) => recorded(stream, actual + 1 + index, positions[index], event));
        }),
      importAll: (batch) =>
        database.transaction('rw', events, streams, async () => {
          await events.bulkAdd(batch);
          await streams.bulkPut([...headsOf(batch)]);
        }),
      readStream: (stream) =>
        events
          .where('[aggregate_type+aggregate_id+version]')
          .between([...key(stream), Dexie.minKey], [...key(stream), Dexie.maxKey])
          .toArray(),
      readAll: (after, limit) => events.where(':id').above(after).limit(limit).toArray(),
      head: async (stream) => (await streams.get(key(stream)))?.version ?? 0,
      streams: () => streams.toArray(),
      close: async () => database.close(),
    };
  },
  destroy: deleteDatabase,
};
