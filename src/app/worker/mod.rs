//! What the page's worker does: files in and out, and the check of the whole store. Each of these
//! has a worker of its own, whose memory goes with it.
//!
//! Messages are arrays. The first says what to do (`import`, `export`, `aside` or `verify`), on what (the
//! name of a database, or the packed events of a store in memory), at what time, and with what; then
//! comes at most `cancel`. The answers begin with `progress`, `done`, `refused` or `broken`.

mod export;
mod import;
mod pack;
mod unpack;
mod verify;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::backend;
use super::pace::Pace;
use crate::browser::clock::BrowserClock;
use crate::browser::indexed_db::{IndexedDbStore, LoadCode};
use crate::browser::worker::Page;
use crate::core::{Clock, Position, StreamId, Timestamp};
use crate::log::segments::unpack;
use crate::store::{ImportStore, MemoryStore};
use crate::target::spawn;

/// The store to work on.
type Backend = backend::Backend<Rc<MemoryStore>>;

/// How often the page hears how far the work is, in milliseconds, while its percentage stays.
const TELL_EVERY: f64 = 100.0;

const CANCELLED: &str = "it was cancelled. Nothing was imported.";

/// What a message of the page says first. The file comes last, and whether it is imported with holes.
pub const IMPORT: &str = "import";
/// Whether it is to be packed comes last, and which stream alone is to be exported, by its type and id.
pub const EXPORT: &str = "export";
/// The name of what was set aside comes last.
pub const ASIDE: &str = "aside";
/// Nothing else comes.
pub const VERIFY: &str = "verify";
/// The work is to be broken off.
pub const CANCEL: &str = "cancel";

/// What an answer says first: percent, words and events follow.
pub const PROGRESS: &str = "progress";
/// What it came to follows.
pub const DONE: &str = "done";
/// The rest of a sentence follows; then, where there could be holes in the places of what is missing, how
/// many.
pub const REFUSED: &str = "refused";
/// The store failed at a moment that nobody can tell. The rest of a sentence follows.
pub const BROKEN: &str = "broken";

/// Does what the page asks for, as long as the worker lives.
pub fn serve() {
    let cancelled = Rc::new(Cell::new(false));
    Page::listen(move |message| {
        let what = text(&message.get(0));
        if what == CANCEL {
            cancelled.set(true);
        } else {
            let course = Course::new(Rc::clone(&cancelled));
            spawn(async move {
                let answer = work(&what, &message, course).await;
                Page::new().post(&answer.unwrap_or_else(|reason| told([REFUSED, &reason])));
            });
        }
    });
}

async fn work(what: &str, message: &Array, course: Course) -> Result<Array, String> {
    let store = open(message.get(1)).await?;
    let now = Timestamp::from_millis(message.get(2).as_f64().unwrap_or(0.0) as i64);
    let with = message.get(3);
    match what {
        IMPORT => {
            let given = Position(message.get(4).as_f64().unwrap_or(0.0) as u64);
            let with: Array = with.unchecked_into();
            let (file, with_holes) = (with.get(0).unchecked_into(), with.get(1).is_truthy());
            import::import(&store, file, with_holes, (now, given), course).await
        }
        EXPORT => {
            let with: Array = with.unchecked_into();
            let only = StreamId::new(text(&with.get(1)), text(&with.get(2))).ok();
            export::export(&store, with.get(0).is_truthy(), only, now, course).await
        }
        ASIDE => export::set_aside(&text(&with), now).await,
        _ => verify::verify(&store, course).await,
    }
}

/// The store to work on: the browser's, or what the page holds in memory.
async fn open(source: JsValue) -> Result<Backend, String> {
    if let Some(names) = source.dyn_ref::<Array>() {
        let (name, database) = (text(&names.get(0)), text(&names.get(1)));
        let store = IndexedDbStore::open_beside(&name, &database, LoadCode::IMPORTING).await;
        return store.map(Backend::Browser).map_err(|e| e.to_string());
    }
    let packed = Uint8Array::new(&source).to_vec();
    let events = unpack(&packed).map_err(|error| error.to_string())?;
    let store = MemoryStore::new();
    let go_on = |_| ControlFlow::Continue(());
    let filled = store.import(Position::START, None, &events, go_on).await;
    filled.map_err(|error| error.to_string())?;
    Ok(Backend::Memory(Rc::new(store)))
}

fn text(value: &JsValue) -> String {
    value.as_string().unwrap_or_default()
}

fn told<const N: usize>(texts: [&str; N]) -> Array {
    texts.into_iter().map(JsValue::from_str).collect()
}

/// An answer of numbers.
fn done<const N: usize>(numbers: [u64; N]) -> Array {
    let answer = told([DONE]);
    for number in numbers {
        answer.push(&(number as f64).into());
    }
    answer
}

fn millis() -> f64 {
    BrowserClock.now().millis() as f64
}

/// How the work goes on, which the page hears now and then; and whether it still wants it.
struct Course {
    cancelled: Rc<Cell<bool>>,
    begun: f64,
    /// When the present step began.
    step: Cell<(&'static str, f64)>,
    /// When the page was told last, and what percentage.
    told: Cell<(f64, f64)>,
}

impl Course {
    fn new(cancelled: Rc<Cell<bool>>) -> Course {
        let now = millis();
        Course {
            cancelled,
            begun: now,
            step: Cell::new(("", now)),
            told: Cell::new((0.0, 0.0)),
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.get()
    }

    /// So many events of a step are done, and so much of the whole.
    fn tell(&self, step: &'static str, events: u64, percent: f64) {
        let now = millis();
        let whole = percent.clamp(0.0, 100.0).floor();
        let (when, what) = self.told.get();
        if self.step.get().0 != step {
            self.step.set((step, now));
        } else if what == whole && now - when < TELL_EVERY {
            return;
        }
        self.told.set((now, whole));
        let pace = Pace {
            step,
            events,
            elapsed: now - self.step.get().1,
            percent,
            whole: now - self.begun,
        };
        let answer = told([PROGRESS]);
        answer.push(&whole.into());
        answer.push(&pace.words().into());
        answer.push(&(events as f64).into());
        Page::new().post(&answer);
    }
}
