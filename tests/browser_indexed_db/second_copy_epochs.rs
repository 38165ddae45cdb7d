//! The second copy in its form of today: what a bad bit costs, what stands in it of what was undone, how it
//! ends, who takes it over, and how it comes after that of the releases before.

use std::ops::ControlFlow;

use eventloom::browser::{IndexedDbStore, Signal, read_set_aside};
use eventloom::core::{Position, RecordedEvent};
use eventloom::log::journal::{Mark, Next, Reader};
use eventloom::store::conformance::Plain;
use eventloom::store::{CopyChecked, Finding, ImportStore, Recovery, SecondCopy};
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::second_copy::{
    append, deleted, end, journal_bytes, lose_database, open, reopened_after_loss,
    set_first_journal_bytes, set_journal_bytes, write_file,
};
use super::stored::Stored;
use super::support::{Ear, everything, fresh_name, recorded};
use super::support::{change_event, meddle};
use super::verify::verified;

/// The mark that a journal begins with.
fn mark(bytes: &[u8]) -> Mark {
    Mark::read(bytes).unwrap()
}

/// A journal as it is where whoever kept it was killed.
fn not_ended(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut mark = mark(&bytes);
    for (at, slot) in mark.is_of(mark.store, mark.epoch).bytes {
        bytes[at as usize..][..slot.len()].copy_from_slice(&slot);
    }
    bytes
}

/// Where each entry of a journal begins.
pub fn places(bytes: &[u8]) -> Vec<usize> {
    let mut reader = Reader::new();
    reader.feed(&bytes[256..]);
    let mut places = Vec::new();
    loop {
        let at = reader.tail.length as usize;
        match reader.read() {
            Next::Entry(_) => places.push(at),
            Next::Damaged(lost) => panic!("{lost:?}"),
            Next::More(_) => return places,
        }
    }
}

/// Waits until all is in the second copy, which is known to be whole.
async fn kept(store: &IndexedDbStore) {
    let mut ear = Ear::on(store);
    while store.second_copy() != Some(SecondCopy::Kept) {
        ear.next().await;
    }
}

/// The name of a store's file, once it is the only one; nothing tells when the others are removed.
async fn only_file(name: &str) -> String {
    let look = Function::new_with_args(
        "store",
        "return (async () => {
             const folder = await navigator.storage.getDirectory();
             for (let tries = 0; ; tries++) {
                 const files = [];
                 for await (const file of folder.keys()) if (file.startsWith(store)) files.push(file);
                 if (files.length === 1 || tries === 100) return files.join(' ');
                 await new Promise((again) => setTimeout(again, 20));
             }
         })();",
    );
    let looked = look.call1(&JsValue::UNDEFINED, &name.into()).unwrap();
    let found = JsFuture::from(looked.unchecked_into::<Promise>()).await;
    found.unwrap().as_string().unwrap()
}

/// Holds a lock that nobody here gave: as a tab that was frozen does.
async fn hold(lock: &str) -> Function {
    let hold = Function::new_with_args(
        "lock",
        "return new Promise((held) => navigator.locks.request(lock, () => new Promise((free) => held(free)))
             .catch(() => {}));",
    );
    let held = hold.call1(&JsValue::UNDEFINED, &lock.into()).unwrap();
    let free = JsFuture::from(held.unchecked_into::<Promise>()).await;
    free.unwrap().unchecked_into()
}

#[wasm_bindgen_test]
async fn a_store_that_was_closed_notes_that_its_second_copy_is_whole() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=2).await;
    store.close();
    assert!(mark(&journal_bytes(&name).await).is_ended);
    let store = open(&name).await;
    assert_eq!(store.second_copy(), Some(SecondCopy::Kept));
    append(&store, [3]).await;
    store.close();
    let mark = mark(&journal_bytes(&name).await);
    assert!(mark.is_ended);
    assert_eq!((mark.tail.segment, mark.tail.events), (3, 3));
    end(open(&name).await).await;
}

