//! The store in IndexedDB: survives the page, shared by all tabs of one origin.
//!
//! `schema` is the layout, `migrate` how an older one becomes today's, `codec` the records,
//! `transaction` how the storage is asked, `connection` who may close it, `hints` how tabs hear of
//! each other, `presence` who else is there, `log` what a tab knows of the log and `saved` its copy in
//! the database; here and in `append`, `read`, `import`, `compact` and `inspect` is what the store does.

mod append;
mod archived;
mod codec;
mod compact;
mod connection;
mod hints;
mod import;
mod inspect;
mod journal;
mod log;
mod migrate;
mod presence;
mod read;
mod reset;
mod saved;
mod schema;
mod transaction;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::ControlFlow;
use std::rc::Rc;

use idb::{KeyRange, ObjectStore, Query};
use wasm_bindgen::JsValue;

use self::connection::Connection;
use self::journal::Journal;
use self::schema::{CHECKPOINTS, SNAPSHOTS, STEPS, WhenBlocked};
use self::transaction::{Fault, answer};
use crate::core::{ExpectedVersion, NewEvent, Position, RecordedEvent, StreamId, Version};
use crate::store::segments::Index;
use crate::store::{
    AppendError, ArchiveStore, CheckpointStore, Durability, EventStore, Held, ImportError,
    InspectStore, Recovery, SecondCopy, Snapshot, SnapshotStore, StoreError, StreamHead,
};
use crate::target::MaybeSend;

pub use self::hints::{Signal, Subscription};

/// Keeps events in an IndexedDB database. Clones share one connection; the last one closes it.
#[derive(Clone)]
pub struct IndexedDbStore {
    connection: Rc<Connection>,
    durability: Durability,
}

impl fmt::Debug for IndexedDbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexedDbStore")
            .field("name", &self.connection.name)
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}

impl IndexedDbStore {
    /// Opens the database of this name, makes it where there is none, and brings an older one to
    /// today's layout.
    ///
    /// # Errors
    /// - [`StoreError::Unavailable`]: there is no IndexedDB, or it is denied.
    /// - [`StoreError::Blocked`]: another tab keeps an older version open. The request stays in
    ///   the browser's queue, so the upgrade happens once that tab is closed; opening again waits
    ///   for it. [`IndexedDbStore::open_patiently`] does so by itself.
    /// - [`StoreError::Newer`]: it was written by a newer Eventloom.
    /// - [`StoreError::Full`]: there is no room for it.
    /// - [`StoreError::Failed`]: a step to today's layout failed; the database is as it was.
    pub async fn open(name: &str) -> Result<IndexedDbStore, StoreError> {
        IndexedDbStore::open_with(name, STEPS, WhenBlocked::GiveUp, None).await
    }

    /// Opens it like [`IndexedDbStore::open`], and keeps a second copy of the log: a journal in the
    /// origin private file system. A strict append is then acknowledged when it is in both, and what
    /// the browser deletes of one is brought back from the other when the store is next opened;
    /// [`IndexedDbStore::recovery`] says so. Where there are no such files, or no locks between tabs,
    /// [`IndexedDbStore::second_copy`] says why there is none.
    ///
    /// # Errors
    /// As [`IndexedDbStore::open`]. [`StoreError::Unavailable`] also where events are missing and
    /// another tab, which keeps their second copy, doesn't bring them back.
    pub async fn open_with_second_copy(name: &str) -> Result<IndexedDbStore, StoreError> {
        let journal = Some(Journal::new(name));
        IndexedDbStore::open_with(name, STEPS, WhenBlocked::GiveUp, journal).await
    }

    /// Opens it like [`IndexedDbStore::open`], but waits while another tab keeps an older version
    /// open. `on_blocked` is called when such a wait begins, so that a person can be told which
    /// tab to close.
    ///
    /// # Errors
    /// As [`IndexedDbStore::open`], except [`StoreError::Blocked`].
    pub async fn open_patiently(
        name: &str,
        on_blocked: impl FnOnce() + 'static,
    ) -> Result<IndexedDbStore, StoreError> {
        let when_blocked = WhenBlocked::Tell(Box::new(on_blocked));
        IndexedDbStore::open_with(name, STEPS, when_blocked, None).await
    }

