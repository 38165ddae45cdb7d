//! The event: an immutable fact in the past tense, in the envelope that it travels and is
//! stored in.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::command::CommandId;
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
    /// The command that recorded it. None where it was saved without one, comes from elsewhere, or
    /// was recorded before events had a place for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_id: Option<CommandId>,
    /// The id of the event that the command reacted to; none for a person's command. Events that
    /// were recorded before they had a [`command_id`](Metadata::command_id) have the command's here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Free keys. What an imported CloudEvent held beyond our envelope is kept here under its
    /// own attribute names, and given back on export. The key `commandid` with a UUID as its value
    /// is the [`command_id`](Metadata::command_id), by whichever way it was given; `time` is the text
    /// that the event's time came as, see [`keep_time`](Metadata::keep_time). Who appends may use these
    /// names for what an import would keep under them, and for nothing else.
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

    /// That of the events of a command. They belong to the conversation of the event that it
    /// reacts to; a command that reacts to none, such as a person's, begins one.
    #[must_use]
    pub fn of_command(command_id: CommandId, cause: Option<&RecordedEvent>) -> Metadata {
        Metadata {
            command_id: Some(command_id),
            causation_id: cause.map(|event| event.event_id.to_string()),
            ..Metadata::correlated(match cause {
                Some(event) => event.metadata.correlation_id.clone(),
                None => command_id.to_string(),
            })
        }
    }

    /// The free keys as JSON text, none where there are none. A command's id is among them: so it
    /// stands in stored events, whose form has no other place for it.
    pub(crate) fn free_keys(&self) -> Option<String> {
        let Some(command_id) = self.command_id else {
            // Display of a map of JSON values is its JSON.
            return (!self.extensions.is_empty())
                .then(|| Value::Object(self.extensions.clone()).to_string());
        };
        if self.extensions.is_empty() {
            return Some(format!("{ONLY_COMMAND_ID}{command_id}\"}}"));
        }
        let mut all = Map::new();
        all.insert(COMMAND_ID.to_owned(), command_id.to_string().into());
        let others = self.extensions.iter().filter(|(key, _)| *key != COMMAND_ID);
        all.extend(others.map(|(key, value)| (key.clone(), value.clone())));
        Some(Value::Object(all).to_string())
    }

    /// The same metadata with the free keys that such a text holds.
    ///
    /// # Errors
    /// serde's, when the text isn't a JSON object.
    pub(crate) fn with_free_keys(mut self, text: Option<&str>) -> serde_json::Result<Metadata> {
        let Some(text) = text else { return Ok(self) };
        let alone = text
            .strip_prefix(ONLY_COMMAND_ID)
            .and_then(|rest| rest.strip_suffix("\"}"));
        // Most events that have any have this one, and no map has to be made for it.
        match alone.and_then(command_id) {
            Some(id) => self.command_id = Some(id),
            None => {
                self.extensions = serde_json::from_str(text)?;
                self.find_command_id();
            }
        }
        Ok(self)
    }

    /// Takes a command's id from among the free keys, where there is one.
    pub(crate) fn find_command_id(&mut self) {
        let among = self.extensions.get(COMMAND_ID).and_then(Value::as_str);
        if let (None, Some(id)) = (self.command_id, among.and_then(command_id)) {
            self.command_id = Some(id);
            self.extensions.shift_remove(COMMAND_ID);
        }
    }

    /// Whether both say the same, by whichever way a command's id was given, and whatever text their times came as.
    fn is_same_as(&self, other: &Metadata) -> bool {
        let found = |metadata: &Metadata| {
            let mut metadata = metadata.clone();
            metadata.find_command_id();
            metadata.forget_time();
            metadata
        };
        self == other || found(self) == found(other)
    }
}

/// The free key, and the attribute of a CloudEvent, that holds a command's id.
pub(crate) const COMMAND_ID: &str = "commandid";

/// How the free keys begin where it is the only one.
const ONLY_COMMAND_ID: &str = "{\"commandid\":\"";

/// A command's id from its text, if that is how it is written: any other is kept as it came.
fn command_id(text: &str) -> Option<CommandId> {
    let id = CommandId(Uuid::try_parse(text).ok()?);
    (id.to_string() == text).then_some(id)
}

