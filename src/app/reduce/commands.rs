//! Commands: their forms, deciding them on the head, and what came of the append.

use crate::core::{RecordedEvent, StreamId};
use crate::model::Refusal;
use crate::store::AppendError;

use super::super::action::Effect;
use super::super::state::{About, FormKey, OutcomeKind, Sent, State};

impl State {
    pub(super) fn form_key(&self, command: &str) -> Option<FormKey> {
        let aggregate_type = self.stream()?.aggregate_type().to_owned();
        Some((aggregate_type, command.to_owned()))
    }

    pub(super) fn edit_list(&mut self, command: &str, path: &str, removed: Option<usize>) {
        let Some(key) = self.form_key(command) else {
            return;
        };
        let model = self.registry.model(&key.0);
        let field = model
            .commands()
            .iter()
            .find(|form| form.name == command)
            .and_then(|form| form.fields.iter().find(|field| field.key == path));
        let Some(field) = field else { return };
        // Paths of items may have moved.
        self.bad_fields = None;
        let draft = self.drafts.entry(key).or_default();
        match removed {
            Some(index) => draft.remove_item(path, &field.kind, index),
            None => draft.add_item(path, &field.kind),
        }
    }

    pub(super) fn submit(&mut self, command: &str, effects: &mut Vec<Effect>) {
        if self.saving.is_some() {
            return;
        }
        let (Some(timeline), Some(key)) = (self.timeline.clone(), self.form_key(command)) else {
            return;
        };
        let Some(form) = timeline
            .model()
            .commands()
            .iter()
            .find(|form| form.name == command)
        else {
            return;
        };
        let draft = self.drafts.get(&key).cloned().unwrap_or_default();
        let arguments = match form.read(&draft, timeline.currency().as_deref()) {
            Ok(arguments) => arguments,
            Err(errors) => {
                let reasons: Vec<_> = errors
                    .iter()
                    .map(|error| format!("{} {}.", error.label, error.reason))
                    .collect();
                let text = format!("{} Nothing was recorded.", reasons.join(" "));
                self.tell(
                    OutcomeKind::Refused,
                    About::Command(key.clone()),
                    &format!("{command} not sent."),
                    &text,
                );
                if let Some(first) = errors.first() {
                    effects.push(Effect::FocusField(key.clone(), first.path.clone()));
                }
                self.bad_fields = Some((key, errors));
                return;
            }
        };
        self.bad_fields = None;
        match timeline.decide(command, &arguments) {
            Ok(events) => {
                let stream = timeline.stream().clone();
                self.saving = Some(Sent {
                    stream: stream.clone(),
                    command: command.to_owned(),
                });
                effects.push(Effect::Append {
                    stream,
                    expected: timeline.head(),
                    events,
                    command: command.to_owned(),
                    durability: self.preferences.durability,
                });
            }
            Err(Refusal::Rejected(reason) | Refusal::Malformed(reason)) => {
                let text = format!("{reason} Nothing was recorded.");
                self.tell(
                    OutcomeKind::Refused,
                    About::Command(key),
                    &format!("{command} refused."),
                    &text,
                );
            }
        }
    }

    pub(super) fn appended(
        &mut self,
        stream: &StreamId,
        command: &str,
        result: Result<Vec<RecordedEvent>, AppendError>,
        effects: &mut Vec<Effect>,
    ) {
        self.saving = None;
        let key = (stream.aggregate_type().to_owned(), command.to_owned());
        match result {
            Ok(recorded) => {
                let told: Vec<_> = recorded
                    .iter()
                    .map(|event| format!("{} appended as v{}", event.event_type, event.version))
                    .collect();
                self.tell(OutcomeKind::Done, About::Command(key), "", &told.join(", "));
                if self.stream() == Some(stream) {
                    let (head, next) = (self.head(), recorded.first().map(|event| event.version));
                    if next.is_some_and(|next| next <= head.next()) {
                        self.extend(recorded);
                    } else {
                        self.catch_up(effects);
                    }
                }
                self.protect(effects);
            }
            Err(AppendError::Conflict {
                expected, actual, ..
            }) => {
                let text = format!(
                    "It was decided on {expected}, and the stream is at version {actual} by now. \
                     Nothing was recorded. Retry decides it again on the latest state."
                );
                self.tell(
                    OutcomeKind::Conflict,
                    About::Command(key),
                    &format!("{command} met a conflict."),
                    &text,
                );
                self.catch_up(effects);
            }
            Err(error) => {
                let text = format!("{error}. Nothing was recorded.");
                self.tell(
                    OutcomeKind::Refused,
                    About::Command(key),
                    &format!("{command} not saved."),
                    &text,
                );
            }
        }
    }

    /// Once there is something of the user's own, it is worth protecting: the browser is asked, once
    /// a visit.
    fn protect(&mut self, effects: &mut Vec<Effect>) {
        let unprotected = self.room.is_some_and(|room| room.protected == Some(false));
        if unprotected && !self.asked_to_protect {
            self.asked_to_protect = true;
            effects.push(Effect::Protect);
        }
        effects.push(Effect::Measure);
    }
}
