//! What stands at a place of the log, and how much behind it, without reading all of it.

use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};

use super::codec;
use super::connection::Connection;
use super::read::{ask, begin, read_as_it_lies};
use super::transaction::{Fault, answer};
use crate::core::{History, Position};
use crate::log::Chain;
use crate::log::segments::Index;
use crate::store::{At, StoreError};

/// So many events are read at once to be counted.
const AMID: usize = 4_096;

/// How many events follow a position.
pub(super) async fn count_after(
    connection: &Rc<Connection>,
    position: Position,
    known: Option<History>,
) -> Result<u64, StoreError> {
    let counted = ask(connection, known, |index| index.count_after(position)).await?;
    let (mut count, amid) = counted.place;
    let Some(segment) = amid else {
        return Ok(count);
    };
    // Its positions have gaps: who knows where is the segment alone.
    let mut after = position;
    while after < segment.last {
        let page = match read_as_it_lies(connection, after, AMID, Some(counted.history)).await {
            // What can't be read isn't counted.
            Err(StoreError::Corrupt { position, .. }) if position > after => {
                after = position;
                continue;
            }
            page => page?,
        };
        let Some(last) = page.items.last() else {
            break;
        };
        after = last.position;
        let here = page.items.iter().filter(|e| e.position <= segment.last);
        count += here.count() as u64;
    }
    Ok(count)
}

/// The chain of the log up to the segment that ends at a position.
pub(super) async fn chain(
    connection: &Rc<Connection>,
    position: Position,
    known: Option<History>,
) -> Result<At<Option<Chain>>, StoreError> {
    let (_reading, sources) = begin(connection, known).await?;
    let ends = |index: &Index| index.ending_at(position);
    let place = match (position, connection.log.ask(ends)) {
        (Position::START, _) => Some(Chain::START),
        (_, None) => None,
        (_, Some(number)) => {
            let found = async { answer(sources.log.get(JsValue::from(number as f64))?).await };
            let found = found
                .await
                .map_err(|fault: Fault| fault.while_doing("read"))?;
            let is_there = found.is_object();
            is_there
                .then(|| codec::chain_of(found.unchecked_ref()))
                .flatten()
        }
    };
    Ok(At {
        history: sources.history,
        place,
    })
}
