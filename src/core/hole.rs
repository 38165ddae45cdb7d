//! The hole: what stands in the place of an event that is missing, so that those around it keep their
//! versions and positions.

use uuid::Uuid;

use super::event::{EventId, Metadata, RecordedEvent};
use super::json_text::JsonText;
use super::stream::{Position, StreamId, Version};
use super::timestamp::Timestamp;

/// The type of a hole. Nothing else may have it.
pub const HOLE: &str = "eventloom.hole";

/// What a hole says of itself, where a read comes upon it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is a hole: its event was missing in the file that was imported; import a file that has the \
     event, which fills it"
)]
pub struct Hole;

/// The id of the hole at a place.
#[must_use]
pub fn hole_id(stream: &StreamId, version: Version, position: Position) -> EventId {
    let (aggregate_type, aggregate_id) = (stream.aggregate_type(), stream.aggregate_id());
    // The length tells where one name ends, whatever characters are in it.
    let length = aggregate_type.len();
    let name = format!("{HOLE}/{version}/{position}/{length}/{aggregate_type}/{aggregate_id}");
    EventId(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()))
}

impl RecordedEvent {
    /// What stands for an event that is missing. It is kept like any other, and no read hands it out.
    #[must_use]
    pub fn hole(stream: StreamId, version: Version, position: Position) -> RecordedEvent {
        RecordedEvent {
            event_id: hole_id(&stream, version, position),
            stream,
            version,
            position,
            event_type: HOLE.to_owned(),
            schema_version: 1,
            data: JsonText::null(),
            timestamp: Timestamp::from_millis(0),
            metadata: Metadata::default(),
        }
    }

    /// Whether it stands for an event that is missing. One that has the type alone doesn't: an earlier
    /// Eventloom took any type.
    #[must_use]
    pub fn is_hole(&self) -> bool {
        is_hole(
            &self.event_type,
            self.event_id,
            &self.stream,
            (self.version, self.position),
        )
    }

    /// Whether it may stand in the place of another, which is a hole.
    #[must_use]
    pub fn fills(&self, hole: &RecordedEvent) -> bool {
        self.position == hole.position
            && self.version == hole.version
            && self.stream == hole.stream
            && hole.is_hole()
            && !self.is_hole()
    }
}

/// The same of an event of which only this was read.
pub(crate) fn is_hole(
    event_type: &str,
    event_id: EventId,
    stream: &StreamId,
    (version, position): (Version, Position),
) -> bool {
    event_type == HOLE && event_id == hole_id(stream, version, position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(kind: &str, id: &str, version: u64, position: u64) -> RecordedEvent {
        let stream = StreamId::new(kind, id).unwrap();
        RecordedEvent::hole(stream, Version(version), Position(position))
    }

    #[test]
    fn each_place_has_a_hole_of_its_own_and_always_the_same() {
        let holes = [
            hole("a", "b/c", 1, 2),
            hole("a/b", "c", 1, 2),
            hole("a", "b/c", 2, 1),
            hole("a", "b/c", 1, 3),
            hole("a", "b/c", 11, 2),
        ];
        for (index, one) in holes.iter().enumerate() {
            assert!(one.is_hole());
            for other in &holes[..index] {
                assert_ne!(one.event_id, other.event_id);
            }
        }
        assert_eq!(hole("a", "b", 1, 2), hole("a", "b", 1, 2));
    }

    #[test]
    fn an_event_of_that_type_is_no_hole_elsewhere_or_under_another_id() {
        let moved = RecordedEvent {
            position: Position(3),
            ..hole("a", "b", 1, 2)
        };
        let other = RecordedEvent {
            event_id: EventId(Uuid::from_u128(7)),
            ..hole("a", "b", 1, 2)
        };
        let named = RecordedEvent {
            event_type: "Opened".to_owned(),
            ..hole("a", "b", 1, 2)
        };
        assert!(!moved.is_hole() && !other.is_hole() && !named.is_hole());
    }
}
