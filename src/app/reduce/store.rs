//! The store as a whole: opened, and what waits for that; listed, out of reach, emptied.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::core::{StreamHead, StreamId};
use crate::store::StoreError;
use crate::timeline::Timeline;

use super::super::action::{Effect, Entry};
use super::super::asked::View;
use super::super::parts::{Fetched, Part};
use super::super::state::{About, Outcome, OutcomeKind, Progress, State, Storage};

/// Said of work on a file before it has come any further.
const BEGINNING: &str = "Beginning";

/// Said of what another tab did to the store.
pub(super) const EMPTIED: &str = "Emptied in another tab";

/// Said once an opening lasts.
const SLOW: &str = "Opening takes long. It goes on; where other tabs of this page are open, one of them may hold it up.";

impl State {
    pub(super) fn opened(&mut self, storage: Storage, effects: &mut Vec<Effect>) {
        // One that was lost meanwhile is out of reach until a call reaches it.
        if !matches!(self.storage, Storage::Lost(_)) {
            self.storage = storage;
        }
        self.is_open = true;
        self.moving = None;
        self.is_slow = false;
        for waited in [&mut self.import, &mut self.export].into_iter().flatten() {
            waited.words = BEGINNING.to_owned();
        }
        self.list(effects);
        effects.push(Effect::Measure);
        effects.append(&mut self.waiting);
    }

    /// What is on its way, or waits for the store to be open, for a person to read.
    #[must_use]
    pub fn waiting_words(&self) -> Option<String> {
        // A dialog is here before anybody has heard that it comes.
        if *self.parts.get(Part::About) == Fetched::Coming
            && let Some(name) = self.wants(Part::About)
        {
            return Some(format!("Loading {name}"));
        }
        let names = self.waiting.iter().filter_map(|work| match work {
            Effect::Import | Effect::ImportWithHoles => Some("Import"),
            Effect::Export(_) | Effect::ExportStream(_) => Some("Export"),
            Effect::Verify => Some("Verify"),
            Effect::Reset(_) => Some("Reset"),
            _ => None,
        });
        let names: Vec<&str> = names.collect();
        let waits = if names.len() == 1 { "waits" } else { "wait" };
        let words = || format!("{} {waits} until the store is open.", names.join(", "));
        if names.is_empty() {
            let is_slow = self.is_slow && self.trying.is_none() && self.moving.is_none();
            return is_slow.then(|| SLOW.to_owned());
        }
        Some(words())
    }

    /// The course of work on a file, before it has come any further.
    pub(super) fn beginning(&self, file: Option<String>) -> Progress {
        let words = match self.is_open {
            true => BEGINNING,
            false => "Waiting until the store is open",
        };
        Progress {
            file,
            percent: 0,
            words: words.to_owned(),
        }
    }

    /// Asks for work on the store as a whole: at once, or as soon as it is open.
    pub(super) fn work(&mut self, work: Effect, effects: &mut Vec<Effect>) {
        match self.is_open {
            true => effects.push(work),
            false => self.waiting.push(work),
        }
    }

    /// Forgets work that still waits. Answers whether there was any.
    pub(super) fn forget_waiting(&mut self, is_it: impl Fn(&Effect) -> bool) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|work| !is_it(work));
        self.waiting.len() < before
    }

    pub(super) fn list(&mut self, effects: &mut Vec<Effect>) {
        let asked = self.views.now();
        if self.listing.ask(asked) {
            effects.push(Effect::List(asked));
        }
    }

    pub(super) fn streams_listed(
        &mut self,
        asked: View,
        streams: Result<Vec<StreamHead>, StoreError>,
        archived: Option<BTreeSet<StreamId>>,
        effects: &mut Vec<Effect>,
    ) {
        let is_old = self.listing.answered(asked);
        if is_old {
            self.list(effects);
        }
        if !self.views.is_of_store(asked) {
            return;
        }
        // Where that can't be read nothing is left out; that the store can't be is told with the streams.
        if let Some(archived) = archived {
            self.archived = archived;
        }
        match streams {
            Ok(streams) => {
                self.reached(asked, effects);
                self.unlisted = None;
                self.streams = Some(Rc::new(streams));
                if !is_old {
                    self.weigh_undo();
                    self.weigh_told();
                }
                if let Some(address) = self.pending.address.take() {
                    self.go(&address, effects);
                }
            }
            Err(error) => self.unlisted = Some(why_unread(&error)),
        }
    }

    pub(super) fn lost(&mut self, reason: String) {
        self.views.lose();
        self.storage = Storage::Lost(reason);
    }

    /// The store answered to what was asked then.
    pub(super) fn reached(&mut self, asked: View, effects: &mut Vec<Effect>) {
        if matches!(self.storage, Storage::Lost(_)) && self.views.is_of_reach(asked) {
            self.storage = Storage::Kept;
            effects.push(Effect::Measure);
        }
    }

    pub(super) fn emptied(&mut self, effects: &mut Vec<Effect>) {
        // What is to be tried again isn't forgotten over it.
        let is_open = |told: &Outcome| told.kind == OutcomeKind::Unknown;
        let is_lost = matches!(self.storage, Storage::Lost(_));
        if !self.resetting
            && !self.exchanging
            && !is_lost
            && !self.outcome.as_ref().is_some_and(is_open)
        {
            self.tell(OutcomeKind::Done, About::Store("Reset"), "", EMPTIED);
            self.count_anew();
        }
        if !self.resetting {
            self.undo = None;
        }
        self.unread = None;
        self.end_verification(effects);
        self.stop_playing(effects);
        self.views.empty();
        self.held = None;
        // What was listed before isn't there any more.
        if self.streams.is_some() {
            self.streams = Some(Rc::default());
            self.archived.clear();
        }
        self.list(effects);
        let Some(stream) = self.stream().cloned() else {
            return;
        };
        if self.registry.find(stream.aggregate_type()).is_none() {
            // What is not in the store any more has no model either.
            let stream = self.default_stream();
            self.visit(stream, Entry::Replace, effects);
        } else {
            let model = self.registry.model(stream.aggregate_type());
            self.timeline = Some(Rc::new(Timeline::new(model, stream)));
            self.history = None;
            self.viewed = None;
            self.open_first_form();
            self.show_address(Entry::Replace, effects);
            self.read_on(effects);
        }
    }
}

/// Why something can't be read, and what to do.
pub(super) fn why_unread(error: &StoreError) -> String {
    let mut text = format!("{error}.");
    if let StoreError::Corrupt { .. } = error {
        text += " An export keeps all that is intact, with holes in the places of what isn't, and can \
                 be imported; Verify says what else is damaged, and what to do.";
    }
    text
}
