// Measures the store against itself: much against little, the first time against the second. Prints ratios and
// keeps all figures. `cargo xtask bench browser --ratios [--events 1000000]`.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import configuration from '../../playwright.config.mjs';
import { serve } from '../serve.mjs';
import { aligned } from '../table.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const target = fileURLToPath(new URL('../../target/bench/', import.meta.url));
const profile = `${target}ratios-profile`;
const ROUNDS = 3;

const { values } = parseArgs({ options: { events: { type: 'string' } } });
const count = Number(values.events ?? 1_000_000);

/** What is called, how much of it, and the ratios of what it finds: their names, the two sides, the most. */
const WORKS = [
  ['great', count, [
    [`append to a stream of ${count.toLocaleString('en')} events, against one of 10`, 'great', 'small', 1.5],
    ['the first append to it after opening, against one to the small', 'first', 'small'],
  ]],
  ['first', 2_000, [['first append after opening to each of 2,000 streams, against the second', 'first', 'second', 2]]],
  ['batch', 50_000, [
    ['a batch of 50,000 sent again, against appending it', 'again', 'append', 2],
    ['the same after opening', 'opened', 'append', 2],
    ['an append of 50,000 read, against the same imported', 'readAppended', 'readImported', 1.3],
  ]],
  ['reset', 100_000, [['emptying a store of 100,000 events, against a strict append', 'reset', 'append', 1.5]]],
  ['noted', 500, [['strict append with how far the log goes noted, against without', 'noted', 'left', 1.05]]],
];

const server = await serve(here, `${target}eventloom`);
rmSync(profile, { recursive: true, force: true });
const context = await chromium.launchPersistentContext(profile, configuration.use.launchOptions);
try {
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`  ${error}`));
  await page.goto(`http://127.0.0.1:${server.address().port}/ratios.html`);
  await page.waitForFunction(() => globalThis.ratios);
  const found = {};
  const rows = [];
  for (const [work, size, ratios] of WORKS) {
    found[work] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      found[work].push(await page.evaluate(([work, size]) => globalThis.ratios[work](size), [work, size]));
    }
    for (const [title, much, little, most] of ratios) {
      const sorted = found[work].map((round) => round[much] / round[little]).toSorted((a, b) => a - b);
      const [from, ratio, to] = [sorted[0], sorted[Math.floor(ROUNDS / 2)], sorted.at(-1)].map((r) => r.toFixed(2));
      rows.push([title, most ? `≤ ${most}×` : '', `${ratio}× (${from} to ${to})`, most ? (ratio <= most ? 'yes' : 'NO') : '']);
    }
  }
  mkdirSync(target, { recursive: true });
  writeFileSync(`${target}ratios.json`, `${JSON.stringify({ count, found }, undefined, 1)}\n`);
  console.log(aligned([['', 'at most', 'is (rounds from, to)', 'reached'], ...rows]).join('\n'));
  console.log(`All figures of all rounds are in ${target}ratios.json`);
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
  server.close();
}
