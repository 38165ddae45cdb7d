//! Errors as JavaScript catches them: an `Error` with the variant's name and fields, and whether what
//! was asked for may be done all the same.

use js_sys::{Error, Reflect};
use wasm_bindgen::JsValue;

use crate::browser::InUse;
use crate::core::{ExpectedVersion, History};
use crate::store::{AppendError, ImportError, Misplaced, ResetError, StoreError, UndoError};

/// An argument that isn't what it should be.
pub(super) fn invalid(message: &str) -> Error {
    named("InvalidArgument", message, [])
}

fn named<const N: usize>(name: &str, message: &str, fields: [(&str, JsValue); N]) -> Error {
    let mut error = Error::new(message);
    error.set_name(name);
    for (field, value) in fields {
        error = with(error, field, value);
    }
    with(error, OUTCOME, false.into())
}

/// The field of every error that says whether what was asked for may be done all the same.
const OUTCOME: &str = "outcomeIsUnknown";

/// The same error with one more field.
pub(super) fn with(error: Error, field: &str, value: JsValue) -> Error {
    // Fails only on an object that can't be extended, which a new one can.
    let _ = Reflect::set(&error, &field.into(), &value);
    error
}

/// Why an append didn't answer with what was recorded.
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
        AppendError::InvalidEvent { event_id, cause } => {
            let fields = [
                ("event_id", event_id.to_string().into()),
                ("cause", cause.to_string().into()),
            ];
            named("InvalidEvent", &message, fields)
        }
        AppendError::Store(error) => of_writing(error),
    }
}

/// Why an import didn't answer that it is done.
pub(super) fn of_import(error: ImportError) -> Error {
    let message = error.to_string();
    match error {
        ImportError::StoreMoved { planned, actual } => {
            let fields = [("planned", number(planned.0)), ("actual", number(actual.0))];
            named("StoreMoved", &message, fields)
        }
        ImportError::Misplaced(misplaced) => of_misplaced(misplaced),
        ImportError::Cancelled => named("Cancelled", &message, []),
        ImportError::Store(error) => of_writing(error),
    }
}

/// Why the store doesn't say that it is empty.
pub(super) fn of_reset(error: ResetError) -> Error {
    match error {
        ResetError::Misplaced(misplaced) => of_misplaced(misplaced),
        ResetError::Store(error) => of_writing(error),
    }
}

/// Why an import or a reset isn't taken back.
pub(super) fn of_undo(error: UndoError) -> Error {
    let message = error.to_string();
    match error {
        UndoError::GoneOn => named("GoneOn", &message, []),
        UndoError::AnotherHistory { known, now } => {
            named("AnotherHistory", &message, histories(Some(known), now))
        }
        UndoError::NotThere => named("NotThere", &message, []),
        UndoError::Swept => named("Swept", &message, []),
        UndoError::Store(error) => of_writing(error),
    }
}

/// Why an event can't stand where it was to stand.
fn of_misplaced(misplaced: Misplaced) -> Error {
    let message = misplaced.to_string();
    match misplaced {
        Misplaced::Version {
            stream,
            expected,
            found,
        } => {
            let fields = [
                ("aggregate_type", stream.aggregate_type().into()),
                ("aggregate_id", stream.aggregate_id().into()),
                ("expected", number(expected.0)),
                ("found", number(found.0)),
            ];
            named("Misplaced", &message, fields)
        }
        Misplaced::Reserved { stream, version } => {
            let fields = [
                ("aggregate_type", stream.aggregate_type().into()),
                ("aggregate_id", stream.aggregate_id().into()),
                ("version", number(version.0)),
            ];
            named("Misplaced", &message, fields)
        }
        Misplaced::Invalid {
            stream,
            version,
            cause,
        } => {
            let fields = [
                ("aggregate_type", stream.aggregate_type().into()),
                ("aggregate_id", stream.aggregate_id().into()),
                ("version", number(version.0)),
                ("cause", cause.to_string().into()),
            ];
            named("InvalidEvent", &message, fields)
        }
        Misplaced::Position { next, found } => {
            let fields = [("next", number(next.0)), ("found", number(found.0))];
            named("Misplaced", &message, fields)
        }
    }
}

/// Why the store can't say that something is written.
pub(super) fn of_writing(error: StoreError) -> Error {
    let unknown = AppendError::Store(error.clone()).outcome_is_unknown();
    with(of_store(error), OUTCOME, unknown.into())
}

/// Why the store can't answer.
pub(super) fn of_store(error: StoreError) -> Error {
    let message = error.to_string();
    let in_use = InUse::of(&error);
    match error {
        StoreError::Unavailable { reason } => named(
            "Unavailable",
            &message,
            [("reason", reason.to_string().into())],
        ),
        StoreError::InUse { .. } => {
            let name = match in_use {
                Some(InUse::Blocked) => "Blocked",
                Some(InUse::Unanswered) => "Unanswered",
                Some(InUse::Superseded) => "Superseded",
                None => "InUse",
            };
            named(name, &message, [])
        }
        StoreError::Full => named("Full", &message, []),
        StoreError::HistoryChanged { known, now } => {
            named("HistoryChanged", &message, histories(known, now))
        }
        StoreError::Corrupt {
            stream,
            version,
            position,
            cause,
        } => {
            let fields = [
                ("stream", stream.into()),
                ("version", number(version.0)),
                ("position", number(position.0)),
                ("cause", cause.to_string().into()),
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
            let fields = [
                ("operation", operation.into()),
                ("cause", cause.to_string().into()),
            ];
            named("Failed", &message, fields)
        }
    }
}

/// The history that was known, where one was, and that of the store.
fn histories(known: Option<History>, now: History) -> [(&'static str, JsValue); 2] {
    let text = |history: History| JsValue::from(history.to_string());
    [
        ("known", known.map_or(JsValue::UNDEFINED, text)),
        ("now", text(now)),
    ]
}

fn number(value: u64) -> JsValue {
    JsValue::from_f64(value as f64)
}
