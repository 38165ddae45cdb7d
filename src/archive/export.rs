//! Events as lines of a file. The same event always gives the same bytes.

use std::collections::BinaryHeap;
use std::fmt::Write;

use super::attribute::{self, Attribute, DATA_BASE64, JSON_CONTENT, SPEC_VERSION};
use crate::core::envelope::of_same_name;
use crate::core::event::COMMAND_ID;
use crate::core::{RecordedEvent, Timestamp};

/// From here on a position is written as a text: CloudEvents' integers have 32 bits.
const FIRST_TEXT_POSITION: u64 = 1 << 31;

/// The name of a file exported on that day (in UTC).
#[must_use]
pub fn file_name(date: Timestamp) -> String {
    let text = date.to_string();
    let day = text.split('T').next().unwrap_or(&text);
    format!("eventloom-{day}.ndjson")
}

/// Adds an event to a file: one line and its end.
///
/// What an import kept of a foreign event is given back. Free keys of the metadata follow the
/// envelope, in the order of their names; null ones, ones that are called like a part of the
/// envelope, and a `data_base64` beside a payload aren't written.
///
/// A hole has its place and an id made from it, and nothing else.
pub fn write_event(event: &RecordedEvent, out: &mut String) {
    let is_hole = event.is_hole();
    let metadata = &event.metadata;
    let source = attribute::source(&event.stream, metadata);
    let id = attribute::id(event.event_id, &source, metadata);
    let binary = attribute::binary(&event.data, metadata);
    let without_data = attribute::is_without_data(&event.data, metadata);
    let content_type = match attribute::kept(metadata, Attribute::DataContentType) {
        None if !without_data => Some(JSON_CONTENT),
        kept => kept,
    };

    out.push('{');
    text(Attribute::SpecVersion, SPEC_VERSION, out);
    text(Attribute::Id, &id, out);
    text(Attribute::Source, &source, out);
    text(Attribute::Type, &event.event_type, out);
    text(Attribute::Subject, event.stream.aggregate_id(), out);
    if is_hole {
        place(event, out);
        out.push_str("}\n");
        return;
    }
    text(Attribute::Time, &event.time_text(), out);
    if let Some(content_type) = content_type {
        text(Attribute::DataContentType, content_type, out);
    }
    if !without_data {
        json(Attribute::Data, event.data.as_str(), out);
    }
    place(event, out);
    if !others(Attribute::SchemaVersion, event, out) {
        json(Attribute::SchemaVersion, event.schema_version, out);
    }
    if !others(Attribute::CorrelationId, event, out) {
        text(Attribute::CorrelationId, &metadata.correlation_id, out);
    }
    if let Some(command_id) = metadata.command_id {
        member(COMMAND_ID, out);
        quote(&command_id.to_string(), out);
    }
    if !others(Attribute::CausationId, event, out)
        && let Some(causation_id) = &metadata.causation_id
    {
        text(Attribute::CausationId, causation_id, out);
    }
    if !others(Attribute::Actor, event, out)
        && let Some(actor) = &metadata.actor
    {
        text(Attribute::Actor, actor, out);
    }
    // By a heap, which is a tenth of the code of the general sort: there are few.
    let names: BinaryHeap<&String> = metadata.extensions.keys().collect();
    for name in names.into_sorted_vec() {
        let is_written = Attribute::place(name).is_none()
            && (name != DATA_BASE64 || binary.is_some())
            && (name != COMMAND_ID || metadata.command_id.is_none());
        if let Some(value) = metadata.extensions.get(name)
            && is_written
            && !value.is_null()
        {
            member(name, out);
            push(value, out);
        }
    }
    out.push_str("}\n");
}

fn place(event: &RecordedEvent, out: &mut String) {
    if !others(Attribute::StreamVersion, event, out) {
        json(Attribute::StreamVersion, event.version, out);
    }
    if others(Attribute::Position, event, out) {
    } else if event.position.0 < FIRST_TEXT_POSITION {
        json(Attribute::Position, event.position, out);
    } else {
        text(Attribute::Position, &event.position.to_string(), out);
    }
}

/// Gives back what somebody else's event had under the name of one of our attributes, if it had.
fn others(attribute: Attribute, event: &RecordedEvent, out: &mut String) -> bool {
    let found = of_same_name(&event.metadata, attribute.name());
    if let Some(value) = found {
        json(attribute, value, out);
    }
    found.is_some()
}

fn text(attribute: Attribute, text: &str, out: &mut String) {
    member(attribute.name(), out);
    quote(text, out);
}

fn json(attribute: Attribute, value: impl std::fmt::Display, out: &mut String) {
    member(attribute.name(), out);
    push(&value, out);
}

fn member(name: &str, out: &mut String) {
    if !out.ends_with('{') {
        out.push(',');
    }
    quote(name, out);
    out.push(':');
}

fn push(value: &impl std::fmt::Display, out: &mut String) {
    // Writing to a `String` can't fail.
    let _ = write!(out, "{value}");
}

