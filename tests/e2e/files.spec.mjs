// The store as a file, out of the page and into it again.
import { gunzipSync, gzipSync } from 'node:zlib';
import { deposited, event, file, fileOf, foreign, moment, ofAccount, opened, uuid } from './events.mjs';
import { expect, test } from './fixtures.mjs';
import { addressOf, Playground } from './page.mjs';

test('an export is named after its day and holds every event as a CloudEvent a line', async ({ page, playground }) => {
  await page.clock.setFixedTime('2031-02-03T04:05:06.789Z');
  await playground.open();
  await playground.record('Deposit', { Amount: '40.50', Reference: 'prize' }, 'MoneyDeposited', 10);
  const { name, text } = await playground.exported();
  expect(name).toBe('eventloom-2031-02-03.ndjson');
  await expect(playground.status).toContainText('10 events');
  expect(text).not.toContain('\r');
  expect(text.endsWith('}\n')).toBe(true);
  const lines = text.slice(0, -1).split('\n').map((line) => JSON.parse(line));
  expect(lines).toHaveLength(10);
  const { id, correlationid, commandid, ...last } = lines[9];
  const ofOurOwn = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(id).toMatch(ofOurOwn);
  // The command that recorded it. It began a conversation, as no event led to it.
  expect(commandid).toMatch(ofOurOwn);
  expect(commandid).not.toBe(id);
  expect(correlationid).toBe(commandid);
  expect(last).toEqual({
    specversion: '1.0',
    source: '/bank_account',
    type: 'MoneyDeposited',
    subject: 'ada-savings',
    time: '2031-02-03T04:05:06.789Z',
    datacontenttype: 'application/json',
    data: { amount: 4050, reference: 'prize' },
    streamversion: 10,
    position: 10,
    schemaversion: 1,
  });
  for (const [index, line] of lines.entries()) {
    expect([line.streamversion, line.position, line.schemaversion]).toEqual([index + 1, index + 1, 1]);
    expect(typeof line.correlationid).toBe('string');
    expect(Object.values(line)).not.toContain(null);
  }
});

test('export, empty the store, import, export: the same bytes', async ({ playground }) => {
  await playground.begin('Order');
  await playground.record('Place order', { Customer: 'Zoë "Z" \\ 絲' }, 'OrderPlaced', 1);
  const before = await playground.exported();
  await playground.empty();
  await playground.holds(0);
  await playground.choose(file(before.text));
  await expect(playground.status).toHaveText(/^Imported 10 events/);
  expect((await playground.exported()).text).toBe(before.text);
});

test('the text of a time is shown once and given back as it came', async ({ page, playground }) => {
  await playground.open();
  const times = ['2026-03-01T10:00:00.123456100Z', '2026-03-01T11:00:00.1234569+01:00'];
  const lines = times.map((time, at) => foreign({ source: '/note', subject: 'nano', id: `n${at}`, time }));
  await playground.choose(fileOf(lines));
  await expect(playground.status).toHaveText(/^Imported 2 events/);
  await page.goto(`./${addressOf('note', 'nano', 2)}`);
  await expect(playground.event.getByText(times[1])).toHaveCount(1);
  await expect(playground.event.getByRole('term').filter({ hasText: /^time$/ })).toHaveCount(0);
  const { text } = await playground.exported();
  expect(text.trim().split('\n').slice(-2).map((line) => JSON.parse(line).time)).toEqual(times);
});

test('an export packed with gzip holds the bytes of the plain one, and is imported as it is', async ({
  page, playground,
}) => {
  await page.clock.setFixedTime('2031-02-03T04:05:06.789Z');
  await playground.begin('Order');
  await playground.record('Place order', { Customer: 'Zoë "Z" \\ 絲' }, 'OrderPlaced', 1);
  const plain = await playground.exported();
  const packed = await playground.downloaded('Export gzip');
  expect(packed.name).toBe('eventloom-2031-02-03.ndjson.gz');
  await expect(playground.status).toHaveText('Exported 10 events to eventloom-2031-02-03.ndjson.gz.');
  expect(gunzipSync(packed.bytes).toString('utf8')).toBe(plain.text);
  await playground.empty();
  await playground.holds(0);
  await playground.choose(file(packed.bytes, packed.name));
  await expect(playground.status).toHaveText(/^Imported 10 events/);
  expect((await playground.exported()).text).toBe(plain.text);
});

test('a browser that can’t pack with gzip offers the plain export alone', async ({ page, playground }) => {
  await page.addInitScript(() => delete window.CompressionStream);
  await playground.open();
  await expect(playground.button('Export gzip')).toHaveCount(0);
  expect((await playground.exported()).name).toMatch(/^eventloom-\d{4}-\d{2}-\d{2}\.ndjson$/);
});

