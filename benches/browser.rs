//! What the store in IndexedDB costs, as ratios to bare IndexedDB doing the same work in the same
//! run, in turn:
//!
//! `wasm-pack test --release --headless --chrome -- --bench browser -- --nocapture`
//!
//! Everything that is timed is compared first: the bare records are those of the store.

#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark stops at the first fault"
)]

use eventloom::browser::{BrowserClock, BrowserIds, IndexedDbStore};
use eventloom::core::{
    Clock, ExpectedVersion, IdSource, JsonText, Metadata, NewEvent, StreamId, Version,
};
use eventloom::store::EventStore;
use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const ROUNDS: usize = 5;
const APPENDS: usize = 100;
const LONG: usize = 10_000;

fn now() -> f64 {
    web_sys::window().unwrap().performance().unwrap().now()
}

/// Runs a promise-returning function of JavaScript, which is what a person would write by hand.
async fn javascript(arguments: &str, body: &str, values: &[JsValue]) -> JsValue {
    let function = Function::new_with_args(arguments, body);
    let values: Array = values.iter().collect();
    let promise = function.apply(&JsValue::NULL, &values).unwrap();
    JsFuture::from(promise.unchecked_into::<Promise>())
        .await
        .unwrap()
}

/// Opens a database by hand; `key_path` for one that is to be made.
async fn bare(name: &str) -> JsValue {
    const OPEN: &str = "return new Promise((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onupgradeneeded = () => request.result.createObjectStore('records', { keyPath: 'position' });
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    })";
    javascript("name", OPEN, &[name.into()]).await
}

/// Puts one record in one transaction, and waits until it is complete.
async fn put(database: &JsValue, record: &JsValue, durability: &str) {
    const PUT: &str = "return new Promise((resolve, reject) => {
        const transaction = database.transaction('records', 'readwrite', { durability });
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
        transaction.objectStore('records').put(record);
        transaction.commit();
    })";
    let values = [database.clone(), record.clone(), durability.into()];
    javascript("database, record, durability", PUT, &values).await;
}

/// All records of an object store.
async fn get_all(database: &JsValue, store: &str) -> Array {
    const GET_ALL: &str = "return new Promise((resolve, reject) => {
        const request = database.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    })";
    let found = javascript(
        "database, store",
        GET_ALL,
        &[database.clone(), store.into()],
    )
    .await;
    found.unchecked_into()
}

fn event(number: usize) -> NewEvent {
    let now = BrowserClock.now();
    NewEvent {
        event_id: BrowserIds.next_id(now),
        event_type: "MoneyDeposited".to_owned(),
        schema_version: 1,
        data: JsonText::parse(&format!(
            r#"{{"amount":{number},"reference":"salary of the month {number}"}}"#
        ))
        .unwrap(),
        timestamp: now,
        metadata: Metadata::correlated("benchmark"),
    }
}

fn fresh_name() -> String {
    format!("eventloom-bench-{}", BrowserIds.next_id(BrowserClock.now()))
}

fn percentile(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    times[((times.len() - 1) as f64 * share).round() as usize]
}

#[wasm_bindgen_test]
async fn one_acknowledged_append_against_a_bare_put_of_the_same_record() {
    let store = IndexedDbStore::open(&fresh_name()).await.unwrap();
    let stream = StreamId::new("bank_account", "benchmark").unwrap();
    let bare_name = fresh_name();
    let database = bare(&bare_name).await;
    let (mut appends, mut puts) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for number in 0..APPENDS {
            let version = Version((round * APPENDS + number) as u64);
            let batch = [event(number)];
            let from = now();
            let expected = ExpectedVersion::Exact(version);
            store.append(&stream, expected, &batch).await.unwrap();
            appends.push(now() - from);
        }
        // What the store wrote this round, record by record, put by hand.
        let kept = bare(store.name()).await;
        let records = get_all(&kept, "events").await;
        assert_eq!(records.length() as usize, (round + 1) * APPENDS);
        for number in 0..APPENDS {
            let record = records.get((round * APPENDS + number) as u32);
            let from = now();
            put(&database, &record, "strict").await;
            puts.push(now() - from);
        }
        javascript("kept", "kept.close(); return Promise.resolve()", &[kept]).await;
    }
    assert_eq!(
        get_all(&database, "records").await.length() as usize,
        ROUNDS * APPENDS
    );
    for (name, share) in [("p50", 0.5), ("p95", 0.95)] {
        let (append, put) = (
            percentile(&mut appends, share),
            percentile(&mut puts, share),
        );
        console_log!(
            "one strict append, {name}: {append:.2} ms; a bare strict put {put:.2} ms; ratio {:.2}",
            append / put
        );
    }
}

#[wasm_bindgen_test]
async fn loading_a_stream_of_10_000_against_a_bare_get_all_of_the_same_records() {
    let store = IndexedDbStore::open(&fresh_name()).await.unwrap();
    let stream = StreamId::new("bank_account", "benchmark").unwrap();
    let batch: Vec<_> = (0..LONG).map(event).collect();
    let none = ExpectedVersion::NoStream;
    let recorded = store.append(&stream, none, &batch).await.unwrap();
    let kept = bare(store.name()).await;
    let (mut loads, mut gets) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let from = now();
        let loaded = store
            .read_stream(&stream, Version::NONE, LONG)
            .await
            .unwrap();
        loads.push(now() - from);
        assert_eq!(loaded, recorded);
        let from = now();
        let records = get_all(&kept, "events").await;
        gets.push(now() - from);
        assert_eq!(records.length() as usize, LONG);
    }
    let (load, get) = (percentile(&mut loads, 0.5), percentile(&mut gets, 0.5));
    console_log!(
        "a stream of {LONG} events: loaded in {load:.0} ms; a bare getAll {get:.0} ms; ratio {:.2}",
        load / get
    );
}