    async fn open_with(
        name: &str,
        steps: &'static [schema::Step],
        when_blocked: WhenBlocked,
        journal: Option<Journal>,
    ) -> Result<IndexedDbStore, StoreError> {
        Ok(IndexedDbStore {
            connection: Connection::open(name, steps, when_blocked, journal).await?,
            durability: Durability::default(),
        })
    }

    /// Deletes the database of this name with all that is in it, and its second copy. Other tabs'
    /// stores close for it.
    ///
    /// # Errors
    /// - [`StoreError::Blocked`]: another program on this origin keeps it open. It is deleted once
    ///   that closes.
    /// - [`StoreError::Unavailable`], [`StoreError::Failed`]: it is still there.
    pub async fn delete(name: &str) -> Result<(), StoreError> {
        schema::delete(name).await?;
        journal::remove(name).await;
        Ok(())
    }

    /// Where the second copy stands; none where none was asked for.
    #[must_use]
    pub fn second_copy(&self) -> Option<SecondCopy> {
        self.connection.journal.as_ref().map(Journal::status)
    }

    /// What was missing when the store was opened, the last time that anything was.
    #[must_use]
    pub fn recovery(&self) -> Option<Recovery> {
        self.connection.journal.as_ref()?.recovery.get()
    }

    /// The same store with another durability of its appends. Imports, snapshots and checkpoints
    /// are always relaxed: they can be done again.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> IndexedDbStore {
        self.durability = durability;
        self
    }

    /// What an acknowledged append survives.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// The name of the database.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.connection.name
    }

    /// Whether nothing was ever kept here: there is no event, and nobody emptied it. So it is on a
    /// first visit, and after one that was broken off.
    ///
    /// # Errors
    /// As for any read.
    pub async fn is_untouched(&self) -> Result<bool, StoreError> {
        read::ask(&self.connection, |index| {
            !index.was_emptied() && index.last_position() == Position::START
        })
        .await
    }

    /// The version of a stream's last event as far as this handle knows, without asking the database:
    /// what it read or appended itself. None before it first did either, and after a reset, until it
    /// reads again. Others may have appended since; an append that expects this version finds out.
    #[must_use]
    pub fn known_head(&self, stream: &StreamId) -> Option<Version> {
        let log = &self.connection.log;
        log.is_whole()
            .then(|| log.ask(|index| index.version(stream)))
    }

    /// Joins old segments of the log, so that what was appended bit by bit is read as fast as what
    /// was imported, and saves what is known of the log, so that it is opened fast. The store does so
    /// by itself now and then; what it holds stays the same. Nothing is joined while another tab has
    /// the store open, and the newest segments stay readable one by one in the browser's storage
    /// inspector. Where it is at that already, it does so once more.
    ///
    /// # Errors
    /// As for any append. What was joined until then stays so; each step is whole or not at all.
    pub async fn compact(&self) -> Result<(), StoreError> {
        compact::compact(&self.connection).await
    }

    /// Calls `callback` with each [`Signal`], of this tab or another, until the subscription is
    /// dropped. Signals are hints: one may be missed, and one may come for what is known already.
    pub fn subscribe(&self, callback: Rc<dyn Fn(Signal)>) -> Subscription {
        self.connection.hints.subscribe(callback)
    }

    /// Closes the connection, of the clones too; what is under way still ends. Later calls answer
    /// [`StoreError::Unavailable`].
    pub fn close(&self) {
        self.connection.end();
    }
}

