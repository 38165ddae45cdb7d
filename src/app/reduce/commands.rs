//! Commands: their forms, deciding them on the head, what came of the append, and trying again.

use std::rc::Rc;

use crate::core::{CommandId, History, RecordedEvent};
use crate::model::{Draft, Refusal};
use crate::store::{AppendError, StoreError};
use crate::timeline::Timeline;

use super::super::action::Effect;
use super::super::asked::View;
use super::super::phrases::currency_of;
use super::super::reading::Read;
use super::super::state::{About, FormKey, OutcomeKind, Pressed, Sent, State};

impl State {
    pub(super) fn form_key(&self, command: &str) -> Option<FormKey> {
        let aggregate_type = self.stream()?.aggregate_type().to_owned();
        Some((aggregate_type, command.to_owned()))
    }

    /// What was typed into a form so far, to be changed.
    pub(super) fn draft_mut(&mut self, form: FormKey) -> &mut Draft {
        let found = self.drafts.iter().position(|(of, _)| *of == form);
        let at = found.unwrap_or(self.drafts.len());
        if at == self.drafts.len() {
            self.drafts.push((form, Draft::default()));
        }
        &mut self.drafts[at].1
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
        self.change_form(&key);
        // Paths of items may have moved.
        self.bad_fields = None;
        let draft = self.draft_mut(key);
        match removed {
            Some(index) => draft.remove_item(path, &field.kind, index),
            None => draft.add_item(path, &field.kind),
        }
    }

