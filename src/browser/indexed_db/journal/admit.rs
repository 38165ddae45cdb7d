//! Comparing database, journal and sentinel when a database was opened, before anybody uses it, and
//! bringing back what the database lost.

use std::rc::Rc;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;
use idb::{KeyRange, ObjectStore};
use js_sys::Array;
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

use super::super::codec::{self, Content, Opened};
use super::super::hints::Hints;
use super::super::log::Log;
use super::super::schema::{INDEX, LOG, META, PAGES, SNAPSHOTS, first};
use super::super::transaction::{self, Fault, Writing, answer};
use super::file::{Held, file_name};
use super::{Journal, PATIENCE, sentinel};
use crate::browser::{BrowserClock, BrowserIds};
use crate::core::{Clock, EventId, IdSource, Position, RecordedEvent};
use crate::store::journal::Entry;
use crate::store::segments::{Page, Segment, directory, runs, unpack};
use crate::store::{Durability, Loss, Recovery, StoreError};

/// Key in [`META`]: which store this is.
const STORE: &str = "store";

/// So many segments, or bytes, at most are brought back at once.
const BATCH: (usize, usize) = (256, 8 << 20);

/// What a database holds.
struct Seen {
    store: Option<Uuid>,
    segment: u64,
    events: u64,
    position: Position,
}

/// Compares what there is, brings back what the database lacks and the journal has, and notes what
/// came of it. Answers which store it is; none where that can't be kept.
///
/// # Errors
/// The storage's. [`StoreError::Unavailable`] where events are known to be missing, and the tab that
/// keeps the journal doesn't bring them back.
pub(in super::super) async fn admit(
    database: &IdbDatabase,
    created: bool,
    log: &Log,
    hints: &Hints,
    journal: &Journal,
) -> Result<Option<Uuid>, StoreError> {
    let noted = sentinel::read(&journal.name);
    let mut seen = look(database, log).await?;
    let lacks = |seen: &Seen| {
        noted.is_some_and(|noted| Some(noted.store) != seen.store || noted.segment > seen.segment)
    };
    if !journal.is_here() && journal.is_wanted() && (lacks(&seen) || seen.segment == 0) {
        // Another tab keeps the journal, and brings back what is missing; or it was closed just now.
        wait(hints, journal).await;
        log.forget();
        seen = look(database, log).await?;
        if !journal.is_here() && lacks(&seen) {
            return Err(StoreError::Unavailable {
                reason: "events are missing here, and another tab keeps their second copy; \
                         close all other tabs of this site, then reload this one"
                    .to_owned(),
            });
        }
    }
    let held = journal.held();
    if let Some(held) = &held
        && created
        && seen.segment > 0
    {
        // A browser that lost where its records are finds some of them again in a database that it
        // makes: what the journal has is brought back whole.
        drop_up_to(database, held.mark().tail.segment).await?;
        log.forget();
        seen = Seen {
            segment: 0,
            ..look(database, log).await?
        };
    }
    let mut restored = 0;
    let loss = match seen.segment {
        0 => Loss::Deleted,
        _ => Loss::Shortened,
    };
    if let Some(held) = &held {
        let mark = held.mark();
        let is_same = seen.segment == 0 || seen.store == Some(mark.store);
        if is_same && mark.tail.segment > seen.segment {
            restored = restore(database, held, &seen).await?;
            log.forget();
            let before = seen.segment;
            seen = look(database, log).await?;
            // What was in the journal and was never acknowledged is no loss.
            let was_acknowledged =
                noted.is_some_and(|noted| noted.segment > before) || seen.segment > before + 1;
            if loss == Loss::Shortened && !was_acknowledged {
                restored = 0;
            }
        }
    }
    let store = match seen.store {
        Some(store) => store,
        None => {
            let store = BrowserIds.next_id(BrowserClock.now()).0;
            if let Err(error) = name_store(database, store).await {
                // What can't be told from another store has no second copy.
                journal.give_up(error.to_string());
                let lost = noted.map_or(0, |noted| noted.events.saturating_sub(seen.events));
                tell(journal, loss, restored, lost);
                return Ok(None);
            }
            store
        }
    };
    if let Some(held) = &held {
        agree(database, held, store, journal).await;
    }
    let lost = match noted {
        Some(noted) if noted.store == store && noted.segment == seen.segment => {
            let last = segment(database, seen.segment).await;
            let last = last.map_err(|fault| fault.while_doing("read"))?;
            let last = last.and_then(last_of);
            let is_another = |hash| last.is_some_and(|last| sentinel::hash(&last) != hash);
            u64::from(noted.hash.is_some_and(is_another))
        }
        Some(noted) if noted.store == store && noted.segment < seen.segment => 0,
        Some(noted) => noted.events.saturating_sub(seen.events),
        None => 0,
    };
    tell(journal, loss, restored, lost);
    let sentinel = match noted {
        // What was lost of a store that is gone stays known until something is recorded again, even
        // where that goes less far: so it is no more this store's.
        Some(noted) if lost > 0 && loss == Loss::Deleted => sentinel::Sentinel {
            store: Uuid::nil(),
            ..noted
        },
        _ => sentinel::Sentinel {
            store,
            segment: seen.segment,
            position: seen.position,
            events: seen.events,
            hash: None,
        },
    };
    sentinel::keep(&journal.name, &sentinel);
    Ok(Some(store))
}

