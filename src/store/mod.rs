//! What a store promises: appending with an expected version, reading by stream and by
//! position, and the errors it answers with. The conformance suite holds each backend to it.

mod batch;
#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod envelope;
mod following;
mod hole;
mod importing;
pub mod inspect;
pub mod judging;
mod keeping;
pub mod memory;
pub mod recovery;
mod shared;
pub mod verify;

use crate::core::{
    EventId, ExpectedVersion, History, InvalidEnvelope, NewEvent, Position, PositionRanges,
    RecordedEvent, StreamHead, StreamId, Version,
};
use crate::log::Chain;
use crate::log::segments::Damage;
use crate::target::{MaybeSend, MaybeSync};

pub use batch::{recognise, repeated_id, same_history, same_history_for};
pub use envelope::check;
pub use following::{Following, Misplaced};
pub use hole::{met_hole, until_hole};
pub use importing::{
    ImportError, ImportStore, ImportToken, ResetError, ResetToken, Segments, UndoError,
};
pub use inspect::{Damaged, Held, InspectStore};
pub use keeping::{ArchiveStore, CheckpointStore, Snapshot, SnapshotStore};
pub use memory::MemoryStore;
pub use recovery::{CopyChecked, Loss, Recovery, SecondCopy, SetAside, Unopened, WhySetAside};
pub use verify::{Finding, Verification, VerifyError, verify};

/// Why a store can't answer. None of these is cured by deciding again, but
/// [`HistoryChanged`](StoreError::HistoryChanged).
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
    /// The browser doesn't answer whether the database can be opened, or another tab holds that up. Try again,
    /// or close all other tabs of this site.
    #[error(
        "the browser doesn't answer; where other tabs of this site are open, one of them may hold it up: close them"
    )]
    Unanswered,
    /// A newer Eventloom in another tab has taken the database over. Reload this page.
    #[error("a newer Eventloom in another tab has taken this store over; reload this page")]
    Superseded,
    /// There is no room left. Free some, or export and reset; nothing was written.
    #[error("there is no room left in this browser's storage; nothing was written")]
    Full,
    /// The log isn't the one that the caller knows: it was emptied, or lost, since. Places of one
    /// history mean nothing in another. Load again, decide again; who reads on begins anew.
    #[error("{}", history_changed(known.as_ref()))]
    HistoryChanged {
        /// The history that the caller knows; none where it named none and had to.
        known: Option<History>,
        /// The history that the store has.
        now: History,
    },
    /// A record can't be read. Export what is intact.
    #[error("the record of {stream} version {version} is damaged: {cause}")]
    Corrupt {
        /// The stream, as far as it can be told.
        stream: String,
        /// The version, 0 where it can't be told.
        version: Version,
        /// The position of the last event that the damaged part may hold, so that who reads the
        /// whole store on begins after it; [`Position::START`] where it can't be told.
        position: Position,
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

impl From<&Damage> for StoreError {
    fn from(damage: &Damage) -> StoreError {
        let unknown = || "a stream that can't be told".to_owned();
        StoreError::Corrupt {
            stream: damage
                .stream
                .as_ref()
                .map_or_else(unknown, StreamId::to_string),
            version: damage.version,
            // Said of a stream, not of a place that one could read on after.
            position: Position::START,
            cause: damage.cause.clone(),
        }
    }
}

impl From<Damaged> for StoreError {
    fn from(damaged: Damaged) -> StoreError {
        StoreError::Corrupt {
            stream: damaged.stream(),
            version: damaged.version,
            position: damaged.position,
            cause: damaged.cause,
        }
    }
}

fn history_changed(known: Option<&History>) -> &'static str {
    match known {
        Some(_) => {
            "the store was emptied, or lost events, since it was read; load again, then decide again"
        }
        None => {
            "an exact version means something in one history only; give the history that it was \
             read with"
        }
    }
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
    /// An event can't be recorded, since it couldn't be read, exported or imported again. Change
    /// what its cause names, and append again.
    #[error("event {event_id} can't be appended: {cause}")]
    InvalidEvent {
        /// The first such event.
        event_id: EventId,
        /// What is wrong with it.
        cause: InvalidEnvelope,
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
                | StoreError::Unanswered
                | StoreError::Superseded
                | StoreError::Full
                | StoreError::HistoryChanged { .. }
                | StoreError::Corrupt { .. }
                | StoreError::Newer { .. }
                | StoreError::OutOfRange { .. },
            )
            | AppendError::Conflict { .. }
            | AppendError::EventIdReused { .. }
            | AppendError::InvalidEvent { .. } => false,
        }
    }

    /// Whether loading again and deciding again may succeed: nothing was recorded, since somebody
    /// else appended, or the log is another than the one that was decided on.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            AppendError::Conflict { .. } | AppendError::Store(StoreError::HistoryChanged { .. })
        )
    }
}

