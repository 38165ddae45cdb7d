//! Taking in a log from elsewhere, giving up what is there, and taking either back.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::event_store::At;
use super::following::Misplaced;
use crate::core::{History, Position, RecordedEvent};
use crate::log::Chain;
use crate::target::{MaybeSend, MaybeSync};

/// How many events [`ImportStore::import`] gives at once.
const IMPORT_BATCH: usize = 1_000;

/// What was recorded in one step: for backends, of which a token says nothing to anybody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Kept")]
pub struct Segments {
    /// The history that it began, or that it was recorded in.
    pub history: History,
    /// The number of its first segment.
    pub first: u64,
    /// The number of its last segment.
    pub last: u64,
    /// The chain of the log up to that: a number alone may be given again, to something else, after what
    /// had it was lost.
    pub chain: Chain,
}

/// What is kept of them, by whichever release.
#[derive(Deserialize)]
struct Kept {
    history: History,
    first: u64,
    last: u64,
    chain: Option<Chain>,
}

impl TryFrom<Kept> for Segments {
    type Error = &'static str;

    fn try_from(kept: Kept) -> Result<Segments, &'static str> {
        let Kept {
            history,
            first,
            last,
            chain,
        } = kept;
        let chain = chain.ok_or(
            "an earlier Eventloom made this token, which doesn't say enough of what it takes back",
        )?;
        Ok(Segments {
            history,
            first,
            last,
            chain,
        })
    }
}

impl Segments {
    /// Whether these are the last of a log that is in this history, has segments up to this number, and
    /// this chain: for backends, before they take it back.
    ///
    /// # Errors
    /// [`UndoError`], why they aren't.
    pub fn are_last(self, history: History, last: u64, chain: Chain) -> Result<(), UndoError> {
        if history != self.history {
            let (known, now) = (self.history, history);
            return Err(UndoError::AnotherHistory { known, now });
        }
        match last > self.last {
            true => Err(UndoError::GoneOn),
            false if (last, chain) != (self.last, self.chain) => Err(UndoError::NotThere),
            false => Ok(()),
        }
    }
}

/// An import, as [`undo_import`](ImportStore::undo_import) takes it. To be kept, and given back to the
/// store that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImportToken(Segments);

/// A reset, as [`undo_reset`](ImportStore::undo_reset) takes it. To be kept, and given back to the
/// store that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResetToken(Segments);

impl ImportToken {
    /// Of an import into this history, in these segments.
    #[must_use]
    pub fn new(segments: Segments) -> ImportToken {
        ImportToken(segments)
    }

    /// What the backend made it of.
    #[must_use]
    pub fn segments(self) -> Segments {
        self.0
    }
}

impl ResetToken {
    /// Of a reset that began this history: the segment that emptied the log, and those of what went
    /// in with it.
    #[must_use]
    pub fn new(segments: Segments) -> ResetToken {
        ResetToken(segments)
    }

    /// What the backend made it of.
    #[must_use]
    pub fn segments(self) -> Segments {
        self.0
    }
}

/// Why an import wrote nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Events were appended since the import was planned. Plan again.
    #[error("the store moved from position {planned} to {actual} meanwhile; nothing was imported")]
    StoreMoved {
        /// The last position that the plan knew.
        planned: Position,
        /// The last position now.
        actual: Position,
    },
    /// An event isn't the next one where it would stand. Plan again; where that gives the same, the
    /// plan is at fault.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
    /// It was cancelled.
    #[error("the import was cancelled; nothing was imported")]
    Cancelled,
    /// The store itself failed. Where it is [`Unavailable`](StoreError::Unavailable) or
    /// [`Failed`](StoreError::Failed), it may have been lost between importing and saying so, and
    /// not be there to be asked either: plan again, which finds what is in.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a store wasn't emptied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResetError {
    /// What was to go in with the same step can't: an event isn't the next one where it would stand.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
    /// The store itself failed. Everything is still there, unless it is
    /// [`Unavailable`](StoreError::Unavailable) or [`Failed`](StoreError::Failed): then it may have been
    /// lost between emptying and saying so. Look what is there, or reset again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ResetError> for ImportError {
    fn from(error: ResetError) -> ImportError {
        match error {
            ResetError::Misplaced(misplaced) => misplaced.into(),
            ResetError::Store(error) => error.into(),
        }
    }
}

