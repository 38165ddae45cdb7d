//! What a tab knows of the log, and catching up with what others added to it. A cache: thrown away
//! and made anew from the log whenever it turns out not to fit.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;

use idb::ObjectStore;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::above;
use super::codec::{self, Content, Opened, Record};
use super::transaction::{Fault, answer};
use crate::core::{Position, RecordedEvent, StreamId, Version};
use crate::store::StoreError;
use crate::store::segments::{INLINE, Index, Page, Run, Segment, runs, unpack};

/// How many segments are read at once, at most.
const PAGE: u32 = 1_000;

/// And where they may have pages.
const FEW: u32 = 2;

/// What a tab knows of the log.
#[derive(Default)]
pub(super) struct Log {
    /// None until it is first read, and after it turned out not to fit.
    index: RefCell<Option<Index>>,
    /// Whether the index has been read to the log's end since it was begun.
    is_whole: Cell<bool>,
    /// How often it was forgotten: what was planned before that is void.
    forgotten: Cell<u64>,
    /// Up to this number, what can be joined was.
    compacted: Cell<u64>,
    /// The last segment and position that the saved index knows, as far as this tab knows that.
    saved: Cell<(u64, Position)>,
    /// What was unpacked for a reader that goes forward and hasn't asked for it yet.
    pub(super) ahead: RefCell<Option<Ahead>>,
}

/// The events after a position, as far as they were unpacked: at most those of a segment.
pub(super) struct Ahead {
    pub(super) after: Position,
    pub(super) events: VecDeque<RecordedEvent>,
}

/// Whether segments could be taken in.
enum Taken {
    In,
    /// With what is in its pages.
    Paged,
    /// And there are no more.
    All,
    /// The one before it is missing.
    Missed,
}

