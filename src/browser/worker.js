// The worker that is built beside the page: what has to be said in JavaScript to start it. static/work.js
// is how it begins.

/** Where it is. Named after the build, so that a browser doesn't take another one's out of its cache. */
function address() {
  const build = document.getElementById('app-wasm')?.href.split('/').pop() ?? '';
  return new URL(`work.js?${build}`, document.baseURI).href;
}

let policy;
/** The address, for a page that asks for trusted types. */
function trusted() {
  policy ??= globalThis.trustedTypes?.createPolicy('eventloom-worker', { createScriptURL: address });
  return policy ? policy.createScriptURL('') : address();
}

/** A worker of one's own. `hear` is called with each message, and `failed` once with why there won't be more. */
export class OwnWorker {
  #worker;
  // A message that is posted before the worker listens is lost.
  #waiting = [];

  constructor(hear, failed) {
    this.#worker = new Worker(trusted(), { type: 'module', name: 'eventloom work' });
    this.#worker.onmessage = ({ data }) => {
      if (data[0] === 'ready') {
        for (const message of this.#waiting) this.#worker.postMessage(message);
        this.#waiting = undefined;
      } else if (data[0] === 'failed') failed(data[1]);
      else hear(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      failed(event.message ?? '');
    };
  }

  post(message) {
    if (this.#waiting) this.#waiting.push(message);
    else this.#worker.postMessage(message);
  }

  /** Nothing is heard of it any more. */
  end() {
    this.#worker.onmessage = this.#worker.onerror = null;
    this.#worker.terminate();
  }
}
