//! Housekeeping that changes no event: the check and the export, with their course, and archiving.

use std::rc::Rc;

use super::super::action::{Effect, Entry, Exported, Packing};
use super::super::asked::View;
use super::super::checked::Checked;
use super::super::last_export::LastExport;
use super::super::phrases::{count, were};
use super::super::state::{About, OutcomeKind, State, Verifying};
use crate::core::{StreamId, Version};
use crate::store::StoreError;

impl State {
    pub(super) fn verify(&mut self, effects: &mut Vec<Effect>) {
        let running = matches!(self.verifying, Verifying::Running { .. });
        if running {
            return;
        }
        self.verifying = Verifying::Running { percent: 0 };
        self.work(Effect::Verify, effects);
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
            Ok(checked) => {
                self.verifying = Verifying::Done(checked);
                self.checked_at = self.now;
            }
            Err(reason) => {
                self.tell(
                    OutcomeKind::Refused,
                    About::Store("Verify"),
                    "Verify failed:",
                    &reason,
                );
            }
        }
    }

    pub(super) fn mend(&mut self, effects: &mut Vec<Effect>) {
        // Once: what can be mended then is another question.
        self.end_verification(effects);
        effects.push(Effect::Mend);
    }

    pub(super) fn mended(&mut self, result: Result<u64, String>, effects: &mut Vec<Effect>) {
        match result {
            Ok(events) => {
                let text = format!("{} mended from the second copy.", were(events));
                self.tell(OutcomeKind::Done, About::Store("Mend"), "", &text);
            }
            Err(reason) => {
                self.tell(
                    OutcomeKind::Refused,
                    About::Store("Mend"),
                    "Not mended:",
                    &reason,
                );
            }
        }
        self.catch_up(effects);
        self.verify(effects);
    }

    /// Puts it away, finished or not: asked to, or because the store is another now.
    pub(super) fn end_verification(&mut self, effects: &mut Vec<Effect>) {
        let before = std::mem::take(&mut self.verifying);
        if self.forget_waiting(|it| matches!(it, Effect::Verify)) {
            return;
        }
        if matches!(before, Verifying::Running { .. }) {
            effects.push(Effect::CancelVerify);
        }
    }

    pub(super) fn archive_ended(
        &mut self,
        asked: View,
        stream: StreamId,
        archive: bool,
        result: Result<(), StoreError>,
        effects: &mut Vec<Effect>,
    ) {
        if let Err(error) = result {
            let text = format!("{error}.");
            return self.tell(
                OutcomeKind::Refused,
                About::Store("Archive"),
                "Not archived:",
                &text,
            );
        }
        if !self.views.is_of_store(asked) {
            // What is archived went with the rest.
            return;
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
        self.tell(OutcomeKind::Done, About::Store("Archive"), "", &text);
    }

    pub(super) fn export(&mut self, packing: Packing, effects: &mut Vec<Effect>) {
        if self.export.is_some() {
            return;
        }
        self.export = Some(self.beginning(None));
        self.work(Effect::Export(packing), effects);
    }

    /// Exports the stream that is looked at; the file's place among what runs says which.
    pub(super) fn export_stream(&mut self, effects: &mut Vec<Effect>) {
        let stream = self.stream().filter(|_| self.head() > Version::NONE);
        if let (None, Some(stream)) = (&self.export, stream.cloned()) {
            self.export = Some(self.beginning(Some(stream.aggregate_id().to_owned())));
            self.work(Effect::ExportStream(stream), effects);
        }
    }

    pub(super) fn cancel_export(&mut self, effects: &mut Vec<Effect>) {
        self.export = None;
        if !self.forget_waiting(|it| matches!(it, Effect::Export(_) | Effect::ExportStream(_))) {
            effects.push(Effect::CancelExport);
        }
    }

    pub(super) fn exported(&mut self, result: Result<Exported, String>, effects: &mut Vec<Effect>) {
        let is_whole = self.export.take().is_none_or(|it| it.file.is_none());
        let exported = match result {
            Ok(exported) => exported,
            Err(reason) => {
                let title = "Export failed:";
                return self.tell(OutcomeKind::Refused, About::Store("Export"), title, &reason);
            }
        };
        let events = count(exported.events, "event");
        let mut text = format!("Exported {events} to {}.", exported.file);
        text += &with_holes(exported.holes + exported.missing);
        if exported.damaged > 0 {
            let those = count(exported.damaged, "damaged record");
            text += &format!(
                " Left out: {those} of which nothing tells what was in it; Verify says more."
            );
        }
        if is_whole && exported.damaged + exported.missing == 0 && !self.in_memory() {
            // What is in memory isn't what this browser keeps, and a file that lacks something isn't all.
            self.last_export = LastExport::At(exported.at);
            effects.push(Effect::RememberExport(exported.at));
        }
        self.tell(OutcomeKind::Done, About::Store("Export"), "", &text);
    }
}

/// That a file has so many holes: a sentence that follows another, if there are any.
pub(super) fn with_holes(holes: u64) -> String {
    match holes {
        0 => String::new(),
        1 => " 1 that is damaged or missing has a hole in its place.".to_owned(),
        many => format!(" {many} that are damaged or missing have holes in their places."),
    }
}
