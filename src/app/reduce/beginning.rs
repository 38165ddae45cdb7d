//! An empty stream: which form is open there, and the story that it offers.

use super::super::action::{Effect, Entry};
use super::super::phrases::currency_of;
use super::super::state::{About, FormKey, OutcomeKind, State};
use super::super::tale::Tale;
use super::super::toggle::toggle;
use crate::core::Version;

impl State {
    /// Whether a command's form is open. In an empty stream it is the first that is possible, whatever is remembered.
    #[must_use]
    pub fn is_form_open(&self, form: &FormKey) -> bool {
        let is_remembered = self.preferences.open_forms.contains(form);
        match &self.forms {
            Some(forms) if self.head() == Version::NONE => forms.contains(form),
            Some(forms) => forms.contains(form) || is_remembered,
            None => is_remembered,
        }
    }

    pub(super) fn toggle_form(&mut self, form: FormKey, effects: &mut Vec<Effect>) {
        let is_open = self.is_form_open(&form);
        let remembered = &mut self.preferences.open_forms;
        for forms in [Some(remembered), self.forms.as_mut()]
            .into_iter()
            .flatten()
        {
            if forms.contains(&form) == is_open {
                toggle(forms, form.clone());
            }
        }
        effects.push(Effect::Remember(self.preferences.clone()));
    }

    /// Opens the first command that is possible in the stream, if that is empty.
    pub(super) fn open_first_form(&mut self) {
        let Some(timeline) = self.timeline.as_ref() else {
            return;
        };
        if timeline.head() > Version::NONE {
            return;
        }
        let currency = currency_of(timeline);
        let forms = timeline.model().commands().iter().filter_map(|form| {
            let key = self.form_key(form.name)?;
            let arguments = form.read(&self.draft(&key), currency.as_deref()).ok()?;
            timeline
                .decide(form.name, &arguments)
                .is_ok()
                .then_some(key)
        });
        self.forms = Some(forms.take(1).collect());
    }

    /// The story that the page offers, where it shows an empty stream.
    #[must_use]
    pub fn offered_story(&self) -> Option<Tale> {
        let timeline = self.timeline.as_ref()?;
        let is_empty = timeline.head() == Version::NONE;
        is_empty.then(|| Tale::of(timeline.stream().aggregate_type()))
    }

    pub(super) fn story_told(
        &mut self,
        tale: Tale,
        result: Result<(), String>,
        effects: &mut Vec<Effect>,
    ) {
        match result {
            Ok(()) => {
                self.undo = None;
                self.visit(tale.stream(), Entry::Push, effects);
                self.list(effects);
                effects.push(Effect::Measure);
                self.tell(OutcomeKind::Done, About::Stream, "", "This is the story.");
            }
            Err(reason) => {
                let title = "The story can't be shown:";
                self.tell(OutcomeKind::Refused, About::Stream, title, &reason);
            }
        }
    }
}
