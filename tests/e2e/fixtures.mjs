// What every end-to-end test starts from: a browser in which nothing may go wrong unseen.
import { expect, test as base } from '@playwright/test';
import { Playground } from './page.mjs';

export { expect };

/**
 * Another tab of a browser, in a window of its own: one that lies behind another draws once a second, and what
 * presses something in it waits for that.
 */
async function inItsOwnWindow(context) {
  const beside = await context.newCDPSession(context.pages()[0]);
  const { targetInfo: { browserContextId } } = await beside.send('Target.getTargetInfo');
  await beside.detach();
  const browser = await context.browser().newBrowserCDPSession();
  const came = context.waitForEvent('page');
  await browser.send('Target.createTarget', { url: 'about:blank', browserContextId, newWindow: true });
  const page = await came;
  await browser.detach();
  return page;
}

export const test = base.extend({
  /**
   * The tabs of one browser, watched: an uncaught error, a `console.error` (a request that failed
   * is one too) or a request to any other host fails the test at its end.
   */
  context: async ({ context, baseURL }, use) => {
    const problems = [];
    const home = new URL(baseURL).origin;
    context.on('weberror', (event) => problems.push(`uncaught: ${event.error().stack ?? event.error()}`));
    context.on('console', (message) => {
      if (message.type() === 'error') problems.push(`console.error: ${message.text()}`);
    });
    context.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== home) problems.push(`third party: ${request.url()}`);
    });
    const first = context.newPage.bind(context);
    context.newPage = () => (context.pages().length > 0 ? inItsOwnWindow(context) : first());
    await use(context);
    expect(problems, 'nothing goes wrong unseen').toEqual([]);
  },

  /** The parts of the page, by their roles and names. */
  playground: async ({ page }, use) => {
    await use(new Playground(page));
  },

  /**
   * Keeps a picture of the whole page, or of what is in view, to be looked at:
   * `await picture('an-order-is-shipped')`.
   */
  picture: async ({ page }, use) => {
    await use(async (name, { fullPage = true } = {}) => {
      // From the top: what sticks to the window would else lie across the middle of the picture.
      if (fullPage) await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path: `target/e2e/screenshots/${name}.png`, fullPage });
    });
  },
});
