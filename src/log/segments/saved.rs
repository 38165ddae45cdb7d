//! An index as bytes, so that it needn't be made anew from all segments. The ids that it knows aren't
//! among them: they are read again where they are needed.
//!
//! The form: one byte, 3; then, as postcard writes them, the number of the last segment, the last
//! position, the position up to which none is given again, the number of the segment that last emptied
//! the store, the history that it is in and its chain (each a byte that says whether it is there, and 16
//! or 8 bytes), the first and last of each range of positions that an import gave, after how many there
//! are; for each segment, after how many there are, its number, the first number that it stands
//! for, its first and last position, how many pages it has and how many events; and for each stream, after how many there are, its aggregate
//! type, aggregate id, version, and the segments and pages that it is in, after how many: each segment
//! and first version as what it is more than the one before it, and between them the page and one, 0 for
//! the segment itself.

use super::index::{Index, Part, Segment, Thread};
use super::packed::Unreadable;
use super::run::INLINE;
use uuid::Uuid;

use crate::core::{History, Position, StreamId, Version};
use crate::log::Chain;
use crate::log::numbers::{Rest, put, put_bytes};

/// Which form the bytes have.
const FORM: u8 = 3;

impl Index {
    /// The index as bytes; none where it knows of damage, which is to be met anew each time.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        if self.is_faulty() {
            return None;
        }
        let mut bytes = vec![FORM];
        put(&mut bytes, self.last_segment);
        put(&mut bytes, self.last_position.0);
        put(&mut bytes, self.floor.0);
        put(&mut bytes, self.emptied);
        let history = self
            .history
            .as_ref()
            .map(|history| &history.0.as_bytes()[..]);
        put_if_there(&mut bytes, history);
        let chain = self.chain.map(Chain::to_bytes);
        put_if_there(&mut bytes, chain.as_ref().map(|chain| &chain[..]));
        put(&mut bytes, self.imported.iter().count() as u64);
        for (first, last) in self.imported.iter() {
            put(&mut bytes, first.0);
            put(&mut bytes, last.0);
        }
        put(&mut bytes, self.segments.len() as u64);
        for (segment, count) in self.segments.iter().zip(&self.counts) {
            let Segment {
                number,
                from,
                first,
                last,
                pages,
            } = *segment;
            for value in [number, from, first.0, last.0, u64::from(pages), *count] {
                put(&mut bytes, value);
            }
        }
        put(&mut bytes, self.streams.len() as u64);
        for (stream, thread) in &self.streams {
            for text in [stream.aggregate_type(), stream.aggregate_id()] {
                put_bytes(&mut bytes, text.as_bytes());
            }
            put(&mut bytes, thread.version.0);
            put(&mut bytes, thread.parts.len() as u64);
            let (mut segment, mut first) = (0, 0);
            for part in &thread.parts {
                let page = u64::from(part.page.wrapping_add(1));
                put(&mut bytes, part.segment.wrapping_sub(segment));
                put(&mut bytes, page);
                put(&mut bytes, part.first.0.wrapping_sub(first));
                (segment, first) = (part.segment, part.first.0);
            }
        }
        Some(bytes)
    }

    /// The index that these bytes were made of.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Index, Unreadable> {
        let cut = || Unreadable::Content("it is no index, or cut off".to_owned());
        match bytes.split_first() {
            Some((&FORM, rest)) => read(&mut Rest(rest)).ok_or_else(cut),
            Some((&form, _)) => Err(Unreadable::Form(form)),
            None => Err(cut()),
        }
    }
}

/// Adds bytes that may be missing: a byte that says whether they are there, and they.
fn put_if_there(bytes: &mut Vec<u8>, held: Option<&[u8]>) {
    bytes.push(held.is_some().into());
    bytes.extend_from_slice(held.unwrap_or_default());
}

fn if_there<const N: usize>(rest: &mut Rest<'_>) -> Option<Option<[u8; N]>> {
    match rest.number()? {
        0 => Some(None),
        1 => rest.array().map(Some),
        _ => None,
    }
}

/// Reads an index; none where the bytes end before it does, or go on after it, or name a stream
/// twice, a segment after the last, or a version after a stream's last.
fn read(rest: &mut Rest<'_>) -> Option<Index> {
    let mut index = Index {
        last_segment: rest.number()?,
        last_position: Position(rest.number()?),
        floor: Position(rest.number()?),
        emptied: rest.number()?,
        history: if_there(rest)?.map(|bytes| History(Uuid::from_bytes(bytes))),
        chain: if_there(rest)?.map(Chain::from_bytes),
        ..Index::default()
    };
    for _ in 0..rest.number()? {
        let (first, last) = (rest.number()?, rest.number()?);
        index.imported.add(Position(first), Position(last));
    }
    for _ in 0..rest.number()? {
        index.segments.push(Segment {
            number: rest.number()?,
            from: rest.number()?,
            first: Position(rest.number()?),
            last: Position(rest.number()?),
            pages: u32::try_from(rest.number()?).ok()?,
        });
        index.counts.push(rest.number()?);
    }
    for _ in 0..rest.number()? {
        let stream = StreamId::new(rest.text()?, rest.text()?).ok()?;
        let mut thread = Thread {
            version: Version(rest.number()?),
            ..Thread::default()
        };
        let (mut segment, mut first) = (0_u64, 0_u64);
        let count = rest.number()?;
        // No more than there can be: each takes three bytes at least.
        let most = usize::try_from(count).unwrap_or(usize::MAX);
        thread.parts.reserve_exact(most.min(rest.0.len() / 3));
        for _ in 0..count {
            segment = segment.checked_add(rest.number()?)?;
            let page = u32::try_from(rest.number()?).ok()?;
            first = first.checked_add(rest.number()?)?;
            if segment > index.last_segment || first > thread.version.0 {
                return None;
            }
            thread.parts.push(Part {
                segment,
                page: page.checked_sub(1).unwrap_or(INLINE),
                first: Version(first),
            });
        }
        index.events = index.events.saturating_add(thread.version.0);
        if index.streams.insert(stream, thread).is_some() {
            return None;
        }
    }
    rest.0.is_empty().then_some(index)
}
