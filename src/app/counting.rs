//! Numbers with their nouns, for people to read.

/// So many events were.
pub fn were(events: u64) -> String {
    let were = if events == 1 { "was" } else { "were" };
    format!("{} {were}", count(events, "event"))
}

/// A number with its noun.
pub fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
