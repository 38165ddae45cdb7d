// Eventloom's own store, through wasm, as a JavaScript program calls it.
import init, { EventStore } from '/eventloom/eventloom.js';
import { deleteDatabase } from './bare.mjs';

await init();

const peer = (name, secondCopy) => ({
  name,
  async open(database, durability) {
    const store = await EventStore.open(database, durability, secondCopy);
    return {
      append: ({ aggregate_type, aggregate_id }, expected, events) =>
        store.append(aggregate_type, aggregate_id, expected, events),
      importAll: (events, after = 0) => store.import(after, events),
      async readStream({ aggregate_type, aggregate_id }) {
        const pages = [];
        for (;;) {
          const after = pages.at(-1)?.at(-1).version ?? 0;
          const page = await store.readStream(aggregate_type, aggregate_id, after);
          if (page.length === 0) return pages.flat();
          pages.push(page);
        }
      },
      readAll: (after, limit) => store.readAll(after, limit),
      head: async ({ aggregate_type, aggregate_id }) => (await store.head(aggregate_type, aggregate_id)).version,
      knownHead: ({ aggregate_type, aggregate_id }) => store.knownHead(aggregate_type, aggregate_id),
      streams: () => store.streams(),
      reset: () => store.reset(),
      undoReset: (token) => store.undoReset(token),
      compact: () => store.compact(),
      async close() {
        store.close();
        store.free();
      },
    };
  },
  destroy: deleteDatabase,
});

export default peer('Eventloom', false);

/** The same with a journal beside it, which counts where an append waits for both. */
export const withSecondCopy = {
  ...peer('Eventloom, second copy', true),
  durabilities: ['strict'],
  async destroy(database) {
    await deleteDatabase(database);
    localStorage.removeItem(`${database}.sentinel`);
    const folder = await navigator.storage.getDirectory();
    // Its worker lets the files go when it has ended.
    await navigator.locks.request(`${database}.journals`, async () => {
      const names = [];
      for await (const name of folder.keys()) if (name.startsWith(`${database}.journal-`)) names.push(name);
      for (const name of names) await folder.removeEntry(name);
    });
  },
};
