//! What the log says of itself in the database: the chain of each segment, what an import wrote, and the
//! records that empty the log, or take back what was done last.

use std::ops::ControlFlow;

use eventloom::browser::IndexedDbStore;
use eventloom::core::{ExpectedVersion, JsonText, Position, RecordedEvent, Version};
use eventloom::log::Chain;
use eventloom::store::conformance::Plain;
use eventloom::store::{
    ArchiveStore, CheckpointStore, EventStore, ImportStore, ImportToken, Snapshot, SnapshotStore,
    StoreError, UndoError,
};
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    ada, all, delete, events, everything, fresh, fresh_name, meddle, open, raw, recorded,
};
use super::verify::verified;

/// The records of an object store of a database, as they lie there.
pub async fn records(name: &str, store: &str) -> Vec<JsValue> {
    let database = raw(name, None).await;
    let transaction = database
        .transaction(&[store], idb::TransactionMode::ReadOnly)
        .unwrap();
    let request = transaction.object_store(store).unwrap();
    let found = request.get_all(None, None).unwrap().await.unwrap();
    database.close();
    found
}

fn field(record: &JsValue, name: &str) -> JsValue {
    Reflect::get(record, &name.into()).unwrap()
}

fn chain(record: &JsValue) -> Option<Chain> {
    Chain::parse(&field(record, "chain").as_string()?)
}

async fn chains(name: &str) -> Vec<Option<Chain>> {
    records(name, "log").await.iter().map(chain).collect()
}

async fn append(store: &IndexedDbStore, number: u64) -> RecordedEvent {
    batch(store, [number]).await.remove(0)
}

async fn batch(
    store: &IndexedDbStore,
    numbers: impl IntoIterator<Item = u64>,
) -> Vec<RecordedEvent> {
    let (stream, events) = (ada(), events(numbers));
    let recorded = store.record(&stream, ExpectedVersion::Any, &events);
    recorded.await.unwrap()
}

async fn import(store: &IndexedDbStore, after: u64, events: &[RecordedEvent]) -> ImportToken {
    let go_on = |_| ControlFlow::Continue(());
    let imported = store.import(Position(after), None, events, go_on);
    imported.await.unwrap().unwrap()
}

async fn whole(store: &IndexedDbStore, events: u64) {
    let verification = verified(store).await;
    assert_eq!(verification.findings, []);
    assert_eq!(verification.events, events);
}

