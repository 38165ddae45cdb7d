// The body of a function of `name`, a database, and `inWorker`, the text of inject_worker.js: from now
// on the browser's IndexedDB does to it what a plan says, and so do files, locks and local storage to
// its second copy. A plan is a kind of step, how many of that kind go well before, and the way it fails.
const originals = [];
const connections = new Set();
// Transactions that are to end badly: with this error, none where they end without a word.
const doomed = new Map();
// Transactions that are done, and of which nobody is told.
const unanswered = new Set();
let plan = null;
let turn = 0;
let gone = 0;
let hit = false;

function due(kind) {
    if (!plan || plan.kind !== kind) return null;
    if (hit && !plan.lasting) return null;
    if (gone++ < plan.nth) return null;
    hit = true;
    return plan.way;
}

function patch(prototype, method, make) {
    const original = prototype[method];
    originals.push([prototype, method, original]);
    prototype[method] = make(original);
}

const exception = name => new DOMException('so it was planned', name);
const show = (object, field, value) =>
    Object.defineProperty(object, field, { value, configurable: true });

function throwing(way) {
    const [verb, name] = way.split(' ');
    if (verb === 'throws') throw exception(name);
    return verb === 'fails' ? exception(name) : null;
}

function undo(tx, error) {
    if (error) show(tx, 'error', error);
    // It throws where the transaction is undone already.
    try { tx.abort(); } catch { }
}

function lose(database) {
    database.close();
    connections.delete(database);
    database.dispatchEvent(new Event('close'));
}

function loseWith(tx) {
    tx.addEventListener('abort', () => lose(tx.db), { once: true });
    undo(tx, null);
}

// Has a request answer with an error in the place of what it was to answer.
function fail(request, error, also) {
    const instead = event => {
        event.stopImmediatePropagation();
        request.removeEventListener('success', instead);
        request.removeEventListener('error', instead);
        also();
        show(request, 'error', error);
        request.dispatchEvent(new Event('error'));
    };
    request.addEventListener('success', instead);
    request.addEventListener('error', instead);
}

// One request of a transaction.
function ask(kind, tx, make) {
    const way = due(kind);
    if (!way) return make();
    const error = throwing(way);
    const request = make();
    if (error) {
        // A transaction that was told to commit can't be undone any more: it is undone instead.
        doomed.set(tx, error);
        fail(request, error, () => undo(tx, error));
    } else {
        loseWith(tx);
    }
    return request;
}

const isMove = tx => tx.mode === 'readwrite' && tx.objectStoreNames.contains('events');

const READS = { get: 'get', getAll: 'get all', getAllKeys: 'get all keys',
    openKeyCursor: 'cursor', openCursor: 'cursor' };
const WRITES = { add: 'add', put: 'put', delete: 'delete', clear: 'clear' };
const PUTS = { snapshots: 'snapshot put', checkpoints: 'checkpoint put' };

for (const [methods, moving] of [[READS, 'migration read'], [WRITES, 'migration write']]) {
    for (const [method, kind] of Object.entries(methods)) {
        patch(IDBObjectStore.prototype, method, original => function (...asked) {
            const tx = this.transaction;
            const make = () => original.apply(this, asked);
            if (tx.db.name !== name || tx.mode === 'versionchange') return make();
            if (isMove(tx)) return ask(moving, tx, make);
            return ask(method === 'put' ? PUTS[this.name] : kind, tx, make);
        });
    }
}

patch(IDBDatabase.prototype, 'createObjectStore', original => function (...asked) {
    const way = this.name === name && due('upgrade');
    if (way) throwing(way);
    return original.apply(this, asked);
});

patch(IDBDatabase.prototype, 'transaction', original => function (...asked) {
    const way = this.name === name && due('transaction');
    if (way === 'is lost') {
        lose(this);
        throw exception('InvalidStateError');
    }
    if (way) throwing(way);
    const tx = original.apply(this, asked);
    if (this.name !== name) return tx;
    // Heard before whoever asked for the transaction hears it.
    tx.addEventListener('complete', event => {
        if (!unanswered.delete(tx)) return;
        event.stopImmediatePropagation();
        tx.dispatchEvent(new Event('abort'));
        lose(tx.db);
    });
    return tx;
});

patch(IDBTransaction.prototype, 'objectStore', original => function (...asked) {
    const way = this.db.name === name && this.mode !== 'versionchange' && due('object store');
    if (way) throwing(way);
    return original.apply(this, asked);
});

