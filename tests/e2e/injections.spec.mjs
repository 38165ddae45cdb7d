// A corpus of 200 injections, in every place that a text from outside can reach.
import { fileOf, foreign } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { INJECTIONS } from './injections.mjs';
import { addressOf } from './page.mjs';

// Without the page's content security policy: it would keep the worst from us, and hide that the page
// let it in.
test.use({ bypassCSP: true });

// Two hundred of each take a while on a busy machine.
test.slow();

// What is done 200 times is done within the page, which then is awaited there: from outside each time would take as
// long as a test does. Runs in the page, before it starts.
const within = () => {
  window.region = (name) => document.querySelector(`section[aria-label=${name}]`).textContent;
  window.alerted = () => document.querySelector('[role=alert]')?.textContent ?? '';
  /** Waits until something holds, which a change of the document may have made true. */
  window.shown = (what, holds) => new Promise((resolve, reject) => {
    const look = () => {
      if (!holds()) return;
      watch.disconnect();
      clearTimeout(late);
      resolve();
    };
    const watch = new MutationObserver(look);
    const late = setTimeout(() => {
      watch.disconnect();
      reject(new Error(`not shown for ${what}; there is an alert: ${window.alerted()}`));
    }, 15_000);
    watch.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    look();
  });
  /** Types into a field, in the place of what stood there. */
  window.type = (field, text) => {
    field.value = text;
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
};

test.beforeEach(async ({ page, playground }) => {
  await page.addInitScript(within);
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
  await page.evaluate(async (texts) => {
    const slider = document.querySelector('[role=slider]');
    for (const [index, text] of texts.entries()) {
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }));
      await window.shown(text, () =>
        slider.getAttribute('aria-valuenow') === String(index + 1) && window.region('Event').includes(text)
          && window.region('State').includes(`in ${index}`));
    }
  }, INJECTIONS);
  await playground.shows(200, 200);
  await expect(playground.event).toContainText(INJECTIONS[199]);
});

test('in the names of models and streams', async ({ page, playground }) => {
  await playground.choose(fileOf(INJECTIONS.map((text) => foreign({ id: text, source: text, subject: text }))));
  await expect(playground.status).toHaveText(/^Imported 200 events/);
  await page.evaluate(async (texts) => {
    for (const text of texts) {
      const name = encodeURIComponent(text);
      location.hash = `#/${name}/${name}`;
      await window.shown(text, () =>
        document.querySelector('input[role=combobox]').value === text
          && window.region('Commands').includes(`${text} has no model here`));
    }
  }, INJECTIONS);
});

test('in what is typed: the search for a stream, and arguments that are recorded', async ({ page, playground }) => {
  const reference = playground.field('Deposit', 'Reference');
  // Each way to run is recorded once; how it breaks out makes no difference to an event.
  for (const [index, text] of INJECTIONS.slice(0, 20).entries()) {
    await reference.fill(text.slice(0, 100));
    await reference.press('Enter');
    await expect(playground.status).toHaveText(`MoneyDeposited appended as v${10 + index}`);
  }
  const fields = [await playground.stream.elementHandle(), await reference.elementHandle()];
  await page.evaluate(async ([texts, box, field]) => {
    const options = () => document.querySelector('[role=listbox][aria-label=Streams]').textContent;
    for (const text of texts) {
      window.type(box, '');
      await window.shown(text, () => options().includes('ada-savings'));
      window.type(box, text);
      window.type(field, text.slice(0, 100));
      await window.shown(text, () => box.value === text && options() === 'No stream here has that in its name');
    }
  }, [INJECTIONS, ...fields]);
  await expect(reference).toHaveValue(INJECTIONS[199].slice(0, 100));
});

test('in addresses and what is said of them', async ({ page, playground }) => {
  await page.evaluate(async (texts) => {
    for (const text of texts) {
      const name = encodeURIComponent(text);
      location.hash = `#/${name}/x?v=${name}`;
      await window.shown(text, () =>
        window.alerted().includes('Unknown model.') && window.alerted().includes(`is called ${text}.`));
    }
  }, INJECTIONS);
  await page.goto(`./#/bank_account/ada-savings?v=${encodeURIComponent(INJECTIONS[1])}`);
  await expect(playground.alert).toContainText("isn't a version");
});

test('in the names of files, and in refusals that quote them', async ({ page }) => {
  const files = INJECTIONS.map((text) => [
    foreign({ specversion: text }), `${text.replaceAll('/', '∕')}.ndjson`, JSON.stringify(text.trim().slice(0, 70)).slice(1, -1),
  ]);
  await page.evaluate(async (files) => {
    const input = document.querySelector('input[type=file]');
    for (const [line, name, quoted] of files) {
      const given = new DataTransfer();
      given.items.add(new File([line], name));
      input.files = given.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
      await window.shown(quoted, () => window.alerted().includes(quoted));
    }
  }, files);
});
