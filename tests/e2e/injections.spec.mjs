// A corpus of 200 injections, in every place that a text from outside can reach.
import { file, fileOf, foreign } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { INJECTIONS } from './injections.mjs';
import { addressOf } from './page.mjs';

// Without the page's content security policy: it would keep the worst from us, and hide that the page
// let it in.
test.use({ bypassCSP: true });

// Two hundred of each take a while on a busy machine.
test.slow();

test.beforeEach(async ({ playground }) => {
  await playground.open();
});

test.afterEach(async ({ page }) => {
  const elements = 'img, iframe, object, embed, video, audio, details, template, body script, body style, body base';
  await expect(page.locator(`${elements}, [onerror], [onload], [onfocus], [href^="javascript:"]`)).toHaveCount(0);
  expect(await page.evaluate(() => window.fired)).toBeUndefined();
});

test('the corpus holds 200 texts, no two alike, and runs where it is taken for markup', async ({ browser }) => {
  expect(new Set(INJECTIONS).size).toBe(200);
  const page = await browser.newPage();
  await page.setContent(INJECTIONS.join('\n'));
  await expect.poll(() => page.evaluate(() => window.fired)).toBe(1);
  await page.close();
});

test('in types, data, keys and attributes of events', async ({ page, playground }) => {
  await playground.choose(fileOf(INJECTIONS.map((text, index) =>
    foreign({
      id: text, subject: 'corpus', type: text, actor: text, correlationid: text, causationid: text,
      data: { [text]: text, all: text, [`in ${index}`]: { [text]: [text] } },
    }),
  )));
  await expect(playground.status).toHaveText(/^Imported 200 events/);
  await playground.open(addressOf('permit', 'corpus', 0));
  for (let version = 1; version <= 200; version += 1) {
    await page.keyboard.press('ArrowRight');
    await expect(playground.slider).toHaveAttribute('aria-valuenow', String(version));
  }
  await expect(playground.event).toContainText(INJECTIONS[199]);
});

test('in the names of models and streams', async ({ page, playground }) => {
  await playground.choose(fileOf(INJECTIONS.map((text) => foreign({ id: text, source: text, subject: text }))));
  await expect(playground.status).toHaveText(/^Imported 200 events/);
  for (const text of INJECTIONS) {
    await page.goto(`./${addressOf(text, text)}`);
    await expect(playground.stream).toHaveValue(text);
    await expect(playground.commands).toContainText('has no model here');
  }
});

test('in what is typed: the search for a stream, and arguments that are recorded', async ({ playground }) => {
  const reference = playground.field('Deposit', 'Reference');
  for (const [index, text] of INJECTIONS.entries()) {
    await playground.stream.fill(text);
    await reference.fill(text.slice(0, 100));
    // Each way to run is recorded once; how it breaks out makes no difference to an event.
    if (index < 20) {
      await reference.press('Enter');
      await expect(playground.status).toHaveText(`MoneyDeposited appended as v${10 + index}`);
    }
  }
});

test('in addresses and what is said of them', async ({ page, playground }) => {
  for (const text of INJECTIONS) {
    await page.goto(`./#/${encodeURIComponent(text)}/x?v=${encodeURIComponent(text)}`);
    await expect(playground.alert).toContainText('Unknown model.');
  }
  await page.goto(`./#/bank_account/ada-savings?v=${encodeURIComponent(INJECTIONS[1])}`);
  await expect(playground.alert).toContainText("isn't a version");
});

test('in the names of files, and in refusals that quote them', async ({ playground }) => {
  for (const text of INJECTIONS) {
    await playground.choose(file(foreign({ specversion: text }), `${text.replaceAll('/', '∕')}.ndjson`));
    await expect(playground.alert).toContainText(JSON.stringify(text.trim()).slice(1, 30));
  }
});
