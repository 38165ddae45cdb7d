// The course of a number under the thread: the viewed version's step, its value, and another number.
import { expect, test } from './fixtures.mjs';
import { addressOf } from './page.mjs';

test('the value of the viewed version stands at the end of what is solid', async ({ page, playground, picture }) => {
  for (const [version, value] of [[2, '500.00 EUR'], [5, '205.00 EUR'], [9, '459.50 EUR']]) {
    await playground.open(addressOf('bank_account', 'ada-savings', version));
    await expect(playground.slider.getByText(value, { exact: true })).toBeVisible();
    const { dot, solid } = await page.evaluate(() => {
      const dot = document.querySelector('.value-dot').getBoundingClientRect();
      const solid = document.querySelector('#woven rect').getAttribute('width');
      const left = document.querySelector('.loom svg').getBoundingClientRect().left;
      return { dot: dot.left + dot.width / 2 - left, solid: Number(solid) };
    });
    // The upright of the step is under the dot, and within what is solid.
    expect(solid).toBeGreaterThan(dot);
    expect(solid - dot).toBeLessThan(2);
  }
  await picture('value-at-the-head', { fullPage: false });
});

test('a press on the key of a number draws its course, which is remembered', async ({ page, playground, picture }) => {
  await playground.open(addressOf('bank_account', 'ada-savings', 8));
  await playground.line('deposits').getByText('deposits:').click();
  await expect(playground.slider.getByText('movements.deposits', { exact: true })).toBeVisible();
  await expect(playground.slider.getByText('3', { exact: true }).first()).toBeVisible();
  await picture('another-course', { fullPage: false });
  await page.reload();
  await playground.shows(8, 9);
  await expect(playground.slider.getByText('movements.deposits', { exact: true })).toBeVisible();
  await playground.line('balance').focus();
  await page.keyboard.press('Enter');
  await expect(playground.slider.getByText('balance', { exact: true })).toBeVisible();
});
