// Keeps a version of the page whole, so that it works without a network, and so that a page, its workers and its parts
// come from one version and no other. `xtask/split` writes below what the version is made of.
//
// A version is fetched whole and checked before it is offered, into a cache of its own. It is used once nobody uses
// the one before, or when a person says so; pages that run then go on with theirs.

// Each file by its path, with the SHA-256 of its bytes.
const FILES = {};
const VERSION = '';

const SCOPE = self.registration.scope;
const PAGE = new URL('index.html', SCOPE).href;
/** The cache of a version. Several pages may lie on one origin. */
const cacheOf = (version) => `eventloom ${version} of ${SCOPE}`;
/** What is known of who uses which version, since a service worker forgets. */
const NOTES = cacheOf('notes');
/** Where it is noted that the store here was written by a newer version than this. */
const OUTDATED = 'outdated';
/** What `cargo xtask serve` and `trunk serve` say: what they serve changes while one looks. */
const CHANGING = 'eventloom-changing';

addEventListener('install', (event) => event.waitUntil(fetchAll()));
addEventListener('activate', (event) => event.waitUntil(begin()));
addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  if (method === 'GET' && url.startsWith(SCOPE)) event.respondWith(answer(event));
});
addEventListener('message', (event) => event.waitUntil(hear(event)));

async function fetchAll() {
  const cache = await caches.open(cacheOf(VERSION));
  try {
    await Promise.all(Object.entries(FILES).map(async ([path, hash]) => {
      const url = new URL(path, SCOPE).href;
      const response = await fetch(url, { cache: 'no-store' });
      if (response.headers.has(CHANGING)) {
        await self.registration.unregister();
        throw new Error('what is served here changes while one looks');
      }
      if (!response.ok) throw new Error(`${path} can't be fetched (${response.status})`);
      const bytes = await response.arrayBuffer();
      if ((await sha256(bytes)) !== hash) throw new Error(`${path} isn't that of this version`);
      await cache.put(url, new Response(bytes, { headers: lasting(response.headers) }));
    }));
  } catch (reason) {
    await caches.delete(cacheOf(VERSION));
    throw reason;
  }
}

/** What is said of a file, but for how its bytes came. */
function lasting(headers) {
  const kept = new Headers(headers);
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) kept.delete(name);
  return kept;
}

async function sha256(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function begin() {
  // The page that had it fetched gets its parts from it, too.
  await clients.claim();
  await tidy();
}

/** Removes what nobody uses any more. */
async function tidy() {
  // What is being fetched, or waits to be used, is nobody's yet.
  if (self.registration.installing || self.registration.waiting) return;
  const here = await clients.matchAll({ includeUncontrolled: true, type: 'all' });
  const notes = await caches.open(NOTES);
  const used = new Set([NOTES, cacheOf(VERSION)]);
  for (const { url } of await notes.keys()) {
    const id = new URL(url).search.slice(1);
    if (id === OUTDATED) continue;
    if (here.some((client) => client.id === id)) used.add(cacheOf(await noted(id)));
    else await notes.delete(url);
  }
  for (const name of await caches.keys()) {
    const isOurs = name.startsWith('eventloom ') && name.endsWith(` of ${SCOPE}`);
    if (isOurs && !used.has(name)) await caches.delete(name);
  }
}

const addressOf = (id) => new URL(`:uses?${id}`, SCOPE).href;

/** The version that a page or a worker uses; none where nobody knows. */
async function noted(id) {
  const note = id && (await (await caches.open(NOTES)).match(addressOf(id)));
  return note ? note.text() : undefined;
}

async function note(id, version) {
  if (id && version) await (await caches.open(NOTES)).put(addressOf(id), new Response(version));
}

async function answer({ request, clientId, resultingClientId }) {
  if (request.mode === 'navigate') return open(request, resultingClientId);
  const version = await noted(clientId);
  // A worker belongs to the page that starts it.
  await note(resultingClientId, version);
  const found = version && (await kept(version, request));
  if (found) return found;
  try {
    return await fetch(request);
  } catch (reason) {
    const last = version ? undefined : await kept(VERSION, request);
    if (last) return last;
    throw reason;
  }
}

/** A page that is opened has this version from now on. */
async function open(request, id) {
  const { origin, pathname } = new URL(request.url);
  if (![SCOPE, PAGE].includes(origin + pathname)) return fetch(request);
  if ((await noted(OUTDATED)) === VERSION) {
    try {
      // By its address: what opens a page can't be asked for in another way than it was.
      return await fetch(request.url, { cache: 'no-store' });
    } catch {
      // Without a network this one is better than none.
    }
  }
  const page = await kept(VERSION, PAGE);
  if (!page) return fetch(request);
  await note(id, VERSION);
  return page;
}

async function kept(version, request) {
  // Workers say their build behind their address.
  return (await caches.open(cacheOf(version))).match(request, { ignoreSearch: true });
}

async function hear({ data: [what, file], source }) {
  switch (what) {
    case 'runs':
      // A page that came from the network says which program it has.
      if (FILES[file] && !(await noted(source.id))) await note(source.id, VERSION);
      return tidy();
    case 'use':
      return self.skipWaiting();
    case 'outdated':
      return note(OUTDATED, VERSION);
  }
}
