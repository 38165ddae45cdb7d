//! Taking away what an emptying left where it was: some at a time, once it can't be undone any more or
//! nobody is there who would. Killed at any step, it is gone on with.
//!
//! Numbers that were taken stay taken, as in joining: who is behind must find the next one taken. Where no
//! other tab is there, all but the newest become one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use idb::{KeyRange, ObjectStore};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::calls::Call;
use super::codec::{self, Record};
use super::connection::Connection;
use super::left::{Left, leave_numbers_of};
use super::schema::{CHECKPOINTS, LOG, META, PAGES, SNAPSHOTS};
use super::transaction::{Fault, Writing, add, answer};
use super::walk::Walk;
use super::{archived, patience, read};
use crate::log::segments::{Index, NEWEST};
use crate::store::{Durability, StoreError};
use crate::target::spawn;

/// So many numbers are swept at once.
const STEP: u64 = 64;

/// So many milliseconds after an emptying it can't be undone any more.
const FIVE_MINUTES: u32 = 300_000;

/// Who does it, when, and what of it is done.
pub(super) struct Sweeping {
    connection: Rc<Connection>,
    /// The number of the emptying segment before which nothing is left, as far as this tab knows.
    swept: Cell<u64>,
    /// Whether something was left when the database was opened.
    is_left: Cell<bool>,
    is_busy: Cell<bool>,
    /// How many databases were opened: in another one the same number may be another emptying's.
    lives: Cell<u64>,
    timer: RefCell<Option<Timeout>>,
}

impl Sweeping {
    pub(super) fn new(connection: Rc<Connection>) -> Rc<Sweeping> {
        Rc::new(Sweeping {
            connection,
            swept: Cell::default(),
            is_left: Cell::default(),
            is_busy: Cell::default(),
            lives: Cell::default(),
            timer: RefCell::default(),
        })
    }

    /// Begins with what is noted.
    pub(super) fn begin(&self, noted: Option<(u64, Left)>) {
        self.lives.set(self.lives.get() + 1);
        let nothing = noted.filter(|(_, left)| *left == Left::Nothing);
        self.swept.set(nothing.map_or(0, |(emptied, _)| emptied));
        self.is_left.set(noted.is_some() && nothing.is_none());
    }

    /// Whether something may be left to sweep; and before which segment.
    fn due(&self) -> Option<u64> {
        let emptied = self.connection.log.ask(Index::emptied)?;
        (self.swept.get() != emptied).then_some(emptied)
    }

    /// The number of the segment that last emptied the log, where nothing is left of what stood before it.
    pub(super) fn swept(&self) -> Option<u64> {
        let emptied = self.connection.log.ask(Index::emptied)?;
        self.due().is_none().then_some(emptied)
    }

    /// Has `start` begin five minutes from now.
    pub(super) fn in_a_while(&self, start: impl FnOnce() + 'static) {
        *self.timer.borrow_mut() = Some(Timeout::new(FIVE_MINUTES, start));
    }

    /// Has `sweep` do so now, in the background, if something is left. To be called after something was added.
    pub(super) fn now<F>(self: &Rc<Self>, sweep: impl FnOnce(Rc<Sweeping>) -> F + 'static)
    where
        F: Future<Output = ()> + 'static,
    {
        if self.due().is_none() || self.is_busy.replace(true) {
            return;
        }
        let sweeping = Rc::clone(self);
        spawn(async move {
            sweep(Rc::clone(&sweeping)).await;
            sweeping.is_busy.set(false);
        });
    }

    /// Whether something was left when the database was opened, by who knows nothing of the log yet.
    pub(super) async fn is_left(&self) -> bool {
        self.is_left.take()
            && read::ask(&self.connection, None, Index::emptied)
                .await
                .is_ok()
    }
}

/// Sweeps all that is left.
///
/// # Errors
/// The storage's. What was swept until then is.
pub(super) async fn sweep(sweeping: &Sweeping) -> Result<(), StoreError> {
    let Sweeping { connection, .. } = sweeping;
    let Some(emptied) = sweeping.due() else {
        return Ok(());
    };
    let (mut done, lives) = (0, sweeping.lives.get());
    // An emptying that comes meanwhile can still be undone.
    while sweeping.due() == Some(emptied) {
        let is_alone = connection.is_alone().await;
        let stores = [LOG, PAGES, SNAPSHOTS, CHECKPOINTS, META];
        let writing = connection
            .write("sweep", &stores, Durability::Relaxed)
            .await?;
        if sweeping.lives.get() != lives {
            return Ok(());
        }
        let step = step(connection, writing, emptied, done, is_alone);
        match step.await.map_err(|fault| fault.while_doing("sweep"))? {
            Some(number) => done = number,
            None if sweeping.lives.get() == lives => sweeping.swept.set(emptied),
            None => return Ok(()),
        }
        patience::pause(0).await;
    }
    // The second copy is to lose it as well.
    connection.call(Call::Copy);
    Ok(())
}

/// Sweeps some of what is left before a segment; answers up to which number nothing is, none where
/// nothing is at all.
async fn step(
    connection: &Rc<Connection>,
    writing: Writing,
    emptied: u64,
    done: u64,
    is_alone: bool,
) -> Result<Option<u64>, Fault> {
    let (log, meta) = (writing.store(LOG)?, writing.store(META)?);
    connection.log.catch_up(&log).await?;
    if connection.log.ask(Index::emptied) != Some(emptied) {
        // Undone, or emptied once more.
        return Ok(Some(0));
    }
    // From here on it can't be undone.
    Left::Sweeping.note(&meta, emptied)?;
    let joined = emptied.saturating_sub(1 + NEWEST);
    let to = emptied.saturating_sub(1).min(done + STEP);
    let to = match is_alone && done < joined {
        true => to.min(joined),
        false => to,
    };
    if done < emptied.saturating_sub(1) {
        let key = |number: u64| JsValue::from_f64(number as f64);
        if is_alone && to <= joined {
            let range = KeyRange::upper_bound(&key(to), None)?;
            // A record that stands for several may end later.
            log.delete(range)?;
            add(&log, codec::gone(1, to, None))?;
        } else {
            leave_numbers_of(&log, done + 1..=to).await?;
        }
        let range = KeyRange::upper_bound(&Array::of2(&key(to), &f64::INFINITY.into()), None)?;
        writing.store(PAGES)?.delete(range)?;
        writing.commit().await?;
        return Ok(Some(to));
    }
    drop_others(&writing.store(SNAPSHOTS)?, codec::stream_of, emptied).await?;
    drop_others(&writing.store(CHECKPOINTS)?, codec::subscriber_of, emptied).await?;
    let keys = answer(meta.get_all_keys(None, None)?).await?;
    for key in keys.unchecked_into::<Array>().iter() {
        let name = key.as_string().unwrap_or_default();
        if archived::is_list(&name) && name != archived::key(emptied) {
            meta.delete(key)?;
        }
    }
    Left::Nothing.note(&meta, emptied)?;
    writing.commit().await?;
    Ok(None)
}

/// Drops the records of an object store that belong to a log before it was emptied.
async fn drop_others(
    store: &ObjectStore,
    key: fn(&Record) -> JsValue,
    emptied: u64,
) -> Result<(), Fault> {
    let mut walk = Walk::over(store);
    loop {
        let page = walk.next(key).await?;
        if page.is_empty() {
            return Ok(());
        }
        for record in page {
            if codec::since(&record) != emptied {
                store.delete(key(&record))?;
            }
        }
    }
}