/// Why an import or a reset wasn't taken back. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// Something was recorded since, which would be lost. Nobody can take it back any more.
    #[error("something was recorded since, so this can't be undone any more; nothing was changed")]
    GoneOn,
    /// It isn't of the history that the store has now: it was undone already, the store was emptied
    /// since, or it was another store.
    #[error(
        "the store was emptied since, or this was undone already, so there is nothing to undo; \
         nothing was changed"
    )]
    AnotherHistory {
        /// The history in which it could be taken back.
        known: History,
        /// The history that the store has.
        now: History,
    },
    /// It isn't there as it was recorded: the store lost it, or can't read it.
    #[error("what this would take back isn't in the store any more; nothing was changed")]
    NotThere,
    /// What stood before a reset was removed meanwhile, to have its room.
    #[error("what stood here before was removed meanwhile; nothing was changed")]
    Swept,
    /// The store itself failed. Where it is [`Unavailable`](StoreError::Unavailable) or
    /// [`Failed`](StoreError::Failed), it may be taken back all the same: trying again then answers
    /// [`AnotherHistory`](UndoError::AnotherHistory).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes in a log from elsewhere, and gives up what it holds: what a store needs that isn't fed by
/// its own appends alone.
///
/// Positions go on above all that were ever given, whatever is emptied or taken back: only an import
/// into a history that holds no event yet, or what goes in with a reset, brings its own, lower ones, as
/// a restore from an export does, and what is appended next stands above both.
pub trait ImportStore: MaybeSend + MaybeSync {
    /// The position that the next event gets: greater than all that were given, in this history and
    /// those before it. Whoever plans an import begins here.
    ///
    /// # Errors
    /// [`StoreError`].
    fn next_position(&self) -> impl Future<Output = Result<At<Position>, StoreError>> + MaybeSend;

    /// Appends events that already have their places, to any number of streams, all of them or
    /// none, if the store's last position is `after` in the history that is given. The caller has
    /// checked ids against all that the store held at `after`; versions and positions are checked
    /// here: versions without gaps, and positions that only grow, greater than all that were given,
    /// unless the history holds no event yet. A [hole](RecordedEvent::hole) is taken like any other event;
    /// nothing else may have its type. An event whose position was given already fills the hole that has its
    /// stream, version and position, in the store or given before it: that begins a new history, since who
    /// read before knows less than the places say. Answers with what takes it back; none where there was
    /// nothing to import, or where holes were filled.
    ///
    /// `next` is told how many events are in and gives those that follow, none at the end, where it
    /// may be asked again; it can break the import off. It is asked while the import runs and can't wait for anything, so that
    /// a log of any size goes in with no more of it in memory than `next` gives at once and the
    /// store lays out together.
    ///
    /// # Errors
    /// [`ImportError`]; nothing was written.
    fn import_from(
        &self,
        after: Position,
        history: Option<History>,
        next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>> + MaybeSend,
    ) -> impl Future<Output = Result<Option<ImportToken>, ImportError>> + MaybeSend;

    /// [`import_from`](ImportStore::import_from) events that are in memory. `progress` is told now
    /// and then how many are in, and can break the import off.
    ///
    /// # Errors
    /// [`ImportError`]; nothing was written.
    fn import(
        &self,
        after: Position,
        history: Option<History>,
        events: &[RecordedEvent],
        mut progress: impl FnMut(usize) -> ControlFlow<()> + MaybeSend,
    ) -> impl Future<Output = Result<Option<ImportToken>, ImportError>> + MaybeSend {
        let mut batches = events.chunks(IMPORT_BATCH);
        self.import_from(after, history, move |done| {
            progress(done)?;
            ControlFlow::Continue(batches.next().unwrap_or_default().to_vec())
        })
    }

    /// Empties the store: events, snapshots, checkpoints, and what is archived. Begins a new history.
    /// Takes in, within the same step, events that bring their versions from 1 on and their positions:
    /// a few, such as a program begins with; none but these are there then. Answers with what takes it
    /// back.
    ///
    /// Who reads meanwhile gets the old history or the new one, whole.
    ///
    /// # Errors
    /// [`ResetError`]; everything is then still there, unless it isn't known.
    fn reset(
        &self,
        events: &[RecordedEvent],
    ) -> impl Future<Output = Result<ResetToken, ResetError>> + MaybeSend;

    /// Takes a reset back, while nothing else was recorded: the old history is there again, with its
    /// name, its chain, its events at their positions, its snapshots and checkpoints, and what was
    /// archived. What went in with the reset, and was kept beside it since, is gone.
    ///
    /// # Errors
    /// [`UndoError`]; nothing was changed, unless it isn't known.
    fn undo_reset(
        &self,
        token: ResetToken,
    ) -> impl Future<Output = Result<(), UndoError>> + MaybeSend;

    /// Takes an import back, while it is the last that is there of the log. Begins a new history;
    /// its positions aren't given again. Snapshots of versions that it brought go with it; checkpoints
    /// and what is archived stay.
    ///
    /// # Errors
    /// [`UndoError`]; nothing was changed, unless it isn't known.
    fn undo_import(
        &self,
        token: ImportToken,
    ) -> impl Future<Output = Result<(), UndoError>> + MaybeSend;
}
