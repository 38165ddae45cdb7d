// The page with files of a million events: imports and exports one, plain and packed, cancels one and kills
// the browser amid another. Says how long each takes, the longest task that the page had meanwhile, and the
// most memory that its process took. `cargo xtask bench page [--events 1000000]`.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGunzip, createGzip } from 'node:zlib';
import { chromium, expect } from '@playwright/test';
import configuration from '../../playwright.config.mjs';
import { serve } from '../serve.mjs';

const target = fileURLToPath(new URL('../../target/bench/', import.meta.url));
const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const profile = `${target}page-profile`;
const { values } = parseArgs({ options: { events: { type: 'string' } } });
const count = Number(values.events ?? 1_000_000);
/** Long enough for a million events on a slow machine. */
const PATIENCE = 900_000;

const figures = [];
function keep(work, figure) {
  figures.push({ work, ...figure });
  writeFileSync(`${target}page.json`, `${JSON.stringify({ events: count, figures }, undefined, 1)}\n`);
  const { seconds, longestTask, over100, memory } = figure;
  const told = [`${seconds.toFixed(1)} s`, `${Math.round(count / seconds)} events a second`];
  if (longestTask !== undefined) told.push(`longest task ${Math.round(longestTask)} ms, ${over100} over 100 ms`);
  if (memory) told.push(`at most ${Math.round(memory / 1024)} MiB in the page's process`);
  console.log(`${work}: ${told.join(', ')}`);
}

/** A log as the page exports it: a tenth as many accounts as events, each opened and paid into in turn. */
async function write(path) {
  const streams = Math.max(1, Math.floor(count / 10));
  const out = createWriteStream(path);
  const hex = (number, digits) => number.toString(16).padStart(digits, '0');
  for (let index = 0; index < count; index += 1) {
    const version = Math.floor(index / streams) + 1;
    const [type, data] = version === 1
      ? ['AccountOpened', '{"owner":"Ada Byron","currency":"EUR"}']
      : ['MoneyDeposited', `{"amount":${index % 100_000 + 1},"reference":"salary of the month ${version}"}`];
    const id = `0199a0b0-0000-7000-8000-${hex(index, 12)}`;
    const time = new Date(1_767_600_000_000 + index).toISOString();
    const line = `{"specversion":"1.0","id":"${id}","source":"/bank_account","type":"${type}","subject":"account-${index % streams}",`
      + `"time":"${time}","datacontenttype":"application/json","data":${data},"streamversion":${version},"position":${index + 1},`
      + `"schemaversion":1,"correlationid":"${id}"}\n`;
    if (!out.write(line)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

async function digest(path, ...through) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), ...through, hash);
  return hash.digest('hex');
}

/** The processes of the browser: its own, or those that show pages. */
function processes(kind) {
  return readdirSync('/proc').filter(Number).map(Number).filter((id) => {
    try {
      const line = readFileSync(`/proc/${id}/cmdline`, 'utf8');
      // What a page's process is given names no profile.
      return kind === 'page' ? line.includes('--type=renderer') : line.includes(`--user-data-dir=${profile}`) && !line.includes('--type=');
    } catch {
      return false;
    }
  });
}

