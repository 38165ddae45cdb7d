//! The store in memory: for tests, for native programs that need no disk, and for a browser
//! that denies storage.

mod beside;
mod filling;
mod histories;
mod segments;
mod undoing;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::poll_fn;
use std::ops::{Bound, ControlFlow};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use self::histories::Histories;
use super::{
    AppendError, At, EventStore, Following, Held, ImportError, ImportStore, ImportToken,
    InspectStore, Page, ResetError, ResetToken, Snapshot, StoreError, UndoError, check, met_hole,
    recognise, repeated_id, same_history, same_history_for, until_hole,
};
use crate::core::{
    EventId, ExpectedVersion, History, NewEvent, Position, PositionRanges, RecordedEvent,
    StreamHead, StreamId, Version,
};
use crate::log::Chain;
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
    /// How `log` came to be.
    segments: segments::Segments,
    /// What of it was imported.
    imported: PositionRanges,
    /// Indexes into `log`, by version.
    streams: BTreeMap<StreamId, Vec<usize>>,
    ids: HashMap<(StreamId, EventId), usize>,
    /// Indexes into `log` of the holes of each stream that has any.
    holes: HashMap<StreamId, BTreeSet<usize>>,
    snapshots: HashMap<StreamId, Snapshot>,
    checkpoints: HashMap<String, Position>,
    archived: BTreeSet<StreamId>,
    /// Not the last event's: a reset must not give positions again.
    last_given: Position,
    histories: Histories,
    /// What stood here before a reset, until something else is recorded.
    before: Option<Box<Inner>>,
    /// Who waits for a change, each under a number of its own, by which it is found again.
    waiting: BTreeMap<u64, Waker>,
    next_waiting: u64,
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

    fn next_position(&self) -> Position {
        Position(self.last_given.0.saturating_add(1))
    }

    /// The events with positions above one.
    fn after(&self, position: Position) -> &[RecordedEvent] {
        &self.log[self.log.partition_point(|e| e.position <= position)..]
    }

    /// These events, as a page.
    fn page(&self, history: History, items: Vec<RecordedEvent>) -> Page<RecordedEvent> {
        let imported = match (items.first(), items.last()) {
            (Some(first), Some(last)) => self.imported.within(first.position, last.position),
            _ => PositionRanges::NONE,
        };
        Page {
            history,
            items,
            imported,
        }
    }

    /// Why nothing may be appended to a stream: it holds a hole.
    fn whole(&self, stream: &StreamId) -> Result<(), StoreError> {
        let first = self.holes.get(stream).and_then(BTreeSet::first);
        first.map_or(Ok(()), |&hole| Err(met_hole(&self.log[hole])))
    }

    fn push(&mut self, event: RecordedEvent) {
        let index = self.log.len();
        if event.is_hole() {
            let holes = self.holes.entry(event.stream.clone()).or_default();
            holes.insert(index);
        }
        self.last_given = self.last_given.max(event.position);
        self.streams
            .entry(event.stream.clone())
            .or_default()
            .push(index);
        self.ids
            .insert((event.stream.clone(), event.event_id), index);
        self.log.push(event);
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

    /// What is there, for one who knows it by this history or by none.
    fn known(
        &self,
        history: Option<History>,
    ) -> Result<(History, MutexGuard<'_, Inner>), StoreError> {
        let inner = self.inner();
        let now = inner.histories.now();
        same_history(history, now)?;
        Ok((now, inner))
    }

    /// Changes what is there and wakes who waits for that: after the lock is free again, since who is
    /// woken may call the store at once, and so may the drop of a waker.
    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.inner();
        let answer = change(&mut inner);
        let waiting = std::mem::take(&mut inner.waiting);
        drop(inner);
        waiting.into_values().for_each(Waker::wake);
        answer
    }

    fn append_now(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        check(stream, events)?;
        if let Some(event_id) = repeated_id(events) {
            let stream = stream.clone();
            return Err(AppendError::EventIdReused { event_id, stream });
        }
        self.change(|inner| {
            same_history_for(expected, history, inner.histories.now())?;
            if !events.is_empty() {
                inner.whole(stream)?;
            }
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
            let last = inner.last_given.0.checked_add(events.len() as u64);
            if last.is_none() {
                return Err(AppendError::Store(StoreError::OutOfRange {
                    what: "position",
                    value: inner.last_given.0,
                    greatest: u64::MAX - events.len() as u64,
                }));
            }
            if !events.is_empty() {
                inner.begin();
            }
            let mut recorded = Vec::with_capacity(events.len());
            for (version, event) in (actual.0 + 1..).zip(events) {
                let position = inner.next_position();
                let event = event.clone();
                let event = event.recorded(stream.clone(), Version(version), position);
                inner.push(event.clone());
                recorded.push(event);
            }
            Ok(recorded)
        })
    }
}

/// Who waits for a change; given up, it leaves nothing behind.
struct Waiting<'a> {
    store: &'a MemoryStore,
    number: Option<u64>,
}

