//! Fresh databases, small events, and the database seen without the store.

use eventloom::browser::{BrowserClock, BrowserIds, IndexedDbStore, Signal, Subscription};
use eventloom::core::{
    Clock, EventId, IdSource, JsonText, Metadata, NewEvent, Position, RecordedEvent, StreamId,
    Timestamp, Version,
};
use eventloom::store::conformance::Plain;
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_channel::oneshot;
use futures_core::Stream;
use gloo::timers::callback::Timeout;
use idb::{Database, Factory, ObjectStore, Transaction, TransactionMode};
use js_sys::{Array, Function, Object, Reflect};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use wasm_bindgen::{JsCast, JsValue};

/// A name that no other database has.
pub fn fresh_name() -> String {
    format!("eventloom-test-{}", BrowserIds.next_id(BrowserClock.now()))
}

pub async fn fresh() -> IndexedDbStore {
    open(&fresh_name()).await
}

pub async fn open(name: &str) -> IndexedDbStore {
    IndexedDbStore::open(name).await.unwrap()
}

/// Closes a store and deletes its database.
pub async fn delete(store: IndexedDbStore) {
    store.close();
    IndexedDbStore::delete(store.name()).await.unwrap();
}

pub fn ada() -> StreamId {
    StreamId::new("bank_account", "ada").unwrap()
}

