//! What was set aside of the store: saved as a file, brought back, deleted.

use std::rc::Rc;

use super::super::action::{Effect, Saved};
use super::super::parts::{Fetched, Part};
use super::super::phrases::count;
use super::super::state::{About, OutcomeKind, Room, State};
use super::verification::with_holes;
use crate::store::SetAside;

impl State {
    pub(super) fn measured(&mut self, room: Room, effects: &mut Vec<Effect>) {
        self.room = Some(room);
        // One that can't be fetched is asked for again by a person.
        if *self.parts.get(Part::Dialogs) == Fetched::No {
            self.fetch_if_wanted(Part::Dialogs, effects);
        }
    }

    pub(super) fn set_aside_saved(&mut self, saved: Result<Saved, String>) {
        match saved {
            Ok(Saved {
                events,
                holes,
                file,
            }) => {
                let events = count(events, "event");
                let text = format!("Saved {events} to {file}.{}", with_holes(holes));
                self.tell(OutcomeKind::Done, About::Store("Set aside"), "", &text);
            }
            Err(reason) => {
                self.tell(
                    OutcomeKind::Refused,
                    About::Store("Set aside"),
                    "Not saved:",
                    &reason,
                );
            }
        }
    }

    pub(super) fn bring_back(&mut self, aside: Rc<SetAside>, effects: &mut Vec<Effect>) {
        self.dialog = None;
        if self.exchanging {
            return;
        }
        self.exchanging = true;
        // It would keep the exchange waiting.
        self.end_verification(effects);
        effects.push(Effect::BringBack(aside));
    }

    pub(super) fn brought_back(&mut self, result: Result<u64, String>, effects: &mut Vec<Effect>) {
        self.exchanging = false;
        effects.push(Effect::Measure);
        match result {
            Ok(events) => {
                self.undo = None;
                // Storage lists by now what it told of.
                self.recovery = None;
                let text = format!("{} came back.", count(events, "event"));
                self.tell(OutcomeKind::Done, About::Store("Set aside"), "", &text);
                self.count_anew();
            }
            Err(reason) => {
                // What the store holds now tells.
                self.catch_up(effects);
                let title = "Not brought back:";
                self.tell(
                    OutcomeKind::Refused,
                    About::Store("Set aside"),
                    title,
                    &reason,
                );
            }
        }
    }

    pub(super) fn set_aside_deleted(
        &mut self,
        result: Result<(), String>,
        effects: &mut Vec<Effect>,
    ) {
        effects.push(Effect::Measure);
        match result {
            Ok(()) => {
                let text = "What was set aside is deleted.";
                self.tell(OutcomeKind::Done, About::Store("Set aside"), "", text);
            }
            Err(reason) => {
                self.tell(
                    OutcomeKind::Refused,
                    About::Store("Set aside"),
                    "Not deleted:",
                    &reason,
                );
            }
        }
    }
}
