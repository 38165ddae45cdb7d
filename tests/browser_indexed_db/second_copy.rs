//! What the browser deletes is noticed when the store is opened, brought back from the journal, and
//! told.

use std::ops::ControlFlow;

use eventloom::browser::{IndexedDbStore, Signal, read_set_aside};
use eventloom::core::{ExpectedVersion, Position, RecordedEvent, Version};
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{
    AppendError, Durability, ImportStore, Loss, Recovery, SecondCopy, StoreError,
};
use idb::Factory;
use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Ear, ada, all, event, events, everything, fresh_name, meddle, recorded, soon,
};
use super::verify::verified;

pub async fn open(name: &str) -> IndexedDbStore {
    IndexedDbStore::open_with_second_copy(name).await.unwrap()
}

/// Appends events with these numbers to the one stream, one by one.
pub async fn append(store: &IndexedDbStore, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        let (stream, batch) = (ada(), [event(number)]);
        let appended = store.record(&stream, ExpectedVersion::Any, &batch);
        appended.await.unwrap();
    }
}

/// Waits until the second copy holds the log up to a segment.
pub async fn copied(ear: &mut Ear, segment: u64) {
    while !matches!(ear.next().await, Signal::Copied(upto) if upto >= segment) {}
}

/// Waits until it is kept: where it wasn't ended cleanly, once it was read whole.
pub async fn kept(store: &IndexedDbStore, ear: &mut Ear) {
    while store.second_copy() != Some(SecondCopy::Kept) {
        ear.next().await;
    }
}

/// Deletes the database alone, as a browser may that loses it.
pub async fn lose_database(name: &str) {
    let factory = Factory::new().unwrap();
    factory.delete(name).unwrap().await.unwrap();
}

/// Runs a body of JavaScript that may wait, with the name of the journal's file, which no worker has open
/// any more, and the folder.
pub async fn in_files(name: &str, body: &str) -> JsValue {
    let body = format!(
        "return (async () => {{
             const folder = await navigator.storage.getDirectory();
             await navigator.locks.request(store + '.journals', () => {{}});
             const epochs = [1];
             for await (const file of folder.keys()) {{
                 const epoch = file.startsWith(store + '.journal-') && file.slice(store.length + 9);
                 if (epoch) epochs.push(Number(epoch));
             }}
             const name = store + '.journal-' + Math.max(...epochs);
             {body}
         }})();"
    );
    let run = Function::new_with_args("store", &body);
    let promise = run.call1(&JsValue::UNDEFINED, &name.into()).unwrap();
    JsFuture::from(promise.unchecked_into::<Promise>())
        .await
        .unwrap()
}

/// The journal's bytes, once no worker has them open.
pub async fn journal_bytes(name: &str) -> Vec<u8> {
    let bytes = in_files(
        name,
        "const file = await (await folder.getFileHandle(name)).getFile();
         return new Uint8Array(await file.arrayBuffer());",
    )
    .await;
    bytes.unchecked_into::<Uint8Array>().to_vec()
}

pub async fn set_journal_bytes(name: &str, bytes: &[u8]) {
    write_file(&format!("{name}.journal-1"), bytes).await;
}

/// The same of the journal that a release before had.
pub async fn set_first_journal_bytes(name: &str, bytes: &[u8]) {
    write_file(&format!("{name}.journal"), bytes).await;
}

pub async fn write_file(file: &str, bytes: &[u8]) {
    let write = Function::new_with_args(
        "name, bytes",
        "return (async () => {
             const folder = await navigator.storage.getDirectory();
             const handle = await folder.getFileHandle(name, { create: true });
             const writable = await handle.createWritable();
             await writable.write(bytes);
             await writable.close();
         })();",
    );
    let bytes = Uint8Array::from(bytes);
    let promise = write.call2(&JsValue::UNDEFINED, &file.into(), &bytes);
    JsFuture::from(promise.unwrap().unchecked_into::<Promise>())
        .await
        .unwrap();
}

