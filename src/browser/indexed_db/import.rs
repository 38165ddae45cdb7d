//! Importing: one transaction over any number of streams, all of it or nothing.

use std::collections::HashMap;
use std::mem;
use std::ops::ControlFlow;
use std::rc::Rc;

use idb::ObjectStore;
use idb::request::AddStoreRequest;

use super::connection::Connection;
use super::hints::Signal;
use super::journal::Journal;
use super::log::Log;
use super::read::read_all;
use super::schema::{LOG, PAGES};
use super::transaction::{Fault, Writing, answer};
use super::{codec, compact};
use crate::core::{Position, RecordedEvent, StreamId, Version};
use crate::store::segments::{
    INLINE, Index, Segment, directory, paginate, read_directory, runs_of,
};
use crate::store::{Durability, ImportError, StoreError};

/// So many events of an import stand in their segment; more are laid out in pages by stream.
const INLINE_EVENTS: usize = 256;

/// So many events at most are in the pages of one segment: a stream that has an event now and then
/// is read from one page of each, and who reads forward has one segment in memory.
const SEGMENT_EVENTS: usize = 16_384;

/// The text of them takes so many bytes at most, unless a single event takes more.
const SEGMENT_BYTES: usize = 16 << 20;

/// How many pages go in before it waits until they were taken: some 10 ms.
const STEP: u32 = 16;

pub(super) async fn import(
    connection: &Rc<Connection>,
    after: Position,
    next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>>,
) -> Result<(), ImportError> {
    // Relaxed: a file that was imported can be imported again.
    let writing = connection
        .write("import", &[LOG, PAGES], Durability::Relaxed)
        .await?;
    let log = &connection.log;
    let segments = writing.store(LOG).map_err(failed)?;
    log.catch_up(&segments).await.map_err(failed)?;
    let actual = log.ask(Index::last_position);
    if actual != after {
        let planned = after;
        return Err(ImportError::StoreMoved { planned, actual });
    }
    let mut into = Into {
        pages: writing.store(PAGES).map_err(failed)?,
        segments,
        writing,
        next: log.ask(Index::last_segment) + 1,
        written: Vec::new(),
    };
    let mut source = Source::new(next);
    let mut following = Following::default();
    let mut last = None;
    let mut done = 0;
    // Broken off, it is dropped here, and the transaction is undone.
    while let Some(segment) = source.segment(done)? {
        following.check(&segment, log)?;
        done += segment.len();
        last = segment.last().cloned();
        into = match into.written.is_empty() && segment.len() <= INLINE_EVENTS {
            true => into.inline(segment).await?,
            false => into.paged(&segment).await?,
        };
    }
    let Some(last) = last else {
        return Ok(());
    };
    if let Err(fault) = into.writing.commit().await
        && !is_in(connection, &last).await
    {
        return Err(failed(fault).into());
    }
    for (segment, wrote) in into.written {
        match wrote {
            Wrote::Inline(events) => {
                let all: Vec<&RecordedEvent> = events.iter().collect();
                let runs = runs_of(&all).into_iter().map(|run| (INLINE, run));
                log.wrote(segment, &events, runs);
            }
            Wrote::Paged(directory) => {
                let Ok(pages) = read_directory(&directory) else {
                    // It was made a moment ago; what can't be read here is read from the database.
                    log.forget();
                    break;
                };
                let runs = (0..).zip(pages).flat_map(|(number, runs)| {
                    let runs = runs.into_iter();
                    runs.map(move |run| (number, run))
                });
                log.wrote(segment, &[], runs);
            }
        }
    }
    Journal::note(connection, Some(&last));
    connection.hints.post(Signal::Appended(last.position));
    compact::later(connection);
    Ok(())
}

/// Whether an import is there that ends with this event: a connection that is lost at the commit
/// doesn't say.
async fn is_in(connection: &Rc<Connection>, last: &RecordedEvent) -> bool {
    let before = Position(last.position.0.saturating_sub(1));
    let found = read_all(connection, before, 1).await;
    found.is_ok_and(|found| found.first() == Some(last))
}

/// Where events come from, a segment at a time.
struct Source<F> {
    next: F,
    /// What was given and isn't in a segment yet.
    pending: Vec<RecordedEvent>,
}

impl<F: FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>>> Source<F> {
    fn new(next: F) -> Source<F> {
        Source {
            next,
            pending: Vec::new(),
        }
    }

