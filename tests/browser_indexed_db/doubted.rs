//! What becomes of events while the second copy can't be asked, and once it can be again: nothing that a
//! copy has is lost, mixed or brought back against a person's will.

use eventloom::browser::{IndexedDbStore, read_set_aside};
use eventloom::core::{ExpectedVersion, RecordedEvent, StreamId, Version};
use eventloom::store::conformance::Plain;
use eventloom::store::{EventStore, ImportStore, Loss, Recovery, SecondCopy};
use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::second_copy::{
    append, copied, end, journal_bytes, kept, lose_database, open, reopened_after_loss,
    set_journal_bytes,
};
use super::support::{
    Ear, ada, event, everything, fresh_name, json, meddle, open as plain, raw_record, recorded,
};
use super::verify::verified;

/// While it lives no worker can be made: the journal can't be asked.
pub struct NoWorkers(JsValue);

impl NoWorkers {
    pub fn just_now() -> NoWorkers {
        let take = Function::new_no_args(
            "const original = globalThis.Worker;
             globalThis.Worker = class { constructor() { throw new Error('no worker just now'); } };
             return () => { globalThis.Worker = original; };",
        );
        NoWorkers(take.call0(&JsValue::UNDEFINED).unwrap())
    }
}

impl Drop for NoWorkers {
    fn drop(&mut self) {
        let back = self.0.unchecked_ref::<Function>();
        back.call0(&JsValue::UNDEFINED).unwrap();
    }
}

/// The log's last segments are gone, as after a browser lost its newest file.
pub async fn lose_after(name: &str, last: u32, end: u32) {
    let cut = meddle(name, "log", |log| {
        for number in last + 1..=end {
            log.delete(JsValue::from_f64(number.into())).unwrap();
        }
    });
    cut.await.unwrap();
}

pub async fn five(name: &str) -> Vec<RecordedEvent> {
    let store = open(name).await;
    append(&store, 1..=5).await;
    let five = everything(&store).await;
    store.close();
    // Its worker closes the file first.
    journal_bytes(name).await;
    five
}

/// Opened while the journal can't be asked, and appended to.
pub async fn gone_on_blindly(
    name: &str,
    numbers: impl IntoIterator<Item = u64>,
) -> Option<Recovery> {
    let blind = NoWorkers::just_now();
    let store = open(name).await;
    let told = store.recovery();
    append(&store, numbers).await;
    assert!(
        matches!(store.second_copy(), Some(SecondCopy::Missing(_))),
        "{:?}",
        store.second_copy()
    );
    store.close();
    drop(blind);
    told
}

/// What is set aside holds exactly these.
pub async fn has_set_aside(store: &IndexedDbStore, expected: &[RecordedEvent]) {
    let aside = store.set_aside().await.unwrap();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(aside[0].events, Some(expected.len() as u64));
    let held = read_set_aside(&aside[0].name).await.unwrap();
    assert_eq!(held, expected);
}

pub fn told(
    cause: Loss,
    restored: u64,
    lost: u64,
    set_aside: u64,
    is_known: bool,
) -> Option<Recovery> {
    Some(Recovery {
        cause,
        restored,
        lost,
        set_aside,
        is_known,
        is_counted: true,
    })
}

#[wasm_bindgen_test]
async fn a_loss_is_not_final_because_the_journal_could_not_be_asked_once() {
    let name = fresh_name();
    let five = five(&name).await;
    lose_database(&name).await;
    let blind = gone_on_blindly(&name, [11]).await;
    assert_eq!(blind, told(Loss::Deleted, 0, 5, 0, false));

    let store = open(&name).await;
    let mut ear = Ear::on(&store);
    assert_eq!(store.recovery(), told(Loss::Shortened, 0, 0, 5, true));
    // What was given is never given again, so the one that was appended stands above the five.
    assert_eq!(everything(&store).await, [recorded(11, 1, 6)]);
    has_set_aside(&store, &five).await;
    if store.second_copy() != Some(SecondCopy::Kept) {
        copied(&mut ear, 1).await;
    }
    assert_eq!(store.second_copy(), Some(SecondCopy::Kept));
    store.close();
    // And what was appended has a second copy now.
    let (_, back) = reopened_after_loss(&name).await;
    assert_eq!(back, [recorded(11, 1, 6)]);
}

#[wasm_bindgen_test]
async fn what_is_whole_in_the_journal_comes_back_once_it_can_be_asked() {
    let name = fresh_name();
    let five = five(&name).await;
    lose_database(&name).await;
    gone_on_blindly(&name, []).await;
    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Deleted, 5, 0, 0, true));
    assert_eq!(everything(&store).await, five);
    assert_eq!(store.set_aside().await.unwrap(), []);
    end(store).await;
}

#[wasm_bindgen_test]
async fn two_histories_are_never_mixed_whatever_their_lengths() {
    for numbers in [11..=11, 11..=13, 11..=15] {
        let name = fresh_name();
        let five = five(&name).await;
        lose_after(&name, 2, 5).await;
        let count = numbers.clone().count() as u64;
        let blind = gone_on_blindly(&name, numbers.clone()).await;
        assert_eq!(blind, told(Loss::Shortened, 0, 3, 0, false));

        let store = open(&name).await;
        assert_eq!(store.recovery(), told(Loss::Shortened, 0, 0, 3, true));
        let mut expected = vec![recorded(1, 1, 1), recorded(2, 2, 2)];
        expected.extend((0..count).map(|n| recorded(11 + n, 3 + n, 6 + n)));
        assert_eq!(everything(&store).await, expected);
        assert!(verified(&store).await.findings.is_empty());
        has_set_aside(&store, &five).await;
        // The second copy was begun anew.
        kept(&store, &mut Ear::on(&store)).await;
        store.close();
        let (recovery, back) = reopened_after_loss(&name).await;
        assert_eq!(recovery, told(Loss::Deleted, 2 + count, 0, 0, true));
        assert_eq!(back, expected);
    }
}