/// A part of what a store holds, and the history that it was read in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The history of the store at that moment.
    pub history: History,
    /// What was asked for. May be fewer than the limit though more follows: a store bounds what it
    /// reads at once. **Only an empty page is the end.**
    pub items: Vec<T>,
    /// Of events: which of their positions an import wrote. What it says of a position that none of
    /// them has means nothing. Of streams: none.
    pub imported: PositionRanges,
}

/// A place in the log, or what stands there, and the history that it means something in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The history of the store at that moment.
    pub history: History,
    /// The version, the position, the chain.
    pub place: T,
}

/// Keeps events. Reads come in pages: a browser's transaction can't stay open over foreign work.
///
/// A place (a version, a position, the stream after which a list goes on) means something in one
/// [`History`]. Who took it from an answer gives that answer's history beside it, and is told
/// [`StoreError::HistoryChanged`] where the store has another by now; who gives none is answered for
/// the history of the moment. **The only end of a read is an empty page**, and a limit of 0 is none.
///
/// **A read ends before what is damaged**, with a shorter page. One that begins at it answers
/// [`StoreError::Corrupt`], whose `position` is the last that the damaged part may hold: a read of the
/// whole store after that position goes on behind it, as one of a stream does after its `version`.
/// Nothing is appended to a stream that holds something damaged. A [hole](RecordedEvent::hole), which an
/// import puts in the place of an event that was missing, is damaged in all of this; it counts in versions,
/// positions and numbers of events.
pub trait EventStore: MaybeSend + MaybeSync {
    /// Appends events to a stream, all of them or none, if the stream is as expected, and the
    /// history where one is given: an [`Exact`](ExpectedVersion::Exact) version has to come with the
    /// history that it was read in.
    ///
    /// Idempotent by event id within the stream: the same batch again answers with what was
    /// recorded and writes nothing, though the expected version has moved on. An empty batch
    /// answers empty once the expected version holds. A batch of another history is refused before
    /// its ids are looked for.
    ///
    /// # Errors
    /// [`AppendError`]; nothing was written, unless its
    /// [outcome is unknown](AppendError::outcome_is_unknown).
    fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
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
        history: Option<History>,
    ) -> impl Future<Output = Result<Page<RecordedEvent>, StoreError>> + MaybeSend;

    /// The events of the whole store with positions above `after`, in order, at most `limit`. Once
    /// a reader has seen a position, nothing at or below it appears later.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read_all(
        &self,
        after: Position,
        limit: usize,
        history: Option<History>,
    ) -> impl Future<Output = Result<Page<RecordedEvent>, StoreError>> + MaybeSend;

    /// The streams that follow `after` in the order of (aggregate type, aggregate id), at most
    /// `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
        history: Option<History>,
    ) -> impl Future<Output = Result<Page<StreamHead>, StoreError>> + MaybeSend;

    /// The version of a stream's last event, 0 where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn head(
        &self,
        stream: &StreamId,
    ) -> impl Future<Output = Result<At<Version>, StoreError>> + MaybeSend;

    /// The position of the store's last event, 0 where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn last_position(&self) -> impl Future<Output = Result<At<Position>, StoreError>> + MaybeSend;

    /// How many events have positions above one: exact, and found without reading all of them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count_after(
        &self,
        position: Position,
        history: Option<History>,
    ) -> impl Future<Output = Result<u64, StoreError>> + MaybeSend;

    /// The chain of the log up to the segment that ends at this position; none where no segment ends
    /// there, or none does any more. A segment is what one append recorded, or a part of an import.
    ///
    /// Two chains at one position that differ prove two logs; two that are the same show that the
    /// logs are the same up to there. One that isn't there proves nothing: segments that were
    /// recorded one by one may be kept as one. At [`Position::START`], where no segment ends yet, it
    /// is [`Chain::START`] in each store.
    ///
    /// # Errors
    /// [`StoreError`].
    fn chain(
        &self,
        position: Position,
        history: Option<History>,
    ) -> impl Future<Output = Result<At<Option<Chain>>, StoreError>> + MaybeSend;

    /// Ends when something after `after` may exist. A hint: it can end for nothing, and a missed
    /// one is harmless to a reader that also looks by itself now and then.
    ///
    /// # Errors
    /// [`StoreError`]; [`HistoryChanged`](StoreError::HistoryChanged) at once where the store has
    /// another history than the one that is given, and as soon as it gets another.
    fn changed(
        &self,
        after: Position,
        history: Option<History>,
    ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend;
}
