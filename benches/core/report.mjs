// What is made of the rounds: medians, the ratio of wasm to native within a round, and the targets.
import { aligned, figure, median, number } from '../table.mjs';

const SIDES = ['native', 'wasm'];
/** The stream that the targets are meant for. */
const MEANT = 1_000_000;
const megabytes = (bytes) => figure(bytes / 1e6);
const micro = (milliseconds) => figure(milliseconds * 1000);

/** In each round, the figures of a side for so many events, and of the state of a size where there are two. */
const found = (rounds, side, kind, events, state) =>
  rounds.map((round) => round[side][kind].find((row) => row.events === events && row.state === state));

function folds(rounds, events) {
  const cells = ['fold', 'replay'].flatMap((work) => {
    const [native, wasm] = SIDES.map((side) => found(rounds, side, 'folds', events).map((row) => row[work]));
    return [figure(median(native)), figure(median(wasm)), `${figure(median(native.map((rate, round) => rate / wasm[round])))}×`];
  });
  return [number(events), ...cells];
}

function looks(rounds, { events, state }) {
  const cells = SIDES.flatMap((side) => {
    const rows = found(rounds, side, 'looks', events, state);
    const of = (key) => median(rows.map((row) => row[key]));
    const { checkpoints, every } = rows[0];
    return [micro(of('p50')), micro(of('p99')), figure(of('built')), `${number(checkpoints)}, ${every} apart`];
  });
  return [number(events), state, ...cells];
}

function memory(rounds, { state, events }) {
  const cells = SIDES.flatMap((side) => {
    const [row] = found(rounds, side, 'looks', events, state);
    const copy = median(rounds.map((round) => round[side].copies[state] ?? NaN));
    const taken = Number.isNaN(copy) ? ['', ''] : [number(copy), megabytes(copy * row.checkpoints)];
    return [...taken, megabytes(row.counted)];
  });
  return [`${state}, ${number(found(rounds, 'native', 'looks', events, state)[0].json)} bytes as JSON`, ...cells];
}

/** What is to be reached, at most or at least, what it came to in each round, and in which unit. */
function targets(rounds) {
  const rates = (side) => found(rounds, side, 'folds', MEANT).map((row) => row.fold);
  const [native, wasm] = SIDES.map(rates);
  const rows = [
    ['folding natively', '≥ 8 M/s', (rate) => rate >= 8, native, figure],
    ['folding in wasm, against that', '≤ 1.6×', (ratio) => ratio <= 1.6, native.map((rate, round) => rate / wasm[round]), figure],
  ];
  for (const [state, most] of [['small', 0.5], ['large', 1]]) {
    for (const side of SIDES) {
      const p99 = found(rounds, side, 'looks', MEANT, state).map((row) => row.p99);
      rows.push([`state at a version, ${state}, ${side}, p99`, `≤ ${number(most * 1000)} µs`, (time) => time <= most, p99, micro]);
    }
  }
  return rows.map(([title, target, reaches, values, words]) => {
    const range = `${words(median(values))} (${words(Math.min(...values))} to ${words(Math.max(...values))})`;
    return [title, target, range, reaches(median(values)) ? 'yes' : 'no'];
  });
}

export function report(rounds, browser) {
  const [first] = rounds;
  const counts = first.native.folds.map((row) => row.events);
  const longest = first.native.looks.filter((row) => row.events === counts.at(-1));
  const each = (words) => SIDES.flatMap((side) => words.map((word) => `${side}: ${word}`));
  const told = counts.includes(MEANT)
    ? aligned([[`with ${number(MEANT)} events`, 'to reach', 'is (rounds from, to)', 'reached'], ...targets(rounds)])
    : ['The targets are meant for streams of a million events; this run had none.'];
  return [
    `${rounds.length === 1 ? 'One round' : `Medians of ${rounds.length} rounds`}, native and in Chromium ${browser} in turn.`,
    '',
    'Millions of events a second, decoding included: folded, and replayed onto an aggregate root.',
    '',
    ...aligned([
      ['events', 'fold: native', 'wasm', 'ratio', 'replay: native', 'wasm', 'ratio'],
      ...counts.map((events) => folds(rounds, events)),
    ]),
    '',
    'The state at a random version, in microseconds; the timeline built, in milliseconds; its checkpoints.',
    '',
    ...aligned([
      ['events', 'state', ...each(['p50', 'p99', 'built', 'checkpoints'])],
      ...first.native.looks.map((row) => looks(rounds, row)),
    ]),
    '',
    `Memory: bytes of one checkpoint, megabytes of all of ${number(counts.at(-1))} events, megabytes that they are counted as.`,
    '',
    ...aligned([['state', ...each(['one', 'all', 'counted'])], ...longest.map((row) => memory(rounds, row))]),
    '',
    ...told,
    '',
  ].join('\n');
}
