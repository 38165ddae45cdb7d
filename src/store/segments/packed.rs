//! Events in little room, as bytes. Nothing of an event is lost, and none of its text is read anew:
//! bytes come with a checksum, and whoever checks that may trust what was checked when it was kept.
//!
//! The form: one byte, 1, that tells which form this is; then, as postcard writes them, runs of
//! events of one stream that follow one another: aggregate type, aggregate id, version of the first,
//! and each event's position, id (16 bytes), type, schema version, data, time in milliseconds since
//! 1970, correlation id, causation id, actor, and extensions as JSON text.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Run;
use crate::core::{
    EventId, JsonText, Metadata, Position, RecordedEvent, StreamId, Timestamp, Version,
};

/// Which form the bytes have.
const FORM: u8 = 1;

/// Bytes that aren't packed events.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// They have a form that this Eventloom doesn't know. A newer one may.
    #[error("it is packed in the form {0}, which this Eventloom doesn't know")]
    Form(u8),
    /// They are cut short, or were never packed events.
    #[error("it can't be unpacked: {0}")]
    Content(String),
}

#[derive(Serialize, Deserialize)]
struct PackedRun<'a> {
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    first: u64,
    #[serde(borrow)]
    events: Vec<PackedEvent<'a>>,
}

#[derive(Serialize, Deserialize)]
struct PackedEvent<'a> {
    position: u64,
    event_id: [u8; 16],
    event_type: &'a str,
    schema_version: u32,
    data: &'a str,
    millis: i64,
    correlation_id: &'a str,
    causation_id: Option<&'a str>,
    actor: Option<&'a str>,
    #[serde(borrow)]
    extensions: Option<Cow<'a, str>>,
}

impl<'a> PackedEvent<'a> {
    fn of(event: &'a RecordedEvent) -> PackedEvent<'a> {
        let metadata = &event.metadata;
        PackedEvent {
            position: event.position.0,
            event_id: event.event_id.0.into_bytes(),
            event_type: &event.event_type,
            schema_version: event.schema_version,
            data: event.data.as_str(),
            millis: event.timestamp.millis(),
            correlation_id: &metadata.correlation_id,
            causation_id: metadata.causation_id.as_deref(),
            actor: metadata.actor.as_deref(),
            // Display of a map of JSON values is its JSON.
            extensions: (!metadata.extensions.is_empty()).then(|| {
                serde_json::Value::Object(metadata.extensions.clone())
                    .to_string()
                    .into()
            }),
        }
    }

    fn recorded(self, stream: &StreamId, version: Version) -> Result<RecordedEvent, Unreadable> {
        let extensions = match self.extensions {
            Some(json) => serde_json::from_str(&json).map_err(content)?,
            None => serde_json::Map::new(),
        };
        Ok(RecordedEvent {
            stream: stream.clone(),
            version,
            position: Position(self.position),
            event_id: EventId(Uuid::from_bytes(self.event_id)),
            event_type: self.event_type.to_owned(),
            schema_version: self.schema_version,
            data: JsonText::kept(self.data),
            timestamp: Timestamp::from_millis(self.millis),
            metadata: Metadata {
                correlation_id: self.correlation_id.to_owned(),
                causation_id: self.causation_id.map(str::to_owned),
                actor: self.actor.map(str::to_owned),
                extensions,
            },
        })
    }
}

/// Packs events in the order that they come in.
#[must_use]
pub fn pack(events: &[&RecordedEvent]) -> Vec<u8> {
    let mut runs: Vec<PackedRun<'_>> = Vec::new();
    let mut last: Option<&StreamId> = None;
    for &event in events {
        let continues = last == Some(&event.stream)
            && runs
                .last()
                .is_some_and(|run| run.first + run.events.len() as u64 == event.version.0);
        if !continues {
            runs.push(PackedRun {
                aggregate_type: event.stream.aggregate_type(),
                aggregate_id: event.stream.aggregate_id(),
                first: event.version.0,
                events: Vec::new(),
            });
            last = Some(&event.stream);
        }
        if let Some(run) = runs.last_mut() {
            run.events.push(PackedEvent::of(event));
        }
    }
    // Fails only on a type that has no such form, and these have one.
    postcard::to_extend(&runs, vec![FORM]).unwrap_or_default()
}

/// The events, in the order that they were packed in.
///
/// # Errors
/// [`Unreadable`].
pub fn unpack(bytes: &[u8]) -> Result<Vec<RecordedEvent>, Unreadable> {
    let mut events = Vec::new();
    for run in packed_runs(bytes)? {
        let stream = stream_of(&run)?;
        take(run, &stream, 0..u64::MAX, &mut events)?;
    }
    Ok(events)
}

/// The events of one stream with versions above `after` and up to `last`.
///
/// # Errors
/// [`Unreadable`].
pub fn unpack_stream(
    bytes: &[u8],
    stream: &StreamId,
    after: Version,
    last: Version,
) -> Result<Vec<RecordedEvent>, Unreadable> {
    let mut events = Vec::new();
    for run in packed_runs(bytes)? {
        if run.aggregate_id == stream.aggregate_id()
            && run.aggregate_type == stream.aggregate_type()
        {
            let versions = after.0.saturating_add(1)..last.0.saturating_add(1);
            take(run, stream, versions, &mut events)?;
        }
    }
    Ok(events)
}

/// Which events there are, without unpacking them.
///
/// # Errors
/// [`Unreadable`].
pub fn runs(bytes: &[u8]) -> Result<Vec<Run>, Unreadable> {
    let run = |run: PackedRun<'_>| {
        Ok(Run {
            stream: stream_of(&run)?,
            first: Version(run.first),
            count: run.events.len() as u64,
        })
    };
    packed_runs(bytes)?.into_iter().map(run).collect()
}

fn packed_runs(bytes: &[u8]) -> Result<Vec<PackedRun<'_>>, Unreadable> {
    match bytes.split_first() {
        Some((&FORM, rest)) => postcard::from_bytes(rest).map_err(content),
        Some((&form, _)) => Err(Unreadable::Form(form)),
        None => Err(Unreadable::Content("it is empty".to_owned())),
    }
}

fn stream_of(run: &PackedRun<'_>) -> Result<StreamId, Unreadable> {
    StreamId::new(run.aggregate_type, run.aggregate_id).map_err(content)
}

fn take(
    run: PackedRun<'_>,
    stream: &StreamId,
    versions: std::ops::Range<u64>,
    events: &mut Vec<RecordedEvent>,
) -> Result<(), Unreadable> {
    for (version, event) in (run.first..u64::MAX).zip(run.events) {
        if versions.contains(&version) {
            events.push(event.recorded(stream, Version(version))?);
        }
    }
    Ok(())
}

fn content(error: impl std::fmt::Display) -> Unreadable {
    Unreadable::Content(error.to_string())
}
