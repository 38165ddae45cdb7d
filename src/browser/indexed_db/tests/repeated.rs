//! Batches that are sent again while other streams are learned: with room for fewer ids than they have.

use std::ops::ControlFlow;

use uuid::Uuid;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::core::{EventId, Timestamp};

const ANY: ExpectedVersion = ExpectedVersion::Any;

fn stream(id: &str) -> StreamId {
    StreamId::new("bank_account", id).unwrap()
}

fn numbered(number: u64) -> NewEvent {
    NewEvent {
        event_id: EventId(Uuid::from_u128(number.into())),
        timestamp: Timestamp::from_millis(0),
        ..event()
    }
}

/// Imports so many events, in pages, to a stream that holds `held`.
async fn import(store: &IndexedDbStore, of: &StreamId, held: u64, count: u64) {
    let after = store.end().await.unwrap();
    let log: Vec<RecordedEvent> = (1..=count)
        .map(|n| {
            let position = Position(after.0 + n);
            numbered(1_000 + position.0).recorded(of.clone(), Version(held + n), position)
        })
        .collect();
    let go_on = |_| ControlFlow::Continue(());
    store.take_in(after, &log, go_on).await.unwrap();
}

/// A store with a stream of 300 events and one of 400, which remembers the ids of 100 and those of one
/// stream.
async fn of_two_great_streams() -> IndexedDbStore {
    let store = IndexedDbStore::open(&fresh_name()).await.unwrap();
    for (id, count) in [("a", 300), ("b", 400)] {
        import(&store, &stream(id), 0, count).await;
    }
    let log = &store.parts.connection.log;
    log.change(|index| index.keep_ids(100));
    store
}

async fn versions_of(store: &IndexedDbStore, of: &StreamId, id: EventId) -> Vec<Version> {
    let events = everything(store).await;
    let held = events
        .into_iter()
        .filter(|e| e.stream == *of && e.event_id == id);
    held.map(|event| event.version).collect()
}