#[wasm_bindgen_test]
async fn a_second_copy_that_was_not_ended_is_read_whole_before_it_is_said_to_be_kept() {
    for byte in [4, 60] {
        let name = fresh_name();
        let store = open(&name).await;
        append(&store, 1..=5).await;
        store.close();
        let mut damaged = not_ended(&journal_bytes(&name).await);
        let at = places(&damaged)[2] + byte;
        damaged[at] ^= 4;
        set_journal_bytes(&name, &damaged).await;
        let store = open(&name).await;
        assert_eq!(store.recovery(), None);
        assert_ne!(store.second_copy(), Some(SecondCopy::Kept));
        kept(&store).await;
        store.close();
        // What was damaged is there again.
        assert_eq!(places(&journal_bytes(&name).await).len(), 5);
        let (recovery, back) = reopened_after_loss(&name).await;
        assert_eq!((recovery, back.len()), (deleted(5, 0), 5));
    }
}

#[wasm_bindgen_test]
async fn a_second_copy_that_is_being_filled_again_counts_less_than_the_one_before() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=5).await;
    store.close();
    let bytes = journal_bytes(&name).await;
    // Whoever began the next was killed with the database, or before that said whose it is.
    let mut next = Mark::new(mark(&bytes).store, 2);
    let (_, slot) = next.begin().bytes.remove(0);
    for (epoch, slot, count) in [(2, &slot[..], 5), (3, &[], 6)] {
        write_file(&format!("{name}.journal-{epoch}"), slot).await;
        lose_database(&name).await;
        let store = open(&name).await;
        assert_eq!(store.recovery(), deleted(count, 0));
        assert_eq!(everything(&store).await.len() as u64, count);
        kept(&store).await;
        assert_eq!(only_file(&name).await, format!("{name}.journal-{epoch}"));
        append(&store, [count + 1]).await;
        store.close();
        assert_eq!(mark(&journal_bytes(&name).await).tail.events, count + 1);
    }
    end(open(&name).await).await;
}

/// Has a file open, as a tab that was frozen has it.
async fn have_open(file: &str) -> Function {
    let open = Function::new_with_args(
        "name",
        "return (async () => {
             const folder = await navigator.storage.getDirectory();
             const writable = await (await folder.getFileHandle(name)).createWritable();
             return () => writable.abort();
         })();",
    );
    let opened = open.call1(&JsValue::UNDEFINED, &file.into()).unwrap();
    let close = JsFuture::from(opened.unchecked_into::<Promise>()).await;
    close.unwrap().unchecked_into()
}

/// Ends that.
async fn close(close: Function) {
    let closed = close.call0(&JsValue::UNDEFINED).unwrap();
    JsFuture::from(closed.unchecked_into::<Promise>())
        .await
        .unwrap();
}

#[wasm_bindgen_test]
async fn a_file_that_a_frozen_tab_still_has_open_is_not_needed_once_the_next_is_filled() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=3).await;
    store.close();
    let bytes = journal_bytes(&name).await;
    let mut next = mark(&bytes);
    let mut filled = bytes.clone();
    for change in [next.is_of(next.store, 2), next.end()] {
        for (at, slot) in change.bytes {
            filled[at as usize..][..slot.len()].copy_from_slice(&slot);
        }
    }
    write_file(&format!("{name}.journal-2"), &filled).await;
    let frozen = have_open(&format!("{name}.journal-1")).await;
    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    assert_eq!(store.second_copy(), Some(SecondCopy::Kept));
    append(&store, [4]).await;
    assert_eq!(store.second_copy(), Some(SecondCopy::Kept));
    close(frozen).await;
    end(store).await;
}

