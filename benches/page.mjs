// What the built page costs its users: bytes, the time to the first interaction, and the import of a
// log. `trunk build --release && node benches/page.mjs [LOG.ndjson]`
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { chromium } from '@playwright/test';
import configuration from '../playwright.config.mjs';
import { address } from '../tests/e2e/server.mjs';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const rounds = 5;
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

function bytes() {
  const sizes = {};
  for (const name of readdirSync(dist, { recursive: true })) {
    const file = `${dist}/${name}`;
    if (!statSync(file).isFile()) continue;
    const kind = name.split('.').pop();
    // Fonts and pictures are compressed already.
    const sent = ['woff2', 'png'].includes(kind) ? statSync(file).size : brotliCompressSync(readFileSync(file)).length;
    sizes[kind] = (sizes[kind] ?? 0) + sent;
  }
  for (const [kind, size] of Object.entries(sizes)) console.log(`${kind}: ${size} bytes over the wire`);
}

/** When an attribute of the slider first has a value, in milliseconds since the navigation. */
const whenSlider = (page, attribute, value) =>
  page.evaluate(
    ([attribute, value]) =>
      new Promise((resolve) => {
        const look = () => {
          const slider = document.querySelector('[role=slider]');
          if (slider?.getAttribute(attribute) !== value) return false;
          resolve(performance.now());
          return true;
        };
        if (look()) return;
        const watcher = new MutationObserver(() => look() && watcher.disconnect());
        watcher.observe(document, { subtree: true, childList: true, attributes: true });
      }),
    [attribute, value],
  );

async function coldLoads(browser) {
  const shown = [];
  const answered = [];
  for (let round = 0; round < rounds; round += 1) {
    // A context of its own has neither cache nor database.
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(address, { waitUntil: 'commit' });
    shown.push(await whenSlider(page, 'aria-valuemax', '9'));
    const before = await page.evaluate(() => performance.now());
    const stepped = whenSlider(page, 'aria-valuenow', '8');
    await page.keyboard.press('ArrowLeft');
    answered.push((await stepped) - before);
    await context.close();
  }
  console.log(`cold load: the story is there after ${median(shown).toFixed(0)} ms`);
  console.log(`the first key is answered ${median(answered).toFixed(0)} ms after it was pressed, test driver included`);
}

async function imports(browser, log) {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
  const page = await browser.newPage();
  await page.goto(address);
  await whenSlider(page, 'aria-valuemax', '9');
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.evaluate(() => {
    window.imported = new Promise((resolve) => {
      const from = performance.now();
      const watcher = new MutationObserver(() => {
        const said = document.querySelector('[role=status]')?.textContent ?? '';
        if (said.startsWith('Imported')) resolve([said, performance.now() - from]);
      });
      watcher.observe(document.body, { subtree: true, childList: true, characterData: true });
    });
  });
  await (await chooser).setFiles(log);
  const [said, took] = await page.evaluate(() => window.imported);
  console.log(`${said} (${took.toFixed(0)} ms)`);
  // A case picked at random shows its history and state.
  const { source, subject } = lines[Math.floor(Math.random() * lines.length)];
  const history = lines.filter((line) => line.source === source && line.subject === subject);
  const aggregateType = source.replace(/^\//, '');
  await page.goto(`${address}#/${encodeURIComponent(aggregateType)}/${encodeURIComponent(subject)}`);
  await whenSlider(page, 'aria-valuemax', String(history.length));
  const listed = await page.getByRole('option').filter({ hasText: /^v\d+/ }).allInnerTexts();
  const told = listed.map((text) => text.replace(/\s+/g, ' '));
  const same = history.every((line, index) => told[index]?.includes(line.type));
  console.log(`case ${subject}: ${history.length} events, ${same ? 'each listed' : `listed otherwise: ${told}`}`);
  console.log((await page.getByRole('tree', { name: 'State' }).innerText()).replace(/\n+/g, '\n'));
  await page.screenshot({ path: 'target/e2e/screenshots/a-case-of-the-log.png', fullPage: true });
}

bytes();
const server = spawn('node', [fileURLToPath(new URL('../tests/e2e/server.mjs', import.meta.url))]);
await once(server.stdout, 'data');
const browser = await chromium.launch(configuration.use.launchOptions);
try {
  await coldLoads(browser);
  if (process.argv[2]) await imports(browser, process.argv[2]);
} finally {
  await browser.close();
  server.kill();
}
