//! Work that the page leaves to a worker, and what comes back of it.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::pin::Pin;
use std::rc::Rc;

use gloo::file::ObjectUrl;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File, HtmlAnchorElement};
use yew::Callback;

use super::action::{
    Action, AfterReset, Exported, Imported, NotImported, NotReset, Packing, Saved,
};
use super::backend::{Backend, all_after};
use super::checked::{Checked, SecondCopyRead};
use super::loading::Load;
use super::story;
use super::wishes::{self, Wishes};
use super::worker::{ASIDE, BROKEN, CANCEL, EXPORT, IMPORT, PROGRESS, REFUSED, VERIFY};
use crate::browser::clock::BrowserClock;
use crate::browser::indexed_db::{IndexedDbStore, LoadCode};
use crate::browser::worker::Worker;
use crate::core::{Clock, Position, StreamId};
use crate::log::segments::{pack, unpack};
use crate::store::{
    AppendError, ArchiveStore, ImportError, ImportStore, ResetError, ResetToken, SecondCopy,
    SetAside, StoreError,
};
use crate::target::spawn;

/// Said where the store is in memory.
const NOT_HERE: &str = "it was set aside of a store that isn't open here.";

/// A piece of work in a worker of its own. Dropped, it goes on, and comes back.
#[derive(Clone, Default)]
pub struct Job(Rc<Course>);

#[derive(Default)]
struct Course {
    worker: RefCell<Option<Worker>>,
    /// What was asked of it while the code that begins it was on its way.
    is_cancelled: Cell<bool>,
    is_ended: Cell<bool>,
}

/// What comes later.
pub(super) type Later<T> = Pin<Box<dyn Future<Output = T>>>;

type Opened = Result<IndexedDbStore, StoreError>;
type OpenLater = fn(StoreError, Wishes, LoadCode, Callback<Action>) -> Later<Opened>;

/// What begins each kind of work, and hears what comes back of it; and what is seldom done to the store as a whole,
/// without a worker. A part of the page.
#[derive(Clone, Copy)]
pub struct Jobs {
    pub(super) import: fn(&Job, Backend, File, bool, Callback<Action>),
    pub(super) export: fn(&Job, Backend, Packing, Option<StreamId>, Callback<Action>),
    pub(super) save_set_aside: fn(&Job, Backend, &str, Callback<Action>),
    pub(super) verify: fn(&Job, Backend, Callback<Action>),
    pub(super) reset: fn(Backend, AfterReset) -> Later<Result<ResetToken, NotReset>>,
    pub(super) undo_reset: fn(Backend, ResetToken) -> Later<Result<(), String>>,
    pub(super) archive: fn(Backend, StreamId, bool) -> Later<Result<(), StoreError>>,
    pub(super) open_later: OpenLater,
    pub(super) mend: fn(Backend) -> Later<Result<u64, String>>,
    pub(super) bring_back: fn(Backend, Rc<SetAside>) -> Later<Result<u64, String>>,
    pub(super) delete_set_aside: fn(Backend, Rc<SetAside>) -> Later<Result<(), String>>,
}

impl Jobs {
    pub(super) const ALL: Jobs = Jobs {
        import: Job::import,
        export: Job::export,
        save_set_aside: Job::save_set_aside,
        verify: Job::verify,
        reset: |store, after| Box::pin(reset(store, after)),
        undo_reset: |store, token| Box::pin(undo_reset(store, token)),
        archive: |store, stream, archive| Box::pin(archive_stream(store, stream, archive)),
        open_later: |error, wishes, code, act| {
            Box::pin(wishes::open_later(error, wishes, code, act))
        },
        mend: |store| Box::pin(mend(store)),
        bring_back: |store, aside| Box::pin(bring_back(store, aside)),
        delete_set_aside: |store, aside| Box::pin(delete_set_aside(store, aside)),
    };
}

/// What a worker says.
enum Answer {
    Progress {
        percent: u8,
        words: String,
        events: u64,
    },
    /// What it came to: numbers first, from 1 on.
    Done(Array),
    Refused(String),
    /// It was refused too, and can be done with so many holes.
    Lacking {
        reason: String,
        holes: u64,
    },
    /// It broke off at a moment that nobody can tell.
    Broken(String),
}

