//! Importing: one transaction over any number of streams, all of it or nothing.

use std::mem;
use std::ops::ControlFlow;
use std::rc::Rc;

use idb::ObjectStore;
use web_sys::IdbRequest;

use super::calls::Call;
use super::codec;
use super::connection::Connection;
use super::copies::Copies;
use super::filling::{fill, place_of};
use super::hints::Signal;
use super::lay_out::{is_great, put_filter};
use super::log::{Wrote, in_page};
use super::read::{ask, read_all};
use super::reset::another_history;
use super::schema::{LOG, META, PAGES};
use super::transaction::{Fault, Writing, answer};
use crate::core::{History, Position, PositionRanges, RecordedEvent, StreamId, Version};
use crate::log::Chain;
use crate::log::segments::{
    INLINE, Index, Segment, Turn, directory, pack, paginate, read_directory, runs_of,
};
use crate::store::{
    Durability, Following, ImportError, ImportToken, Segments, StoreError, met_hole, same_history,
};

/// So many events at most are in the pages of one segment: a stream that has an event now and then
/// is read from one page of each, and who reads forward has one segment in memory.
const SEGMENT_EVENTS: usize = 16_384;

/// The text of them takes so many bytes at most, unless a single event takes more.
const SEGMENT_BYTES: usize = 16 << 20;

/// How many pages go in before it waits until they were taken: some 10 ms.
const STEP: u32 = 16;

pub(super) async fn import(
    copies: &Copies,
    durability: Durability,
    (after, history): (Position, Option<History>),
    next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>>,
) -> Result<Option<ImportToken>, ImportError> {
    let Copies { connection, .. } = copies;
    let stores = [LOG, PAGES, META];
    let writing = connection.write("import", &stores, durability).await?;
    let log = &connection.log;
    let segments = writing.store(LOG)?;
    log.catch_up(&segments).await?;
    let doubt = connection.doubts.to_note(log);
    doubt.note(&writing).await?;
    same_history(history, log.history())?;
    let actual = log.ask(Index::last_position);
    if actual != after {
        let planned = after;
        return Err(ImportError::StoreMoved { planned, actual });
    }
    let mut into = Into {
        pages: writing.store(PAGES)?,
        segments,
        writing,
        next: log.ask(Index::last_segment) + 1,
        chain: log.chain(),
        written: Vec::new(),
    };
    let mut source = Source::new(next);
    let mut following = Following::new(log.next_position(), actual == Position::START);
    let (mut last, mut fills) = (None, Vec::new());
    let mut done = 0;
    // Broken off, it is dropped here, and the transaction is undone.
    while let Some(given) = source.segment(done)? {
        done += given.len();
        let mut segment = Vec::with_capacity(given.len());
        for event in given {
            codec::number("position", event.position.0)?;
            codec::number("version", event.version.0)?;
            if following.is_to_fill(&event)? {
                fills.push(event);
                continue;
            }
            following.take::<ImportError>(&event, |stream| log.ask(|index| head(index, stream)))?;
            segment.push(event);
        }
        if segment.is_empty() {
            continue;
        }
        last = segment.last().cloned();
        let is_great = is_great(std::iter::once(segment.len()), &segment);
        into = match into.written.is_empty() && !is_great {
            true => into.inline(segment).await?,
            false => into.paged(&segment).await?,
        };
    }
    if !fills.is_empty() {
        into.fill(copies, &fills, &following).await?;
        connection.doubts.noted(doubt);
        return Ok(None);
    }
    let Some(last) = last else {
        return Ok(None);
    };
    let token = ImportToken::new(Segments {
        history: log.history(),
        first: into.next - into.written.len() as u64,
        last: into.next - 1,
        chain: into.chain,
    });
    if let Err(fault) = into.writing.commit().await
        && !is_in(connection, &last).await
    {
        return Err(fault.into());
    }
    connection.doubts.noted(doubt);
    for (wrote, stands) in into.written {
        match stands {
            Stands::Inline(events) => {
                let all: Vec<&RecordedEvent> = events.iter().collect();
                let runs = runs_of(&all).into_iter().map(|run| (INLINE, run));
                log.wrote(wrote, Some(&events), runs);
            }
            Stands::Paged(directory) => {
                let Ok(pages) = read_directory(&directory) else {
                    // It was made a moment ago; what can't be read here is read from the database.
                    log.forget();
                    break;
                };
                let runs = (0..).zip(pages).flat_map(|(number, runs)| {
                    let runs = runs.into_iter();
                    runs.map(move |run| (number, run))
                });
                log.wrote(wrote, None, runs);
            }
        }
    }
    copies.note(Some(&last), Durability::Strict);
    connection.hints.post(Signal::Appended(last.position));
    connection.call(Call::Added);
    Ok(Some(token))
}

