//! A log that is kept as segments: what many events look like as bytes, how they are laid out in
//! pages by stream, and the index in memory by which a stream or a position is found again. Pure;
//! a backend carries the bytes.
//!
//! A segment is what one append or one import wrote, under a number that is one more than the last.
//! That number is what two writers compete for: whoever comes second finds it taken, catches up and
//! tries again. Old segments are joined to greater ones, which stand for all their numbers.

mod index;
mod joining;
mod packed;
mod pages;
mod ranks;
mod saved;

pub use index::{Fetch, INLINE, Index, Segment};
pub use packed::{Unreadable, pack, runs, unpack, unpack_stream};
pub use pages::{Page, directory, paginate, read_directory, runs_of};
pub use ranks::Ranks;

use crate::core::{RecordedEvent, StreamId, Version};

/// Puts events in the order of their positions, as they were before they were laid out by stream.
pub fn in_order(events: &mut [RecordedEvent]) {
    events.sort_unstable_by_key(|event| event.position);
}

/// Events of one stream that follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The stream.
    pub stream: StreamId,
    /// The version of the first.
    pub first: Version,
    /// How many there are.
    pub count: u64,
}
