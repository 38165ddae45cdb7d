//! How far a database and a journal hold the same: up to the last segment at which both have the same
//! chain, and from there on by their events, one by one. Equal ids, lengths or last events prove nothing.

use std::collections::VecDeque;

use idb::KeyRange;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

use super::super::codec::{self, Content, Record};
use super::super::schema::{LOG, PAGES};
use super::super::transaction::{self, Fault, Reading, above, answer};
use super::source::Source;
use crate::core::{History, RecordedEvent};
use crate::log::Chain;
use crate::log::journal::{Body, Entry, Void};
use crate::log::segments::{Turn, in_order, unpack};
use crate::store::judging;

/// So many segments at most are read at once, unless one has pages.
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
            ..Group::default()
        },
        there: Vec::new(),
        is_damaged: !walked.lost.is_empty(),
        differs: false,
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
    if !walked.lost.is_empty() {
        found.missing = source.events().saturating_sub(read);
        found.is_damaged = true;
    }
    Ok(found)
}

/// Whether a source has all that the database holds up to where it ends, and what the database holds after that
/// goes on from there. Of a database that isn't known to hold its beginning.
pub(super) async fn has_all(database: &IdbDatabase, source: Source<'_>) -> Result<bool, String> {
    let walked = source.entries(async |_| Ok(())).await?;
    let agreed = last_same(database, &walked.chains).await;
    let agreed = agreed.map_err(|fault| fault.to_string())?;
    let end = source.segment();
    let mut ours = Ours::after(database, agreed);
    let mut events = Vec::new();
    while let Some(part) = ours.next().await.map_err(|fault| fault.to_string())? {
        if part.number > end {
            if !part.goes_on_from(end, source.chain()) {
                return Ok(false);
            }
            break;
        }
        if part.turn.is_some() {
            return Ok(false);
        }
        events.extend(part.events);
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
    found: judging::Journal,
}

#[derive(Default)]
struct Group {
    events: Vec<RecordedEvent>,
    end: u64,
    is_damaged: bool,
}

impl Comparison<'_> {
    async fn take(&mut self, entry: Entry<'_>) -> Result<(), Fault> {
        let number = entry.segment;
        self.found.segment = number;
        if self.void.holds(number) {
            return Ok(());
        }
        if number <= self.found.agreed {
            self.found.events += entry.events().unwrap_or(0);
            return Ok(());
        }
        let Some(events) = events_of(&entry)? else {
            let is_same = !self.differs && self.pull(number).await?.is_turned_at(entry.turn());
            match is_same && self.here.end == number {
                true => self.found.agreed = number,
                false => self.differs = true,
            }
            return Ok(());
        };
        let count = events.len() as u64;
        self.found.events += count;
        if self.differs {
            self.found.beyond += count;
            return Ok(());
        }
        self.there.extend(events);
        match self.pull(number).await? {
            Pulled::Over => {
                match self.is_beginning() {
                    true => {
                        let last = self.here.events.last().map(|event| event.position);
                        let is_after = |event: &&RecordedEvent| Some(event.position) > last;
                        self.found.agreed = self.here.end;
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
            Pulled::Events if self.here.end == number => match self.is_same() {
                true => {
                    self.found.agreed = number;
                    self.there.clear();
                    self.here.events.clear();
                    self.here.is_damaged = false;
                }
                false => {
                    self.found.beyond += self.there.len() as u64;
                    self.differs = true;
                }
            },
            // Segments were joined here that are several there.
            Pulled::Events => {}
        }
        Ok(())
    }

    /// Reads on in the database until it is at a number, or beyond.
    async fn pull(&mut self, number: u64) -> Result<Pulled, Fault> {
        while self.here.end < number {
            let Some(part) = self.ours.next().await? else {
                return Ok(Pulled::Over);
            };
            self.here.end = part.number;
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
            (true, _) => here
                .iter()
                .all(|event| find(there, event).is_none_or(|e| is_same(e, event))),
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
pub(super) fn are_in(these: &[RecordedEvent], those: &[RecordedEvent]) -> bool {
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

/// The events of an entry, in the order of their positions; none of one that holds none.
pub(super) fn events_of(entry: &Entry<'_>) -> Result<Option<Vec<RecordedEvent>>, Fault> {
    let unpacked = |packed: &[u8]| unpack(packed).map_err(|error| Fault::told(error.to_string()));
    Ok(match &entry.body {
        Body::Inline { packed } => Some(unpacked(packed)?),
        Body::Paged { pages, .. } => {
            let mut events = Vec::new();
            for page in pages {
                events.extend(unpacked(page)?);
            }
            in_order(&mut events);
            Some(events)
        }
        Body::Turn(..) => None,
    })
}

/// The segments of a database, oldest first.
pub(super) struct Ours<'a> {
    database: &'a IdbDatabase,
    after: u64,
    ready: VecDeque<Part>,
    is_over: bool,
}

pub(super) struct Part {
    pub(super) number: u64,
    /// The first number that it stands for.
    pub(super) from: u64,
    pub(super) chain: Option<Chain>,
    /// In the order of their positions, as far as they can be read.
    pub(super) events: Vec<RecordedEvent>,
    /// What it does, where it holds no events.
    turn: Option<Turn>,
    /// Whether events of it can't be read.
    pub(super) is_damaged: bool,
}

impl Ours<'_> {
    /// Those after a number.
    pub(super) fn after(database: &IdbDatabase, after: u64) -> Ours<'_> {
        Ours {
            database,
            after,
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Part>, Fault> {
        if self.ready.is_empty() && !self.is_over {
            self.read().await?;
        }
        Ok(self.ready.pop_front())
    }

    async fn read(&mut self) -> Result<(), Fault> {
        let reading = transaction::read(self.database, &[LOG, PAGES])?;
        let range = above(&JsValue::from_f64(self.after as f64))?;
        let records = answer(reading.store(LOG)?.get_all(Some(range), Some(STEP))?).await?;
        let records: Array = records.unchecked_into();
        self.is_over = records.length() < STEP;
        for record in records.iter() {
            let Some(opened) = codec::open_segment(record.unchecked_ref()) else {
                self.is_over = true;
                break;
            };
            let number = opened.number;
            self.after = number;
            let mut part = Part {
                number,
                from: opened.from,
                chain: opened.chain,
                events: Vec::new(),
                turn: None,
                is_damaged: false,
            };
            match opened.content {
                Ok(Content::Readable(records)) => {
                    part.events
                        .extend(records.iter().flat_map(codec::read_event));
                    part.is_damaged = part.events.len() < records.len();
                }
                Ok(Content::Packed(_, bytes)) => part.unpack(Ok(bytes)),
                Ok(Content::Paged(segment, _)) => {
                    read_pages(&reading, segment.number, segment.pages, &mut part).await?;
                    self.ready.push_back(part);
                    // These take room: the others are read when they are asked for.
                    self.is_over = false;
                    break;
                }
                Ok(Content::Emptied(floor)) => {
                    let history = History(uuid::Uuid::nil());
                    part.turn = Some(Turn::Emptied { floor, history });
                }
                Ok(Content::Turn(turn)) => part.turn = Some(turn),
                Ok(Content::Gone) => {}
                Err(_) => part.is_damaged = true,
            }
            self.ready.push_back(part);
        }
        Ok(())
    }
}

impl Part {
    /// Whether it is what comes next after a segment, of a log that had this chain there, if that is known.
    fn goes_on_from(&self, segment: u64, chain: Option<Chain>) -> bool {
        let goes_on = |chain: Chain| match self.turn {
            Some(turn) => chain.with_turn(self.number, turn),
            None => chain.with(self.number, &self.events),
        };
        let is_next = self.from == segment + 1 && self.number == self.from;
        is_next && chain.is_none_or(|chain| self.chain == Some(goes_on(chain)))
    }

    fn unpack(&mut self, bytes: Result<Vec<u8>, String>) {
        let events = bytes.and_then(|bytes| unpack(&bytes).map_err(|error| error.to_string()));
        match events {
            Ok(events) => self.events.extend(events),
            Err(_) => self.is_damaged = true,
        }
    }
}

async fn read_pages(
    reading: &Reading,
    segment: u64,
    count: u32,
    part: &mut Part,
) -> Result<(), Fault> {
    let key = |page: u32| JsValue::from(Array::of2(&(segment as f64).into(), &page.into()));
    let range = KeyRange::bound(&key(0), &key(count.saturating_sub(1)), None, None)?;
    let found = answer(reading.store(PAGES)?.get_all(Some(range.into()), None)?).await?;
    let found: Array = found.unchecked_into();
    part.is_damaged |= found.length() < count;
    for page in found.iter() {
        let page: Record = page.unchecked_into();
        part.unpack(codec::open_page(&page));
    }
    in_order(&mut part.events);
    Ok(())
}
