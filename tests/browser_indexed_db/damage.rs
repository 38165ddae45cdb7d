//! Records that were damaged or written by somebody else.

use eventloom::core::{ExpectedVersion, JsonText, Position, Version};
use eventloom::store::{
    AppendError, CheckpointStore, EventStore, Snapshot, SnapshotStore, StoreError,
};
use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

#[wasm_bindgen_test]
async fn a_damaged_event_is_named_with_its_stream_and_version() {
    for (field, damage, cause) in [
        ("data", "5", "data is not a text"),
        ("data", "'{\"amount\":'", "data: not JSON"),
        (
            "data",
            "'['.repeat(65) + ']'.repeat(65)",
            "data: nested deeper",
        ),
        ("event_id", "'ada'", "event_id \"ada\" is not a UUID"),
        ("timestamp", "'yesterday'", "\"yesterday\" is not a time"),
        ("timestamp", "undefined", "timestamp is not a text"),
        ("metadata", "undefined", "metadata is not an object"),
        ("metadata", "null", "metadata is not an object"),
        ("metadata", "{}", "correlation_id is not a text"),
        (
            "metadata",
            "{ correlation_id: '', extensions: '[]' }",
            "extensions",
        ),
        (
            "schema_version",
            "1.5",
            "schema_version is not a whole number",
        ),
        (
            "schema_version",
            "2 ** 40",
            "schema_version 1099511627776 is too great",
        ),
        ("checksum", "-1", "checksum is not a whole number"),
        ("checksum", "'0'", "checksum is not a whole number"),
        ("checksum", "0", "its checksum doesn't fit"),
        // Each of these is a record like any other, and not the one that was kept.
        ("data", "'{\"amount\":2.51}'", "its checksum doesn't fit"),
        ("data", "'{\"amount\": 2.50}'", "its checksum doesn't fit"),
        ("event_type", "'MoneyWithdrawn'", "its checksum doesn't fit"),
        (
            "event_id",
            "'00000000-0000-0000-0000-000000000003'.replace('3', '4')",
            "its checksum doesn't fit",
        ),
        (
            "timestamp",
            "'2026-01-05T09:00:02.008Z'",
            "its checksum doesn't fit",
        ),
        ("schema_version", "2", "its checksum doesn't fit"),
        (
            "metadata",
            "{ correlation_id: 'lesson 2' }",
            "its checksum doesn't fit",
        ),
        (
            "metadata",
            "{ correlation_id: 'lesson 1', actor: '' }",
            "its checksum doesn't fit",
        ),
        (
            "metadata",
            "{ correlation_id: 'lesson 1', extensions: '{}' }",
            "its checksum doesn't fit",
        ),
    ] {
        let store = fresh().await;
        store
            .append(&ada(), ExpectedVersion::Any, &events([1, 2, 3]))
            .await
            .unwrap();
        let record = raw_record(store.name(), "events", 2.into()).await;
        set(&record, field, js(damage));
        meddle(store.name(), "events", |events| {
            events.put(&record, None).unwrap();
        })
        .await
        .unwrap();
        for answer in [
            store.read_stream(&ada(), Version::NONE, 10).await,
            store.read_all(Position::START, 10).await,
        ] {
            let Err(StoreError::Corrupt {
                stream,
                version,
                cause: told,
            }) = answer
            else {
                panic!("{field} = {damage}: {answer:?}");
            };
            assert_eq!((stream.as_str(), version), ("bank_account/ada", Version(2)));
            assert!(told.contains(cause), "{told}");
        }
        // What is intact can still be read.
        let intact = store.read_stream(&ada(), Version(2), 10).await.unwrap();
        assert_eq!(intact[0].version, Version(3));
        delete(store).await;
    }
}

#[wasm_bindgen_test]
async fn a_damaged_head_is_named_and_nothing_is_appended() {
    let store = fresh().await;
    store
        .append(&ada(), ExpectedVersion::Any, &[event(1)])
        .await
        .unwrap();
    let key: JsValue = Array::of2(&"bank_account".into(), &"ada".into()).into();
    let head = raw_record(store.name(), "streams", key).await;
    set(&head, "version", "one");
    meddle(store.name(), "streams", |streams| {
        streams.put(&head, None).unwrap();
    })
    .await
    .unwrap();
    let answer = store
        .append(&ada(), ExpectedVersion::Any, &[event(2)])
        .await;
    assert!(
        matches!(&answer, Err(AppendError::Store(StoreError::Corrupt { stream, .. }))
            if stream == "bank_account/ada"),
        "{answer:?}"
    );
    assert_eq!(everything(&store).await.len(), 1);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn an_event_that_the_head_does_not_know_stops_appending() {
    let store = fresh().await;
    store
        .append(&ada(), ExpectedVersion::Any, &[event(1)])
        .await
        .unwrap();
    let rogue = raw_record(store.name(), "events", 1.into()).await;
    set(&rogue, "position", 7);
    set(&rogue, "version", 2);
    set(&rogue, "event_id", event(7).event_id.to_string());
    set(&rogue, "checksum", JsValue::UNDEFINED);
    meddle(store.name(), "events", |events| {
        events.add(&rogue, None).unwrap();
    })
    .await
    .unwrap();
    let answer = store
        .append(&ada(), ExpectedVersion::Any, &[event(2)])
        .await;
    assert!(
        matches!(
            &answer,
            Err(AppendError::Store(StoreError::Corrupt {
                version: Version(2),
                ..
            }))
        ),
        "{answer:?}"
    );
    assert_eq!(everything(&store).await.len(), 2);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_damaged_snapshot_is_none_and_a_damaged_checkpoint_starts_over() {
    let store = fresh().await;
    let snapshot = Snapshot {
        stream: ada(),
        version: Version(2),
        event_id: event(2).event_id,
        schema: 1,
        state: JsonText::empty_object(),
    };
    store.keep_snapshot(snapshot).await.unwrap();
    store.keep_checkpoint("ledger", Position(9)).await.unwrap();
    let key: JsValue = Array::of2(&"bank_account".into(), &"ada".into()).into();
    let damaged = raw_record(store.name(), "snapshots", key).await;
    set(&damaged, "state", "{");
    meddle(store.name(), "snapshots", |snapshots| {
        snapshots.put(&damaged, None).unwrap();
    })
    .await
    .unwrap();
    let damaged = object();
    set(&damaged, "subscriber", "ledger");
    meddle(store.name(), "checkpoints", |checkpoints| {
        checkpoints.put(&damaged, None).unwrap();
    })
    .await
    .unwrap();
    assert_eq!(store.snapshot(&ada()).await, Ok(None));
    assert_eq!(store.checkpoint("ledger").await, Ok(Position::START));
    delete(store).await;
}
