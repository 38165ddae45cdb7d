//! What only a browser has: its storage, its clock, its source of random bytes. The one part of
//! the library that knows JavaScript; none of its types are in what it offers.

pub mod clock;
pub mod indexed_db;
#[cfg(feature = "js-api")]
pub mod js_api;
pub mod offline;
mod opfs;
pub mod words;
pub mod worker;

pub use clock::{BrowserClock, BrowserIds};
pub use indexed_db::{InUse, IndexedDbStore, LoadCode, Signal, Subscription, read_set_aside};

#[cfg(test)]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
