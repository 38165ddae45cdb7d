//! Mending what is damaged in the database from the second copy, where that has the very events: those of
//! the segment of this number, of a log that is the same.

use idb::{KeyRange, ObjectStore};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

use super::super::codec::{self, Content, Opened};
use super::super::schema::{LOG, PAGES};
use super::super::transaction::{Fault, Writing, answer};
use super::ours::Ours;
use super::restore::put;
use super::same::{are_in, events_of};
use super::source::{Mending, Source};
use crate::core::{PositionRanges, RecordedEvent};
use crate::log::Chain;
use crate::log::journal::{Body, Entry, Fills};
use crate::log::segments::paginate;
use crate::store::Durability;

/// Numbers of the log that lack events.
struct Hole {
    first: u64,
    last: u64,
    chain: Option<Chain>,
    /// Whether a record stands there, which is damaged.
    is_there: bool,
    /// Those that can be read.
    whole: Vec<RecordedEvent>,
    /// How many there are with those that can't; none where that can't be told.
    count: Option<usize>,
}

/// Mends what is damaged in the segments after one, or counts what can be; answers how many events are there
/// again, or would be.
///
/// # Errors
/// What the storage said. What was mended until then is.
pub(in super::super) async fn mend(
    database: &IdbDatabase,
    source: Source<'_>,
    after: u64,
    mending: Mending,
) -> Result<u64, String> {
    let holes = holes(database, after).await;
    let holes = holes.map_err(|fault| fault.to_string())?;
    if holes.is_empty() {
        return Ok(0);
    }
    let mut fills = Fills::default();
    let gather = async |entry: Entry<'_>| fills.take(&entry).map_err(|error| error.to_string());
    let void = source.entries(gather).await?.void;
    let mut mended = 0;
    let mut gathered = Gathered::default();
    let take = async |entry: Entry<'_>| {
        let at = holes.partition_point(|hole| hole.last < entry.segment);
        if let Some(hole) = holes.get(at)
            && !void.holds(entry.segment)
            && let entry = fills
                .filled(entry, &void)
                .map_err(|error| error.to_string())?
            && let Some(events) = events_of(&entry).map_err(|fault| fault.to_string())?
            && let Some((entry, events)) = gathered.with(hole, entry, events)
            && hole.takes(&entry, &events)
        {
            let is_mended = match mending {
                Mending::Mends => put_anew(database, &entry, hole).await,
                Mending::Counts => Ok(true),
            };
            if is_mended.map_err(|fault| fault.to_string())? {
                mended += (events.len() - hole.whole.len()) as u64;
            }
        }
        Ok(())
    };
    source.entries(take).await?;
    Ok(mended)
}

/// The events of entries that stand one after the other where the log has a record for all of their numbers.
#[derive(Default)]
struct Gathered {
    /// The number that comes next.
    next: u64,
    events: Vec<RecordedEvent>,
    imported: PositionRanges,
}

impl Gathered {
    /// Takes an entry of a hole; answers with what is to be put in its place, once that is together: the entry
    /// itself, or one that stands for several.
    fn with<'a>(
        &mut self,
        hole: &Hole,
        entry: Entry<'a>,
        events: Vec<RecordedEvent>,
    ) -> Option<(Entry<'a>, Vec<RecordedEvent>)> {
        if !hole.is_there || (entry.from(), entry.segment) == (hole.first, hole.last) {
            return Some((entry, events));
        }
        if entry.from() == hole.first {
            *self = Gathered::default();
        } else if entry.from() != self.next {
            self.next = 0;
            return None;
        }
        self.next = entry.segment + 1;
        self.events.extend(events);
        for (first, last) in entry.imported.iter() {
            self.imported.add(first, last);
        }
        if entry.segment < hole.last {
            return None;
        }
        let Gathered {
            events, imported, ..
        } = std::mem::take(self);
        let body = Body::Paged {
            from: hole.first,
            first: events.first()?.position,
            last: events.last()?.position,
            pages: paginate(&events)
                .into_iter()
                .map(|page| page.packed.into())
                .collect(),
        };
        let joined = Entry {
            imported,
            body,
            ..entry
        };
        Some((joined, events))
    }
}

impl Hole {
    /// Whether an entry holds what is missing here.
    fn takes(&self, entry: &Entry<'_>, events: &[RecordedEvent]) -> bool {
        let chain = Some(entry.chain).filter(|chain| *chain != Chain::START);
        let is_same = match (self.chain, chain) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        };
        is_same
            && self.first <= entry.from()
            && are_in(&self.whole, events)
            && self.is_whole(events)
    }

    /// Whether these are all that belong here: a copy that was made when the record was damaged already lacks what
    /// that lacks, or has a hole in its place.
    fn is_whole(&self, events: &[RecordedEvent]) -> bool {
        let is_ours = |hole: &RecordedEvent| self.whole.contains(hole);
        let mut holes = events.iter().filter(|event| event.is_hole());
        self.count
            .is_none_or(|count| events.len() == count && holes.all(is_ours))
    }

    /// Whether the log still is as it was found to be, within the caller's transaction: what was taken back
    /// meanwhile isn't put there again.
    async fn is_still(&self, log: &ObjectStore, entry: &Entry<'_>) -> Result<bool, Fault> {
        let key = |number: u64| JsValue::from_f64(number as f64);
        let range = KeyRange::bound(&key(entry.from()), &key(entry.segment), None, None)?;
        let found = answer(log.get_all(Some(range.into()), None)?).await?;
        let found: Vec<JsValue> = found.unchecked_into::<Array>().iter().collect();
        Ok(match &found[..] {
            [] => !self.is_there,
            [record] => {
                let opened = codec::open_segment(record.unchecked_ref());
                let holds = |opened: &Opened| {
                    let is_empty = matches!(
                        opened.content,
                        Ok(Content::Turn(_) | Content::Emptied(_) | Content::Gone)
                    );
                    opened.number == self.last && !is_empty
                };
                self.is_there && opened.as_ref().is_some_and(holds)
            }
            _ => false,
        })
    }
}

async fn holes(database: &IdbDatabase, after: u64) -> Result<Vec<Hole>, Fault> {
    let mut ours = Ours::after(database, after);
    let mut holes = Vec::new();
    let mut last = after;
    while let Some(part) = ours.next().await? {
        if part.from > last + 1 {
            holes.push(Hole {
                first: last + 1,
                last: part.from - 1,
                chain: None,
                is_there: false,
                whole: Vec::new(),
                count: None,
            });
        }
        last = part.number;
        if part.is_damaged {
            holes.push(Hole {
                first: part.from,
                last: part.number,
                chain: part.chain,
                is_there: true,
                whole: part.events,
                count: part.count,
            });
        }
    }
    Ok(holes)
}

/// Puts an entry where a hole is; false where the log isn't as it was found to be any more.
async fn put_anew(database: &IdbDatabase, entry: &Entry<'_>, hole: &Hole) -> Result<bool, Fault> {
    let writing = Writing::begin(database, &[LOG, PAGES], Durability::Strict)?;
    let (log, pages) = (writing.store(LOG)?, writing.store(PAGES)?);
    if !hole.is_still(&log, entry).await? {
        return Ok(false);
    }
    let linked = Entry {
        chain: hole.chain.unwrap_or(entry.chain),
        ..entry.clone()
    };
    put(&log, &pages, &linked)?;
    writing.commit().await?;
    Ok(true)
}
