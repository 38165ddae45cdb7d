// The service worker that keeps the page for when there is no network: what has to be said in JavaScript to register
// it. static/sw.js is what it does.

let policy;
/** The address, for a page that asks for trusted types. */
function trusted() {
  const address = () => new URL('sw.js', document.baseURI).href;
  policy ??= globalThis.trustedTypes?.createPolicy('eventloom-offline', { createScriptURL: address });
  return policy ? policy.createScriptURL('') : address();
}

let registration;

/**
 * Registers it. `tell` is called with `kept` once this version is, with `ready` once a newer one is, which waits to
 * be used, and with `not` and why where none can be.
 */
export async function register(tell) {
  const workers = navigator.serviceWorker;
  if (!workers) return tell('not', 'this browser has no service workers here');
  try {
    registration = await workers.register(trusted(), { updateViaCache: 'none' });
  } catch (reason) {
    return tell('not', `${reason}`);
  }
  if (!registration) return tell('not', 'they are blocked');
  const program = document.getElementById('app-glue')?.href.split('/').pop();
  // Where none was in control this page's version is what the first one keeps.
  let isNewer = Boolean(workers.controller);
  const meet = () => workers.controller?.postMessage(['runs', program]);
  workers.addEventListener('controllerchange', () => {
    if (isNewer) tell('ready', '');
    isNewer = true;
    meet();
  });
  meet();
  const watch = (worker) => {
    const look = () => {
      if (worker.state === 'installed' && registration.active) tell('ready', '');
      if (worker.state === 'activated' && worker === registration.active && !registration.waiting) tell('kept', '');
      if (worker.state === 'redundant' && !registration.active) tell('not', 'not all of it could be fetched');
    };
    worker.addEventListener('statechange', look);
    look();
  };
  for (const worker of [registration.active, registration.installing, registration.waiting]) {
    if (worker) watch(worker);
  }
  registration.addEventListener('updatefound', () => watch(registration.installing));
}

/** Uses the version that waits, in this tab from now on. */
export function switchOver() {
  const waiting = registration?.waiting;
  if (!waiting) return location.reload();
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  waiting.postMessage(['use']);
}

/** Sees to it that this version isn't opened again, since the store is a newer one's, and that the newer one is fetched. */
export async function renew() {
  // It may be asked for before this page has registered it.
  const registered = await navigator.serviceWorker?.getRegistration();
  registered?.active?.postMessage(['outdated']);
  await registered?.update().catch(() => {
    // Without a network; the browser looks again by itself.
  });
}
