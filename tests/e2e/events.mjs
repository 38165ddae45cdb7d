// Small logs for tests to import: CloudEvents, one a line, in the form in which the page exports
// them. A test says what matters to it; the rest is made up here, the same each time.

/** A UUID that no test's browser makes by itself. */
export const uuid = (number) => `0e70a000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** The moment so many seconds into the day of the logs. */
export const moment = (second) => new Date(Date.UTC(2026, 1, 3, 8, 0, second)).toISOString();

/** A CloudEvent with what every one must have; `undefined` takes an attribute away. */
export const foreign = (attributes = {}) =>
  JSON.stringify({ specversion: '1.0', id: 'case-1', source: '/permit', type: 'PermitAsked', ...attributes });

/** An event of ours, as an export writes it. */
export function event(number, { source, subject, type, version, position, data, ...others }) {
  return JSON.stringify({
    specversion: '1.0',
    id: uuid(number),
    source,
    type,
    subject,
    time: moment(number),
    datacontenttype: 'application/json',
    data,
    streamversion: version,
    position,
    schemaversion: 1,
    correlationid: uuid(number),
    ...others,
  });
}

/** An event of an account. */
export const ofAccount = (number, subject, version, type, data, others = {}) =>
  event(number, { source: '/bank_account', subject, type, version, position: number, data, ...others });

/** The first event of an account. */
export const opened = (number, subject, others) =>
  ofAccount(number, subject, 1, 'AccountOpened', { owner: 'Ada Byron', currency: 'EUR' }, others);

/** A deposit, in cents. */
export const deposited = (number, subject, version, amount, others) =>
  ofAccount(number, subject, version, 'MoneyDeposited', { amount, reference: `deposit ${version}` }, others);

/**
 * An account that is opened, and from then on is given 3.00 and gives 1.00 back, in turns.
 * `balanceAt` says what is then in it.
 */
export function longAccount(subject, events) {
  const lines = [opened(1, subject)];
  for (let version = 2; version <= events; version += 1) {
    lines.push(
      version % 2 === 0
        ? deposited(version, subject, version, 300)
        : ofAccount(version, subject, version, 'MoneyWithdrawn', { amount: 100, reference: 'fee' }),
    );
  }
  return lines;
}

/**
 * The balance of a long account at a version. By hand: two versions add 2.00. v2 is the first of
 * 3.00, so an even version v has 3.00 + (v - 2) / 2 * 2.00 = v + 1; one that is odd has 1.00 less
 * than the one before it, and so v - 1.
 */
export const balanceAt = (version) => `${version % 2 === 0 ? version + 1 : version - 1}.00`;

/** As many accounts with one event each. */
export const manyAccounts = (count) =>
  Array.from({ length: count }, (_, index) => opened(index + 1, `account-${String(index + 1).padStart(3, '0')}`));

/** A file of these lines, each with its end. */
export const fileOf = (lines, name = 'events.ndjson') => file(lines.map((line) => `${line}\n`).join(''), name);

/** A file with this content, byte for byte. */
export const file = (content, name = 'events.ndjson') => ({
  name,
  mimeType: 'application/x-ndjson',
  buffer: Buffer.from(content),
});
