// What a store may tell when it is opened, by what befell it in a round. Pure.
import { hidesJournal } from './denied.mjs';
import { AN_OLDER_ONE, DATABASE_HARM } from './harm.mjs';

/** So many events at most a tab has sent that nobody was told of: eight appends of the greatest size. */
export const UNDER_WAY = 8 * 320;

/**
 * `size` events are known to be recorded. Of the `older` database that was put back, `kept` are known to be in it, and
 * `after` were known when its next browser had read it. Answers as `Expected.misled` takes it.
 */
export function befell({ wiped, spared, harm, denied, tabs }, { size, older }) {
  // What was under way may be in the journal alone, where another tab or what was appended without it took its place.
  const aside = tabs > 1 || hidesJournal(denied) ? UNDER_WAY * tabs : 0;
  if (wiped) return { least: size, kept: 0, aside };
  if (spared || !harm) return { aside };
  if (harm === AN_OLDER_ONE) return { least: size - older.after, kept: older.kept, aside };
  return DATABASE_HARM.includes(harm) ? { kept: 0, aside } : { aside };
}

/** What is wrong with what is told of the second copy of a store that could have it, or not. */
export function misstated(copy, isHidden) {
  if (copy.startsWith('missing') === isHidden) return [];
  return [{ kind: 'told', what: `the second copy, which ${isHidden ? 'is away' : 'is there'}, is told to be ${copy}` }];
}

/** What is wrong with what tabs answered that can't have the database. */
export function opened(answers) {
  const all = answers.filter(({ error }) => !error);
  return all.map(() => ({ kind: 'told', what: 'it opened without its database' }));
}