#[wasm_bindgen_test]
async fn what_was_read_before_a_loss_is_of_another_history_after_it() {
    let mut histories = Vec::new();
    for is_emptied in [false, true] {
        let name = fresh_name();
        let store = open(&name).await;
        append(&store, 1..=5).await;
        let mut last = 5;
        if is_emptied {
            // Then a segment says which history it is.
            store.reset(&[]).await.unwrap();
            append(&store, 1..=5).await;
            last = 11;
        }
        histories.push(store.last_position().await.unwrap().history);
        store.close();
        journal_bytes(&name).await;
        lose_after(&name, last - 3, last).await;
        let blind = NoWorkers::just_now();
        let store = open(&name).await;
        histories.push(store.last_position().await.unwrap().history);
        store.close();
        drop(blind);
        IndexedDbStore::delete(&name).await.unwrap();
    }
    let different: std::collections::BTreeSet<_> = histories.iter().collect();
    assert_eq!(different.len(), 4, "{histories:?}");
}

#[wasm_bindgen_test]
async fn what_was_emptied_while_the_journal_was_away_does_not_come_back() {
    let name = fresh_name();
    five(&name).await;
    let bytes = journal_bytes(&name).await;
    let store = open(&name).await;
    store.reset(&[]).await.unwrap();
    append(&store, [11]).await;
    store.close();
    // The reset is known beside both, and the journal is one from before it.
    journal_bytes(&name).await;
    set_journal_bytes(&name, &bytes).await;
    lose_database(&name).await;
    let store = open(&name).await;
    assert_eq!(everything(&store).await, []);
    assert_eq!(store.recovery(), told(Loss::Deleted, 0, 1, 0, true));
    end(store).await;
}

#[wasm_bindgen_test]
async fn a_journal_whose_middle_can_not_be_read_takes_no_acknowledgement_before_it_is_whole_again()
{
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=6).await;
    store.close();
    let mut bytes = journal_bytes(&name).await;
    // One bit of the length of the third of six entries that are alike.
    let entry = (bytes.len() - 256) / 6;
    bytes[256 + 2 * entry + 1] ^= 0x10;
    set_journal_bytes(&name, &bytes).await;
    lose_database(&name).await;
    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Deleted, 5, 1, 0, true));
    // The stream that lacks an event isn't gone on with; any other is.
    let any = ExpectedVersion::Any;
    assert!(store.record(&ada(), any, &[event(7)]).await.is_err());
    let ben = StreamId::new("bank_account", "ben").unwrap();
    store.record(&ben, any, &[event(8)]).await.unwrap();
    store.close();
    journal_bytes(&name).await;
    lose_database(&name).await;
    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Deleted, 6, 0, 0, true));
    let back = store.stream_events(&ben, Version::NONE, 9).await.unwrap();
    assert_eq!(back.len(), 1);
    let back = store.stream_events(&ada(), Version(3), 9).await.unwrap();
    assert_eq!(back.len(), 3);
    end(store).await;
}

#[wasm_bindgen_test]
async fn a_database_that_does_not_open_is_left_as_it_is() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=2).await;
    store.close();
    let plain = IndexedDbStore::open(&name).await.unwrap();
    append(&plain, 3..=10).await;
    journal_bytes(&name).await;
    let refuse = Function::new_no_args(
        "const original = IDBFactory.prototype.open;
         IDBFactory.prototype.open = function () {
             throw new DOMException('Internal error opening backing store', 'UnknownError');
         };
         return () => { IDBFactory.prototype.open = original; };",
    );
    let back = refuse.call0(&JsValue::UNDEFINED).unwrap();
    let opened = IndexedDbStore::open_with_second_copy(&name).await.map(drop);
    back.unchecked_ref::<Function>()
        .call0(&JsValue::UNDEFINED)
        .unwrap();
    assert!(opened.is_err());
    // Whoever has it open goes on, and so does who opens it next.
    assert_eq!(everything(&plain).await.len(), 10);
    plain.close();
    let store = open(&name).await;
    assert_eq!(
        (store.recovery(), everything(&store).await.len()),
        (None, 10)
    );
    assert_eq!(store.set_aside().await.unwrap(), []);
    end(store).await;
}

#[wasm_bindgen_test]
async fn what_is_set_aside_stays_until_a_person_deletes_it() {
    let name = fresh_name();
    five(&name).await;
    lose_database(&name).await;
    gone_on_blindly(&name, [11]).await;
    for _ in 0..2 {
        let store = open(&name).await;
        assert_eq!(store.set_aside().await.unwrap().len(), 1);
        store.close();
        journal_bytes(&name).await;
    }
    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    let aside = store.set_aside().await.unwrap();
    store.delete_set_aside(&aside[0]).await.unwrap();
    assert_eq!(store.set_aside().await.unwrap(), []);
    assert!(read_set_aside(&aside[0].name).await.is_err());
    assert_eq!(store.version_of(&super::support::ada()).await.unwrap().0, 1);
    end(store).await;
}

#[wasm_bindgen_test]
async fn what_is_in_doubt_since_another_tab_appended_stays_so() {
    let name = fresh_name();
    // Nobody keeps a second copy: each is in doubt from where the log ends when it opens.
    let (one, other) = (plain(&name).await, plain(&name).await);
    append(&one, [1]).await;
    append(&other, [2]).await;
    let noted = raw_record(&name, "meta", "doubt".into()).await;
    assert!(json(&noted).contains("\"0 0\""), "{}", json(&noted));
    one.close();
    end(other).await;
}
