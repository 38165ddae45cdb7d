//! Holding commands at a version: they are decided on what was known then, and expect it, though more came.

use std::rc::Rc;

use super::super::state::{OutcomeKind, Sent, State};
use crate::core::RecordedEvent;
use crate::timeline::Timeline;

impl State {
    /// Holds commands at the head as it is now, or lets them follow it.
    pub(super) fn hold(&mut self, hold: bool) {
        self.held = self.timeline.clone().filter(|_| hold);
    }

    /// What commands are decided on: the stream as it is held, or as it is.
    #[must_use]
    pub fn decided_on(&self) -> Option<&Rc<Timeline>> {
        self.held.as_ref().or(self.timeline.as_ref())
    }

    /// A command of one's own that was recorded moves what is held to its version.
    pub(super) fn hold_on(&mut self, recorded: &[RecordedEvent]) {
        let Some(held) = &mut self.held else { return };
        let next = recorded.first().map(|event| event.version);
        if next == Some(held.head().next())
            && Rc::make_mut(held).extend(recorded.iter().cloned()).is_err()
        {
            self.held = None;
        }
    }

    /// A command that met a conflict, or of which nobody knows, is tried again on the latest.
    pub(super) fn release(&mut self, kind: OutcomeKind, sent: &Sent) {
        if kind != OutcomeKind::Done
            && let Some(held) = self.held.take()
        {
            self.released = Some((sent.id, held.head()));
        }
    }

    /// That the hold was switched off for what was told last, if it was.
    #[must_use]
    pub fn hold_ended(&self) -> Option<String> {
        let told = self.outcome.as_ref()?.command?;
        let (_, held) = self.released.filter(|(id, _)| *id == told)?;
        Some(format!("Hold at version {held} was switched off."))
    }
}
