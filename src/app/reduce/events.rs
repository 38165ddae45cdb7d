//! What comes from the store: the events of the stream that is looked at, and what was imported.

use std::rc::Rc;

use crate::core::{RecordedEvent, StreamId, Version};
use crate::store::StoreError;
use crate::timeline::Timeline;

use super::super::action::{Effect, Entry, Imported};
use super::super::count;
use super::super::state::{About, OutcomeKind, State};

impl State {
    pub(super) fn loaded(
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
            Err(error) if self.head() > Version::NONE => {
                return self.store_failed("This stream can't be shown whole:", &error);
            }
            Err(error) => return self.store_failed("The stream can't be read:", &error),
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

    pub(super) fn extend(&mut self, events: Vec<RecordedEvent>) {
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

    pub(super) fn catch_up(&mut self, effects: &mut Vec<Effect>) {
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

    pub(super) fn emptied(&mut self, effects: &mut Vec<Effect>) {
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

    pub(super) fn imported(&mut self, result: Result<Imported, String>, effects: &mut Vec<Effect>) {
        match result {
            Ok(imported) => {
                // The same words for any number, one too: what reads the page from outside relies on them.
                let mut text = format!("Imported {} events", imported.events);
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
                effects.push(Effect::Measure);
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
}
