//! How far a database and a journal hold the same. It follows `browser/indexed_db/journal/compare.rs`.

use std::collections::BTreeMap;

use eventloom::core::{EventId, RecordedEvent};
use eventloom::log::Chain;
use eventloom::log::journal::{Entry, Lost, Tail};
use eventloom::log::segments::Turn;
use eventloom::store::judging;
use uuid::Uuid;

use super::held::{Walked, events_of};
use super::keeping::chain_at;
use super::world::{Content, Database};

/// Compares what can be read of a journal, of this store, with the database.
pub fn compare(database: &Database, walked: &Walked, store: Uuid, tail: Tail) -> judging::Journal {
    let agreed = last_same(database, walked);
    let mut comparison = Comparison {
        walked,
        ours: Box::new(database.log.range(agreed + 1..).map(|(number, record)| {
            let turn = match record.content {
                Content::Turn(turn) => Some(turn),
                _ => None,
            };
            (*number, record.chain, turn, record.content.events())
        })),
        here: Vec::new(),
        end: agreed,
        chain: chain_at(database, agreed).or((agreed == 0).then_some(Chain::START)),
        there: Vec::new(),
        differs: false,
        found: judging::Journal {
            store,
            agreed,
            ..judging::Journal::default()
        },
    };
    let mut read = 0;
    for entry in &walked.entries {
        read += entry.events().unwrap_or(0);
        comparison.take(entry);
    }
    let mut found = comparison.end();
    if walked.is_damaged() {
        // Up to where both are the same, the database has what can't be read here.
        let agreed = found.agreed;
        let is_missing = |lost: &Lost| lost.last.is_none_or(|last| last > agreed);
        if walked.lost.iter().any(is_missing) {
            found.missing = tail.events.saturating_sub(read);
        }
        found.is_damaged = true;
    }
    found
}

/// The greatest number of a segment at which both have a chain, and the same; 0 where there is none.
fn last_same(database: &Database, walked: &Walked) -> u64 {
    let same = walked
        .chains()
        .filter(|(number, chain)| chain_at(database, *number) == Some(*chain));
    same.map(|(number, _)| number).max().unwrap_or(0)
}

/// Whether a source has all that the database holds up to where it ends, and what the database holds after that
/// goes on from there. Of a database that isn't known to hold its beginning.
pub fn has_all(database: &Database, walked: &Walked, tail: Tail) -> bool {
    // Equal chains say nothing of what can't be read.
    let agreed = match walked.is_damaged() {
        true => 0,
        false => last_same(database, walked),
    };
    let theirs = walked.entries.iter().filter_map(events_of).flatten();
    let theirs: BTreeMap<EventId, RecordedEvent> =
        theirs.map(|event| (event.event_id, event)).collect();
    let is_in = |event: &RecordedEvent| theirs.get(&event.event_id) == Some(event);
    let mut is_behind = false;
    for (number, record) in database.log.range(agreed + 1..) {
        let (number, content) = (*number, &record.content);
        if let Content::Turn(_) = content {
            // It may make void what would be brought back.
            return false;
        }
        if number <= tail.segment {
            if !content.events().iter().all(is_in) {
                return false;
            }
        } else if !is_behind {
            is_behind = true;
            let goes_on = tail.chain.with(number, content.events());
            let is_next = record.from == tail.segment + 1 && number == record.from;
            if !is_next || (tail.chain != Chain::START && record.chain != Some(goes_on)) {
                return false;
            }
        }
    }
    true
}

type Part<'a> = (u64, Option<Chain>, Option<Turn>, &'a [RecordedEvent]);

struct Comparison<'a> {
    walked: &'a Walked,
    ours: Box<dyn Iterator<Item = Part<'a>> + 'a>,
    /// What was read of the database and isn't compared yet, and up to where.
    here: Vec<RecordedEvent>,
    end: u64,
    /// Its chain up to there, where it has one.
    chain: Option<Chain>,
    /// The same of the journal.
    there: Vec<RecordedEvent>,
    /// Whether nothing more is compared.
    differs: bool,
    found: judging::Journal,
}

/// What was met in the database on the way to a number.
enum Pulled {
    Events,
    /// A segment that empties it, or that stands at the number and holds no events.
    Turned(Turn),
    /// Its end.
    Over,
}

