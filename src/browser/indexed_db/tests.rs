//! What can't be seen from outside while there is one layout: upgrades, and connections that the
//! browser closes.

mod repeated;
mod weighed;

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use idb::{Database, Factory, ObjectStoreParams, Transaction};
use js_sys::{Array, Function, JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::in_use::InUse;
use super::migrate::step;
use super::schema::{STEPS, Step, WhenBlocked};
use super::store::at_hand;
use super::transaction::{Writing, answer};
use super::{IndexedDbStore, Signal};
use crate::browser::{BrowserClock, BrowserIds};
use crate::core::{
    Clock, ExpectedVersion, IdSource, JsonText, Metadata, NewEvent, Position, RecordedEvent,
    StreamId, Version,
};
use crate::store::conformance::{Plain, PlainImport, both};
use crate::store::{AppendError, Durability, Held, InspectStore, StoreError};

/// Today's layout and one step more.
const NEXT: &[Step] = &[STEPS[0], STEPS[1], STEPS[2], |database, _, _| {
    database.create_object_store("added", ObjectStoreParams::new())?;
    Ok(())
}];

/// A step that does something before it fails.
const FAILING: &[Step] = &[
    STEPS[0],
    STEPS[1],
    STEPS[2],
    |database: &Database, _: &Transaction, _| {
        database.delete_object_store("log")?;
        database.delete_object_store("there is no such store")
    },
];

fn fresh_name() -> String {
    format!("eventloom-unit-{}", BrowserIds.next_id(BrowserClock.now()))
}

fn ada() -> StreamId {
    StreamId::new("bank_account", "ada").unwrap()
}

fn event() -> NewEvent {
    let now = BrowserClock.now();
    NewEvent {
        event_id: BrowserIds.next_id(now),
        event_type: "AccountOpened".to_owned(),
        schema_version: 1,
        data: JsonText::empty_object(),
        timestamp: now,
        metadata: Metadata::default(),
    }
}

/// A database of today's layout that holds an event.
async fn with_an_event() -> (IndexedDbStore, Vec<RecordedEvent>) {
    let store = IndexedDbStore::open(&fresh_name()).await.unwrap();
    let any = ExpectedVersion::Any;
    let held = store.record(&ada(), any, &[event()]).await.unwrap();
    (store, held)
}

async fn open_next(name: &str) -> Result<IndexedDbStore, StoreError> {
    IndexedDbStore::open_with(name, NEXT, WhenBlocked::GiveUp, None, at_hand()).await
}

/// A connection that doesn't close when it is asked to.
async fn holding(name: &str) -> Database {
    let factory = Factory::new().unwrap();
    factory.open(name, None).unwrap().await.unwrap()
}

async fn everything(store: &IndexedDbStore) -> Vec<RecordedEvent> {
    store.all_events(Position::START, 10_000).await.unwrap()
}

async fn delete(store: IndexedDbStore) {
    store.close();
    IndexedDbStore::delete(store.name()).await.unwrap();
}

/// As the browser does it, for example when site data is cleared.
fn close_by_force(store: &IndexedDbStore) {
    let database = store.parts.connection.now().unwrap();
    database.close();
    Function::new_with_args("database", "database.dispatchEvent(new Event('close'))")
        .call1(&JsValue::UNDEFINED, &database)
        .unwrap();
}

#[wasm_bindgen_test]
async fn an_upgrade_keeps_the_events_and_takes_only_the_steps_that_are_missing() {
    let (older, held) = with_an_event().await;
    let newer = open_next(older.name()).await.unwrap();
    assert_eq!(everything(&newer).await, held);
    let database = newer.parts.connection.now().unwrap();
    assert_eq!(database.version(), 4.0);
    assert_eq!(
        older.version_of(&ada()).await,
        Err(InUse::Superseded.into())
    );
    let known_to_older = IndexedDbStore::open(older.name()).await.map(drop);
    assert_eq!(
        known_to_older,
        Err(StoreError::Newer { found: 4, known: 3 })
    );
    delete(newer).await;
}

#[wasm_bindgen_test]
async fn a_step_that_fails_leaves_the_database_as_it_was() {
    let (older, held) = with_an_event().await;
    older.close();
    let opened =
        IndexedDbStore::open_with(older.name(), FAILING, WhenBlocked::GiveUp, None, at_hand())
            .await;
    let opened = opened.map(drop);
    assert!(
        matches!(&opened, Err(StoreError::Failed { operation: "upgrade", cause })
            if cause.to_string().contains("delete object store")),
        "{opened:?}"
    );
    let again = IndexedDbStore::open(older.name()).await.unwrap();
    assert_eq!(everything(&again).await, held);
    delete(again).await;
}

#[wasm_bindgen_test]
async fn a_blocked_upgrade_is_told_and_opening_again_waits_for_it() {
    let (older, held) = with_an_event().await;
    let other = holding(older.name()).await;
    let opened = open_next(older.name()).await.map(drop);
    assert_eq!(opened, Err(InUse::Blocked.into()));
    let (newer, ()) = both(open_next(older.name()), async { other.close() }).await;
    let newer = newer.unwrap();
    assert_eq!(everything(&newer).await, held);
    // The connection that was given up would block this, had it stayed open.
    delete(newer).await;
}

#[wasm_bindgen_test]
async fn a_patient_opening_tells_that_it_is_blocked_and_goes_on_by_itself() {
    let (older, held) = with_an_event().await;
    let other = holding(older.name()).await;
    let told = Rc::new(Cell::new(false));
    let telling = told.clone();
    let tell = WhenBlocked::tell(move || {
        telling.set(true);
        other.close();
    });
    let newer = IndexedDbStore::open_with(older.name(), NEXT, tell, None, at_hand()).await;
    assert!(told.get());
    let newer = newer.unwrap();
    assert_eq!(everything(&newer).await, held);
    delete(newer).await;
}

#[wasm_bindgen_test]
async fn an_older_tab_finishes_what_it_is_at_and_blocks_nobody() {
    let (older, held) = with_an_event().await;
    let log: Vec<RecordedEvent> = (1..=600)
        .map(|number| event().recorded(ada(), Version(number + 1), Position(number + 1)))
        .collect();
    let newer = Cell::new(None);
    let open = async {
        newer.set(Some(open_next(older.name()).await));
    };
    let import = older.take_in(held[0].position, &log, |_| ControlFlow::Continue(()));
    let (imported, ()) = both(import, open).await;
    assert_eq!(imported, Ok(()));
    let newer = newer.take().unwrap().unwrap();
    assert_eq!(everything(&newer).await.len(), 601);
    delete(newer).await;
}

#[wasm_bindgen_test]
async fn an_opening_that_nobody_waits_for_leaves_no_connection_behind() {
    let name = fresh_name();
    {
        let mut opening = pin!(IndexedDbStore::open(&name));
        poll_fn(|context| {
            let polled = opening.as_mut().poll(context).map(drop);
            assert_eq!(polled, Poll::Pending);
            Poll::Ready(())
        })
        .await;
    }
    assert_eq!(IndexedDbStore::delete(&name).await, Ok(()));
}

#[wasm_bindgen_test]
async fn a_connection_that_the_browser_closed_is_opened_again_by_the_next_call() {
    let (store, held) = with_an_event().await;
    let heard = Rc::new(Cell::new(None));
    let hearing = heard.clone();
    let _subscription = store.subscribe(Rc::new(move |signal| hearing.set(Some(signal))));
    close_by_force(&store);
    assert_eq!(heard.take(), Some(Signal::Closed));
    // Two calls at once: one of the two connections is given up.
    let answers = both(everything(&store), everything(&store)).await;
    assert_eq!(answers, (held.clone(), held));
    let any = ExpectedVersion::Any;
    assert!(store.record(&ada(), any, &[event()]).await.is_ok());
    assert!(matches!(heard.take(), Some(Signal::Appended(_))));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn what_was_decided_on_a_database_that_is_gone_is_not_written_to_the_next() {
    let (store, held) = with_an_event().await;
    close_by_force(&store);
    IndexedDbStore::delete(store.name()).await.unwrap();
    let expected = ExpectedVersion::Exact(held[0].version);
    let stale = store.record(&ada(), expected, &[event()]).await;
    let conflict = AppendError::Conflict {
        stream: ada(),
        expected,
        actual: Version::NONE,
    };
    assert_eq!(stale, Err(conflict));
    assert_eq!(everything(&store).await, []);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_connection_closed_without_a_word_is_opened_again_too() {
    let (store, held) = with_an_event().await;
    store.parts.connection.now().unwrap().close();
    assert_eq!(everything(&store).await, held);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn waiting_for_a_change_ends_when_the_connection_is_lost() {
    let (store, held) = with_an_event().await;
    let (changed, ()) = both(store.changed_after(held[0].position), async {
        store.end().await.unwrap();
        close_by_force(&store);
    })
    .await;
    assert_eq!(changed, Ok(()));
    delete(store).await;
}

/// A database as the first layout left it: what it wrote, byte for byte, of events 1 and 2 of a
/// stream; then as many more as are asked for, a damaged record and one without a checksum among
/// them.
async fn of_the_first_layout(name: &str, more: u64) -> Vec<RecordedEvent> {
    const FIRST: &str = r#"[
        { "position": 1, "aggregate_type": "bank_account", "aggregate_id": "ada", "version": 1,
          "event_id": "00000000-0000-0000-0000-000000000001", "event_type": "MoneyDeposited",
          "schema_version": 1, "data": "{\"amount\":1.50}",
          "timestamp": "2026-01-05T09:00:02.007Z",
          "metadata": { "correlation_id": "lesson 1", "actor": "ben",
                        "extensions": "{\"b\":1.0,\"a\":2}" },
          "checksum": 2105192428 },
        { "position": 2, "aggregate_type": "bank_account", "aggregate_id": "ada", "version": 2,
          "event_id": "00000000-0000-0000-0000-000000000002", "event_type": "MoneyDeposited",
          "schema_version": 1, "data": "{\"amount\":2.50}",
          "timestamp": "2026-01-05T09:00:02.007Z",
          "metadata": { "correlation_id": "lesson 1" }, "checksum": 369738935 }
    ]"#;
    let opened = super::schema::open(name, &STEPS[..1], WhenBlocked::GiveUp).await;
    let database = opened.unwrap().database;
    let writing = Writing::begin(&database, &["events", "streams"], Durability::Relaxed).unwrap();
    let events = writing.store("events").unwrap();
    let records: Array = JSON::parse(FIRST).unwrap().unchecked_into();
    let mut held: Vec<RecordedEvent> = Vec::new();
    for record in records.iter() {
        held.push(super::codec::read_event(record.unchecked_ref()).unwrap());
        events.add(&record, None).unwrap();
    }
    for number in 3..3 + more {
        let record = JSON::parse(FIRST).unwrap().unchecked_into::<Array>().get(1);
        let set = |field: &str, value: JsValue| {
            Reflect::set(&record, &field.into(), &value).unwrap();
        };
        set("position", (number as f64).into());
        set("version", (number as f64).into());
        let id = uuid::Uuid::from_u128(u128::from(number)).to_string();
        set("event_id", id.into());
        set("checksum", JsValue::UNDEFINED);
        held.push(super::codec::read_event(record.unchecked_ref()).unwrap());
        events.add(&record, None).unwrap();
    }
    let head =
        JSON::parse(r#"{ "aggregate_type": "bank_account", "aggregate_id": "ada", "version": 2 }"#);
    let heads = writing.store("streams").unwrap();
    heads.put(&head.unwrap(), None).unwrap();
    writing.commit().await.unwrap();
    database.close();
    held
}

#[wasm_bindgen_test]
async fn a_database_of_the_first_layout_is_moved_whole_and_goes_on() {
    let name = fresh_name();
    let held = of_the_first_layout(&name, 700).await;
    let store = IndexedDbStore::open(&name).await.unwrap();
    assert_eq!(everything(&store).await, held);
    let stream = store.stream_events(&ada(), Version(1), 9_999).await;
    assert_eq!(stream.as_deref(), Ok(&held[1..]));
    let exact = ExpectedVersion::Exact(Version(702));
    let next = store.record(&ada(), exact, &[event()]).await.unwrap();
    assert_eq!(next[0].position, Position(703));
    assert_eq!(everything(&store).await.len(), 703);
    assert_eq!(store.is_untouched().await, Ok(false));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_move_that_was_broken_off_is_gone_on_with() {
    let name = fresh_name();
    let held = of_the_first_layout(&name, 700).await;
    let opened = super::schema::open(&name, STEPS, WhenBlocked::GiveUp).await;
    let database = opened.unwrap().database;
    assert_eq!(step(&database).await.map_err(|f| f.to_string()), Ok(true));
    {
        // The second step begins and ends nowhere.
        let mut second = pin!(step(&database));
        poll_fn(|context| {
            assert!(second.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
    }
    database.close();
    let store = IndexedDbStore::open(&name).await.unwrap();
    assert_eq!(everything(&store).await, held);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn two_tabs_that_move_at_once_move_everything_once() {
    let name = fresh_name();
    let held = of_the_first_layout(&name, 700).await;
    let (here, there) = both(IndexedDbStore::open(&name), IndexedDbStore::open(&name)).await;
    let (here, there) = (here.unwrap(), there.unwrap());
    assert_eq!(everything(&here).await, held);
    assert_eq!(everything(&there).await, held);
    there.close();
    delete(here).await;
}

#[wasm_bindgen_test]
async fn a_damaged_record_of_the_first_layout_moves_as_it_is() {
    let name = fresh_name();
    let held = of_the_first_layout(&name, 3).await;
    let opened = super::schema::open(&name, &STEPS[..1], WhenBlocked::GiveUp).await;
    let database = opened.unwrap().database;
    let writing = Writing::begin(&database, &["events"], Durability::Relaxed).unwrap();
    let events = writing.store("events").unwrap();
    let record = answer(events.get(JsValue::from(2)).unwrap()).await.unwrap();
    Reflect::set(&record, &"data".into(), &"{\"amount\":9.50}".into()).unwrap();
    events.put(&record, None).unwrap();
    writing.commit().await.unwrap();
    database.close();
    let store = IndexedDbStore::open(&name).await.unwrap();
    let read = store.stream_events(&ada(), Version::NONE, 9).await;
    assert!(
        matches!(&read, Err(StoreError::Corrupt { version: Version(2), cause, .. })
            if cause.to_string().contains("checksum")),
        "{read:?}"
    );
    let rest = store.stream_events(&ada(), Version(2), 9).await;
    assert_eq!(rest.as_deref(), Ok(&held[2..]));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_store_that_was_emptied_in_the_first_layout_stays_so_and_gives_no_position_again() {
    let name = fresh_name();
    of_the_first_layout(&name, 3).await;
    let opened = super::schema::open(&name, &STEPS[..1], WhenBlocked::GiveUp).await;
    let database = opened.unwrap().database;
    let stores = ["events", "streams", "meta"];
    let writing = Writing::begin(&database, &stores, Durability::Relaxed).unwrap();
    for store in ["events", "streams"] {
        writing.store(store).unwrap().clear().unwrap();
    }
    let mark = JSON::parse(r#"{ "key": "emptied", "value": "by a reset" }"#).unwrap();
    writing.store("meta").unwrap().put(&mark, None).unwrap();
    writing.commit().await.unwrap();
    database.close();
    let store = IndexedDbStore::open(&name).await.unwrap();
    assert_eq!(store.is_untouched().await, Ok(false));
    assert_eq!(everything(&store).await, []);
    let any = ExpectedVersion::Any;
    let next = store.record(&ada(), any, &[event()]).await.unwrap();
    assert_eq!(next[0].position, Position(6));
    delete(store).await;
}

/// What a future answers when the index is forgotten after it was polled so many times.
async fn disturbed<T>(store: &IndexedDbStore, polls: usize, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut polled = 0;
    poll_fn(|context| {
        let answer = future.as_mut().poll(context);
        polled += 1;
        if polled == polls {
            store.parts.connection.log.forget();
        }
        answer
    })
    .await
}

#[wasm_bindgen_test]
async fn an_index_that_is_forgotten_while_it_is_asked_changes_no_answer() {
    let (store, mut held) = with_an_event().await;
    let any = ExpectedVersion::Any;
    for _ in 0..3 {
        held.extend(store.record(&ada(), any, &[event()]).await.unwrap());
    }
    // In pages, so that reading forward asks more than once.
    let log: Vec<RecordedEvent> = (5..=400)
        .map(|number| event().recorded(ada(), Version(number), Position(number)))
        .collect();
    let import = store.take_in(Position(4), &log, |_| ControlFlow::Continue(()));
    import.await.unwrap();
    held.extend(log);
    held.extend(store.record(&ada(), any, &[event()]).await.unwrap());
    let stream = ada();
    let ends = |version| ExpectedVersion::Exact(Version(version));
    for polls in 1..=8 {
        let head = disturbed(&store, polls, store.version_of(&stream)).await;
        assert_eq!(head, Ok(Version(401)), "{polls}");
        let read = disturbed(&store, polls, store.all_events(Position::START, 9_999)).await;
        assert_eq!(read.as_ref(), Ok(&held), "{polls}");
        let read = store.stream_events(&stream, Version::NONE, 9_999);
        assert_eq!(
            disturbed(&store, polls, read).await.as_ref(),
            Ok(&held),
            "{polls}"
        );
        let (mut events, mut heads) = (0, 0);
        let shown = store.inspect(|held| {
            match held {
                Held::Event { event: Ok(_), .. } => events += 1,
                Held::Head(Ok(_)) => heads += 1,
                other => panic!("{polls}: {other:?}"),
            }
            ControlFlow::Continue(())
        });
        assert_eq!(disturbed(&store, polls, shown).await, Ok(()));
        assert_eq!((events, heads), (401, 1), "{polls}");
        let stale = store.record(&stream, ends(7), &[]);
        let conflict = AppendError::Conflict {
            stream: stream.clone(),
            expected: ends(7),
            actual: Version(401),
        };
        assert_eq!(
            disturbed(&store, polls, stale).await,
            Err(conflict),
            "{polls}"
        );
        let empty = store.record(&stream, ends(401), &[]);
        assert_eq!(disturbed(&store, polls, empty).await, Ok(vec![]), "{polls}");
    }
    delete(store).await;
}

#[wasm_bindgen_test]
async fn of_several_that_read_a_log_for_the_first_time_each_sees_all_of_it() {
    let (store, held) = with_an_event().await;
    for _ in 0..5 {
        store.parts.connection.log.forget();
        let stream = ada();
        let answers = both(
            both(everything(&store), store.version_of(&stream)),
            both(everything(&store), store.is_untouched()),
        );
        let ((first, head), (second, untouched)) = answers.await;
        assert_eq!((&first, &second), (&held, &held));
        assert_eq!((head, untouched), (Ok(Version(1)), Ok(false)));
    }
    delete(store).await;
}
