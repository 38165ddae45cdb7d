//! Appends of many events: laid out in pages as an import is, and whole or not at all like any other.

use eventloom::browser::IndexedDbStore;
use eventloom::core::{ExpectedVersion, JsonText, NewEvent, Position, RecordedEvent, Version};
use eventloom::store::conformance::Plain;
use eventloom::store::{AppendError, ImportStore, StoreError};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::doubted::lose_after;
use super::second_copy::{self, deleted, reopened_after_loss};
use super::support::{
    Spy, ada, all, delete, event, events, everything, fresh, fresh_name, meddle, open, raw_record,
    raw_segment, recorded,
};

const ANY: ExpectedVersion = ExpectedVersion::Any;

/// Which object stores the transactions that write are over.
const STORES: &str = "if (tx.mode === 'readwrite') entry.over = [...tx.objectStoreNames].join();
    else delete entry.mode;";

fn has(record: &JsValue, field: &str) -> bool {
    Object::has_own(record.unchecked_ref::<Object>(), &field.into())
}

#[wasm_bindgen_test]
async fn an_append_of_256_events_stands_in_its_segment_and_one_of_more_in_pages() {
    let store = fresh().await;
    store.version_of(&ada()).await.unwrap();
    let spy = Spy::on(&store, STORES);
    let mut held = store.record(&ada(), ANY, &events(1..=256)).await.unwrap();
    // What is noted beside the first that is appended here is in the same transaction.
    assert!(spy.seen().contains(r#""over":"log"#), "{}", spy.seen());
    assert!(!spy.seen().contains("pages"), "{}", spy.seen());
    held.extend(store.record(&ada(), ANY, &events(257..=513)).await.unwrap());
    assert!(
        spy.seen().contains(r#""over":"log,pages""#),
        "{}",
        spy.seen()
    );
    drop(spy);
    let (few, many) = (
        raw_segment(store.name(), 1).await,
        raw_segment(store.name(), 2).await,
    );
    assert_eq!((has(&few, "pages"), has(&many, "pages")), (false, true));
    let page = raw_record(
        store.name(),
        "pages",
        Array::of2(&2.into(), &0.into()).into(),
    )
    .await;
    assert!(has(&page, "packed"));
    for store in [store.clone(), open(store.name()).await] {
        assert_eq!(everything(&store).await, held);
        let middle = store
            .stream_events(&ada(), Version(250), 100)
            .await
            .unwrap();
        assert_eq!(middle, held[250..350]);
    }
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_few_great_events_go_in_pages() {
    let store = fresh().await;
    let text = format!("{{\"text\":\"{}\"}}", "x".repeat(600 << 10));
    let batch: Vec<NewEvent> = (1..=2)
        .map(|number| NewEvent {
            data: JsonText::parse(&text).unwrap(),
            ..event(number)
        })
        .collect();
    let mut held = store.record(&ada(), ANY, &batch).await.unwrap();
    assert!(has(&raw_segment(store.name(), 1).await, "pages"));
    held.extend(
        store
            .record(
                &ada(),
                ANY,
                &[NewEvent {
                    event_id: event(3).event_id,
                    ..batch[0].clone()
                }],
            )
            .await
            .unwrap(),
    );
    assert!(!has(&raw_segment(store.name(), 2).await, "pages"));
    let store = open(store.name()).await;
    assert!(everything(&store).await == held);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_great_append_sent_again_is_recognised_without_reading_the_stream_first() {
    let store = fresh().await;
    store.version_of(&ada()).await.unwrap();
    let batch = events(1..=300);
    let held = store.record(&ada(), ANY, &batch).await.unwrap();
    // Its ids are known from having appended them.
    let spy = Spy::on(&store, "");
    store.record(&ada(), ANY, &[event(301)]).await.unwrap();
    assert!(!spy.seen().contains("readonly"), "{}", spy.seen());
    drop(spy);
    assert_eq!(store.record(&ada(), ANY, &batch).await, Ok(held.clone()));
    let again = open(store.name()).await;
    assert_eq!(again.record(&ada(), ANY, &batch).await, Ok(held));
    assert_eq!(store.version_of(&ada()).await, Ok(Version(301)));
    again.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_great_append_that_the_database_refuses_leaves_nothing() {
    let store = fresh().await;
    store.record(&ada(), ANY, &[event(1)]).await.unwrap();
    for spoil in [
        "if (tx.mode === 'readwrite') tx.commit = () => tx.abort();",
        "if (tx.mode === 'readwrite') tx.objectStore = name => {
             const found = IDBTransaction.prototype.objectStore.call(tx, name);
             if (name === 'pages') found.put = () => { throw new DOMException('', 'DataError'); };
             return found; };",
    ] {
        let spy = Spy::on(&store, spoil);
        let failed = store.record(&ada(), ANY, &events(2..=400)).await;
        drop(spy);
        assert!(
            matches!(failed, Err(AppendError::Store(StoreError::Failed { .. }))),
            "{failed:?}"
        );
        assert_eq!(everything(&store).await, [recorded(1, 1, 1)]);
    }
    let held = store.record(&ada(), ANY, &events(2..=400)).await.unwrap();
    assert_eq!(everything(&store).await[1..], held);
    delete(store).await;
}

/// A browser that lost the end of the log's records, and not the pages of these.
#[wasm_bindgen_test]
async fn a_great_append_goes_where_pages_of_what_is_gone_still_lie() {
    let store = fresh().await;
    let first = store.record(&ada(), ANY, &[event(1)]).await.unwrap();
    store.record(&ada(), ANY, &events(2..=900)).await.unwrap();
    store.close();
    lose_after(store.name(), 1, 2).await;
    let store = open(store.name()).await;
    let held = store.record(&ada(), ANY, &events(1_001..=1_300)).await;
    let all = [first, held.unwrap()].concat();
    assert_eq!(everything(&store).await, all);
    let again = open(store.name()).await;
    assert_eq!(everything(&again).await, all);
    again.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn of_two_tabs_that_race_with_great_appends_one_wins() {
    let name = fresh_name();
    let (first, second) = (open(&name).await, open(&name).await);
    for store in [&first, &second] {
        store.version_of(&ada()).await.unwrap();
    }
    let stream = ada();
    let (one, other) = (events(1..=300), events(1_001..=1_300));
    let raced = [
        first.record(&stream, ExpectedVersion::NoStream, &one),
        second.record(&stream, ExpectedVersion::NoStream, &other),
    ];
    let answers = all(raced).await;
    let won: Vec<RecordedEvent> = answers.iter().flatten().flatten().cloned().collect();
    assert_eq!(won.len(), 300);
    for store in [&first, &second] {
        assert_eq!(everything(store).await, won);
    }
    second.close();
    delete(first).await;
}

#[wasm_bindgen_test]
async fn a_great_append_is_in_the_second_copy_when_it_is_acknowledged() {
    let name = fresh_name();
    let (first, second) = (
        second_copy::open(&name).await,
        second_copy::open(&name).await,
    );
    // By the tab that keeps it, and by another.
    let mut held = first.record(&ada(), ANY, &events(1..=300)).await.unwrap();
    held.extend(
        second
            .record(&ada(), ANY, &events(301..=600))
            .await
            .unwrap(),
    );
    held.extend(first.record(&ada(), ANY, &[event(601)]).await.unwrap());
    first.close();
    second.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(601, 0));
    assert_eq!(after, held);
}

#[wasm_bindgen_test]
async fn a_great_append_that_the_database_refused_is_not_in_the_journal() {
    let name = fresh_name();
    let store = second_copy::open(&name).await;
    second_copy::append(&store, [1]).await;
    let spoiled = Spy::on(
        &store,
        "if (tx.mode === 'readwrite') tx.commit = () => tx.abort();",
    );
    let failed = store.record(&ada(), ANY, &events(2..=400)).await;
    drop(spoiled);
    assert!(failed.is_err());
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(recovery, deleted(1, 0));
    assert_eq!(after, [recorded(1, 1, 1)]);
}

/// A store with second copy whose last segment, a great append, the database has otherwise: another
/// tab was first, and the one that keeps the journal ended before it could take its own back.
async fn second_in_the_database(otherwise: u64) -> (Option<u64>, Vec<RecordedEvent>) {
    let name = fresh_name();
    let store = second_copy::open(&name).await;
    second_copy::append(&store, 1..=2).await;
    store.record(&ada(), ANY, &events(11..=310)).await.unwrap();
    store.close();
    for (object_store, key) in [
        ("log", JsValue::from_f64(3.0)),
        ("pages", Array::of2(&3.into(), &0.into()).into()),
    ] {
        let undo = meddle(&name, object_store, |store| {
            let range = idb::KeyRange::lower_bound(&key, None).unwrap();
            store.delete(range).unwrap();
        });
        undo.await.unwrap();
    }
    let other = IndexedDbStore::open(&name).await.unwrap();
    let batch = events(1_001..=1_000 + otherwise);
    other.record(&ada(), ANY, &batch).await.unwrap();
    other.close();

    let store = second_copy::open(&name).await;
    second_copy::append(&store, [3]).await;
    let held = everything(&store).await;
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!(after, held);
    (recovery.map(|recovery| recovery.restored), after)
}

#[wasm_bindgen_test]
async fn a_great_append_that_the_log_has_otherwise_is_dropped_from_the_journal() {
    // The other's was great, too, of the same versions at the same positions; or it wasn't.
    for otherwise in [300, 1] {
        let (restored, after) = second_in_the_database(otherwise).await;
        assert_eq!(restored, Some(otherwise + 3));
        assert_eq!(after[2].event_id, event(1_001).event_id);
        assert_eq!(after.len() as u64, otherwise + 3);
    }
}

#[wasm_bindgen_test]
async fn who_is_alone_leaves_few_records_at_a_reset_and_others_keep_each_number() {
    for is_alone in [true, false] {
        let store = fresh().await;
        let gone = meddle(store.name(), "log", |log| {
            for number in 1..=400 {
                let record = JsValue::from(Object::new());
                Reflect::set(&record, &"segment".into(), &number.into()).unwrap();
                log.put(&record, None).unwrap();
            }
        });
        gone.await.unwrap();
        let other = match is_alone {
            true => None,
            false => Some(open(store.name()).await),
        };
        store.record(&ada(), ANY, &events(1..=3)).await.unwrap();
        store.reset(&[]).await.unwrap();
        store.compact().await.unwrap();
        let count = records_of_the_log(store.name()).await;
        // 402 numbers were given; of those the newest of before the reset stay, the older are one.
        assert_eq!(count, if is_alone { 1 + 256 + 1 } else { 402 });
        let held = store.record(&ada(), ANY, &[event(4)]).await.unwrap();
        assert_eq!(held[0].position, Position(4));
        let again = open(store.name()).await;
        assert_eq!(everything(&again).await, held);
        again.close();
        if let Some(other) = other {
            assert_eq!(everything(&other).await, held);
            other.close();
        }
        delete(store).await;
    }
}

async fn records_of_the_log(name: &str) -> u32 {
    let database = super::support::raw(name, None).await;
    let reading = database.transaction(&["log"], idb::TransactionMode::ReadOnly);
    let log = reading.unwrap().object_store("log").unwrap();
    let count = log.count(None).unwrap().await.unwrap();
    database.close();
    count
}

#[wasm_bindgen_test]
async fn the_ids_of_a_great_append_stay_known_where_it_is_read_at_once() {
    let store = fresh().await;
    store.version_of(&ada()).await.unwrap();
    let batch = events(1..=300);
    // The reading waits for the writing, and sees what it wrote before anybody else does.
    let stream = ada();
    let appended = async { store.record(&stream, ANY, &batch).await.map(|_| ()) };
    let read = async {
        while everything(&store).await.is_empty() {}
        Ok(())
    };
    type Work<'a> = std::pin::Pin<Box<dyn Future<Output = Result<(), AppendError>> + 'a>>;
    let both: [Work<'_>; 2] = [Box::pin(appended), Box::pin(read)];
    all(both).await;
    let spy = Spy::on(&store, "");
    store.record(&ada(), ANY, &[event(301)]).await.unwrap();
    assert!(!spy.seen().contains("readonly"), "{}", spy.seen());
    drop(spy);
    delete(store).await;
}
