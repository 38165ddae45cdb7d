//! What earlier releases stored, with a journal beside it that is whole, ahead, behind, damaged or
//! missing: what comes back, what is told of it, and that it is gone on with.

use eventloom::browser::IndexedDbStore;
use eventloom::core::{Position, RecordedEvent};
use eventloom::store::conformance::Plain;
use eventloom::store::{Loss, Recovery, SecondCopy};
use serde::Deserialize;
use wasm_bindgen_test::wasm_bindgen_test;

use super::second_copy::{deleted, end, lose_database, open, set_first_journal_bytes};
use super::stored::{Stored, assert_same, gone_on, holds};
use super::support::{Ear, fresh_name};
use super::verify::verified;

/// How a copy of the stored `small` is other than the whole one.
#[derive(Deserialize)]
struct Case {
    name: String,
    /// Segments that the database lacks.
    #[serde(default)]
    without: Vec<u64>,
    /// How many events it has then.
    #[serde(default)]
    database: usize,
    /// The journal's length, and what it begins with, in Base64.
    cut: Option<usize>,
    #[serde(default)]
    put: String,
    /// How many events it has then.
    #[serde(default)]
    journal: usize,
    /// Bits of the journal that are flipped: byte, and bit in it.
    #[serde(default)]
    flip: Vec<(usize, u8)>,
    /// How many events come before the damaged entry, and are in it.
    #[serde(default)]
    before: usize,
    #[serde(default)]
    in_it: usize,
}

/// With a damaged length, and with a damaged body, of an entry in the journal's middle.
const LENGTHS: [&str; 2] = ["length too great", "length beside it"];
const BODIES: [&str; 2] = ["body of one", "body of many"];

fn case(name: &str) -> Case {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../stored/cases.json")).unwrap();
    cases.into_iter().find(|case| case.name == name).unwrap()
}

impl Case {
    /// The journal of this case.
    fn journal(&self, whole: &[u8]) -> Vec<u8> {
        let mut journal = whole.to_vec();
        if let Some(length) = self.cut {
            let text = web_sys::window().unwrap().atob(&self.put).unwrap();
            let start: Vec<u8> = text.chars().map(|byte| byte as u8).collect();
            journal.truncate(length);
            journal[..start.len()].copy_from_slice(&start);
        }
        for &(byte, bit) in &self.flip {
            journal[byte] ^= 1 << bit;
        }
        journal
    }
}

/// Puts both copies of a store into the browser, and what is known beside them.
async fn put(stored: &Stored, name: &str, journal: &[u8]) {
    stored.put_database(name).await;
    put_without_database(stored, name, journal).await;
}

async fn put_without_database(stored: &Stored, name: &str, journal: &[u8]) {
    stored.put_sentinel(name);
    set_first_journal_bytes(name, journal).await;
}

/// Waits until the second copy is at the log's end.
async fn kept(store: &IndexedDbStore) {
    let mut ear = Ear::on(store);
    while store.second_copy() != Some(SecondCopy::Kept) {
        ear.next().await;
    }
}

/// What is there is whole, is gone on with, and comes back with that after the database is lost.
async fn goes_on_in_both(store: IndexedDbStore, recorded: &[RecordedEvent]) {
    let name = store.name().to_owned();
    let after = gone_on(&store, recorded).await;
    assert_eq!(verified(&store).await.findings, []);
    kept(&store).await;
    store.close();
    lose_database(&name).await;
    let store = open(&name).await;
    assert_eq!(store.recovery(), deleted(after.len() as u64, 0));
    holds(&store, &after).await;
    end(store).await;
}

#[wasm_bindgen_test]
async fn a_stored_database_and_its_journal_are_one_store() {
    for stored in [Stored::small(), Stored::joined().await, Stored::odd()] {
        let name = fresh_name();
        put(&stored, &name, &stored.journal).await;
        let store = open(&name).await;
        assert_eq!(store.recovery(), None);
        holds(&store, &stored.recorded).await;
        goes_on_in_both(store, &stored.recorded).await;
    }
}

#[wasm_bindgen_test]
async fn a_stored_database_without_its_journal_gets_a_new_one() {
    for stored in [Stored::small(), Stored::joined().await] {
        let name = fresh_name();
        stored.put_database(&name).await;
        stored.put_sentinel(&name);
        let store = open(&name).await;
        assert_eq!(store.recovery(), None);
        holds(&store, &stored.recorded).await;
        goes_on_in_both(store, &stored.recorded).await;
    }
}

#[wasm_bindgen_test]
async fn a_stored_journal_without_its_database_brings_all_back() {
    let stored = [
        Stored::small(),
        Stored::joined().await,
        Stored::odd(),
        Stored::unfit(),
    ];
    for stored in stored {
        let name = fresh_name();
        put_without_database(&stored, &name, &stored.journal).await;
        comes_back_whole(&name, &stored).await;
    }
}

#[wasm_bindgen_test]
async fn a_stored_journal_brings_all_back_though_nothing_is_known_beside_it() {
    let (name, stored) = (fresh_name(), Stored::small());
    set_first_journal_bytes(&name, &stored.journal).await;
    comes_back_whole(&name, &stored).await;
}

async fn comes_back_whole(name: &str, stored: &Stored) {
    let store = open(name).await;
    let all = stored.recorded.len() as u64;
    assert_eq!(store.recovery(), deleted(all, 0));
    holds(&store, &stored.recorded).await;
    gone_on(&store, &stored.recorded).await;
    end(store).await;
}

