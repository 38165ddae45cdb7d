//! Having database, journal and sentinel judged when a database was opened, before anybody uses it, and
//! acting on that.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;
use web_sys::IdbDatabase;

use super::super::connection::Connection;
use super::super::doubt;
use super::super::upkeep::{self, LoadUpkeep};
use super::evidence::{
    Admitted, as_noted, at_once, elsewhere, go_on_above, judged, lacks, look, note, while_opening,
};
use super::first::First;
use super::restore::name_store;
use super::sentinel::{self, Sentinel};
use super::source::Source;
use super::standing::PATIENCE;
use super::tab::Journal;
use crate::browser::{BrowserClock, BrowserIds};
use crate::core::{Clock, IdSource, Position};
use crate::log::segments::Index;
use crate::store::StoreError;
use crate::store::judging::{Act, Asked, Database};

/// Compares what there is, has it judged, and acts on that: brings back what the database lacks and
/// the journal has, sets aside what doesn't go on from it, and notes what came of it.
///
/// # Errors
/// The storage's. [`StoreError::Unavailable`] where events are known to be missing, and the tab that
/// keeps the journal doesn't bring them back.
pub(in super::super) async fn admit(
    database: &IdbDatabase,
    created: bool,
    journal: &Journal,
    load: LoadUpkeep,
) -> Result<Admitted, StoreError> {
    let log = &journal.connection.log;
    let noted = sentinel::ask(&journal.connection.name);
    let known = noted.there();
    let mut seen = look(database, log).await?;
    if !journal.is_here() && journal.is_wanted() {
        if lacks(known, &seen) || seen.segment == 0 {
            // Another tab keeps the journal, and brings back what is missing; or it was closed just now.
            seen = wait(database, journal, known).await?;
        }
        if !journal.is_here() && lacks(known, &seen) {
            return Err(elsewhere());
        }
        if !journal.is_here() {
            let given = known.map_or(Position::START, |noted| noted.position);
            go_on_above(database, log, given).await?;
            // That tab has judged, unless the database is new since.
            if seen.store.is_none() {
                return beside(database, known, journal).await;
            }
            let doubt = doubt::read(database).await.map_err(while_opening)?;
            return Ok(Admitted {
                store: seen.store,
                doubt,
            });
        }
    }
    if let Some(admitted) = usual(database, created, journal, noted, seen).await? {
        return Ok(admitted);
    }
    upkeep::admit(load, database, created, journal).await
}

/// Admits where nothing is to be brought back, set aside, mended or told; none where something may be, or is to
/// be compared.
async fn usual(
    database: &IdbDatabase,
    created: bool,
    journal: &Journal,
    noted: Asked<Sentinel>,
    mut seen: Database,
) -> Result<Option<Admitted>, StoreError> {
    let log = &journal.connection.log;
    let Some(held) = journal.held().filter(|held| !held.is_doubted()) else {
        return Ok(None);
    };
    let has_first = journal.first.borrow().is_some() || journal.is_first_taken.get();
    let is_found_again = seen.segment > 0 && (created || seen.store.is_none());
    let may_be_first = has_first || First::is_there(&journal.connection.name).await != Ok(false);
    let may_be_another = may_be_first || held.mark().is_partial;
    if may_be_another || is_found_again || seen.doubted_after.is_some() || log.ask(Index::is_faulty)
    {
        return Ok(None);
    }
    if let Some(noted) = noted.there() {
        seen.as_noted = as_noted(database, &seen, &noted).await?;
    }
    let source = Source::Journal(&held);
    let asked = match source.claims().segment {
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
    if go_on_above(database, log, verdict.above).await.is_err() {
        return Ok(None);
    }
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

/// Says which store a database is that was made while another tab keeps the journal.
async fn beside(
    database: &IdbDatabase,
    known: Option<Sentinel>,
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
    // A loss that was told stays known until something is recorded.
    if known.is_none_or(|noted| !noted.store.is_nil()) {
        let seen = look(database, &journal.connection.log).await?;
        sentinel::keep(&journal.connection.name, &Sentinel::of(store, &seen));
    }
    journal.connection.doubts.is_unjudged();
    let store = Some(store);
    Ok(Admitted { store, doubt: None })
}

/// Waits until this tab keeps the journal, or another says something after which nothing is missing; not for ever.
/// Answers what is there then.
async fn wait(
    database: &IdbDatabase,
    journal: &Journal,
    known: Option<Sentinel>,
) -> Result<Database, StoreError> {
    let Connection { log, hints, .. } = &*journal.connection;
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
