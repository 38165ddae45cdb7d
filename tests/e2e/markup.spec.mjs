// Markup and script in whatever comes from outside: shown as text, and nothing of it ever runs.
import { file, fileOf, foreign, longAccount, ofAccount, opened } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { addressOf } from './page.mjs';

// Without the server's content security policy: it would keep the worst from us, and hide that the
// page let it in.
test.use({ bypassCSP: true });

const IMAGE = '<img src=x onerror=window.fired=1>';
const SCRIPT = '<script>window.fired=1</script>';
const FRAME = '<iframe srcdoc="<script>parent.fired=1</script>"></iframe>';
const LINK = '"><a href="javascript:window.fired=1" autofocus onfocus=window.fired=1>x</a>';

/** Expects that nothing became an element, and nothing ran. */
async function nothingFired(page) {
  await expect(page.locator('img, iframe, a[href^="javascript:"], body script, [onerror], [onfocus]')).toHaveCount(0);
  expect(await page.evaluate(() => window.fired)).toBeUndefined();
}

test('type, subject, source, data and attributes of a foreign event are shown as text', async ({ page, playground }) => {
  await playground.open();
  await playground.choose(fileOf([
    foreign({
      source: `/${IMAGE}`, subject: SCRIPT, type: LINK, id: FRAME, correlationid: IMAGE, causationid: SCRIPT, actor: LINK,
      data: { [SCRIPT]: IMAGE, inner: { [IMAGE]: [FRAME] } }, [IMAGE]: SCRIPT,
    }),
    foreign({ source: `/${IMAGE}`, subject: SCRIPT, type: IMAGE, id: 'second', data: { [SCRIPT]: LINK } }),
  ]));
  await expect(playground.status).toHaveText(/^Imported 2 events/);
  await playground.model.selectOption({ label: IMAGE });
  await playground.shows(2, 2);
  await expect(playground.stream).toHaveValue(SCRIPT);
  await expect(playground.commands).toContainText(IMAGE);
  await expect(playground.option(`v2 ${IMAGE}`)).toBeVisible();
  await expect(playground.line(`${JSON.stringify(SCRIPT)}: ${JSON.stringify(LINK)}`)).toBeVisible();
  expect((await playground.changeLines()).join('\n')).toContain(LINK.replace(/"/g, '\\"'));
  await expect(playground.slider).toHaveAttribute('aria-valuetext', `Version 2 of 2, ${IMAGE}`);
  await playground.button('Previous version').click();
  await expect(playground.option(`v1 ${LINK}`)).toBeVisible();
  for (const text of [IMAGE, SCRIPT, LINK, FRAME.replace(/"/g, '\\"')]) await expect(playground.event).toContainText(text);
  await nothingFired(page);
  await playground.stream.click();
  await expect(page.getByRole('listbox', { name: 'Streams' }).getByRole('option')).toContainText([SCRIPT]);
  await playground.open(addressOf(IMAGE, SCRIPT, 1));
  await playground.shows(1, 2);
  await nothingFired(page);
});

test('what is typed into forms is shown as text', async ({ page, playground }) => {
  await playground.begin();
  await playground.record('Open account', { Owner: IMAGE }, 'AccountOpened', 1);
  await playground.record('Deposit', { Reference: SCRIPT }, 'MoneyDeposited', 2);
  await expect(playground.line(`owner: "${IMAGE}"`)).toBeVisible();
  await expect(playground.option('v1 AccountOpened')).toContainText(IMAGE);
  await expect(playground.option('v2 MoneyDeposited')).toContainText(SCRIPT);
  await playground.send('Open account', { Owner: 'Eve' });
  await expect(playground.alert).toContainText(IMAGE);
  await playground.begin('Order');
  await playground.record('Place order', { Customer: SCRIPT, SKU: IMAGE }, 'OrderPlaced', 1);
  await playground.send('Remove line', { SKU: FRAME });
  await expect(playground.alert).toContainText(FRAME);
  await nothingFired(page);
});

test('a refusal that quotes the file quotes it as text', async ({ page, playground }) => {
  await playground.open();
  for (const [line, quoted] of [
    [foreign({ specversion: IMAGE }), IMAGE],
    [foreign({ time: SCRIPT }), SCRIPT],
    [opened(1, IMAGE, { streamversion: 7 }), IMAGE],
    [ofAccount(1, 'x', 1, IMAGE, {}), IMAGE],
    [foreign().replace('"id"', `"${SCRIPT}":1,"${SCRIPT}":2,"id"`), SCRIPT],
  ]) {
    await playground.choose(fileOf([line]));
    await expect(playground.alert).toHaveText(/^\s*Import refused:/);
    await expect(playground.alert).toContainText(quoted);
  }
  await nothingFired(page);
  await playground.holds(9);
});

test('a file’s name is shown as text while it is imported', async ({ page, playground }) => {
  await playground.open();
  const name = '<img src=x onerror=window.fired=1>.ndjson';
  const told = page.getByText(name).waitFor();
  await playground.choose(file(longAccount('named', 5000).join('\n'), name));
  await told;
  await expect(playground.status).toHaveText(/^Imported 5000 events/);
  await nothingFired(page);
});

test('the address is shown as text, whether it leads somewhere or not', async ({ page, playground }) => {
  await page.goto(`./${addressOf(IMAGE, SCRIPT)}`);
  await expect(playground.alert).toContainText(IMAGE);
  await nothingFired(page);
  await playground.open(`${addressOf('bank_account', SCRIPT)}?v=<img/src=x/onerror=window.fired=1>`);
  await expect(playground.alert).toContainText(/version/i);
  await expect(playground.timeline).toContainText(SCRIPT);
  await nothingFired(page);
  await playground.record('Open account', {}, 'AccountOpened', 1);
  await expect(playground.event).toContainText(SCRIPT);
  await nothingFired(page);
});
