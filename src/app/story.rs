//! The story of the first visit: the same ids, times and positions in every browser, in the
//! form in which any file is imported.

use crate::core::RecordedEvent;

/// The story as CloudEvents NDJSON: nine events of `bank_account/ada-savings`.
pub const STORY: &str = include_str!("story.ndjson");

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
