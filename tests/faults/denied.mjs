// What a page can't have for one opening of its store, by name: each takes it away from the page that calls it.

const refuse = (name) => {
  throw new DOMException('It is denied.', name);
};

function refuseDatabase(error) {
  const { open } = IDBFactory.prototype;
  IDBFactory.prototype.open = function (name, ...rest) {
    return name === 'kill-test' ? refuse(error) : open.call(this, name, ...rest);
  };
}

/** Without these the journal can't be asked. */
const JOURNAL = {
  'no worker': () => {
    globalThis.Worker = class {
      constructor() {
        throw new Error('no worker just now');
      }
    };
  },
  'a silent worker': () => {
    globalThis.Worker = class extends EventTarget {
      postMessage() {}
      terminate() {}
    };
  },
  'no folder': () => {
    StorageManager.prototype.getDirectory = async () => refuse('SecurityError');
  },
};

/** Without these the store doesn't open. */
const DATABASE = {
  'no database': () => refuseDatabase('SecurityError'),
  'an unreadable database': () => refuseDatabase('UnknownError'),
};

export const DENIED = {
  ...JOURNAL,
  'no local storage': () => Object.defineProperty(globalThis, 'localStorage', { get: () => refuse('SecurityError') }),
  ...DATABASE,
};

/** Whether the journal can't be asked. */
export const hidesJournal = (denied) => denied in JOURNAL;

/** Whether the store doesn't open. */
export const closesStore = (denied) => denied in DATABASE;