#[wasm_bindgen_test]
async fn what_is_in_a_file_that_can_not_be_had_is_not_taken_for_missing() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=5).await;
    store.close();
    let mut next = Mark::new(mark(&journal_bytes(&name).await).store, 2);
    let (_, slot) = next.begin().bytes.remove(0);
    write_file(&format!("{name}.journal-2"), &slot).await;
    lose_database(&name).await;
    let frozen = have_open(&format!("{name}.journal-1")).await;
    let store = open(&name).await;
    assert!(matches!(store.second_copy(), Some(SecondCopy::Missing(_))));
    assert_eq!(
        store.recovery().map(|told| (told.lost, told.is_known)),
        Some((5, false))
    );
    store.close();
    close(frozen).await;
    let store = open(&name).await;
    assert_eq!(store.recovery().map(|told| told.restored), Some(5));
    assert_eq!(everything(&store).await.len(), 5);
    end(store).await;
}

#[wasm_bindgen_test]
async fn one_bad_bit_costs_one_entry_when_the_database_is_lost() {
    for byte in [4, 60] {
        let name = fresh_name();
        let store = open(&name).await;
        append(&store, 1..=5).await;
        let before = everything(&store).await;
        store.close();
        let mut bytes = journal_bytes(&name).await;
        let at = places(&bytes)[2] + byte;
        bytes[at] ^= 4;
        set_journal_bytes(&name, &bytes).await;
        lose_database(&name).await;
        let store = open(&name).await;
        assert_eq!(store.recovery(), deleted(4, 1), "byte {byte}");
        let back: Vec<RecordedEvent> = store.all_events(Position::START, 2).await.unwrap();
        assert_eq!(back, before[..2]);
        let back = store.all_events(Position(3), 9).await.unwrap();
        assert_eq!(back, before[3..]);
        end(store).await;
    }
}

#[wasm_bindgen_test]
async fn what_an_undone_reset_brought_back_comes_back_from_the_second_copy_too() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=3).await;
    let before = everything(&store).await;
    let story = [recorded(9, 1, 10)];
    let token = store.reset(&story).await.unwrap();
    store.undo_reset(token).await.unwrap();
    kept(&store).await;
    store.close();
    let (_, back) = reopened_after_loss(&name).await;
    assert_eq!(back, before);
}

#[wasm_bindgen_test]
async fn an_import_that_was_taken_back_stays_so_when_the_database_is_lost() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=2).await;
    let before = everything(&store).await;
    let more: Vec<RecordedEvent> = (3..=400).map(|n| recorded(n, n, n)).collect();
    let token = store
        .import(Position(2), None, &more, |_| ControlFlow::Continue(()))
        .await
        .unwrap();
    kept(&store).await;
    store.undo_import(token.unwrap()).await.unwrap();
    kept(&store).await;
    store.close();
    let (_, back) = reopened_after_loss(&name).await;
    assert_eq!(back, before);
}

#[wasm_bindgen_test]
async fn what_a_reset_made_void_is_swept_out_of_the_second_copy() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=30).await;
    store.reset(&[]).await.unwrap();
    kept(&store).await;
    let mut ear = Ear::on(&store);
    // Which sweeps.
    store.compact().await.unwrap();
    while !matches!(ear.next().await, Signal::Copying { .. }) {}
    kept(&store).await;
    append(&store, [31]).await;
    store.close();
    let bytes = journal_bytes(&name).await;
    assert_eq!(places(&bytes).len(), 2, "{} bytes", bytes.len());
    end(open(&name).await).await;
}

#[wasm_bindgen_test]
async fn what_a_reset_made_void_is_swept_out_of_a_second_copy_that_goes_on() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=30).await;
    store.reset(&[]).await.unwrap();
    kept(&store).await;
    let mut ear = Ear::on(&store);
    // After which the emptying can't be undone.
    append(&store, [31]).await;
    while !matches!(ear.next().await, Signal::Copying { .. }) {}
    kept(&store).await;
    append(&store, [32]).await;
    let there = everything(&store).await;
    store.close();
    assert_eq!(mark(&journal_bytes(&name).await).tail.events, 2);
    let (recovery, back) = reopened_after_loss(&name).await;
    assert_eq!((recovery, back), (deleted(2, 0), there));
}

