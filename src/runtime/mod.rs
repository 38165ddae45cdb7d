//! What runs deciders against a store: loading, deciding and saving aggregates.

pub mod repository;
#[cfg(not(target_arch = "wasm32"))]
pub mod system;

pub use repository::{ExecuteError, LoadError, Repository, SnapshotPolicy};
