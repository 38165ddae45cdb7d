//! The second copy of a log whose segments were joined, and of one that the browser found in part.

use eventloom::browser::IndexedDbStore;
use eventloom::core::Position;
use eventloom::store::conformance::both;
use eventloom::store::{Durability, ImportStore};
use js_sys::Function;
use std::pin::pin;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::compact::polled;
use super::second_copy::{
    append, copied, deleted, end, journal_bytes, lose_database, open, reopened_after_loss,
    set_journal_bytes,
};
use super::support::{
    Ear, change_event, everything, fresh_name, js, meddle, put, raw_record, raw_segment, recorded,
    set,
};
use super::verify::verified;

#[wasm_bindgen_test]
async fn segments_that_were_joined_are_in_the_journal_once() {
    let name = fresh_name();
    let store = open(&name).await.with_durability(Durability::Relaxed);
    let mut ear = Ear::on(&store);
    append(&store, 1..=1_400).await;
    copied(&mut ear, 1_400).await;
    store.compact().await.unwrap();
    let before = everything(&store).await;
    store.close();
    // Gone on with by who opens it next, and made anew by who finds it damaged.
    for damaged in [false, true] {
        let bytes = journal_bytes(&name).await;
        if damaged {
            set_journal_bytes(&name, &vec![7; bytes.len()]).await;
        }
        let store = open(&name).await;
        append(&store, [if damaged { 1_402 } else { 1_401 }]).await;
        store.close();
    }
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(1_402, 0));
    assert_eq!(after.len(), 1_402);
    assert_eq!(after[..1_400], before);
}

/// The copy has the events in the entries of the segments that they stood in, and the log has a record for all of
/// these.
#[wasm_bindgen_test]
async fn what_is_damaged_in_a_joined_segment_is_mended() {
    for (what, damage) in [
        ("a page", "[['pages', [1024, 1]]]"),
        ("its directory", "[['log', 1024]]"),
        (
            "all of it",
            "[['log', 1024], ['pages', [1024, 0]], ['pages', [1024, 1]]]",
        ),
    ] {
        let name = fresh_name();
        let store = open(&name).await.with_durability(Durability::Relaxed);
        let mut ear = Ear::on(&store);
        append(&store, 1..=1_400).await;
        copied(&mut ear, 1_400).await;
        let before = everything(&store).await;
        store.compact().await.unwrap();
        for place in js(damage).unchecked_into::<js_sys::Array>().iter() {
            let place: js_sys::Array = place.unchecked_into();
            let of = place.get(0).as_string().unwrap();
            let record = raw_record(&name, &of, place.get(1)).await;
            set(&record, "checksum", 7);
            put(&name, &of, &[record]).await;
        }
        assert_ne!(verified(&store).await.findings, [], "{what}");
        let mended = store.mend().await.unwrap();
        assert!((1..=1_024).contains(&mended), "{what}: {mended}");
        assert_eq!(verified(&store).await.findings, [], "{what}");
        assert_eq!(everything(&store).await, before, "{what}");
        // Nothing is left of what was there, and joining goes on.
        append(&store, 1_401..=2_500).await;
        store.compact().await.unwrap();
        assert_eq!(everything(&store).await[..1_400], before, "{what}");
        end(store).await;
    }
}

/// What was taken back while it was being mended isn't there again.
#[wasm_bindgen_test]
async fn an_import_that_is_taken_back_while_it_is_mended_stays_taken_back() {
    let (mut polls, mut ended) = (0, false);
    while !ended {
        polls += 1;
        let name = fresh_name();
        let store = open(&name).await;
        append(&store, [1]).await;
        let mut ear = Ear::on(&store);
        let log: Vec<_> = (2..=9).map(|n| recorded(n, n, n)).collect();
        let go_on = |_| std::ops::ControlFlow::Continue(());
        let token = store.import(Position(1), None, &log, go_on).await;
        copied(&mut ear, 2).await;
        change_event(&name, 2, 3, "data", "{}".into()).await;
        let mut mending = pin!(store.mend());
        ended = polled(polls, mending.as_mut()).await;
        let undoing = store.undo_import(token.unwrap().unwrap());
        match ended {
            true => undoing.await.unwrap(),
            false => both(mending, undoing).await.1.unwrap(),
        }
        let again = IndexedDbStore::open(&name).await.unwrap();
        for tab in [&store, &again] {
            assert_eq!(everything(tab).await, [recorded(1, 1, 1)], "{polls}");
        }
        again.close();
        end(store.clone()).await;
    }
    assert!(polls > 3, "{polls}");
}

#[wasm_bindgen_test]
async fn a_journal_that_ends_amid_joined_segments_is_made_anew() {
    let name = fresh_name();
    let store = open(&name).await.with_durability(Durability::Relaxed);
    let mut ear = Ear::on(&store);
    append(&store, 1..=1_400).await;
    copied(&mut ear, 1_400).await;
    store.close();
    let bytes = journal_bytes(&name).await;
    // Joined by a program that keeps no journal.
    let other = IndexedDbStore::open(&name).await.unwrap();
    other.compact().await.unwrap();
    other.close();
    set_journal_bytes(&name, &bytes[..bytes.len() / 2]).await;

    let store = open(&name).await;
    append(&store, [1_401]).await;
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(1_401, 0), 1_401));
}

#[wasm_bindgen_test]
async fn a_database_in_which_the_browser_found_only_some_records_again_comes_back_whole() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=5).await;
    let before = everything(&store).await;
    store.close();
    // The last two, in a database that is new to the browser: so it is when it lost where the
    // records are, and reads again what it wrote last.
    let records = js_sys::Array::new();
    for number in [4, 5] {
        records.push(&raw_segment(&name, number).await);
    }
    lose_database(&name).await;
    let install = Function::new_with_args(
        "name, records",
        "const original = IDBDatabase.prototype.createObjectStore;
         IDBDatabase.prototype.createObjectStore = function (...asked) {
             const store = original.apply(this, asked);
             if (this.name === name && asked[0] === 'log') records.forEach((record) => store.put(record));
             return store;
         };
         return () => { IDBDatabase.prototype.createObjectStore = original; };",
    );
    let restore = install.call2(&JsValue::UNDEFINED, &JsValue::from(&name), &records);
    let store = open(&name).await;
    restore
        .unwrap()
        .unchecked_into::<Function>()
        .call0(&JsValue::UNDEFINED)
        .unwrap();
    assert_eq!(store.recovery(), deleted(5, 0));
    assert_eq!(everything(&store).await, before);
    assert!(verified(&store).await.findings.is_empty());
    append(&store, [6]).await;
    end(store).await;
}

#[wasm_bindgen_test]
async fn an_entry_that_the_log_has_otherwise_is_dropped_from_the_journal() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=3).await;
    store.close();
    // Another was first in the database, and the tab ended before it could take its own back.
    let undo = meddle(&name, "log", |log| {
        log.delete(JsValue::from_f64(3.0)).unwrap();
    });
    undo.await.unwrap();
    let other = IndexedDbStore::open(&name).await.unwrap();
    append(&other, [9]).await;
    other.close();

    let store = open(&name).await;
    append(&store, [4]).await;
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(4, 0));
    let expected = [(1, 1), (2, 2), (9, 3), (4, 4)].map(|(n, at)| recorded(n, at, at));
    assert_eq!(after, expected);
}
