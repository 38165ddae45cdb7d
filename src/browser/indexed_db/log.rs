//! What a tab knows of the log, and catching up with what others added to it. A cache: thrown away
//! and made anew from the log whenever it turns out not to fit.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;

use idb::ObjectStore;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::beginning::Beginning;
use super::codec::{self, Content, Opened, Record};
use super::transaction::{Fault, above, answer};
use crate::core::{History, Position, PositionRanges, RecordedEvent, StreamId, Version};
use crate::log::Chain;
use crate::log::segments::{
    Damage, INLINE, Index, Page, Portion, Run, Segment, Turn, runs, unpack,
};

/// So many segments are read at once where they may have pages: what says which is large.
const FEW: u32 = 2;

/// The history of a database that couldn't note one.
const UNKNOWN: History = History(uuid::Uuid::nil());

/// What a tab knows of the log.
#[derive(Default)]
pub(super) struct Log {
    /// The history that the database began with, once that is known: what it was before it was ever
    /// emptied.
    beginning: Cell<Option<Beginning>>,
    /// No position up to here is given, though the log holds less.
    above: Cell<Position>,
    /// None until it is first read, and after it turned out not to fit.
    index: RefCell<Option<Index>>,
    /// Whether the index has been read to the log's end since it was begun.
    is_whole: Cell<bool>,
    /// How often it was forgotten: what was planned before that is void.
    forgotten: Cell<u64>,
    /// The last segment that was known before that.
    last: Cell<u64>,
    /// Up to this number, what can be joined was.
    compacted: Cell<u64>,
    /// The last segment and position that the saved index knows, as far as this tab knows that.
    saved: Cell<(u64, Position)>,
    /// What a read takes of memory.
    #[cfg(test)]
    pub(super) bytes: Cell<Option<usize>>,
    /// What was unpacked for a reader that goes forward and hasn't asked for it yet.
    pub(super) ahead: RefCell<Option<Ahead>>,
}

/// The events after a position, as far as they were unpacked: at most those of a segment.
pub(super) struct Ahead {
    pub(super) after: Position,
    pub(super) events: VecDeque<RecordedEvent>,
    /// Whether positions that are missing among them, and up to one, are of what is damaged, and why.
    pub(super) gaps: Option<(Position, String)>,
}

/// A segment that this tab wrote.
pub(super) struct Wrote {
    pub(super) segment: Segment,
    /// The chain of the log with it.
    pub(super) chain: Chain,
    /// Which of its positions an import gave.
    pub(super) imported: PositionRanges,
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

    /// Notes which history the database began with, or goes on with since events were lost. Answers whether it is
    /// another than the one that was noted, if one was.
    pub(super) fn begins_with(&self, beginning: Beginning) -> bool {
        let before = self.beginning.replace(Some(beginning));
        before.is_some_and(|before| before != beginning)
    }

    /// The history that the database began with.
    pub(super) fn first(&self) -> History {
        let beginning = self.beginning.get();
        beginning.map_or(UNKNOWN, |beginning| beginning.history)
    }

    /// The history of the log as it is known: that of its beginning, or the one that its last segment
    /// which begins one says, unless events were lost since. One of before this release doesn't say: then it follows from its number,
    /// which is never given again.
    pub(super) fn history(&self) -> History {
        let first = self.first();
        let replaced = self.beginning.get().and_then(|begin| begin.replaced);
        match self.ask(|index| (index.history(), index.emptied())) {
            (Some(said), _) if Some(said) == replaced => first,
            (Some(said), _) => said,
            (None, Some(segment)) => first.after(segment),
            (None, None) => first,
        }
    }

    /// The chain of the log as it is known. Where what came last has none, one begins.
    pub(super) fn chain(&self) -> Chain {
        self.ask(Index::chain).unwrap_or(Chain::START)
    }

    /// No position up to this one is given any more, whatever the log holds: it was given before the
    /// log lost it.
    pub(super) fn goes_on_above(&self, position: Position) {
        self.above.set(position.max(self.above.get()));
    }

