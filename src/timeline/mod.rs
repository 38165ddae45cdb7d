//! One stream's history as a value: its state at any version, what each event changed, and the
//! course of one number. Pure; a stored event is never touched.

mod change;
mod checkpoints;
pub mod path;
mod tree;

use std::rc::Rc;

use crate::core::{
    EncodedEvent, JsonObject, JsonText, JsonValue, RecordedEvent, ReplayError, StreamId, Version,
};
use crate::model::{Glyph, Instance, Look, Model, Refusal};

pub use change::{Change, changes};
pub use checkpoints::Checkpoints;
pub use path::Path;
pub use tree::{Leaf, Node, tree};

/// The most memory, in bytes, that the checkpoints of one timeline take.
pub const CHECKPOINT_MEMORY: usize = 64 << 20;

/// A stream's events, with checkpoints of its state to begin a fold from. From the first hole on its state isn't
/// known.
///
/// Cheap to clone: events and checkpoints are shared.
#[derive(Clone)]
pub struct Timeline {
    model: Rc<dyn Model>,
    stream: StreamId,
    events: Vec<Rc<RecordedEvent>>,
    checkpoints: Checkpoints,
    /// The last state that is known.
    head: Rc<dyn Instance>,
    /// The model's number at each version of which the state is known, from 0.
    measures: Vec<Option<f64>>,
}

impl Timeline {
    /// The history of a stream to which nothing has happened.
    #[must_use]
    pub fn new(model: Rc<dyn Model>, stream: StreamId) -> Timeline {
        Timeline::with_memory(model, stream, CHECKPOINT_MEMORY)
    }

    /// The same, with another bound than [`CHECKPOINT_MEMORY`]: with less memory a look back folds
    /// more events, and finds the same.
    #[must_use]
    pub fn with_memory(model: Rc<dyn Model>, stream: StreamId, memory: usize) -> Timeline {
        let begun: Rc<dyn Instance> = Rc::from(model.begin(&stream));
        let mut checkpoints = Checkpoints::new(memory);
        checkpoints.offer(0, begun.as_ref());
        Timeline {
            model,
            stream,
            events: Vec::new(),
            measures: vec![begun.measure()],
            checkpoints,
            head: begun,
        }
    }

    /// Adds the events that follow the last one of which the state is known, in the place of those that are there
    /// already; those before are passed over.
    ///
    /// # Errors
    /// [`ReplayError`] at the first event that can't be replayed; those before it are kept.
    pub fn extend(
        &mut self,
        events: impl IntoIterator<Item = RecordedEvent>,
    ) -> Result<(), ReplayError> {
        let mut state = self.head.fork();
        let mut outcome = Ok(());
        self.events.truncate(self.measures.len() - 1);
        for event in events {
            if event.version <= state.version() && event.stream == self.stream {
                continue;
            }
            if event.is_hole() || self.known() < self.head() {
                if event.version == self.head().next() {
                    self.events.push(Rc::new(event));
                }
                continue;
            }
            outcome = state.replay(&event);
            if outcome.is_err() {
                break;
            }
            self.measures.push(state.measure());
            self.events.push(Rc::new(event));
            self.checkpoints.offer(self.events.len(), state.as_ref());
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

    /// The last version of which the state is known: the head, or the last before a hole.
    #[must_use]
    pub fn known(&self) -> Version {
        Version(self.measures.len() as u64 - 1)
    }

    /// Why the state isn't known at the head, a sentence; none where it is.
    #[must_use]
    pub fn unknown(&self) -> Option<String> {
        let known = self.known();
        (known < self.head()).then(|| {
            let damaged = known.next();
            format!("The state can't be known from version {damaged} on: that event is damaged.")
        })
    }

    /// All its events, oldest first, with holes in the places of those that are damaged.
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

    /// How an event is drawn.
    #[must_use]
    pub fn look(&self, event: &RecordedEvent) -> Look {
        match event.is_hole() {
            true => Look::new(0, Glyph::Cross),
            false => self.model.look(&event.event_type),
        }
    }

    /// The state at a version; beyond the last that is known, that one's.
    #[must_use]
    pub fn state_at(&self, version: Version) -> JsonValue {
        self.instance_at(version).view()
    }

    /// Why the data of a version's event isn't in the state, a sentence; none where it is.
    #[must_use]
    pub fn unread_at(&self, version: Version) -> Option<String> {
        match version > self.known() {
            true => None,
            false => self.instance_at(version).unread(),
        }
    }

    /// The aggregate at a version; beyond the last that is known, at that one.
    #[must_use]
    pub fn instance_at(&self, version: Version) -> Rc<dyn Instance> {
        let known = self.measures.len() - 1;
        let version = usize::try_from(version.0).map_or(known, |v| v.min(known));
        if version == known {
            return Rc::clone(&self.head);
        }
        let (folded, start) = self.checkpoints.before(version);
        if folded == version {
            return Rc::clone(start);
        }
        let mut state = start.fork();
        for event in &self.events[folded..version] {
            // Each event was replayed in this order when it was added, and folding is pure.
            if state.replay(event).is_err() {
                break;
            }
        }
        Rc::from(state)
    }

    /// What the event of a version changed in the state; nothing at version 0, and where that isn't known.
    #[must_use]
    pub fn changes_at(&self, version: Version) -> Vec<Change> {
        match version {
            _ if version == Version::NONE || version > self.known() => Vec::new(),
            // Version 0 is the empty state, not the model's defaults: what the first event gave
            // is all new.
            Version(1) => changes(
                &JsonValue::Object(JsonObject::new()),
                &self.state_at(version),
            ),
            _ => changes(&self.state_at(version.previous()), &self.state_at(version)),
        }
    }

    /// The model's number at each version from 0 to the last of which the state is known.
    #[must_use]
    pub fn measures(&self) -> &[Option<f64>] {
        &self.measures
    }

    /// The states that looks back begin from.
    #[must_use]
    pub fn checkpoints(&self) -> &Checkpoints {
        &self.checkpoints
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
        match self.unknown() {
            Some(reason) => Err(Refusal::Undecidable(reason)),
            None => self.head.decide(command, arguments),
        }
    }
}
