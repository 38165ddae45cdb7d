//! The second copy of a store: a journal in the origin private file system, which one tab keeps for
//! all. The tab that keeps it puts its own appends into it while the database commits them, and reads
//! from the log what other tabs wrote; those wait until it says so.
//!
//! `file` is the journal that a tab keeps, `admit` compares it with the database when that is opened,
//! `keep` brings it to the log's end, `sentinel` is what is known of the log beside both.

mod admit;
mod file;
mod keep;
pub(super) mod sentinel;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;

use self::file::Held;
use self::sentinel::Sentinel;
use super::connection::Connection;
use super::hints::{Signal, Subscription};
use crate::browser::opfs::{self, Lock};
use crate::core::{Position, RecordedEvent};
use crate::store::journal::{Entry, Mark};
use crate::store::segments::pack;
use crate::store::{Durability, Recovery, SecondCopy, StoreError};
use crate::target::spawn;

pub(super) use self::admit::admit;
pub(super) use self::keep::keep_up;

/// So long, in milliseconds, an append waits for a tab that keeps the journal and doesn't answer.
const PATIENCE: u32 = 3_000;

/// So long, in milliseconds, after something was recorded it is noted how far the log goes. A browser
/// writes local storage seconds later.
const NOTED: u32 = 100;

/// The second copy, as one tab sees it.
#[derive(Default)]
pub(super) struct Journal {
    name: String,
    /// Where this tab keeps it.
    held: RefCell<Option<Rc<Held>>>,
    /// It holds the log's segments up to this number, as far as is known.
    kept: Cell<u64>,
    waiting: RefCell<Vec<(u64, oneshot::Sender<()>)>>,
    /// Why there is none, or why it is behind.
    missing: RefCell<Option<String>>,
    behind: RefCell<Option<String>>,
    /// Whether it is being brought to the log's end, and whether that is to be done once more.
    is_busy: Cell<bool>,
    once_more: Cell<bool>,
    /// What was found when the store was opened.
    pub(super) recovery: Cell<Option<Recovery>>,
    subscription: RefCell<Option<Subscription>>,
    /// What is to be noted beside it in a moment.
    noting: Rc<Cell<Option<Sentinel>>>,
}

impl Journal {
    pub(super) fn new(name: &str) -> Journal {
        Journal {
            name: name.to_owned(),
            ..Journal::default()
        }
    }

    /// Held while a store is opened and compared: by one tab at a time, so that none sees an empty
    /// database that another is about to fill again.
    pub(super) async fn opening(&self) -> Option<Lock> {
        match Lock::alone(&format!("{}.opening", self.name)).await {
            Ok(lock) => Some(lock),
            Err(reason) => {
                *self.missing.borrow_mut() = Some(reason);
                None
            }
        }
    }

    /// Whether it can be had, as far as is known.
    fn is_wanted(&self) -> bool {
        self.missing.borrow().is_none()
    }

    /// Takes the journal as this tab's, unless another has it and this one won't wait.
    pub(super) async fn take(&self, wait: bool) {
        if !self.is_wanted() || self.is_here() {
            return;
        }
        match Held::open(&self.name, wait).await {
            Ok(held) => *self.held.borrow_mut() = held.map(Rc::new),
            Err(reason) => *self.missing.borrow_mut() = Some(reason),
        }
    }

    /// Whether all that is in a database which can't be opened any more is here: the browser damaged
    /// its own files.
    pub(super) fn replaces(&self, error: &StoreError) -> bool {
        let is_broken = match error {
            StoreError::Unavailable { reason } => reason.starts_with("UnknownError"),
            _ => false,
        };
        let has_all = |held: Rc<Held>| {
            let Mark { store, tail, .. } = held.mark();
            let is_less = |noted: Sentinel| noted.store != store || noted.segment > tail.segment;
            tail.events > 0 && !sentinel::read(&self.name).is_some_and(is_less)
        };
        is_broken && self.held().is_some_and(has_all)
    }

    fn held(&self) -> Option<Rc<Held>> {
        self.held.borrow().clone()
    }

    /// Where it stands.
    pub(super) fn status(&self) -> SecondCopy {
        if let Some(reason) = &*self.missing.borrow() {
            return SecondCopy::Missing(reason.clone());
        }
        match &*self.behind.borrow() {
            Some(reason) => SecondCopy::Behind(reason.clone()),
            None => SecondCopy::Kept,
        }
    }

