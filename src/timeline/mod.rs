//! One stream's history as a value: its state at any version, what each event changed, and the
//! course of one number. Pure; a stored event is never touched.

mod change;
mod tree;

use std::ops::Range;
use std::rc::Rc;

use serde_json::Value;

use crate::core::{EncodedEvent, JsonText, RecordedEvent, ReplayError, StreamId, Version};
use crate::model::{Instance, Model, Refusal};

pub use change::{Change, changes};
pub use tree::{Leaf, Node, Wording, tree};

/// How many events lie between two checkpoints: the most that one look back has to fold.
const CHECKPOINT_EVERY: usize = 128;

/// A stream's events, with checkpoints of its state to begin a fold from.
///
/// Cheap to clone: events and checkpoints are shared.
#[derive(Clone)]
pub struct Timeline {
    model: Rc<dyn Model>,
    stream: StreamId,
    events: Vec<Rc<RecordedEvent>>,
    /// The state at version `index * CHECKPOINT_EVERY`.
    checkpoints: Vec<Rc<dyn Instance>>,
    head: Rc<dyn Instance>,
    /// The model's number at each version, from 0.
    measures: Vec<Option<f64>>,
}

impl Timeline {
    /// The history of a stream to which nothing has happened.
    #[must_use]
    pub fn new(model: Rc<dyn Model>, stream: StreamId) -> Timeline {
        let begun: Rc<dyn Instance> = Rc::from(model.begin(&stream));
        Timeline {
            model,
            stream,
            events: Vec::new(),
            measures: vec![begun.measure()],
            checkpoints: vec![Rc::clone(&begun)],
            head: begun,
        }
    }

    /// Adds the events that follow the head; those that it has already are passed over.
    ///
    /// # Errors
    /// [`ReplayError`] at the first event that can't be replayed; those before it are kept.
    pub fn extend(
        &mut self,
        events: impl IntoIterator<Item = RecordedEvent>,
    ) -> Result<(), ReplayError> {
        let mut state = self.head.fork();
        let mut outcome = Ok(());
        for event in events {
            if event.version <= state.version() && event.stream == self.stream {
                continue;
            }
            outcome = state.replay(&event);
            if outcome.is_err() {
                break;
            }
            self.measures.push(state.measure());
            self.events.push(Rc::new(event));
            if self.events.len().is_multiple_of(CHECKPOINT_EVERY) {
                self.checkpoints.push(Rc::from(state.fork()));
            }
        }
        self.head = Rc::from(state);
        outcome
    }

    /// The model that folds it.
    #[must_use]
    pub fn model(&self) -> &Rc<dyn Model> {
        &self.model
    }

    /// Whose history it is.
    #[must_use]
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// The version of its last event.
    #[must_use]
    pub fn head(&self) -> Version {
        Version(self.events.len() as u64)
    }

    /// All its events, oldest first.
    #[must_use]
    pub fn events(&self) -> &[Rc<RecordedEvent>] {
        &self.events
    }

    /// The event of a version; none at version 0 or beyond the head.
    #[must_use]
    pub fn event(&self, version: Version) -> Option<&Rc<RecordedEvent>> {
        let index = usize::try_from(version.0).ok()?.checked_sub(1)?;
        self.events.get(index)
    }

    /// The state at a version; beyond the head, the head's.
    #[must_use]
    pub fn state_at(&self, version: Version) -> Value {
        let version =
            usize::try_from(version.0).map_or(self.events.len(), |v| v.min(self.events.len()));
        if version == self.events.len() {
            return self.head.view();
        }
        let checkpoint = version / CHECKPOINT_EVERY;
        let start = &self.checkpoints[checkpoint];
        let rest: Range<usize> = checkpoint * CHECKPOINT_EVERY..version;
        if rest.is_empty() {
            return start.view();
        }
        let mut state = start.fork();
        for event in &self.events[rest] {
            // Each event was replayed in this order when it was added, and folding is pure.
            if state.replay(event).is_err() {
                break;
            }
        }
        state.view()
    }

    /// What the event of a version changed in the state; nothing at version 0.
    #[must_use]
    pub fn changes_at(&self, version: Version) -> Vec<Change> {
        match version {
            Version::NONE => Vec::new(),
            // Version 0 is the empty state, not the model's defaults: what the first event gave
            // is all new.
            Version(1) => changes(
                &Value::Object(serde_json::Map::new()),
                &self.state_at(version),
            ),
            _ => changes(&self.state_at(version.previous()), &self.state_at(version)),
        }
    }

    /// The model's number at each version from 0 to the head.
    #[must_use]
    pub fn measures(&self) -> &[Option<f64>] {
        &self.measures
    }

    /// The currency that the state names, for reading and showing money.
    #[must_use]
    pub fn currency(&self) -> Option<String> {
        let state = self.head.view();
        let currency = state.get("currency")?.as_str()?;
        (!currency.is_empty()).then(|| currency.to_owned())
    }

    /// Decides a command on the head's state.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn decide(
        &self,
        command: &str,
        arguments: &JsonText,
    ) -> Result<Vec<EncodedEvent>, Refusal> {
        self.head.decide(command, arguments)
    }
}
