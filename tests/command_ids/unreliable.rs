//! A store that fails as stores do, and two callers who come at once.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;

use eventloom::core::{ExpectedVersion, NewEvent, Position, RecordedEvent, StreamId, Version};
use eventloom::store::{
    AppendError, EventStore, ImportError, MemoryStore, Snapshot, SnapshotStore, StoreError,
    StreamHead,
};
use eventloom::target::MaybeSend;

/// What goes wrong with an append.
#[derive(Clone, Copy)]
pub enum Fault {
    /// It is recorded, and the answer is lost on the way back.
    AnswerLost,
    /// It never gets there.
    NotReached,
}

/// A store in memory whose appends may fail. Each takes a moment, in which others get their turn.
#[derive(Default)]
pub struct Unreliable {
    inner: MemoryStore,
    fault: Mutex<Option<Fault>>,
    /// How often a stream was read.
    pub reads: Mutex<usize>,
}

impl Unreliable {
    /// Has this happen to the next append, and to none after it.
    pub fn next_append(&self, fault: Fault) {
        *self.fault.lock().unwrap() = Some(fault);
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
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        a_moment().await;
        let fault = self.fault.lock().unwrap().take();
        if fault.is_none() {
            return self.inner.append(stream, expected, events).await;
        }
        if let Some(Fault::AnswerLost) = fault {
            self.inner.append(stream, expected, events).await?;
        }
        let cause = "the connection was lost".to_owned();
        let operation = "append";
        Err(StoreError::Failed { operation, cause }.into())
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        *self.reads.lock().unwrap() += 1;
        self.inner.read_stream(stream, after, limit).await
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner.read_all(after, limit).await
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
    ) -> Result<Vec<StreamHead>, StoreError> {
        self.inner.streams(after, limit).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Version, StoreError> {
        self.inner.head(stream).await
    }

    async fn last_position(&self) -> Result<Position, StoreError> {
        self.inner.last_position().await
    }

    async fn changed(&self, after: Position) -> Result<(), StoreError> {
        self.inner.changed(after).await
    }

    async fn import_from(
        &self,
        after: Position,
        next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>> + MaybeSend,
    ) -> Result<(), ImportError> {
        self.inner.import_from(after, next).await
    }

    async fn reset(&self) -> Result<(), StoreError> {
        self.inner.reset().await
    }
}

impl SnapshotStore for Unreliable {
    async fn snapshot(&self, stream: &StreamId) -> Result<Option<Snapshot>, StoreError> {
        self.inner.snapshot(stream).await
    }

    async fn keep_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.inner.keep_snapshot(snapshot).await
    }
}
