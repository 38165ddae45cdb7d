//! The saved copy of the index: whatever becomes of it, answers stay those of the log.

use std::ops::ControlFlow;

use eventloom::browser::IndexedDbStore;
use eventloom::core::{ExpectedVersion, Position, RecordedEvent, StreamId, Version};
use eventloom::store::ImportStore;
use eventloom::store::conformance::{Plain, PlainImport};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Spy, ada, delete, event, events, everything, fresh, jitter, meddle, open, put, raw, raw_record,
    raw_segment, recorded, set, soon,
};

const ANY: ExpectedVersion = ExpectedVersion::Any;

fn ben() -> StreamId {
    StreamId::new("bank_account", "ben").unwrap()
}

/// A store with an import of 400 events, in pages, and two appends.
async fn kept() -> (IndexedDbStore, Vec<RecordedEvent>) {
    let store = fresh().await;
    let mut held: Vec<_> = (1..=400).map(|n| recorded(n, n, n)).collect();
    let import = store.take_in(Position::START, &held, |_| ControlFlow::Continue(()));
    import.await.unwrap();
    held.extend(store.record(&ben(), ANY, &events(401..404)).await.unwrap());
    held.extend(store.record(&ada(), ANY, &events(404..424)).await.unwrap());
    (store, held)
}

async fn saved(name: &str) -> JsValue {
    raw_record(name, "meta", "index".into()).await
}

async fn is_saved(name: &str) -> bool {
    let database = raw(name, None).await;
    let reading = database.transaction(&["meta"], idb::TransactionMode::ReadOnly);
    let meta = reading.unwrap().object_store("meta").unwrap();
    let found = meta.get(JsValue::from("index")).unwrap().await.unwrap();
    database.close();
    found.is_some()
}

/// Whether a tab that opens the store answers as the log says, and appends after it.
async fn assert_holds(name: &str, held: &[RecordedEvent], what: &str) {
    let store = open(name).await;
    let of = |stream: StreamId| -> Vec<RecordedEvent> {
        held.iter()
            .filter(|e| e.stream == stream)
            .cloned()
            .collect()
    };
    for stream in [ada(), ben()] {
        let expected = of(stream.clone());
        assert_eq!(
            store.version_of(&stream).await,
            Ok(Version(expected.len() as u64)),
            "{what}"
        );
        let read = store.stream_events(&stream, Version::NONE, 9_999).await;
        assert!(read.as_ref() == Ok(&expected), "{what}");
    }
    assert!(everything(&store).await == held, "{what}");
    let exact = ExpectedVersion::Exact(Version(of(ben()).len() as u64));
    let next = store.record(&ben(), exact, &[event(90_000)]).await;
    let last = held.last().map_or(Position::START, |event| event.position);
    let next = next.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(next[0].position > last, "{what}");
    // Sent again, it is recognised.
    let again = store.record(&ben(), exact, &[event(90_000)]).await;
    assert_eq!(again, Ok(next), "{what}");
    let found = everything(&store).await;
    assert_eq!(found.len(), held.len() + 1, "{what}");
    store.close();
}

/// Takes away what `assert_holds` appended.
async fn undo(name: &str, number: u64) {
    let undone = meddle(name, "log", |log| {
        log.delete(JsValue::from(number as f64)).unwrap();
    });
    undone.await.unwrap();
}

