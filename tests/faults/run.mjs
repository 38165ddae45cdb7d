// Kills a browser in the middle of appending, many times, and looks whether all that was acknowledged
// is there when it is started again. `cargo xtask test faults` builds what it needs and runs it; the
// options are that command's.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as passed } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { befell, misstated, opened } from './befell.mjs';
import { start } from './browser.mjs';
import { Expected } from './check.mjs';
import { closesStore, hidesJournal } from './denied.mjs';
import { AN_OLDER_ONE, JOURNAL_HARM, forgetOlder, harm, keepOlder } from './harm.mjs';
import { PLAIN, plan } from './plan.mjs';
import { random } from './random.mjs';
import { line, summary, verdict } from './report.mjs';
import { listen } from './server.mjs';

/** How long a browser may take to open its store and say what is in it. */
const PATIENCE = 60_000;
/** So long a tab is frozen: longer than another waits for it, and takes the journal over. */
const FROZEN = 7_000;
/** So long the second copy may take to be filled again and read whole before its database is harmed. */
const FILLING = 10_000;
/** So long each tab pauses meanwhile between its appends: a store that grows slows the rounds after it. */
const PAUSE = 100;

const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
const rounds = plan(Number(values.rounds ?? 300), seed);
console.log(`${rounds.length} rounds from the seed ${seed}`);

// What the tabs of the browser that runs now said they found, and who waits for it.
const talk = { round: 0, found: [], complete() {}, go: Promise.resolve() };
/** For each round, what is to be there and its row: an answer may be read after its browser's end. */
const logs = new Map();

function hear(kind, round, tab, body) {
  if (kind === 'found') {
    if (round !== talk.round) return;
    talk.found[tab] = body;
    talk.complete();
    return;
  }
  const { expected, row } = logs.get(round);
  for (const { acknowledged, copy, failed, name, message } of body) {
    if (acknowledged) {
      expected.acknowledge(acknowledged);
      row.acknowledged += acknowledged.length;
      row.copies[tab] = copy;
      row.heard[tab] += acknowledged.length;
      continue;
    }
    row.failures.push(`${name}: ${message}`);
    if (name === 'Conflict') expected.refuse(failed);
    else expected.fail(failed);
  }
}

/** What each tab of a browser that was started found. */
async function found(tabs) {
  const waited = new AbortController();
  const complete = new Promise((resolve) => {
    talk.complete = () => talk.found.filter(Boolean).length === tabs && resolve();
    talk.complete();
  });
  const late = passed(PATIENCE, undefined, { signal: waited.signal }).catch(() => {});
  await Promise.race([complete, late]);
  waited.abort();
  const answers = Array.from({ length: tabs }, (_, tab) => talk.found[tab]);
  return answers.map((answer) => answer ?? { error: `It said nothing for ${PATIENCE / 1000} seconds.`, upgrades: [] });
}

/** Threads that keep every core busy, until they are ended. */
function load() {
  const burn = 'for (;;);';
  const threads = Array.from({ length: 2 * availableParallelism() }, () => new Worker(burn, { eval: true }));
  return () => Promise.all(threads.map((thread) => thread.terminate()));
}

const here = fileURLToPath(new URL('.', import.meta.url));
const target = fileURLToPath(new URL('../../target/', import.meta.url));
mkdirSync(`${target}faults`, { recursive: true });
const folder = mkdtempSync(`${target}faults/profile-`);
let browser;
let lives = 0;
let life;

const server = await listen(here, `${target}bench/eventloom`, hear, () => talk.go);
const origin = `http://127.0.0.1:${server.address().port}`;

/** Starts the browser for a round, or only to look, and answers with what its tabs found. */
async function begin({ round, tabs, durability, seed, denied, moves, counts, freezes }) {
  let give;
  Object.assign(talk, { round, found: [], go: new Promise((resolve) => (give = resolve)) });
  const parameters = new URLSearchParams({ round, tab: 0, tabs, durability, seed });
  if (denied) parameters.set('denied', denied);
  if (freezes) parameters.set('pause', PAUSE);
  if (moves) parameters.set('moves', '');
  if (counts) parameters.set('counts', '');
  browser = start(life.profile, `${origin}/?${parameters}`);
  return { answers: await found(tabs), give };
}

async function leave() {
  browser.kill();
  await browser.gone();
}

/** Opens the store where its database can't be had: it has to refuse. */
async function refuses(row, look) {
  const { answers } = await begin({ ...look, counts: undefined });
  await leave();
  row.early = opened(answers);
  row.closed = answers[0].error;
}

