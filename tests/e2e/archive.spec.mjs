// Archiving streams: out of sight, and nothing else.
import { violations } from './axe.mjs';
import { expect, test } from './fixtures.mjs';
import { addressOf, Playground } from './page.mjs';

const dialog = (page) => page.getByRole('dialog', { name: 'Archive stream' });

async function archive(page, playground) {
  await playground.button('Archive stream').click();
  await dialog(page).getByRole('button', { name: 'Archive', exact: true }).click();
}

test('the dialog says that nothing is lost, and Cancel and Escape archive nothing', async ({ page, playground, picture }) => {
  await playground.open();
  await playground.button('Archive stream').click();
  await expect(dialog(page)).toContainText('This leaves ada-savings out of the list of streams');
  await expect(dialog(page)).toContainText('Nothing is lost: its 9 events stay in the store and in each export');
  await picture('archive', { fullPage: false });
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog(page)).toBeHidden();
  await playground.button('Archive stream').click();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await playground.shows(9, 9);
  await expect(playground.button('Show archived')).toHaveCount(0);
});

test('an archived stream is not listed, is still exported and verified, and can be brought back', async ({
  page, playground, picture,
}) => {
  await playground.open(addressOf('bank_account', 'grace'));
  await playground.record('Open account', {}, 'AccountOpened', 1);
  await playground.open(addressOf('bank_account', 'ada-savings'));
  await archive(page, playground);
  await expect(playground.status).toHaveText('ada-savings is archived. Show archived lists it again.');
  await playground.isAt(addressOf('bank_account', 'grace'));
  await playground.stream.click();
  await expect(page.getByRole('option', { name: /^grace/ })).toBeVisible();
  await expect(page.getByRole('option', { name: /^ada-savings/ })).toHaveCount(0);
  await page.keyboard.press('Escape');
  const { text } = await playground.exported();
  expect(text.trim().split('\n')).toHaveLength(10);
  await playground.button('Verify').click();
  await expect(page.getByRole('region', { name: 'Verification' })).toContainText('No problems in 10 events');

  // It stays so, and its address shows it.
  await page.reload();
  await playground.shows(1, 1);
  await expect(playground.button('Show archived')).toHaveAttribute('aria-pressed', 'false');
  await playground.open(addressOf('bank_account', 'ada-savings'));
  await playground.shows(9, 9);
  await playground.record('Deposit', { Amount: '1.00' }, 'MoneyDeposited', 10);
  await picture('an-archived-stream');

  await playground.button('Show archived').click();
  await playground.stream.click();
  await expect(page.getByRole('option', { name: /^ada-savings/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await playground.button('Bring stream back').click();
  await expect(playground.status).toHaveText('ada-savings is listed again.');
  await expect(playground.button('Show archived')).toHaveCount(0);
});

test('other tabs leave an archived stream out at once, and a reset forgets it', async ({ context, page, playground }) => {
  await playground.open();
  const other = new Playground(await context.newPage());
  await other.open();
  await expect(other.button('Show archived')).toHaveCount(0);
  await archive(page, playground);
  await expect(other.button('Show archived')).toBeVisible();
  await other.shows(9, 9);
  await playground.empty('Restore the story');
  await playground.shows(9, 9);
  await expect(playground.button('Show archived')).toHaveCount(0);
  await expect(other.button('Show archived')).toHaveCount(0);
});
