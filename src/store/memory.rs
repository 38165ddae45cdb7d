//! The store in memory: for tests, for native programs that need no disk, and for a browser
//! that denies storage.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use super::{
    AppendError, ArchiveStore, CheckpointStore, EventStore, Held, ImportError, InspectStore,
    Snapshot, SnapshotStore, StoreError, StreamHead, recognise, repeated_id,
};
use crate::core::{EventId, ExpectedVersion, NewEvent, Position, RecordedEvent, StreamId, Version};
use crate::target::MaybeSend;

/// Keeps everything in memory; gone with the value.
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// In position order.
    log: Vec<RecordedEvent>,
    /// Indexes into `log`, by version.
    streams: BTreeMap<StreamId, Vec<usize>>,
    ids: HashMap<(StreamId, EventId), usize>,
    snapshots: HashMap<StreamId, Snapshot>,
    checkpoints: HashMap<String, Position>,
    archived: BTreeSet<StreamId>,
    /// Not the last event's: a reset must not give positions again.
    last_given: Position,
    resets: u64,
    waiting: Vec<Waker>,
}

impl Inner {
    fn head(&self, stream: &StreamId) -> Version {
        Version(self.streams.get(stream).map_or(0, Vec::len) as u64)
    }

    fn last_position(&self) -> Position {
        self.log
            .last()
            .map_or(Position::START, |event| event.position)
    }

    fn push(&mut self, event: RecordedEvent) {
        let index = self.log.len();
        self.last_given = self.last_given.max(event.position);
        self.streams
            .entry(event.stream.clone())
            .or_default()
            .push(index);
        self.ids
            .insert((event.stream.clone(), event.event_id), index);
        self.log.push(event);
    }

    fn wake(&mut self) {
        self.waiting.drain(..).for_each(Waker::wake);
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics between two writes that belong together, so a poisoned lock is whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append_now(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        if let Some(event_id) = repeated_id(events) {
            let stream = stream.clone();
            return Err(AppendError::EventIdReused { event_id, stream });
        }
        let mut inner = self.inner();
        let found: Vec<RecordedEvent> = events
            .iter()
            .filter_map(|event| inner.ids.get(&(stream.clone(), event.event_id)))
            .map(|&index| inner.log[index].clone())
            .collect();
        if let Some(recorded) = recognise(stream, events, &found)? {
            return Ok(recorded);
        }
        let actual = inner.head(stream);
        if !expected.matches(actual) {
            let stream = stream.clone();
            return Err(AppendError::Conflict {
                stream,
                expected,
                actual,
            });
        }
        let mut recorded = Vec::with_capacity(events.len());
        for (version, event) in (actual.0 + 1..).zip(events) {
            let position = Position(inner.last_given.0 + 1);
            let event = event
                .clone()
                .recorded(stream.clone(), Version(version), position);
            inner.push(event.clone());
            recorded.push(event);
        }
        inner.wake();
        Ok(recorded)
    }
}

impl EventStore for MemoryStore {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        self.append_now(stream, expected, events)
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let inner = self.inner();
        let indexes = inner.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let start = usize::try_from(after.0)
            .unwrap_or(usize::MAX)
            .min(indexes.len());
        Ok(indexes[start..]
            .iter()
            .take(limit)
            .map(|&index| inner.log[index].clone())
            .collect())
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let inner = self.inner();
        let start = inner.log.partition_point(|event| event.position <= after);
        Ok(inner.log[start..].iter().take(limit).cloned().collect())
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
    ) -> Result<Vec<StreamHead>, StoreError> {
        let inner = self.inner();
        Ok(inner
            .streams
            .iter()
            .filter(|(stream, _)| after.is_none_or(|after| *stream > after))
            .take(limit)
            .map(|(stream, indexes)| StreamHead {
                stream: stream.clone(),
                version: Version(indexes.len() as u64),
            })
            .collect())
    }

    async fn head(&self, stream: &StreamId) -> Result<Version, StoreError> {
        Ok(self.inner().head(stream))
    }

    async fn last_position(&self) -> Result<Position, StoreError> {
        Ok(self.inner().last_position())
    }

    async fn changed(&self, after: Position) -> Result<(), StoreError> {
        let resets = self.inner().resets;
        poll_fn(|context| {
            let mut inner = self.inner();
            if inner.last_position() > after || inner.resets != resets {
                return Poll::Ready(Ok(()));
            }
            inner.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    async fn import_from(
        &self,
        after: Position,
        mut next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>> + MaybeSend,
    ) -> Result<(), ImportError> {
        // All of it is asked for before the first write, so that breaking off writes nothing.
        let mut events = Vec::new();
        loop {
            match next(events.len()) {
                ControlFlow::Break(()) => return Err(ImportError::Cancelled),
                ControlFlow::Continue(batch) if batch.is_empty() => break,
                ControlFlow::Continue(batch) => events.extend(batch),
            }
        }
        let mut inner = self.inner();
        let actual = inner.last_position();
        if actual != after {
            return Err(ImportError::StoreMoved {
                planned: after,
                actual,
            });
        }
        for event in events {
            inner.push(event);
        }
        inner.wake();
        Ok(())
    }

    async fn reset(&self) -> Result<(), StoreError> {
        let mut inner = self.inner();
        let mut empty = Inner {
            last_given: inner.last_given,
            resets: inner.resets + 1,
            ..Inner::default()
        };
        empty.waiting.append(&mut inner.waiting);
        *inner = empty;
        inner.wake();
        Ok(())
    }
}

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

impl InspectStore for MemoryStore {
    async fn inspect(
        &self,
        mut show: impl FnMut(Held<'_>) -> ControlFlow<()> + MaybeSend,
    ) -> Result<(), StoreError> {
        let inner = self.inner();
        for event in &inner.log {
            let held = Held::Event {
                event: Ok(event),
                unchecked: false,
            };
            if show(held).is_break() {
                return Ok(());
            }
        }
        for (stream, indexes) in &inner.streams {
            let head = StreamHead {
                stream: stream.clone(),
                version: Version(indexes.len() as u64),
            };
            if show(Held::Head(Ok(head))).is_break() {
                return Ok(());
            }
        }
        for snapshot in inner.snapshots.values() {
            if show(Held::Snapshot(Ok(snapshot))).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}
