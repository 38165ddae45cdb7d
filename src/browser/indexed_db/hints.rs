//! Telling others that the store changed: within this tab directly, to other tabs over a
//! `BroadcastChannel` named after the database. Every hint may be missed; readers look themselves.
//!
//! A message to others costs as much as a tenth of an append, so who is alone sends none of those
//! that come with each. Who comes says so before it reads the log, and is then told what wasn't.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use futures_channel::oneshot;
use uuid::Uuid;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::core::Position;

/// What a store tells those who subscribed to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Events were appended or imported, here or in another tab; the last has this position.
    Appended(Position),
    /// The store was emptied, here or in another tab.
    Reset,
    /// An import brought the events of holes, which stand in their places now, here or in another tab; or events
    /// were lost, which was found out when the database was opened: another history begins.
    Filled,
    /// A newer Eventloom in another tab has taken the database over: every later call answers
    /// [`InUse::Superseded`](super::InUse::Superseded). Reload the page.
    Superseded,
    /// The browser closed the database, or it is being deleted. A later call tries to open it
    /// again, and answers
    /// [`StoreError::Unavailable`](crate::store::StoreError::Unavailable) where that fails.
    Closed,
    /// Streams were archived or brought back, here or in another tab.
    Archived,
    /// What was set aside was brought back or deleted, here or in another tab.
    SetAside,
    /// The second copy holds the log up to the segment of this number.
    Copied(u64),
    /// The second copy is being filled: it holds so many events, of so many.
    Copying {
        /// So many it holds.
        events: u64,
        /// Of so many.
        of: u64,
    },
}

type Callback = Rc<dyn Fn(Signal)>;

#[derive(Default)]
struct Audience {
    next_id: Cell<u64>,
    callbacks: RefCell<Vec<(u64, Callback)>>,
    waiting: RefCell<Vec<(Position, oneshot::Sender<()>)>>,
    /// Called when another tab asks how far the second copy goes.
    asked: RefCell<Option<Rc<dyn Fn()>>>,
    /// Called when another tab speaks of the second copy of another store.
    renamed: RefCell<Option<Rc<dyn Fn()>>>,
}

impl Audience {
    fn tell(&self, signal: Signal) {
        self.waiting
            .borrow_mut()
            .retain(|(_, end)| !end.is_canceled());
        let told = |after: &Position| match signal {
            Signal::Appended(position) => position > *after,
            Signal::Reset | Signal::Filled | Signal::Superseded | Signal::Closed => true,
            Signal::Archived | Signal::SetAside | Signal::Copied(_) | Signal::Copying { .. } => {
                false
            }
        };
        let ended: Vec<_> = {
            let mut waiting = self.waiting.borrow_mut();
            let (ended, still) = waiting.drain(..).partition(|(after, _)| told(after));
            *waiting = still;
            ended
        };
        for (_, end) in ended {
            let _ = end.send(());
        }
        // A callback may subscribe and unsubscribe others, so nothing stays borrowed meanwhile.
        let ids: Vec<u64> = self.callbacks.borrow().iter().map(|(id, _)| *id).collect();
        for id in ids {
            let callback = self
                .callbacks
                .borrow()
                .iter()
                .find_map(|(held, callback)| (*held == id).then(|| Rc::clone(callback)));
            if let Some(callback) = callback {
                callback(signal);
            }
        }
    }
}

/// Keeps a callback subscribed; it ends when this is dropped.
#[must_use = "the subscription ends when this is dropped"]
pub struct Subscription {
    audience: Weak<Audience>,
    id: u64,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("id", &self.id)
            .finish()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(audience) = self.audience.upgrade() {
            let gone = {
                let mut callbacks = audience.callbacks.borrow_mut();
                let at = callbacks.iter().position(|(id, _)| *id == self.id);
                at.map(|at| callbacks.remove(at))
            };
            // Outside the borrow: what a callback holds may be another subscription.
            drop(gone);
        }
    }
}

/// One store handle's end of the hints.
pub(super) struct Hints {
    audience: Rc<Audience>,
    /// Missing where the browser has none; then only this handle hears of its own changes.
    channel: Option<Channel>,
}

