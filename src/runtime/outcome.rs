//! What comes of loading, saving and executing where it isn't what was asked for: why, whether
//! something may be recorded all the same, and what to do then.

use crate::core::{CommandId, DecodeError, InvalidJson, InvalidStreamId, ReplayError};
use crate::store::{AppendError, StoreError};

/// Why an aggregate can't be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The id can't name a stream.
    #[error(transparent)]
    InvalidId(#[from] InvalidStreamId),
    /// An event can't be read by this model. Use the model that wrote it, or a newer one.
    #[error(transparent)]
    Decode(DecodeError),
    /// The store answered with events that don't follow one another.
    #[error(transparent)]
    Replay(ReplayError),
}

impl From<ReplayError> for LoadError {
    fn from(error: ReplayError) -> LoadError {
        match error {
            ReplayError::Decode(error) => LoadError::Decode(error),
            error => LoadError::Replay(error),
        }
    }
}

/// Why a command wasn't answered with recorded events. Nothing was recorded, except where the
/// [outcome is unknown](ExecuteError::outcome_is_unknown).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecuteError<R> {
    /// A rule of the model forbids it. Asking again without a change is useless.
    #[error("{0}")]
    Rejected(R),
    /// The aggregate can't be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// An event has no JSON form: a fault in the model.
    #[error(transparent)]
    Encode(#[from] InvalidJson),
    /// The append was refused, or the store failed before it. After a conflict, load again and
    /// decide again.
    #[error(transparent)]
    Append(AppendError),
    /// It isn't known whether the events are recorded: the store failed, or was lost, between
    /// recording them and saying so, now or at an earlier try. Deciding again could record them
    /// twice.
    ///
    /// Of a command: send it again with this id, by [`Repository::execute_once`](super::Repository::execute_once), which answers
    /// with what was recorded, or decides it if nothing was. Of a save: save the same aggregate
    /// again.
    ///
    /// Where the [history changed](StoreError::HistoryChanged) since, saving again has no end: load
    /// the aggregate again, and look for the ids of what was [sealed](crate::core::AggregateRoot::sealed).
    #[error(
        "it isn't known whether this is recorded; {}: {cause}",
        how_again(command_id.as_ref(), cause)
    )]
    Unknown {
        /// The command's id, which its events carry. None of events that were saved without one.
        command_id: Option<CommandId>,
        /// How the last try to append ended.
        cause: AppendError,
    },
    /// A command that has an id can't be looked up, so it isn't known whether an earlier try recorded
    /// it: send it again with the id.
    #[error(
        "it isn't known whether this is recorded; {}: {cause}",
        again_with(command_id)
    )]
    NotLookedUp {
        /// The command's id.
        command_id: CommandId,
        /// Why the aggregate's stream can't be read.
        cause: LoadError,
    },
}

fn again_with(command_id: &CommandId) -> String {
    format!("send the command again with its id, {command_id}")
}

fn how_again(command_id: Option<&CommandId>, cause: &AppendError) -> String {
    match (command_id, cause) {
        (Some(id), _) => again_with(id),
        (None, AppendError::Store(StoreError::HistoryChanged { .. })) => {
            "load it again, and look for the events that were to be saved".to_owned()
        }
        (None, _) => "save the same aggregate again".to_owned(),
    }
}

impl<R> ExecuteError<R> {
    /// Whether the events may be recorded all the same.
    #[must_use]
    pub fn outcome_is_unknown(&self) -> bool {
        matches!(
            self,
            ExecuteError::Unknown { .. } | ExecuteError::NotLookedUp { .. }
        )
    }

    /// The id with which the command is to be sent again, by [`Repository::execute_once`](super::Repository::execute_once), where
    /// its outcome is unknown.
    #[must_use]
    pub fn command_id(&self) -> Option<CommandId> {
        match self {
            ExecuteError::Unknown { command_id, .. } => *command_id,
            ExecuteError::NotLookedUp { command_id, .. } => Some(*command_id),
            _ => None,
        }
    }

    /// Which knowledge the command was decided on that isn't true any more, where loading again
    /// and deciding again may end otherwise and nothing is recorded.
    pub(super) fn stale(&self) -> Option<Stale> {
        match self {
            ExecuteError::Append(AppendError::Conflict { .. }) => Some(Stale::Version),
            ExecuteError::Append(AppendError::Store(StoreError::HistoryChanged { .. }))
            | ExecuteError::Load(LoadError::Store(StoreError::HistoryChanged { .. })) => {
                Some(Stale::History)
            }
            _ => None,
        }
    }
}

/// What a command was decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stale {
    /// The version of its stream.
    Version,
    /// The history of the store.
    History,
}

/// Whether a batch may be recorded though appending it failed. Of one that was `sent_before`, and
/// may be recorded since, only an answer for which the store looked for its ids says that it isn't:
/// another failure of the store says something of this try alone.
pub(super) fn leaves_open(error: &AppendError, sent_before: bool) -> bool {
    match error {
        AppendError::Store(_) => sent_before || error.outcome_is_unknown(),
        // Refused before its ids are looked for.
        AppendError::InvalidEvent { .. } => sent_before,
        AppendError::Conflict { .. } | AppendError::EventIdReused { .. } => false,
    }
}
