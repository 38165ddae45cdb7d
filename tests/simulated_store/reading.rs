//! What can be read of a journal's bytes, as a tab that opens it finds. It follows
//! `browser/indexed_db/journal/file.rs`, over the real form.

use std::collections::BTreeSet;

use eventloom::core::{EventId, Position, RecordedEvent};
use eventloom::log::Chain;
use eventloom::log::journal::{
    Body, Emptying, EmptyingRead, Entry, Fills, Lost, MARKS, Mark, Next, Reader, Tail, Void,
};
use eventloom::log::segments::{Turn, in_order, unpack};
use uuid::Uuid;

use super::world::FileLog;

/// A mark that says nothing.
pub fn unnamed() -> Mark {
    Mark::new(Uuid::nil(), 1)
}

pub fn start(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(usize::try_from(MARKS).unwrap())]
}

/// What was met in a journal.
#[derive(Clone, Default)]
pub struct Walked {
    pub entries: Vec<Entry<'static>>,
    /// Where it ends before the last entry that is whole, and after that; none where none is.
    ends: Option<(Tail, Tail)>,
    /// What of it can't be read.
    pub lost: Vec<Lost>,
    /// Which of its segments the log doesn't hold any more.
    pub void: Void,
    /// Whether it says itself what emptied the log last.
    pub is_emptying_read: EmptyingRead,
}

impl Walked {
    pub fn is_damaged(&self) -> bool {
        !self.lost.is_empty()
    }

    /// Whether all that can't be read is in the log up to a segment, or is what that doesn't hold any more.
    pub fn lost_nothing(&self, agreed: u64) -> bool {
        let is_void = |lost: &Lost| {
            let holds = |segment| self.void.holds(segment);
            let is_there = lost.last.is_some_and(|last| last <= agreed);
            is_there || holds(lost.first) && lost.last.is_some_and(holds)
        };
        self.lost.iter().all(is_void)
    }

    /// Takes in what is noted elsewhere of what emptied the log last.
    pub fn was_emptied(&mut self, emptying: Emptying) {
        self.is_emptying_read = emptying.is_read(&self.lost, &mut self.void);
    }

    /// The number of the segment that emptied the log last, where that can't be read here.
    pub fn unread_emptying(&self) -> Option<u64> {
        match self.is_emptying_read {
            EmptyingRead::No(segment) => Some(segment).filter(|segment| !self.void.holds(*segment)),
            EmptyingRead::Yes | EmptyingRead::Unsure => None,
        }
    }

    /// The chains of the log up to its segments.
    pub fn chains(&self) -> impl Iterator<Item = (u64, Chain)> {
        let chained = self
            .entries
            .iter()
            .map(|entry| (entry.segment, entry.chain));
        chained.filter(|(_, chain)| *chain != Chain::START)
    }

    /// Those that the log still holds.
    pub fn live(&self) -> impl Iterator<Item = &Entry<'static>> {
        let entries = self.entries.iter();
        entries.filter(|entry| !self.void.holds(entry.segment))
    }
}

/// What a journal is known to have held, readable or not. It follows `browser/indexed_db/journal/claims.rs`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claims {
    pub segment: u64,
    pub events: u64,
    /// How many of these stood in the last entry.
    pub last: u64,
}

impl Claims {
    pub fn of(mark: &Mark) -> Claims {
        Claims {
            segment: mark.tail.segment,
            events: mark.tail.events,
            last: mark.tail.events.saturating_sub(mark.before.events),
        }
    }

    pub fn exceeds(&self, other: &Claims) -> bool {
        self.segment > other.segment || self.events > other.events
    }

    /// What two say together of one log.
    pub fn with(self, other: &Claims) -> Claims {
        let last = match self.segment < other.segment {
            true => other.last,
            false => self.last,
        };
        Claims {
            segment: self.segment.max(other.segment),
            events: self.events.max(other.events),
            last,
        }
    }
}

/// How far a file goes, as a tab that opens it finds.
pub struct Ended {
    pub mark: Mark,
    pub ends: (Tail, Tail),
    /// Whether that is what its mark says.
    pub is_whole: bool,
}

