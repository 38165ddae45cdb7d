// What is done to a profile's files while its browser is gone.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';

/** Where a journal's entries begin, after its two marks, and what the first of them begins with. */
const ENTRIES = 256;
const SIGN = Buffer.from([0xf5, 0xe7, 0xff]);
const FLIPS = 20;

/** What befalls a database, of which the journal has everything, by name. `chance` chooses where. */
const TO_DATABASE = {
  'deletes the files': ({ folders }) => folders.forEach((folder) => rmSync(folder, { recursive: true })),
  'deletes the manifest': ({ files }) =>
    files.filter((file) => /MANIFEST|CURRENT/.test(file)).forEach((file) => rmSync(file)),
  'cuts the log': ({ logs, chance }) =>
    logs.forEach((file) => truncateSync(file, Math.floor(statSync(file).size * chance()))),
  'flips bytes': ({ records, chance }) => {
    for (const file of records) flip(file, 0, statSync(file).size, chance);
  },
};

/** What befalls a journal, of which the database has everything. */
const TO_JOURNAL = {
  'damages the journal': ({ journals, chance }) => {
    for (const file of journals) flip(file, ENTRIES, statSync(file).size, chance);
  },
  "damages the journal's marks": ({ journals, chance }) => {
    for (const file of journals) flip(file, 0, ENTRIES, chance);
  },
};

/** The database becomes what it was some rounds before. */
export const AN_OLDER_ONE = 'puts an older database back';

export const DATABASE_HARM = Object.keys(TO_DATABASE);
export const JOURNAL_HARM = Object.keys(TO_JOURNAL);
const HARM = { ...TO_DATABASE, ...TO_JOURNAL, [AN_OLDER_ONE]: ({ root, older }) => keep(older, root) };

function flip(file, from, to, chance) {
  const bytes = readFileSync(file);
  for (let flips = 0; flips < FLIPS && to > from; flips += 1) bytes[from + Math.floor(chance() * (to - from))] ^= 0x55;
  writeFileSync(file, bytes);
}

const listed = (root) => (existsSync(root) ? readdirSync(root).map((name) => `${root}/${name}`) : []);

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((name) => `${folder}/${name}`)
    .filter((file) => statSync(file).isFile());

/** Whether a file of a page is a journal with entries: its name says nothing. */
const isJournal = (file) => readFileSync(file).subarray(ENTRIES, ENTRIES + SIGN.length).equals(SIGN);

const databases = (profile) => `${profile}/Default/IndexedDB`;

/** Does one of these to what a profile keeps, and answers whether that was there; the browser must be gone. */
export function harm(profile, what, chance) {
  const root = databases(profile);
  const folders = listed(root);
  const files = folders.flatMap(filesIn);
  if (files.length === 0) throw new Error(`There is no database in ${root}; this harness looks in the wrong place.`);
  const logs = files.filter((file) => /\/\d+\.log$/.test(file));
  const records = files.filter((file) => /\/\d+\.(log|ldb)$/.test(file));
  const pages = `${profile}/Default/File System`;
  const journals = (existsSync(pages) ? filesIn(pages) : []).filter(isJournal);
  if (what in TO_JOURNAL && journals.length === 0) return false;
  HARM[what]({ root, folders, files, logs, records, journals, older: olderOf(profile), chance });
  return true;
}

const olderOf = (profile) => `${profile}-older`;

/** Keeps what the database is now, for later; the browser must be gone. */
export const keepOlder = (profile) => keep(databases(profile), olderOf(profile));

export const forgetOlder = (profile) => rmSync(olderOf(profile), { recursive: true, force: true });

function keep(from, to) {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}
