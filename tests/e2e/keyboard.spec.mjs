// The keys: what each does, where it does nothing, and that one press is one version.
import { expect, test } from './fixtures.mjs';
import { addressOf, story } from './page.mjs';

const at = (version) => addressOf('bank_account', story.stream, version);

/** Every single key that does something. */
const keys = ['ArrowLeft', 'ArrowRight', 'Home', 'End', ' ', '/', '?'];

/** Expects that no key did anything: the version, the dialogs and the run are as they were. */
async function nothingHappened(playground, viewed, head) {
  await playground.shows(viewed, head);
  await expect(playground.button('Play')).toBeVisible();
  await expect(playground.help).toBeHidden();
  await playground.isAt(viewed === head ? at() : at(viewed));
}

test('arrows go one version, Home and End to the ends', async ({ page, playground }) => {
  await playground.open(at(4));
  const presses = [
    ['ArrowLeft', 3], ['ArrowLeft', 2], ['ArrowRight', 3], ['Home', 0], ['ArrowLeft', 0],
    ['ArrowRight', 1], ['End', 9], ['ArrowRight', 9], ['ArrowLeft', 8],
  ];
  for (const [key, version] of presses) {
    await page.keyboard.press(key);
    await playground.shows(version, 9);
  }
});

test('Space plays and pauses, / leads to the stream box, ? to the help', async ({ page, playground }) => {
  await playground.open(at(2));
  for (const place of [page.locator('body'), playground.slider, playground.events]) {
    await place.focus();
    await page.keyboard.press('Space');
    await expect(playground.button('Pause')).toBeVisible();
    await page.keyboard.press('Space');
    await expect(playground.button('Play')).toBeVisible();
  }
  await page.keyboard.press('/');
  await expect(playground.stream).toBeFocused();
  await expect(playground.stream).toHaveValue(story.stream);
  // What is typed next takes the place of what stood there.
  await page.keyboard.type('ada');
  await expect(playground.stream).toHaveValue('ada');
  await page.keyboard.press('Escape');
  await playground.slider.focus();
  await page.keyboard.press('?');
  await expect(playground.help).toBeVisible();
});

test('one press is one version wherever the focus is', async ({ page, playground }) => {
  await playground.open(at(5));
  const places = [
    playground.slider, playground.events, playground.selected,
    playground.button('Next version'), playground.button('Previous version'), playground.button('Play'),
    playground.button('Theme'), playground.toggle('Deposit'), playground.submit('Deposit'),
  ];
  for (const place of places) {
    // An option takes no focus of its own: a click on it gives the focus to the list.
    if (place === playground.selected) await place.click();
    else await place.focus();
    for (const [key, version] of [['ArrowLeft', 4], ['ArrowRight', 5]]) {
      await page.keyboard.press(key);
      await playground.shows(version, 9);
    }
    await expect(place === playground.selected ? playground.events : place).toBeFocused();
  }
});

test('Space on a button presses that button and nothing else', async ({ page, playground }) => {
  await playground.open(at(3));
  await playground.button('Next version').focus();
  await page.keyboard.press('Space');
  await playground.shows(4, 9);
  await expect(playground.button('Play')).toBeVisible();
  await playground.toggle('Freeze').focus();
  await page.keyboard.press('Space');
  await expect(playground.form('Freeze')).toBeVisible();
  await nothingHappened(playground, 4, 9);
  await playground.button('Play').focus();
  await page.keyboard.press('Space');
  await expect(playground.button('Pause')).toBeFocused();
  await page.keyboard.press('Space');
  await expect(playground.button('Play')).toBeFocused();
});

test('in a text field every key belongs to the field', async ({ page, playground }) => {
  await playground.open(at(5));
  const field = playground.field('Deposit', 'Reference');
  await field.fill('ab');
  for (const key of keys) await page.keyboard.press(key);
  // Left, right, start and end: the last three were typed at the end.
  await expect(field).toHaveValue('ab /?');
  await expect(field).toBeFocused();
  await nothingHappened(playground, 5, 9);
});