    pub(super) fn submit(&mut self, command: &str, id: CommandId, effects: &mut Vec<Effect>) {
        let (Some(timeline), Some(key)) = (self.decided_on().cloned(), self.form_key(command))
        else {
            return;
        };
        if self.is_pressed_twice(&key) || self.saving.is_some() {
            return;
        }
        let Some(form) = timeline
            .model()
            .commands()
            .iter()
            .find(|form| form.name == command)
        else {
            return;
        };
        self.pressed = Some(Pressed {
            form: key.clone(),
            id,
            told: None,
        });
        let draft = self.draft(&key);
        let arguments = match form.read(&draft, currency_of(&timeline).as_deref()) {
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
                self.told_of(id);
                if let Some(first) = errors.first() {
                    effects.push(Effect::FocusField(key.clone(), first.path.clone()));
                }
                self.bad_fields = Some((key, errors));
                return;
            }
        };
        self.bad_fields = None;
        let sent = Rc::new(Sent {
            id,
            stream: timeline.stream().clone(),
            command: command.to_owned(),
            arguments,
        });
        match self.history {
            Some(_) => self.decide(sent, &timeline, self.history, effects),
            // The store was just emptied: it is decided on what is read there.
            None => self.seek(sent, effects),
        }
    }

    /// Decides a command on a stream's head in a history, and has what it leads to appended there.
    fn decide(
        &mut self,
        sent: Rc<Sent>,
        timeline: &Timeline,
        history: Option<History>,
        effects: &mut Vec<Effect>,
    ) {
        match timeline.decide(&sent.command, &sent.arguments) {
            Ok(events) => {
                effects.push(Effect::Append {
                    asked: self.views.now(),
                    stream: sent.stream.clone(),
                    expected: timeline.head(),
                    history,
                    events,
                    command_id: sent.id,
                    durability: self.preferences.durability,
                });
                self.saving = Some(sent);
            }
            Err(
                Refusal::Rejected(reason)
                | Refusal::Malformed(reason)
                | Refusal::Undecidable(reason),
            ) => self.refuse(sent, "refused.", &reason),
        }
    }

    /// Tries a command again, or sends it again, with its id and its arguments: it is the same command.
    pub(super) fn retry(&mut self, effects: &mut Vec<Effect>) {
        let Some(told) = self.outcome.as_ref().filter(|_| self.saving.is_none()) else {
            return;
        };
        if let Some(sent) = told.retry.clone() {
            let kind = told.kind;
            self.sends_again = kind == OutcomeKind::Done;
            self.release(kind, &sent);
            self.seek(sent, effects);
        }
    }

    fn seek(&mut self, sent: Rc<Sent>, effects: &mut Vec<Effect>) {
        effects.push(Effect::Seek(self.views.now(), sent.stream.clone()));
        self.saving = Some(sent);
    }

    /// What its stream holds tells whether the command is recorded, or has to be decided.
    pub(super) fn sought(&mut self, asked: View, read: Read, effects: &mut Vec<Effect>) {
        let Some(sent) = self.saving.take() else {
            return;
        };
        let Read {
            history,
            mut events,
            failed,
        } = read;
        let led_to = |event: &RecordedEvent| sent.id.caused(event);
        if events.iter().any(led_to) {
            events.retain(led_to);
            self.reached(asked, effects);
            match std::mem::take(&mut self.sends_again) {
                true => self.already_recorded(sent, &events),
                false => self.recorded(asked, sent, &events, effects),
            }
            return self.catch_up(effects);
        }
        self.sends_again = false;
        // What comes behind what can't be read may be what is looked for.
        if let Some(error) = failed {
            return self.unknown(sent, &error.into());
        }
        self.reached(asked, effects);
        if !self.views.is_of_store(asked) {
            // What it would be decided on isn't there any more.
            return self.seek(sent, effects);
        }
        let model = self.registry.model(sent.stream.aggregate_type());
        let mut timeline = Timeline::new(model, sent.stream.clone());
        match timeline.extend(events) {
            Ok(()) => self.decide(sent, &timeline, history, effects),
            Err(error) => self.refuse(sent, "not saved.", &format!("{error}.")),
        }
    }

    pub(super) fn appended(
        &mut self,
        asked: View,
        result: Result<Vec<RecordedEvent>, AppendError>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(sent) = self.saving.take() else {
            return;
        };
        match result {
            Ok(recorded) => {
                let shown = self.stream() == Some(&sent.stream);
                self.reached(asked, effects);
                self.recorded(asked, sent, &recorded, effects);
                if shown {
                    self.hold_on(&recorded);
                }
                if self.in_memory() {
                    // A store in memory gives no hints.
                    self.list(effects);
                }
                let next = recorded.first().map(|event| event.version);
                let follows = next.is_some_and(|next| next <= self.head().next());
                if shown && follows && self.views.is_of_stream(asked) {
                    self.views.append();
                    self.extend(recorded);
                } else if shown {
                    self.catch_up(effects);
                }
            }
            Err(AppendError::Conflict {
                expected, actual, ..
            }) => {
                let retry = match self.held {
                    Some(_) => "Retry switches Hold off first, and then decides it again",
                    None => "Retry decides it again",
                };
                let text = format!(
                    "It was decided on {expected}, and the stream is at version {actual} by now. \
                     Nothing was recorded. {retry} on the latest state."
                );
                self.answer(OutcomeKind::Conflict, sent, "met a conflict.", &text);
                self.catch_up(effects);
            }
            Err(AppendError::Store(StoreError::HistoryChanged { .. })) => {
                let text = "It was decided on what the store held before it was emptied, or lost \
                            events. Nothing was recorded. Retry decides it again on what is there \
                            now.";
                self.answer(OutcomeKind::Conflict, sent, "met a conflict.", text);
                self.catch_up(effects);
            }
            Err(error) if error.outcome_is_unknown() => self.unknown(sent, &error),
            Err(error) => self.refuse(sent, "not saved.", &format!("{error}.")),
        }
    }

    /// Tells that a command is recorded, as was asked then.
    fn recorded(
        &mut self,
        asked: View,
        sent: Rc<Sent>,
        events: &[RecordedEvent],
        effects: &mut Vec<Effect>,
    ) {
        let told: Vec<_> = events
            .iter()
            .map(|event| format!("{} appended as v{}", event.event_type, event.version))
            .collect();
        let mut told = told.join(", ");
        if !self.views.is_of_store(asked) {
            // Whether before that or after it isn't known.
            told += ". The store was emptied meanwhile, perhaps with it: what is shown is what is there now.";
        }
        self.undo = None;
        self.answer(OutcomeKind::Done, sent, "", &told);
        self.protect(effects);
    }

    /// Tells that a command that was sent again was recorded before.
    fn already_recorded(&mut self, sent: Rc<Sent>, events: &[RecordedEvent]) {
        let versions: Vec<_> = events
            .iter()
            .map(|event| format!("v{}", event.version))
            .collect();
        let versions = versions.join(", ");
        let text = format!("Already recorded as {versions}; nothing was added");
        self.answer(OutcomeKind::Done, sent, "", &text);
    }

    fn refuse(&mut self, sent: Rc<Sent>, how: &str, reason: &str) {
        let text = format!("{reason} Nothing was recorded.");
        self.answer(OutcomeKind::Refused, sent, how, &text);
    }

    fn unknown(&mut self, sent: Rc<Sent>, error: &AppendError) {
        let text = format!(
            "It isn't known whether it was recorded. Retry looks for its events first, and \
             decides it again only if there are none. The reason: {}.",
            error.to_string().trim_end_matches('.')
        );
        self.answer(OutcomeKind::Unknown, sent, "has no known outcome.", &text);
    }

    /// Tells what came of a command; its name and `how` stand in front.
    fn answer(&mut self, kind: OutcomeKind, sent: Rc<Sent>, how: &str, text: &str) {
        let title = match how {
            "" => String::new(),
            how => format!("{} {how}", sent.command),
        };
        let aggregate_type = sent.stream.aggregate_type().to_owned();
        let about = About::Command((aggregate_type, sent.command.clone()));
        self.tell(kind, about, &title, text);
        self.told_of(sent.id);
        if let Some(told) = &mut self.outcome {
            told.stream = Some(sent.stream.clone());
            told.retry = (kind != OutcomeKind::Refused).then_some(sent);
        }
    }

    /// Once there is something of the user's own, it is worth protecting: the browser is asked, once
    /// a visit.
    fn protect(&mut self, effects: &mut Vec<Effect>) {
        let unprotected = self
            .room
            .as_ref()
            .is_some_and(|room| room.protected == Some(false));
        if unprotected && !self.asked_to_protect {
            self.asked_to_protect = true;
            effects.push(Effect::Protect);
        }
        effects.push(Effect::Measure);
    }
}