    /// The greatest position that was ever given.
    pub(super) fn given(&self) -> Position {
        Position(self.next_position().0 - 1)
    }

    /// The position that the next event gets: one that was never given.
    pub(super) fn next_position(&self) -> Position {
        let next = self.ask(Index::next_position);
        next.max(Position(self.above.get().0.saturating_add(1)))
    }

    /// Whether the index knows the log, as it was when it was last read to its end.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole.get()
    }

    /// So many bytes of records are enough for one read.
    pub(super) fn most_bytes(&self) -> usize {
        #[cfg(test)]
        if let Some(bytes) = self.bytes.get() {
            return bytes;
        }
        Portion::BYTES
    }

    /// How often it was forgotten.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten.get()
    }

    /// Forgets all: it is of another database from now on.
    pub(super) fn begin(&self) {
        self.forget();
        self.last.set(0);
    }

    /// The last segment that was ever known of it.
    pub(super) fn last_known(&self) -> u64 {
        self.last.get().max(self.ask(Index::last_segment))
    }

    /// Forgets all, so that it is read anew.
    pub(super) fn forget(&self) {
        self.last.set(self.last_known());
        self.forgotten.set(self.forgotten.get() + 1);
        self.is_whole.set(false);
        self.compacted.set(0);
        *self.index.borrow_mut() = None;
        *self.ahead.borrow_mut() = None;
    }

    /// Takes in what the log holds beyond what is known, within the caller's transaction. What it then answers
    /// is true as long as that lasts. Boxed, so that the page's wasm has it once and not in each who calls it.
    pub(super) fn catch_up<'a>(
        &'a self,
        log: &'a ObjectStore,
    ) -> Pin<Box<dyn Future<Output = Result<(), Fault>> + 'a>> {
        Box::pin(self.catch_up_with(log))
    }

    async fn catch_up_with(&self, log: &ObjectStore) -> Result<(), Fault> {
        // Whether all that is known was read in this transaction, and so at one moment.
        let mut is_anew = false;
        let mut portion = Portion::of(self.most_bytes());
        let mut few = true;
        loop {
            let count = u32::try_from(portion.count()).unwrap_or(FEW);
            let count = if few { FEW } else { count };
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
            let page: Array = page.unchecked_into();
            let weigh = |record: JsValue| codec::weight(record.unchecked_ref());
            portion.passed(page.length() as usize, page.iter().map(weigh).sum());
            match self.take_page(&page, count, is_anew) {
                // Each has the streams of thousands of events: a page that shows something goes on
                // doing so in between.
                Taken::Paged => few = true,
                Taken::In => few = false,
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
            chain,
            imported,
            content,
        } = opened;
        let (last, follows) = self.ask(|index| (index.last_segment(), index.follows(from)));
        if number <= last {
            return Taken::In;
        }
        let begins = matches!(
            content,
            Ok(Content::Emptied(_) | Content::Turn(Turn::Emptied { .. }))
        );
        if !follows && !begins {
            // What was known before may only have missed something; what is being read anew hasn't.
            if !is_anew {
                return Taken::Missed;
            }
            self.note(None, codec::misplaced(last, from, number));
            if from > last + 1 {
                // Who reads on meets what is missing.
                self.add(self.unread(last + 1, from - 1, 1), []);
            }
        }
        let mut taken = Taken::In;
        match content {
            Ok(Content::Readable(records)) => self.take_readable(number, &records),
            Ok(Content::Packed(segment, bytes)) => self.take_packed(segment, &bytes),
            Ok(Content::Paged(segment, pages)) => {
                let runs = (0..).zip(pages);
                self.add(segment, runs.flat_map(|(page, runs)| in_page(page, runs)));
                taken = Taken::Paged;
            }
            Ok(Content::Turn(turn)) => {
                if !is_anew && self.ask(|index| turn.voids(index)) {
                    return Taken::Missed;
                }
                *self.ahead.borrow_mut() = None;
                self.change(|index| turn.take_into(index, number));
            }
            Ok(Content::Emptied(floor)) => {
                *self.ahead.borrow_mut() = None;
                self.change(|index| index.empty(number, floor, None));
            }
            Ok(Content::Gone) => self.change(|index| index.skip(number)),
            Err(cause) => self.take_damaged(from, number, &cause),
        }
        self.change(|index| index.link(chain, &imported));
        taken
    }

    fn take_readable(&self, number: u64, records: &[Record]) {
        if records.is_empty() {
            return self.change(|index| index.skip(number));
        }
        let mut events = Vec::with_capacity(records.len());
        let mut damaged = Vec::new();
        // So many damaged ones come behind the last that can be read.
        let mut behind = 0;
        let mut runs: Vec<Run> = Vec::new();
        for record in records {
            match codec::inspect_event(record) {
                Ok(read) => {
                    behind = 0;
                    runs.push(run(&read.event.stream, read.event.version));
                    events.push(read.event);
                }
                Err(fault) => {
                    behind += 1;
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
        let mut segment = self.unread(number, number, records.len() as u64);
        if let (Some(first), Some(last)) = (events.first(), events.last()) {
            segment.first = first.position;
            segment.last = Position(last.position.0 + behind);
        }
        let runs = in_page(INLINE, runs);
        self.change(|index| index.add_events(segment, runs, &events));
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
                let runs = in_page(INLINE, runs);
                self.change(|index| index.add_events(segment, runs, &events));
            }
            Err(error) => self.take_damaged(segment.from, segment.number, &error.to_string()),
        }
    }

    /// A segment of which nothing can be told stays in the index, so that who reads on meets it.
    fn take_damaged(&self, from: u64, number: u64, cause: &str) {
        self.add(self.unread(from, number, 1), []);
        self.note(None, format!("segment {number}: {cause}"));
    }

    /// A segment of which nothing can be read but how many events it holds: as if it stood right after what
    /// stands before it.
    fn unread(&self, from: u64, number: u64, events: u64) -> Segment {
        let last = self.ask(Index::last_position).0;
        Segment {
            number,
            from,
            first: Position(last + 1),
            last: Position(last + events),
            pages: 0,
        }
    }

    /// Takes in what this tab itself wrote, unless it read it meanwhile. Where it was much, the events
    /// aren't in memory any more, and their ids are read when they are needed.
    pub(super) fn wrote(
        &self,
        wrote: Wrote,
        events: Option<&[RecordedEvent]>,
        runs: impl IntoIterator<Item = (u32, Run)>,
    ) {
        let Wrote {
            segment,
            chain,
            imported,
        } = wrote;
        if self.is_whole() && self.ask(|index| index.follows(segment.number)) {
            match events {
                Some(events) => self.change(|index| index.add_events(segment, runs, events)),
                None => self.add(segment, runs),
            }
            self.change(|index| index.link(Some(chain), &imported));
        }
    }

    /// Takes in that this tab emptied the log.
    pub(super) fn emptied(&self, number: u64, floor: Position, history: History, chain: Chain) {
        *self.ahead.borrow_mut() = None;
        self.change(|index| {
            index.empty(number, floor, Some(history));
            index.link(Some(chain), &PositionRanges::NONE);
        });
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
        let damage = Damage {
            stream,
            version: Version::NONE,
            cause,
        };
        self.change(|index| index.note(damage));
    }

    /// Changes what is known; nothing where nothing is.
    pub(super) fn change<T: Default>(&self, change: impl FnOnce(&mut Index) -> T) -> T {
        match &mut *self.index.borrow_mut() {
            Some(index) => change(index),
            None => T::default(),
        }
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

pub(super) fn in_page(page: u32, runs: Vec<Run>) -> impl Iterator<Item = (u32, Run)> {
    runs.into_iter().map(move |run| (page, run))
}
