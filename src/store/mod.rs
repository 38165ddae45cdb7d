//! What a store promises: appending with an expected version, reading by stream and by
//! position, and the errors it answers with. The conformance suite holds each backend to it.

mod batch;
mod cause;
#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod envelope;
mod error;
mod event_store;
mod following;
mod hole;
mod importing;
pub mod inspect;
pub mod judging;
mod keeping;
pub mod memory;
pub mod recovery;
mod shared;
pub mod verify;

pub use batch::{recognise, repeated_id, same_history, same_history_for};
pub use cause::Cause;
pub use envelope::check;
pub use error::{AppendError, StoreError};
pub use event_store::{At, Durability, EventStore, Page};
pub use following::{Following, Misplaced};
pub use hole::{met_hole, until_hole};
pub use importing::{
    ImportError, ImportStore, ImportToken, ResetError, ResetToken, Segments, UndoError,
};
pub use inspect::{Damaged, Held, InspectStore};
pub use keeping::{ArchiveStore, CheckpointStore, Snapshot, SnapshotStore};
pub use memory::MemoryStore;
pub use recovery::{CopyChecked, Loss, Recovery, SecondCopy, SetAside, Unopened, WhySetAside};
pub use verify::{Finding, Verification, VerifyError, verify};
