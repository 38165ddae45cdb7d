// What the rounds came to: whether each is as promised, and a table of all.
import { aligned, number } from '../../benches/table.mjs';
import { closesStore, hidesJournal } from './denied.mjs';
import { AN_OLDER_ONE, DATABASE_HARM, JOURNAL_HARM } from './harm.mjs';

/** `ok`, `FAILED`, or `reported` for what need not hold. */
export function verdict({ durability, error, faults, wiped, detected }) {
  const whole = !error && faults.length === 0;
  if (whole) return detected || !wiped ? 'ok' : 'FAILED';
  const late = faults.every(({ kind }) => kind === 'lost' || kind === 'disorder');
  return durability === 'relaxed' && !error && late ? 'reported' : 'FAILED';
}

/** Each kind of round, and which rows are of it: of the first that fits. */
const TITLED = [
  ['relaxed, killed', ({ durability }) => durability === 'relaxed'],
  ["the database's files harmed", ({ harm }) => DATABASE_HARM.includes(harm)],
  ['an older database', ({ harm }) => harm === AN_OLDER_ONE],
  ['the journal damaged', ({ harm }) => JOURNAL_HARM.includes(harm)],
  ['opened without the journal', ({ denied }) => hidesJournal(denied)],
  ['opened without the database', ({ denied }) => closesStore(denied)],
  ['opened without local storage', ({ denied }) => denied !== undefined],
  ['a tab frozen', ({ freezes }) => freezes],
  ['moved from the first layout', ({ moves }) => moves],
  ['strict, killed', () => true],
];
const titleOf = (row) => TITLED.find(([, fits]) => fits(row))[0];

/** All rounds in one table, and what they came to in words. */
export function summary(rows, seed) {
  const kinds = TITLED.map(([title]) => [title, rows.filter((row) => titleOf(row) === title)]);
  const sum = (list, of) => number(list.reduce((total, row) => total + of(row), 0));
  const faulty = (list, ...kinds) =>
    sum(list, ({ faults }) => faults.filter(({ kind }) => kinds.includes(kind)).length);
  const header = [
    '',
    'rounds',
    'acknowledged',
    'lost',
    'mixed',
    'told wrong',
    'gaps',
    'duplicates',
    'half batches',
    'other',
    'emptied',
    'restored',
    'set aside',
    'refused at first',
    'detected',
    'spared',
  ];
  const table = kinds.filter(([, list]) => list.length > 0).toReversed().map(([title, list]) => [
    title,
    number(list.length),
    sum(list, ({ acknowledged }) => acknowledged),
    sum(list, ({ lost }) => lost),
    faulty(list, 'mixed'),
    faulty(list, 'told'),
    faulty(list, 'gap'),
    faulty(list, 'duplicate'),
    faulty(list, 'half'),
    faulty(list, 'disorder', 'refused', 'damage'),
    sum(list, ({ wiped }) => Number(wiped)),
    sum(list, ({ recovery }) => Number(Boolean(recovery?.restored))),
    sum(list, ({ recovery }) => Number(Boolean(recovery?.set_aside))),
    sum(list, ({ refused }) => Number(Boolean(refused))),
    sum(list, ({ detected }) => Number(detected)),
    sum(list, ({ spared }) => Number(Boolean(spared))),
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

/** One round in a line. */
export function line(row) {
  const how = [
    row.durability,
    row.load && 'load',
    row.wait && 'wait',
    row.tabs > 1 && 'two tabs',
    row.denied,
    row.moves && `moved from the first layout, with ${row.left ?? 'an unknown number'} to move when killed`,
    row.frozen && `a tab frozen, while the tabs had ${row.frozen.join(' and ')} acknowledged`,
    row.harm && `${row.harm}${row.spared ? ', spared: no other copy is known to be whole' : ''}`,
  ];
  const came = [
    row.wiped && 'emptied by the browser',
    row.closed && `refused to open meanwhile: ${row.closed}`,
    row.refused && `${row.error ? 'not opened' : 'opened the second time only'}: ${row.refused}`,
    row.recovery?.sentence,
    row.copy && `the second copy is ${row.copy}`,
    row.failures.length > 0 && `${row.failures.length} appends failed (${row.failures[0]})`,
    ...row.faults.slice(0, 3).map(({ kind, what }) => `${kind}: ${what}`),
    verdict(row),
  ];
  const told = (list) => list.filter(Boolean).join(', ');
  const counts = `${row.acknowledged} acknowledged, ${row.found ?? 0} found, ${row.lost} lost`;
  return `${String(row.round).padStart(4)}  ${row.delay} ms (${told(how)}): ${counts}; ${told(came)}`;
}
