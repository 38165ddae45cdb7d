//! Having database, journal and sentinel judged when a database was opened, before anybody uses it, and
//! acting on that.

use std::rc::Rc;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;
use js_sys::Array;
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

use super::super::beginning;
use super::super::codec::{self, Content, Opened};
use super::super::doubt::{self, Doubt};
use super::super::hints::Hints;
use super::super::log::Log;
use super::super::schema::{LOG, META, first as either};
use super::super::transaction::{self, Fault, answer};
use super::super::upkeep::{self, LoadUpkeep};
use super::aside;
use super::compare::chain_at;
use super::file::Held;
use super::first::{self, First};
use super::restore::{STORE, name_store};
use super::sentinel::{self, Sentinel};
use super::source::Source;
use super::{Journal, Mending, PATIENCE};
use crate::browser::{BrowserClock, BrowserIds};
use crate::core::{Clock, EventId, IdSource, Position, RecordedEvent};
use crate::log::segments::{Index, unpack};
use crate::store::judging::{self, Act, Asked, Database, Evidence, Verdict, judge};
use crate::store::{Loss, Recovery, StoreError};

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
    let lacks = |seen: &Database| {
        known.is_some_and(|noted| Some(noted.store) != seen.store || noted.segment > seen.segment)
    };
    if !journal.is_here() && journal.is_wanted() {
        if lacks(&seen) || seen.segment == 0 {
            // Another tab keeps the journal, and brings back what is missing; or it was closed just now.
            wait(hints, journal).await;
            log.forget();
            seen = look(database, log).await?;
        }
        if !journal.is_here() && lacks(&seen) {
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
    let held = journal.held();
    find_first(journal, load).await;
    let first = journal.first.borrow().clone();
    let source = source(held.as_deref(), first.as_deref());
    if journal.is_first_taken.get() && lacks(&seen) {
        return Err(elsewhere());
    }
    let mut end = seen.segment;
    // Who made it may have been killed before it was compared.
    let created = created || lacks_its_beginning(database, &seen).await?;
    // A browser that lost where its records are finds some of them again in a database that it makes: what
    // the journal has is brought back whole.
    if let Some(source) = source
        && created
        && end > 0
        && upkeep::drop_found(load, database, source, end).await?
    {
        log.forget();
        seen = look(database, log).await?;
        end = std::mem::take(&mut seen.segment);
    }
    if let Some(noted) = known {
        seen.is_another = is_another(database, &seen, &noted).await?;
    }
    let asked = match source {
        _ if journal.is_first_taken.get() => Asked::Silent,
        None => Asked::Silent,
        Some(source) => match find_out(database, source, &seen, created, load).await {
            Ok(found) if found.segment == 0 && !found.is_damaged => Asked::Missing,
            Ok(found) => Asked::There(found),
            Err(reason) => {
                match Some(source.store()) == seen.store && seen.segment >= source.segment() {
                    // It may be trouble of a moment: it is looked at again before anything is added.
                    true => journal.fail(reason),
                    // Nothing is put into what may hold what is missing here.
                    false => journal.give_up(reason),
                }
                Asked::Silent
            }
        },
    };
    let verdict = judge(&Evidence {
        database: seen,
        journal: asked,
        noted: match noted {
            Asked::There(noted) => Asked::There(noted.noted()),
            Asked::Missing => Asked::Missing,
            Asked::Silent => Asked::Silent,
        },
    });
    if let Act::Restore { .. } = verdict.act
        && let Some(source) = source
    {
        upkeep::restore(load, database, source, seen.segment, end).await?;
        log.forget();
    }
    let mut recovery = verdict.recovery;
    if let (Act::GoOn | Act::Restore { .. }, Some(source), Asked::There(_)) =
        (verdict.act, source, asked)
        && has_faults(database, log).await?
    {
        // It is tried again at the next opening where that fails, since then nothing was changed.
        let mended = upkeep::mend(load, database, source, seen.emptied, Mending::Mends);
        let mended = mended.await.unwrap_or(0);
        if mended > 0 {
            log.forget();
            recovery = recovery.or(Some(Recovery::mended(mended)));
        }
    }
    if verdict.another_history {
        // What was read of it before may be of events that are gone, or aren't there yet.
        let another = beginning::another(database, log.ask(Index::history)).await;
        log.begins_with(another.map_err(while_opening)?);
    }
    log.goes_on_above(verdict.above);
    let store = match verdict.store {
        Some(store) => store,
        None => BrowserIds.next_id(BrowserClock.now()).0,
    };
    if seen.store != Some(store)
        && let Err(error) = name_store(database, store).await
    {
        // What can't be told from another store has no second copy.
        journal.give_up(error.to_string());
        if recovery.is_some() {
            journal.recovery.set(recovery);
        }
        return Ok(Admitted {
            store: None,
            doubt: None,
        });
    }
    // Of one that is damaged nobody knows how many can't be read.
    let events = asked.there().filter(|found| !found.is_damaged);
    let events = events.map(|found| found.events);
    let aside = aside::name(&journal.name, BrowserClock.now(), events);
    if let (Some(held), Some(source), Asked::There(_) | Asked::Missing) = (&held, source, asked)
        && let Err(reason) = act(held, source, &verdict, asked.there(), store, &aside).await
    {
        // Nothing of it was lost by that, and nothing is put into it.
        journal.give_up(reason);
        if verdict.act == Act::SetAside && !aside::is_there(&aside).await {
            recovery = recovery.map(Recovery::without_set_aside);
        }
    } else if verdict.doubted_after.is_none() && seen.doubted_after.is_some() {
        doubt::clear(database).await.map_err(while_opening)?;
    }
    let seen = look(database, log).await?;
    if recovery.is_some() {
        journal.recovery.set(recovery);
    }
    let doubt = match verdict.doubted_after {
        // From where it already was in doubt, unless it lost more since.
        Some(after) => doubt::read(database)
            .await
            .map_err(while_opening)?
            .filter(|doubt| doubt.after <= after)
            .or(Some(Doubt {
                after,
                events: seen.events,
            })),
        None => None,
    };
    note(journal, &verdict, known, &seen, store);
    let store = Some(store);
    Ok(Admitted { store, doubt })
}

/// Whether something in the log is known to be damaged.
async fn has_faults(database: &IdbDatabase, log: &Log) -> Result<bool, StoreError> {
    look(database, log).await?;
    Ok(log.ask(Index::is_faulty))
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
fn note(
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
        (Some(lost), Some(known)) if lost.cause == Loss::Deleted && seen.segment == 0 => Sentinel {
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
fn elsewhere() -> StoreError {
    StoreError::Unavailable {
        reason: "events are missing here, and another tab keeps their second copy; \
                 close all other tabs of this site, then reload this one"
            .to_owned(),
    }
}

/// Looks for the journal of the releases before, where this tab keeps the one of today.
async fn find_first(journal: &Journal, load: LoadUpkeep) {
    if !journal.is_here() || journal.first.borrow().is_some() {
        return;
    }
    let asked = upkeep::ask_first(load, &journal.name, false).await;
    // What can't be asked may be there, as what a tab has.
    journal
        .is_first_taken
        .set(matches!(asked, Err(_) | Ok(first::Asked::Taken)));
    if let Ok(first::Asked::There(first)) = asked {
        *journal.first.borrow_mut() = Some(Rc::new(first));
    }
}

/// What the database is compared with: the journal, but for that of the releases before where it goes
/// further.
fn source<'a>(held: Option<&'a Held>, first: Option<&'a First>) -> Option<Source<'a>> {
    match (held, first) {
        (Some(held), Some(first)) if first.tail.segment > held.mark().tail.segment => {
            Some(Source::First(first))
        }
        (Some(held), _) => Some(Source::Journal(held)),
        (None, _) => None,
    }
}

/// Does with the journal what was judged.
async fn act(
    held: &Held,
    source: Source<'_>,
    verdict: &Verdict,
    found: Option<judging::Journal>,
    store: Uuid,
    aside: &str,
) -> Result<(), String> {
    let is_damaged = found.is_some_and(|found| found.is_damaged);
    if let Source::First(first) = source {
        if verdict.act == Act::SetAside {
            first.set_aside(aside).await?;
        }
        // It is made from the log.
        return held.begin(store).await;
    }
    match verdict.act {
        Act::DropLast => held.drop_last().await?,
        Act::SetAside => held.set_aside(aside, store).await?,
        Act::BeginAnew => held.begin(store).await?,
        // All that can be read of it is in the database.
        Act::GoOn | Act::Restore { .. } if is_damaged || found.is_none() => {
            held.begin(store).await?;
        }
        Act::GoOn | Act::Restore { .. } => {}
    }
    match held.mark().store == store {
        true => Ok(()),
        false => held.is_of(store).await,
    }
}

/// What is known of the journal: at once where it ends with a chain that the database has there, and
/// nothing speaks against it, else by comparing all of it.
async fn find_out(
    database: &IdbDatabase,
    source: Source<'_>,
    seen: &Database,
    created: bool,
    load: LoadUpkeep,
) -> Result<judging::Journal, String> {
    let (store, segment, events) = (source.store(), source.segment(), source.events());
    let found = judging::Journal {
        store,
        segment,
        events,
        agreed: segment,
        ..judging::Journal::default()
    };
    if segment == 0 {
        return Ok(found);
    }
    let is_usual = !created
        && seen.doubted_after.is_none()
        && Some(store) == seen.store
        && seen.segment >= segment;
    if let Some(theirs) = source.chain()
        && is_usual
        && chain_at(database, segment).await? == Some(theirs)
    {
        return Ok(found);
    }
    let found = upkeep::compare(load, database, source).await?;
    if created && seen.segment > 0 {
        // Records that were found again, and aren't all of the journal's log: nothing tells what came before.
        let (agreed, beyond) = (0, found.events);
        return Ok(judging::Journal {
            agreed,
            beyond,
            ..found
        });
    }
    Ok(found)
}

/// Whether the last event is known to be another than was noted of its segment.
async fn is_another(
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

fn while_opening(fault: Fault) -> StoreError {
    fault.while_doing("open")
}

async fn look(database: &IdbDatabase, log: &Log) -> Result<Database, StoreError> {
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

/// Waits until this tab keeps the journal, or another says that it did something; not for ever.
async fn wait(hints: &Hints, journal: &Journal) {
    let hint = hints.after(Position::START);
    let (end, ended) = oneshot::channel();
    let _patience = Timeout::new(PATIENCE, move || {
        let _ = end.send(());
    });
    let _ = either(either(journal.take(true), hint), ended).await;
}

fn place(event: &RecordedEvent) -> (EventId, Position) {
    (event.event_id, event.position)
}

/// A segment of the log.
/// Whether what nobody said to be a store holds a log without what that began with.
async fn lacks_its_beginning(database: &IdbDatabase, seen: &Database) -> Result<bool, StoreError> {
    if seen.store.is_some() || seen.segment == 0 {
        return Ok(false);
    }
    let first = async {
        let reading = transaction::read(database, &[LOG])?;
        let found = answer(reading.store(LOG)?.get_all(None, Some(1))?).await?;
        let first = found.unchecked_into::<Array>().get(0);
        Ok(codec::open_segment(first.unchecked_ref()))
    };
    let first: Result<Option<Opened>, Fault> = first.await;
    Ok(first
        .map_err(while_opening)?
        .is_none_or(|first| first.from > 1))
}

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
