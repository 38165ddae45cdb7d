//! The filters of segments: who appends to a stream that it doesn't know reads them, and not the stream; and one that
//! can't be had changes nothing that is answered.

use std::ops::ControlFlow;

use eventloom::browser::IndexedDbStore;
use eventloom::core::{ExpectedVersion, Position, RecordedEvent, StreamId, Version};
use eventloom::store::ImportStore;
use eventloom::store::conformance::{Plain, PlainImport};
use js_sys::{Array, Object, Reflect, Uint8Array};
use serde::Deserialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::faults::in_time;
use super::layout::records;
use super::second_copy;
use super::support::{
    Spy, ada, delete, event, events, everything, fresh, meddle, open, put, raw_found, recorded, set,
};
use super::verify::verified;

const ANY: ExpectedVersion = ExpectedVersion::Any;

/// What each transaction that reads is asked for: `filter`, `page`, or `segment`, once for each request.
const READS: &str = "entry.read = [];
    if (tx.mode === 'readonly') tx.objectStore = name => {
        const found = IDBTransaction.prototype.objectStore.call(tx, name);
        for (const way of ['get', 'getAll']) found[way] = (...asked) => {
            const page = name === 'pages' && (asked[0].lower ?? asked[0])[1];
            const read = page === -1 ? 'filter' : page === false ? 'segment' : 'page';
            // Who catches up looks for segments that aren't there yet.
            if (name !== 'log' || !asked[0].lowerOpen) entry.read.push(read);
            return IDBObjectStore.prototype[way].apply(found, asked);
        };
        return found;
    };";

/// What was read while a spy looked.
fn read(spy: &Spy) -> Vec<String> {
    #[derive(Deserialize)]
    struct Entry {
        read: Vec<String>,
    }
    let seen: Vec<Entry> = serde_json::from_str(&spy.seen()).unwrap();
    seen.into_iter().flat_map(|entry| entry.read).collect()
}

/// The filter of a segment.
fn key(segment: u32) -> JsValue {
    Array::of2(&segment.into(), &(-1).into()).into()
}

async fn has_filter(name: &str, segment: u32) -> bool {
    raw_found(name, "pages", key(segment)).await.is_some()
}

fn stream(number: u64) -> StreamId {
    StreamId::new("bank_account", format!("a{number}")).unwrap()
}

/// A store with 40 streams of 20 events each, imported as one segment of pages, and opened again.
async fn imported() -> (IndexedDbStore, Vec<RecordedEvent>) {
    let store = fresh().await;
    let log: Vec<RecordedEvent> = (0..800)
        .map(|n| event(n).recorded(stream(n % 40), Version(n / 40 + 1), Position(n + 1)))
        .collect();
    let go_on = |_| ControlFlow::Continue(());
    store.take_in(Position::START, &log, go_on).await.unwrap();
    store.close();
    let store = open(store.name()).await;
    store.version_of(&ada()).await.unwrap();
    (store, log)
}