/// A text as JSON. By hand, because serde_json's way to a `String` makes a new one each time.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => push(&format_args!("\\u{control:04x}"), out),
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::core::{CommandId, EventId, JsonText, Metadata, Position, StreamId, Version};

    fn event() -> RecordedEvent {
        RecordedEvent {
            stream: StreamId::new("bank_account", "ada-savings").unwrap(),
            version: Version(3),
            position: Position(17),
            event_id: EventId("019b8d62-8250-7000-8000-000000000001".parse().unwrap()),
            event_type: "MoneyDeposited".to_owned(),
            schema_version: 2,
            data: JsonText::parse(r#"{ "amount": 5.00, "reference": "a b" }"#).unwrap(),
            timestamp: Timestamp::parse("2026-01-05T09:00:02Z").unwrap(),
            metadata: Metadata::correlated("talk-1"),
        }
    }

    fn line(event: &RecordedEvent) -> String {
        let mut out = String::new();
        write_event(event, &mut out);
        out
    }

    #[test]
    fn an_event_is_one_line_in_the_documented_form() {
        assert_eq!(
            line(&event()),
            concat!(
                r#"{"specversion":"1.0","id":"019b8d62-8250-7000-8000-000000000001","#,
                r#""source":"/bank_account","type":"MoneyDeposited","subject":"ada-savings","#,
                r#""time":"2026-01-05T09:00:02.000Z","datacontenttype":"application/json","#,
                r#""data":{"amount":5.00,"reference":"a b"},"streamversion":3,"position":17,"#,
                r#""schemaversion":2,"correlationid":"talk-1"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn cause_actor_and_free_keys_follow_in_the_order_of_their_names() {
        let mut event = event();
        event.metadata.causation_id = Some("c".to_owned());
        event.metadata.actor = Some("ada".to_owned());
        event.metadata.extensions = [
            ("traceparent".to_owned(), json!("00-1")),
            ("attempt".to_owned(), json!(2)),
            ("unset".to_owned(), serde_json::Value::Null),
            ("type".to_owned(), json!("another")),
        ]
        .into_iter()
        .collect();
        let end = concat!(
            r#","schemaversion":2,"correlationid":"talk-1","causationid":"c","actor":"ada","#,
            r#""attempt":2,"traceparent":"00-1"}"#,
            "\n"
        );
        assert!(line(&event).ends_with(end), "{}", line(&event));
    }

    #[test]
    fn the_command_stands_before_the_cause_and_what_is_no_command_s_id_among_the_free_keys() {
        let id = uuid::Uuid::from_u128(7);
        let mut event = event();
        event.metadata.command_id = Some(CommandId(id));
        event.metadata.causation_id = Some("c".to_owned());
        let end = format!(r#""correlationid":"talk-1","commandid":"{id}","causationid":"c"}}"#);
        assert!(line(&event).trim_end().ends_with(&end), "{}", line(&event));

        let mine = ("commandid".to_owned(), json!("mine"));
        let other = ("branch".to_owned(), json!(1));
        event.metadata.extensions = [mine, other].into_iter().collect();
        let end = format!(r#","commandid":"{id}","causationid":"c","branch":1}}"#);
        assert!(line(&event).trim_end().ends_with(&end), "{}", line(&event));
        event.metadata.command_id = None;
        let end = r#","causationid":"c","branch":1,"commandid":"mine"}"#;
        assert!(line(&event).trim_end().ends_with(end), "{}", line(&event));
    }

    #[test]
    fn a_position_beyond_31_bits_is_a_text() {
        let with = |position| {
            line(&RecordedEvent {
                position: Position(position),
                ..event()
            })
        };
        assert!(with(2_147_483_647).contains(r#","position":2147483647,"#));
        assert!(with(2_147_483_648).contains(r#","position":"2147483648","#));
    }

    #[test]
    fn quotes_and_control_characters_are_escaped_and_nothing_else() {
        let mut event = event();
        event.event_type = "\"\\\n\r\t\u{0}\u{1f}\u{7f}/é😀".to_owned();
        let expected = concat!(
            r#""type":"\"\\\n\r\t\u0000\u001f"#,
            "\u{7f}/é😀",
            r#"","subject""#
        );
        assert!(line(&event).contains(expected), "{}", line(&event));
    }

    #[test]
    fn a_kept_id_or_source_that_is_not_this_event_s_is_not_given_back() {
        let mut event = event();
        event.metadata.extensions = [
            ("id".to_owned(), json!("another")),
            ("source".to_owned(), json!("elsewhere")),
        ]
        .into_iter()
        .collect();
        let line = line(&event);
        assert!(line.contains(r#""id":"019b8d62-8250-7000-8000-000000000001","#));
        assert!(line.contains(r#""source":"/bank_account","#));
        assert!(!line.contains("another") && !line.contains("elsewhere"));
    }

    #[test]
    fn a_file_is_named_after_its_day() {
        let date = Timestamp::parse("2026-01-05T23:59:59.999Z").unwrap();
        assert_eq!(file_name(date), "eventloom-2026-01-05.ndjson");
    }
}
