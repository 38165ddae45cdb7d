//! The layout of the database, how it came to be step by step, and opening it.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;
use idb::event::VersionChangeEvent;
use idb::{
    Database, DatabaseEvent, Event, Factory, IndexParams, KeyPath, ObjectStoreParams, Request,
    Transaction,
};
use web_sys::IdbDatabase;

use super::codec;
use super::transaction::Fault;
use crate::store::StoreError;
use crate::target::spawn;

/// The segments of the log, under their numbers.
pub(super) const LOG: &str = "log";
/// Pages of the segments whose events are laid out by stream, under the segment's number and theirs.
pub(super) const PAGES: &str = "pages";
/// The newest snapshot of each stream.
pub(super) const SNAPSHOTS: &str = "snapshots";
/// How far each subscriber is.
pub(super) const CHECKPOINTS: &str = "checkpoints";
/// What the database says of itself.
pub(super) const META: &str = "meta";

/// Key in [`META`]: a copy of the index, from which it is made faster than from all segments.
pub(super) const INDEX: &str = "index";

/// Key in [`META`]: the streams that are archived, as JSON.
pub(super) const ARCHIVED: &str = "archived";

/// Of the first layout: events, a record each, under their position.
pub(super) const EVENTS: &str = "events";
/// Of the first layout: the head of each stream.
pub(super) const STREAMS: &str = "streams";
/// Key in [`META`], of the first layout: there once a reset has emptied the store.
pub(super) const EMPTIED: &str = "emptied";

/// From one layout to the next, within the transaction of an upgrade: it can make and drop object
/// stores, and reach the records of those that exist. Is told which layout there was, 0 for none.
pub(super) type Step = fn(&Database, &Transaction, from: usize) -> Result<(), idb::Error>;

/// How the layout came to be. Layout `n` is what the first `n` steps make; a database is taken
/// from where it is to the end. Steps that were shipped stay as they are.
pub(super) const STEPS: &[Step] = &[one_record_an_event, segments_and_pages];

fn one_record_an_event(
    database: &Database,
    _: &Transaction,
    _from: usize,
) -> Result<(), idb::Error> {
    const STREAM: [&str; 2] = ["aggregate_type", "aggregate_id"];

    let mut by_position = ObjectStoreParams::new();
    by_position
        .key_path(Some(KeyPath::new_single("position")))
        .auto_increment(true);
    let events = database.create_object_store(EVENTS, by_position)?;
    for (index, field) in [
        ("stream_version", "version"),
        ("stream_event_id", "event_id"),
    ] {
        let mut unique = IndexParams::new();
        unique.unique(true);
        let path = KeyPath::new_array(STREAM.into_iter().chain([field]));
        events.create_index(index, path, Some(unique))?;
    }
    for (store, path) in [
        (STREAMS, KeyPath::new_array(STREAM)),
        (SNAPSHOTS, KeyPath::new_array(STREAM)),
        (CHECKPOINTS, KeyPath::new_single("subscriber")),
        (META, KeyPath::new_single("key")),
    ] {
        let mut params = ObjectStoreParams::new();
        params.key_path(Some(path));
        let store = database.create_object_store(store, params)?;
        if store.name() == META {
            store.put(&codec::meta("written_by", "Eventloom"), None)?;
        }
    }
    Ok(())
}

/// What there is in the first layout is moved by `migrate`, once the database is open: step by step,
/// so that a tab that is closed meanwhile leaves less to do.
fn segments_and_pages(database: &Database, _: &Transaction, from: usize) -> Result<(), idb::Error> {
    for (store, path) in [
        (LOG, KeyPath::new_single("segment")),
        (PAGES, KeyPath::new_array(["segment", "page"])),
    ] {
        let mut params = ObjectStoreParams::new();
        params.key_path(Some(path));
        database.create_object_store(store, params)?;
    }
    if from == 0 {
        database.delete_object_store(EVENTS)?;
        database.delete_object_store(STREAMS)?;
    }
    Ok(())
}

/// A database that was opened.
pub(super) struct Opened {
    pub(super) database: IdbDatabase,
    /// Whether it didn't exist before.
    pub(super) created: bool,
}

/// What to do when another tab keeps an older version open.
pub(super) enum WhenBlocked {
    /// Answer [`StoreError::Blocked`].
    GiveUp,
    /// Tell, and go on waiting.
    Tell(Box<dyn FnOnce()>),
}

