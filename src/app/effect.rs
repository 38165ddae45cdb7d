//! The only place where the page waits for anything: runs what the reducer asked for, and comes
//! back with actions.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::{Interval, Timeout};
use wasm_bindgen::JsValue;
use web_sys::File;
use yew::Callback;

use super::action::{Action, Effect, Entry, NotImported, NotReset, Packing};
use super::backend::Backend;
use super::job::{Job, Jobs, Later};
use super::loading::{Drawn, Loaders};
use super::opening::{Opening, open};
use super::reading::{all_streams, newer, read_stream};
use super::state::Theme;
use super::wishes::Wishes;
use super::{keys, preferences, room, view};
use crate::browser::clock::{BrowserClock, BrowserIds};
use crate::browser::offline;
use crate::core::{
    Clock, CommandId, EncodedEvent, ExpectedVersion, IdSource, Metadata, NewEvent, StreamId,
};
use crate::store::{ArchiveStore, EventStore, StoreError};
use crate::target::spawn;

/// The database's name in the browser.
pub const DATABASE: &str = "eventloom";

/// How long one version is shown while playing, in milliseconds.
const PLAY_STEP: u32 = 500;

/// So many milliseconds after a reset its undoing is offered.
const UNDO: u32 = 5 * 60 * 1_000;

/// Runs effects on the store that could be had.
pub struct Runner {
    act: Callback<Action>,
    backend: Rc<RefCell<Opening>>,
    /// The file that was chosen to import.
    pub file: Option<File>,
    import: Job,
    export: Job,
    aside: Job,
    check: Job,
    playing: Option<Interval>,
    /// What a person wishes while the store doesn't open.
    wishes: Wishes,
    loaders: Loaders,
    /// The parts that were fetched.
    pub drawn: Drawn,
}

impl Runner {
    /// Begins to open the store, and comes back with [`Action::Opened`].
    pub fn start(act: Callback<Action>, loaders: Loaders) -> Runner {
        let backend = Rc::new(RefCell::new(Opening::Waiting(Vec::new())));
        let wishes = Wishes::default();
        let slot = Rc::clone(&backend);
        spawn(open(act.clone(), slot, wishes.clone(), loaders));
        Runner {
            act,
            backend,
            file: None,
            import: Job::default(),
            export: Job::default(),
            aside: Job::default(),
            check: Job::default(),
            playing: None,
            wishes,
            loaders,
            drawn: Drawn::default(),
        }
    }

