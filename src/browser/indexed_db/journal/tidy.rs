//! Once the journal is at the log's end: whether it is to be read whole, filled again, or others are beside it.

use std::rc::Rc;

use super::super::calls::Call;
use super::super::sweep::Sweeping;
use super::super::upkeep::{self, LoadUpkeep};
use super::file::Held;
use super::others;
use super::tab::Journal;
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
        let tidied = if is_void(&journal, &sweeping, &held) {
            journal.is_to_renew.set(true);
            Ok(false)
        } else if is_due(&journal, &held).await {
            upkeep::tidy(load, &journal, &held).await
        } else {
            Ok(true)
        };
        journal.is_tidying.set(false);
        match tidied {
            // Another file by now is to be looked at as well, and one that was found damaged meanwhile.
            Ok(true) if journal.keeps(&held) && held.is_checked() => {
                if !was_checked && !held.is_doubted() {
                    journal.holds_what_is_sure(&held);
                }
            }
            Ok(_) => journal.connection.call(Call::Copy),
            Err(reason) => journal.fail_of(&held, reason),
        }
    });
}

/// Whether it holds what was emptied, and is nowhere else any more.
fn is_void(journal: &Journal, sweeping: &Sweeping, held: &Held) -> bool {
    let events = journal.connection.log.ask(Index::events);
    sweeping.swept().is_some_and(|emptied| {
        let is_new = journal.swept.replace(emptied) != emptied;
        is_new && held.mark().tail.events > events
    })
}

/// Whether it is to be read whole, or others may be beside it.
async fn is_due(journal: &Journal, held: &Held) -> bool {
    !held.is_checked()
        || (!journal.is_alone.get() && others::are_there(journal, held).await == Ok(true))
}

/// Where a tab of a release before has its journal, waits until it hasn't: then this one is made.
pub(in super::super) fn wait_for_first(journal: &Rc<Journal>, load: LoadUpkeep) {
    if !journal.is_first_taken.get() || journal.waits_for_first.replace(true) {
        return;
    }
    let name = journal.connection.name.clone();
    let journal = Rc::downgrade(journal);
    // What can't be fetched is tried again when the store is opened.
    spawn(async move { upkeep::wait_for_first(load, journal, name).await });
}
