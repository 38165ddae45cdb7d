// The page's database, as another program uses it.

/** A page of the same origin without the program, to do to its storage what a browser might. */
export async function besides(context, baseURL) {
  const page = await context.newPage();
  const address = `${baseURL}beside`;
  const body = '<!doctype html><link rel="icon" href="data:,">';
  await page.route(address, (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto(address);
  return page;
}

/** Deletes the page's database, as a browser may. Runs in a page beside it. */
export const deleteDatabase = () =>
  new Promise((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase('eventloom');
    deleting.onsuccess = () => resolve();
    deleting.onerror = () => reject(deleting.error);
  });

/** The worker that keeps the second copy can't be had. Runs in the page, before it starts. */
export const withoutJournal = () => {
  const Real = Worker;
  globalThis.Worker = function (address, options) {
    if (options?.name === 'eventloom journal') throw new Error('no worker just now');
    return new Real(address, options);
  };
};

/** Keeps the database busy with a transaction that writes; answers with how to let it go. */
export async function occupy(page) {
  await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open('eventloom');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const writing = database.transaction(['log'], 'readwrite');
          writing.oncomplete = () => database.close();
          window.occupied = true;
          const again = () => {
            resolve();
            if (window.occupied) writing.objectStore('log').count().onsuccess = again;
          };
          again();
        };
      }),
  );
  return () => page.evaluate(() => {
    window.occupied = false;
  });
}

/** Strict transactions are heard to end only when the test lets them. Runs in the page, before it starts. */
export const holdStrict = () => {
  const complete = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, 'oncomplete');
  window.held = [];
  Object.defineProperty(IDBTransaction.prototype, 'oncomplete', {
    ...complete,
    set(handler) {
      const hold = this.durability === 'strict' && handler;
      complete.set.call(this, hold ? (event) => window.held.push(() => handler.call(this, event)) : handler);
    },
  });
};
