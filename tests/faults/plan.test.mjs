// That what is planned for each round is one thing at most, and that ten rounds may have any of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DENIED, hidesJournal } from './denied.mjs';
import { AN_OLDER_ONE, DATABASE_HARM, JOURNAL_HARM } from './harm.mjs';
import { plan } from './plan.mjs';

const SEEDS = Array.from({ length: 100 }, (_, seed) => seed);
const strict = (rounds, seed) => plan(rounds, seed).filter(({ durability }) => durability === 'strict');
const faults = ({ denied, harm, freezes, moves }) =>
  [denied, harm, freezes && 'freezes', moves && 'moves'].filter(Boolean);

test('no more than one thing befalls a round', () => {
  const rounds = SEEDS.flatMap((seed) => strict(50, seed));
  for (const round of rounds) assert.ok(faults(round).length <= 1, JSON.stringify(round));
});

test('each fault has a chance in ten rounds, and comes in fifty', () => {
  const all = [...Object.keys(DENIED), ...DATABASE_HARM, ...JOURNAL_HARM, AN_OLDER_ONE, 'freezes', 'moves'].toSorted();
  const of = (rounds) => [...new Set(rounds.flatMap(faults))].toSorted();
  assert.deepEqual(of(SEEDS.flatMap((seed) => strict(10, seed))), all);
  for (const seed of SEEDS) assert.deepEqual(of(strict(50, seed)), all);
});

test('whose files are harmed is gone before', () => {
  const harmed = SEEDS.flatMap((seed) => strict(50, seed)).filter(({ harm }) => harm);
  assert.ok(harmed.every(({ wait }) => wait));
});

test('an older database is of the same store, and its move has ended', () => {
  for (const seed of SEEDS) {
    const rounds = strict(50, seed);
    for (const [at, { harm }] of rounds.entries()) {
      if (harm !== AN_OLDER_ONE) continue;
      const begun = rounds.findLastIndex(({ begins }, index) => begins && index <= at);
      const kept = rounds.findLastIndex(({ keeps }, index) => keeps && index <= at);
      assert.equal(rounds[at + 1]?.denied, undefined);
      assert.ok(!hidesJournal(rounds[kept - 1].denied));
      assert.ok(kept > begun + Number(Boolean(rounds[begun].moves)), `${seed} ${at} ${kept} ${begun}`);
    }
  }
});