struct Channel {
    inner: BroadcastChannel,
    others: Rc<Others>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.close();
    }
}

impl Channel {
    fn new(inner: BroadcastChannel, audience: Weak<Audience>) -> Channel {
        let others = Rc::new(Others::default());
        let (coming, answering) = (Rc::clone(&others), inner.clone());
        let on_message = Closure::new(move |message: MessageEvent| {
            for untold in coming.hear() {
                say(&answering, untold, coming.store.get());
            }
            let Some(audience) = audience.upgrade() else {
                return;
            };
            match heard(&message.data(), coming.store.get()) {
                Some(Heard::Signal(signal)) => audience.tell(signal),
                Some(Heard::Asked) => call(&audience.asked),
                Some(Heard::OfAnother) => call(&audience.renamed),
                None => {}
            }
        });
        inner.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Channel {
            inner,
            others,
            _on_message: on_message,
        }
    }
}

fn call(callback: &RefCell<Option<Rc<dyn Fn()>>>) {
    let callback = callback.borrow().clone();
    if let Some(callback) = callback {
        callback();
    }
}

/// What is known of who else listens.
#[derive(Default)]
struct Others {
    /// Whether nobody does, as far as is known: somebody, until that was asked.
    are_none: Cell<bool>,
    /// How many messages were heard.
    heard: Cell<u64>,
    /// What wasn't said since nobody was there, the last of each kind.
    appended: Cell<Option<Signal>>,
    copied: Cell<Option<Signal>>,
    /// Which store the database holds: what is said of the second copy of another is nothing to it.
    store: Cell<Option<Uuid>>,
}

impl Others {
    /// Somebody is there; answers with what they weren't told.
    fn hear(&self) -> impl Iterator<Item = Signal> + use<> {
        self.heard.set(self.heard.get() + 1);
        self.are_none.set(false);
        let untold = [self.appended.take(), self.copied.take()];
        untold.into_iter().flatten()
    }

    /// Whether a signal needn't be sent, since nobody is there; then it is kept for who comes.
    fn withholds(&self, signal: Signal) -> bool {
        let kept = match signal {
            Signal::Appended(_) => &self.appended,
            Signal::Copied(_) => &self.copied,
            // Who comes asks.
            Signal::Copying { .. } => return self.are_none.get(),
            _ => return false,
        };
        let withheld = self.are_none.get();
        if withheld {
            kept.set(Some(signal));
        }
        withheld
    }
}

fn say(channel: &BroadcastChannel, signal: Signal, store: Option<Uuid>) {
    if let Some(message) = message(signal, store) {
        // A hint that can't be sent is a hint missed.
        let _ = channel.post_message(&message.into());
    }
}

impl Hints {
    pub(super) fn new(database: &str) -> Hints {
        let audience = Rc::new(Audience::default());
        let channel = BroadcastChannel::new(database).ok();
        let channel = channel.map(|inner| Channel::new(inner, Rc::downgrade(&audience)));
        Hints { audience, channel }
    }

    /// Says that this one is there, to be told what comes: before it reads the log, so that it
    /// misses nothing.
    pub(super) fn announce(&self) {
        if let Some(Channel { inner, others, .. }) = &self.channel {
            others.are_none.set(false);
            let _ = inner.post_message(&HERE.into());
        }
    }

    /// How many messages were heard of others.
    pub(super) fn heard(&self) -> u64 {
        let others = self.channel.as_ref().map(|channel| &channel.others);
        others.map_or(0, |others| others.heard.get())
    }

    /// Nobody else has the database open, as was found when so many messages had been heard.
    pub(super) fn found_alone(&self, heard: u64) {
        if let Some(Channel { others, .. }) = &self.channel
            && others.heard.get() == heard
        {
            others.are_none.set(true);
        }
    }

    /// Tells everybody: other tabs first, since this one needs no journey.
    pub(super) fn post(&self, signal: Signal) {
        self.send(signal);
        self.tell(signal);
    }

