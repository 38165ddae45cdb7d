//! The store that the page works on: the browser's where it can be had, else one in memory.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Deref};
use std::rc::Rc;

use super::in_memory::InMemory;
use crate::browser::indexed_db::IndexedDbStore;
use crate::core::{
    ExpectedVersion, History, NewEvent, Position, RecordedEvent, StreamHead, StreamId, Version,
};
use crate::log::Chain;
use crate::store::{
    AppendError, ArchiveStore, At, Durability, EventStore, Held, ImportError, ImportStore,
    ImportToken, InspectStore, Page, ResetError, ResetToken, Snapshot, SnapshotStore, StoreError,
    UndoError,
};

/// One of the two stores. Cheap to clone. The page knows the one in memory by its functions alone, the worker as what
/// it is.
#[derive(Clone)]
pub enum Backend<M = Rc<dyn InMemory>> {
    /// Kept in the browser.
    Browser(IndexedDbStore),
    /// Gone with the page.
    Memory(M),
}

impl<M> Backend<M> {
    /// The same store; what it appends survives this, where it leaves the choice.
    pub fn with_durability(self, durability: Durability) -> Backend<M> {
        match self {
            Backend::Browser(store) => Backend::Browser(store.with_durability(durability)),
            memory @ Backend::Memory(_) => memory,
        }
    }
}

/// All that a store in memory holds after a position, its holes too.
///
/// # Errors
/// [`StoreError`].
pub async fn all_after(
    store: &impl InspectStore,
    after: Position,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut events: Vec<RecordedEvent> = Vec::new();
    let show = |held: Held<'_>| {
        match held {
            Held::Event {
                event: Ok(event), ..
            } if event.position > after => {
                events.push(event.clone());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    };
    store.inspect(show).await?;
    Ok(events)
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

impl<M: Deref<Target: InMemory>> EventStore for Backend<M> {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        either!(self, store => store.append(stream, expected, history, events))
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        either!(self, store => store.read_stream(stream, after, limit, history))
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        either!(self, store => store.read_all(after, limit, history))
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<StreamHead>, StoreError> {
        either!(self, store => store.streams(after, limit, history))
    }

    async fn head(&self, stream: &StreamId) -> Result<At<Version>, StoreError> {
        either!(self, store => store.head(stream))
    }

    async fn last_position(&self) -> Result<At<Position>, StoreError> {
        either!(self, store => store.last_position())
    }

    async fn count_after(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<u64, StoreError> {
        either!(self, store => store.count_after(position, history))
    }

    async fn chain(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<At<Option<Chain>>, StoreError> {
        either!(self, store => store.chain(position, history))
    }

    async fn changed(&self, after: Position, history: Option<History>) -> Result<(), StoreError> {
        either!(self, store => store.changed(after, history))
    }
}

impl<M: Deref<Target: InMemory>> ImportStore for Backend<M> {
    async fn next_position(&self) -> Result<At<Position>, StoreError> {
        either!(self, store => store.next_position())
    }

    async fn import_from(
        &self,
        after: Position,
        history: Option<History>,
        mut next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>>,
    ) -> Result<Option<ImportToken>, ImportError> {
        match self {
            Backend::Browser(store) => store.import_from(after, history, next).await,
            Backend::Memory(store) => store.import_from(after, history, &mut next).await,
        }
    }

    async fn reset(&self, events: &[RecordedEvent]) -> Result<ResetToken, ResetError> {
        either!(self, store => store.reset(events))
    }

    async fn undo_reset(&self, token: ResetToken) -> Result<(), UndoError> {
        either!(self, store => store.undo_reset(token))
    }

    async fn undo_import(&self, token: ImportToken) -> Result<(), UndoError> {
        either!(self, store => store.undo_import(token))
    }
}

impl<M: Deref<Target: InMemory>> ArchiveStore for Backend<M> {
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

impl<M: Deref<Target: InMemory>> SnapshotStore for Backend<M> {
    async fn snapshot(&self, stream: &StreamId) -> Result<Option<Snapshot>, StoreError> {
        either!(self, store => store.snapshot(stream))
    }

    async fn keep_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        either!(self, store => store.keep_snapshot(snapshot))
    }

    async fn append_with_snapshot(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
        snapshot: Snapshot,
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        either!(self, store => store.append_with_snapshot(stream, expected, history, events, snapshot))
    }
}

impl<M: Deref<Target: InMemory>> InspectStore for Backend<M> {
    async fn inspect(
        &self,
        mut show: impl FnMut(Held<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        match self {
            Backend::Browser(store) => store.inspect(show).await,
            Backend::Memory(store) => store.inspect(&mut show).await,
        }
    }
}
