//! What is done once the journal is at the log's end: it is read whole where nobody knows that it is as it was
//! written, and those beside it are removed.

use std::rc::Rc;

use super::super::sweep::Sweeping;
use super::super::upkeep::{self, LoadUpkeep};
use super::file::Held;
use super::keep::keep_up;
use super::source::{Mending, Source};
use super::tab::Journal;
use super::{first, others};
use crate::log::segments::Index;
use crate::target::spawn;

/// Once it is at the log's end: sees to it that it is as it was written, and alone. Nobody waits for that.
pub(in super::super) fn tidy_up(journal: &Rc<Journal>, sweeping: &Rc<Sweeping>, load: LoadUpkeep) {
    let held = journal.held().filter(|held| !held.is_doubted());
    let Some(held) = held.filter(|_| !journal.is_tidying.replace(true)) else {
        return;
    };
    let (journal, sweeping) = (Rc::clone(journal), Rc::clone(sweeping));
    spawn(async move {
        let was_checked = held.is_checked();
        let tidied = tidy(&journal, &sweeping, &held, load).await;
        journal.is_tidying.set(false);
        match tidied {
            // Another file by now is to be looked at as well, and one that was found damaged meanwhile.
            Ok(true) if journal.keeps(&held) && held.is_checked() => {
                if !was_checked && !held.is_doubted() {
                    journal.holds_what_is_sure(&held);
                }
            }
            Ok(_) => keep_up(&journal),
            Err(reason) => journal.fail_of(&held, reason),
        }
    });
}

/// Where a tab of a release before has its journal, waits until it hasn't: then this one is made.
pub(in super::super) fn wait_for_first(journal: &Rc<Journal>, load: LoadUpkeep) {
    if !journal.is_first_taken.get() || journal.waits_for_first.replace(true) {
        return;
    }
    let name = journal.connection.name.clone();
    let journal = Rc::downgrade(journal);
    spawn(async move {
        let asked = upkeep::ask_first(load, &name, true).await;
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
        keep_up(&journal);
    });
}

/// Once the journal is at the log's end: reads it whole where nobody knows that it is as it was written,
/// and removes the others. False where it has to be filled again.
async fn tidy(
    journal: &Journal,
    sweeping: &Sweeping,
    held: &Rc<Held>,
    load: LoadUpkeep,
) -> Result<bool, String> {
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
                let mended = upkeep::mend(load, &database, source, emptied, Mending::Mends);
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
    let (swept, events) = (sweeping.swept(), connection.log.ask(Index::events));
    if let Some(emptied) = swept
        && journal.swept.replace(emptied) != emptied
        && held.mark().tail.events > events
    {
        // What stood before that is nowhere else any more, and doesn't stay here either.
        journal.is_to_renew.set(true);
        return Ok(false);
    }
    let Some(database) = connection.now() else {
        return Ok(true);
    };
    // What stays of the others is looked at again the next time that the store is opened.
    if !journal.is_alone.replace(true) && others::are_there(journal, held).await == Ok(true) {
        let _ = upkeep::tidy(load, &database, journal, held).await;
    }
    Ok(true)
}