/// Puts a few events that bring their places into a store that holds none: an import without its pages.
pub(super) async fn begin(copies: &Copies, events: &[RecordedEvent]) -> Result<(), ImportError> {
    let Copies { connection, .. } = copies;
    let writing = connection
        .write("import", &[LOG, META], Durability::Relaxed)
        .await?;
    let log = &connection.log;
    let segments = writing.store(LOG)?;
    log.catch_up(&segments).await?;
    let doubt = connection.doubts.to_note(log);
    doubt.note(&writing).await?;
    let (planned, actual) = (Position::START, log.ask(Index::last_position));
    if actual != planned {
        return Err(ImportError::StoreMoved { planned, actual });
    }
    let segment = codec::place_of(log.ask(Index::last_segment) + 1, events, 0);
    let wrote = Wrote {
        segment,
        chain: log.chain().with(segment.number, events),
        imported: PositionRanges::one(segment.first, segment.last),
    };
    let record = codec::inline(segment.number, events)?;
    let record = codec::linked(record, wrote.chain, &wrote.imported);
    segments.add(&record, None).map_err(Fault::from)?;
    writing.commit().await?;
    connection.doubts.noted(doubt);
    let all: Vec<&RecordedEvent> = events.iter().collect();
    let runs = runs_of(&all).into_iter().map(|run| (INLINE, run));
    log.wrote(wrote, Some(events), runs);
    copies.note(events.last(), Durability::Strict);
    connection.hints.post(Signal::Appended(segment.last));
    Ok(())
}

