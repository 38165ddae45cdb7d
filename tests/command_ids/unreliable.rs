//! A store that fails as stores do, and two callers who come at once.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;

use eventloom::core::{
    EventId, ExpectedVersion, History, NewEvent, Position, RecordedEvent, StreamHead, StreamId,
    Version,
};
use eventloom::log::Chain;
use eventloom::store::{
    AppendError, At, EventStore, ImportError, ImportStore, ImportToken, MemoryStore, Page,
    ResetError, ResetToken, Snapshot, SnapshotStore, StoreError, UndoError,
};
use eventloom::target::MaybeSend;

/// What goes wrong with an append.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is recorded, and the answer is lost on the way back.
    AnswerLost,
    /// It is recorded, and the answer doesn't come.
    Unanswered,
    /// It never gets there.
    NotReached,
    /// It is refused, since there is no room.
    NoRoom,
    /// Somebody empties the store just before.
    Emptied,
    /// Somebody else appends this to the same stream just before.
    Overtaken(Box<NewEvent>),
}

/// A store in memory whose appends may fail. Each takes a moment, in which others get their turn.
#[derive(Default)]
pub struct Unreliable {
    inner: MemoryStore,
    faults: Mutex<VecDeque<Fault>>,
    /// How often a stream was read.
    pub reads: Mutex<usize>,
    /// Which of these reads fails, as they are counted.
    pub failing_read: Mutex<Option<usize>>,
    /// The ids of each batch that was to be appended, one after the other.
    pub batches: Mutex<Vec<Vec<EventId>>>,
    /// How many events came with a snapshot, and of which version it was, one after the other.
    pub with_snapshots: Mutex<Vec<(usize, Version)>>,
}

impl Unreliable {
    /// Has this happen to the next append to which nothing happens yet.
    pub fn next_append(&self, fault: Fault) {
        self.faults.lock().unwrap().push_back(fault);
    }
}

/// Ends when it is asked a second time.
async fn a_moment() {
    let mut asked = false;
    poll_fn(|context| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Goes on with something as long as it can without waiting for others, and gives it up then.
pub async fn given_up<A>(future: impl Future<Output = A>) {
    let mut future = pin!(future);
    for _ in 0..10 {
        let polled = poll_fn(|context| Poll::Ready(future.as_mut().poll(context)));
        assert!(polled.await.is_pending(), "it was to wait for ever");
    }
}

/// Both at once: each goes on whenever the other waits.
pub async fn at_once<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut of_a, mut of_b) = (None, None);
    poll_fn(move |context| {
        if of_a.is_none()
            && let Poll::Ready(answer) = a.as_mut().poll(context)
        {
            of_a = Some(answer);
        }
        if of_b.is_none()
            && let Poll::Ready(answer) = b.as_mut().poll(context)
        {
            of_b = Some(answer);
        }
        match (of_a.take(), of_b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (of_a, of_b) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}

impl EventStore for Unreliable {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        a_moment().await;
        let ids = events.iter().map(|event| event.event_id).collect();
        self.batches.lock().unwrap().push(ids);
        let fault = self.faults.lock().unwrap().pop_front();
        match fault {
            None => return self.inner.append(stream, expected, history, events).await,
            Some(Fault::AnswerLost) => {
                self.inner.append(stream, expected, history, events).await?;
            }
            Some(Fault::Unanswered) => {
                self.inner.append(stream, expected, history, events).await?;
                return pending().await;
            }
            Some(Fault::NotReached) => {}
            Some(Fault::NoRoom) => return Err(StoreError::Full.into()),
            Some(Fault::Emptied) => {
                self.inner.reset(&[]).await.unwrap();
                return self.inner.append(stream, expected, history, events).await;
            }
            Some(Fault::Overtaken(event)) => {
                self.inner
                    .append(stream, ExpectedVersion::Any, None, &[*event])
                    .await?;
                return self.inner.append(stream, expected, history, events).await;
            }
        }
        let cause = "the connection was lost".into();
        let operation = "append";
        Err(StoreError::Failed { operation, cause }.into())
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        let read = {
            let mut reads = self.reads.lock().unwrap();
            *reads += 1;
            *reads
        };
        if *self.failing_read.lock().unwrap() == Some(read) {
            return Err(StoreError::Full);
        }
        self.inner.read_stream(stream, after, limit, history).await
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        self.inner.read_all(after, limit, history).await
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<StreamHead>, StoreError> {
        self.inner.streams(after, limit, history).await
    }

    async fn head(&self, stream: &StreamId) -> Result<At<Version>, StoreError> {
        self.inner.head(stream).await
    }

    async fn last_position(&self) -> Result<At<Position>, StoreError> {
        self.inner.last_position().await
    }

    async fn chain(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<At<Option<Chain>>, StoreError> {
        self.inner.chain(position, history).await
    }

    async fn changed(&self, after: Position, history: Option<History>) -> Result<(), StoreError> {
        self.inner.changed(after, history).await
    }

    async fn count_after(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<u64, StoreError> {
        self.inner.count_after(position, history).await
    }
}

impl ImportStore for Unreliable {
    async fn next_position(&self) -> Result<At<Position>, StoreError> {
        self.inner.next_position().await
    }

    async fn import_from(
        &self,
        after: Position,
        history: Option<History>,
        next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>> + MaybeSend,
    ) -> Result<Option<ImportToken>, ImportError> {
        self.inner.import_from(after, history, next).await
    }

    async fn reset(&self, events: &[RecordedEvent]) -> Result<ResetToken, ResetError> {
        self.inner.reset(events).await
    }

    async fn undo_reset(&self, token: ResetToken) -> Result<(), UndoError> {
        self.inner.undo_reset(token).await
    }

    async fn undo_import(&self, token: ImportToken) -> Result<(), UndoError> {
        self.inner.undo_import(token).await
    }
}

impl SnapshotStore for Unreliable {
    async fn snapshot(&self, stream: &StreamId) -> Result<Option<Snapshot>, StoreError> {
        self.inner.snapshot(stream).await
    }

    async fn keep_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.inner.keep_snapshot(snapshot).await
    }

    async fn append_with_snapshot(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
        snapshot: Snapshot,
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        let both = (events.len(), snapshot.version);
        self.with_snapshots.lock().unwrap().push(both);
        let recorded = self.append(stream, expected, history, events).await?;
        self.inner.keep_snapshot(snapshot).await?;
        Ok(recorded)
    }
}
