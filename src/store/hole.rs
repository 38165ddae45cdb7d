//! Holes as a read meets them. Shared by the backends, so that no read of any of them hands one out.

use super::cause::Cause;
use super::error::StoreError;
use crate::core::RecordedEvent;
use crate::core::hole::Hole;

/// The events of a page before the first hole. Each read of each backend ends with this.
///
/// # Errors
/// [`StoreError::Corrupt`] where the first of them is a hole.
pub fn until_hole(mut events: Vec<RecordedEvent>) -> Result<Vec<RecordedEvent>, StoreError> {
    match events.iter().position(RecordedEvent::is_hole) {
        Some(0) => Err(met_hole(&events[0])),
        Some(first) => {
            events.truncate(first);
            Ok(events)
        }
        None => Ok(events),
    }
}

/// What is answered of a hole, and by an append to a stream that holds it.
#[must_use]
pub fn met_hole(hole: &RecordedEvent) -> StoreError {
    StoreError::Corrupt {
        stream: hole.stream.to_string(),
        version: hole.version,
        position: hole.position,
        cause: Cause::new(Hole),
    }
}