pub fn local_storage() -> web_sys::Storage {
    web_sys::window().unwrap().local_storage().unwrap().unwrap()
}

pub fn deleted(restored: u64, lost: u64) -> Option<Recovery> {
    Some(Recovery {
        cause: Loss::Deleted,
        restored,
        lost,
        set_aside: 0,
        is_known: true,
        is_counted: true,
    })
}

/// Opens a store of which the database is lost, and tells what came back.
pub async fn reopened_after_loss(name: &str) -> (Option<Recovery>, Vec<RecordedEvent>) {
    lose_database(name).await;
    let store = open(name).await;
    let back = (store.recovery(), everything(&store).await);
    assert!(verified(&store).await.findings.is_empty());
    end(store).await;
    back
}

pub async fn end(store: IndexedDbStore) {
    store.close();
    IndexedDbStore::delete(store.name()).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_store_that_the_browser_deleted_comes_back_whole() {
    let name = fresh_name();
    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    append(&store, 1..=3).await;
    let (stream, batch) = (ada(), events(4..=40));
    let appended = store.record(&stream, ExpectedVersion::Exact(Version(3)), &batch);
    appended.await.unwrap();
    assert_eq!(store.second_copy(), Some(SecondCopy::Kept));
    let before = everything(&store).await;
    assert_eq!(before.len(), 40);
    store.close();

    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(40, 0));
    assert_eq!(after, before);
}

#[wasm_bindgen_test]
async fn a_store_that_came_back_goes_on_and_comes_back_again() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=2).await;
    store.close();
    lose_database(&name).await;

    let store = open(&name).await;
    append(&store, 3..=4).await;
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(4, 0));
    let expected: Vec<_> = (1..=4).map(|n| recorded(n, n, n)).collect();
    assert_eq!(after, expected);
}

#[wasm_bindgen_test]
async fn a_store_that_is_whole_says_nothing_when_it_is_opened_again() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=2).await;
    store.close();
    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    assert_eq!(everything(&store).await.len(), 2);
    end(store).await;
}

#[wasm_bindgen_test]
async fn what_the_end_of_the_log_lost_is_brought_back_and_told() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=5).await;
    let before = everything(&store).await;
    store.close();
    let cut = meddle(&name, "log", |log| {
        for number in [4.0, 5.0] {
            log.delete(JsValue::from_f64(number)).unwrap();
        }
    });
    cut.await.unwrap();

    let store = open(&name).await;
    let recovery = Recovery {
        cause: Loss::Shortened,
        restored: 2,
        lost: 0,
        set_aside: 0,
        is_known: true,
        is_counted: true,
    };
    assert_eq!(store.recovery(), Some(recovery));
    assert_eq!(everything(&store).await, before);
    append(&store, [6]).await;
    end(store).await;
}

#[wasm_bindgen_test]
async fn an_import_comes_back_in_pages_and_all() {
    let name = fresh_name();
    let store = open(&name).await;
    let mut ear = Ear::on(&store);
    append(&store, [1]).await;
    // Enough that they are laid out in pages: more than 256, and the page of each holds 48 KiB.
    let imported: Vec<_> = (2..=2_000).map(|n| recorded(n, n, n + 10)).collect();
    let importing = store.take_in(Position(1), &imported, |_| ControlFlow::Continue(()));
    importing.await.unwrap();
    copied(&mut ear, 2).await;
    let before = everything(&store).await;
    assert_eq!(before.len(), 2_000);
    store.close();

    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(2_000, 0));
    assert_eq!(after, before);
}

#[wasm_bindgen_test]
async fn a_store_from_before_there_was_a_second_copy_gets_one() {
    let name = fresh_name();
    let store = IndexedDbStore::open(&name).await.unwrap();
    append(&store, 1..=3).await;
    store.close();
    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    append(&store, [4]).await;
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(4, 0));
    assert_eq!(after.len(), 4);
}

