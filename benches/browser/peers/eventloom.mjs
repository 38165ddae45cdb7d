// Eventloom's own store, through wasm, as a JavaScript program calls it.
import init, { EventStore } from '/eventloom/eventloom.js';
import { deleteDatabase } from './bare.mjs';

await init();

export default {
  name: 'Eventloom',
  async open(database, durability) {
    const store = await EventStore.open(database, durability);
    return {
      append: ({ aggregate_type, aggregate_id }, expected, events) =>
        store.append(aggregate_type, aggregate_id, expected, events),
      importAll: (events, after = 0) => store.import(after, events),
      readStream: ({ aggregate_type, aggregate_id }) => store.readStream(aggregate_type, aggregate_id),
      readAll: (after, limit) => store.readAll(after, limit),
      head: ({ aggregate_type, aggregate_id }) => store.head(aggregate_type, aggregate_id),
      streams: () => store.streams(),
      compact: () => store.compact(),
      async close() {
        store.close();
        store.free();
      },
    };
  },
  destroy: deleteDatabase,
};