/// Whether an import is there that ends with this event: a connection that is lost at the commit
/// doesn't say.
async fn is_in(connection: &Rc<Connection>, last: &RecordedEvent) -> bool {
    let before = Position(last.position.0.saturating_sub(1));
    match read_all(connection, before, 1, None).await {
        Ok(found) => found.items.first() == Some(last),
        Err(error) => last.is_hole() && error == met_hole(last),
    }
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

/// The head of a stream that may be appended to.
fn head(index: &Index, stream: &StreamId) -> Result<Version, StoreError> {
    match index.fault(stream) {
        Some(damage) => Err(damage.into()),
        None => Ok(index.version(stream)),
    }
}

/// What stands in a segment that was written.
enum Stands {
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
    /// That of the log before it.
    chain: Chain,
    written: Vec<(Wrote, Stands)>,
}

impl Into {
    async fn inline(mut self, events: Vec<RecordedEvent>) -> Result<Into, ImportError> {
        let record = codec::inline(self.next, &events)?;
        let wrote = self.link(codec::place_of(self.next, &events, 0), &events);
        let record = codec::linked(record, wrote.chain, &wrote.imported);
        let added = self.segments.add(&record, None);
        self = self.taken(added).await?;
        self.written.push((wrote, Stands::Inline(events)));
        Ok(self)
    }

    async fn paged(mut self, events: &[RecordedEvent]) -> Result<Into, ImportError> {
        let pages = paginate(events);
        for (number, page) in (1..).zip(&pages) {
            let record = codec::page(self.next, number - 1, &page.packed)?;
            let added = self.pages.put(&record, None);
            if number.is_multiple_of(STEP) {
                self = self.taken(added).await?;
            } else {
                added.map_err(Fault::from)?;
            }
        }
        let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        let segment = codec::place_of(self.next, events, count);
        put_filter(&self.pages, &segment, events)?;
        let directory = directory(&pages);
        let record = codec::paged(&segment, &directory)?;
        let wrote = self.link(segment, events);
        let record = codec::linked(record, wrote.chain, &wrote.imported);
        let added = self.segments.add(&record, None);
        self = self.taken(added).await?;
        self.written.push((wrote, Stands::Paged(directory)));
        Ok(self)
    }

    /// A segment of the import, as the next of the log.
    fn link(&mut self, segment: Segment, events: &[RecordedEvent]) -> Wrote {
        self.chain = self.chain.with(segment.number, events);
        self.next += 1;
        Wrote {
            segment,
            chain: self.chain,
            imported: PositionRanges::one(segment.first, segment.last),
        }
    }

    /// Puts events in the places of holes, and says so in segments that begin a new history; then it is done.
    async fn fill(
        mut self,
        copies: &Copies,
        fills: &[RecordedEvent],
        following: &Following,
    ) -> Result<(), ImportError> {
        let Copies { connection, .. } = copies;
        let new = self.index();
        let find = |event: &RecordedEvent| {
            let there = connection.log.ask(|index| place_of(index, event));
            there.or_else(|| place_of(&new, event))
        };
        let stores = (&self.segments, &self.pages);
        if let Some(lacking) = fill(stores, find, fills).await? {
            return Err(following.without_hole(lacking).into());
        }
        let history = another_history();
        let mut rest = fills;
        while !rest.is_empty() {
            let (some, later) = rest.split_at(full(rest));
            rest = later;
            let holes = some.len() as u64;
            let turn = Turn::Filled { holes, history };
            self.chain = self.chain.with_turn(self.next, turn);
            let packed = pack(&some.iter().collect::<Vec<_>>());
            let record = codec::turned(self.next, turn, self.chain, &packed)?;
            let added = self.segments.add(&record, None);
            self = self.taken(added).await?;
            self.next += 1;
        }
        let done = self.writing.commit().await;
        let looked = ask(connection, None, |index| {
            (index.last_segment(), index.history())
        });
        match (done, looked.await) {
            (Ok(()), _) => {}
            // A connection that is lost at the commit doesn't say.
            (Err(_), Ok(found)) if found.place.1 == Some(history) => {}
            (Err(fault), _) => return Err(fault.into()),
        }
        connection.hints.post(Signal::Filled);
        copies.note(None, Durability::Strict);
        connection.call(Call::Added);
        Ok(())
    }

    /// What is known of where lies what was written.
    fn index(&self) -> Index {
        let mut index = Index::default();
        for (wrote, stands) in &self.written {
            match stands {
                Stands::Inline(events) => {
                    let events: Vec<&RecordedEvent> = events.iter().collect();
                    index.add(wrote.segment, in_page(INLINE, runs_of(&events)));
                }
                Stands::Paged(directory) => {
                    // It was made a moment ago.
                    let pages = read_directory(directory).unwrap_or_default();
                    let runs = (0..).zip(pages);
                    index.add(
                        wrote.segment,
                        runs.flat_map(|(page, runs)| in_page(page, runs)),
                    );
                }
            }
        }
        index
    }

    /// Waits until a record was taken in.
    async fn taken(
        self,
        added: Result<impl std::convert::Into<IdbRequest>, idb::Error>,
    ) -> Result<Into, ImportError> {
        let added = added.map_err(Fault::from)?;
        match answer(added).await {
            Ok(_) => Ok(self),
            // Not that error: the first one in the transaction is the reason.
            Err(_) => Err(self.writing.undone().await.into()),
        }
    }
}

impl From<Fault> for ImportError {
    fn from(fault: Fault) -> ImportError {
        fault.while_doing("import").into()
    }
}