    /// Does what the reducer asked for.
    pub fn run(&mut self, effect: Effect) {
        let act = self.act.clone();
        match effect {
            Effect::List(asked) => self.with_store(async move |store| {
                let archived = store.archived().await.ok();
                let streams = all_streams(&store).await;
                act.emit(Action::Listed {
                    asked,
                    streams,
                    archived,
                });
            }),
            Effect::Load(asked, stream) => self.with_store(async move |store| {
                let read = read_stream(&store, &stream).await;
                act.emit(Action::Loaded {
                    asked,
                    stream,
                    whole: true,
                    read,
                });
            }),
            Effect::Seek(asked, stream) => self.with_store(async move |store| {
                let read = read_stream(&store, &stream).await;
                act.emit(Action::Sought { asked, read });
            }),
            Effect::CatchUp {
                asked,
                stream,
                after,
                event_id,
                history,
            } => self.with_store(async move |store| {
                let (whole, read) = newer(&store, &stream, (after, &event_id), history).await;
                act.emit(Action::Loaded {
                    asked,
                    stream,
                    whole,
                    read,
                });
            }),
            Effect::Append {
                asked,
                stream,
                expected,
                history,
                events,
                command_id,
                durability,
            } => {
                self.with_store(async move |store| {
                    let store = store.with_durability(durability);
                    let events = seal(events, command_id);
                    let expected = ExpectedVersion::Exact(expected);
                    let result = store.append(&stream, expected, history, &events).await;
                    act.emit(Action::Appended { asked, result });
                });
            }
            Effect::Measure => self.with_store(async move |store| {
                act.emit(Action::Measured(room::measure(&store).await));
            }),
            Effect::Protect => self.with_store(async move |store| {
                room::protect().await;
                act.emit(Action::Measured(room::measure(&store).await));
            }),
            Effect::SaveSetAside(name) => {
                if let Some(store) = self.store() {
                    let told = act.clone();
                    self.aside = Job::begin(
                        self.loaders.jobs,
                        move |jobs, job| (jobs.save_set_aside)(job, store, &name, act),
                        move |reason| told.emit(Action::SetAsideSaved(Err(reason))),
                    );
                }
            }
            Effect::Wish(wish) => self.wishes.tell(wish),
            Effect::BringBack(aside) => self.with_jobs(
                |jobs, store| (jobs.bring_back)(store, aside),
                Action::BroughtBack,
            ),
            Effect::DeleteSetAside(aside) => self.with_jobs(
                |jobs, store| (jobs.delete_set_aside)(store, aside),
                Action::SetAsideDeleted,
            ),
            Effect::Fetch(part) => {
                let (drawn, loaders) = (self.drawn.clone(), self.loaders);
                spawn(async move {
                    act.emit(Action::Fetched(part, drawn.fetch(part, loaders).await));
                });
            }
            Effect::SwitchOver => offline::switch_over(),
            Effect::RenewVersion => offline::renew(),
            Effect::Show(address, entry) => show_address(&address, entry),
            Effect::Play(true) => {
                self.playing = Some(Interval::new(PLAY_STEP, move || act.emit(Action::PlayTick)));
            }
            Effect::Play(false) => self.playing = None,
            Effect::Import => {
                self.begin_import(false, act);
            }
            Effect::ImportWithHoles => {
                self.begin_import(true, act);
            }
            Effect::CancelImport => self.import.cancel(),
            Effect::Export(packing) => self.begin_export(packing, None, act),
            Effect::ExportStream(stream) => {
                self.begin_export(Packing::Plain, Some(stream), act);
            }
            Effect::CancelExport => self.export.end(),
            Effect::Reset(after) => {
                let loaders = self.loaders;
                self.with_store(async move |store| {
                    let result = match (loaders.jobs)().await {
                        Ok(jobs) => (jobs.reset)(store.clone(), after).await,
                        Err(reason) => Err(NotReset::Refused(reason)),
                    };
                    let emptied = result.is_ok();
                    // A store in memory gives no signals.
                    if emptied && matches!(store, Backend::Memory(_)) {
                        act.emit(Action::StoreEmptied);
                    }
                    act.emit(Action::ResetEnded(after, result));
                });
            }
            Effect::UndoReset(token) => {
                let loaders = self.loaders;
                self.with_store(async move |store| {
                    let result = match (loaders.jobs)().await {
                        Ok(jobs) => (jobs.undo_reset)(store.clone(), token).await,
                        Err(reason) => Err(reason),
                    };
                    if result.is_ok() && matches!(store, Backend::Memory(_)) {
                        act.emit(Action::StoreEmptied);
                    }
                    act.emit(Action::ResetUndone(result));
                });
            }
            Effect::TellStory(tale) => {
                let load = self.loaders.story;
                self.with_store(async move |store| {
                    let result = match load().await {
                        Ok(story) => story.add(store, tale).await,
                        Err(reason) => Err(format!("{reason}.")),
                    };
                    act.emit(Action::StoryTold(tale, result));
                });
            }
            Effect::AwaitUndoEnd(token) => {
                Timeout::new(UNDO, move || act.emit(Action::UndoEnded(token))).forget();
            }
            Effect::Archive(asked, stream, archive) => {
                let jobs = self.loaders.jobs;
                self.with_store(async move |store| {
                    let result = match jobs().await {
                        Ok(jobs) => (jobs.archive)(store, stream.clone(), archive).await,
                        Err(reason) => {
                            let reason = reason.into();
                            Err(StoreError::Unavailable { reason })
                        }
                    };
                    act.emit(Action::ArchiveEnded {
                        asked,
                        stream,
                        archive,
                        result,
                    });
                });
            }
            Effect::Verify => {
                if let Some(store) = self.store() {
                    let told = act.clone();
                    self.check = Job::begin(
                        self.loaders.jobs,
                        move |jobs, job| (jobs.verify)(job, store, act),
                        move |reason| told.emit(Action::Verified(Err(reason))),
                    );
                }
            }
            Effect::CancelVerify => {
                self.check.cancel();
                self.check.end();
            }
            Effect::Mend => self.with_jobs(|jobs, store| (jobs.mend)(store), Action::Mended),
            Effect::Copy(text) => spawn(async move {
                act.emit(Action::Copied(copy(&text).await));
            }),
            Effect::FocusField((_, command), path) => keys::focus(&view::field_id(&command, &path)),
            Effect::Remember(remembered) => {
                show_theme(remembered.theme);
                preferences::remember(&remembered);
            }
            Effect::RememberExport(time) => preferences::remember_export(time),
        }
    }

    /// Imports the file that was chosen, where `with_holes` with holes in the places of what it lacks.
    fn begin_import(&mut self, with_holes: bool, act: Callback<Action>) {
        if let (Some(file), Some(store)) = (self.file.clone(), self.store()) {
            let told = act.clone();
            self.import = Job::begin(
                self.loaders.jobs,
                move |jobs, job| (jobs.import)(job, store, file, with_holes, act),
                move |reason| told.emit(Action::Imported(Err(NotImported::Refused(reason)))),
            );
        }
    }

