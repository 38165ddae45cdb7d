//! What was appended while the second copy couldn't be asked: from which segment on, as one record that
//! is written with the first of them.

use std::cell::Cell;

use idb::ObjectStore;
use wasm_bindgen::JsValue;
use web_sys::IdbDatabase;

use super::codec;
use super::log::Log;
use super::schema::META;
use super::transaction::{self, Fault, Writing, answer};
use crate::store::Durability;

/// Key in [`META`].
const DOUBT: &str = "doubt";

/// What comes after this segment was appended in doubt, and after so many events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    pub(super) after: u64,
    pub(super) events: u64,
}

/// What one connection knows to be in doubt of the database that it has open.
#[derive(Default)]
pub(super) struct Doubts {
    known: Cell<Option<Doubt>>,
    due: Cell<Due>,
    /// How many databases were opened.
    lives: Cell<u64>,
    /// Whether it was made since somebody last judged.
    is_unjudged: Cell<bool>,
}

/// Whether what is in doubt is to be noted with what is added next.
#[derive(Clone, Copy, Default)]
enum Due {
    /// Nothing is, or it is noted.
    #[default]
    No,
    /// From what is added next on: nobody here asks for a second copy, and no other tab keeps it, or that hasn't
    /// judged.
    FromHere,
    /// This.
    As(Doubt),
}

/// What is to be noted in one database.
#[derive(Clone, Copy)]
pub(super) struct ToNote {
    doubt: Option<Doubt>,
    life: u64,
}

impl ToNote {
    /// Whether there is anything.
    pub(super) fn is_any(self) -> bool {
        self.doubt.is_some()
    }

    /// Notes it within a transaction that adds something to that database, unless another tab noted meanwhile that
    /// more is.
    pub(super) async fn note(self, writing: &Writing) -> Result<(), Fault> {
        let Some(doubt) = self.doubt else {
            return Ok(());
        };
        let meta = writing.store(META)?;
        match found(&meta).await? {
            Some(known) if known.after <= doubt.after => Ok(()),
            _ => note(&meta, doubt),
        }
    }
}

impl Doubts {
    /// A database was opened, which says this.
    pub(super) fn begin(&self, known: Option<Doubt>) {
        self.lives.set(self.lives.get() + 1);
        self.known.set(known);
        self.due.set(Due::No);
        self.is_unjudged.set(false);
    }

    /// Nobody has judged it yet: another tab brings back what it lacks.
    pub(super) fn is_unjudged(&self) {
        self.is_unjudged.set(true);
    }

    /// Whether another tab may be bringing back what this database lacks.
    pub(super) fn may_be_restored(&self, noting: ToNote) -> bool {
        noting.is_any() || self.is_unjudged.get()
    }

    /// Another tab has judged it.
    pub(super) fn is_judged(&self) {
        if self.is_unjudged.replace(false) {
            self.due.set(Due::No);
        }
    }

    /// What comes of judging it: this is noted with what is added next, or what nobody judged.
    pub(super) fn judged(&self, doubt: Option<Doubt>) {
        self.known.set(doubt);
        self.due.set(match doubt {
            Some(doubt) => Due::As(doubt),
            None if self.is_unjudged.get() => Due::FromHere,
            None => Due::No,
        });
    }

    /// The database says this by now: another tab may have judged it.
    pub(super) fn learn(&self, known: Option<Doubt>) {
        if !matches!(self.due.get(), Due::As(_)) {
            self.known.set(known);
        }
    }

    /// Nobody asks for its second copy.
    pub(super) fn begin_here(&self) {
        self.due.set(Due::FromHere);
    }

    /// How many events there were before what is in doubt.
    pub(super) fn events_before(&self) -> u64 {
        self.known.get().map_or(0, |doubt| doubt.events)
    }

    /// What is to be noted with what comes next, of a log that is read to its end.
    pub(super) fn to_note(&self, log: &Log) -> ToNote {
        let doubt = match self.due.get() {
            Due::No => None,
            Due::As(doubt) => Some(doubt),
            Due::FromHere => {
                let here = log.ask(|index| Doubt {
                    after: index.last_segment(),
                    events: index.events(),
                });
                let known = self.known.get();
                Some(here).filter(|here| known.is_none_or(|known| known.after > here.after))
            }
        };
        let life = self.lives.get();
        ToNote { doubt, life }
    }

    /// The transaction that noted it is complete. Of a database that was opened since, it says nothing.
    pub(super) fn noted(&self, noted: ToNote) {
        if noted.life == self.lives.get() {
            self.due.set(Due::No);
        }
    }

    /// The number of an emptying segment, where nothing was in doubt when it was added; else 0.
    pub(super) fn knowingly_emptied(&self, segment: u64) -> u64 {
        match self.known.get() {
            Some(doubt) if segment > doubt.after => 0,
            _ => segment,
        }
    }
}

/// What a database says of itself.
pub(super) async fn read(database: &IdbDatabase) -> Result<Option<Doubt>, Fault> {
    found(&transaction::read(database, &[META])?.store(META)?).await
}

/// The same within a transaction.
pub(super) async fn found(meta: &ObjectStore) -> Result<Option<Doubt>, Fault> {
    let found = answer(meta.get(JsValue::from(DOUBT))?).await?;
    let text = codec::value_of(&found);
    Ok(text.and_then(|text| {
        let (after, events) = text.split_once(' ')?;
        Some(Doubt {
            after: after.parse().ok()?,
            events: events.parse().ok()?,
        })
    }))
}

/// Notes it within a transaction that adds the first of what is in doubt.
fn note(meta: &ObjectStore, doubt: Doubt) -> Result<(), Fault> {
    let text = format!("{} {}", doubt.after, doubt.events);
    meta.put(&codec::meta(DOUBT, &text), None)?;
    Ok(())
}

/// Nothing is in doubt any more.
pub(super) async fn clear(database: &IdbDatabase) -> Result<(), Fault> {
    let writing = Writing::begin(database, &[META], Durability::Strict)?;
    writing.store(META)?.delete(JsValue::from(DOUBT))?;
    writing.commit().await
}
