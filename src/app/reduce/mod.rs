//! The one reducer: state and action to the next state and what it asks of the world. Pure.

mod beginning;
mod commands;
mod events;
mod holding;
mod page_version;
mod parts;
mod place;
mod pressing;
mod resets;
mod set_aside;
mod store;
mod telling;
mod verification;

use crate::core::{StreamId, Version};

use super::action::{Action, Effect, Entry, Settled, Step};
use super::address;
use super::state::{About, Dialog, Outcome, OutcomeKind, State};

impl State {
    /// Takes an action in, and answers with what is to be done about it.
    pub fn reduce(&mut self, action: Action) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.step(action, &mut effects);
        self.switch_over(&mut effects);
        effects
    }

    fn step(&mut self, action: Action, effects: &mut Vec<Effect>) {
        match action {
            Action::Opened(storage) => self.opened(storage, effects),
            Action::Slow => self.is_slow = true,
            Action::Moving(percent) => self.moving = Some(percent),
            Action::Trying(trying) => self.trying = trying,
            Action::Wish(wish) => effects.push(Effect::Wish(wish)),
            Action::Listed {
                asked,
                streams,
                archived,
            } => self.streams_listed(asked, streams, archived, effects),
            Action::Loaded {
                asked,
                stream,
                whole,
                read,
            } => self.loaded(asked, &stream, whole, read, effects),
            Action::StoreChanged => self.catch_up(effects),
            Action::StoreEmptied => self.emptied(effects),
            Action::StoreLost(reason) => self.lost(reason),
            Action::Recovered(recovery) => self.recovery = Some(recovery),
            Action::DismissRecovery => self.recovery = None,
            Action::Version(version) => self.version_told(version),
            Action::UseNewVersion => self.is_switching = true,
            Action::StoreIsNewer => effects.push(Effect::RenewVersion),
            Action::Measured(room) => self.measured(room, effects),
            Action::SaveSetAside(name) => effects.push(Effect::SaveSetAside(name)),
            Action::SetAsideSaved(saved) => self.set_aside_saved(saved),
            Action::BringBack(aside) => self.bring_back(aside, effects),
            Action::BroughtBack(result) => self.brought_back(result, effects),
            Action::DeleteSetAside(aside) => {
                self.dialog = None;
                effects.push(Effect::DeleteSetAside(aside));
            }
            Action::SetAsideDeleted(result) => self.set_aside_deleted(result, effects),

            Action::AddressChanged(hash) => {
                self.shown_address.clone_from(&hash);
                self.stepped = None;
                self.stop_playing(effects);
                if let Some(name) = address::place(&hash) {
                    return self.go_beside(&name, effects);
                }
                self.beside = None;
                self.pending.address = None;
                if self.streams.is_none() {
                    self.pending.address = Some(hash);
                } else if self.names_unknown_type(&hash) {
                    // The list may be older than the link: what was just imported isn't in it yet.
                    self.pending.address = Some(hash);
                    self.list(effects);
                } else if self.address().as_ref() != Some(&hash) || self.pending.version.is_some() {
                    self.go(&hash, effects);
                }
            }
            Action::Fetched(part, result) => self.fetched(part, result),
            Action::FetchAgain => self.fetch_what_is_wanted(effects),
            Action::ChooseModel(aggregate_type) => self.choose_model(&aggregate_type, effects),
            Action::Show(stream) => self.visit(stream, Entry::Push, effects),
            Action::NewStream(id) => {
                self.step(Action::ChooseStream(id), effects);
                self.names_stream = true;
            }
            Action::TellStory(tale) => effects.push(Effect::TellStory(tale)),
            Action::StoryTold(tale, result) => self.story_told(tale, result, effects),
            Action::ChooseStream(id) => {
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

            Action::ChooseCourse(path) => self.choose_course(path, effects),
            Action::View(version, settled) => {
                self.stop_playing(effects);
                self.look_at(version);
                match settled {
                    Settled::No => {}
                    Settled::Yes => self.show_step(effects),
                    Settled::Dragged => self.show_address(Entry::Push, effects),
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
                self.show_step(effects);
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
                    self.toggle_form(key, effects);
                }
            }
            Action::Edit {
                command,
                path,
                text,
            } => {
                if let Some(key) = self.form_key(&command) {
                    self.change_form(&key);
                    if let Some((bad, errors)) = &mut self.bad_fields
                        && *bad == key
                    {
                        errors.retain(|error| error.path != path);
                    }
                    self.draft_mut(key).set(&path, text);
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
            Action::DismissOutcome => self.outcome = None,
            Action::Hold(hold) => self.hold(hold),
            Action::Repeated { command } => self.repeated(&command),
            Action::Retry => self.retry(effects),
            Action::Sought { asked, read } => self.sought(asked, read, effects),
            Action::Appended { asked, result } => self.appended(asked, result, effects),

            Action::ImportChosen { file } => {
                // A check that waits for the store to be open is done before.
                if self.is_open {
                    self.end_verification(effects);
                }
                if let Some(told) = &mut self.outcome {
                    // What was offered was offered of another file.
                    told.with_holes = None;
                }
                self.streams_before = self.streams.clone();
                self.import = Some(self.beginning(Some(file)));
                // Of two that were chosen before the store is open it is the later.
                if !self.waiting.iter().any(|it| matches!(it, Effect::Import)) {
                    self.work(Effect::Import, effects);
                }
            }
            Action::ImportWithHoles => self.import_with_holes(effects),
            Action::ImportProgress { percent, words } => {
                if let Some(import) = &mut self.import {
                    (import.percent, import.words) = (percent, words);
                }
            }
            Action::CancelImport => match self.forget_waiting(|it| matches!(it, Effect::Import)) {
                true => self.import = None,
                false => effects.push(Effect::CancelImport),
            },
            Action::Imported(result) => self.imported(result, effects),
            Action::Export(packing) => self.export(packing, effects),
            Action::ExportProgress { percent, words } => {
                if let Some(export) = &mut self.export {
                    (export.percent, export.words) = (percent, words);
                }
            }
            Action::ExportStream => self.export_stream(effects),
            Action::CancelExport => self.cancel_export(effects),
            Action::Exported(result) => self.exported(result, effects),
            Action::ExportedElsewhere(last) => self.last_export = last,
            Action::Reset(after) => self.reset(after, effects),
            Action::ResetEnded(after, result) => self.reset_ended(after, result, effects),
            Action::UndoReset => self.undo_reset(effects),
            Action::ResetUndone(result) => self.reset_undone(result, effects),
            Action::UndoEnded(token) => self.undo_ended(token),
            Action::Verify => self.verify(effects),
            Action::VerifyProgress { events } => self.verify_progress(events),
            Action::Verified(result) => {
                self.verified(result);
                self.fetch_what_is_wanted(effects);
            }
            Action::EndVerification => self.end_verification(effects),
            Action::Mend => self.mend(effects),
            Action::Mended(result) => self.mended(result, effects),
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
                self.tell(OutcomeKind::Done, About::Stream, "", &text);
            }
            Action::Copied(Err(reason)) => {
                self.tell(OutcomeKind::Refused, About::Stream, "Not copied:", &reason);
            }

            Action::Archive(archive) => {
                self.dialog = None;
                if let Some(stream) = self.stream().cloned() {
                    effects.push(Effect::Archive(self.views.now(), stream, archive));
                }
            }
            Action::ArchiveEnded {
                asked,
                stream,
                archive,
                result,
            } => self.archive_ended(asked, stream, archive, result, effects),
            Action::ShowArchived(show) => self.shows_archived = show,

            // There is nothing to leave out yet.
            Action::Open(Dialog::Archive) if self.head() == Version::NONE => {}
            // It is being emptied already.
            Action::Open(Dialog::Reset) if self.resetting => {}
            Action::Open(Dialog::BringBack(_)) if self.exchanging => {}
            Action::Open(dialog) => {
                self.dialog = Some(dialog);
                self.fetch_what_is_wanted(effects);
            }
            Action::CloseDialog => self.dialog = None,
            Action::ToggleTheme { system } => {
                // The other first, so that the first press is seen; then the same for good; then the system's again.
                self.preferences.theme = match self.preferences.theme {
                    None => Some(system.other()),
                    Some(theme) if theme != system => Some(system),
                    Some(_) => None,
                };
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

    fn tell(&mut self, kind: OutcomeKind, about: About, title: &str, text: &str) {
        self.outcomes += 1;
        let stream = match &about {
            About::Command(_) | About::Stream => self.stream().cloned(),
            About::Address | About::Store(_) => None,
        };
        self.outcome = Some(Outcome {
            kind,
            about,
            stream,
            at: self.now,
            events: self.streams.as_ref().map(|_| self.events_in_store()),
            title: title.to_owned(),
            text: text.to_owned(),
            retry: None,
            command: None,
            brought: None,
            with_holes: None,
        });
    }
}
