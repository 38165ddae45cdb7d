//! Asking for a database: the database first, then the lock under which one tab at a time compares it with
//! its second copy, or finds out that nobody does. Who stands behind a request that is blocked would keep all others
//! waiting, had it the lock before.

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::oneshot;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{IdbDatabase, IdbVersionChangeEvent};

use super::in_use::InUse;
use super::patience::{self, Patience};
use super::schema::{self, Opened, Step, WhenBlocked, first};
use super::transaction::Fault;
use crate::browser::opfs::Lock;
use crate::store::StoreError;

/// After so many milliseconds each a database that the browser couldn't read is asked for again.
const AGAIN: [u32; 3] = [0, 250, 750];

/// Whether the browser couldn't read its own files.
pub(super) fn is_broken(error: &StoreError) -> bool {
    match error {
        StoreError::Unavailable { reason } => reason.get().is_some_and(Fault::is_unreadable),
        _ => false,
    }
}

/// The name of the lock that is held while a store is compared.
pub(super) fn lock_name(store: &str) -> String {
    format!("{store}.opening")
}

/// Whether there is a lock; where the browser has none, why.
pub(super) type Turn = Result<Lock, String>;

/// The database and the lock: held while a store is compared, by one tab at a time, so that none sees an empty
/// database that another is about to fill again.
///
/// `names` are the store's and the database's.
///
/// # Errors
/// As [`schema::open`]. [`InUse::Unanswered`] also where another tab is at it, and isn't done yet.
pub(super) async fn ask(
    names: (&str, &str),
    steps: &'static [Step],
    when_blocked: WhenBlocked,
) -> Result<(Opened, Turn), StoreError> {
    loop {
        let (opened, turn) = request(names, steps, when_blocked.clone()).await?;
        let left = Left::on(&opened.database);
        match wait(turn, when_blocked.clone()).await {
            Ok(turn) if !left.is_asked() => return Ok((opened, turn)),
            // Somebody else needed it closed: what there is now may be another.
            Ok(_) => {}
            Err(error) => {
                opened.database.close();
                return Err(error);
            }
        }
    }
}

/// Asks for the database, and for the lock once that is answered: who makes the database asks while it
/// is being made, and so before all who find it there. One that the browser couldn't read is asked for again, before
/// the lock: it may be trouble of a moment. What can't be opened is left as it is: nobody can tell what is in it.
async fn request(
    (store, name): (&str, &str),
    steps: &'static [Step],
    when_blocked: WhenBlocked,
) -> Result<(Opened, oneshot::Receiver<Turn>), StoreError> {
    let turn = Rc::new(Cell::new(None));
    let mut pauses = AGAIN.into_iter();
    loop {
        let (asked, lock) = (Rc::clone(&turn), lock_name(store));
        let ask = move || asked.set(Some(Lock::ask(&lock)));
        let opened = schema::open_and(name, steps, when_blocked.clone(), ask).await;
        // Where that failed, the lock is let go: the request may keep what asked for it.
        let turn = turn.take();
        match (opened, pauses.next()) {
            (Err(error), Some(pause)) if is_broken(&error) => {
                drop(turn);
                patience::pause(pause).await;
            }
            (opened, _) => {
                let opened = opened?;
                return Ok((opened, turn.unwrap_or_else(|| Lock::ask(&lock_name(store)))));
            }
        }
    }
}

/// Waits for the lock.
///
/// # Errors
/// [`InUse::Unanswered`]: another tab is at it, and isn't done yet.
pub(super) async fn wait(
    turn: oneshot::Receiver<Turn>,
    when_blocked: WhenBlocked,
) -> Result<Turn, StoreError> {
    let millis = match when_blocked {
        WhenBlocked::GiveUp | WhenBlocked::GiveUpAfter(_) => patience::OPENING,
        WhenBlocked::Tell(_) => patience::DATABASE,
    };
    let (_patience, blocked) = Patience::begin(when_blocked, millis);
    match first(turn, blocked).await {
        Some(Ok(turn)) => Ok(turn),
        // The task always answers; it can only be gone with the whole page.
        Some(Err(_)) => Err(StoreError::Unavailable {
            reason: "the page is being closed".into(),
        }),
        None => Err(InUse::Unanswered.into()),
    }
}

/// A connection that nobody uses yet, and that closes where somebody needs it closed: until this is
/// dropped.
struct Left {
    database: IdbDatabase,
    is_asked: Rc<Cell<bool>>,
    _on_version_change: Closure<dyn FnMut(IdbVersionChangeEvent)>,
}

impl Left {
    fn on(database: &IdbDatabase) -> Left {
        let is_asked = Rc::new(Cell::new(false));
        let (closed, asked) = (database.clone(), Rc::clone(&is_asked));
        let on_version_change = Closure::new(move |_: IdbVersionChangeEvent| {
            closed.close();
            asked.set(true);
        });
        database.set_onversionchange(Some(on_version_change.as_ref().unchecked_ref()));
        Left {
            database: database.clone(),
            is_asked,
            _on_version_change: on_version_change,
        }
    }

    fn is_asked(&self) -> bool {
        self.is_asked.get()
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        self.database.set_onversionchange(None);
    }
}
