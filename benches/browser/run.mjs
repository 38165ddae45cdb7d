// Measures Eventloom's store against its peers in Chromium, prints what it found and keeps it as JSON.
// `cargo xtask bench browser` builds what it needs and runs it; the options are that command's.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import configuration from '../../playwright.config.mjs';
import { serve } from '../serve.mjs';
import { table, targets } from './report.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const target = fileURLToPath(new URL('../../target/bench/', import.meta.url));

const { values } = parseArgs({
  options: {
    short: { type: 'boolean' },
    events: { type: 'string' },
    // For work on a peer: `node benches/browser/run.mjs --short --only Dexie`.
    only: { type: 'string', multiple: true },
  },
});
const count = Number(values.events ?? (values.short ? 2_000 : 100_000));
const sizes = values.short ? { single: 50, batches: 5 } : { single: 500, batches: 50 };

/** On disk: a private context would keep its databases in memory. */
async function measure(address) {
  const profile = `${target}profile`;
  rmSync(profile, { recursive: true, force: true });
  const launch = configuration.use.launchOptions;
  const context = await chromium.launchPersistentContext(profile, {
    ...launch,
    args: [...launch.args, '--js-flags=--expose-gc'],
  });
  try {
    const page = await context.newPage();
    page.on('console', (message) => console.error(`  ${message.text()}`));
    page.on('pageerror', (error) => console.error(`  ${error}`));
    await page.exposeFunction('keepRounds', (found) => keep({ browser: context.browser()?.version(), ...found }));
    await page.goto(address);
    await page.waitForFunction(() => globalThis.bench);
    const options = { count, ...sizes, rounds: 3, only: values.only };
    await page.evaluate((options) => globalThis.bench(options, globalThis.keepRounds), options);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

let found;
let reached;
/** After each round, so that a run that is broken off was not for nothing. */
function keep(rounds) {
  found = rounds;
  reached = targets(found);
  const { devDependencies: peers } = JSON.parse(readFileSync(`${here}package.json`, 'utf8'));
  mkdirSync(target, { recursive: true });
  writeFileSync(`${target}browser.json`, `${JSON.stringify({ ...found, peers, targets: reached }, undefined, 1)}\n`);
}

const server = await serve(here, `${target}eventloom`);
try {
  await measure(`http://127.0.0.1:${server.address().port}/`);
  console.log(table(found, reached));
  for (const [peer, why] of Object.entries(found.faults)) console.log(`${peer} is not timed further. ${why}`);
  console.log(`All figures of all rounds are in ${target}browser.json`);
  if (found.faults.Eventloom) process.exitCode = 1;
} finally {
  server.close();
}
