//! The one reducer: state and action to the next state and what it asks of the world. Pure.

mod commands;
mod events;
mod place;
mod verification;

use std::rc::Rc;

use crate::core::{StreamId, Version};
use crate::store::StoreError;

use super::action::{Action, AfterReset, Effect, Entry, Settled, Step};
use super::count;
use super::state::{About, Dialog, Outcome, OutcomeKind, Progress, State, Storage, Theme};

impl State {
    /// Takes an action in, and answers with what is to be done about it.
    pub fn reduce(&mut self, action: Action) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.step(action, &mut effects);
        effects
    }

    fn step(&mut self, action: Action, effects: &mut Vec<Effect>) {
        match action {
            Action::Opened(storage) => {
                self.storage = storage;
                effects.extend([Effect::List, Effect::Measure]);
                // A file that was chosen before.
                if self.import.is_some() {
                    effects.push(Effect::Import);
                }
            }
            Action::Listed(Ok(streams)) => {
                self.streams = Some(Rc::new(streams));
                if let Some(address) = self.pending.address.take() {
                    self.go(&address, effects);
                }
            }
            Action::Listed(Err(error)) => self.store_failed("The streams can't be listed:", &error),
            Action::Loaded {
                stream,
                whole,
                events,
            } => self.loaded(&stream, whole, events, effects),
            Action::StoreChanged => self.catch_up(effects),
            Action::StoreEmptied => {
                self.end_verification(effects);
                self.emptied(effects);
            }
            Action::StoreLost(reason) => self.storage = Storage::Lost(reason),
            Action::Recovered(recovery) => self.recovery = Some(recovery),
            Action::DismissRecovery => self.recovery = None,
            Action::Measured(room) => self.room = Some(room),

            Action::AddressChanged(hash) => {
                self.shown_address.clone_from(&hash);
                self.stop_playing(effects);
                self.pending.address = None;
                if self.streams.is_none() {
                    self.pending.address = Some(hash);
                } else if self.names_unknown_type(&hash) {
                    // The list may be older than the link: what was just imported isn't in it yet.
                    self.pending.address = Some(hash);
                    effects.push(Effect::List);
                } else if self.address().as_ref() != Some(&hash) || self.pending.version.is_some() {
                    self.go(&hash, effects);
                }
            }
            Action::ChooseModel(aggregate_type) => self.choose_model(&aggregate_type, effects),
            Action::ChooseStream(id) | Action::NewStream(id) => {
                let Some(aggregate_type) = self.stream().map(|s| s.aggregate_type().to_owned())
                else {
                    return;
                };
                match StreamId::new(aggregate_type, id) {
                    Ok(stream) => self.visit(stream, Entry::Push, effects),
                    Err(e) => self.tell(
                        OutcomeKind::Refused,
                        About::Address,
                        "No such stream.",
                        &e.to_string(),
                    ),
                }
            }

            Action::View(version, settled) => {
                self.stop_playing(effects);
                self.look_at(version);
                if settled == Settled::Yes {
                    self.show_address(Entry::Push, effects);
                }
            }
            Action::Step(step) => {
                self.stop_playing(effects);
                let (viewed, head) = (self.viewed_version(), self.head());
                self.look_at(match step {
                    Step::First => Version::NONE,
                    Step::Previous => viewed.previous(),
                    Step::Next => viewed.next().min(head),
                    Step::Latest => head,
                });
                self.show_address(Entry::Push, effects);
            }
            Action::TogglePlay if self.playing => {
                self.stop_playing(effects);
                self.show_address(Entry::Push, effects);
            }
            Action::TogglePlay => {
                if self.head() == Version::NONE {
                    return;
                }
                if self.viewed_version() == self.head() {
                    self.look_at(Version::NONE);
                }
                self.playing = true;
                effects.push(Effect::Play(true));
            }
            Action::PlayTick if self.playing => {
                self.look_at(self.viewed_version().next().min(self.head()));
                if self.viewed_version() == self.head() {
                    self.stop_playing(effects);
                    // A run has an entry of its own, though it ends where it was begun.
                    self.shown_address.clear();
                    self.show_address(Entry::Push, effects);
                }
            }
            Action::PlayTick => {}

            Action::ToggleForm(command) => {
                if let Some(key) = self.form_key(&command) {
                    let open = &mut self.preferences.open_forms;
                    if !open.remove(&key) {
                        open.insert(key);
                    }
                    effects.push(Effect::Remember(self.preferences.clone()));
                }
            }
            Action::Edit {
                command,
                path,
                text,
            } => {
                if let Some(key) = self.form_key(&command) {
                    if let Some((bad, errors)) = &mut self.bad_fields
                        && *bad == key
                    {
                        errors.retain(|error| error.path != path);
                    }
                    self.drafts.entry(key).or_default().set(&path, text);
                }
            }
            Action::AddItem { command, path } => self.edit_list(&command, &path, None),
            Action::RemoveItem {
                command,
                path,
                index,
            } => {
                self.edit_list(&command, &path, Some(index));
            }
            Action::Submit { command, id } => self.submit(&command, id, effects),
            Action::Retry => self.retry(effects),
            Action::Sought(events) => self.sought(events, effects),
            Action::Appended(result) => self.appended(result, effects),

            Action::ImportChosen { file } => {
                self.end_verification(effects);
                self.import = Some(Progress {
                    file: Some(file),
                    percent: 0,
                    words: "Beginning".to_owned(),
                });
                if self.storage != Storage::Opening {
                    effects.push(Effect::Import);
                }
            }
            Action::ImportProgress { percent, words } => {
                if let Some(import) = &mut self.import {
                    (import.percent, import.words) = (percent, words);
                }
            }
            Action::CancelImport if self.storage == Storage::Opening => self.import = None,
            Action::CancelImport => effects.push(Effect::CancelImport),
            Action::Imported(result) => {
                self.import = None;
                self.imported(result, effects);
            }
            Action::Export(packing) => self.export(packing, effects),
            Action::ExportProgress { percent, words } => {
                if let Some(export) = &mut self.export {
                    (export.percent, export.words) = (percent, words);
                }
            }
            Action::CancelExport => {
                self.export = None;
                effects.push(Effect::CancelExport);
            }
            Action::Exported(Ok(exported)) => {
                self.export = None;
                let mut text = format!(
                    "Exported {} to {}.",
                    count(exported.events, "event"),
                    exported.file
                );
                if exported.damaged > 0 {
                    let those = count(exported.damaged, "damaged record");
                    text += &format!(" Left out: {those} that can't be read; Verify says which.");
                }
                self.tell(OutcomeKind::Done, About::Store, "", &text);
            }
            Action::Exported(Err(reason)) => {
                self.export = None;
                self.tell(
                    OutcomeKind::Refused,
                    About::Store,
                    "Export failed:",
                    &reason,
                );
            }
            Action::Reset(after) => {
                self.dialog = None;
                // It would keep the reset waiting.
                self.end_verification(effects);
                effects.push(Effect::Reset(after));
            }
            Action::ResetEnded(after, Ok(())) => {
                effects.push(Effect::Measure);
                let text = match after {
                    AfterReset::Empty => "The store is empty.",
                    AfterReset::Story => "The store holds the story, and nothing else.",
                };
                self.tell(OutcomeKind::Done, About::Store, "", text);
            }
            Action::ResetEnded(_, Err(reason)) => {
                self.tell(OutcomeKind::Refused, About::Store, "Reset failed:", &reason);
            }
            Action::Verify => self.verify(effects),
            Action::VerifyProgress { events } => self.verify_progress(events),
            Action::Verified(result) => self.verified(result),
            Action::EndVerification => self.end_verification(effects),
            Action::CopyEvent => {
                let event = self
                    .timeline
                    .as_ref()
                    .and_then(|t| t.event(self.viewed_version()));
                if let Some(event) = event {
                    effects.push(Effect::Copy(super::story::event_as_json(event)));
                }
            }
            Action::Copied(Ok(())) => {
                let text = format!("Event v{} copied as JSON.", self.viewed_version());
                self.tell(OutcomeKind::Done, About::Store, "", &text);
            }
            Action::Copied(Err(reason)) => {
                self.tell(OutcomeKind::Refused, About::Store, "Not copied:", &reason);
            }

            Action::Archived(Ok(archived)) => self.archived = archived,
            // Then it is left out of nothing; that the store can't be read is told with the streams.
            Action::Archived(Err(_)) => {}
            Action::Archive(archive) => {
                self.dialog = None;
                if let Some(stream) = self.stream().cloned() {
                    effects.push(Effect::Archive(stream, archive));
                }
            }
            Action::ArchiveEnded {
                stream,
                archive,
                result,
            } => self.archive_ended(stream, archive, result, effects),
            Action::ShowArchived(show) => self.shows_archived = show,

            // There is nothing to leave out yet.
            Action::Open(Dialog::Archive) if self.head() == Version::NONE => {}
            Action::Open(dialog) => self.dialog = Some(dialog),
            Action::CloseDialog => self.dialog = None,
            Action::ToggleTheme { system } => {
                self.preferences.theme = Some(match self.preferences.theme.unwrap_or(system) {
                    Theme::Light => Theme::Dark,
                    Theme::Dark => Theme::Light,
                });
                effects.push(Effect::Remember(self.preferences.clone()));
            }
            Action::SetDurability(durability) => {
                self.preferences.durability = durability;
                effects.push(Effect::Remember(self.preferences.clone()));
            }
            Action::SetShortcuts(on) => {
                self.preferences.shortcuts = on;
                effects.push(Effect::Remember(self.preferences.clone()));
            }
            Action::DismissTip => {
                self.preferences.tip = false;
                effects.push(Effect::Remember(self.preferences.clone()));
            }
        }
    }

    fn store_failed(&mut self, what: &str, error: &StoreError) {
        // That the store fails is told already, with a command that must not be forgotten over it.
        let told = self.outcome.as_ref();
        if told.is_some_and(|told| told.kind == OutcomeKind::Unknown) {
            return;
        }
        let mut text = format!("{error}.");
        if let StoreError::Corrupt { .. } = error {
            text += " An export keeps all that is intact; Verify says what else is damaged.";
        }
        self.tell(OutcomeKind::Refused, About::Store, what, &text);
    }

    fn tell(&mut self, kind: OutcomeKind, about: About, title: &str, text: &str) {
        self.outcomes += 1;
        self.outcome = Some(Outcome {
            kind,
            about,
            title: title.to_owned(),
            text: text.to_owned(),
            retry: None,
        });
    }
}
