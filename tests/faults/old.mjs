// A database as the first release left it, a record an event, for the page that is killed while it is moved.

const STREAMS = ['north', 'east', 'south', 'west', 'middle'];

/** CRC-32, as in zip. */
function checksum(text) {
  let sum = ~0;
  for (const byte of new TextEncoder().encode(text)) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

/** One of its events; of each five in a row, each is of another stream. */
function record(type, index) {
  const [stream, version] = [STREAMS[index % STREAMS.length], Math.floor(index / STREAMS.length) + 1];
  const fields = {
    aggregate_type: type,
    aggregate_id: stream,
    version,
    event_id: crypto.randomUUID(),
    event_type: 'Counted',
    schema_version: 1,
    data: JSON.stringify({ writer: '0.old', number: version, batch: `old-${index}`, index: 0, size: 1 }),
    timestamp: '2026-01-05T09:00:01.007Z',
  };
  const summed = [...Object.values(fields), 'c', null, null, null];
  return { ...fields, metadata: { correlation_id: 'c' }, checksum: checksum(JSON.stringify(summed)) };
}

const ended = (request, event) =>
  new Promise((answer, failed) => {
    request[event] = () => answer(request.result);
    request.onerror = () => failed(request.error);
  });

/** Makes one with so many events, and answers with them. */
export async function putOldDatabase(name, type, count) {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    const database = opening.result;
    const stream = ['aggregate_type', 'aggregate_id'];
    const events = database.createObjectStore('events', { keyPath: 'position', autoIncrement: true });
    events.createIndex('stream_event_id', [...stream, 'event_id'], { unique: true });
    events.createIndex('stream_version', [...stream, 'version'], { unique: true });
    database.createObjectStore('streams', { keyPath: stream });
    database.createObjectStore('snapshots', { keyPath: stream });
    database.createObjectStore('checkpoints', { keyPath: 'subscriber' });
    database.createObjectStore('meta', { keyPath: 'key' });
  };
  const database = await ended(opening, 'onsuccess');
  const writing = database.transaction(['events', 'streams', 'meta'], 'readwrite');
  const [events, streams] = [writing.objectStore('events'), writing.objectStore('streams')];
  const records = Array.from({ length: count }, (_, index) => record(type, index));
  for (const event of records) events.add(event);
  for (const { aggregate_type, aggregate_id, version } of records.slice(-STREAMS.length)) {
    streams.put({ aggregate_type, aggregate_id, version });
  }
  writing.objectStore('meta').put({ key: 'written_by', value: 'Eventloom' });
  await ended(writing, 'oncomplete');
  database.close();
  return records.map((event, index) => ({ ...event, position: index + 1 }));
}

/** How many events are still to be moved. */
export async function leftToMove(name) {
  const database = await ended(indexedDB.open(name), 'onsuccess');
  const count = await ended(database.transaction('events').objectStore('events').count(), 'onsuccess');
  database.close();
  return count;
}
