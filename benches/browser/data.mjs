// The events that every peer is given: the envelope of the library, as plain objects.

const hex = (number, digits) => number.toString(16).padStart(digits, '0');

/** An event that is to be appended; `number` tells it from all others of the run. */
export const newEvent = (number) => ({
  event_id: `0199a0b0-0000-7000-8000-${hex(number, 12)}`,
  event_type: 'MoneyDeposited',
  schema_version: 1,
  data: `{"amount":${number},"reference":"salary of the month ${number}"}`,
  timestamp: new Date(1_767_600_000_000 + number).toISOString(),
  metadata: { correlation_id: 'benchmark' },
});

/** The event at its place. */
export const recorded = (stream, version, position, event) => ({
  aggregate_type: stream.aggregate_type,
  aggregate_id: stream.aggregate_id,
  version,
  position,
  ...event,
});

export const streamNamed = (aggregate_id) => ({ aggregate_type: 'bank_account', aggregate_id });

/** A log of one stream. */
export function oneStream(count) {
  const stream = streamNamed('only');
  return Array.from({ length: count }, (_, index) => recorded(stream, index + 1, index + 1, newEvent(index)));
}

/**
 * A log of `count` events in a tenth as many streams and one: `long` has a tenth of the events, at
 * most 10,000, and `sparse` a hundredth, at most 1,000, both spread evenly over the log; the others
 * take turns.
 */
export function manyStreams(count) {
  const long = Math.min(10_000, Math.floor(count / 10));
  const sparse = Math.min(1_000, Math.floor(count / 100));
  const streams = Math.floor(count / 10) + 1;
  const versions = new Map();
  const events = [];
  const every = (share) => Math.floor(count / share);
  let next = 0;
  for (let index = 0; index < count; index += 1) {
    let id;
    if (index % every(long) === 0 && (versions.get('long') ?? 0) < long) id = 'long';
    else if (index % every(sparse) === 5 && (versions.get('sparse') ?? 0) < sparse) id = 'sparse';
    else {
      id = `account-${next}`;
      next = (next + 1) % (streams - 2);
    }
    const version = (versions.get(id) ?? 0) + 1;
    versions.set(id, version);
    events.push(recorded(streamNamed(id), version, index + 1, newEvent(index)));
  }
  return { events, long, sparse, streams };
}

const FIELDS = ['aggregate_type', 'aggregate_id', 'version', 'position', 'event_id', 'event_type', 'schema_version', 'data', 'timestamp'];

/** Throws at the first event that isn't what was written. */
export function same(what, found, written) {
  if (found.length !== written.length) throw new Error(`${what}: ${found.length} of ${written.length} are there`);
  for (let index = 0; index < found.length; index += 1) {
    const [a, b] = [found[index], written[index]];
    const other = FIELDS.find((field) => a[field] !== b[field]);
    if (other) throw new Error(`${what}: ${other} of number ${index} is ${a[other]}, not ${b[other]}`);
    if (a.metadata.correlation_id !== b.metadata.correlation_id) throw new Error(`${what}: metadata of number ${index}`);
  }
}

/** The refusal that every peer answers a stale expected version with. */
export function conflict(stream, expected, actual) {
  const error = new Error(`${stream.aggregate_id} was expected at ${expected} and is at ${actual}`);
  return Object.assign(error, { name: 'Conflict', actual });
}