#[wasm_bindgen_test]
async fn a_stored_database_that_lacks_its_end_gets_it_from_its_journal() {
    let (stored, case) = (Stored::small(), case("journal ahead"));
    let name = fresh_name();
    stored.put_database_without(&name, &case.without).await;
    put_without_database(&stored, &name, &stored.journal).await;
    let store = open(&name).await;
    let restored = stored.recorded.len() - case.database;
    let recovery = Recovery {
        cause: Loss::Shortened,
        restored: restored as u64,
        lost: 0,
        set_aside: 0,
        is_known: true,
        is_counted: true,
    };
    assert_eq!(store.recovery(), Some(recovery));
    holds(&store, &stored.recorded).await;
    goes_on_in_both(store, &stored.recorded).await;
}

#[wasm_bindgen_test]
async fn a_stored_journal_that_is_behind_is_brought_to_the_end() {
    let (stored, case) = (Stored::small(), case("journal behind"));
    let name = fresh_name();
    put(&stored, &name, &case.journal(&stored.journal)).await;
    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    holds(&store, &stored.recorded).await;
    goes_on_in_both(store, &stored.recorded).await;
}

#[wasm_bindgen_test]
async fn of_a_stored_journal_that_is_behind_comes_back_what_it_has_and_the_rest_is_told() {
    let (stored, case) = (Stored::small(), case("journal behind"));
    let name = fresh_name();
    put_without_database(&stored, &name, &case.journal(&stored.journal)).await;
    let store = open(&name).await;
    let lost = stored.recorded.len() - case.journal;
    assert_eq!(store.recovery(), deleted(case.journal as u64, lost as u64));
    let back = &stored.recorded[..case.journal];
    holds(&store, back).await;
    gone_on(&store, back).await;
    end(store).await;
}

#[wasm_bindgen_test]
async fn beside_a_stored_journal_that_is_damaged_the_database_has_all_and_goes_on() {
    for name in LENGTHS.into_iter().chain(BODIES) {
        let (stored, case) = (Stored::small(), case(name));
        let name = fresh_name();
        put(&stored, &name, &case.journal(&stored.journal)).await;
        let store = open(&name).await;
        assert_eq!(store.recovery(), None);
        holds(&store, &stored.recorded).await;
        gone_on(&store, &stored.recorded).await;
        assert_eq!(verified(&store).await.findings, []);
        end(store).await;
    }
}

#[wasm_bindgen_test]
async fn a_stored_journal_whose_marks_are_both_damaged_is_no_loss() {
    let (stored, case) = (Stored::small(), case("marks"));
    let name = fresh_name();
    put(&stored, &name, &case.journal(&stored.journal)).await;
    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    holds(&store, &stored.recorded).await;
    goes_on_in_both(store, &stored.recorded).await;
}

#[wasm_bindgen_test]
async fn a_stored_journal_whose_marks_are_both_damaged_brings_all_back() {
    let (stored, case) = (Stored::small(), case("marks"));
    let name = fresh_name();
    put_without_database(&stored, &name, &case.journal(&stored.journal)).await;
    let store = open(&name).await;
    let all = stored.recorded.len() as u64;
    assert_eq!(store.recovery(), deleted(all, 0));
    holds(&store, &stored.recorded).await;
    goes_on_in_both(store, &stored.recorded).await;
}

/// Opens what has a journal with a damage in it and nothing else, and answers how many events it says
/// that it restored and lost. What stands before the damage is there.
async fn told_after(case: &Case, stored: &Stored) -> (u64, u64) {
    let name = fresh_name();
    put_without_database(stored, &name, &case.journal(&stored.journal)).await;
    let store = open(&name).await;
    let told = store.recovery().unwrap();
    assert_eq!(told.cause, Loss::Deleted);
    let back = store
        .all_events(Position::START, case.before)
        .await
        .unwrap();
    assert_same(&back, &stored.recorded[..case.before]);
    end(store).await;
    (told.restored, told.lost)
}

#[wasm_bindgen_test]
async fn of_a_stored_journal_with_a_damaged_length_comes_back_what_stands_before_it_and_the_rest_is_told()
 {
    for name in LENGTHS {
        let (stored, case) = (Stored::small(), case(name));
        let (restored, lost) = told_after(&case, &stored).await;
        assert_eq!(restored + lost, stored.recorded.len() as u64);
        // Who finds the entries behind it may bring back more.
        assert!(restored >= case.before as u64 && lost >= case.in_it as u64);
    }
}

#[wasm_bindgen_test]
async fn of_a_stored_journal_with_a_damaged_body_all_other_entries_come_back() {
    for name in BODIES {
        let (stored, case) = (Stored::small(), case(name));
        let (restored, _) = told_after(&case, &stored).await;
        assert_eq!(restored as usize, stored.recorded.len() - case.in_it);
    }
}

#[wasm_bindgen_test]
async fn a_stored_database_of_the_first_layout_gets_a_second_copy() {
    for stored in [Stored::first(), Stored::first_emptied_and_gone_on()] {
        let name = fresh_name();
        stored.put_database(&name).await;
        let store = open(&name).await;
        assert_eq!(store.recovery(), None);
        holds(&store, &stored.recorded).await;
        goes_on_in_both(store, &stored.recorded).await;
    }
}
