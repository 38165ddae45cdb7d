//! What somebody has to be told of, and what was.

use std::collections::{BTreeMap, BTreeSet};

use eventloom::core::EventId;
use eventloom::log::journal::Mark;

use eventloom::store::judging::{Act, Asked, Evidence, Noted, Verdict};
use uuid::Uuid;

use super::database::Database;
use super::laws::{Laws, Opening};
use super::reading::{events_of, ids_in, start, walked};
use super::tab::Tab;
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

impl Tab {
    /// Sees to it that what was told is so.
    pub fn is_told_so(
        &self,
        verdict: &Verdict,
        evidence: &Evidence,
        (restored, is_faulty): (BTreeSet<EventId>, bool),
        aside: &str,
    ) {
        let is_told = verdict
            .recovery
            .is_some_and(|told| told.lost + told.set_aside > 0);
        if is_told {
            self.world.laws.borrow_mut().untold.clear();
        }
        let disk = self.world.disk.borrow();
        if disk.life != self.life.get() {
            return;
        }
        let after = disk
            .database
            .as_ref()
            .map(Database::ids)
            .unwrap_or_default();
        let end = disk.database.as_ref().map_or(0, Database::last);
        let files = self.world.files.borrow();
        let aside = files.get(aside).map(|file| ids_in(&file.bytes));
        let is_left = aside.is_none();
        let is_same = |noted: &Noted| Some(noted.store) == evidence.database.store;
        let noted = evidence.noted.there().filter(is_same);
        let is_unsure = evidence.journal.there().is_some_and(|held| held.unsure > 0);
        let opening = Opening {
            recovery: verdict.recovery,
            restored,
            is_one: evidence
                .journal
                .there()
                .is_some_and(|held| held.segment <= evidence.database.segment + 1),
            after,
            aside: aside.unwrap_or_default(),
            is_vague: is_faulty
                || evidence.noted.there().is_some_and(|noted| {
                    let of = |store: Option<Uuid>| store == Some(noted.store);
                    let journal = evidence.journal.there();
                    !of(evidence.database.store) && !of(journal.map(|journal| journal.store))
                })
                || (verdict.act == Act::SetAside && is_left)
                || (evidence.noted.there().is_none() && is_unsure),
            is_known_lost: noted.is_some_and(|noted| noted.segment > end && noted.events > 0),
        };
        let mut laws = self.world.laws.borrow_mut();
        laws.told(&opening);
        let held = evidence.journal.there();
        // What a journal that can't be read doesn't tell may have been emptied.
        let may_be_emptied = |noted: Noted| held.is_some_and(|held| noted.emptied > held.segment);
        let is_unknown = evidence.noted.there().is_some_and(may_be_emptied);
        if evidence.journal != Asked::Silent {
            laws.told_what_was_claimed(is_unknown, end);
        }
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
