//! A copy of the index in the database, so that opening doesn't read all segments. A cache: it comes
//! with a checksum over itself and over what marks the last segment that it knows, so that one that is
//! damaged, of another log, or of before a reset isn't taken; what came after it is caught up from the
//! log; and one that doesn't know that segments were joined finds them missing, and is thrown away.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

use super::codec::{self, Record};
use super::schema::{INDEX, LOG, META};
use super::transaction::{self, Fault, answer};
use crate::log::segments::Index;

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
