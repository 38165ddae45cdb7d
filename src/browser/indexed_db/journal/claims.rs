//! What a journal is known to have held, readable or not.

use crate::log::journal::{Mark, Tail};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Claims {
    /// The number of the last segment.
    pub(super) segment: u64,
    /// How many events.
    pub(super) events: u64,
    /// How many of these stood in the last entry, as far as that is known.
    pub(super) last: u64,
}

impl Claims {
    /// What a mark says.
    pub(super) fn of(mark: &Mark) -> Claims {
        Claims {
            segment: mark.tail.segment,
            events: mark.tail.events,
            last: mark.tail.events.saturating_sub(mark.before.events),
        }
    }

    /// Whether it goes further than another.
    pub(super) fn exceeds(&self, other: &Claims) -> bool {
        self.segment > other.segment || self.events > other.events
    }

    /// What two say together of one log.
    pub(super) fn with(self, other: &Claims) -> Claims {
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

/// What a file has behind the last of its entries that can be read.
#[derive(Clone, Copy)]
pub(super) struct Rest {
    /// From where on.
    pub(super) from: u64,
    /// Where it ended before its last entry, and after that, as its mark says.
    pub(super) marked: (Tail, Tail),
}
