//! Having database, journal and sentinel judged when a database was opened, before anybody uses it, and
//! acting on that.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

use super::super::codec::{self, Content, Opened};
use super::super::doubt::{self, Doubt};
use super::super::hints::Hints;
use super::super::log::Log;
use super::super::schema::{LOG, META};
use super::super::transaction::{self, Fault, answer};
use super::super::upkeep::{self, LoadUpkeep};
use super::compare::chain_at;
use super::first::First;
use super::restore::{STORE, name_store};
use super::sentinel::{self, Sentinel};
use super::source::Source;
use super::{Journal, PATIENCE};
use crate::browser::{BrowserClock, BrowserIds};
use crate::core::{Clock, EventId, IdSource, Position, RecordedEvent};
use crate::log::segments::{Index, unpack};
use crate::store::judging::{self, Act, Asked, Database, Evidence, Verdict, judge};
use crate::store::{Loss, StoreError};

/// What came of comparing.
pub(in super::super) struct Admitted {
    /// Which store it is; none where that can't be kept.
    pub(in super::super) store: Option<Uuid>,
    /// What is to be noted with what is appended next, where that is in doubt.
    pub(in super::super) doubt: Option<Doubt>,
}

/// Compares what there is, has it judged, and acts on that: brings back what the database lacks and
/// the journal has, sets aside what doesn't go on from it, and notes what came of it.
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
    load: LoadUpkeep,
) -> Result<Admitted, StoreError> {
    let noted = sentinel::ask(&journal.name);
    let known = noted.there();
    let mut seen = look(database, log).await?;
    if !journal.is_here() && journal.is_wanted() {
        if lacks(known, &seen) || seen.segment == 0 {
            // Another tab keeps the journal, and brings back what is missing; or it was closed just now.
            seen = wait(database, log, hints, journal, known).await?;
        }
        if !journal.is_here() && lacks(known, &seen) {
            return Err(elsewhere());
        }
        if !journal.is_here() {
            // That tab has judged, unless the database is new since.
            if seen.store.is_none() {
                return beside(database, &seen, journal).await;
            }
            let doubt = doubt::read(database).await.map_err(while_opening)?;
            return Ok(Admitted {
                store: seen.store,
                doubt,
            });
        }
    }
    if let Some(admitted) = usual(database, created, log, journal, noted, seen).await? {
        return Ok(admitted);
    }
    upkeep::admit(load, database, created, log, journal).await
}

