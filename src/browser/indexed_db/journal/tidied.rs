//! Reading the journal whole once it is at the log's end, where nobody knows that it is as it was written, and removing
//! those beside it.

use std::rc::{Rc, Weak};

use super::super::calls::Call;
use super::file::Held;
use super::first::{self, First};
use super::mend::mend;
use super::others;
use super::source::{Mending, Source};
use super::tab::Journal;
use crate::log::segments::Index;

/// Waits until no tab of a release before has its journal: then this one is made.
pub(in super::super) async fn wait_for_first(journal: Weak<Journal>, name: String) {
    let asked = First::ask(&name, true).await;
    let Some(journal) = journal.upgrade() else {
        return;
    };
    journal.waits_for_first.set(false);
    match asked {
        Ok(first::Asked::There(first)) if journal.is_here() => {
            *journal.first.borrow_mut() = Some(Rc::new(first));
        }
        Ok(_) => {}
        // It is tried again when the store is opened.
        Err(reason) => return journal.fail(reason),
    }
    journal.is_first_taken.set(false);
    journal.is_alone.set(false);
    if let Some(held) = journal.held() {
        // It was begun for no store yet.
        held.doubt();
    }
    journal.connection.call(Call::Copy);
}

/// Once the journal is at the log's end: reads it whole where nobody knows that it is as it was written,
/// and removes the others. False where it has to be filled again.
pub(in super::super) async fn tidy(journal: &Journal, held: &Rc<Held>) -> Result<bool, String> {
    let connection = &journal.connection;
    if !held.is_checked() {
        let walked = held.entries(async |_| Ok(())).await?;
        if !journal.keeps(held) || held.is_doubted() {
            return Ok(true);
        }
        if !walked.lost.is_empty() {
            // All that it holds is in the log, unless that is damaged.
            if let Some(database) = connection.now() {
                let emptied = connection.log.ask(Index::since);
                let source = Source::Journal(held);
                let mended = mend(&database, source, emptied, Mending::Mends);
                if mended.await? > 0 {
                    connection.log.forget();
                }
            }
            journal.is_to_renew.set(true);
            return Ok(false);
        }
        held.checked();
        journal.holds_what_is_sure(held);
    }
    let Some(database) = connection.now() else {
        return Ok(true);
    };
    // What stays of the others is looked at again the next time that the store is opened.
    if !journal.is_alone.replace(true) && others::are_there(journal, held).await == Ok(true) {
        let mended = others::remove(&database, journal, held).await.unwrap_or(0);
        if mended > 0 {
            connection.log.forget();
            // It was filled while that couldn't be read.
            journal.is_to_renew.set(true);
            return Ok(false);
        }
    }
    Ok(true)
}