/** Fills in what came of a round, and ends the life of a store that lost something. */
function judge(row, look, answers) {
  row.refused ||= answers.find(({ error }) => error)?.error;
  row.error = undefined;
  row.recovery ??= answers.find(({ recovery }) => recovery)?.recovery;
  row.wiped ||= answers.some(({ upgrades }) => upgrades.some(({ oldVersion }) => oldVersion === 0));
  row.left ??= answers[0].left;
  const told = row.durability === 'strict' && answers.find(({ error }) => !error);
  // What is there when it is judged again is what it goes on from since.
  const { older, expected } = life;
  const { size } = expected;
  if (told) row.misled ??= expected.misled({ ...told, recovery: row.recovery }, befell(row, { size, older }));
  row.faults = [...row.early, ...(row.misled ?? [])];
  for (const { error, recovery, copy, findings, events } of answers) {
    row.error ??= error;
    if (copy !== 'kept') row.copy = copy;
    if (error) continue;
    row.found = events.length;
    row.detected ||= Boolean(recovery) || findings.length > 0;
    row.faults.push(...life.expected.faults({ events, findings }));
    row.faults.push(...misstated(copy, hidesJournal(look.denied)));
    if (row.faults.length > 0) break;
    life.expected.goesOn(look.round, events);
  }
  row.detected ||= Boolean(row.refused);
  row.lost = row.error ? life.expected.size : row.faults.filter(({ kind }) => kind === 'lost').length;
}

const rows = [];
async function run() {
  for (const round of [...rounds, undefined]) {
    const previous = rows.at(-1);
    const next = round ?? { ...rounds.at(-1), ...PLAIN, round: rounds.length + 1, tabs: 1 };
    const asGoOn = life && !next.begins;
    let begun;
    if (life) {
      // Whoever opens it next looks at what the kill left.
      const look = asGoOn ? { ...next } : { ...previous, ...PLAIN, round: next.round, tabs: 1 };
      if (previous.moves) look.counts = true;
      if (look.keeps) {
        await browser.gone();
        keepOlder(life.profile);
        life.older = { kept: life.expected.size };
      }
      if (closesStore(look.denied)) {
        await refuses(previous, look);
        look.denied = undefined;
      }
      begun = await begin(look);
      judge(previous, look, begun.answers);
      if (previous.error) {
        // A store that says that it can't be read isn't lost yet: whoever loads the page again may have it.
        await leave();
        look.denied = undefined;
        begun = await begin({ ...look, tabs: 1 });
        judge(previous, look, begun.answers);
      }
      if (look.keeps) life.older.after = life.expected.size;
      console.log(line(previous));
      const over = previous.refused || previous.faults.length > 0 || !asGoOn;
      if (over) await end();
    }
    if (!round) break;
    if (!life) begun = await firstVisit(next);
    await work(round, begun);
  }
}

/** Begins another store: the browser makes it, and only then something may be denied to it. */
async function firstVisit(round) {
  lives += 1;
  life = { profile: `${folder}/${lives}`, expected: new Expected(), isSound: true };
  const made = await visit({ ...round, denied: undefined });
  life.expected.goesOn(round.round, made.answers[0].events);
  if (!round.denied || closesStore(round.denied)) return made;
  await leave();
  return visit(round);
}

async function visit(round) {
  const begun = await begin(round);
  const error = begun.answers.find(({ error }) => error)?.error;
  if (error) throw new Error(`A first visit failed: ${error}`);
  return begun;
}

/** Lets the tabs append, and kills them. */
async function work(round, { give, answers }) {
  const row = { ...round, acknowledged: 0, failures: [], faults: [], early: [], wiped: false, detected: false };
  row.heard = answers.map(() => 0);
  row.copies = answers.map(({ copy }) => copy);
  rows.push(row);
  logs.set(round.round, { expected: life.expected, row });
  const relieve = round.load ? load() : () => {};
  give();
  await passed(round.delay);
  if (round.freezes) await freeze(row);
  if (round.harm && !JOURNAL_HARM.includes(round.harm) && !life.isSound) await kept(row);
  browser.kill();
  await relieve();
  if (round.wait) await browser.gone();
  // What no copy but the database has by then may be lost with it.
  if (isKept(row)) life.isSound = true;
  if (hidesJournal(round.denied) || round.freezes || JOURNAL_HARM.includes(round.harm)) life.isSound = false;
  if (round.harm) row.spared = !mayHarm(round.harm) || !harm(life.profile, round.harm, random(round.seed));
}

const isKept = ({ copies }) => copies.every((copy) => copy === 'kept');

/** Waits until the second copy is known to be whole, but not for ever. */
async function kept(row) {
  const from = performance.now();
  while (!isKept(row) && performance.now() - from < FILLING) await passed(20);
}

/** Whether another copy has all that this takes. */
function mayHarm(what) {
  if (what === AN_OLDER_ONE && !life.older) return false;
  return JOURNAL_HARM.includes(what) || life.isSound;
}

/** Stops one of two tabs for some time, and lets it go on for as long as it had. */
async function freeze(row) {
  const wake = browser.freeze(random(row.seed));
  try {
    // What it said before is still on its way.
    await passed(FROZEN / 7);
    const before = [...row.heard];
    await passed(FROZEN - FROZEN / 7);
    row.frozen = row.heard.map((heard, tab) => heard - before[tab]);
  } finally {
    wake();
  }
  if (Math.min(...row.frozen) > 0) throw new Error('No tab was frozen.');
  await passed(row.delay);
}

/** Ends a store's life: its browser, and its profile. */
async function end() {
  await leave();
  rmSync(life.profile, { recursive: true, force: true, maxRetries: 20 });
  forgetOlder(life.profile);
  life = undefined;
}

try {
  await run();
  console.log(summary(rows, seed));
  if (rows.some((row) => verdict(row) === 'FAILED')) process.exitCode = 1;
} finally {
  browser?.kill();
  await browser?.gone();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
}
