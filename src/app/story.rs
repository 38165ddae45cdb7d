//! The story of the first visit: the same ids, times and positions in every browser.

use std::ops::ControlFlow;

use crate::core::{Position, RecordedEvent, Version};
use crate::store::segments::unpack;
use crate::store::{EventStore, ImportError};

/// The story: nine events of `bank_account/ada-savings`. `story.ndjson` beside this file is what a
/// person reads; this is the same packed, because the page leaves the reading of files to its worker.
pub const PACKED: &[u8] = include_bytes!("story.packed");

/// Puts the story into an empty store; where another tab was quicker with the same story, nothing
/// happens.
///
/// # Errors
/// A sentence.
pub async fn import(store: &impl EventStore) -> Result<(), String> {
    let story = unpack(PACKED).map_err(|error| error.to_string())?;
    let go_on = |_| ControlFlow::Continue(());
    match store.import(Position::START, &story, go_on).await {
        Ok(()) => Ok(()),
        Err(ImportError::StoreMoved { .. }) if is_there(store, &story).await => Ok(()),
        Err(error) => Err(format!("{error}.")),
    }
}

async fn is_there(store: &impl EventStore, story: &[RecordedEvent]) -> bool {
    let Some(first) = story.first() else {
        return true;
    };
    let held = store.read_stream(&first.stream, Version::NONE, story.len());
    held.await.is_ok_and(|held| held == story)
}

/// The whole envelope of an event as JSON, indented, for a person to read.
#[must_use]
pub fn event_as_json(event: &RecordedEvent) -> String {
    let data: serde_json::Value = event.data.read().unwrap_or_default();
    let envelope = serde_json::json!({
        "event_id": event.event_id,
        "event_type": event.event_type,
        "schema_version": event.schema_version,
        "aggregate_type": event.stream.aggregate_type(),
        "aggregate_id": event.stream.aggregate_id(),
        "version": event.version,
        "position": event.position,
        "timestamp": event.timestamp.to_string(),
        "metadata": event.metadata,
        "data": data,
    });
    format!("{envelope:#}")
}
