//! What lies in the database, seen without the store.

use std::ops::ControlFlow;

use eventloom::core::{
    ExpectedVersion, JsonText, Position, RecordedEvent, StreamId, Timestamp, Version,
};
use eventloom::log::Chain;
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{CheckpointStore, Snapshot, SnapshotStore, StoreError};
use js_sys::{Array, Object};
use serde_json::json;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

// The checksums here are those of zlib's crc32 over the text that `store::checksum` describes.
#[wasm_bindgen_test]
async fn a_segment_of_few_events_reads_like_their_envelopes() {
    let store = fresh().await;
    let mut rich = event(1);
    rich.metadata.actor = Some("ben".to_owned());
    rich.metadata.extensions = json!({ "b": 1.0, "a": 2 }).as_object().unwrap().clone();
    let any = ExpectedVersion::Any;
    let batch = [rich, event(2)];
    let recorded = store.record(&ada(), any, &batch).await.unwrap();
    let segment = raw_segment(store.name(), 1).await;
    let chain = Chain::START.with(1, &recorded);
    assert_eq!(
        json(&segment),
        format!(r#"{{"chain":"{chain}","#)
            + concat!(
                r#""events":[{"aggregate_id":"ada","aggregate_type":"bank_account","#,
                r#""checksum":706558795,"data":"{\"amount\":1.50}","#,
                r#""event_id":"00000000-0000-0000-0000-000000000001","event_type":"MoneyDeposited","#,
                r#""metadata":{"actor":"ben","correlation_id":"lesson 1","#,
                r#""extensions":"{\"b\":1.0,\"a\":2}"},"position":1,"schema_version":1,"#,
                r#""timestamp":"2026-01-05T09:00:02.007Z","version":1},"#,
                r#"{"aggregate_id":"ada","aggregate_type":"bank_account","#,
                r#""checksum":1338413542,"data":"{\"amount\":2.50}","#,
                r#""event_id":"00000000-0000-0000-0000-000000000002","event_type":"MoneyDeposited","#,
                r#""metadata":{"correlation_id":"lesson 1"},"position":2,"schema_version":1,"#,
                r#""timestamp":"2026-01-05T09:00:02.007Z","version":2}],"segment":1}"#,
            )
    );
    delete(store).await;
}

#[wasm_bindgen_test]
async fn the_checksum_of_an_event_holds_its_position() {
    let store = fresh().await;
    let log = [recorded(9, 1, 40)];
    let imported = store.take_in(Position::START, &log, |_| ControlFlow::Continue(()));
    imported.await.unwrap();
    let segment = json(&raw_segment(store.name(), 1).await);
    assert!(segment.contains(r#""checksum":417458815,"#), "{segment}");
    // At another position it isn't the event that was imported.
    change_event(store.name(), 1, 0, "position", 41.into()).await;
    let answer = store.all_events(Position::START, 9).await;
    assert!(
        matches!(&answer, Err(StoreError::Corrupt { cause, .. })
        if cause.to_string().contains("checksum")),
        "{answer:?}"
    );
    delete(store).await;
}

#[wasm_bindgen_test]
async fn an_event_without_a_checksum_is_of_an_earlier_time_and_is_read() {
    let store = fresh().await;
    let any = ExpectedVersion::Any;
    let held = store.record(&ada(), any, &events([1, 2])).await.unwrap();
    change_event(store.name(), 1, 0, "checksum", JsValue::UNDEFINED).await;
    assert_eq!(everything(&store).await, held);
    delete(store).await;
}

/// The names of a record's fields, in order.
fn fields(record: &JsValue) -> Vec<String> {
    let keys = Object::keys(record.unchecked_ref::<Object>());
    let mut keys: Vec<String> = keys.iter().filter_map(|key| key.as_string()).collect();
    keys.sort();
    keys
}

#[wasm_bindgen_test]
async fn a_segment_of_many_events_is_packed_and_loses_nothing() {
    let store = fresh().await;
    let mut batch = events(1..=17);
    batch[3].metadata.causation_id = Some("größe \u{1}🦀".to_owned());
    batch[3].metadata.actor = Some(String::new());
    batch[3].metadata.extensions = json!({ "b": 1.0, "a": "2" }).as_object().unwrap().clone();
    batch[4].data = JsonText::parse(r#"{"b":1.00,"a":123456789012345678901234567890}"#).unwrap();
    batch[5].timestamp = Timestamp::from_millis(-1);
    let any = ExpectedVersion::Any;
    let held = store.record(&ada(), any, &batch).await.unwrap();
    let segment = raw_segment(store.name(), 1).await;
    assert_eq!(
        fields(&segment),
        ["chain", "checksum", "first", "last", "packed", "segment"]
    );
    let again = open(store.name()).await;
    assert_eq!(everything(&again).await, held);
    let middle = again.stream_events(&ada(), Version(3), 3).await.unwrap();
    assert_eq!(middle, held[3..6]);
    again.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn an_import_of_many_events_is_laid_out_in_pages_by_stream() {
    let store = fresh().await;
    let stream = |number: u64| StreamId::new("bank_account", format!("a{}", number % 7)).unwrap();
    let log: Vec<RecordedEvent> = (0..5_000)
        .map(|number| {
            let (version, position) = (Version(number / 7 + 1), Position(number + 1));
            event(number).recorded(stream(number), version, position)
        })
        .collect();
    let go_on = |_| ControlFlow::Continue(());
    store.take_in(Position::START, &log, go_on).await.unwrap();
    let segment = raw_segment(store.name(), 1).await;
    assert_eq!(
        fields(&segment),
        [
            "chain", "checksum", "first", "imported", "last", "packed", "pages", "segment"
        ]
    );
    let page = raw_record(
        store.name(),
        "pages",
        Array::of2(&1.into(), &0.into()).into(),
    )
    .await;
    assert_eq!(fields(&page), ["checksum", "packed", "page", "segment"]);
    for store in [store.clone(), open(store.name()).await] {
        assert_eq!(everything(&store).await, log);
        // In pages that end within a segment, as a reader may ask.
        let mut forward = Vec::new();
        while forward.len() < log.len() {
            let after = forward
                .last()
                .map_or(Position::START, |e: &RecordedEvent| e.position);
            forward.extend(store.all_events(after, 700).await.unwrap());
        }
        assert_eq!(forward, log);
        for number in 0..7 {
            let of_it: Vec<_> = log
                .iter()
                .filter(|e| e.stream == stream(number))
                .cloned()
                .collect();
            let read = store
                .stream_events(&stream(number), Version::NONE, 9_999)
                .await;
            assert_eq!(read.as_ref(), Ok(&of_it));
            let part = store
                .stream_events(&stream(number), Version(300), 100)
                .await;
            assert_eq!(part.as_deref(), Ok(&of_it[300..400]));
            assert_eq!(
                store.version_of(&stream(number)).await,
                Ok(Version(of_it.len() as u64))
            );
        }
    }
    delete(store).await;
}

#[wasm_bindgen_test]
async fn snapshots_and_checkpoints_read_as_what_they_are() {
    let store = fresh().await;
    let held = store
        .record(&ada(), ExpectedVersion::Any, &events([1, 2]))
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
async fn the_database_itself_refuses_a_second_segment_under_a_number() {
    let store = fresh().await;
    let any = ExpectedVersion::Any;
    store.record(&ada(), any, &events([1, 2])).await.unwrap();
    let rogue = js("({ segment: 1, events: [] })");
    let added = meddle(store.name(), "log", |log| {
        log.add(&rogue, None).unwrap();
    });
    let refused = added.await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(everything(&store).await.len(), 2);
    delete(store).await;
}
