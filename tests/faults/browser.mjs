// A Chromium with a profile on disk, in a process group of its own, so that all of it can be killed
// at once; and what is done to its database's files while it is down.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as passed } from 'node:timers/promises';
import configuration from '../../playwright.config.mjs';

const { executablePath, args } = configuration.use.launchOptions;
/** How long a killed group may take to be gone. */
const PATIENCE = 20_000;

/** Starts Chromium at an address. */
export function start(profile, address) {
  const flags = [
    ...args,
    '--headless',
    '--no-sandbox',
    '--no-default-browser-check',
    '--disable-breakpad',
    '--disable-background-timer-throttling',
    '--disable-renderer-backgrounding',
    // A headless browser takes one address only; its page opens the second tab.
    '--disable-popup-blocking',
    // Without it a headless browser ends once the page is loaded.
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
  ];
  const child = spawn(executablePath ?? 'chromium', [...flags, address], { detached: true, stdio: 'ignore' });
  const ended = once(child, 'exit').catch((error) => {
    throw new Error(`Chromium could not be started: ${error.message}. Name it in the variable CHROMIUM.`);
  });
  return {
    ended,
    /** SIGKILL to its whole group. */
    kill() {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    },
    /** Once its whole group is gone. */
    async gone() {
      await ended;
      const from = performance.now();
      while (isThere(-child.pid)) {
        if (performance.now() - from > PATIENCE) throw new Error('The browser that was killed is still there.');
        await passed(5);
      }
    },
  };
}

function isThere(group) {
  try {
    process.kill(group, 0);
    return true;
  } catch {
    return false;
  }
}

/** What can befall the files of a database, by name. `chance` chooses where. */
export const HARM = {
  'deletes the files': ({ folders }) => folders.forEach((folder) => rmSync(folder, { recursive: true })),
  'deletes the manifest': ({ files }) =>
    files.filter((file) => /MANIFEST|CURRENT/.test(file)).forEach((file) => rmSync(file)),
  'cuts the log': ({ logs, chance }) =>
    logs.forEach((file) => truncateSync(file, Math.floor(statSync(file).size * chance()))),
  'flips bytes': ({ records, chance }) => {
    for (const file of records) {
      const bytes = readFileSync(file);
      for (let flip = 0; flip < 20 && bytes.length > 0; flip += 1) bytes[Math.floor(chance() * bytes.length)] ^= 0x55;
      writeFileSync(file, bytes);
    }
  },
};

/** Does one of these to all that IndexedDB keeps in a profile; the browser must be gone. */
export function harm(profile, what, chance) {
  const root = `${profile}/Default/IndexedDB`;
  const folders = existsSync(root) ? readdirSync(root).map((name) => `${root}/${name}`) : [];
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .map((name) => `${folder}/${name}`)
      .filter((file) => statSync(file).isFile()),
  );
  if (files.length === 0) throw new Error(`There is no database in ${root}; this harness looks in the wrong place.`);
  const logs = files.filter((file) => /\/\d+\.log$/.test(file));
  const records = files.filter((file) => /\/\d+\.(log|ldb)$/.test(file));
  HARM[what]({ folders, files, logs, records, chance });
}
