// What a store must hold after a kill, judged from what was logged outside the browser. Pure.
//
// An event is `{ event_id, stream, version, position }` with what the page wrote into its data:
// `batch`, the append that it was sent by, with `index` of `size`; and `number`, by which its
// `writer`, a tab, counts the events that it sent to the stream, from 1. A writer is named by its round and
// tab, as `7.1`.

/** Every way in which a store can be wrong. */
export const KINDS = ['lost', 'mixed', 'told', 'gap', 'duplicate', 'disorder', 'half', 'refused', 'damage'];

/** What a store that missed nothing tells. */
const NOTHING = { restored: 0, lost: 0, set_aside: 0, is_known: true };

/** What is to be there: what was acknowledged, or read after an earlier kill. */
export class Expected {
  #events = new Map();
  #refused = new Set();
  #failed = [];
  #opened = 0;

  /** These events are to be at their places for ever. */
  acknowledge(events) {
    for (const event of events) this.#events.set(event.event_id, event);
  }

  /** The browser of a round read these, and goes on from them: nothing of an earlier round comes later. */
  goesOn(round, events) {
    this.acknowledge(events);
    this.#opened = round;
  }

  /** The store said that nothing of these was recorded. */
  refuse(events) {
    for (const { event_id } of events) this.#refused.add(event_id);
    this.fail(events);
  }

  /** The store failed with these: they may be there, and what was sent after them may, too. */
  fail(events) {
    this.#failed.push(...events);
  }

  /** How many events are to be there. */
  get size() {
    return this.#events.size;
  }

  /** What is wrong with what was read, in the order of the store: `{ kind, what }`. */
  faults({ events, findings = [] }) {
    return [
      ...findings.map((what) => ({ kind: 'damage', what })),
      ...this.#lost(events),
      ...this.#recordedAfterAll(events),
      ...this.#mixed(events),
      ...order(events),
      ...halves(events),
      ...overtaken(events, this.#failed),
    ];
  }

  /**
   * What is wrong with what was told of a recovery. `least` events at least have come back; `kept` are known to have
   * stayed, so that no more than the others have; up to `aside` may be set aside.
   */
  misled({ events, recovery }, { least = 0, kept = this.size, aside = 0 } = {}) {
    const lost = this.#lost(events).length;
    const { restored, ...rest } = { ...NOTHING, ...recovery };
    const most = events.length - kept;
    const faults = [];
    const told = (what) => faults.push({ kind: 'told', what });
    if (restored < least || restored > most) told(`${restored} are told to be restored, and ${least} to ${most} are`);
    // What nobody was told is recorded may be missed as well.
    if (rest.lost < lost || (lost === 0 && rest.lost > 0)) told(`${rest.lost} are told to be lost, and ${lost} are`);
    if (rest.set_aside > aside) told(`${rest.set_aside} are told to be set aside, and ${aside} at most are`);
    if (!rest.is_known && lost === 0) told('it is told that something may be missing, and nothing is');
    return faults;
  }

  #lost(events) {
    const found = new Map(events.map((event) => [event.event_id, event]));
    return [...this.#events.values()]
      .filter((event) => told(event) !== told(found.get(event.event_id)))
      .map((event) => ({
        kind: 'lost',
        what: `${event.event_id}, acknowledged at ${told(event)}, is at ${told(found.get(event.event_id))}`,
      }));
  }

  #recordedAfterAll(events) {
    return events
      .filter(({ event_id }) => this.#refused.has(event_id))
      .map(({ event_id }) => ({ kind: 'refused', what: `${event_id} was refused, and is there` }));
  }

  /** What an earlier round sent and this store had gone on without, beside what took its place. */
  #mixed(events) {
    const round = ({ writer }) => Number.parseInt(writer, 10);
    const isBack = (event) => round(event) < this.#opened && !this.#events.has(event.event_id);
    if (!events.some((event) => round(event) >= this.#opened)) return [];
    return events.filter(isBack).map(({ event_id, writer }) => ({
      kind: 'mixed',
      what: `${event_id} of ${writer} came back beside what round ${this.#opened} recorded`,
    }));
  }
}

/** Positions grow, each stream's versions go from 1 without a gap, and no id is there twice. */
function order(events) {
  const faults = [];
  const ids = new Set();
  const heads = new Map();
  let last = 0;
  for (const { event_id, stream, version, position } of events) {
    if (ids.has(event_id)) faults.push({ kind: 'duplicate', what: `${event_id} is there twice` });
    ids.add(event_id);
    if (position <= last) faults.push({ kind: 'disorder', what: `position ${position} comes after ${last}` });
    last = position;
    const next = (heads.get(stream) ?? 0) + 1;
    if (version !== next) faults.push({ kind: 'gap', what: `${stream} goes from version ${next - 1} to ${version}` });
    heads.set(stream, version);
  }
  return faults;
}

/** A batch is there whole, side by side, in its order. */
function halves(events) {
  const faults = [];
  for (const [batch, part] of grouped(events, (event) => event.batch)) {
    const [{ size, stream, version }] = part;
    const whole =
      part.length === size &&
      part.every((event, at) => event.index === at && event.stream === stream && event.version === version + at);
    if (!whole) faults.push({ kind: 'half', what: `batch ${batch}: ${part.length} of ${size} are there, or not side by side` });
  }
  return faults;
}

/** What a writer sent to a stream, one append after another, is there up to some point. */
function overtaken(events, failed) {
  const faults = [];
  const sequence = ({ writer, stream }) => `${writer} ${stream}`;
  const left = grouped(failed, sequence);
  for (const [name, part] of grouped(events, sequence)) {
    const passed = new Set(left.get(name)?.map(({ number }) => number));
    let next = 1;
    for (const { number } of part) {
      while (next < number && passed.has(next)) next += 1;
      if (number !== next) faults.push({ kind: 'disorder', what: `${name}: number ${number} is where ${next} was to be` });
      next = number + 1;
    }
  }
  return faults;
}

function grouped(events, key) {
  const groups = new Map();
  for (const event of events) {
    const group = groups.get(key(event));
    if (group) group.push(event);
    else groups.set(key(event), [event]);
  }
  return groups;
}

const told = (event) =>
  event ? `${event.stream} version ${event.version}, position ${event.position}` : 'no place';
