// A file in the origin private file system, and locks among tabs: what has to be said in JavaScript.
// Files that are flushed exist only in workers, so this module is both sides: who imports it starts
// itself once more as a worker, which does what it is told, in order.

const here = import.meta.url;
const isWorker = typeof DedicatedWorkerGlobalScope !== 'undefined' && self instanceof DedicatedWorkerGlobalScope
  && self.name === 'eventloom journal';

/**
 * Answers with what lets a lock go, once it is held; with nothing where another holds it and `wait` is false.
 * `lost` is called where it is taken away: see `steal`.
 */
export function lock(name, wait, mode = 'exclusive', lost = () => {}) {
  return ask(name, { ifAvailable: !wait, mode }, lost);
}

/** The same at once, whoever holds it: for one that doesn't answer any more. Those who wait for it go on waiting. */
export function steal(name, lost = () => {}) {
  return ask(name, { steal: true }, lost);
}

function ask(name, options, lost) {
  return new Promise((granted, refused) => {
    const hold = (lock) => lock ? new Promise((release) => granted(release)) : granted();
    // It throws, and so refuses, where there are none. A lock that is held and taken away is refused late.
    navigator.locks.request(name, options, hold).catch((error) => {
      refused(error);
      lost(error);
    });
  });
}

/** How many hold a lock. */
export async function holders(name) {
  const { held } = await navigator.locks.query();
  return held.filter((lock) => lock.name === name).length;
}

/** The worker's side: one file, opened by the first message. */
if (isWorker) {
  let handle;
  // The name of its file.
  let opened;
  // Once a change failed, those after it would leave a hole: none is made until the file was read again.
  let broken;
  // Another tab has taken it over meanwhile.
  let lost;
  const take = async (folder) => {
    const file = await folder.getFileHandle(opened, { create: true });
    handle = undefined;
    for (let tries = 1; !handle; tries++) {
      handle = await file.createSyncAccessHandle().catch((error) => {
        // The tab that had it is gone, but the browser hasn't heard that yet; nothing tells when. A busy machine
        // takes a second for it, and who opens without the file opens without what only that holds.
        if (error.name !== 'NoModificationAllowedError' || tries === 250) throw error;
        return new Promise((again) => setTimeout(again, 20));
      });
    }
  };
  const does = {
    /** Whether it is open: not where another tab has the lock and `wait` is false. */
    async open(name, how, of) {
      // Held until the worker ends, which is after the file was closed; who loses it writes no more.
      const lose = (error) => { lost = error; };
      const held = how === 'steal' ? await steal(of, lose) : await lock(of, how === 'wait', 'exclusive', lose);
      if (!held) return false;
      const folder = await navigator.storage.getDirectory();
      opened = name;
      await take(folder);
      return true;
    },
    read(at, length) {
      broken = undefined;
      const bytes = new Uint8Array(Math.max(0, Math.min(length, handle.getSize() - at)));
      return bytes.subarray(0, handle.read(bytes, { at }));
    },
    change(cut, writes, flush) {
      if (lost || broken) throw lost || broken;
      try {
        if (cut >= 0) handle.truncate(cut);
        for (const [at, bytes] of writes) {
          const written = handle.write(bytes, { at });
          if (written !== bytes.byteLength) throw new DOMException('the disk is full', 'QuotaExceededError');
        }
        if (flush) handle.flush();
      } catch (error) {
        broken = error;
        throw error;
      }
    },
    /** Gives the file another name, and begins a new one under its own. */
    async aside(to) {
      if (lost) throw lost;
      handle.close();
      try {
        if (!await moveFile(opened, to)) throw new DOMException('a file has that name already', 'InvalidStateError');
      } finally {
        await take(await navigator.storage.getDirectory());
      }
    },
    async remove() {
      handle.close();
      handle = undefined;
      const folder = await navigator.storage.getDirectory();
      await folder.removeEntry(opened);
    },
    close() {
      handle?.close();
      self.close();
    },
  };
  // One after the other: opening takes a while.
  let before = Promise.resolve();
  self.onmessage = ({ data: [what, ...told] }) => {
    before = before
      .then(() => does[what](...told))
      .then((value) => self.postMessage({ value }), (error) => self.postMessage({ error }));
  };
}

