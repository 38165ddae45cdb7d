//! Reading: one transaction that first takes in what others wrote, then asks for what the index
//! says is needed.

use std::collections::VecDeque;
use std::rc::Rc;

use idb::{KeyRange, ObjectStore};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbRequest;

use super::codec::{self, Content, Record};
use super::connection::Connection;
use super::log::Ahead;
use super::schema::{LOG, PAGES};
use super::transaction::{Fault, Reading, answer};
use crate::core::{Position, RecordedEvent, StreamId, Version};
use crate::store::StoreError;
use crate::store::segments::{Fetch, Index, Segment, in_order, unpack, unpack_stream};

/// So many segments at most are read at once.
const MOST: u64 = 1_000;

/// Takes in what the log holds beyond what is known.
pub(super) async fn catch_up(
    connection: &Rc<Connection>,
    operation: &'static str,
) -> Result<(), StoreError> {
    let reading = connection.read(operation, &[LOG]).await?;
    let caught_up = async { connection.log.catch_up(&reading.store(LOG)?).await };
    caught_up
        .await
        .map_err(|fault: Fault| fault.while_doing(operation))
}

/// Asks the index, once it knows what there is.
pub(super) async fn ask<T>(
    connection: &Rc<Connection>,
    question: impl FnOnce(&Index) -> T,
) -> Result<T, StoreError> {
    catch_up(connection, "read").await?;
    Ok(connection.log.ask(question))
}

/// A transaction over the log and its pages, with the index at what it sees.
async fn begin(connection: &Rc<Connection>) -> Result<(Reading, Sources), StoreError> {
    let reading = connection.read("read", &[LOG, PAGES]).await?;
    let sources = async {
        let (log, pages) = (reading.store(LOG)?, reading.store(PAGES)?);
        connection.log.catch_up(&log).await?;
        Ok(Sources { log, pages })
    };
    let sources = sources.await.map_err(failed)?;
    Ok((reading, sources))
}

struct Sources {
    log: ObjectStore,
    pages: ObjectStore,
}

impl Sources {
    /// Asks for records, at most so many.
    fn fetch(&self, fetch: Fetch, limit: Option<u32>) -> Result<IdbRequest, Fault> {
        let number = |number: u64| JsValue::from_f64(number as f64);
        let key = |segment, page: u32| JsValue::from(Array::of2(&number(segment), &page.into()));
        let (store, from, to) = match fetch {
            Fetch::Segments { from, to } => (&self.log, number(from), number(to)),
            Fetch::Pages { segment, from, to } => {
                (&self.pages, key(segment, from), key(segment, to))
            }
        };
        let range = KeyRange::bound(&from, &to, None, None)?;
        Ok(store.get_all(Some(range.into()), limit)?.into())
    }
}

fn failed(fault: Fault) -> StoreError {
    fault.while_doing("read")
}

async fn records(request: IdbRequest) -> Result<Vec<Record>, StoreError> {
    let found: Array = answer(request).await.map_err(failed)?.unchecked_into();
    Ok(found.iter().map(JsCast::unchecked_into).collect())
}

/// Why the events couldn't be had.
enum Miss {
    /// Records that the index names aren't there.
    Moved,
    /// The index was forgotten meanwhile.
    Forgotten,
    Failed(StoreError),
}

impl From<StoreError> for Miss {
    fn from(error: StoreError) -> Miss {
        Miss::Failed(error)
    }
}

pub(super) async fn read_stream(
    connection: &Rc<Connection>,
    stream: &StreamId,
    after: Version,
    limit: usize,
) -> Result<Vec<RecordedEvent>, StoreError> {
    again_where_moved(connection, async || {
        let (_reading, sources) = begin(connection).await?;
        let (fetches, last) = connection
            .log
            .ask(|index| index.fetches(stream, after, limit));
        let wanted = Wanted {
            stream,
            after,
            last,
        };
        wanted.from(&sources, &fetches).await
    })
    .await
}

