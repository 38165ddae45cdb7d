//! Between our types and the records in the database: plain objects with the names of the
//! envelope, so that a person finds their way in the browser's storage inspector.
//!
//! JSON stays text: an object would lose digits, the order of keys and what `1.0` was.

mod event;
mod record;
mod segment;
mod turn;

pub(super) use self::event::{Read, inspect_event, read_event};
pub(super) use self::record::{
    Record, belonging, checkpoint, checkpoint_key, inspect_snapshot, meta, names, number,
    position_of, read_checkpoint, read_snapshot, segment_of, since, snapshot, stream_key,
    stream_of, subscriber_of, value_of, weight,
};
pub(super) use self::segment::{
    Content, FILTER, Opened, chain_of, fill, fill_page, filter, gathered, inline, link, linked,
    misplaced, number_of, open_filter, open_page, open_saved_index, open_segment, page, page_of,
    paged, place_of, saved_index, saved_up_to,
};
pub(super) use self::turn::{emptied, fills, gone, turned};