let policy;
/** The address of this module, for a page that asks for trusted types. */
function trusted() {
  policy ??= globalThis.trustedTypes?.createPolicy('eventloom-journal', { createScriptURL: () => here });
  return policy ? policy.createScriptURL('') : here;
}

/** So long, in milliseconds, a worker may be silent while something is asked of it: nothing tells of one that died. */
const PATIENCE = 10_000;

/** A file in a worker of its own. Answers come in the order of the calls. */
export class OpfsFile {
  #worker = new Worker(trusted(), { type: 'module', name: 'eventloom journal' });
  #waiting = [];
  #isOpen = false;
  #silence;
  #failed;
  #isLost = false;

  constructor() {
    this.#worker.onmessage = ({ data: { value, error } }) => {
      const [answer, refuse] = this.#waiting.shift();
      this.#listen();
      // Its lock was taken away: whoever did that has another file.
      this.#isLost ||= error?.name === 'AbortError';
      if (error) refuse(error);
      else answer(value);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(event.message || 'its worker failed');
    };
  }

  /** Waits for the next answer, but not for ever. */
  #listen() {
    clearTimeout(this.#silence);
    if (this.#waiting.length) this.#silence = setTimeout(() => this.#fail('its worker doesn\'t answer'), PATIENCE);
  }

  /** There is no worker any more: the lock that it held is free for another. */
  #fail(reason) {
    clearTimeout(this.#silence);
    this.#worker.terminate();
    this.#failed = new Error(reason);
    for (const [, refuse] of this.#waiting.splice(0)) refuse(this.#failed);
  }

  #ask(message, moved = []) {
    if (this.#failed) return Promise.reject(this.#failed);
    return new Promise((answer, refuse) => {
      this.#waiting.push([answer, refuse]);
      if (this.#waiting.length === 1) this.#listen();
      this.#worker.postMessage(message, moved);
    });
  }

  /** Whether it can't be written any more: its worker is gone, or another has its lock. */
  get failed() {
    return this.#isLost || this.#failed !== undefined;
  }

  /** `how` is what to do where another tab has the lock `of`: 'wait', 'steal', or nothing of the kind. */
  async open(name, how, of) {
    const open = this.#ask(['open', name, how, of]);
    // The tab that has it may keep it for hours.
    if (how === 'wait') clearTimeout(this.#silence);
    this.#isOpen = await open;
    return this.#isOpen;
  }

  read(at, length) {
    return this.#ask(['read', at, length]);
  }

  change(cut, writes, flush) {
    return this.#ask(['change', cut, writes, flush], writes.map(([, bytes]) => bytes.buffer));
  }

  aside(name) {
    return this.#ask(['aside', name]);
  }

  remove() {
    return this.#ask(['remove']);
  }

  /** After what was asked for before. One that still waits to be opened waits no longer. */
  close() {
    if (this.#isOpen) this.#ask(['close']).catch(() => {});
    else {
      clearTimeout(this.#silence);
      this.#worker.terminate();
    }
  }
}

export async function removeFile(name) {
  const folder = await navigator.storage?.getDirectory?.();
  await folder?.removeEntry(name).catch((error) => {
    if (error.name !== 'NotFoundError') throw error;
  });
}

/** The names of the files that begin so. */
export async function filesOf(beginning) {
  const names = [];
  const folder = await navigator.storage.getDirectory();
  for await (const name of folder.keys()) {
    if (name.startsWith(beginning)) names.push(name);
  }
  return names;
}

/** Gives a file that nobody has open another name, unless a file has that already; answers whether it did. */
async function moveFile(from, to) {
  const folder = await navigator.storage.getDirectory();
  const isTaken = await folder.getFileHandle(to).then(() => true, (error) => {
    // A folder of that name is in the way as well.
    if (error.name === 'TypeMismatchError') return true;
    if (error.name !== 'NotFoundError') throw error;
    return false;
  });
  if (isTaken) return false;
  await (await folder.getFileHandle(from)).move(to);
  return true;
}

/** The bytes of a file, as a file that the browser keeps where it is; nothing where there is none. */
export async function fileOf(name) {
  const folder = await navigator.storage.getDirectory();
  const file = await folder.getFileHandle(name).catch((error) => {
    if (error.name !== 'NotFoundError') throw error;
  });
  return file?.getFile();
}