    /// Begins to keep the journal at the log's end, now and whenever a tab says that there is more.
    pub(super) fn follow(connection: &Rc<Connection>) {
        let Some(journal) = &connection.journal else {
            return;
        };
        let weak = Rc::downgrade(connection);
        let subscription = connection.hints.subscribe(Rc::new(move |signal| {
            if let Some(connection) = weak.upgrade() {
                hear(&connection, signal);
            }
        }));
        *journal.subscription.borrow_mut() = Some(subscription);
        if journal.held().is_some() {
            keep_up(connection);
        } else if journal.missing.borrow().is_none() {
            spawn(take_over(Rc::downgrade(connection), journal.name.clone()));
        }
    }

    /// Puts a segment into the journal while the database commits it; none where this tab doesn't
    /// keep it, or it isn't at the log's end.
    pub(super) fn ahead(
        &self,
        segment: u64,
        events: &[RecordedEvent],
        durability: Durability,
    ) -> Option<Ahead> {
        let held = self.held()?;
        if self.is_busy.get() || !held.is_at(segment - 1) {
            return None;
        }
        let before = held.mark();
        let all: Vec<&RecordedEvent> = events.iter().collect();
        let packed = pack(&all).into();
        let written = held.add(
            &Entry::Inline { segment, packed },
            events.last().map(|event| event.position),
            durability == Durability::Strict,
        );
        Some(Ahead {
            written: Box::pin(written),
            before,
        })
    }

    /// Takes back what the database refused.
    pub(super) fn take_back(connection: &Rc<Connection>, ahead: Ahead) {
        let held = connection.journal.as_ref().and_then(Journal::held);
        let Some(held) = held else {
            return;
        };
        let taken_back = held.back_to(ahead.before);
        let connection = Rc::clone(connection);
        spawn(async move {
            let _ = ahead.written.await;
            if let (Err(reason), Some(journal)) = (taken_back.await, &connection.journal) {
                journal.fail(reason);
            }
            // It may be in the log all the same, where only the answer was lost.
            keep_up(&connection);
        });
    }

    /// After the database holds a segment: a strict append waits until the journal does. Where that
    /// can't be had, the database alone has to do, and the status says so.
    pub(super) async fn wait(
        connection: &Rc<Connection>,
        durability: Durability,
        segment: u64,
        ahead: Option<Ahead>,
    ) {
        let Some(journal) = &connection.journal else {
            return;
        };
        if !journal.is_wanted() {
            return;
        }
        match (durability, ahead) {
            (Durability::Strict, Some(ahead)) => journal.end_of(connection, segment, ahead).await,
            (Durability::Strict, None) => journal.wait_for_others(connection, segment).await,
            (Durability::Relaxed, Some(ahead)) => {
                let connection = Rc::clone(connection);
                spawn(async move {
                    if let Some(journal) = &connection.journal {
                        journal.end_of(&connection, segment, ahead).await;
                    }
                });
            }
            (Durability::Relaxed, None) => keep_up(connection),
        }
    }

    async fn end_of(&self, connection: &Connection, segment: u64, ahead: Ahead) {
        match ahead.written.await {
            Ok(()) => self.holds(connection, segment),
            Err(reason) => self.fail(reason),
        }
    }

    async fn wait_for_others(&self, connection: &Rc<Connection>, segment: u64) {
        if self.kept.get() >= segment {
            return;
        }
        if self.behind.borrow().is_some() {
            keep_up(connection);
            return;
        }
        let (kept, told) = oneshot::channel();
        self.waiting.borrow_mut().push((segment, kept));
        keep_up(connection);
        let weak = Rc::downgrade(connection);
        let _patience = Timeout::new(PATIENCE, move || {
            if let Some(journal) = weak.upgrade().as_ref().and_then(|c| c.journal.as_ref()) {
                journal.fail("the tab that keeps it doesn't answer".to_owned());
            }
        });
        let _ = told.await;
    }

    /// Whether it holds the log up to a segment, or there is none that could: then segments up to
    /// that one may be joined.
    pub(super) fn has(&self, segment: u64) -> bool {
        self.kept.get() >= segment || !self.is_wanted()
    }