#[wasm_bindgen_test]
async fn a_store_that_was_emptied_stays_empty_and_gives_no_position_again() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=3).await;
    store.reset(&[]).await.unwrap();
    store.close();
    lose_database(&name).await;

    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    assert!(!store.is_untouched().await.unwrap());
    append(&store, [4]).await;
    assert_eq!(everything(&store).await, [recorded(4, 1, 4)]);
    end(store).await;
}

#[wasm_bindgen_test]
async fn the_tab_that_stays_keeps_the_second_copy_when_the_other_closes() {
    let name = fresh_name();
    let (first, second) = (open(&name).await, open(&name).await);
    append(&first, [1]).await;
    first.close();
    append(&second, 2..=3).await;
    assert_eq!(second.second_copy(), Some(SecondCopy::Kept));
    second.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(3, 0), 3));
}

#[wasm_bindgen_test]
async fn of_two_tabs_that_race_the_journal_holds_what_was_acknowledged() {
    let name = fresh_name();
    let (first, second) = (open(&name).await, open(&name).await);
    append(&first, [1]).await;
    everything(&second).await;
    for round in 0..10_u64 {
        let at = ExpectedVersion::Exact(Version(round + 1));
        let one = [event(100 + round)];
        let other = [event(200 + round)];
        let stream = ada();
        let raced = [
            first.record(&stream, at, &one),
            second.record(&stream, at, &other),
        ];
        let won = all(raced).await.into_iter().filter(|answer| match answer {
            Ok(_) => true,
            Err(AppendError::Conflict { .. }) => false,
            Err(error) => panic!("{error}"),
        });
        assert_eq!(won.count(), 1);
    }
    let before = everything(&first).await;
    first.close();
    second.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(11, 0));
    assert_eq!(after, before);
}

#[wasm_bindgen_test]
async fn two_tabs_that_append_side_by_side_are_in_the_journal_whole() {
    let name = fresh_name();
    let (first, second) = (open(&name).await, open(&name).await);
    let side_by_side = [append(&first, 1..=60), append(&second, 101..=160)];
    all(side_by_side).await;
    let before = everything(&first).await;
    first.close();
    second.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(120, 0));
    assert_eq!(after, before);
}

#[wasm_bindgen_test]
async fn what_the_database_refused_is_not_in_the_journal() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, [1]).await;
    let spoiled = super::support::Spy::on(
        &store,
        "if (tx.mode === 'readwrite') tx.commit = () => tx.abort();",
    );
    let failed = store
        .record(&ada(), ExpectedVersion::Any, &[event(2)])
        .await;
    drop(spoiled);
    assert!(matches!(
        failed,
        Err(AppendError::Store(StoreError::Failed { .. }))
    ));
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(1, 0));
    assert_eq!(after, [recorded(1, 1, 1)]);
}

#[wasm_bindgen_test]
async fn without_a_second_copy_what_was_lost_is_told_each_time_until_something_is_recorded() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=3).await;
    store.close();
    journal_bytes(&name).await;
    in_files(&name, "await folder.removeEntry(name);").await;
    lose_database(&name).await;

    for _ in 0..2 {
        let store = open(&name).await;
        assert_eq!(store.recovery(), deleted(0, 3));
        assert!(everything(&store).await.is_empty());
        store.close();
    }
    let store = open(&name).await;
    append(&store, [4]).await;
    store.close();
    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    assert_eq!(everything(&store).await.len(), 1);
    end(store).await;
}

#[wasm_bindgen_test]
async fn without_the_sentinel_the_journal_is_enough() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=3).await;
    store.close();
    local_storage()
        .remove_item(&format!("{name}.sentinel"))
        .unwrap();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(3, 0), 3));
}

