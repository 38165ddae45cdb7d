//! Work that the page leaves to a worker, and what comes back of it.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use gloo::file::ObjectUrl;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File, HtmlAnchorElement};
use yew::Callback;

use super::action::{Action, Checked, Exported, Imported, Packing};
use super::backend::Backend;
use super::effect::DATABASE;
use super::worker::{CANCEL, EXPORT, IMPORT, PROGRESS, REFUSED, VERIFY};
use crate::browser::clock::BrowserClock;
use crate::browser::worker::Worker;
use crate::core::{Clock, Position};
use crate::store::segments::{pack, unpack};
use crate::store::{EventStore, ImportError};
use crate::target::spawn;

/// A piece of work in a worker of its own. Dropped, it goes on, and comes back.
#[derive(Clone, Default)]
pub struct Job(Rc<RefCell<Option<Worker>>>);

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
}

impl Job {
    /// Imports a file, and comes back with [`Action::Imported`].
    pub fn import(store: Backend, file: File, act: Callback<Action>) -> Job {
        let into = store.clone();
        Job::start(store, IMPORT, file.into(), move |answer| match answer {
            Answer::Progress { percent, words, .. } => {
                act.emit(Action::ImportProgress { percent, words });
            }
            Answer::Done(answer) => {
                let (act, into) = (act.clone(), into.clone());
                spawn(async move {
                    let kept = keep(&into, &answer).await;
                    act.emit(Action::Imported(kept.map(|()| Imported {
                        events: number(&answer, 1),
                        skipped: number(&answer, 2),
                        stamped: number(&answer, 3),
                    })));
                });
            }
            Answer::Refused(reason) => act.emit(Action::Imported(Err(reason))),
        })
    }

    /// Exports the whole store to a file, and comes back with [`Action::Exported`].
    pub fn export(store: Backend, packing: Packing, act: Callback<Action>) -> Job {
        let packed = (packing == Packing::Gzip).into();
        Job::start(store, EXPORT, packed, move |answer| match answer {
            Answer::Progress { percent, words, .. } => {
                act.emit(Action::ExportProgress { percent, words });
            }
            Answer::Done(answer) => {
                let file = answer.get(3).as_string().unwrap_or_default();
                let saved = save_as(answer.get(4).unchecked_into(), &file);
                let saved = saved.ok_or_else(|| "this page can't save files.".to_owned());
                act.emit(Action::Exported(saved.map(|()| Exported {
                    events: number(&answer, 1),
                    damaged: number(&answer, 2),
                    file,
                })));
            }
            Answer::Refused(reason) => act.emit(Action::Exported(Err(reason))),
        })
    }

    /// Checks the whole store, and comes back with [`Action::Verified`].
    pub fn verify(store: Backend, act: Callback<Action>) -> Job {
        Job::start(store, VERIFY, JsValue::UNDEFINED, move |answer| {
            act.emit(match answer {
                Answer::Progress { events, .. } => Action::VerifyProgress { events },
                Answer::Done(answer) => {
                    let findings = answer.iter().skip(4);
                    Action::Verified(Ok(Rc::new(Checked {
                        events: number(&answer, 1),
                        unchecked: number(&answer, 2),
                        found: number(&answer, 3),
                        findings: findings.filter_map(|text| text.as_string()).collect(),
                    })))
                }
                Answer::Refused(reason) => Action::Verified(Err(reason)),
            });
        })
    }

    /// Asks the worker to break it off; what it came to still comes back.
    pub fn cancel(&self) {
        if let Some(worker) = &*self.0.borrow() {
            worker.post(&Array::of1(&CANCEL.into()));
        }
    }

    /// Ends it at once; nothing comes back. For work that changes nothing.
    pub fn end(&self) {
        self.0.take();
    }

    fn start(
        store: Backend,
        what: &'static str,
        with: JsValue,
        hear: impl Fn(Answer) + 'static,
    ) -> Job {
        let job = Job::default();
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
            let finish = finish.clone();
            move |reason: String| finish(Answer::Refused(broken(&reason)))
        };
        let heard = move |message: Array| {
            let text = |index| message.get(index).as_string().unwrap_or_default();
            match &*text(0) {
                PROGRESS => hear(Answer::Progress {
                    percent: number(&message, 1) as u8,
                    words: text(2),
                    events: number(&message, 3),
                }),
                REFUSED => finish(Answer::Refused(text(1))),
                _ => finish(Answer::Done(message)),
            }
        };
        match Worker::start(heard, broke.clone()) {
            Ok(worker) => {
                *job.0.borrow_mut() = Some(worker);
                let job = job.clone();
                spawn(async move {
                    let now = BrowserClock.now().millis() as f64;
                    let source = source(&store).await;
                    let message = Array::of4(&what.into(), &source, &now.into(), &with);
                    if let Some(worker) = &*job.0.borrow() {
                        worker.post(&message);
                    }
                });
            }
            Err(reason) => broke(reason),
        }
        job
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

/// What a worker works on: the browser's store by its name, one in memory by what it holds.
async fn source(store: &Backend) -> JsValue {
    match store {
        Backend::Browser(_) => DATABASE.into(),
        Backend::Memory(store) => {
            // A store in memory can always be read.
            let events = store.read_all(Position::START, usize::MAX).await;
            let events = events.unwrap_or_default();
            let events: Vec<_> = events.iter().collect();
            Uint8Array::from(&pack(&events)[..]).into()
        }
    }
}

/// Keeps what was imported, where the worker couldn't: in memory.
async fn keep(store: &Backend, answer: &Array) -> Result<(), String> {
    let Backend::Memory(store) = store else {
        return Ok(());
    };
    let packed = Uint8Array::new(&answer.get(4)).to_vec();
    let events = unpack(&packed).map_err(|error| error.to_string())?;
    let after = Position(number(answer, 5));
    let kept = store.import(after, &events, |_| ControlFlow::Continue(()));
    kept.await.map_err(|error| match error {
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
