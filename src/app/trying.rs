//! A database that doesn't open: how that is told.

use super::phrases::count;
use crate::core::Timestamp;
use crate::store::Unopened;

/// A database that doesn't open, and what is done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trying {
    /// Why it doesn't.
    pub reason: String,
    /// Whether that is another one already, since a person chose to leave the first.
    pub has_gone_on: bool,
    /// Since when it is tried.
    pub since: Timestamp,
    /// What is known beside it, once a minute has passed: then a person chooses.
    pub offer: Option<Unopened>,
}

impl Trying {
    /// What is said of it.
    #[must_use]
    pub fn words(&self) -> String {
        let Trying {
            reason,
            has_gone_on,
            since,
            offer,
        } = self;
        let since = since.to_string();
        let time = since.split_once('T').and_then(|(_, time)| time.get(..8));
        let time = time.unwrap_or(&since);
        let beginning = match has_gone_on {
            false => format!("This store's database doesn't open: {reason}."),
            true => format!(
                "The database in which this store was to go on doesn't open either: {reason}. What was left is as it \
                 was."
            ),
        };
        let Some(offer) = offer else {
            return format!(
                "{beginning} Since {time} UTC it is asked for again, for a minute. It stays as it is."
            );
        };
        let number = |events: Option<u64>| match events {
            Some(events) => count(events, "event"),
            None => "an unknown number of events".to_owned(),
        };
        let noted = match offer.events {
            Some(_) => "held, when that was last noted,",
            None => "holds",
        };
        let (here, copy) = (number(offer.events), number(offer.second_copy));
        let tried = format!(
            "{beginning} From {time} UTC on it was asked for again, for a minute. It {noted} {here}, and the \
             second copy holds {copy}."
        );
        match offer.is_open_elsewhere {
            true => {
                format!("{tried} Another tab has it open: use that one, or close it and try again.")
            }
            false => format!(
                "{tried} You can leave it as it is, and go on in another that is filled from the second copy; \
                 Storage then lists what was left, to be brought back or saved."
            ),
        }
    }

    /// Whether it can be left as it is now.
    #[must_use]
    pub fn can_be_left(&self) -> bool {
        let offer = self.offer.as_ref();
        offer.is_some_and(|offer| !offer.is_open_elsewhere)
    }
}
