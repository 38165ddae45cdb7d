//! The model of streams that no shipped model knows: it takes no commands, and its state is the
//! fold of the payloads, so that any CloudEvents log can be explored.

use super::form::CommandForm;
use super::look::Look;
use super::outside::{Instance, Model, Refusal};
use crate::core::{
    DecodeError, EncodedEvent, JsonObject, JsonText, JsonValue, RecordedEvent, ReplayError,
    StreamId, Version,
};

/// The model of one foreign aggregate type.
#[derive(Clone, Debug)]
pub struct GenericModel {
    aggregate_type: String,
}

impl GenericModel {
    /// A model for the streams of this aggregate type.
    #[must_use]
    pub fn new(aggregate_type: impl Into<String>) -> GenericModel {
        GenericModel {
            aggregate_type: aggregate_type.into(),
        }
    }
}

impl Model for GenericModel {
    fn aggregate_type(&self) -> &str {
        &self.aggregate_type
    }

    fn title(&self) -> &str {
        &self.aggregate_type
    }

    fn commands(&self) -> &[CommandForm] {
        &[]
    }

    fn look(&self, event_type: &str) -> Look {
        Look::of_name(event_type)
    }

    fn money_keys(&self) -> &[&str] {
        &[]
    }

    fn measure_name(&self) -> &str {
        "first number"
    }

    fn check(&self, _event: &RecordedEvent) -> Result<(), DecodeError> {
        Ok(())
    }

    fn snapshot_schema(&self) -> u32 {
        1
    }

    fn begin(&self, stream: &StreamId) -> Box<dyn Instance> {
        Box::new(Generic {
            stream: stream.clone(),
            version: Version::NONE,
            data: JsonObject::new(),
            unread: None,
        })
    }
}

#[derive(Clone)]
struct Generic {
    stream: StreamId,
    version: Version,
    /// Last write wins for each key.
    data: JsonObject,
    /// Why the last event's data isn't among it.
    unread: Option<String>,
}

impl Instance for Generic {
    fn version(&self) -> Version {
        self.version
    }

    fn replay(&mut self, event: &RecordedEvent) -> Result<(), ReplayError> {
        if event.stream != self.stream {
            return Err(ReplayError::InvalidAggregateId {
                expected: self.stream.clone(),
                found: event.stream.clone(),
            });
        }
        if event.version != self.version.next() {
            return Err(ReplayError::InvalidEventVersion {
                expected: self.version.next(),
                found: event.version,
            });
        }
        let data = event.data.value();
        self.unread = data.unreadable().map(|why| why.to_string());
        match data {
            _ if self.unread.is_some() => {}
            JsonValue::Object(fields) => self.data.extend(fields),
            value => self.data.insert("value".to_owned(), value),
        }
        self.version = event.version;
        Ok(())
    }

    fn decide(&self, command: &str, _arguments: &JsonText) -> Result<Vec<EncodedEvent>, Refusal> {
        Err(Refusal::Malformed(format!(
            "{command} can't be decided: {} has no model here and takes no commands",
            self.stream.aggregate_type()
        )))
    }

    fn view(&self) -> JsonValue {
        JsonValue::Object(self.data.clone())
    }

    fn unread(&self) -> Option<String> {
        let why = self.unread.as_ref()?;
        let version = self.version;
        Some(format!(
            "The data of version {version} couldn't be read: {why}."
        ))
    }

    fn measure(&self) -> Option<f64> {
        first_number(&self.data)
    }

    fn fork(&self) -> Box<dyn Instance> {
        Box::new(self.clone())
    }
}

/// The first number of an object, looking into the objects in it.
fn first_number(object: &JsonObject) -> Option<f64> {
    object.iter().find_map(|(_, value)| match value {
        JsonValue::Number(number) => number.as_f64(),
        JsonValue::Object(inner) => first_number(inner),
        _ => None,
    })
}