impl Job {
    /// Imports a file, and comes back with [`Action::Imported`].
    fn import(&self, store: Backend, file: File, with_holes: bool, act: Callback<Action>) {
        let into = store.clone();
        let with = Array::of2(&file, &with_holes.into());
        self.start(store, IMPORT, with.into(), move |answer| match answer {
            Answer::Progress { percent, words, .. } => {
                act.emit(Action::ImportProgress { percent, words });
            }
            Answer::Done(answer) => {
                let (into, act) = (into.clone(), act.clone());
                spawn(async move {
                    let kept = keep(&into, &answer).await;
                    let imported = kept.map(|()| Imported {
                        events: number(&answer, 1),
                        skipped: number(&answer, 2),
                        stamped: number(&answer, 3),
                        shared_ids: number(&answer, 4),
                        holes: number(&answer, 5),
                        fills: number(&answer, 6),
                        capitals: answer.get(7).as_string().unwrap_or_default(),
                    });
                    act.emit(Action::Imported(imported.map_err(NotImported::Refused)));
                });
            }
            Answer::Broken(reason) if matches!(into, Backend::Browser(_)) => {
                act.emit(Action::Imported(Err(NotImported::Unknown(reason))));
            }
            Answer::Lacking { reason, holes } => {
                act.emit(Action::Imported(Err(NotImported::Lacking {
                    reason,
                    holes,
                })));
            }
            // What the worker has of a store in memory is a copy.
            Answer::Refused(reason) | Answer::Broken(reason) => {
                act.emit(Action::Imported(Err(NotImported::Refused(reason))));
            }
        })
    }

    /// Exports the whole store to a file, or one stream of it, and comes back with [`Action::Exported`].
    fn export(
        &self,
        store: Backend,
        packing: Packing,
        stream: Option<StreamId>,
        act: Callback<Action>,
    ) {
        let with = Array::of1(&(packing == Packing::Gzip).into());
        if let Some(stream) = stream {
            with.push(&stream.aggregate_type().into());
            with.push(&stream.aggregate_id().into());
        }
        let at = BrowserClock.now();
        self.start(store, EXPORT, with.into(), move |answer| match answer {
            Answer::Progress { percent, words, .. } => {
                act.emit(Action::ExportProgress { percent, words });
            }
            Answer::Done(answer) => {
                let file = answer.get(5).as_string().unwrap_or_default();
                let saved = save_as(answer.get(6).unchecked_into(), &file);
                let saved = saved.ok_or_else(|| "this page can't save files.".to_owned());
                act.emit(Action::Exported(saved.map(|()| Exported {
                    events: number(&answer, 1),
                    holes: number(&answer, 2),
                    missing: number(&answer, 3),
                    damaged: number(&answer, 4),
                    file,
                    at,
                })));
            }
            Answer::Refused(reason) | Answer::Lacking { reason, .. } | Answer::Broken(reason) => {
                act.emit(Action::Exported(Err(reason)));
            }
        })
    }

    /// Saves what was set aside under a name as a file, and comes back with [`Action::SetAsideSaved`].
    fn save_set_aside(&self, store: Backend, name: &str, act: Callback<Action>) {
        self.start(store, ASIDE, name.into(), move |answer| {
            act.emit(Action::SetAsideSaved(match answer {
                Answer::Progress { .. } => return,
                Answer::Done(answer) => {
                    let file = answer.get(3).as_string().unwrap_or_default();
                    let saved = save_as(answer.get(4).unchecked_into(), &file);
                    let saved = saved.ok_or_else(|| "this page can't save files.".to_owned());
                    saved.map(|()| Saved {
                        events: number(&answer, 1),
                        holes: number(&answer, 2),
                        file,
                    })
                }
                Answer::Refused(reason)
                | Answer::Lacking { reason, .. }
                | Answer::Broken(reason) => Err(reason),
            }));
        })
    }

    /// Checks the whole store and reads its second copy, and comes back with [`Action::Verified`].
    fn verify(&self, store: Backend, act: Callback<Action>) {
        let (job, kept) = (self.clone(), store.clone());
        self.start(store, VERIFY, JsValue::UNDEFINED, move |answer| {
            act.emit(match answer {
                Answer::Progress { events, .. } => Action::VerifyProgress { events },
                Answer::Done(answer) => {
                    let (job, kept, act) = (job.clone(), kept.clone(), act.clone());
                    spawn(async move {
                        // The second copy is this page's, and not the worker's.
                        let second_copy = read_second_copy(&kept).await;
                        if job.0.is_cancelled.get() {
                            return;
                        }
                        let findings = answer.iter().skip(4);
                        act.emit(Action::Verified(Ok(Rc::new(Checked {
                            events: number(&answer, 1),
                            unchecked: number(&answer, 2),
                            found: number(&answer, 3),
                            findings: findings.filter_map(|text| text.as_string()).collect(),
                            second_copy,
                        }))));
                    });
                    return;
                }
                Answer::Refused(reason)
                | Answer::Lacking { reason, .. }
                | Answer::Broken(reason) => Action::Verified(Err(reason)),
            });
        })
    }

