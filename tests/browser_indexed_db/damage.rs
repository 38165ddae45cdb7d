//! Records that were damaged or written by somebody else.

use std::ops::ControlFlow;

use eventloom::browser::IndexedDbStore;
use eventloom::core::{ExpectedVersion, JsonText, Position, RecordedEvent, StreamId, Version};
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{AppendError, CheckpointStore, Snapshot, SnapshotStore, StoreError};
use js_sys::{Array, Function};
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
            .record(&ada(), ExpectedVersion::Any, &events([1, 2, 3]))
            .await
            .unwrap();
        change_event(store.name(), 1, 1, field, js(damage)).await;
        // Whoever knows the log from before, and whoever reads it for the first time.
        let again = open(store.name()).await;
        for answer in [
            store.stream_events(&ada(), Version::NONE, 10).await,
            store.all_events(Position::START, 10).await,
            again.stream_events(&ada(), Version::NONE, 10).await,
            again.all_events(Position::START, 10).await,
        ] {
            let Err(StoreError::Corrupt {
                stream,
                version,
                cause: told,
                ..
            }) = answer
            else {
                panic!("{field} = {damage}: {answer:?}");
            };
            assert_eq!((stream.as_str(), version), ("bank_account/ada", Version(2)));
            assert!(told.to_string().contains(cause), "{told}");
        }
        // What is intact can still be read.
        for store in [&store, &again] {
            let intact = store.stream_events(&ada(), Version(2), 10).await.unwrap();
            assert_eq!(intact[0].version, Version(3));
        }
        again.close();
        delete(store).await;
    }
}

fn ben() -> StreamId {
    StreamId::new("bank_account", "ben").unwrap()
}

async fn refuses_to_append(store: &IndexedDbStore, stream: &StreamId, told: &str) {
    let before = store.end().await.unwrap();
    let answer = store
        .record(stream, ExpectedVersion::Any, &[event(99)])
        .await;
    assert!(
        matches!(&answer, Err(AppendError::Store(StoreError::Corrupt { cause, .. }))
            if cause.to_string().contains(told)),
        "{answer:?}"
    );
    assert_eq!(store.end().await, Ok(before));
}

#[wasm_bindgen_test]
async fn nothing_is_appended_to_a_stream_with_a_damaged_event() {
    let store = fresh().await;
    let any = ExpectedVersion::Any;
    for stream in [ada(), ben()] {
        store.record(&stream, any, &events([1, 2])).await.unwrap();
    }
    change_event(store.name(), 1, 1, "data", "{}".into()).await;
    let again = open(store.name()).await;
    refuses_to_append(&again, &ada(), "segment 1: its checksum").await;
    assert!(again.record(&ben(), any, &[event(3)]).await.is_ok());
    again.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn nothing_is_appended_while_it_is_not_known_whose_events_are_damaged() {
    for (field, damage) in [
        ("packed", "new Uint8Array([1, 0])"),
        ("packed", "undefined"),
        ("checksum", "0"),
        ("first", "7"),
        ("last", "'17'"),
    ] {
        let store = fresh().await;
        let any = ExpectedVersion::Any;
        store.record(&ada(), any, &events(1..=17)).await.unwrap();
        let segment = raw_segment(store.name(), 1).await;
        set(&segment, field, js(damage));
        put(store.name(), "log", &[segment]).await;
        let again = open(store.name()).await;
        refuses_to_append(&again, &ben(), "segment 1: ").await;
        let read = again.all_events(Position::START, 9).await;
        assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");
        again.close();
        delete(store).await;
    }
}

#[wasm_bindgen_test]
async fn a_segment_that_is_missing_stops_appending() {
    let store = fresh().await;
    let any = ExpectedVersion::Any;
    for number in 1..=3 {
        store.record(&ada(), any, &[event(number)]).await.unwrap();
    }
    meddle(store.name(), "log", |log| {
        log.delete(JsValue::from(2)).unwrap();
    })
    .await
    .unwrap();
    let again = open(store.name()).await;
    refuses_to_append(&again, &ben(), "segment 2 of the log is missing").await;
    again.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_version_that_another_program_skipped_stops_appending_to_its_stream() {
    let store = fresh().await;
    let any = ExpectedVersion::Any;
    store.record(&ada(), any, &[event(1)]).await.unwrap();
    let rogue = raw_segment(store.name(), 1).await;
    set(&rogue, "segment", 2);
    for (field, value) in [
        ("position", JsValue::from(7)),
        ("version", 3.into()),
        ("event_id", event(7).event_id.to_string().into()),
        ("checksum", JsValue::UNDEFINED),
    ] {
        set(&event_of(&rogue, 0), field, value);
    }
    put(store.name(), "log", &[rogue]).await;
    refuses_to_append(&store, &ada(), "events between are missing").await;
    assert!(store.record(&ben(), any, &[event(3)]).await.is_ok());
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_damaged_or_missing_page_is_told_and_other_streams_are_read() {
    let stream = |number: u64| StreamId::new("bank_account", format!("a{number}")).unwrap();
    let log: Vec<RecordedEvent> = (0..3_000)
        .map(|number| {
            let (version, position) = (Version(number % 1_000 + 1), Position(number + 1));
            event(number).recorded(stream(number / 1_000), version, position)
        })
        .collect();
    for damage in [
        "({ ...page, packed: page.packed.fill(7, 5, 6) })",
        "undefined",
    ] {
        let store = fresh().await;
        let go_on = |_| ControlFlow::Continue(());
        store.take_in(Position::START, &log, go_on).await.unwrap();
        let key: JsValue = Array::of2(&1.into(), &0.into()).into();
        let page = raw_record(store.name(), "pages", key.clone()).await;
        let damaged = Function::new_with_args("page", &format!("return {damage}"))
            .call1(&JsValue::UNDEFINED, &page)
            .unwrap();
        meddle(store.name(), "pages", |pages| {
            match damaged.is_undefined() {
                true => drop(pages.delete(key).unwrap()),
                false => drop(pages.put(&damaged, None).unwrap()),
            };
        })
        .await
        .unwrap();
        for store in [store.clone(), open(store.name()).await] {
            let read = store.stream_events(&stream(0), Version::NONE, 10).await;
            assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");
            let read = store.all_events(Position::START, 10).await;
            assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");
            // Its last thousand is in other pages.
            let read = store.stream_events(&stream(2), Version::NONE, 2_000).await;
            assert_eq!(read.as_deref(), Ok(&log[2_000..]));
            let head = store.version_of(&stream(0)).await;
            assert_eq!(head, Ok(Version(1_000)));
        }
        delete(store).await;
    }
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

#[wasm_bindgen_test]
async fn a_batch_that_was_recorded_and_cannot_be_read_is_not_told_as_if_nothing_was() {
    let store = fresh().await;
    let any = ExpectedVersion::Any;
    let batch = events([1, 2]);
    store.record(&ada(), any, &batch).await.unwrap();
    change_event(store.name(), 1, 1, "data", "{}".into()).await;
    let again = store.record(&ada(), any, &batch).await.unwrap_err();
    assert!(again.outcome_is_unknown(), "{again:?}");
    let told = again.to_string();
    assert!(
        told.contains("holds events of this batch already"),
        "{told}"
    );
    assert!(told.contains("checksum"), "{told}");
    delete(store).await;
}
