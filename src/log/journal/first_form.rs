//! The form that a journal had in the releases before: it is judged and restored from, and then there is
//! a new one.
//!
//! The file begins with two marks of 128 bytes, of which each change overwrites the older: how long
//! the journal is, what it ends with, and a CRC-32 in the last four bytes. From byte 256 on come
//! entries: the length of the body and a checksum, four bytes each, least first, then the body: its
//! kind, the numbers of [`Entry`] in their order, and the packed events, as postcard writes them. A checksum is CRC-32 of the body and, after it, of the checksum of the
//! entry before: so an entry that is missing or in another place is noticed, and of one that is
//! damaged the next still tells whether it is whole itself.
//!
//! It is as long as the log's events are, packed: a segment is in it once, and a store that is
//! emptied begins it anew.

use std::borrow::Cow;

use uuid::Uuid;

use super::change::Change;
use crate::log::checksum;
use crate::log::numbers::{Rest, put, put_bytes};
use crate::log::segments::{Unreadable, runs};

/// The marks take so many bytes together, and entries begin after them.
pub const MARKS: u64 = 2 * SLOT;

const SLOT: u64 = 128;

/// The bytes before each entry's body.
const FRAME: usize = 8;

/// The kinds of entries, by the number that their body begins with.
const INLINE: u64 = 0;
const PAGED: u64 = 1;
const EMPTIED: u64 = 2;

/// What a segment of the log holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// Events that stand in it, packed.
    Inline {
        /// Its number.
        segment: u64,
        /// The events.
        packed: Cow<'a, [u8]>,
    },
    /// Events in pages.
    Paged {
        /// Its number.
        segment: u64,
        /// The first number that it stands for, where several were joined.
        from: u64,
        /// The position of its first event.
        first: u64,
        /// The position of its last event.
        last: u64,
        /// The events, packed, page by page.
        pages: Vec<Cow<'a, [u8]>>,
    },
    /// Nothing, and nothing of what stood before it.
    Emptied {
        /// Its number.
        segment: u64,
        /// No position up to this one is given again.
        floor: u64,
    },
}

impl<'a> Entry<'a> {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (kind, numbers) = match *self {
            Entry::Inline { segment, .. } => (INLINE, vec![segment]),
            Entry::Paged {
                segment,
                from,
                first,
                last,
                ..
            } => (PAGED, vec![segment, from, first, last]),
            Entry::Emptied { segment, floor } => (EMPTIED, vec![segment, floor]),
        };
        put(&mut bytes, kind);
        for number in numbers {
            put(&mut bytes, number);
        }
        match self {
            Entry::Inline { packed, .. } => put_bytes(&mut bytes, packed),
            Entry::Paged { pages, .. } => {
                put(&mut bytes, pages.len() as u64);
                for page in pages {
                    put_bytes(&mut bytes, page);
                }
            }
            Entry::Emptied { .. } => {}
        }
        bytes
    }

    /// None where the bytes are no entry, or are not one alone.
    fn from_bytes(bytes: &'a [u8]) -> Option<Entry<'a>> {
        let mut rest = Rest(bytes);
        let (kind, segment) = (rest.number()?, rest.number()?);
        let entry = match kind {
            INLINE => Entry::Inline {
                segment,
                packed: rest.bytes()?.into(),
            },
            PAGED => Entry::Paged {
                segment,
                from: rest.number()?,
                first: rest.number()?,
                last: rest.number()?,
                pages: {
                    let count = rest.number()?;
                    let pages = (0..count).map(|_| rest.bytes().map(Cow::from));
                    pages.collect::<Option<_>>()?
                },
            },
            EMPTIED => Entry::Emptied {
                segment,
                floor: rest.number()?,
            },
            _ => return None,
        };
        rest.0.is_empty().then_some(entry)
    }

    /// The number of the segment.
    #[must_use]
    pub fn segment(&self) -> u64 {
        match self {
            Entry::Inline { segment, .. }
            | Entry::Paged { segment, .. }
            | Entry::Emptied { segment, .. } => *segment,
        }
    }

    /// How many events it holds.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn events(&self) -> Result<u64, Unreadable> {
        let count = |packed: &Cow<'_, [u8]>| -> Result<u64, Unreadable> {
            Ok(runs(packed)?.iter().map(|run| run.count).sum())
        };
        match self {
            Entry::Inline { packed, .. } => count(packed),
            Entry::Paged { pages, .. } => pages.iter().map(count).sum(),
            Entry::Emptied { .. } => Ok(0),
        }
    }

    /// How many bytes its events take.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Entry::Inline { packed, .. } => packed.len(),
            Entry::Paged { pages, .. } => pages.iter().map(|page| page.len()).sum(),
            Entry::Emptied { .. } => 0,
        }
    }

    /// The entry with bytes of its own.
    #[must_use]
    pub fn into_owned(self) -> Entry<'static> {
        let own = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        match self {
            Entry::Inline { segment, packed } => Entry::Inline {
                segment,
                packed: own(packed),
            },
            Entry::Paged {
                segment,
                from,
                first,
                last,
                pages,
            } => Entry::Paged {
                segment,
                from,
                first,
                last,
                pages: pages.into_iter().map(own).collect(),
            },
            Entry::Emptied { segment, floor } => Entry::Emptied { segment, floor },
        }
    }
}