impl EventStore for IndexedDbStore {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        append::append(&self.connection, self.durability, stream, expected, events).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        read::read_stream(&self.connection, stream, after, limit).await
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        read::read_all(&self.connection, after, limit).await
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
    ) -> Result<Vec<StreamHead>, StoreError> {
        read::ask(&self.connection, |index| index.heads(after, limit)).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Version, StoreError> {
        read::ask(&self.connection, |index| index.version(stream)).await
    }

    async fn last_position(&self) -> Result<Position, StoreError> {
        read::ask(&self.connection, Index::last_position).await
    }

    async fn changed(&self, after: Position) -> Result<(), StoreError> {
        // Waits before it looks, so that nothing falls between the two.
        let hint = self.connection.hints.after(after);
        if self.last_position().await? <= after {
            // A store that is gone is a change as well: the next call says which.
            let _ = hint.await;
        }
        Ok(())
    }

    async fn import_from(
        &self,
        after: Position,
        next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>> + MaybeSend,
    ) -> Result<(), ImportError> {
        import::import(&self.connection, after, next).await
    }

    async fn reset(&self) -> Result<(), StoreError> {
        reset::reset(&self.connection, self.durability).await
    }
}

impl ArchiveStore for IndexedDbStore {
    async fn archived(&self) -> Result<BTreeSet<StreamId>, StoreError> {
        archived::archived(&self.connection).await
    }

    async fn archive(&self, stream: &StreamId) -> Result<(), StoreError> {
        let stream = stream.clone();
        archived::change(&self.connection, |archived| {
            archived.insert(stream);
        })
        .await
    }

    async fn unarchive(&self, stream: &StreamId) -> Result<(), StoreError> {
        archived::change(&self.connection, |archived| {
            archived.remove(stream);
        })
        .await
    }
}

impl SnapshotStore for IndexedDbStore {
    async fn snapshot(&self, stream: &StreamId) -> Result<Option<Snapshot>, StoreError> {
        let found = self.get(SNAPSHOTS, codec::stream_key(stream)).await?;
        Ok(found.and_then(codec::read_snapshot))
    }

    async fn keep_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        let snapshot = codec::snapshot(&snapshot)?;
        self.put(SNAPSHOTS, &snapshot).await
    }
}

impl CheckpointStore for IndexedDbStore {
    async fn checkpoint(&self, subscriber: &str) -> Result<Position, StoreError> {
        let found = self.get(CHECKPOINTS, subscriber.into()).await?;
        Ok(found.map_or(Position::START, codec::read_checkpoint))
    }

    async fn keep_checkpoint(
        &self,
        subscriber: &str,
        position: Position,
    ) -> Result<(), StoreError> {
        let checkpoint = codec::checkpoint(subscriber, position)?;
        self.put(CHECKPOINTS, &checkpoint).await
    }
}

impl InspectStore for IndexedDbStore {
    async fn inspect(
        &self,
        mut show: impl FnMut(Held<'_>) -> ControlFlow<()> + MaybeSend,
    ) -> Result<(), StoreError> {
        inspect::inspect(&self.connection, &mut show).await
    }
}

impl IndexedDbStore {
    async fn get(&self, store: &'static str, key: JsValue) -> Result<Option<JsValue>, StoreError> {
        let reading = self.connection.read("read", &[store]).await?;
        let found = async { answer(reading.store(store)?.get(key)?).await };
        let found = found
            .await
            .map_err(|fault: Fault| fault.while_doing("read"))?;
        Ok(Some(found).filter(|found| !found.is_undefined()))
    }

    /// Puts one record of what can be made again.
    async fn put(&self, store: &'static str, record: &JsValue) -> Result<(), StoreError> {
        let writing = self
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

fn above(key: &JsValue) -> Result<Query, idb::Error> {
    Ok(KeyRange::lower_bound(key, Some(true))?.into())
}

/// Adds a record that was made of what the log holds already.
fn add(log: &ObjectStore, record: Result<codec::Record, StoreError>) -> Result<(), Fault> {
    let record = record.map_err(|error| Fault::told(error.to_string()))?;
    log.add(&record, None)?;
    Ok(())
}
