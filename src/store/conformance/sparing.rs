//! A store that answers reads with as little as it may: one event, one stream at a time. Whoever reads it
//! to its end doesn't take a page that is shorter than was asked for as the end.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::core::{
    ExpectedVersion, History, NewEvent, Position, RecordedEvent, StreamHead, StreamId, Version,
};
use crate::log::Chain;
use crate::store::{
    AppendError, ArchiveStore, At, CheckpointStore, EventStore, Held, ImportError, ImportStore,
    ImportToken, InspectStore, Page, ResetError, ResetToken, Snapshot, SnapshotStore, StoreError,
    UndoError,
};
use crate::target::MaybeSend;

/// Another store, of which each read answers with one event or stream at most: for tests of what reads a
/// store, of whatever backend.
#[derive(Clone, Debug, Default)]
pub struct OneAtATime<S>(pub S);

impl<S: EventStore> EventStore for OneAtATime<S> {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        self.0.append(stream, expected, history, events).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        let limit = limit.min(1);
        self.0.read_stream(stream, after, limit, history).await
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        self.0.read_all(after, limit.min(1), history).await
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<StreamHead>, StoreError> {
        self.0.streams(after, limit.min(1), history).await
    }

    async fn head(&self, stream: &StreamId) -> Result<At<Version>, StoreError> {
        self.0.head(stream).await
    }

    async fn last_position(&self) -> Result<At<Position>, StoreError> {
        self.0.last_position().await
    }

    async fn count_after(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<u64, StoreError> {
        self.0.count_after(position, history).await
    }

    async fn chain(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<At<Option<Chain>>, StoreError> {
        self.0.chain(position, history).await
    }

    async fn changed(&self, after: Position, history: Option<History>) -> Result<(), StoreError> {
        self.0.changed(after, history).await
    }
}

impl<S: ImportStore> ImportStore for OneAtATime<S> {
    async fn next_position(&self) -> Result<At<Position>, StoreError> {
        self.0.next_position().await
    }

    async fn import_from(
        &self,
        after: Position,
        history: Option<History>,
        next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>> + MaybeSend,
    ) -> Result<Option<ImportToken>, ImportError> {
        self.0.import_from(after, history, next).await
    }

    async fn reset(&self, events: &[RecordedEvent]) -> Result<ResetToken, ResetError> {
        self.0.reset(events).await
    }

    async fn undo_reset(&self, token: ResetToken) -> Result<(), UndoError> {
        self.0.undo_reset(token).await
    }

    async fn undo_import(&self, token: ImportToken) -> Result<(), UndoError> {
        self.0.undo_import(token).await
    }
}

impl<S: SnapshotStore> SnapshotStore for OneAtATime<S> {
    async fn snapshot(&self, stream: &StreamId) -> Result<Option<Snapshot>, StoreError> {
        self.0.snapshot(stream).await
    }

    async fn keep_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.0.keep_snapshot(snapshot).await
    }

    async fn append_with_snapshot(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
        snapshot: Snapshot,
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        let store = &self.0;
        store
            .append_with_snapshot(stream, expected, history, events, snapshot)
            .await
    }
}

impl<S: CheckpointStore> CheckpointStore for OneAtATime<S> {
    async fn checkpoint(&self, subscriber: &str) -> Result<Position, StoreError> {
        self.0.checkpoint(subscriber).await
    }

    async fn keep_checkpoint(
        &self,
        subscriber: &str,
        position: Position,
    ) -> Result<(), StoreError> {
        self.0.keep_checkpoint(subscriber, position).await
    }
}

impl<S: ArchiveStore> ArchiveStore for OneAtATime<S> {
    async fn archived(&self) -> Result<BTreeSet<StreamId>, StoreError> {
        self.0.archived().await
    }

    async fn archive(&self, stream: &StreamId) -> Result<(), StoreError> {
        self.0.archive(stream).await
    }

    async fn unarchive(&self, stream: &StreamId) -> Result<(), StoreError> {
        self.0.unarchive(stream).await
    }
}

impl<S: InspectStore> InspectStore for OneAtATime<S> {
    async fn inspect(
        &self,
        show: impl FnMut(Held<'_>) -> ControlFlow<()> + MaybeSend,
    ) -> Result<(), StoreError> {
        self.0.inspect(show).await
    }
}
