//! The one reducer: state and action to the next state and what it asks of the world. Pure.

use std::rc::Rc;

use crate::core::{RecordedEvent, StreamId, Version};
use crate::model::Refusal;
use crate::store::{AppendError, StoreError};
use crate::timeline::Timeline;

use super::action::{Action, AfterReset, Effect, Entry, Imported, Settled, Step};
use super::address;
use super::state::{
    About, FormKey, Outcome, OutcomeKind, Place, Progress, Sent, State, Storage, Theme,
};

/// The stream of the story, shown when the address asks for nothing.
const FIRST_STREAM: (&str, &str) = ("bank_account", "ada-savings");

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
                effects.push(Effect::List);
            }
            Action::Listed(Ok(streams)) => {
                self.streams = Some(Rc::new(streams));
                if let Some(address) = self.pending.address.take() {
                    self.go(&address, effects);
                }
            }
            Action::Listed(Err(error)) => self.store_failed("The streams can't be listed.", &error),
            Action::Loaded {
                stream,
                whole,
                events,
            } => self.loaded(&stream, whole, events, effects),
            Action::StoreChanged => self.catch_up(effects),
            Action::StoreEmptied => self.emptied(effects),
            Action::StoreLost(reason) => self.storage = Storage::Lost(reason),

            Action::AddressChanged(hash) => {
                self.shown_address.clone_from(&hash);
                self.stop_playing(effects);
                if self.streams.is_none() {
                    self.pending.address = Some(hash);
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
            Action::Submit(command) => self.submit(&command, effects),
            Action::Appended {
                stream,
                command,
                result,
            } => {
                self.appended(&stream, &command, result, effects);
            }

            Action::ImportChosen { file } => {
                self.import = Some(Progress {
                    file,
                    percent: 0,
                    stage: "Reading",
                });
                effects.push(Effect::Import);
            }
            Action::ImportProgress { percent, stage } => {
                if let Some(import) = &mut self.import {
                    (import.percent, import.stage) = (percent, stage);
                }
            }
            Action::CancelImport => effects.push(Effect::CancelImport),
            Action::Imported(result) => {
                self.import = None;
                self.imported(result, effects);
            }
            Action::Export => effects.push(Effect::Export),
            Action::Exported(Ok((events, file))) => {
                let text = format!("Exported {} to {file}.", count(events, "event"));
                self.tell(OutcomeKind::Done, About::Store, "", &text);
            }
            Action::Exported(Err(reason)) => {
                self.tell(
                    OutcomeKind::Refused,
                    About::Store,
                    "Export failed:",
                    &reason,
                );
            }
            Action::Reset(after) => {
                self.dialog = None;
                effects.push(Effect::Reset(after));
            }
            Action::ResetEnded(after, Ok(())) => {
                let text = match after {
                    AfterReset::Empty => "The store is empty.",
                    AfterReset::Story => "The store holds the story, and nothing else.",
                };
                self.tell(OutcomeKind::Done, About::Store, "", text);
            }
            Action::ResetEnded(_, Err(reason)) => {
                self.tell(OutcomeKind::Refused, About::Store, "Reset failed:", &reason);
            }
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

            Action::Open(dialog) => self.dialog = Some(dialog),
            Action::CloseDialog => self.dialog = None,
            Action::ToggleTheme { system } => {
                self.preferences.theme = Some(match self.preferences.theme.unwrap_or(system) {
                    Theme::Light => Theme::Dark,
                    Theme::Dark => Theme::Light,
                });
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

    // --- places -------------------------------------------------------------------------------

    /// Goes where an address leads.
    fn go(&mut self, hash: &str, effects: &mut Vec<Effect>) {
        if self
            .outcome
            .as_ref()
            .is_some_and(|outcome| outcome.about == About::Address)
        {
            self.outcome = None;
        }
        let address = match address::parse(hash) {
            Ok(Some(address)) => address,
            Ok(None) => {
                let stream = self.default_stream();
                return self.visit(stream, Entry::Replace, effects);
            }
            Err(error) => {
                let stream = self.default_stream();
                self.visit(stream, Entry::Replace, effects);
                return self.tell(OutcomeKind::Refused, About::Address, "", &error.to_string());
            }
        };
        let aggregate_type = address.stream.aggregate_type();
        if !self.is_known(aggregate_type) {
            let text = format!(
                "No model and no stream here is called {aggregate_type}. Choose one under Model, \
                 or import a file that holds its events."
            );
            self.place = Place::UnknownModel(aggregate_type.to_owned());
            self.timeline = None;
            self.viewed = None;
            return self.tell(
                OutcomeKind::Refused,
                About::Address,
                "Unknown model.",
                &text,
            );
        }
        self.pending.version = address.version;
        if self.stream() == Some(&address.stream) && self.timeline.is_some() {
            self.settle_version(effects);
        } else {
            self.enter(address.stream, effects);
        }
    }

    fn is_known(&self, aggregate_type: &str) -> bool {
        self.registry.find(aggregate_type).is_some()
            || self
                .foreign_types()
                .iter()
                .any(|foreign| foreign == aggregate_type)
    }

    /// Shows the head of a stream, under its own address.
    fn visit(&mut self, stream: StreamId, entry: Entry, effects: &mut Vec<Effect>) {
        if self
            .outcome
            .as_ref()
            .is_some_and(|outcome| outcome.about == About::Address)
        {
            self.outcome = None;
        }
        self.stop_playing(effects);
        self.pending.version = None;
        self.enter(stream, effects);
        self.show_address(entry, effects);
    }

    fn enter(&mut self, stream: StreamId, effects: &mut Vec<Effect>) {
        self.timeline = None;
        self.viewed = None;
        effects.push(Effect::Load(stream.clone()));
        self.place = Place::Stream(stream);
    }

    /// Looks at the version that the address asked for, now that the stream is loaded.
    fn settle_version(&mut self, effects: &mut Vec<Effect>) {
        let head = self.head();
        match self.pending.version.take() {
            None => self.viewed = None,
            Some(Ok(version)) if version <= head => self.look_at(version),
            Some(bad) => {
                self.viewed = None;
                let asked = match bad {
                    Ok(version) => format!("Version {version} isn't there: the stream has {head}."),
                    Err(text) => {
                        format!("{text:?} isn't a version: it must be a number from 0 to {head}.")
                    }
                };
                let text = format!("{asked} This is the latest version.");
                self.tell(OutcomeKind::Refused, About::Address, "", &text);
            }
        }
        self.show_address(Entry::Replace, effects);
    }

    fn default_stream(&self) -> StreamId {
        let streams = self.streams.as_deref().map_or(&[][..], Vec::as_slice);
        let named = |(aggregate_type, aggregate_id)| StreamId::new(aggregate_type, aggregate_id);
        let story = named(FIRST_STREAM).ok();
        streams
            .iter()
            .map(|head| &head.stream)
            .find(|stream| Some(*stream) == story.as_ref())
            .or_else(|| streams.first().map(|head| &head.stream))
            .cloned()
            .or(story)
            // Both parts of the constant above are short and not empty.
            .unwrap_or_else(|| unreachable!("the first stream has a valid name"))
    }

    fn choose_model(&mut self, aggregate_type: &str, effects: &mut Vec<Effect>) {
        let streams = self.streams.as_deref().map_or(&[][..], Vec::as_slice);
        let first = streams
            .iter()
            .map(|head| &head.stream)
            .find(|stream| stream.aggregate_type() == aggregate_type)
            .cloned();
        let begun = || {
            StreamId::new(
                aggregate_type,
                format!("my-{}", aggregate_type.replace('_', "-")),
            )
        };
        match first.map_or_else(begun, Ok) {
            Ok(stream) => self.visit(stream, Entry::Push, effects),
            Err(e) => self.tell(OutcomeKind::Refused, About::Address, "", &e.to_string()),
        }
    }

    // --- versions -----------------------------------------------------------------------------

    /// Looks at a version; the head is followed, however it was reached.
    fn look_at(&mut self, version: Version) {
        self.viewed = (version < self.head()).then_some(version);
    }

    fn stop_playing(&mut self, effects: &mut Vec<Effect>) {
        if self.playing {
            self.playing = false;
            effects.push(Effect::Play(false));
        }
    }

    fn show_address(&mut self, entry: Entry, effects: &mut Vec<Effect>) {
        if let Some(address) = self.address()
            && address != self.shown_address
        {
            self.shown_address.clone_from(&address);
            effects.push(Effect::Show(address, entry));
        }
    }

    // --- events -------------------------------------------------------------------------------

    fn loaded(
        &mut self,
        stream: &StreamId,
        whole: bool,
        events: Result<Vec<RecordedEvent>, StoreError>,
        effects: &mut Vec<Effect>,
    ) {
        if self.stream() != Some(stream) {
            return;
        }
        let events = match events {
            Ok(events) => events,
            Err(error) => return self.store_failed("The stream can't be read.", &error),
        };
        if !whole && self.timeline.is_some() {
            return self.extend(events);
        }
        let first = self.timeline.is_none();
        let model = self.registry.model(stream.aggregate_type());
        self.timeline = Some(Rc::new(Timeline::new(model, stream.clone())));
        self.extend(events);
        if first {
            self.settle_version(effects);
        } else {
            // The store was emptied or exchanged under a view: what it looked at may be gone.
            self.look_at(self.viewed_version());
            if self.viewed.is_none() {
                self.stop_playing(effects);
            }
            self.show_address(Entry::Replace, effects);
        }
    }

    fn extend(&mut self, events: Vec<RecordedEvent>) {
        let Some(timeline) = &mut self.timeline else {
            return;
        };
        if events.is_empty() {
            return;
        }
        if let Err(error) = Rc::make_mut(timeline).extend(events) {
            let text =
                format!("{error}. What comes before it is shown; an export keeps all of it.");
            self.tell(
                OutcomeKind::Refused,
                About::Store,
                "This stream can't be shown whole:",
                &text,
            );
        }
        self.count_stream();
    }

    /// Keeps the list of streams in step with what was loaded of one of them.
    fn count_stream(&mut self) {
        let Some(timeline) = &self.timeline else {
            return;
        };
        let Some(streams) = &mut self.streams else {
            return;
        };
        let (stream, version) = (timeline.stream().clone(), timeline.head());
        let streams = Rc::make_mut(streams);
        match streams.binary_search_by(|head| head.stream.cmp(&stream)) {
            Ok(index) => streams[index].version = version,
            Err(index) => streams.insert(index, crate::store::StreamHead { stream, version }),
        }
    }

    fn catch_up(&mut self, effects: &mut Vec<Effect>) {
        effects.push(Effect::List);
        let Some(timeline) = &self.timeline else {
            return;
        };
        let stream = timeline.stream().clone();
        effects.push(match timeline.events().last() {
            Some(last) => Effect::CatchUp {
                stream,
                after: last.version,
                event_id: last.event_id.to_string(),
            },
            None => Effect::Load(stream),
        });
    }

    fn emptied(&mut self, effects: &mut Vec<Effect>) {
        self.stop_playing(effects);
        effects.push(Effect::List);
        let Some(stream) = self.stream().cloned() else {
            return;
        };
        if self.registry.find(stream.aggregate_type()).is_none() {
            // What is not in the store any more has no model either.
            self.streams = Some(Rc::default());
            let stream = self.default_stream();
            self.visit(stream, Entry::Replace, effects);
        } else {
            let model = self.registry.model(stream.aggregate_type());
            self.timeline = Some(Rc::new(Timeline::new(model, stream.clone())));
            self.viewed = None;
            self.show_address(Entry::Replace, effects);
            effects.push(Effect::Load(stream));
        }
    }

    // --- commands -----------------------------------------------------------------------------

    fn form_key(&self, command: &str) -> Option<FormKey> {
        let aggregate_type = self.stream()?.aggregate_type().to_owned();
        Some((aggregate_type, command.to_owned()))
    }

    fn edit_list(&mut self, command: &str, path: &str, removed: Option<usize>) {
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

    fn submit(&mut self, command: &str, effects: &mut Vec<Effect>) {
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

    fn appended(
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

    // --- the store as a whole -----------------------------------------------------------------

    fn imported(&mut self, result: Result<Imported, String>, effects: &mut Vec<Effect>) {
        match result {
            Ok(imported) => {
                let mut text = format!("Imported {}", count(imported.events, "event"));
                text += &match imported.skipped {
                    0 => "; none was skipped.".to_owned(),
                    1 => "; 1 that was here already was skipped.".to_owned(),
                    many => format!("; {many} that were here already were skipped."),
                };
                if imported.stamped > 0 {
                    let those = count(imported.stamped, "event");
                    text += &format!(" {those} had no time and got that of the import.");
                }
                self.tell(OutcomeKind::Done, About::Store, "", &text);
                self.catch_up(effects);
            }
            Err(reason) => {
                self.tell(
                    OutcomeKind::Refused,
                    About::Store,
                    "Import refused:",
                    &reason,
                );
            }
        }
    }

    fn store_failed(&mut self, what: &str, error: &StoreError) {
        self.tell(
            OutcomeKind::Refused,
            About::Store,
            what,
            &format!("{error}."),
        );
    }

    fn tell(&mut self, kind: OutcomeKind, about: About, title: &str, text: &str) {
        self.outcomes += 1;
        self.outcome = Some(Outcome {
            kind,
            about,
            title: title.to_owned(),
            text: text.to_owned(),
        });
    }
}

/// A number with its noun.
fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