/// An event that is told from others by its number.
pub fn event(number: u64) -> NewEvent {
    NewEvent {
        event_id: EventId(uuid::Uuid::from_u128(u128::from(number))),
        event_type: "MoneyDeposited".to_owned(),
        schema_version: 1,
        data: JsonText::parse(&format!(r#"{{"amount":{number}.50}}"#)).unwrap(),
        timestamp: Timestamp::parse("2026-01-05T09:00:02.007Z").unwrap(),
        metadata: Metadata::correlated("lesson 1"),
    }
}

pub fn events(numbers: impl IntoIterator<Item = u64>) -> Vec<NewEvent> {
    numbers.into_iter().map(event).collect()
}

pub fn recorded(number: u64, version: u64, position: u64) -> RecordedEvent {
    event(number).recorded(ada(), Version(version), Position(position))
}

pub async fn everything(store: &IndexedDbStore) -> Vec<RecordedEvent> {
    store.all_events(Position::START, 10_000).await.unwrap()
}

/// A connection of another program to the database.
pub async fn raw(name: &str, version: Option<u32>) -> Database {
    let factory = Factory::new().unwrap();
    factory.open(name, version).unwrap().await.unwrap()
}

/// Does something to an object store as another program would.
pub async fn meddle(
    name: &str,
    store: &str,
    work: impl FnOnce(&ObjectStore),
) -> Result<(), String> {
    let database = raw(name, None).await;
    let transaction: Transaction = database
        .transaction(&[store], TransactionMode::ReadWrite)
        .unwrap();
    work(&transaction.object_store(store).unwrap());
    let ended = transaction.await;
    database.close();
    match ended {
        Ok(idb::TransactionResult::Committed) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// A segment of the log as it lies in the database.
pub async fn raw_segment(name: &str, number: u64) -> JsValue {
    raw_record(name, "log", (number as f64).into()).await
}

/// An event of a segment whose events are records of their own.
pub fn event_of(segment: &JsValue, index: u32) -> JsValue {
    let events: Array = Reflect::get(segment, &"events".into())
        .unwrap()
        .unchecked_into();
    events.get(index)
}

/// Puts records in the place of those that lie under their keys.
pub async fn put(name: &str, store: &str, records: &[JsValue]) {
    let put = meddle(name, store, |store| {
        for record in records {
            store.put(record, None).unwrap();
        }
    });
    put.await.unwrap();
}

/// Changes a field of an event of a segment.
pub async fn change_event(name: &str, number: u64, index: u32, field: &str, value: JsValue) {
    let segment = raw_segment(name, number).await;
    set(&event_of(&segment, index), field, value);
    put(name, "log", &[segment]).await;
}

/// A record as it lies in the database.
pub async fn raw_record(name: &str, store: &str, key: JsValue) -> JsValue {
    let found = raw_found(name, store, key).await;
    found.expect("a record with this key")
}

/// The same where there may be none.
pub async fn raw_found(name: &str, store: &str, key: JsValue) -> Option<JsValue> {
    let database = raw(name, None).await;
    let transaction = database
        .transaction(&[store], TransactionMode::ReadOnly)
        .unwrap();
    let request = transaction.object_store(store).unwrap().get(key).unwrap();
    let found = request.await.unwrap();
    database.close();
    found
}

pub fn set(record: &JsValue, field: &str, value: impl Into<JsValue>) {
    Reflect::set(record, &field.into(), &value.into()).unwrap();
}

/// A value written as JavaScript.
pub fn js(expression: &str) -> JsValue {
    Function::new_no_args(&format!("return ({expression});"))
        .call0(&JsValue::UNDEFINED)
        .unwrap()
}

/// JSON with the keys of objects in order, to compare records by.
pub fn json(value: &JsValue) -> String {
    let sorted = js(
        "v => JSON.stringify(v, (_, v) => v && typeof v === 'object' && \
                     !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v)",
    );
    let text = sorted
        .unchecked_ref::<Function>()
        .call1(&JsValue::UNDEFINED, value);
    text.unwrap().as_string().unwrap()
}

/// Waits for what must come soon, and fails when it doesn't: so that a hint that is never sent
/// is a test that fails, not one that hangs.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    const MILLIS: u32 = 15_000;
    match within(MILLIS, future).await {
        Some(answer) => answer,
        None => panic!("it didn't come within {MILLIS} ms"),
    }
}

/// What comes within so many milliseconds.
pub async fn within<T>(millis: u32, future: impl Future<Output = T>) -> Option<T> {
    let (over, mut deadline) = oneshot::channel();
    let _running = Timeout::new(millis, move || {
        let _ = over.send(());
    });
    let mut future = pin!(future);
    poll_fn(|context| {
        if let Poll::Ready(answer) = future.as_mut().poll(context) {
            return Poll::Ready(Some(answer));
        }
        Pin::new(&mut deadline).poll(context).map(|_| None)
    })
    .await
}

/// Runs futures side by side until all have ended, and answers in their order.
pub async fn all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.into_iter().map(|f| (Box::pin(f), None)).collect();
    poll_fn(|context| {
        for (future, answer) in &mut running {
            if answer.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *answer = Some(ready);
            }
        }
        match running.iter().all(|(_, answer)| answer.is_some()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    running
        .into_iter()
        .filter_map(|(_, answer)| answer)
        .collect()
}

/// Lets a random time pass, below so many milliseconds: what a retry waits for, so that those who
/// met don't meet again.
pub async fn jitter(below: f64) {
    let (over, done) = oneshot::channel();
    let millis = (js_sys::Math::random() * below) as u32;
    let _running = Timeout::new(millis, move || {
        let _ = over.send(());
    });
    let _ = done.await;
}

/// Hears what a store signals.
pub struct Ear {
    heard: UnboundedReceiver<Signal>,
    _subscription: Subscription,
}

impl Ear {
    pub fn on(store: &IndexedDbStore) -> Ear {
        let (tell, heard) = unbounded();
        let subscription = store.subscribe(Rc::new(move |signal| {
            let _ = tell.unbounded_send(signal);
        }));
        Ear {
            heard,
            _subscription: subscription,
        }
    }

    /// The next signal, once it comes.
    pub async fn next(&mut self) -> Signal {
        let heard = &mut self.heard;
        let next = poll_fn(|context| Stream::poll_next(Pin::new(&mut *heard), context));
        soon(next).await.unwrap()
    }
}

/// Watches, or spoils, the transactions of one database until it is dropped.
pub struct Spy(JsValue);

impl Spy {
    /// `spoil` is the body of a function of the transaction `tx`.
    pub fn on(store: &IndexedDbStore, spoil: &str) -> Spy {
        Spy::of(store.name(), spoil, &JsValue::UNDEFINED)
    }

    /// The same of a database that nobody has open yet; `given` is known to `spoil`, and so is what was
    /// asked of the connection, `asked`.
    pub fn of(name: &str, spoil: &str, given: &JsValue) -> Spy {
        let install = format!(
            "const original = IDBDatabase.prototype.transaction;
             const seen = [];
             IDBDatabase.prototype.transaction = function (...asked) {{
                 const tx = original.apply(this, asked);
                 if (this.name === name) {{
                     const entry = {{ mode: tx.mode, durability: tx.durability, ended: 'not yet' }};
                     tx.addEventListener('complete', () => {{ entry.ended = 'complete'; }});
                     tx.addEventListener('abort', () => {{ entry.ended = 'abort'; }});
                     seen.push(entry);
                     {spoil}
                 }}
                 return tx;
             }};
             return {{ seen, end() {{ IDBDatabase.prototype.transaction = original; }} }};"
        );
        let install = Function::new_with_args("name, given", &install);
        Spy(install
            .call2(&JsValue::UNDEFINED, &name.into(), given)
            .unwrap())
    }

    /// What was seen so far, as JSON.
    pub fn seen(&self) -> String {
        json(&Reflect::get(&self.0, &"seen".into()).unwrap())
    }
}

impl Drop for Spy {
    fn drop(&mut self) {
        let end: Function = Reflect::get(&self.0, &"end".into())
            .unwrap()
            .unchecked_into();
        end.call0(&JsValue::UNDEFINED).unwrap();
    }
}

/// An empty object.
pub fn object() -> JsValue {
    Object::new().into()
}