#[wasm_bindgen_test]
async fn the_first_append_to_each_of_many_streams_reads_their_filter_once_and_no_page() {
    let (store, log) = imported().await;
    let spy = Spy::on(&store, READS);
    for n in 0..40 {
        store
            .record(&stream(n), ANY, &[event(9_000 + n)])
            .await
            .unwrap();
    }
    assert_eq!(read(&spy), ["filter"]);
    drop(spy);
    // What was sent before is known all the same, and what of it was changed is refused.
    let again = event(45);
    assert_eq!(
        store.record(&stream(5), ANY, &[again]).await.unwrap(),
        [log[45].clone()]
    );
    assert_eq!(everything(&store).await.len(), 840);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_great_append_sent_again_after_opening_is_recorded_once() {
    let store = fresh().await;
    let batch = events(1..=300);
    let held = store.record(&ada(), ANY, &batch).await.unwrap();
    assert!(has_filter(store.name(), 1).await);
    store.close();
    for count in [1, 300] {
        let store = open(store.name()).await;
        let again = store.record(&ada(), ANY, &batch[..count]).await.unwrap();
        assert!(again == held[..count]);
        store.close();
    }
    let store = open(store.name()).await;
    let next = store.record(&ada(), ANY, &[event(301)]).await.unwrap();
    assert_eq!(next[0].version, Version(301));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn without_a_filter_that_can_be_read_the_stream_is_read() {
    type Change = fn(&JsValue);
    let changes: [(&str, Change); 3] = [
        ("a bit is another", |record| {
            let bytes: Uint8Array = field(record, "packed").unchecked_into();
            bytes.set_index(9, bytes.get_index(9) ^ 4);
        }),
        ("it is of another segment", |record| {
            set(record, "checksum", 1);
        }),
        ("nothing is in it", |record| {
            let record: &Object = record.unchecked_ref();
            Reflect::delete_property(record, &"packed".into()).unwrap();
        }),
    ];
    for (what, change) in changes {
        let (store, log) = imported().await;
        let record = raw_found(store.name(), "pages", key(1)).await.unwrap();
        change(&record);
        put(store.name(), "pages", &[record]).await;
        holds(&store, &log, what).await;
    }
    let (store, log) = imported().await;
    let gone = meddle(store.name(), "pages", |pages| {
        pages.delete(key(1)).unwrap();
    });
    gone.await.unwrap();
    holds(&store, &log, "it is gone").await;
}

fn field(record: &JsValue, name: &str) -> JsValue {
    Reflect::get(record, &name.into()).unwrap()
}

/// Whether a store whose filter is changed recognises what it holds, and takes what it doesn't hold.
async fn holds(store: &IndexedDbStore, log: &[RecordedEvent], what: &str) {
    let spy = Spy::on(store, READS);
    let again = store.record(&stream(5), ANY, &[event(45)]).await.unwrap();
    assert_eq!(again, [log[45].clone()], "{what}");
    let next = store
        .record(&stream(6), ANY, &[event(9_001)])
        .await
        .unwrap();
    assert_eq!(next[0].version, Version(21), "{what}");
    assert!(read(&spy).contains(&"page".to_owned()), "{what}");
    drop(spy);
    // Nothing is lost by that, and nothing is told.
    assert_eq!(verified(store).await.findings, [], "{what}");
    delete(store.clone()).await;
}

/// The storage hands out all but the filter.
#[wasm_bindgen_test]
async fn a_filter_that_the_storage_cannot_hand_out_stops_no_append() {
    let (store, log) = imported().await;
    let spy = Spy::on(
        &store,
        "tx.objectStore = name => {
            const found = IDBTransaction.prototype.objectStore.call(tx, name);
            found.get = key => {
                if (name !== 'pages') return IDBObjectStore.prototype.get.call(found, key);
                // What it answers with an error undoes the transaction.
                return IDBObjectStore.prototype.add.call(found, { none: true });
            };
            return found;
        };",
    );
    let appended = in_time(store.record(&stream(5), ANY, &[event(9_000), event(9_001)])).await;
    assert_eq!(appended.unwrap().unwrap()[1].version, Version(22));
    let again = in_time(store.record(&stream(5), ANY, &[event(45)])).await;
    assert_eq!(again.unwrap().unwrap(), [log[45].clone()]);
    drop(spy);
    delete(store).await;
}

/// As a release before may have recorded it: the same id stands in a stream twice.
#[wasm_bindgen_test]
async fn a_stream_that_holds_an_id_twice_is_appended_to() {
    for count in [20, 900] {
        let store = fresh().await;
        let log: Vec<RecordedEvent> = (1..=count)
            .map(|n| recorded(if n == 7 { 6 } else { n }, n, n))
            .collect();
        let go_on = |_| ControlFlow::Continue(());
        store.take_in(Position::START, &log, go_on).await.unwrap();
        store.close();
        let store = open(store.name()).await;
        let next = in_time(store.record(&ada(), ANY, &[event(1_000)])).await;
        assert_eq!(next.unwrap().unwrap()[0].version, Version(count + 1));
        delete(store).await;
    }
}

#[wasm_bindgen_test]
async fn a_filter_goes_with_its_segment() {
    let (store, _) = imported().await;
    assert!(has_filter(store.name(), 1).await);
    let more: Vec<RecordedEvent> = (1..=300).map(|n| recorded(2_000 + n, n, 800 + n)).collect();
    let go_on = |_| ControlFlow::Continue(());
    let imported = store.import(Position(800), None, &more, go_on).await;
    let token = imported.unwrap().unwrap();
    assert!(has_filter(store.name(), 2).await);
    store.undo_import(token).await.unwrap();
    assert!(!has_filter(store.name(), 2).await);
    // The same events may come again.
    let other = events(2_001..=2_300);
    let again = store.record(&ada(), ANY, &other).await.unwrap();
    assert_eq!(again[0].version, Version(1));
    store.reset(&[]).await.unwrap();
    store.compact().await.unwrap();
    assert_eq!(records(store.name(), "pages").await.len(), 0);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn what_is_brought_back_has_its_filter_again() {
    let name = super::support::fresh_name();
    let store = second_copy::open(&name).await;
    let batch = events(1..=300);
    let held = store.record(&ada(), ANY, &batch).await.unwrap();
    store.close();
    second_copy::lose_database(&name).await;
    let store = second_copy::open(&name).await;
    assert_eq!(store.recovery(), second_copy::deleted(300, 0));
    assert!(has_filter(&name, 1).await);
    let spy = Spy::on(&store, READS);
    let next = store.record(&ada(), ANY, &[event(301)]).await.unwrap();
    assert_eq!(next[0].version, Version(301));
    assert!(!read(&spy).contains(&"page".to_owned()));
    drop(spy);
    assert_eq!(store.record(&ada(), ANY, &batch).await.unwrap(), held);
    second_copy::end(store).await;
}
