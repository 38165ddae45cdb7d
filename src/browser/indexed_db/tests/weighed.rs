//! What a read takes of memory, with a bound that is smaller than that of a store: 64 KiB.

use std::ops::ControlFlow;

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::store::EventStore;

const BYTES: usize = 64 << 10;

/// Each event has so many bytes of text: a page of them is full with sixteen.
const EACH: usize = 4 << 10;

fn great() -> NewEvent {
    let text = format!("{{\"text\":\"{}\"}}", "x".repeat(EACH));
    NewEvent {
        data: JsonText::parse(&text).unwrap(),
        ..event()
    }
}

fn bounded(store: IndexedDbStore) -> IndexedDbStore {
    store.parts.connection.log.bytes.set(Some(BYTES));
    store
}

/// A store to which so many were appended one by one, each a segment of its own.
async fn of_great_events(count: usize) -> (IndexedDbStore, Vec<RecordedEvent>) {
    let store = IndexedDbStore::open(&fresh_name()).await.unwrap();
    let relaxed = store.clone().with_durability(Durability::Relaxed);
    let mut held = Vec::new();
    for _ in 0..count {
        let any = ExpectedVersion::Any;
        held.extend(relaxed.record(&ada(), any, &[great()]).await.unwrap());
    }
    (bounded(store), held)
}

/// Reads until a page is empty. Answers with what was read, and how many each page held.
async fn read_to_the_end(
    read: impl AsyncFn(Option<&RecordedEvent>) -> Vec<RecordedEvent>,
) -> (Vec<RecordedEvent>, Vec<usize>) {
    let (mut events, mut sizes): (Vec<RecordedEvent>, Vec<usize>) = Default::default();
    loop {
        let page = read(events.last()).await;
        if page.is_empty() {
            return (events, sizes);
        }
        sizes.push(page.len());
        events.extend(page);
    }
}

async fn in_pages(store: &IndexedDbStore) -> (Vec<RecordedEvent>, Vec<usize>) {
    read_to_the_end(async |last| {
        let after = last.map_or(Position::START, |event| event.position);
        store.read_all(after, 2_000, None).await.unwrap().items
    })
    .await
}

async fn stream_in_pages(store: &IndexedDbStore) -> (Vec<RecordedEvent>, Vec<usize>) {
    read_to_the_end(async |last| {
        let after = last.map_or(Version::NONE, |event| event.version);
        store
            .read_stream(&ada(), after, usize::MAX, None)
            .await
            .unwrap()
            .items
    })
    .await
}

#[wasm_bindgen_test]
async fn a_page_ends_where_it_weighs_enough_and_the_next_goes_on() {
    let (store, held) = of_great_events(150).await;
    for (read, sizes) in [in_pages(&store).await, stream_in_pages(&store).await] {
        assert_eq!(read, held);
        assert!(sizes.len() >= 9, "{sizes:?}");
        // The last request before it was full may bring as much again.
        assert!(
            sizes.iter().all(|size| *size * EACH <= 2 * BYTES),
            "{sizes:?}"
        );
    }
    delete(store).await;
}

#[wasm_bindgen_test]
async fn what_a_check_and_a_joining_read_piece_by_piece_is_all_there() {
    let (store, held) = of_great_events(300).await;
    let again = bounded(IndexedDbStore::open(store.name()).await.unwrap());
    assert_eq!(again.version_of(&ada()).await, Ok(Version(300)));
    again.close();
    let mut shown = Vec::new();
    let inspected = store.inspect(|seen| {
        if let Held::Event {
            event: Ok(event), ..
        } = seen
        {
            shown.push(event.clone());
        }
        ControlFlow::Continue(())
    });
    inspected.await.unwrap();
    assert_eq!(shown, held);
    store.compact().await.unwrap();
    assert_eq!(in_pages(&store).await.0, held);
    assert_eq!(stream_in_pages(&store).await.0, held);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn an_append_of_more_than_a_read_may_take_is_read_in_several_pages() {
    let store = IndexedDbStore::open(&fresh_name()).await.unwrap();
    let batch: Vec<NewEvent> = (0..400).map(|_| great()).collect();
    let held = store.record(&ada(), ExpectedVersion::Any, &batch).await;
    let held = held.unwrap();
    let store = bounded(store);
    let (read, sizes) = stream_in_pages(&store).await;
    assert_eq!(read, held);
    assert!(sizes.len() > 1, "{sizes:?}");
    delete(store).await;
}

#[wasm_bindgen_test]
async fn great_events_of_the_first_layout_are_moved_to_segments_that_are_no_greater_than_others() {
    const GREAT: usize = 100 << 10;
    let name = fresh_name();
    of_the_first_layout(&name, 60).await;
    let data = format!("\"{}\"", "x".repeat(GREAT));
    let opened = crate::browser::indexed_db::schema::open(&name, &STEPS[..1], WhenBlocked::GiveUp);
    let database = opened.await.unwrap().database;
    let writing = Writing::begin(&database, &["events"], Durability::Relaxed).unwrap();
    let events = writing.store("events").unwrap();
    let records: Array = answer(events.get_all(None, None).unwrap())
        .await
        .unwrap()
        .unchecked_into();
    for record in records.iter() {
        Reflect::set(&record, &"data".into(), &data.as_str().into()).unwrap();
        Reflect::set(&record, &"checksum".into(), &JsValue::UNDEFINED).unwrap();
        events.put(&record, None).unwrap();
    }
    writing.commit().await.unwrap();
    database.close();
    let store = IndexedDbStore::open(&name).await.unwrap();
    let held = everything(&store).await;
    assert_eq!(held.len(), 62);
    assert!(held.iter().all(|event| event.data.as_str() == data));
    let log = &store.parts.connection.log;
    let counts = log.ask(|index| {
        let segments = index.segments_after(Position::START).iter();
        let counts = segments.map(|segment| segment.last.0 - segment.first.0 + 1);
        counts.collect::<Vec<_>>()
    });
    assert_eq!(counts.iter().sum::<u64>(), 62);
    let most = ((1 << 20) / GREAT + 1) as u64;
    assert!(counts.iter().all(|count| *count <= most), "{counts:?}");
    delete(store).await;
}