/// How far a journal goes, up to some entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Where it ends, in bytes.
    pub length: u64,
    /// The number of its last segment, 0 where there is none.
    pub segment: u64,
    /// How many events it holds.
    pub events: u64,
    /// The checksum of its last entry, 0 where there is none.
    chain: u32,
}

impl Tail {
    /// That of a journal without entries.
    pub const EMPTY: Tail = Tail {
        length: MARKS,
        segment: 0,
        events: 0,
        chain: 0,
    };

    fn read(rest: &mut Rest<'_>) -> Option<Tail> {
        Some(Tail {
            length: rest.number()?,
            segment: rest.number()?,
            events: rest.number()?,
            chain: rest.number()?.try_into().ok()?,
        })
    }

    /// The tail with one entry more.
    fn with(self, frame: &Frame, entry: &Entry<'_>) -> Tail {
        let before = match entry {
            Entry::Emptied { .. } => 0,
            Entry::Inline { .. } | Entry::Paged { .. } => self.events,
        };
        Tail {
            segment: entry.segment(),
            events: before + entry.events().unwrap_or(0),
            ..self.passed(frame)
        }
    }

    /// The tail with one entry more, of which nothing can be told.
    fn passed(self, frame: &Frame) -> Tail {
        Tail {
            length: self.length + FRAME as u64 + frame.length as u64,
            chain: frame.chain,
            ..self
        }
    }
}

/// What a journal's file begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The store that it is a copy of.
    pub store: Uuid,
    /// How many marks there were: of two, the greater is the newer.
    turn: u64,
    /// Where it ends.
    pub tail: Tail,
    /// Where it ended before its last entry.
    pub before: Tail,
}

impl Mark {
    /// A journal of a store, without entries.
    #[must_use]
    pub fn new(store: Uuid) -> Mark {
        Mark {
            store,
            turn: 0,
            tail: Tail::EMPTY,
            before: Tail::EMPTY,
        }
    }

    /// The newer of the marks that a file begins with; none where neither is whole.
    #[must_use]
    pub fn read(start: &[u8]) -> Option<Mark> {
        let slots = start.chunks_exact(SLOT as usize).take(2);
        slots
            .filter_map(Mark::read_slot)
            .max_by_key(|mark| mark.turn)
    }

    fn read_slot(slot: &[u8]) -> Option<Mark> {
        let (body, sum) = slot.split_last_chunk::<4>()?;
        let fits = checksum::of_bytes(body, "mark") == u32::from_le_bytes(*sum);
        let mut rest = Rest(body);
        let mark = Mark {
            store: Uuid::from_bytes(rest.array()?),
            turn: rest.number()?,
            tail: Tail::read(&mut rest)?,
            before: Tail::read(&mut rest)?,
        };
        fits.then_some(mark)
    }

    /// Begins anew, without entries.
    #[must_use]
    pub fn begin(&mut self) -> Change {
        *self = Mark::new(self.store);
        Change {
            cut: Some(0),
            bytes: vec![self.slot()],
        }
    }

