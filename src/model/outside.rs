//! What a model is to who knows none of its types: its name, the commands it takes, and an aggregate of it.

use super::form::CommandForm;
use super::look::Look;
use crate::core::{
    DecodeError, EncodedEvent, JsonText, JsonValue, RecordedEvent, ReplayError, StreamId, Version,
};

/// A model seen from outside: what it is called, which commands it takes, and how to begin one
/// of its aggregates. Object-safe.
pub trait Model {
    /// The first part of its streams' names, for example `bank_account`.
    fn aggregate_type(&self) -> &str;
    /// Its name for people, for example `Bank account`.
    fn title(&self) -> &str;
    /// The commands it takes; none for a model that only replays.
    fn commands(&self) -> &[CommandForm];
    /// How events of a type are drawn.
    fn look(&self, event_type: &str) -> Look;
    /// The keys, in states and payloads, whose integers are minor units of the currency that the
    /// state names under `currency`.
    fn money_keys(&self) -> &[&str];
    /// What the number that [`Instance::measure`] follows is called.
    fn measure_name(&self) -> &str;
    /// Whether an event can be read as one of this model's: asked before one from elsewhere is
    /// taken in.
    ///
    /// # Errors
    /// [`DecodeError`] when it can't.
    fn check(&self, event: &RecordedEvent) -> Result<(), DecodeError>;
    /// Which form of state its snapshots hold:
    /// [`Aggregate::snapshot_schema`](crate::core::Aggregate::snapshot_schema).
    fn snapshot_schema(&self) -> u32;
    /// An aggregate to which nothing has happened.
    fn begin(&self, stream: &StreamId) -> Box<dyn Instance>;
}

/// One aggregate of a [`Model`], at a version. Object-safe.
pub trait Instance {
    /// The version of its state.
    fn version(&self) -> Version;
    /// Replays the next event.
    ///
    /// # Errors
    /// [`ReplayError`]; the instance is then unchanged.
    fn replay(&mut self, event: &RecordedEvent) -> Result<(), ReplayError>;
    /// Decides a command by its name, with its arguments as a JSON object.
    ///
    /// # Errors
    /// [`Refusal`].
    fn decide(&self, command: &str, arguments: &JsonText) -> Result<Vec<EncodedEvent>, Refusal>;
    /// The state as JSON, its keys in the order that the model gives them.
    fn view(&self) -> JsonValue;
    /// Why the data of the last event isn't in the state, a sentence; none where it is.
    fn unread(&self) -> Option<String> {
        None
    }
    /// The one number of the state whose course is drawn, where there is one.
    fn measure(&self) -> Option<f64>;
    /// The same instance once more, to go on from later.
    fn fork(&self) -> Box<dyn Instance>;
}

/// Why a command leads to no events.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The model has no such command, or the arguments don't fit it.
    #[error("{0}")]
    Malformed(String),
    /// A rule of the model forbids it; the text is in the domain's words.
    #[error("{0}")]
    Rejected(String),
    /// The state that it would be decided on isn't known.
    #[error("{0}")]
    Undecidable(String),
}
