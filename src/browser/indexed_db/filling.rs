//! Putting events in the places of holes: the records that hold these are written anew. Where they lie, how
//! many events they have and what is chained stays as it was.

use std::collections::BTreeMap;

use idb::ObjectStore;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::codec::{self, Record};
use super::log::Log;
use super::transaction::{Fault, answer};
use crate::core::{RecordedEvent, Version};
use crate::log::segments::{Fetch, INLINE, Index};

/// Fills holes, within the caller's transaction, where `find` says that they lie: in which segment and page.
/// Answers with an event whose place holds none, if there is one.
pub(super) async fn fill<'a>(
    (log, pages): (&ObjectStore, &ObjectStore),
    find: impl Fn(&RecordedEvent) -> Option<(u64, u32)>,
    fills: &'a [RecordedEvent],
) -> Result<Option<&'a RecordedEvent>, Fault> {
    let mut lacking = None;
    let mut records: BTreeMap<(u64, u32), Vec<&RecordedEvent>> = BTreeMap::new();
    for fill in fills {
        match find(fill) {
            Some(place) => records.entry(place).or_default().push(fill),
            None => lacking = Some(fill),
        }
    }
    for ((segment, page), fills) in records {
        let number = JsValue::from_f64(segment as f64);
        let (store, key) = match page {
            INLINE => (log, number),
            _ => (pages, Array::of2(&number, &page.into()).into()),
        };
        let record = answer(store.get(key)?).await?;
        if !record.is_object() {
            lacking = fills.first().copied();
            continue;
        }
        let held: &Record = record.unchecked_ref();
        let unfilled = match page {
            INLINE => codec::fill(held, &fills),
            _ => codec::fill_page(held, &fills),
        };
        lacking = unfilled.or(lacking);
        store.put(&record, None)?;
    }
    Ok(lacking)
}

/// Fills those of these holes that a log has, within the caller's transaction: what is filled already stays
/// as it is.
pub(super) async fn fill_what_is_there(
    stores: (&ObjectStore, &ObjectStore),
    fills: &[RecordedEvent],
) -> Result<(), Fault> {
    let known = Log::default();
    known.catch_up(stores.0).await?;
    let find = |event: &RecordedEvent| known.ask(|index| place_of(index, event));
    fill(stores, find, fills).await.map(drop)
}

/// The segment and page in which an index knows the version of an event to be.
pub(super) fn place_of(index: &Index, event: &RecordedEvent) -> Option<(u64, u32)> {
    let before = Version(event.version.0.checked_sub(1)?);
    let (fetches, _) = index.fetches(&event.stream, before, 1);
    fetches.last().map(|fetch| match *fetch {
        Fetch::Segments { to, .. } => (to, INLINE),
        Fetch::Pages { segment, to, .. } => (segment, to),
    })
}