#[wasm_bindgen_test]
async fn a_batch_sent_again_beside_an_append_to_another_great_stream_is_recorded_once() {
    let store = of_two_great_streams().await;
    let (a, b) = (stream("a"), stream("b"));
    let batch = [numbered(1)];
    let recorded = store.record(&a, ANY, &batch).await.unwrap();
    let other = [numbered(2)];
    let (again, new) = both(store.record(&a, ANY, &batch), store.record(&b, ANY, &other)).await;
    assert_eq!(again.unwrap(), recorded);
    assert_eq!(new.unwrap()[0].version, Version(401));
    let at = versions_of(&store, &a, batch[0].event_id).await;
    assert_eq!(at, [Version(301)]);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_batch_sent_again_after_an_import_that_is_met_on_the_way_is_recorded_once() {
    let store = of_two_great_streams().await;
    let (a, b) = (stream("a"), stream("b"));
    let batch = [numbered(1)];
    let recorded = store.record(&a, ANY, &batch).await.unwrap();
    let other = IndexedDbStore::open(store.name()).await.unwrap();
    import(&other, &a, 301, 300).await;
    other.close();
    // What was imported to one is taken in while the other is learned.
    let new = [numbered(2)];
    let (again, new) = both(store.record(&a, ANY, &batch), store.record(&b, ANY, &new)).await;
    assert_eq!(again.unwrap(), recorded);
    assert_eq!(new.unwrap()[0].version, Version(401));
    let at = versions_of(&store, &a, batch[0].event_id).await;
    assert_eq!(at, [Version(301)]);
    delete(store).await;
}

/// How often the store reads while it does something.
async fn reads<T>(store: &IndexedDbStore, work: impl Future<Output = T>) -> u32 {
    let count = Function::new_with_args(
        "name",
        "const original = IDBDatabase.prototype.transaction;
         const seen = { reads: 0, end() { IDBDatabase.prototype.transaction = original; } };
         IDBDatabase.prototype.transaction = function (...asked) {
             if (this.name === name && asked[1] !== 'readwrite') seen.reads += 1;
             return original.apply(this, asked);
         };
         return seen;",
    );
    let seen = count.call1(&JsValue::UNDEFINED, &store.name().into());
    let seen = seen.unwrap();
    work.await;
    let end: Function = Reflect::get(&seen, &"end".into()).unwrap().unchecked_into();
    end.call0(&JsValue::UNDEFINED).unwrap();
    let reads = Reflect::get(&seen, &"reads".into()).unwrap();
    reads.as_f64().unwrap() as u32
}

#[wasm_bindgen_test]
async fn a_stream_with_more_events_than_ids_are_kept_is_read_once_and_not_at_each_append() {
    let store = of_two_great_streams().await;
    let great = stream("b");
    let append = async |of: &StreamId, number| {
        store.record(of, ANY, &[numbered(number)]).await.unwrap();
    };
    assert_eq!(reads(&store, append(&great, 1)).await, 1);
    assert_eq!(reads(&store, append(&great, 2)).await, 0);
    // Nor where others are appended to meanwhile.
    for number in 3..9 {
        append(&stream(&number.to_string()), number).await;
    }
    assert_eq!(reads(&store, append(&great, 9)).await, 0);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn the_streams_of_a_round_are_learned_in_one_transaction() {
    let store = IndexedDbStore::open(&fresh_name()).await.unwrap();
    let ids: Vec<StreamId> = (0..20).map(|n| stream(&format!("s{n}"))).collect();
    let log: Vec<RecordedEvent> = (1..=400)
        .map(|n| {
            let of = &ids[(n as usize - 1) % 20];
            let version = Version((n - 1) / 20 + 1);
            numbered(n).recorded(of.clone(), version, Position(n))
        })
        .collect();
    let go_on = |_| ControlFlow::Continue(());
    store.take_in(Position::START, &log, go_on).await.unwrap();
    // Of each, what was imported last.
    let appended = async {
        let batches: Vec<[NewEvent; 1]> = (381..=400).map(|n| [numbered(n)]).collect();
        let asked = ids.iter().zip(&batches);
        let asked: Vec<_> = asked
            .map(|(s, b)| Box::pin(store.record(s, ANY, b)))
            .collect();
        let mut answers = Vec::new();
        for append in asked {
            answers.push(append.await.unwrap().remove(0));
        }
        assert_eq!(answers, log[380..]);
    };
    appended.await;
    let appended = async {
        let batches: Vec<[NewEvent; 1]> = (401..=420).map(|n| [numbered(n)]).collect();
        let all = ids
            .iter()
            .zip(&batches)
            .map(|(s, b)| store.record(s, ANY, b));
        at_once(all).await;
    };
    let again = IndexedDbStore::open(store.name()).await.unwrap();
    again.version_of(&ids[0]).await.unwrap();
    let fresh = async {
        let batches: Vec<[NewEvent; 1]> = (421..=440).map(|n| [numbered(n)]).collect();
        let all = ids
            .iter()
            .zip(&batches)
            .map(|(s, b)| again.record(s, ANY, b));
        at_once(all).await;
    };
    assert_eq!(reads(&store, appended).await, 0);
    again.version_of(&ids[0]).await.unwrap();
    assert_eq!(reads(&again, fresh).await, 1);
    assert_eq!(everything(&store).await.len(), 440);
    again.close();
    delete(store).await;
}

/// Runs them side by side; none may fail.
async fn at_once<T>(asked: impl Iterator<Item: Future<Output = Result<T, AppendError>>>) {
    let mut asked: Vec<_> = asked.map(|one| (Box::pin(one), false)).collect();
    poll_fn(|context| {
        for (one, is_done) in &mut asked {
            if !*is_done && let Poll::Ready(answer) = one.as_mut().poll(context) {
                assert!(answer.is_ok());
                *is_done = true;
            }
        }
        match asked.iter().all(|(_, is_done)| *is_done) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}
