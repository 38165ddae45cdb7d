//! The second copy of a store: a journal in the origin private file system, which one tab keeps for
//! all. The tab that keeps it puts its own appends into it while the database commits them, and reads
//! from the log what other tabs wrote; those wait until it says so.
//!
//! `file` is the journal that a tab keeps, `first` that of the releases before, `others` those that are to go,
//! `source` any of these; `role` is which tab keeps it, `admit` has it judged beside the database
//! when that is opened, `compare` finds how far the two are the same, `restore`
//! brings back what is missing, `keep` brings it to the log's end, `standing` is what each tab knows of how far
//! it goes, `sentinel` what is known of the log beside both.

mod admit;
pub(super) mod aside;
mod by_hand;
mod compare;
mod file;
pub(super) mod first;
mod judged;
mod keep;
mod mend;
pub(super) mod others;
mod restore;
mod role;
pub(super) mod sentinel;
mod source;
mod standing;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;

use self::first::First;
use self::sentinel::Sentinel;
use super::connection::Connection;
use super::hints::Subscription;
use crate::core::{Position, PositionRanges, RecordedEvent};
use crate::log::Chain;
use crate::log::journal::{Body, Entry, Mark};
use crate::log::segments::{Page, Segment, pack};
use crate::store::{Durability, Loss, Recovery, StoreError};
use crate::target::spawn;

pub use self::by_hand::read_set_aside;

pub(super) use self::admit::{Admitted, admit};
pub(super) use self::file::{Held, is_kept};
pub(super) use self::judged::admit_whole;
pub(super) use self::keep::keep_up;
pub(super) use self::mend::{Mending, mend};
pub(super) use self::source::Source;

/// So long, in milliseconds, an append waits for a tab that keeps the journal and doesn't answer.
const PATIENCE: u32 = 3_000;

/// So long, in milliseconds, after that it is passed over.
const PASSING: u32 = 2_000;

/// So long, in milliseconds, after something was recorded it is noted how far the log goes. A browser
/// writes local storage seconds later.
const NOTED: u32 = 100;

/// What is said while a tab of a release before has its journal.
const OTHER_TAB: &str = "Close the other tab of this page, so that the second copy can be made";

/// The second copy, as one tab sees it.
#[derive(Default)]
pub(super) struct Journal {
    name: String,
    /// Where this tab keeps it.
    held: RefCell<Option<Rc<Held>>>,
    /// That of the releases before, until this one is at the log's end.
    first: RefCell<Option<Rc<First>>>,
    /// Whether another tab has that.
    is_first_taken: Cell<bool>,
    /// Whether this tab waits for it.
    waits_for_first: Cell<bool>,
    /// The number of the segment that last emptied the log when it was opened, 0 where none did.
    emptied: Cell<u64>,
    /// The emptying of which nothing is left in it, 0 where nothing was ever swept out of it.
    swept: Cell<u64>,
    /// The segments that are put into it while the database commits them, until both have them or that failed.
    under_way: RefCell<BTreeSet<u64>>,
    /// Whether something was found behind these, which is put into it once they are decided.
    is_left: Cell<bool>,
    /// It holds the segments of this database's log up to this number, as far as is known.
    kept: Cell<u64>,
    /// Where this tab is filling it: so many events are in it.
    filled: Cell<u64>,
    /// Where another tab is filling it: so many events are in it, of so many.
    copying: Cell<Option<(u64, u64)>>,
    /// Whether an append has waited in vain for it to be filled: until it is, no other waits.
    is_late: Cell<bool>,
    waiting: RefCell<Vec<(u64, oneshot::Sender<()>)>>,
    /// Why there is none, or why it is behind.
    missing: RefCell<Option<String>>,
    behind: RefCell<Option<String>>,
    /// Whether it is being read whole, and what isn't needed any more removed.
    is_tidying: Cell<bool>,
    /// Whether the journals beside it were looked at.
    is_alone: Cell<bool>,
    /// Whether it is being brought to the log's end, and whether that is to be done once more.
    is_busy: Cell<bool>,
    once_more: Cell<bool>,
    /// What was found when the store was opened.
    pub(super) recovery: Cell<Option<Recovery>>,
    subscription: RefCell<Option<Subscription>>,
    /// Runs while the tab that keeps it doesn't answer.
    passing: RefCell<Option<Timeout>>,
    /// Runs while another tab is asked how far it goes.
    asking: RefCell<Option<Timeout>>,
    /// Ends the wait for it, where another tab keeps it.
    queue: RefCell<Option<oneshot::Sender<()>>>,
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

    /// It is a copy of this one of the store's databases, which is noted in its mark where this tab keeps it. What a
    /// database lacked that was made since the one before didn't open isn't lost.
    pub(super) async fn is_of(&self, number: Option<u64>, is_new: bool) {
        let number = number.unwrap_or(1);
        let cause = Loss::Unopened;
        if let Some(recovery) = self.recovery.get()
            && is_new
            && number > 1
        {
            self.recovery.set(Some(Recovery { cause, ..recovery }));
        }
        let held = self.held().filter(|held| !held.is_doubted());
        if let Some(held) = held
            && number != held.mark().database.max(1)
        {
            // Local storage says it, too.
            let _ = held.is_in(number).await;
        }
    }

    /// Whether it can be had, as far as is known.
    fn is_wanted(&self) -> bool {
        self.missing.borrow().is_none()
    }

    fn held(&self) -> Option<Rc<Held>> {
        self.held.borrow().clone()
    }

