//! The only place where the page waits for anything: runs what the reducer asked for, and comes
//! back with actions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::timers::callback::Interval;
use wasm_bindgen::JsValue;
use web_sys::File;
use yew::Callback;

use super::action::{Action, AfterReset, Effect, Entry};
use super::backend::Backend;
use super::job::Job;
use super::state::{Storage, Theme};
use super::{keys, preferences, room, story, view};
use crate::browser::clock::{BrowserClock, BrowserIds};
use crate::browser::indexed_db::{IndexedDbStore, Signal, Subscription};
use crate::core::{
    Clock, CommandId, EncodedEvent, ExpectedVersion, IdSource, Metadata, NewEvent, RecordedEvent,
    StreamId, Version,
};
use crate::store::{ArchiveStore, EventStore, MemoryStore, StoreError, StreamHead};
use crate::target::spawn;

/// The database's name in the browser.
pub const DATABASE: &str = "eventloom";

/// How long one version is shown while playing, in milliseconds.
const PLAY_STEP: u32 = 500;

/// How many records one read asks for.
const PAGE: usize = 2_000;

/// The events of a stream, or why they can't be read.
type Read = Result<Vec<RecordedEvent>, StoreError>;

/// The store, or what waits for it.
enum Opening {
    Waiting(Vec<Box<dyn FnOnce(Backend)>>),
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

/// Runs effects on the store that could be had.
pub struct Runner {
    act: Callback<Action>,
    backend: Rc<RefCell<Opening>>,
    /// The file that was chosen to import.
    pub file: Option<File>,
    import: Job,
    export: Job,
    check: Job,
    playing: Option<Interval>,
}

impl Runner {
    /// Begins to open the store, and comes back with [`Action::Opened`].
    pub fn start(act: Callback<Action>) -> Runner {
        let backend = Rc::new(RefCell::new(Opening::Waiting(Vec::new())));
        spawn(open(act.clone(), Rc::clone(&backend)));
        Runner {
            act,
            backend,
            file: None,
            import: Job::default(),
            export: Job::default(),
            check: Job::default(),
            playing: None,
        }
    }

    /// Does what the reducer asked for.
    pub fn run(&mut self, effect: Effect) {
        let act = self.act.clone();
        match effect {
            Effect::List => self.with_store(async move |store| {
                act.emit(Action::Archived(store.archived().await));
                act.emit(Action::Listed(all_streams(&store).await));
            }),
            Effect::Load(stream) => self.read(stream, |stream, events| Action::Loaded {
                stream,
                whole: true,
                events,
            }),
            Effect::Seek(stream) => self.read(stream, |_, events| Action::Sought(events)),
            Effect::CatchUp {
                stream,
                after,
                event_id,
            } => self.with_store(async move |store| {
                let (whole, events) = newer(&store, &stream, after, &event_id).await;
                act.emit(Action::Loaded {
                    stream,
                    whole,
                    events,
                });
            }),
            Effect::Append {
                stream,
                expected,
                events,
                command_id,
                durability,
            } => {
                self.with_store(async move |store| {
                    let store = store.with_durability(durability);
                    let events = seal(events, command_id);
                    let expected = ExpectedVersion::Exact(expected);
                    act.emit(Action::Appended(
                        store.append(&stream, expected, &events).await,
                    ));
                });
            }
            Effect::Measure => self.with_store(async move |store| {
                act.emit(Action::Measured(room::measure(&store).await));
            }),
            Effect::Protect => self.with_store(async move |store| {
                room::protect().await;
                act.emit(Action::Measured(room::measure(&store).await));
            }),
            Effect::Show(address, entry) => show_address(&address, entry),
            Effect::Play(true) => {
                self.playing = Some(Interval::new(PLAY_STEP, move || act.emit(Action::PlayTick)));
            }
            Effect::Play(false) => self.playing = None,
            Effect::Import => {
                if let (Some(file), Some(store)) = (self.file.take(), self.store()) {
                    self.import = Job::import(store, file, act);
                }
            }
            Effect::CancelImport => self.import.cancel(),
            Effect::Export(packing) => {
                if let Some(store) = self.store() {
                    self.export = Job::export(store, packing, act);
                }
            }
            Effect::CancelExport => self.export.end(),
            Effect::Reset(after) => self.with_store(async move |store| {
                let result = reset(&store, after).await;
                act.emit(Action::StoreEmptied);
                act.emit(Action::ResetEnded(after, result));
            }),
            Effect::Archive(stream, archive) => self.with_store(async move |store| {
                let result = match archive {
                    true => store.archive(&stream).await,
                    false => store.unarchive(&stream).await,
                };
                act.emit(Action::ArchiveEnded {
                    stream,
                    archive,
                    result,
                });
            }),
            Effect::Verify => {
                if let Some(store) = self.store() {
                    self.check = Job::verify(store, act);
                }
            }
            Effect::CancelVerify => self.check.end(),
            Effect::Copy(text) => spawn(async move {
                act.emit(Action::Copied(copy(&text).await));
            }),
            Effect::FocusField((_, command), path) => keys::focus(&view::field_id(&command, &path)),
            Effect::Remember(remembered) => {
                show_theme(remembered.theme);
                preferences::remember(&remembered);
            }
        }
    }

