//! Events in little room, as bytes. Nothing of an event is lost, and none of its text is read anew:
//! bytes come with a checksum, and whoever checks that may trust what was checked when it was kept.
//!
//! The form: one byte, 1, that tells which form this is; then, as postcard writes them, runs of
//! events of one stream that follow one another: aggregate type, aggregate id, version of the first,
//! and each event's position, id (16 bytes), type, schema version, data, time in milliseconds since
//! 1970, correlation id, causation id, actor, and extensions as JSON text, the command's id among them.

use std::collections::HashMap;

use uuid::Uuid;

use super::run::Run;
use crate::core::hole::{HOLE, is_hole};
use crate::core::{
    EventId, JsonText, Metadata, Position, RecordedEvent, StreamId, Timestamp, Version,
};

use crate::log::numbers::{Rest, put, put_bytes};

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

/// A run, before its events.
struct Head<'a> {
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    first: u64,
    count: u64,
}

impl<'a> Head<'a> {
    fn read(rest: &mut Rest<'a>) -> Option<Head<'a>> {
        Some(Head {
            aggregate_type: rest.text()?,
            aggregate_id: rest.text()?,
            first: rest.number()?,
            count: rest.number()?,
        })
    }

    fn stream(&self) -> Result<StreamId, Unreadable> {
        StreamId::new(self.aggregate_type, self.aggregate_id).map_err(content)
    }

    /// Passes over its events, whose texts aren't looked at.
    fn pass(&self, rest: &mut Rest<'a>) -> Result<(), Unreadable> {
        for _ in 0..self.count {
            PackedEvent::pass(rest).ok_or_else(cut)?;
        }
        Ok(())
    }

    /// Reads its events, and takes those with one of these versions.
    fn take(
        &self,
        rest: &mut Rest<'a>,
        stream: &StreamId,
        versions: std::ops::Range<u64>,
        events: &mut Vec<RecordedEvent>,
    ) -> Result<(), Unreadable> {
        for version in
            (self.first..u64::MAX).take(usize::try_from(self.count).unwrap_or(usize::MAX))
        {
            let event = PackedEvent::read(rest).ok_or_else(cut)?;
            if versions.contains(&version) {
                events.push(event.recorded(stream, Version(version))?);
            }
        }
        Ok(())
    }
}

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
    extensions: Option<&'a str>,
}

/// Adds an event.
fn put_event(bytes: &mut Vec<u8>, event: &RecordedEvent) {
    let metadata = &event.metadata;
    put(bytes, event.position.0);
    bytes.extend_from_slice(event.event_id.0.as_bytes());
    put_bytes(bytes, event.event_type.as_bytes());
    put(bytes, event.schema_version.into());
    put_bytes(bytes, event.data.as_str().as_bytes());
    let millis = event.timestamp.millis();
    put(bytes, (millis << 1 ^ millis >> 63) as u64);
    put_bytes(bytes, metadata.correlation_id.as_bytes());
    put_option(bytes, metadata.causation_id.as_deref());
    put_option(bytes, metadata.actor.as_deref());
    put_option(bytes, metadata.free_keys().as_deref());
}

/// Adds a text that may be missing: a byte that says whether it is there, and the text.
fn put_option(bytes: &mut Vec<u8>, text: Option<&str>) {
    bytes.push(text.is_some().into());
    if let Some(text) = text {
        put_bytes(bytes, text.as_bytes());
    }
}

fn option<'a>(rest: &mut Rest<'a>) -> Option<Option<&'a str>> {
    match rest.number()? {
        0 => Some(None),
        1 => rest.text().map(Some),
        _ => None,
    }
}

