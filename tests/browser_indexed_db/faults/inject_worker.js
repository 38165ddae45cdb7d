// Runs in the journal's worker before what it is there for: files and locks fail there as a plan says,
// which the page tells. See inject.js beside this file.
let plan = null;
let gone = 0;
let hit = false;
let isSilent = false;
const post = self.postMessage.bind(self);
const end = self.close.bind(self);

self.postMessage = message => isSilent || post(message);
self.close = () => {
    post({ gone: true });
    end();
};

self.addEventListener('message', event => {
    const { data } = event;
    if (Array.isArray(data)) {
        if (isSilent) event.stopImmediatePropagation();
        return;
    }
    event.stopImmediatePropagation();
    if (data.ping) return post({ pong: data.ping });
    ({ plan } = data);
    gone = 0;
    hit = false;
});

function due(kind) {
    if (!plan || plan.kind !== kind) return null;
    if (hit && !plan.lasting) return null;
    if (gone++ < plan.nth) return null;
    hit = true;
    post({ hit: plan.turn });
    return plan.way;
}

const exception = name => new DOMException('so it was planned', name);

// A step in the place of which something else happens: `part` is as much of it as there is then.
function step(kind, go, part = () => {}) {
    const way = due(kind);
    if (!way) return go();
    if (way === 'is held elsewhere' || way === 'is cut short') return part();
    if (way === 'is done and throws') go();
    if (way === 'is half done' || way === 'dies') part();
    if (way === 'dies') self.close();
    isSilent ||= way === 'dies' || way === 'hangs';
    throw exception(way.startsWith('throws ') ? way.slice(7) : 'UnknownError');
}

function patch(prototype, method, make) {
    prototype[method] = make(prototype[method]);
}

const file = FileSystemSyncAccessHandle.prototype;

for (const [method, kind] of [['read', 'journal read'], ['flush', 'journal flush'], ['truncate', 'journal truncate']]) {
    patch(file, method, original => function (...asked) {
        return step(kind, () => original.apply(this, asked));
    });
}

patch(file, 'write', original => function (bytes, where) {
    const half = () => original.call(this, bytes.subarray(0, bytes.length >> 1), where);
    return step('journal write', () => original.call(this, bytes, where), half);
});

patch(FileSystemFileHandle.prototype, 'createSyncAccessHandle', original => async function () {
    return step('journal open', () => original.call(this));
});

patch(LockManager.prototype, 'request', original => async function (name, options, hold) {
    const held = () => options.ifAvailable ? hold(null) : new Promise(() => {});
    return step('journal lock', () => original.call(this, name, options, hold), held);
});

// Whoever tries in vain to open a file tries again at once. One that somebody really has open still is waited for:
// the browser takes its time to hear that a worker is gone.
patch(self, 'setTimeout', original => (work, millis) =>
    original.call(self, work, plan?.kind === 'journal open' ? 0 : millis));
