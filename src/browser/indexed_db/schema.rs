//! The layout of the database, how it came to be step by step, and opening it.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use futures_channel::oneshot;
use idb::event::VersionChangeEvent;
use idb::request::OpenDatabaseRequest;
use idb::{
    Database, DatabaseEvent, Event, Factory, IndexParams, KeyPath, ObjectStoreParams, Request,
    Transaction,
};
use web_sys::IdbDatabase;

use super::codec;
use super::in_use::InUse;
use super::patience::{self, Patience};
use super::transaction::Fault;
use crate::store::{Cause, StoreError};
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

/// Key in [`META`]: the history that the database began with.
pub(super) const HISTORY: &str = "history";

/// Key in [`META`]: up to which segment the records of the layout before have their chains, and the chain
/// there; or [`ALL`].
pub(super) const MOVED: &str = "moved";

/// That all records have theirs.
pub(super) const ALL: &str = "all";

/// Key in [`META`]: the number of the segment that last emptied the log, and what became of what it left:
/// see `sweep`.
pub(super) const LEFT: &str = "left";

/// Of the first layout: events, a record each, under their position.
pub(super) const EVENTS: &str = "events";
/// Of the first layout: the head of each stream.
pub(super) const STREAMS: &str = "streams";
/// Key in [`META`], of the first layout: there once a reset has emptied the store.
pub(super) const EMPTIED: &str = "emptied";

/// From one layout to the next, within the transaction of an upgrade: it can make and drop object
/// stores, and reach the records of those that exist. Is told which layout there was, 0 for none.
pub(super) type Step = fn(&Database, &Transaction, from: usize) -> Result<(), idb::Error>;

/// Is told how far a database has come on the way to today's layout, from 0 to 100.
pub(super) type Told = dyn Fn(u8);

/// How the layout came to be. Layout `n` is what the first `n` steps make; a database is taken
/// from where it is to the end. Steps that were shipped stay as they are.
pub(super) const STEPS: &[Step] = &[one_record_an_event, segments_and_pages, chained];

/// The number of the layout that a database has after all of them.
pub const LAYOUT: usize = STEPS.len();

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

/// Each record of the log has its chain. What there is gets it by `chaining`, once the database is open.
fn chained(_: &Database, transaction: &Transaction, from: usize) -> Result<(), idb::Error> {
    if from == 0 {
        let meta = transaction.object_store(META)?;
        meta.put(&codec::meta(MOVED, ALL), None)?;
    }
    Ok(())
}

/// A database that was opened.
pub(super) struct Opened {
    pub(super) database: IdbDatabase,
    /// Whether it didn't exist before.
    pub(super) created: bool,
}

pub(super) use super::patience::WhenBlocked;

/// Opens a database and brings it to the newest layout.
///
/// Whoever stops waiting leaves no connection behind: one that comes too late is closed, so that
/// it blocks nobody.
///
/// # Errors
/// [`InUse::Unanswered`] where nothing is heard for five seconds: who waits behind another's request that
/// is blocked isn't told.
pub(super) async fn open(
    name: &str,
    steps: &'static [Step],
    when_blocked: WhenBlocked,
) -> Result<Opened, StoreError> {
    open_and(name, steps, when_blocked, || {}).await
}

/// The same; calls `on_created` while a database is made that didn't exist.
pub(super) async fn open_and(
    name: &str,
    steps: &'static [Step],
    when_blocked: WhenBlocked,
    on_created: impl Fn() + 'static,
) -> Result<Opened, StoreError> {
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let factory = Factory::new().map_err(|error| unavailable(error.into()))?;
    let mut request = factory
        .open(name, Some(known))
        .map_err(|error| unavailable(error.into()))?;
    let millis = match when_blocked {
        WhenBlocked::GiveUp => patience::SLOW,
        WhenBlocked::GiveUpAfter(millis) => millis,
        WhenBlocked::Tell(_) => patience::DATABASE,
    };
    let (patience, blocked) = Patience::begin(when_blocked, millis);
    let created = Rc::new(Cell::new(false));
    let failed = Rc::new(RefCell::new(None));
    request.on_upgrade_needed({
        let (created, failed) = (created.clone(), failed.clone());
        let waiting = Rc::downgrade(&patience);
        move |event| {
            Patience::is_served(&waiting);
            created.set(matches!(event.old_version(), Ok(0)));
            if created.get() {
                on_created();
            }
            if let Err(error) = upgrade(&event, steps) {
                *failed.borrow_mut() = Some(Fault::from(error));
                abort(&event);
            }
        }
    });
    let waiting = Rc::downgrade(&patience);
    request.on_blocked(move |_| Patience::is_blocked(&waiting));
    match first(connected(request), blocked).await {
        Some(Some(Ok(database))) => Ok(Opened {
            database,
            created: created.get(),
        }),
        Some(Some(Err(error))) => {
            let fault = Fault::from(error);
            if fault.is_newer() {
                let found = layout(&factory, name).await.unwrap_or(0);
                return Err(StoreError::Newer { found, known });
            }
            if fault.is_full() {
                return Err(StoreError::Full);
            }
            match failed.borrow_mut().take() {
                Some(cause) => Err(cause.while_doing("upgrade")),
                None => Err(unavailable(fault)),
            }
        }
        // The task always answers; it can only be gone with the whole page.
        Some(None) => Err(StoreError::Unavailable {
            reason: "the page is being closed".into(),
        }),
        None => Err(patience.why().into()),
    }
}

/// What comes of a request, none where the page is gone. A connection that comes when nobody waits for
/// it any more is closed.
fn connected(
    request: OpenDatabaseRequest,
) -> impl Future<Output = Option<Result<IdbDatabase, idb::Error>>> {
    let (sender, opened) = oneshot::channel();
    spawn(async move {
        let database = request.await.map(IdbDatabase::from);
        if let Err(Ok(late)) = sender.send(database) {
            late.close();
        }
    });
    async { opened.await.ok() }
}

/// Deletes a database, if it exists.
///
/// # Errors
/// [`InUse::Blocked`] where another keeps it open, or is waited for by a request before this one.
/// It is deleted once that is over.
pub(super) async fn delete(name: &str) -> Result<(), StoreError> {
    let factory = Factory::new().map_err(|error| unavailable(error.into()))?;
    let mut request = factory
        .delete(name)
        .map_err(|error| unavailable(error.into()))?;
    let (patience, blocked) = Patience::begin(WhenBlocked::GiveUp, patience::SLOW);
    let waiting = Rc::downgrade(&patience);
    request.on_blocked(move |_| Patience::is_blocked(&waiting));
    let (sender, deleted) = oneshot::channel();
    spawn(async move {
        let _ = sender.send(request.await);
    });
    match first(deleted, blocked).await {
        Some(Ok(Err(error))) => Err(Fault::from(error).while_doing("delete")),
        Some(_) => Ok(()),
        None => Err(InUse::Blocked.into()),
    }
}

fn unavailable(fault: Fault) -> StoreError {
    StoreError::Unavailable {
        reason: Cause::new(fault),
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

/// The layout that a database has, where that can be told soon. Makes none if there is none.
async fn layout(factory: &Factory, name: &str) -> Option<u32> {
    let mut request = factory.open(name, None).ok()?;
    request.on_upgrade_needed(|event| abort(&event));
    let (_patience, blocked) = Patience::begin(WhenBlocked::GiveUp, patience::DATABASE);
    let database = first(connected(request), blocked).await??.ok()?;
    let version = database.version() as u32;
    database.close();
    Some(version)
}
