//! Databases as the first layout left them.

use eventloom::core::{Position, RecordedEvent};
use idb::{
    Database, DatabaseEvent, Factory, IndexParams, KeyPath, ObjectStoreParams, TransactionMode,
    TransactionResult,
};
use wasm_bindgen::JsValue;

use super::model::{Call, streams};
use crate::support::{object, recorded, set};

const STREAM: [&str; 2] = ["aggregate_type", "aggregate_id"];

/// Makes one with so many events of a stream, and empties it if asked to. Answers what has befallen it.
pub async fn make(name: &str, events: u64, emptied: bool) -> Vec<Call> {
    let mut request = Factory::new().unwrap().open(name, Some(1)).unwrap();
    request.on_upgrade_needed(|event| lay_out(&event.database().unwrap()));
    let database = request.await.unwrap();
    let stores = ["events", "streams", "meta"];
    let writing = database
        .transaction(&stores, TransactionMode::ReadWrite)
        .unwrap();
    let log: Vec<RecordedEvent> = (1..=events).map(|n| recorded(n, n, n)).collect();
    let store = writing.object_store("events").unwrap();
    for event in &log {
        store.add(&record(event), None).unwrap();
    }
    let mut befell = vec![Call::Import(Position::START, log)];
    if emptied {
        store.clear().unwrap();
        let mark = object();
        set(&mark, "key", "emptied");
        set(&mark, "value", "by a reset");
        let meta = writing.object_store("meta").unwrap();
        meta.put(&mark, None).unwrap();
        befell.push(Call::Reset);
    } else if events > 0 {
        let head = object();
        let stream = &streams()[0];
        set(&head, "aggregate_type", stream.aggregate_type());
        set(&head, "aggregate_id", stream.aggregate_id());
        set(&head, "version", events as f64);
        let heads = writing.object_store("streams").unwrap();
        heads.put(&head, None).unwrap();
    }
    let ended = writing.await.unwrap();
    assert!(matches!(ended, TransactionResult::Committed));
    database.close();
    befell
}

fn lay_out(database: &Database) {
    let mut by_position = ObjectStoreParams::new();
    by_position
        .key_path(Some(KeyPath::new_single("position")))
        .auto_increment(true);
    let events = database.create_object_store("events", by_position).unwrap();
    for (index, field) in [
        ("stream_version", "version"),
        ("stream_event_id", "event_id"),
    ] {
        let mut unique = IndexParams::new();
        unique.unique(true);
        let path = KeyPath::new_array(STREAM.into_iter().chain([field]));
        events.create_index(index, path, Some(unique)).unwrap();
    }
    for (store, path) in [
        ("streams", KeyPath::new_array(STREAM)),
        ("snapshots", KeyPath::new_array(STREAM)),
        ("checkpoints", KeyPath::new_single("subscriber")),
        ("meta", KeyPath::new_single("key")),
    ] {
        let mut params = ObjectStoreParams::new();
        params.key_path(Some(path));
        database.create_object_store(store, params).unwrap();
    }
}

fn record(event: &RecordedEvent) -> JsValue {
    let metadata = object();
    set(
        &metadata,
        "correlation_id",
        event.metadata.correlation_id.as_str(),
    );
    let record = object();
    set(&record, "position", event.position.0 as f64);
    set(&record, "aggregate_type", event.stream.aggregate_type());
    set(&record, "aggregate_id", event.stream.aggregate_id());
    set(&record, "version", event.version.0 as f64);
    set(&record, "event_id", event.event_id.to_string());
    set(&record, "event_type", event.event_type.as_str());
    set(&record, "schema_version", event.schema_version);
    set(&record, "data", event.data.as_str());
    set(&record, "timestamp", event.timestamp.to_string());
    set(&record, "metadata", metadata);
    record
}