    /// Asks the worker to break it off; what it came to still comes back.
    pub fn cancel(&self) {
        self.0.is_cancelled.set(true);
        if let Some(worker) = &*self.0.worker.borrow() {
            worker.post(&Array::of1(&CANCEL.into()));
        }
    }

    /// Ends it at once; nothing comes back. For work that changes nothing.
    pub fn end(&self) {
        self.0.is_ended.set(true);
        self.0.worker.take();
    }

    /// Has it begun by a part that is on its way; `failed` is told why that can't be fetched.
    pub fn begin(
        jobs: Load<Jobs>,
        begin: impl FnOnce(Jobs, &Job) + 'static,
        failed: impl FnOnce(String) + 'static,
    ) -> Job {
        let job = Job::default();
        let begun = job.clone();
        spawn(async move {
            let jobs = jobs().await;
            if begun.0.is_ended.get() {
                return;
            }
            match jobs {
                Ok(jobs) => begin(jobs, &begun),
                Err(reason) => return failed(format!("{reason}.")),
            }
            // A worker that is told so first does nothing of what it is told then.
            if begun.0.is_cancelled.get() {
                begun.cancel();
            }
        });
        job
    }

    fn start(
        &self,
        store: Backend,
        what: &'static str,
        with: JsValue,
        hear: impl Fn(Answer) + 'static,
    ) {
        let job = self.clone();
        // Before a worker changes anything it tells how far it is.
        let begun = Rc::new(Cell::new(false));
        let hear: Rc<dyn Fn(Answer)> = Rc::new(hear);
        let finish = {
            let (job, hear) = (job.clone(), Rc::clone(&hear));
            move |answer| {
                // Not within the worker's own call.
                let job = job.clone();
                spawn(async move { job.end() });
                hear(answer);
            }
        };
        let broke = {
            let (finish, begun) = (finish.clone(), Rc::clone(&begun));
            move |reason: String| {
                let reason = broken(&reason);
                finish(match begun.get() {
                    true => Answer::Broken(reason),
                    false => Answer::Refused(reason),
                });
            }
        };
        let heard = move |message: Array| {
            begun.set(true);
            let text = |index| message.get(index).as_string().unwrap_or_default();
            match &*text(0) {
                PROGRESS => hear(Answer::Progress {
                    percent: number(&message, 1) as u8,
                    words: text(2),
                    events: number(&message, 3),
                }),
                REFUSED => finish(match number(&message, 2) {
                    0 => Answer::Refused(text(1)),
                    holes => Answer::Lacking {
                        reason: text(1),
                        holes,
                    },
                }),
                BROKEN => finish(Answer::Broken(text(1))),
                _ => finish(Answer::Done(message)),
            }
        };
        match Worker::start(heard, broke.clone()) {
            Ok(worker) => {
                *job.0.worker.borrow_mut() = Some(worker);
                spawn(async move {
                    let now = BrowserClock.now().millis() as f64;
                    let (source, given) = source(&store).await;
                    let given = given.0 as f64;
                    let message =
                        Array::of5(&what.into(), &source, &now.into(), &with, &given.into());
                    if let Some(worker) = &*job.0.worker.borrow() {
                        worker.post(&message);
                    }
                });
            }
            Err(reason) => broke(reason),
        }
    }
}

/// Empties the store and puts in what it holds then, in one step.
async fn reset(store: Backend, after: AfterReset) -> Result<ResetToken, NotReset> {
    let story = match after {
        AfterReset::Empty => Vec::new(),
        AfterReset::Story => story::events().map_err(NotReset::Refused)?,
    };
    match store.reset(&story).await {
        Ok(token) => Ok(token),
        Err(ResetError::Store(error)) => {
            let reason = error.to_string();
            Err(match AppendError::Store(error).outcome_is_unknown() {
                true => NotReset::Unknown(reason),
                false => NotReset::Refused(reason),
            })
        }
        Err(error) => Err(NotReset::Refused(error.to_string())),
    }
}

