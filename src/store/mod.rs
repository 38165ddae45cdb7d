//! What a store promises: appending with an expected version, reading by stream and by
//! position, and the errors it answers with. The conformance suite holds each backend to it.

pub mod checksum;
#[cfg(any(test, feature = "testing"))]
pub mod conformance;
pub mod inspect;
pub mod journal;
pub mod memory;
mod numbers;
pub mod recovery;
pub mod segments;
pub mod verify;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::core::{
    EventId, ExpectedVersion, JsonText, NewEvent, Position, RecordedEvent, StreamId, Version,
};
use crate::target::{MaybeSend, MaybeSync};

pub use inspect::{Damaged, Held, InspectStore};
pub use memory::MemoryStore;
pub use recovery::{Loss, Recovery, SecondCopy};
pub use verify::{Finding, Verification, VerifyError, verify};

/// How many events [`EventStore::import`] gives at once.
const IMPORT_BATCH: usize = 1_000;

/// Why a store can't answer. None of these is cured by deciding again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Storage can't be had: switched off, denied, or gone. Work goes on in memory at best.
    #[error("storage is unavailable: {reason}")]
    Unavailable {
        /// What the storage said.
        reason: String,
    },
    /// Another tab keeps an older version of the database open. Close or reload that tab.
    #[error(
        "another tab keeps an older version of this store open; close that tab, then reload this one"
    )]
    Blocked,
    /// A newer Eventloom in another tab has taken the database over. Reload this page.
    #[error("a newer Eventloom in another tab has taken this store over; reload this page")]
    Superseded,
    /// There is no room left. Free some, or export and reset; nothing was written.
    #[error("there is no room left in this browser's storage; nothing was written")]
    Full,
    /// A record can't be read. Export what is intact.
    #[error("the record of {stream} version {version} is damaged: {cause}")]
    Corrupt {
        /// The stream, as far as it can be told.
        stream: String,
        /// The version, 0 where it can't be told.
        version: Version,
        /// What is wrong with it.
        cause: String,
    },
    /// The database was written by a newer Eventloom. Use that one.
    #[error(
        "a newer Eventloom has made this store (layout {found}, and this one knows them up to \
         {known}); reload to get the newer one"
    )]
    Newer {
        /// The layout found.
        found: u32,
        /// The newest layout that this build knows.
        known: u32,
    },
    /// A version or position is greater than this storage can tell apart. No log that was made by
    /// appending gets there: look at where the events came from.
    #[error("{what} {value} is beyond {greatest}, the greatest that this storage can keep")]
    OutOfRange {
        /// `version` or `position`.
        what: &'static str,
        /// The number.
        value: u64,
        /// The greatest that can be kept.
        greatest: u64,
    },
    /// Anything else that the storage refused.
    #[error("the storage failed while it was to {operation}: {cause}")]
    Failed {
        /// What was being done, as a verb: `append`, `read`.
        operation: &'static str,
        /// What the storage said.
        cause: String,
    },
}

/// What an acknowledged append survives, in a store that leaves the choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Acknowledged when it is on the disk: survives a power cut.
    #[default]
    Strict,
    /// Acknowledged when the operating system has it: survives the program's end, but perhaps not
    /// a power cut. Faster.
    Relaxed,
}

impl Durability {
    /// All of them, the most careful first.
    pub const ALL: [Durability; 2] = [Durability::Strict, Durability::Relaxed];

    /// Its name: `strict`, `relaxed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Durability::Strict => "strict",
            Durability::Relaxed => "relaxed",
        }
    }
}

