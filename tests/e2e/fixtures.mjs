// What every end-to-end test starts from: a page on which nothing may go wrong unseen.
import { expect, test as base } from '@playwright/test';

export { expect };

export const test = base.extend({
  /**
   * The page, watched: an uncaught error, a `console.error` (a request that failed is one too) or a
   * request to any other host fails the test at its end.
   */
  page: async ({ page, baseURL }, use) => {
    const problems = [];
    const home = new URL(baseURL).origin;
    page.on('pageerror', (error) => problems.push(`uncaught: ${error.stack ?? error}`));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(`console.error: ${message.text()}`);
    });
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== home) problems.push(`third party: ${request.url()}`);
    });
    await use(page);
    expect(problems, 'nothing goes wrong unseen').toEqual([]);
  },

  /** Keeps a picture of the whole page, to be looked at: `await picture('an-order-is-shipped')`. */
  picture: async ({ page }, use) => {
    await use((name) => page.screenshot({ path: `target/e2e/screenshots/${name}.png`, fullPage: true }));
  },
});
