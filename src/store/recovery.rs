//! What a store says of its second copy, and of what it found missing when it was opened.

use std::fmt;

use super::verify::Finding;
use crate::core::Timestamp;

/// Where the second copy of a store stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecondCopy {
    /// It is kept, and all that was acknowledged is in it: a strict append is when it is in both.
    Kept,
    /// It is being filled with what it lacks. A strict append waits for that, but not for long: then
    /// it is acknowledged without it.
    Copying {
        /// So many events are in it.
        events: u64,
        /// Of so many.
        of: u64,
    },
    /// All that was acknowledged is in it, but whoever kept it last didn't end as it should: it is read
    /// whole before it is said to be kept. Nobody waits for that.
    Checking,
    /// It is kept, but lacks what came last, because of this. Appends are acknowledged without it.
    Behind(String),
    /// It can't be made yet: a program of the release before has it open.
    Waiting,
    /// There is none, because of this: only an export is one.
    Missing(String),
}

/// What came of reading a second copy whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyChecked {
    /// What of it can't be read. It is made anew from the log.
    pub damaged: Vec<Finding>,
    /// How many events that can't be read in the log can be mended from it.
    pub mendable: u64,
    /// How many were, before it was made anew.
    pub mended: u64,
}

/// A part of a store that was set aside: events of another history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The name that it lies under.
    pub name: String,
    /// When it was set aside; none where nobody noted it.
    pub at: Option<Timestamp>,
    /// How many events it holds; none where that can't be told.
    pub events: Option<u64>,
    /// Why it was.
    pub why: WhySetAside,
}

impl fmt::Display for SetAside {
    /// What it holds: `10 events of another history`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.events {
            Some(1) => f.write_str("1 event of another history"),
            Some(events) => write!(f, "{events} events of another history"),
            None => f.write_str("an unknown number of events of another history"),
        }
    }
}

/// Why a part of a store was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhySetAside {
    /// The second copy held it, and the store didn't go on from it.
    Apart,
    /// A person brought something else back in its place.
    Exchanged,
    /// Its database didn't open: a person left it as it is, and went on in another. What it is named by is
    /// that database.
    Unopened,
}

impl WhySetAside {
    /// All of them.
    pub const ALL: [WhySetAside; 3] = [
        WhySetAside::Apart,
        WhySetAside::Exchanged,
        WhySetAside::Unopened,
    ];

    /// A word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            WhySetAside::Apart => "apart",
            WhySetAside::Exchanged => "exchanged",
            WhySetAside::Unopened => "unopened",
        }
    }
}

impl fmt::Display for WhySetAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WhySetAside::Apart => {
                "the second copy held them, and this store doesn't go on from them"
            }
            WhySetAside::Exchanged => "others were brought back in their place",
            WhySetAside::Unopened => "their database didn't open, and is as it was",
        })
    }
}

/// What is known of a store whose database doesn't open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unopened {
    /// How many events it held when that was last noted; none where nobody did.
    pub events: Option<u64>,
    /// How many events the second copy holds; none where that can't be told.
    pub second_copy: Option<u64>,
    /// Whether something else has it open, as far as is known.
    pub is_open_elsewhere: bool,
}

/// Events that had been recorded weren't there any more when a store was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// What had happened.
    pub cause: Loss,
    /// How many events came back from the second copy.
    pub restored: u64,
    /// How many are missing: lost, or, where that isn't known, perhaps in the second copy.
    pub lost: u64,
    /// How many events of the second copy don't continue what is here, and were set aside.
    pub set_aside: u64,
    /// Whether the second copy could be asked. Where it couldn't, what is missing may still be in it:
    /// nothing of it is overwritten, and it is asked again when the store is next opened.
    pub is_known: bool,
    /// Whether it is known how many are missing: else `lost` is a guess, and more than none.
    pub is_counted: bool,
}

/// What had happened to a store's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// All were gone, with the database or from an empty one.
    Deleted,
    /// The last ones were missing.
    Shortened,
    /// Some couldn't be read any more.
    Damaged,
    /// The database didn't open, and was left as it is.
    Unopened,
}

impl Recovery {
    /// So many events that couldn't be read were taken from the second copy.
    #[must_use]
    pub fn mended(events: u64) -> Recovery {
        Recovery {
            cause: Loss::Damaged,
            restored: events,
            lost: 0,
            set_aside: 0,
            is_known: true,
            is_counted: true,
        }
    }

    /// What is to be told where so many events more were set aside.
    #[must_use]
    pub fn and_aside(told: Option<Recovery>, events: u64) -> Recovery {
        let nothing = Recovery {
            cause: Loss::Shortened,
            ..Recovery::mended(0)
        };
        let told = told.unwrap_or(nothing);
        Recovery {
            set_aside: told.set_aside + events,
            ..told
        }
    }

    /// What is to be told where nothing could be set aside: those events are in the second copy, which is asked
    /// again when the store is next opened.
    #[must_use]
    pub fn without_set_aside(self) -> Recovery {
        Recovery {
            lost: self.lost + self.set_aside,
            set_aside: 0,
            is_known: false,
            ..self
        }
    }
}
