//! What is asked of a store to append, until it is under way.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use futures_channel::oneshot;

use super::copies::Copies;
use crate::core::{ExpectedVersion, History, NewEvent, RecordedEvent, StreamId};
use crate::store::{AppendError, At, Durability, StoreError, same_history_for};

/// What was recorded, and the history that it stands in.
pub(super) type Answer = Result<At<Vec<RecordedEvent>>, AppendError>;

/// Who appends for all clones of a store.
pub(super) struct Writer {
    pub(super) copies: Copies,
    /// What was asked for and isn't under way yet.
    pub(super) asked: RefCell<VecDeque<Asked>>,
    pub(super) is_busy: Cell<bool>,
}

impl Writer {
    pub(super) fn new(copies: Copies) -> Rc<Writer> {
        Rc::new(Writer {
            copies,
            asked: RefCell::default(),
            is_busy: Cell::default(),
        })
    }
}

/// In which history an append is meant.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    /// In this one, or in any where none is needed.
    Known(Option<History>),
    /// In that of the moment, also for an exact version.
    Present,
}

impl Wanted {
    pub(super) fn is(self, now: History, expected: ExpectedVersion) -> Result<(), StoreError> {
        match self {
            Wanted::Known(known) => same_history_for(expected, known, now),
            Wanted::Present => Ok(()),
        }
    }
}

/// An append that is asked for.
pub(super) struct Asked {
    pub(super) stream: StreamId,
    pub(super) expected: ExpectedVersion,
    pub(super) history: Wanted,
    pub(super) events: Vec<NewEvent>,
    pub(super) durability: Durability,
    pub(super) answer: oneshot::Sender<Answer>,
}
