//! What several test files need: streams, and events as a store would hold them.

#![allow(dead_code, reason = "each test file uses a part of this")]

use eventloom::core::{
    Aggregate, IdSource, JsonText, Metadata, NewEvent, Position, RecordedEvent, SequentialIds,
    StreamId, Timestamp, Version,
};
use proptest::prelude::*;
use serde_json::Value;

/// 2026-01-05T09:00:02.000Z.
pub const TIME: Timestamp = Timestamp::from_millis(1_767_603_602_000);

/// The stream of an aggregate.
pub fn stream(aggregate_type: &str, aggregate_id: &str) -> StreamId {
    StreamId::new(aggregate_type, aggregate_id).unwrap()
}

/// A text as JSON.
pub fn json(text: &str) -> JsonText {
    JsonText::parse(text).unwrap()
}

/// The events as a store would hold them had they been appended to an empty one: versions and
/// positions from 1.
pub fn recorded<A: Aggregate>(
    aggregate: &A,
    aggregate_id: &str,
    events: impl IntoIterator<Item = A::Event>,
) -> Vec<RecordedEvent> {
    let stream = stream(aggregate.aggregate_type(), aggregate_id);
    let ids = SequentialIds::default();
    (1..)
        .zip(events)
        .map(|(number, event)| {
            let id = ids.next_id(TIME);
            aggregate
                .encode(&event)
                .unwrap()
                .seal(id, TIME, Metadata::correlated("a conversation"))
                .recorded(stream.clone(), Version(number), Position(number))
        })
        .collect()
}

/// Events of types and payloads as texts, as a store would hold them.
pub fn foreign(stream: &StreamId, events: &[(&str, &str)]) -> Vec<RecordedEvent> {
    let ids = SequentialIds::default();
    (1..)
        .zip(events)
        .map(|(number, (event_type, data))| {
            NewEvent {
                event_id: ids.next_id(TIME),
                event_type: (*event_type).to_owned(),
                schema_version: 1,
                data: json(data),
                timestamp: TIME,
                metadata: Metadata::correlated("a conversation"),
            }
            .recorded(stream.clone(), Version(number), Position(number))
        })
        .collect()
}

/// Any JSON value, not very deep; its keys hold `.`, too, which parts the keys of a path.
pub fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-d/~.]{0,2}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}
