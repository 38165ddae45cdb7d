// What the rounds came to: whether each is as promised, and a table of all.
import { aligned, number } from '../../benches/table.mjs';

/** `ok`, `FAILED`, or `reported` for what need not hold. */
export function verdict({ durability, error, faults, wiped, detected }) {
  const whole = !error && faults.length === 0;
  if (whole) return detected || !wiped ? 'ok' : 'FAILED';
  const late = faults.every(({ kind }) => kind === 'lost' || kind === 'disorder');
  return durability === 'relaxed' && !error && late ? 'reported' : 'FAILED';
}

/** All rounds in one table, and what they came to in words. */
export function summary(rows, seed) {
  const kinds = [
    ['strict, killed', rows.filter(({ durability, harm }) => durability === 'strict' && !harm)],
    ['strict, files harmed', rows.filter(({ harm }) => harm)],
    ['relaxed, killed', rows.filter(({ durability }) => durability === 'relaxed')],
  ];
  const sum = (list, of) => number(list.reduce((total, row) => total + of(row), 0));
  const faulty = (list, ...kinds) => sum(list, ({ faults }) => faults.filter(({ kind }) => kinds.includes(kind)).length);
  const header = ['', 'rounds', 'acknowledged', 'lost', 'gaps', 'duplicates', 'half batches', 'other', 'emptied', 'refused at first', 'detected'];
  const table = kinds.map(([title, list]) => [
    title,
    number(list.length),
    sum(list, ({ acknowledged }) => acknowledged),
    sum(list, ({ lost }) => lost),
    faulty(list, 'gap'),
    faulty(list, 'duplicate'),
    faulty(list, 'half'),
    faulty(list, 'disorder', 'refused', 'damage'),
    sum(list, ({ wiped }) => Number(wiped)),
    sum(list, ({ refused }) => Number(Boolean(refused))),
    sum(list, ({ detected }) => Number(detected)),
  ]);
  const failed = rows.filter((row) => verdict(row) === 'FAILED').length;
  return [
    '',
    ...aligned([header, ...table]),
    '',
    `Repeat it with --seed ${seed}. What a kill interrupts differs from run to run all the same.`,
    `  ${rows.length - failed} passed`,
    ...(failed ? [`  ${failed} failed`] : []),
  ].join('\n');
}