#[wasm_bindgen_test]
async fn a_strict_append_is_noted_beside_both_copies_when_it_is_answered() {
    let name = fresh_name();
    let store = open(&name).await;
    for position in 1..=3 {
        append(&store, [position]).await;
        let noted = local_storage().get_item(&format!("{name}.sentinel"));
        let noted = noted.unwrap().unwrap();
        assert_eq!(noted.split(' ').nth(2), Some(&*position.to_string()));
    }
    end(store).await;
}

#[wasm_bindgen_test]
async fn a_journal_that_was_cut_brings_back_what_it_has_and_the_rest_is_told() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=3).await;
    store.close();
    let bytes = journal_bytes(&name).await;
    set_journal_bytes(&name, &bytes[..bytes.len() - 1]).await;
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(2, 1));
    assert_eq!(after, [recorded(1, 1, 1), recorded(2, 2, 2)]);
}

#[wasm_bindgen_test]
async fn a_journal_that_was_damaged_is_made_anew_from_the_log() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=3).await;
    store.close();
    let bytes = journal_bytes(&name).await;
    set_journal_bytes(&name, &vec![7; bytes.len()]).await;

    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    append(&store, [4]).await;
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(4, 0), 4));
}

#[wasm_bindgen_test]
async fn a_store_that_was_deleted_on_purpose_stays_deleted() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=3).await;
    store.close();
    IndexedDbStore::delete(&name).await.unwrap();
    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    assert!(store.is_untouched().await.unwrap());
    // And so where a tab has it open.
    append(&store, 1..=2).await;
    IndexedDbStore::delete(&name).await.unwrap();
    assert!(store.is_untouched().await.unwrap());
    assert_eq!(store.recovery(), None);
    end(store).await;
}

#[wasm_bindgen_test]
async fn the_journal_of_another_store_is_set_aside_and_not_thrown_away() {
    let (name, other) = (fresh_name(), fresh_name());
    for (name, count) in [(&name, 2), (&other, 3)] {
        let store = open(name).await;
        append(&store, 1..=count).await;
        store.close();
    }
    let foreign = journal_bytes(&other).await;
    journal_bytes(&name).await;
    set_journal_bytes(&name, &foreign).await;

    let store = open(&name).await;
    let recovery = Recovery {
        cause: Loss::Shortened,
        restored: 0,
        lost: 0,
        set_aside: 1,
        is_known: true,
        is_counted: true,
    };
    assert_eq!(store.recovery(), Some(recovery));
    assert_eq!(everything(&store).await.len(), 2);
    let aside = store.set_aside().await.unwrap();
    let held = read_set_aside(&aside[0].name).await.unwrap();
    assert_eq!((aside[0].events, held.len()), (Some(3), 3));
    append(&store, [9]).await;
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(3, 0), 3));
    IndexedDbStore::delete(&other).await.unwrap();
}

#[wasm_bindgen_test]
async fn relaxed_appends_are_copied_without_being_waited_for() {
    let name = fresh_name();
    let store = open(&name).await.with_durability(Durability::Relaxed);
    let mut ear = Ear::on(&store);
    append(&store, 1..=5).await;
    copied(&mut ear, 5).await;
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(5, 0), 5));
}

#[wasm_bindgen_test]
async fn where_there_are_no_files_the_store_says_so_and_works() {
    let name = fresh_name();
    let deny = Function::new_no_args(
        "const original = Worker.prototype.postMessage;
         Worker.prototype.postMessage = function () {
             this.dispatchEvent(new ErrorEvent('error', { message: 'denied here' }));
         };
         return () => { Worker.prototype.postMessage = original; };",
    );
    let restore = deny.call0(&JsValue::UNDEFINED).unwrap();
    let store = soon(open(&name)).await;
    append(&store, 1..=2).await;
    restore
        .unchecked_into::<Function>()
        .call0(&JsValue::UNDEFINED)
        .unwrap();
    assert_eq!(
        store.second_copy(),
        Some(SecondCopy::Missing("denied here".to_owned()))
    );
    assert_eq!(everything(&store).await.len(), 2);
    end(store).await;
}
