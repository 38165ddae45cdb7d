// The end-to-end tests: the built page in Chromium, served from a path of its own.
// `cargo xtask test e2e` builds dist/ first; by hand: `trunk build --release && npx playwright test`.
import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';

// For these Chromium opens two pages of its own with every window, to suggest something below an address bar that
// nobody sees: a second of the processor in each test.
const NOT_FOR_TESTS = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup'];
// What Playwright switches off, but for Edge and Windows. Chromium hears only the last list, so it is said again.
const NOT_FOR_PLAYWRIGHT = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
];

const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'target/e2e/artefacts',
  // Generous: the machine may be building something else.
  timeout: 60_000,
  expect: { timeout: 15_000 },
  retries: 0,
  workers: 2,
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
  use: {
    baseURL: process.env.EVENTLOOM_PAGE,
    // Each browser would fetch all of the page once more; offline.spec.mjs is about that.
    serviceWorkers: 'block',
    screenshot: 'only-on-failure',
    // What is retained has the document at each step. A film of the window
    // would take a third of the whole time.
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: {
      // Undefined: Playwright then looks for a browser of its own and says how to get one.
      executablePath: process.env.CHROMIUM ?? installed.find((path) => existsSync(path)),
      // Chromium's sandbox can't start as root, and the only page it opens is ours.
      chromiumSandbox: false,
      args: [
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        `--disable-features=${[...NOT_FOR_PLAYWRIGHT, ...NOT_FOR_TESTS].join(',')}`,
      ],
    },
  },
  projects: [{ name: 'chromium', use: { ...devices['Desktop Chrome'] } }],
  webServer: {
    command: 'node tests/e2e/server.mjs',
    // Any port that is free, so that two runs can stand beside each other. Playwright keeps what is named here in
    // the environment, in capitals.
    env: { E2E_PORT: process.env.E2E_PORT ?? '0' },
    wait: { stdout: /^Serving dist\/ at (?<eventloom_page>\S+)/m },
    stdout: 'ignore',
    stderr: 'pipe',
  },
});
