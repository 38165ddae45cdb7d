//! Judging the two copies where something may be missing in one of them, or where they differ, and acting on it.

use std::rc::Rc;

use js_sys::Array;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::IdbDatabase;

use super::super::beginning;
use super::super::codec;
use super::super::doubt::{self, Doubt};
use super::super::hints::Signal;
use super::super::log::Log;
use super::super::schema::LOG;
use super::super::transaction::{self, Fault, answer};
use super::aside;
use super::compare::compare;
use super::evidence::{
    Admitted, as_noted, at_once, elsewhere, go_on_above, judged, lacks, look, note, while_opening,
};
use super::file::Held;
use super::first::{self, First};
use super::further::open_further;
use super::mend::mend;
use super::restore::{drop_found, name_store, restore};
use super::sentinel::{self, Sentinel};
use super::source::{Mending, Source};
use super::tab::Journal;
use crate::browser::{BrowserClock, BrowserIds};
use crate::core::{Clock, IdSource};
use crate::log::journal::Entry;
use crate::log::segments::Index;
use crate::store::judging::{self, Act, Asked, Database, Verdict};
use crate::store::{Recovery, StoreError};

/// Compares what there is with all that the second copy holds, has it judged, and acts on that.
///
/// # Errors
/// As `admit`.
pub(in super::super) async fn admit_whole(
    database: &IdbDatabase,
    created: bool,
    journal: &Journal,
) -> Result<Admitted, StoreError> {
    let log = &journal.connection.log;
    let noted = sentinel::ask(&journal.connection.name);
    let known = noted.there();
    let mut seen = look(database, log).await?;
    let held = journal.held();
    find_first(journal).await;
    let first = journal.first.borrow().clone();
    let mut held = held;
    let further = match &held {
        Some(held) if held.mark().is_partial => open_further(held, &journal.connection.name).await,
        _ => Ok(None),
    };
    let further = further.unwrap_or_else(|reason| {
        // What it may hold isn't missing.
        journal.give_up(reason);
        held = None;
        None
    });
    let source = source(held.as_deref(), further.as_ref(), first.as_deref(), known);
    if journal.is_first_taken.get() && lacks(known, &seen) {
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
        && drop_found(database, source, end).await?
    {
        log.forget();
        seen = look(database, log).await?;
        end = std::mem::take(&mut seen.segment);
    }
    if let Some(noted) = known {
        seen.as_noted = as_noted(database, &seen, &noted).await?;
    }
    let asked = match source {
        _ if journal.is_first_taken.get() => Asked::Silent,
        None => Asked::Silent,
        Some(source) => match find_out(database, source, &seen, created).await {
            Ok(found) if found.segment == 0 && !found.is_damaged => Asked::Missing,
            Ok(found) => Asked::There(found),
            Err(reason) => {
                // Nothing is put into what may hold what is missing here.
                journal.give_up(reason);
                Asked::Silent
            }
        },
    };
    let verdict = judged(seen, asked, noted);
    if let Act::Restore { .. } = verdict.act
        && let Some(source) = source
    {
        restore(database, source, seen.segment, end).await?;
        log.forget();
    }
    let mut recovery = verdict.recovery;
    let mut is_mended = true;
    if let (Act::GoOn | Act::Restore { .. }, Some(source), Asked::There(_)) =
        (verdict.act, source, asked)
        && has_faults(database, log).await?
    {
        match mend(database, source, seen.emptied, Mending::Mends).await {
            Ok(0) => {}
            Ok(mended) => {
                log.forget();
                recovery = recovery.or(Some(Recovery::mended(mended)));
            }
            // It is tried again once the journal is read whole: until then that keeps what it holds.
            Err(_) => is_mended = false,
        }
    }
    log.goes_on_above(verdict.above);
    if verdict.another_history {
        // What was read of it before may be of events that are gone, or aren't there yet.
        let another = beginning::another(database, log.ask(Index::history), log.given()).await;
        log.begins_with(another.map_err(while_opening)?);
        journal.connection.hints.send(Signal::Filled);
    }
    go_on_above(database, log, verdict.above).await?;
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
    if verdict.act == Act::SetAside && recovery.is_none_or(|recovery| recovery.lost == 0) {
        // Killed once it is set aside, what was noted of it would be told as lost.
        note(journal, &verdict, known, &look(database, log).await?, store);
    }
    // Of one that is damaged nobody knows how many can't be read.
    let events = asked.there().filter(|found| !found.is_damaged);
    let events = events.map(|found| found.events);
    let aside = aside::name(&journal.connection.name, BrowserClock.now(), events);
    if let (Some(held), Some(source), Asked::There(_) | Asked::Missing) = (&held, source, asked)
        && is_mended
        && let Err(reason) = act(
            journal,
            (held, source),
            &verdict,
            asked.there(),
            store,
            &aside,
        )
        .await
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

/// Looks for the journal of the releases before, where this tab keeps the one of today.
async fn find_first(journal: &Journal) {
    if !journal.is_here() || journal.first.borrow().is_some() {
        return;
    }
    let asked = First::ask(&journal.connection.name, false).await;
    // What can't be asked may be there, as what a tab has.
    journal
        .is_first_taken
        .set(matches!(asked, Err(_) | Ok(first::Asked::Taken)));
    if let Ok(first::Asked::There(first)) = asked {
        *journal.first.borrow_mut() = Some(Rc::new(first));
    }
}

/// What the database is compared with: the journal, but for one of an earlier epoch, or of the releases before, that
/// goes further.
fn source<'a>(
    held: Option<&'a Held>,
    further: Option<&'a Held>,
    first: Option<&'a First>,
    known: Option<Sentinel>,
) -> Option<Source<'a>> {
    let kept = further.or(held).filter(|_| held.is_some())?;
    let kept = match known.and_then(|noted| noted.emptied_in(kept.mark().store)) {
        Some(emptying) => Source::Emptied(kept, emptying),
        None => Source::Journal(kept),
    };
    let first = first.filter(|first| first.tail.segment > kept.segment());
    Some(first.map_or(kept, Source::First))
}

