//! Mending what is damaged in the database from the second copy, where that has the very events: those of
//! the segment of this number, of a log that is the same.

use web_sys::IdbDatabase;

use super::super::schema::{LOG, PAGES};
use super::super::transaction::{Fault, Writing};
use super::compare::{are_in, events_of};
use super::ours::Ours;
use super::restore::put;
use super::source::{Mending, Source};
use crate::core::RecordedEvent;
use crate::log::Chain;
use crate::log::journal::{Entry, Fills};
use crate::store::Durability;

/// Numbers of the log that lack events.
struct Hole {
    first: u64,
    last: u64,
    chain: Option<Chain>,
    /// Those that can be read.
    whole: Vec<RecordedEvent>,
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
    let take = async |entry: Entry<'_>| {
        let at = holes.partition_point(|hole| hole.last < entry.segment);
        if let Some(hole) = holes.get(at)
            && !void.holds(entry.segment)
            && let entry = fills
                .filled(entry, &void)
                .map_err(|error| error.to_string())?
            && let Some(events) = events_of(&entry).map_err(|fault| fault.to_string())?
            && hole.takes(&entry, &events)
        {
            if mending == Mending::Mends {
                let put = put_anew(database, &entry, hole.chain).await;
                put.map_err(|fault| fault.to_string())?;
            }
            mended += (events.len() - hole.whole.len()) as u64;
        }
        Ok(())
    };
    source.entries(take).await?;
    Ok(mended)
}

impl Hole {
    /// Whether an entry holds what is missing here.
    fn takes(&self, entry: &Entry<'_>, events: &[RecordedEvent]) -> bool {
        let chain = Some(entry.chain).filter(|chain| *chain != Chain::START);
        let is_same = match (self.chain, chain) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        };
        is_same && self.first <= entry.from() && are_in(&self.whole, events)
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
                whole: Vec::new(),
            });
        }
        last = part.number;
        if part.is_damaged {
            holes.push(Hole {
                first: part.from,
                last: part.number,
                chain: part.chain,
                whole: part.events,
            });
        }
    }
    Ok(holes)
}

async fn put_anew(
    database: &IdbDatabase,
    entry: &Entry<'_>,
    chain: Option<Chain>,
) -> Result<(), Fault> {
    let writing = Writing::begin(database, &[LOG, PAGES], Durability::Strict)?;
    let (log, pages) = (writing.store(LOG)?, writing.store(PAGES)?);
    let linked = Entry {
        chain: chain.unwrap_or(entry.chain),
        ..entry.clone()
    };
    put(&log, &pages, &linked)?;
    writing.commit().await
}