#[wasm_bindgen_test]
async fn a_keeper_that_does_not_answer_is_passed_over_and_another_journal_is_begun() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=3).await;
    store.close();
    journal_bytes(&name).await;
    let free = hold(&format!("{name}.journals")).await;
    let store = open(&name).await;
    kept(&store).await;
    append(&store, [4]).await;
    assert_eq!(store.second_copy(), Some(SecondCopy::Kept));
    // The one before was compared, and removed.
    assert_eq!(only_file(&name).await, format!("{name}.journal-2"));
    store.close();
    let mark = mark(&journal_bytes(&name).await);
    assert_eq!((mark.epoch, mark.tail.events), (2, 4));
    let _ = free.call0(&JsValue::UNDEFINED);
    let (recovery, back) = reopened_after_loss(&name).await;
    assert_eq!((recovery, back.len()), (deleted(4, 0), 4));
}

#[wasm_bindgen_test]
async fn a_tab_of_the_release_before_is_to_be_closed_before_there_is_a_second_copy() {
    let stored = Stored::small();
    let name = fresh_name();
    stored.put_database(&name).await;
    stored.put_sentinel(&name);
    set_first_journal_bytes(&name, &stored.journal).await;
    let free = hold(&format!("{name}.journal")).await;
    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    assert_eq!(store.second_copy(), Some(SecondCopy::Waiting));
    append(&store, [900]).await;
    free.call0(&JsValue::UNDEFINED).unwrap();
    kept(&store).await;
    assert_eq!(only_file(&name).await, format!("{name}.journal-1"));
    store.close();
    let all = stored.recorded.len() as u64 + 1;
    let (recovery, back) = reopened_after_loss(&name).await;
    assert_eq!((recovery, back.len() as u64), (deleted(all, 0), all));
}

#[wasm_bindgen_test]
async fn what_is_damaged_in_the_database_is_mended_from_the_second_copy() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=5).await;
    let before = everything(&store).await;
    store.close();
    for gone in [false, true] {
        // A letter of what the third event holds; or all of its record.
        match gone {
            true => {
                let gone = meddle(&name, "log", |log| {
                    log.delete(JsValue::from_f64(3.0)).unwrap();
                });
                gone.await.unwrap();
            }
            false => change_event(&name, 3, 0, "data", "{\"amount\":1}".into()).await,
        }
        let store = open(&name).await;
        assert_eq!(store.recovery(), Some(Recovery::mended(1)));
        assert_eq!(everything(&store).await, before);
        assert_eq!(verified(&store).await.findings, []);
        store.close();
        let store = open(&name).await;
        assert_eq!(store.recovery(), None);
        store.close();
    }
    let (recovery, back) = reopened_after_loss(&name).await;
    assert_eq!((recovery, back), (deleted(5, 0), before));
}

#[wasm_bindgen_test]
async fn a_check_of_the_second_copy_names_what_is_damaged_and_has_it_made_anew() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=5).await;
    store.close();
    let mut bytes = journal_bytes(&name).await;
    let places = places(&bytes);
    // A body, and a head: what comes after it says that it is the fourth.
    bytes[places[1] + 60] ^= 1;
    bytes[places[3] + 13] ^= 1;
    set_journal_bytes(&name, &bytes).await;
    // It was ended as it should, so nobody looks.
    let store = open(&name).await;
    assert_eq!(store.second_copy(), Some(SecondCopy::Kept));
    let damaged = |segment| Finding::SecondCopyDamaged {
        first: segment,
        last: segment,
    };
    let found = store.check_second_copy().await.unwrap().unwrap();
    assert_eq!(found.damaged, [damaged(2), damaged(4)]);
    kept(&store).await;
    let whole = Some(CopyChecked::default());
    assert_eq!(store.check_second_copy().await.unwrap(), whole);
    store.close();
    let (recovery, back) = reopened_after_loss(&name).await;
    assert_eq!((recovery, back.len()), (deleted(5, 0), 5));
}