impl CommandId {
    /// Whether the event says that this command recorded it. One of before events had a
    /// [`command_id`](Metadata::command_id) says so by its
    /// [`causation_id`](Metadata::causation_id).
    #[must_use]
    pub fn caused(self, event: &RecordedEvent) -> bool {
        let metadata = &event.metadata;
        match (metadata.command_id, &metadata.causation_id) {
            (Some(id), _) => id == self,
            (None, Some(cause)) => *cause == self.to_string(),
            (None, None) => false,
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
            && self.metadata.is_same_as(&event.metadata)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: CommandId = CommandId(Uuid::from_u128(7));
    const TEXT: &str = "00000000-0000-0000-0000-000000000007";

    fn recorded(metadata: Metadata) -> RecordedEvent {
        EncodedEvent {
            event_type: "Opened".into(),
            schema_version: 1,
            data: JsonText::empty_object(),
        }
        .seal(
            EventId(Uuid::from_u128(3)),
            Timestamp::from_millis(0),
            metadata,
        )
        .recorded(
            StreamId::new("door", "front").unwrap(),
            Version(1),
            Position(1),
        )
    }

    fn free(keys: Value) -> Map<String, Value> {
        serde_json::from_value(keys).unwrap()
    }

    fn with(command_id: Option<CommandId>, keys: Value) -> Metadata {
        Metadata {
            command_id,
            extensions: free(keys),
            ..Metadata::correlated("talk")
        }
    }

    #[test]
    fn a_person_s_command_begins_a_conversation_and_a_reaction_goes_on_with_its_cause_s() {
        let asked = Metadata::of_command(ID, None);
        assert_eq!((asked.command_id, asked.causation_id), (Some(ID), None));
        assert_eq!(asked.correlation_id, TEXT);

        let cause = recorded(Metadata::correlated("talk"));
        let reacted = Metadata::of_command(ID, Some(&cause));
        assert_eq!(reacted.correlation_id, "talk");
        assert_eq!(reacted.causation_id, Some(cause.event_id.to_string()));
        assert_eq!(reacted.command_id, Some(ID));
    }

    #[test]
    fn a_command_finds_its_events_by_their_command_id_and_older_ones_by_their_cause() {
        let other = CommandId(Uuid::from_u128(8));
        let older = Metadata {
            causation_id: Some(TEXT.to_owned()),
            ..Metadata::correlated("talk")
        };
        for metadata in [Metadata::of_command(ID, None), older.clone()] {
            let event = recorded(metadata);
            assert!(ID.caused(&event) && !other.caused(&event));
        }
        assert!(!ID.caused(&recorded(Metadata::correlated(TEXT))));
        let reaction = Metadata {
            command_id: Some(other),
            ..older
        };
        assert!(!ID.caused(&recorded(reaction)));
    }

    #[test]
    fn free_keys_carry_the_command_s_id_and_are_as_before_without_one() {
        let texts = [
            (with(None, json!({})), None),
            (
                with(None, json!({ "b": 1.0, "a": [] })),
                Some(r#"{"b":1.0,"a":[]}"#.to_owned()),
            ),
            (
                with(Some(ID), json!({})),
                Some(format!(r#"{{"commandid":"{TEXT}"}}"#)),
            ),
            (
                with(Some(ID), json!({ "b": 1 })),
                Some(format!(r#"{{"commandid":"{TEXT}","b":1}}"#)),
            ),
        ];
        for (metadata, text) in texts {
            assert_eq!(metadata.free_keys(), text);
            let read = Metadata::correlated("talk").with_free_keys(text.as_deref());
            assert_eq!(read.unwrap(), metadata);
        }
    }

    #[test]
    fn a_free_key_of_that_name_which_is_no_command_s_id_stays_as_it_came() {
        for value in [
            json!(7),
            json!("mine"),
            json!(TEXT.replace('-', "")),
            json!("\u{1}"),
        ] {
            let metadata = with(None, json!({ "commandid": value, "a": 1 }));
            let read = Metadata::correlated("talk").with_free_keys(metadata.free_keys().as_deref());
            assert_eq!(read.unwrap(), metadata);
        }
        assert!(Metadata::default().with_free_keys(Some("[]")).is_err());
    }

    #[test]
    fn an_event_is_the_same_by_whichever_way_its_command_s_id_was_given() {
        let event = |metadata| {
            let RecordedEvent {
                event_id,
                timestamp,
                ..
            } = recorded(Metadata::default());
            EncodedEvent {
                event_type: "Opened".into(),
                schema_version: 1,
                data: JsonText::empty_object(),
            }
            .seal(event_id, timestamp, metadata)
        };
        let given = with(None, json!({ "b": 1, "commandid": TEXT, "a": 2 }));
        let found = with(Some(ID), json!({ "b": 1, "a": 2 }));
        assert!(recorded(found.clone()).is_same_as(&event(given)));
        assert!(!recorded(found).is_same_as(&event(with(None, json!({ "b": 1, "a": 2 })))));
    }
}
