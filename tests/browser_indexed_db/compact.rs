//! Old segments that are joined: nothing changes but how they lie, and no tab is left behind.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::task::Poll;

use eventloom::browser::IndexedDbStore;
use eventloom::core::{ExpectedVersion, Position, RecordedEvent, StreamId, Version};
use eventloom::store::conformance::both;
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{Finding, ImportStore, StoreError, verify};
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    ada, all, change_event, delete, event, events, everything, fresh, jitter, js, meddle, open,
    put, raw, raw_record, raw_segment, recorded, set, soon,
};

const ANY: ExpectedVersion = ExpectedVersion::Any;

fn stream(number: u64) -> StreamId {
    StreamId::new("bank_account", format!("number {}", number % 7)).unwrap()
}

/// Appends so many batches, of the first so many events each.
async fn append_batches(store: &IndexedDbStore, ids: u64, batches: u64, size: u64) {
    for batch in 0..batches {
        let first = ids + batch * size;
        let events = events(first..first + size);
        store.record(&stream(batch), ANY, &events).await.unwrap();
    }
}

/// A store with segments 1 to 50 of 100 events, which can be joined, and 256 of one event, which
/// are too new.
async fn grown() -> (IndexedDbStore, Vec<RecordedEvent>) {
    let store = fresh().await;
    append_batches(&store, 1, 50, 100).await;
    append_batches(&store, 10_001, 256, 1).await;
    let held = everything(&store).await;
    assert_eq!(held.len(), 5_256);
    (store, held)
}

/// The numbers that lie in the log.
async fn numbers(store: &IndexedDbStore) -> Vec<u64> {
    let database = raw(store.name(), None).await;
    let reading = database.transaction(&["log"], idb::TransactionMode::ReadOnly);
    let log = reading.unwrap().object_store("log").unwrap();
    let keys = log.get_all_keys(None, None).unwrap().await.unwrap();
    database.close();
    keys.iter()
        .map(|key| key.as_f64().unwrap() as u64)
        .collect()
}

/// Whether a store, and one that knows nothing yet, answer as the log says.
async fn assert_holds(store: &IndexedDbStore, held: &[RecordedEvent]) {
    let other = open(store.name()).await;
    for store in [store, &other] {
        assert!(everything(store).await == held);
        let middle = held[held.len() / 3].position;
        let rest = store.all_events(middle, 9_999).await.unwrap();
        assert!(rest == held[held.len() / 3 + 1..]);
        for number in 0..7 {
            let name = stream(number);
            let of: Vec<_> = held.iter().filter(|e| e.stream == name).cloned().collect();
            assert!(
                store
                    .stream_events(&name, Version::NONE, 9_999)
                    .await
                    .as_ref()
                    == Ok(&of)
            );
            let some = store.stream_events(&name, Version(150), 77).await;
            assert!(some.as_deref() == Ok(&of[150..227]));
            assert_eq!(store.version_of(&name).await, Ok(Version(of.len() as u64)));
        }
    }
    other.close();
}

