//! Whether a store is whole: versions, positions, ids, heads, checksums, snapshots, and that every
//! event can be read by its model. Says what is wrong and mends nothing.

mod checker;
mod finding;
mod hole;
mod whole;

pub use checker::Checker;
pub use finding::{Finding, Place, Verification};
pub use whole::{Fold, VerifyError, verify};
