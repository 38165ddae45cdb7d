//! Between our types and the records in the database: plain objects with the names of the
//! envelope, so that a person finds their way in the browser's storage inspector.
//!
//! JSON stays text: an object would lose digits, the order of keys and what `1.0` was.

use js_sys::{Array, Object};
use uuid::Uuid;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::core::{
    EventId, JsonText, Metadata, NewEvent, Position, RecordedEvent, StreamId, Timestamp, Version,
};
use crate::store::{Snapshot, StoreError, StreamHead};

/// The greatest whole number that JavaScript tells from its neighbours: more isn't taken in.
pub(super) const GREATEST: u64 = (1 << 53) - 1;

/// The greatest position that a database gives: it stops after this.
pub(super) const LAST_GIVEN: u64 = 1 << 53;

#[wasm_bindgen]
extern "C" {
    /// A record of any of the object stores. Reading a field that isn't there gives `undefined`.
    #[wasm_bindgen(extends = Object)]
    pub(super) type Record;

    #[wasm_bindgen(method, getter)]
    fn aggregate_type(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_aggregate_type(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    fn aggregate_id(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_aggregate_id(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    fn version(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_version(this: &Record, value: f64);
    #[wasm_bindgen(method, getter)]
    fn position(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_position(this: &Record, value: f64);
    #[wasm_bindgen(method, getter)]
    fn event_id(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_event_id(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    fn event_type(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_event_type(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    fn schema_version(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_schema_version(this: &Record, value: u32);
    #[wasm_bindgen(method, getter)]
    fn data(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_data(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    fn timestamp(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_timestamp(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    fn metadata(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_metadata(this: &Record, value: &Record);

    // Within `metadata`.
    #[wasm_bindgen(method, getter)]
    fn correlation_id(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_correlation_id(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    fn causation_id(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_causation_id(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    fn actor(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_actor(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    fn extensions(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_extensions(this: &Record, value: &str);

    // Of a snapshot.
    #[wasm_bindgen(method, getter)]
    fn schema(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_schema(this: &Record, value: u32);
    #[wasm_bindgen(method, getter)]
    fn state(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_state(this: &Record, value: &str);

    // Of a checkpoint and of the database itself.
    #[wasm_bindgen(method, setter)]
    fn set_subscriber(this: &Record, value: &str);
    #[wasm_bindgen(method, setter)]
    fn set_key(this: &Record, value: &str);
    #[wasm_bindgen(method, setter)]
    fn set_value(this: &Record, value: &str);
}

fn record() -> Record {
    Object::new().unchecked_into()
}

/// A record of a stream, whatever else it holds.
fn of_stream(stream: &StreamId) -> Record {
    let record = record();
    record.set_aggregate_type(stream.aggregate_type());
    record.set_aggregate_id(stream.aggregate_id());
    record
}

/// The key of a stream.
pub(super) fn stream_key(stream: &StreamId) -> JsValue {
    Array::of2(
        &stream.aggregate_type().into(),
        &stream.aggregate_id().into(),
    )
    .into()
}

/// The key of a place or id within a stream.
pub(super) fn key_within(stream: &StreamId, part: impl Into<JsValue>) -> JsValue {
    Array::of3(
        &stream.aggregate_type().into(),
        &stream.aggregate_id().into(),
        &part.into(),
    )
    .into()
}

/// A version or position as a number.
///
/// # Errors
/// [`StoreError::OutOfRange`] beyond [`GREATEST`].
pub(super) fn number(what: &'static str, value: u64) -> Result<f64, StoreError> {
    if value > GREATEST {
        return Err(StoreError::OutOfRange {
            what,
            value,
            greatest: GREATEST,
        });
    }
    Ok(value as f64)
}

/// An event that is to get its position from the database.
pub(super) fn new_event(
    stream: &StreamId,
    version: Version,
    event: &NewEvent,
) -> Result<Record, StoreError> {
    let record = of_stream(stream);
    record.set_version(number("version", version.0)?);
    record.set_event_id(&event.event_id.to_string());
    record.set_event_type(&event.event_type);
    record.set_schema_version(event.schema_version);
    record.set_data(event.data.as_str());
    record.set_timestamp(&event.timestamp.to_string());
    record.set_metadata(&metadata(&event.metadata));
    Ok(record)
}

/// An event that has its position.
pub(super) fn recorded_event(event: &RecordedEvent) -> Result<Record, StoreError> {
    let record = of_stream(&event.stream);
    record.set_position(number("position", event.position.0)?);
    record.set_version(number("version", event.version.0)?);
    record.set_event_id(&event.event_id.to_string());
    record.set_event_type(&event.event_type);
    record.set_schema_version(event.schema_version);
    record.set_data(event.data.as_str());
    record.set_timestamp(&event.timestamp.to_string());
    record.set_metadata(&metadata(&event.metadata));
    Ok(record)
}

fn metadata(metadata: &Metadata) -> Record {
    let record = record();
    record.set_correlation_id(&metadata.correlation_id);
    if let Some(causation_id) = &metadata.causation_id {
        record.set_causation_id(causation_id);
    }
    if let Some(actor) = &metadata.actor {
        record.set_actor(actor);
    }
    if !metadata.extensions.is_empty() {
        // Display of a map of JSON values is its JSON.
        let extensions = serde_json::Value::Object(metadata.extensions.clone());
        record.set_extensions(&extensions.to_string());
    }
    record
}

/// The head of a stream.
pub(super) fn head(stream: &StreamId, version: Version) -> Result<Record, StoreError> {
    let record = of_stream(stream);
    record.set_version(number("version", version.0)?);
    Ok(record)
}

/// A snapshot.
pub(super) fn snapshot(snapshot: &Snapshot) -> Result<Record, StoreError> {
    let record = of_stream(&snapshot.stream);
    record.set_version(number("version", snapshot.version.0)?);
    record.set_event_id(&snapshot.event_id.to_string());
    record.set_schema(snapshot.schema);
    record.set_state(snapshot.state.as_str());
    Ok(record)
}

/// A checkpoint.
pub(super) fn checkpoint(subscriber: &str, position: Position) -> Result<Record, StoreError> {
    let record = record();
    record.set_subscriber(subscriber);
    record.set_position(number("position", position.0)?);
    Ok(record)
}

/// Something that the database says of itself.
pub(super) fn meta(key: &str, value: &str) -> Record {
    let record = record();
    record.set_key(key);
    record.set_value(value);
    record
}

/// Reads an event.
///
/// # Errors
/// [`StoreError::Corrupt`], naming stream and version as far as they can be told.
pub(super) fn read_event(value: JsValue) -> Result<RecordedEvent, StoreError> {
    let record = value.unchecked_into::<Record>();
    decode_event(&record).map_err(|cause| corrupt(&record, cause))
}

/// Reads the head of a stream.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub(super) fn read_head(value: JsValue) -> Result<StreamHead, StoreError> {
    let record = value.unchecked_into::<Record>();
    let decode = || {
        Ok(StreamHead {
            stream: decode_stream(&record)?,
            version: Version(whole(&record.version(), "version")?),
        })
    };
    decode().map_err(|cause: String| corrupt(&record, format!("its head can't be read: {cause}")))
}

/// Reads a snapshot; `None` for one that is damaged, since a cache is as good as none then.
pub(super) fn read_snapshot(value: JsValue) -> Option<Snapshot> {
    let record = value.unchecked_into::<Record>();
    let decode = || {
        Ok::<_, String>(Snapshot {
            stream: decode_stream(&record)?,
            version: Version(whole(&record.version(), "version")?),
            event_id: decode_id(&record)?,
            schema: small(&record.schema(), "schema")?,
            state: json(&record.state(), "state")?,
        })
    };
    decode().ok()
}

/// Reads a checkpoint; the start for one that is damaged, since a subscriber may see events again.
pub(super) fn read_checkpoint(value: JsValue) -> Position {
    let record = value.unchecked_into::<Record>();
    Position(whole(&record.position(), "position").unwrap_or(0))
}

/// Reads a position that the database gave.
pub(super) fn read_position(key: &JsValue) -> Option<Position> {
    whole(key, "position").ok().map(Position)
}

fn corrupt(record: &Record, cause: String) -> StoreError {
    let part = |value: JsValue| value.as_string().unwrap_or_else(|| "?".to_owned());
    StoreError::Corrupt {
        stream: format!(
            "{}/{}",
            part(record.aggregate_type()),
            part(record.aggregate_id())
        ),
        version: Version(whole(&record.version(), "version").unwrap_or(0)),
        cause,
    }
}

fn decode_event(record: &Record) -> Result<RecordedEvent, String> {
    let timestamp = text(&record.timestamp(), "timestamp")?;
    Ok(RecordedEvent {
        stream: decode_stream(record)?,
        version: Version(whole(&record.version(), "version")?),
        position: Position(whole(&record.position(), "position")?),
        event_id: decode_id(record)?,
        event_type: text(&record.event_type(), "event_type")?,
        schema_version: small(&record.schema_version(), "schema_version")?,
        data: json(&record.data(), "data")?,
        timestamp: Timestamp::parse(&timestamp).map_err(|error| error.to_string())?,
        metadata: decode_metadata(record.metadata())?,
    })
}

fn decode_stream(record: &Record) -> Result<StreamId, String> {
    StreamId::new(
        text(&record.aggregate_type(), "aggregate_type")?,
        text(&record.aggregate_id(), "aggregate_id")?,
    )
    .map_err(|error| error.to_string())
}

fn decode_id(record: &Record) -> Result<EventId, String> {
    let id = text(&record.event_id(), "event_id")?;
    Uuid::parse_str(&id)
        .map(EventId)
        .map_err(|error| format!("event_id {id:?} is not a UUID: {error}"))
}

fn decode_metadata(value: JsValue) -> Result<Metadata, String> {
    // A field of something that isn't an object would be an exception, not an answer.
    if !value.is_object() {
        return Err("metadata is not an object".to_owned());
    }
    let record = value.unchecked_into::<Record>();
    let extensions = match optional(&record.extensions(), "extensions")? {
        Some(json) => serde_json::from_str(&json)
            .map_err(|error| format!("extensions are not a JSON object: {error}"))?,
        None => serde_json::Map::new(),
    };
    Ok(Metadata {
        correlation_id: text(&record.correlation_id(), "correlation_id")?,
        causation_id: optional(&record.causation_id(), "causation_id")?,
        actor: optional(&record.actor(), "actor")?,
        extensions,
    })
}

fn text(value: &JsValue, field: &str) -> Result<String, String> {
    value
        .as_string()
        .ok_or_else(|| format!("{field} is not a text"))
}

fn optional(value: &JsValue, field: &str) -> Result<Option<String>, String> {
    match value.is_undefined() {
        true => Ok(None),
        false => text(value, field).map(Some),
    }
}

fn whole(value: &JsValue, field: &str) -> Result<u64, String> {
    value
        .as_f64()
        .filter(|number| number.fract() == 0.0 && (0.0..=LAST_GIVEN as f64).contains(number))
        .map(|number| number as u64)
        .ok_or_else(|| format!("{field} is not a whole number"))
}

fn small(value: &JsValue, field: &str) -> Result<u32, String> {
    let number = whole(value, field)?;
    u32::try_from(number).map_err(|_| format!("{field} {number} is too great"))
}

fn json(value: &JsValue, field: &str) -> Result<JsonText, String> {
    JsonText::parse(&text(value, field)?).map_err(|error| format!("{field}: {error}"))
}
