// The help, the switch that turns single keys off, and what else is remembered between visits.
import { expect, test } from './fixtures.mjs';
import { addressOf, story } from './page.mjs';

const at = (version) => addressOf('bank_account', story.stream, version);

test('Help names every key, and Escape closes it and gives the focus back', async ({ page, playground }) => {
  await playground.open(at(5));
  await playground.button('Help').focus();
  await page.keyboard.press('Enter');
  await expect(playground.help).toBeVisible();
  for (const key of ['←', '→', 'Home', 'End', 'Space', '/', '?', 'Esc']) {
    await expect(playground.help.getByText(key, { exact: true })).toBeVisible();
  }
  // The focus is in the dialog, and stays there.
  const inside = () => playground.help.evaluate((dialog) => dialog.contains(document.activeElement));
  expect(await inside()).toBe(true);
  await page.keyboard.press('Escape');
  await expect(playground.help).toBeHidden();
  await expect(playground.button('Help')).toBeFocused();
  // Opened by its key, it gives the focus back to where it was.
  for (const place of [playground.slider, playground.events, playground.button('Next version')]) {
    await place.focus();
    await page.keyboard.press('?');
    await expect(playground.help).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(playground.help).toBeHidden();
    await expect(place).toBeFocused();
  }
  await playground.shows(5, 9);
});

test('Reset is closed by Escape without a loss, and gives the focus back', async ({ page, playground }) => {
  await playground.open();
  await playground.button('Reset').focus();
  await page.keyboard.press('Enter');
  await expect(playground.reset).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(playground.reset).toBeHidden();
  await expect(playground.button('Reset')).toBeFocused();
  await playground.holds(9);
  await playground.button('Reset').click();
  await playground.reset.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(playground.button('Reset')).toBeFocused();
});

test('single keys can be turned off, which is remembered, and on again', async ({ page, playground }) => {
  const turn = async (on) => {
    // Not by a click: keys that do nothing else scroll the page, which lasts.
    await playground.button('Help').press('Enter');
    const single = playground.help.getByRole('switch');
    await expect(single).toBeChecked({ checked: !on });
    await single.focus();
    await page.keyboard.press('Space');
    await expect(single).toBeChecked({ checked: on });
    await page.keyboard.press('Escape');
    await expect(playground.help).toBeHidden();
  };
  const areOff = async () => {
    await playground.button('Help').focus();
    for (const key of ['ArrowLeft', 'ArrowRight', 'Home', '/', '?']) await page.keyboard.press(key);
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('Space');
    await expect(playground.help).toBeHidden();
    await expect(playground.button('Play')).toBeVisible();
    await expect(playground.stream).not.toBeFocused();
    await playground.shows(5, 9);
  };
  await playground.open(at(5));
  await turn(false);
  await areOff();
  await page.reload();
  await playground.shows(5, 9);
  await areOff();
  // A slider is moved by arrows all the same, one version a press; so is a list.
  for (const place of [playground.slider, playground.events]) {
    await place.focus();
    await page.keyboard.press(place === playground.slider ? 'ArrowLeft' : 'ArrowUp');
    await playground.shows(4, 9);
    await page.keyboard.press(place === playground.slider ? 'ArrowRight' : 'ArrowDown');
    await playground.shows(5, 9);
  }
  await turn(true);
  await page.keyboard.press('ArrowLeft');
  await playground.shows(4, 9);
});

test('a visit whose memory is spoilt begins with what is usual', async ({ page, playground }) => {
  await playground.open();
  await playground.button('Theme').click();
  for (const spoilt of ['{"theme":', '[]', '{"theme":7,"shortcuts":"?","tip":null,"open_forms":{"a":1}}']) {
    await page.evaluate((spoilt) => {
      for (const key of Object.keys(localStorage)) localStorage.setItem(key, spoilt);
    }, spoilt);
    await page.reload();
    await playground.shows(9, 9);
    await expect(playground.form('Deposit')).toBeVisible();
    await page.keyboard.press('ArrowLeft');
    await playground.shows(8, 9);
    await playground.toHead();
  }
});

test('Help begins with a list of words, short enough to be read', async ({ playground, picture }) => {
  await playground.open();
  await playground.button('Help').click();
  const terms = playground.help.getByRole('term');
  await expect(terms.first()).toHaveText('event');
  const list = await playground.help.locator('dl').innerText();
  expect(list.split(/\s+/).length).toBeLessThanOrEqual(120);
  await expect(playground.help.locator('h2 + dl')).toHaveCount(1);
  // However high the dialog is, its beginning is what is seen.
  await expect(terms.first()).toBeInViewport();
  await picture('help', { fullPage: false });
});
