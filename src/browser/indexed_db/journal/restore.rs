//! Bringing back what a database lost and the journal has, and saying which store a database is.

use idb::{KeyRange, ObjectStore};
use js_sys::Array;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use web_sys::IdbDatabase;

use super::super::codec;
use super::super::filling::fill_what_is_there;
use super::super::lay_out::put_filter;
use super::super::left::{Left, leave_numbers};
use super::super::schema::{INDEX, LOG, META, MOVED, PAGES, SNAPSHOTS};
use super::super::transaction::{Fault, Writing, ends_at};
use super::compare::{has_all, last_position};
use super::source::Source;
use crate::browser::{BrowserClock, BrowserIds};
use crate::core::{Clock, History, IdSource, Position};
use crate::log::Chain;
use crate::log::journal::{Body, Entry};
use crate::log::segments::{Page, Segment, Turn, directory, runs, unpack};
use crate::store::{Durability, StoreError};

/// Key in [`META`]: which store this is.
pub(super) const STORE: &str = "store";

/// So many segments, or bytes, at most are brought back at once.
const BATCH: (usize, usize) = (256, 8 << 20);

/// Drops the log's segments up to where a source ends, and what was made of them, where the source has all that
/// they hold, and what comes after goes on from it. Whether they were dropped: else all stays as it is.
pub(in super::super) async fn drop_found(
    database: &IdbDatabase,
    source: Source<'_>,
    end: u64,
) -> Result<bool, StoreError> {
    let dropped = async {
        if !has_all(database, source).await? {
            return Ok(false);
        }
        let stores = [LOG, PAGES, SNAPSHOTS, META];
        let writing = Writing::begin(database, &stores, Durability::Strict)?;
        let log = writing.store(LOG)?;
        still_ends(&log, end).await?;
        writing.store(META)?.delete(JsValue::from(INDEX))?;
        let last = JsValue::from_f64(source.segment() as f64);
        let range = KeyRange::upper_bound(&last, None)?;
        log.delete(range)?;
        // A list comes after all lists that begin with the same and end earlier.
        let last = Array::of2(&last, &f64::INFINITY.into());
        let range = KeyRange::upper_bound(&last, None)?;
        writing.store(PAGES)?.delete(range)?;
        writing.store(SNAPSHOTS)?.clear()?;
        writing.commit().await?;
        Ok(true)
    };
    dropped
        .await
        .map_err(|fault: Fault| fault.while_doing("restore"))
}

/// Fails where something comes after this segment: another program added it since the copies were compared.
async fn still_ends(log: &ObjectStore, end: u64) -> Result<(), Fault> {
    match ends_at(log, end).await? {
        true => Ok(()),
        false => Err(Fault::from(
            "something was recorded while this store was compared with its second copy; open it \
             again"
                .to_owned(),
        )),
    }
}

pub(super) async fn name_store(database: &IdbDatabase, store: Uuid) -> Result<(), StoreError> {
    let named = async {
        // It goes with the database, if anything does.
        let writing = Writing::begin(database, &[META], Durability::Relaxed)?;
        let record = codec::meta(STORE, &store.to_string());
        writing.store(META)?.put(&record, None)?;
        writing.commit().await
    };
    named
        .await
        .map_err(|fault: Fault| fault.while_doing("open"))
}

/// Brings back the segments after one, into a log that ends with this one. Broken off, the next opening goes on:
/// a database isn't said to be the store before it is whole.
pub(in super::super) async fn restore(
    database: &IdbDatabase,
    source: Source<'_>,
    after: u64,
    end: u64,
) -> Result<(), StoreError> {
    let restored = bring_back(database, source, after, end).await;
    restored.map_err(|fault| fault.while_doing("restore"))
}

