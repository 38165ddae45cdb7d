//! Emptying the store: the log forgets what it held, but not which numbers and positions were given.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::connection::Connection;
use super::hints::Signal;
use super::journal::Journal;
use super::read::ask;
use super::schema::{ARCHIVED, CHECKPOINTS, LOG, META, PAGES, SNAPSHOTS};
use super::transaction::{Fault, answer};
use super::{add, codec};
use crate::core::Position;
use crate::store::{Durability, StoreError};

pub(super) async fn reset(
    connection: &Rc<Connection>,
    durability: Durability,
) -> Result<(), StoreError> {
    let stores = [LOG, PAGES, SNAPSHOTS, CHECKPOINTS, META];
    let writing = connection.write("reset", &stores, durability).await?;
    let emptied = async {
        for store in [PAGES, SNAPSHOTS, CHECKPOINTS] {
            writing.store(store)?.clear()?;
        }
        writing.store(META)?.delete(JsValue::from(ARCHIVED))?;
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
        Ok(last + 1)
    };
    let failed = |fault: Fault| fault.while_doing("reset");
    let number = emptied.await.map_err(failed)?;
    if let Err(fault) = writing.commit().await
        && !is_emptied(connection, number).await
    {
        return Err(failed(fault));
    }
    connection.log.forget();
    connection.hints.post(Signal::Reset);
    Journal::wait(connection, durability, number, None).await;
    Journal::note_emptied(connection, number);
    Ok(())
}

/// Whether the log was emptied under this number: a connection that is lost at the commit doesn't
/// say.
async fn is_emptied(connection: &Rc<Connection>, number: u64) -> bool {
    let looked = ask(connection, |index| {
        let first = index.segments_after(Position::START).first();
        index.last_segment() >= number && first.is_none_or(|first| first.number > number)
    });
    looked.await.unwrap_or(false)
}
