//! How far the journal goes, as one tab knows it: what that tab says of it, how long its appends wait
//! for it, and what tabs tell each other.

use std::rc::Rc;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;

use super::super::calls::Call;
use super::super::hints::Signal;
use super::super::log::Log;
use super::evidence::store_of;
use super::file::Held;
use super::keep_up::note_followed;
use super::tab::Journal;
use crate::log::segments::Index;
use crate::store::SecondCopy;
use crate::target::spawn;

/// So long, in milliseconds, an append waits for a tab that keeps the journal and doesn't answer.
pub(super) const PATIENCE: u32 = 3_000;

/// What is said where that is over.
const SILENT: &str = "the tab that keeps it doesn't answer";

impl Journal {
    /// Where it stands, for who knows so much of the log.
    pub(in super::super) fn status(&self, log: &Log) -> SecondCopy {
        if let Some(reason) = &*self.missing.borrow() {
            return SecondCopy::Missing(reason.clone());
        }
        // One that can't be waited for any more is behind until the store is opened again.
        if self.is_first_taken.get() && self.waits_for_first.get() {
            return SecondCopy::Waiting;
        }
        if let Some(reason) = &*self.behind.borrow() {
            return SecondCopy::Behind(reason.clone());
        }
        let (last, of) = (log.last_known(), log.ask(Index::events));
        match (self.held(), self.copying.get()) {
            (Some(held), None) if self.kept.get() >= last && !held.is_checked() => {
                SecondCopy::Checking
            }
            (_, None) if self.kept.get() >= last => SecondCopy::Kept,
            (Some(_), _) => SecondCopy::Copying {
                events: self.filled.get().min(of),
                of,
            },
            (None, Some((events, of))) => SecondCopy::Copying { events, of },
            (None, None) => {
                SecondCopy::Behind("the tab that keeps it hasn't said how far it goes".to_owned())
            }
        }
    }

    /// A database was opened, and compared: what was known of the journal was of the one before.
    pub(in super::super) fn begin_life(&self, log: &Log) {
        let last = log.ask(Index::last_segment);
        let held = self.held().filter(|held| !held.is_doubted());
        if let Some(held) = &held {
            held.look_again();
        }
        // It was filled while something couldn't be read that is whole now.
        let lacks =
            held.as_ref().is_some_and(|held| held.mark().lacks) && !log.ask(Index::is_faulty);
        if lacks {
            self.is_to_renew.set(true);
        }
        let filled = held.as_ref().map_or(0, |held| held.mark().tail.events);
        self.filled.set(filled);
        self.is_alone.set(false);
        self.emptied.set(log.ask(Index::since));
        let held = held.filter(|_| !lacks);
        self.kept
            .set(held.map_or(0, |held| self.sure(&held).min(last)));
        self.copying.set(None);
        self.is_late.set(false);
        self.waiting.borrow_mut().clear();
    }

    /// Begins to keep the journal at the log's end, now and whenever a tab says that there is more.
    pub(in super::super) fn follow(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let subscription = self.connection.hints.subscribe(Rc::new(move |signal| {
            if let Some(journal) = weak.upgrade() {
                hear(&journal, signal);
            }
        }));
        *self.subscription.borrow_mut() = Some(subscription);
        let weak = Rc::downgrade(self);
        self.connection.hints.when_asked(move || {
            if let Some(journal) = weak.upgrade() {
                answer(&journal);
            }
        });
        let weak = Rc::downgrade(self);
        self.connection.hints.when_renamed(move || {
            if let Some(journal) = weak.upgrade() {
                spawn(async move { learn_store(&journal).await });
            }
        });
        self.begin_to_follow();
    }

    /// After a database was opened: brings the journal to the log's end, or asks who keeps it where it
    /// stands.
    pub(in super::super) fn begin_to_follow(self: &Rc<Self>) {
        self.connection.call(Call::Copy);
        let last = self.connection.log.ask(Index::last_segment);
        if self.is_here() || !self.is_wanted() || self.kept.get() >= last {
            return;
        }
        self.connection.hints.ask();
        let weak = Rc::downgrade(self);
        let patience = Timeout::new(PATIENCE, move || {
            if let Some(journal) = weak.upgrade()
                && !journal.is_here()
                && journal.kept.get() < last
                && journal.copying.get().is_none()
            {
                journal.fail(SILENT.to_owned());
                journal.pass_over();
            }
        });
        *self.asking.borrow_mut() = Some(patience);
    }

    /// Who fills it says so again and again, and answers who asks; one that does neither, as a tab that was
    /// frozen, is passed over.
    fn expect_more(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let silent = Timeout::new(PATIENCE, move || {
            // Not within the timeout that this takes the place of.
            spawn(async move {
                let Some(journal) = weak
                    .upgrade()
                    .filter(|journal| journal.is_filled_elsewhere())
                else {
                    return;
                };
                let weak = Rc::downgrade(&journal);
                let silent = Timeout::new(PATIENCE, move || {
                    if let Some(journal) = weak.upgrade()
                        && journal.is_filled_elsewhere()
                    {
                        journal.copying.set(None);
                        journal.fail(SILENT.to_owned());
                        journal.pass_over();
                    }
                });
                *journal.asking.borrow_mut() = Some(silent);
                journal.connection.hints.ask();
            });
        });
        *self.asking.borrow_mut() = Some(silent);
    }

