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