/// Has it told what was missing, if anything was.
fn tell(journal: &Journal, cause: Loss, restored: u64, lost: u64) {
    if restored > 0 || lost > 0 {
        let recovery = Recovery {
            cause,
            restored,
            lost,
        };
        journal.recovery.set(Some(recovery));
    }
}

async fn look(database: &IdbDatabase, log: &Log) -> Result<Seen, StoreError> {
    let looked = async {
        let reading = transaction::read(database, &[META, LOG])?;
        let named = answer(reading.store(META)?.get(JsValue::from(STORE))?).await?;
        let store = codec::value_of(&named).and_then(|text| Uuid::parse_str(&text).ok());
        log.catch_up(&reading.store(LOG)?).await?;
        Ok(log.ask(|index| Seen {
            store,
            segment: index.last_segment(),
            events: index.events(),
            position: index.last_position(),
        }))
    };
    looked
        .await
        .map_err(|fault: Fault| fault.while_doing("read"))
}

/// Drops the log's segments up to one, and what was made of them.
async fn drop_up_to(database: &IdbDatabase, segment: u64) -> Result<(), StoreError> {
    let dropped = async {
        let stores = [LOG, PAGES, SNAPSHOTS, META];
        let writing = Writing::begin(database, &stores, Durability::Strict)?;
        writing.store(META)?.delete(JsValue::from(INDEX))?;
        let last = JsValue::from_f64(segment as f64);
        let range = KeyRange::upper_bound(&last, None)?;
        writing.store(LOG)?.delete(range)?;
        // A list comes after all lists that begin with the same and end earlier.
        let last = Array::of2(&last, &f64::INFINITY.into());
        let range = KeyRange::upper_bound(&last, None)?;
        writing.store(PAGES)?.delete(range)?;
        writing.store(SNAPSHOTS)?.clear()?;
        writing.commit().await
    };
    dropped
        .await
        .map_err(|fault: Fault| fault.while_doing("restore"))
}

async fn name_store(database: &IdbDatabase, store: Uuid) -> Result<(), StoreError> {
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

/// Waits until this tab keeps the journal, or another says that it did something; not for ever.
async fn wait(hints: &Hints, journal: &Journal) {
    let hint = hints.after(Position::START);
    let (end, ended) = oneshot::channel();
    let _patience = Timeout::new(PATIENCE, move || {
        let _ = end.send(());
    });
    let _ = first(first(journal.take(true), hint), ended).await;
}

/// Brings back the segments after those that there are; answers how many events that was.
async fn restore(database: &IdbDatabase, held: &Held, seen: &Seen) -> Result<u64, StoreError> {
    let failed = |cause: String| StoreError::Failed {
        operation: "restore",
        cause,
    };
    let store = held.mark().store;
    if seen.store != Some(store) && !store.is_nil() {
        name_store(database, store).await?;
    }
    let mut batch: Vec<Entry<'static>> = Vec::new();
    let mut bytes = 0;
    let mut restored = 0;
    let taken = async |entry: Entry<'_>| {
        if entry.segment() <= seen.segment {
            return Ok(());
        }
        restored += entry.events().unwrap_or(0);
        bytes += entry.size();
        batch.push(entry.into_owned());
        if batch.len() >= BATCH.0 || bytes >= BATCH.1 {
            bytes = 0;
            put_back(database, std::mem::take(&mut batch)).await?;
        }
        Ok(())
    };
    held.entries(taken).await.map_err(failed)?;
    put_back(database, batch).await.map_err(failed)?;
    Ok(restored)
}

