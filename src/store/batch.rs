//! What a batch, or a read, meets in a store: whether the history is the one that it is meant for, and
//! whether the batch was recorded before. Shared by the backends, so that it means the same in each.

use std::collections::HashSet;

use super::error::{AppendError, StoreError};
use crate::core::{EventId, ExpectedVersion, History, NewEvent, RecordedEvent, StreamId};

/// Whether a caller's history is the store's; one that names none takes any.
///
/// # Errors
/// [`StoreError::HistoryChanged`].
pub fn same_history(known: Option<History>, now: History) -> Result<(), StoreError> {
    match known {
        Some(known) if known != now => Err(StoreError::HistoryChanged {
            known: Some(known),
            now,
        }),
        _ => Ok(()),
    }
}

/// The same for a batch: what is exact is so in one history.
///
/// # Errors
/// [`StoreError::HistoryChanged`].
pub fn same_history_for(
    expected: ExpectedVersion,
    known: Option<History>,
    now: History,
) -> Result<(), StoreError> {
    match (expected, known) {
        (ExpectedVersion::Exact(_), None) => Err(StoreError::HistoryChanged { known, now }),
        _ => same_history(known, now),
    }
}

/// What a batch that met a stream already holding some of its ids amounts to. Shared by the
/// backends, so that idempotency means the same in each.
///
/// `found` are the events of the stream whose ids are in the batch. `None`: the ids are all new.
///
/// # Errors
/// [`AppendError::EventIdReused`] when an id is there with other content, or only part of the
/// batch is there.
pub fn recognise(
    stream: &StreamId,
    batch: &[NewEvent],
    found: &[RecordedEvent],
) -> Result<Option<Vec<RecordedEvent>>, AppendError> {
    let Some(first) = found.first() else {
        return Ok(None);
    };
    let reused = |event_id| AppendError::EventIdReused {
        event_id,
        stream: stream.clone(),
    };
    // The first of those with one id, where a damaged log has several.
    let mut held: Vec<&RecordedEvent> = found.iter().collect();
    held.sort_by_key(|event| event.event_id);
    let mut recorded = Vec::with_capacity(batch.len());
    for event in batch {
        let at = held.partition_point(|held| held.event_id < event.event_id);
        let found = held.get(at);
        match found.filter(|held| held.event_id == event.event_id) {
            Some(held) if held.is_same_as(event) => recorded.push((*held).clone()),
            Some(held) => return Err(reused(held.event_id)),
            None => return Err(reused(first.event_id)),
        }
    }
    Ok(Some(recorded))
}

/// The first id that a batch holds twice, if any: such a batch can't be appended anywhere.
#[must_use]
pub fn repeated_id(batch: &[NewEvent]) -> Option<EventId> {
    let mut seen = HashSet::with_capacity(batch.len());
    batch
        .iter()
        .map(|event| event.event_id)
        .find(|id| !seen.insert(*id))
}