#[wasm_bindgen_test]
async fn a_saved_index_is_used_and_what_came_later_is_caught_up() {
    let (store, mut held) = kept().await;
    store.compact().await.unwrap();
    let name = store.name().to_owned();
    held.extend(store.record(&ben(), ANY, &[event(500)]).await.unwrap());
    store.close();
    // A record that the log says nothing of tells which of the two was read.
    let segment = raw_segment(&name, 2).await;
    let empty = raw_segment(&name, 2).await;
    set(&empty, "events", js_sys::Array::new());
    put(&name, "log", &[empty]).await;
    let other = open(&name).await;
    assert_eq!(other.version_of(&ben()).await, Ok(Version(4)));
    other.close();
    put(&name, "log", &[segment]).await;
    assert_holds(&name, &held, "late").await;
    let store = open(&name).await;
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_saved_index_that_is_wrong_truncated_or_missing_changes_no_answer() {
    let (store, held) = kept().await;
    store.compact().await.unwrap();
    let name = store.name().to_owned();
    store.close();
    let whole = saved(&name).await;
    let bytes: Uint8Array = Reflect::get(&whole, &"packed".into())
        .unwrap()
        .unchecked_into();
    let length = bytes.length();
    let changed = |change: &dyn Fn(&Uint8Array)| {
        let copy = Uint8Array::new(&bytes);
        change(&copy);
        JsValue::from(copy)
    };
    let mut cases: Vec<(String, &str, JsValue)> = Vec::new();
    for index in [0, 1, 2, length / 2, length - 1] {
        let flipped = changed(&|b| b.set_index(index, b.get_index(index) ^ 4));
        cases.push((format!("byte {index} flipped"), "packed", flipped));
    }
    for end in [0, 1, length / 2, length - 1] {
        let cut = bytes.subarray(0, end).slice(0, end);
        cases.push((format!("cut at {end}"), "packed", cut.into()));
    }
    for (field, value) in [
        ("segment", JsValue::from(2)),
        ("segment", JsValue::from(1)),
        ("segment", JsValue::from("3")),
        ("segment", JsValue::from(9)),
        ("checksum", JsValue::from(7)),
        ("checksum", JsValue::UNDEFINED),
        ("packed", JsValue::from("no bytes")),
    ] {
        cases.push((format!("{field} {value:?}"), field, value));
    }
    for (what, field, value) in cases {
        let wrong = saved(&name).await;
        set(&wrong, field, value);
        put(&name, "meta", &[wrong]).await;
        assert_holds(&name, &held, &what).await;
        undo(&name, 4).await;
        put(&name, "meta", std::slice::from_ref(&whole)).await;
    }
    let gone = meddle(&name, "meta", |meta| {
        meta.delete(JsValue::from("index")).unwrap();
    });
    gone.await.unwrap();
    assert_holds(&name, &held, "missing").await;
    delete(open(&name).await).await;
}

#[wasm_bindgen_test]
async fn a_saved_index_of_before_a_reset_or_of_another_database_is_not_taken() {
    let (store, _) = kept().await;
    store.compact().await.unwrap();
    let name = store.name().to_owned();
    let of_before = saved(&name).await;
    store.reset(&[]).await.unwrap();
    let held = store.record(&ben(), ANY, &events(1..3)).await.unwrap();
    store.close();
    put(&name, "meta", std::slice::from_ref(&of_before)).await;
    assert_holds(&name, &held, "of before a reset").await;
    delete(open(&name).await).await;

    // As many segments, of the same sizes, with other events.
    let other = fresh().await;
    let mut held: Vec<_> = (1..=400).map(|n| recorded(1_000 + n, n, n)).collect();
    let import = other.take_in(Position::START, &held, |_| ControlFlow::Continue(()));
    import.await.unwrap();
    held.extend(other.record(&ada(), ANY, &events(401..404)).await.unwrap());
    held.extend(
        other
            .record(&ben(), ANY, &events(1_404..1_424))
            .await
            .unwrap(),
    );
    let name = other.name().to_owned();
    other.close();
    put(&name, "meta", &[of_before]).await;
    assert_holds(&name, &held, "of another database").await;
    delete(open(&name).await).await;
}

#[wasm_bindgen_test]
async fn a_saved_index_that_does_not_know_of_a_joining_changes_no_answer() {
    let store = fresh().await;
    let mut held = Vec::new();
    for batch in 0..50 {
        let stream = if batch % 2 == 0 { ada() } else { ben() };
        let batch = events(batch * 100..batch * 100 + 100);
        held.extend(store.record(&stream, ANY, &batch).await.unwrap());
    }
    store.compact().await.unwrap();
    let name = store.name().to_owned();
    let of_before = saved(&name).await;
    for number in 0..256 {
        held.extend(
            store
                .record(&ben(), ANY, &[event(10_000 + number)])
                .await
                .unwrap(),
        );
    }
    store.compact().await.unwrap();
    let of_now = saved(&name).await;
    let up_to = Reflect::get(&of_now, &"segment".into()).unwrap();
    assert_eq!(up_to.as_f64(), Some(306.0));
    store.close();
    // The segment that it knows last is there as it was; those before it aren't.
    put(&name, "meta", &[of_before]).await;
    assert_holds(&name, &held, "of before a joining").await;
    delete(open(&name).await).await;
}

#[wasm_bindgen_test]
async fn who_joins_takes_the_saved_index_away_in_the_same_transaction() {
    let store = fresh().await;
    for batch in 0..41 {
        let batch = events(batch * 100..batch * 100 + 100);
        store.record(&ada(), ANY, &batch).await.unwrap();
    }
    store.compact().await.unwrap();
    assert!(is_saved(store.name()).await);
    for number in 0..256 {
        store
            .record(&ben(), ANY, &[event(10_000 + number)])
            .await
            .unwrap();
    }
    // Saving it again comes to nothing.
    let spoil = "if (tx.mode === 'readwrite' && asked[0].length === 1) tx.abort();";
    let spy = Spy::on(&store, spoil);
    assert!(store.compact().await.is_err());
    drop(spy);
    assert!(!is_saved(store.name()).await);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_store_saves_its_index_by_itself_after_a_great_import() {
    let store = fresh().await;
    let log: Vec<_> = (1..=8_192).map(|n| recorded(n, n, n)).collect();
    let import = store.take_in(Position::START, &log, |_| ControlFlow::Continue(()));
    import.await.unwrap();
    soon(async {
        while !is_saved(store.name()).await {
            jitter(50.0).await;
        }
    })
    .await;
    let name = store.name().to_owned();
    store.close();
    assert_holds(&name, &log, "by itself").await;
    delete(open(&name).await).await;
}
