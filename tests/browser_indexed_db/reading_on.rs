//! A read ends before what is damaged, one that begins at it says so and up to where, and one after that
//! goes on: whatever the record.

use std::ops::ControlFlow;

use eventloom::browser::IndexedDbStore;
use eventloom::core::{ExpectedVersion, Position, RecordedEvent, StreamId, Version};
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{Durability, EventStore, StoreError};
use js_sys::Function;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;

fn ben() -> StreamId {
    StreamId::new("bank_account", "ben").unwrap()
}

/// Changes a record, or deletes it where the expression says `undefined`.
async fn damage(name: &str, store: &str, key: JsValue, expression: &str) {
    let record = raw_record(name, store, key.clone()).await;
    let change = Function::new_with_args("record", &format!("return ({expression});"));
    let changed = change.call1(&JsValue::UNDEFINED, &record).unwrap();
    let done = meddle(name, store, |store| match changed.is_undefined() {
        true => drop(store.delete(key).unwrap()),
        false => drop(store.put(&changed, None).unwrap()),
    });
    done.await.unwrap();
}

/// All that can be read of a store, and where it was damaged: after which position, up to which.
async fn whole(store: &IndexedDbStore, limit: usize) -> (Vec<RecordedEvent>, Vec<(u64, u64)>) {
    let (mut events, mut damaged): (Vec<RecordedEvent>, Vec<(u64, u64)>) = Default::default();
    let mut after = Position::START;
    loop {
        match store.read_all(after, limit, None).await {
            Ok(page) if page.items.is_empty() => return (events, damaged),
            Ok(page) => {
                events.extend(page.items);
                after = events.last().unwrap().position;
            }
            Err(StoreError::Corrupt { position, .. }) => {
                assert!(position > after, "{position} after {after}");
                damaged.push((after.0, position.0));
                after = position;
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// The same of a stream, with the versions.
async fn stream(
    store: &IndexedDbStore,
    stream: &StreamId,
    limit: usize,
) -> (Vec<RecordedEvent>, Vec<u64>) {
    let (mut events, mut damaged): (Vec<RecordedEvent>, Vec<u64>) = Default::default();
    let mut after = Version::NONE;
    loop {
        match store.read_stream(stream, after, limit, None).await {
            Ok(page) if page.items.is_empty() => return (events, damaged),
            Ok(page) => {
                events.extend(page.items);
                after = events.last().unwrap().version;
            }
            Err(StoreError::Corrupt { version, .. }) => {
                assert_eq!(version, after.next());
                damaged.push(version.0);
                after = version;
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// Reads all there is but for these positions, and these versions of Ada, by whoever knew the log and by
/// who reads it for the first time.
async fn reads_on(store: IndexedDbStore, all: &[RecordedEvent], gaps: &[(u64, u64)]) {
    let is_lost = |event: &&RecordedEvent| {
        let position = event.position.0;
        gaps.iter()
            .any(|(after, last)| (after + 1..=*last).contains(&position))
    };
    let intact: Vec<RecordedEvent> = all.iter().filter(|e| !is_lost(e)).cloned().collect();
    for tab in [store.clone(), open(store.name()).await] {
        for limit in [1, 3, 5_000] {
            // Thousands of reads tell no more than some hundred.
            if limit < 5_000 && all.len() > 100 {
                continue;
            }
            let (events, damaged) = whole(&tab, limit).await;
            assert_eq!(damaged, gaps, "{limit}");
            assert_eq!(events, intact);
            for of in [ada(), ben()] {
                let of_stream = |event: &&RecordedEvent| event.stream == of;
                let (events, damaged) = stream(&tab, &of, limit.min(50)).await;
                assert!(events.iter().eq(intact.iter().filter(of_stream)), "{limit}");
                let lost = all.iter().filter(of_stream).filter(is_lost);
                let lost: Vec<u64> = lost.map(|event| event.version.0).collect();
                // Nothing says that versions are missing at a stream's end.
                assert!(lost.starts_with(&damaged), "{damaged:?} of {lost:?}");
            }
        }
    }
    delete(store).await;
}

async fn append(store: &IndexedDbStore, of: &StreamId, numbers: std::ops::RangeInclusive<u64>) {
    let batch = events(numbers);
    let appended = store.record(of, ExpectedVersion::Any, &batch);
    appended.await.unwrap();
}

/// Segments of Ada's and Ben's, of this size in turns.
async fn written(segments: u64, size: u64) -> (IndexedDbStore, Vec<RecordedEvent>) {
    let store = fresh().await;
    for segment in 0..segments {
        let of = if segment % 2 == 0 { ada() } else { ben() };
        append(&store, &of, segment * size + 1..=(segment + 1) * size).await;
    }
    let all = everything(&store).await;
    (store, all)
}

#[wasm_bindgen_test]
async fn a_read_goes_on_behind_a_damaged_event_wherever_it_stands() {
    // Also where it doesn't say its own position any more.
    for field in [
        "data: '{}'",
        "position: 'x'",
        "position: 2 ** 40",
        "position: 0, data: '{}'",
    ] {
        for at in 0..3 {
            for segment in [1, 3_u64] {
                let (store, all) = written(3, 3).await;
                let change = format!("(Object.assign(record.events[{at}], {{ {field} }}), record)");
                damage(store.name(), "log", (segment as f64).into(), &change).await;
                let position = (segment - 1) * 3 + at + 1;
                reads_on(store, &all, &[(position - 1, position)]).await;
            }
        }
    }
}

#[wasm_bindgen_test]
async fn a_read_goes_on_behind_a_segment_that_cannot_be_read() {
    // A single event; more, packed.
    for (size, change) in [
        (1, "(record.events[0] = 7, record)"),
        (20, "({ ...record, checksum: 7 })"),
        (20, "({ ...record, first: 'x', last: 'y' })"),
    ] {
        for segment in 1..=2_u64 {
            let (store, all) = written(3, size).await;
            damage(store.name(), "log", (segment as f64).into(), change).await;
            let gap = ((segment - 1) * size, segment * size);
            reads_on(store, &all, &[gap]).await;
        }
    }
}

#[wasm_bindgen_test]
async fn a_read_goes_on_behind_a_segment_that_is_missing() {
    for missing in [vec![2_u64], vec![2, 3], vec![1]] {
        let (store, all) = written(5, 3).await;
        for segment in &missing {
            damage(store.name(), "log", (*segment as f64).into(), "undefined").await;
        }
        let gap = (missing[0] * 3 - 3, missing[missing.len() - 1] * 3);
        // Who knew the log from before finds it missing when it reads it anew.
        reads_on(store, &all, &[gap]).await;
    }
}

#[wasm_bindgen_test]
async fn a_read_goes_on_behind_damaged_pages() {
    for change in ["({ ...record, checksum: 7 })", "undefined"] {
        // Ada's come first, then those of both in turns, then Ben's.
        let at = |place: u64| {
            let (of, version) = match place {
                1..=300 => (ada(), place),
                301..=600 if place.is_multiple_of(2) => (ada(), 300 + (place - 300) / 2),
                301..=600 => (ben(), (place - 299) / 2),
                _ => (ben(), place - 450),
            };
            event(place).recorded(of, Version(version), Position(place))
        };
        let all: Vec<RecordedEvent> = (1..=900).map(at).collect();
        let store = fresh().await;
        let go_on = |_| ControlFlow::Continue(());
        store.take_in(Position::START, &all, go_on).await.unwrap();
        let key = js("[1, 0]");
        damage(store.name(), "pages", key, change).await;
        let (read, gaps) = whole(&store, 5_000).await;
        assert!(!read.is_empty() && read.len() < 900 && !gaps.is_empty());
        let lost: u64 = gaps.iter().map(|(after, last)| last - after).sum();
        assert_eq!(read.len() as u64 + lost, 900);
        reads_on(store, &all, &gaps).await;
    }
}

#[wasm_bindgen_test]
async fn a_read_goes_on_behind_damage_in_segments_that_were_joined() {
    let store = fresh().await.with_durability(Durability::Relaxed);
    for number in 1..=1_400 {
        let of = if number / 50 % 2 == 0 { ada() } else { ben() };
        append(&store, &of, number..=number).await;
    }
    store.compact().await.unwrap();
    let all = everything(&store).await;
    let joined = super::layout::records(store.name(), "log").await;
    let joined = js_sys::Reflect::get(&joined[0], &"segment".into()).unwrap();
    let key = js_sys::Array::of2(&joined, &0.into());
    damage(
        store.name(),
        "pages",
        key.into(),
        "({ ...record, checksum: 7 })",
    )
    .await;
    let (read, gaps) = whole(&store, 5_000).await;
    let lost: u64 = gaps.iter().map(|(after, last)| last - after).sum();
    assert!(lost > 0 && !read.is_empty());
    assert_eq!(read.len() as u64 + lost, 1_400);
    reads_on(store, &all, &gaps).await;
}

#[wasm_bindgen_test]
async fn a_directory_that_is_damaged_is_one_gap() {
    let store = fresh().await;
    append(&store, &ada(), 1..=2).await;
    let imported: Vec<RecordedEvent> = (3..=900).map(|n| recorded(n, n, n)).collect();
    let go_on = |_| ControlFlow::Continue(());
    store.take_in(Position(2), &imported, go_on).await.unwrap();
    append(&store, &ben(), 901..=903).await;
    let all = everything(&store).await;
    damage(
        store.name(),
        "log",
        2.into(),
        "({ ...record, checksum: 7 })",
    )
    .await;
    // Who knows what is in the pages doesn't need it.
    assert_eq!(whole(&store, 5_000).await, (all.clone(), vec![]));
    let again = open(store.name()).await;
    store.close();
    reads_on(again, &all, &[(2, 900)]).await;
}