#[wasm_bindgen_test]
async fn each_segment_carries_the_chain_of_the_log_up_to_it() {
    let store = fresh().await;
    let first = append(&store, 1).await;
    let batch = batch(&store, 2..=20).await;
    let imported: Vec<RecordedEvent> = (21..=400).map(|n| recorded(n, n, n)).collect();
    import(&store, 20, &imported).await;
    let one = Chain::START.with(1, [&first]);
    let two = one.with(2, &batch);
    let three = two.with(3, &imported);
    assert_eq!(chains(store.name()).await, [one, two, three].map(Some));
    // Another tab goes on from there.
    let other = open(store.name()).await;
    let last = append(&other, 401).await;
    assert_eq!(chains(store.name()).await[3], Some(three.with(4, [&last])));
    other.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn joining_leaves_the_chain_and_what_was_imported_as_they_are() {
    let store = fresh().await;
    let mut chains = vec![Chain::START];
    for number in 1..=1_400 {
        let appended = append(&store, number).await;
        let next = chains.len() as u64;
        chains.push(chains[chains.len() - 1].with(next, [&appended]));
        if number == 300 {
            let imported = recorded(2_000, 301, 301);
            import(&store, 300, std::slice::from_ref(&imported)).await;
            chains.push(chains[chains.len() - 1].with(next + 1, [&imported]));
        }
    }
    store.compact().await.unwrap();
    let joined = &records(store.name(), "log").await[0];
    let number = |name| field(joined, name).as_f64().unwrap() as usize;
    assert!(number("from") < 301 && number("segment") > 301);
    assert_eq!(chain(joined), Some(chains[number("segment")]));
    let ends: Array = field(joined, "imported").unchecked_into();
    assert_eq!(ends.to_vec(), [301.0, 301.0].map(JsValue::from));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_reset_adds_one_record_and_takes_nothing_away() {
    let store = fresh().await;
    for number in 1..=5 {
        append(&store, number).await;
    }
    let before = records(store.name(), "log").await;
    let other = open(store.name()).await;
    assert_eq!(everything(&other).await.len(), 5);
    store.reset(&[]).await.unwrap();
    let after = records(store.name(), "log").await;
    assert_eq!(after.len(), 6);
    let text = |record: &JsValue| super::support::json(record);
    assert!(before.iter().map(text).eq(after[..5].iter().map(text)));
    for store in [&store, &other] {
        assert_eq!(everything(store).await, []);
        assert_eq!(store.head(&ada()).await.unwrap().place, Version::NONE);
        whole(store, 0).await;
    }
    let next = append(&other, 6).await;
    assert_eq!((next.version, next.position), (Version(1), Position(6)));
    assert_eq!(everything(&store).await, [next]);
    other.close();
    delete(store).await;
}

/// What a store knows besides its events.
async fn all_that_is_kept(
    store: &IndexedDbStore,
) -> (Vec<RecordedEvent>, Option<Snapshot>, Position, usize) {
    (
        everything(store).await,
        store.snapshot(&ada()).await.unwrap(),
        store.checkpoint("balances").await.unwrap(),
        store.archived().await.unwrap().len(),
    )
}

async fn with_everything() -> IndexedDbStore {
    let store = fresh().await;
    let mut last = append(&store, 1).await;
    for number in 2..=5 {
        last = append(&store, number).await;
    }
    let snapshot = Snapshot {
        stream: ada(),
        version: last.version,
        event_id: last.event_id,
        schema: 1,
        state: JsonText::parse("{}").unwrap(),
    };
    store.keep_snapshot(snapshot).await.unwrap();
    store
        .keep_checkpoint("balances", Position(4))
        .await
        .unwrap();
    store.archive(&ada()).await.unwrap();
    store
}

#[wasm_bindgen_test]
async fn a_reset_that_is_undone_brings_all_back_as_it_was() {
    for story in [vec![], vec![recorded(9, 1, 1), recorded(10, 2, 2)]] {
        let store = with_everything().await;
        let other = open(store.name()).await;
        let before = all_that_is_kept(&store).await;
        assert_eq!(all_that_is_kept(&other).await, before);
        let at = store.last_position().await.unwrap();
        let token = store.reset(&story).await.unwrap();
        assert_eq!(
            all_that_is_kept(&other).await,
            (story.clone(), None, Position::START, 0)
        );
        // What a subscriber finished since doesn't take the place of what it finished before.
        other
            .keep_checkpoint("balances", Position(1))
            .await
            .unwrap();
        let emptied = store.last_position().await.unwrap();
        assert_ne!(emptied.history, at.history);
        store.undo_reset(token).await.unwrap();
        for store in [&store, &other] {
            assert_eq!(all_that_is_kept(store).await, before);
            assert_eq!(store.last_position().await.unwrap(), at);
            whole(store, 5).await;
        }
        let refused = other
            .read_all(Position::START, 1, Some(emptied.history))
            .await;
        assert!(matches!(refused, Err(StoreError::HistoryChanged { .. })));
        // Also for who opens it later; and positions go on above all that were given.
        store.close();
        let again = open(store.name()).await;
        assert_eq!(all_that_is_kept(&again).await, before);
        let next = append(&again, 6).await;
        assert_eq!((next.version, next.position), (Version(6), Position(6)));
        let refused = again.undo_reset(token).await;
        assert!(matches!(refused, Err(UndoError::AnotherHistory { .. })));
        again.close();
        delete(other).await;
    }
}

#[wasm_bindgen_test]
async fn a_reset_is_not_undone_once_something_was_recorded() {
    let store = fresh().await;
    append(&store, 1).await;
    let token = store.reset(&[]).await.unwrap();
    let next = append(&store, 2).await;
    assert_eq!(store.undo_reset(token).await, Err(UndoError::GoneOn));
    assert_eq!(everything(&store).await, [next]);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn what_was_emptied_is_swept_away_and_no_number_is_taken_twice() {
    for alone in [true, false] {
        let store = with_everything().await;
        let imported: Vec<RecordedEvent> = (6..=600).map(|n| recorded(n, n, n)).collect();
        import(&store, 5, &imported).await;
        let other = match alone {
            true => None,
            false => Some(open(store.name()).await),
        };
        if let Some(other) = &other {
            assert_eq!(everything(other).await.len(), 600);
        }
        let token = store.reset(&[]).await.unwrap();
        // Which sweeps as well.
        store.compact().await.unwrap();
        assert_eq!(store.undo_reset(token).await, Err(UndoError::Swept));
        let log = records(store.name(), "log").await;
        assert!(log[..log.len() - 1].iter().all(|record| {
            field(record, "events").is_undefined() && field(record, "packed").is_undefined()
        }));
        for name in ["pages", "snapshots", "checkpoints"] {
            assert_eq!(records(store.name(), name).await.len(), 0, "{name}");
        }
        let next = append(other.as_ref().unwrap_or(&store), 1_000).await;
        assert_eq!((next.version, next.position), (Version(1), Position(601)));
        whole(&store, 1).await;
        if let Some(other) = other {
            other.close();
        }
        let again = open(store.name()).await;
        assert_eq!(everything(&again).await, [next]);
        again.close();
        delete(store).await;
    }
}

#[wasm_bindgen_test]
async fn a_list_of_archived_streams_that_can_not_be_read_is_left_as_it_is() {
    let store = fresh().await;
    append(&store, 1).await;
    store.archive(&ada()).await.unwrap();
    let key = JsValue::from("archived");
    let record = super::support::raw_record(store.name(), "meta", key.clone()).await;
    super::support::set(&record, "value", "[[\"bank_account\"");
    super::support::put(store.name(), "meta", std::slice::from_ref(&record)).await;
    assert!(store.archived().await.unwrap().is_empty());
    let refused = store.archive(&ada()).await.unwrap_err().to_string();
    assert!(
        refused.contains("is damaged, and is left as it is"),
        "{refused}"
    );
    let after = super::support::raw_record(store.name(), "meta", key).await;
    assert_eq!(super::support::json(&after), super::support::json(&record));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn an_append_and_an_opening_alone_sweep_what_was_emptied() {
    let store = fresh().await;
    for number in 1..=5 {
        append(&store, number).await;
    }
    store.reset(&[]).await.unwrap();
    append(&store, 6).await;
    let name = store.name().to_owned();
    super::support::soon(until_swept(&name)).await;
    store.reset(&[]).await.unwrap();
    assert_eq!(holding(&name).await, 1);
    store.close();
    let again = open(&name).await;
    super::support::soon(until_swept(&name)).await;
    assert_eq!(everything(&again).await, []);
    delete(again).await;
}

/// How many records of the log before the last one that empties it hold something.
async fn holding(name: &str) -> usize {
    let records = records(name, "log").await;
    let emptied = |record: &JsValue| field(record, "turn").is_string();
    let last = records.iter().rposition(emptied).unwrap();
    let holds = |record: &&JsValue| !field(record, "events").is_undefined();
    records[..last].iter().filter(holds).count()
}

async fn until_swept(name: &str) {
    while holding(name).await > 0 {}
}

#[wasm_bindgen_test]
async fn an_import_is_taken_back_while_it_is_the_last() {
    let store = with_everything().await;
    let other = open(store.name()).await;
    let before = everything(&other).await;
    let known = store.last_position().await.unwrap();
    let imported: Vec<RecordedEvent> = (6..=400).map(|n| recorded(n, n, n)).collect();
    let token = import(&store, 5, &imported).await;
    assert_eq!(everything(&other).await.len(), 400);
    let last = imported.last().unwrap();
    let snapshot = Snapshot {
        stream: ada(),
        version: last.version,
        event_id: last.event_id,
        schema: 1,
        state: JsonText::parse("{}").unwrap(),
    };
    store.keep_snapshot(snapshot).await.unwrap();
    store.undo_import(token).await.unwrap();
    for store in [&store, &other] {
        assert_eq!(everything(store).await, before);
        assert_eq!(store.snapshot(&ada()).await.unwrap(), None);
        assert_ne!(store.last_position().await.unwrap().history, known.history);
        whole(store, 5).await;
    }
    assert_eq!(records(store.name(), "pages").await.len(), 0);
    let again = open(store.name()).await;
    assert_eq!(everything(&again).await, before);
    let next = append(&again, 1_000).await;
    assert_eq!((next.version, next.position), (Version(6), Position(401)));
    let refused = store.undo_import(token).await;
    assert!(matches!(refused, Err(UndoError::AnotherHistory { .. })));
    again.close();
    other.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn an_import_is_not_taken_back_once_something_was_recorded() {
    let store = fresh().await;
    let imported = recorded(1, 1, 1);
    let token = import(&store, 0, &[imported]).await;
    append(&store, 2).await;
    assert_eq!(store.undo_import(token).await, Err(UndoError::GoneOn));
    assert_eq!(everything(&store).await.len(), 2);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn an_import_that_a_crash_lost_is_not_taken_back_from_what_took_its_number() {
    let store = fresh().await;
    append(&store, 1).await;
    let known = store.last_position().await.unwrap();
    let token = import(&store, 1, &[recorded(2, 2, 2)]).await;
    store.close();
    // The browser crashed before the import, which is relaxed, was on the disk.
    let lose = |log: &idb::ObjectStore| drop(log.delete(JsValue::from_f64(2.0)).unwrap());
    meddle(store.name(), "log", lose).await.unwrap();
    let again = open(store.name()).await;
    assert_eq!(again.last_position().await.unwrap(), known);
    assert_eq!(again.undo_import(token).await, Err(UndoError::NotThere));
    append(&again, 3).await;
    let before = everything(&again).await;
    let now = again.last_position().await.unwrap();
    assert_eq!(now.history, known.history);
    assert_eq!(again.undo_import(token).await, Err(UndoError::NotThere));
    assert_eq!(again.last_position().await.unwrap(), now);
    assert_eq!(everything(&again).await, before);
    append(&again, 4).await;
    assert_eq!(again.undo_import(token).await, Err(UndoError::GoneOn));
    delete(again).await;
}

#[wasm_bindgen_test]
async fn of_two_who_undo_and_append_at_once_one_is_refused() {
    for number in 0..10 {
        let store = fresh().await;
        append(&store, 1).await;
        let other = open(store.name()).await;
        assert_eq!(everything(&other).await.len(), 1);
        let token = store.reset(&[]).await.unwrap();
        let undo = async { store.undo_reset(token).await.is_ok() };
        let go_on = async {
            if number % 2 == 1 {
                let _ = other.head(&ada()).await;
            }
            append(&other, 2).await;
            false
        };
        let undo: std::pin::Pin<Box<dyn Future<Output = bool>>> = Box::pin(undo);
        let go_on: std::pin::Pin<Box<dyn Future<Output = bool>>> = Box::pin(go_on);
        let undone = all([undo, go_on]).await[0];
        let numbers: Vec<u64> = everything(&store)
            .await
            .iter()
            .map(|e| e.version.0)
            .collect();
        assert_eq!(numbers.len(), if undone { 2 } else { 1 });
        assert_eq!(everything(&other).await, everything(&store).await);
        other.close();
        delete(store).await;
    }
}

#[wasm_bindgen_test]
async fn what_an_import_wrote_is_told_from_appends_by_every_tab() {
    let store = fresh().await;
    append(&store, 1).await;
    import(&store, 1, &[recorded(2, 2, 2)]).await;
    append(&store, 3).await;
    let record = &records(store.name(), "log").await[1];
    let ends: Array = field(record, "imported").unchecked_into();
    assert_eq!(ends.to_vec(), [2.0, 2.0].map(JsValue::from));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_record_that_turns_the_log_is_checked() {
    let store = fresh().await;
    append(&store, 1).await;
    store.reset(&[]).await.unwrap();
    let name = store.name().to_owned();
    store.close();
    let turned = records(&name, "log").await.remove(1);
    super::support::set(&turned, "position", 7);
    meddle(&name, "log", |log| {
        log.put(&turned, None).unwrap();
    })
    .await
    .unwrap();
    let again = open(&name).await;
    assert_ne!(verified(&again).await.findings, []);
    delete(again).await;
}

#[wasm_bindgen_test]
async fn a_database_of_the_layout_before_gets_its_chains() {
    let name = fresh_name();
    let store = open(&name).await;
    let mut all = vec![append(&store, 1).await];
    all.extend(batch(&store, 2..=20).await);
    let imported: Vec<RecordedEvent> = (21..=400).map(|n| recorded(n, n, n)).collect();
    import(&store, 20, &imported).await;
    all.extend(imported);
    let chained = chains(&name).await;
    store.close();
    // As it lay there before there were chains.
    let log = records(&name, "log").await;
    for record in &log {
        Reflect::delete_property(record.unchecked_ref::<js_sys::Object>(), &"chain".into())
            .unwrap();
    }
    super::support::put(&name, "log", &log).await;
    meddle(&name, "meta", |meta| {
        for key in ["moved", "index"] {
            meta.delete(JsValue::from(key)).unwrap();
        }
    })
    .await
    .unwrap();
    assert_eq!(chains(&name).await, [None, None, None]);
    let again = open(&name).await;
    assert_eq!(everything(&again).await, all);
    assert_eq!(chains(&name).await, chained);
    whole(&again, 400).await;
    delete(again).await;
}