/// Admits where nothing is to be brought back, set aside, mended or told; none where something may be, or is to
/// be compared.
async fn usual(
    database: &IdbDatabase,
    created: bool,
    log: &Log,
    journal: &Journal,
    noted: Asked<Sentinel>,
    mut seen: Database,
) -> Result<Option<Admitted>, StoreError> {
    let Some(held) = journal.held().filter(|held| !held.is_doubted()) else {
        return Ok(None);
    };
    let has_first = journal.first.borrow().is_some() || journal.is_first_taken.get();
    let is_found_again = seen.segment > 0 && (created || seen.store.is_none());
    let may_be_first = has_first || First::is_there(&journal.name).await != Ok(false);
    if may_be_first || is_found_again || seen.doubted_after.is_some() || log.ask(Index::is_faulty) {
        return Ok(None);
    }
    if let Some(noted) = noted.there() {
        seen.is_another = is_another(database, &seen, &noted).await?;
    }
    let source = Source::Journal(&held);
    let asked = match source.segment() {
        0 => Asked::Missing,
        _ => match at_once(database, source, &seen).await {
            Ok(Some(found)) => Asked::There(found),
            _ => return Ok(None),
        },
    };
    let verdict = judged(seen, asked, noted);
    let is_usual = verdict.act == Act::GoOn
        && (asked == Asked::Missing || verdict.store == seen.store)
        && verdict.recovery.is_none()
        && verdict.doubted_after.is_none()
        && !verdict.another_history;
    if !is_usual {
        return Ok(None);
    }
    log.goes_on_above(verdict.above);
    let store = match verdict.store {
        Some(store) => store,
        None => BrowserIds.next_id(BrowserClock.now()).0,
    };
    if seen.store != Some(store) && name_store(database, store).await.is_err() {
        return Ok(None);
    }
    // What it holds is this store's already.
    if asked == Asked::Missing
        && held.mark().store != store
        && let Err(reason) = held.begin(store).await
    {
        journal.give_up(reason);
    }
    note(journal, &verdict, noted.there(), &seen, store);
    let store = Some(store);
    Ok(Some(Admitted { store, doubt: None }))
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
    let is_usual =
        seen.doubted_after.is_none() && Some(store) == seen.store && seen.segment >= segment;
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

/// Whether a database lacks what is noted beside it.
pub(super) fn lacks(known: Option<Sentinel>, seen: &Database) -> bool {
    known.is_some_and(|noted| Some(noted.store) != seen.store || noted.segment > seen.segment)
}

/// Says which store a database is that was made while another tab keeps the journal.
async fn beside(
    database: &IdbDatabase,
    seen: &Database,
    journal: &Journal,
) -> Result<Admitted, StoreError> {
    let store = BrowserIds.next_id(BrowserClock.now()).0;
    if let Err(error) = name_store(database, store).await {
        journal.give_up(error.to_string());
        return Ok(Admitted {
            store: None,
            doubt: None,
        });
    }
    sentinel::keep(&journal.name, &Sentinel::of(store, seen));
    let store = Some(store);
    Ok(Admitted { store, doubt: None })
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
    match sentinel::read(&journal.name) == known {
        true => sentinel::keep(&journal.name, &noted),
        // Meanwhile another tab recorded something, and knows of more.
        false => sentinel::note(&journal.name, &noted),
    }
}

/// That events are where this tab can't come.
pub(super) fn elsewhere() -> StoreError {
    StoreError::Unavailable {
        reason: "events are missing here, and another tab keeps their second copy; \
                 close all other tabs of this site, then reload this one"
            .to_owned(),
    }
}

/// Whether the last event is known to be another than was noted of its segment.
pub(super) async fn is_another(
    database: &IdbDatabase,
    seen: &Database,
    noted: &Sentinel,
) -> Result<bool, StoreError> {
    if Some(noted.store) != seen.store || noted.segment != seen.segment {
        return Ok(false);
    }
    let Some(hash) = noted.hash else {
        return Ok(false);
    };
    let last = segment(database, seen.segment).await;
    let last = last.map_err(|fault| fault.while_doing("read"))?;
    let last = last.and_then(last_of);
    Ok(last.is_some_and(|last| sentinel::hash(&last) != hash))
}

pub(super) fn while_opening(fault: Fault) -> StoreError {
    fault.while_doing("open")
}

pub(super) async fn look(database: &IdbDatabase, log: &Log) -> Result<Database, StoreError> {
    let looked = async {
        let reading = transaction::read(database, &[META, LOG])?;
        let named = answer(reading.store(META)?.get(JsValue::from(STORE))?).await?;
        let store = codec::value_of(&named).and_then(|text| Uuid::parse_str(&text).ok());
        log.catch_up(&reading.store(LOG)?).await?;
        let doubt = doubt::read(database).await?;
        Ok(log.ask(|index| Database {
            store,
            segment: index.last_segment(),
            events: index.events(),
            position: log.given(),
            doubted_after: doubt.map(|doubt| doubt.after),
            emptied: index.emptied().unwrap_or(0),
            is_another: false,
        }))
    };
    looked
        .await
        .map_err(|fault: Fault| fault.while_doing("read"))
}

/// Waits until this tab keeps the journal, or another says something after which nothing is missing; not for ever.
/// Answers what is there then.
async fn wait(
    database: &IdbDatabase,
    log: &Log,
    hints: &Hints,
    journal: &Journal,
    known: Option<Sentinel>,
) -> Result<Database, StoreError> {
    let (end, mut ended) = oneshot::channel();
    let _patience = Timeout::new(PATIENCE, move || {
        let _ = end.send(());
    });
    let mut take = pin!(journal.take(true));
    loop {
        let mut hint = hints.after(Position::START);
        let is_hinted = poll_fn(|context| {
            let is_over = take.as_mut().poll(context).is_ready()
                || Pin::new(&mut ended).poll(context).is_ready();
            if is_over {
                return Poll::Ready(false);
            }
            Pin::new(&mut hint).poll(context).map(|_| true)
        });
        let is_hinted = is_hinted.await;
        log.forget();
        let seen = look(database, log).await?;
        // It may have been said of anything, as that some of it is back.
        if !is_hinted || !lacks(known, &seen) {
            return Ok(seen);
        }
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