/// Does with the journal what was judged.
async fn act(
    journal: &Journal,
    (held, source): (&Rc<Held>, Source<'_>),
    verdict: &Verdict,
    found: Option<judging::Journal>,
    store: Uuid,
    aside: &str,
) -> Result<(), String> {
    let is_damaged = found.is_some_and(|found| found.is_damaged);
    match source {
        Source::First(first) => {
            if verdict.act == Act::SetAside {
                first.set_aside(aside).await?;
            }
            // It is made from the log.
            return journal.renew(held, store).await;
        }
        Source::Journal(other) | Source::Emptied(other, _) if !std::ptr::eq(other, &**held) => {
            if verdict.act == Act::SetAside {
                other.move_aside(aside).await?;
            }
            // It is filled from where it is, unless it isn't of this log.
            held.doubt();
            if verdict.act != Act::SetAside {
                other.is_of(store).await?;
            }
            return held.is_of(store).await;
        }
        Source::Journal(_) | Source::Emptied(..) => {}
    }
    match verdict.act {
        Act::DropLast => held.drop_last().await?,
        Act::SetAside => held.set_aside(aside, store).await?,
        Act::BeginAnew => journal.renew(held, store).await?,
        // All that can be read of it is in the database. What it is known to have held beside is this store's, too.
        Act::GoOn | Act::Restore { .. } if is_damaged || found.is_none() => {
            held.is_of(store).await?;
            journal.renew(held, store).await?;
        }
        Act::GoOn | Act::Restore { .. } => {}
    }
    let Some(held) = journal.held() else {
        return Ok(());
    };
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
) -> Result<judging::Journal, String> {
    if source.claims().segment == 0 {
        return Ok(judging::Journal {
            store: source.store(),
            ..judging::Journal::default()
        });
    }
    let first = first_number(database)
        .await
        .map_err(|fault| fault.to_string())?;
    let is_whole = !created && first <= 1;
    if is_whole && let Some(found) = at_once(database, source, seen).await? {
        return Ok(found);
    }
    let found = compare(database, source).await?;
    let is_found_again = created && seen.segment > 0;
    if is_found_again || (first > 1 && holds_before(source, first).await?) {
        // Records that were found again, and aren't all of the journal's log: nothing tells what came before.
        return Ok(judging::Journal {
            agreed: 0,
            beyond: found.events,
            filled: 0,
            ..found
        });
    }
    Ok(found)
}

/// Whether what nobody said to be a store holds a log without what that began with.
async fn lacks_its_beginning(database: &IdbDatabase, seen: &Database) -> Result<bool, StoreError> {
    if seen.store.is_some() || seen.segment == 0 {
        return Ok(false);
    }
    let first = first_number(database).await;
    Ok(first.map_err(while_opening)? != 1)
}

/// The first number that the log's records stand for: 1, unless its beginning is gone; 0 where that can't be told,
/// or there is none.
async fn first_number(database: &IdbDatabase) -> Result<u64, Fault> {
    let reading = transaction::read(database, &[LOG])?;
    let found = answer(reading.store(LOG)?.get_all(None, Some(1))?).await?;
    let first = found.unchecked_into::<Array>().get(0);
    if !first.is_object() {
        return Ok(0);
    }
    Ok(codec::open_segment(first.unchecked_ref()).map_or(0, |first| first.from))
}

/// Whether a source has events of its log's segments before one.
async fn holds_before(source: Source<'_>, first: u64) -> Result<bool, String> {
    let walked = source.entries(async |_| Ok(())).await?;
    let mut holds = false;
    let look = async |entry: Entry<'_>| {
        let is_there = entry.segment < first && !walked.void.holds(entry.segment);
        holds |= is_there && entry.events().is_ok_and(|events| events > 0);
        Ok(())
    };
    source.entries(look).await?;
    Ok(holds)
}
