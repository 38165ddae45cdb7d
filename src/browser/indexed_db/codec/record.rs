//! What all records have in common: their fields, and those that stand alone.

use js_sys::{Array, JsString, Object, Uint8Array};
use uuid::Uuid;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::core::{EventId, JsonText, Position, StreamId, Version};
use crate::store::{Damaged, Snapshot, StoreError};

/// The greatest whole number that JavaScript tells from its neighbours: more isn't taken in.
pub(in super::super) const GREATEST: u64 = (1 << 53) - 1;

pub(super) const MISFIT: &str = "its checksum doesn't fit what it holds";

#[wasm_bindgen]
extern "C" {
    /// A record of any of the object stores. Reading a field that isn't there gives `undefined`.
    #[wasm_bindgen(extends = Object)]
    pub(in super::super) type Record;

    #[wasm_bindgen(method, getter)]
    pub(super) fn aggregate_type(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_aggregate_type(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    pub(super) fn aggregate_id(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_aggregate_id(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    pub(super) fn version(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_version(this: &Record, value: f64);
    #[wasm_bindgen(method, getter)]
    pub(super) fn position(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_position(this: &Record, value: f64);
    #[wasm_bindgen(method, getter)]
    pub(super) fn event_id(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_event_id(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    pub(super) fn event_type(this: &Record) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn schema_version(this: &Record) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn data(this: &Record) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn timestamp(this: &Record) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn metadata(this: &Record) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn checksum(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_checksum(this: &Record, value: f64);

    // Of a segment and a page.
    #[wasm_bindgen(method, getter)]
    pub(super) fn segment(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_segment(this: &Record, value: f64);
    #[wasm_bindgen(method, getter)]
    pub(super) fn from(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_from(this: &Record, value: f64);
    #[wasm_bindgen(method, getter)]
    pub(super) fn first(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_first(this: &Record, value: f64);
    #[wasm_bindgen(method, getter)]
    pub(super) fn last(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_last(this: &Record, value: f64);
    #[wasm_bindgen(method, getter)]
    pub(super) fn events(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_events(this: &Record, value: &Array);
    #[wasm_bindgen(method, getter)]
    pub(super) fn packed(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_packed(this: &Record, value: &Uint8Array);
    #[wasm_bindgen(method, getter)]
    pub(super) fn pages(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_pages(this: &Record, value: u32);
    #[wasm_bindgen(method, getter)]
    pub(super) fn page(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_page(this: &Record, value: i32);
    #[wasm_bindgen(method, getter)]
    pub(super) fn emptied(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_emptied(this: &Record, value: bool);
    #[wasm_bindgen(method, getter)]
    pub(super) fn turn(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_turn(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    pub(super) fn history(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_history(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    pub(super) fn chain(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_chain(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    pub(super) fn imported(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_imported(this: &Record, value: &Array);

    // Of what belongs to a log since it was last emptied: the number of the segment that did.
    #[wasm_bindgen(method, getter)]
    pub(super) fn since(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_since(this: &Record, value: f64);

    // Within `metadata`.
    #[wasm_bindgen(method, getter)]
    pub(super) fn correlation_id(this: &Record) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn causation_id(this: &Record) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn actor(this: &Record) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn extensions(this: &Record) -> JsValue;

    // Of a snapshot.
    #[wasm_bindgen(method, getter)]
    pub(super) fn schema(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_schema(this: &Record, value: u32);
    #[wasm_bindgen(method, getter)]
    pub(super) fn state(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_state(this: &Record, value: &str);

    // Of a checkpoint and of the database itself.
    #[wasm_bindgen(method, getter)]
    pub(super) fn subscriber(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_subscriber(this: &Record, value: &str);
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_key(this: &Record, value: &str);
    #[wasm_bindgen(method, getter)]
    pub(super) fn value(this: &Record) -> JsValue;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_value(this: &Record, value: &str);
}

pub(super) fn record() -> Record {
    Object::new().unchecked_into()
}

/// A record of a stream, whatever else it holds.
pub(super) fn of_stream(stream: &StreamId) -> Record {
    let record = record();
    record.set_aggregate_type(stream.aggregate_type());
    record.set_aggregate_id(stream.aggregate_id());
    record
}

/// The key of a stream.
pub(in super::super) fn stream_key(stream: &StreamId) -> JsValue {
    Array::of2(
        &stream.aggregate_type().into(),
        &stream.aggregate_id().into(),
    )
    .into()
}

/// A version or position as a number.
///
/// # Errors
/// [`StoreError::OutOfRange`] beyond [`GREATEST`].
pub(in super::super) fn number(what: &'static str, value: u64) -> Result<f64, StoreError> {
    if value > GREATEST {
        return Err(StoreError::OutOfRange {
            what,
            value,
            greatest: GREATEST,
        });
    }
    Ok(value as f64)
}

/// A snapshot of a log since a segment emptied it, 0 where none did.
pub(in super::super) fn snapshot(snapshot: &Snapshot, since: u64) -> Result<Record, StoreError> {
    let record = of_stream(&snapshot.stream);
    record.set_version(number("version", snapshot.version.0)?);
    record.set_event_id(&snapshot.event_id.to_string());
    record.set_schema(snapshot.schema);
    record.set_state(snapshot.state.as_str());
    belongs(&record, since);
    Ok(record)
}

/// A checkpoint in a log since a segment emptied it, 0 where none did.
pub(in super::super) fn checkpoint(
    subscriber: &str,
    position: Position,
    since: u64,
) -> Result<Record, StoreError> {
    let record = record();
    record.set_subscriber(&checkpoint_key(subscriber, since));
    record.set_position(number("position", position.0)?);
    belongs(&record, since);
    Ok(record)
}

/// What such a checkpoint lies under: beside that of before, which an undone emptying brings back.
pub(in super::super) fn checkpoint_key(subscriber: &str, since: u64) -> String {
    match since {
        0 => subscriber.to_owned(),
        since => format!("{subscriber}\u{1f}{since}"),
    }
}

pub(super) fn belongs(record: &Record, since: u64) {
    if since > 0 {
        record.set_since(since as f64);
    }
}

/// A snapshot or checkpoint of before, as one of the log since a segment emptied it.
pub(in super::super) fn belonging(record: Record, since: u64) -> Record {
    if let Some(subscriber) = record.subscriber().as_string() {
        record.set_subscriber(&checkpoint_key(&subscriber, since));
    }
    belongs(&record, since);
    record
}

/// The number of the segment since which a record belongs to the log, 0 for the log that was never
/// emptied.
pub(in super::super) fn since(record: &Record) -> u64 {
    whole(&record.since(), "since").unwrap_or(0)
}

/// What a checkpoint lies under.
pub(in super::super) fn subscriber_of(record: &Record) -> JsValue {
    record.subscriber()
}

/// Something that the database says of itself.
pub(in super::super) fn meta(key: &str, value: &str) -> Record {
    let record = record();
    record.set_key(key);
    record.set_value(value);
    record
}

/// The value of such a record, where there is one.
pub(in super::super) fn value_of(record: &JsValue) -> Option<String> {
    let record = record.dyn_ref::<Object>()?;
    record.unchecked_ref::<Record>().value().as_string()
}

/// Reads a snapshot; `None` for one that is damaged, since a cache is as good as none then, or of a log
/// before it was last emptied.
pub(in super::super) fn read_snapshot(value: JsValue, emptied: u64) -> Option<Snapshot> {
    let record = value.unchecked_into();
    decode_snapshot(&record)
        .ok()
        .filter(|_| since(&record) == emptied)
}

/// Reads a snapshot for a check.
pub(in super::super) fn inspect_snapshot(record: &Record) -> Result<Snapshot, Damaged> {
    decode_snapshot(record).map_err(|cause| damaged(record, cause))
}

/// Reads a checkpoint; the start for one that is damaged, since a subscriber may see events again.
pub(in super::super) fn read_checkpoint(value: JsValue) -> Position {
    let record = value.unchecked_into::<Record>();
    Position(whole(&record.position(), "position").unwrap_or(0))
}

/// Whether the record of an event says that it is one of a stream with a version above one and up to
/// another, or with a version that can't be told.
pub(in super::super) fn names(
    record: &Record,
    stream: &StreamId,
    after: Version,
    last: Version,
) -> bool {
    let is = |value: JsValue, text: &str| value.as_string().as_deref() == Some(text);
    is(record.aggregate_id(), stream.aggregate_id())
        && is(record.aggregate_type(), stream.aggregate_type())
        && whole(&record.version(), "version")
            .map_or(true, |version| (after.0 + 1..=last.0).contains(&version))
}

/// About how many bytes of text or packed events a record holds.
pub(in super::super) fn weight(record: &Record) -> usize {
    let packed = record.packed();
    if let Some(packed) = packed.dyn_ref::<Uint8Array>() {
        return packed.length() as usize;
    }
    let text = |value: JsValue| match value.is_string() {
        true => value.unchecked_ref::<JsString>().length() as usize,
        false => 0,
    };
    let events = record.events();
    if !Array::is_array(&events) {
        // A snapshot, or an event of the first layout.
        return text(record.state()) + text(record.data());
    }
    let of_event = |event: JsValue| {
        if !event.is_object() {
            return 0;
        }
        let event: Record = event.unchecked_into();
        let metadata = event.metadata();
        let extensions = match metadata.is_object() {
            true => text(metadata.unchecked_into::<Record>().extensions()),
            false => 0,
        };
        text(event.data()) + extensions
    };
    events.unchecked_into::<Array>().iter().map(of_event).sum()
}

/// What a segment lies under.
pub(in super::super) fn segment_of(record: &Record) -> JsValue {
    record.segment()
}

/// What an event of the first layout lies under.
pub(in super::super) fn position_of(record: &Record) -> JsValue {
    record.position()
}

/// What a record of a stream lies under, as it says itself: the database sees to it that its key
/// is in it.
pub(in super::super) fn stream_of(record: &Record) -> JsValue {
    Array::of2(&record.aggregate_type(), &record.aggregate_id()).into()
}

pub(super) fn damaged(record: &Record, cause: String) -> Damaged {
    Damaged {
        stream: decode_stream(record).ok(),
        version: Version(whole(&record.version(), "version").unwrap_or(0)),
        position: Position(whole(&record.position(), "position").unwrap_or(0)),
        cause,
    }
}

pub(super) fn corrupt(record: &Record, cause: String) -> StoreError {
    let part = |value: JsValue| value.as_string().unwrap_or_else(|| "?".to_owned());
    StoreError::Corrupt {
        stream: format!(
            "{}/{}",
            part(record.aggregate_type()),
            part(record.aggregate_id())
        ),
        version: Version(whole(&record.version(), "version").unwrap_or(0)),
        position: Position(whole(&record.position(), "position").unwrap_or(0)),
        cause: cause.into(),
    }
}

pub(super) fn decode_snapshot(record: &Record) -> Result<Snapshot, String> {
    Ok(Snapshot {
        stream: decode_stream(record)?,
        version: Version(whole(&record.version(), "version")?),
        event_id: id(&text(&record.event_id(), "event_id")?)?,
        schema: small(&record.schema(), "schema")?,
        state: json(&text(&record.state(), "state")?, "state")?,
    })
}

pub(super) fn decode_stream(record: &Record) -> Result<StreamId, String> {
    StreamId::new(
        text(&record.aggregate_type(), "aggregate_type")?,
        text(&record.aggregate_id(), "aggregate_id")?,
    )
    .map_err(|error| error.to_string())
}

pub(super) fn id(text: &str) -> Result<EventId, String> {
    Uuid::parse_str(text)
        .map(EventId)
        .map_err(|error| format!("event_id {text:?} is not a UUID: {error}"))
}

pub(super) fn text(value: &JsValue, field: &str) -> Result<String, String> {
    value
        .as_string()
        .ok_or_else(|| format!("{field} is not a text"))
}

pub(super) fn optional(value: &JsValue, field: &str) -> Result<Option<String>, String> {
    match value.is_undefined() {
        true => Ok(None),
        false => text(value, field).map(Some),
    }
}

pub(super) fn whole(value: &JsValue, field: &str) -> Result<u64, String> {
    value
        .as_f64()
        .filter(|number| number.fract() == 0.0 && (0.0..=(GREATEST + 1) as f64).contains(number))
        .map(|number| number as u64)
        .ok_or_else(|| format!("{field} is not a whole number"))
}

pub(super) fn small(value: &JsValue, field: &str) -> Result<u32, String> {
    let number = whole(value, field)?;
    u32::try_from(number).map_err(|_| format!("{field} {number} is too great"))
}

pub(super) fn json(text: &str, field: &str) -> Result<JsonText, String> {
    JsonText::parse(text).map_err(|error| format!("{field}: {error}"))
}