    fn is_filled_elsewhere(&self) -> bool {
        !self.is_here() && self.copying.get().is_some()
    }

    /// Whether it holds the log up to a segment, or there is none that could: then segments up to
    /// that one may be joined.
    pub(in super::super) fn has(&self, segment: u64) -> bool {
        (self.kept.get() >= segment && self.copying.get().is_none()) || !self.is_wanted()
    }

    pub(super) async fn wait_for_others(self: &Rc<Self>, segment: u64) {
        if self.has(segment) {
            return;
        }
        if self.behind.borrow().is_some() || self.is_late.get() {
            self.connection.call(Call::Copy);
            return;
        }
        let (kept, told) = oneshot::channel();
        self.waiting.borrow_mut().push((segment, kept));
        self.connection.call(Call::Copy);
        let weak = Rc::downgrade(self);
        let _patience = Timeout::new(PATIENCE, move || {
            match weak.upgrade() {
                // It is being filled, here or there, and takes longer than anybody should wait.
                Some(journal) if journal.is_here() || journal.copying.get().is_some() => {
                    journal.is_late.set(true);
                    journal.waiting.borrow_mut().clear();
                }
                Some(journal) => {
                    journal.fail(SILENT.to_owned());
                    journal.pass_over();
                }
                None => {}
            }
        });
        let _ = told.await;
    }

    /// The last segment that both have: not one that is put into it before the database has committed it, or the
    /// file has taken it.
    pub(super) fn sure(&self, held: &Held) -> u64 {
        let under_way = self.under_way.borrow().first().copied();
        under_way.map_or(held.seen(), |segment| held.seen().min(segment - 1))
    }

    /// Notes that it holds the log up to a segment, and tells those who wait, here and elsewhere.
    pub(super) fn holds(&self, segment: u64) {
        self.heard(segment);
        self.connection.hints.post(Signal::Copied(segment));
    }

    /// The same as far as that is sure, unless it is being brought to the log's end: what that puts into it is
    /// written when it says so.
    pub(super) fn holds_what_is_sure(&self, held: &Held) {
        if !self.is_busy.get() {
            self.holds(self.sure(held));
        }
    }

    /// What was put into it is in it; tells so where it had been said to hold more.
    pub(super) fn goes_to(&self, held: &Held) {
        self.filled.set(held.mark().tail.events);
        if self.kept.get() > held.seen() {
            self.kept.set(held.seen());
            self.tell_filled();
        }
    }

    /// Tells how much of the log it holds while it is being filled.
    pub(super) fn tell_filled(&self) {
        let of = self.connection.log.ask(Index::events);
        let events = self.filled.get().min(of);
        self.connection.hints.post(Signal::Copying { events, of });
    }

    pub(super) fn heard(&self, segment: u64) {
        self.kept.set(segment.max(self.kept.get()));
        self.copying.set(None);
        self.is_late.set(false);
        *self.passing.borrow_mut() = None;
        *self.asking.borrow_mut() = None;
        *self.behind.borrow_mut() = None;
        let kept = self.kept.get();
        self.waiting
            .borrow_mut()
            .retain(|(wanted, _)| *wanted > kept);
    }
}

fn hear(journal: &Rc<Journal>, signal: Signal) {
    let keep_up = || journal.connection.call(Call::Copy);
    match signal {
        Signal::Appended(position) => {
            let is_known = |held: Rc<Held>| position <= held.position();
            if !journal.held().is_none_or(is_known) {
                keep_up();
            }
            if !journal.is_wanted() {
                // Nobody follows the log: what a worker recorded is noted all the same.
                let journal = Rc::clone(journal);
                spawn(async move { note_followed(&journal).await });
            }
        }
        Signal::Reset | Signal::Filled => keep_up(),
        Signal::Copied(segment) => journal.heard(segment),
        // Who fills it knows.
        Signal::Copying { .. } if journal.is_here() => {}
        Signal::Copying { events, of } => {
            journal.copying.set(Some((events, of)));
            *journal.passing.borrow_mut() = None;
            *journal.behind.borrow_mut() = None;
            journal.expect_more();
        }
        Signal::Archived | Signal::SetAside | Signal::Superseded | Signal::Closed => {}
    }
}

/// Another tab takes the database for another store than this one: it may be one since, where what was in doubt was
/// judged.
async fn learn_store(journal: &Journal) {
    let connection = &journal.connection;
    let Some(database) = connection.now() else {
        return;
    };
    if let Ok(Some(store)) = store_of(&database).await
        && connection.store.get() != Some(store)
    {
        connection.store.set(Some(store));
        connection.hints.is_of(Some(store));
        connection.doubts.is_judged();
        journal.kept.set(0);
        connection.hints.ask();
    }
}

/// Another tab asks how far it goes.
fn answer(journal: &Journal) {
    if journal.is_here() {
        if journal.is_busy.get() {
            journal.tell_filled();
        }
        // At its end that is told.
        journal.connection.call(Call::Copy);
    }
}
