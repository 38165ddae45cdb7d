//! Where events lie: in runs of one stream, within their segment or in its pages.

use crate::core::{RecordedEvent, StreamId, Version};

/// The page of what stands in the segment itself.
pub const INLINE: u32 = u32::MAX;

/// So many events of an append or an import stand in their segment; more are laid out in pages by stream.
pub const INLINE_EVENTS: usize = 256;

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
