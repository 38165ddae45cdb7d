//! The record of an event, with its checksum.

use serde::Serialize;
use wasm_bindgen::JsCast;

use super::record::{
    Record, corrupt, damaged, decode_stream, id, json, number, optional, small, text, whole,
};
use crate::core::{Metadata, Position, RecordedEvent, Timestamp, Version};
use crate::log::checksum::Content;
use crate::store::{Damaged, StoreError};

/// Reads an event.
///
/// # Errors
/// [`StoreError::Corrupt`], naming stream and version as far as they can be told; also for a
/// record whose checksum doesn't fit.
pub(in super::super) fn read_event(record: &Record) -> Result<RecordedEvent, StoreError> {
    let read = decode(record).map_err(|cause| corrupt(record, cause))?;
    Ok(read.event)
}

/// An event that was read.
pub(in super::super) struct Read {
    pub(in super::super) event: RecordedEvent,
    /// Whether its record was written before there were checksums.
    pub(in super::super) unchecked: bool,
}

/// Reads an event for a check.
pub(in super::super) fn inspect_event(record: &Record) -> Result<Read, Damaged> {
    decode(record).map_err(|cause| damaged(record, cause))
}

/// The record of an event, as it is written: as JSON, since one text crosses into JavaScript faster
/// than a dozen fields.
#[derive(Serialize)]
pub(in super::super) struct Written<'a> {
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    position: u64,
    version: u64,
    event_id: String,
    event_type: &'a str,
    schema_version: u32,
    data: &'a str,
    timestamp: String,
    metadata: WrittenMetadata<'a>,
    checksum: u32,
}

#[derive(Serialize)]
struct WrittenMetadata<'a> {
    correlation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    causation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<String>,
}

/// The record of an event.
///
/// # Errors
/// [`StoreError::OutOfRange`] for a version or position that a browser can't count.
pub(in super::super) fn written(event: &RecordedEvent) -> Result<Written<'_>, StoreError> {
    number("version", event.version.0)?;
    number("position", event.position.0)?;
    let (stream, metadata) = (&event.stream, &event.metadata);
    let (event_id, timestamp) = (event.event_id.to_string(), event.timestamp.to_string());
    let extensions = metadata.free_keys();
    let content = Content {
        aggregate_type: stream.aggregate_type(),
        aggregate_id: stream.aggregate_id(),
        version: event.version.0,
        event_id: &event_id,
        event_type: &event.event_type,
        schema_version: event.schema_version,
        data: event.data.as_str(),
        timestamp: &timestamp,
        correlation_id: &metadata.correlation_id,
        causation_id: metadata.causation_id.as_deref(),
        actor: metadata.actor.as_deref(),
        extensions: extensions.as_deref(),
    };
    let checksum = content.checksum(Some(event.position));
    Ok(Written {
        aggregate_type: stream.aggregate_type(),
        aggregate_id: stream.aggregate_id(),
        position: event.position.0,
        version: event.version.0,
        event_id,
        event_type: &event.event_type,
        schema_version: event.schema_version,
        data: event.data.as_str(),
        timestamp,
        metadata: WrittenMetadata {
            correlation_id: &metadata.correlation_id,
            causation_id: metadata.causation_id.as_deref(),
            actor: metadata.actor.as_deref(),
            extensions,
        },
        checksum,
    })
}

fn decode(record: &Record) -> Result<Read, String> {
    let stream = decode_stream(record)?;
    let version = whole(&record.version(), "version")?;
    let position = Position(whole(&record.position(), "position")?);
    let event_id = text(&record.event_id(), "event_id")?;
    let event_type = text(&record.event_type(), "event_type")?;
    let schema_version = small(&record.schema_version(), "schema_version")?;
    let data = text(&record.data(), "data")?;
    let timestamp = text(&record.timestamp(), "timestamp")?;
    let metadata = record.metadata();
    // A field of something that isn't an object would be an exception, not an answer.
    if !metadata.is_object() {
        return Err("metadata is not an object".to_owned());
    }
    let metadata = metadata.unchecked_into::<Record>();
    let correlation_id = text(&metadata.correlation_id(), "correlation_id")?;
    let causation_id = optional(&metadata.causation_id(), "causation_id")?;
    let actor = optional(&metadata.actor(), "actor")?;
    let extensions = optional(&metadata.extensions(), "extensions")?;

    let checksum = record.checksum();
    let unchecked = checksum.is_undefined();
    let fits = unchecked || {
        let content = Content {
            aggregate_type: stream.aggregate_type(),
            aggregate_id: stream.aggregate_id(),
            version,
            event_id: &event_id,
            event_type: &event_type,
            schema_version,
            data: &data,
            timestamp: &timestamp,
            correlation_id: &correlation_id,
            causation_id: causation_id.as_deref(),
            actor: actor.as_deref(),
            extensions: extensions.as_deref(),
        };
        content.fits(small(&checksum, "checksum")?, position)
    };

    let event = RecordedEvent {
        stream,
        version: Version(version),
        position,
        event_id: id(&event_id)?,
        event_type,
        schema_version,
        data: json(&data, "data")?,
        timestamp: Timestamp::parse(&timestamp).map_err(|error| error.to_string())?,
        metadata: Metadata {
            causation_id,
            actor,
            ..Metadata::correlated(correlation_id)
        }
        .with_free_keys(extensions.as_deref())
        .map_err(|error| format!("extensions are not a JSON object: {error}"))?,
    };
    // Told last: what can't be read at all says more.
    match fits {
        true => Ok(Read { event, unchecked }),
        false => Err("its checksum doesn't fit what it holds".to_owned()),
    }
}
