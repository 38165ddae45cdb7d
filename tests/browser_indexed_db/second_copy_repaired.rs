//! The second copy of a log whose segments were joined, and of one that the browser found in part.

use eventloom::browser::IndexedDbStore;
use eventloom::store::Durability;
use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::second_copy::{
    append, copied, deleted, end, journal_bytes, lose_database, open, reopened_after_loss,
    set_journal_bytes,
};
use super::support::{Ear, everything, fresh_name, meddle, raw_segment, recorded};
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
