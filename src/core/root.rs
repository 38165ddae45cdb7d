//! The aggregate root: one aggregate in memory, with the events that it has not saved yet, and
//! what is known of an append of them.

use super::decider::{Aggregate, Decider};
use super::event::{NewEvent, RecordedEvent};
use super::payload::DecodeError;
use super::stream::{History, StreamId, Version};

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
    /// The aggregate has events of its own that are not saved: what was recorded would be built on
    /// what only may be. Save them first, or load the aggregate again.
    #[error(
        "a recorded event was replayed onto {stream}, which has unsaved events ({count}); save \
         them first, or load it again"
    )]
    Uncommitted {
        /// The aggregate.
        stream: StreamId,
        /// How many of its events are not saved.
        count: usize,
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
    history: Option<History>,
    state: D::State,
    uncommitted: Vec<D::Event>,
    /// The first of the uncommitted events, as they were or will be appended: with ids, times and
    /// metadata that stay as they are, so that appending them again is known to be the same.
    sealed: Vec<NewEvent>,
    /// How many of the sealed, from the first on, may be recorded already: those of an append
    /// whose outcome isn't known.
    in_doubt: usize,
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
            history: None,
            state,
            uncommitted: Vec::new(),
            sealed: Vec::new(),
            in_doubt: 0,
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

    /// The history that its events were read in: that in which its version means something. None for
    /// one that wasn't loaded.
    pub fn history(&self) -> Option<History> {
        self.history
    }

    /// The same aggregate, as it is in this history.
    #[must_use]
    pub fn in_history(mut self, history: History) -> Self {
        self.history = Some(history);
        self
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

    /// The uncommitted events that a save has put into envelopes, oldest first: all of them after
    /// a save that failed, without those that were raised since. They keep their ids, times and
    /// metadata until they are committed, so that saving again appends the same batch, which a
    /// store knows again.
    pub fn sealed(&self) -> &[NewEvent] {
        &self.sealed
    }

    /// The uncommitted events that have no envelope yet.
    pub(crate) fn unsealed(&self) -> &[D::Event] {
        self.uncommitted.get(self.sealed.len()..).unwrap_or(&[])
    }

    /// Takes the envelopes of the next unsealed events.
    pub(crate) fn seal(&mut self, envelopes: Vec<NewEvent>) {
        self.sealed.extend(envelopes);
    }

    /// Whether it isn't known if the first of the sealed events are recorded.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.in_doubt > 0
    }

    /// The batch to append next: what may be recorded, by itself, since a store that holds a part
    /// of a batch doesn't know the whole; and where nothing may be, all that is sealed. Until its
    /// outcome is told it is in doubt, also where nobody waits for the answer.
    #[must_use]
    pub(crate) fn send(&mut self) -> &[NewEvent] {
        if self.in_doubt == 0 {
            self.in_doubt = self.sealed.len();
        }
        self.sealed.get(..self.in_doubt).unwrap_or(&[])
    }

    /// The batch that was sent is recorded.
    #[doc(alias = "MarkEventsAsCommitted")]
    pub(crate) fn mark_committed(&mut self) {
        self.sealed.drain(..self.in_doubt);
        self.uncommitted.drain(..self.in_doubt);
        self.in_doubt = 0;
    }

    /// Nothing of the batch that was sent is recorded, by this try or any before.
    pub(crate) fn mark_not_recorded(&mut self) {
        self.in_doubt = 0;
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
    /// [`ReplayError`] when the event is another aggregate's, isn't the next, or can't be read, or
    /// when the aggregate has uncommitted events; it is then unchanged.
    #[doc(alias = "RaiseEvent")]
    pub fn raise_event(&mut self, recorded: &RecordedEvent) -> Result<(), ReplayError> {
        if recorded.stream != self.stream {
            return Err(ReplayError::InvalidAggregateId {
                expected: self.stream.clone(),
                found: recorded.stream.clone(),
            });
        }
        if !self.uncommitted.is_empty() {
            return Err(ReplayError::Uncommitted {
                stream: self.stream.clone(),
                count: self.uncommitted.len(),
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