impl Waiting<'_> {
    /// Waits under its number, in place of what waited there before.
    fn with(&mut self, inner: &mut Inner, waker: &Waker) -> Option<Waker> {
        let number = *self.number.get_or_insert_with(|| {
            inner.next_waiting += 1;
            inner.next_waiting
        });
        inner.waiting.insert(number, waker.clone())
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let waker = self.store.inner().waiting.remove(&number);
            // Only now, with the lock free: dropping it may call the store.
            drop(waker);
        }
    }
}

impl EventStore for MemoryStore {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        self.append_now(stream, expected, history, events)
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        let (history, inner) = self.known(history)?;
        let indexes = inner.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let start = usize::try_from(after.0)
            .unwrap_or(usize::MAX)
            .min(indexes.len());
        let items = indexes[start..]
            .iter()
            .take(limit)
            .map(|&index| inner.log[index].clone())
            .collect();
        Ok(inner.page(history, until_hole(items)?))
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        let (history, inner) = self.known(history)?;
        let items = inner.after(after).iter().take(limit).cloned().collect();
        Ok(inner.page(history, until_hole(items)?))
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<StreamHead>, StoreError> {
        let (history, inner) = self.known(history)?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let items = inner
            .streams
            .range((from, Bound::Unbounded))
            .take(limit)
            .map(|(stream, indexes)| StreamHead {
                stream: stream.clone(),
                version: Version(indexes.len() as u64),
            })
            .collect();
        Ok(Page {
            history,
            items,
            imported: PositionRanges::NONE,
        })
    }

    async fn head(&self, stream: &StreamId) -> Result<At<Version>, StoreError> {
        let inner = self.inner();
        Ok(At {
            history: inner.histories.now(),
            place: inner.head(stream),
        })
    }

    async fn last_position(&self) -> Result<At<Position>, StoreError> {
        let inner = self.inner();
        Ok(At {
            history: inner.histories.now(),
            place: inner.last_position(),
        })
    }

    async fn count_after(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<u64, StoreError> {
        let (_, inner) = self.known(history)?;
        Ok(inner.after(position).len() as u64)
    }

    async fn chain(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<At<Option<Chain>>, StoreError> {
        let (history, mut inner) = self.known(history)?;
        let Inner { log, segments, .. } = &mut *inner;
        let place = segments.chain(log, position);
        Ok(At { history, place })
    }

    async fn changed(&self, after: Position, history: Option<History>) -> Result<(), StoreError> {
        let begun = self.inner().histories.now();
        let mut waiting = Waiting {
            store: self,
            number: None,
        };
        poll_fn(|context| {
            let mut inner = self.inner();
            let now = inner.histories.now();
            if let Err(changed) = same_history(history, now) {
                return Poll::Ready(Err(changed));
            }
            if inner.last_position() > after || now != begun {
                return Poll::Ready(Ok(()));
            }
            let before = waiting.with(&mut inner, context.waker());
            drop(inner);
            drop(before);
            Poll::Pending
        })
        .await
    }
}

impl ImportStore for MemoryStore {
    async fn next_position(&self) -> Result<At<Position>, StoreError> {
        let inner = self.inner();
        Ok(At {
            history: inner.histories.now(),
            place: inner.next_position(),
        })
    }

    async fn import_from(
        &self,
        after: Position,
        history: Option<History>,
        mut next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>> + MaybeSend,
    ) -> Result<Option<ImportToken>, ImportError> {
        // All of it is asked for before the first write, so that breaking off writes nothing.
        let mut events = Vec::new();
        loop {
            match next(events.len()) {
                ControlFlow::Break(()) => return Err(ImportError::Cancelled),
                ControlFlow::Continue(batch) if batch.is_empty() => break,
                ControlFlow::Continue(batch) => events.extend(batch),
            }
        }
        self.change(|inner| {
            same_history(history, inner.histories.now())?;
            let actual = inner.last_position();
            if actual != after {
                return Err(ImportError::StoreMoved {
                    planned: after,
                    actual,
                });
            }
            let mut following = Following::new(inner.next_position(), inner.log.is_empty());
            let (mut added, mut fills) = (Vec::new(), Vec::new());
            for event in events {
                if following.is_to_fill(&event)? {
                    fills.push(event);
                    continue;
                }
                following.take::<ImportError>(&event, |stream| Ok(inner.head(stream)))?;
                added.push(event);
            }
            inner.check_fills(&added, &fills, &following)?;
            let number = inner.take_in(added);
            if !fills.is_empty() {
                inner.fill_all(fills);
                return Ok(None);
            }
            Ok(number.map(|first| ImportToken::new(inner.since(first))))
        })
    }

    async fn reset(&self, events: &[RecordedEvent]) -> Result<ResetToken, ResetError> {
        let mut following = Following::new(Position::START, true);
        for event in events {
            following.take::<ResetError>(event, |_| Ok(Version::NONE))?;
        }
        Ok(self.change(|inner| inner.empty(events)))
    }

    async fn undo_reset(&self, token: ResetToken) -> Result<(), UndoError> {
        self.change(|inner| inner.bring_back(token))
    }

    async fn undo_import(&self, token: ImportToken) -> Result<(), UndoError> {
        self.change(|inner| inner.take_back(token))
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
