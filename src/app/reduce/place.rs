//! Where the page is: model, stream and viewed version, and the address that says so.

use crate::core::{StreamId, Version};

use super::super::action::{Effect, Entry};
use super::super::address;
use super::super::state::{About, Outcome, OutcomeKind, Pending, Place, State};
use super::super::tale::Tale;

/// Steps that follow one another within so many milliseconds are one entry of the browser's history.
const AT_ONCE: i64 = 1_000;

impl State {
    /// Goes where an address leads.
    pub(super) fn go(&mut self, hash: &str, effects: &mut Vec<Effect>) {
        self.stop_playing(effects);
        self.forget_bad_address();
        if let Some(name) = address::place(hash) {
            self.go_beside(&name, effects);
            // Whoever leaves again finds a stream.
            if self.place == Place::Undecided {
                let stream = self.default_stream();
                self.visit(stream, Entry::Replace, effects);
            }
            return;
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
            self.views.leave();
            self.reading.drop();
            self.place = Place::UnknownModel(aggregate_type.to_owned());
            self.timeline = None;
            self.unread = None;
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

    /// Whether an address leads to an aggregate type that neither a model nor the list of streams
    /// knows.
    pub(super) fn names_unknown_type(&self, hash: &str) -> bool {
        let address = address::parse(hash).ok().flatten();
        address.is_some_and(|address| !self.is_known(address.stream.aggregate_type()))
    }

    fn is_known(&self, aggregate_type: &str) -> bool {
        self.registry.find(aggregate_type).is_some()
            || self
                .foreign_types()
                .iter()
                .any(|foreign| foreign == aggregate_type)
    }

    /// Shows the head of a stream, under its own address.
    pub(super) fn visit(&mut self, stream: StreamId, entry: Entry, effects: &mut Vec<Effect>) {
        self.forget_bad_address();
        self.stop_playing(effects);
        self.pending = Pending::default();
        self.enter(stream, effects);
        self.show_address(entry, effects);
    }

    /// What was wrong with an earlier address is of no interest at the next.
    pub(super) fn forget_bad_address(&mut self) {
        let of_address = |outcome: &Outcome| outcome.about == About::Address;
        if self.outcome.as_ref().is_some_and(of_address) {
            self.outcome = None;
        }
    }

    fn enter(&mut self, stream: StreamId, effects: &mut Vec<Effect>) {
        self.leave_told_behind(&stream);
        self.timeline = None;
        self.unread = None;
        self.viewed = None;
        self.pressed = None;
        self.went = None;
        self.forms = None;
        self.names_stream = false;
        self.held = None;
        // What is under way is about another stream.
        self.views.leave();
        let asked = self.views.now();
        self.reading.begin(asked);
        effects.push(Effect::Load(asked, stream.clone()));
        self.place = Place::Stream(stream);
    }

    /// Looks at the version that the address asked for, now that the stream is loaded.
    pub(super) fn settle_version(&mut self, effects: &mut Vec<Effect>) {
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

    /// The streams that one is chosen from.
    fn listed(&self) -> impl Iterator<Item = &StreamId> + Clone {
        let streams = self.streams.as_deref().map_or(&[][..], Vec::as_slice);
        let streams = streams.iter().map(|head| &head.stream);
        streams.filter(|stream| self.is_listed(stream))
    }

    pub(super) fn default_stream(&self) -> StreamId {
        let streams = self.listed();
        let story = Tale::Account.stream();
        streams
            .clone()
            .find(|stream| **stream == story)
            .or_else(|| streams.clone().next())
            .cloned()
            .unwrap_or(story)
    }

    pub(super) fn choose_model(&mut self, aggregate_type: &str, effects: &mut Vec<Effect>) {
        let first = self
            .listed()
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

    /// Looks at a version; the head is followed, however it was reached.
    pub(super) fn look_at(&mut self, version: Version) {
        let before = self.viewed_version();
        self.viewed = (version < self.head()).then_some(version);
        let now = self.viewed_version();
        if now != before {
            self.went = Some((before, now));
        }
    }

    /// Draws the course of another number of the state, now and in later visits.
    pub(super) fn choose_course(&mut self, path: String, effects: &mut Vec<Effect>) {
        let Some(timeline) = &self.timeline else {
            return;
        };
        let model = timeline.model();
        let aggregate_type = model.aggregate_type();
        let courses = &mut self.preferences.courses;
        courses.retain(|(of, _)| of != aggregate_type);
        if path != model.measure_name() {
            courses.push((aggregate_type.to_owned(), path));
        }
        effects.push(Effect::Remember(self.preferences.clone()));
    }

    pub(super) fn stop_playing(&mut self, effects: &mut Vec<Effect>) {
        if self.playing {
            self.playing = false;
            effects.push(Effect::Play(false));
        }
    }

    /// Shows the address of a step. One at once after another replaces its entry: Back leads to before both.
    pub(super) fn show_step(&mut self, effects: &mut Vec<Effect>) {
        let before = self.shown_address.clone();
        let last = self.stepped;
        let follows = last.is_some_and(|last| {
            let since = self.now.millis() - last.millis();
            (0..=AT_ONCE).contains(&since)
        });
        self.show_address(
            match follows {
                true => Entry::Replace,
                false => Entry::Push,
            },
            effects,
        );
        self.stepped = match self.shown_address == before {
            true => last,
            false => Some(self.now),
        };
    }

    pub(super) fn show_address(&mut self, entry: Entry, effects: &mut Vec<Effect>) {
        if let Some(address) = self.address()
            && address != self.shown_address
        {
            if entry == Entry::Push {
                self.stepped = None;
            }
            self.shown_address.clone_from(&address);
            effects.push(Effect::Show(address, entry));
        }
    }
}
