//! How long an opening waits without a word: a request may stand behind another's that is blocked, and
//! then no event says so.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use futures_channel::oneshot;
use gloo::timers::callback::{Interval, Timeout};

use super::in_use::InUse;

/// So long, in milliseconds, the database may keep one waiting before that is told.
pub(super) const DATABASE: u32 = 2_000;

/// So long it may keep one waiting who then goes without: on a slow disk it may be on its way.
pub(super) const SLOW: u32 = 5_000;

/// So long, in milliseconds, an opening waits for another tab's: that one is at work, and it may bring
/// back what was lost.
pub(super) const OPENING: u32 = 5_000;

/// So many parts a wait is reckoned in: a page that was busy, or asleep, for all of it has had no time
/// to hear the answer, so one long moment counts as one part.
const PARTS: u32 = 4;

/// What to do when another tab keeps one waiting.
#[derive(Clone)]
pub(super) enum WhenBlocked {
    /// Answer [`InUse::Blocked`].
    GiveUp,
    /// The same, after so many milliseconds.
    GiveUpAfter(u32),
    /// Tell, once, and go on waiting.
    Tell(Rc<Teller>),
}

/// What is called once, when a wait begins that a person should hear of.
pub(super) struct Teller(Cell<Option<Box<dyn FnOnce()>>>);

impl WhenBlocked {
    pub(super) fn tell(tell: impl FnOnce() + 'static) -> WhenBlocked {
        let teller = Teller(Cell::new(Some(Box::new(tell))));
        WhenBlocked::Tell(Rc::new(teller))
    }
}

/// A wait that is told when it lasts too long, unless this is dropped before.
pub(super) struct Patience {
    over: Cell<Option<Box<dyn FnOnce()>>>,
    _timer: Interval,
    grace: RefCell<Option<Timeout>>,
    /// Whether somebody is known to stand in the way.
    blocked: Cell<bool>,
}

impl Patience {
    /// A connection that closed when it was asked to counts as open until its last transaction is
    /// over: so long, in milliseconds, one waits before it is said that something is blocked.
    const GRACE: u32 = 500;

    /// Begins to wait, so many milliseconds at most. The answer comes where one is to give up.
    pub(super) fn begin(
        when_blocked: WhenBlocked,
        millis: u32,
    ) -> (Rc<Patience>, oneshot::Receiver<()>) {
        let (give_up, blocked) = oneshot::channel();
        let over: Box<dyn FnOnce()> = Box::new(move || match when_blocked {
            WhenBlocked::GiveUp | WhenBlocked::GiveUpAfter(_) => {
                let _ = give_up.send(());
            }
            WhenBlocked::Tell(teller) => {
                if let Some(tell) = teller.0.take() {
                    tell();
                }
            }
        });
        let patience = Rc::new_cyclic(|patience: &Weak<Patience>| {
            let (patience, parts) = (patience.clone(), Cell::new(0));
            let timer = Interval::new(millis / PARTS, move || {
                parts.set(parts.get() + 1);
                if parts.get() >= PARTS
                    && let Some(patience) = patience.upgrade()
                {
                    patience.end();
                }
            });
            Patience {
                over: Cell::new(Some(over)),
                _timer: timer,
                grace: RefCell::new(None),
                blocked: Cell::new(false),
            }
        });
        (patience, blocked)
    }

    /// Somebody is asked to close and hasn't yet.
    pub(super) fn is_blocked(waiting: &Weak<Patience>) {
        if let Some(patience) = waiting.upgrade() {
            patience.blocked.set(true);
            let waiting = waiting.clone();
            *patience.grace.borrow_mut() = Some(Timeout::new(Patience::GRACE, move || {
                if let Some(patience) = waiting.upgrade() {
                    patience.end();
                }
            }));
        }
    }

    /// What was waited for has begun: it takes as long as it takes.
    pub(super) fn is_served(waiting: &Weak<Patience>) {
        if let Some(patience) = waiting.upgrade() {
            patience.over.set(None);
        }
    }

    /// Why nothing came of the wait.
    pub(super) fn why(&self) -> InUse {
        match self.blocked.get() {
            true => InUse::Blocked,
            false => InUse::Unanswered,
        }
    }

    fn end(&self) {
        // The timers stay until this is dropped: it may be one of them that calls.
        if let Some(over) = self.over.take() {
            over();
        }
    }
}

/// Waits so many milliseconds, between two tries of what nothing tells the end of.
pub(super) async fn pause(millis: u32) {
    let (end, ended) = oneshot::channel();
    let _timer = Timeout::new(millis, move || {
        let _ = end.send(());
    });
    let _ = ended.await;
}
