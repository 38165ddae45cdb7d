//! One line of a file as an event: which attributes a CloudEvent must and may have, and what is
//! kept of those that our envelope has no place for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::attribute::{
    self, Attribute, DATA_BASE64, DEFAULT_SUBJECT, JSON_CONTENT, SPEC_VERSION, event_id,
};
use super::refused::{Excerpt, JsonKind, Reason, without_place};
use crate::core::envelope::{Envelope, MAX_EARLIER_DEPTH, MAX_LINE};
use crate::core::hole::{HOLE, hole_id};
use crate::core::json_text::{check_depth, is_within_depth};
use crate::core::{
    EventId, InvalidJson, JsonText, Metadata, Position, StreamId, Timestamp, Version,
};

/// The highest position of a file that keeps its own. Half of what a browser's numbers hold exactly,
/// so that there is room for what is appended later. Beyond it, positions are given anew.
pub const MAX_POSITION: Position = Position(1 << 52);

/// A line that is a CloudEvent. Its place in the stream and in the store isn't decided yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line, from 1, blank lines counted.
    pub number: u64,
    /// The stream that `source` and `subject` name.
    pub stream: StreamId,
    /// `streamversion`, where there is one.
    pub version: Option<Version>,
    /// `position`, where there is one.
    pub position: Option<Position>,
    /// The event id that `id` stands for.
    pub event_id: EventId,
    /// `type`.
    pub event_type: String,
    /// `schemaversion`, 1 where there is none.
    pub schema_version: u32,
    /// `data`; `{}` where there is none.
    pub data: JsonText,
    /// `time`, where there is one.
    pub timestamp: Option<Timestamp>,
    /// The other attributes.
    pub metadata: Metadata,
}

impl Line {
    /// The `source` that the line has.
    #[must_use]
    pub fn source(&self) -> Cow<'_, str> {
        attribute::source(&self.stream, &self.metadata)
    }

    /// The `id` that the line has.
    #[must_use]
    pub fn id(&self) -> Cow<'_, str> {
        attribute::id(self.event_id, &self.source(), &self.metadata)
    }

    /// Whether it stands for an event that is missing.
    #[must_use]
    pub fn is_hole(&self) -> bool {
        self.event_type == HOLE
    }

    /// Whether it may be recorded. What says its place in its stream and in the log was recorded
    /// once, and may be what today is refused: an export of it has to come in again.
    fn check(&self, length: usize, is_deep: bool) -> Result<(), Reason> {
        let envelope = Envelope {
            stream: &self.stream,
            event_id: self.event_id,
            timestamp: self.timestamp,
            event_type: &self.event_type,
            data: &self.data,
            metadata: &self.metadata,
        };
        if self.is_hole() {
            return self.check_hole();
        }
        if self.version.is_some() && self.position.is_some() {
            return Ok(envelope.check_again()?);
        }
        if length > MAX_LINE {
            return Err(Reason::TooLong);
        }
        if is_deep {
            return Err(Reason::TooDeep);
        }
        Ok(envelope.check_foreign()?)
    }

    /// Whether nothing is in it but its place, and it is the hole of that.
    fn check_hole(&self) -> Result<(), Reason> {
        let place = self.version.zip(self.position);
        let is_hole = place.is_some_and(|(version, position)| {
            self.event_id == hole_id(&self.stream, version, position)
        });
        let has_data = !attribute::is_without_data(&self.data, &self.metadata);
        match is_hole && !has_data {
            true => Ok(()),
            false => Err(Reason::NoHole),
        }
    }
}

