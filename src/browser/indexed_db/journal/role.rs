//! Who keeps the journal: the tab that has its file, those that wait for it, and giving it up.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::{Rc, Weak};
use std::task::Poll;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;

use super::super::connection::Connection;
use super::super::upkeep;
use super::file::Held;
use super::first;
use super::{Journal, PASSING, keep_up};
use crate::browser::opfs::Taken;
use crate::target::spawn;

impl Journal {
    /// Takes the journal as this tab's, unless another has it and this one won't wait.
    pub(in super::super) async fn take(&self, wait: bool) {
        if !self.is_wanted() || self.is_here() {
            return;
        }
        let taken = match wait {
            true => Taken::Waits,
            false => Taken::Leaves,
        };
        match Held::open(&self.name, taken).await {
            // Closed meanwhile.
            _ if !self.is_wanted() => {}
            Ok(held) => *self.held.borrow_mut() = held.map(Rc::new),
            Err(reason) => *self.missing.borrow_mut() = Some(reason),
        }
    }

    /// Waits in the queue of those who would keep it, if this tab doesn't.
    pub(super) fn queue_up(connection: &Rc<Connection>) {
        let Some(journal) = &connection.journal else {
            return;
        };
        if journal.is_here() || !journal.is_wanted() || journal.queue.borrow().is_some() {
            return;
        }
        let (end, ended) = oneshot::channel();
        *journal.queue.borrow_mut() = Some(end);
        let (connection, name) = (Rc::downgrade(connection), journal.name.clone());
        spawn(take_over(connection, name, ended));
    }

    /// Whether this is the file that this tab keeps now.
    pub(super) fn keeps(&self, held: &Rc<Held>) -> bool {
        self.held
            .borrow()
            .as_ref()
            .is_some_and(|ours| Rc::ptr_eq(ours, held))
    }

    /// The same of a file that may be another by now: its failure was told then.
    pub(super) fn fail_of(&self, connection: &Rc<Connection>, held: &Rc<Held>, reason: String) {
        if self.keeps(held) {
            self.fail(reason);
            Journal::queue_up(connection);
        }
    }

    /// It can't go on now: nobody waits for it. A file whose worker is gone is another's to keep, or
    /// this tab's anew once it is its turn.
    pub(super) fn fail(&self, reason: String) {
        if let Some(held) = self.held() {
            held.doubt();
            if held.is_gone() {
                *self.held.borrow_mut() = None;
            }
        }
        *self.behind.borrow_mut() = Some(reason);
        self.waiting.borrow_mut().clear();
    }

    /// Whether this tab keeps it.
    pub(in super::super) fn is_here(&self) -> bool {
        self.held.borrow().is_some()
    }

    /// Lets it go, so that another tab can keep it.
    pub(in super::super) fn end(&self, reason: String) {
        *self.subscription.borrow_mut() = None;
        self.note_now();
        self.end_cleanly();
        self.give_up(reason);
    }

    /// Notes in it that it is as it was written, if this tab keeps it.
    pub(in super::super) fn end_cleanly(&self) {
        if let Some(held) = self.held() {
            held.end();
        }
    }

    /// There is none from now on, because of this.
    pub(in super::super) fn give_up(&self, reason: String) {
        *self.held.borrow_mut() = None;
        *self.first.borrow_mut() = None;
        *self.queue.borrow_mut() = None;
        *self.missing.borrow_mut() = Some(reason);
        self.waiting.borrow_mut().clear();
    }
}

impl Journal {
    /// Passes over the tab that keeps the journal and doesn't answer, unless it does so in a moment: takes
    /// its lock away, and goes on in a file of the next epoch, which is filled from the log.
    pub(super) fn pass_over(connection: &Rc<Connection>) {
        let Some(journal) = &connection.journal else {
            return;
        };
        let weak = Rc::downgrade(connection);
        let passing = Timeout::new(PASSING, move || {
            if let Some(connection) = weak.upgrade() {
                spawn(async move { steal(&connection).await });
            }
        });
        *journal.passing.borrow_mut() = Some(passing);
    }

    /// Where a tab of a release before has its journal, waits until it hasn't: then this one is made.
    pub(super) fn wait_for_first(connection: &Rc<Connection>) {
        let Some(journal) = &connection.journal else {
            return;
        };
        if !journal.is_first_taken.get() || journal.waits_for_first.replace(true) {
            return;
        }
        let (name, load) = (journal.name.clone(), connection.upkeep);
        let connection = Rc::downgrade(connection);
        spawn(async move {
            let asked = upkeep::ask_first(load, &name, true).await;
            let Some(connection) = connection.upgrade() else {
                return;
            };
            let Some(journal) = &connection.journal else {
                return;
            };
            journal.waits_for_first.set(false);
            match asked {
                Ok(first::Asked::There(first)) if journal.is_here() => {
                    *journal.first.borrow_mut() = Some(Rc::new(first));
                }
                Ok(_) => {}
                // It is tried again when the store is opened.
                Err(reason) => return journal.fail(reason),
            }
            journal.is_first_taken.set(false);
            journal.is_alone.set(false);
            if let Some(held) = journal.held() {
                // It was begun for no store yet.
                held.doubt();
            }
            keep_up(&connection);
        });
    }
}

/// Waits until no other tab keeps the journal, and keeps it from then on; not where that is `ended`
/// before, or whoever could end it is gone.
async fn take_over(connection: Weak<Connection>, name: String, mut ended: oneshot::Receiver<()>) {
    let held = {
        let mut open = pin!(Held::open(&name, Taken::Waits));
        let open = poll_fn(|context| {
            if Pin::new(&mut ended).poll(context).is_ready() {
                return Poll::Ready(None);
            }
            open.as_mut().poll(context).map(Some)
        });
        open.await
    };
    let (Some(held), Some(connection)) = (held, connection.upgrade()) else {
        return;
    };
    let Some(journal) = &connection.journal else {
        return;
    };
    *journal.queue.borrow_mut() = None;
    match held {
        Ok(Some(held)) => {
            held.doubt();
            *journal.held.borrow_mut() = Some(Rc::new(held));
            keep_up(&connection);
        }
        Ok(None) => {}
        // Another tab may keep it all the same. It is tried again with what is recorded next.
        Err(reason) => journal.fail(reason),
    }
}

async fn steal(connection: &Rc<Connection>) {
    let Some(journal) = &connection.journal else {
        return;
    };
    let Some(store) = connection.store.get() else {
        return;
    };
    if journal.is_here() || !journal.is_wanted() {
        return;
    }
    let stolen = match Held::open(&journal.name, Taken::Steals).await {
        Ok(Some(held)) => held.begin(store).await.map(|()| Some(held)),
        Ok(None) => Ok(None),
        Err(reason) => Err(reason),
    };
    match stolen {
        // Closed meanwhile, or it was this tab's turn.
        _ if !journal.is_wanted() || journal.is_here() => {}
        Ok(held) => {
            *journal.queue.borrow_mut() = None;
            journal.kept.set(0);
            journal.is_alone.set(false);
            *journal.held.borrow_mut() = held.map(Rc::new);
            keep_up(connection);
        }
        Err(reason) => journal.fail(reason),
    }
}
