//! What an event's envelope may hold. One check for all who record, append and import alike: what
//! it lets through can be read again, goes out as a line of an export, and comes in again as it was.

use serde_json::Value;

use super::attributes::{DATA_BASE64, JSON_CONTENT, event_id, stands_for, usual_source};
use super::event::{COMMAND_ID, EventId, Metadata, NewEvent, RecordedEvent};
use super::hole::HOLE;
pub use super::invalid_envelope::{InvalidEnvelope, MAX_NAME, Name};
use super::json_text::{JsonText, MAX_DEPTH};
use super::stream::StreamId;
use super::timestamp::Timestamp;

/// The most bytes of an event as a line of a file, the line's end not counted.
pub const MAX_LINE: usize = 1 << 20;

/// The same for an event that an earlier Eventloom took and that would be refused today.
pub const MAX_EARLIER_LINE: usize = 64 << 20;

/// How deep free keys may be nested for an event that an earlier Eventloom took: what reads them
/// again bears 127 levels, and the object that they stand in is one.
pub const MAX_EARLIER_DEPTH: usize = 126;

/// A line of an export whose texts are empty and whose numbers are the greatest there are: what an
/// event takes besides its own texts, at most.
const FRAME: &str = concat!(
    r#"{"specversion":"1.0","id":"ffffffff-ffff-ffff-ffff-ffffffffffff","source":"/","type":"","#,
    r#""subject":"","time":"9999-12-31T23:59:59.999Z","datacontenttype":"application/json","#,
    r#""data":,"streamversion":18446744073709551615,"position":"18446744073709551615","#,
    r#""schemaversion":4294967295,"correlationid":"","causationid":"","actor":""}"#
);

/// What the id of a command takes beside that.
const COMMAND_ID_FRAME: &str = r#","commandid":"ffffffff-ffff-ffff-ffff-ffffffffffff""#;

/// The parts of an event that stand beside its free keys in a line of an export, by their names there.
const PARTS: [&str; 9] = [
    "specversion",
    "type",
    "subject",
    "streamversion",
    "position",
    "schemaversion",
    "correlationid",
    "causationid",
    "actor",
];

/// Those that a free key may be called like, where an import would have kept it so: it is what a line said of that
/// part otherwise than we would.
const KEPT: [&str; 7] = [
    "id",
    "source",
    "time",
    "datacontenttype",
    "data",
    DATA_BASE64,
    COMMAND_ID,
];

/// The parts of an event that are checked. The others can't be wrong: their types see to it.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// The stream that it belongs to.
    pub stream: &'a StreamId,
    /// Its id.
    pub event_id: EventId,
    /// Its time, if it has one yet.
    pub timestamp: Option<Timestamp>,
    /// Its type.
    pub event_type: &'a str,
    /// Its payload.
    pub data: &'a JsonText,
    /// What is known about it besides.
    pub metadata: &'a Metadata,
}

impl<'a> Envelope<'a> {
    /// That of an event that has its place.
    #[must_use]
    pub fn of_recorded(event: &'a RecordedEvent) -> Envelope<'a> {
        Envelope {
            stream: &event.stream,
            event_id: event.event_id,
            timestamp: Some(event.timestamp),
            event_type: &event.event_type,
            data: &event.data,
            metadata: &event.metadata,
        }
    }

    /// That of an event that is to be appended to a stream.
    #[must_use]
    pub fn of(stream: &'a StreamId, event: &'a NewEvent) -> Envelope<'a> {
        Envelope {
            stream,
            event_id: event.event_id,
            timestamp: Some(event.timestamp),
            event_type: &event.event_type,
            data: &event.data,
            metadata: &event.metadata,
        }
    }

    /// Whether the event may be recorded.
    ///
    /// # Errors
    /// [`InvalidEnvelope`].
    pub fn check(&self) -> Result<(), InvalidEnvelope> {
        self.check_without(|_, _| true)
    }

