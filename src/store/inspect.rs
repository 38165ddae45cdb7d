//! What lies in a store, shown record by record and past what is damaged, so that it can be
//! checked. Doesn't judge; [`verify()`](super::verify()) does.

use std::fmt;
use std::ops::ControlFlow;

use super::error::StoreError;
use super::keeping::Snapshot;
use crate::core::{Position, RecordedEvent, StreamHead, StreamId, Version};
use crate::target::{MaybeSend, MaybeSync};

/// A record that can't be read, and what can be told of it all the same. What it says of itself
/// may be what is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// The stream that it names, where it names one.
    pub stream: Option<StreamId>,
    /// The version that it names, 0 where it can't be told.
    pub version: Version,
    /// The position that it lies at, 0 where it can't be told and for what has none.
    pub position: Position,
    /// What is wrong with it.
    pub cause: String,
}

impl Damaged {
    /// The stream, as far as it can be told.
    pub(super) fn stream(&self) -> String {
        match &self.stream {
            Some(stream) => stream.to_string(),
            None => "a stream that can't be told".to_owned(),
        }
    }
}

/// As a place: `position 7 (bank_account/ada version 3, as it says)`.
impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Position::START => f.write_str("a position that can't be told")?,
            position => write!(f, "position {position}")?,
        }
        match (&self.stream, self.version) {
            (None, _) => f.write_str(" (of a stream that can't be told)"),
            (Some(stream), Version::NONE) => write!(f, " (of {stream}, as it says)"),
            (Some(stream), version) => write!(f, " ({stream} version {version}, as it says)"),
        }
    }
}

/// One record of a store.
#[derive(Debug)]
pub enum Held<'a> {
    /// Of the log.
    Event {
        /// The event, or why it can't be read.
        event: Result<&'a RecordedEvent, Damaged>,
        /// Whether the store keeps checksums and this record has none, since it was written
        /// before they were.
        unchecked: bool,
    },
    /// The head of a stream.
    Head(Result<StreamHead, Damaged>),
    /// A snapshot.
    Snapshot(Result<&'a Snapshot, Damaged>),
}

/// Shows all that it holds, as it lies there.
pub trait InspectStore: MaybeSend + MaybeSync {
    /// Shows each event in the order of the log, then the head of each stream, then each snapshot,
    /// until there is no more or `show` breaks off. All of it is of one moment: what is appended
    /// meanwhile waits, or isn't shown. `show` must not call the store.
    ///
    /// # Errors
    /// [`StoreError`] where the store as a whole can't be read; a damaged record is shown as such.
    fn inspect(
        &self,
        show: impl FnMut(Held<'_>) -> ControlFlow<()> + MaybeSend,
    ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend;
}

impl From<Damaged> for StoreError {
    fn from(damaged: Damaged) -> StoreError {
        StoreError::Corrupt {
            stream: damaged.stream(),
            version: damaged.version,
            position: damaged.position,
            cause: damaged.cause.into(),
        }
    }
}