#[wasm_bindgen_test]
async fn joined_segments_hold_what_was_appended_and_the_newest_stay() {
    let (store, held) = grown().await;
    store.compact().await.unwrap();
    // Segments of 100 events, 40 of which fit in 4,096.
    let expected: Vec<u64> = [40].into_iter().chain(41..=306).collect();
    assert_eq!(numbers(&store).await, expected);
    let joined = raw_segment(store.name(), 40).await;
    let field = |name: &str| Reflect::get(&joined, &name.into()).unwrap().as_f64();
    assert_eq!(
        (field("from"), field("first"), field("last")),
        (Some(1.0), Some(1.0), Some(4_000.0))
    );
    assert_holds(&store, &held).await;
    // Nothing is left to do.
    store.compact().await.unwrap();
    assert_eq!(numbers(&store).await, expected);
    let next = store.record(&ada(), ANY, &[event(90_000)]).await.unwrap();
    assert_eq!(next[0].position, Position(5_257));
    assert_eq!(found(&store).await, []);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_batch_that_was_joined_is_recognised_when_it_is_sent_again() {
    let (store, held) = grown().await;
    store.compact().await.unwrap();
    let again = store
        .record(&stream(0), ExpectedVersion::NoStream, &events(1..101))
        .await;
    assert!(again.as_deref() == Ok(&held[..100]));
    let other = open(store.name()).await;
    let again = other
        .record(&stream(0), ExpectedVersion::NoStream, &events(1..101))
        .await;
    assert!(again.as_deref() == Ok(&held[..100]));
    other.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn nothing_is_joined_while_another_tab_has_the_store_open() {
    let (store, held) = grown().await;
    let other = open(store.name()).await;
    for tab in [&store, &other] {
        tab.compact().await.unwrap();
        assert_eq!(numbers(&store).await.len(), 306);
    }
    other.close();
    // A lock is given up in passing.
    soon(async {
        while numbers(&store).await.len() == 306 {
            store.compact().await.unwrap();
        }
    })
    .await;
    assert_holds(&store, &held).await;
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_tab_that_was_hidden_and_missed_a_joining_appends_after_all_that_is_there() {
    let behind = fresh().await;
    append_batches(&behind, 1, 3, 100).await;
    let event = web_sys::Event::new("pagehide").unwrap();
    web_sys::window().unwrap().dispatch_event(&event).unwrap();
    let other = open(behind.name()).await;
    append_batches(&other, 301, 47, 100).await;
    append_batches(&other, 10_001, 256, 1).await;
    let held = everything(&other).await;
    other.compact().await.unwrap();
    assert_eq!(numbers(&other).await.len(), 267);
    let next = behind
        .record(&ada(), ANY, &[super::support::event(1)])
        .await
        .unwrap();
    assert_eq!(next[0].position, Position(5_257));
    assert_eq!(numbers(&other).await.last(), Some(&307));
    assert_eq!(everything(&behind).await.len(), held.len() + 1);
    other.close();
    delete(behind).await;
}

#[wasm_bindgen_test]
async fn who_reads_and_appends_while_segments_are_joined_notices_nothing() {
    let (store, held) = grown().await;
    let (wanted, rest) = (stream(1), Position(2_000));
    let read = async {
        let mut answers = Vec::new();
        for _ in 0..20 {
            answers.push(all([store.stream_events(&wanted, Version::NONE, 9_999)]).await);
            answers.push(all([store.all_events(rest, 9_999)]).await);
        }
        answers
    };
    let (next, one) = (ada(), [event(1)]);
    let appended = store.record(&next, ANY, &one);
    let ((answers, joined), appended) = both(both(read, store.compact()), appended).await;
    joined.unwrap();
    assert_eq!(appended.unwrap()[0].position, Position(5_257));
    let of: Vec<_> = held
        .iter()
        .filter(|e| e.stream == wanted)
        .cloned()
        .collect();
    for answer in answers.chunks(2) {
        assert!(answer[0][0].as_ref() == Ok(&of));
        let found = answer[1][0].as_ref().unwrap();
        assert!(found[..3_256] == held[2_000..]);
    }
    assert_eq!(numbers(&store).await.len(), 268);
    delete(store).await;
}

/// Goes on with a future for so many polls and then leaves it; answers whether it ended.
async fn broken_off<T>(polls: usize, future: impl Future<Output = T>) -> bool {
    polled(polls, pin!(future)).await
}

/// Goes on with a future for so many polls; answers whether it ended.
pub async fn polled<T>(polls: usize, mut future: Pin<&mut impl Future<Output = T>>) -> bool {
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}

#[wasm_bindgen_test]
async fn a_joining_that_is_broken_off_leaves_the_log_as_before_or_as_after() {
    let (store, held) = grown().await;
    let mut ended = false;
    let mut polls = 0;
    while !ended {
        polls += 1;
        ended = broken_off(polls, store.compact()).await;
        let left = numbers(&store).await.len();
        assert!(left == 306 || left == 267, "{left}");
        assert!(everything(&store).await == held, "{polls}");
    }
    assert!(polls > 3, "{polls}");
    assert_holds(&store, &held).await;
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_damaged_record_stays_as_it_is_and_is_not_joined() {
    let store = fresh().await;
    append_batches(&store, 1, 20, 100).await;
    append_batches(&store, 2_001, 1, 3).await;
    append_batches(&store, 3_001, 42, 100).await;
    append_batches(&store, 10_001, 256, 1).await;
    everything(&store).await;
    // Known to nobody yet: this tab has read it when it was whole.
    change_event(store.name(), 21, 1, "data", "{\"amount\":9.50}".into()).await;
    store.compact().await.unwrap();
    let left = numbers(&store).await;
    // What stands before it stays too; after it 40 of 42 are joined.
    let expected: Vec<u64> = (1..=21).chain([61]).chain(62..=319).collect();
    assert_eq!(left, expected);
    let read = store.stream_events(&stream(0), Version::NONE, 9_999).await;
    assert!(
        matches!(&read, Err(StoreError::Corrupt { cause, .. }) if cause.to_string().contains("checksum")),
        "{read:?}"
    );
    // Who knows of it joins nothing at all.
    let name = store.name().to_owned();
    store.close();
    let again = open(&name).await;
    again.compact().await.unwrap();
    assert_eq!(numbers(&again).await, expected);
    delete(again).await;
}

#[wasm_bindgen_test]
async fn an_event_that_never_had_a_checksum_gets_none_by_joining() {
    let store = fresh().await;
    append_batches(&store, 1, 1, 3).await;
    append_batches(&store, 101, 40, 100).await;
    append_batches(&store, 10_001, 256, 1).await;
    change_event(store.name(), 1, 1, "checksum", JsValue::UNDEFINED).await;
    store.compact().await.unwrap();
    assert_eq!(numbers(&store).await[..3], [1, 2, 3]);
    delete(store).await;
}

/// Takes the saved index away: what it knows isn't looked at when a store is opened.
async fn unsave(name: &str) {
    let unsaved = meddle(name, "meta", |meta| {
        meta.delete(JsValue::from("index")).unwrap();
    });
    unsaved.await.unwrap();
}

/// What a check finds.
async fn found(store: &IndexedDbStore) -> Vec<Finding> {
    let verification = verify(
        store,
        |_| Ok(()),
        |_| None::<Infallible>,
        |_| ControlFlow::Continue(()),
    );
    verification.await.unwrap().findings
}

#[wasm_bindgen_test]
async fn damage_to_a_joined_segment_is_found_and_named() {
    let (store, _) = grown().await;
    store.compact().await.unwrap();
    let name = store.name().to_owned();
    store.close();
    unsave(&name).await;
    let whole = raw_segment(&name, 40).await;
    for (field, value, told) in [
        ("from", JsValue::from(2), "segment 40: its checksum"),
        ("last", JsValue::from(3_999), "segment 40: its checksum"),
        (
            "packed",
            js("new Uint8Array([1, 0])"),
            "segment 40: its checksum",
        ),
    ] {
        let damaged = raw_segment(&name, 40).await;
        set(&damaged, field, value);
        put(&name, "log", &[damaged]).await;
        let store = open(&name).await;
        let found = format!("{:?}", found(&store).await);
        assert!(found.contains(told), "{field}: {found}");
        let refused = store.record(&ada(), ANY, &[event(1)]).await;
        assert!(refused.is_err(), "{field}");
        store.close();
        put(&name, "log", std::slice::from_ref(&whole)).await;
    }
    let page: JsValue = Array::of2(&40.into(), &1.into()).into();
    let damaged = raw_record(&name, "pages", page).await;
    let bytes: js_sys::Uint8Array = Reflect::get(&damaged, &"packed".into())
        .unwrap()
        .unchecked_into();
    bytes.set_index(99, bytes.get_index(99) ^ 1);
    put(&name, "pages", &[damaged]).await;
    let store = open(&name).await;
    let found = format!("{:?}", found(&store).await);
    assert!(found.contains("segment 40, page 1"), "{found}");
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_record_that_lies_where_others_were_joined_is_found_and_named() {
    let (store, _) = grown().await;
    let stray = raw_segment(store.name(), 17).await;
    store.compact().await.unwrap();
    put(store.name(), "log", &[stray]).await;
    let name = store.name().to_owned();
    store.close();
    unsave(&name).await;
    let store = open(&name).await;
    let told = "segment 17 lies where segments 1 to 40 were joined";
    let found = format!("{:?}", found(&store).await);
    assert!(found.contains(told), "{found}");
    let refused = store.record(&ada(), ANY, &[event(1)]).await;
    assert!(
        matches!(&refused, Err(error) if error.to_string().contains("segment 17")
            || error.to_string().contains("missing")),
        "{refused:?}"
    );
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_store_with_joined_segments_is_imported_into_and_emptied() {
    let (store, mut held) = grown().await;
    store.compact().await.unwrap();
    let log: Vec<RecordedEvent> = (1..=400)
        .map(|number| recorded(20_000 + number, number, 5_256 + number))
        .collect();
    let import = store.take_in(Position(5_256), &log, |_| ControlFlow::Continue(()));
    import.await.unwrap();
    held.extend(log);
    assert_holds(&store, &held).await;
    store.reset(&[]).await.unwrap();
    assert_eq!(everything(&store).await, []);
    let next = store.record(&ada(), ANY, &[event(1)]).await.unwrap();
    assert_eq!(next[0].position, Position(5_657));
    let other = open(store.name()).await;
    assert_eq!(everything(&other).await, next);
    other.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn who_asks_for_joining_while_it_is_under_way_has_it_done_when_that_is_answered() {
    let (store, _) = grown().await;
    let (first, left) = both(store.compact(), async {
        let second = store.compact().await;
        (second, numbers(&store).await.len())
    })
    .await;
    assert_eq!((first, left), (Ok(()), (Ok(()), 267)));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_store_joins_its_segments_by_itself() {
    let (store, held) = grown().await;
    // With 256 new ones it looks again.
    append_batches(&store, 11_001, 256, 1).await;
    soon(async {
        while numbers(&store).await.len() == 562 {
            jitter(50.0).await;
        }
    })
    .await;
    assert!(everything(&store).await[..5_256] == held);
    delete(store).await;
}
