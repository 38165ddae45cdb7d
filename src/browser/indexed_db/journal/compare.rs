//! How far a database and a journal hold the same: up to the last segment at which both have the same
//! chain, and from there on by their events, one by one. Equal ids, lengths or last events prove nothing.

use idb::KeyRange;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

use super::super::codec::{self, Record};
use super::super::schema::LOG;
use super::super::transaction::{self, Fault, answer, ends_at};
use super::ours::Ours;
use super::same::{are_in, are_same, events_of, find, floor_of, is_same};
use super::source::Source;
use crate::core::{History, Position, RecordedEvent};
use crate::log::Chain;
use crate::log::journal::{Body, EmptyingRead, Entry, Void};
use crate::log::segments::{Turn, in_order, unpack};
use crate::store::judging;

/// So many segments at most are read at once.
const STEP: u32 = 64;

/// Reads the journal whole, and as much of the database as it is compared with.
///
/// # Errors
/// What the storage said.
pub(in super::super) async fn compare(
    database: &IdbDatabase,
    source: Source<'_>,
) -> Result<judging::Journal, String> {
    let walked = source.entries(async |_| Ok(())).await?;
    let agreed = last_same(database, &walked.chains).await;
    let agreed = agreed.map_err(|fault| fault.to_string())?;
    let mut read = 0;
    let mut comparison = Comparison {
        void: &walked.void,
        ours: Ours::after(database, agreed),
        here: Group {
            end: agreed,
            chain: chain_of(&walked.chains, agreed),
            ..Group::default()
        },
        there: Vec::new(),
        is_damaged: !walked.lost.is_empty(),
        differs: false,
        alone_from: None,
        found: judging::Journal {
            store: source.store(),
            agreed,
            ..judging::Journal::default()
        },
    };
    let compare = async |entry: Entry<'_>| {
        read += entry.events().unwrap_or(0);
        let taken = comparison.take(entry).await;
        taken.map_err(|fault| fault.to_string())
    };
    let walked = source.entries(compare).await?;
    let mut found = comparison.end();
    found.emptied = found.emptied.max(walked.unread_emptying().unwrap_or(0));
    found.may_be_emptied = walked.is_emptying_read == EmptyingRead::Unsure;
    let claims = source.claims();
    found.claimed = claims.segment;
    found.is_damaged = !walked.lost.is_empty() || found.segment < claims.segment;
    if !found.is_damaged {
        return Ok(found);
    }
    let behind = claims.events.saturating_sub(source.events());
    if behind > 0 {
        found.position = Position(last_position(source, u64::MAX).await?.0 + behind);
    }
    // Else the database has what can't be read, but for one entry that was put there while that refused it, or was
    // killed: of that nobody was told. So it has up to where both are the same.
    let is_short = !reaches(database, claims.segment.saturating_sub(1)).await?;
    if is_short && (behind > 0 || !walked.lost_nothing(found.agreed)) {
        found.missing = claims.events.saturating_sub(read);
        found.unsure = claims.last.min(behind);
        // Only its mark knows how many stood where not even a head can be read.
        found.is_uncounted = found.missing == 0 && source.store().is_nil();
    }
    Ok(found)
}

/// The last position that a source says to be given before a segment.
pub(super) async fn last_position(source: Source<'_>, end: u64) -> Result<Position, String> {
    let mut last = Position::START;
    let look = async |entry: Entry<'_>| {
        if entry.segment >= end {
            return Ok(());
        }
        let events = events_of(&entry).map_err(|fault| fault.to_string())?;
        let of_events = events.and_then(|events| Some(events.last()?.position));
        last = last.max(floor_of(&entry).max(of_events).unwrap_or_default());
        Ok(())
    };
    source.entries(look).await?;
    Ok(last)
}

