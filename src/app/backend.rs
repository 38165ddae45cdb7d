//! The store that the page works on: the browser's where it can be had, else one in memory.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::rc::Rc;

use crate::browser::indexed_db::IndexedDbStore;
use crate::core::{ExpectedVersion, NewEvent, Position, RecordedEvent, StreamId, Version};
use crate::store::{
    AppendError, ArchiveStore, Durability, EventStore, Held, ImportError, InspectStore,
    MemoryStore, Snapshot, SnapshotStore, StoreError, StreamHead,
};

/// One of the two stores. Cheap to clone.
#[derive(Clone)]
pub enum Backend {
    /// Kept in the browser.
    Browser(IndexedDbStore),
    /// Gone with the page.
    Memory(Rc<MemoryStore>),
}

impl Backend {
    /// The same store; what it appends survives this, where it leaves the choice.
    pub fn with_durability(self, durability: Durability) -> Backend {
        match self {
            Backend::Browser(store) => Backend::Browser(store.with_durability(durability)),
            memory @ Backend::Memory(_) => memory,
        }
    }
}

/// The same call on whichever store it is.
macro_rules! either {
    ($backend:expr, $store:ident => $call:expr) => {
        match $backend {
            Backend::Browser($store) => $call.await,
            Backend::Memory($store) => $call.await,
        }
    };
}

impl EventStore for Backend {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        either!(self, store => store.append(stream, expected, events))
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        either!(self, store => store.read_stream(stream, after, limit))
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        either!(self, store => store.read_all(after, limit))
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
    ) -> Result<Vec<StreamHead>, StoreError> {
        either!(self, store => store.streams(after, limit))
    }

    async fn head(&self, stream: &StreamId) -> Result<Version, StoreError> {
        either!(self, store => store.head(stream))
    }

    async fn last_position(&self) -> Result<Position, StoreError> {
        either!(self, store => store.last_position())
    }

    async fn changed(&self, after: Position) -> Result<(), StoreError> {
        either!(self, store => store.changed(after))
    }

    async fn import_from(
        &self,
        after: Position,
        next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>>,
    ) -> Result<(), ImportError> {
        either!(self, store => store.import_from(after, next))
    }

    async fn reset(&self) -> Result<(), StoreError> {
        either!(self, store => store.reset())
    }
}

impl ArchiveStore for Backend {
    async fn archived(&self) -> Result<BTreeSet<StreamId>, StoreError> {
        either!(self, store => store.archived())
    }

    async fn archive(&self, stream: &StreamId) -> Result<(), StoreError> {
        either!(self, store => store.archive(stream))
    }

    async fn unarchive(&self, stream: &StreamId) -> Result<(), StoreError> {
        either!(self, store => store.unarchive(stream))
    }
}

impl SnapshotStore for Backend {
    async fn snapshot(&self, stream: &StreamId) -> Result<Option<Snapshot>, StoreError> {
        either!(self, store => store.snapshot(stream))
    }

    async fn keep_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        either!(self, store => store.keep_snapshot(snapshot))
    }
}

impl InspectStore for Backend {
    async fn inspect(
        &self,
        show: impl FnMut(Held<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        either!(self, store => store.inspect(show))
    }
}
