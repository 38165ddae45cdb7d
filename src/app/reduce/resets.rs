//! Emptying the store, how that ended, and taking it back.

use super::super::action::{AfterReset, Effect, NotReset};
use super::super::state::{About, OutcomeKind, State, Undo};
use crate::store::ResetToken;

impl State {
    pub(super) fn reset(&mut self, after: AfterReset, effects: &mut Vec<Effect>) {
        self.dialog = None;
        if self.resetting {
            return;
        }
        self.resetting = true;
        // It would keep the reset waiting.
        self.end_verification(effects);
        self.work(Effect::Reset(after), effects);
    }

    pub(super) fn reset_ended(
        &mut self,
        after: AfterReset,
        result: Result<ResetToken, NotReset>,
        effects: &mut Vec<Effect>,
    ) {
        self.resetting = false;
        effects.push(Effect::Measure);
        if let Ok(token) = result {
            let events = None;
            self.undo = Some(Undo { token, events });
            effects.push(Effect::AwaitUndoEnd(token));
            // What the store holds then is what an undo would give up.
            self.list(effects);
        }
        let (kind, title, text) = match result {
            Ok(_) => {
                self.recovery = None;
                let text = match after {
                    AfterReset::Empty => "The store is empty.",
                    AfterReset::Story => "The store holds the story, and nothing else.",
                };
                (OutcomeKind::Done, "", text.to_owned())
            }
            Err(NotReset::Refused(reason)) => {
                let text = format!("{reason}. Nothing was deleted.");
                (OutcomeKind::Refused, "Reset failed:", text)
            }
            Err(NotReset::Unknown(reason)) => {
                // What the store holds now tells.
                self.catch_up(effects);
                let text = format!(
                    "It isn't known whether the store was emptied; what it holds is read anew. \
                     The reason: {reason}."
                );
                (OutcomeKind::Unknown, "Reset has no known outcome.", text)
            }
        };
        self.tell(kind, About::Store("Reset"), title, &text);
        self.count_anew();
    }

    pub(super) fn undo_reset(&mut self, effects: &mut Vec<Effect>) {
        if self.resetting {
            return;
        }
        if let Some(Undo { token, .. }) = self.undo.take() {
            self.resetting = true;
            self.end_verification(effects);
            effects.push(Effect::UndoReset(token));
        }
    }

    /// So long after a reset nothing brings back what it deleted.
    pub(super) fn undo_ended(&mut self, token: ResetToken) {
        if self.undo.is_some_and(|undo| undo.token == token) {
            self.undo = None;
        }
    }

    /// What the store holds ends the offer to undo, once it is another number of events than after the reset.
    pub(super) fn weigh_undo(&mut self) {
        let events = self.events_in_store();
        if let Some(undo) = &mut self.undo
            && *undo.events.get_or_insert(events) != events
        {
            self.undo = None;
        }
    }

    pub(super) fn reset_undone(&mut self, result: Result<(), String>, effects: &mut Vec<Effect>) {
        self.resetting = false;
        effects.push(Effect::Measure);
        match result {
            Ok(()) => {
                let text = "The reset is undone: all is as it was before.";
                self.tell(OutcomeKind::Done, About::Store("Reset"), "", text);
                self.count_anew();
            }
            Err(reason) => self.tell(
                OutcomeKind::Refused,
                About::Store("Reset"),
                "Not undone:",
                &reason,
            ),
        }
    }
}
