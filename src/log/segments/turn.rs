//! Segments that hold no events, and change which of the log's events are there.

use crate::core::{History, Position};

/// What a segment without events does. The segments that it concerns stay where they are, or leave their
/// numbers behind, until they are swept away: no number is ever taken twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing that stands before it is there any more.
    Emptied {
        /// No position up to this one is given again.
        floor: Position,
        /// The history that begins here.
        history: History,
    },
    /// An emptying is undone: what stood before it is there again, as it was, and of what came since
    /// nothing is.
    Restored {
        /// The number of the segment that had emptied the log.
        from: u64,
        /// No position up to this one is given again.
        floor: Position,
    },
    /// An import is taken back: its segments were the last ones.
    TakenBack {
        /// The number of its first segment.
        from: u64,
        /// No position up to this one is given again.
        floor: Position,
        /// The history that begins here.
        history: History,
    },
    /// An import brought the events of holes, which stand in their places now.
    Filled {
        /// How many.
        holes: u64,
        /// The history that begins here.
        history: History,
    },
}

impl Turn {
    /// The position up to which none is given again since, where it says one.
    #[must_use]
    pub fn floor(self) -> Option<Position> {
        match self {
            Turn::Emptied { floor, .. }
            | Turn::Restored { floor, .. }
            | Turn::TakenBack { floor, .. } => Some(floor),
            Turn::Filled { .. } => None,
        }
    }
}
