//! Which streams are archived: one record, that is changed in a transaction of its own.

use std::collections::BTreeSet;
use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::codec;
use super::connection::Connection;
use super::hints::Signal;
use super::schema::{LOG, META};
use super::transaction::{Fault, answer};
use crate::core::StreamId;
use crate::log::segments::Index;
use crate::store::{Durability, StoreError};

/// Key in [`META`], of a log that was never emptied; with a number of a segment behind it, of the log since
/// that emptied it.
const ARCHIVED: &str = "archived";

/// Why a list isn't changed that can't be read.
const UNREADABLE: &str = "the list of archived streams is damaged, and is left as it is";

/// The key of the list of a log since a segment emptied it, 0 where none did.
pub(super) fn key(emptied: u64) -> String {
    match emptied {
        0 => ARCHIVED.to_owned(),
        emptied => format!("{ARCHIVED} {emptied}"),
    }
}

/// Whether something lies under the key of such a list.
pub(super) fn is_list(key: &str) -> bool {
    key.starts_with(ARCHIVED)
}

pub(super) async fn archived(
    connection: &Rc<Connection>,
) -> Result<BTreeSet<StreamId>, StoreError> {
    let reading = connection.read("read", &[LOG, META]).await?;
    let found = async {
        connection.log.catch_up(&reading.store(LOG)?).await?;
        let key = key(connection.log.ask(Index::since));
        answer(reading.store(META)?.get(JsValue::from(key))?).await
    };
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
        .write("archive", &[LOG, META], Durability::Relaxed)
        .await?;
    let changed = async {
        let meta = writing.store(META)?;
        connection.log.catch_up(&writing.store(LOG)?).await?;
        let key = key(connection.log.ask(Index::since));
        let found = answer(meta.get(JsValue::from(&key))?).await?;
        let is_unread = found.is_object() && read(&found).is_none();
        if is_unread {
            return Err(Fault::from(UNREADABLE.to_owned()));
        }
        let mut archived = streams(&found);
        change(&mut archived);
        meta.put(&codec::meta(&key, &text(&archived)), None)?;
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

fn read(record: &JsValue) -> Option<Vec<(String, String)>> {
    serde_json::from_str(&codec::value_of(record)?).ok()
}

/// What can't be read is as good as nothing: it only says what to leave out of a list.
fn streams(record: &JsValue) -> BTreeSet<StreamId> {
    let names = read(record).unwrap_or_default();
    let mut streams = BTreeSet::new();
    // One by one: made of all at once, a set brings the code of a sort with it.
    for (aggregate_type, aggregate_id) in names {
        streams.extend(StreamId::new(aggregate_type, aggregate_id));
    }
    streams
}
