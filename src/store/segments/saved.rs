//! An index as bytes, so that it needn't be made anew from all segments. The ids that it knows aren't
//! among them: they are read again where they are needed.
//!
//! The form: one byte, 1; then, as postcard writes them, the number of the last segment, the last
//! position, the position up to which none is given again, whether the store was emptied; for each
//! segment its number, the first number that it stands for, its first and last position and how many
//! pages it has; and for each stream its aggregate type, aggregate id, version, and the segments and
//! pages that it is in: each segment and first version as what it is more than the one before it, and
//! between them the page and one, 0 for the segment itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::index::{Part, Thread};
use super::packed::Unreadable;
use super::{INLINE, Index, Segment};
use crate::core::{Position, StreamId, Version};

/// Which form the bytes have.
const FORM: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Saved<'a> {
    last_segment: u64,
    last_position: u64,
    floor: u64,
    was_emptied: bool,
    segments: Vec<(u64, u64, u64, u64, u32)>,
    #[serde(borrow)]
    streams: Vec<SavedStream<'a>>,
}

#[derive(Serialize, Deserialize)]
struct SavedStream<'a>(&'a str, &'a str, u64, Vec<(u64, u32, u64)>);

impl Index {
    /// The index as bytes; none where it knows of damage, which is to be met anew each time.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        if self.is_faulty() {
            return None;
        }
        let segments = self.segments.iter();
        let segments = segments.map(|s| (s.number, s.from, s.first.0, s.last.0, s.pages));
        let streams = self.streams.iter().map(|(stream, thread)| {
            let (mut segment, mut first) = (0, 0);
            let parts = thread.parts.iter().map(|part| {
                let more = (
                    part.segment.wrapping_sub(segment),
                    part.first.0.wrapping_sub(first),
                );
                (segment, first) = (part.segment, part.first.0);
                (more.0, part.page.wrapping_add(1), more.1)
            });
            let parts = parts.collect();
            let (kind, id) = (stream.aggregate_type(), stream.aggregate_id());
            SavedStream(kind, id, thread.version.0, parts)
        });
        let saved = Saved {
            last_segment: self.last_segment,
            last_position: self.last_position.0,
            floor: self.floor.0,
            was_emptied: self.was_emptied,
            segments: segments.collect(),
            streams: streams.collect(),
        };
        postcard::to_extend(&saved, vec![FORM]).ok()
    }

    /// The index that these bytes were made of.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Index, Unreadable> {
        let saved: Saved<'_> = match bytes.split_first() {
            Some((&FORM, rest)) => postcard::from_bytes(rest).map_err(content)?,
            Some((&form, _)) => return Err(Unreadable::Form(form)),
            None => return Err(Unreadable::Content("it is empty".to_owned())),
        };
        let segments = saved.segments.into_iter();
        let segments = segments.map(|(number, from, first, last, pages)| Segment {
            number,
            from,
            first: Position(first),
            last: Position(last),
            pages,
        });
        let streams = saved.streams.into_iter().map(|stream| {
            let SavedStream(kind, id, version, parts) = stream;
            let (mut segment, mut first) = (0_u64, 0_u64);
            let parts = parts.into_iter().map(|(more_segments, page, more)| {
                segment = segment.wrapping_add(more_segments);
                first = first.wrapping_add(more);
                Part {
                    segment,
                    page: page.checked_sub(1).unwrap_or(INLINE),
                    first: Version(first),
                }
            });
            let thread = Thread {
                version: Version(version),
                parts: parts.collect(),
                ids: None,
            };
            Ok((StreamId::new(kind, id).map_err(content)?, thread))
        });
        let streams = streams.collect::<Result<BTreeMap<StreamId, Thread>, _>>()?;
        Ok(Index {
            events: streams.values().map(|thread| thread.version.0).sum(),
            streams,
            segments: segments.collect(),
            last_segment: saved.last_segment,
            last_position: Position(saved.last_position),
            floor: Position(saved.floor),
            was_emptied: saved.was_emptied,
            ..Index::default()
        })
    }
}

fn content(error: impl std::fmt::Display) -> Unreadable {
    Unreadable::Content(error.to_string())
}
