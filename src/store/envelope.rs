//! Whether events may be recorded at all, asked before it is looked where.

use super::error::AppendError;
use crate::core::{Envelope, NewEvent, StreamId};

/// Whether each event of a batch may be recorded in a stream. Shared by the backends, which ask it
/// before they write anything.
///
/// # Errors
/// [`AppendError::InvalidEvent`].
pub fn check(stream: &StreamId, batch: &[NewEvent]) -> Result<(), AppendError> {
    batch.iter().try_for_each(|event| {
        let checked = Envelope::of(stream, event).check();
        checked.map_err(|cause| AppendError::InvalidEvent {
            event_id: event.event_id,
            cause,
        })
    })
}