    /// The same for a line that somebody else wrote: what it has under the name of one of our parts and can't be read
    /// as that is somebody else's.
    ///
    /// # Errors
    /// [`InvalidEnvelope`].
    pub fn check_foreign(&self) -> Result<(), InvalidEnvelope> {
        self.check_without(is_of_part)
    }

    fn check_without(&self, is_taken: fn(&str, &Value) -> bool) -> Result<(), InvalidEnvelope> {
        check_name(Name::EventType, self.event_type)?;
        self.check_type()?;
        if let Some(Value::String(id)) = self.metadata.extensions.get("id") {
            check_name(Name::Id, id)?;
        }
        self.check_keys(is_taken)?;
        self.check_size(MAX_LINE, MAX_DEPTH)
    }

    /// Whether an event that was recorded once may be recorded again, by an import of what was
    /// exported: an earlier Eventloom looked at less of it.
    ///
    /// # Errors
    /// [`InvalidEnvelope`].
    pub fn check_again(&self) -> Result<(), InvalidEnvelope> {
        self.check_type()?;
        self.check_size(MAX_EARLIER_LINE, MAX_EARLIER_DEPTH)
    }

    /// Whether each free key goes out in an export, and comes in again as it was.
    fn check_keys(&self, is_taken: fn(&str, &Value) -> bool) -> Result<(), InvalidEnvelope> {
        for (name, value) in &self.metadata.extensions {
            let is_name = |part: &&&str| **part == name;
            if let Some(part) = PARTS.iter().find(is_name) {
                match is_taken(part, value) {
                    true => return Err(InvalidEnvelope::Taken { part }),
                    false => continue,
                }
            }
            match KEPT.iter().find(is_name) {
                Some(part) if !self.is_kept(part, value) => {
                    return Err(InvalidEnvelope::Taken { part });
                }
                None if value.is_null() => {
                    let extension = beginning(name);
                    return Err(InvalidEnvelope::Null { extension });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether an import keeps this of a line, under this one of the [`KEPT`] names.
    fn is_kept(&self, name: &str, value: &Value) -> bool {
        let kept = &self.metadata.extensions;
        let usual = || usual_source(self.stream.aggregate_type());
        let is_empty = self.data.as_str() == "{}";
        let command_id = self.metadata.command_id;
        let Some(text) = value.as_str() else {
            return match name {
                // That there was no payload at all.
                "data" => value.is_null() && is_empty && !kept.contains_key(DATA_BASE64),
                COMMAND_ID => !value.is_null() && command_id.is_none(),
                _ => false,
            };
        };
        match name {
            "id" => {
                let source = kept.get("source").and_then(Value::as_str);
                let source = source.map_or_else(usual, str::to_owned);
                event_id(&source, text) == self.event_id && text != self.event_id.to_string()
            }
            "source" => stands_for(text, self.stream.aggregate_type()) && text != usual(),
            "time" => self
                .timestamp
                .is_some_and(|time| Timestamp::parse(text) == Ok(time) && text != time.to_string()),
            "datacontenttype" => {
                text != JSON_CONTENT || kept.contains_key("data") || kept.contains_key(DATA_BASE64)
            }
            DATA_BASE64 => is_empty,
            COMMAND_ID => command_id.is_none_or(|id| text == id.to_string()),
            _ => false,
        }
    }

    fn check_type(&self) -> Result<(), InvalidEnvelope> {
        match self.event_type {
            HOLE => Err(InvalidEnvelope::Reserved),
            _ => Ok(()),
        }
    }

    fn check_size(&self, most: usize, depth: usize) -> Result<(), InvalidEnvelope> {
        let metadata = self.metadata;
        let texts = [
            self.stream.aggregate_type(),
            self.stream.aggregate_id(),
            self.event_type,
            &metadata.correlation_id,
            metadata.causation_id.as_deref().unwrap_or_default(),
            metadata.actor.as_deref().unwrap_or_default(),
        ];
        let texts: usize = texts.into_iter().map(escaped).sum();
        let mut length = FRAME.len() + self.data.as_str().len() + texts;
        if metadata.command_id.is_some() {
            length += COMMAND_ID_FRAME.len();
        }
        for (name, value) in &metadata.extensions {
            let value = written(value, depth).ok_or_else(|| InvalidEnvelope::TooDeep {
                extension: beginning(name),
            })?;
            length += r#","":"#.len() + escaped(name) + value;
        }
        match length > most {
            true => Err(InvalidEnvelope::LineTooLong { length, most }),
            false => Ok(()),
        }
    }
}

/// Whether a value could be read as a part of an event, from a line where it stands under the name of that. What
/// others mean by such a name has other values, mostly: those are free keys like all.
fn is_of_part(part: &str, value: &Value) -> bool {
    match part {
        "streamversion" | "schemaversion" => value.is_u64(),
        "position" => value.is_u64() || value.as_str().is_some_and(is_digits),
        "correlationid" | "causationid" | "actor" => value.is_string(),
        _ => true,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())
}

/// What an event has under the name of one of its parts, where that can't be read as the part.
#[must_use]
pub fn of_same_name<'a>(metadata: &'a Metadata, part: &str) -> Option<&'a Value> {
    let found = metadata.extensions.get(part).filter(|it| !it.is_null());
    found.filter(|it| PARTS.contains(&part) && !is_of_part(part, it))
}

/// The first part of which an event has something else under its name.
#[must_use]
pub fn named_like_part(metadata: &Metadata) -> Option<&'static str> {
    let mut parts = PARTS.iter().copied();
    parts.find(|part| of_same_name(metadata, part).is_some())
}

fn check_name(name: Name, text: &str) -> Result<(), InvalidEnvelope> {
    // Bytes bound characters, so that short names are never counted.
    let length = match text.len() {
        short @ 0..=MAX_NAME => short,
        _ => text.chars().count(),
    };
    match length {
        0 => Err(InvalidEnvelope::Empty { name }),
        1..=MAX_NAME => Ok(()),
        _ => Err(InvalidEnvelope::TooLong { name, length }),
    }
}

/// The beginning of a free key's name, as it is told.
fn beginning(name: &str) -> String {
    name.chars().take(80).collect()
}

/// How many bytes a text takes in JSON at most, its quotes not counted.
fn escaped(text: &str) -> usize {
    let more = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 1,
        ..b' ' => 5,
        _ => 0,
    };
    text.len() + text.bytes().map(more).sum::<usize>()
}

