//! Where everything is, in memory: the head of each stream and the segments that hold it. Made from
//! the segments alone, whenever there is none; what a store holds beyond it is taken in segment by
//! segment.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::fetch::{Fetch, join};
use super::filter::Filter;
use super::known::KnownIds;
use super::run::{INLINE, Run};
use crate::core::{
    History, Position, PositionRanges, RecordedEvent, StreamHead, StreamId, Version,
};
use crate::log::Chain;

/// A segment of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its number.
    pub number: u64,
    /// The first of the numbers that it stands for: its own, unless segments were joined to it.
    pub from: u64,
    /// The position of its first event.
    pub first: Position,
    /// The position of its last event.
    pub last: Position,
    /// How many pages its events are in; 0 where they stand in the segment itself.
    pub pages: u32,
}

/// A record that can't be read, or events that are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The stream that it belongs to; none where that can't be told.
    pub stream: Option<StreamId>,
    /// The version, 0 where it can't be told.
    pub version: Version,
    /// What is wrong.
    pub cause: String,
}

/// Takes 48 bytes for each segment that holds events, for each stream its name and some 100 bytes,
/// and 24 bytes for each page or segment that a stream is in, up to twice that while a list grows. So a
/// million events that were imported into 100,000 streams take some 45 MB, in 1,000 streams 3 MB; a
/// million that were appended one by one 65 MB besides. Filters that were read take 2 bytes an event.
#[derive(Clone, Debug, Default)]
pub struct Index {
    pub(super) streams: BTreeMap<StreamId, Thread>,
    pub(super) segments: Vec<Segment>,
    /// How many events each of them holds.
    pub(super) counts: Vec<u64>,
    pub(super) last_segment: u64,
    pub(super) last_position: Position,
    pub(super) events: u64,
    /// No position up to here is given again.
    pub(super) floor: Position,
    /// The number of the segment that last emptied the store; 0 where none did.
    pub(super) emptied: u64,
    /// The history that the last segment which began one says; none where none does.
    pub(super) history: Option<History>,
    /// The chain of the log up to the last segment; none where that has none.
    pub(super) chain: Option<Chain>,
    /// Which positions an import gave.
    pub(super) imported: PositionRanges,
    /// What is damaged, once for each stream that it is known to belong to, and once where that isn't known.
    pub(super) faults: Vec<Damage>,
    pub(super) ids: KnownIds,
    /// The filters of segments, as far as they were read, the lowest number first; none for a segment that
    /// has none.
    pub(super) filters: Vec<(u64, Option<Filter>)>,
}

/// One stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Thread {
    pub(super) version: Version,
    pub(super) parts: Vec<Part>,
}

/// A page or segment that a stream is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) segment: u64,
    pub(super) page: u32,
    pub(super) first: Version,
}

impl Index {
    /// The version of a stream's last event, 0 where there is none.
    #[must_use]
    pub fn version(&self, stream: &StreamId) -> Version {
        let thread = self.streams.get(stream);
        thread.map_or(Version::NONE, |thread| thread.version)
    }

