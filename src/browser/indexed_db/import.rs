//! Importing: one transaction over any number of streams, all of it or nothing.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::codec;
use super::connection::Connection;
use super::hints::Signal;
use super::last_position;
use super::schema::{EVENTS, STREAMS};
use super::transaction::{Fault, answer};
use crate::core::{Position, RecordedEvent, StreamId, Version};
use crate::store::{Durability, ImportError, StoreError};

/// How many events go in between two looks at whether it was cancelled: about 10 ms.
const STEP: usize = 200;

pub(super) async fn import(
    connection: &Rc<Connection>,
    after: Position,
    events: &[RecordedEvent],
    mut progress: impl FnMut(usize) -> ControlFlow<()>,
) -> Result<(), ImportError> {
    // Relaxed: a file that was imported can be imported again.
    let writing = connection
        .write("import", &[EVENTS, STREAMS], Durability::Relaxed)
        .await?;
    let log = writing.store(EVENTS).map_err(failed)?;
    let actual = last_position(&log).await.map_err(failed)?;
    if actual != after {
        let planned = after;
        return Err(ImportError::StoreMoved { planned, actual });
    }
    let Some(last) = events.last() else {
        return Ok(());
    };
    let mut heads: HashMap<&StreamId, Version> = HashMap::new();
    let mut done = 0;
    for step in events.chunks(STEP) {
        if progress(done).is_break() {
            // Dropped here, the transaction is undone.
            return Err(ImportError::Cancelled);
        }
        let mut newest = None;
        for event in step {
            let head = heads.entry(&event.stream).or_default();
            *head = event.version.max(*head);
            let record = codec::recorded_event(event)?;
            newest = Some(
                log.add(&record, None)
                    .map_err(|error| failed(error.into()))?,
            );
        }
        if let Some(newest) = newest
            && answer(newest).await.is_err()
        {
            // Not that error: the first one in the transaction is the reason.
            return Err(failed(writing.undone().await).into());
        }
        done += step.len();
    }
    if progress(done).is_break() {
        return Err(ImportError::Cancelled);
    }
    let streams = writing.store(STREAMS).map_err(failed)?;
    for (stream, version) in heads {
        let head = codec::head(stream, version)?;
        streams
            .put(&head, None)
            .map_err(|error| failed(error.into()))?;
    }
    writing.commit().await.map_err(failed)?;
    connection.hints.post(Signal::Appended(last.position));
    Ok(())
}

fn failed(fault: Fault) -> StoreError {
    fault.while_doing("import")
}
