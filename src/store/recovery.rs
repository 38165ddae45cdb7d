//! What a store says of its second copy, and of what it found missing when it was opened.

use std::fmt;

/// Where the second copy of a store stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecondCopy {
    /// It is kept: a strict append is acknowledged when it is in both.
    Kept,
    /// It is kept, but lacks what came last, because of this. Appends are acknowledged without it.
    Behind(String),
    /// There is none, because of this: only an export is one.
    Missing(String),
}

/// Events that had been recorded weren't there any more when a store was opened. Its text is for the
/// person whose events they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// What had happened.
    pub cause: Loss,
    /// How many events came back from the second copy.
    pub restored: u64,
    /// How many are known to be lost.
    pub lost: u64,
}

/// What had happened to a store's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// All were gone, with the database or from an empty one.
    Deleted,
    /// The last ones were missing.
    Shortened,
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recovery {
            cause,
            restored,
            lost,
        } = *self;
        match cause {
            Loss::Deleted => f.write_str("Your browser deleted this store; ")?,
            Loss::Shortened => {
                f.write_str("This store is damaged: its last events were missing; ")?
            }
        }
        match (restored, lost) {
            (0, lost) => write!(
                f,
                "{} lost, since no second copy has them. If you have an export, import it",
                events(lost, "is", "are")
            ),
            (restored, 0) => write!(
                f,
                "{} restored from the journal",
                events(restored, "was", "were")
            ),
            (restored, lost) => write!(
                f,
                "{} restored from the journal, and {} lost. If you have an export, import it",
                events(restored, "was", "were"),
                events(lost, "is", "are")
            ),
        }
    }
}

fn events(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 event {one}"),
        _ => format!("{} events {many}", grouped(count)),
    }
}

/// A number with a comma between thousands, as the page writes them.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