test('a log that is packed with gzip is imported as it is', async ({ playground }) => {
  await playground.open();
  const packed = gzipSync([opened(1, 'guest'), deposited(2, 'guest', 2, 500)].join('\n'));
  await playground.choose(file(packed, 'events.ndjson.gz'));
  await expect(playground.status).toHaveText(/^Imported 2 events/);
  await playground.isAt(addressOf('bank_account', 'ada-savings'));
  await playground.open(addressOf('bank_account', 'guest'));
  await playground.shows(2, 2);
  await expect(playground.line('balance: 5.00 EUR')).toBeVisible();
});

test('data, positions and attributes from elsewhere come out as they came in', async ({ playground }) => {
  const end = '"streamversion":1,"position":2147483647,"schemaversion":3,"correlationid":"talk"';
  const kept = [
    // Digits, escapes and the order of keys stay; these bytes are those of the format's own order.
    `{"specversion":"1.0","id":"A234-1","source":"/permit","type":"Asked","subject":"p 1","time":"2026-02-03T08:00:00.000Z","datacontenttype":"application/json","data":{"z":1.50,"a":1E2,"big":12345678901234567890,"t":"\\u0041 b"},${end}}`,
    `{"specversion":"1.0","id":"A234-2","source":"https://permits.example/v1","type":"Given","subject":"p 1","time":"2026-02-03T08:00:01.250Z","datacontenttype":"text/json","data":[1,2],"streamversion":1,"position":"2147483648","schemaversion":1,"correlationid":"talk","causationid":"A234-1","actor":"clerk","attempt":2,"traceparent":"00-1","urgent":true}`,
    `{"specversion":"1.0","id":"A234-3","source":"/permit","type":"Scanned","subject":"p 1","time":"2026-02-03T08:00:02.000Z","datacontenttype":"image/png","streamversion":2,"position":"2147483650","schemaversion":1,"correlationid":"talk","data_base64":"iVBORw=="}`,
  ];
  await playground.open();
  await playground.empty();
  await playground.choose(fileOf(kept));
  await expect(playground.status).toHaveText(/^Imported 3 events/);
  expect((await playground.exported()).text).toBe(`${kept.join('\n')}\n`);
});

test('a file whose events are here already is skipped, line by line', async ({ playground }) => {
  await playground.open();
  const { text } = await playground.exported();
  await playground.choose(file(text));
  await expect(playground.status).toHaveText(/^Imported 0 events/);
  await expect(playground.status).toContainText(/\b9\b.*skipped/);
  // One line more than there is: that one comes in, after what the store holds.
  await playground.choose(file(`${text}${deposited(77, 'ada-savings', 10, 50, { position: 10 })}\n`));
  await expect(playground.status).toHaveText(/^Imported 1 event\b/);
  await expect(playground.status).toContainText(/\b9\b.*skipped/);
  await playground.shows(10, 10);
  await playground.holds(10);
});