impl<'a> PackedEvent<'a> {
    fn read(rest: &mut Rest<'a>) -> Option<PackedEvent<'a>> {
        Some(PackedEvent {
            position: rest.number()?,
            event_id: rest.array()?,
            event_type: rest.text()?,
            schema_version: rest.number()?.try_into().ok()?,
            data: rest.text()?,
            millis: {
                let zigzag = rest.number()?;
                (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)
            },
            correlation_id: rest.text()?,
            causation_id: option(rest)?,
            actor: option(rest)?,
            extensions: option(rest)?,
        })
    }

    fn pass(rest: &mut Rest<'a>) -> Option<Passed<'a>> {
        let position = Position(rest.number()?);
        let event_id = EventId(Uuid::from_bytes(rest.array()?));
        let event_type = rest.bytes()?;
        rest.number()?;
        rest.bytes()?;
        rest.number()?;
        rest.bytes()?;
        for _ in 0..3 {
            if rest.number()? != 0 {
                rest.bytes()?;
            }
        }
        Some(Passed {
            position,
            event_id,
            event_type,
        })
    }

    fn recorded(self, stream: &StreamId, version: Version) -> Result<RecordedEvent, Unreadable> {
        // Bears what `MAX_EARLIER_DEPTH` says; nothing deeper is let in by the check of envelopes.
        let metadata = Metadata {
            causation_id: self.causation_id.map(str::to_owned),
            actor: self.actor.map(str::to_owned),
            ..Metadata::correlated(self.correlation_id)
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
            metadata: metadata.with_free_keys(self.extensions).map_err(content)?,
        })
    }
}

/// Packs events in the order that they come in.
#[must_use]
pub fn pack(events: &[&RecordedEvent]) -> Vec<u8> {
    let packed = packed(events);
    // What can't be unpacked takes with it whatever lies beside it.
    debug_assert!(
        unpack(&packed).is_ok_and(|read| read.iter().eq(events.iter().copied())),
        "packed events can't be unpacked as they were"
    );
    packed
}

fn packed(events: &[&RecordedEvent]) -> Vec<u8> {
    let runs = || {
        events.chunk_by(|one, next| one.stream == next.stream && one.version.next() == next.version)
    };
    let mut bytes = vec![FORM];
    put(&mut bytes, runs().count() as u64);
    for run in runs() {
        let first = run[0];
        put_bytes(&mut bytes, first.stream.aggregate_type().as_bytes());
        put_bytes(&mut bytes, first.stream.aggregate_id().as_bytes());
        put(&mut bytes, first.version.0);
        put(&mut bytes, run.len() as u64);
        for event in run {
            put_event(&mut bytes, event);
        }
    }
    bytes
}

/// The events, in the order that they were packed in.
///
/// # Errors
/// [`Unreadable`].
pub fn unpack(bytes: &[u8]) -> Result<Vec<RecordedEvent>, Unreadable> {
    let mut events = Vec::new();
    each_run(bytes, |head, rest| {
        head.take(rest, &head.stream()?, 0..u64::MAX, &mut events)
    })?;
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
    let versions = after.0.saturating_add(1)..last.0.saturating_add(1);
    let mut events = Vec::new();
    each_run(bytes, |head, rest| {
        match head.aggregate_id == stream.aggregate_id()
            && head.aggregate_type == stream.aggregate_type()
        {
            true => head.take(rest, stream, versions.clone(), &mut events),
            false => head.pass(rest),
        }
    })?;
    Ok(events)
}

/// Which events there are, without unpacking them.
///
/// # Errors
/// [`Unreadable`].
pub fn runs(bytes: &[u8]) -> Result<Vec<Run>, Unreadable> {
    let mut runs = Vec::new();
    each_run(bytes, |head, rest| {
        runs.push(Run {
            stream: head.stream()?,
            first: Version(head.first),
            count: head.count,
        });
        head.pass(rest)
    })?;
    Ok(runs)
}

/// Adds the ids of the events of those streams that have a list, one for each event, without unpacking anything else.
///
/// # Errors
/// [`Unreadable`].
pub fn add_ids(
    bytes: &[u8],
    found: &mut HashMap<&StreamId, Vec<EventId>>,
) -> Result<(), Unreadable> {
    each_run(bytes, |head, rest| {
        let stream = head.stream()?;
        let Some(ids) = found.get_mut(&stream) else {
            return head.pass(rest);
        };
        let count = usize::try_from(head.count).unwrap_or(usize::MAX);
        for version in (head.first..u64::MAX).take(count) {
            let passed = PackedEvent::pass(rest).ok_or_else(cut)?;
            if !passed.is_hole(&stream, Version(version)) {
                ids.push(passed.event_id);
            }
        }
        Ok(())
    })
}

/// What is looked at of an event that is passed over.
struct Passed<'a> {
    position: Position,
    event_id: EventId,
    event_type: &'a [u8],
}

impl Passed<'_> {
    fn is_hole(&self, stream: &StreamId, version: Version) -> bool {
        self.event_type == HOLE.as_bytes()
            && is_hole(HOLE, self.event_id, stream, (version, self.position))
    }
}

/// Hands over each run, to read or pass over its events.
fn each_run<'a>(
    bytes: &'a [u8],
    mut take: impl FnMut(Head<'a>, &mut Rest<'a>) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let mut rest = Rest(of_form(bytes, FORM)?);
    for _ in 0..rest.number().ok_or_else(cut)? {
        let head = Head::read(&mut rest).ok_or_else(cut)?;
        take(head, &mut rest)?;
    }
    Ok(())
}

/// What comes after the byte that tells the form.
pub(super) fn of_form(bytes: &[u8], known: u8) -> Result<&[u8], Unreadable> {
    match bytes.split_first() {
        Some((&form, rest)) if form == known => Ok(rest),
        Some((&form, _)) => Err(Unreadable::Form(form)),
        None => Err(cut()),
    }
}

pub(super) fn cut() -> Unreadable {
    Unreadable::Content("it is cut short, or something else".to_owned())
}

/// The name of a stream: aggregate type, aggregate id.
pub(super) fn read_stream(rest: &mut Rest<'_>) -> Result<StreamId, Unreadable> {
    let (kind, id) = (rest.text().ok_or_else(cut)?, rest.text().ok_or_else(cut)?);
    StreamId::new(kind, id).map_err(content)
}

fn content(error: impl std::fmt::Display) -> Unreadable {
    Unreadable::Content(error.to_string())
}