impl Log {
    /// Asks the index; an empty one answers where nothing was read yet.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&Index) -> T) -> T {
        match &*self.index.borrow() {
            Some(index) => question(index),
            None => question(&Index::default()),
        }
    }

    /// Whether the index knows the log, as it was when it was last read to its end.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole.get()
    }

    /// How often it was forgotten.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten.get()
    }

    /// Forgets all, so that it is read anew.
    pub(super) fn forget(&self) {
        self.forgotten.set(self.forgotten.get() + 1);
        self.is_whole.set(false);
        self.compacted.set(0);
        *self.index.borrow_mut() = None;
        *self.ahead.borrow_mut() = None;
    }

    /// Takes in what the log holds beyond what is known, within the caller's transaction. What it
    /// then answers is true as long as that transaction lasts.
    ///
    /// Boxed, so that the page's wasm has it once and not in each who calls it.
    pub(super) fn catch_up<'a>(
        &'a self,
        log: &'a ObjectStore,
    ) -> Pin<Box<dyn Future<Output = Result<(), Fault>> + 'a>> {
        Box::pin(self.catch_up_with(log))
    }

    async fn catch_up_with(&self, log: &ObjectStore) -> Result<(), Fault> {
        // Whether all that is known was read in this transaction, and so at one moment.
        let mut is_anew = false;
        let mut count = FEW;
        loop {
            let forgotten = self.forgotten();
            is_anew |= self.index.borrow().is_none();
            let after = self
                .index
                .borrow_mut()
                .get_or_insert_default()
                .last_segment();
            let range = above(&JsValue::from_f64(after as f64))?;
            let page = answer(log.get_all(Some(range), Some(count))?).await?;
            // Others may have caught up meanwhile, which is as good, or have had it forgotten.
            if self.forgotten() != forgotten {
                continue;
            }
            match self.take_page(&page.unchecked_into(), count, is_anew) {
                // Each has the streams of thousands of events: a page that shows something goes on
                // doing so in between.
                Taken::Paged => count = FEW,
                Taken::In => count = PAGE.min(count * 4),
                Taken::Missed => self.forget(),
                Taken::All => {
                    self.is_whole.set(true);
                    return Ok(());
                }
            }
        }
    }

    fn take_page(&self, page: &Array, count: u32, is_anew: bool) -> Taken {
        let mut taken = Taken::In;
        for record in page.iter() {
            let number = codec::number_of(record.unchecked_ref());
            if number.is_some_and(|number| number <= self.ask(Index::last_segment)) {
                // Somebody else here takes in the same meanwhile.
                taken = Taken::Paged;
                continue;
            }
            let Some(opened) = codec::open_segment(record.unchecked_ref()) else {
                let cause = "a record lies under a key that is no number";
                self.note(None, cause.to_owned());
                // After such keys come no numbers any more.
                return Taken::All;
            };
            match self.take(opened, is_anew) {
                Taken::Missed => return Taken::Missed,
                Taken::Paged => taken = Taken::Paged,
                Taken::In | Taken::All => {}
            }
        }
        match page.length() < count {
            true => Taken::All,
            false => taken,
        }
    }

    /// Takes in one segment, unless it is known already.
    fn take(&self, opened: Opened, is_anew: bool) -> Taken {
        let Opened {
            number,
            from,
            content,
        } = opened;
        let (last, follows) = self.ask(|index| (index.last_segment(), index.follows(from)));
        if number <= last {
            return Taken::In;
        }
        if !follows && !matches!(content, Ok(Content::Emptied(_))) {
            // What was known before may only have missed something; what is being read anew hasn't.
            if !is_anew {
                return Taken::Missed;
            }
            self.note(None, codec::misplaced(last, from, number));
        }
        match content {
            Ok(Content::Readable(records)) => self.take_readable(number, &records),
            Ok(Content::Packed(segment, bytes)) => self.take_packed(segment, &bytes),
            Ok(Content::Paged(segment, pages)) => {
                let runs = (0..).zip(pages);
                self.add(segment, runs.flat_map(|(page, runs)| in_page(page, runs)));
                return Taken::Paged;
            }
            Ok(Content::Emptied(floor)) => {
                *self.ahead.borrow_mut() = None;
                self.change(|index| index.empty(number, floor));
            }
            Ok(Content::Gone) => self.change(|index| index.skip(number)),
            Err(cause) => self.take_damaged(from, number, &cause),
        }
        Taken::In
    }

    fn take_readable(&self, number: u64, records: &[Record]) {
        if records.is_empty() {
            return self.change(|index| index.skip(number));
        }
        let mut events = Vec::with_capacity(records.len());
        let mut damaged = Vec::new();
        let mut runs: Vec<Run> = Vec::new();
        for record in records {
            match codec::inspect_event(record) {
                Ok(read) => {
                    runs.push(run(&read.event.stream, read.event.version));
                    events.push(read.event);
                }
                Err(fault) => {
                    // It is looked for where it says that it belongs, if it can be there.
                    if let Some(stream) = &fault.stream
                        && self.next_version(stream, &runs) == fault.version
                    {
                        runs.push(run(stream, fault.version));
                    }
                    damaged.push(fault);
                }
            }
        }
        // Where all is damaged, it is as if it stood right after what stands before it.
        let next = Position(self.ask(Index::last_position).0 + 1);
        let first = events.first().map_or(next, |event| event.position);
        let last = events.last().map_or(next, |event| event.position);
        let segment = Segment {
            number,
            from: number,
            first,
            last,
            pages: 0,
        };
        self.add(segment, in_page(INLINE, runs));
        self.change(|index| index.add_ids(&events));
        for fault in damaged {
            let cause = format!("segment {number}: {}", fault.cause);
            self.note(fault.stream, cause);
        }
    }

    /// The version that a stream's next event has, after what is known and these.
    fn next_version(&self, stream: &StreamId, runs: &[Run]) -> Version {
        let here = runs.iter().rev().find(|run| run.stream == *stream);
        let last = here.map(|run| run.first);
        last.unwrap_or_else(|| self.ask(|index| index.version(stream)))
            .next()
    }

    fn take_packed(&self, segment: Segment, bytes: &[u8]) {
        // Without ids to add to, nothing needs unpacking.
        let events = match self.ask(Index::knows_ids) {
            true => unpack(bytes),
            false => Ok(Vec::new()),
        };
        match runs(bytes).and_then(|runs| Ok((runs, events?))) {
            Ok((runs, events)) => {
                self.add(segment, in_page(INLINE, runs));
                self.change(|index| index.add_ids(&events));
            }
            Err(error) => self.take_damaged(segment.from, segment.number, &error.to_string()),
        }
    }

    /// A segment of which nothing can be told stays in the index, so that who reads on meets it.
    fn take_damaged(&self, from: u64, number: u64, cause: &str) {
        let next = Position(self.ask(Index::last_position).0 + 1);
        let segment = Segment {
            number,
            from,
            first: next,
            last: next,
            pages: 0,
        };
        self.add(segment, []);
        self.note(None, format!("segment {number}: {cause}"));
    }

    /// Takes in what this tab itself wrote, unless it read it meanwhile.
    pub(super) fn wrote(
        &self,
        segment: Segment,
        events: &[RecordedEvent],
        runs: impl IntoIterator<Item = (u32, Run)>,
    ) {
        if self.is_whole() && self.ask(|index| index.follows(segment.number)) {
            self.add(segment, runs);
            self.change(|index| index.add_ids(events));
        }
    }

    /// Takes in that this tab joined segments, unless all was forgotten since; then it is known from
    /// the log.
    pub(super) fn joined(&self, forgotten: u64, segment: Segment, pages: Vec<Page>) {
        if self.forgotten() == forgotten {
            let runs = (0..).zip(pages);
            let runs = runs.flat_map(|(number, page)| in_page(number, page.runs));
            self.change(|index| index.join(segment, runs));
        }
    }

    /// Begins with what was saved, unless something is known already.
    pub(super) fn begin_with(&self, saved: Index) {
        let mut index = self.index.borrow_mut();
        if index.is_none() {
            self.saved(saved.last_segment(), saved.last_position());
            *index = Some(saved);
        }
    }

    /// Notes that the index was saved as it was up to this segment and position.
    pub(super) fn saved(&self, segment: u64, position: Position) {
        self.saved.set((segment, position));
    }

    /// How many numbers and positions the saved index doesn't know yet.
    pub(super) fn unsaved(&self) -> (u64, u64) {
        let (segment, position) = self.saved.get();
        let (last, end) = self.ask(|index| (index.last_segment(), index.last_position()));
        let more = end.0.saturating_sub(position.0);
        (last.saturating_sub(segment), more)
    }

    /// Up to which number what can be joined was.
    pub(super) fn compacted(&self) -> u64 {
        self.compacted.get()
    }

    /// Notes that up to this number nothing is left that can be joined.
    pub(super) fn compacted_to(&self, number: u64) {
        self.compacted.set(number);
    }

    fn add(&self, segment: Segment, runs: impl IntoIterator<Item = (u32, Run)>) {
        self.change(|index| index.add(segment, runs));
    }

    fn note(&self, stream: Option<StreamId>, cause: String) {
        let fault = StoreError::Corrupt {
            stream: match &stream {
                Some(stream) => stream.to_string(),
                None => "a stream that can't be told".to_owned(),
            },
            version: Version::NONE,
            cause,
        };
        self.change(|index| index.note(stream, fault));
    }

    fn change(&self, change: impl FnOnce(&mut Index)) {
        if let Some(index) = &mut *self.index.borrow_mut() {
            change(index);
        }
    }

    /// Notes the ids of a stream's events, all of them.
    pub(super) fn know_ids(&self, stream: &StreamId, events: &[RecordedEvent]) {
        let ids = events.iter().map(|event| event.event_id);
        self.change(|index| index.know_ids(stream, ids));
    }
}

/// One event.
fn run(stream: &StreamId, version: Version) -> Run {
    Run {
        stream: stream.clone(),
        first: version,
        count: 1,
    }
}

fn in_page(page: u32, runs: Vec<Run>) -> impl Iterator<Item = (u32, Run)> {
    runs.into_iter().map(move |run| (page, run))
}
