// A database that lives in a worker, called from the page: one message there and one back a call.
// Bulk crosses as JSON text, which is faster than a structured clone of the objects.
import { conflict, recorded } from '../data.mjs';

const READ = ['aggregate_type', 'aggregate_id', 'version', 'position', 'event_id', 'event_type', 'schema_version', 'data', 'timestamp'];

/** The events of rows whose last column is the metadata, as JSON text. */
function events(text) {
  return JSON.parse(text).map((row) => {
    const event = {};
    READ.forEach((field, index) => (event[field] = row[index]));
    event.metadata = JSON.parse(row[READ.length]);
    return event;
  });
}

/** Starts a worker and waits until its code is loaded: what comes after touches the storage. */
export async function start(script) {
  const worker = new Worker(script, { type: 'module' });
  const waiting = new Map();
  let calls = 0;
  await new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => {
      if (data.ready) return resolve();
      const call = waiting.get(data.call);
      waiting.delete(data.call);
      if (data.error) call.reject(Object.assign(new Error(data.error.message), data.error));
      else call.resolve(data.result);
    };
  });
  const ask = (method, ...values) =>
    new Promise((resolve, reject) => {
      calls += 1;
      waiting.set(calls, { resolve, reject });
      worker.postMessage({ call: calls, method, values });
    });
  return {
    open: (database, durability) => ask('open', database, durability),
    async append(stream, expected, batch) {
      try {
        const positions = await ask('append', stream, expected, JSON.stringify(batch));
        return batch.map((event, index) => recorded(stream, expected + 1 + index, positions[index], event));
      } catch (error) {
        throw error.name === 'Conflict' ? conflict(stream, expected, error.actual) : error;
      }
    },
    importAll: (batch) => ask('importAll', JSON.stringify(batch)),
    readStream: async (stream) => events(await ask('readStream', stream)),
    readAll: async (after, limit) => events(await ask('readAll', after, limit)),
    head: (stream) => ask('head', stream),
    streams: async () =>
      JSON.parse(await ask('streams')).map(([aggregate_type, aggregate_id, version]) => ({ aggregate_type, aggregate_id, version })),
    async close() {
      await ask('close');
      worker.terminate();
    },
  };
}

/** In the worker: answers calls with the methods of `database`. */
export function serve(database) {
  onmessage = async ({ data: { call, method, values } }) => {
    try {
      postMessage({ call, result: await database[method](...values) });
    } catch (error) {
      postMessage({ call, error: { name: error.name, message: String(error.message), actual: error.actual } });
    }
  };
  postMessage({ ready: true });
}

/** Deletes a folder of the origin's private file system, unless its worker still holds files in it: then it
 * goes with the whole profile at the end. */
export async function deleteFolder(name) {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(name, { recursive: true }).catch((error) => {
    if (error.name !== 'NoModificationAllowedError') throw error;
  });
}
