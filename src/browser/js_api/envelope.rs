//! Events and heads as plain objects of JavaScript: one JSON text a call in each direction.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Error, JSON};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

use super::error::invalid;
use crate::browser::{BrowserClock, BrowserIds};
use crate::core::{
    Clock, EventId, IdSource, JsonText, Metadata, NewEvent, Position, RecordedEvent, StreamHead,
    StreamId, Timestamp, Version,
};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
/** `'no_stream'` is the same as 0. */
export type ExpectedVersion = number | 'any' | 'no_stream' | 'stream_exists';

export interface Metadata {
  /** The whole conversation. */
  correlation_id: string;
  /** The command that recorded the event: a UUID. */
  command_id?: string;
  /** The event that the command reacted to. */
  causation_id?: string;
  actor?: string;
  /** Free keys. One that an export would leave out is refused: null, or called like a part of the event
   * and not what an import keeps of that. */
  extensions?: Record<string, unknown>;
}

/** An event that is to be appended. What is left out is made: a UUID v7, 1, the time now, a
 * conversation of its own. */
export interface NewEvent {
  event_id?: string;
  event_type: string;
  schema_version?: number;
  /** JSON text. */
  data: string;
  /** RFC 3339. */
  timestamp?: string;
  metadata?: Metadata;
}

/** An event that a store holds. */
export interface RecordedEvent extends Required<NewEvent> {
  aggregate_type: string;
  aggregate_id: string;
  version: number;
  position: number;
}

export interface StreamHead {
  aggregate_type: string;
  aggregate_id: string;
  version: number;
}

/** What a promise is rejected with. `name` says what happened, and there are properties by name. */
export interface StoreFailure extends Error {
  /** Whether what was asked for may be done all the same: the storage failed, or was lost, at a
   * moment that nobody can tell. Always `false` of what only reads. */
  outcomeIsUnknown: boolean;
  /** Of an append whose outcome is unknown: its events with all that was made for them. Append
   * these again, and they are recorded once, whatever became of the first time. */
  events?: Required<NewEvent>[];
}
";

#[derive(Deserialize)]
struct Name {
    aggregate_type: String,
    aggregate_id: String,
}

/// The envelope as it is given, to be appended or with its place.
#[derive(Deserialize)]
struct Given {
    aggregate_type: Option<String>,
    aggregate_id: Option<String>,
    version: Option<Version>,
    position: Option<Position>,
    event_id: Option<EventId>,
    event_type: String,
    schema_version: Option<u32>,
    data: String,
    timestamp: Option<String>,
    metadata: Option<Metadata>,
}

impl Given {
    fn into_new(self) -> Result<NewEvent, Error> {
        let timestamp = match &self.timestamp {
            Some(text) => Timestamp::parse(text).map_err(|error| invalid(&error.to_string()))?,
            None => BrowserClock.now(),
        };
        let event_id = self
            .event_id
            .unwrap_or_else(|| BrowserIds.next_id(timestamp));
        let data = JsonText::parse(&self.data)
            .map_err(|error| invalid(&format!("the data of event {event_id}: {error}")))?;
        let metadata = self.metadata;
        let mut metadata = metadata.unwrap_or_else(|| Metadata::correlated(event_id.to_string()));
        if let Some(text) = &self.timestamp {
            metadata.keep_time(timestamp, text);
        }
        Ok(NewEvent {
            event_id,
            event_type: self.event_type,
            schema_version: self.schema_version.unwrap_or(1),
            data,
            timestamp,
            metadata,
        })
    }
    fn into_recorded(mut self) -> Result<RecordedEvent, Error> {
        let place = (
            self.aggregate_type.take(),
            self.aggregate_id.take(),
            self.version,
            self.position,
        );
        let (Some(aggregate_type), Some(aggregate_id), Some(version), Some(position)) = place
        else {
            return Err(invalid(
                "an event to import has aggregate_type, aggregate_id, version and position",
            ));
        };
        let stream = StreamId::new(aggregate_type, aggregate_id)
            .map_err(|error| invalid(&error.to_string()))?;
        Ok(self.into_new()?.recorded(stream, version, position))
    }
}

/// Events that are to be appended.
pub(super) fn new_events(value: &JsValue) -> Result<Vec<NewEvent>, Error> {
    let events: Vec<Given> = given(value, "events")?;
    events.into_iter().map(Given::into_new).collect()
}

