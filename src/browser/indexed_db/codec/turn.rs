//! The records of segments that hold no events: those that change which events are there, and numbers
//! that were taken and hold nothing any more.

use js_sys::Uint8Array;
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};

use super::record::{MISFIT, Record, number, record, small, text, whole};
use crate::core::{History, Position};
use crate::log::segments::Turn;
use crate::log::{Chain, checksum};
use crate::store::StoreError;

/// A segment that changes which events are there; with those that fill holes, packed, where it says that
/// they do: the second copy has them from here.
///
/// # Errors
/// [`StoreError::OutOfRange`] for a position that a browser can't count.
pub(in super::super) fn turned(
    segment: u64,
    turn: Turn,
    chain: Chain,
    fills: &[u8],
) -> Result<Record, StoreError> {
    let record = record();
    record.set_segment(number("segment", segment)?);
    let (name, from, floor, history) = match turn {
        Turn::Emptied { floor, history } => ("emptied", None, floor, Some(history)),
        Turn::Restored { from, floor } => ("restored", Some(from), floor, None),
        Turn::TakenBack {
            from,
            floor,
            history,
        } => ("taken back", Some(from), floor, Some(history)),
        Turn::Filled { holes, history } => ("filled", Some(holes), Position::START, Some(history)),
    };
    record.set_turn(name);
    if let Some(from) = from {
        record.set_from(number("segment", from)?);
    }
    record.set_position(number("position", floor.0)?);
    if let Some(history) = history {
        record.set_history(&history.to_string());
    }
    record.set_chain(&chain.to_string());
    if !fills.is_empty() {
        record.set_packed(&Uint8Array::from(fills));
    }
    record.set_checksum(checksum::of_bytes(fills, &turn_text(segment, turn)).into());
    Ok(record)
}

/// What such a segment does; none where it is none.
pub(super) fn turn(record: &Record, segment: u64) -> Option<Result<Turn, String>> {
    let name = record.turn().as_string()?;
    Some(read_turn(record, segment, &name))
}

fn read_turn(record: &Record, segment: u64, name: &str) -> Result<Turn, String> {
    let from = || whole(&record.from(), "from");
    let floor = Position(whole(&record.position(), "position")?);
    let history = || {
        let text = text(&record.history(), "history")?;
        let id = Uuid::parse_str(&text).map_err(|error| format!("history {text:?}: {error}"))?;
        Ok::<_, String>(History(id))
    };
    let turn = match name {
        "emptied" => Turn::Emptied {
            floor,
            history: history()?,
        },
        "restored" => Turn::Restored {
            from: from()?,
            floor,
        },
        "taken back" => Turn::TakenBack {
            from: from()?,
            floor,
            history: history()?,
        },
        "filled" => Turn::Filled {
            holes: from()?,
            history: history()?,
        },
        name => return Err(format!("turn {name:?} is none that this Eventloom knows")),
    };
    let expected = checksum::of_bytes(&fills(record), &turn_text(segment, turn));
    match small(&record.checksum(), "checksum")? == expected {
        true => Ok(turn),
        false => Err(MISFIT.to_owned()),
    }
}

/// The events that such a segment says fill holes, packed; no bytes where it says nothing like that.
pub(in super::super) fn fills(record: &Record) -> Vec<u8> {
    let packed: JsValue = record.packed();
    let packed = packed.dyn_ref::<Uint8Array>();
    packed.map(Uint8Array::to_vec).unwrap_or_default()
}

fn turn_text(segment: u64, turn: Turn) -> String {
    format!("segment {segment}: {turn:?}")
}

/// A segment that empties the store, as releases before this one wrote it: what comes out of their copies
/// is put back as it was, and gets its history and its chain together with all others.
pub(in super::super) fn emptied(segment: u64, floor: Position) -> Result<Record, StoreError> {
    let record = record();
    record.set_segment(number("segment", segment)?);
    record.set_position(number("position", floor.0)?);
    record.set_emptied(true);
    record.set_checksum(checksum::of_bytes(&[], &emptied_text(segment, floor)).into());
    Ok(record)
}

fn emptied_text(segment: u64, floor: Position) -> String {
    format!("segment {segment} emptied, {floor}")
}

/// The floor of a segment that empties the store, as releases before this one wrote it; none where it
/// is none.
pub(super) fn first_emptied(record: &Record, segment: u64) -> Option<Result<Position, String>> {
    record.emptied().is_truthy().then(|| {
        let floor = Position(whole(&record.position(), "position")?);
        let expected = checksum::of_bytes(&[], &emptied_text(segment, floor));
        match small(&record.checksum(), "checksum")? == expected {
            true => Ok(floor),
            false => Err(MISFIT.to_owned()),
        }
    })
}

/// What is left of segments whose events aren't there any more, from one number to another, so that
/// nobody takes the last of them again.
pub(in super::super) fn gone(
    from: u64,
    segment: u64,
    chain: Option<Chain>,
) -> Result<Record, StoreError> {
    let record = record();
    record.set_segment(number("segment", segment)?);
    if from < segment {
        record.set_from(number("segment", from)?);
    }
    if let Some(chain) = chain {
        record.set_chain(&chain.to_string());
    }
    Ok(record)
}
