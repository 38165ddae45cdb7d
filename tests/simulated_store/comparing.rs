//! How far a database and a journal hold the same. It follows `browser/indexed_db/journal/compare.rs`.

use eventloom::core::RecordedEvent;
use eventloom::log::Chain;
use eventloom::log::journal::{EmptyingRead, Entry, Tail};
use eventloom::log::segments::{Turn, in_order};
use eventloom::store::judging;
use uuid::Uuid;

use super::copying::chain_at;
use super::database::{Content, Database, Record};
use super::reading::{Claims, Walked, events_of, given_by};

/// Compares what can be read of a journal, of this store, with the database. It ends with this, and is known to have held
/// that.
pub fn compare(
    database: &Database,
    walked: &Walked,
    store: Uuid,
    (tail, claims): (Tail, Claims),
) -> judging::Journal {
    let agreed = last_same(database, walked);
    let mut comparison = Comparison {
        walked,
        ours: Box::new(
            database
                .log
                .range(agreed + 1..)
                .map(|(number, record)| (*number, &**record)),
        ),
        here: Vec::new(),
        end: agreed,
        is_here_damaged: false,
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
        let given = given_by(entry).unwrap_or_default();
        comparison.found.position = comparison.found.position.max(given);
        comparison.take(entry);
    }
    let mut found = comparison.end();
    found.emptied = found.emptied.max(walked.unread_emptying().unwrap_or(0));
    found.may_be_emptied = walked.is_emptying_read == EmptyingRead::Unsure;
    found.claimed = claims.segment;
    found.is_damaged = walked.is_damaged() || found.segment < claims.segment;
    if !found.is_damaged {
        return found;
    }
    let behind = claims.events.saturating_sub(tail.events);
    found.position.0 += behind;
    // What the database has, too, isn't missing, nor is what it may have refused.
    let is_short = database.last() + 1 < claims.segment;
    if is_short && (behind > 0 || !walked.lost_nothing(found.agreed)) {
        found.missing = claims.events.saturating_sub(read);
        found.unsure = claims.last.min(behind);
        // Only its mark knows how many stood where not even a head can be read.
        found.is_uncounted = found.missing == 0 && store.is_nil();
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
    let mut theirs: Vec<RecordedEvent> = theirs.collect();
    in_order(&mut theirs);
    let is_in = |event: &RecordedEvent| find(&theirs, event) == Some(event);
    let mut is_behind = false;
    for (number, record) in database.log.range(agreed + 1..) {
        let (number, content) = (*number, &record.content);
        if content.turn().is_some() {
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

type Part<'a> = (u64, &'a Record);

struct Comparison<'a> {
    walked: &'a Walked,
    ours: Box<dyn Iterator<Item = Part<'a>> + 'a>,
    /// What was read of the database and isn't compared yet, and up to where.
    here: Vec<RecordedEvent>,
    end: u64,
    /// Whether events of it can't be read.
    is_here_damaged: bool,
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
        if let Some(Turn::Emptied { .. }) = entry.turn() {
            self.found.emptied = number;
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
                false => {
                    if !self.differs && self.turns(entry) {
                        self.found.agreed = self.end;
                    }
                    self.differs = true;
                    self.found.beyond += self.brought_back(entry.turn());
                }
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
        let may_go_on = self.may_go_on(entry, &events);
        self.there.extend(events);
        let is_damaged = self.walked.is_damaged() || self.is_here_damaged;
        let is_exact = !is_damaged && self.there.starts_with(&self.here);
        let may_go_on = is_exact || may_go_on;
        let may_be_same = is_exact || self.may_be_same(entry);
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
            Pulled::Events if self.end == number => match may_be_same && self.is_same() {
                true => {
                    self.found.agreed = number;
                    self.there.clear();
                    self.here.clear();
                    self.is_here_damaged = false;
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

    /// Whether an entry without events comes right after all that was read of the database, as its chain says.
    fn turns(&self, entry: &Entry<'_>) -> bool {
        let turned = self.chain.zip(entry.turn());
        entry.segment == self.end + 1
            && turned
                .is_some_and(|(chain, turn)| chain.with_turn(entry.segment, turn) == entry.chain)
    }

    /// How many events are there again by what the database doesn't know.
    fn brought_back(&self, turn: Option<Turn>) -> u64 {
        match turn {
            Some(Turn::Restored { from, .. }) if from <= self.found.agreed => self.found.events,
            _ => 0,
        }
    }

    /// Whether an entry may come after all that was read of the database: not where its chain shows that it comes
    /// after something else.
    fn may_go_on(&self, entry: &Entry<'_>, events: &[RecordedEvent]) -> bool {
        let is_next = entry.segment == self.end + 1 && entry.chain != Chain::START;
        let before = self.chain.filter(|_| is_next);
        before.is_none_or(|chain| chain.with(entry.segment, events) == entry.chain)
    }

    /// Whether an entry may be what the database has up to there: not where their chains differ.
    fn may_be_same(&self, entry: &Entry<'_>) -> bool {
        let theirs = Some(entry.chain).filter(|chain| *chain != Chain::START);
        let both = self.chain.zip(theirs);
        both.is_none_or(|(ours, theirs)| ours == theirs)
    }

    /// Reads on in the database until it is at a number, or beyond.
    fn pull(&mut self, number: u64) -> Pulled {
        while self.end < number {
            let Some((at, record)) = self.ours.next() else {
                return Pulled::Over;
            };
            (self.end, self.chain) = (at, record.chain);
            if let Some(turn) = record.content.turn() {
                let is_emptied = matches!(turn, Turn::Emptied { .. });
                if is_emptied || at == number {
                    return Pulled::Turned(turn);
                }
            }
            self.is_here_damaged |= matches!(record.content, Content::Damaged(_));
            self.here.extend_from_slice(record.content.events());
        }
        Pulled::Events
    }

    /// Whether both hold the same, but for what is damaged in one of them.
    fn is_same(&self) -> bool {
        let (here, there) = (&self.here[..], &self.there[..]);
        match self.is_here_damaged || self.walked.is_damaged() {
            true => self.is_beginning() && (self.is_here_damaged || are_in(there, here)),
            false => are_same(here, there),
        }
    }

    /// Whether what the database has is what the journal has so far.
    fn is_beginning(&self) -> bool {
        let (here, there) = (&self.here[..], &self.there[..]);
        match (self.walked.is_damaged(), self.is_here_damaged) {
            (true, is_damaged) => {
                let last = here.last().map(|event| event.position);
                let until = there.partition_point(|event| Some(event.position) <= last);
                let may_be = |event| find(there, event).is_none_or(|other| is_same(other, event));
                here.iter().all(may_be) && (is_damaged || are_in(&there[..until], here))
            }
            (false, true) => are_in(here, there),
            (false, false) => {
                let there = there.get(..here.len());
                there.is_some_and(|there| are_same(here, there))
            }
        }
    }

    fn end(mut self) -> judging::Journal {
        if !self.differs && !self.there.is_empty() {
            // It ends amid segments that are one in the database.
            let is_same = match self.walked.is_damaged() {
                true => are_in(&self.there, &self.here),
                false => {
                    let here = self.here.get(..self.there.len());
                    here.is_some_and(|here| are_same(here, &self.there))
                }
            };
            match is_same || self.is_here_damaged {
                true => {
                    self.found.agreed = self.found.segment;
                    // Of what can't be read in one record not all may be in the journal: then that isn't mended.
                    let lacking = |event: &&RecordedEvent| find(&self.here, event).is_none();
                    self.found.beyond += self.there.iter().filter(lacking).count() as u64;
                }
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
    let is_in = |event: &RecordedEvent| find(those, event).is_some_and(|of| is_same(of, event));
    these.iter().all(is_in)
}

/// Whether both are the same, but for holes that are filled in one of them.
fn are_same(these: &[RecordedEvent], those: &[RecordedEvent]) -> bool {
    let mut both = these.iter().zip(those);
    these.len() == those.len() && both.all(|(one, other)| is_same(one, other))
}

fn is_same(one: &RecordedEvent, other: &RecordedEvent) -> bool {
    one == other || one.fills(other) || other.fills(one)
}
