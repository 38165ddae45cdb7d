//! Noting beside both copies how far the log goes. It follows `browser/indexed_db/journal/sentinel.rs`.

use std::rc::Rc;

use eventloom::core::Position;
use eventloom::store::judging::{Asked, Noted};

use super::keeping::Journal;
use super::tab::Tab;
use super::world::{Kept, World};

impl Journal {
    /// Notes beside it how far the log goes, in a moment.
    pub fn note(tab: &Rc<Tab>) {
        let (Some(journal), Some(store)) = (&tab.journal, tab.store.get()) else {
            return;
        };
        let known = tab.knows();
        let noted = Noted {
            store,
            segment: known.last,
            position: Position(tab.next_position() - 1),
            events: known.events,
            emptied: tab.knowingly_emptied(known.emptied),
            before: tab.doubt.get().map_or(0, |doubt| doubt.events),
        };
        let last = known.last_event;
        if journal.noting.replace(Some(Kept { noted, last })).is_none() {
            let tab = Rc::clone(tab);
            tab.clone().spawn(async move {
                tab.pause().await;
                Journal::note_now(&tab);
            });
        }
    }

    pub fn note_now(tab: &Tab) {
        if let Some(noted) = tab
            .journal
            .as_ref()
            .and_then(|journal| journal.noting.take())
        {
            note(&tab.world, noted);
        }
    }

    pub fn note_emptied(tab: &Rc<Tab>, segment: u64, floor: u64) {
        if let (Some(journal), Some(store)) = (&tab.journal, tab.store.get()) {
            journal.noting.set(None);
            let noted = Noted {
                store,
                segment,
                position: Position(floor),
                events: 0,
                emptied: tab.knowingly_emptied(segment),
                before: 0,
            };
            note(&tab.world, Kept { noted, last: None });
        }
    }
}

/// Keeps it, unless another tab noted more of the same store.
fn note(world: &World, kept: Kept) {
    let Kept { noted, .. } = kept;
    let held = ask(world).there();
    if !held.is_some_and(|held| held.store == noted.store && held.segment > noted.segment) {
        keep_with(world, kept);
    }
}

/// Keeps it, whatever was there.
pub fn keep(world: &World, noted: Noted) {
    keep_with(world, Kept { noted, last: None });
}

fn keep_with(world: &World, kept: Kept) {
    if !world.is_storage_denied.get() {
        world.storage.borrow_mut().noted = Some(kept);
    }
}

pub fn ask(world: &World) -> Asked<Noted> {
    match (world.is_storage_denied.get(), world.storage.borrow().noted) {
        (true, _) => Asked::Silent,
        (false, None) => Asked::Missing,
        (false, Some(kept)) => Asked::There(kept.noted),
    }
}
