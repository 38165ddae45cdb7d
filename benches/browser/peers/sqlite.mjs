// SQLite-wasm on OPFS with the VFS opfs-sahpool, in a worker. Relaxed is `synchronous = normal`, strict
// is `full`.
import { deleteFolder, start } from './remote.mjs';

const peer = (name, synchronous) => ({
  name,
  durabilities: synchronous === 'full' ? ['strict', 'bulk'] : ['relaxed', 'bulk'],
  // `opfs-disable`: another VFS, with a worker of its own, isn't used.
  prepare: () => start('peers/sqlite-worker.mjs?opfs-disable'),
  async open(database, _, prepared) {
    const store = await (prepared ?? this.prepare());
    await store.open(database, synchronous);
    return store;
  },
  destroy: deleteFolder,
});

export const full = peer('SQLite FULL', 'full');
export const normal = peer('SQLite NORMAL', 'normal');