/// Reads a line without its end.
pub(super) fn parse(number: u64, text: &str) -> Result<Line, Reason> {
    let attributes = Attributes::parse(text)?;
    let version = attributes.required_text(Attribute::SpecVersion)?;
    if version != SPEC_VERSION {
        let found = Excerpt::of(&version);
        return Err(Reason::SpecVersion { found });
    }
    let id = attributes.required_text(Attribute::Id)?;
    let source = attributes.required_text(Attribute::Source)?;
    let source = not_empty(Attribute::Source, source)?;
    let event_type = attributes.required_text(Attribute::Type)?;
    let subject = match attributes.text(Attribute::Subject)? {
        Some(subject) => not_empty(Attribute::Subject, subject)?,
        None => DEFAULT_SUBJECT.to_owned(),
    };
    let stream =
        StreamId::new(attribute::aggregate_type(&source), subject).map_err(Reason::Stream)?;
    let event_id = event_id(&source, &id);
    let (data, mut extensions) = attributes.payload()?;
    if source != attribute::usual_source(stream.aggregate_type()) {
        keep(Attribute::Source, source.into(), &mut extensions);
    }
    if id != event_id.to_string() {
        keep(Attribute::Id, id.as_str().into(), &mut extensions);
    }
    let mut metadata = Metadata {
        causation_id: attributes.own_text(Attribute::CausationId)?,
        actor: attributes.own_text(Attribute::Actor)?,
        extensions,
        ..Metadata::correlated(attributes.own_text(Attribute::CorrelationId)?.unwrap_or(id))
    };
    metadata.find_command_id();
    let timestamp = attributes.time()?;
    if let Some((time, text)) = &timestamp {
        metadata.keep_time(*time, text);
    }
    let line = Line {
        number,
        stream,
        version: attributes.version()?,
        position: attributes.position()?,
        event_id,
        event_type,
        schema_version: attributes.schema_version()?,
        data,
        timestamp: timestamp.map(|(time, _)| time),
        metadata,
    };
    line.check(text.len(), attributes.is_deep)?;
    Ok(line)
}

fn keep(attribute: Attribute, value: Value, extensions: &mut Map<String, Value>) {
    extensions.insert(attribute.name().to_owned(), value);
}

/// The members of a line's object, each still the text that it came as.
struct Attributes<'a> {
    known: [Option<&'a RawValue>; Attribute::COUNT],
    /// Sorted, so that a repeated name is found at once however many there are.
    others: BTreeMap<Cow<'a, str>, &'a RawValue>,
    repeated: Option<Excerpt>,
    /// Whether it is nested deeper than an event may be today.
    is_deep: bool,
}

impl<'a> Attributes<'a> {
    fn parse(line: &'a str) -> Result<Attributes<'a>, Reason> {
        let begun = line.trim_start_matches([' ', '\t', '\r']);
        let Some(members) = begun.strip_prefix('{') else {
            check_depth(line).map_err(|_| Reason::TooDeep)?;
            serde_json::from_str::<&RawValue>(line).map_err(not_json)?;
            let found = JsonKind::of(begun);
            return Err(Reason::NotAnObject { found });
        };
        // The object itself isn't counted: a payload may use all levels.
        let is_deep = check_depth(members).is_err();
        if is_deep && !is_within_depth(members, MAX_EARLIER_DEPTH) {
            return Err(Reason::TooDeep);
        }
        let mut attributes: Attributes<'a> = serde_json::from_str(line).map_err(not_json)?;
        attributes.is_deep = is_deep;
        match attributes.repeated {
            Some(attribute) => Err(Reason::Repeated { attribute }),
            None => Ok(attributes),
        }
    }

    fn get(&self, attribute: Attribute) -> Option<&'a RawValue> {
        self.known[attribute as usize]
    }