/// Opens a database and brings it to the newest layout.
///
/// Whoever stops waiting leaves no connection behind: one that comes too late is closed, so that
/// it blocks nobody.
pub(super) async fn open(
    name: &str,
    steps: &'static [Step],
    when_blocked: WhenBlocked,
) -> Result<Opened, StoreError> {
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let factory = Factory::new().map_err(|error| unavailable(error.into()))?;
    let mut request = factory
        .open(name, Some(known))
        .map_err(|error| unavailable(error.into()))?;
    let created = Rc::new(Cell::new(false));
    let failed = Rc::new(RefCell::new(None));
    request.on_upgrade_needed({
        let (created, failed) = (created.clone(), failed.clone());
        move |event| {
            created.set(matches!(event.old_version(), Ok(0)));
            if let Err(error) = upgrade(&event, steps) {
                *failed.borrow_mut() = Some(error.to_string());
                abort(&event);
            }
        }
    });
    let grace = Grace::default();
    let (give_up, blocked) = oneshot::channel();
    request.on_blocked(grace.before(move || match when_blocked {
        WhenBlocked::GiveUp => {
            let _ = give_up.send(());
        }
        WhenBlocked::Tell(tell) => tell(),
    }));
    let (sender, opened) = oneshot::channel();
    spawn(async move {
        let database = request.await.map(IdbDatabase::from);
        if let Err(Ok(late)) = sender.send(database) {
            late.close();
        }
    });
    match first(opened, blocked).await {
        Some(Ok(Ok(database))) => Ok(Opened {
            database,
            created: created.get(),
        }),
        Some(Ok(Err(error))) => {
            let fault = Fault::from(error);
            if fault.is_newer() {
                let found = layout(&factory, name).await.unwrap_or(0);
                return Err(StoreError::Newer { found, known });
            }
            if fault.is_full() {
                return Err(StoreError::Full);
            }
            match failed.borrow_mut().take() {
                Some(cause) => Err(StoreError::Failed {
                    operation: "upgrade",
                    cause,
                }),
                None => Err(unavailable(fault)),
            }
        }
        // The task above always answers; it can only be gone with the whole page.
        Some(Err(_)) => Err(StoreError::Unavailable {
            reason: "the page is being closed".to_owned(),
        }),
        None => Err(StoreError::Blocked),
    }
}

/// Deletes a database, if it exists.
pub(super) async fn delete(name: &str) -> Result<(), StoreError> {
    let factory = Factory::new().map_err(|error| unavailable(error.into()))?;
    let mut request = factory
        .delete(name)
        .map_err(|error| unavailable(error.into()))?;
    let grace = Grace::default();
    let (give_up, blocked) = oneshot::channel();
    request.on_blocked(grace.before(move || {
        let _ = give_up.send(());
    }));
    let (sender, deleted) = oneshot::channel();
    spawn(async move {
        let _ = sender.send(request.await);
    });
    match first(deleted, blocked).await {
        Some(Ok(Err(error))) => Err(Fault::from(error).while_doing("delete")),
        Some(_) => Ok(()),
        None => Err(StoreError::Blocked),
    }
}

fn unavailable(fault: Fault) -> StoreError {
    StoreError::Unavailable {
        reason: fault.to_string(),
    }
}

/// Waits for a connection to close before it says that something is blocked: one that closed when
/// it was asked to counts as open until its last transaction is over.
#[derive(Default)]
struct Grace(Rc<RefCell<Option<Timeout>>>);

impl Grace {
    const MILLIS: u32 = 500;

    /// What to do on `blocked`: `then`, unless all that hold this are dropped before.
    fn before(&self, then: impl FnOnce() + 'static) -> impl FnOnce(VersionChangeEvent) + 'static {
        let held = Rc::downgrade(&self.0);
        move |_| {
            if let Some(held) = held.upgrade() {
                *held.borrow_mut() = Some(Timeout::new(Grace::MILLIS, then));
            }
        }
    }
}

/// The answer, or `None` once `blocked` was told.
pub(super) async fn first<T>(
    answer: impl Future<Output = T>,
    mut blocked: oneshot::Receiver<()>,
) -> Option<T> {
    let mut answer = pin!(answer);
    poll_fn(|context| {
        if let Poll::Ready(answer) = answer.as_mut().poll(context) {
            return Poll::Ready(Some(answer));
        }
        // A sender that is gone without a word means that nothing blocks.
        match pin!(&mut blocked).poll(context) {
            Poll::Ready(Ok(())) => Poll::Ready(None),
            _ => Poll::Pending,
        }
    })
    .await
}

fn upgrade(event: &VersionChangeEvent, steps: &[Step]) -> Result<(), idb::Error> {
    let database = event.database()?;
    let request = event.target()?;
    let transaction = request
        .transaction()
        .ok_or(idb::Error::TransactionNotFound)?;
    let from = event.old_version()? as usize;
    for step in steps.iter().skip(from) {
        step(&database, &transaction, from)?;
    }
    Ok(())
}

fn abort(event: &VersionChangeEvent) {
    let transaction = event
        .target()
        .ok()
        .and_then(|request| request.transaction());
    if let Some(transaction) = transaction {
        // Fails only on a transaction that is undone already.
        let _ = transaction.abort();
    }
}

/// The layout that a database has. Makes none if there is none.
async fn layout(factory: &Factory, name: &str) -> Option<u32> {
    let mut request = factory.open(name, None).ok()?;
    request.on_upgrade_needed(|event| abort(&event));
    let database = request.await.ok()?;
    let version = database.version().ok();
    database.close();
    version
}
