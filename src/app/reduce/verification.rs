//! What reads the whole store and changes nothing: the check and the export, and their course.

use std::rc::Rc;

use super::super::action::{Checked, Effect, Packing};
use super::super::state::{About, OutcomeKind, Progress, State, Storage, Verifying};

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

    pub(super) fn verified(&mut self, result: Result<Rc<Checked>, String>) {
        // What was put away meanwhile stays away.
        if !matches!(self.verifying, Verifying::Running { .. }) {
            return;
        }
        self.verifying = Verifying::No;
        match result {
            Ok(checked) => self.verifying = Verifying::Done(checked),
            Err(reason) => {
                self.tell(
                    OutcomeKind::Refused,
                    About::Store,
                    "Verify failed:",
                    &reason,
                );
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

    pub(super) fn export(&mut self, packing: Packing, effects: &mut Vec<Effect>) {
        if self.export.is_some() || self.storage == Storage::Opening {
            return;
        }
        self.export = Some(Progress {
            file: None,
            percent: 0,
            words: "Beginning".to_owned(),
        });
        effects.push(Effect::Export(packing));
    }
}
