//! Opening the store when the page begins, and listening to it from then on.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use yew::Callback;

use super::action::{Action, NotImported};
use super::backend::Backend;
use super::effect::DATABASE;
use super::loading::Loaders;
use super::page_version::PageVersion;
use super::room;
use super::state::Storage;
use super::wishes::Wishes;
use crate::browser::indexed_db::{InUse, IndexedDbStore, LoadCode, Signal, Subscription};
use crate::browser::offline::{self, Told};
use crate::store::StoreError;
use crate::target::spawn;

/// In so many milliseconds it is shown how far the second copy has come.
const MEASURED: u32 = 300;

/// After so many milliseconds it is told that the store isn't open yet.
const TOLD: u32 = 2_000;

/// So many milliseconds the database may take before it is said that it doesn't open.
const SOON: u32 = 5_000;

/// The store, or what waits for it.
pub enum Opening {
    /// What is to be done once it is open.
    Waiting(Vec<Box<dyn FnOnce(Backend)>>),
    /// It is.
    Open(Backend),
}

impl Opening {
    /// It is open; what waited begins.
    fn done(opening: &RefCell<Opening>, backend: Backend) {
        let before = opening.replace(Opening::Open(backend.clone()));
        if let Opening::Waiting(tasks) = before {
            tasks.into_iter().for_each(|task| task(backend.clone()));
        }
    }
}

/// Opens the store, or one in memory where it can't be had.
pub async fn open(
    act: Callback<Action>,
    slot: Rc<RefCell<Opening>>,
    wishes: Wishes,
    loaders: Loaders,
) {
    let mut story = Ok(());
    let mut recovery = None;
    let slow = act.clone();
    let slow = Timeout::new(TOLD, move || slow.emit(Action::Slow));
    let mut opened = open_once(SOON, loaders.code, &act).await;
    drop(slow);
    if let Err(error) = &opened
        && IndexedDbStore::may_open_later(error)
        && let Ok(jobs) = (loaders.jobs)().await
    {
        opened = (jobs.open_later)(error.clone(), wishes, loaders.code, act.clone()).await;
    }
    let storage = match opened {
        Ok(store) => {
            recovery = store.recovery();
            keep_listening(listen(&store, act.clone()));
            // Where this can't be read the page says so itself, as soon as it lists the streams.
            let untouched = store.is_untouched().await.unwrap_or(false);
            let backend = Backend::Browser(store);
            // Another tab that opens for the first time too may be quicker; its story is the same.
            if untouched && recovery.is_none() {
                story = begin(&backend, loaders).await;
            }
            Opening::done(&slot, backend);
            Storage::Kept
        }
        Err(reason) => {
            let backend = match (loaders.memory)().await {
                Ok(memory) => memory.backend(),
                // Nothing can be kept or shown, until the page is loaded again.
                Err(unfetched) => {
                    return act.emit(Action::StoreLost(format!("{reason}; {unfetched}")));
                }
            };
            story = begin(&backend, loaders).await;
            Opening::done(&slot, backend);
            Storage::InMemory(reason)
        }
    };
    let is_newer = matches!(&storage, Storage::InMemory(StoreError::Newer { .. }));
    act.emit(Action::Opened(storage));
    keep(&act);
    if is_newer {
        act.emit(Action::StoreIsNewer);
    }
    if let Some(recovery) = recovery {
        act.emit(Action::Recovered(recovery));
    }
    if let Err(reason) = story {
        let reason = format!("the story of the first visit: {reason}");
        act.emit(Action::Imported(Err(NotImported::Refused(reason))));
    }
}

/// Has the browser keep the page for when there is no network: after all else, since nothing waits for it.
fn keep(act: &Callback<Action>) {
    if cfg!(debug_assertions) {
        let reason = "it was built for development".to_owned();
        return act.emit(Action::Version(PageVersion::NotKept(reason)));
    }
    let act = act.clone();
    offline::keep(move |told| {
        act.emit(Action::Version(match told {
            Told::Kept => PageVersion::Kept,
            Told::Superseded => PageVersion::Superseded,
            Told::NotKept(reason) => PageVersion::NotKept(reason),
        }));
    });
}

/// Puts the story into an empty store.
pub async fn begin(store: &Backend, loaders: Loaders) -> Result<(), String> {
    let story = (loaders.story)().await?;
    story.begin(store.clone()).await
}

/// Asks for the store once, so many milliseconds long, and shows how far it has come where it is moved to today's layout.
///
/// # Errors
/// As [`IndexedDbStore::open_in_parts`].
pub async fn open_once(
    millis: u32,
    code: LoadCode,
    act: &Callback<Action>,
) -> Result<IndexedDbStore, StoreError> {
    let moving = act.reform(Action::Moving);
    IndexedDbStore::open_in_parts(DATABASE, millis, code, move |percent| moving.emit(percent)).await
}

fn listen(store: &IndexedDbStore, act: Callback<Action>) -> Subscription {
    let opened = store.clone();
    let told = Cell::new(store.recovery());
    let measuring = Rc::new(Cell::new(false));
    store.subscribe(Rc::new(move |signal| match signal {
        Signal::Appended(_) | Signal::Archived | Signal::Filled => act.emit(Action::StoreChanged),
        Signal::Reset => act.emit(Action::StoreEmptied),
        // What was missing after the browser had closed the store is told when it is whole again.
        Signal::Copying { .. } | Signal::SetAside => measure_soon(&opened, &act, &measuring),
        Signal::Copied(_) => {
            measure_soon(&opened, &act, &measuring);
            let recovery = opened.recovery();
            if let Some(recovery) = recovery.filter(|_| told.replace(recovery) != recovery) {
                act.emit(Action::Recovered(recovery));
            }
        }
        Signal::Superseded => {
            act.emit(Action::StoreLost(InUse::Superseded.to_string()));
            act.emit(Action::StoreIsNewer);
        }
        Signal::Closed => {
            let reason =
                "the browser closed this store; the next command tries to open it again".to_owned();
            act.emit(Action::StoreLost(reason));
        }
    }))
}

/// Has it shown where the second copy stands, in a moment and once for many signals.
fn measure_soon(store: &IndexedDbStore, act: &Callback<Action>, measuring: &Rc<Cell<bool>>) {
    if measuring.replace(true) {
        return;
    }
    let (store, act, measuring) = (store.clone(), act.clone(), Rc::clone(measuring));
    Timeout::new(MEASURED, move || {
        measuring.set(false);
        spawn(async move {
            act.emit(Action::Measured(
                room::measure(&Backend::Browser(store)).await,
            ));
        });
    })
    .forget();
}

/// The page listens as long as it lives, and it dies with the tab.
fn keep_listening(subscription: Subscription) {
    std::mem::forget(subscription);
}
