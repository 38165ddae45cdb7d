//! What can be wrong with a store, in words: where, what, and what to do about it.

use std::fmt;

use crate::core::{EventId, Position, RecordedEvent, StreamId, Version};
use crate::store::Damaged;

/// Where an event stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its stream.
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: Version,
    /// Its place in the store.
    pub position: Position,
}

impl Place {
    pub(super) fn of(event: &RecordedEvent) -> Place {
        Place {
            stream: event.stream.clone(),
            version: event.version,
            position: event.position,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stream, version, position) = (&self.stream, self.version, self.position);
        write!(f, "{stream} version {version} at position {position}")
    }
}

/// Something that is wrong with a store. Its text is whole sentences.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// A record of the log can't be read, or its checksum doesn't fit. What it held is lost here.
    #[error("The record at {} is damaged: {}. {}", .0, .0.cause, RESTORE)]
    Damaged(Damaged),
    /// The model can't read an event. The event itself is whole.
    #[error(
        "{place} is not an event that its model can read: {cause}. Use the Eventloom that \
         recorded it, or teach the model to read it."
    )]
    Undecodable {
        /// The event.
        place: Place,
        /// What the model says.
        cause: String,
    },
    /// A hole stands in the place of an event that was missing in a file that was imported.
    #[error(
        "{0} is a hole: its event was missing in the file that was imported. Import a file that has \
         the event, which fills the hole; until then nothing is appended to this stream."
    )]
    Hole(Place),
    /// A stream has no event at some versions, and no damaged record accounts for it.
    #[error("{}. {}", gap(.stream, *.first, *.last, *.after, *.before), RESTORE)]
    Gap {
        /// The stream.
        stream: StreamId,
        /// The first version that is missing.
        first: Version,
        /// The last version that is missing; the same for one.
        last: Version,
        /// The position of the event before them, 0 where there is none.
        after: Position,
        /// The position of the event after them.
        before: Position,
    },
    /// A version that comes after its own or a later one, in the order of positions.
    #[error(
        "{place} comes after version {after} of its stream. Export the store, put the lines of \
         this stream in order and delete \"streamversion\" from them, reset the store, and import \
         the file."
    )]
    VersionOutOfOrder {
        /// The event.
        place: Place,
        /// The version that came before it.
        after: Version,
    },
    /// A position that isn't greater than the one before it.
    #[error(
        "{place} comes after position {after} in the log, and positions must grow. If nothing is \
         wrong with the events themselves, export the store, reset it, and import the export: that \
         gives positions anew."
    )]
    PositionOutOfOrder {
        /// The event.
        place: Place,
        /// The position that came before it.
        after: Position,
    },
    /// Two events of one stream have one id. In another stream it would be another event's.
    #[error(
        "{place} has the id of the event of its stream at position {first}, {event_id}: one fact \
         was recorded twice. To take the later one out, export the store, delete its line, and \
         \"streamversion\" from the lines of this stream behind it, reset the store, and import the \
         file."
    )]
    RepeatedId {
        /// The later event.
        place: Place,
        /// The id.
        event_id: EventId,
        /// The position of the earlier one.
        first: Position,
    },
    /// Segments of the second copy can't be read. The log itself has them.
    #[error(
        "{} of the second copy can't be read. It is made anew from this store now; until Storage says \
         that it is kept, an export is the only other copy.",
        segments(*.first, *.last)
    )]
    SecondCopyDamaged {
        /// The first.
        first: u64,
        /// The last; the same for one.
        last: u64,
    },
    /// A stream has events and no head, so that it isn't listed.
    #[error("{place} is the last event of a stream that has no head. {}", REBUILD)]
    HeadMissing {
        /// The stream's last event.
        place: Place,
    },
    /// The head of a stream isn't the version of its last event.
    #[error(
        "{place} is the last event of its stream, but the stream's head says version {head}. {}",
        if *.head > .place.version { RESTORE } else { REBUILD }
    )]
    HeadWrong {
        /// The stream's last event.
        place: Place,
        /// What the head says.
        head: Version,
    },
    /// A head without a stream.
    #[error(
        "{stream} has a head that says version {head}, but the log has none of its events, at any \
         position. {}",
        RESTORE
    )]
    HeadExtra {
        /// The stream.
        stream: StreamId,
        /// What the head says.
        head: Version,
    },
    /// The head of a stream can't be read.
    #[error("The head of {} is damaged: {}. {}", .0.stream(), .0.cause, REBUILD)]
    HeadDamaged(Damaged),
    /// A snapshot can't be read. It is passed over when its aggregate is loaded.
    #[error("The snapshot of {} is damaged: {}. {}", .0.stream(), .0.cause, FOLDED_ANEW)]
    SnapshotDamaged(Damaged),
    /// A snapshot was taken after an event that its stream doesn't hold.
    #[error(
        "The snapshot of {stream} version {version} was taken after event {event_id}, which the \
         stream doesn't hold there. {}",
        FOLDED_ANEW
    )]
    SnapshotStray {
        /// The stream.
        stream: StreamId,
        /// The version that the snapshot names.
        version: Version,
        /// The id that it names.
        event_id: EventId,
    },
    /// A snapshot isn't the state that its events fold to. Loading its aggregate builds on it.
    #[error(
        "The snapshot of {0} is not the state that its events fold to. If nothing is wrong with the \
         events themselves, export the store, reset it, and import the export: that leaves \
         snapshots out, and states are folded from the events."
    )]
    SnapshotDiffers(Place),
}

const REBUILD: &str = "If nothing is wrong with the events themselves, export the store, reset it, \
                       and import the export: that makes every head anew.";

/// The earlier export goes first: of what both say the later is skipped, and its holes are where the event is
/// there.
const RESTORE: &str = "If an export made before holds what is missing, export the store now, put \
                       the lines of the new export behind those of the old one in one file, reset \
                       the store, and import that file. If none does, export the store, reset it, and \
                       import the export: what is missing has holes in its place then, and all else is \
                       whole.";

const FOLDED_ANEW: &str = "Nothing is lost: the state is folded from the events instead.";

fn gap(
    stream: &StreamId,
    first: Version,
    last: Version,
    after: Position,
    before: Position,
) -> String {
    let versions = match first == last {
        true => format!("version {first}"),
        false => format!("versions {first} to {last}"),
    };
    match after {
        Position::START => format!("{stream} lacks {versions}, before position {before}"),
        _ => format!("{stream} lacks {versions}, between positions {after} and {before}"),
    }
}

fn segments(first: u64, last: u64) -> String {
    match first == last {
        true => format!("Segment {first}"),
        false => format!("Segments {first} to {last}"),
    }
}

/// What a check of a whole store came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How many records the log holds, damaged ones too.
    pub events: u64,
    /// How many of them were written before checksums were kept: what they hold can have changed
    /// without a trace.
    pub unchecked: u64,
    /// What is wrong; the first 1,000.
    pub findings: Vec<Finding>,
    /// How many findings there are besides.
    pub more: u64,
}
