//! Showing all that the database holds, damaged records too, for a check.

use std::ops::ControlFlow;
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::above;
use super::codec::{self, Read, Record};
use super::connection::Connection;
use super::schema::{EVENTS, SNAPSHOTS, STREAMS};
use super::transaction::{Fault, Reading, answer};
use crate::store::{Held, StoreError};

/// How many records are read at once: the page stays free to move between two reads.
const PAGE: u32 = 500;

type Show<'a> = dyn FnMut(Held<'_>) -> ControlFlow<()> + 'a;

/// An object store: what its records lie under, and how one is shown.
type Part = (
    &'static str,
    fn(&Record) -> JsValue,
    fn(&Record, &mut Show<'_>) -> ControlFlow<()>,
);

const PARTS: [Part; 3] = [
    (EVENTS, codec::position_of, show_event),
    (STREAMS, codec::stream_of, show_head),
    (SNAPSHOTS, codec::stream_of, show_snapshot),
];

/// One transaction, so that all of it is of one moment. Who would write meanwhile, waits.
pub(super) async fn inspect(
    connection: &Rc<Connection>,
    mut show: impl FnMut(Held<'_>) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let reading = connection.read("read", &PARTS.map(|part| part.0)).await?;
    walk(&reading, &mut show)
        .await
        .map_err(|fault| fault.while_doing("read"))
}

/// Goes through each object store in the order of its keys, until there is no more or `show`
/// breaks off. Nothing but the database is waited for, so that the transaction stays open.
async fn walk(reading: &Reading, show: &mut Show<'_>) -> Result<(), Fault> {
    for (store, key_of, show_record) in PARTS {
        let store = reading.store(store)?;
        let mut after = None;
        loop {
            let range = after.as_ref().map(above).transpose()?;
            let page = answer(store.get_all(range, Some(PAGE))?).await?;
            let page: Array = page.unchecked_into();
            for record in page.iter() {
                let record = record.unchecked_into();
                if show_record(&record, show).is_break() {
                    return Ok(());
                }
                after = Some(key_of(&record));
            }
            if page.length() < PAGE {
                break;
            }
        }
    }
    Ok(())
}

fn show_event(record: &Record, show: &mut Show<'_>) -> ControlFlow<()> {
    match codec::inspect_event(record) {
        Ok(Read { event, unchecked }) => show(Held::Event {
            event: Ok(&event),
            unchecked,
        }),
        Err(damaged) => show(Held::Event {
            event: Err(damaged),
            unchecked: false,
        }),
    }
}

fn show_head(record: &Record, show: &mut Show<'_>) -> ControlFlow<()> {
    show(Held::Head(codec::inspect_head(record)))
}

fn show_snapshot(record: &Record, show: &mut Show<'_>) -> ControlFlow<()> {
    match codec::inspect_snapshot(record) {
        Ok(snapshot) => show(Held::Snapshot(Ok(&snapshot))),
        Err(damaged) => show(Held::Snapshot(Err(damaged))),
    }
}