/** The memory of the greatest page, in KiB. */
function memory() {
  const sizes = processes('page').map((id) => {
    try {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return Math.max(0, ...sizes);
}

const server = await serve(dist, dist);
const address = `http://127.0.0.1:${server.address().port}/`;

async function browser() {
  const context = await chromium.launchPersistentContext(profile, { ...configuration.use.launchOptions, acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on('pageerror', (error) => console.error(`  ${error}`));
  await page.addInitScript(() => {
    globalThis.tasks = [];
    new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map((entry) => entry.duration)))
      .observe({ type: 'longtask', buffered: true });
  });
  await page.goto(address);
  await expect(page.getByRole('slider', { name: 'Version' })).toBeVisible({ timeout: PATIENCE });
  // An export that is asked for before the store is open is none, and after a kill that takes a while.
  await expect(page.getByRole('group', { name: 'Storage' })).toContainText('Saved in this browser', { timeout: PATIENCE });
  return { context, page };
}

/** That a task is noticed at all. */
async function noticesTasks(page) {
  await page.evaluate(() => setTimeout(() => { for (const begun = performance.now(); performance.now() < begun + 150;); }));
  await page.waitForFunction(() => globalThis.tasks.some((task) => task > 100), undefined, { timeout: 10_000 });
}

const status = (page, text) => expect(page.getByRole('status')).toHaveText(text, { timeout: PATIENCE });

/** Does something in the page, and says what it cost. */
async function measure(page, work, does) {
  await page.evaluate(() => { globalThis.tasks.length = 0; });
  let most = 0;
  const watch = setInterval(() => { most = Math.max(most, memory()); }, 200);
  const begun = performance.now();
  const answer = await does();
  const seconds = (performance.now() - begun) / 1_000;
  clearInterval(watch);
  // What follows an import, such as the list of streams, belongs to it.
  await page.evaluate(() => new Promise((done) => requestIdleCallback(() => setTimeout(done, 500))));
  const tasks = await page.evaluate(() => globalThis.tasks);
  keep(work, { seconds, longestTask: Math.max(0, ...tasks), over100: tasks.filter((task) => task > 100).length, memory: most });
  return answer;
}

const choose = (page, path) => page.locator('input[type=file]').setInputFiles(path);

async function importWhole(page, work, path) {
  await measure(page, work, async () => {
    await choose(page, path);
    await status(page, new RegExp(`^Imported ${count} events`));
  });
}

async function exportWhole(page, work, button, path) {
  await measure(page, work, async () => {
    const download = page.waitForEvent('download', { timeout: PATIENCE });
    await page.getByRole('button', { name: button, exact: true }).click();
    await (await download).saveAs(path);
  });
}

async function empty(page) {
  await page.getByRole('button', { name: 'Reset', exact: true }).click();
  await page.getByRole('button', { name: 'Empty store', exact: true }).click();
  await status(page, 'The store is empty.');
}

/** Waits until so much of an import is done. */
const isAt = (page, percent) => page.waitForFunction((percent) => {
  const bar = document.querySelector('progress[aria-label="Import"]');
  return bar && bar.value >= percent;
}, percent, { timeout: PATIENCE, polling: 50 });

mkdirSync(target, { recursive: true });
rmSync(profile, { recursive: true, force: true });
const plain = `${target}page.ndjson`;
const packed = `${plain}.gz`;
console.log(`Writing a file of ${count} events`);
await write(plain);
await pipeline(createReadStream(plain), createGzip({ level: 6 }), createWriteStream(packed));
const whole = await digest(plain);
console.log(`${(statSync(plain).size / 2 ** 20).toFixed(0)} MiB, packed ${(statSync(packed).size / 2 ** 20).toFixed(0)} MiB`);

let { context, page } = await browser();
await noticesTasks(page);
await empty(page);
await importWhole(page, 'import', plain);
await exportWhole(page, 'export', 'Export', `${target}page-out.ndjson`);
await exportWhole(page, 'export, packed', 'Export gzip', `${target}page-out.ndjson.gz`);
const same = [whole, await digest(`${target}page-out.ndjson`), await digest(`${target}page-out.ndjson.gz`, createGunzip())];
if (new Set(same).size !== 1) throw new Error('what was exported is not what was imported');
console.log('both exports are the bytes that were imported');
await measure(page, 'verify', async () => {
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Verification' })).toContainText(`No problems in ${count} events`, { timeout: PATIENCE });
});
await measure(page, 'reset', () => empty(page));
await importWhole(page, 'import, packed', packed);
await exportWhole(page, 'export once more', 'Export', `${target}page-out.ndjson`);
if (await digest(`${target}page-out.ndjson`) !== whole) throw new Error('the second export is not the first');

await empty(page);
await measure(page, 'import, cancelled while it is written', async () => {
  await choose(page, plain);
  await isAt(page, 60);
  await page.getByRole('button', { name: 'Cancel import' }).click();
  await expect(page.getByRole('alert')).toContainText('it was cancelled. Nothing was imported.', { timeout: PATIENCE });
});

await choose(page, plain);
await isAt(page, 80);
const gone = once(context, 'close');
for (const id of processes('own')) process.kill(id, 'SIGKILL');
await gone;
// One that is still ending would take the next one's place.
while (processes('own').length > 0) await new Promise((again) => setTimeout(again, 50));
({ context, page } = await browser());
const download = page.waitForEvent('download', { timeout: PATIENCE });
await page.getByRole('button', { name: 'Export', exact: true }).click();
await status(page, /^Exported 0 events/);
await (await download).delete();
console.log('killed amid an import: nothing of it is there');
await context.close();
server.close();
