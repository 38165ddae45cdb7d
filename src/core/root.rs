//! The aggregate root: one aggregate in memory, with the events that it has not saved yet.

use super::decider::{Aggregate, Decider};
use super::event::RecordedEvent;
use super::payload::DecodeError;
use super::stream::{StreamId, Version};

/// Why a recorded event can't be replayed onto an aggregate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The event belongs to another aggregate. Read the events of this one.
    #[error("an event of {found} was replayed onto {expected}")]
    InvalidAggregateId {
        /// The aggregate that is being built.
        expected: StreamId,
        /// The aggregate whose event it is.
        found: StreamId,
    },
    /// The event isn't the next one. Replay in order, from the version after the aggregate's.
    #[error("version {found} was replayed where version {expected} comes next")]
    InvalidEventVersion {
        /// The version that comes next.
        expected: Version,
        /// The version of the event.
        found: Version,
    },
    /// The event can't be read by this model.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// One aggregate: its state at a version, and the events raised since it was loaded.
///
/// Event-sourcing texts call it `AggregateBase`.
#[doc(alias = "AggregateBase")]
#[derive(Clone, Debug)]
pub struct AggregateRoot<D: Decider> {
    decider: D,
    stream: StreamId,
    version: Version,
    state: D::State,
    uncommitted: Vec<D::Event>,
}

impl<D: Decider> AggregateRoot<D> {
    /// An aggregate to which nothing has happened: version 0.
    pub fn new(decider: D, stream: StreamId) -> Self {
        let state = decider.initial_state();
        Self::at(decider, stream, Version::NONE, state)
    }

    /// An aggregate whose state at `version` is known, from a snapshot.
    pub fn at(decider: D, stream: StreamId, version: Version, state: D::State) -> Self {
        AggregateRoot {
            decider,
            stream,
            version,
            state,
            uncommitted: Vec::new(),
        }
    }

    /// The stream that holds its events.
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// The version of its state, the uncommitted events counted.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The version that the store knows: that of the state before the uncommitted events.
    pub fn committed_version(&self) -> Version {
        Version(self.version.0 - self.uncommitted.len() as u64)
    }

    /// Its state.
    pub fn state(&self) -> &D::State {
        &self.state
    }

    /// The model.
    pub fn decider(&self) -> &D {
        &self.decider
    }

    /// The events that have not been saved, oldest first.
    #[doc(alias = "GetUncommittedEvents")]
    pub fn uncommitted(&self) -> &[D::Event] {
        &self.uncommitted
    }

    /// Forgets the uncommitted events, once they are saved.
    #[doc(alias = "MarkEventsAsCommitted")]
    pub(crate) fn mark_committed(&mut self) {
        self.uncommitted.clear();
    }

    /// Decides a command on the present state and applies the events that it leads to.
    ///
    /// # Errors
    /// The model's rejection; the aggregate is then unchanged.
    pub fn execute(&mut self, command: D::Command) -> Result<(), D::Rejection> {
        for event in self.decider.decide(&self.state, command)? {
            self.apply(event);
        }
        Ok(())
    }

    /// Applies a new event: the state evolves, the version grows by one, and the event waits to
    /// be saved.
    #[doc(alias = "ApplyEvent")]
    pub fn apply(&mut self, event: D::Event) {
        self.decider.evolve(&mut self.state, &event);
        self.version = self.version.next();
        self.uncommitted.push(event);
    }
}

impl<D: Aggregate> AggregateRoot<D> {
    /// Replays a recorded event: the state evolves and the version becomes the event's. Never
    /// decides.
    ///
    /// # Errors
    /// [`ReplayError`] when the event is another aggregate's, isn't the next, or can't be read;
    /// the aggregate is then unchanged.
    #[doc(alias = "RaiseEvent")]
    pub fn raise_event(&mut self, recorded: &RecordedEvent) -> Result<(), ReplayError> {
        if recorded.stream != self.stream {
            return Err(ReplayError::InvalidAggregateId {
                expected: self.stream.clone(),
                found: recorded.stream.clone(),
            });
        }
        if recorded.version != self.version.next() {
            return Err(ReplayError::InvalidEventVersion {
                expected: self.version.next(),
                found: recorded.version,
            });
        }
        let event = self.decider.decode(recorded)?;
        self.decider.evolve(&mut self.state, &event);
        self.version = recorded.version;
        Ok(())
    }
}
