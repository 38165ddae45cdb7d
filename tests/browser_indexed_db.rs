//! The store in IndexedDB keeps what every store promises, and what only a browser can break:
//! other tabs, older and newer layouts, damaged records, no room, no storage.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: Clippy doesn't know `#[wasm_bindgen_test]` for one"
)]

use eventloom::browser::IndexedDbStore;
use eventloom::store::MemoryStore;
use eventloom::store::conformance::Backend;
use wasm_bindgen_test::wasm_bindgen_test_configure;

#[path = "browser_indexed_db/support.rs"]
mod support;

#[path = "browser_indexed_db/alone.rs"]
mod alone;
#[path = "browser_indexed_db/compact.rs"]
mod compact;
#[path = "browser_indexed_db/copying.rs"]
mod copying;
#[path = "browser_indexed_db/damage.rs"]
mod damage;
#[path = "browser_indexed_db/damaged_copies.rs"]
mod damaged_copies;
#[path = "browser_indexed_db/doubted.rs"]
mod doubted;
#[path = "browser_indexed_db/emptied.rs"]
mod emptied;
#[path = "browser_indexed_db/faults/mod.rs"]
mod faults;
#[path = "browser_indexed_db/filling.rs"]
mod filling;
#[path = "browser_indexed_db/filters.rs"]
mod filters;
#[path = "browser_indexed_db/great_appends.rs"]
mod great_appends;
#[path = "browser_indexed_db/layout.rs"]
mod layout;
#[path = "browser_indexed_db/races.rs"]
mod races;
#[path = "browser_indexed_db/reading_on.rs"]
mod reading_on;
#[path = "browser_indexed_db/records.rs"]
mod records;
#[path = "browser_indexed_db/reopening.rs"]
mod reopening;
#[path = "browser_indexed_db/role.rs"]
mod role;
#[path = "browser_indexed_db/saved.rs"]
mod saved;
#[path = "browser_indexed_db/second_copy.rs"]
mod second_copy;
#[path = "browser_indexed_db/second_copy_epochs.rs"]
mod second_copy_epochs;
#[path = "browser_indexed_db/second_copy_opened.rs"]
mod second_copy_opened;
#[path = "browser_indexed_db/second_copy_repaired.rs"]
mod second_copy_repaired;
#[path = "browser_indexed_db/second_copy_waits.rs"]
mod second_copy_waits;
#[path = "browser_indexed_db/set_aside.rs"]
mod set_aside;
#[path = "browser_indexed_db/stored.rs"]
mod stored;
#[path = "browser_indexed_db/stored_second_copy.rs"]
mod stored_second_copy;
#[path = "browser_indexed_db/tabs.rs"]
mod tabs;
#[path = "browser_indexed_db/told_losses.rs"]
mod told_losses;
#[path = "browser_indexed_db/transactions.rs"]
mod transactions;
#[path = "browser_indexed_db/unopened.rs"]
mod unopened;
#[path = "browser_indexed_db/verify.rs"]
mod verify;
#[path = "browser_indexed_db/waiting.rs"]
mod waiting;

wasm_bindgen_test_configure!(run_in_browser);

struct Indexed;

impl Backend for Indexed {
    type Store = IndexedDbStore;

    async fn open() -> IndexedDbStore {
        support::fresh().await
    }

    async fn close(store: IndexedDbStore) {
        support::delete(store).await;
    }
}

struct Memory;

impl Backend for Memory {
    type Store = MemoryStore;

    async fn open() -> MemoryStore {
        MemoryStore::new()
    }
}

mod indexed_db {
    eventloom::conformance_tests!(browser: super::Indexed);
}

mod in_memory {
    eventloom::conformance_tests!(browser: super::Memory);
}
