//! What comes after a loss that was told: the store goes on in every tab, above all that was given before, and
//! nobody takes what was read before for what is there now.

use eventloom::browser::IndexedDbStore;
use eventloom::store::{ImportStore, Loss};
use wasm_bindgen_test::wasm_bindgen_test;

use super::doubted::{five, has_set_aside, lose_after, told};
use super::second_copy::{append, end, in_files, local_storage, lose_database, open};
use super::support::{everything, fresh_name, open as plain};

/// The journal is gone, too.
async fn lose_journal(name: &str) {
    in_files(name, "await folder.removeEntry(name);").await;
}

/// What was noted beside both is gone.
fn lose_notes(name: &str) {
    let noted = format!("{name}.sentinel");
    local_storage().remove_item(&noted).unwrap();
}

/// The position that the next event gets.
async fn next(store: &IndexedDbStore) -> u64 {
    store.next_position().await.unwrap().place.0
}

#[wasm_bindgen_test]
async fn a_second_tab_opens_a_store_whose_total_loss_was_told() {
    let name = fresh_name();
    five(&name).await;
    lose_journal(&name).await;
    lose_database(&name).await;
    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Deleted, 0, 5, 0, true));
    let other = open(&name).await;
    assert_eq!(everything(&other).await, []);
    other.close();
    end(store).await;
}

#[wasm_bindgen_test]
async fn no_tab_gives_a_position_again_after_a_loss_that_another_was_told() {
    for is_whole in [false, true] {
        let name = fresh_name();
        five(&name).await;
        lose_journal(&name).await;
        match is_whole {
            true => lose_database(&name).await,
            false => lose_after(&name, 2, 5).await,
        }
        let store = open(&name).await;
        assert!(store.recovery().is_some_and(|told| told.lost > 0));
        assert_eq!(next(&store).await, 6);
        let second = open(&name).await;
        assert_eq!(next(&second).await, 6);
        second.close();
        // A worker opens it so.
        let beside = IndexedDbStore::open_beside(&name, store.database()).await;
        let beside = beside.unwrap();
        assert_eq!(next(&beside).await, 6);
        beside.close();
        store.close();
        // And once nobody has it open who was told.
        let later = plain(&name).await;
        append(&later, [11]).await;
        let last = everything(&later).await.pop();
        assert_eq!(last.map(|last| last.position.0), Some(6));
        end(later).await;
    }
}

#[wasm_bindgen_test]
async fn no_position_of_what_is_set_aside_is_given_again() {
    let name = fresh_name();
    let five = five(&name).await;
    lose_after(&name, 2, 5).await;
    lose_notes(&name);
    let other = plain(&name).await;
    append(&other, [11]).await;
    other.close();
    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Shortened, 0, 0, 3, true));
    has_set_aside(&store, &five).await;
    assert_eq!(next(&store).await, 6);
    store.close();
    let other = plain(&name).await;
    assert_eq!(next(&other).await, 6);
    end(other).await;
}
