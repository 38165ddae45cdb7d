//! Telling others that the store changed: within this tab directly, to other tabs over a
//! `BroadcastChannel` named after the database. Every hint may be missed; readers look themselves.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use futures_channel::oneshot;
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
    /// A newer Eventloom in another tab has taken the database over: every later call answers
    /// [`StoreError::Superseded`](crate::store::StoreError::Superseded). Reload the page.
    Superseded,
    /// The browser closed the database, or it is being deleted. A later call tries to open it
    /// again, and answers
    /// [`StoreError::Unavailable`](crate::store::StoreError::Unavailable) where that fails.
    Closed,
    /// Streams were archived or brought back, here or in another tab.
    Archived,
    /// The second copy holds the log up to the segment of this number.
    Copied(u64),
}

type Callback = Rc<dyn Fn(Signal)>;

#[derive(Default)]
struct Audience {
    next_id: Cell<u64>,
    callbacks: RefCell<Vec<(u64, Callback)>>,
    waiting: RefCell<Vec<(Position, oneshot::Sender<()>)>>,
}

impl Audience {
    fn tell(&self, signal: Signal) {
        self.waiting
            .borrow_mut()
            .retain(|(_, end)| !end.is_canceled());
        let told = |after: &Position| match signal {
            Signal::Appended(position) => position > *after,
            Signal::Reset | Signal::Superseded | Signal::Closed => true,
            Signal::Archived | Signal::Copied(_) => false,
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
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.close();
    }
}

impl Hints {
    pub(super) fn new(database: &str) -> Hints {
        let audience = Rc::new(Audience::default());
        let channel = BroadcastChannel::new(database).ok().map(|inner| {
            let hearing = Rc::downgrade(&audience);
            let on_message = Closure::new(move |message: MessageEvent| {
                if let (Some(audience), Some(signal)) = (hearing.upgrade(), heard(&message.data()))
                {
                    audience.tell(signal);
                }
            });
            inner.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
            Channel {
                inner,
                _on_message: on_message,
            }
        });
        Hints { audience, channel }
    }

    /// Tells everybody: other tabs first, since this one needs no journey.
    pub(super) fn post(&self, signal: Signal) {
        self.send(signal);
        self.tell(signal);
    }

    /// Tells the other tabs.
    pub(super) fn send(&self, signal: Signal) {
        if let Some(channel) = &self.channel
            && let Some(message) = message(signal)
        {
            // A hint that can't be sent is a hint missed.
            let _ = channel.inner.post_message(&message.into());
        }
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

/// What one tab says to the others: a word, and a number where it has one. The position of the last
/// event that was appended, or the segment up to which the second copy goes.
fn message(signal: Signal) -> Option<String> {
    Some(match signal {
        Signal::Appended(position) => format!("appended {position}"),
        Signal::Reset => "reset".to_owned(),
        Signal::Archived => "archived".to_owned(),
        Signal::Copied(segment) => format!("copied {segment}"),
        // These happen to a connection, and each hears of its own.
        Signal::Superseded | Signal::Closed => return None,
    })
}

fn heard(message: &JsValue) -> Option<Signal> {
    // What isn't one of ours is nobody's business here.
    let message = message.as_string()?;
    let (word, number) = message.split_once(' ').unwrap_or((&message, ""));
    match word {
        "appended" => Some(Signal::Appended(Position(number.parse().ok()?))),
        "reset" => Some(Signal::Reset),
        "archived" => Some(Signal::Archived),
        "copied" => Some(Signal::Copied(number.parse().ok()?)),
        _ => None,
    }
}
