//! The second copy is said to be kept where all is in it, and not before.

use std::ops::ControlFlow;

use eventloom::browser::{IndexedDbStore, Signal};
use eventloom::core::Position;
use eventloom::store::{ImportStore, SecondCopy};
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::second_copy::{append, copied, deleted, end, open, reopened_after_loss};
use super::second_copy_waits::{Held, is_next_answered_by_the_database_alone};
use super::support::*;
use super::waiting::Held as Lock;

/// Imports so many events.
async fn import(store: &IndexedDbStore, count: u64) {
    let log: Vec<_> = (1..=count).map(|n| recorded(n, n, n)).collect();
    let imported = store.import(Position::START, None, &log, |_| ControlFlow::Continue(()));
    imported.await.unwrap();
}

#[wasm_bindgen_test]
async fn after_a_deletion_a_strict_append_of_another_tab_waits_for_the_journal_as_ever() {
    let name = fresh_name();
    let (keeper, other) = (open(&name).await, open(&name).await);
    append(&keeper, 1..=5).await;
    append(&other, [6]).await;
    IndexedDbStore::delete(&name).await.unwrap();
    for number in 1..=2 {
        assert!(!is_next_answered_by_the_database_alone(&other, number).await);
        assert_eq!(other.second_copy(), Some(SecondCopy::Kept));
    }
    keeper.close();
    other.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(2, 0), 2));
}

#[wasm_bindgen_test]
async fn a_second_copy_that_is_being_filled_says_so_in_each_tab_and_keeps_nobody_waiting_long() {
    let name = fresh_name();
    let store = open(&name).await;
    assert_eq!(store.second_copy(), Some(SecondCopy::Kept));
    let held = Held::back();
    import(&store, 2_000).await;
    let copying = |of| Some(SecondCopy::Copying { events: 0, of });
    assert_eq!(store.second_copy(), copying(2_000));

    // Another tab hears of it when it comes.
    let other = open(&name).await;
    let mut ear = Ear::on(&other);
    let told = Signal::Copying {
        events: 0,
        of: 2_000,
    };
    while ear.next().await != told {}
    assert_eq!(other.second_copy(), copying(2_000));

    // The first append waits in vain, the next ones don't wait.
    soon(append(&store, [2_001])).await;
    for number in 2_002..2_022 {
        let answered = within(2_000, append(&store, [number])).await;
        assert!(answered.is_some(), "{number}");
    }
    soon(append(&other, [2_022])).await;
    assert_eq!(store.second_copy(), copying(2_021));
    assert!(matches!(
        other.second_copy(),
        Some(SecondCopy::Copying { .. })
    ));

    drop(held);
    copied(&mut ear, 23).await;
    append(&store, [2_023]).await;
    append(&other, [2_024]).await;
    for store in [&store, &other] {
        assert_eq!(store.second_copy(), Some(SecondCopy::Kept));
    }
    store.close();
    other.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(2_024, 0), 2_024));
}

/// A tab that said that it fills the second copy, and was frozen then: it says nothing more, and answers nobody.
#[wasm_bindgen_test]
async fn a_tab_that_was_frozen_while_it_filled_the_second_copy_is_passed_over() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, [1]).await;
    store.close();
    let frozen = Lock::on(&format!("{name}.journals")).await;
    let id = raw_record(&name, "meta", "store".into()).await;
    let store = open(&name).await;
    let mut ear = Ear::on(&store);
    let say = js(&format!(
        "(record) => new BroadcastChannel('{name}').postMessage(`copying 0 1 ${{record.value}}`)"
    ));
    let say: js_sys::Function = say.unchecked_into();
    say.call1(&JsValue::UNDEFINED, &id).unwrap();
    while !matches!(ear.next().await, Signal::Copying { .. }) {}
    soon(append(&store, [2])).await;
    // Some seconds later it keeps it itself.
    while store.second_copy() != Some(SecondCopy::Kept) {
        soon(ear.next()).await;
    }
    append(&store, [3]).await;
    drop(frozen);
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(3, 0), 3));
}

#[wasm_bindgen_test]
async fn a_tab_that_opens_beside_the_keeper_asks_how_far_the_second_copy_goes() {
    let name = fresh_name();
    let keeper = open(&name).await;
    append(&keeper, 1..=5).await;
    let other = open(&name).await;
    let mut ear = Ear::on(&other);
    assert_ne!(other.second_copy(), Some(SecondCopy::Kept));
    copied(&mut ear, 5).await;
    assert_eq!(other.second_copy(), Some(SecondCopy::Kept));
    keeper.close();
    end(other).await;
}

#[wasm_bindgen_test]
async fn a_store_that_gets_its_first_second_copy_is_kept_once_all_is_in_it() {
    let name = fresh_name();
    let plain = IndexedDbStore::open(&name).await.unwrap();
    import(&plain, 3_000).await;
    plain.close();
    let store = open(&name).await;
    let mut ear = Ear::on(&store);
    assert_eq!(
        store.second_copy(),
        Some(SecondCopy::Copying {
            events: 0,
            of: 3_000
        })
    );
    copied(&mut ear, 1).await;
    assert_eq!(store.second_copy(), Some(SecondCopy::Kept));
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(3_000, 0), 3_000));
}

/// Another tab keeps the second copy, and hasn't judged what this one begins beside it.
#[wasm_bindgen_test]
async fn what_is_begun_beside_a_keeper_that_did_not_judge_it_is_in_doubt() {
    let name = fresh_name();
    let silent = Lock::on(&format!("{name}.journals")).await;
    let store = open(&name).await;
    soon(append(&store, 1..=2)).await;
    let noted = raw_record(&name, "meta", "doubt".into()).await;
    let noted = Reflect::get(&noted, &"value".into()).unwrap();
    assert_eq!(noted.as_string().as_deref(), Some("0 0"));
    store.close();
    drop(silent);
    // Once it can be asked, nothing is in doubt any more.
    let store = open(&name).await;
    assert_eq!(everything(&store).await.len(), 2);
    assert_eq!(raw_found(&name, "meta", "doubt".into()).await, None);
    end(store).await;
}
