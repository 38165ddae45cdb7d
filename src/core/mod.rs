//! What event sourcing is made of, as plain values and pure functions: the event and its
//! envelope, streams and versions, deciders, and the aggregate root. Knows nothing of storing.

pub mod attributes;
pub mod command;
pub mod decider;
pub mod envelope;
pub mod event;
mod finite;
pub mod hole;
mod invalid_envelope;
mod json_number;
pub mod json_text;
mod json_value;
pub mod payload;
mod ranges;
pub mod root;
#[cfg(any(test, feature = "testing"))]
pub mod scenario;
pub mod source;
pub mod stream;
mod time_text;
pub mod timestamp;

pub use command::CommandId;
pub use decider::{Aggregate, Decider};
pub use envelope::{Envelope, InvalidEnvelope};
pub use event::{EncodedEvent, EventId, Metadata, NewEvent, RecordedEvent};
pub use hole::HOLE;
pub use json_number::JsonNumber;
pub use json_text::{InvalidJson, JsonText, MAX_DEPTH};
pub use json_value::{JsonObject, JsonValue, Unreadable};
pub use payload::DecodeError;
pub use ranges::PositionRanges;
pub use root::{AggregateRoot, ReplayError};
pub use source::{Clock, FixedClock, IdSource, SequentialIds};
pub use stream::{
    ExpectedVersion, History, InvalidStreamId, Position, StreamHead, StreamId, Version,
};
pub use timestamp::{InvalidTimestamp, Timestamp, TimestampOutOfRange};