    /// Tells the other tabs.
    pub(super) fn send(&self, signal: Signal) {
        if let Some(Channel { inner, others, .. }) = &self.channel
            && !others.withholds(signal)
        {
            say(inner, signal, others.store.get());
        }
    }

    /// Which store the database holds from now on; none while that isn't known.
    pub(super) fn is_of(&self, store: Option<Uuid>) {
        if let Some(Channel { others, .. }) = &self.channel {
            others.store.set(store);
            others.copied.set(None);
        }
    }

    /// Asks the tab that keeps the second copy how far that goes.
    pub(super) fn ask(&self) {
        if let Some(Channel { inner, .. }) = &self.channel {
            let _ = inner.post_message(&ASKED.into());
        }
    }

    /// What to do when another tab asks that.
    pub(super) fn when_asked(&self, answer: impl Fn() + 'static) {
        *self.audience.asked.borrow_mut() = Some(Rc::new(answer));
    }

    /// What to do when another tab takes the database for another store.
    pub(super) fn when_renamed(&self, learn: impl Fn() + 'static) {
        *self.audience.renamed.borrow_mut() = Some(Rc::new(learn));
    }

    /// Tells this handle's own audience.
    pub(super) fn tell(&self, signal: Signal) {
        self.audience.tell(signal);
    }

    pub(super) fn subscribe(&self, callback: Callback) -> Subscription {
        let id = self.audience.next_id.get();
        self.audience.next_id.set(id + 1);
        self.audience.callbacks.borrow_mut().push((id, callback));
        Subscription {
            audience: Rc::downgrade(&self.audience),
            id,
        }
    }

    /// Ends with the next hint that something after `after` may exist.
    pub(super) fn after(&self, after: Position) -> oneshot::Receiver<()> {
        let (end, ended) = oneshot::channel();
        let mut waiting = self.audience.waiting.borrow_mut();
        waiting.retain(|(_, end)| !end.is_canceled());
        waiting.push((after, end));
        ended
    }
}

/// What a tab says that comes.
const HERE: &str = "here";

/// What a tab says that would know how far the second copy goes.
const ASKED: &str = "copied?";

/// What one tab says to the others: a word, and numbers where it has some. The position of the last
/// event that was appended; the segment up to which the second copy goes, and of which store.
fn message(signal: Signal, store: Option<Uuid>) -> Option<String> {
    Some(match signal {
        Signal::Appended(position) => format!("appended {position}"),
        Signal::Reset => "reset".to_owned(),
        Signal::Filled => "filled".to_owned(),
        Signal::Archived => "archived".to_owned(),
        Signal::SetAside => "set-aside".to_owned(),
        Signal::Copied(segment) => format!("copied {segment} {}", store?),
        Signal::Copying { events, of } => format!("copying {events} {of} {}", store?),
        // These happen to a connection, and each hears of its own.
        Signal::Superseded | Signal::Closed => return None,
    })
}

/// What a tab hears of another.
enum Heard {
    Signal(Signal),
    Asked,
    /// Something of the second copy of another store.
    OfAnother,
}

fn heard(message: &JsValue, store: Option<Uuid>) -> Option<Heard> {
    // What isn't one of ours is nobody's business here.
    let message = message.as_string()?;
    let mut words = message.split(' ');
    let word = words.next()?;
    let mut number = || words.next()?.parse::<u64>().ok();
    let signal = match word {
        "appended" => Signal::Appended(Position(number()?)),
        "reset" => Signal::Reset,
        "filled" => Signal::Filled,
        "archived" => Signal::Archived,
        "set-aside" => Signal::SetAside,
        "copied" => Signal::Copied(number()?),
        "copying" => Signal::Copying {
            events: number()?,
            of: number()?,
        },
        ASKED => return Some(Heard::Asked),
        _ => return None,
    };
    let is_of_a_copy = matches!(signal, Signal::Copied(_) | Signal::Copying { .. });
    if is_of_a_copy && words.next() != Some(&store?.to_string()) {
        return Some(Heard::OfAnother);
    }
    Some(Heard::Signal(signal))
}
