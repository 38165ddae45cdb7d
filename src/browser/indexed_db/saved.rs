//! A copy of the index in the database, so that opening doesn't read all segments. A cache: it comes
//! with a checksum over itself and over what marks the last segment that it knows, so that one that is
//! damaged, of another log, or of before a reset isn't taken; what came after it is caught up from the
//! log; and one that doesn't know that segments were joined finds them missing, and is thrown away.

use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

use super::codec::{self, Record};
use super::connection::Connection;
use super::schema::{INDEX, LOG, META};
use super::transaction::{self, Fault, answer};
use crate::log::segments::Index;
use crate::store::{Durability, StoreError};

/// The index that was saved, if it belongs to the log that is there.
pub(super) async fn load(database: &IdbDatabase) -> Option<Index> {
    let found = async {
        let reading = transaction::read(database, &[META, LOG])?;
        let saved = answer(reading.store(META)?.get(JsValue::from(INDEX))?).await?;
        if !saved.is_object() {
            return Ok(None);
        }
        let saved: Record = saved.unchecked_into();
        let Some(number) = codec::saved_up_to(&saved) else {
            return Ok(None);
        };
        let segment = answer(reading.store(LOG)?.get(JsValue::from(number as f64))?).await?;
        Ok(Some((saved, segment)))
    };
    // What can't be read is as good as none.
    let found: Result<_, Fault> = found.await;
    let (saved, segment) = found.ok()??;
    if !segment.is_object() {
        return None;
    }
    let bytes = codec::open_saved_index(&saved, segment.unchecked_ref())?;
    let index = Index::from_bytes(&bytes).ok()?;
    (Some(index.last_segment()) == codec::saved_up_to(&saved)).then_some(index)
}

/// Saves the index as it is now, unless it knows of damage.
pub(super) async fn save(connection: &Rc<Connection>) -> Result<(), StoreError> {
    let log = &connection.log;
    let made = async {
        let reading = connection.read("keep", &[LOG]).await?;
        let segments = reading.store(LOG).map_err(failed)?;
        log.catch_up(&segments).await.map_err(failed)?;
        // Not later: more may be taken in while the segment is waited for.
        let known = log.ask(|index| {
            (
                index.last_segment(),
                index.last_position(),
                index.to_bytes(),
            )
        });
        let forgotten = log.forgotten();
        let (number, position, bytes) = known;
        // Where nothing can be saved, that isn't tried again at once.
        log.saved(number, position);
        let Some(bytes) = bytes else {
            return Ok::<_, StoreError>(None);
        };
        let asked = segments.get(JsValue::from(number as f64));
        let asked = asked.map_err(|error| failed(error.into()))?;
        let segment = answer(asked).await.map_err(failed)?;
        if !segment.is_object() {
            return Ok(None);
        }
        let record = codec::saved_index(INDEX, segment.unchecked_ref(), &bytes);
        Ok(record.map(|record| (record, forgotten)))
    };
    let Some((record, forgotten)) = made.await? else {
        return Ok(());
    };
    // Relaxed: what is lost of it is made again.
    let writing = connection
        .write("keep", &[META], Durability::Relaxed)
        .await?;
    if log.forgotten() != forgotten {
        return Ok(());
    }
    let meta = writing.store(META).map_err(failed)?;
    meta.put(&record, None)
        .map_err(|error| failed(error.into()))?;
    writing.commit().await.map_err(failed)
}

fn failed(fault: Fault) -> StoreError {
    fault.while_doing("keep")
}