/// How many bytes a value takes as JSON at most; none where it has more levels than so many, which
/// is found without going deeper.
fn written(value: &Value, levels: usize) -> Option<usize> {
    let inner = || levels.checked_sub(1);
    Some(match value {
        Value::Null | Value::Bool(_) => "false".len(),
        Value::Number(number) => number.to_string().len(),
        Value::String(text) => "\"\"".len() + escaped(text),
        Value::Array(items) => {
            let inner = inner()?;
            let mut length = "[]".len();
            for item in items {
                length += written(item, inner)? + ",".len();
            }
            length
        }
        Value::Object(members) => {
            let inner = inner()?;
            let mut length = "{}".len();
            for (name, member) in members {
                length += escaped(name) + written(member, inner)? + r#""":,"#.len();
            }
            length
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// An event with these free keys, checked.
    fn with(event_type: &str, extensions: &Value) -> Result<(), InvalidEnvelope> {
        Envelope {
            stream: &StreamId::new("shop", "a").unwrap(),
            event_id: EventId(uuid::Uuid::from_u128(7)),
            timestamp: None,
            event_type,
            data: &JsonText::empty_object(),
            metadata: &Metadata {
                extensions: extensions.as_object().unwrap().clone(),
                ..Metadata::default()
            },
        }
        .check()
    }

    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!(1), |inner, level| match level % 2 {
            0 => json!([inner]),
            _ => json!({ "a": inner }),
        })
    }

    #[test]
    fn a_type_has_one_to_1024_characters() {
        assert_eq!(with("T", &json!({})), Ok(()));
        assert_eq!(with(&"é".repeat(1_024), &json!({})), Ok(()));
        let name = Name::EventType;
        assert_eq!(with("", &json!({})), Err(InvalidEnvelope::Empty { name }));
        let length = 1_025;
        assert_eq!(
            with(&"é".repeat(length), &json!({})),
            Err(InvalidEnvelope::TooLong { name, length })
        );
    }

    #[test]
    fn the_type_of_a_hole_is_reserved_also_for_what_was_recorded_once() {
        let stream = StreamId::new("shop", "a").unwrap();
        let envelope = |event_type| {
            Envelope {
                stream: &stream,
                event_id: EventId(uuid::Uuid::from_u128(7)),
                timestamp: None,
                event_type,
                data: &JsonText::null(),
                metadata: &Metadata::default(),
            }
            .check_again()
        };
        assert_eq!(with(HOLE, &json!({})), Err(InvalidEnvelope::Reserved));
        assert_eq!(envelope(HOLE), Err(InvalidEnvelope::Reserved));
        assert_eq!(with("eventloom.holes", &json!({})), Ok(()));
        assert_eq!(envelope("Hole"), Ok(()));
    }

    #[test]
    fn an_id_from_elsewhere_is_a_name_too_where_it_is_a_text() {
        let name = Name::Id;
        assert_eq!(
            with("T", &json!({ "id": "" })),
            Err(InvalidEnvelope::Empty { name })
        );
        let length = 1_025;
        assert_eq!(
            with("T", &json!({ "id": "x".repeat(length) })),
            Err(InvalidEnvelope::TooLong { name, length })
        );
    }

    #[test]
    fn a_free_key_is_not_called_like_a_part_of_the_event() {
        for part in PARTS {
            assert_eq!(
                with("T", &json!({ "a": 1, part: "x" })),
                Err(InvalidEnvelope::Taken { part })
            );
        }
    }

    #[test]
    fn of_a_foreign_line_what_can_not_be_read_as_a_part_is_a_free_key() {
        let of_line = |part: &str, value: &Value| {
            let stream = StreamId::new("shop", "a").unwrap();
            let metadata = Metadata {
                extensions: json!({ part: value }).as_object().unwrap().clone(),
                ..Metadata::default()
            };
            let data = JsonText::empty_object();
            Envelope {
                stream: &stream,
                event_id: EventId(uuid::Uuid::from_u128(7)),
                timestamp: None,
                event_type: "T",
                data: &data,
                metadata: &metadata,
            }
            .check_foreign()
            .is_ok()
        };
        for part in PARTS {
            let taken = [json!(7), json!("7"), json!("x"), json!(-7)].map(|it| of_line(part, &it));
            let expected = match part {
                "streamversion" | "schemaversion" => [false, true, true, true],
                "position" => [false, false, true, true],
                "correlationid" | "causationid" | "actor" => [true, false, false, true],
                _ => [false; 4],
            };
            assert_eq!(taken, expected, "{part}");
        }
    }

    #[test]
    fn a_free_key_is_nested_64_levels_at_most() {
        assert_eq!(with("T", &json!({ "a": nested(64) })), Ok(()));
        let extension = "a".to_owned();
        assert_eq!(
            with("T", &json!({ "a": nested(65) })),
            Err(InvalidEnvelope::TooDeep { extension })
        );
    }

    #[test]
    fn the_words_say_what_is_wrong_and_what_to_do() {
        let words = with("", &json!({})).unwrap_err().to_string();
        assert_eq!(
            words,
            "its event type is empty; give it at least one character"
        );
        let long = with("T", &json!({ "a": "x".repeat(2 << 20) })).unwrap_err();
        assert!(
            long.to_string().contains("at most 1 MiB are taken; keep"),
            "{long}"
        );
    }
}
