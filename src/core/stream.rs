//! Streams: how one is named, where an event stands in it and in the store, which log that place is
//! of, and what a writer may expect of it.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An event's place in its stream. 0 means that the stream doesn't exist; the first event is 1,
/// and there are no gaps.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    /// The version of a stream that doesn't exist.
    pub const NONE: Version = Version(0);

    /// The version after this one.
    #[must_use]
    pub fn next(self) -> Version {
        Version(self.0 + 1)
    }

    /// The version before this one; 0 stays 0.
    #[must_use]
    pub fn previous(self) -> Version {
        Version(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event's place in the whole store: strictly increasing in the order of appending, never
/// reused, gaps allowed. 0 is before the first event.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event of a store.
    pub const START: Position = Position(0);
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which log it is: changes whenever what was read before may not hold any more, with each reset and
/// each loss, and is another for each store that is made. A position or a version means something
/// in one history only; the same numbers in another are other events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History(pub Uuid);

impl History {
    /// The history that follows from this one by something that happened to its log once, told from
    /// all else that ever happens to it by a number: so everybody who sees the log names it alike.
    #[must_use]
    pub fn after(self, happened: u64) -> History {
        // Another for each number: an odd factor only changes places among numbers of 62 bits. These
        // are the UUID's last, so that its version and variant stay.
        const LAST: u64 = (1 << 62) - 1;
        let mixed = happened.wrapping_mul(0x9e37_79b9_7f4a_7c15) & LAST;
        History(Uuid::from_u128(self.0.as_u128() ^ u128::from(mixed)))
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that can't name a stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStreamId {
    /// One of the two parts is empty. Give it at least one character.
    #[error("the {part} is empty; it needs at least one character")]
    Empty {
        /// `aggregate type` or `aggregate id`.
        part: &'static str,
    },
    /// One of the two parts is too long. Shorten it.
    #[error(
        "the {part} has {length} characters; at most {} are allowed",
        StreamId::MAX_PART
    )]
    TooLong {
        /// `aggregate type` or `aggregate id`.
        part: &'static str,
        /// How many characters it has.
        length: usize,
    },
}

/// The name of a stream: the events of one aggregate. Both parts have 1 to
/// [`StreamId::MAX_PART`] characters, of any kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct StreamId {
    aggregate_type: String,
    aggregate_id: String,
}

impl StreamId {
    /// The most characters that either part may have.
    pub const MAX_PART: usize = 1_024;

    /// Names the stream of one aggregate.
    ///
    /// # Errors
    /// [`InvalidStreamId`] when a part is empty or too long.
    pub fn new(
        aggregate_type: impl Into<String>,
        aggregate_id: impl Into<String>,
    ) -> Result<StreamId, InvalidStreamId> {
        let (aggregate_type, aggregate_id) = (aggregate_type.into(), aggregate_id.into());
        for (part, text) in [
            ("aggregate type", &aggregate_type),
            ("aggregate id", &aggregate_id),
        ] {
            if text.is_empty() {
                return Err(InvalidStreamId::Empty { part });
            }
            // Bytes bound characters, so that short names are never counted.
            if text.len() > Self::MAX_PART && text.chars().count() > Self::MAX_PART {
                let length = text.chars().count();
                return Err(InvalidStreamId::TooLong { part, length });
            }
        }
        Ok(StreamId {
            aggregate_type,
            aggregate_id,
        })
    }

    /// The kind of aggregate, for example `bank_account`.
    #[must_use]
    pub fn aggregate_type(&self) -> &str {
        &self.aggregate_type
    }

    /// Which one of its kind, for example `ada-savings`.
    #[must_use]
    pub fn aggregate_id(&self) -> &str {
        &self.aggregate_id
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.aggregate_id)
    }
}

/// A stream in a list of streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// The stream.
    pub stream: StreamId,
    /// The version of its last event.
    pub version: Version,
}

/// What a writer expects of a stream before it appends; the store checks it and the append in
/// one step. The words are KurrentDB's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExpectedVersion {
    /// Nothing: append whatever the stream holds.
    Any,
    /// The stream has no events yet.
    NoStream,
    /// The stream has at least one event.
    StreamExists,
    /// The stream's last event has this version. `Exact(Version(0))` is the same as `NoStream`.
    Exact(Version),
}

impl ExpectedVersion {
    /// Whether a stream at `actual` is as expected.
    #[must_use]
    pub fn matches(self, actual: Version) -> bool {
        match self {
            ExpectedVersion::Any => true,
            ExpectedVersion::NoStream => actual == Version::NONE,
            ExpectedVersion::StreamExists => actual > Version::NONE,
            ExpectedVersion::Exact(version) => actual == version,
        }
    }
}

impl fmt::Display for ExpectedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExpectedVersion::Any => f.write_str("any version"),
            ExpectedVersion::NoStream => f.write_str("no stream"),
            ExpectedVersion::StreamExists => f.write_str("an existing stream"),
            ExpectedVersion::Exact(version) => write!(f, "version {version}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expected_versions_match_only_what_they_name() {
        let matched =
            |expected: ExpectedVersion| [0, 1, 2].map(|actual| expected.matches(Version(actual)));
        assert_eq!(matched(ExpectedVersion::Any), [true, true, true]);
        assert_eq!(matched(ExpectedVersion::NoStream), [true, false, false]);
        assert_eq!(matched(ExpectedVersion::StreamExists), [false, true, true]);
        assert_eq!(
            matched(ExpectedVersion::Exact(Version(1))),
            [false, true, false]
        );
    }

    #[test]
    fn what_happens_to_a_history_makes_another_that_is_told_from_all_others() {
        let first = History(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001));
        let mut seen = std::collections::HashSet::from([first]);
        for happened in (1..2_000).chain([1 << 52, (1 << 53) - 1]) {
            let next = first.after(happened);
            assert_eq!(next, first.after(happened));
            assert_eq!(next.0.get_version_num(), 7);
            assert!(seen.insert(next), "{happened}");
        }
    }

    #[test]
    fn a_stream_needs_both_parts_and_bounds_them() {
        assert!(StreamId::new("", "a").is_err());
        assert!(StreamId::new("a", "").is_err());
        assert!(StreamId::new("a", "ü".repeat(StreamId::MAX_PART)).is_ok());
        assert!(StreamId::new("a", "ü".repeat(StreamId::MAX_PART + 1)).is_err());
    }
}
