// PGlite (PostgreSQL in wasm) on OPFS, in a worker. Relaxed is its `relaxedDurability`.
import { deleteFolder, start } from './remote.mjs';

export default {
  name: 'PGlite',
  prepare: () => start('peers/pglite-worker.mjs'),
  async open(database, durability, prepared) {
    const store = await (prepared ?? this.prepare());
    await store.open(database, durability);
    return store;
  },
  destroy: deleteFolder,
};
