// On a phone: cause and effect in one view, and a finger that scrolls moves no version.
import { expect, test } from './fixtures.mjs';
import { addressOf, Playground } from './page.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** A page on a phone, and a finger on it: down at a place, over others, and up. */
async function phone(browser, baseURL) {
  const context = await browser.newContext({ baseURL, ...PHONE });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  const touch = (type, ...touchPoints) => session.send('Input.dispatchTouchEvent', { type, touchPoints });
  const swipe = async ([first, ...others]) => {
    await touch('touchStart', first);
    for (const place of others) await touch('touchMove', place);
    await touch('touchEnd');
  };
  return { context, page, playground: new Playground(page), swipe };
}

const height = (page) => page.locator('.band').evaluate((band) => band.getBoundingClientRect().height);

test('a swipe upward that begins on the thread scrolls, and one sideways moves the shuttle', async ({ browser, baseURL }) => {
  const { context, page, playground, swipe } = await phone(browser, baseURL);
  await playground.open();
  const { x, y, width } = await playground.slider.boundingBox();
  const at = (share, up = 0) => ({ x: x + width * share, y: y + 20 - up });
  for (let times = 0; times < 3; times += 1) {
    await page.evaluate(() => scrollTo(0, 0));
    await swipe([at(0.4), ...Array.from({ length: 12 }, (_, step) => at(0.4, 10 * (step + 1)))]);
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(20);
    await playground.shows(9, 9);
  }
  await page.evaluate(() => scrollTo(0, 0));
  await swipe([at(0.9), ...Array.from({ length: 12 }, (_, step) => at(0.9 - 0.04 * (step + 1)))]);
  await expect(playground.slider).not.toHaveAttribute('aria-valuenow', '9');
  await context.close();
});

test('a touch on the thread is a press', async ({ browser, baseURL }) => {
  const { context, playground, swipe } = await phone(browser, baseURL);
  await playground.open();
  const { x, y, width } = await playground.slider.boundingBox();
  await swipe([{ x: x + width * 0.02, y: y + 20 }]);
  await playground.shows(0, 9);
  await context.close();
});

test('the band takes a fifth of the height and never another, and says what a command far below did', async ({
  browser, baseURL,
}) => {
  const { context, page, playground } = await phone(browser, baseURL);
  await playground.open();
  await playground.button('Got it').click();
  const before = await height(page);
  expect(before).toBeLessThanOrEqual(844 / 5);
  await page.screenshot({ path: 'target/e2e/screenshots/phone.png' });
  await playground.button('Previous version').click();
  await expect(page.getByText('v8 balance 459.50 → 505.00 EUR', { exact: true })).toBeVisible();
  await expect(page.getByText('Commands still act on the latest version.')).toBeVisible();
  expect(await height(page)).toBe(before);
  await playground.button('Latest version').click();
  await playground.showForm('Withdraw');
  await playground.field('Withdraw', 'Amount').fill('20.00');
  const submit = playground.submit('Withdraw');
  await submit.scrollIntoViewIfNeeded();
  const place = await submit.boundingBox();
  await submit.click();
  await expect(playground.status).toHaveText('MoneyWithdrawn appended as v10');
  const effect = page.getByText('v10 balance 459.50 → 439.50 EUR', { exact: true });
  await expect(effect).toBeInViewport();
  await page.screenshot({ path: 'target/e2e/screenshots/phone-command.png' });
  expect(await height(page)).toBe(before);
  expect((await submit.boundingBox()).y).toBe(place.y);
  await context.close();
});
