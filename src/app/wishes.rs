//! What the page does while the database of its store doesn't open: it asks again for a minute, and shows that; then a
//! person chooses. What they wish is heard at any time.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;
use yew::Callback;

use super::action::{Action, Wish};
use super::effect::DATABASE;
use super::opening::open_once;
use super::trying::Trying;
use crate::browser::clock::BrowserClock;
use crate::browser::indexed_db::{IndexedDbStore, LoadCode};
use crate::core::Clock;
use crate::store::StoreError;
use crate::target::spawn;

/// So long, in milliseconds, it is asked again by itself.
const MINUTE: i64 = 60_000;

/// So long, in milliseconds, it may take then: one that is slow opens all the same, where it was given up before.
const SLOWLY: u32 = 30_000;

/// So long, in milliseconds, between two times.
const PAUSE: u32 = 2_000;

/// Where a person's wishes are heard.
#[derive(Clone, Default)]
pub struct Wishes(Rc<RefCell<Option<oneshot::Sender<Wish>>>>);

impl Wishes {
    /// Tells one. Where nobody asks for it, nothing is waited for.
    pub fn tell(&self, wish: Wish) {
        if let Some(asking) = self.0.take() {
            let _ = asking.send(wish);
        }
    }

    /// The next one; the wish to try now, where none comes in so many milliseconds.
    async fn next(&self, millis: Option<u32>) -> Wish {
        let (tell, told) = oneshot::channel();
        *self.0.borrow_mut() = Some(tell);
        let wishes = self.clone();
        let _timer = millis.map(|millis| Timeout::new(millis, move || wishes.tell(Wish::TryNow)));
        told.await.unwrap_or(Wish::TryNow)
    }
}

/// Opens a store that didn't open, as soon as it does or a person chooses another way.
///
/// # Errors
/// Why it doesn't open, where a person wishes to work in memory or it is of no use to ask again.
pub async fn open_later(
    mut error: StoreError,
    wishes: Wishes,
    code: LoadCode,
    act: Callback<Action>,
) -> Result<IndexedDbStore, StoreError> {
    let since = BrowserClock.now();
    let mut has_gone_on = false;
    let mut wished = None;
    loop {
        let is_over = BrowserClock.now().millis() - since.millis() >= MINUTE;
        let offer = match is_over {
            true => Some(IndexedDbStore::unopened(DATABASE).await),
            false => None,
        };
        act.emit(Action::Trying(Some(Rc::new(Trying {
            reason: error.to_string().trim_end_matches('.').to_owned(),
            has_gone_on,
            since,
            offer,
        }))));
        let wish = match wished.take() {
            Some(wish) => wish,
            None => wishes.next((!is_over).then_some(PAUSE)).await,
        };
        if wish == Wish::GoOn {
            if let Err(refused) = IndexedDbStore::leave_unopened(DATABASE).await {
                error = refused;
                continue;
            }
            has_gone_on = true;
        }
        let opened = match wish {
            Wish::InMemory => Err(error.clone()),
            Wish::TryNow | Wish::GoOn => match ask(&wishes, code, &act).await {
                Ok(Err(again)) if IndexedDbStore::may_open_later(&again) => {
                    error = again;
                    continue;
                }
                Ok(opened) => opened,
                Err(wish) => {
                    wished = Some(wish);
                    continue;
                }
            },
        };
        act.emit(Action::Trying(None));
        return opened;
    }
}

/// Asks for the store once.
///
/// # Errors
/// What a person wishes instead, before there is an answer. A store that comes late is closed.
async fn ask(
    wishes: &Wishes,
    code: LoadCode,
    act: &Callback<Action>,
) -> Result<Result<IndexedDbStore, StoreError>, Wish> {
    let (send, mut opened) = oneshot::channel();
    let act = act.clone();
    spawn(async move {
        if let Err(Ok(late)) = send.send(open_once(SLOWLY, code, &act).await) {
            late.close();
        }
    });
    loop {
        let mut wish = pin!(wishes.next(None));
        let first = poll_fn(|context| {
            if let Poll::Ready(opened) = Pin::new(&mut opened).poll(context) {
                return Poll::Ready(Ok(opened));
            }
            wish.as_mut().poll(context).map(Err)
        });
        match first.await {
            // The task always answers; it can only be gone with the whole page.
            Ok(opened) => return opened.map_err(|_| Wish::TryNow),
            // It is.
            Err(Wish::TryNow) => {}
            Err(other) => return Err(other),
        }
    }
}
