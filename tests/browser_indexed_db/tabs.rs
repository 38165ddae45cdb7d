//! Several connections to one database, as several tabs have.

use std::cell::Cell;
use std::rc::Rc;

use eventloom::browser::{InUse, IndexedDbStore, Signal};
use eventloom::core::{ExpectedVersion, Position, Version};
use eventloom::store::conformance::both;
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{AppendError, ImportStore, StoreError};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

#[wasm_bindgen_test]
async fn of_two_tabs_racing_for_a_version_one_wins_and_the_other_is_told_the_head() {
    let here = fresh().await;
    let there = open(here.name()).await;
    let stream = ada();
    for round in 0..20 {
        let expected = ExpectedVersion::Exact(Version(round));
        let (ours, theirs) = ([event(round * 2 + 1)], [event(round * 2 + 2)]);
        let (ours, theirs) = both(
            here.record(&stream, expected, &ours),
            there.record(&stream, expected, &theirs),
        )
        .await;
        let (won, lost) = if ours.is_ok() {
            (ours, theirs)
        } else {
            (theirs, ours)
        };
        assert_eq!(won.unwrap()[0].version, Version(round + 1));
        let conflict = AppendError::Conflict {
            stream: stream.clone(),
            expected,
            actual: Version(round + 1),
        };
        assert_eq!(lost, Err(conflict));
    }
    assert_eq!(everything(&here).await, everything(&there).await);
    there.close();
    delete(here).await;
}

#[wasm_bindgen_test]
async fn two_tabs_appending_anything_to_one_stream_leave_no_gap() {
    let here = fresh().await;
    let there = open(here.name()).await;
    let stream = ada();
    let work = |store: IndexedDbStore, first: u64| {
        let stream = stream.clone();
        async move {
            for number in (first..first + 40).step_by(2) {
                let batch = events([number, number + 100]);
                store
                    .record(&stream, ExpectedVersion::Any, &batch)
                    .await
                    .unwrap();
            }
        }
    };
    both(work(here.clone(), 1), work(there.clone(), 2)).await;
    let held = here
        .stream_events(&stream, Version::NONE, 1_000)
        .await
        .unwrap();
    let versions: Vec<u64> = held.iter().map(|event| event.version.0).collect();
    assert_eq!(versions, (1..=80).collect::<Vec<u64>>());
    assert!(held.is_sorted_by(|a, b| a.position < b.position));
    there.close();
    delete(here).await;
}

#[wasm_bindgen_test]
async fn opening_again_after_closing_shows_everything() {
    let store = fresh().await;
    let name = store.name().to_owned();
    store
        .record(&ada(), ExpectedVersion::NoStream, &events([1, 2]))
        .await
        .unwrap();
    let before = everything(&store).await;
    store.close();
    let closed = store.end().await;
    assert!(
        matches!(closed, Err(StoreError::Unavailable { .. })),
        "{closed:?}"
    );
    let again = open(&name).await;
    assert_eq!(everything(&again).await, before);
    let expected = ExpectedVersion::Exact(Version(2));
    assert!(again.record(&ada(), expected, &[event(3)]).await.is_ok());
    delete(again).await;
}

