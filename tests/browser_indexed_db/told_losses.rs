//! What comes after a loss that was told: the store goes on in every tab, above all that was given before, and
//! nobody takes what was read before for what is there now.

use eventloom::store::Loss;
use wasm_bindgen_test::wasm_bindgen_test;

use super::doubted::{five, told};
use super::second_copy::{end, in_files, lose_database, open};
use super::support::{everything, fresh_name};

/// The journal is gone, too.
async fn lose_journal(name: &str) {
    in_files(name, "await folder.removeEntry(name);").await;
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
