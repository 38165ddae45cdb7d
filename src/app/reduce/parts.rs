//! The parts that are fetched when they are opened, and the places beside the streams.

use super::super::action::{Effect, Entry};
use super::super::parts::{Beside, Fetched, Part};
use super::super::state::State;

/// The name of a place in the address.
const ABOUT: &str = "about";

impl State {
    /// Goes to a place beside the streams, by its name in the address.
    pub(super) fn go_beside(&mut self, name: &str, effects: &mut Vec<Effect>) {
        self.forget_bad_address();
        self.beside = Some(match name {
            ABOUT => Beside::About,
            other => Beside::Unknown(other.chars().take(80).collect()),
        });
        self.fetch_what_is_wanted(effects);
        self.show_address(Entry::Replace, effects);
    }

    /// Fetches what is wanted and was never asked for, or couldn't be fetched before.
    pub(super) fn fetch_what_is_wanted(&mut self, effects: &mut Vec<Effect>) {
        for part in Part::ALL {
            self.fetch_if_wanted(part, effects);
        }
    }

    /// The same of one part.
    pub(super) fn fetch_if_wanted(&mut self, part: Part, effects: &mut Vec<Effect>) {
        if self.wants(part).is_none() {
            return;
        }
        let fetched = self.parts.get_mut(part);
        if matches!(fetched, Fetched::No | Fetched::Failed(_)) {
            *fetched = Fetched::Coming;
            effects.push(Effect::Fetch(part));
        }
    }

    pub(super) fn fetched(&mut self, part: Part, result: Result<(), String>) {
        *self.parts.get_mut(part) = match result {
            Ok(()) => Fetched::Here,
            Err(reason) => Fetched::Failed(reason),
        };
    }
}
