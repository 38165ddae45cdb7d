//! Whether events that bring their places follow what a store holds. Shared by the backends, so that
//! none takes in what another refuses.

use std::collections::HashMap;

use super::error::StoreError;
use crate::core::{Envelope, HOLE, InvalidEnvelope, Position, RecordedEvent, StreamId, Version};

/// An event that isn't the next one where it would stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misplaced {
    /// The stream goes on elsewhere: a version is missing, or there already.
    #[error(
        "version {found} of {stream} was to be imported where version {expected} comes next; \
         nothing was imported"
    )]
    Version {
        /// The stream.
        stream: StreamId,
        /// The version that comes next.
        expected: Version,
        /// The version of the event.
        found: Version,
    },
    /// It has the type of a hole, and isn't the hole of its place.
    #[error(
        "version {version} of {stream} was to be imported with the type {HOLE:?}, which stands for an \
         event that is missing and belongs to RecordedEvent::hole alone; nothing was imported"
    )]
    Reserved {
        /// The stream.
        stream: StreamId,
        /// The version of the event.
        version: Version,
    },
    /// It could be read, exported or imported no more.
    #[error("version {version} of {stream} can't be imported: {cause}; nothing was imported")]
    Invalid {
        /// The stream.
        stream: StreamId,
        /// The version of the event.
        version: Version,
        /// What is wrong with it.
        #[source]
        cause: InvalidEnvelope,
    },
    /// The position was given already, or one after it was, and no hole that the event fills stands there.
    #[error(
        "position {found} was to be imported where positions from {next} on are free; nothing was \
         imported"
    )]
    Position {
        /// The first position that is free.
        next: Position,
        /// The position of the event.
        found: Position,
    },
}

/// How far a store goes, with what is being imported.
#[derive(Debug)]
pub struct Following {
    heads: HashMap<StreamId, Version>,
    next: Position,
}

impl Following {
    /// Follows a store whose next position is this; one that holds no event in its history takes any
    /// positions that grow.
    #[must_use]
    pub fn new(next: Position, is_empty: bool) -> Following {
        Following {
            heads: HashMap::new(),
            next: match is_empty {
                true => Position(1),
                false => next,
            },
        }
    }

    /// Whether an event can only fill a hole: its position was given already. Nothing that has a hole's type does.
    ///
    /// # Errors
    /// [`Misplaced::Invalid`].
    pub fn is_to_fill(&self, event: &RecordedEvent) -> Result<bool, Misplaced> {
        let is_to_fill = event.position < self.next && event.event_type != HOLE;
        if is_to_fill {
            check(event)?;
        }
        Ok(is_to_fill)
    }

    /// Why an event isn't taken that is to fill a hole, where there is none.
    #[must_use]
    pub fn without_hole(&self, event: &RecordedEvent) -> Misplaced {
        Misplaced::Position {
            next: self.next,
            found: event.position,
        }
    }

    /// Takes in the next event; `head` is asked once for each stream.
    ///
    /// # Errors
    /// [`Misplaced`], or what `head` answers; the import is then to be broken off.
    pub fn take<E: From<Misplaced> + From<StoreError>>(
        &mut self,
        event: &RecordedEvent,
        head: impl FnOnce(&StreamId) -> Result<Version, StoreError>,
    ) -> Result<(), E> {
        let known = match self.heads.get_mut(&event.stream) {
            Some(known) => known,
            None => {
                let head = head(&event.stream)?;
                self.heads.entry(event.stream.clone()).or_insert(head)
            }
        };
        if event.version != known.next() {
            return Err(Misplaced::Version {
                stream: event.stream.clone(),
                expected: known.next(),
                found: event.version,
            }
            .into());
        }
        if event.position < self.next {
            return Err(Misplaced::Position {
                next: self.next,
                found: event.position,
            }
            .into());
        }
        check(event)?;
        *known = event.version;
        self.next = Position(event.position.0.saturating_add(1));
        Ok(())
    }
}

/// Whether an event that has its place, and so was recorded once, may be recorded again.
fn check(event: &RecordedEvent) -> Result<(), Misplaced> {
    let (stream, version) = (|| event.stream.clone(), event.version);
    if event.event_type == HOLE {
        return match is_the_hole(event) {
            true => Ok(()),
            false => Err(Misplaced::Reserved {
                stream: stream(),
                version,
            }),
        };
    }
    let checked = Envelope::of_recorded(event).check_again();
    checked.map_err(|cause| Misplaced::Invalid {
        stream: stream(),
        version,
        cause,
    })
}

/// Whether nothing is in it that a hole of its place doesn't have.
fn is_the_hole(event: &RecordedEvent) -> bool {
    *event == RecordedEvent::hole(event.stream.clone(), event.version, event.position)
}
