// The page that was built starts, from any path, with everything it needs.
import { brotliCompressSync } from 'node:zlib';
import { expect, test } from './fixtures.mjs';

// What the page's program may be over the wire, without the parts that load after it. It is to be 275,000.
const FIRST = 300_000;

test('the page starts and is called Eventloom', async ({ page }) => {
  await page.goto('./');
  await expect(page).toHaveTitle(/^Eventloom/);
  await expect(page.getByText('Loading Eventloom…')).toBeHidden();
  await expect(page.getByText('could not start')).toBeHidden();
});

test('its fonts, icons and manifest are where it looks for them', async ({ page, request }) => {
  await page.goto('./');
  const loaded = await page.evaluate(async () => {
    const faces = await Promise.all(
      ['16px Hyperlegible', '16px "Hyperlegible Mono"'].map((font) => document.fonts.load(font)),
    );
    return faces.flat().map((face) => face.status);
  });
  expect(loaded).toEqual(['loaded', 'loaded']);

  const links = await page
    .locator('link[rel=icon], link[rel=apple-touch-icon], link[rel=manifest]')
    .evaluateAll((elements) => elements.map((element) => element.href));
  const manifest = links.find((link) => link.endsWith('.webmanifest'));
  const { icons } = await (await request.get(manifest)).json();
  for (const link of [...links, ...icons.map((icon) => new URL(icon.src, manifest).href)]) {
    expect((await request.get(link)).status(), link).toBe(200);
  }
});

test('a page whose program cannot be loaded says so in words', async ({ browser, baseURL }) => {
  // A page of its own: the errors that the shared one forbids are what this test is about.
  const page = await browser.newPage();
  await page.route('**/*.wasm', (route) => route.abort());
  await page.goto(baseURL);
  await expect(page.getByRole('alert')).toContainText('Eventloom could not start.');
  await page.close();
});

/** Bytes over the wire: the best that Brotli does, which is what a static host sends. */
const sent = (body) => brotliCompressSync(body).length;

test('what loads at first, each part and the worker are small', async ({ page, request }) => {
  const program = page.waitForResponse(/\.wasm$/);
  await page.goto('./');
  expect(sent(await (await program).body()), 'at first').toBeLessThan(FIRST);

  const glue = await page.locator('#app-glue').getAttribute('href');
  const folder = new URL(`${glue.replace('/app-', '/parts-').replace(/\.js$/, '')}/`, page.url());
  const names = (await (await request.get(new URL('parts.js', folder).href)).text()).match(/\w+\.wasm/g);
  expect(names).toEqual(expect.arrayContaining(['split_about.wasm', 'split_dialogs.wasm']));
  for (const [at, most] of [
    ...names.map((name) => [new URL(name, folder), 100_000]),
    [new URL('worker_bg.wasm', page.url()), 300_000],
  ]) {
    const response = await request.get(at.href);
    expect(response.status(), at.href).toBe(200);
    expect(sent(await response.body()), at.href).toBeLessThanOrEqual(most);
  }
});

test('its policy lets no text become a script, and nothing go elsewhere', async ({ browser, baseURL }) => {
  // A page of its own: what it forbids is an error in the console.
  const page = await browser.newPage();
  await page.goto(baseURL);
  const forbidden = await page.evaluate(async () => {
    const attempts = [
      () => (document.createElement('div').innerHTML = '<b>text</b>'),
      () => (document.createElement('script').src = './elsewhere.js'),
      () => window.trustedTypes.createPolicy('mine', {}),
      () => fetch('http://127.0.0.1:9/'),
    ];
    const directives = [];
    for (const attempt of attempts) {
      const violation = new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', resolve, { once: true });
      });
      try {
        await attempt();
      } catch {
        // That it throws is right; why, the violation says.
      }
      directives.push((await violation).effectiveDirective);
    }
    return directives;
  });
  expect(forbidden).toEqual(['require-trusted-types-for', 'require-trusted-types-for', 'trusted-types', 'connect-src']);
  await page.close();
});
