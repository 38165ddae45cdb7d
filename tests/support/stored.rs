//! Lists of what stores of earlier releases said that they recorded, kept in `tests/stored`.
#![allow(dead_code, reason = "not every test uses all of it")]

use eventloom::core::{
    EventId, JsonText, Metadata, Position, RecordedEvent, StreamId, Timestamp, Version,
};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Type and id of the stream, version, position, id, type, schema version, data, time, metadata.
type Row = (
    String,
    String,
    u64,
    u64,
    String,
    String,
    u32,
    String,
    String,
    Map<String, Value>,
);

/// The events of a list, as a store of today has to hold them: the one place that says what became of
/// an event of an earlier release.
pub fn recorded(list: &str) -> Vec<RecordedEvent> {
    let rows: Vec<Row> = serde_json::from_str(list).unwrap();
    rows.into_iter().map(event).collect()
}

fn event(row: Row) -> RecordedEvent {
    let (
        aggregate_type,
        aggregate_id,
        version,
        position,
        id,
        event_type,
        schema,
        data,
        time,
        mut told,
    ) = row;
    let mut text = |name: &str| {
        told.remove(name)
            .map(|text| text.as_str().unwrap().to_owned())
    };
    let metadata = Metadata {
        correlation_id: text("correlation_id").unwrap(),
        // They are of before events had a place for it.
        command_id: None,
        causation_id: text("causation_id"),
        actor: text("actor"),
        extensions: match told.remove("extensions") {
            Some(Value::Object(extensions)) => extensions,
            None => Map::new(),
            other => panic!("extensions are an object, not {other:?}"),
        },
    };
    assert!(told.is_empty(), "{told:?} has no place in an event");
    RecordedEvent {
        stream: StreamId::new(aggregate_type, aggregate_id).unwrap(),
        version: Version(version),
        position: Position(position),
        event_id: EventId(Uuid::parse_str(&id).unwrap()),
        event_type,
        schema_version: schema,
        data: JsonText::parse(&data).unwrap(),
        timestamp: Timestamp::parse(&time).unwrap(),
        metadata,
    }
}