/// Tries again where the index was forgotten, and once more, with one made anew, where it doesn't fit.
async fn again_where_moved<T>(
    connection: &Rc<Connection>,
    attempt: impl AsyncFn() -> Result<T, Miss>,
) -> Result<T, StoreError> {
    let mut is_new = false;
    loop {
        match attempt().await {
            Ok(found) => return Ok(found),
            Err(Miss::Failed(error)) => return Err(error),
            Err(Miss::Forgotten) => {}
            Err(Miss::Moved) if !is_new => {
                connection.log.forget();
                is_new = true;
            }
            Err(Miss::Moved) => {
                return Err(StoreError::Corrupt {
                    stream: "a stream that can't be told".to_owned(),
                    version: Version::NONE,
                    cause: "records that the log names are missing".to_owned(),
                });
            }
        }
    }
}

/// The events of a stream with versions above one and up to another.
struct Wanted<'a> {
    stream: &'a StreamId,
    after: Version,
    last: Version,
}

impl Wanted<'_> {
    async fn from(&self, sources: &Sources, fetches: &[Fetch]) -> Result<Vec<RecordedEvent>, Miss> {
        // All are asked for before the first is waited for.
        let asked: Result<Vec<IdbRequest>, Fault> = fetches
            .iter()
            .map(|fetch| sources.fetch(*fetch, None))
            .collect();
        let mut events = Vec::new();
        for (request, fetch) in asked.map_err(failed)?.into_iter().zip(fetches) {
            let records = records(request).await?;
            let expected = match *fetch {
                Fetch::Segments { from, to } => to - from + 1,
                Fetch::Pages { from, to, .. } => u64::from(to - from) + 1,
            };
            if records.len() as u64 != expected {
                return Err(Miss::Moved);
            }
            for record in &records {
                match fetch {
                    Fetch::Segments { .. } => self.take_segment(record, &mut events)?,
                    Fetch::Pages { .. } => {
                        let bytes = codec::open_page(record).map_err(|cause| self.corrupt(cause));
                        self.take_packed(&bytes?, &mut events)?;
                    }
                }
            }
        }
        let mut next = self.after;
        for event in &events {
            next = next.next();
            if event.version != next {
                return Err(self.missing(next).into());
            }
        }
        if next < self.last {
            return Err(self.missing(next.next()).into());
        }
        Ok(events)
    }

    fn take_segment(&self, record: &Record, events: &mut Vec<RecordedEvent>) -> Result<(), Miss> {
        let content = codec::open_segment(record).map(|opened| opened.content);
        match content {
            Some(Ok(Content::Readable(records))) => {
                for record in records {
                    if codec::names(&record, self.stream, self.after, self.last) {
                        events.push(codec::read_event(&record)?);
                    }
                }
                Ok(())
            }
            Some(Ok(Content::Packed(_, bytes))) => Ok(self.take_packed(&bytes, events)?),
            // Others were joined to it.
            Some(Ok(Content::Paged(..))) => Err(Miss::Moved),
            Some(Err(cause)) => Err(self.corrupt(cause).into()),
            // Others hold no events; that they are missing is told by who counts them.
            _ => Ok(()),
        }
    }

    fn take_packed(&self, bytes: &[u8], events: &mut Vec<RecordedEvent>) -> Result<(), StoreError> {
        let found = unpack_stream(bytes, self.stream, self.after, self.last);
        events.extend(found.map_err(|error| self.corrupt(error.to_string()))?);
        Ok(())
    }

    fn corrupt(&self, cause: String) -> StoreError {
        StoreError::Corrupt {
            stream: self.stream.to_string(),
            version: self.after.next(),
            cause,
        }
    }

    fn missing(&self, version: Version) -> StoreError {
        StoreError::Corrupt {
            stream: self.stream.to_string(),
            version,
            cause: "it is missing".to_owned(),
        }
    }
}

