//! The check of the whole store: its course and what came of it.

use std::rc::Rc;

use super::super::action::Effect;
use super::super::state::{About, OutcomeKind, State, Storage, Verifying};
use crate::store::{Verification, VerifyError};

impl State {
    pub(super) fn verify(&mut self, effects: &mut Vec<Effect>) {
        let running = matches!(self.verifying, Verifying::Running { .. });
        if running || self.storage == Storage::Opening {
            return;
        }
        self.verifying = Verifying::Running { percent: 0 };
        effects.push(Effect::Verify);
    }

    pub(super) fn verify_progress(&mut self, events: u64) {
        let all = self.events_in_store().max(1);
        if let Verifying::Running { percent } = &mut self.verifying {
            // The list of streams may be a little behind the store.
            *percent = (events * 100 / all).min(100) as u8;
        }
    }

    pub(super) fn verified(&mut self, result: Result<Rc<Verification>, VerifyError>) {
        // What was put away meanwhile stays away.
        if !matches!(self.verifying, Verifying::Running { .. }) {
            return;
        }
        self.verifying = Verifying::No;
        match result {
            Ok(verification) => self.verifying = Verifying::Done(verification),
            Err(VerifyError::Cancelled) => {}
            Err(VerifyError::Store(error)) => {
                let text = format!("{error}.");
                self.tell(OutcomeKind::Refused, About::Store, "Verify failed:", &text);
            }
        }
    }

    /// Puts it away, finished or not: asked to, or because the store is another now.
    pub(super) fn end_verification(&mut self, effects: &mut Vec<Effect>) {
        let before = std::mem::take(&mut self.verifying);
        if matches!(before, Verifying::Running { .. }) {
            effects.push(Effect::CancelVerify);
        }
    }
}
