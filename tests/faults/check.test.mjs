// That the check of a kill fails on each kind of loss, and on nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Expected, KINDS } from './check.mjs';

/** The events of one append of the writer `w`, as a store would have recorded them. */
const append = (batch, stream, version, size, position) =>
  Array.from({ length: size }, (_, index) => ({
    event_id: `${batch}-${index}`,
    stream,
    version: version + index,
    position: position + index,
    writer: 'w',
    number: version + index,
    batch,
    index,
    size,
  }));

/** Two acknowledged appends to stream a and one to b, 5 events; then 3 that were never answered for. */
function given() {
  const acknowledged = [append('p', 'a', 1, 2, 1), append('q', 'a', 3, 1, 3), append('r', 'b', 1, 2, 4)].flat();
  const expected = new Expected();
  expected.acknowledge(acknowledged.map((event) => ({ ...event })));
  return { expected, acknowledged, events: [...acknowledged, ...append('s', 'b', 3, 3, 6)] };
}

function kinds(expected, events, findings) {
  const found = [...new Set(expected.faults({ events, findings }).map(({ kind }) => kind))];
  assert.ok(found.every((kind) => KINDS.includes(kind)));
  return found.toSorted();
}

test('what was acknowledged is enough, and what was not may be there too', () => {
  const { expected, acknowledged, events } = given();
  assert.deepEqual(kinds(expected, acknowledged), []);
  assert.deepEqual(kinds(expected, events), []);
});

test('an acknowledged event that is gone is lost', () => {
  const { expected, events } = given();
  assert.deepEqual(kinds(expected, events.slice(0, 2)), ['lost']);
  assert.equal(expected.faults({ events: [] }).length, 5);
});

test('an acknowledged event at another place is lost', () => {
  for (const change of [{ version: 4 }, { position: 9 }, { stream: 'c' }]) {
    const { expected, acknowledged } = given();
    Object.assign(acknowledged[2], change);
    assert.ok(kinds(expected, acknowledged).includes('lost'), JSON.stringify(change));
  }
});

test('what was read after a kill must not be lost by the next', () => {
  const { expected, acknowledged, events } = given();
  expected.acknowledge(events);
  assert.deepEqual(kinds(expected, events), []);
  assert.deepEqual(kinds(expected, acknowledged), ['lost']);
});

test('half a batch that was never acknowledged is found', () => {
  const { expected, events } = given();
  assert.deepEqual(kinds(expected, events.slice(0, 7)), ['half']);
});

test('the later half of a batch is found', () => {
  const { expected, acknowledged, events } = given();
  const rest = events.slice(6).map((event, at) => ({ ...event, version: 3 + at }));
  assert.deepEqual(kinds(expected, [...acknowledged, ...rest]), ['disorder', 'half']);
});

test('a batch with something between its events is found', () => {
  const { expected, events } = given();
  [events[6].version, events[7].version] = [5, 6];
  assert.deepEqual(kinds(expected, events), ['gap', 'half']);
});

test('a gap in a stream is found', () => {
  const { expected, events } = given();
  for (const event of events.slice(5)) event.version += 1;
  assert.deepEqual(kinds(expected, events), ['gap']);
});

test('an event that is there twice is found', () => {
  const { expected, events } = given();
  const again = { ...events[7], version: 6, position: 9 };
  assert.deepEqual(kinds(expected, [...events, again]), ['disorder', 'duplicate', 'half']);
});

test('positions that do not grow are found', () => {
  const { expected, events } = given();
  for (const event of events.slice(5)) event.position = 5;
  assert.deepEqual(kinds(expected, events), ['disorder']);
});

test('an append that overtook an earlier one of its writer is found', () => {
  const { expected, acknowledged } = given();
  const [late] = append('t', 'b', 3, 1, 6);
  late.number = 4;
  assert.deepEqual(kinds(expected, [...acknowledged, late]), ['disorder']);
  // Unless the earlier one was refused.
  expected.refuse(append('s', 'b', 3, 1, 6));
  assert.deepEqual(kinds(expected, [...acknowledged, late]), []);
});

test('an append that was refused and is there all the same is found', () => {
  const { expected, events } = given();
  expected.refuse(events.slice(5));
  assert.deepEqual(kinds(expected, events), ['refused']);
});

test('an append that failed may be there or not', () => {
  const { expected, acknowledged, events } = given();
  expected.fail(events.slice(5));
  assert.deepEqual(kinds(expected, events), []);
  assert.deepEqual(kinds(expected, acknowledged), []);
});

test('what the store finds wrong with itself counts', () => {
  const { expected, events } = given();
  assert.deepEqual(kinds(expected, events, ['The record at position 3 is damaged.']), ['damage']);
});

/** The same events, where the first three are of round 1, and the last of round 2, which went on without another. */
function goneOn() {
  const [first, back] = [append('p', 'a', 1, 3, 1), append('q', 'b', 1, 1, 4)];
  const later = append('r', 'a', 4, 1, 5);
  for (const event of [...first, ...back]) event.writer = '1.0';
  Object.assign(later[0], { writer: '2.0', number: 1 });
  const expected = new Expected();
  expected.goesOn(2, first);
  return { expected, first, back, later };
}

test('what an earlier round sent and comes back beside what took its place is mixed', () => {
  const { expected, first, back, later } = goneOn();
  assert.deepEqual(kinds(expected, [...first, ...later]), []);
  assert.deepEqual(kinds(expected, [...first, ...back, ...later]), ['mixed']);
  // It may come back whole where nothing took its place.
  assert.deepEqual(kinds(expected, [...first, ...back]), []);
});

const NONE = { restored: 0, lost: 0, set_aside: 0, is_known: true };
/** How many things are told wrong of the eight events, of which five were acknowledged. */
function misled(recovery, befell, from = 0) {
  const { expected, events } = given();
  const faults = expected.misled({ events: events.slice(from), recovery }, befell);
  assert.ok(faults.every(({ kind }) => kind === 'told'));
  return faults.length;
}

test('where nothing is missing, nothing is told but of what was never acknowledged', () => {
  assert.equal(misled(null), 0);
  assert.equal(misled({ ...NONE, restored: 3 }), 0);
  assert.equal(misled({ ...NONE, restored: 4 }), 1);
  assert.equal(misled({ ...NONE, lost: 1 }), 1);
  assert.equal(misled({ ...NONE, set_aside: 1 }), 1);
  assert.equal(misled({ ...NONE, is_known: false }), 1);
});

test('what came back has to be told, and no more', () => {
  const befell = { least: 2, kept: 3 };
  assert.equal(misled(null, befell), 1);
  assert.equal(misled({ ...NONE, restored: 1 }, befell), 1);
  assert.equal(misled({ ...NONE, restored: 2 }, befell), 0);
  assert.equal(misled({ ...NONE, restored: 5 }, befell), 0);
  assert.equal(misled({ ...NONE, restored: 6 }, befell), 1);
});

test('what is lost has to be told', () => {
  assert.equal(misled(null, {}, 1), 1);
  assert.equal(misled({ ...NONE, lost: 1 }, {}, 1), 0);
  assert.equal(misled({ ...NONE, lost: 2 }, {}, 1), 0);
});

test('no more is told to be set aside than may be', () => {
  assert.equal(misled({ ...NONE, set_aside: 3 }, { aside: 3 }), 0);
  assert.equal(misled({ ...NONE, set_aside: 4 }, { aside: 3 }), 1);
});
