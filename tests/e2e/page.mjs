// The page's parts by the roles and names that its contract gives them, and what a user does with
// them. It knows no class and no id.
import { expect } from '@playwright/test';

/** The stream of the first visit, and its balance at each version, worked out by hand. */
export const story = {
  stream: 'ada-savings',
  head: 9,
  balances: [
    null, '0.00', '500.00', '380.00', '405.00', '205.00', '205.00', '205.00', '505.00', '459.50',
  ],
  types: [
    null, 'AccountOpened', 'MoneyDeposited', 'MoneyWithdrawn', 'MoneyDeposited', 'MoneyTransferredOut',
    'AccountFrozen', 'AccountUnfrozen', 'MoneyDeposited', 'MoneyWithdrawn',
  ],
};

/** The address of a stream, from `#` on, as the contract writes it. */
export function addressOf(aggregateType, aggregateId, version) {
  const path = `#/${encodeURIComponent(aggregateType)}/${encodeURIComponent(aggregateId)}`;
  return version === undefined ? path : `${path}?v=${version}`;
}

export class Playground {
  constructor(page) {
    this.page = page;
    const region = (name) => page.getByRole('region', { name, exact: true });
    this.commands = region('Commands');
    this.timeline = region('Timeline');
    this.event = region('Event');
    this.state = region('State');
    this.changes = region('Changes');
    this.events = this.timeline.getByRole('listbox', { name: 'Events', exact: true });
    this.selected = this.events.getByRole('option', { selected: true });
    this.tree = this.state.getByRole('tree', { name: 'State', exact: true });
    this.slider = page.getByRole('slider', { name: 'Version', exact: true });
    this.model = page.getByRole('combobox', { name: 'Model', exact: true });
    this.stream = page.getByRole('combobox', { name: 'Stream', exact: true });
    this.status = page.getByRole('status');
    this.alert = page.getByRole('alert');
    this.storage = page.getByRole('group', { name: 'Storage', exact: true });
    this.durability = this.storage.getByRole('combobox', { name: 'Durability', exact: true });
    this.progress = page.getByRole('progressbar', { name: 'Import', exact: true });
    this.help = page.getByRole('dialog', { name: 'Help', exact: true });
    this.reset = page.getByRole('dialog', { name: 'Reset', exact: true });
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Goes to an address and waits until a stream is shown there. */
  async open(hash = '') {
    await this.page.goto(`./${hash}`);
    await this.read();
  }

  /** Waits until the stream is read: there are its events, or the sentence that there are none. */
  async read() {
    await expect(this.events.or(this.timeline.getByText('begins with its first event'))).toBeVisible();
  }

  /** Begins a stream of a model (by its title) and waits for it. */
  async begin(model = 'Bank account') {
    await this.open();
    await this.model.selectOption({ label: model });
    await this.button('New stream').click();
    await this.shows(0, 0);
  }

  /** Expects that this version of so many is shown, in words and to assistive technology. */
  async shows(viewed, head) {
    await expect(this.state).toContainText(new RegExp(`Version ${viewed} of ${head}(?!\\d)`));
    await expect(this.slider).toHaveAttribute('aria-valuenow', String(viewed));
    await expect(this.slider).toHaveAttribute('aria-valuemax', String(head));
  }

  /** Expects that the address bar shows this, from `#` on, and nothing more. */
  async isAt(hash) {
    await expect(this.page).toHaveURL((url) => url.hash === hash);
  }

  /** How many entries this tab's history has: what Back could lead through. */
  entries() {
    return this.page.evaluate(() => history.length);
  }

  /** Goes to the head, if the view isn't there. */
  async toHead() {
    const latest = this.button('Latest version');
    if ((await latest.getAttribute('aria-disabled')) !== 'true') await latest.click();
    await expect(latest).toHaveAttribute('aria-disabled', 'true');
  }

  /** The lines of the state that begin with this text, such as `balance: 459.50 EUR`. */
  line(text) {
    return this.tree.getByRole('treeitem', { name: beginning(text) });
  }

  /** The option of an event whose name begins with this text, such as `v3 MoneyDeposited`. */
  option(text) {
    return this.events.getByRole('option', { name: beginning(text) });
  }

  /** The items of the list of changes, each on one line. */
  async changeLines() {
    const items = await this.changes.getByRole('listitem').allInnerTexts();
    return items.map((item) => item.replace(/\s+/g, ' ').trim());
  }

  /** All that is said of the state and of what changed. */
  async told() {
    return [await this.tree.innerText(), await this.changes.innerText()];
  }

  // --- commands ---------------------------------------------------------------------------------

  toggle(command) {
    return this.commands.getByRole('button', { name: command, exact: true, expanded: false })
      .or(this.commands.getByRole('button', { name: command, exact: true, expanded: true }));
  }

  form(command) {
    return this.commands.getByRole('form', { name: command, exact: true });
  }

  field(command, label) {
    return this.form(command).getByLabel(new RegExp(`^${label}`));
  }

  submit(command) {
    return this.form(command).getByRole('button', { name: command, exact: true });
  }

  async showForm(command) {
    if ((await this.toggle(command).getAttribute('aria-expanded')) === 'false') {
      await this.toggle(command).click();
    }
    await expect(this.form(command)).toBeVisible();
  }

  /** Fills the fields of a command's form and submits it. */
  async send(command, fields = {}) {
    await this.showForm(command);
    for (const [label, value] of Object.entries(fields)) {
      const field = this.field(command, label);
      const select = (await field.evaluate((element) => element.localName)) === 'select';
      await (select ? field.selectOption(value) : field.fill(value));
    }
    await this.submit(command).click();
  }

  /** Sends a command that is accepted, and waits until it is said to be recorded. */
  async record(command, fields, eventType, version) {
    await this.send(command, fields);
    await expect(this.status).toHaveText(`${eventType} appended as v${version}`);
  }

  // --- files ------------------------------------------------------------------------------------

  /** Chooses a file to import: a path, or `{ name, mimeType, buffer }`. */
  async choose(file) {
    const chooser = this.page.waitForEvent('filechooser');
    await this.button('Import').click();
    await (await chooser).setFiles(file);
  }

  /** Exports the store: the file's name and its text. */
  async exported() {
    const { name, bytes } = await this.downloaded('Export');
    return { name, text: bytes.toString('utf8') };
  }

  /** Presses a button that leads to a download: the file's name and its bytes. */
  async downloaded(button) {
    const download = this.page.waitForEvent('download');
    await this.button(button).click();
    const file = await download;
    const chunks = [];
    for await (const chunk of await file.createReadStream()) chunks.push(chunk);
    return { name: file.suggestedFilename(), bytes: Buffer.concat(chunks) };
  }

  /** Empties the store, or restores the story in it, by the dialog for that. */
  async empty(choice = 'Empty store') {
    await this.button('Reset').click();
    await this.reset.getByRole('button', { name: choice, exact: true }).click();
    await expect(this.reset).toBeHidden();
    await expect(this.status).not.toHaveText('');
  }

  /** Expects that the store holds so many events, as its dialog says. */
  async holds(events) {
    await this.button('Reset').click();
    await expect(this.reset).toContainText(new RegExp(`(?<!\\d)${events} events?(?!\\w)`));
    await this.reset.getByRole('button', { name: 'Cancel', exact: true }).click();
    await expect(this.reset).toBeHidden();
  }
}

/** A pattern for a name that begins with this text, as a whole word. */
export function beginning(text) {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w.])`);
}
