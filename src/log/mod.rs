//! The form of the log, however a backend keeps it: segments of events, the index by which they are
//! found again, the journal that is their second copy, and the checksums of all of these. Pure; a backend
//! carries the bytes.

mod chain;
pub mod checksum;
pub mod journal;
mod numbers;
pub mod segments;

pub use chain::Chain;