async fn bring_back(
    database: &IdbDatabase,
    source: Source<'_>,
    after: u64,
    mut end: u64,
) -> Result<(), Fault> {
    let walked = source.entries(async |_| Ok(())).await?;
    if let Source::First(_) = source {
        // They get their chains after this.
        are_to_move(database).await?;
    }
    let unread = walked.unread_emptying();
    let emptied = match unread.filter(|segment| *segment > after) {
        Some(segment) => Some((segment, last_position(source, segment).await?)),
        None => None,
    };
    let mut batch: Vec<Back> = Vec::new();
    let mut bytes = 0;
    let mut last = after;
    let mut failed = None;
    let taken = async |entry: Entry<'_>| {
        if entry.segment <= after {
            return Ok(());
        }
        bytes += entry.size();
        if entry.from() > last + 1 {
            batch.extend(between(last + 1, entry.from() - 1, emptied));
        }
        last = entry.segment;
        batch.push(match walked.void.holds(entry.segment) {
            true => Back::Void(entry.into_owned()),
            false => Back::Segment(entry.into_owned()),
        });
        if batch.len() >= BATCH.0 || bytes >= BATCH.1 {
            bytes = 0;
            if let Err(fault) = put_back(database, std::mem::take(&mut batch), end).await {
                let said = fault.to_string();
                failed = Some(fault);
                return Err(said);
            }
            end = end.max(last);
        }
        Ok(())
    };
    let walked = source.entries(taken).await;
    if let Some(fault) = failed {
        return Err(fault);
    }
    walked?;
    put_back(database, batch, end).await
}

