//! Importing: one transaction over any number of streams, all of it or nothing.

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
use crate::store::segments::{INLINE, Index, Ranks, Run, Segment, directory, paginate, runs_of};
use crate::store::{Durability, ImportError, StoreError};

/// So many events of an import stand in their segment; more are laid out in pages by stream.
const INLINE_EVENTS: usize = 256;

/// So many events at most are in the pages of one segment: a stream that has an event now and then
/// is read from one page of each, and who reads forward has one segment in memory.
const SEGMENT_EVENTS: usize = 16_384;

/// The text of them takes so many bytes at most, unless a single event takes more.
const SEGMENT_BYTES: usize = 16 << 20;

/// How many pages go in between two looks at whether it was cancelled: some 10 ms.
const STEP: usize = 16;

pub(super) async fn import(
    connection: &Rc<Connection>,
    after: Position,
    events: &[RecordedEvent],
    mut progress: impl FnMut(usize) -> ControlFlow<()>,
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
    let Some(last) = events.last() else {
        return Ok(());
    };
    check(events, log)?;
    let mut into = Into {
        pages: writing.store(PAGES).map_err(failed)?,
        segments,
        writing,
        next: log.ask(Index::last_segment) + 1,
        written: Vec::new(),
    };
    let mut done = 0;
    for (number, segment) in (0..).zip(cut(events)) {
        if progress(done).is_break() {
            // Dropped here, the transaction is undone.
            return Err(ImportError::Cancelled);
        }
        match number == 0 && segment.len() <= INLINE_EVENTS {
            true => into = into.inline(segment).await?,
            false => into = into.paged(segment, |pages| progress(done + pages)).await?,
        }
        done += segment.len();
    }
    if progress(done).is_break() {
        return Err(ImportError::Cancelled);
    }
    if let Err(fault) = into.writing.commit().await
        && !is_in(connection, last).await
    {
        return Err(failed(fault).into());
    }
    for (segment, events, runs) in into.written {
        log.wrote(segment, events, runs);
    }
    Journal::note(connection, Some(last));
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

/// Whether the events follow what is there: a caller checked that, but a log that isn't whole is
/// refused by whoever keeps it.
fn check(events: &[RecordedEvent], log: &Log) -> Result<(), StoreError> {
    let mut ranks = Ranks::default();
    let mut heads: Vec<Version> = Vec::new();
    let mut last = None;
    for event in events {
        codec::number("position", event.position.0)?;
        codec::number("version", event.version.0)?;
        let rank = ranks.of(&event.stream);
        if rank == heads.len() {
            heads.push(head(log, &event.stream)?);
        }
        let head = &mut heads[rank];
        let cause = if event.version != head.next() {
            format!(
                "{} version {} would follow version {head}",
                event.stream, event.version
            )
        } else if last.is_some_and(|last| event.position <= last) {
            format!("position {} would follow a greater one", event.position)
        } else {
            *head = event.version;
            last = Some(event.position);
            continue;
        };
        let operation = "import";
        return Err(StoreError::Failed { operation, cause });
    }
    Ok(())
}

/// The head of a stream that may be appended to.
fn head(log: &Log, stream: &StreamId) -> Result<Version, StoreError> {
    log.ask(|index| match index.fault(stream) {
        Some(fault) => Err(fault.clone()),
        None => Ok(index.version(stream)),
    })
}

/// Cuts a log into the events of segments.
fn cut(events: &[RecordedEvent]) -> impl Iterator<Item = &[RecordedEvent]> {
    let mut rest = events;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |(index, event): &(usize, &RecordedEvent)| {
            bytes += event.data.as_str().len();
            *index == 0 || (*index < SEGMENT_EVENTS && bytes <= SEGMENT_BYTES)
        };
        let count = rest.iter().enumerate().take_while(fits).count();
        let (segment, after) = rest.split_at(count);
        rest = after;
        (count > 0).then_some(segment)
    })
}

/// A segment that was written, the events that stand in it, and what is in it or its pages.
type Wrote<'a> = (Segment, &'a [RecordedEvent], Vec<(u32, Run)>);

/// Where an import goes.
struct Into<'a> {
    writing: Writing,
    segments: ObjectStore,
    pages: ObjectStore,
    next: u64,
    written: Vec<Wrote<'a>>,
}

impl<'a> Into<'a> {
    async fn inline(mut self, events: &'a [RecordedEvent]) -> Result<Into<'a>, ImportError> {
        let record = codec::inline(self.next, events)?;
        let added = self.segments.add(&record, None);
        self = self.taken(added).await?;
        let segment = codec::place_of(self.next, events, 0);
        let all: Vec<&RecordedEvent> = events.iter().collect();
        let runs = runs_of(&all).into_iter().map(|run| (INLINE, run));
        self.written.push((segment, events, runs.collect()));
        self.next += 1;
        Ok(self)
    }

    async fn paged(
        mut self,
        events: &[RecordedEvent],
        mut progress: impl FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Into<'a>, ImportError> {
        let pages = paginate(events);
        let mut done = 0;
        for (number, page) in (0..).zip(&pages) {
            let record = codec::page(self.next, number, &page.packed)?;
            let added = self.pages.add(&record, None);
            done += page
                .runs
                .iter()
                .map(|run| run.count as usize)
                .sum::<usize>();
            let is_last = number as usize + 1 == pages.len();
            if !(number as usize + 1).is_multiple_of(STEP) && !is_last {
                added.map_err(|error| failed(error.into()))?;
                continue;
            }
            self = self.taken(added).await?;
            if !is_last && progress(done).is_break() {
                return Err(ImportError::Cancelled);
            }
        }
        let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        let segment = codec::place_of(self.next, events, count);
        let record = codec::paged(&segment, &directory(&pages))?;
        let added = self.segments.add(&record, None);
        self = self.taken(added).await?;
        let runs = (0..).zip(pages).flat_map(|(number, page)| {
            let runs = page.runs.into_iter();
            runs.map(move |run| (number, run))
        });
        self.written.push((segment, &[], runs.collect()));
        self.next += 1;
        Ok(self)
    }

    /// Waits until a record was taken in.
    async fn taken(
        self,
        added: Result<AddStoreRequest, idb::Error>,
    ) -> Result<Into<'a>, ImportError> {
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
