//! Why a store can't answer, or an append isn't recorded.

use super::Cause;
use crate::core::{
    EventId, ExpectedVersion, History, InvalidEnvelope, Position, StreamId, Version,
};
use crate::log::segments::Damage;

/// Why a store can't answer. None of these is cured by deciding again, but
/// [`HistoryChanged`](StoreError::HistoryChanged).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Storage can't be had: switched off, denied, or gone. Work goes on in memory at best.
    #[error("storage is unavailable: {reason}")]
    Unavailable {
        /// What the storage said.
        #[source]
        reason: Cause,
    },
    /// Somebody else's use of the store stands in the way; nothing was written. What it is, and what to do about it,
    /// the storage says.
    #[error("{cause}")]
    InUse {
        /// What stands in the way.
        #[source]
        cause: Cause,
    },
    /// There is no room left. Free some, or export and reset; nothing was written.
    #[error("there is no room left in this store's storage; nothing was written")]
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
        /// What is wrong with it: a [`Hole`](crate::core::hole::Hole), where its event was missing in what
        /// was imported.
        #[source]
        cause: Cause,
    },
    /// The database was written by a newer Eventloom. Use that one.
    #[error(
        "a newer Eventloom has made this store (layout {found}, and this one knows them up to \
         {known}), and only that one can use it"
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
        #[source]
        cause: Cause,
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
            cause: damage.cause.clone().into(),
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
                StoreError::InUse { .. }
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
