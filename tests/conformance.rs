//! The store in memory keeps what every store promises.
#![cfg(not(target_arch = "wasm32"))]

use eventloom::store::MemoryStore;
use eventloom::store::conformance::Backend;

struct Memory;

impl Backend for Memory {
    type Store = MemoryStore;

    async fn open() -> MemoryStore {
        MemoryStore::new()
    }
}

eventloom::conformance_tests!(native: Memory, pollster::block_on);
