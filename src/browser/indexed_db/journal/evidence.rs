//! What is known of database, journal and sentinel when a database was opened, as it is judged, and what came of
//! that.

use idb::ObjectStore;
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

use super::super::codec::{self, Content, Opened};
use super::super::doubt::{self, Doubt};
use super::super::floor;
use super::super::log::Log;
use super::super::schema::{LOG, META};
use super::super::transaction::{self, Fault, answer};
use super::compare::chain_at;
use super::restore::STORE;
use super::sentinel::{self, Sentinel};
use super::source::Source;
use super::tab::Journal;
use crate::core::{EventId, Position, RecordedEvent};
use crate::log::segments::{Index, unpack};
use crate::store::judging::{self, Asked, Database, Evidence, Verdict, judge};
use crate::store::{Loss, StoreError};

/// What came of comparing.
pub(in super::super) struct Admitted {
    /// Which store it is; none where that can't be kept.
    pub(in super::super) store: Option<Uuid>,
    /// What is to be noted with what is appended next, where that is in doubt.
    pub(in super::super) doubt: Option<Doubt>,
}

/// What is to be done.
pub(super) fn judged(
    database: Database,
    journal: Asked<judging::Journal>,
    noted: Asked<Sentinel>,
) -> Verdict {
    judge(&Evidence {
        database,
        journal,
        noted: match noted {
            Asked::There(noted) => Asked::There(noted.noted()),
            Asked::Missing => Asked::Missing,
            Asked::Silent => Asked::Silent,
        },
    })
}

/// What is known of a journal without reading it: where it ends with a chain that the database has there, and
/// nothing speaks against it.
pub(super) async fn at_once(
    database: &IdbDatabase,
    source: Source<'_>,
    seen: &Database,
) -> Result<Option<judging::Journal>, String> {
    let (store, segment, events) = (source.store(), source.segment(), source.events());
    let is_usual = seen.doubted_after.is_none()
        && Some(store) == seen.store
        && seen.segment >= source.claims().segment;
    let Some(theirs) = source.chain().filter(|_| is_usual) else {
        return Ok(None);
    };
    let is_same = chain_at(database, segment).await? == Some(theirs);
    Ok(is_same.then(|| judging::Journal {
        store,
        segment,
        events,
        agreed: segment,
        ..judging::Journal::default()
    }))
}

/// Whether a database lacks what is noted beside it. What is noted of a loss that was told is nowhere.
pub(super) fn lacks(known: Option<Sentinel>, seen: &Database) -> bool {
    let known = known.filter(|noted| !noted.store.is_nil());
    known.is_some_and(|noted| Some(noted.store) != seen.store || noted.segment > seen.segment)
}

/// Notes where the store stands now; not what couldn't be asked for: that stays known as it is.
pub(super) fn note(
    journal: &Journal,
    verdict: &Verdict,
    known: Option<Sentinel>,
    seen: &Database,
    store: Uuid,
) {
    if verdict.doubted_after.is_some() {
        return;
    }
    let lost = verdict.recovery.filter(|recovery| recovery.lost > 0);
    let noted = match (lost, known) {
        // What was lost of a store that is gone stays known until something is recorded again, even
        // where that goes less far: so it is no more this store's.
        (Some(lost), Some(known)) if lost.cause == Loss::Deleted && seen.events == 0 => Sentinel {
            store: Uuid::nil(),
            ..known
        },
        _ => Sentinel::of(store, seen),
    };
    match sentinel::read(&journal.connection.name) == known {
        true => sentinel::keep(&journal.connection.name, &noted),
        // Meanwhile another tab recorded something, and knows of more.
        false => sentinel::note(&journal.connection.name, &noted),
    }
}

/// Goes on above a position, and notes for all who open the database what it doesn't tell of what was given.
pub(super) async fn go_on_above(
    database: &IdbDatabase,
    log: &Log,
    position: Position,
) -> Result<(), StoreError> {
    log.goes_on_above(position);
    let given = log.given();
    if given < log.ask(Index::next_position) {
        return Ok(());
    }
    floor::keep(database, given).await.map_err(while_opening)
}

/// That events are where this tab can't come.
pub(super) fn elsewhere() -> StoreError {
    StoreError::Unavailable {
        reason: "events are missing here, and another tab keeps their second copy; \
                 close all other tabs of this site, then reload this one"
            .into(),
    }
}

/// Whether the log holds what was noted to be the last event of its segment; none where nothing tells.
pub(super) async fn as_noted(
    database: &IdbDatabase,
    seen: &Database,
    noted: &Sentinel,
) -> Result<Option<bool>, StoreError> {
    if Some(noted.store) != seen.store || noted.segment > seen.segment {
        return Ok(None);
    }
    let Some(hash) = noted.hash else {
        return Ok(None);
    };
    let last = segment(database, noted.segment).await;
    let last = last.map_err(|fault| fault.while_doing("read"))?;
    let last = last.and_then(last_of);
    Ok(last.map(|last| sentinel::hash(&last) == hash))
}

pub(super) fn while_opening(fault: Fault) -> StoreError {
    fault.while_doing("open")
}

/// Which store a database says that it is.
pub(super) async fn store_of(database: &IdbDatabase) -> Result<Option<Uuid>, Fault> {
    named(&transaction::read(database, &[META])?.store(META)?).await
}

async fn named(meta: &ObjectStore) -> Result<Option<Uuid>, Fault> {
    let named = answer(meta.get(JsValue::from(STORE))?).await?;
    Ok(codec::value_of(&named).and_then(|text| Uuid::parse_str(&text).ok()))
}

pub(super) async fn look(database: &IdbDatabase, log: &Log) -> Result<Database, StoreError> {
    let looked = async {
        let reading = transaction::read(database, &[META, LOG])?;
        let store = named(&reading.store(META)?).await?;
        log.catch_up(&reading.store(LOG)?).await?;
        let doubt = doubt::read(database).await?;
        Ok(log.ask(|index| Database {
            store,
            segment: index.last_segment(),
            events: index.events(),
            position: log.given(),
            doubted_after: doubt.map(|doubt| doubt.after),
            emptied: index.emptied().unwrap_or(0),
            is_damaged: index.is_faulty(),
            as_noted: None,
        }))
    };
    looked
        .await
        .map_err(|fault: Fault| fault.while_doing("read"))
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
