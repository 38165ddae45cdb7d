//! Showing all that the database holds, damaged records too, for a check.

use std::ops::ControlFlow;
use std::rc::Rc;

use idb::ObjectStore;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::above;
use super::codec::{self, Read, Record};
use super::connection::Connection;
use super::schema::{EVENTS, SNAPSHOTS, STREAMS};
use super::transaction::{Fault, answer};
use crate::store::{Held, StoreError};

/// How many records are read at once: the page stays free to move between two reads.
const PAGE: u32 = 500;

/// One transaction, so that all of it is of one moment. Who would write meanwhile, waits.
pub(super) async fn inspect(
    connection: &Rc<Connection>,
    mut show: impl FnMut(Held<'_>) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let failed = |fault: Fault| fault.while_doing("read");
    let reading = connection
        .read("read", &[EVENTS, STREAMS, SNAPSHOTS])
        .await?;
    let events = reading.store(EVENTS).map_err(failed)?;
    let shown = walk(&events, codec::position_of, |record| {
        let read = codec::inspect_event(record);
        show(match &read {
            Ok(Read { event, unchecked }) => Held::Event {
                event: Ok(event),
                unchecked: *unchecked,
            },
            Err(damaged) => Held::Event {
                event: Err(damaged.clone()),
                unchecked: false,
            },
        })
    });
    if shown.await.map_err(failed)?.is_break() {
        return Ok(());
    }
    let heads = reading.store(STREAMS).map_err(failed)?;
    let shown = walk(&heads, codec::stream_of, |record| {
        show(Held::Head(codec::inspect_head(record)))
    });
    if shown.await.map_err(failed)?.is_break() {
        return Ok(());
    }
    let snapshots = reading.store(SNAPSHOTS).map_err(failed)?;
    let shown = walk(&snapshots, codec::stream_of, |record| {
        let snapshot = codec::inspect_snapshot(record);
        show(Held::Snapshot(snapshot.as_ref().map_err(Clone::clone)))
    });
    shown.await.map(drop).map_err(failed)
}

/// Goes through an object store in the order of its keys, until there is no more or `show` breaks
/// off. Nothing but the database is waited for, so that the transaction stays open.
async fn walk(
    store: &ObjectStore,
    key_of: impl Fn(&Record) -> JsValue,
    mut show: impl FnMut(&Record) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Fault> {
    let mut after = None;
    loop {
        let range = after.as_ref().map(above).transpose()?;
        let page: Array = answer(store.get_all(range, Some(PAGE))?)
            .await?
            .unchecked_into();
        for record in page.iter() {
            let record = record.unchecked_into();
            if show(&record).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            after = Some(key_of(&record));
        }
        if page.length() < PAGE {
            return Ok(ControlFlow::Continue(()));
        }
    }
}
