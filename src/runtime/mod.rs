//! What runs deciders against a store: loading, deciding and saving aggregates.

pub mod outcome;
pub mod repository;
pub mod snapshot;
#[cfg(not(target_arch = "wasm32"))]
pub mod system;

pub use outcome::{ExecuteError, LoadError};
pub use repository::Repository;
pub use snapshot::SnapshotPolicy;
