//! The history that a database began with, or goes on with since events were lost: one record, made by
//! whoever opens the database first.

use idb::ObjectStore;
use wasm_bindgen::JsValue;
use web_sys::IdbDatabase;

use super::codec;
use super::floor;
use super::schema::{HISTORY, META};
use super::transaction::{Fault, Writing, answer};
use crate::browser::{BrowserClock, BrowserIds};
use crate::core::{Clock, History, IdSource, Position};
use crate::store::Durability;

/// The history that a log is in where none of its segments says another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    pub(super) history: History,
    /// What a segment says that this one takes the place of, since events were lost after it; none where
    /// none said one then.
    pub(super) replaced: Option<History>,
}

/// The one that is noted, within a transaction; none where none is.
pub(super) async fn noted(meta: &ObjectStore) -> Result<Option<Beginning>, Fault> {
    Ok(of(&answer(meta.get(JsValue::from(HISTORY))?).await?))
}

/// Begins one where none is noted.
///
/// # Errors
/// The storage's.
pub(super) async fn first(database: &IdbDatabase) -> Result<Beginning, Fault> {
    begin(database, None).await
}

/// Begins another, in the place of what a segment says, if one does: what was read before may not hold
/// any more. No position up to the floor is given in it.
///
/// # Errors
/// The storage's.
pub(super) async fn another(
    database: &IdbDatabase,
    said: Option<History>,
    floor: Position,
) -> Result<Beginning, Fault> {
    begin(database, Some((said, floor))).await
}

/// Of two who begin one at once, the second takes that of the first, unless it is to be another.
async fn begin(
    database: &IdbDatabase,
    another: Option<(Option<History>, Position)>,
) -> Result<Beginning, Fault> {
    // Strict where it replaces one: it must not come back.
    let durability = match another {
        Some(_) => Durability::Strict,
        None => Durability::Relaxed,
    };
    let writing = Writing::begin(database, &[META], durability)?;
    let meta = writing.store(META)?;
    if another.is_none()
        && let Some(known) = noted(&meta).await?
    {
        return Ok(known);
    }
    let beginning = Beginning {
        history: History(BrowserIds.next_id(BrowserClock.now()).0),
        replaced: another.and_then(|(said, _)| said),
    };
    let text = match beginning.replaced {
        Some(replaced) => format!("{} {replaced}", beginning.history),
        None => beginning.history.to_string(),
    };
    meta.put(&codec::meta(HISTORY, &text), None)?;
    if let Some((_, floor)) = another {
        floor::note(&meta, floor).await?;
    }
    writing.commit().await?;
    Ok(beginning)
}

fn of(record: &JsValue) -> Option<Beginning> {
    let text = codec::value_of(record)?;
    let (history, replaced) = match text.split_once(' ') {
        Some((history, replaced)) => (history, Some(replaced)),
        None => (&text[..], None),
    };
    let read = |text: &str| uuid::Uuid::parse_str(text).ok().map(History);
    Some(Beginning {
        history: read(history)?,
        replaced: replaced.and_then(read),
    })
}
