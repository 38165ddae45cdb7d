//! From the first layout, a record an event, to segments. What is there moves some hundred events at
//! a time, each step whole or not at all: a tab that is closed or killed meanwhile, or another that
//! does the same, leaves less to do. Records move as they are, damaged ones too.

use idb::{CursorDirection, KeyRange, ObjectStore};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbCursor, IdbDatabase};

use super::codec;
use super::lay_out::INLINE_BYTES;
use super::schema::{EMPTIED, EVENTS, LOG, META, STREAMS, Told};
use super::transaction::{self, Fault, Writing, add, answer};
use super::walk::Walk;
use crate::core::Position;
use crate::store::{Durability, StoreError};

/// How many events move at once, at most.
const STEP: u32 = 256;

/// Moves what a database of the first layout holds; `told` is told how far it is.
///
/// # Errors
/// The storage's.
pub(super) async fn migrate(database: &IdbDatabase, told: &Told) -> Result<(), StoreError> {
    let moved = async {
        let of = count(database).await?;
        told(0);
        let mut moved = 0;
        while step(database).await? {
            moved += u64::from(STEP);
            told((moved * 100 / of.max(1)).min(100) as u8);
        }
        Ok(())
    };
    moved
        .await
        .map_err(|fault: Fault| fault.while_doing("upgrade"))
}

async fn count(database: &IdbDatabase) -> Result<u64, Fault> {
    let events = transaction::read(database, &[EVENTS])?.store(EVENTS)?;
    let count = answer(events.count(None)?).await?;
    Ok(count.as_f64().unwrap_or(0.0) as u64)
}

/// The first events: so many that they are as much as stands in a segment of an append, or some more where one
/// of them is great.
async fn first(events: &ObjectStore) -> Result<Array, Fault> {
    let mut walk = Walk::over(events);
    let gathered = Array::new();
    let mut bytes = 0;
    while gathered.length() < STEP && bytes < INLINE_BYTES {
        let some = walk.next(codec::position_of).await?;
        if some.is_empty() {
            break;
        }
        for record in some {
            bytes += codec::weight(&record);
            gathered.push(&record);
            if gathered.length() == STEP || bytes >= INLINE_BYTES {
                break;
            }
        }
    }
    Ok(gathered)
}

/// Moves some events; answers whether there were any.
pub(super) async fn step(database: &IdbDatabase) -> Result<bool, Fault> {
    let stores = [EVENTS, STREAMS, META, LOG];
    let writing = Writing::begin(database, &stores, Durability::Strict)?;
    let (events, log) = (writing.store(EVENTS)?, writing.store(LOG)?);
    let page = first(&events).await?;
    let newest = answer(log.open_key_cursor(None, Some(CursorDirection::Prev))?).await?;
    let mut next = 1;
    if !newest.is_null() {
        let key = newest.unchecked_into::<IdbCursor>().key();
        next += key.ok().and_then(|key| key.as_f64()).unwrap_or(0.0) as u64;
    }
    let meta = writing.store(META)?;
    if next == 1
        && !answer(meta.get(JsValue::from(EMPTIED))?)
            .await?
            .is_undefined()
    {
        // The greatest position that was given is known to the database alone: it gives the next.
        let key = answer(events.add(&js_sys::Object::new(), None)?).await?;
        events.delete(key.clone())?;
        let floor = Position(key.as_f64().unwrap_or(1.0) as u64 - 1);
        add(&log, codec::emptied(next, floor))?;
        next += 1;
    }
    let Some(last) = page.iter().last() else {
        writing.store(STREAMS)?.clear()?;
        writing.commit().await?;
        return Ok(false);
    };
    add(&log, codec::gathered(next, &page))?;
    let moved = codec::position_of(&last.unchecked_into());
    events.delete(KeyRange::upper_bound(&moved, None)?)?;
    writing.commit().await?;
    Ok(true)
}
