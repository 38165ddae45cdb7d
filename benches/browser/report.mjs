// What is made of the figures: medians of the rounds, ratios within a round, and the targets.

import { aligned, figure, median, number } from '../table.mjs';

const FULL = 'SQLite FULL';

/** Each work: what it is called, and what is to be reached, at most, by Eventloom as a ratio to another. */
const works = ({ count, single, long, sparse, streams }) => [
  ['a', `a. ${single} single appends, relaxed, p50`, 1.25, 'bare put'],
  ['a strict', `a′. the same, strict, p50`, 1.3, 'bare put'],
  ['a2', `a2. ${number(single * 2)} unawaited appends`, 0.033, 'one each'],
  ['b', `b. 100 a batch, strict, p50`, 0.5, FULL],
  ['c many', `c. import ${number(count)} into ${number(streams)} streams`, 0.3, FULL],
  ['c one', `c. import ${number(count)} into one stream`, 0.3, FULL],
  ['d long', `d. load a stream of ${number(long)}`, 0.3, FULL],
  ['d whole', `d. load a stream of ${number(count)}`, 0.3, FULL],
  ['d sparse', `d. load ${number(sparse)} spread over ${number(count)}`, 0.3, FULL],
  ['e', `e. read all ${number(count)} forward`, 0.4, FULL],
  ['f', `f. head of one of ${number(streams)} streams, p50`, 1.1, 'bare IndexedDB'],
];
const COPIED = 'Eventloom, second copy';
/** What Eventloom with a second copy is held to. */
const copied = () => [['a strict', `a′. the same, strict, second copy included, p50`, 1.6, 'bare put', undefined, COPIED]];
/** What is asked of the memory, held to what another asks of the database. */
const remembered = ({ streams }) => [
  ['f memory', `f. head of one of ${number(streams)} streams, from memory`, 1.1, 'bare IndexedDB', undefined, 'Eventloom', 'f'],
];
const OPEN = ['g', ({ streams }) => `g. open to the list of ${number(streams)} streams`];
const OPEN_LIMIT = 150;
const COLUMNS = ['Eventloom', COPIED, 'bare put', 'bare IndexedDB', 'Dexie', 'idb', FULL, 'SQLite NORMAL', 'PGlite'];

/** For each work: the target, what Eventloom came to in the middle, best and worst round, and whether that reaches it. */
export function targets({ sizes, results }) {
  const found = [];
  const held = [...works(sizes), ...copied(), ...remembered(sizes)];
  for (const [work, title, most, against, note, name = 'Eventloom', otherWork = work] of held) {
    const [own, other] = [results[work]?.[name], results[otherWork]?.[against]];
    if (!own || own.length !== other?.length) {
      found.push({ title, most, against, note: `${against} was not timed to the end` });
      continue;
    }
    const ratios = own.map((figure, round) => figure / other[round]);
    const ratio = median(ratios);
    found.push({ title, most, against, ratio, from: Math.min(...ratios), to: Math.max(...ratios), reached: ratio <= most, note });
  }
  const opened = results.g?.Eventloom;
  if (opened) {
    const milliseconds = median(opened);
    const range = { from: Math.min(...opened), to: Math.max(...opened) };
    // A smaller store that opens in time says nothing of the one that the target is meant for.
    const told = sizes.count < 1_000_000 ? { note: 'meant for 1,000,000 events' } : { reached: milliseconds <= OPEN_LIMIT };
    found.push({ title: OPEN[1](sizes), milliseconds, most: OPEN_LIMIT, ...range, ...told });
  }
  return found;
}

/** Both as tables that read well as text and as Markdown. */
export function table({ sizes, browser, results }, reached) {
  const header = ['milliseconds, median of the rounds', ...COLUMNS];
  const rows = [...works(sizes), ...remembered(sizes), [OPEN[0], OPEN[1](sizes)]].map(([work, title]) => [
    title,
    ...COLUMNS.map((peer) => figure(results[work]?.[peer] && median(results[work][peer]))),
  ]);
  const told = reached.map(({ title, most, against, ratio, milliseconds, from, to, reached: yes, note }) => {
    const unit = against ? '×' : ' ms';
    const value = ratio ?? milliseconds;
    const range = value === undefined ? '' : `${figure(value)}${unit} (${figure(from)} to ${figure(to)})`;
    const answer = value === undefined ? 'not measured' : yes === undefined ? 'not told' : yes ? 'yes' : 'no';
    return [title, `≤ ${most}${unit} ${against ?? ''}`.trim(), range, answer, note ?? ''];
  });
  return [
    `Chromium ${browser ?? '(version unknown)'}, ${sizes.rounds} rounds, the peers in turn. Differences under 1.3× are not established.`,
    '',
    ...aligned([header, ...rows]),
    '',
    ...aligned([['Eventloom', 'to reach', 'is (rounds from, to)', 'reached', ''], ...told]),
    '',
  ].join('\n');
}