    /// What a line says of its place, unless it is somebody else's of the same name.
    fn own(&self, attribute: Attribute) -> Option<&'a RawValue> {
        self.get(attribute)
            .filter(|raw| is_own(attribute, raw.get()))
    }

    /// One of those that hold texts and may be somebody else's.
    fn own_text(&self, attribute: Attribute) -> Result<Option<String>, Reason> {
        let raw = self.own(attribute);
        raw.map(|raw| read_text(attribute.name(), raw)).transpose()
    }

    fn text(&self, attribute: Attribute) -> Result<Option<String>, Reason> {
        self.get(attribute)
            .map(|raw| read_text(attribute.name(), raw))
            .transpose()
    }

    fn required_text(&self, attribute: Attribute) -> Result<String, Reason> {
        let attribute_name = attribute.name();
        self.text(attribute)?.ok_or(Reason::Missing {
            attribute: attribute_name,
        })
    }

    fn time(&self) -> Result<Option<(Timestamp, String)>, Reason> {
        let Some(text) = self.text(Attribute::Time)? else {
            return Ok(None);
        };
        match Timestamp::parse(&text) {
            Ok(time) => Ok(Some((time, text))),
            Err(_) => Err(Reason::Time {
                found: Excerpt::of(&text),
            }),
        }
    }

    fn version(&self) -> Result<Option<Version>, Reason> {
        const EXPECTED: &str = "a whole number from 1";
        let version = self.whole_number(Attribute::StreamVersion, 1, u64::MAX, EXPECTED)?;
        Ok(version.map(Version))
    }

    fn position(&self) -> Result<Option<Position>, Reason> {
        const EXPECTED: &str = "a whole number from 1, in quotes or not";
        let position = self.whole_number(Attribute::Position, 1, u64::MAX, EXPECTED)?;
        Ok(position.map(Position))
    }

    fn schema_version(&self) -> Result<u32, Reason> {
        const EXPECTED: &str = "a whole number from 0 to 4294967295";
        let most = u64::from(u32::MAX);
        let found = self.whole_number(Attribute::SchemaVersion, 0, most, EXPECTED)?;
        Ok(found.and_then(|found| found.try_into().ok()).unwrap_or(1))
    }

    fn whole_number(
        &self,
        attribute: Attribute,
        least: u64,
        most: u64,
        expected: &'static str,
    ) -> Result<Option<u64>, Reason> {
        let Some(raw) = self.own(attribute).map(RawValue::get) else {
            return Ok(None);
        };
        let digits = raw.trim_matches('"');
        let number = digits.parse().ok();
        let number = number.filter(|number| (least..=most).contains(number));
        match number {
            Some(number) => Ok(Some(number)),
            None => Err(Reason::OutOfRange {
                attribute: attribute.name(),
                found: Excerpt::of(digits),
                expected,
            }),
        }
    }

    /// The payload, and what is kept besides the envelope to give the same line back.
    fn payload(&self) -> Result<(JsonText, Map<String, Value>), Reason> {
        let mut extensions = Map::new();
        for (name, raw) in &self.others {
            let value = if name == DATA_BASE64 {
                Value::String(read_text(name, raw)?)
            } else {
                read_extension(name, raw)?
            };
            extensions.insert(name.clone().into_owned(), value);
        }
        for attribute in Attribute::PLACE {
            if let Some(raw) = self
                .get(attribute)
                .filter(|raw| !is_own(attribute, raw.get()))
            {
                let value = read_extension(attribute.name(), raw)?;
                keep(attribute, value, &mut extensions);
            }
        }
        let content_type = self.text(Attribute::DataContentType)?;
        let data = match self.get(Attribute::Data) {
            Some(_) if extensions.contains_key(DATA_BASE64) => return Err(Reason::TwoPayloads),
            Some(raw) => {
                if let Some(other) = content_type.filter(|content| content != JSON_CONTENT) {
                    keep(Attribute::DataContentType, other.into(), &mut extensions);
                }
                JsonText::parse(raw.get())
                    .map_err(|cause| unreadable(Attribute::Data.name(), &cause))?
            }
            None => {
                if let Some(content_type) = content_type {
                    keep(
                        Attribute::DataContentType,
                        content_type.into(),
                        &mut extensions,
                    );
                }
                if !extensions.contains_key(DATA_BASE64) {
                    keep(Attribute::Data, Value::Null, &mut extensions);
                }
                JsonText::empty_object()
            }
        };
        Ok((data, extensions))
    }
}