    /// Puts a segment into the journal while the database commits it; none where this tab doesn't
    /// keep it, or it isn't at the log's end.
    pub(super) fn ahead(
        &self,
        (segment, chain): (&Segment, Chain),
        events: &[RecordedEvent],
        pages: Vec<Page>,
        durability: Durability,
    ) -> Option<Ahead> {
        let held = self.held()?;
        let number = segment.number;
        if self.is_busy.get() || !held.is_at(number - 1) {
            return None;
        }
        let before = held.mark();
        let body = match segment.pages {
            0 => Body::Inline {
                packed: pack(&events.iter().collect::<Vec<_>>()).into(),
            },
            _ => Body::Paged {
                from: segment.from,
                first: segment.first,
                last: segment.last,
                pages: pages.into_iter().map(|page| page.packed.into()).collect(),
            },
        };
        let entry = Entry {
            segment: number,
            chain,
            imported: PositionRanges::NONE,
            body,
        };
        let last = events.last().map(|event| event.position);
        let written = held.add(&entry, last, durability == Durability::Strict);
        self.under_way.borrow_mut().insert(number);
        Some(Ahead {
            segment: number,
            written: Box::pin(written),
            before,
            held,
        })
    }

    /// Takes back what the database refused.
    pub(super) fn take_back(connection: &Rc<Connection>, ahead: Ahead) {
        let Some(journal) = &connection.journal else {
            return;
        };
        journal.under_way.borrow_mut().remove(&ahead.segment);
        // Where its worker is gone, who keeps the journal now reads what was written of it.
        let is_kept = journal.keeps(&ahead.held);
        let taken_back = is_kept.then(|| ahead.held.back_to(ahead.before));
        let connection = Rc::clone(connection);
        spawn(async move {
            let Ahead { written, held, .. } = ahead;
            let _ = written.await;
            if let (Some(taken_back), Some(journal)) = (taken_back, &connection.journal)
                && let Err(reason) = taken_back.await
            {
                journal.fail_of(&connection, &held, reason);
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
        match (durability, ahead) {
            // Also where it was let go meanwhile: what is under way still ends.
            (Durability::Strict, Some(ahead)) => journal.end_of(connection, segment, ahead).await,
            (_, None) if !journal.is_wanted() => {}
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

    async fn end_of(&self, connection: &Rc<Connection>, segment: u64, ahead: Ahead) {
        let written = ahead.written.await;
        self.under_way.borrow_mut().remove(&ahead.segment);
        if self.is_left.take() {
            keep_up(connection);
        }
        match written {
            // Unless it was begun anew meanwhile, or is another tab's now.
            Ok(()) if self.keeps(&ahead.held) && ahead.held.seen() >= segment => {
                self.holds(connection, segment);
            }
            Ok(()) => {}
            Err(reason) => self.fail_of(connection, &ahead.held, reason),
        }
    }

    /// Notes beside it how far the log goes, after something was recorded; in a moment and once for
    /// many, since to write to local storage takes a tenth of the time of an append.
    pub(super) fn note(connection: &Connection, last: Option<&RecordedEvent>) {
        if let (Some(journal), Some(store)) = (&connection.journal, connection.store.get()) {
            let given = connection.log.given();
            let noted = connection.log.ask(|index| Sentinel {
                store,
                segment: index.last_segment(),
                position: given,
                events: index.events(),
                hash: None,
                emptied: connection
                    .doubts
                    .knowingly_emptied(index.emptied().unwrap_or(0)),
                before: connection.doubts.events_before(),
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
    pub(super) fn note_emptied(connection: &Connection, segment: u64, floor: Position) {
        if let (Some(journal), Some(store)) = (&connection.journal, connection.store.get()) {
            let emptied = Sentinel {
                store,
                segment,
                position: floor,
                events: 0,
                hash: None,
                emptied: connection.doubts.knowingly_emptied(segment),
                before: 0,
            };
            journal.noting.set(None);
            sentinel::note(&journal.name, &emptied);
        }
    }

    /// The database was deleted on purpose: so is what was copied of it.
    pub(super) fn forget(&self) {
        self.kept.set(0);
        self.copying.set(None);
        self.waiting.borrow_mut().clear();
        self.noting.set(None);
        sentinel::remove(&self.name);
        if let Some(held) = self.held() {
            spawn(async move {
                let _ = held.begin(uuid::Uuid::nil()).await;
            });
        }
    }
}

/// Which of a store's databases its journal is a copy of, as its mark says.
pub(super) async fn database_of(store: &str) -> Option<u64> {
    Some(file::mark_of(store).await?.database.max(1))
}

/// How many events a store's journal holds; none where that can't be told.
pub(super) async fn events_of(store: &str) -> Option<u64> {
    aside::count(&file::newest(store).await?).await
}

/// Whether the browser couldn't read its own files.
pub(super) fn is_broken(error: &StoreError) -> bool {
    match error {
        StoreError::Unavailable { reason } => reason.starts_with("UnknownError"),
        _ => false,
    }
}

/// A segment that is being put into the journal.
pub(super) struct Ahead {
    segment: u64,
    written: Pin<Box<dyn Future<Output = Result<(), String>>>>,
    before: Mark,
    /// Where it is put.
    held: Rc<Held>,
}

/// Removes the second copy of a store of this name, unless a tab keeps it: that one begins it anew
/// when it hears that the database was deleted.
pub(super) async fn remove(name: &str) {
    sentinel::remove(name);
    file::remove_all(name).await;
    for aside in aside::list(name).await.unwrap_or_default() {
        let _ = aside::delete(&aside.name).await;
    }
}
