// Opens a store of a million events in 10,001 streams: after it was closed, after the browser was killed
// (SIGKILL to its process) just after 1,000 single appends, and with no saved index at all.
// `cargo xtask bench browser --great [--events 1000000]`.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import configuration from '../../playwright.config.mjs';
import { serve } from '../serve.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const target = fileURLToPath(new URL('../../target/bench/', import.meta.url));
const profile = `${target}great-profile`;
const ROUNDS = 3;
const STREAMS = 10_000;
const APPENDS = 1_000;

const { values } = parseArgs({ options: { events: { type: 'string' }, only: { type: 'string', multiple: true } } });
const count = Number(values.events ?? 1_000_000);
const peers = ['Eventloom', 'SQLite FULL', 'bare IndexedDB'].filter((name) => !values.only || values.only.includes(name));

const server = await serve(here, `${target}eventloom`);
const address = `http://127.0.0.1:${server.address().port}/great.html`;

/** A browser of its own with the same profile. */
async function browser() {
  const context = await chromium.launchPersistentContext(profile, configuration.use.launchOptions);
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`  ${error}`));
  await page.goto(address);
  await page.waitForFunction(() => globalThis.great);
  const call = (method, ...given) => page.evaluate(([method, given]) => globalThis.great[method](...given), [method, given]);
  return { context, call };
}

/** The browser's own process: that of this profile which is no other's child. */
function processOf() {
  return readdirSync('/proc').filter(Number).map(Number).find((id) => {
    try {
      const line = readFileSync(`/proc/${id}/cmdline`, 'utf8');
      return line.includes(`--user-data-dir=${profile}`) && !line.includes('--type=');
    } catch {
      return false;
    }
  });
}

const found = { count, streams: STREAMS + 1, results: {} };
function keep(work, name, figure) {
  ((found.results[work] ??= {})[name] ??= []).push(figure);
  console.log(`${work}, ${name}: ${figure.toFixed(2)} ms`);
  writeFileSync(`${target}great.json`, `${JSON.stringify(found, undefined, 1)}\n`);
}

async function opened(name, how) {
  const { context, call } = await browser();
  const { opening, sparse, head } = await call('open', name, count, STREAMS);
  keep(`open ${how}`, name, opening);
  keep(`1,000 spread over the store ${how}`, name, sparse);
  keep(`a head ${how}`, name, head);
  await context.close();
}

mkdirSync(target, { recursive: true });
rmSync(profile, { recursive: true, force: true });
try {
  for (const name of peers) {
    const { context, call } = await browser();
    keep('import', name, await call('make', name, count, STREAMS));
    await context.close();
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of peers) await opened(name, 'after it was closed');
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of peers) {
      const { context, call } = await browser();
      await call('append', name, count + round * APPENDS, APPENDS);
      const ended = new Promise((resolve) => context.once('close', resolve));
      process.kill(processOf(), 'SIGKILL');
      await ended;
      await opened(name, 'after a kill');
    }
  }
  if (peers.includes('Eventloom')) {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { context, call } = await browser();
      await call('unsave', 'Eventloom');
      await context.close();
      await opened('Eventloom', 'without a saved index');
    }
  }
  console.log(`All figures are in ${target}great.json`);
} finally {
  server.close();
  rmSync(profile, { recursive: true, force: true });
}
