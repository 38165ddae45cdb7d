//! The second copy, as one tab sees it: what it knows of it, putting into it what the database commits, and
//! noting how far the log goes.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;

use super::super::connection::Connection;
use super::super::hints::Subscription;
use super::file::Held;
use super::first::First;
use super::sentinel::{self, Sentinel};
use crate::core::{Position, PositionRanges, RecordedEvent};
use crate::log::Chain;
use crate::log::journal::{Body, Entry, Mark};
use crate::log::segments::{Index, Page, Segment, pack};
use crate::store::{Durability, Loss, Recovery};
use crate::target::spawn;

/// So long, in milliseconds, after something was recorded it is noted how far the log goes. A browser
/// writes local storage seconds later.
const NOTED: u32 = 100;

/// The second copy, as one tab sees it.
pub(in super::super) struct Journal {
    pub(super) connection: Rc<Connection>,
    /// Where this tab keeps it.
    pub(super) held: RefCell<Option<Rc<Held>>>,
    /// That of the releases before, until this one is at the log's end.
    pub(super) first: RefCell<Option<Rc<First>>>,
    /// Whether another tab has that.
    pub(super) is_first_taken: Cell<bool>,
    /// Whether this tab waits for it.
    pub(super) waits_for_first: Cell<bool>,
    /// The number of the segment that last emptied the log when it was opened, 0 where none did.
    pub(super) emptied: Cell<u64>,
    /// The emptying of which nothing is left in it, 0 where nothing was ever swept out of it.
    pub(super) swept: Cell<u64>,
    /// The segments that are put into it while the database commits them, until both have them or that failed.
    pub(super) under_way: RefCell<BTreeSet<u64>>,
    /// Whether something was found behind these, which is put into it once they are decided.
    pub(super) is_left: Cell<bool>,
    /// It holds the segments of this database's log up to this number, as far as is known.
    pub(super) kept: Cell<u64>,
    /// Where this tab is filling it: so many events are in it.
    pub(super) filled: Cell<u64>,
    /// Where another tab is filling it: so many events are in it, of so many.
    pub(super) copying: Cell<Option<(u64, u64)>>,
    /// Whether an append has waited in vain for it to be filled: until it is, no other waits.
    pub(super) is_late: Cell<bool>,
    pub(super) waiting: RefCell<Vec<(u64, oneshot::Sender<()>)>>,
    /// Why there is none, or why it is behind.
    pub(super) missing: RefCell<Option<String>>,
    pub(super) behind: RefCell<Option<String>>,
    /// Whether it is being read whole, and what isn't needed any more removed.
    pub(super) is_tidying: Cell<bool>,
    /// Whether it is to be filled again, in another file.
    pub(super) is_to_renew: Cell<bool>,
    /// Whether the journals beside it were looked at.
    pub(super) is_alone: Cell<bool>,
    /// Whether it is being brought to the log's end, and whether that is to be done once more.
    pub(super) is_busy: Cell<bool>,
    pub(super) once_more: Cell<bool>,
    /// What was found when the store was opened.
    pub(in super::super) recovery: Cell<Option<Recovery>>,
    pub(super) subscription: RefCell<Option<Subscription>>,
    /// Runs while the tab that keeps it doesn't answer.
    pub(super) passing: RefCell<Option<Timeout>>,
    /// Runs while another tab is asked how far it goes.
    pub(super) asking: RefCell<Option<Timeout>>,
    /// Ends the wait for it, where another tab keeps it.
    pub(super) queue: RefCell<Option<oneshot::Sender<()>>>,
    /// What is to be noted beside it in a moment.
    pub(super) noting: Rc<Cell<Option<Sentinel>>>,
}

impl Journal {
    pub(in super::super) fn new(connection: &Rc<Connection>) -> Rc<Journal> {
        Rc::new(Journal {
            connection: Rc::clone(connection),
            held: Default::default(),
            first: Default::default(),
            is_first_taken: Default::default(),
            waits_for_first: Default::default(),
            emptied: Default::default(),
            swept: Default::default(),
            under_way: Default::default(),
            is_left: Default::default(),
            kept: Default::default(),
            filled: Default::default(),
            copying: Default::default(),
            is_late: Default::default(),
            waiting: Default::default(),
            missing: Default::default(),
            behind: Default::default(),
            is_tidying: Default::default(),
            is_to_renew: Default::default(),
            is_alone: Default::default(),
            is_busy: Default::default(),
            once_more: Default::default(),
            recovery: Default::default(),
            subscription: Default::default(),
            passing: Default::default(),
            asking: Default::default(),
            queue: Default::default(),
            noting: Default::default(),
        })
    }

    /// It is a copy of this one of the store's databases, which is noted in its mark where this tab keeps it. What a
    /// database lacked that was made since the one before didn't open isn't lost.
    pub(in super::super) async fn is_of(&self, number: Option<u64>, is_new: bool) {
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
    pub(super) fn is_wanted(&self) -> bool {
        self.missing.borrow().is_none()
    }

    pub(super) fn held(&self) -> Option<Rc<Held>> {
        self.held.borrow().clone()
    }

    /// Puts a segment into the journal while the database commits it; none where this tab doesn't
    /// keep it, or it isn't at the log's end.
    pub(in super::super) fn ahead(
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

    /// Notes beside it how far the log goes, after something was recorded; in a moment and once for
    /// many, since to write to local storage takes a tenth of the time of an append.
    pub(in super::super) fn note(&self, last: Option<&RecordedEvent>) {
        let connection = &self.connection;
        if let Some(store) = connection.store.get() {
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
            // Where another tab's came meanwhile, it isn't the last any more.
            let end = connection.log.ask(Index::last_position);
            let last = last.filter(|last| last.position == end);
            let hash = last.map(|last| sentinel::hash(&(last.event_id, last.position)));
            let before = self.noting.replace(Some(Sentinel { hash, ..noted }));
            if before.is_none() {
                let (name, noting) = (connection.name.clone(), Rc::clone(&self.noting));
                Timeout::new(NOTED, move || sentinel::note_taken(&name, &noting)).forget();
            }
        }
    }

    /// Notes now what is to be noted.
    pub(in super::super) fn note_now(&self) {
        sentinel::note_taken(&self.connection.name, &self.noting);
    }

    /// The same, after the log was emptied by this segment.
    pub(in super::super) fn note_emptied(&self, segment: u64, floor: Position) {
        let connection = &self.connection;
        if let Some(store) = connection.store.get() {
            let emptied = Sentinel {
                store,
                segment,
                position: floor,
                events: 0,
                hash: None,
                emptied: connection.doubts.knowingly_emptied(segment),
                before: 0,
            };
            self.noting.set(None);
            sentinel::note(&connection.name, &emptied);
        }
    }

    /// The database was deleted on purpose: so is what was copied of it.
    pub(in super::super) fn forget(&self) {
        self.kept.set(0);
        self.copying.set(None);
        self.waiting.borrow_mut().clear();
        self.noting.set(None);
        sentinel::remove(&self.connection.name);
        if let Some(held) = self.held() {
            spawn(async move {
                let _ = held.begin(uuid::Uuid::nil()).await;
            });
        }
    }
}

/// A segment that is being put into the journal.
pub(in super::super) struct Ahead {
    pub(super) segment: u64,
    pub(super) written: Pin<Box<dyn Future<Output = Result<(), String>>>>,
    pub(super) before: Mark,
    /// Where it is put.
    pub(super) held: Rc<Held>,
}
