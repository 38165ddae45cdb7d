//! What a store in memory keeps beside its events.

use std::collections::BTreeSet;

use super::MemoryStore;
use crate::core::{Position, StreamId};
use crate::store::{ArchiveStore, CheckpointStore, Snapshot, SnapshotStore, StoreError};

impl ArchiveStore for MemoryStore {
    async fn archived(&self) -> Result<BTreeSet<StreamId>, StoreError> {
        Ok(self.inner().archived.clone())
    }

    async fn archive(&self, stream: &StreamId) -> Result<(), StoreError> {
        self.inner().archived.insert(stream.clone());
        Ok(())
    }

    async fn unarchive(&self, stream: &StreamId) -> Result<(), StoreError> {
        self.inner().archived.remove(stream);
        Ok(())
    }
}

impl SnapshotStore for MemoryStore {
    async fn snapshot(&self, stream: &StreamId) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.inner().snapshots.get(stream).cloned())
    }

    async fn keep_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.inner()
            .snapshots
            .insert(snapshot.stream.clone(), snapshot);
        Ok(())
    }
}

impl CheckpointStore for MemoryStore {
    async fn checkpoint(&self, subscriber: &str) -> Result<Position, StoreError> {
        Ok(self
            .inner()
            .checkpoints
            .get(subscriber)
            .copied()
            .unwrap_or_default())
    }

    async fn keep_checkpoint(
        &self,
        subscriber: &str,
        position: Position,
    ) -> Result<(), StoreError> {
        self.inner()
            .checkpoints
            .insert(subscriber.to_owned(), position);
        Ok(())
    }
}