    /// The events of the next segment, none at the end. So many are in.
    fn segment(&mut self, done: usize) -> Result<Option<Vec<RecordedEvent>>, ImportError> {
        loop {
            let full = full(&self.pending);
            if full < self.pending.len() {
                let rest = self.pending.split_off(full);
                return Ok(Some(mem::replace(&mut self.pending, rest)));
            }
            match (self.next)(done) {
                ControlFlow::Break(()) => return Err(ImportError::Cancelled),
                ControlFlow::Continue(batch) if batch.is_empty() => {
                    // Asked once more when these are in, it can still break off.
                    let last = mem::take(&mut self.pending);
                    return Ok((!last.is_empty()).then_some(last));
                }
                ControlFlow::Continue(batch) => self.pending.extend(batch),
            }
        }
    }
}

/// How many of the events go into one segment.
fn full(events: &[RecordedEvent]) -> usize {
    let mut bytes = 0;
    let fits = |(index, event): &(usize, &RecordedEvent)| {
        bytes += event.data.as_str().len();
        *index == 0 || (*index < SEGMENT_EVENTS && bytes <= SEGMENT_BYTES)
    };
    events.iter().enumerate().take_while(fits).count()
}

/// Whether the events follow what is there: a caller checked that, but a log that isn't whole is
/// refused by whoever keeps it.
#[derive(Default)]
struct Following {
    heads: HashMap<StreamId, Version>,
    last: Option<Position>,
}

impl Following {
    fn check(&mut self, events: &[RecordedEvent], log: &Log) -> Result<(), StoreError> {
        for event in events {
            codec::number("position", event.position.0)?;
            codec::number("version", event.version.0)?;
            let head = match self.heads.get_mut(&event.stream) {
                Some(head) => head,
                None => {
                    let head = head(log, &event.stream)?;
                    self.heads.entry(event.stream.clone()).or_insert(head)
                }
            };
            let cause = if event.version != head.next() {
                format!(
                    "{} version {} would follow version {head}",
                    event.stream, event.version
                )
            } else if self.last.is_some_and(|last| event.position <= last) {
                format!("position {} would follow a greater one", event.position)
            } else {
                *head = event.version;
                self.last = Some(event.position);
                continue;
            };
            let operation = "import";
            return Err(StoreError::Failed { operation, cause });
        }
        Ok(())
    }
}

/// The head of a stream that may be appended to.
fn head(log: &Log, stream: &StreamId) -> Result<Version, StoreError> {
    log.ask(|index| match index.fault(stream) {
        Some(fault) => Err(fault.clone()),
        None => Ok(index.version(stream)),
    })
}

/// What stands in a segment that was written.
enum Wrote {
    Inline(Vec<RecordedEvent>),
    /// What is in its pages: as the bytes of its directory, a fifth of what they are when read.
    Paged(Vec<u8>),
}

/// Where an import goes.
struct Into {
    writing: Writing,
    segments: ObjectStore,
    pages: ObjectStore,
    next: u64,
    written: Vec<(Segment, Wrote)>,
}

impl Into {
    async fn inline(mut self, events: Vec<RecordedEvent>) -> Result<Into, ImportError> {
        let record = codec::inline(self.next, &events)?;
        let added = self.segments.add(&record, None);
        self = self.taken(added).await?;
        let segment = codec::place_of(self.next, &events, 0);
        self.written.push((segment, Wrote::Inline(events)));
        self.next += 1;
        Ok(self)
    }

    async fn paged(mut self, events: &[RecordedEvent]) -> Result<Into, ImportError> {
        let pages = paginate(events);
        for (number, page) in (1..).zip(&pages) {
            let record = codec::page(self.next, number - 1, &page.packed)?;
            let added = self.pages.add(&record, None);
            if number.is_multiple_of(STEP) {
                self = self.taken(added).await?;
            } else {
                added.map_err(|error| failed(error.into()))?;
            }
        }
        let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        let segment = codec::place_of(self.next, events, count);
        let directory = directory(&pages);
        let record = codec::paged(&segment, &directory)?;
        let added = self.segments.add(&record, None);
        self = self.taken(added).await?;
        self.written.push((segment, Wrote::Paged(directory)));
        self.next += 1;
        Ok(self)
    }

    /// Waits until a record was taken in.
    async fn taken(self, added: Result<AddStoreRequest, idb::Error>) -> Result<Into, ImportError> {
        let added = added.map_err(|error| failed(error.into()))?;
        match answer(added).await {
            Ok(_) => Ok(self),
            // Not that error: the first one in the transaction is the reason.
            Err(_) => Err(failed(self.writing.undone().await).into()),
        }
    }
}

fn failed(fault: Fault) -> StoreError {
    fault.while_doing("import")
}
