//! A second copy that was made of a log in which something was damaged already: it never passes for the whole.

use eventloom::browser::IndexedDbStore;
use eventloom::core::ExpectedVersion;
use eventloom::store::conformance::Plain;
use wasm_bindgen_test::wasm_bindgen_test;

use super::second_copy::{
    append, end, in_files, journal_bytes, kept, lose_database, open, reopened_after_loss,
    write_file,
};
use super::support::{Ear, ada, change_event, events, everything, fresh_name, put, raw_segment};
use super::verify::verified;

/// The last of three events of one record isn't as it was written.
async fn damage(name: &str) {
    change_event(name, 1, 2, "data", "7".into()).await;
}

/// A store whose second copy was made of such a record.
async fn copied_damaged() -> String {
    let name = fresh_name();
    let plain = IndexedDbStore::open(&name).await.unwrap();
    let any = ExpectedVersion::Any;
    plain.record(&ada(), any, &events(1..=3)).await.unwrap();
    plain.close();
    damage(&name).await;
    opened_and_kept(&name).await;
    name
}

/// Opened, and closed once the second copy is said to be kept.
async fn opened_and_kept(name: &str) {
    let store = open(name).await;
    kept(&store, &mut Ear::on(&store)).await;
    store.close();
    journal_bytes(name).await;
}

#[wasm_bindgen_test]
async fn a_damaged_record_is_not_overwritten_with_a_copy_that_lacks_its_event() {
    let name = copied_damaged().await;
    for lost in [false, false, true] {
        if lost {
            lose_database(&name).await;
        }
        let store = open(&name).await;
        kept(&store, &mut Ear::on(&store)).await;
        // It is told, and its version isn't given again.
        let found = verified(&store).await.findings;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(store.mend().await, Ok(0));
        let (ada, next) = (ada(), events(4..=4));
        let refused = store.record(&ada, ExpectedVersion::Any, &next).await;
        assert!(refused.is_err());
        store.close();
        journal_bytes(&name).await;
    }
    IndexedDbStore::delete(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn what_is_damaged_is_mended_from_an_earlier_second_copy_before_that_is_removed() {
    let name = fresh_name();
    let store = open(&name).await;
    let any = ExpectedVersion::Any;
    store.record(&ada(), any, &events(1..=3)).await.unwrap();
    let before = everything(&store).await;
    store.close();
    let whole = journal_bytes(&name).await;
    damage(&name).await;
    in_files(&name, "await folder.removeEntry(name);").await;
    opened_and_kept(&name).await;
    write_file(&format!("{name}.journal-0"), &whole).await;

    let store = open(&name).await;
    let mut ear = Ear::on(&store);
    while !verified(&store).await.findings.is_empty() {
        ear.next().await;
    }
    assert_eq!(everything(&store).await, before);
    kept(&store, &mut ear).await;
    store.close();
    let (_, after) = reopened_after_loss(&name).await;
    assert_eq!(after, before);
}

#[wasm_bindgen_test]
async fn nothing_is_brought_back_where_what_is_here_can_not_be_set_aside_whole() {
    let other = fresh_name();
    let store = open(&other).await;
    append(&store, 1..=2).await;
    store.close();
    let aside = journal_bytes(&other).await;
    let name = copied_damaged().await;
    write_file(&format!("{name}.journal.aside.0.2.apart"), &aside).await;

    let store = open(&name).await;
    let found = store.set_aside().await.unwrap();
    let refused = store.bring_back(&found[0]).await.unwrap_err().to_string();
    assert!(refused.contains("a record here is damaged"), "{refused}");
    assert_eq!(store.set_aside().await.unwrap(), found);
    assert_eq!(verified(&store).await.findings.len(), 1);
    store.delete_set_aside(&found[0]).await.unwrap();
    end(store).await;
}

#[wasm_bindgen_test]
async fn a_second_copy_that_was_made_of_damage_is_filled_again_once_the_whole_database_is_back() {
    let name = fresh_name();
    let plain = IndexedDbStore::open(&name).await.unwrap();
    let any = ExpectedVersion::Any;
    plain.record(&ada(), any, &events(1..=3)).await.unwrap();
    let before = everything(&plain).await;
    plain.close();
    let whole = raw_segment(&name, 1).await;
    damage(&name).await;
    opened_and_kept(&name).await;
    put(&name, "log", &[whole]).await;
    opened_and_kept(&name).await;
    let (_, after) = reopened_after_loss(&name).await;
    assert_eq!(after, before);
}