/// Takes a reset back.
async fn undo_reset(store: Backend, token: ResetToken) -> Result<(), String> {
    let undone = store.undo_reset(token).await;
    undone.map_err(|error| format!("{error}."))
}

/// Archives a stream, or brings it back.
async fn archive_stream(store: Backend, stream: StreamId, archive: bool) -> Result<(), StoreError> {
    match archive {
        true => store.archive(&stream).await,
        false => store.unarchive(&stream).await,
    }
}

/// Reads the second copy of a store whole.
async fn read_second_copy(store: &Backend) -> SecondCopyRead {
    let Backend::Browser(store) = store else {
        return SecondCopyRead::Missing;
    };
    if let None | Some(SecondCopy::Missing(_)) = store.second_copy() {
        return SecondCopyRead::Missing;
    }
    match store.check_second_copy().await {
        Ok(Some(checked)) => SecondCopyRead::Read(checked),
        Ok(None) => SecondCopyRead::Elsewhere,
        Err(error) => SecondCopyRead::Failed(error.to_string()),
    }
}

/// Mends what is damaged from the second copy.
async fn mend(store: Backend) -> Result<u64, String> {
    match store {
        Backend::Browser(store) => store.mend().await.map_err(|error| format!("{error}.")),
        Backend::Memory(_) => Ok(0),
    }
}

/// Exchanges what is here for what was set aside.
async fn bring_back(store: Backend, aside: Rc<SetAside>) -> Result<u64, String> {
    match store {
        Backend::Browser(store) => {
            let brought = store.bring_back(&aside).await;
            brought.map_err(|error| format!("{error}."))
        }
        Backend::Memory(_) => Err(NOT_HERE.to_owned()),
    }
}

/// Deletes what was set aside.
async fn delete_set_aside(store: Backend, aside: Rc<SetAside>) -> Result<(), String> {
    match store {
        Backend::Browser(store) => {
            let deleted = store.delete_set_aside(&aside).await;
            deleted.map_err(|error| format!("{error}."))
        }
        Backend::Memory(_) => Err(NOT_HERE.to_owned()),
    }
}

fn number(answer: &Array, index: u32) -> u64 {
    answer.get(index).as_f64().unwrap_or(0.0) as u64
}

fn broken(reason: &str) -> String {
    let reason = reason.trim_end_matches('.');
    format!(
        "the part of Eventloom that does this couldn't be loaded, or broke ({reason}). Reload the \
         page and try again."
    )
}

/// What a worker works on: the browser's store by its name and its database's, one in memory by what it holds and the
/// position that it gives next, which what it holds doesn't tell.
async fn source(store: &Backend) -> (JsValue, Position) {
    match store {
        Backend::Browser(store) => {
            let names = Array::of2(&store.name().into(), &store.database().into());
            (names.into(), Position::START)
        }
        Backend::Memory(memory) => {
            // A store in memory can always be read.
            let events = all_after(store, Position::START).await;
            let events = events.unwrap_or_default();
            let events: Vec<_> = events.iter().collect();
            let next = memory.next_position().await;
            let next = next.map_or(Position::START, |next| next.place);
            (Uint8Array::from(&pack(&events)[..]).into(), next)
        }
    }
}

/// Keeps what was imported, where the worker couldn't: in memory.
async fn keep(store: &Backend, answer: &Array) -> Result<(), String> {
    let Backend::Memory(store) = store else {
        return Ok(());
    };
    let packed = Uint8Array::new(&answer.get(8)).to_vec();
    let mut events = Some(unpack(&packed).map_err(|error| error.to_string())?);
    let after = Position(number(answer, 9));
    let mut next = |_| ControlFlow::Continue(events.take().unwrap_or_default());
    let kept = store.import_from(after, None, &mut next).await;
    kept.map(drop).map_err(|error| match error {
        ImportError::StoreMoved { .. } => {
            "a command was recorded meanwhile; import it again. Nothing was imported.".to_owned()
        }
        other => other.to_string(),
    })
}

/// Hands a file to the browser's downloads.
fn save_as(file: Blob, name: &str) -> Option<()> {
    let document = web_sys::window()?.document()?;
    let address = ObjectUrl::from(gloo::file::Blob::from(file));
    let link: HtmlAnchorElement = document.create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The download reads the address after this turn of the event loop, so it has to live on.
    gloo::timers::callback::Timeout::new(60_000, move || drop(address)).forget();
    Some(())
}
