//! A log that is kept as segments: what many events look like as bytes, how they are laid out in
//! pages by stream, and the index in memory by which a stream or a position is found again. Pure;
//! a backend carries the bytes.
//!
//! A segment is what one append or one import wrote, under a number that is one more than the last.
//! That number is what two writers compete for: whoever comes second finds it taken, catches up and
//! tries again. Old segments are joined to greater ones, which stand for all their numbers.

mod fetch;
mod filter;
mod ids;
mod index;
mod joining;
mod known;
mod packed;
mod pages;
mod portion;
mod run;
mod saved;
mod stream_numbers;
mod turn;
mod turned;

pub use fetch::Fetch;
pub use filter::Filter;
pub use ids::Ids;
pub use index::{Damage, Index, Segment};
pub use joining::NEWEST;
pub use packed::{Unreadable, add_ids, pack, runs, unpack, unpack_stream};
pub use pages::{Page, directory, paginate, read_directory, runs_of, text_size};
pub use portion::Portion;
pub use run::{INLINE, INLINE_EVENTS, Run, in_order};
pub use stream_numbers::StreamNumbers;
pub use turn::Turn;