    /// Notes beside it how far the log goes, after something was recorded; in a moment and once for
    /// many, since to write to local storage takes a tenth of the time of an append.
    pub(super) fn note(connection: &Connection, last: Option<&RecordedEvent>) {
        if let (Some(journal), Some(store)) = (&connection.journal, connection.store.get()) {
            let noted = connection.log.ask(|index| Sentinel {
                store,
                segment: index.last_segment(),
                position: index.last_position(),
                events: index.events(),
                hash: None,
            });
            let hash = last.map(|last| sentinel::hash(&(last.event_id, last.position)));
            let before = journal.noting.replace(Some(Sentinel { hash, ..noted }));
            if before.is_none() {
                let (name, noting) = (journal.name.clone(), Rc::clone(&journal.noting));
                Timeout::new(NOTED, move || sentinel::note_taken(&name, &noting)).forget();
            }
        }
    }

    /// Notes now what is to be noted.
    pub(super) fn note_now(&self) {
        sentinel::note_taken(&self.name, &self.noting);
    }

    /// The same, after the log was emptied by this segment.
    pub(super) fn note_emptied(connection: &Connection, segment: u64) {
        if let (Some(journal), Some(store)) = (&connection.journal, connection.store.get()) {
            let emptied = Sentinel {
                store,
                segment,
                position: Position::START,
                events: 0,
                hash: None,
            };
            journal.noting.set(None);
            sentinel::note(&journal.name, &emptied);
        }
    }

    /// Notes that it holds the log up to a segment, and tells those who wait, here and elsewhere.
    fn holds(&self, connection: &Connection, segment: u64) {
        self.heard(segment);
        connection.hints.post(Signal::Copied(segment));
    }

    fn heard(&self, segment: u64) {
        self.kept.set(segment.max(self.kept.get()));
        *self.behind.borrow_mut() = None;
        let kept = self.kept.get();
        self.waiting
            .borrow_mut()
            .retain(|(wanted, _)| *wanted > kept);
    }

    /// It can't go on now: nobody waits for it.
    fn fail(&self, reason: String) {
        if let Some(held) = self.held() {
            held.doubt();
        }
        *self.behind.borrow_mut() = Some(reason);
        self.waiting.borrow_mut().clear();
    }

    /// The database was deleted on purpose: so is what was copied of it.
    pub(super) fn forget(&self) {
        self.noting.set(None);
        sentinel::remove(&self.name);
        if let Some(held) = self.held() {
            spawn(async move {
                let _ = held.begin(uuid::Uuid::nil()).await;
            });
        }
    }

    /// Whether this tab keeps it.
    pub(super) fn is_here(&self) -> bool {
        self.held.borrow().is_some()
    }

    /// Lets it go, so that another tab can keep it.
    pub(super) fn end(&self) {
        *self.subscription.borrow_mut() = None;
        self.note_now();
        self.give_up("this store was closed".to_owned());
    }

    /// There is none from now on, because of this.
    fn give_up(&self, reason: String) {
        *self.held.borrow_mut() = None;
        *self.missing.borrow_mut() = Some(reason);
        self.waiting.borrow_mut().clear();
    }
}

/// A segment that is being put into the journal.
pub(super) struct Ahead {
    written: std::pin::Pin<Box<dyn Future<Output = Result<(), String>>>>,
    before: Mark,
}

fn hear(connection: &Rc<Connection>, signal: Signal) {
    let Some(journal) = &connection.journal else {
        return;
    };
    match signal {
        Signal::Appended(position) => {
            let is_known = |held: Rc<Held>| position <= held.position();
            if !journal.held().is_none_or(is_known) {
                keep_up(connection);
            }
        }
        Signal::Reset => keep_up(connection),
        Signal::Copied(segment) => journal.heard(segment),
        Signal::Archived | Signal::Superseded | Signal::Closed => {}
    }
}

/// Waits until no other tab keeps the journal, and keeps it from then on.
async fn take_over(connection: Weak<Connection>, name: String) {
    let held = Held::open(&name, true).await;
    let Some(connection) = connection.upgrade() else {
        return;
    };
    let Some(journal) = &connection.journal else {
        return;
    };
    match held {
        // Closed meanwhile.
        _ if journal.missing.borrow().is_some() => {}
        Ok(Some(held)) => {
            held.doubt();
            *journal.held.borrow_mut() = Some(Rc::new(held));
            keep_up(&connection);
        }
        Ok(None) => {}
        Err(reason) => *journal.missing.borrow_mut() = Some(reason),
    }
}

/// Removes the second copy of a store of this name, unless a tab keeps it: that one begins it anew
/// when it hears that the database was deleted.
pub(super) async fn remove(name: &str) {
    sentinel::remove(name);
    // What stays is of a store that isn't there: the next one to open the store begins it anew.
    let _ = opfs::remove(&file::file_name(name)).await;
}
