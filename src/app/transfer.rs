//! Files into the store and out of it: reading what the user chose, planning against all that the
//! store holds, and writing it in one transaction; and the whole store as one file.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::rc::Rc;

use gloo::file::{Blob, ObjectUrl};
use wasm_bindgen::JsCast;
use web_sys::HtmlAnchorElement;
use yew::Callback;

use super::action::{Action, Exported, Imported, Packing};
use super::pack;
use super::story::STORY;
use super::unpack::Pieces;
use crate::archive::{Line, Plan, Planner, Reader, file_name, write_event};
use crate::browser::clock::BrowserClock;
use crate::core::{Clock, Position, RecordedEvent, Timestamp};
use crate::model::Registry;
use crate::store::{EventStore, Held, ImportError, InspectStore, StoreError};

/// How many events of the store are read at once.
const PAGE: usize = 2_000;

/// How often an import is planned anew because others append meanwhile.
const TRIES: usize = 5;

/// The share of an import's progress that is reading the file.
const READING: f64 = 40.0;

const CANCELLED: &str = "it was cancelled. Nothing was imported.";

/// Is told how far an import is, and what it does. Not generic, so that the page's wasm has an import
/// once.
type Tell<'a> = dyn Fn(f64, &'static str) + 'a;

/// Imports a file, all of it or nothing. The error is a sentence to be read after a colon.
pub async fn import(
    store: &impl EventStore,
    file: &web_sys::File,
    cancelled: &Rc<Cell<bool>>,
    act: &Callback<Action>,
) -> Result<Imported, String> {
    let told = Cell::new(u8::MAX);
    let tell = |percent: f64, stage: &'static str| {
        let percent = percent.clamp(0.0, 100.0) as u8;
        if told.replace(percent) != percent {
            act.emit(Action::ImportProgress { percent, stage });
        }
    };
    let mut reader = Reader::new();
    let refused = read(file, &mut reader, cancelled, &tell).await?;
    let lines = match &refused {
        // An earlier line that can't go into this store is the first bad one.
        Some(_) => reader.into_lines(),
        None => reader
            .finish()
            .map_err(|refused| nothing_imported(&refused))?,
    };
    let planned = plan_and_write(store, lines, refused, cancelled, &tell).await?;
    Ok(Imported {
        events: planned.events.len(),
        skipped: planned.skipped,
        stamped: planned.stamped_with_import_time,
    })
}

/// Imports the story of the first visit; where it is already, nothing happens.
pub async fn import_story(store: &impl EventStore) -> Result<(), String> {
    let mut reader = Reader::new();
    reader
        .feed(STORY.as_bytes())
        .map_err(|refused| refused.to_string())?;
    let lines = reader.finish().map_err(|refused| refused.to_string())?;
    let never = Rc::new(Cell::new(false));
    plan_and_write(store, lines, None, &never, &|_, _| {})
        .await
        .map(|_| ())
}

/// Feeds a file to the reader, and answers with the refusal of its first bad line.
async fn read(
    file: &web_sys::File,
    reader: &mut Reader,
    cancelled: &Rc<Cell<bool>>,
    tell: &Tell<'_>,
) -> Result<Option<String>, String> {
    let mut pieces = Pieces::of(file)
        .await
        .map_err(|reason| nothing_imported(&reason))?;
    while let Some(piece) = pieces
        .next()
        .await
        .map_err(|reason| nothing_imported(&reason))?
    {
        if cancelled.get() {
            return Err(CANCELLED.to_owned());
        }
        if let Err(refused) = reader.feed(&piece) {
            return Ok(Some(nothing_imported(&refused)));
        }
        tell(READING * pieces.share(), "Reading");
    }
    Ok(None)
}

async fn plan_and_write(
    store: &impl EventStore,
    lines: Vec<Line>,
    refused: Option<String>,
    cancelled: &Rc<Cell<bool>>,
    tell: &Tell<'_>,
) -> Result<Plan, String> {
    let registry = Registry::shipped();
    let check = |event: &RecordedEvent| registry.check(event).map_err(|error| error.to_string());
    for _ in 0..TRIES {
        let mut planner = Planner::new(lines.clone());
        observe(store, &mut planner)
            .await
            .map_err(|error| nothing_imported(&error))?;
        if cancelled.get() {
            return Err(CANCELLED.to_owned());
        }
        let plan = planner
            .plan(BrowserClock.now(), check)
            .map_err(|refused| nothing_imported(&refused))?;
        if let Some(refused) = refused {
            return Err(refused);
        }
        if plan.events.is_empty() {
            return Ok(plan);
        }
        let total = plan.events.len() as f64;
        let progress = |done: usize| {
            tell(READING + (100.0 - READING) * done as f64 / total, "Writing");
            if cancelled.get() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        match store.import(plan.after, &plan.events, progress).await {
            Ok(()) => return Ok(plan),
            Err(ImportError::StoreMoved { .. }) => {}
            Err(ImportError::Cancelled) => return Err(CANCELLED.to_owned()),
            Err(ImportError::Store(error)) => return Err(nothing_imported(&error)),
        }
    }
    Err(
        "other tabs keep appending meanwhile; try again when they rest. Nothing was imported."
            .to_owned(),
    )
}

/// Shows the planner all that the store holds.
async fn observe(store: &impl EventStore, planner: &mut Planner) -> Result<(), StoreError> {
    let mut after = Position::START;
    loop {
        let page = store.read_all(after, PAGE).await?;
        page.iter().for_each(|event| planner.observe(event));
        match page.last() {
            Some(last) if page.len() == PAGE => after = last.position,
            _ => return Ok(()),
        }
    }
}

fn nothing_imported(reason: &impl ToString) -> String {
    let reason = reason.to_string();
    format!("{}. Nothing was imported.", reason.trim_end_matches('.'))
}

/// Exports all that can be read of the store to a file.
pub async fn export(store: &impl InspectStore, packing: Packing) -> Result<Exported, String> {
    let (mut text, mut events, mut damaged) = (String::new(), 0, 0);
    let inspected = store.inspect(|held| match held {
        Held::Event {
            event: Ok(event), ..
        } => {
            write_event(event, &mut text);
            events += 1;
            ControlFlow::Continue(())
        }
        Held::Event { event: Err(_), .. } => {
            damaged += 1;
            ControlFlow::Continue(())
        }
        // Events come first.
        Held::Head(_) | Held::Snapshot(_) => ControlFlow::Break(()),
    });
    inspected.await.map_err(|error| format!("{error}."))?;
    let mut file = file_name(today());
    let mut blob = Blob::new_with_options(text.as_str(), Some("application/x-ndjson"));
    if packing == Packing::Gzip {
        file += ".gz";
        blob = pack::gzip(blob).await?;
    }
    save_as(blob, &file).ok_or("this page can't save files.")?;
    Ok(Exported {
        events,
        damaged,
        file,
    })
}

fn today() -> Timestamp {
    BrowserClock.now()
}

/// Hands a file to the browser's downloads.
fn save_as(blob: Blob, name: &str) -> Option<()> {
    let document = web_sys::window()?.document()?;
    let address = ObjectUrl::from(blob);
    let link: HtmlAnchorElement = document.create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The download reads the address after this turn of the event loop, so it has to live on.
    gloo::timers::callback::Timeout::new(60_000, move || drop(address)).forget();
    Some(())
}
