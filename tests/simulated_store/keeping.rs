//! The second copy as one tab sees it: who keeps it, how far it goes, and bringing it to the log's end. It
//! follows `browser/indexed_db/journal/{mod,role,standing,keep,sentinel}.rs`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use eventloom::log::journal::Mark;
use eventloom::store::SecondCopy;

use super::copying::entry_of;
use super::database::Record;
use super::held::Held;
use super::tab::{Doubting, Signal, Tab};
use super::world::Kept;

#[derive(Default)]
pub struct Journal {
    pub held: RefCell<Option<Rc<Held>>>,
    pub kept: Cell<u64>,
    filled: Cell<u64>,
    copying: Cell<Option<(u64, u64)>>,
    is_late: Cell<bool>,
    missing: RefCell<Option<String>>,
    behind: RefCell<Option<String>>,
    is_busy: Cell<bool>,
    once_more: Cell<bool>,
    is_queued: Cell<bool>,
    /// The segments that were put in ahead, until both the database and the file have them.
    pub under_way: RefCell<BTreeSet<u64>>,
    pub is_left: Cell<bool>,
    pub noting: Cell<Option<Kept>>,
    /// By which segment the log was emptied last, when it was opened.
    pub emptied: Cell<u64>,
    /// Before which segment nothing is left in it, and whether it is to be filled again therefore.
    pub swept: Cell<u64>,
    pub is_to_renew: Cell<bool>,
}

/// A segment that is being put into the journal.
pub struct Ahead {
    segment: u64,
    written: std::pin::Pin<Box<dyn Future<Output = Result<(), String>>>>,
    before: Mark,
    held: Rc<Held>,
}

impl Journal {
    pub fn is_wanted(&self) -> bool {
        self.missing.borrow().is_none()
    }

    pub fn held(&self) -> Option<Rc<Held>> {
        self.held.borrow().clone()
    }

    pub fn is_here(&self) -> bool {
        self.held.borrow().is_some()
    }

    pub fn give_up(&self, reason: String) {
        self.held.take();
        *self.missing.borrow_mut() = Some(reason);
    }

    pub fn fail(&self, reason: String) {
        if let Some(held) = self.held() {
            held.doubt();
            if held.is_gone() {
                self.held.take();
            }
        }
        *self.behind.borrow_mut() = Some(reason);
    }

    fn fail_of(tab: &Rc<Tab>, held: &Rc<Held>, reason: String) {
        if let Some(journal) = &tab.journal
            && journal.keeps(held)
        {
            journal.fail(reason);
            Journal::queue_up(tab);
        }
    }

    pub fn keeps(&self, held: &Rc<Held>) -> bool {
        let ours = self.held.borrow();
        ours.as_ref().is_some_and(|ours| Rc::ptr_eq(ours, held))
    }

    /// Takes the journal as this tab's, unless another has it.
    pub async fn take(tab: &Tab) {
        let Some(journal) = &tab.journal else {
            return;
        };
        if !journal.is_wanted() || journal.is_here() {
            return;
        }
        match Held::open(&tab.world, tab.id).await {
            _ if !journal.is_wanted() => {}
            Ok(held) => {
                journal.held.replace(held.map(Rc::new));
            }
            Err(reason) => {
                tab.world
                    .tell(|| format!("tab {}: no journal: {reason}", tab.id));
                *journal.missing.borrow_mut() = Some(reason);
            }
        }
    }

    fn queue_up(tab: &Rc<Tab>) {
        let Some(journal) = &tab.journal else {
            return;
        };
        if journal.is_here() || !journal.is_wanted() || journal.is_queued.replace(true) {
            return;
        }
        let tab = Rc::clone(tab);
        tab.clone().spawn(async move {
            let Some(journal) = &tab.journal else {
                return;
            };
            let held = loop {
                let world = Rc::clone(&tab.world);
                let ended = Rc::clone(&tab);
                let is_free = move || {
                    let is_wanted = ended.journal.as_ref().is_some_and(Journal::is_wanted);
                    world.keeper.get().is_none() || !is_wanted
                };
                tab.world.scheduler.until(is_free).await;
                if !journal.is_wanted() {
                    return;
                }
                match Held::open(&tab.world, tab.id).await {
                    Ok(None) => {}
                    other => break other,
                }
            };
            journal.is_queued.set(false);
            match held {
                Ok(Some(held)) if journal.is_wanted() => {
                    held.doubt();
                    journal.held.replace(Some(Rc::new(held)));
                    Journal::keep_up(&tab);
                }
                Ok(_) => {}
                Err(reason) => journal.fail(reason),
            }
        });
    }

