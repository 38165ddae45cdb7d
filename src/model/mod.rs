//! Models that can be driven by name and JSON, as the page does: what a model is to somebody who
//! knows none of its types, and the adapter that makes one of any [`Aggregate`].

pub mod bank_account;
pub mod form;
pub mod generic;
pub mod look;
pub mod money;
pub mod order;
pub mod registry;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::core::{
    Aggregate, AggregateRoot, DecodeError, EncodedEvent, JsonText, RecordedEvent, ReplayError,
    StreamId, Version, payload,
};

pub use form::{CommandForm, Draft, Field, FieldError, Kind};
pub use generic::GenericModel;
pub use look::{Glyph, Look};
pub use registry::Registry;

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
    /// [`Aggregate::snapshot_schema`].
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
    fn view(&self) -> Value;
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
}

/// Makes a [`Model`] of an [`Aggregate`]: its names, forms and looks beside it.
///
/// Commands are a serde enum whose variant names are the names of the [`CommandForm`]s.
pub struct Described<A: Aggregate> {
    /// The aggregate.
    pub aggregate: A,
    /// Its name for people.
    pub title: &'static str,
    /// Its commands.
    pub commands: &'static [CommandForm],
    /// How its events are drawn, by type.
    pub looks: &'static [(&'static str, Look)],
    /// See [`Model::money_keys`].
    pub money_keys: &'static [&'static str],
    /// The name of the number that is drawn, and how to read it.
    pub measure: (&'static str, fn(&A::State) -> f64),
}

impl<A> Model for Described<A>
where
    A: Aggregate + Clone + 'static,
    A::Command: DeserializeOwned,
    A::State: Serialize + Clone,
{
    fn aggregate_type(&self) -> &str {
        self.aggregate.aggregate_type()
    }

    fn title(&self) -> &str {
        self.title
    }

    fn commands(&self) -> &[CommandForm] {
        self.commands
    }

    fn look(&self, event_type: &str) -> Look {
        self.looks
            .iter()
            .find(|(declared, _)| *declared == event_type)
            .map_or_else(|| Look::of_name(event_type), |(_, look)| *look)
    }

    fn money_keys(&self) -> &[&str] {
        self.money_keys
    }

    fn measure_name(&self) -> &str {
        self.measure.0
    }

    fn check(&self, event: &RecordedEvent) -> Result<(), DecodeError> {
        self.aggregate.decode(event).map(|_| ())
    }

    fn snapshot_schema(&self) -> u32 {
        self.aggregate.snapshot_schema()
    }

    fn begin(&self, stream: &StreamId) -> Box<dyn Instance> {
        Box::new(Typed {
            root: AggregateRoot::new(self.aggregate.clone(), stream.clone()),
            measure: self.measure.1,
        })
    }
}

struct Typed<A: Aggregate> {
    root: AggregateRoot<A>,
    measure: fn(&A::State) -> f64,
}

impl<A> Instance for Typed<A>
where
    A: Aggregate + Clone + 'static,
    A::Command: DeserializeOwned,
    A::State: Serialize + Clone,
{
    fn version(&self) -> Version {
        self.root.version()
    }

    fn replay(&mut self, event: &RecordedEvent) -> Result<(), ReplayError> {
        self.root.raise_event(event)
    }

    fn decide(&self, command: &str, arguments: &JsonText) -> Result<Vec<EncodedEvent>, Refusal> {
        let command = payload::decode::<A::Command>(command, arguments)
            .map_err(|e| Refusal::Malformed(format!("{command} can't be read: {}", e.cause)))?;
        let aggregate = self.root.decider();
        aggregate
            .decide(self.root.state(), command)
            .map_err(|rejection| Refusal::Rejected(rejection.to_string()))?
            .iter()
            .map(|event| aggregate.encode(event))
            .collect::<Result<_, _>>()
            .map_err(|e| Refusal::Malformed(e.to_string()))
    }

    fn view(&self) -> Value {
        // A state without a JSON form is shown as the words that say so, rather than as nothing.
        serde_json::to_value(self.root.state()).unwrap_or_else(|e| Value::String(e.to_string()))
    }

    fn measure(&self) -> Option<f64> {
        Some((self.measure)(self.root.state()))
    }

    fn fork(&self) -> Box<dyn Instance> {
        Box::new(Typed {
            root: AggregateRoot::at(
                self.root.decider().clone(),
                self.root.stream().clone(),
                self.root.version(),
                self.root.state().clone(),
            ),
            measure: self.measure,
        })
    }
}
