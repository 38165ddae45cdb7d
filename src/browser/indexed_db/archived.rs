//! Which streams are archived: one record, that is changed in a transaction of its own.

use std::collections::BTreeSet;
use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::codec;
use super::connection::Connection;
use super::hints::Signal;
use super::schema::{ARCHIVED, META};
use super::transaction::{Fault, answer};
use crate::core::StreamId;
use crate::store::{Durability, StoreError};

pub(super) async fn archived(
    connection: &Rc<Connection>,
) -> Result<BTreeSet<StreamId>, StoreError> {
    let reading = connection.read("read", &[META]).await?;
    let found = async { answer(reading.store(META)?.get(JsValue::from(ARCHIVED))?).await };
    let found = found
        .await
        .map_err(|fault: Fault| fault.while_doing("read"))?;
    Ok(streams(&found))
}

/// Changes which streams are archived, and tells everybody.
pub(super) async fn change(
    connection: &Rc<Connection>,
    change: impl FnOnce(&mut BTreeSet<StreamId>),
) -> Result<(), StoreError> {
    // Relaxed: it can be done again.
    let writing = connection
        .write("archive", &[META], Durability::Relaxed)
        .await?;
    let changed = async {
        let meta = writing.store(META)?;
        let found = answer(meta.get(JsValue::from(ARCHIVED))?).await?;
        let mut archived = streams(&found);
        change(&mut archived);
        meta.put(&codec::meta(ARCHIVED, &text(&archived)), None)?;
        writing.commit().await
    };
    changed
        .await
        .map_err(|fault: Fault| fault.while_doing("archive"))?;
    connection.hints.post(Signal::Archived);
    Ok(())
}

fn text(archived: &BTreeSet<StreamId>) -> String {
    let names = |stream: &StreamId| {
        serde_json::Value::from(vec![stream.aggregate_type(), stream.aggregate_id()])
    };
    serde_json::Value::from_iter(archived.iter().map(names)).to_string()
}

/// What can't be read is as good as nothing: it only says what to leave out of a list.
fn streams(record: &JsValue) -> BTreeSet<StreamId> {
    let names: Vec<(String, String)> = codec::value_of(record)
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let streams = names.into_iter();
    streams
        .filter_map(|(aggregate_type, aggregate_id)| {
            StreamId::new(aggregate_type, aggregate_id).ok()
        })
        .collect()
}