#[wasm_bindgen_test]
async fn a_store_is_untouched_until_an_event_is_kept_or_it_is_emptied() {
    let store = fresh().await;
    assert_eq!(store.is_untouched().await, Ok(true));
    // Opening alone, which is all that a visit broken off may have done, leaves no trace.
    let again = open(store.name()).await;
    assert_eq!(again.is_untouched().await, Ok(true));
    let any = ExpectedVersion::Any;
    again.record(&ada(), any, &[event(1)]).await.unwrap();
    assert_eq!(store.is_untouched().await, Ok(false));
    store.reset(&[]).await.unwrap();
    assert_eq!(again.is_untouched().await, Ok(false));
    again.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn the_last_clone_closes_the_connection() {
    let store = fresh().await;
    let name = store.name().to_owned();
    let clone = store.clone();
    drop(store);
    assert_eq!(clone.end().await, Ok(Position::START));
    drop(clone);
    // An open connection that doesn't listen would block this.
    assert_eq!(IndexedDbStore::delete(&name).await, Ok(()));
}

#[wasm_bindgen_test]
async fn a_tab_hears_what_another_appends_imports_and_resets() {
    let here = fresh().await;
    let there = open(here.name()).await;
    let (mut near, mut far) = (Ear::on(&here), Ear::on(&there));
    let held = here
        .record(&ada(), ExpectedVersion::Any, &events([1, 2]))
        .await
        .unwrap();
    let appended = Signal::Appended(held[1].position);
    assert_eq!((near.next().await, far.next().await), (appended, appended));
    let more = [recorded(3, 3, 10)];
    let go_on = |_| std::ops::ControlFlow::Continue(());
    here.take_in(held[1].position, &more, go_on).await.unwrap();
    let imported = Signal::Appended(Position(10));
    assert_eq!((near.next().await, far.next().await), (imported, imported));
    here.reset(&[]).await.unwrap();
    assert_eq!(
        (near.next().await, far.next().await),
        (Signal::Reset, Signal::Reset)
    );
    there.close();
    delete(here).await;
}

#[wasm_bindgen_test]
async fn an_append_that_was_recorded_already_tells_nobody() {
    let store = fresh().await;
    store
        .record(&ada(), ExpectedVersion::Any, &[event(1)])
        .await
        .unwrap();
    let mut ear = Ear::on(&store);
    store
        .record(&ada(), ExpectedVersion::Any, &[event(1)])
        .await
        .unwrap();
    let stale = store
        .record(&ada(), ExpectedVersion::NoStream, &[event(2)])
        .await;
    assert!(stale.is_err());
    let held = store
        .record(&ada(), ExpectedVersion::Any, &[event(3)])
        .await
        .unwrap();
    assert_eq!(ear.next().await, Signal::Appended(held[0].position));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn waiting_for_a_change_ends_when_another_tab_appends() {
    let here = fresh().await;
    let there = open(here.name()).await;
    let (stream, batch) = (ada(), [event(1)]);
    let (changed, appended) = both(soon(there.changed_after(Position::START)), async {
        // So that the other looks first and finds nothing.
        for _ in 0..3 {
            here.end().await.unwrap();
        }
        here.record(&stream, ExpectedVersion::Any, &batch).await
    })
    .await;
    assert_eq!(changed, Ok(()));
    assert!(appended.is_ok());
    there.close();
    delete(here).await;
}

#[wasm_bindgen_test]
async fn a_dropped_subscription_hears_nothing() {
    let store = fresh().await;
    let count = Rc::new(Cell::new(0));
    let counting = count.clone();
    let subscription = store.subscribe(Rc::new(move |_| counting.set(counting.get() + 1)));
    store
        .record(&ada(), ExpectedVersion::Any, &[event(1)])
        .await
        .unwrap();
    assert_eq!(count.get(), 1);
    drop(subscription);
    store
        .record(&ada(), ExpectedVersion::Any, &[event(2)])
        .await
        .unwrap();
    assert_eq!(count.get(), 1);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_newer_tab_takes_the_database_over_and_the_older_says_so() {
    let store = fresh().await;
    store
        .record(&ada(), ExpectedVersion::Any, &[event(1)])
        .await
        .unwrap();
    let mut ear = Ear::on(&store);
    // Not blocked: the older closes its connection when it is asked.
    let newer = raw(store.name(), Some(99)).await;
    assert_eq!(ear.next().await, Signal::Superseded);
    let append = store
        .record(&ada(), ExpectedVersion::Any, &[event(2)])
        .await;
    assert_eq!(append, Err(AppendError::Store(InUse::Superseded.into())));
    let read = store.all_events(Position::START, 10).await;
    assert_eq!(read, Err(InUse::Superseded.into()));
    assert_eq!(
        store.changed_after(Position::START).await,
        Err(InUse::Superseded.into())
    );
    newer.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_database_of_a_newer_layout_is_left_alone() {
    let name = fresh_name();
    raw(&name, Some(99)).await.close();
    let newer = StoreError::Newer {
        found: 99,
        known: 3,
    };
    assert_eq!(IndexedDbStore::open(&name).await.err(), Some(newer));
    let database = raw(&name, None).await;
    assert_eq!(database.version(), Ok(99));
    database.close();
    IndexedDbStore::delete(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn deleting_what_another_program_keeps_open_is_blocked() {
    let store = fresh().await;
    let name = store.name().to_owned();
    let holding = raw(&name, None).await;
    store.close();
    assert_eq!(
        IndexedDbStore::delete(&name).await,
        Err(InUse::Blocked.into())
    );
    holding.close();
    assert_eq!(IndexedDbStore::delete(&name).await, Ok(()));
}

#[wasm_bindgen_test]
async fn a_store_whose_database_is_deleted_goes_on_with_an_empty_one() {
    let store = fresh().await;
    store
        .record(&ada(), ExpectedVersion::Any, &[event(1)])
        .await
        .unwrap();
    let mut ear = Ear::on(&store);
    IndexedDbStore::delete(store.name()).await.unwrap();
    assert_eq!(ear.next().await, Signal::Closed);
    assert_eq!(store.end().await, Ok(Position::START));
    assert_eq!(ear.next().await, Signal::Reset);
    let held = store
        .record(&ada(), ExpectedVersion::NoStream, &[event(2)])
        .await;
    assert!(held.is_ok());
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_browser_that_denies_storage_makes_it_unavailable() {
    for denied in [
        "get() { throw new DOMException('denied', 'SecurityError'); }",
        "value: undefined",
        "value: null",
    ] {
        let restore = js(&format!(
            "(() => {{
                const own = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB');
                Object.defineProperty(globalThis, 'indexedDB', {{ configurable: true, {denied} }});
                return () => Object.defineProperty(globalThis, 'indexedDB', own);
            }})()"
        ));
        let answer = IndexedDbStore::open(&fresh_name()).await;
        js_sys::Function::from(restore)
            .call0(&JsValue::UNDEFINED)
            .unwrap();
        let answer = answer.map(drop);
        assert!(
            matches!(answer, Err(StoreError::Unavailable { .. })),
            "{answer:?}"
        );
    }
}
