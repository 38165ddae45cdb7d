//! Who keeps the journal: the tab that has its file, those that wait for it, and giving it up.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::{Rc, Weak};
use std::task::Poll;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;
use uuid::Uuid;

use super::super::calls::Call;
use super::file::Held;
use super::tab::Journal;
use crate::browser::opfs::Taken;
use crate::target::spawn;

/// So long, in milliseconds, a tab that doesn't answer is waited for before it is passed over.
const PASSING: u32 = 2_000;

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
        match Held::open(&self.connection.name, taken).await {
            // Closed meanwhile.
            _ if !self.is_wanted() => {}
            Ok(held) => *self.held.borrow_mut() = held.map(Rc::new),
            Err(reason) => *self.missing.borrow_mut() = Some(reason),
        }
    }

    /// Waits in the queue of those who would keep it, if this tab doesn't.
    pub(super) fn queue_up(self: &Rc<Self>) {
        if self.is_here() || !self.is_wanted() || self.queue.borrow().is_some() {
            return;
        }
        let (end, ended) = oneshot::channel();
        *self.queue.borrow_mut() = Some(end);
        let (journal, name) = (Rc::downgrade(self), self.connection.name.clone());
        spawn(take_over(journal, name, ended));
    }

    /// Whether this is the file that this tab keeps now.
    pub(super) fn keeps(&self, held: &Rc<Held>) -> bool {
        self.held
            .borrow()
            .as_ref()
            .is_some_and(|ours| Rc::ptr_eq(ours, held))
    }

    /// The same of a file that may be another by now: its failure was told then.
    pub(super) fn fail_of(self: &Rc<Self>, held: &Rc<Held>, reason: String) {
        if self.keeps(held) {
            self.fail(reason);
            self.queue_up();
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

    /// Goes on in a file of the next epoch, which is filled from the log, for this store. What it held stays in the
    /// file that it was in until that is done; one that holds no events, and never did, is begun anew where it is.
    pub(super) async fn renew(&self, held: &Rc<Held>, store: Uuid) -> Result<(), String> {
        let before = held.mark();
        if held.claims().events == 0 {
            return held.begin(store).await;
        }
        let next = Held::open(&self.connection.name, Taken::Steals).await?;
        let next = next.ok_or("its place was taken meanwhile")?;
        next.begin(store).await?;
        if before.database > 0 {
            next.is_in(before.database).await?;
        }
        self.is_alone.set(false);
        if self.keeps(held) {
            *self.held.borrow_mut() = Some(Rc::new(next));
        }
        Ok(())
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
    pub(super) fn pass_over(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let passing = Timeout::new(PASSING, move || {
            if let Some(journal) = weak.upgrade() {
                spawn(async move { steal(&journal).await });
            }
        });
        *self.passing.borrow_mut() = Some(passing);
    }
}

/// Waits until no other tab keeps the journal, and keeps it from then on; not where that is `ended`
/// before, or whoever could end it is gone.
async fn take_over(journal: Weak<Journal>, name: String, mut ended: oneshot::Receiver<()>) {
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
    let (Some(held), Some(journal)) = (held, journal.upgrade()) else {
        return;
    };
    *journal.queue.borrow_mut() = None;
    match held {
        Ok(Some(held)) => {
            held.doubt();
            *journal.held.borrow_mut() = Some(Rc::new(held));
            journal.connection.call(Call::Copy);
        }
        Ok(None) => {}
        // Another tab may keep it all the same. It is tried again with what is recorded next.
        Err(reason) => journal.fail(reason),
    }
}

async fn steal(journal: &Rc<Journal>) {
    let Some(store) = journal.connection.store.get() else {
        return;
    };
    if journal.is_here() || !journal.is_wanted() {
        return;
    }
    let stolen = match Held::open(&journal.connection.name, Taken::Steals).await {
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
            journal.connection.call(Call::Copy);
        }
        Err(reason) => journal.fail(reason),
    }
}