    /// Where it stands.
    pub fn status(&self, tab: &Tab) -> SecondCopy {
        if let Some(reason) = &*self.missing.borrow() {
            return SecondCopy::Missing(reason.clone());
        }
        if let Some(reason) = &*self.behind.borrow() {
            return SecondCopy::Behind(reason.clone());
        }
        let known = tab.knows();
        let is_unchecked = self.held().is_some_and(|held| !held.is_checked());
        match (self.is_here(), self.copying.get()) {
            (true, None) if self.kept.get() >= tab.last_known() && is_unchecked => {
                SecondCopy::Checking
            }
            (_, None) if self.kept.get() >= tab.last_known() => SecondCopy::Kept,
            (true, _) => SecondCopy::Copying {
                events: self.filled.get(),
                of: known.events,
            },
            (false, Some((events, of))) => SecondCopy::Copying { events, of },
            (false, None) => SecondCopy::Behind("it isn't known".to_owned()),
        }
    }

    /// A database was opened, and compared.
    pub fn begin_life(&self, tab: &Tab) {
        let last = tab.knows().last;
        let held = self.held().filter(|held| !held.is_doubted());
        if let Some(held) = &held {
            held.look_again();
        }
        // It was filled while something couldn't be read that is whole now, or isn't there.
        let lacks = held.as_ref().is_some_and(|held| held.mark().lacks) && !tab.knows().is_faulty;
        if lacks {
            self.is_to_renew.set(true);
        }
        self.filled
            .set(held.as_ref().map_or(0, |held| held.mark().tail.events));
        let held = held.filter(|_| !lacks);
        self.kept
            .set(held.map_or(0, |held| self.sure(&held).min(last)));
        self.copying.set(None);
        self.is_late.set(false);
        self.emptied.set(tab.knows().emptied);
    }

    pub fn begin_to_follow(tab: &Rc<Tab>) {
        Journal::keep_up(tab);
        let Some(journal) = &tab.journal else {
            return;
        };
        let last = tab.knows().last;
        if journal.is_here() || !journal.is_wanted() || journal.kept.get() >= last {
            return;
        }
        tab.post(Signal::Asked);
        let tab = Rc::clone(tab);
        tab.clone().spawn(async move {
            let waits = Rc::clone(&tab);
            let is_over = move || {
                let journal = waits.journal.as_ref();
                journal.is_none_or(|j| {
                    j.is_here() || j.kept.get() >= last || j.copying.get().is_some()
                })
            };
            if !tab.world.scheduler.until_or_late(is_over).await
                && let Some(journal) = &tab.journal
            {
                journal.fail("the tab that keeps it doesn't answer".to_owned());
            }
        });
    }

    pub fn has(&self, segment: u64) -> bool {
        (self.kept.get() >= segment && self.copying.get().is_none()) || !self.is_wanted()
    }

    /// Puts a segment in while the database commits it.
    pub fn ahead(&self, number: u64, record: &Record, is_strict: bool) -> Option<Ahead> {
        let held = self.held()?;
        if self.is_busy.get() || !held.is_at(number - 1) {
            return None;
        }
        let before = held.mark();
        let written = Box::pin(held.add(&entry_of(number, record)?, is_strict));
        self.under_way.borrow_mut().insert(number);
        Some(Ahead {
            segment: number,
            written,
            before,
            held,
        })
    }

    pub fn take_back(tab: &Rc<Tab>, ahead: Ahead) {
        let Some(journal) = &tab.journal else {
            return;
        };
        journal.under_way.borrow_mut().remove(&ahead.segment);
        let taken_back = journal
            .keeps(&ahead.held)
            .then(|| ahead.held.back_to(ahead.before));
        let tab = Rc::clone(tab);
        tab.clone().spawn(async move {
            let Ahead { written, held, .. } = ahead;
            let _ = written.await;
            if let Some(taken_back) = taken_back
                && let Err(reason) = taken_back.await
            {
                Journal::fail_of(&tab, &held, reason);
            }
            Journal::keep_up(&tab);
        });
    }

    /// After the database holds a segment: a strict append waits until the journal does.
    pub async fn wait(tab: &Rc<Tab>, is_strict: bool, segment: u64, ahead: Option<Ahead>) {
        let Some(journal) = &tab.journal else {
            return;
        };
        match (is_strict, ahead) {
            (true, Some(ahead)) => Journal::end_of(tab, segment, ahead).await,
            (_, None) if !journal.is_wanted() => {}
            (true, None) => Journal::wait_for_others(tab, segment).await,
            (false, Some(ahead)) => {
                let tab = Rc::clone(tab);
                tab.clone()
                    .spawn(async move { Journal::end_of(&tab, segment, ahead).await });
            }
            (false, None) => Journal::keep_up(tab),
        }
    }

    async fn end_of(tab: &Rc<Tab>, segment: u64, ahead: Ahead) {
        let Some(journal) = &tab.journal else {
            return;
        };
        let written = ahead.written.await;
        journal.under_way.borrow_mut().remove(&ahead.segment);
        if journal.is_left.take() {
            Journal::keep_up(tab);
        }
        match written {
            Ok(()) if journal.keeps(&ahead.held) && ahead.held.seen() >= segment => {
                Journal::holds(tab, segment);
            }
            Ok(()) => {}
            Err(reason) => Journal::fail_of(tab, &ahead.held, reason),
        }
    }

