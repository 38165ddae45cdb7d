//! What an entry of a journal holds, and whether events are the same.

use super::super::transaction::Fault;
use crate::core::{Position, RecordedEvent};
use crate::log::journal::{Body, Entry};
use crate::log::segments::{in_order, unpack};

/// The events of an entry, in the order of their positions; none of one that holds none.
pub(super) fn events_of(entry: &Entry<'_>) -> Result<Option<Vec<RecordedEvent>>, Fault> {
    let unpacked = |packed: &[u8]| unpack(packed).map_err(Fault::from);
    Ok(match &entry.body {
        Body::Inline { packed } => Some(unpacked(packed)?),
        Body::Paged { pages, .. } => {
            let mut events = Vec::new();
            for page in pages {
                events.extend(unpacked(page)?);
            }
            in_order(&mut events);
            Some(events)
        }
        Body::Turn(..) => None,
    })
}

/// The greatest position that an entry says without being unpacked.
pub(super) fn floor_of(entry: &Entry<'_>) -> Option<Position> {
    match entry.body {
        Body::Paged { last, .. } => Some(last),
        Body::Turn(turn, _) => turn.floor(),
        Body::Inline { .. } => None,
    }
}

/// The event in the place of another.
pub(super) fn find<'a>(
    events: &'a [RecordedEvent],
    of: &RecordedEvent,
) -> Option<&'a RecordedEvent> {
    let at = events.binary_search_by_key(&of.position, |event| event.position);
    at.ok().map(|at| &events[at])
}

/// Whether all of these are among those.
pub(super) fn are_in(these: &[RecordedEvent], those: &[RecordedEvent]) -> bool {
    let is_in = |event: &RecordedEvent| find(those, event).is_some_and(|of| is_same(of, event));
    these.iter().all(is_in)
}

/// Whether both are the same, but for holes that are filled in one of them.
pub(super) fn are_same(these: &[RecordedEvent], those: &[RecordedEvent]) -> bool {
    let mut both = these.iter().zip(those);
    these.len() == those.len() && both.all(|(one, other)| is_same(one, other))
}

pub(super) fn is_same(one: &RecordedEvent, other: &RecordedEvent) -> bool {
    one == other || one.fills(other) || other.fills(one)
}
