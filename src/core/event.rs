//! The event: an immutable fact in the past tense, in the envelope that it travels and is
//! stored in.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::json_text::JsonText;
use super::stream::{Position, StreamId, Version};
use super::timestamp::Timestamp;

/// The id of an event, unique to the fact that it names; UUID v7 for our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known about an event besides the fact itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The whole conversation that the event belongs to.
    pub correlation_id: String,
    /// Its direct parent: the id of the event or command that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Free keys. What an imported CloudEvent held beyond our envelope is kept here under its
    /// own attribute names, and given back on export.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extensions: Map<String, Value>,
}

impl Metadata {
    /// The start of a conversation.
    #[must_use]
    pub fn correlated(correlation_id: impl Into<String>) -> Metadata {
        Metadata {
            correlation_id: correlation_id.into(),
            ..Metadata::default()
        }
    }

    /// The same, of an event whose direct parent has this id: an event's, or a command's.
    #[must_use]
    pub fn caused_by(self, parent: impl fmt::Display) -> Metadata {
        Metadata {
            causation_id: Some(parent.to_string()),
            ..self
        }
    }
}

/// An event as a model encodes it: type and payload, before it has an id, a time or a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedEvent {
    /// The type in the past tense, for example `MoneyDeposited`.
    pub event_type: Cow<'static, str>,
    /// Which form of the payload this is; 1 at first.
    pub schema_version: u32,
    /// The payload.
    pub data: JsonText,
}

impl EncodedEvent {
    /// Puts it into an envelope, ready to be appended.
    #[must_use]
    pub fn seal(self, event_id: EventId, timestamp: Timestamp, metadata: Metadata) -> NewEvent {
        NewEvent {
            event_id,
            event_type: self.event_type.into_owned(),
            schema_version: self.schema_version,
            data: self.data,
            timestamp,
            metadata,
        }
    }
}

/// An event that is to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id. Appending the same id again is recognised.
    pub event_id: EventId,
    /// The type in the past tense, for example `MoneyDeposited`.
    pub event_type: String,
    /// Which form of the payload this is.
    pub schema_version: u32,
    /// The payload.
    pub data: JsonText,
    /// When it was decided, UTC.
    pub timestamp: Timestamp,
    /// What is known about it besides.
    pub metadata: Metadata,
}

impl NewEvent {
    /// The event as recorded at a place.
    #[must_use]
    pub fn recorded(self, stream: StreamId, version: Version, position: Position) -> RecordedEvent {
        RecordedEvent {
            stream,
            version,
            position,
            event_id: self.event_id,
            event_type: self.event_type,
            schema_version: self.schema_version,
            data: self.data,
            timestamp: self.timestamp,
            metadata: self.metadata,
        }
    }
}

/// An event that a store holds: the whole envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// The stream that holds it.
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: Version,
    /// Its place in the whole store.
    pub position: Position,
    /// Its id.
    pub event_id: EventId,
    /// The type in the past tense, for example `MoneyDeposited`.
    pub event_type: String,
    /// Which form of the payload this is.
    pub schema_version: u32,
    /// The payload.
    pub data: JsonText,
    /// When it was recorded, UTC.
    pub timestamp: Timestamp,
    /// What is known about it besides.
    pub metadata: Metadata,
}

impl RecordedEvent {
    /// Whether `event`, sent again, is this one: id, type, schema version, payload and metadata.
    /// The time is left out, since a retry may stamp its own.
    #[must_use]
    pub fn is_same_as(&self, event: &NewEvent) -> bool {
        self.event_id == event.event_id
            && self.event_type == event.event_type
            && self.schema_version == event.schema_version
            && self.data == event.data
            && self.metadata == event.metadata
    }
}
