//! Appending: one transaction, acknowledged when the database says that it is complete.

use std::rc::Rc;

use idb::Request;
use idb::request::AddStoreRequest;
use idb::{Index, ObjectStore};

use super::codec;
use super::connection::Connection;
use super::hints::Signal;
use super::schema::{BY_EVENT_ID, BY_VERSION, EVENTS, STREAMS};
use super::transaction::{Fault, answer};
use crate::core::{ExpectedVersion, NewEvent, Position, RecordedEvent, StreamId, Version};
use crate::store::{AppendError, Durability, StoreError, recognise, repeated_id};

/// How a try to append ended that the database didn't refuse.
enum Tried {
    Recorded(Vec<RecordedEvent>),
    /// The database found a key that must be unique: an id, or the version after the head.
    Refused,
}

pub(super) async fn append(
    connection: &Rc<Connection>,
    durability: Durability,
    stream: &StreamId,
    expected: ExpectedVersion,
    events: &[NewEvent],
) -> Result<Vec<RecordedEvent>, AppendError> {
    if let Some(event_id) = repeated_id(events) {
        let stream = stream.clone();
        return Err(AppendError::EventIdReused { event_id, stream });
    }
    // No id is looked for on the way: the database refuses one that is there, and then is soon
    // enough. The second round is for a store that was emptied between refusing and looking.
    for _ in 0..2 {
        match attempt(connection, durability, stream, expected, events).await? {
            Tried::Recorded(recorded) => return Ok(recorded),
            Tried::Refused => {
                if let Some(recorded) = look_up(connection, stream, events).await? {
                    return Ok(recorded);
                }
            }
        }
    }
    Err(why_refused(connection, stream).await?.into())
}

async fn attempt(
    connection: &Rc<Connection>,
    durability: Durability,
    stream: &StreamId,
    expected: ExpectedVersion,
    events: &[NewEvent],
) -> Result<Tried, AppendError> {
    let failed = |fault: Fault| fault.while_doing("append");
    let writing = connection
        .write("append", &[EVENTS, STREAMS], durability)
        .await?;
    let log = writing.store(EVENTS).map_err(failed)?;
    let heads = writing.store(STREAMS).map_err(failed)?;
    let actual = head(&heads, stream).await?;
    if !expected.matches(actual) {
        // A batch that is there already is no conflict, though the head has moved on.
        let found = find(&log, stream, events).await?;
        return match recognise(stream, events, &found)? {
            Some(recorded) => Ok(Tried::Recorded(recorded)),
            None => Err(AppendError::Conflict {
                stream: stream.clone(),
                expected,
                actual,
            }),
        };
    }
    if events.is_empty() {
        return Ok(Tried::Recorded(Vec::new()));
    }
    let last = Version(actual.0 + events.len() as u64);
    let mut added = Vec::with_capacity(events.len());
    for (version, event) in (actual.0 + 1..).zip(events) {
        let record = codec::new_event(stream, Version(version), event)?;
        added.push(
            log.add(&record, None)
                .map_err(|error| failed(error.into()))?,
        );
    }
    let head = codec::head(stream, last)?;
    heads
        .put(&head, None)
        .map_err(|error| failed(error.into()))?;
    match writing.commit().await {
        Ok(()) => {}
        Err(fault) if fault.is_constraint() => return Ok(Tried::Refused),
        Err(fault) => return Err(failed(fault).into()),
    }
    let recorded: Result<Vec<RecordedEvent>, StoreError> = (actual.0 + 1..)
        .zip(events)
        .zip(&added)
        .map(|((version, event), added)| {
            let position = given(added)?;
            Ok(event
                .clone()
                .recorded(stream.clone(), Version(version), position))
        })
        .collect();
    let recorded = recorded?;
    if let Some(event) = recorded.last() {
        connection.hints.post(Signal::Appended(event.position));
    }
    Ok(Tried::Recorded(recorded))
}

/// The position that the database gave an event.
fn given(added: &AddStoreRequest) -> Result<Position, StoreError> {
    let key = added.result().ok();
    key.and_then(|key| codec::read_position(&key))
        .ok_or_else(|| StoreError::Failed {
            operation: "append",
            cause: "the database gave an event no position; it is recorded all the same".to_owned(),
        })
}

/// The head of a stream, within the caller's transaction.
async fn head(heads: &ObjectStore, stream: &StreamId) -> Result<Version, StoreError> {
    let found = async { answer(heads.get(codec::stream_key(stream))?).await };
    let found = found
        .await
        .map_err(|fault: Fault| fault.while_doing("append"))?;
    if found.is_undefined() {
        return Ok(Version::NONE);
    }
    Ok(codec::read_head(found)?.version)
}

/// The events of the stream that have the batch's ids, within the caller's transaction.
async fn find(
    log: &ObjectStore,
    stream: &StreamId,
    batch: &[NewEvent],
) -> Result<Vec<RecordedEvent>, StoreError> {
    let ask = |index: &Index, event: &NewEvent| {
        index.get(codec::key_within(stream, event.event_id.to_string()))
    };
    let search = async {
        let index = log.index(BY_EVENT_ID)?;
        let asked: Result<Vec<_>, idb::Error> =
            batch.iter().map(|event| ask(&index, event)).collect();
        let mut found = Vec::new();
        // All are asked for before the first is waited for; they are answered in order.
        for request in asked? {
            found.push(answer(request).await?);
        }
        Ok::<_, Fault>(found)
    };
    let found = search.await.map_err(|fault| fault.while_doing("append"))?;
    found
        .into_iter()
        .filter(|record| !record.is_undefined())
        .map(codec::read_event)
        .collect()
}

async fn look_up(
    connection: &Rc<Connection>,
    stream: &StreamId,
    batch: &[NewEvent],
) -> Result<Option<Vec<RecordedEvent>>, AppendError> {
    let reading = connection.read("append", &[EVENTS]).await?;
    let log = reading.store(EVENTS);
    let log = log.map_err(|fault| fault.while_doing("append"))?;
    recognise(stream, batch, &find(&log, stream, batch).await?)
}

/// Why the database refuses an event whose id is new: its version is taken, though the head says
/// otherwise, or there is no position left.
async fn why_refused(
    connection: &Rc<Connection>,
    stream: &StreamId,
) -> Result<StoreError, StoreError> {
    let failed = |fault: Fault| fault.while_doing("append");
    let reading = connection.read("append", &[EVENTS, STREAMS]).await?;
    let heads = reading.store(STREAMS).map_err(failed)?;
    let next = head(&heads, stream).await?.next();
    let log = reading.store(EVENTS).map_err(failed)?;
    let taken = async {
        let key = codec::key_within(stream, next.0 as f64);
        answer(log.index(BY_VERSION)?.get(key)?).await
    };
    if taken.await.map_err(failed)?.is_undefined() {
        return Ok(StoreError::OutOfRange {
            what: "position",
            value: codec::LAST_GIVEN + 1,
            greatest: codec::GREATEST,
        });
    }
    Ok(StoreError::Corrupt {
        stream: stream.to_string(),
        version: next,
        cause: "it is in the log, but the stream's head doesn't know it".to_owned(),
    })
}
