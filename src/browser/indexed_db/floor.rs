//! The position up to which none is given again, where the log doesn't tell: it lost what was given. One record, for
//! all who open the database; what a tab knows beside it is another's business.

use idb::ObjectStore;
use wasm_bindgen::JsValue;
use web_sys::IdbDatabase;

use super::codec;
use super::schema::META;
use super::transaction::{self, Fault, Writing, answer};
use crate::core::Position;
use crate::store::Durability;

/// Key in [`META`].
const FLOOR: &str = "floor";

/// The one that is noted, within a transaction; the start where none is.
pub(super) async fn noted(meta: &ObjectStore) -> Result<Position, Fault> {
    let found = answer(meta.get(JsValue::from(FLOOR))?).await?;
    let noted = codec::value_of(&found).and_then(|text| text.parse().ok());
    Ok(noted.map_or(Position::START, Position))
}

/// Notes it within a transaction, unless a greater one is noted.
pub(super) async fn note(meta: &ObjectStore, floor: Position) -> Result<(), Fault> {
    if floor > noted(meta).await? {
        meta.put(&codec::meta(FLOOR, &floor.to_string()), None)?;
    }
    Ok(())
}

/// Notes it by itself, unless it is noted.
///
/// # Errors
/// The storage's.
pub(super) async fn keep(database: &IdbDatabase, floor: Position) -> Result<(), Fault> {
    let meta = transaction::read(database, &[META])?.store(META)?;
    if floor <= noted(&meta).await? {
        return Ok(());
    }
    let writing = Writing::begin(database, &[META], Durability::Strict)?;
    note(&writing.store(META)?, floor).await?;
    writing.commit().await
}
