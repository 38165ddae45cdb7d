//! The store in memory behind one pointer to its functions, so that the page can fetch it where it is needed: where the
//! browser keeps nothing.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::pin::Pin;

use crate::core::{
    ExpectedVersion, History, NewEvent, Position, RecordedEvent, StreamHead, StreamId, Version,
};
use crate::log::Chain;
use crate::store::{
    AppendError, ArchiveStore, At, EventStore, Held, ImportError, ImportStore, ImportToken,
    InspectStore, MemoryStore, Page, ResetError, ResetToken, Snapshot, SnapshotStore, StoreError,
    UndoError,
};

type Later<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Puts events that bring their places into a store that holds none after this position, and in the places
/// of its holes.
///
/// # Errors
/// [`ImportError`]; nothing was written.
pub async fn import(
    store: &dyn InMemory,
    after: Position,
    events: Vec<RecordedEvent>,
) -> Result<(), ImportError> {
    let mut events = Some(events);
    let mut next = |_| ControlFlow::Continue(events.take().unwrap_or_default());
    store.import_from(after, None, &mut next).await.map(drop)
}

/// Answers with the future of the same function of the store's own.
macro_rules! boxed {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty = $of:ident;)*) => {
        /// What a store in memory does.
        pub trait InMemory {
            $(
                #[doc = concat!("As that of [`", stringify!($of), "`].")]
                fn $name<'a>(&'a self $(, $argument: $type)*) -> Later<'a, $result>;
            )*
        }

        impl InMemory for MemoryStore {
            $(
                fn $name<'a>(&'a self $(, $argument: $type)*) -> Later<'a, $result> {
                    Box::pin($of::$name(self $(, $argument)*))
                }
            )*
        }
    };
}

boxed! {
    fn append(
        stream: &'a StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &'a [NewEvent]
    ) -> Result<Vec<RecordedEvent>, AppendError> = EventStore;
    fn read_stream(
        stream: &'a StreamId,
        after: Version,
        limit: usize,
        history: Option<History>
    ) -> Result<Page<RecordedEvent>, StoreError> = EventStore;
    fn read_all(
        after: Position,
        limit: usize,
        history: Option<History>
    ) -> Result<Page<RecordedEvent>, StoreError> = EventStore;
    fn streams(
        after: Option<&'a StreamId>,
        limit: usize,
        history: Option<History>
    ) -> Result<Page<StreamHead>, StoreError> = EventStore;
    fn head(stream: &'a StreamId) -> Result<At<Version>, StoreError> = EventStore;
    fn last_position() -> Result<At<Position>, StoreError> = EventStore;
    fn count_after(position: Position, history: Option<History>) -> Result<u64, StoreError> = EventStore;
    fn chain(position: Position, history: Option<History>) -> Result<At<Option<Chain>>, StoreError> = EventStore;
    fn changed(after: Position, history: Option<History>) -> Result<(), StoreError> = EventStore;
    fn next_position() -> Result<At<Position>, StoreError> = ImportStore;
    fn import_from(
        after: Position,
        history: Option<History>,
        next: &'a mut dyn FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>>
    ) -> Result<Option<ImportToken>, ImportError> = ImportStore;
    fn reset(events: &'a [RecordedEvent]) -> Result<ResetToken, ResetError> = ImportStore;
    fn undo_reset(token: ResetToken) -> Result<(), UndoError> = ImportStore;
    fn undo_import(token: ImportToken) -> Result<(), UndoError> = ImportStore;
    fn archived() -> Result<BTreeSet<StreamId>, StoreError> = ArchiveStore;
    fn archive(stream: &'a StreamId) -> Result<(), StoreError> = ArchiveStore;
    fn unarchive(stream: &'a StreamId) -> Result<(), StoreError> = ArchiveStore;
    fn snapshot(stream: &'a StreamId) -> Result<Option<Snapshot>, StoreError> = SnapshotStore;
    fn keep_snapshot(snapshot: Snapshot) -> Result<(), StoreError> = SnapshotStore;
    fn append_with_snapshot(
        stream: &'a StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &'a [NewEvent],
        snapshot: Snapshot
    ) -> Result<Vec<RecordedEvent>, AppendError> = SnapshotStore;
    fn inspect(show: &'a mut dyn FnMut(Held<'_>) -> ControlFlow<()>) -> Result<(), StoreError> = InspectStore;
}
