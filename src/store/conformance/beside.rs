//! Running futures side by side, and waiting without a clock.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use crate::core::Position;
use crate::store::{EventStore, StoreError};

/// Goes on with `waiting` while the store answers a few requests; whether it ended. In place of a
/// clock: what waits for a hint gets the time of many transactions, on any backend.
pub(super) async fn ends_within<T>(
    requests: usize,
    store: &impl EventStore,
    mut waiting: Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    for _ in 0..requests {
        let mut request = pin!(store.last_position());
        let mut ended = None;
        poll_fn(|context| {
            if let Poll::Ready(answer) = waiting.as_mut().poll(context) {
                ended = Some(answer);
                return Poll::Ready(());
            }
            request.as_mut().poll(context).map(drop)
        })
        .await;
        if ended.is_some() {
            return ended;
        }
    }
    None
}

/// Runs both to their end, side by side, for a test of two writers.
pub async fn both<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut a, mut b) = (None, None);
    poll_fn(|context| {
        if a.is_none()
            && let Poll::Ready(answer) = first.as_mut().poll(context)
        {
            a = Some(answer);
        }
        if b.is_none()
            && let Poll::Ready(answer) = second.as_mut().poll(context)
        {
            b = Some(answer);
        }
        match a.is_some() && b.is_some() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    (a.unwrap(), b.unwrap())
}

/// Lets whoever runs beside go on.
pub(super) async fn a_moment() {
    let mut waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// `changed(after)` must end with the work done, though it began to wait before.
pub(super) async fn assert_changed_ends_with<T>(
    store: &impl EventStore,
    after: Position,
    work: impl Future<Output = T>,
) {
    let mut waiting = pin!(store.changed(after, None));
    // Long enough for it to have looked and found nothing; ending here, for nothing, is allowed.
    let mut ended: Option<Result<(), StoreError>> = ends_within(3, store, waiting.as_mut()).await;
    work.await;
    if ended.is_none() {
        ended = ends_within(1_000, store, waiting.as_mut()).await;
    }
    assert_eq!(ended, Some(Ok(())), "changed() didn't end");
}
