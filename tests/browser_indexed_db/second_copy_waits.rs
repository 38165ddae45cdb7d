//! A strict append is answered when it is in the journal too, however long that takes.

use std::cell::Cell;

use eventloom::browser::IndexedDbStore;
use eventloom::core::Position;
use eventloom::store::Durability;
use eventloom::store::conformance::Plain;
use eventloom::store::conformance::both;
use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::second_copy::{append, deleted, open, reopened_after_loss};
use super::support::{delete, fresh_name, js, recorded, soon};

/// Keeps back what journals are told to write, until it is dropped.
pub struct Held(Function);

impl Held {
    pub fn back() -> Held {
        let hold = js("(() => {
             const original = Worker.prototype.postMessage;
             const late = [];
             Worker.prototype.postMessage = function (...told) {
                 if (told[0][0] === 'change') late.push(() => original.apply(this, told));
                 else original.apply(this, told);
             };
             return () => {
                 Worker.prototype.postMessage = original;
                 for (const tell of late.splice(0)) tell();
             };
         })()");
        Held(hold.unchecked_into())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.call0(&JsValue::UNDEFINED).unwrap();
    }
}

/// Appends the second event with `store`; whether that was answered when the database had it and the
/// journal that `keeper` keeps had not.
async fn is_answered_by_the_database_alone(
    keeper: &IndexedDbStore,
    store: &IndexedDbStore,
) -> bool {
    append(keeper, [1]).await;
    is_next_answered_by_the_database_alone(store, 2).await
}

/// The same of an event that is recorded next, at the position of its number.
pub async fn is_next_answered_by_the_database_alone(store: &IndexedDbStore, number: u64) -> bool {
    let held = Held::back();
    let is_answered = Cell::new(false);
    let appended = async {
        append(store, [number]).await;
        is_answered.set(true);
    };
    let looked = async {
        // Sees what is complete, and not before.
        let other = IndexedDbStore::open(store.name()).await.unwrap();
        soon(other.changed_after(Position(number - 1)))
            .await
            .unwrap();
        for _ in 0..3 {
            assert_eq!(other.end().await, Ok(Position(number)));
        }
        other.close();
        let answered = is_answered.get();
        drop(held);
        answered
    };
    let ((), answered) = both(soon(appended), looked).await;
    answered
}

#[wasm_bindgen_test]
async fn a_strict_append_is_not_answered_before_the_journal_has_it() {
    let store = open(&fresh_name()).await;
    assert!(!is_answered_by_the_database_alone(&store, &store).await);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_strict_append_of_another_tab_is_in_both_when_it_is_acknowledged() {
    let name = fresh_name();
    let (first, second) = (open(&name).await, open(&name).await);
    assert!(!is_answered_by_the_database_alone(&first, &second).await);
    // Nobody has time to catch up afterwards: the first tab keeps the journal, and is gone at once.
    first.close();
    second.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(2, 0));
    assert_eq!(after, [1, 2].map(|n| recorded(n, n, n)));
}

#[wasm_bindgen_test]
async fn a_relaxed_append_is_answered_by_the_database_alone() {
    let store = open(&fresh_name()).await;
    let relaxed = store.clone().with_durability(Durability::Relaxed);
    assert!(is_answered_by_the_database_alone(&store, &relaxed).await);
    drop(relaxed);
    delete(store).await;
}