/// Whether a source has all that the database holds up to where it ends, and what the database holds after that
/// goes on from there. Of a database that isn't known to hold its beginning.
pub(super) async fn has_all(database: &IdbDatabase, source: Source<'_>) -> Result<bool, String> {
    let walked = source.entries(async |_| Ok(())).await?;
    // Equal chains say nothing of what can't be read.
    let agreed = match walked.lost.is_empty() {
        true => last_same(database, &walked.chains).await,
        false => Ok(0),
    };
    let agreed = agreed.map_err(|fault| fault.to_string())?;
    let end = source.segment();
    let mut ours = Ours::after(database, agreed);
    let mut events = Vec::new();
    let mut is_behind = false;
    while let Some(part) = ours.next().await.map_err(|fault| fault.to_string())? {
        if part.turn.is_some() {
            // It may make void what would be brought back.
            return Ok(false);
        }
        if part.number <= end {
            events.extend(part.events);
        } else if !std::mem::replace(&mut is_behind, true)
            && !part.goes_on_from(end, source.chain())
        {
            return Ok(false);
        }
    }
    in_order(&mut events);
    let mut is_there = vec![false; events.len()];
    if !events.is_empty() {
        let look = async |entry: Entry<'_>| {
            let theirs = events_of(&entry).map_err(|fault| fault.to_string())?;
            for event in theirs.into_iter().flatten() {
                let at = events.binary_search_by_key(&event.position, |event| event.position);
                if let Ok(at) = at {
                    is_there[at] |= events[at] == event;
                }
            }
            Ok(())
        };
        source.entries(look).await?;
    }
    Ok(is_there.into_iter().all(|is_there| is_there))
}

/// The greatest number of a segment at which both have a chain, and the same; 0 where there is none.
async fn last_same(database: &IdbDatabase, chains: &[(u64, Chain)]) -> Result<u64, Fault> {
    let Some((last, _)) = chains.last() else {
        return Ok(0);
    };
    let reading = transaction::read(database, &[LOG])?;
    let log = reading.store(LOG)?;
    // Mostly they are the same but for a few at the end.
    let mut end = *last;
    while end > 0 {
        let from = end.saturating_sub(u64::from(STEP) - 1);
        let (first, last) = (
            JsValue::from_f64(from as f64),
            JsValue::from_f64(end as f64),
        );
        let range = KeyRange::bound(&first, &last, None, None)?;
        let records: Array = answer(log.get_all(Some(range.into()), None)?)
            .await?
            .unchecked_into();
        for record in records.iter().collect::<Vec<_>>().into_iter().rev() {
            let record: Record = record.unchecked_into();
            let ours = codec::number_of(&record).zip(codec::chain_of(&record));
            if let Some((number, chain)) = ours
                && let Ok(at) = chains.binary_search_by_key(&number, |(number, _)| *number)
                && chains[at].1 == chain
            {
                return Ok(number);
            }
        }
        end = from.saturating_sub(1);
    }
    Ok(0)
}

/// That of these chains which a log has up to a segment.
fn chain_of(chains: &[(u64, Chain)], number: u64) -> Option<Chain> {
    let at = chains.binary_search_by_key(&number, |(number, _)| *number);
    match number {
        0 => Some(Chain::START),
        _ => at.ok().map(|at| chains[at].1),
    }
}

/// The chain of the log up to a segment; none where it has none there.
pub(super) async fn chain_at(database: &IdbDatabase, number: u64) -> Result<Option<Chain>, String> {
    let found = async {
        let log = transaction::read(database, &[LOG])?.store(LOG)?;
        let found = answer(log.get(JsValue::from_f64(number as f64))?).await?;
        Ok(match found.is_undefined() {
            true => None,
            false => codec::chain_of(found.unchecked_ref()),
        })
    };
    found.await.map_err(|fault: Fault| fault.to_string())
}

/// Whether the log has a segment of this number, or one that stands for it, or goes further.
pub(super) async fn reaches(database: &IdbDatabase, number: u64) -> Result<bool, String> {
    let ends = async {
        let log = transaction::read(database, &[LOG])?.store(LOG)?;
        ends_at(&log, number.saturating_sub(1)).await
    };
    let ends: Result<bool, Fault> = ends.await;
    ends.map(|ends| !ends).map_err(|fault| fault.to_string())
}

