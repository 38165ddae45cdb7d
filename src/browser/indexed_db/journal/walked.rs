//! What was met in a journal while its entries were read.

use crate::log::Chain;
use crate::log::journal::{Emptying, EmptyingRead, Lost, Tail, Void};

#[derive(Default)]
pub(super) struct Walked {
    /// Where it ends before the last entry that is whole, and after that; none where none is.
    pub(super) ends: Option<(Tail, Tail)>,
    /// What can't be read.
    pub(super) lost: Vec<Lost>,
    /// Which of its segments the log doesn't hold any more.
    pub(super) void: Void,
    /// Whether it says itself what emptied the log last.
    pub(super) is_emptying_read: EmptyingRead,
    /// The chains of the log up to its segments, where they are known.
    pub(super) chains: Vec<(u64, Chain)>,
}

impl Walked {
    /// What was met in a journal that has no chains.
    pub(super) fn of(lost: Vec<Lost>, void: Void) -> Walked {
        Walked {
            lost,
            void,
            ..Walked::default()
        }
    }

    /// Takes in what is noted elsewhere of what emptied the log last.
    pub(super) fn was_emptied(&mut self, emptying: Emptying) {
        self.is_emptying_read = emptying.is_read(&self.lost, &mut self.void);
    }

    /// The number of the segment that emptied the log last, where that can't be read here.
    pub(super) fn unread_emptying(&self) -> Option<u64> {
        match self.is_emptying_read {
            EmptyingRead::No(segment) => Some(segment).filter(|segment| !self.void.holds(*segment)),
            EmptyingRead::Yes | EmptyingRead::Unsure => None,
        }
    }

    /// Whether all that can't be read is in the log up to a segment, or is what that doesn't hold any more.
    pub(super) fn lost_nothing(&self, agreed: u64) -> bool {
        let is_void = |lost: &Lost| {
            let holds = |segment| self.void.holds(segment);
            let is_there = lost.last.is_some_and(|last| last <= agreed);
            is_there || holds(lost.first) && lost.last.is_some_and(holds)
        };
        self.lost.iter().all(is_void)
    }
}
