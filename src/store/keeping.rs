//! What a store may keep beside the events: snapshots, checkpoints, and which streams are archived. A
//! backend can begin without.

use std::collections::BTreeSet;

use super::error::{AppendError, StoreError};
use super::event_store::EventStore;
use crate::core::{
    EventId, ExpectedVersion, History, JsonText, NewEvent, Position, RecordedEvent, StreamId,
    Version,
};
use crate::target::{MaybeSend, MaybeSync};

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
pub trait SnapshotStore: EventStore {
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

    /// Appends a batch, and keeps the snapshot of the state that it leads to, taken after the batch's
    /// last event. A snapshot that can't be kept fails nothing: the answer is that to the append.
    ///
    /// One step after the other. A backend whose transactions hold both, and can go on where the
    /// snapshot fails, does it in one.
    ///
    /// # Errors
    /// As for [`EventStore::append`]; no snapshot is kept then.
    fn append_with_snapshot(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
        snapshot: Snapshot,
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, AppendError>> + MaybeSend {
        async move {
            let recorded = self.append(stream, expected, history, events).await?;
            // The events are recorded; a cache that can't be written must not undo that answer.
            let _ = self.keep_snapshot(snapshot).await;
            Ok(recorded)
        }
    }
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
