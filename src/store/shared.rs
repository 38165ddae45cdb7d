//! A store that is shared is a store: behind a reference, an [`Rc`] or an [`Arc`].

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use super::{
    AppendError, ArchiveStore, At, CheckpointStore, EventStore, Held, ImportError, ImportStore,
    ImportToken, InspectStore, Page, ResetError, ResetToken, Snapshot, SnapshotStore, StoreError,
    UndoError,
};
use crate::core::{
    ExpectedVersion, History, NewEvent, Position, RecordedEvent, StreamHead, StreamId, Version,
};
use crate::log::Chain;
use crate::target::{MaybeSend, MaybeSync};

macro_rules! shared {
    ($([$($generic:tt)*] $shared:ty;)*) => {$(
        impl<$($generic)* S: EventStore> EventStore for $shared
        where
            $shared: MaybeSend + MaybeSync,
        {
            fn append(
                &self,
                stream: &StreamId,
                expected: ExpectedVersion,
                history: Option<History>,
                events: &[NewEvent],
            ) -> impl Future<Output = Result<Vec<RecordedEvent>, AppendError>> + MaybeSend {
                (**self).append(stream, expected, history, events)
            }

            fn read_stream(
                &self,
                stream: &StreamId,
                after: Version,
                limit: usize,
                history: Option<History>,
            ) -> impl Future<Output = Result<Page<RecordedEvent>, StoreError>> + MaybeSend {
                (**self).read_stream(stream, after, limit, history)
            }

            fn read_all(
                &self,
                after: Position,
                limit: usize,
                history: Option<History>,
            ) -> impl Future<Output = Result<Page<RecordedEvent>, StoreError>> + MaybeSend {
                (**self).read_all(after, limit, history)
            }

            fn streams(
                &self,
                after: Option<&StreamId>,
                limit: usize,
                history: Option<History>,
            ) -> impl Future<Output = Result<Page<StreamHead>, StoreError>> + MaybeSend {
                (**self).streams(after, limit, history)
            }

            fn head(
                &self,
                stream: &StreamId,
            ) -> impl Future<Output = Result<At<Version>, StoreError>> + MaybeSend {
                (**self).head(stream)
            }

            fn last_position(
                &self,
            ) -> impl Future<Output = Result<At<Position>, StoreError>> + MaybeSend {
                (**self).last_position()
            }

            fn count_after(
                &self,
                position: Position,
                history: Option<History>,
            ) -> impl Future<Output = Result<u64, StoreError>> + MaybeSend {
                (**self).count_after(position, history)
            }

            fn chain(
                &self,
                position: Position,
                history: Option<History>,
            ) -> impl Future<Output = Result<At<Option<Chain>>, StoreError>> + MaybeSend {
                (**self).chain(position, history)
            }

            fn changed(
                &self,
                after: Position,
                history: Option<History>,
            ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend {
                (**self).changed(after, history)
            }
        }

        impl<$($generic)* S: ImportStore> ImportStore for $shared
        where
            $shared: MaybeSend + MaybeSync,
        {
            fn next_position(
                &self,
            ) -> impl Future<Output = Result<At<Position>, StoreError>> + MaybeSend {
                (**self).next_position()
            }

            fn import_from(
                &self,
                after: Position,
                history: Option<History>,
                next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>> + MaybeSend,
            ) -> impl Future<Output = Result<Option<ImportToken>, ImportError>> + MaybeSend {
                (**self).import_from(after, history, next)
            }

            fn reset(
                &self,
                events: &[RecordedEvent],
            ) -> impl Future<Output = Result<ResetToken, ResetError>> + MaybeSend {
                (**self).reset(events)
            }

            fn undo_reset(
                &self,
                token: ResetToken,
            ) -> impl Future<Output = Result<(), UndoError>> + MaybeSend {
                (**self).undo_reset(token)
            }

            fn undo_import(
                &self,
                token: ImportToken,
            ) -> impl Future<Output = Result<(), UndoError>> + MaybeSend {
                (**self).undo_import(token)
            }
        }

        impl<$($generic)* S: SnapshotStore> SnapshotStore for $shared
        where
            $shared: MaybeSend + MaybeSync,
        {
            fn snapshot(
                &self,
                stream: &StreamId,
            ) -> impl Future<Output = Result<Option<Snapshot>, StoreError>> + MaybeSend {
                (**self).snapshot(stream)
            }

            fn keep_snapshot(
                &self,
                snapshot: Snapshot,
            ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend {
                (**self).keep_snapshot(snapshot)
            }

            fn append_with_snapshot(
                &self,
                stream: &StreamId,
                expected: ExpectedVersion,
                history: Option<History>,
                events: &[NewEvent],
                snapshot: Snapshot,
            ) -> impl Future<Output = Result<Vec<RecordedEvent>, AppendError>> + MaybeSend
            {
                (**self).append_with_snapshot(stream, expected, history, events, snapshot)
            }
        }

        impl<$($generic)* S: CheckpointStore> CheckpointStore for $shared
        where
            $shared: MaybeSend + MaybeSync,
        {
            fn checkpoint(
                &self,
                subscriber: &str,
            ) -> impl Future<Output = Result<Position, StoreError>> + MaybeSend {
                (**self).checkpoint(subscriber)
            }

            fn keep_checkpoint(
                &self,
                subscriber: &str,
                position: Position,
            ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend {
                (**self).keep_checkpoint(subscriber, position)
            }
        }

        impl<$($generic)* S: ArchiveStore> ArchiveStore for $shared
        where
            $shared: MaybeSend + MaybeSync,
        {
            fn archived(
                &self,
            ) -> impl Future<Output = Result<BTreeSet<StreamId>, StoreError>> + MaybeSend {
                (**self).archived()
            }

            fn archive(
                &self,
                stream: &StreamId,
            ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend {
                (**self).archive(stream)
            }

            fn unarchive(
                &self,
                stream: &StreamId,
            ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend {
                (**self).unarchive(stream)
            }
        }

        impl<$($generic)* S: InspectStore> InspectStore for $shared
        where
            $shared: MaybeSend + MaybeSync,
        {
            fn inspect(
                &self,
                show: impl FnMut(Held<'_>) -> ControlFlow<()> + MaybeSend,
            ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend {
                (**self).inspect(show)
            }
        }
    )*};
}

shared! {
    ['s,] &'s S;
    [] Rc<S>;
    [] Arc<S>;
}
