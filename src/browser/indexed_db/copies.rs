//! What is added goes into both copies: the database and, where one was asked for, the journal.

use std::rc::Rc;

use super::connection::Connection;
use super::journal::{Ahead, Journal};
use crate::core::{Position, RecordedEvent};
use crate::store::Durability;

/// Both, of one store.
#[derive(Clone)]
pub(super) struct Copies {
    pub(super) connection: Rc<Connection>,
    pub(super) journal: Option<Rc<Journal>>,
}

impl Copies {
    /// After the database holds a segment: a strict append waits until the journal does.
    pub(super) async fn wait(&self, durability: Durability, segment: u64, ahead: Option<Ahead>) {
        if let Some(journal) = &self.journal {
            journal.wait(durability, segment, ahead).await;
        }
    }

    /// Notes beside both how far the log goes, after something was recorded: at once where that is strict.
    pub(super) fn note(&self, last: Option<&RecordedEvent>, durability: Durability) {
        if let Some(journal) = &self.journal {
            journal.note(last);
            if durability == Durability::Strict {
                journal.note_now();
            }
        }
    }

    /// The same, after the log was emptied by this segment.
    pub(super) fn note_emptied(&self, segment: u64, floor: Position) {
        if let Some(journal) = &self.journal {
            journal.note_emptied(segment, floor);
        }
    }
}