    /// Goes on with an entry; one that empties the store begins the journal anew.
    ///
    /// # Errors
    /// [`Unreadable`]: it holds no packed events. Then nothing is changed.
    pub fn add(&mut self, entry: &Entry<'_>) -> Result<Change, Unreadable> {
        entry.events()?;
        let mut cut = None;
        if let Entry::Emptied { .. } = entry {
            cut = self.begin().cut;
        }
        let body = entry.to_bytes();
        let frame = Frame {
            length: body.len(),
            chain: chained(&body, self.tail.chain),
        };
        let at = self.tail.length;
        self.before = self.tail;
        self.tail = self.tail.with(&frame, entry);
        self.turn += 1;
        let bytes = [&frame.bytes()[..], &body].concat();
        Ok(Change {
            cut,
            bytes: vec![(at, bytes), self.slot()],
        })
    }

    /// Ends elsewhere: what comes after `tail` is of no value. `before` is where it ended before its
    /// last entry, or any place before that.
    #[must_use]
    pub fn end_at(&mut self, before: Tail, tail: Tail) -> Change {
        self.tail = tail;
        self.before = before;
        self.turn += 1;
        Change {
            cut: Some(tail.length),
            bytes: vec![self.slot()],
        }
    }

    fn slot(&self) -> (u64, Vec<u8>) {
        let mut body = self.store.as_bytes().to_vec();
        put(&mut body, self.turn);
        for tail in [self.tail, self.before] {
            for number in [tail.length, tail.segment, tail.events, tail.chain.into()] {
                put(&mut body, number);
            }
        }
        body.resize(SLOT as usize - 4, 0);
        let sum = checksum::of_bytes(&body, "mark");
        body.extend(sum.to_le_bytes());
        (self.turn % 2 * SLOT, body)
    }
}

fn chained(body: &[u8], before: u32) -> u32 {
    checksum::of_bytes(body, &before.to_string())
}

/// What stands before an entry's body.
struct Frame {
    length: usize,
    chain: u32,
}

impl Frame {
    fn read(bytes: &[u8]) -> Option<Frame> {
        let number = |at: usize| -> Option<u32> {
            let bytes = bytes.get(at..at + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?))
        };
        Some(Frame {
            length: number(0)? as usize,
            chain: number(4)?,
        })
    }

    fn bytes(&self) -> [u8; FRAME] {
        // A segment's events take 16 MiB at most, or are one event.
        let length = u32::try_from(self.length).unwrap_or(u32::MAX);
        let number = u64::from(length) | u64::from(self.chain) << 32;
        number.to_le_bytes()
    }
}

/// What a reader of entries meets next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// An entry that is whole.
    Entry(Entry<'a>),
    /// An entry that is damaged; those after it can be read.
    Damaged,
    /// So many bytes more are needed to tell. Where the file doesn't have them, it ends here.
    More(usize),
    /// Nothing was ever written here.
    End,
}

/// Reads entries one by one, from bytes that are handed over piece by piece.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Up to what was read last, damaged or not.
    pub tail: Tail,
    held: Vec<u8>,
    from: usize,
}

impl Reader {
    /// Reads what comes after a tail.
    #[must_use]
    pub fn after(tail: Tail) -> Reader {
        Reader {
            tail,
            held: Vec::new(),
            from: 0,
        }
    }

    /// Reads from the first entry on.
    #[must_use]
    pub fn new() -> Reader {
        Reader::after(Tail::EMPTY)
    }

    /// Where the bytes that are needed next begin.
    #[must_use]
    pub fn wants(&self) -> u64 {
        self.tail.length + (self.held.len() - self.from) as u64
    }

    /// Hands over bytes from [`Reader::wants`] on.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.held.drain(..self.from);
        self.from = 0;
        self.held.extend_from_slice(bytes);
    }

    /// The next entry.
    pub fn read(&mut self) -> Next<'_> {
        let held = &self.held[self.from..];
        let Some(frame) = Frame::read(held) else {
            return Next::More(FRAME - held.len());
        };
        if frame.length == 0 {
            return Next::End;
        }
        // A length that was damaged may be the greatest there is, where sizes have 32 bits.
        let whole = frame.length.saturating_add(FRAME);
        let Some(body) = held.get(FRAME..whole) else {
            return Next::More(whole - held.len());
        };
        self.from += whole;
        let fits = chained(body, self.tail.chain) == frame.chain;
        match Entry::from_bytes(body) {
            Some(entry) if fits && entry.events().is_ok() => {
                self.tail = self.tail.with(&frame, &entry);
                Next::Entry(entry)
            }
            _ => {
                self.tail = self.tail.passed(&frame);
                Next::Damaged
            }
        }
    }
}

impl Default for Reader {
    fn default() -> Reader {
        Reader::new()
    }
}
