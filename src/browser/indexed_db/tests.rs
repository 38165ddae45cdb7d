//! What can't be seen from outside while there is one layout: upgrades, and connections that the
//! browser closes.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use idb::{Database, Factory, ObjectStoreParams, Transaction};
use js_sys::Function;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::schema::{STEPS, Step, WhenBlocked};
use super::{IndexedDbStore, Signal};
use crate::browser::{BrowserClock, BrowserIds};
use crate::core::{
    Clock, ExpectedVersion, IdSource, JsonText, Metadata, NewEvent, Position, RecordedEvent,
    StreamId, Version,
};
use crate::store::conformance::both;
use crate::store::{EventStore, StoreError};

/// Today's layout and one step more.
const NEXT: &[Step] = &[STEPS[0], |database, _| {
    database.create_object_store("added", ObjectStoreParams::new())?;
    Ok(())
}];

/// A step that does something before it fails.
const FAILING: &[Step] = &[STEPS[0], |database: &Database, _: &Transaction| {
    database.delete_object_store("events")?;
    database.delete_object_store("there is no such store")
}];

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
    let held = store.append(&ada(), any, &[event()]).await.unwrap();
    (store, held)
}

async fn open_next(name: &str) -> Result<IndexedDbStore, StoreError> {
    IndexedDbStore::open_with(name, NEXT, WhenBlocked::GiveUp).await
}

/// A connection that doesn't close when it is asked to.
async fn holding(name: &str) -> Database {
    let factory = Factory::new().unwrap();
    factory.open(name, None).unwrap().await.unwrap()
}

async fn everything(store: &IndexedDbStore) -> Vec<RecordedEvent> {
    store.read_all(Position::START, 10_000).await.unwrap()
}

async fn delete(store: IndexedDbStore) {
    store.close();
    IndexedDbStore::delete(store.name()).await.unwrap();
}

/// As the browser does it, for example when site data is cleared.
fn close_by_force(store: &IndexedDbStore) {
    let database = store.connection.now().unwrap();
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
    let database = newer.connection.now().unwrap();
    assert_eq!(database.version(), 2.0);
    assert_eq!(older.head(&ada()).await, Err(StoreError::Superseded));
    let known_to_older = IndexedDbStore::open(older.name()).await.map(drop);
    assert_eq!(
        known_to_older,
        Err(StoreError::Newer { found: 2, known: 1 })
    );
    delete(newer).await;
}

#[wasm_bindgen_test]
async fn a_step_that_fails_leaves_the_database_as_it_was() {
    let (older, held) = with_an_event().await;
    older.close();
    let opened = IndexedDbStore::open_with(older.name(), FAILING, WhenBlocked::GiveUp).await;
    let opened = opened.map(drop);
    assert!(
        matches!(&opened, Err(StoreError::Failed { operation: "upgrade", cause })
            if cause.contains("delete object store")),
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
    assert_eq!(opened, Err(StoreError::Blocked));
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
    let tell = WhenBlocked::Tell(Box::new(move || {
        telling.set(true);
        other.close();
    }));
    let newer = IndexedDbStore::open_with(older.name(), NEXT, tell).await;
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
    let import = older.import(held[0].position, &log, |_| ControlFlow::Continue(()));
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
    assert!(store.append(&ada(), any, &[event()]).await.is_ok());
    assert!(matches!(heard.take(), Some(Signal::Appended(_))));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_connection_closed_without_a_word_is_opened_again_too() {
    let (store, held) = with_an_event().await;
    store.connection.now().unwrap().close();
    assert_eq!(everything(&store).await, held);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn waiting_for_a_change_ends_when_the_connection_is_lost() {
    let (store, held) = with_an_event().await;
    let (changed, ()) = both(store.changed(held[0].position), async {
        store.last_position().await.unwrap();
        close_by_force(&store);
    })
    .await;
    assert_eq!(changed, Ok(()));
    delete(store).await;
}
