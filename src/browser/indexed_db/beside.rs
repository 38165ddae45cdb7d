//! What is kept beside the log, of the log since it was last emptied: snapshots, checkpoints, and which
//! streams are archived.

use std::collections::BTreeSet;

use wasm_bindgen::JsValue;

use super::schema::{CHECKPOINTS, SNAPSHOTS};
use super::store::IndexedDbStore;
use super::transaction::{Fault, answer};
use super::{archived, codec, read};
use crate::core::{Position, StreamId};
use crate::log::segments::Index;
use crate::store::{
    ArchiveStore, CheckpointStore, Durability, Snapshot, SnapshotStore, StoreError,
};

impl ArchiveStore for IndexedDbStore {
    async fn archived(&self) -> Result<BTreeSet<StreamId>, StoreError> {
        archived::archived(&self.parts.connection).await
    }

    async fn archive(&self, stream: &StreamId) -> Result<(), StoreError> {
        let stream = stream.clone();
        archived::change(&self.parts.connection, |archived| {
            archived.insert(stream);
        })
        .await
    }

    async fn unarchive(&self, stream: &StreamId) -> Result<(), StoreError> {
        archived::change(&self.parts.connection, |archived| {
            archived.remove(stream);
        })
        .await
    }
}

impl SnapshotStore for IndexedDbStore {
    async fn snapshot(&self, stream: &StreamId) -> Result<Option<Snapshot>, StoreError> {
        let found = self.get(SNAPSHOTS, codec::stream_key(stream)).await?;
        let since = self.since_as_known().await?;
        Ok(found.and_then(|found| codec::read_snapshot(found, since)))
    }

    async fn keep_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        let since = self.since_as_known().await?;
        let snapshot = codec::snapshot(&snapshot, since)?;
        self.put(SNAPSHOTS, &snapshot).await
    }
}

impl CheckpointStore for IndexedDbStore {
    async fn checkpoint(&self, subscriber: &str) -> Result<Position, StoreError> {
        let key = codec::checkpoint_key(subscriber, self.since().await?);
        let found = self.get(CHECKPOINTS, key.into()).await?;
        Ok(found.map_or(Position::START, codec::read_checkpoint))
    }

    async fn keep_checkpoint(
        &self,
        subscriber: &str,
        position: Position,
    ) -> Result<(), StoreError> {
        let since = self.since().await?;
        let checkpoint = codec::checkpoint(subscriber, position, since)?;
        self.put(CHECKPOINTS, &checkpoint).await
    }
}

impl IndexedDbStore {
    /// The number of the segment that last emptied the log.
    async fn since(&self) -> Result<u64, StoreError> {
        Ok(read::ask(&self.parts.connection, None, Index::since)
            .await?
            .place)
    }

    /// The same as far as is known, unless nothing is: who loads a snapshot compares it with the log.
    async fn since_as_known(&self) -> Result<u64, StoreError> {
        let log = &self.parts.connection.log;
        match log.is_whole() {
            true => Ok(log.ask(Index::since)),
            false => self.since().await,
        }
    }

    async fn get(&self, store: &'static str, key: JsValue) -> Result<Option<JsValue>, StoreError> {
        let reading = self.parts.connection.read("read", &[store]).await?;
        let found = async { answer(reading.store(store)?.get(key)?).await };
        let found = found
            .await
            .map_err(|fault: Fault| fault.while_doing("read"))?;
        Ok(Some(found).filter(|found| !found.is_undefined()))
    }

    /// Puts one record of what can be made again.
    async fn put(&self, store: &'static str, record: &JsValue) -> Result<(), StoreError> {
        let writing = self
            .parts
            .connection
            .write("keep", &[store], Durability::Relaxed)
            .await?;
        let kept = async {
            writing.store(store)?.put(record, None)?;
            writing.commit().await
        };
        kept.await.map_err(|fault: Fault| fault.while_doing("keep"))
    }
}
