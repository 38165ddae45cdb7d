//! Why a file was refused, in words for the person who chose it. A refusal writes nothing.

use std::fmt;

use super::attribute::Attribute;
use crate::core::envelope::{MAX_EARLIER_LINE, MAX_LINE, MAX_NAME, Name};
use crate::core::{HOLE, InvalidEnvelope, InvalidStreamId, MAX_DEPTH, Version};

/// A refusal: which line, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Refused {
    /// The line, from 1, blank lines counted; of two lines that clash, the later.
    pub line: u64,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// There is no line with an event in the file.
    #[error("the file holds no events; it needs one CloudEvent, as JSON, on each line")]
    NoEvents,
    /// The line is blank, and it isn't the end of the file.
    #[error("it is blank, but line {next} goes on; blank lines are allowed only at the end")]
    Blank {
        /// The next line that isn't.
        next: u64,
    },
    /// The line is longer than one event may be.
    #[error(
        "it is longer than {} MiB, the most that one event may have; only a line of an export, with \
         \"streamversion\" and \"position\", may have up to {} MiB",
        MAX_LINE >> 20,
        MAX_EARLIER_LINE >> 20
    )]
    TooLong,
    /// An export would make a longer line of it than an import takes.
    #[error(
        "it could be longer than {} MiB, the most that one event may have, with what an export adds \
         to it: up to {length} bytes",
        .most >> 20
    )]
    TooLongExported {
        /// How many bytes that line could have.
        length: usize,
        /// How many it may have.
        most: usize,
    },
    /// The line isn't text.
    #[error("it is not UTF-8 text: byte {byte} of the line can't be read")]
    NotText {
        /// The first byte that can't be read, from 1.
        byte: usize,
    },
    /// The line stops inside its JSON.
    #[error(
        "its JSON ends before it is complete; an event must stand whole on one line, so the file \
         may be cut off or be spread over several lines"
    )]
    CutOff,
    /// The line isn't JSON.
    #[error("it is not JSON: what stands at character {column} can't stand there")]
    NotJson {
        /// What the parser says.
        cause: String,
        /// Where, from 1.
        column: usize,
    },
    /// The line is JSON, but not an object.
    #[error("it is {found}, not an object; each line needs a whole CloudEvent, from {{ to }}")]
    NotAnObject {
        /// What it is.
        found: JsonKind,
    },
    /// The line is nested too deep.
    #[error("it is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The same name stands twice in the line's object.
    #[error("it says {attribute} twice")]
    Repeated {
        /// The name.
        attribute: Excerpt,
    },
    /// An attribute that every CloudEvent has isn't there.
    #[error("it has no {attribute:?}; every CloudEvent has one")]
    Missing {
        /// The attribute.
        attribute: &'static str,
    },
    /// An attribute's JSON is of another type.
    #[error("{attribute} is {found}; it must be {expected}")]
    WrongType {
        /// The attribute.
        attribute: Excerpt,
        /// What it is.
        found: JsonKind,
        /// What it must be.
        expected: &'static str,
    },
    /// An attribute is empty.
    #[error("{attribute:?} is empty; it needs at least one character")]
    Empty {
        /// The attribute.
        attribute: &'static str,
    },
    /// An attribute is too long.
    #[error("{attribute:?} has {length} characters; at most {most} are allowed")]
    TooMany {
        /// The attribute.
        attribute: &'static str,
        /// How many characters it has.
        length: usize,
        /// How many it may have.
        most: usize,
    },
    /// A number isn't one of those that the attribute can have.
    #[error("{attribute:?} is {found}; it must be {expected}")]
    OutOfRange {
        /// The attribute.
        attribute: &'static str,
        /// What it is.
        found: Excerpt,
        /// What it must be.
        expected: &'static str,
    },
    /// The event follows another version of CloudEvents.
    #[error("its specversion is {found}; only CloudEvents \"1.0\" can be imported")]
    SpecVersion {
        /// The version that it says.
        found: Excerpt,
    },
    /// The time isn't one.
    #[error("its time {found} is not a time like 2026-01-05T09:00:02.000Z")]
    Time {
        /// The time that it says.
        found: Excerpt,
    },
    /// `source` or `subject` can't name a stream.
    #[error("its source and subject can't name a stream: {0}")]
    Stream(InvalidStreamId),
    /// Both `data` and `data_base64` are there.
    #[error("it has both \"data\" and \"data_base64\"; an event has one payload")]
    TwoPayloads,
    /// The text of an attribute is written in a way that can't be read.
    #[error("{attribute} can't be read: {cause}")]
    Unreadable {
        /// The attribute.
        attribute: Excerpt,
        /// What the parser says.
        cause: String,
    },
    /// A number in an extension would come out changed.
    #[error("{attribute} holds a number with more digits than can be kept; put it in quotes")]
    Inexact {
        /// The attribute.
        attribute: Excerpt,
    },
    /// It has the type of a hole, and not the rest.
    #[error(
        "its type \"{HOLE}\" stands for an event that is missing, and it isn't one that an export wrote: \
         that has the place of the event, an id made from it, and no data"
    )]
    NoHole,
    /// The event isn't the next of its stream.
    #[error(
        "it is version {found} of {stream}, where version {expected} comes next: the file lacks {}, \
         as an export of an earlier Eventloom does where a record was damaged. If an export made \
         before holds what is missing, put its lines in front of these; what is said twice is \
         skipped{}",
        versions(*.expected, .found.previous()),
        or_with_holes(*.holes)
    )]
    Gap {
        /// The stream.
        stream: Excerpt,
        /// The version that comes next.
        expected: Version,
        /// The version that the line says.
        found: Version,
        /// With how many holes in the places of what is missing the file can be imported; none where
        /// that would be too many.
        holes: Option<u64>,
    },
    /// Its place in the stream belongs to another event.
    #[error(
        "version {version} of {stream} isn't free: that stream is at version {head}, and has another event there, or lost \
         the one it had; Verify tells which"
    )]
    VersionTaken {
        /// The stream.
        stream: Excerpt,
        /// The version that the line says.
        version: Version,
        /// The version of the stream's last event, earlier lines of the file counted.
        head: Version,
    },
    /// Its id belongs to an event of its stream with other content.
    #[error(
        "its id {id} is already that of an event of its stream, in {holder}, with another \
         {difference}; in a stream an id names one event only"
    )]
    IdReused {
        /// The id.
        id: Excerpt,
        /// Where the other event is.
        holder: Holder,
        /// The first part of the content in which they differ.
        difference: Difference,
    },
    /// The model of its source can't read it.
    #[error("it can't be an event of {aggregate_type}: {cause}")]
    Undecodable {
        /// The type whose model was asked.
        aggregate_type: Excerpt,
        /// What the model says.
        cause: String,
    },
}