patch(IDBTransaction.prototype, 'commit', original => function () {
    if (this.db.name !== name) return original.call(this);
    if (doomed.has(this)) return undo(this, doomed.get(this));
    const way = due(isMove(this) ? 'migration commit' : 'commit');
    if (!way) return original.call(this);
    if (way === 'is done and lost') {
        unanswered.add(this);
        return original.call(this);
    }
    if (way === 'is lost') return loseWith(this);
    if (way === 'is undone') return undo(this, null);
    undo(this, throwing(way));
});

patch(IDBFactory.prototype, 'open', original => function (...asked) {
    const way = asked[0] === name && due('open');
    const error = way && throwing(way);
    const request = original.apply(this, asked);
    if (asked[0] !== name) return request;
    if (error) fail(request, error, () => request.readyState === 'done' && !request.error
        && request.result.close());
    request.addEventListener('upgradeneeded', () => {
        if (due('upgrade commit')) queueMicrotask(() => undo(request.transaction, null));
    });
    request.addEventListener('success', () => {
        connections.add(request.result);
        if (way === 'is lost') lose(request.result);
    });
    return request;
});

// The workers that keep the journal, with those who wait until they have heard what was told last.
const workers = new Map();
let pinged = 0;
// Whether nobody waits long for who doesn't answer: not a test, at each silence.
let isImpatient = false;
const SILENT = ['dies', 'hangs', 'is held elsewhere'];
const PATIENCES = [3_000, 10_000];

const addresses = [];
let before;
function address(script) {
    addresses.push(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
    return addresses.at(-1);
}

function forget(worker) {
    for (const heard of workers.get(worker)?.values() ?? []) heard();
    workers.delete(worker);
}

function hearing(worker) {
    return new Promise(heard => {
        const pings = workers.get(worker);
        const ping = ++pinged;
        pings.set(ping, heard);
        worker.postMessage({ ping });
    });
}

function start(Original, script, options) {
    before ??= address(inWorker);
    const own = address(`import '${before}'; import '${script}';`);
    const worker = new Original(own, options);
    workers.set(worker, new Map());
    // Heard before whoever started the worker hears it.
    worker.addEventListener('message', event => {
        const { data } = event;
        if (data.hit) hit ||= data.hit === turn;
        else if (data.pong) workers.get(worker)?.get(data.pong)?.();
        else if (data.gone) forget(worker);
        else return;
        event.stopImmediatePropagation();
    }, { capture: true });
    const { terminate } = worker;
    worker.terminate = () => {
        terminate.call(worker);
        forget(worker);
    };
    worker.postMessage({ plan });
    return worker;
}

patch(globalThis, 'Worker', original => new Proxy(original, {
    construct: (_, [script, options]) => options?.name === 'eventloom journal'
        ? start(original, script, options) : new original(script, options),
}));

patch(globalThis, 'setTimeout', original => (work, millis, ...told) =>
    original(work, isImpatient && PATIENCES.includes(millis) ? 250 : millis, ...told));

patch(LockManager.prototype, 'request', original => async function (lock, ...asked) {
    const way = lock === `${name}.opening` && due('opening lock');
    if (way) throwing(way);
    return original.call(this, lock, ...asked);
});

patch(Storage.prototype, 'setItem', original => function (key, value) {
    const way = key === `${name}.sentinel` && due('sentinel');
    if (way === 'is dropped') return;
    if (way) throwing(way);
    original.call(this, key, value);
});

return {
    arm(kind, nth, way, lasting) {
        turn += 1;
        plan = { kind, nth, way, lasting, turn };
        gone = 0;
        hit = false;
        isImpatient ||= SILENT.includes(way);
        for (const worker of workers.keys()) worker.postMessage({ plan });
    },
    // Whether it came to what was planned, which from now on doesn't happen any more.
    async lift() {
        plan = null;
        for (const worker of workers.keys()) worker.postMessage({ plan });
        await Promise.all([...workers.keys()].map(hearing));
        return hit;
    },
    // From now on nobody waits long for who doesn't answer.
    hurry() {
        isImpatient = true;
    },
    // Once nobody has the journal open, everybody is patient again.
    async rest() {
        await navigator.locks.request(`${name}.journals`, () => {});
        isImpatient = false;
    },
    // Deletes the database alone, as a browser may.
    async loseDatabase() {
        await new Promise((done, refused) => {
            const request = indexedDB.deleteDatabase(name);
            request.onsuccess = done;
            request.onerror = () => refused(request.error);
        });
    },
    // Closes every connection, as the browser does when it has to.
    lose() {
        for (const database of connections) lose(database);
    },
    end() {
        for (const worker of workers.keys()) worker.terminate();
        for (const [prototype, method, original] of originals) prototype[method] = original;
        addresses.forEach(URL.revokeObjectURL);
    },
};
