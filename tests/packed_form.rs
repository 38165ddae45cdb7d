//! Packed events have the form that is written down, postcard's, whoever packed them: what was kept by
//! an earlier Eventloom, which derived it, is read.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use eventloom::core::{
    CommandId, EventId, JsonText, Metadata, NewEvent, Position, RecordedEvent, StreamId, Timestamp,
    Version,
};
use eventloom::log::segments::{directory, pack, paginate, read_directory, unpack};
use proptest::prelude::*;
use serde::Serialize;
use uuid::Uuid;

#[derive(Serialize)]
struct Run<'a> {
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    first: u64,
    events: Vec<Event<'a>>,
}

#[derive(Serialize)]
struct Event<'a> {
    position: u64,
    event_id: [u8; 16],
    event_type: &'a str,
    schema_version: u32,
    data: &'a str,
    millis: i64,
    correlation_id: &'a str,
    causation_id: Option<&'a str>,
    actor: Option<&'a str>,
    extensions: Option<String>,
}

fn derived(events: &[RecordedEvent]) -> Vec<u8> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    for event in events {
        let continues = runs.last().is_some_and(|run| {
            run.aggregate_id == event.stream.aggregate_id()
                && run.aggregate_type == event.stream.aggregate_type()
                && run.first + run.events.len() as u64 == event.version.0
        });
        if !continues {
            runs.push(Run {
                aggregate_type: event.stream.aggregate_type(),
                aggregate_id: event.stream.aggregate_id(),
                first: event.version.0,
                events: Vec::new(),
            });
        }
        let metadata = &event.metadata;
        let mut extensions = serde_json::Map::new();
        if let Some(id) = metadata.command_id {
            extensions.insert("commandid".to_owned(), id.to_string().into());
        }
        extensions.extend(metadata.extensions.clone());
        runs.last_mut().unwrap().events.push(Event {
            position: event.position.0,
            event_id: event.event_id.0.into_bytes(),
            event_type: &event.event_type,
            schema_version: event.schema_version,
            data: event.data.as_str(),
            millis: event.timestamp.millis(),
            correlation_id: &metadata.correlation_id,
            causation_id: metadata.causation_id.as_deref(),
            actor: metadata.actor.as_deref(),
            extensions: (!extensions.is_empty())
                .then(|| serde_json::Value::Object(extensions).to_string()),
        });
    }
    postcard::to_extend(&runs, vec![1]).unwrap()
}

prop_compose! {
    fn recorded()(
        id in any::<u128>(),
        stream in prop_oneof!["ada", "größe 🦀", "x{200}"],
        version in 1..200_u64,
        position in 1..u64::from(u32::MAX),
        schema_version in any::<u32>(),
        millis in -62_000_000_000_000_i64..250_000_000_000_000,
        data in prop_oneof![Just(r#"{"amount":1.50}"#.to_owned()), "[a-z]{0,200}".prop_map(|text| format!("{text:?}"))],
        command in prop::option::of(any::<u128>()),
        causation in prop::option::of("[a-z]{0,3}"),
        actor in prop::option::of("Ada|"),
        extension in prop::option::of(any::<u32>()),
    ) -> RecordedEvent {
        let mut metadata = Metadata::correlated("lesson 1");
        metadata.command_id = command.map(|id| CommandId(Uuid::from_u128(id)));
        metadata.causation_id = causation;
        metadata.actor = actor;
        if let Some(value) = extension {
            metadata.extensions.insert("traceparent".to_owned(), value.into());
        }
        let event = NewEvent {
            event_id: EventId(Uuid::from_u128(id)),
            event_type: "MoneyDeposited".to_owned(),
            schema_version,
            data: JsonText::parse(&data).unwrap(),
            timestamp: Timestamp::from_millis(millis),
            metadata,
        };
        let stream = StreamId::new("bank_account", stream).unwrap();
        event.recorded(stream, Version(version), Position(position))
    }
}

proptest! {
    #[test]
    fn what_is_packed_has_the_form_that_is_written_down(log in prop::collection::vec(recorded(), 0..12)) {
        let bytes = derived(&log);
        prop_assert_eq!(&pack(&log.iter().collect::<Vec<_>>()), &bytes);
        prop_assert_eq!(unpack(&bytes).unwrap(), log);
    }

    #[test]
    fn a_directory_has_the_form_that_is_written_down(log in prop::collection::vec(recorded(), 0..12)) {
        let pages = paginate(&log);
        let entries: Vec<Vec<(&str, &str, u64, u64)>> = pages
            .iter()
            .map(|page| {
                let runs = page.runs.iter();
                runs.map(|run| {
                    let stream = &run.stream;
                    (stream.aggregate_type(), stream.aggregate_id(), run.first.0, run.count)
                })
                .collect()
            })
            .collect();
        let bytes = postcard::to_extend(&entries, vec![1]).unwrap();
        prop_assert_eq!(&directory(&pages), &bytes);
        let read = read_directory(&bytes).unwrap();
        prop_assert_eq!(read, pages.into_iter().map(|page| page.runs).collect::<Vec<_>>());
    }

    #[test]
    fn bytes_that_are_anything_are_refused_or_read_and_never_more(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = bytes;
        bytes.insert(0, 1);
        if let Ok(events) = unpack(&bytes) {
            // Each event takes 25 bytes at least: 16 of its id, and one for each other field.
            prop_assert!(events.len() * 25 <= bytes.len());
        }
        let _ = read_directory(&bytes);
    }
}