impl Comparison<'_> {
    fn take(&mut self, entry: &Entry<'_>) {
        let number = entry.segment;
        self.found.segment = number;
        if self.walked.void.holds(number) {
            return;
        }
        if number <= self.found.agreed {
            self.found.events += entry.events().unwrap_or(0);
            return;
        }
        let Some(events) = events_of(entry) else {
            let is_same = !self.differs
                && matches!(self.pull(number), Pulled::Turned(ours) if Some(ours) == entry.turn());
            match is_same && self.end == number {
                true => self.found.agreed = number,
                false => self.differs = true,
            }
            return;
        };
        let count = events.len() as u64;
        self.found.events += count;
        if self.differs {
            self.found.beyond += count;
            return;
        }
        let pulled = self.pull(number);
        let may_go_on = !self.walked.is_damaged() || self.may_go_on(entry, &events);
        self.there.extend(events);
        match pulled {
            Pulled::Over => {
                match may_go_on && self.is_beginning() {
                    true => {
                        let last = self.here.last().map(|event| event.position);
                        let is_after = |event: &&RecordedEvent| Some(event.position) > last;
                        self.found.agreed = self.end;
                        self.found.beyond += self.there.iter().filter(is_after).count() as u64;
                    }
                    false => self.found.beyond += self.there.len() as u64,
                }
                self.differs = true;
            }
            Pulled::Turned(_) => {
                self.found.beyond += self.there.len() as u64;
                self.differs = true;
            }
            Pulled::Events if self.end == number => match self.is_same() {
                true => {
                    self.found.agreed = number;
                    self.there.clear();
                    self.here.clear();
                }
                false => {
                    self.found.beyond += self.there.len() as u64;
                    self.differs = true;
                }
            },
            // Segments were joined here that are several there.
            Pulled::Events => {}
        }
    }

    /// Whether an entry may come after all that was read of the database: not where its chain shows that it comes
    /// after something else.
    fn may_go_on(&self, entry: &Entry<'_>, events: &[RecordedEvent]) -> bool {
        let is_next = entry.segment == self.end + 1 && entry.chain != Chain::START;
        let before = self.chain.filter(|_| is_next);
        before.is_none_or(|chain| chain.with(entry.segment, events) == entry.chain)
    }

    /// Reads on in the database until it is at a number, or beyond.
    fn pull(&mut self, number: u64) -> Pulled {
        while self.end < number {
            let Some((at, chain, turn, events)) = self.ours.next() else {
                return Pulled::Over;
            };
            (self.end, self.chain) = (at, chain);
            if let Some(turn) = turn {
                let is_emptied = matches!(turn, Turn::Emptied { .. });
                if is_emptied || at == number {
                    return Pulled::Turned(turn);
                }
            }
            self.here.extend_from_slice(events);
        }
        Pulled::Events
    }

    /// Whether both hold the same, but for what is damaged in the journal.
    fn is_same(&self) -> bool {
        match self.walked.is_damaged() {
            true => self.is_beginning() && are_in(&self.there, &self.here),
            false => self.here == self.there,
        }
    }

    /// Whether what the database has is what the journal has so far.
    fn is_beginning(&self) -> bool {
        let (here, there) = (&self.here[..], &self.there[..]);
        match self.walked.is_damaged() {
            true => {
                let last = here.last().map(|event| event.position);
                let mut until = there.iter().filter(|event| Some(event.position) <= last);
                let may_be = |event| find(there, event).is_none_or(|other| other == event);
                here.iter().all(may_be) && until.all(|event| find(here, event) == Some(event))
            }
            false => there.starts_with(here),
        }
    }

    fn end(mut self) -> judging::Journal {
        if !self.differs && !self.there.is_empty() {
            // It ends amid segments that are one in the database.
            let is_same = match self.walked.is_damaged() {
                true => are_in(&self.there, &self.here),
                false => self.here.starts_with(&self.there),
            };
            match is_same {
                true => self.found.agreed = self.found.segment,
                false => self.found.beyond += self.there.len() as u64,
            }
        }
        self.found
    }
}

/// The event in the place of another.
fn find<'a>(events: &'a [RecordedEvent], of: &RecordedEvent) -> Option<&'a RecordedEvent> {
    let at = events.binary_search_by_key(&of.position, |event| event.position);
    at.ok().map(|at| &events[at])
}

/// Whether all of these are among those.
fn are_in(these: &[RecordedEvent], those: &[RecordedEvent]) -> bool {
    these.iter().all(|event| find(those, event) == Some(event))
}
