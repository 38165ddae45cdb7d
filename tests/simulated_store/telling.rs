//! What somebody has to be told of, and what was.

use std::collections::BTreeMap;

use eventloom::core::EventId;
use eventloom::log::journal::Mark;

use super::laws::Laws;
use super::reading::{events_of, start, walked};
use super::world::{JOURNAL, World};

/// Under which numbers events stood in the journal.
pub type Numbers = BTreeMap<EventId, u64>;

pub fn numbers_in(bytes: &[u8]) -> Numbers {
    let mut numbers = Numbers::new();
    for entry in walked(bytes).entries {
        let events = events_of(&entry).into_iter().flatten();
        numbers.extend(events.map(|event| (event.event_id, entry.segment)));
    }
    numbers
}

impl World {
    /// Under which numbers events stand in the journal, or did before it was damaged.
    pub fn numbers(&self) -> Numbers {
        let files = self.files.borrow();
        let Some(file) = files.get(JOURNAL) else {
            return Numbers::new();
        };
        let mut numbers = file.unread.clone();
        numbers.extend(numbers_in(&file.bytes));
        numbers
    }

    /// Up to which segment the journal says to go.
    pub fn claimed(&self) -> u64 {
        let files = self.files.borrow();
        let mark = files
            .get(JOURNAL)
            .and_then(|file| Mark::read(start(&file.bytes)));
        mark.map_or(0, |mark| mark.tail.segment)
    }
}

impl Laws {
    /// These are gone from all copies, and stood under these numbers; the journal still says that it goes up to a
    /// segment, whose entry may have been refused.
    pub fn are_to_be_told(
        &mut self,
        gone: impl Iterator<Item = EventId>,
        numbers: &Numbers,
        claimed: u64,
    ) {
        for event in gone {
            if let Some(number) = numbers.get(&event).filter(|number| **number < claimed)
                && self.acknowledged.contains(&event)
            {
                self.untold.insert(event, *number);
            }
        }
    }

    /// The journal says no more than this.
    pub fn says_no_more_than(&mut self, claimed: u64) {
        self.untold.retain(|_, number| *number < claimed);
    }

    /// Somebody who could ask the journal told of no loss, unless nobody can know; the log ends here.
    pub fn told_what_was_claimed(&mut self, is_unknown: bool, end: u64) {
        let untold = std::mem::take(&mut self.untold);
        let wanted: Vec<EventId> = self.wanted_of(untold, end);
        if let (false, Some(event)) = (is_unknown, wanted.first()) {
            let text = format!("{} is gone, and the journal's mark told of it", event.0);
            self.wrong("what is told is so: what a mark claims", text);
        }
    }

    fn wanted_of(&self, untold: Numbers, end: u64) -> Vec<EventId> {
        let is_lost = |(event, number): &(EventId, u64)| {
            *number > end && self.gone.contains(event) && !self.is_unwanted(event)
        };
        let lost = untold.into_iter().filter(is_lost);
        lost.map(|(event, _)| event).collect()
    }
}