test('in the stream box every key belongs to the box', async ({ page, playground }) => {
  await playground.open(at(5));
  await playground.stream.fill('ada');
  for (const key of keys) await page.keyboard.press(key);
  await expect(playground.stream).toHaveValue('ada /?');
  await page.keyboard.press('Escape');
  await expect(playground.stream).toHaveValue(story.stream);
  await nothingHappened(playground, 5, 9);
});

test('in the choice of the model no key goes through versions', async ({ page, playground }) => {
  await playground.open(at(5));
  await playground.model.focus();
  // Bank account is the first model: these lead to no other one.
  for (const key of ['ArrowLeft', 'Home', '/', '?']) await page.keyboard.press(key);
  await expect(playground.model).toBeFocused();
  await expect(playground.model).toHaveValue('bank_account');
  await nothingHappened(playground, 5, 9);
});

test('in the tree no key goes through versions', async ({ page, playground }) => {
  await playground.open(at(5));
  await playground.tree.getByRole('treeitem').first().focus();
  for (const key of keys) await page.keyboard.press(key);
  await nothingHappened(playground, 5, 9);
  await expect(playground.tree.locator(':focus')).toHaveCount(1);
});

test('in a dialog no key goes through versions', async ({ page, playground }) => {
  await playground.open(at(5));
  for (const [name, dialog] of [['Help', playground.help], ['Reset', playground.reset]]) {
    await playground.button(name).click();
    await expect(dialog).toBeVisible();
    const act = async () => {
      for (const key of ['ArrowLeft', 'Home', '/', '?']) await page.keyboard.press(key);
      await playground.shows(5, 9);
      await expect(dialog).toBeVisible();
    };
    await act();
    // A click on its words takes the focus from its controls, not from the dialog.
    await dialog.getByRole('heading').click();
    await act();
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  }
  await nothingHappened(playground, 5, 9);
});

test("a key that is pressed together with Control, Alt or Meta is the browser's", async ({ page, playground }) => {
  await playground.open(at(5));
  await playground.slider.focus();
  for (const chord of ['Control+ArrowLeft', 'Control+Home', 'Meta+ArrowRight', 'Control+/']) {
    await page.keyboard.press(chord);
  }
  await nothingHappened(playground, 5, 9);
});

test('the list of events is gone through with arrows, and what is selected stays in sight', async ({
  page, playground,
}) => {
  await page.setViewportSize({ width: 1440, height: 600 });
  await playground.open(at(1));
  for (let version = 10; version <= 16; version += 1) {
    await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', version);
  }
  await playground.events.focus();
  for (const [key, version] of [['ArrowDown', 2], ['ArrowDown', 3], ['ArrowUp', 2], ['End', 16], ['Home', 0], ['ArrowDown', 1]]) {
    await page.keyboard.press(key);
    await playground.shows(version, 16);
    await expect(playground.events).toBeFocused();
    if (version === 0) {
      await expect(playground.selected).toHaveCount(0);
      continue;
    }
    await expect(playground.selected).toHaveAccessibleName(new RegExp(`^v${version} `));
    const [list, row] = [await playground.events.boundingBox(), await playground.selected.boundingBox()];
    expect(row.y).toBeGreaterThanOrEqual(list.y - 1);
    expect(row.y + row.height).toBeLessThanOrEqual(list.y + list.height + 1);
    // Assistive technology is told which one it is.
    const active = await playground.events.getAttribute('aria-activedescendant');
    expect(await playground.selected.getAttribute('id')).toBe(active);
  }
});

test('up and down go through versions on the thread too', async ({ page, playground }) => {
  await playground.open(at(5));
  await playground.slider.focus();
  await page.keyboard.press('ArrowUp');
  await playground.shows(6, 9);
  await page.keyboard.press('ArrowDown');
  await playground.shows(5, 9);
});