impl From<InvalidEnvelope> for Reason {
    fn from(cause: InvalidEnvelope) -> Reason {
        let attribute = |name| match name {
            Name::EventType => Attribute::Type.name(),
            Name::Id => Attribute::Id.name(),
        };
        match cause {
            InvalidEnvelope::Reserved => Reason::NoHole,
            InvalidEnvelope::Empty { name } => Reason::Empty {
                attribute: attribute(name),
            },
            InvalidEnvelope::TooLong { name, length } => Reason::TooMany {
                attribute: attribute(name),
                length,
                most: MAX_NAME,
            },
            InvalidEnvelope::TooDeep { .. } => Reason::TooDeep,
            // No line that was read has such a key among its others.
            InvalidEnvelope::Taken { part } => Reason::Repeated {
                attribute: Excerpt::of(part),
            },
            InvalidEnvelope::Null { extension } => Reason::Repeated {
                attribute: Excerpt::of(&extension),
            },
            InvalidEnvelope::LineTooLong { length, most } => {
                Reason::TooLongExported { length, most }
            }
        }
    }
}

fn or_with_holes(holes: Option<u64>) -> String {
    match holes {
        None => String::new(),
        Some(1) => {
            ". It can also be imported with a hole in the place of the event that is missing"
                .to_owned()
        }
        Some(holes) => format!(
            ". It can also be imported with {holes} holes in the places of the events that are missing"
        ),
    }
}

/// `version 2`, `versions 2 to 4`.
fn versions(first: Version, last: Version) -> String {
    match first == last {
        true => format!("version {first}"),
        false => format!("versions {first} to {last}"),
    }
}

/// Where the event is that a line clashes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// In the store.
    Store,
    /// In an earlier line of the file.
    Line(u64),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Store => f.write_str("the store"),
            Holder::Line(line) => write!(f, "line {line}"),
        }
    }
}

/// In which part of their content two events of one id differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// `source`, in its spelling: both name the same stream.
    Source,
    /// `type`.
    Type,
    /// `schemaversion`.
    SchemaVersion,
    /// The payload.
    Data,
    /// `time`, by more than what is finer than a millisecond.
    Time,
    /// `streamversion`.
    StreamVersion,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Difference::Source => "source",
            Difference::Type => "type",
            Difference::SchemaVersion => "schemaversion",
            Difference::Data => "data",
            Difference::Time => "time",
            Difference::StreamVersion => "streamversion",
        })
    }
}

/// What a piece of JSON is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A text in quotes.
    Text,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl JsonKind {
    /// What a JSON text is, by its first character.
    pub(super) fn of(json: &str) -> JsonKind {
        match json.as_bytes().first() {
            Some(b'n') => JsonKind::Null,
            Some(b't' | b'f') => JsonKind::Bool,
            Some(b'"') => JsonKind::Text,
            Some(b'[') => JsonKind::Array,
            Some(b'{') => JsonKind::Object,
            _ => JsonKind::Number,
        }
    }
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JsonKind::Null => "null",
            JsonKind::Bool => "true or false",
            JsonKind::Number => "a number",
            JsonKind::Text => "a text",
            JsonKind::Array => "an array",
            JsonKind::Object => "an object",
        })
    }
}

/// The beginning of a text from a file, short enough to be shown, in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    /// The most characters that are shown.
    pub const MAX: usize = 80;

    /// The beginning of a text.
    #[must_use]
    pub fn of(text: &str) -> Excerpt {
        Excerpt(cut(text, Excerpt::MAX))
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The first `most` characters, and `…` where there are more.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A parser's message without its place: the line there is always 1, and would be taken for the
/// file's.
pub(super) fn without_place(message: &str) -> String {
    let message = message
        .rsplit_once(" at line ")
        .map_or(message, |(before, _)| before);
    cut(message, Excerpt::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_begins_with_its_line() {
        let refused = Refused {
            line: 7,
            reason: Reason::Missing { attribute: "type" },
        };
        assert_eq!(
            refused.to_string(),
            r#"line 7: it has no "type"; every CloudEvent has one"#
        );
    }

    #[test]
    fn an_excerpt_is_short_and_on_one_line() {
        let long = format!("a\n{}", "é".repeat(1000));
        let shown = Excerpt::of(&long).to_string();
        assert_eq!(shown, format!("\"a\\n{}…\"", "é".repeat(78)));
        assert_eq!(Excerpt::of("ada").to_string(), "\"ada\"");
    }
}