#[wasm_bindgen_test]
async fn what_can_be_mended_from_the_second_copy_is_counted_and_mended_when_that_is_asked_for() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=5).await;
    let before = everything(&store).await;
    for segment in [2, 4] {
        change_event(&name, segment, 0, "data", "{\"amount\":1}".into()).await;
    }
    let beside = open(&name).await;
    assert_eq!(beside.check_second_copy().await.unwrap(), None);
    beside.close();
    let found = store.check_second_copy().await.unwrap().unwrap();
    assert_eq!(found, mendable(2));
    // Nothing was written for that.
    assert_eq!(store.check_second_copy().await.unwrap(), Some(mendable(2)));
    assert_eq!(store.mend().await.unwrap(), 2);
    assert_eq!(everything(&store).await, before);
    assert_eq!(store.check_second_copy().await.unwrap(), Some(mendable(0)));
    store.close();
}

fn mendable(mendable: u64) -> CopyChecked {
    CopyChecked {
        mendable,
        ..CopyChecked::default()
    }
}

#[wasm_bindgen_test]
async fn a_damaged_second_copy_gives_what_it_alone_has_before_it_is_made_anew() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=5).await;
    let before = everything(&store).await;
    store.close();
    let mut bytes = journal_bytes(&name).await;
    let places = places(&bytes);
    bytes[places[1] + 60] ^= 1;
    set_journal_bytes(&name, &bytes).await;
    let store = open(&name).await;
    change_event(&name, 4, 0, "data", "{\"amount\":1}".into()).await;
    let found = store.check_second_copy().await.unwrap().unwrap();
    assert_eq!(
        (found.damaged.len(), found.mendable, found.mended),
        (1, 0, 1)
    );
    kept(&store).await;
    assert_eq!(everything(&store).await, before);
    store.close();
}

#[wasm_bindgen_test]
async fn what_is_damaged_in_both_copies_in_other_places_is_lost_in_neither() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=5).await;
    let before = everything(&store).await;
    store.close();
    let mut bytes = not_ended(&journal_bytes(&name).await);
    let places = places(&bytes);
    bytes[places[1] + 60] ^= 1;
    set_journal_bytes(&name, &bytes).await;
    change_event(&name, 4, 0, "data", "{\"amount\":1}".into()).await;
    let store = open(&name).await;
    kept(&store).await;
    assert_eq!(everything(&store).await, before);
    store.close();
    let (recovery, back) = reopened_after_loss(&name).await;
    assert_eq!((recovery, back), (deleted(5, 0), before));
}

#[wasm_bindgen_test]
async fn what_was_set_aside_is_exchanged_with_what_is_here() {
    let (name, other) = (fresh_name(), fresh_name());
    let store = open(&other).await;
    append(&store, 11..=20).await;
    let theirs = everything(&store).await;
    store.close();
    let foreign = journal_bytes(&other).await;
    let store = open(&name).await;
    append(&store, 1..=3).await;
    let ours = everything(&store).await;
    store.close();
    journal_bytes(&name).await;
    set_journal_bytes(&name, &foreign).await;
    let store = open(&name).await;
    // Each way, and back.
    for (here, there) in [(&ours, &theirs), (&theirs, &ours)] {
        assert_eq!(everything(&store).await, *here);
        let aside = store.set_aside().await.unwrap();
        assert_eq!(aside.len(), 1);
        assert_eq!(aside[0].events, Some(there.len() as u64));
        let brought = store.bring_back(&aside[0]).await.unwrap();
        assert_eq!(brought, there.len() as u64);
        assert_eq!(everything(&store).await, *there);
        assert_eq!(verified(&store).await.findings, []);
        let aside = store.set_aside().await.unwrap();
        assert_eq!(read_set_aside(&aside[0].name).await.unwrap(), *here);
    }
    kept(&store).await;
    store.close();
    let (_, back) = reopened_after_loss(&name).await;
    assert_eq!(back, ours);
    IndexedDbStore::delete(&other).await.unwrap();
}
