//! The record of an event, with its checksum.

use wasm_bindgen::{JsCast, JsValue};

use super::{
    Record, corrupt, damaged, decode_stream, id, json, number, of_stream, optional, record, small,
    text, whole,
};
use crate::core::{
    EventId, JsonText, Metadata, NewEvent, Position, RecordedEvent, StreamId, Timestamp, Version,
};
use crate::store::checksum::Content;
use crate::store::{Damaged, StoreError};

/// An event that is to get its position from the database.
pub(in super::super) fn new_event(
    stream: &StreamId,
    version: Version,
    event: &NewEvent,
) -> Result<Record, StoreError> {
    encode(&Envelope {
        stream,
        version,
        position: None,
        event_id: event.event_id,
        event_type: &event.event_type,
        schema_version: event.schema_version,
        data: &event.data,
        timestamp: event.timestamp,
        metadata: &event.metadata,
    })
}

/// An event that has its position.
pub(in super::super) fn recorded_event(event: &RecordedEvent) -> Result<Record, StoreError> {
    encode(&Envelope {
        stream: &event.stream,
        version: event.version,
        position: Some(event.position),
        event_id: event.event_id,
        event_type: &event.event_type,
        schema_version: event.schema_version,
        data: &event.data,
        timestamp: event.timestamp,
        metadata: &event.metadata,
    })
}

/// Reads an event.
///
/// # Errors
/// [`StoreError::Corrupt`], naming stream and version as far as they can be told; also for a
/// record whose checksum doesn't fit.
pub(in super::super) fn read_event(value: JsValue) -> Result<RecordedEvent, StoreError> {
    let record = value.unchecked_into::<Record>();
    let read = decode(&record).map_err(|cause| corrupt(&record, cause))?;
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

/// What goes into a record.
struct Envelope<'a> {
    stream: &'a StreamId,
    version: Version,
    /// None where the database is to give it. The checksum is in the record then before the
    /// position is known, and so can't be over it.
    position: Option<Position>,
    event_id: EventId,
    event_type: &'a str,
    schema_version: u32,
    data: &'a JsonText,
    timestamp: Timestamp,
    metadata: &'a Metadata,
}

fn encode(envelope: &Envelope<'_>) -> Result<Record, StoreError> {
    let (stream, metadata) = (envelope.stream, envelope.metadata);
    let (event_id, timestamp) = (
        envelope.event_id.to_string(),
        envelope.timestamp.to_string(),
    );
    // Display of a map of JSON values is its JSON.
    let extensions = (!metadata.extensions.is_empty())
        .then(|| serde_json::Value::Object(metadata.extensions.clone()).to_string());
    let content = Content {
        aggregate_type: stream.aggregate_type(),
        aggregate_id: stream.aggregate_id(),
        version: envelope.version.0,
        event_id: &event_id,
        event_type: envelope.event_type,
        schema_version: envelope.schema_version,
        data: envelope.data.as_str(),
        timestamp: &timestamp,
        correlation_id: &metadata.correlation_id,
        causation_id: metadata.causation_id.as_deref(),
        actor: metadata.actor.as_deref(),
        extensions: extensions.as_deref(),
    };
    let record = of_stream(stream);
    if let Some(position) = envelope.position {
        record.set_position(number("position", position.0)?);
    }
    record.set_version(number("version", content.version)?);
    record.set_event_id(content.event_id);
    record.set_event_type(content.event_type);
    record.set_schema_version(content.schema_version);
    record.set_data(content.data);
    record.set_timestamp(content.timestamp);
    record.set_metadata(&encode_metadata(&content));
    record.set_checksum(content.checksum(envelope.position).into());
    Ok(record)
}

fn encode_metadata(content: &Content<'_>) -> Record {
    let record = record();
    record.set_correlation_id(content.correlation_id);
    if let Some(causation_id) = content.causation_id {
        record.set_causation_id(causation_id);
    }
    if let Some(actor) = content.actor {
        record.set_actor(actor);
    }
    if let Some(extensions) = content.extensions {
        record.set_extensions(extensions);
    }
    record
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
            correlation_id,
            causation_id,
            actor,
            extensions: match extensions {
                Some(json) => serde_json::from_str(&json)
                    .map_err(|error| format!("extensions are not a JSON object: {error}"))?,
                None => serde_json::Map::new(),
            },
        },
    };
    // Told last: what can't be read at all says more.
    match fits {
        true => Ok(Read { event, unchecked }),
        false => Err("its checksum doesn't fit what it holds".to_owned()),
    }
}