pub fn end_of(bytes: &[u8]) -> Ended {
    let known = Mark::read(start(bytes));
    let mark = known.unwrap_or(unnamed());
    let mut found = None;
    if known.is_some() {
        let last = walk(
            bytes,
            Reader::after(mark.before),
            Some(mark.tail.length),
            false,
        );
        found = last.ends.filter(|ends| ends.1 == mark.tail);
    }
    let mut reader = Reader::after(mark.tail);
    if known.is_none() || (found.is_none() && mark.tail != Tail::EMPTY) {
        reader = Reader::new();
    } else {
        found = Some((mark.before, mark.tail));
    }
    let beyond = walk(bytes, reader, None, false);
    let ends = beyond.ends.or(found).unwrap_or((Tail::EMPTY, Tail::EMPTY));
    let is_whole = known.is_some_and(|known| known.tail == ends.1) && beyond.lost.is_empty();
    Ended {
        mark,
        ends,
        is_whole,
    }
}

/// Where the entries of a file begin.
pub fn heads(bytes: &[u8]) -> Vec<usize> {
    let mut reader = Reader::new();
    reader.feed(bytes.get(start(bytes).len()..).unwrap_or_default());
    let mut heads = Vec::new();
    loop {
        let at = reader.tail.length;
        match reader.read() {
            Next::Entry(_) => heads.push(usize::try_from(at).unwrap()),
            Next::Damaged(_) => {}
            Next::More(_) => return heads,
        }
    }
}

/// Reads up to a place, or to where there is no more; `keeps` the entries or only looks where they end.
fn walk(bytes: &[u8], mut reader: Reader, end: Option<u64>, keeps: bool) -> Walked {
    let at = usize::try_from(reader.wants()).unwrap();
    reader.feed(bytes.get(at..).unwrap_or_default());
    let mut walked = Walked::default();
    loop {
        let before = reader.tail;
        if end.is_some_and(|end| before.length >= end) {
            break;
        }
        match reader.read() {
            Next::Entry(entry) => {
                if keeps {
                    walked.entries.push(entry.into_owned());
                }
                walked.ends = Some((before, reader.tail));
            }
            Next::Damaged(lost) => walked.lost.push(lost),
            Next::More(_) => {
                walked.lost.extend(reader.end());
                break;
            }
        }
    }
    walked.void = reader.void().clone();
    walked
}

pub fn walk_to(bytes: &[u8], tail: Tail) -> Walked {
    let mut walked = walk(bytes, Reader::new(), Some(tail.length), true);
    let end = walked.ends.map_or(Tail::EMPTY, |ends| ends.1);
    if end != tail && walked.lost.is_empty() {
        let first = end.segment + 1;
        let last = Some(tail.segment);
        walked.lost.push(Lost { first, last });
    }
    walked
}

/// All that can be read of a file, as a tab that opens it finds.
pub fn walked(bytes: &[u8]) -> Walked {
    walk_to(bytes, end_of(bytes).ends.1)
}

/// The events that a file holds since it was last emptied, and by which segment that was.
pub fn log_in(bytes: &[u8]) -> FileLog {
    let walked = walked(bytes);
    let mut fills = Fills::default();
    for entry in &walked.entries {
        fills.take(entry).unwrap();
    }
    let (mut emptied, mut found) = (0, Vec::new());
    for entry in walked.live() {
        match &entry.body {
            Body::Turn(Turn::Emptied { .. }, _) => (emptied, found) = (entry.segment, Vec::new()),
            _ => {
                let mut events = events_of(entry).unwrap_or_default();
                fills.fill(entry.segment, &walked.void, &mut events);
                found.extend(events);
            }
        }
    }
    (emptied, found)
}

pub fn ids_in(bytes: &[u8]) -> BTreeSet<EventId> {
    let (_, events) = log_in(bytes);
    events.iter().map(|event| event.event_id).collect()
}

/// Whether a file has an event, in the log or emptied since.
pub fn written_in(bytes: &[u8], event: &EventId) -> bool {
    let entries = walked(bytes).entries;
    let mut events = entries.iter().filter_map(events_of).flatten();
    events.any(|written| written.event_id == *event)
}

/// The events of an entry; none of one that holds none, but changes which are there.
pub fn events_of(entry: &Entry<'_>) -> Option<Vec<RecordedEvent>> {
    match &entry.body {
        Body::Inline { packed } => unpack(packed).ok(),
        Body::Paged { pages, .. } => {
            let mut events: Vec<_> = pages
                .iter()
                .flat_map(|page| unpack(page).unwrap())
                .collect();
            in_order(&mut events);
            Some(events)
        }
        Body::Turn(..) => None,
    }
}

/// The last position that an entry says to be given.
pub fn given_by(entry: &Entry<'_>) -> Option<Position> {
    let last = events_of(entry).and_then(|events| Some(events.last()?.position));
    last.max(entry.turn().and_then(Turn::floor))
}