    /// The streams after one and their versions, in the order of their names, at most `limit`.
    #[must_use]
    pub fn heads(&self, after: Option<&StreamId>, limit: usize) -> Vec<StreamHead> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.streams
            .range((from, Bound::Unbounded))
            .take(limit)
            .map(|(stream, thread)| StreamHead {
                stream: stream.clone(),
                version: thread.version,
            })
            .collect()
    }

    /// The number of the last segment, 0 where there is none.
    #[must_use]
    pub fn last_segment(&self) -> u64 {
        self.last_segment
    }

    /// The position of the last event, 0 where there is none.
    #[must_use]
    pub fn last_position(&self) -> Position {
        self.last_position
    }

    /// The position that the next event gets: one that was never given.
    #[must_use]
    pub fn next_position(&self) -> Position {
        Position(self.last_position.max(self.floor).0 + 1)
    }

    /// How many events there are.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The number of the segment that last emptied the store; none where it never was.
    #[must_use]
    pub fn emptied(&self) -> Option<u64> {
        Some(self.emptied).filter(|number| *number > 0)
    }

    /// The same as a number, 0 where it never was: what belongs to the log since then carries it.
    #[must_use]
    pub fn since(&self) -> u64 {
        self.emptied
    }

    /// The version that a stream had before a segment, 0 where it wasn't there.
    #[must_use]
    pub fn version_before(&self, stream: &StreamId, segment: u64) -> Version {
        let Some(thread) = self.streams.get(stream) else {
            return Version::NONE;
        };
        let at = thread.parts.partition_point(|part| part.segment < segment);
        let next = thread.parts.get(at);
        next.map_or(thread.version, |part| {
            Version(part.first.0.saturating_sub(1))
        })
    }

    /// The history that the log is in, where one of its segments began it and says which.
    #[must_use]
    pub fn history(&self) -> Option<History> {
        self.history
    }

    /// The chain of the log; none where its last segment has none.
    #[must_use]
    pub fn chain(&self) -> Option<Chain> {
        match self.last_segment {
            0 => Some(Chain::START),
            _ => self.chain,
        }
    }

    /// Which positions from one to another an import gave.
    #[must_use]
    pub fn imported(&self, first: Position, last: Position) -> PositionRanges {
        self.imported.within(first, last)
    }

    /// How many events have positions above one, but for those in a segment in the middle of which it
    /// lies and whose positions have gaps: that one is to be looked at.
    #[must_use]
    pub fn count_after(&self, position: Position) -> (u64, Option<Segment>) {
        let from = self.segments.partition_point(|s| s.last <= position);
        let sum = |sum: u64, count: &u64| sum.saturating_add(*count);
        let whole = self.counts[from..].iter().fold(0, sum);
        match self.segments.get(from) {
            Some(segment) if segment.first <= position => {
                let held = self.counts[from];
                let before = (position.0 - segment.first.0).saturating_add(1);
                match segment.last.0 - segment.first.0 == held.wrapping_sub(1) {
                    true => (whole.saturating_sub(before), None),
                    false => (whole.saturating_sub(held), Some(*segment)),
                }
            }
            _ => (whole, None),
        }
    }

    /// Why nothing may be appended to a stream: a record that may hold events of it is damaged.
    #[must_use]
    pub fn fault(&self, stream: &StreamId) -> Option<&Damage> {
        self.faults.iter().find(|damage| match &damage.stream {
            Some(of) => of == stream,
            None => true,
        })
    }

    /// Whether any record is known to be damaged.
    #[must_use]
    pub fn is_faulty(&self) -> bool {
        !self.faults.is_empty()
    }

    /// The segments that hold events above a position, oldest first.
    #[must_use]
    pub fn segments_after(&self, position: Position) -> &[Segment] {
        let after = |segment: &Segment| segment.last <= position;
        &self.segments[self.segments.partition_point(after)..]
    }

    /// The greatest position that something in a segment may have: that before the next segment begins. Of
    /// one that can't be read nothing else is known.
    #[must_use]
    pub fn end_of(&self, number: u64) -> Position {
        let at = self.segments.partition_point(|s| s.number < number);
        match (self.segments.get(at), self.segments.get(at + 1)) {
            (_, Some(next)) => Position(next.first.0.saturating_sub(1)),
            (Some(segment), None) => segment.last,
            (None, None) => self.last_position,
        }
    }

    /// The number of the segment whose last event has a position; none where none ends there.
    #[must_use]
    pub fn ending_at(&self, position: Position) -> Option<u64> {
        let segment = self.segments_after(Position(position.0.saturating_sub(1)));
        let ends = segment.first().filter(|first| first.last == position);
        ends.map(|segment| segment.number)
    }

    /// What to fetch for the events of a stream with versions above `after`, at most `limit`, and
    /// the version of the last of them.
    #[must_use]
    pub fn fetches(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> (Vec<Fetch>, Version) {
        let Some(thread) = self.streams.get(stream) else {
            return (Vec::new(), Version::NONE);
        };
        let last = after.0.saturating_add(limit as u64).min(thread.version.0);
        let next = thread
            .parts
            .partition_point(|part| part.first.0 <= after.0.saturating_add(1));
        let mut fetches = Vec::new();
        for part in &thread.parts[next.saturating_sub(1)..] {
            if part.first.0 > last || last <= after.0 {
                break;
            }
            join(&mut fetches, part.segment, part.page);
        }
        (fetches, Version(last))
    }

    /// Whether a segment can be taken in as the next one: nothing before it was missed.
    #[must_use]
    pub fn follows(&self, number: u64) -> bool {
        number == self.last_segment + 1
    }

    /// Takes in a segment that holds events: for each of its pages, or for itself, the runs in it. Of
    /// streams with events in its pages the ids aren't known any more: those aren't read.
    pub fn add(&mut self, segment: Segment, runs: impl IntoIterator<Item = (u32, Run)>) {
        self.take_in(segment, runs, true);
    }

    /// The same, with the events in it, so that their ids are known where those of their streams are.
    pub fn add_events(
        &mut self,
        segment: Segment,
        runs: impl IntoIterator<Item = (u32, Run)>,
        events: &[RecordedEvent],
    ) {
        self.take_in(segment, runs, false);
        for event in events {
            // Whoever would append has to read the stream first, and meets the hole.
            if event.is_hole() {
                self.ids.forget(&event.stream);
                continue;
            }
            let is_first = event.version == Version(1);
            self.ids.add(&event.stream, event.event_id, is_first);
        }
        self.ids.forget_some();
    }

    fn take_in(
        &mut self,
        segment: Segment,
        runs: impl IntoIterator<Item = (u32, Run)>,
        forgets: bool,
    ) {
        self.last_segment = segment.number;
        self.last_position = segment.last;
        self.segments.push(segment);
        let mut count = 0_u64;
        for (page, run) in runs {
            count = count.saturating_add(run.count);
            if forgets && page != INLINE {
                self.ids.forget(&run.stream);
            }
            self.add_run(segment.number, page, run);
        }
        self.counts.push(count);
    }

    fn add_run(&mut self, segment: u64, page: u32, run: Run) {
        let Run {
            stream,
            first,
            count,
        } = run;
        let found = self.streams.get_mut(&stream);
        let version = found
            .as_ref()
            .map_or(Version::NONE, |thread| thread.version);
        if first != version.next() {
            let damage = Damage {
                stream: Some(stream.clone()),
                version: first,
                cause: format!("it follows version {version}: events between are missing"),
            };
            note(&mut self.faults, damage);
        }
        let thread = match found {
            Some(thread) => thread,
            None => self.streams.entry(stream).or_default(),
        };
        let before = thread.version;
        thread.version = before.max(Version(first.0.saturating_add(count).saturating_sub(1)));
        let more = thread.version.0 - before.0;
        self.events = self.events.saturating_add(more);
        let is_known = |part: &Part| (part.segment, part.page) == (segment, page);
        if !thread.parts.last().is_some_and(is_known) {
            thread.parts.push(Part {
                segment,
                page,
                first,
            });
        }
    }

    /// Takes in a segment that empties the store; no position up to `floor` is given again. `history` is
    /// the one that begins with it, where it says that.
    pub fn empty(&mut self, segment: u64, floor: Position, history: Option<History>) {
        *self = Index {
            last_segment: segment,
            floor: floor.max(self.floor),
            emptied: segment,
            history,
            ..Index::default()
        };
    }

    /// Takes in a segment that holds no events, and what it concerned isn't there: no position up to
    /// `floor` is given again. `history` is the one that begins with it, if one does.
    pub fn turn(&mut self, segment: u64, floor: Position, history: Option<History>) {
        self.last_segment = segment;
        self.floor = floor.max(self.floor);
        self.history = history.or(self.history);
    }

    /// Takes in a segment that holds nothing any more.
    pub fn skip(&mut self, segment: u64) {
        self.last_segment = segment;
    }

    /// Notes of the last segment which chain the log has with it, and which of its positions an import
    /// gave.
    pub fn link(&mut self, chain: Option<Chain>, imported: &PositionRanges) {
        self.chain = chain;
        for (first, last) in imported.iter() {
            self.imported.add(first, last);
        }
    }

    /// Notes that a record is damaged: nothing more is appended to the stream that it belongs to,
    /// or to any where that can't be told.
    pub fn note(&mut self, damage: Damage) {
        note(&mut self.faults, damage);
    }
}

fn note(faults: &mut Vec<Damage>, damage: Damage) {
    if !faults.iter().any(|known| known.stream == damage.stream) {
        faults.push(damage);
    }
}
