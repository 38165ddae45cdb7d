// What axe-core finds on the page as it is, each with what it is about.
import { AxeBuilder } from '@axe-core/playwright';

/** The violations on the page; `only` of these rules, or else of all, the size of targets among them. */
export async function violations(page, only) {
  // It is half a megabyte: a document gets it once, however often it is looked at.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(new AxeBuilder({ page }).script());
  const axe = new AxeBuilder({ page, axeSource: 'void 0' })
    .options({ rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'] })
    // Without a window of its own for frames, of which there are none here: twice as quick.
    .setLegacyMode();
  const found = await (only ? axe.withRules(only) : axe).analyze();
  return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} (${node.failureSummary})`));
}
