// That what a store may tell follows from what befell it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNDER_WAY, befell, misstated, opened } from './befell.mjs';
import { AN_OLDER_ONE, DATABASE_HARM, JOURNAL_HARM } from './harm.mjs';

const LIFE = { size: 10, older: { kept: 4, after: 6 } };
const of = (row) => befell({ tabs: 1, ...row }, LIFE);

test('nothing is to be told of a kill, nor of a journal that was damaged', () => {
  assert.deepEqual(of({}), { aside: 0 });
  for (const harm of JOURNAL_HARM) assert.deepEqual(of({ harm }), { aside: 0 });
});

test('of a database that the browser emptied everything comes back', () => {
  assert.deepEqual(of({ wiped: true }), { least: 10, kept: 0, aside: 0 });
});

test('of a database that was harmed anything may come back', () => {
  for (const harm of DATABASE_HARM) assert.deepEqual(of({ harm }), { kept: 0, aside: 0 });
  assert.deepEqual(of({ harm: DATABASE_HARM[0], spared: true }), { aside: 0 });
});

test('what an older database lacks comes back, and what it has does not', () => {
  assert.deepEqual(of({ harm: AN_OLDER_ONE }), { least: 4, kept: 4, aside: 0 });
});

test('what was under way may be set aside where the journal was away, or another tab took its place', () => {
  assert.deepEqual(of({ denied: 'no worker' }), { aside: UNDER_WAY });
  assert.deepEqual(of({ tabs: 2 }), { aside: 2 * UNDER_WAY });
  assert.deepEqual(of({ denied: 'no local storage' }), { aside: 0 });
});

test('a second copy is told to be missing where it is away, and only there', () => {
  assert.deepEqual(misstated('missing: no worker', true), []);
  assert.deepEqual(misstated('checking', false), []);
  assert.equal(misstated('kept', true)[0].kind, 'told');
  assert.equal(misstated('missing: no worker', false)[0].kind, 'told');
});

test('a store that opens without its database is found', () => {
  assert.deepEqual(opened([{ error: 'Unavailable' }]), []);
  assert.equal(opened([{ error: 'Unavailable' }, { events: [] }])[0].kind, 'told');
});
