//! A press that comes twice: the same form sent again at once, or by a key that is held down, is one command.

use super::super::state::{FormKey, State};
use crate::core::CommandId;

/// So long, in milliseconds, after the outcome of a form the same press is no second command.
const AT_ONCE: i64 = 500;

impl State {
    /// Whether a form is sent a second time by the same press, as far as anybody can tell; then that is noted, to be
    /// said.
    pub(super) fn is_pressed_twice(&mut self, form: &FormKey) -> bool {
        let Some(pressed) = self.pressed.as_ref().filter(|it| it.form == *form) else {
            return false;
        };
        // A clock that was set back says nothing.
        let is_at_once = pressed.told.is_none_or(|told| {
            let since = self.now.millis() - told.millis();
            (0..AT_ONCE).contains(&since)
        });
        if is_at_once {
            self.pressed_twice = Some(pressed.id);
        }
        is_at_once
    }

    /// A key that is held down sends nothing.
    pub(super) fn repeated(&mut self, command: &str) {
        let form = self.form_key(command);
        let pressed = self.pressed.as_ref();
        if let Some(pressed) = pressed.filter(|it| Some(&it.form) == form.as_ref()) {
            self.pressed_twice = Some(pressed.id);
        }
    }

    /// A form that was typed into is another command.
    pub(super) fn change_form(&mut self, form: &FormKey) {
        self.pressed.take_if(|pressed| pressed.form == *form);
    }

    /// What was told last is what came of this command.
    pub(super) fn told_of(&mut self, id: CommandId) {
        if let Some(told) = &mut self.outcome {
            told.command = Some(id);
        }
        if let Some(pressed) = self.pressed.as_mut().filter(|it| it.id == id) {
            pressed.told = Some(self.now);
        }
    }

    /// That the press that led to what was told last came twice, if it did.
    #[must_use]
    pub fn twice(&self) -> Option<&'static str> {
        let told = self.outcome.as_ref()?.command?;
        (self.pressed_twice == Some(told)).then_some(
            "Pressed twice; sent once. From half a second after that on, the same press is a second command.",
        )
    }
}