/// Why an append didn't answer with what was recorded. Nothing was written, except where
/// [`outcome_is_unknown`](AppendError::outcome_is_unknown).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The stream isn't at the expected version: somebody else appended. Load again, decide
    /// again, append again.
    #[error("{stream} was expected at {expected} and is at version {actual}; nothing was recorded")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// What was expected of it.
        expected: ExpectedVersion,
        /// The version that it has.
        actual: Version,
    },
    /// The stream holds an event with this id and other content. Use a new id for a new fact.
    #[error("{stream} already holds event {event_id} with other content; nothing was recorded")]
    EventIdReused {
        /// The id.
        event_id: EventId,
        /// The stream that holds it.
        stream: StreamId,
    },
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AppendError {
    /// Whether the events may be recorded all the same: the store failed, or was lost, at a moment
    /// that nobody can tell from the error. Append the same batch again, or execute the same
    /// command with the same id again, and the answer is what was recorded.
    #[must_use]
    pub fn outcome_is_unknown(&self) -> bool {
        match self {
            AppendError::Store(StoreError::Unavailable { .. } | StoreError::Failed { .. }) => true,
            AppendError::Store(
                StoreError::Blocked
                | StoreError::Superseded
                | StoreError::Full
                | StoreError::Corrupt { .. }
                | StoreError::Newer { .. }
                | StoreError::OutOfRange { .. },
            )
            | AppendError::Conflict { .. }
            | AppendError::EventIdReused { .. } => false,
        }
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
    /// It was cancelled.
    #[error("the import was cancelled; nothing was imported")]
    Cancelled,
    /// The store itself failed. Where it is [`Unavailable`](StoreError::Unavailable) or
    /// [`Failed`](StoreError::Failed), it may have been lost between importing and saying so, and
    /// not be there to be asked either: plan again, which finds what is in.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A stream in a list of streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// The stream.
    pub stream: StreamId,
    /// The version of its last event.
    pub version: Version,
}

/// Keeps events. Reads come in pages: a browser's transaction can't stay open over foreign work.
pub trait EventStore: MaybeSend + MaybeSync {
    /// Appends events to a stream, all of them or none, if the stream is as expected.
    ///
    /// Idempotent by event id within the stream: the same batch again answers with what was
    /// recorded and writes nothing, though the expected version has moved on. An empty batch
    /// answers empty once the expected version holds.
    ///
    /// # Errors
    /// [`AppendError`]; nothing was written, unless its
    /// [outcome is unknown](AppendError::outcome_is_unknown).
    fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, AppendError>> + MaybeSend;

    /// The events of a stream with versions above `after`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, StoreError>> + MaybeSend;

    /// The events of the whole store with positions above `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read_all(
        &self,
        after: Position,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, StoreError>> + MaybeSend;

    /// The streams that follow `after` in the order of (aggregate type, aggregate id), at most
    /// `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<StreamHead>, StoreError>> + MaybeSend;

    /// The version of a stream's last event, 0 where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn head(
        &self,
        stream: &StreamId,
    ) -> impl Future<Output = Result<Version, StoreError>> + MaybeSend;

    /// The position of the store's last event, 0 where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn last_position(&self) -> impl Future<Output = Result<Position, StoreError>> + MaybeSend;

    /// Ends when something after `after` may exist. A hint: it can end for nothing, and a missed
    /// one is harmless to a reader that also looks by itself now and then.
    ///
    /// # Errors
    /// [`StoreError`].
    fn changed(&self, after: Position) -> impl Future<Output = Result<(), StoreError>> + MaybeSend;

    /// Appends events that already have their places, to any number of streams, all of them or
    /// none, if the store's last position is `after`. For importing: the caller has checked ids
    /// and versions against all that the store held at `after`.
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
        next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>> + MaybeSend,
    ) -> impl Future<Output = Result<(), ImportError>> + MaybeSend;

    /// [`import_from`](EventStore::import_from) events that are in memory. `progress` is told now
    /// and then how many are in, and can break the import off.
    ///
    /// # Errors
    /// [`ImportError`]; nothing was written.
    fn import(
        &self,
        after: Position,
        events: &[RecordedEvent],
        mut progress: impl FnMut(usize) -> ControlFlow<()> + MaybeSend,
    ) -> impl Future<Output = Result<(), ImportError>> + MaybeSend {
        let mut batches = events.chunks(IMPORT_BATCH);
        self.import_from(after, move |done| {
            progress(done)?;
            ControlFlow::Continue(batches.next().unwrap_or_default().to_vec())
        })
    }

    /// Empties the store: events, snapshots, checkpoints, and what is archived. Positions are not given again,
    /// except by an import that brings its own.
    ///
    /// # Errors
    /// [`StoreError`]; everything is then still there, unless the storage was lost between emptying
    /// and saying so, and couldn't be asked either. Reset again.
    fn reset(&self) -> impl Future<Output = Result<(), StoreError>> + MaybeSend;
}