struct Comparison<'a> {
    /// What the journal's log doesn't hold any more.
    void: &'a Void,
    ours: Ours<'a>,
    /// What was read of the database and isn't compared yet.
    here: Group,
    /// The same of the journal.
    there: Vec<RecordedEvent>,
    /// Whether some of the journal can't be read.
    is_damaged: bool,
    /// Whether nothing more is compared.
    differs: bool,
    /// The position of the first event that the journal alone has.
    alone_from: Option<Position>,
    found: judging::Journal,
}

#[derive(Default)]
struct Group {
    events: Vec<RecordedEvent>,
    end: u64,
    /// The log's chain up to there, where it has one.
    chain: Option<Chain>,
    is_damaged: bool,
}

impl Comparison<'_> {
    async fn take(&mut self, entry: Entry<'_>) -> Result<(), Fault> {
        let number = entry.segment;
        self.found.segment = number;
        self.gives(floor_of(&entry));
        if self.void.holds(number) {
            return Ok(());
        }
        if let Some(Turn::Emptied { .. }) = entry.turn() {
            self.found.emptied = number;
        }
        if number <= self.found.agreed {
            self.found.events += entry.events().unwrap_or(0);
            return Ok(());
        }
        let Some(events) = events_of(&entry)? else {
            let is_same = !self.differs && self.pull(number).await?.is_turned_at(entry.turn());
            match is_same && self.here.end == number {
                true => self.found.agreed = number,
                false => {
                    if !self.differs && self.turns(&entry) {
                        self.found.agreed = self.here.end;
                    }
                    self.found.beyond += self.brought_back(entry.turn());
                    self.differs_by_fills(&entry)?;
                }
            }
            return Ok(());
        };
        self.gives(events.last().map(|event| event.position));
        self.found.events += events.len() as u64;
        if self.differs {
            self.there = events;
            self.differ();
            return Ok(());
        }
        let pulled = self.pull(number).await?;
        let may_go_on = self.may_go_on(&entry, &events);
        self.there.extend(events);
        // Of what is damaged, and of holes, nothing tells whether they are the same but their chains.
        let is_damaged = self.is_damaged || self.here.is_damaged;
        let is_exact = !is_damaged && self.there.starts_with(&self.here.events);
        let may_go_on = is_exact || may_go_on;
        let may_be_same = is_exact || self.may_be_same(&entry);
        match pulled {
            Pulled::Over => {
                if may_go_on && self.is_beginning() {
                    let last = self.here.events.last().map(|event| event.position);
                    self.found.agreed = self.here.end;
                    self.there.retain(|event| Some(event.position) > last);
                }
                self.differ();
            }
            Pulled::Turned(_) => self.differ(),
            Pulled::Events if self.here.end == number => match may_be_same && self.is_same() {
                true => {
                    self.found.agreed = number;
                    self.there.clear();
                    self.here.events.clear();
                    self.here.is_damaged = false;
                }
                false => self.differ(),
            },
            // Segments were joined here that are several there.
            Pulled::Events => {}
        }
        Ok(())
    }

    /// A position that was given.
    fn gives(&mut self, position: Option<Position>) {
        self.found.position = self.found.position.max(position.unwrap_or_default());
    }

    /// What was read of the journal and isn't compared yet, and all after it, the journal alone has.
    fn differ(&mut self) {
        self.differs = true;
        let alone = std::mem::take(&mut self.there);
        self.found.beyond += alone.len() as u64;
        if let (None, Some(first)) = (self.alone_from, alone.first()) {
            self.alone_from = Some(first.position);
        }
    }

    /// The same of a segment without events, which may fill holes.
    fn differs_by_fills(&mut self, entry: &Entry<'_>) -> Result<(), Fault> {
        self.differ();
        if let Body::Turn(_, fills) = &entry.body
            && !fills.is_empty()
        {
            // A hole that the journal alone has is counted already.
            let is_before =
                |fill: &&RecordedEvent| self.alone_from.is_none_or(|from| fill.position < from);
            self.found.filled += unpack(fills)?.iter().filter(is_before).count() as u64;
        }
        Ok(())
    }

    /// Whether an entry without events comes right after all that was read of the database, as its chain says.
    fn turns(&self, entry: &Entry<'_>) -> bool {
        let turned = self.here.chain.zip(entry.turn());
        entry.segment == self.here.end + 1
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
        let is_next = entry.segment == self.here.end + 1 && entry.chain != Chain::START;
        let before = self.here.chain.filter(|_| is_next);
        before.is_none_or(|chain| chain.with(entry.segment, events) == entry.chain)
    }

    /// Whether an entry may be what the database has up to there: not where their chains differ.
    fn may_be_same(&self, entry: &Entry<'_>) -> bool {
        let theirs = Some(entry.chain).filter(|chain| *chain != Chain::START);
        let both = self.here.chain.zip(theirs);
        both.is_none_or(|(ours, theirs)| ours == theirs)
    }

    /// Reads on in the database until it is at a number, or beyond.
    async fn pull(&mut self, number: u64) -> Result<Pulled, Fault> {
        while self.here.end < number {
            let Some(part) = self.ours.next().await? else {
                return Ok(Pulled::Over);
            };
            (self.here.end, self.here.chain) = (part.number, part.chain);
            if let Some(turn) = part.turn {
                let is_emptied = matches!(turn, Turn::Emptied { .. });
                if is_emptied || part.number == number {
                    return Ok(Pulled::Turned(turn));
                }
            }
            self.here.is_damaged |= part.is_damaged;
            self.here.events.extend(part.events);
        }
        Ok(Pulled::Events)
    }

    /// Whether both hold the same, but for what is damaged in one of them: that is taken from what else
    /// there is.
    fn is_same(&self) -> bool {
        let (here, there) = (&self.here.events[..], &self.there[..]);
        match self.here.is_damaged || self.is_damaged {
            true => self.is_beginning() && (self.here.is_damaged || are_in(there, here)),
            false => are_same(here, there),
        }
    }

    /// Whether what the database has is what the journal has so far.
    fn is_beginning(&self) -> bool {
        let (here, there) = (&self.here.events[..], &self.there[..]);
        match (self.is_damaged, self.here.is_damaged) {
            (true, is_damaged) => {
                // What the journal has up to there is in the database, whatever else can't be read of it.
                let last = here.last().map(|event| event.position);
                let until = there.partition_point(|event| Some(event.position) <= last);
                let may_be = |event| find(there, event).is_none_or(|e| is_same(e, event));
                here.iter().all(may_be) && (is_damaged || are_in(&there[..until], here))
            }
            (false, true) => are_in(here, there),
            (false, false) => there
                .get(..here.len())
                .is_some_and(|there| are_same(here, there)),
        }
    }

    fn end(mut self) -> judging::Journal {
        if !self.differs && !self.there.is_empty() {
            // It ends amid segments that are one in the database.
            let is_same = match self.is_damaged {
                true => are_in(&self.there, &self.here.events),
                false => {
                    let here = self.here.events.get(..self.there.len());
                    here.is_some_and(|here| are_same(here, &self.there))
                }
            };
            match is_same || self.here.is_damaged {
                true => {
                    self.found.agreed = self.found.segment;
                    // Of what can't be read in one record not all may be in the journal: then that isn't mended.
                    let lacking = |event: &&RecordedEvent| find(&self.here.events, event).is_none();
                    self.found.beyond += self.there.iter().filter(lacking).count() as u64;
                }
                false => self.differ(),
            }
        }
        self.found
    }
}

/// What was met in the database on the way to a number.
enum Pulled {
    Events,
    /// A segment that empties it, or that stands at the number and holds no events.
    Turned(Turn),
    /// Its end.
    Over,
}

impl Pulled {
    /// Whether it does the same. What emptied a log of the releases before doesn't say which history
    /// begins with it.
    fn is_turned_at(&self, theirs: Option<Turn>) -> bool {
        match (self, theirs) {
            (
                Pulled::Turned(Turn::Emptied { floor, history }),
                Some(Turn::Emptied {
                    floor: theirs,
                    history: their_history,
                }),
            ) => {
                let says = |history: &History| !history.0.is_nil();
                let is_same = history == &their_history;
                floor == &theirs && (is_same || !says(history) || !says(&their_history))
            }
            (Pulled::Turned(ours), Some(theirs)) => *ours == theirs,
            _ => false,
        }
    }
}
