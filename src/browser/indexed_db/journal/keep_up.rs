//! Keeping the journal at the log's end: when that is looked at, and what is told of it. `keep` is how it is brought
//! there.

use std::rc::Rc;

use super::super::adding::{self, LoadAdding};
use super::super::calls::Call;
use super::super::read;
use super::sentinel;
use super::tab::Journal;
use crate::log::segments::Index;
use crate::target::spawn;

/// Brings the journal to the log's end, where this tab keeps it; where it doesn't, it waits for its
/// turn to. Once more where that is under way
/// already, since it may have looked too early.
pub(in super::super) fn keep_up(journal: &Rc<Journal>, load: LoadAdding) {
    if !journal.is_here() {
        journal.queue_up();
        return;
    }
    if journal.is_busy.replace(true) {
        journal.once_more.set(true);
        return;
    }
    let journal = Rc::clone(journal);
    spawn(async move {
        loop {
            journal.once_more.set(false);
            let Some(held) = journal.held() else {
                break;
            };
            match adding::follow(load, &journal, &held).await {
                // It failed meanwhile: what was put into it last may not be in it.
                Ok(()) if journal.keeps(&held) && held.is_doubted() => continue,
                // Another file by now, which is to be brought there as well.
                _ if !journal.keeps(&held) => continue,
                Ok(()) => journal.holds(journal.sure(&held)),
                Err(reason) => {
                    journal.fail_of(&held, reason);
                    break;
                }
            }
            if !journal.once_more.get() {
                break;
            }
        }
        journal.is_busy.set(false);
        journal.connection.call(Call::Tidy);
        let seen = journal.held().map_or(0, |held| held.seen());
        if sentinel::read(&journal.connection.name).is_none_or(|noted| noted.segment < seen) {
            note_followed(&journal).await;
        }
    });
}

/// Notes how far the log goes where it goes further than is noted: a worker that recorded something has no local
/// storage to note it in.
pub(super) async fn note_followed(journal: &Journal) {
    let connection = &journal.connection;
    let is_caught_up = read::catch_up(connection, "copy").await.is_ok();
    let noted = sentinel::read(&connection.name).map_or(0, |noted| noted.segment);
    if is_caught_up && noted < connection.log.ask(Index::last_segment) {
        journal.note(None);
    }
}
