//! What an event's envelope may hold. One check for all who record, append and import alike: what
//! it lets through can be read again, goes out as a line of an export, and comes in again as it was.

use std::fmt;

use serde_json::Value;

use super::event::{Metadata, NewEvent, RecordedEvent};
use super::hole::HOLE;
use super::json_text::{JsonText, MAX_DEPTH};
use super::stream::StreamId;

/// The most bytes of an event as a line of a file, the line's end not counted.
pub const MAX_LINE: usize = 1 << 20;

/// The same for an event that an earlier Eventloom took and that would be refused today.
pub const MAX_EARLIER_LINE: usize = 64 << 20;

/// The most characters of an event type, and of an id that an event brought with it.
pub const MAX_NAME: usize = StreamId::MAX_PART;

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
const COMMAND_ID: &str = r#","commandid":"ffffffff-ffff-ffff-ffff-ffffffffffff""#;

/// The parts of an event that stand beside its free keys in a line of an export, by their names there. What an import
/// keeps of a line that said them otherwise (`id`, `source`, `time`, `datacontenttype`, `data`) isn't among them.
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

/// Why an event can't be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEnvelope {
    /// Its type stands for an event that is missing.
    #[error(
        "the type \"{HOLE}\" stands for an event that is missing, and only an import puts it in such \
         an event's place; name the type otherwise"
    )]
    Reserved,
    /// A name is empty.
    #[error("its {name} is empty; give it at least one character")]
    Empty {
        /// Which.
        name: Name,
    },
    /// A name is too long.
    #[error("its {name} has {length} characters, and at most {MAX_NAME} are taken; shorten it")]
    TooLong {
        /// Which.
        name: Name,
        /// How many characters it has.
        length: usize,
    },
    /// A free key of its metadata is nested too deep.
    #[error(
        "{extension:?} in its metadata is nested deeper than {MAX_DEPTH} levels; put it there as \
         text, or flatten it"
    )]
    TooDeep {
        /// The beginning of the key.
        extension: String,
    },
    /// A free key of its metadata is called like a part of the event itself.
    #[error(
        "{part:?} in its metadata is called like a part of the event, whose place it can't take in an \
         export; name it otherwise"
    )]
    Taken {
        /// The key.
        part: &'static str,
    },
    /// It would be too long as a line of an export.
    #[error(
        "it takes up to {length} bytes as a line of an export, and at most {} MiB are taken; keep \
         what is large elsewhere, and record where, or record several events",
        .most >> 20
    )]
    LineTooLong {
        /// How many bytes that line could have.
        length: usize,
        /// How many it may have.
        most: usize,
    },
}

/// A name in an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The event type.
    EventType,
    /// The `id` that it brought from elsewhere, which is kept among the free keys of its metadata.
    Id,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Name::EventType => "event type",
            Name::Id => "id from elsewhere (\"id\" in its metadata)",
        })
    }
}

/// The parts of an event that are checked. The others can't be wrong: their types see to it.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// The stream that it belongs to.
    pub stream: &'a StreamId,
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
        let found = |part: &str| self.metadata.extensions.get(part);
        let mut parts = PARTS.iter();
        if let Some(part) = parts.find(|part| found(part).is_some_and(|it| is_taken(part, it))) {
            return Err(InvalidEnvelope::Taken { part });
        }
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
            length += COMMAND_ID.len();
        }
        for (name, value) in &metadata.extensions {
            let value = written(value, depth).ok_or_else(|| InvalidEnvelope::TooDeep {
                extension: name.chars().take(80).collect(),
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
        assert_eq!(with("T", &json!({ "id": 7 })), Ok(()));
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
        let kept = json!({ "source": "x", "time": "y", "datacontenttype": "z", "data": null });
        assert_eq!(with("T", &kept), Ok(()));
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
