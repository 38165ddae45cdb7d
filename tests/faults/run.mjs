// Kills a browser in the middle of appending, many times, and looks whether all that was acknowledged
// is there when it is started again. `cargo xtask test faults` builds what it needs and runs it; the
// options are that command's.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as passed } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { harm, start } from './browser.mjs';
import { Expected } from './check.mjs';
import { plan } from './plan.mjs';
import { random } from './random.mjs';
import { summary, verdict } from './report.mjs';
import { listen } from './server.mjs';

/** How long a browser may take to open its store and say what is in it. */
const PATIENCE = 60_000;
/** So many rounds on one profile, unless something is lost before. */
const LIFE = 10;

const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
const rounds = plan(Number(values.rounds ?? 100), seed);
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
  for (const { acknowledged, failed, name, message } of body) {
    if (acknowledged) {
      expected.acknowledge(acknowledged);
      row.acknowledged += acknowledged.length;
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
async function begin({ round, tabs, durability, seed }) {
  let give;
  Object.assign(talk, { round, found: [], go: new Promise((resolve) => (give = resolve)) });
  const parameters = new URLSearchParams({ round, tab: 0, tabs, durability, seed });
  browser = start(life.profile, `${origin}/?${parameters}`);
  return { answers: await found(tabs), give };
}

/** Fills in what came of a round, and ends the life of a store that lost something. */
function judge(row, answers) {
  row.refused ||= answers.find(({ error }) => error)?.error;
  row.error = undefined;
  for (const { error, upgrades, recovery, copy, findings, events } of answers) {
    row.error ??= error;
    row.recovery ??= recovery;
    if (copy !== 'kept') row.copy = copy;
    row.wiped ||= upgrades.some(({ oldVersion }) => oldVersion === 0);
    if (error) continue;
    row.found = events.length;
    row.detected ||= recovery !== null || findings.length > 0;
    row.faults = life.expected.faults({ events, findings });
    if (row.faults.length > 0) break;
    life.expected.acknowledge(events);
  }
  row.detected ||= Boolean(row.refused);
  row.lost = row.error ? life.expected.size : row.faults.filter(({ kind }) => kind === 'lost').length;
}

const rows = [];
async function run() {
  for (const round of [...rounds, undefined]) {
    const previous = rows.at(-1);
    const next = round ?? { ...rounds.at(-1), round: rounds.length + 1, tabs: 1 };
    const asGoOn = life && previous.durability === next.durability;
    let begun;
    if (life) {
      // Whoever opens it next looks at what the kill left.
      const look = asGoOn ? next : { ...previous, round: next.round, tabs: 1 };
      begun = await begin(look);
      judge(previous, begun.answers);
      if (previous.error) {
        // A store that says that it can't be read isn't lost yet: whoever loads the page again may have it.
        browser.kill();
        await browser.gone();
        begun = await begin({ ...look, tabs: 1 });
        judge(previous, begun.answers);
      }
      console.log(previous.line());
      const over = previous.refused || previous.faults.length > 0 || life.rounds >= LIFE || !asGoOn;
      if (over) await end();
    }
    if (!round) break;
    if (!life) {
      lives += 1;
      life = { profile: `${folder}/${lives}`, expected: new Expected(), rounds: 0 };
      begun = await begin(next);
      const error = begun.answers.find(({ error }) => error)?.error;
      if (error) throw new Error(`A first visit failed: ${error}`);
    }
    life.rounds += 1;
    await work(round, begun.give);
  }
}

/** Lets the tabs append, and kills them. */
async function work(round, give) {
  const row = { ...round, acknowledged: 0, failures: [], faults: [], wiped: false, detected: false, line };
  rows.push(row);
  logs.set(round.round, { expected: life.expected, row });
  const relieve = round.load ? load() : () => {};
  give();
  await passed(round.delay);
  browser.kill();
  await relieve();
  if (round.wait) await browser.gone();
  if (round.harm) harm(life.profile, round.harm, random(round.seed));
}

/** Ends a store's life: its browser, and its profile. */
async function end() {
  browser.kill();
  await browser.gone();
  rmSync(life.profile, { recursive: true, force: true, maxRetries: 20 });
  life = undefined;
}

function line() {
  const how = [this.durability, this.load && 'load', this.wait && 'wait', this.tabs > 1 && 'two tabs', this.harm];
  const came = [
    this.wiped && 'emptied by the browser',
    this.refused && `${this.error ? 'not opened' : 'opened the second time only'}: ${this.refused}`,
    this.recovery?.sentence,
    this.copy && `the second copy is ${this.copy}`,
    this.failures.length > 0 && `${this.failures.length} appends failed (${this.failures[0]})`,
    ...this.faults.slice(0, 3).map(({ kind, what }) => `${kind}: ${what}`),
    verdict(this),
  ];
  const told = (list) => list.filter(Boolean).join(', ');
  const counts = `${this.acknowledged} acknowledged, ${this.found ?? 0} found, ${this.lost} lost`;
  return `${String(this.round).padStart(4)}  ${this.delay} ms (${told(how)}): ${counts}; ${told(came)}`;
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