/// A cached fold: the state of one aggregate at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The stream whose state it is.
    pub stream: StreamId,
    /// The version of the state.
    pub version: Version,
    /// The id of the event at that version: shows whether the stream is still the same.
    pub event_id: EventId,
    /// Which form of state it holds: [`Aggregate::snapshot_schema`](crate::core::Aggregate).
    pub schema: u32,
    /// The state.
    pub state: JsonText,
}

/// Keeps the newest snapshot of each stream. A cache: losing it costs time, never a result.
pub trait SnapshotStore: MaybeSend + MaybeSync {
    /// The snapshot of a stream, where there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn snapshot(
        &self,
        stream: &StreamId,
    ) -> impl Future<Output = Result<Option<Snapshot>, StoreError>> + MaybeSend;

    /// Keeps a snapshot in place of the one before.
    ///
    /// # Errors
    /// [`StoreError`].
    fn keep_snapshot(
        &self,
        snapshot: Snapshot,
    ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend;
}

/// Keeps, for each subscriber by name, the last position that it finished.
pub trait CheckpointStore: MaybeSend + MaybeSync {
    /// The last position that a subscriber finished, 0 for one that is new.
    ///
    /// # Errors
    /// [`StoreError`].
    fn checkpoint(
        &self,
        subscriber: &str,
    ) -> impl Future<Output = Result<Position, StoreError>> + MaybeSend;

    /// Keeps the last position that a subscriber finished.
    ///
    /// # Errors
    /// [`StoreError`].
    fn keep_checkpoint(
        &self,
        subscriber: &str,
        position: Position,
    ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend;
}

/// Keeps which streams are archived: left out where a person chooses one, and otherwise like any
/// other, in reading, checking and export too. Not a part of the log: a file doesn't carry it.
pub trait ArchiveStore: MaybeSend + MaybeSync {
    /// The streams that are archived.
    ///
    /// # Errors
    /// [`StoreError`].
    fn archived(&self) -> impl Future<Output = Result<BTreeSet<StreamId>, StoreError>> + MaybeSend;

    /// Archives a stream, with events or not; again, for one that is archived already.
    ///
    /// # Errors
    /// [`StoreError`].
    fn archive(
        &self,
        stream: &StreamId,
    ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend;

    /// The contrary.
    ///
    /// # Errors
    /// [`StoreError`].
    fn unarchive(
        &self,
        stream: &StreamId,
    ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend;
}

/// What a batch that met a stream already holding some of its ids amounts to. Shared by the
/// backends, so that idempotency means the same in each.
///
/// `found` are the events of the stream whose ids are in the batch. `None`: the ids are all new.
///
/// # Errors
/// [`AppendError::EventIdReused`] when an id is there with other content, or only part of the
/// batch is there.
pub fn recognise(
    stream: &StreamId,
    batch: &[NewEvent],
    found: &[RecordedEvent],
) -> Result<Option<Vec<RecordedEvent>>, AppendError> {
    let Some(first) = found.first() else {
        return Ok(None);
    };
    let reused = |event_id| AppendError::EventIdReused {
        event_id,
        stream: stream.clone(),
    };
    let mut recorded = Vec::with_capacity(batch.len());
    for event in batch {
        match found.iter().find(|held| held.event_id == event.event_id) {
            Some(held) if held.is_same_as(event) => recorded.push(held.clone()),
            Some(held) => return Err(reused(held.event_id)),
            None => return Err(reused(first.event_id)),
        }
    }
    Ok(Some(recorded))
}

/// The first id that a batch holds twice, if any: such a batch can't be appended anywhere.
#[must_use]
pub fn repeated_id(batch: &[NewEvent]) -> Option<EventId> {
    let mut seen = std::collections::HashSet::with_capacity(batch.len());
    batch
        .iter()
        .map(|event| event.event_id)
        .find(|id| !seen.insert(*id))
}