    /// Reads a stream from its beginning, and comes back with an action.
    fn read(&self, stream: StreamId, action: fn(StreamId, Read) -> Action) {
        let act = self.act.clone();
        self.with_store(async move |store| {
            let (events, failed) = as_far_as_it_goes(&store, &stream, Version::NONE).await;
            let Some(error) = failed else {
                return act.emit(action(stream, Ok(events)));
            };
            // What comes before a damaged event can be looked at all the same.
            if !events.is_empty() {
                act.emit(action(stream.clone(), Ok(events)));
            }
            act.emit(action(stream, Err(error)));
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

async fn open(act: Callback<Action>, slot: Rc<RefCell<Opening>>) {
    let mut story = Ok(());
    let mut recovery = None;
    let storage = match IndexedDbStore::open_with_second_copy(DATABASE).await {
        Ok(store) => {
            recovery = store.recovery();
            keep_listening(listen(&store, act.clone()));
            // Where this can't be read the page says so itself, as soon as it lists the streams.
            let untouched = store.is_untouched().await.unwrap_or(false);
            let backend = Backend::Browser(store);
            // Another tab that opens for the first time too may be quicker; its story is the same.
            if untouched && recovery.is_none() {
                story = story::import(&backend).await;
            }
            Opening::done(&slot, backend);
            Storage::Kept
        }
        Err(reason) => {
            let backend = Backend::Memory(Rc::new(MemoryStore::new()));
            story = story::import(&backend).await;
            Opening::done(&slot, backend);
            Storage::InMemory(reason)
        }
    };
    act.emit(Action::Opened(storage));
    if let Some(recovery) = recovery {
        act.emit(Action::Recovered(recovery));
    }
    if let Err(reason) = story {
        let reason = format!("the story of the first visit: {reason}");
        act.emit(Action::Imported(Err(reason)));
    }
}

fn listen(store: &IndexedDbStore, act: Callback<Action>) -> Subscription {
    let opened = store.clone();
    let told = Cell::new(store.recovery());
    store.subscribe(Rc::new(move |signal| match signal {
        Signal::Appended(_) | Signal::Archived => act.emit(Action::StoreChanged),
        Signal::Reset => act.emit(Action::StoreEmptied),
        // What was missing after the browser had closed the store is told when it is whole again.
        Signal::Copied(_) => {
            let recovery = opened.recovery();
            if let Some(recovery) = recovery.filter(|_| told.replace(recovery) != recovery) {
                act.emit(Action::Recovered(recovery));
            }
        }
        Signal::Superseded => act.emit(Action::StoreLost(StoreError::Superseded.to_string())),
        Signal::Closed => {
            let reason = "the browser closed this store; reload this page".to_owned();
            act.emit(Action::StoreLost(reason));
        }
    }))
}

/// The page listens as long as it lives, and it dies with the tab.
fn keep_listening(subscription: Subscription) {
    std::mem::forget(subscription);
}

async fn all_streams(store: &Backend) -> Result<Vec<StreamHead>, StoreError> {
    let mut streams: Vec<StreamHead> = Vec::new();
    loop {
        let after = streams.last().map(|head| head.stream.clone());
        let page = store.streams(after.as_ref(), PAGE).await?;
        let full = page.len() == PAGE;
        streams.extend(page);
        if !full {
            return Ok(streams);
        }
    }
}

async fn whole_stream(store: &Backend, stream: &StreamId, after: Version) -> Read {
    let (events, failed) = as_far_as_it_goes(store, stream, after).await;
    failed.map_or(Ok(events), Err)
}

/// What of a stream can be read from there on, and what ended it before its end.
async fn as_far_as_it_goes(
    store: &Backend,
    stream: &StreamId,
    after: Version,
) -> (Vec<RecordedEvent>, Option<StoreError>) {
    let mut events: Vec<RecordedEvent> = Vec::new();
    let mut limit = PAGE;
    loop {
        let after = events.last().map_or(after, |event| event.version);
        match store.read_stream(stream, after, limit).await {
            Ok(page) if page.len() == PAGE => events.extend(page),
            Ok(page) => {
                events.extend(page);
                if limit == PAGE {
                    return (events, None);
                }
                // Then the damaged event is next.
                limit = PAGE;
            }
            Err(StoreError::Corrupt { version, .. }) if version > after.next() && limit == PAGE => {
                limit = (version.0 - after.0 - 1) as usize;
            }
            Err(error) => return (events, Some(error)),
        }
    }
}

/// What follows a version, and whether it replaces what is held: it does where the stream doesn't
/// hold that version's event any more, since a reset can be missed like any hint.
async fn newer(
    store: &Backend,
    stream: &StreamId,
    after: Version,
    event_id: &str,
) -> (bool, Result<Vec<RecordedEvent>, StoreError>) {
    match whole_stream(store, stream, after.previous()).await {
        Ok(mut events)
            if events
                .first()
                .is_some_and(|e| e.event_id.to_string() == event_id) =>
        {
            events.remove(0);
            (false, Ok(events))
        }
        Ok(_) => (true, whole_stream(store, stream, Version::NONE).await),
        Err(error) => (false, Err(error)),
    }
}

/// Puts decided events into envelopes; those of one command are one conversation.
fn seal(events: Vec<EncodedEvent>, command_id: CommandId) -> Vec<NewEvent> {
    let now = BrowserClock.now();
    let mut correlation = None;
    events
        .into_iter()
        .map(|event| {
            let event_id = BrowserIds.next_id(now);
            let correlation = correlation.get_or_insert_with(|| event_id.to_string());
            let metadata = Metadata::correlated(correlation.clone()).caused_by(command_id);
            event.seal(event_id, now, metadata)
        })
        .collect()
}

async fn reset(store: &Backend, after: AfterReset) -> Result<(), String> {
    store.reset().await.map_err(|error| error.to_string())?;
    match after {
        AfterReset::Empty => Ok(()),
        AfterReset::Story => story::import(store).await,
    }
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

/// Shows a theme; none for the system's.
pub fn show_theme(theme: Option<Theme>) {
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.document_element());
    if let (Some(root), Some(theme)) = (root, theme) {
        // The attribute's name is valid, so this can't fail.
        let _ = root.set_attribute("data-theme", theme.name());
    }
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