test('events of a source that no model knows become a model of that name, to be scrubbed', async ({
  page, playground,
}) => {
  const source = 'https://permits.example/cases';
  await playground.open();
  await playground.choose(fileOf([
    foreign({ source, subject: 'case 7/b', type: 'Asked', data: { fee: 12, by: 'Ida' }, time: moment(1) }),
    foreign({ source, subject: 'case 7/b', id: 'case-2', type: 'Paid', data: { fee: 0, late: true }, time: moment(2) }),
    foreign({ source, subject: 'case 7/b', id: 'case-3', type: 'Noted', data: 'by phone', time: moment(3) }),
  ]));
  await expect(playground.status).toHaveText(/^Imported 3 events/);
  await expect(page).toHaveURL(/#\/bank_account\/ada-savings$/);
  await expect(playground.model.getByRole('option')).toHaveText(['Bank account', 'Order', source]);
  await playground.model.selectOption({ label: source });
  await playground.shows(3, 3);
  await expect(playground.stream).toHaveValue('case 7/b');
  expect(page.url().endsWith(addressOf(source, 'case 7/b'))).toBe(true);
  const state = ['by: "Ida"', 'fee: 0', 'late: true', 'value: "by phone"'];
  for (const line of state) await expect(playground.line(line)).toBeVisible();
  await expect(playground.tree.getByRole('treeitem')).toHaveCount(state.length);
  await expect(playground.state).toContainText('Last type Noted, 3 events');
  await expect(playground.commands).toContainText('takes no commands');
  await expect(playground.commands.getByRole('button')).toHaveCount(0);
  await playground.button('First version').click();
  await playground.button('Next version').click();
  await playground.shows(1, 3);
  await expect(playground.line('fee: 12')).toBeVisible();
  await expect(playground.line('late')).toHaveCount(0);
  await playground.button('Next version').click();
  expect(await playground.changeLines()).toEqual(
    expect.arrayContaining(['changed fee 12 → 0', 'added late true']),
  );
});

test('without subject, time and version an event goes to the stream default, in the file’s order', async ({
  page, playground,
}) => {
  await page.clock.setFixedTime('2031-02-03T04:05:06.789Z');
  await playground.open();
  await playground.choose(fileOf([
    foreign({ id: 'a', type: 'First' }),
    foreign({ id: 'b', type: 'Second', time: moment(5) }),
    foreign({ id: 'c', type: 'Third' }),
  ]));
  await expect(playground.status).toHaveText(/^Imported 3 events/);
  await expect(playground.status).toContainText(/\b2 events had no time/);
  await playground.open(addressOf('permit', 'default', 2));
  await playground.shows(2, 3);
  await expect(playground.selected).toHaveAccessibleName(/^v2 Second\b/);
  await expect(playground.event).toContainText(moment(5));
  await playground.button('Next version').click();
  await expect(playground.event).toContainText('2031-02-03T04:05:06.789Z');
});

test('a byte order mark, CR LF and blank lines at the end are no reason to refuse a file', async ({ playground }) => {
  await playground.open();
  const lines = [opened(1, 'framed'), deposited(2, 'framed', 2, 700)];
  await playground.choose(file(`\u{feff}${lines.join('\r\n')}\r\n\r\n \t\r\n\n`));
  await expect(playground.status).toHaveText(/^Imported 2 events/);
  await playground.open(addressOf('bank_account', 'framed'));
  await playground.shows(2, 2);
  await expect(playground.line('balance: 7.00 EUR')).toBeVisible();
});

test('the view stays where it is when a file comes in, and one at the head follows', async ({ page, playground }) => {
  await playground.open(addressOf('bank_account', 'ada-savings', 4));
  await playground.choose(fileOf([deposited(51, 'ada-savings', 10, 100), opened(52, 'another')]));
  await expect(playground.status).toHaveText(/^Imported 2 events/);
  await playground.shows(4, 10);
  await expect(page).toHaveURL(/ada-savings\?v=4$/);
  await expect(playground.line('balance: 405.00 EUR')).toBeVisible();
  await playground.toHead();
  await playground.choose(fileOf([deposited(53, 'ada-savings', 11, 100)]));
  await expect(playground.status).toHaveText(/^Imported 1 event\b/);
  await playground.shows(11, 11);
  await expect(playground.line('balance: 461.50 EUR')).toBeVisible();
  await expect(playground.selected).toHaveAccessibleName(/^v11 MoneyDeposited/);
});

test('what was imported takes commands as if it had been recorded here', async ({ playground }) => {
  await playground.open();
  await playground.choose(fileOf([
    opened(1, 'guest'),
    deposited(2, 'guest', 2, 2000, { causationid: uuid(1), actor: 'clerk' }),
    ofAccount(3, 'guest', 3, 'MoneyWithdrawn', { amount: 500, reference: '' }),
  ]));
  await expect(playground.status).toHaveText(/^Imported 3 events/);
  await playground.open(addressOf('bank_account', 'guest', 2));
  await expect(playground.event).toContainText('clerk');
  await playground.record('Withdraw', { Amount: '15.00' }, 'MoneyWithdrawn', 4);
  await playground.toHead();
  await expect(playground.line('balance: 0.00 EUR')).toBeVisible();
});

test('Import and Export can be used without a mouse, and the same file can be chosen twice', async ({
  page, playground,
}) => {
  await playground.open();
  const order = event(1, {
    source: '/order', subject: 'by-key', type: 'OrderPlaced', version: 1, position: 1,
    data: { customer: 'Ida', currency: 'EUR', lines: [{ sku: 'thread', quantity: 2, unit_price: 150 }] },
  });
  for (const status of [/^Imported 1 event\b/, /^Imported 0 events\b/]) {
    const chooser = page.waitForEvent('filechooser');
    await playground.button('Import').press('Enter');
    await (await chooser).setFiles(fileOf([order]));
    await expect(playground.status).toHaveText(status);
  }
  const download = page.waitForEvent('download');
  await playground.button('Export').press('Space');
  expect((await download).suggestedFilename()).toMatch(/^eventloom-\d{4}-\d{2}-\d{2}\.ndjson$/);
  await playground.shows(9, 9);
});

test('one stream is exported by itself, and what is imported of it is the same', async ({ playground, browser, baseURL }) => {
  await playground.open();
  await playground.choose(fileOf([opened(1, 'eve'), deposited(2, 'eve', 2, 500)]));
  await expect(playground.status).toHaveText(/^Imported 2 events/);
  await playground.open(addressOf('bank_account', 'eve'));
  const { name, bytes } = await playground.downloaded('Export this stream');
  expect(name).toMatch(/^eventloom-eve-\d{4}-\d{2}-\d{2}\.ndjson$/);
  await expect(playground.status).toHaveText(`Exported 2 events to ${name}.`);
  await expect(playground.storage).toContainText('Never exported');
  const lines = bytes.toString('utf8').trim().split('\n').map((line) => JSON.parse(line));
  expect(lines.map(({ subject, streamversion }) => [subject, streamversion])).toEqual([['eve', 1], ['eve', 2]]);
  const elsewhere = await browser.newContext({ baseURL });
  const other = new Playground(await elsewhere.newPage());
  await other.open();
  await other.choose({ name, mimeType: 'application/x-ndjson', buffer: bytes });
  await expect(other.status).toHaveText(/^Imported 2 events; none/);
  await elsewhere.close();
});
