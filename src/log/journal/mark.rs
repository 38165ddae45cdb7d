//! What a journal's file begins with.

use uuid::Uuid;

use super::change::Change;
use super::entry::{Entry, HEAD, Head};
use crate::log::Chain;
use crate::log::checksum;
use crate::log::numbers::{Rest, put};
use crate::log::segments::Unreadable;

/// The marks take so many bytes together, and entries begin after them.
pub const MARKS: u64 = 2 * SLOT;

const SLOT: u64 = 128;

/// Which form a file has. The form before had no such byte.
const FORM: u8 = 2;

/// What a mark says of itself, bit by bit.
const ENDED: u8 = 1;
const PARTIAL: u8 = 2;
const LACKS: u8 = 4;

/// How far a journal goes, up to some entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Where it ends, in bytes.
    pub length: u64,
    /// The number of its last segment, 0 where there is none.
    pub segment: u64,
    /// How many events its entries hold, also those that the log has no more.
    pub events: u64,
    /// The chain of the log up to that segment.
    pub chain: Chain,
}

impl Tail {
    /// That of a journal without entries.
    pub const EMPTY: Tail = Tail {
        length: MARKS,
        segment: 0,
        events: 0,
        chain: Chain::START,
    };

    fn read(rest: &mut Rest<'_>) -> Option<Tail> {
        Some(Tail {
            length: rest.number()?,
            segment: rest.number()?,
            events: rest.number()?,
            chain: Chain::from_bytes(rest.array()?),
        })
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        for number in [self.length, self.segment, self.events] {
            put(bytes, number);
        }
        bytes.extend_from_slice(&self.chain.to_bytes());
    }

    /// The tail with one entry more.
    pub(super) fn with(self, head: &Head) -> Tail {
        Tail {
            length: self.length + HEAD as u64 + u64::from(head.length),
            segment: head.segment,
            events: self.events + u64::from(head.events),
            chain: head.chain,
        }
    }
}

/// What a journal's file begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The store that it is a copy of.
    pub store: Uuid,
    /// Which of the store's journals it is: whoever takes over from a writer that doesn't answer goes on in
    /// another file, which has the next number.
    pub epoch: u64,
    /// Whether whoever kept it ended as it should, and nothing came after that.
    pub is_ended: bool,
    /// Whether it isn't filled yet: one that took the place of another, which may hold what this one still lacks.
    pub is_partial: bool,
    /// Whether something of the log couldn't be read when it was filled from that.
    pub lacks: bool,
    /// How many marks there were: of two, the greater is the newer.
    turn: u64,
    /// Where it ends.
    pub tail: Tail,
    /// Where it ended before its last entry.
    pub before: Tail,
    /// Which of the store's databases it is a copy of, where it isn't the first: those before were left since
    /// they didn't open. 0 for the first.
    pub database: u64,
}

impl Mark {
    /// A journal of a store, without entries. One with a number above 1 took the place of another.
    #[must_use]
    pub fn new(store: Uuid, epoch: u64) -> Mark {
        Mark {
            store,
            epoch,
            is_ended: false,
            is_partial: epoch > 1,
            lacks: false,
            turn: 0,
            tail: Tail::EMPTY,
            before: Tail::EMPTY,
            database: 0,
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
        let [form, flags] = rest.array()?;
        let mark = Mark {
            store: Uuid::from_bytes(rest.array()?),
            epoch: rest.number()?,
            is_ended: flags & ENDED != 0,
            is_partial: flags & PARTIAL != 0,
            lacks: flags & LACKS != 0,
            turn: rest.number()?,
            tail: Tail::read(&mut rest)?,
            before: Tail::read(&mut rest)?,
            // A mark of before has a 0 there.
            database: rest.number()?,
        };
        (fits && form == FORM).then_some(mark)
    }

    /// Begins anew, without entries: also where what the log no longer holds is swept out of it.
    #[must_use]
    pub fn begin(&mut self) -> Change {
        let database = self.database;
        *self = Mark::new(self.store, self.epoch);
        self.database = database;
        Change {
            cut: Some(0),
            bytes: vec![self.slot()],
        }
    }

    /// Goes on with an entry.
    ///
    /// # Errors
    /// [`Unreadable`]: it holds no packed events. Then nothing is changed.
    pub fn add(&mut self, entry: &Entry<'_>) -> Result<Change, Unreadable> {
        let (head, body) = entry.to_bytes()?;
        let at = self.tail.length;
        self.before = self.tail;
        self.tail = self.tail.with(&head);
        self.changed();
        let bytes = [&head.bytes(at)[..], &body].concat();
        Ok(Change {
            cut: None,
            bytes: vec![(at, bytes), self.slot()],
        })
    }

    /// Ends elsewhere: what comes after `tail` is of no value. `before` is where it ended before its
    /// last entry, or any place before that.
    #[must_use]
    pub fn end_at(&mut self, before: Tail, tail: Tail) -> Change {
        self.tail = tail;
        self.before = before;
        self.changed();
        Change {
            cut: Some(tail.length),
            bytes: vec![self.slot()],
        }
    }

    /// Notes that whoever keeps it ends as it should.
    #[must_use]
    pub fn end(&mut self) -> Change {
        self.changed();
        self.is_ended = true;
        Change {
            cut: None,
            bytes: vec![self.slot()],
        }
    }

    /// Holds all that the log has: whatever it took the place of isn't needed any more.
    #[must_use]
    pub fn fill(&mut self) -> Change {
        self.changed();
        self.is_partial = false;
        Change {
            cut: None,
            bytes: vec![self.slot()],
        }
    }

    /// Lacks something that the log has, which can't be read.
    #[must_use]
    pub fn lack(&mut self) -> Change {
        self.changed();
        self.lacks = true;
        Change {
            cut: None,
            bytes: vec![self.slot()],
        }
    }

    /// Is of another store from now on, or has another number.
    #[must_use]
    pub fn is_of(&mut self, store: Uuid, epoch: u64) -> Change {
        self.store = store;
        self.epoch = epoch;
        self.changed();
        Change {
            cut: None,
            bytes: vec![self.slot()],
        }
    }

    /// Is a copy of this one of the store's databases from now on.
    #[must_use]
    pub fn is_in(&mut self, database: u64) -> Change {
        self.database = database;
        self.changed();
        Change {
            cut: None,
            bytes: vec![self.slot()],
        }
    }

    fn changed(&mut self) {
        self.turn += 1;
        self.is_ended = false;
    }

    fn slot(&self) -> (u64, Vec<u8>) {
        let ended = if self.is_ended { ENDED } else { 0 };
        let partial = if self.is_partial { PARTIAL } else { 0 };
        let lacks = if self.lacks { LACKS } else { 0 };
        let mut body = vec![FORM, ended | partial | lacks];
        body.extend_from_slice(self.store.as_bytes());
        put(&mut body, self.epoch);
        put(&mut body, self.turn);
        self.tail.put(&mut body);
        self.before.put(&mut body);
        put(&mut body, self.database);
        body.resize(SLOT as usize - 4, 0);
        let sum = checksum::of_bytes(&body, "mark");
        body.extend(sum.to_le_bytes());
        (self.turn % 2 * SLOT, body)
    }
}
