//! What is known of the log beside the database and the journal: a few numbers in local storage.
//! They may be late, and a worker has none, so they prove that something is missing, never that
//! nothing is.

use std::cell::Cell;

use uuid::Uuid;

use crate::core::{EventId, Position};
use crate::log::checksum;
use crate::log::journal::Emptying;
use crate::store::judging::{Asked, Database, Noted};

/// How far a log went when something was last recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Sentinel {
    /// The store that it is of.
    pub(in super::super) store: Uuid,
    /// The number of the last segment.
    pub(in super::super) segment: u64,
    /// The greatest position that was given.
    pub(in super::super) position: Position,
    /// How many events there were.
    pub(in super::super) events: u64,
    /// Tells the last event from another in its place; none where it isn't known.
    pub(in super::super) hash: Option<u32>,
    /// The number of the segment that last emptied the store while nothing was in doubt, or 0.
    pub(in super::super) emptied: u64,
    /// How many events there were when something came to be in doubt, or 0.
    pub(in super::super) before: u64,
}

/// The hash of a log's last event.
pub(in super::super) fn hash((last, position): &(EventId, Position)) -> u32 {
    checksum::of_bytes(last.0.as_bytes(), &position.to_string())
}

fn key(name: &str) -> String {
    format!("{name}.sentinel")
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

impl Sentinel {
    /// Its numbers in the order of the fields, with spaces between.
    fn text(&self) -> String {
        let Sentinel {
            store,
            segment,
            position,
            events,
            hash,
            emptied,
            before,
        } = self;
        let hash = hash.map(|hash| hash.to_string()).unwrap_or_default();
        format!("{store} {segment} {position} {events} {hash} {emptied} {before}")
    }

    fn parse(text: &str) -> Option<Sentinel> {
        let mut fields = text.split(' ');
        let store = Uuid::parse_str(fields.next()?).ok()?;
        let mut number = || fields.next()?.parse().ok();
        Some(Sentinel {
            store,
            segment: number()?,
            position: Position(number()?),
            events: number()?,
            hash: number().and_then(|hash: u64| hash.try_into().ok()),
            // An older release noted neither.
            emptied: number().unwrap_or(0),
            before: number().unwrap_or(0),
        })
    }

    /// That of a database as it is.
    pub(super) fn of(store: Uuid, seen: &Database) -> Sentinel {
        Sentinel {
            store,
            segment: seen.segment,
            position: seen.position,
            events: seen.events,
            hash: None,
            emptied: seen.emptied,
            before: 0,
        }
    }

    /// What it says of what emptied the log of a journal last, of this store.
    pub(super) fn emptied_in(&self, store: Uuid) -> Option<Emptying> {
        self.noted().emptied_in(store)
    }

    /// As it is judged.
    pub(super) fn noted(&self) -> Noted {
        Noted {
            store: self.store,
            segment: self.segment,
            position: self.position,
            events: self.events,
            before: self.before,
            emptied: self.emptied,
        }
    }
}

/// What is noted, where local storage could be asked.
pub(super) fn ask(name: &str) -> Asked<Sentinel> {
    match storage().map(|storage| storage.get_item(&key(name))) {
        Some(Ok(text)) => {
            let noted = text.and_then(|text| Sentinel::parse(&text));
            noted.map_or(Asked::Missing, Asked::There)
        }
        _ => Asked::Silent,
    }
}

pub(in super::super) fn read(name: &str) -> Option<Sentinel> {
    ask(name).there()
}

/// Keeps it, unless another tab noted more of the same store.
pub(in super::super) fn note(name: &str, sentinel: &Sentinel) {
    let is_behind =
        |held: Sentinel| held.store == sentinel.store && held.segment > sentinel.segment;
    if !read(name).is_some_and(is_behind) {
        keep(name, sentinel);
    }
}

/// The same with what waits to be kept, if anything does.
pub(super) fn note_taken(name: &str, noting: &Cell<Option<Sentinel>>) {
    if let Some(sentinel) = noting.take() {
        note(name, &sentinel);
    }
}

/// Keeps it, whatever was there.
pub(in super::super) fn keep(name: &str, sentinel: &Sentinel) {
    if let Some(storage) = storage() {
        // Full or denied: then nothing is known beside the database and the journal.
        let _ = storage.set_item(&key(name), &sentinel.text());
    }
}

pub(in super::super) fn remove(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(&key(name));
    }
}
