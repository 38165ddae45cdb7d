//! What comes from the store: the events of the stream that is looked at, and what was imported.

use std::rc::Rc;

use crate::core::{RecordedEvent, StreamId, Version};
use crate::timeline::Timeline;

use super::super::action::{Effect, Entry, Imported, NotImported};
use super::super::asked::View;
use super::super::phrases::count;
use super::super::reading::Read;
use super::super::state::{About, OutcomeKind, State, Unread, WithHoles};
use super::store::why_unread;

/// Said of a stream of which a part is shown.
const IN_PART: &str = "This stream can't be shown whole:";

impl State {
    pub(super) fn loaded(
        &mut self,
        asked: View,
        stream: &StreamId,
        whole: bool,
        read: Read,
        effects: &mut Vec<Effect>,
    ) {
        let again = self.reading.answered(asked);
        if self.views.is_of_stream(asked) && self.stream() == Some(stream) {
            self.take(asked, whole, read, effects);
        }
        if again {
            self.read_on(effects);
        }
    }

    /// Shows what was read of the stream that is looked at.
    fn take(&mut self, asked: View, whole: bool, read: Read, effects: &mut Vec<Effect>) {
        let Some(error) = read.failed.clone() else {
            self.reached(asked, effects);
            self.unread = None;
            return self.show(asked, whole, read, effects);
        };
        // What comes before a damaged event, and behind it, can be looked at all the same.
        if !read.events.is_empty() {
            self.show(asked, whole, read, effects);
        }
        let title = match self.head() {
            Version::NONE => "The stream can't be read:",
            _ => IN_PART,
        };
        let text = why_unread(&error);
        self.unread = Some(Unread { title, text });
    }

    fn show(&mut self, asked: View, whole: bool, read: Read, effects: &mut Vec<Effect>) {
        let (Some(stream), first) = (self.stream().cloned(), self.timeline.is_none()) else {
            return;
        };
        if !whole && !first {
            self.extend(read.events);
            return self.stay(effects);
        }
        if !self.views.is_of_head(asked) {
            // What was appended since isn't in it, and can't be told from what is gone.
            return self.read_on(effects);
        }
        if !first {
            // The store was emptied or exchanged under a view.
            self.views.leave();
            self.held = None;
        }
        let model = self.registry.model(stream.aggregate_type());
        self.timeline = Some(Rc::new(Timeline::new(model, stream)));
        self.history = read.history;
        self.extend(read.events);
        self.open_first_form();
        if first {
            self.settle_version(effects);
        } else {
            self.stay(effects);
            self.show_address(Entry::Replace, effects);
        }
    }

    /// Looks at the version that it looked at, if that isn't gone.
    fn stay(&mut self, effects: &mut Vec<Effect>) {
        self.look_at(self.viewed_version());
        if self.viewed.is_none() {
            self.stop_playing(effects);
        }
    }

    pub(super) fn extend(&mut self, events: Vec<RecordedEvent>) {
        let Some(timeline) = &mut self.timeline else {
            return;
        };
        // Less than is held is a part of what is there.
        if events
            .last()
            .is_none_or(|last| last.version < timeline.head())
        {
            return;
        }
        let before = timeline.head();
        let extended = Rc::make_mut(timeline).extend(events);
        let now = timeline.head();
        if now > before && before > Version::NONE {
            self.went = Some((before, now));
        }
        if let Err(error) = extended {
            let text =
                format!("{error}. What comes before it is shown; an export keeps all of it.");
            let title = IN_PART;
            self.unread = Some(Unread { title, text });
        }
    }

    /// Asks for what the store holds by now: its streams, and the events of the one that is looked at.
    pub(super) fn catch_up(&mut self, effects: &mut Vec<Effect>) {
        self.list(effects);
        self.read_on(effects);
    }

    /// Asks for the events of the stream that is looked at that aren't held yet.
    pub(super) fn read_on(&mut self, effects: &mut Vec<Effect>) {
        let Some(stream) = self.stream().cloned() else {
            return;
        };
        let asked = self.views.now();
        if !self.reading.ask(asked) {
            return;
        }
        // What is damaged may have been mended since.
        let last = self.timeline.as_ref().and_then(|it| it.event(it.known()));
        effects.push(match last {
            Some(last) => Effect::CatchUp {
                asked,
                stream,
                after: last.version,
                event_id: last.event_id.to_string(),
                history: self.history,
            },
            None => Effect::Load(asked, stream),
        });
    }

    pub(super) fn imported(
        &mut self,
        result: Result<Imported, NotImported>,
        effects: &mut Vec<Effect>,
    ) {
        let import = self.import.take();
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
                text += &match imported.shared_ids {
                    0 => String::new(),
                    1 => " 1 id stands in several streams.".to_owned(),
                    many => format!(" {many} ids stand in several streams."),
                };
                text += &match imported.fills {
                    0 => String::new(),
                    1 => " 1 of them fills a hole.".to_owned(),
                    many => format!(" {many} of them fill holes."),
                };
                text += &match imported.holes {
                    0 => String::new(),
                    1 => " 1 that is missing has a hole in its place.".to_owned(),
                    many => format!(" {many} that are missing have holes in their places."),
                };
                if !imported.capitals.is_empty() {
                    text += &format!(" {}.", imported.capitals);
                }
                if imported.events > 0 {
                    self.undo = None;
                    // What was lost may be what came in.
                    self.recovery = None;
                }
                self.tell(OutcomeKind::Done, About::Store("Import"), "", &text);
                self.count_anew();
                self.catch_up(effects);
                effects.push(Effect::Measure);
            }
            Err(NotImported::Lacking { reason, holes }) => {
                let title = "Import refused:";
                self.tell(OutcomeKind::Refused, About::Store("Import"), title, &reason);
                let file = import.and_then(|import| import.file);
                if let Some(told) = &mut self.outcome {
                    told.with_holes = Some(WithHoles { file, holes });
                }
            }
            Err(NotImported::Refused(reason)) => {
                let title = "Import refused:";
                self.tell(OutcomeKind::Refused, About::Store("Import"), title, &reason);
            }
            Err(NotImported::Unknown(reason)) => {
                let text = format!(
                    "It isn't known whether the file is in: all of it is, or nothing. Import it \
                     again: what is in is skipped. The reason: {reason}"
                );
                let title = "Import has no known outcome.";
                self.tell(OutcomeKind::Unknown, About::Store("Import"), title, &text);
                self.count_anew();
                self.catch_up(effects);
                effects.push(Effect::Measure);
            }
        }
    }

    /// Imports the file that was refused last, once: what is told then takes the offer's place.
    pub(super) fn import_with_holes(&mut self, effects: &mut Vec<Effect>) {
        if self.import.is_some() {
            return;
        }
        let told = self.outcome.as_mut();
        if let Some(offer) = told.and_then(|told| told.with_holes.take()) {
            self.end_verification(effects);
            self.streams_before = self.streams.clone();
            self.import = Some(self.beginning(offer.file));
            self.work(Effect::ImportWithHoles, effects);
        }
    }
}
