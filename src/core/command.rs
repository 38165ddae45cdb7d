//! The id of a command, by which the same command is known again when it is sent a second time.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of a command, made once by the one who asks for it first.
///
/// The events that the command leads to carry it as their
/// [`command_id`](super::Metadata::command_id). Whoever doesn't know what came of a command,
/// because the answer was lost, sends the same command with the same id again. Two commands with
/// equal content are two, since each has an id of its own.
/// [`IdSource::next_command_id`](super::IdSource::next_command_id) makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub Uuid);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
