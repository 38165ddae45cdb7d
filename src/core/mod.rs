//! What event sourcing is made of, as plain values and pure functions: the event and its
//! envelope, streams and versions, deciders, and the aggregate root. Knows nothing of storing.

pub mod command;
pub mod decider;
pub mod event;
pub mod json_text;
pub mod payload;
pub mod root;
#[cfg(any(test, feature = "testing"))]
pub mod scenario;
pub mod source;
pub mod stream;
pub mod timestamp;

pub use command::CommandId;
pub use decider::{Aggregate, Decider};
pub use event::{EncodedEvent, EventId, Metadata, NewEvent, RecordedEvent};
pub use json_text::{InvalidJson, JsonText, MAX_DEPTH};
pub use payload::DecodeError;
pub use root::{AggregateRoot, ReplayError};
pub use source::{Clock, FixedClock, IdSource, SequentialIds};
pub use stream::{ExpectedVersion, InvalidStreamId, Position, StreamId, Version};
pub use timestamp::{InvalidTimestamp, Timestamp};
