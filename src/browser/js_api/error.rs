//! Errors as JavaScript catches them: an `Error` with the variant's name and fields.

use js_sys::{Error, Reflect};
use wasm_bindgen::JsValue;

use crate::core::ExpectedVersion;
use crate::store::{AppendError, ImportError, StoreError};

/// An argument that isn't what it should be.
pub(super) fn invalid(message: &str) -> Error {
    named("InvalidArgument", message, [])
}

fn named<const N: usize>(name: &str, message: &str, fields: [(&str, JsValue); N]) -> Error {
    let error = Error::new(message);
    error.set_name(name);
    for (field, value) in fields {
        // Fails only on an object that can't be extended, which a new one can.
        let _ = Reflect::set(&error, &field.into(), &value);
    }
    error
}

/// Why an append was refused.
pub(super) fn of_append(error: AppendError) -> Error {
    let message = error.to_string();
    match error {
        AppendError::Conflict {
            stream,
            expected,
            actual,
        } => {
            let expected = match expected {
                ExpectedVersion::Any => "any".into(),
                ExpectedVersion::NoStream => "no_stream".into(),
                ExpectedVersion::StreamExists => "stream_exists".into(),
                ExpectedVersion::Exact(version) => number(version.0),
            };
            let fields = [
                ("aggregate_type", stream.aggregate_type().into()),
                ("aggregate_id", stream.aggregate_id().into()),
                ("expected", expected),
                ("actual", number(actual.0)),
            ];
            named("Conflict", &message, fields)
        }
        AppendError::EventIdReused { event_id, .. } => {
            let fields = [("event_id", event_id.to_string().into())];
            named("EventIdReused", &message, fields)
        }
        AppendError::Store(error) => of_store(error),
    }
}

/// Why an import wrote nothing.
pub(super) fn of_import(error: ImportError) -> Error {
    let message = error.to_string();
    match error {
        ImportError::StoreMoved { planned, actual } => {
            let fields = [("planned", number(planned.0)), ("actual", number(actual.0))];
            named("StoreMoved", &message, fields)
        }
        ImportError::Cancelled => named("Cancelled", &message, []),
        ImportError::Store(error) => of_store(error),
    }
}

/// Why the store can't answer.
pub(super) fn of_store(error: StoreError) -> Error {
    let message = error.to_string();
    match error {
        StoreError::Unavailable { reason } => {
            named("Unavailable", &message, [("reason", reason.into())])
        }
        StoreError::Blocked => named("Blocked", &message, []),
        StoreError::Superseded => named("Superseded", &message, []),
        StoreError::Full => named("Full", &message, []),
        StoreError::Corrupt {
            stream,
            version,
            cause,
        } => {
            let fields = [
                ("stream", stream.into()),
                ("version", number(version.0)),
                ("cause", cause.into()),
            ];
            named("Corrupt", &message, fields)
        }
        StoreError::Newer { found, known } => {
            let fields = [("found", found.into()), ("known", known.into())];
            named("Newer", &message, fields)
        }
        StoreError::OutOfRange {
            what,
            value,
            greatest,
        } => {
            let fields = [
                ("what", what.into()),
                ("value", number(value)),
                ("greatest", number(greatest)),
            ];
            named("OutOfRange", &message, fields)
        }
        StoreError::Failed { operation, cause } => {
            let fields = [("operation", operation.into()), ("cause", cause.into())];
            named("Failed", &message, fields)
        }
    }
}

fn number(value: u64) -> JsValue {
    JsValue::from_f64(value as f64)
}
