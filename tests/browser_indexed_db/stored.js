// Puts what `tests/stored` holds back into the browser, as the release that wrote it left it.

/** What a gzip file holds. */
export async function unpacked(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const ask = (request) =>
  new Promise((answer, refuse) => {
    request.onsuccess = () => answer(request.result);
    request.onerror = () => refuse(request.error);
  });

const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** Makes a database of a stored one, but for some segments of its log. */
export async function putDatabase(name, text, without) {
  const { version, stores } = JSON.parse(text, (_, value) => (value?.$bytes === undefined ? value : bytes(value.$bytes)));
  const opening = indexedDB.open(name, version);
  opening.onupgradeneeded = () => {
    for (const { name, keyPath, autoIncrement, indexes } of stores) {
      const store = opening.result.createObjectStore(name, { keyPath, autoIncrement });
      for (const { name, keyPath, unique, multiEntry } of indexes) store.createIndex(name, keyPath, { unique, multiEntry });
    }
  };
  const database = await ask(opening);
  const transaction = database.transaction(stores.map(({ name }) => name), 'readwrite');
  for (const { name, keyPath, next, records } of stores) {
    const store = transaction.objectStore(name);
    if (next > 1) {
      store.add({ [keyPath]: next - 1 });
      store.delete(next - 1);
    }
    for (const record of records) {
      if (!without.includes(record.segment)) store.add(record);
    }
  }
  await new Promise((done, failed) => {
    transaction.oncomplete = done;
    transaction.onabort = () => failed(transaction.error);
  });
  database.close();
}

/** Notes beside a store what local storage held of it. */
export function putSentinel(name, text) {
  const { sentinel } = JSON.parse(text);
  if (sentinel) localStorage.setItem(`${name}.sentinel`, sentinel);
}
