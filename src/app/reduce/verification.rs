//! Housekeeping that changes no event: the check and the export, with their course, and archiving.

use std::rc::Rc;

use super::super::action::{Checked, Effect, Entry, Packing};
use super::super::state::{About, OutcomeKind, Progress, State, Storage, Verifying};
use crate::core::StreamId;
use crate::store::StoreError;

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

    pub(super) fn archive_ended(
        &mut self,
        stream: StreamId,
        archive: bool,
        result: Result<(), StoreError>,
        effects: &mut Vec<Effect>,
    ) {
        if let Err(error) = result {
            let text = format!("{error}.");
            return self.tell(OutcomeKind::Refused, About::Store, "Not archived:", &text);
        }
        let id = stream.aggregate_id().to_owned();
        let text = match archive {
            true => format!("{id} is archived. Show archived lists it again."),
            false => format!("{id} is listed again."),
        };
        if archive {
            self.archived.insert(stream.clone());
            if self.stream() == Some(&stream) && !self.shows_archived {
                let next = self.default_stream();
                self.visit(next, Entry::Push, effects);
            }
        } else {
            self.archived.remove(&stream);
        }
        self.tell(OutcomeKind::Done, About::Store, "", &text);
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
