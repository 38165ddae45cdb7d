//! What an append and an import ask of the database, and what is left when they break off.

use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::pin;
use std::task::Poll;

use eventloom::core::{ExpectedVersion, Position, RecordedEvent, Version};
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{AppendError, Durability, ImportError, Misplaced, StoreError};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

#[wasm_bindgen_test]
async fn an_append_is_one_strict_transaction_and_is_acknowledged_when_it_is_complete() {
    let store = fresh().await;
    // From here on it knows the log.
    store.version_of(&ada()).await.unwrap();
    let spy = Spy::on(&store, "");
    let batch = events([1, 2, 3]);
    store
        .record(&ada(), ExpectedVersion::NoStream, &batch)
        .await
        .unwrap();
    assert_eq!(
        spy.seen(),
        r#"[{"durability":"strict","ended":"complete","mode":"readwrite"}]"#
    );
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_relaxed_handle_appends_relaxed() {
    let store = fresh().await;
    let relaxed = store.clone().with_durability(Durability::Relaxed);
    store.version_of(&ada()).await.unwrap();
    let spy = Spy::on(&store, "");
    relaxed
        .record(&ada(), ExpectedVersion::NoStream, &[event(1)])
        .await
        .unwrap();
    assert_eq!(
        spy.seen(),
        r#"[{"durability":"relaxed","ended":"complete","mode":"readwrite"}]"#
    );
    assert_eq!(store.durability(), Durability::Strict);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn an_import_is_one_relaxed_transaction() {
    let store = fresh().await;
    let log: Vec<RecordedEvent> = (1..=500).map(|n| recorded(n, n, n)).collect();
    let spy = Spy::on(&store, "");
    let go_on = |_| ControlFlow::Continue(());
    store.take_in(Position::START, &log, go_on).await.unwrap();
    assert_eq!(
        spy.seen(),
        r#"[{"durability":"relaxed","ended":"complete","mode":"readwrite"}]"#
    );
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_conflict_is_told_without_writing_anything() {
    let store = fresh().await;
    store
        .record(&ada(), ExpectedVersion::Any, &[event(1)])
        .await
        .unwrap();
    let spy = Spy::on(&store, "");
    let stale = store
        .record(&ada(), ExpectedVersion::NoStream, &[event(2)])
        .await;
    assert!(matches!(stale, Err(AppendError::Conflict { .. })));
    assert!(!spy.seen().contains("readwrite"), "{}", spy.seen());
    delete(store).await;
}

#[wasm_bindgen_test]
async fn no_room_is_told_whether_it_shows_on_the_way_or_at_the_end() {
    let no_room = "const full = new DOMException('no room', 'QuotaExceededError');";
    for spoil in [
        // As a request is made, as the transaction commits, and undone without a word before it.
        "tx.objectStore = name => {
            const found = IDBTransaction.prototype.objectStore.call(tx, name);
            if (name === 'log') found.add = () => { throw full; };
            return found; };",
        "tx.commit = () => { Object.defineProperty(tx, 'error', { value: full }); tx.abort(); };",
        "tx.commit = () => { Object.defineProperty(tx, 'error', { value: full }); tx.abort();
            throw new DOMException('undone already', 'InvalidStateError'); };",
    ] {
        let store = fresh().await;
        store
            .record(&ada(), ExpectedVersion::Any, &[event(1)])
            .await
            .unwrap();
        let spy = Spy::on(
            &store,
            &format!("if (tx.mode === 'readwrite') {{ {no_room} {spoil} }}"),
        );
        let append = store
            .record(&ada(), ExpectedVersion::Any, &events([2, 3]))
            .await;
        assert_eq!(append, Err(AppendError::Store(StoreError::Full)));
        let go_on = |_| ControlFlow::Continue(());
        let import = store
            .take_in(Position(1), &[recorded(4, 2, 9)], go_on)
            .await;
        assert_eq!(import, Err(ImportError::Store(StoreError::Full)));
        drop(spy);
        assert_eq!(everything(&store).await.len(), 1);
        assert_eq!(store.version_of(&ada()).await, Ok(Version(1)));
        delete(store).await;
    }
}

#[wasm_bindgen_test]
async fn an_import_that_meets_what_is_there_leaves_nothing_and_says_why() {
    let store = fresh().await;
    store
        .record(&ada(), ExpectedVersion::Any, &[event(1)])
        .await
        .unwrap();
    let before = everything(&store).await;
    for clash in [1, 100, 450, 500] {
        // The version of one of them is taken.
        let mut log: Vec<RecordedEvent> =
            (1..=500).map(|n| recorded(n + 1, n + 1, n + 1)).collect();
        log[clash - 1].version = Version(1);
        let go_on = |_| ControlFlow::Continue(());
        let answer = store.take_in(Position(1), &log, go_on).await;
        let misplaced = Misplaced::Version {
            stream: ada(),
            expected: Version(clash as u64 + 1),
            found: Version(1),
        };
        assert_eq!(answer, Err(ImportError::Misplaced(misplaced)));
        assert_eq!(everything(&store).await, before);
        assert_eq!(store.version_of(&ada()).await, Ok(Version(1)));
    }
    delete(store).await;
}

/// Polls a future until `enough`, then drops it.
async fn give_up<F: Future>(future: F, mut enough: impl FnMut() -> bool) {
    let mut future = pin!(future);
    poll_fn(|context| {
        let done = future.as_mut().poll(context).is_ready();
        if done || enough() {
            return Poll::Ready(());
        }
        Poll::Pending
    })
    .await;
}

#[wasm_bindgen_test]
async fn an_append_given_up_is_there_whole_or_not_at_all() {
    let batch = events(1..=50);
    for polls in 1..=4 {
        let store = fresh().await;
        let mut polled = 0;
        give_up(
            store.record(&ada(), ExpectedVersion::NoStream, &batch),
            || {
                polled += 1;
                polled == polls
            },
        )
        .await;
        let held = everything(&store).await.len();
        assert!(held == 0 || held == 50, "{held}");
        assert_eq!(store.version_of(&ada()).await, Ok(Version(held as u64)));
        // Sent again, it is there once.
        store
            .record(&ada(), ExpectedVersion::NoStream, &batch)
            .await
            .unwrap();
        assert_eq!(everything(&store).await.len(), 50);
        delete(store).await;
    }
}

#[wasm_bindgen_test]
async fn an_import_given_up_midway_leaves_nothing() {
    let store = fresh().await;
    let log: Vec<RecordedEvent> = (1..=20_000).map(|n| recorded(n, n, n)).collect();
    let in_so_far = std::cell::Cell::new(0);
    let import = store.take_in(Position::START, &log, |done| {
        in_so_far.set(done);
        ControlFlow::Continue(())
    });
    give_up(import, || in_so_far.get() > 0).await;
    assert!((1..20_000).contains(&in_so_far.get()));
    assert_eq!(everything(&store).await, []);
    assert_eq!(store.all_heads(None, 10).await, Ok(vec![]));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn places_beyond_what_a_browser_can_count_are_refused() {
    const GREATEST: u64 = (1 << 53) - 1;
    let store = fresh().await;
    let go_on = |_| ControlFlow::Continue(());
    for (what, event) in [
        ("position", recorded(1, 1, GREATEST + 1)),
        ("version", recorded(1, GREATEST + 1, 1)),
    ] {
        let answer = store.take_in(Position::START, &[event], go_on).await;
        let refused = StoreError::OutOfRange {
            what,
            value: GREATEST + 1,
            greatest: GREATEST,
        };
        assert_eq!(answer, Err(ImportError::Store(refused)));
        assert_eq!(everything(&store).await, []);
    }
    // Up to there it counts, and then stops rather than give a position twice.
    let last = [recorded(1, 1, GREATEST)];
    assert_eq!(store.take_in(Position::START, &last, go_on).await, Ok(()));
    assert_eq!(everything(&store).await, last);
    let refused = store
        .record(&ada(), ExpectedVersion::Any, &[event(3)])
        .await;
    assert!(
        matches!(
            refused,
            Err(AppendError::Store(StoreError::OutOfRange { .. }))
        ),
        "{refused:?}"
    );
    assert_eq!(everything(&store).await, last);
    delete(store).await;
}