/// What is put into the log.
enum Back {
    Segment(Entry<'static>),
    /// Of one that the log doesn't hold any more, its numbers and its chain.
    Void(Entry<'static>),
    /// What emptied the log, which can't be read in the journal, and up to which position none is given again.
    Emptied(u64, Position),
    /// Numbers that the journal has nothing of. What they held was taken back, or can't be brought back:
    /// that is told, and shows where versions of a stream are missing. A number that is missing would be
    /// damage to all streams.
    Numbers(u64, u64),
}

/// What is put in the place of numbers that the journal has nothing of, of which one may have emptied the log.
fn between(first: u64, last: u64, emptied: Option<(u64, Position)>) -> Vec<Back> {
    match emptied.filter(|(segment, _)| (first..=last).contains(segment)) {
        None if first > last => Vec::new(),
        None => vec![Back::Numbers(first, last)],
        Some((segment, floor)) => {
            let mut back = between(first, segment - 1, None);
            back.push(Back::Emptied(segment, floor));
            back.extend(between(segment + 1, last, None));
            back
        }
    }
}

/// Notes that not all records have their chains.
async fn are_to_move(database: &IdbDatabase) -> Result<(), Fault> {
    let writing = Writing::begin(database, &[META], Durability::Relaxed)?;
    writing.store(META)?.delete(JsValue::from(MOVED))?;
    writing.commit().await
}

async fn put_back(database: &IdbDatabase, all: Vec<Back>, end: u64) -> Result<(), Fault> {
    let stores = [LOG, PAGES, SNAPSHOTS, META];
    let writing = Writing::begin(database, &stores, Durability::Strict)?;
    let (log, pages) = (writing.store(LOG)?, writing.store(PAGES)?);
    still_ends(&log, end).await?;
    for back in &all {
        let gone = match back {
            Back::Segment(entry) => {
                put(&log, &pages, entry)?;
                turn(&writing, entry).await?;
                continue;
            }
            Back::Void(entry) => codec::gone(entry.from(), entry.segment, chain_of(entry)),
            Back::Emptied(number, floor) => {
                // Nobody knows which history began with it.
                let history = History(BrowserIds.next_id(BrowserClock.now()).0);
                let turn = Turn::Emptied {
                    floor: *floor,
                    history,
                };
                Left::Sweeping.note(&writing.store(META)?, *number)?;
                codec::turned(*number, turn, Chain::START, &[])
            }
            Back::Numbers(first, last) => codec::gone(*first, *last, None),
        };
        let gone = gone?;
        log.put(&gone, None)?;
    }
    writing.commit().await
}

/// Does in the log what an entry says that holds no events: an older copy of a database has what that changes.
async fn turn(writing: &Writing, entry: &Entry<'_>) -> Result<(), Fault> {
    let (log, pages) = (writing.store(LOG)?, writing.store(PAGES)?);
    let Body::Turn(turn, fills) = &entry.body else {
        return Ok(());
    };
    match *turn {
        // Of what it emptied not all is there any more: it isn't undone, but swept.
        Turn::Emptied { .. } => Left::Sweeping.note(&writing.store(META)?, entry.segment),
        Turn::Restored { from, .. } | Turn::TakenBack { from, .. } => {
            writing.store(SNAPSHOTS)?.clear()?;
            leave_numbers(writing, &log, from..=entry.segment - 1).await
        }
        Turn::Filled { .. } => fill_what_is_there((&log, &pages), &unpack(fills)?).await,
    }
}

/// The chain of the log up to an entry, where it has one.
fn chain_of(entry: &Entry<'_>) -> Option<Chain> {
    Some(entry.chain).filter(|chain| *chain != Chain::START)
}

/// Takes away what lies under these numbers, pages that a record left among it.
fn clear((log, pages): (&ObjectStore, &ObjectStore), (from, to): (u64, u64)) -> Result<(), String> {
    let (from, to) = (JsValue::from_f64(from as f64), JsValue::from_f64(to as f64));
    let cleared = || {
        log.delete(KeyRange::bound(&from, &to, None, None)?)?;
        // A list comes after all lists that begin with the same and end earlier.
        let (first, last) = (Array::of1(&from), Array::of2(&to, &f64::INFINITY.into()));
        pages.delete(KeyRange::bound(&first, &last, None, None)?)?;
        Ok(())
    };
    let cleared: Result<(), Fault> = cleared();
    cleared.map_err(|fault| fault.to_string())
}

/// Puts a segment into the log as it was, in the place of what lies under its numbers.
pub(super) fn put(log: &ObjectStore, pages: &ObjectStore, entry: &Entry<'_>) -> Result<(), String> {
    let number = entry.segment;
    let chain = chain_of(entry);
    let record = match &entry.body {
        Body::Inline { packed } => {
            let events = unpack(packed).map_err(|error| error.to_string())?;
            clear((log, pages), (number, number))?;
            codec::inline(number, &events)
        }
        Body::Paged {
            from: first_number,
            first,
            last,
            pages: packed,
        } => {
            // An older copy of the database may hold the first of what was joined to it since.
            clear((log, pages), (*first_number, number))?;
            let mut laid_out = Vec::with_capacity(packed.len());
            let mut events = Vec::new();
            for (page, packed) in (0..).zip(packed) {
                let page = codec::page(number, page, packed);
                pages
                    .add(page.map_err(|error| error.to_string())?.as_ref(), None)
                    .map_err(|error| error.to_string())?;
                events.extend(unpack(packed).map_err(|error| error.to_string())?);
                laid_out.push(Page {
                    runs: runs(packed).map_err(|error| error.to_string())?,
                    packed: packed.to_vec(),
                });
            }
            let laid = Segment {
                number,
                from: *first_number,
                first: *first,
                last: *last,
                pages: u32::try_from(packed.len()).unwrap_or(u32::MAX),
            };
            put_filter(pages, &laid, &events).map_err(|error| error.to_string())?;
            codec::paged(&laid, &directory(&laid_out))
        }
        // As the releases before wrote it: it gets its history with its chain.
        Body::Turn(Turn::Emptied { floor, history }, _) if history.0.is_nil() => {
            codec::emptied(number, *floor)
        }
        Body::Turn(turn, fills) => codec::turned(number, *turn, entry.chain, fills),
    };
    let record = record.map_err(|error| error.to_string())?;
    let record = match chain {
        Some(chain) => codec::linked(record, chain, &entry.imported),
        None => record,
    };
    log.put(&record, None)
        .map(|_| ())
        .map_err(|error| error.to_string())
}