pub(super) async fn read_all(
    connection: &Rc<Connection>,
    after: Position,
    limit: usize,
) -> Result<Vec<RecordedEvent>, StoreError> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    again_where_moved(connection, async || {
        let (_reading, sources) = begin(connection).await?;
        let log = &connection.log;
        let forgotten = log.forgotten();
        let mut found: VecDeque<RecordedEvent> = match log.ahead.take() {
            Some(ahead) if ahead.after == after => ahead.events,
            _ => VecDeque::new(),
        };
        while found.len() < limit {
            let known = found.back().map_or(after, |event| event.position);
            let next = log.ask(|index| next_fetch(index.segments_after(known)));
            let Some((fetch, segments)) = next else {
                break;
            };
            let left = u32::try_from(limit - found.len()).unwrap_or(u32::MAX);
            let limit = matches!(fetch, Fetch::Segments { .. }).then_some(left);
            let records = records(sources.fetch(fetch, limit).map_err(failed)?).await?;
            let expected = match limit {
                Some(limit) => segments.min(u64::from(limit)),
                None => segments,
            };
            if log.forgotten() != forgotten {
                return Err(Miss::Forgotten);
            }
            if records.len() as u64 != expected {
                return Err(Miss::Moved);
            }
            let mut events = Vec::new();
            for record in &records {
                match fetch {
                    Fetch::Segments { .. } => open_all(record, &mut events)?,
                    Fetch::Pages { .. } => {
                        let bytes = codec::open_page(record).map_err(|cause| lost(known, cause));
                        let unpacked = unpack(&bytes?).map_err(|e| lost(known, e.to_string()));
                        events.extend(unpacked?);
                    }
                }
            }
            if matches!(fetch, Fetch::Pages { .. }) {
                in_order(&mut events);
            }
            events.retain(|event| event.position > known);
            if events.is_empty() {
                return Err(lost(known, "its events are missing".to_owned()).into());
            }
            found.extend(events);
        }
        let rest = found.split_off(found.len().min(limit));
        if let Some(last) = found.back()
            && !rest.is_empty()
        {
            *log.ahead.borrow_mut() = Some(Ahead {
                after: last.position,
                events: rest,
            });
        }
        Ok(found.into())
    })
    .await
}

/// What to fetch of the first of these segments, with those after it that lie beside it, and how
/// many records that is.
fn next_fetch(segments: &[Segment]) -> Option<(Fetch, u64)> {
    let first = segments.first()?;
    if first.pages > 0 {
        let fetch = Fetch::Pages {
            segment: first.number,
            from: 0,
            to: first.pages - 1,
        };
        return Some((fetch, u64::from(first.pages)));
    }
    let beside = segments
        .iter()
        .zip(first.number..first.number + MOST)
        .take_while(|(segment, number)| segment.number == *number && segment.pages == 0)
        .count() as u64;
    let fetch = Fetch::Segments {
        from: first.number,
        to: first.number + beside - 1,
    };
    Some((fetch, beside))
}

/// All events of a segment that stand in it.
fn open_all(record: &Record, events: &mut Vec<RecordedEvent>) -> Result<(), Miss> {
    let known = events.last().map_or(Position::START, |e| e.position);
    match codec::open_segment(record).map(|opened| opened.content) {
        Some(Ok(Content::Readable(records))) => {
            for record in records {
                events.push(codec::read_event(&record)?);
            }
            Ok(())
        }
        Some(Ok(Content::Packed(_, bytes))) => {
            let unpacked = unpack(&bytes).map_err(|error| lost(known, error.to_string()));
            events.extend(unpacked?);
            Ok(())
        }
        // Others were joined to it.
        Some(Ok(Content::Paged(..))) => Err(Miss::Moved),
        Some(Err(cause)) => Err(lost(known, cause).into()),
        _ => Ok(()),
    }
}

/// A record whose events can't be told.
fn lost(after: Position, cause: String) -> StoreError {
    StoreError::Corrupt {
        stream: format!("what follows position {after}"),
        version: Version::NONE,
        cause,
    }
}
