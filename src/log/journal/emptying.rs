//! What is noted beside a journal of what emptied its log, where the journal's own word for it can't be read.

use super::{Lost, Void};

/// What is noted elsewhere of the segment that last emptied a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emptying {
    /// Its number.
    pub segment: u64,
    /// Up to which segment it is known to be the last that did, and not to be undone.
    pub known: u64,
}

impl Emptying {
    /// Whether it can be read in a journal, of which this can't. Where it can't for certain, what it makes void is so
    /// as if it had been read.
    pub fn is_read(self, lost: &[Lost], void: &mut Void) -> EmptyingRead {
        let may_hold = |lost: &&Lost| {
            let is_before = lost.last.is_some_and(|last| last < self.segment);
            lost.first <= self.segment && !is_before
        };
        match lost.iter().find(may_hold) {
            None => EmptyingRead::Yes,
            // What undoes it may be lost with it.
            Some(lost) if lost.last.is_none_or(|last| last > self.known) => EmptyingRead::Unsure,
            Some(_) => {
                void.insert(self.segment, 0);
                EmptyingRead::No(self.segment)
            }
        }
    }
}

/// Whether what emptied a log can be read in its journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmptyingRead {
    /// It can, or it is nowhere there.
    #[default]
    Yes,
    /// That of this number can't.
    No(u64),
    /// It may be among what can't, and be undone there, or be another log's.
    Unsure,
}
