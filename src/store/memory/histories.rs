//! The histories of a store in memory, each of which follows from the first.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use crate::core::History;

/// The histories that a store began, and which of them it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Histories {
    first: History,
    /// How many came after the first.
    begun: u64,
    /// Which of them it is.
    now: u64,
}

impl Default for Histories {
    fn default() -> Histories {
        /// What is in memory is told from all else in it by counting: nothing outlives the process.
        static MADE: AtomicU64 = AtomicU64::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        Histories {
            first: History(Uuid::NAMESPACE_OID).after(made),
            begun: 0,
            now: 0,
        }
    }
}

impl Histories {
    /// The one that the store has.
    pub(super) fn now(self) -> History {
        match self.now {
            0 => self.first,
            later => self.first.after(later),
        }
    }

    /// Begins another.
    pub(super) fn another(&mut self) -> History {
        self.begun += 1;
        self.now = self.begun;
        self.now()
    }

    /// Goes back to the one that another value tells of.
    pub(super) fn back_to(&mut self, before: Histories) {
        self.now = before.now;
    }
}