impl<'de> Deserialize<'de> for Attributes<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AttributesVisitor)
    }
}

struct AttributesVisitor;

impl<'de> Visitor<'de> for AttributesVisitor {
    type Value = Attributes<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CloudEvent")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut attributes = Attributes {
            known: [None; Attribute::COUNT],
            others: BTreeMap::new(),
            repeated: None,
            is_deep: false,
        };
        while let Some((Name(name), raw)) = members.next_entry::<Name<'de>, &'de RawValue>()? {
            // CloudEvents 1.0.2, JSON format, section 2.2: null is the same as left out.
            if JsonKind::of(raw.get()) == JsonKind::Null && name != "data" {
                continue;
            }
            let repeats = match Attribute::place(&name) {
                Some(place) => attributes.known[place].replace(raw).is_some(),
                None => match attributes.others.entry(name.clone()) {
                    Entry::Vacant(entry) => {
                        entry.insert(raw);
                        false
                    }
                    Entry::Occupied(_) => true,
                },
            };
            if repeats && attributes.repeated.is_none() {
                attributes.repeated = Some(Excerpt::of(&name));
            }
        }
        Ok(attributes)
    }
}

/// A member's name, borrowed from the line where no escape stands in it.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

fn not_json(error: serde_json::Error) -> Reason {
    match error.classify() {
        Category::Eof => Reason::CutOff,
        _ => Reason::NotJson {
            cause: without_place(&error.to_string()),
            column: error.column(),
        },
    }
}

fn unreadable(attribute: &str, cause: &InvalidJson) -> Reason {
    match cause {
        InvalidJson::TooDeep => Reason::TooDeep,
        InvalidJson::Syntax(cause) => Reason::Unreadable {
            attribute: Excerpt::of(attribute),
            cause: without_place(cause),
        },
        // Only a value that is written can hold such a number, never a text that is read.
        InvalidJson::NotFinite { .. } => Reason::Unreadable {
            attribute: Excerpt::of(attribute),
            cause: cause.to_string(),
        },
    }
}

/// Whether what a line has under one of these names is of the form that an export gives it.
fn is_own(attribute: Attribute, raw: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_text = JsonKind::of(raw) == JsonKind::Text;
    match attribute {
        Attribute::CorrelationId | Attribute::CausationId | Attribute::Actor => is_text,
        // A position outgrows CloudEvents' integers, and is then a text.
        Attribute::Position if is_text => is_digits(raw.trim_matches('"')),
        _ => is_digits(raw),
    }
}

fn read_text(attribute: &str, raw: &RawValue) -> Result<String, Reason> {
    let found = JsonKind::of(raw.get());
    if found != JsonKind::Text {
        return Err(Reason::WrongType {
            attribute: Excerpt::of(attribute),
            found,
            expected: "a text in quotes",
        });
    }
    serde_json::from_str(raw.get())
        .map_err(|error| unreadable(attribute, &InvalidJson::Syntax(error.to_string())))
}

/// CloudEvents allows texts, whole numbers and booleans; what else there is in the wild is kept
/// as well, as long as it comes out as it went in.
fn read_extension(name: &str, raw: &RawValue) -> Result<Value, Reason> {
    let syntax =
        |error: serde_json::Error| unreadable(name, &InvalidJson::Syntax(error.to_string()));
    let value: Value = serde_json::from_str(raw.get()).map_err(syntax)?;
    let written = JsonText::kept(&value.to_string());
    match written.same_value(&JsonText::kept(raw.get())) {
        true => Ok(value),
        false => Err(Reason::Inexact {
            attribute: Excerpt::of(name),
        }),
    }
}

fn not_empty(attribute: Attribute, text: String) -> Result<String, Reason> {
    if text.is_empty() {
        let attribute = attribute.name();
        return Err(Reason::Empty { attribute });
    }
    Ok(text)
}
