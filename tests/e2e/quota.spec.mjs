// No room left: nothing is half written, nothing is lost, and the page says what to do.
import { fileOf, longAccount } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { Playground } from './page.mjs';

/** A browser in which this origin may use so many bytes from the first on. */
async function withRoom(browser, baseURL, bytes) {
  const context = await browser.newContext({ baseURL });
  const page = await context.newPage();
  // A page of the origin that stores nothing: the browser looks at the limit before the first write.
  await page.goto('./manifest.webmanifest');
  const session = await context.newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin, quotaSize: bytes });
  return new Playground(page);
}

test('whatever room there is, an import is refused whole or done whole, and what was there stays', async ({
  browser, baseURL,
}) => {
  test.slow();
  const log = fileOf(longAccount('long', 2_000));
  const seen = { memory: 0, refused: 0, imported: 0 };
  for (let size = 0; size < 20; size += 1) {
    const bytes = Math.round(20_000 * 1.35 ** size);
    await test.step(`${bytes} bytes`, async () => {
      const playground = await withRoom(browser, baseURL, bytes);
      await playground.open();
      const before = await playground.exported();
      const inMemory = (await playground.alert.filter({ hasText: 'in memory' }).count()) > 0;
      await playground.choose(log);
      const refusal = playground.alert.filter({ hasText: 'Import refused:' });
      await expect(refusal.or(playground.status.filter({ hasText: /^Imported/ }))).toBeVisible();
      const refused = (await refusal.count()) > 0;
      if (refused) {
        await expect(refusal).toContainText('no room left');
        expect((await playground.exported()).text).toBe(before.text);
      }
      if (!inMemory) {
        await playground.page.reload();
        await playground.read();
        await playground.holds(before.text.split('\n').length - 1 + (refused ? 0 : 2_000));
      }
      seen[inMemory ? 'memory' : refused ? 'refused' : 'imported'] += 1;
      await playground.page.context().close();
    });
  }
  console.log(`of 20 sizes: ${JSON.stringify(seen)}`);
  // Both were met, so that the sweep shows something.
  expect(seen.refused).toBeGreaterThan(0);
  expect(seen.imported).toBeGreaterThan(0);
});