/// Events that have their places.
pub(super) fn recorded_events(value: &JsValue) -> Result<Vec<RecordedEvent>, Error> {
    let events: Vec<Given> = given(value, "events")?;
    events.into_iter().map(Given::into_recorded).collect()
}

/// The name of a stream.
pub(super) fn stream(value: &JsValue) -> Result<StreamId, Error> {
    let name: Name = given(value, "a stream")?;
    StreamId::new(name.aggregate_type, name.aggregate_id)
        .map_err(|error| invalid(&error.to_string()))
}

#[derive(Serialize)]
struct ToldHead<'a> {
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    version: Version,
}

/// An event without a place.
#[derive(Serialize)]
struct ToldNew<'a> {
    event_id: EventId,
    event_type: &'a str,
    schema_version: u32,
    data: &'a str,
    timestamp: Cow<'a, str>,
    metadata: &'a Metadata,
}

#[derive(Serialize)]
struct Told<'a> {
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    version: Version,
    position: Position,
    event_id: EventId,
    event_type: &'a str,
    schema_version: u32,
    data: &'a str,
    timestamp: Cow<'a, str>,
    metadata: &'a Metadata,
}

/// Events as JavaScript sees them.
pub(super) fn told_events(events: &[RecordedEvent]) -> Result<JsValue, Error> {
    let events: Vec<_> = events
        .iter()
        .map(|event| Told {
            aggregate_type: event.stream.aggregate_type(),
            aggregate_id: event.stream.aggregate_id(),
            version: event.version,
            position: event.position,
            event_id: event.event_id,
            event_type: &event.event_type,
            schema_version: event.schema_version,
            data: event.data.as_str(),
            timestamp: event.time_text(),
            metadata: &event.metadata,
        })
        .collect();
    told(&events)
}

/// Events as they were to be appended, with all that was made for them.
pub(super) fn told_new_events(events: &[NewEvent]) -> Result<JsValue, Error> {
    let events: Vec<_> = events
        .iter()
        .map(|event| ToldNew {
            event_id: event.event_id,
            event_type: &event.event_type,
            schema_version: event.schema_version,
            data: event.data.as_str(),
            timestamp: event.metadata.time_text(event.timestamp),
            metadata: &event.metadata,
        })
        .collect();
    told(&events)
}

/// Heads as JavaScript sees them.
pub(super) fn told_heads(heads: &[StreamHead]) -> Result<JsValue, Error> {
    let heads: Vec<_> = heads
        .iter()
        .map(|head| ToldHead {
            aggregate_type: head.stream.aggregate_type(),
            aggregate_id: head.stream.aggregate_id(),
            version: head.version,
        })
        .collect();
    told(&heads)
}

/// A plain object that JavaScript sees.
pub(super) fn told(value: &impl Serialize) -> Result<JsValue, Error> {
    let text = serde_json::to_string(value).map_err(|error| Error::new(&error.to_string()))?;
    JSON::parse(&text).map_err(Error::from)
}

/// What a plain object of JavaScript says.
pub(super) fn given<T: DeserializeOwned>(value: &JsValue, what: &str) -> Result<T, Error> {
    let text = JSON::stringify(value)
        .ok()
        .and_then(|text| JsValue::from(text).as_string())
        .ok_or_else(|| invalid(&format!("{what} can't be read as JSON")))?;
    // What JavaScript writes as null may have been a number that JSON has no form for.
    if text.contains("null")
        && let Some(number) = not_finite(value)
    {
        return Err(invalid(&format!(
            "{what}: the number {number} has no form in JSON"
        )));
    }
    serde_json::from_str(&text).map_err(|error| invalid(&format!("{what}: {error}")))
}

/// The last number in a value, however deep, that is NaN or infinite.
fn not_finite(value: &JsValue) -> Option<f64> {
    let found = Rc::new(Cell::new(None));
    let note = {
        let found = Rc::clone(&found);
        Closure::<dyn FnMut(JsValue, JsValue) -> JsValue>::new(move |_, value: JsValue| {
            if let Some(number) = value.as_f64().filter(|number| !number.is_finite()) {
                found.set(Some(number));
            }
            value
        })
    };
    // It was written once already, so it can be.
    let _ = JSON::stringify_with_replacer(value, note.as_ref());
    found.get()
}
