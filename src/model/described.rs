//! A model of any [`Aggregate`], and what people are to be told of it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::core::{
    Aggregate, AggregateRoot, DecodeError, EncodedEvent, JsonText, JsonValue, RecordedEvent,
    ReplayError, StreamId, Version, payload,
};

use super::form::CommandForm;
use super::look::Look;
use super::outside::{Instance, Model, Refusal};

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

    fn view(&self) -> JsonValue {
        JsonValue::of(self.root.state())
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
