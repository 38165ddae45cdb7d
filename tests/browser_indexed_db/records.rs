//! What lies in the database, seen without the store.

use std::ops::ControlFlow;

use eventloom::core::{ExpectedVersion, JsonText};
use eventloom::core::{Position, Version};
use eventloom::store::{CheckpointStore, EventStore, Snapshot, SnapshotStore, StoreError};
use js_sys::Array;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

#[wasm_bindgen_test]
async fn a_record_of_an_event_reads_like_its_envelope() {
    let store = fresh().await;
    let mut rich = event(1);
    rich.metadata.actor = Some("ben".to_owned());
    rich.metadata.extensions = json!({ "b": 1.0, "a": 2 }).as_object().unwrap().clone();
    let batch = [rich, event(2)];
    let held = store.append(&ada(), ExpectedVersion::Any, &batch).await;
    let held = held.unwrap();
    let record = raw_record(store.name(), "events", (held[0].position.0 as f64).into()).await;
    assert_eq!(
        json(&record),
        concat!(
            r#"{"aggregate_id":"ada","aggregate_type":"bank_account","checksum":2105192428,"#,
            r#""data":"{\"amount\":1.50}","#,
            r#""event_id":"00000000-0000-0000-0000-000000000001","event_type":"MoneyDeposited","#,
            r#""metadata":{"actor":"ben","correlation_id":"lesson 1","#,
            r#""extensions":"{\"b\":1.0,\"a\":2}"},"position":1,"schema_version":1,"#,
            r#""timestamp":"2026-01-05T09:00:02.007Z","version":1}"#,
        )
    );
    let record = raw_record(store.name(), "events", 2.into()).await;
    assert!(json(&record).contains(r#""metadata":{"correlation_id":"lesson 1"}"#));
    delete(store).await;
}

// The checksums here are those of zlib's crc32 over the text that `store::checksum` describes.
#[wasm_bindgen_test]
async fn the_checksum_of_an_imported_event_holds_its_position() {
    let store = fresh().await;
    let log = [recorded(9, 1, 40)];
    let imported = store.import(Position::START, &log, |_| ControlFlow::Continue(()));
    imported.await.unwrap();
    let record = raw_record(store.name(), "events", 40.into()).await;
    assert!(
        json(&record).contains(r#""checksum":417458815,"#),
        "{}",
        json(&record)
    );
    // Under another position it isn't the event that was imported.
    set(&record, "position", 41);
    meddle(store.name(), "events", |events| {
        events.clear().unwrap();
        events.add(&record, None).unwrap();
    })
    .await
    .unwrap();
    let answer = store.read_all(Position::START, 9).await;
    assert!(
        matches!(&answer, Err(StoreError::Corrupt { cause, .. })
        if cause.contains("checksum")),
        "{answer:?}"
    );
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_record_without_a_checksum_is_of_an_earlier_time_and_is_read() {
    let store = fresh().await;
    let any = ExpectedVersion::Any;
    let held = store.append(&ada(), any, &events([1, 2])).await.unwrap();
    let record = raw_record(store.name(), "events", 1.into()).await;
    set(&record, "checksum", wasm_bindgen::JsValue::UNDEFINED);
    meddle(store.name(), "events", |events| {
        events.put(&record, None).unwrap();
    })
    .await
    .unwrap();
    assert_eq!(everything(&store).await, held);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn heads_snapshots_and_checkpoints_read_as_what_they_are() {
    let store = fresh().await;
    let held = store
        .append(&ada(), ExpectedVersion::Any, &events([1, 2]))
        .await;
    let snapshot = Snapshot {
        stream: ada(),
        version: Version(2),
        event_id: held.unwrap()[1].event_id,
        schema: 3,
        state: JsonText::parse(r#"{"balance":3.00}"#).unwrap(),
    };
    store.keep_snapshot(snapshot).await.unwrap();
    store.keep_checkpoint("ledger", Position(2)).await.unwrap();
    let key = || Array::of2(&"bank_account".into(), &"ada".into()).into();
    assert_eq!(
        json(&raw_record(store.name(), "streams", key()).await),
        r#"{"aggregate_id":"ada","aggregate_type":"bank_account","version":2}"#
    );
    assert_eq!(
        json(&raw_record(store.name(), "snapshots", key()).await),
        concat!(
            r#"{"aggregate_id":"ada","aggregate_type":"bank_account","#,
            r#""event_id":"00000000-0000-0000-0000-000000000002","schema":3,"#,
            r#""state":"{\"balance\":3.00}","version":2}"#,
        )
    );
    assert_eq!(
        json(&raw_record(store.name(), "checkpoints", "ledger".into()).await),
        r#"{"position":2,"subscriber":"ledger"}"#
    );
    assert_eq!(
        json(&raw_record(store.name(), "meta", "written_by".into()).await),
        r#"{"key":"written_by","value":"Eventloom"}"#
    );
    delete(store).await;
}

#[wasm_bindgen_test]
async fn the_database_itself_refuses_a_second_event_at_a_version() {
    let store = fresh().await;
    store
        .append(&ada(), ExpectedVersion::Any, &events([1, 2]))
        .await
        .unwrap();
    let rogue = |field: &'static str, value: &'static str| {
        let name = store.name().to_owned();
        async move {
            let record = raw_record(&name, "events", 1.into()).await;
            set(&record, "position", 77);
            set(&record, field, js(value));
            meddle(&name, "events", |events| {
                events.add(&record, None).unwrap();
            })
            .await
        }
    };
    // The other of the two unique fields stays as it was.
    let same_version = rogue("event_id", "'another'").await;
    assert!(same_version.is_err(), "{same_version:?}");
    let same_id = rogue("version", "3").await;
    assert!(same_id.is_err(), "{same_id:?}");
    assert_eq!(everything(&store).await.len(), 2);
    delete(store).await;
}
