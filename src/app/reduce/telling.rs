//! What was told last: where it belongs, of which moment it speaks, and where it leads.

use super::super::phrases::count;
use super::super::state::{About, Outcome, OutcomeKind, State};
use super::store::EMPTIED;
use crate::core::StreamId;

impl State {
    /// What was told last, where it belongs to what is looked at.
    #[must_use]
    pub fn told(&self) -> Option<&Outcome> {
        let told = self.outcome.as_ref()?;
        let is_here = told.stream.is_none() || told.stream.as_ref() == self.stream();
        is_here.then_some(told)
    }

    /// Another stream is about to be looked at: what was told goes, unless it is about that one, or nobody knows yet
    /// what came of it.
    pub(super) fn leave_told_behind(&mut self, next: &StreamId) {
        let leaves = self.stream().is_some_and(|stream| stream != next);
        self.outcome.take_if(|told| {
            leaves && told.kind != OutcomeKind::Unknown && told.stream.as_ref() != Some(next)
        });
    }

    /// The store holds another number of events than is known yet.
    pub(super) fn count_anew(&mut self) {
        if let Some(told) = &mut self.outcome {
            told.events = None;
        }
    }

    /// The streams were listed: says of how many events it was told, and what an import brought.
    pub(super) fn weigh_told(&mut self) {
        let (events, longest) = (self.events_in_store(), self.longest_new());
        let Some(told) = &mut self.outcome else {
            return;
        };
        if told.events.is_some() {
            return;
        }
        told.events = Some(events);
        if told.text == EMPTIED && events > 0 {
            // With the story, with what another reset had deleted, with what was set aside.
            told.text += &format!(", then filled: it holds {} now", count(events, "event"));
        }
        if told.about == About::Store("Import") && told.kind == OutcomeKind::Done {
            told.brought = longest;
        }
    }

    /// The longest of the streams that weren't there before the import; of several the first.
    fn longest_new(&self) -> Option<StreamId> {
        let (before, now) = (self.streams_before.as_ref()?, self.streams.as_ref()?);
        let is_new =
            |stream: &StreamId| before.binary_search_by(|it| it.stream.cmp(stream)).is_err();
        let new = now.iter().filter(|head| is_new(&head.stream));
        let longest = new.reduce(|longest, head| match head.version > longest.version {
            true => head,
            false => longest,
        });
        longest.map(|head| head.stream.clone())
    }
}
