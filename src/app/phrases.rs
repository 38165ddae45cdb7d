//! Numbers, times and currencies, as people say them.

use crate::core::Timestamp;
use crate::model::currency;
use crate::timeline::Timeline;

/// A time to the minute: `2026-01-05 09:00 UTC`.
pub(super) fn minute(time: Timestamp) -> String {
    let time = time.to_string();
    let (day, time) = time.split_once('T').unwrap_or((&time, ""));
    format!("{day} {} UTC", time.get(..5).unwrap_or(time))
}

/// So many events were.
pub(super) fn were(events: u64) -> String {
    let were = if events == 1 { "was" } else { "were" };
    format!("{} {were}", count(events, "event"))
}

/// A number with its noun.
pub(super) fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// The currency of a stream's amounts, as its last known state names it.
pub(super) fn currency_of(timeline: &Timeline) -> Option<String> {
    let state = timeline.state_at(timeline.known());
    currency(&state).map(str::to_owned)
}
