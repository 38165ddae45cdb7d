// The worker of SQLite: prepared statements, one transaction an append.
import sqlite3InitModule from '/node_modules/@sqlite.org/sqlite-wasm/dist/index.mjs';
import { conflict } from '../data.mjs';
import { headsOf } from './bare.mjs';
import { serve } from './remote.mjs';

const SCHEMA = `
create table if not exists events (
  position integer primary key, aggregate_type text not null, aggregate_id text not null, version integer not null,
  event_id text not null, event_type text not null, schema_version integer not null, data text not null,
  timestamp text not null, metadata text not null, unique (aggregate_type, aggregate_id, version));
create table if not exists streams (
  aggregate_type text not null, aggregate_id text not null, version integer not null,
  primary key (aggregate_type, aggregate_id)) without rowid;`;
const COLUMNS = 'aggregate_type, aggregate_id, version, position, event_id, event_type, schema_version, data, timestamp, metadata';

const sqlite3 = await sqlite3InitModule();
let pool;
let database;
let statements;

const row = (stream, version, position, event) => [
  stream.aggregate_type,
  stream.aggregate_id,
  version,
  position,
  event.event_id,
  event.event_type,
  event.schema_version,
  event.data,
  event.timestamp,
  JSON.stringify(event.metadata),
];

function rows(statement, values) {
  statement.bind(values);
  const found = [];
  while (statement.step()) found.push(statement.get([]));
  statement.reset();
  return found;
}

function head(stream) {
  const found = rows(statements.head, [stream.aggregate_type, stream.aggregate_id]);
  return found[0]?.[0] ?? 0;
}

function atomically(work) {
  database.exec('begin immediate');
  try {
    const result = work();
    database.exec('commit');
    return result;
  } catch (error) {
    database.exec('rollback');
    throw error;
  }
}

serve({
  async open(name, synchronous) {
    pool = await sqlite3.installOpfsSAHPoolVfs({ name: `pool-${name}`, directory: `/${name}` });
    database = new pool.OpfsSAHPoolDb('/events.sqlite3');
    // Its fastest here, by far: a worker has the database for itself, so the write-ahead log needs no
    // shared memory.
    database.exec(`pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = ${synchronous}`);
    database.exec(SCHEMA);
    const places = '?, '.repeat(9);
    statements = {
      add: database.prepare(`insert into events (${COLUMNS}) values (${places} ?)`),
      keepHead: database.prepare('insert or replace into streams values (?, ?, ?)'),
      head: database.prepare('select version from streams where aggregate_type = ? and aggregate_id = ?'),
      stream: database.prepare(
        `select ${COLUMNS} from events where aggregate_type = ? and aggregate_id = ? order by version`,
      ),
      all: database.prepare(`select ${COLUMNS} from events where position > ? order by position limit ?`),
      streams: database.prepare('select aggregate_type, aggregate_id, version from streams'),
    };
  },
  append(stream, expected, text) {
    const batch = JSON.parse(text);
    return atomically(() => {
      const actual = head(stream);
      if (actual !== expected) throw conflict(stream, expected, actual);
      const positions = batch.map((event, index) => {
        // Without a position the database gives the next one.
        statements.add.bind(row(stream, actual + 1 + index, null, event)).stepReset();
        return Number(sqlite3.capi.sqlite3_last_insert_rowid(database));
      });
      statements.keepHead.bind([stream.aggregate_type, stream.aggregate_id, actual + batch.length]).stepReset();
      return positions;
    });
  },
  importAll(text) {
    const batch = JSON.parse(text);
    atomically(() => {
      for (const event of batch) statements.add.bind(row(event, event.version, event.position, event)).stepReset();
      for (const found of headsOf(batch)) {
        statements.keepHead.bind([found.aggregate_type, found.aggregate_id, found.version]).stepReset();
      }
    });
  },
  readStream: (stream) => JSON.stringify(rows(statements.stream, [stream.aggregate_type, stream.aggregate_id])),
  readAll: (after, limit) => JSON.stringify(rows(statements.all, [after, limit])),
  head,
  streams: () => JSON.stringify(rows(statements.streams, undefined)),
  close() {
    Object.values(statements).forEach((statement) => statement.finalize());
    database.close();
    pool.pauseVfs();
  },
});
