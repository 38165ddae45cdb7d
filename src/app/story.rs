//! The story of the first visit: the same ids, times and positions in every browser.

use std::ops::ControlFlow;

use super::tale::Tale;
use crate::core::{ExpectedVersion, NewEvent, Position, RecordedEvent, Version};
use crate::log::segments::unpack;
use crate::store::{AppendError, EventStore, ImportError, ImportStore};

/// The story: nine events of `bank_account/ada-savings`. `story.ndjson` beside this file is what a
/// person reads; this is the same packed, because the page leaves the reading of files to its worker.
pub const PACKED: &[u8] = include_bytes!("story.packed");

/// The second story, which is told only where somebody asks for it: six events of `order/grace-loom`, made as the first.
pub const PACKED_ORDER: &[u8] = include_bytes!("story-order.packed");

/// The story's events, with their versions and positions.
///
/// # Errors
/// A sentence.
pub fn events() -> Result<Vec<RecordedEvent>, String> {
    unpack(PACKED).map_err(|error| error.to_string())
}

/// Adds a story to a store where it isn't there, and takes nothing away.
///
/// # Errors
/// A sentence.
pub async fn add(store: &impl EventStore, tale: Tale) -> Result<(), String> {
    let packed = match tale {
        Tale::Account => PACKED,
        Tale::Order => PACKED_ORDER,
    };
    let story = unpack(packed).map_err(|error| error.to_string())?;
    let events: Vec<NewEvent> = story.into_iter().map(as_new).collect();
    let stream = tale.stream();
    // The same events again are answered with those that are there, whatever follows them.
    let added = store.append(&stream, ExpectedVersion::NoStream, None, &events);
    match added.await {
        Ok(_) => Ok(()),
        Err(AppendError::Conflict { .. } | AppendError::EventIdReused { .. }) => Err(format!(
            "{} holds other events already.",
            stream.aggregate_id()
        )),
        Err(error) => Err(format!("{error}.")),
    }
}

fn as_new(event: RecordedEvent) -> NewEvent {
    NewEvent {
        event_id: event.event_id,
        event_type: event.event_type,
        schema_version: event.schema_version,
        data: event.data,
        timestamp: event.timestamp,
        metadata: event.metadata,
    }
}

/// Puts the story into an empty store; where another tab was quicker with the same story, nothing
/// happens.
///
/// # Errors
/// A sentence.
pub async fn import(store: &(impl EventStore + ImportStore)) -> Result<(), String> {
    let go_on = |_| ControlFlow::Continue(());
    let put = async |story: &[RecordedEvent]| {
        let imported = store.import(Position::START, None, story, go_on);
        imported.await.map(drop)
    };
    tell(store, put).await
}

/// The same by a way of the store's own to begin with some events.
///
/// # Errors
/// A sentence.
pub async fn tell<S: EventStore>(
    store: &S,
    put: impl AsyncFnOnce(&[RecordedEvent]) -> Result<(), ImportError>,
) -> Result<(), String> {
    let story = events()?;
    match put(&story).await {
        Ok(()) => Ok(()),
        Err(_) if is_there(store, &story).await => Ok(()),
        Err(error) => Err(format!("{error}.")),
    }
}

async fn is_there(store: &impl EventStore, story: &[RecordedEvent]) -> bool {
    let Some(first) = story.first() else {
        return true;
    };
    let mut found = 0;
    while found < story.len() {
        let after = story[..found].last().map_or(Version::NONE, |e| e.version);
        let page = store.read_stream(&first.stream, after, story.len() - found, None);
        match page.await.map(|page| page.items) {
            Ok(page) if !page.is_empty() && story[found..].starts_with(&page) => {
                found += page.len();
            }
            _ => return false,
        }
    }
    true
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
