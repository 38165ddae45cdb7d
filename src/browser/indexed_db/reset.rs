//! Emptying the store: the log forgets what it held, but not which numbers and positions were given.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::JsCast;

use super::connection::Connection;
use super::hints::Signal;
use super::journal::Journal;
use super::schema::{CHECKPOINTS, LOG, PAGES, SNAPSHOTS};
use super::transaction::{Fault, answer};
use super::{add, codec};
use crate::core::Position;
use crate::store::{Durability, StoreError};

pub(super) async fn reset(
    connection: &Rc<Connection>,
    durability: Durability,
) -> Result<(), StoreError> {
    let stores = [LOG, PAGES, SNAPSHOTS, CHECKPOINTS];
    let writing = connection.write("reset", &stores, durability).await?;
    let emptied = async {
        for store in [PAGES, SNAPSHOTS, CHECKPOINTS] {
            writing.store(store)?.clear()?;
        }
        let log = writing.store(LOG)?;
        connection.log.catch_up(&log).await?;
        let (last, floor) = connection
            .log
            .ask(|index| (index.last_segment(), Position(index.next_position().0 - 1)));
        // A tab that hasn't heard of what was written last must still find its number taken, so
        // each number stays.
        let numbers: Array = answer(log.get_all_keys(None, None)?)
            .await?
            .unchecked_into();
        log.clear()?;
        for number in numbers.iter().filter_map(|number| number.as_f64()) {
            add(&log, codec::gone(number as u64))?;
        }
        add(&log, codec::emptied(last + 1, floor))?;
        writing.commit().await?;
        Ok(last + 1)
    };
    let emptied = emptied
        .await
        .map_err(|fault: Fault| fault.while_doing("reset"))?;
    connection.log.forget();
    connection.hints.post(Signal::Reset);
    Journal::wait(connection, durability, emptied, None).await;
    Journal::note_emptied(connection, emptied);
    Ok(())
}
