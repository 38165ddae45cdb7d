// Measures the core on this machine and in Chromium, in turn, prints what it found and keeps it as JSON.
// `cargo xtask bench core` builds both and runs it: `run.mjs PROGRAM [--short]`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import configuration from '../../playwright.config.mjs';
import { serve } from '../serve.mjs';
import { report } from './report.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const target = fileURLToPath(new URL('../../target/bench/', import.meta.url));
const { values, positionals } = parseArgs({ options: { short: { type: 'boolean' } }, allowPositionals: true });
const [program] = positionals;
const short = values.short ?? false;

const native = () => JSON.parse(execFileSync(program, short ? ['--short'] : [], { encoding: 'utf8' }));

/** Each time in a page of its own, whose memory nobody has used yet. */
async function wasm(browser, address) {
  const page = await browser.newPage();
  try {
    page.on('console', (message) => console.error(`  ${message.text()}`));
    page.on('pageerror', (error) => console.error(`  ${error}`));
    await page.goto(address);
    await page.waitForFunction(() => globalThis.measure);
    return JSON.parse(await page.evaluate((short) => globalThis.measure(short), short));
  } finally {
    await page.close();
  }
}

const server = await serve(here, `${target}core`);
const browser = await chromium.launch(configuration.use.launchOptions);
try {
  const address = `http://127.0.0.1:${server.address().port}/`;
  const rounds = [];
  for (let round = 0; round < (short ? 1 : 5); round += 1) {
    rounds.push({ native: native(), wasm: await wasm(browser, address) });
  }
  console.log(report(rounds, browser.version()));
  mkdirSync(target, { recursive: true });
  writeFileSync(`${target}core.json`, `${JSON.stringify({ browser: browser.version(), rounds }, undefined, 1)}\n`);
  console.log(`All figures of all rounds are in ${target}core.json`);
} finally {
  await browser.close();
  server.close();
}
