// The worker of PGlite: one call of a function of the database an append.
import { PGlite } from '/node_modules/@electric-sql/pglite/dist/index.js';
import { serve } from './remote.mjs';

const COLUMNS = 'aggregate_type, aggregate_id, version, position, event_id, event_type, schema_version, data, timestamp, metadata';
const GIVEN = 'event_id text, event_type text, schema_version int, data text, "timestamp" text, metadata json';
const PLACE = 'aggregate_type text, aggregate_id text, version bigint, "position" bigint';
const SCHEMA = `
create table if not exists events (
  position bigserial primary key, aggregate_type text not null, aggregate_id text not null, version bigint not null,
  event_id text not null, event_type text not null, schema_version int not null, data text not null,
  timestamp text not null, metadata text not null, unique (aggregate_type, aggregate_id, version));
create table if not exists streams (
  aggregate_type text not null, aggregate_id text not null, version bigint not null,
  primary key (aggregate_type, aggregate_id));
create or replace function append(of_type text, of_id text, expected bigint, batch json) returns text
language plpgsql as $$
declare actual bigint; positions text;
begin
  select version into actual from streams where aggregate_type = of_type and aggregate_id = of_id for update;
  actual := coalesce(actual, 0);
  if actual <> expected then
    raise exception 'conflict' using errcode = 'P0409', detail = actual::text;
  end if;
  with added as (
    insert into events (aggregate_type, aggregate_id, version, event_id, event_type, schema_version, data, timestamp, metadata)
    select of_type, of_id, actual + row_number() over (), g.* from json_to_recordset(batch) as g(${GIVEN})
    returning position)
  select json_agg(position order by position)::text into positions from added;
  insert into streams values (of_type, of_id, actual + json_array_length(batch))
  on conflict (aggregate_type, aggregate_id) do update set version = excluded.version;
  return positions;
end $$;`;
/** A parameter of more than some 10,000 events makes PGlite slower, not faster. */
const CHUNK = 10_000;

const files = '/node_modules/@electric-sql/pglite/dist';
const compiled = async (name) => WebAssembly.compileStreaming(fetch(`${files}/${name}`));
// Its code is loaded before it is opened, like everybody's.
const [pgliteWasmModule, initdbWasmModule, fsBundle] = await Promise.all([
  compiled('pglite.wasm'),
  compiled('initdb.wasm'),
  fetch(`${files}/pglite.data`).then((response) => response.blob()),
]);
let database;

async function rows(sql, values) {
  const found = await database.query(sql, values, { rowMode: 'array' });
  return found.rows;
}

serve({
  async open(name, durability) {
    database = await PGlite.create({
      dataDir: `opfs-ahp://${name}`,
      relaxedDurability: durability === 'relaxed',
      pgliteWasmModule,
      initdbWasmModule,
      fsBundle,
    });
    const [[made]] = await rows("select to_regclass('streams') is not null");
    if (!made) await database.exec(SCHEMA);
  },
  async append(stream, expected, text) {
    try {
      const values = [stream.aggregate_type, stream.aggregate_id, expected, text];
      const [[positions]] = await rows('select append($1, $2, $3, $4::text::json)', values);
      return JSON.parse(positions);
    } catch (error) {
      if (error.code === 'P0409') throw Object.assign(error, { name: 'Conflict', actual: Number(error.detail) });
      throw error;
    }
  },
  async importAll(text) {
    const batch = JSON.parse(text);
    await database.transaction(async (transaction) => {
      for (let from = 0; from < batch.length; from += CHUNK) {
        await transaction.query(
          `insert into events (${COLUMNS}) select ${COLUMNS} from json_to_recordset($1::text::json) as g(${PLACE}, ${GIVEN})`,
          [JSON.stringify(batch.slice(from, from + CHUNK))],
        );
      }
      await transaction.query(
        'insert into streams select aggregate_type, aggregate_id, max(version) from events group by 1, 2',
      );
      await transaction.query("select setval('events_position_seq', (select max(position) from events))");
    });
  },
  readStream: async (stream) =>
    JSON.stringify(
      await rows(`select ${COLUMNS} from events where aggregate_type = $1 and aggregate_id = $2 order by version`, [
        stream.aggregate_type,
        stream.aggregate_id,
      ]),
    ),
  readAll: async (after, limit) =>
    JSON.stringify(await rows(`select ${COLUMNS} from events where position > $1 order by position limit $2`, [after, limit])),
  async head(stream) {
    const found = await rows('select version from streams where aggregate_type = $1 and aggregate_id = $2', [
      stream.aggregate_type,
      stream.aggregate_id,
    ]);
    return found[0]?.[0] ?? 0;
  },
  streams: async () => JSON.stringify(await rows('select aggregate_type, aggregate_id, version from streams')),
  async close() {
    // It goes on flushing files that it has closed itself, and complains; what it keeps is compared when
    // it is opened again.
    onunhandledrejection = (event) => event.preventDefault();
    onerror = () => true;
    await database.close();
  },
});
