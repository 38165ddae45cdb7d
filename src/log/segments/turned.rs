//! What a segment without events does to an index.

use super::index::Index;
use super::turn::Turn;
use crate::core::Position;

impl Turn {
    /// Whether an index has taken in what this says isn't there, or is otherwise than it was: then it is to be
    /// made anew.
    #[must_use]
    pub fn voids(self, index: &Index) -> bool {
        match self {
            // Nor are the ids known of streams with holes.
            Turn::Emptied { .. } | Turn::Filled { .. } => false,
            Turn::Restored { from, .. } | Turn::TakenBack { from, .. } => {
                index.last_segment() >= from
            }
        }
    }

    /// Has an index take it in, as the segment of this number.
    pub fn take_into(self, index: &mut Index, number: u64) {
        match self {
            Turn::Emptied { floor, history } => index.empty(number, floor, Some(history)),
            Turn::Restored { floor, .. } => index.turn(number, floor, None),
            Turn::TakenBack { floor, history, .. } => index.turn(number, floor, Some(history)),
            Turn::Filled { history, .. } => index.turn(number, Position::START, Some(history)),
        }
    }
}
