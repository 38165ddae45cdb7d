// What is done in each round, drawn from the seed.
import { DENIED, hidesJournal } from './denied.mjs';
import { AN_OLDER_ONE, DATABASE_HARM, JOURNAL_HARM } from './harm.mjs';
import { random, shuffled } from './random.mjs';

const TEN = Array.from({ length: 10 }, (_, index) => index);
/** So many of ten rounds have one of `FAULTS`, and so many harm the database. */
const [FAULTY, HARMED] = [4, 2];

/** What befalls one round of a store whose other copies are whole. */
const FAULTS = [
  // Who waits for a worker keeps other tabs from opening the store.
  ...Object.keys(DENIED).map((denied) => (denied === 'a silent worker' ? { denied, tabs: 1 } : { denied })),
  ...JOURNAL_HARM.map((harm) => ({ harm, wait: true })),
  { harm: AN_OLDER_ONE, wait: true },
  { freezes: true, tabs: 2 },
];
/** What none of them is done to. */
export const PLAIN = {
  begins: undefined,
  denied: undefined,
  freezes: undefined,
  harm: undefined,
  keeps: undefined,
  moves: undefined,
};

/**
 * The rounds: of each ten strict ones, half are killed under load, half are started again only once
 * the browser is gone, three have two tabs. The first of ten begins a store, every other time one that has to
 * be moved; of the next five, four have a fault of their own; and the database's files are harmed in two of the
 * last four, since a browser may be late to find what befell them. Then a tenth as many relaxed ones.
 */
export function plan(rounds, seed) {
  const chance = random(seed);
  const draw = (list) => drawn(shuffled(list, chance));
  const [nextFault, nextHarm] = [draw(FAULTS), draw(DATABASE_HARM)];
  let moves = chance() < 0.5;
  const planned = [];
  while (planned.length < rounds) {
    const [loaded, waiting, tabs] = [5, 5, 3].map((count) => new Set(shuffled(TEN, chance).slice(0, count)));
    // An older database isn't one whose move hasn't ended.
    const first = moves ? 2 : 1;
    const faulty = shuffled(TEN.slice(first, 6), chance).slice(0, FAULTY);
    const harmed = shuffled(TEN.slice(6), chance).slice(0, HARMED);
    const ten = TEN.map((index) => ({
      durability: 'strict',
      load: loaded.has(index),
      wait: waiting.has(index),
      tabs: tabs.has(index) ? 2 : 1,
    }));
    ten[0].begins = true;
    if (moves) Object.assign(ten[0], { moves, tabs: 1 });
    moves = !moves;
    const faults = faulty.map(nextFault);
    // Whoever opens an older database has to have all else: no fault comes right after.
    const isLast = ({ harm }) => Number(harm === AN_OLDER_ONE);
    faults.sort((one, other) => isLast(one) - isLast(other));
    for (const [at, index] of faulty.toSorted().entries()) Object.assign(ten[index], faults[at]);
    // Who harms files has to wait until they are no one's.
    for (const index of harmed) Object.assign(ten[index], { harm: nextHarm(), wait: true });
    const replaced = ten.findIndex(({ harm }) => harm === AN_OLDER_ONE);
    if (replaced > 0) {
      let kept = Math.max(first, replaced - Math.floor(chance() * 3));
      // What was appended without the journal is in doubt until that was asked: what the journal has beyond it is set
      // aside then, not put back.
      while (hidesJournal(ten[kept - 1].denied)) kept -= 1;
      ten[kept].keeps = true;
    }
    planned.push(...ten);
  }
  planned.length = rounds;
  for (let index = 0; index < Math.ceil(rounds / 10); index += 1) {
    planned.push({ begins: index % 10 === 0, durability: 'relaxed', load: index % 2 === 0, wait: false, tabs: 1 });
  }
  return planned.map((round, index) => ({
    ...round,
    round: index + 1,
    seed: Math.floor(chance() * 2 ** 32),
    // A move begins after a hundred milliseconds and takes a few hundred.
    delay: Math.round(round.moves ? 80 + chance() * 220 : 50 + chance() * 650),
  }));
}

/** Answers with one after another, from the first again after the last. */
function drawn(list) {
  let count = 0;
  return () => list[count++ % list.length];
}
