// A stream that lacks an event: where that stood is shown, the state up to there, and the events behind it.
import { createHash } from 'node:crypto';
import { violations } from './axe.mjs';
import { file } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { story } from './page.mjs';

const UNKNOWN = "The state can't be known from version 4 on: that event is damaged.";

/** The id of the hole of a place: a UUID, version 5. */
function holeId({ source, subject, streamversion, position }) {
  const type = source.slice(1);
  const name = `eventloom.hole/${streamversion}/${position}/${type.length}/${type}/${subject}`;
  const namespace = Buffer.from('6ba7b8129dad11d180b400c04fd430c8', 'hex');
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x50;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** A file's line of an event, and that of the hole in its place. */
function holed(line) {
  const { specversion, source, subject, streamversion, position } = JSON.parse(line);
  const place = { source, subject, streamversion, position };
  return JSON.stringify({ specversion, id: holeId(place), type: 'eventloom.hole', ...place });
}

/** The story, imported with a hole in the place of its fourth event; the file without the hole. */
async function lacking(playground) {
  await playground.open();
  const { text } = await playground.exported();
  await playground.empty();
  const lines = text.trimEnd().split('\n');
  lines[3] = holed(lines[3]);
  await playground.choose(file(`${lines.join('\n')}\n`));
  await playground.shows(9, 9);
  return text;
}

test('a hole is shown in its place, with the state before it and the events behind it', async ({ page, playground }) => {
  const whole = await lacking(playground);
  await expect(playground.alert).toContainText(
    "This stream can't be shown whole: the record of bank_account/ada-savings version 4 is damaged: it is a hole",
  );
  // The thread goes on behind it.
  await expect(playground.events.getByRole('option')).toHaveCount(9);
  await expect(playground.option('v4 damaged')).toHaveText('v4 damaged');
  await expect(playground.option('v5 MoneyTransferredOut')).toHaveCount(1);
  await expect(playground.tree.getByRole('treeitem')).toHaveText([UNKNOWN]);

  await playground.option('v4 damaged').click();
  await playground.shows(4, 9);
  await expect(playground.slider).toHaveAttribute('aria-valuetext', 'Version 4 of 9, damaged');
  await expect(playground.tree.getByRole('treeitem')).toHaveText([UNKNOWN]);
  await expect(playground.changes).toContainText("Can't be known");
  await expect(playground.event.getByRole('term')).toHaveText(['version', 'position', 'aggregate type', 'aggregate id']);
  await expect(playground.event.getByRole('definition')).toHaveText(['4', '4', 'bank_account', 'ada-savings']);
  await expect(playground.button('Copy as JSON')).toHaveCount(0);

  await playground.button('Next version').click();
  await playground.shows(5, 9);
  await expect(playground.event).toContainText('MoneyTransferredOut');
  await expect(playground.tree.getByRole('treeitem')).toHaveText([UNKNOWN]);

  await playground.option('v3 MoneyWithdrawn').click();
  await expect(playground.line(`balance: ${story.balances[3]} EUR`)).toHaveCount(1);

  await playground.send('Deposit');
  await expect(playground.alert).toContainText(`Deposit refused. ${UNKNOWN} Nothing was recorded.`);

  // The event itself fills it.
  await playground.choose(file(whole));
  await expect(playground.status).toContainText('1 of them fills a hole.');
  await expect(playground.option('v4 MoneyDeposited')).toHaveCount(1);
  await playground.toHead();
  await expect(playground.line(`balance: ${story.balances[9]} EUR`)).toHaveCount(1);
  await expect(page.getByText('damaged')).toHaveCount(0);
});

for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
  for (const colorScheme of ['light', 'dark']) {
    test.describe(`${viewport.width} pixels wide, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme });

      test('the thread has a mark at a hole that is told by its shape, wherever one looks', async ({
        page, playground, picture,
      }) => {
        await lacking(playground);
        // The shuttle's too, once it stands there.
        const marks = page.locator('.loom .dye-0 path');
        await expect(marks).toHaveCount(2);
        const { fill, stroke } = await marks.first().evaluate((mark) => getComputedStyle(mark));
        expect(fill).not.toBe(stroke);
        expect(await violations(page)).toEqual([]);
        await picture(`a-hole-${viewport.width}-${colorScheme}`);
        await playground.option('v4 damaged').click();
        await expect(marks).toHaveCount(3);
        expect(await violations(page)).toEqual([]);
        await picture(`at-a-hole-${viewport.width}-${colorScheme}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(wide).toBeLessThanOrEqual(viewport.width);
      });
    });
  }
}