    /// Exports the store, or one stream of it.
    fn begin_export(&mut self, packing: Packing, stream: Option<StreamId>, act: Callback<Action>) {
        if let Some(store) = self.store() {
            let told = act.clone();
            self.export = Job::begin(
                self.loaders.jobs,
                move |jobs, job| (jobs.export)(job, store, packing, stream, act),
                move |reason| told.emit(Action::Exported(Err(reason))),
            );
        }
    }

    /// Does something with the store, once it is open, by the part for that.
    fn with_jobs<T: 'static>(
        &self,
        work: impl FnOnce(Jobs, Backend) -> Later<Result<T, String>> + 'static,
        told: fn(Result<T, String>) -> Action,
    ) {
        let (jobs, act) = (self.loaders.jobs, self.act.clone());
        self.with_store(async move |store| {
            let result = match jobs().await {
                Ok(jobs) => work(jobs, store).await,
                Err(reason) => Err(format!("{reason}.")),
            };
            act.emit(told(result));
        });
    }

    /// Does something with the store, once it is open.
    fn with_store<F>(&self, task: impl FnOnce(Backend) -> F + 'static)
    where
        F: Future<Output = ()> + 'static,
    {
        match &mut *self.backend.borrow_mut() {
            Opening::Open(backend) => spawn(task(backend.clone())),
            Opening::Waiting(tasks) => tasks.push(Box::new(|backend| spawn(task(backend)))),
        }
    }

    /// The store, if it is open.
    fn store(&self) -> Option<Backend> {
        match &*self.backend.borrow() {
            Opening::Open(backend) => Some(backend.clone()),
            Opening::Waiting(_) => None,
        }
    }
}

/// Puts decided events into envelopes; those of one command are one conversation.
fn seal(events: Vec<EncodedEvent>, command_id: CommandId) -> Vec<NewEvent> {
    let now = BrowserClock.now();
    let metadata = Metadata::of_command(command_id, None);
    events
        .into_iter()
        .map(|event| event.seal(BrowserIds.next_id(now), now, metadata.clone()))
        .collect()
}

/// A fresh id for a command.
pub fn fresh_command_id() -> CommandId {
    BrowserIds.next_command_id(BrowserClock.now())
}

/// A fresh aggregate id: the model's name and eight random hexadecimal digits.
pub fn fresh_id(aggregate_type: &str) -> String {
    let id = BrowserIds
        .next_id(BrowserClock.now())
        .0
        .simple()
        .to_string();
    let kind = aggregate_type.rsplit('_').next().unwrap_or(aggregate_type);
    format!("{kind}-{}", &id[id.len() - 8..])
}

/// The part of the address from `#` on.
pub fn shown_address() -> String {
    web_sys::window()
        .and_then(|window| window.location().hash().ok())
        .unwrap_or_default()
}

fn show_address(address: &str, entry: Entry) {
    let Some(history) = web_sys::window().and_then(|window| window.history().ok()) else {
        return;
    };
    // A browser may refuse too many entries in a short time; the page goes on without them.
    let _ = match entry {
        Entry::Push => history.push_state_with_url(&JsValue::NULL, "", Some(address)),
        Entry::Replace => history.replace_state_with_url(&JsValue::NULL, "", Some(address)),
    };
}

/// Shows a title.
pub fn show_title(title: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document())
        && document.title() != title
    {
        document.set_title(title);
    }
}

/// Shows the page from its beginning.
pub fn scroll_to_the_top() {
    if let Some(window) = web_sys::window() {
        window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}

/// Shows a theme; none for the system's.
pub fn show_theme(theme: Option<Theme>) {
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.document_element());
    // The attribute's name is valid, so neither can fail.
    let _ = root.map(|root| match theme {
        Some(theme) => root.set_attribute("data-theme", theme.name()),
        None => root.remove_attribute("data-theme"),
    });
}

/// What the system prefers.
pub fn system_theme() -> Theme {
    let dark = web_sys::window()
        .and_then(|window| {
            window
                .match_media("(prefers-color-scheme: dark)")
                .ok()
                .flatten()
        })
        .is_some_and(|query| query.matches());
    if dark { Theme::Dark } else { Theme::Light }
}

/// Whether this browser can pack a file with gzip.
pub fn can_pack() -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    js_sys::Reflect::get(&window, &"CompressionStream".into()).is_ok_and(|it| it.is_truthy())
}

async fn copy(text: &str) -> Result<(), String> {
    let window = web_sys::window().ok_or("there is no window")?;
    let clipboard = js_sys::Reflect::get(&window.navigator(), &"clipboard".into());
    if clipboard.is_ok_and(|clipboard| clipboard.is_undefined()) {
        return Err(
            "this browser gives no clipboard to pages that aren't served securely".to_owned(),
        );
    }
    let written = window.navigator().clipboard().write_text(text);
    wasm_bindgen_futures::JsFuture::from(written)
        .await
        .map(|_| ())
        .map_err(|_| "the browser didn't allow it".to_owned())
}