/// Adds segments to the log as they were.
async fn put_back(database: &IdbDatabase, entries: Vec<Entry<'static>>) -> Result<(), String> {
    let put = async {
        let writing = Writing::begin(database, &[LOG, PAGES], Durability::Strict)?;
        let (log, pages) = (writing.store(LOG)?, writing.store(PAGES)?);
        for entry in &entries {
            add(&log, &pages, entry).map_err(Fault::told)?;
        }
        writing.commit().await
    };
    put.await.map_err(|fault: Fault| fault.to_string())
}

fn add(log: &ObjectStore, pages: &ObjectStore, entry: &Entry<'_>) -> Result<(), String> {
    let record = match entry {
        Entry::Inline { segment, packed } => {
            let events = unpack(packed).map_err(|error| error.to_string())?;
            codec::inline(*segment, &events)
        }
        Entry::Paged {
            segment,
            from,
            first,
            last,
            pages: packed,
        } => {
            let mut laid_out = Vec::with_capacity(packed.len());
            for (number, packed) in (0..).zip(packed) {
                let page = codec::page(*segment, number, packed);
                pages
                    .add(page.map_err(|error| error.to_string())?.as_ref(), None)
                    .map_err(|error| error.to_string())?;
                laid_out.push(Page {
                    runs: runs(packed).map_err(|error| error.to_string())?,
                    packed: packed.to_vec(),
                });
            }
            let laid = Segment {
                number: *segment,
                from: *from,
                first: Position(*first),
                last: Position(*last),
                pages: u32::try_from(packed.len()).unwrap_or(u32::MAX),
            };
            codec::paged(&laid, &directory(&laid_out))
        }
        Entry::Emptied { segment, floor } => codec::emptied(*segment, Position(*floor)),
    };
    let record = record.map_err(|error| error.to_string())?;
    log.add(&record, None)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

/// Sees to it that the journal is that of this store, and that what it ends with is so. Where that
/// fails, the journal is behind, and says so.
async fn agree(database: &IdbDatabase, held: &Rc<Held>, store: Uuid, journal: &Journal) {
    let agreed = async {
        let mark = held.mark();
        if mark.store != store {
            if mark.tail.events > 0 && !mark.store.is_nil() {
                // Nobody's events are thrown away because they don't belong here.
                held.copy_to(&format!("{}.of-another-store", file_name(&journal.name)))
                    .await?;
            }
            return held.begin(store).await;
        }
        compare_last(database, held).await
    };
    if let Err(reason) = agreed.await {
        journal.fail(reason);
    }
}

/// Drops the journal's last entry where the log holds another segment under its number: it was put
/// into the journal by a tab that was second in the database.
pub(super) async fn compare_last(database: &IdbDatabase, held: &Held) -> Result<(), String> {
    let number = held.mark().tail.segment;
    let Some(Entry::Inline { packed, .. }) = held.last().await? else {
        return Ok(());
    };
    let ours = unpack(&packed).map_err(|error| error.to_string())?;
    let found = segment(database, number).await;
    let Some(opened) = found.map_err(|fault| fault.to_string())? else {
        // Joined with others since, or damaged away.
        return Ok(());
    };
    let is_ours = match &opened.content {
        Ok(Content::Readable(_) | Content::Packed(..)) => last_of(opened) == ours.last().map(place),
        Ok(Content::Paged(..)) => opened.from < opened.number,
        // What is damaged or emptied there says nothing.
        _ => true,
    };
    match is_ours {
        true => Ok(()),
        false => held.drop_last().await,
    }
}

fn place(event: &RecordedEvent) -> (EventId, Position) {
    (event.event_id, event.position)
}

/// A segment of the log.
async fn segment(database: &IdbDatabase, number: u64) -> Result<Option<Opened>, Fault> {
    let reading = transaction::read(database, &[LOG])?;
    let key = JsValue::from_f64(number as f64);
    let found = answer(reading.store(LOG)?.get(key)?).await?;
    Ok(match found.is_undefined() {
        true => None,
        false => codec::open_segment(found.unchecked_ref()),
    })
}

/// The last event of a segment that has its events in it.
fn last_of(opened: Opened) -> Option<(EventId, Position)> {
    match opened.content.ok()? {
        Content::Readable(records) => {
            let last = codec::read_event(records.last()?).ok()?;
            Some(place(&last))
        }
        Content::Packed(_, bytes) => unpack(&bytes).ok()?.last().map(place),
        _ => None,
    }
}