    async fn wait_for_others(tab: &Rc<Tab>, segment: u64) {
        let Some(journal) = &tab.journal else {
            return;
        };
        if journal.has(segment) {
            return;
        }
        Journal::keep_up(tab);
        if journal.behind.borrow().is_some() || journal.is_late.get() {
            return;
        }
        let waits = Rc::clone(tab);
        let is_told = move || {
            let journal = waits.journal.as_ref();
            journal.is_none_or(|j| {
                j.kept.get() >= segment || j.behind.borrow().is_some() || !j.is_wanted()
            })
        };
        if !tab.world.scheduler.until_or_late(is_told).await {
            match journal.is_here() || journal.copying.get().is_some() {
                true => journal.is_late.set(true),
                false => journal.fail("the tab that keeps it doesn't answer".to_owned()),
            }
        }
    }

    /// The last segment that both have.
    pub fn sure(&self, held: &Held) -> u64 {
        let under_way = self.under_way.borrow().first().copied();
        under_way.map_or(held.seen(), |segment| held.seen().min(segment - 1))
    }

    pub fn holds(tab: &Rc<Tab>, segment: u64) {
        if let Some(journal) = &tab.journal {
            journal.heard(segment);
            tab.post(Signal::Copied(segment));
        }
    }

    fn heard(&self, segment: u64) {
        self.kept.set(segment.max(self.kept.get()));
        self.copying.set(None);
        self.is_late.set(false);
        *self.behind.borrow_mut() = None;
    }

    pub fn goes_to(tab: &Rc<Tab>, held: &Held) {
        let Some(journal) = &tab.journal else {
            return;
        };
        journal.filled.set(held.mark().tail.events);
        if journal.kept.get() > held.seen() {
            journal.kept.set(held.seen());
            tab.post(Signal::Copying(journal.filled.get(), tab.knows().events));
        }
    }

    /// Looks which store the database is by now.
    pub async fn learn_store(tab: &Rc<Tab>) {
        let Some(journal) = &tab.journal else {
            return;
        };
        if let Ok(Some(store)) = tab.look(|database| database.store).await
            && tab.store.get() != Some(store)
        {
            tab.store.set(Some(store));
            if tab.is_unjudged.replace(false) {
                tab.doubting.set(Doubting::No);
            }
            journal.kept.set(0);
            tab.post(Signal::Asked);
        }
    }

    pub fn hear(tab: &Rc<Tab>, signal: Signal) {
        let Some(journal) = &tab.journal else {
            return;
        };
        match signal {
            Signal::Appended(_) if !journal.is_here() => {}
            Signal::Appended(_) | Signal::Reset => Journal::keep_up(tab),
            Signal::Copied(segment) => journal.heard(segment),
            Signal::Copying(..) if journal.is_here() => {}
            Signal::Copying(events, of) => {
                journal.copying.set(Some((events, of)));
                *journal.behind.borrow_mut() = None;
            }
            Signal::Asked => {
                if journal.is_here() {
                    if journal.is_busy.get() {
                        tab.post(Signal::Copying(journal.filled.get(), tab.knows().events));
                    }
                    Journal::keep_up(tab);
                }
            }
        }
    }

    /// Brings it to the log's end.
    pub fn keep_up(tab: &Rc<Tab>) {
        let Some(journal) = &tab.journal else {
            return;
        };
        if !journal.is_here() {
            return Journal::queue_up(tab);
        }
        if journal.is_busy.replace(true) {
            journal.once_more.set(true);
            return;
        }
        let tab = Rc::clone(tab);
        tab.clone().spawn(async move {
            let Some(journal) = &tab.journal else {
                return;
            };
            loop {
                journal.once_more.set(false);
                let Some(held) = journal.held() else {
                    break;
                };
                match Journal::follow(&tab, &held).await {
                    Ok(()) if !journal.keeps(&held) || held.is_doubted() => continue,
                    Ok(()) => {
                        Journal::holds(&tab, journal.sure(&held));
                        if Journal::is_void(&tab, &held) {
                            journal.is_to_renew.set(true);
                            continue;
                        }
                        if !Journal::check(&tab, &held).await {
                            journal.is_to_renew.set(true);
                            continue;
                        }
                        if tab.remove_older().await.is_ok_and(|mended| mended > 0) {
                            // It was filled while that couldn't be read.
                            journal.is_to_renew.set(true);
                            continue;
                        }
                    }
                    Err(_) if !journal.keeps(&held) => continue,
                    Err(reason) => {
                        Journal::fail_of(&tab, &held, reason);
                        break;
                    }
                }
                if !journal.once_more.get() {
                    break;
                }
            }
            journal.is_busy.set(false);
        });
    }
}
