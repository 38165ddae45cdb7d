// A Chromium with a profile on disk, in a process group of its own, so that all of it can be killed
// at once, or one of its tabs be frozen.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
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
    /** Stops the process of one of its two tabs, and answers with what lets it go on. */
    freeze(chance) {
      const tabs = renderers(child.pid).slice(0, 2);
      const tab = tabs[Math.floor(chance() * tabs.length)];
      if (tabs.length < 2) throw new Error('Two tabs are open, and there is no process for each.');
      process.kill(tab, 'SIGSTOP');
      return () => process.kill(tab, 'SIGCONT');
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

/** The processes of a group's pages, the greatest first: the browser keeps an empty one ready beside them. */
function renderers(group) {
  const listed = execFileSync('ps', ['-eo', 'pid=,pgid=,rss=,args='], { encoding: 'utf8', maxBuffer: 2 ** 24 });
  const processes = listed.split('\n').filter((line) => line.includes('--type=renderer'));
  return processes
    .map((line) => line.trim().split(/\s+/).slice(0, 3).map(Number))
    .filter(([, of]) => of === group)
    .toSorted(([, , one], [, , other]) => other - one)
    .map(([pid]) => pid);
}
