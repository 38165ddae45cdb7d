//! Taking back what was done last: an emptying, or an import. What is taken back leaves its numbers
//! behind, and one record that says so: who knows less finds these taken, who knows it reads the log anew.

use std::rc::Rc;

use idb::ObjectStore;

use super::codec;
use super::connection::Connection;
use super::copies::Copies;
use super::hints::Signal;
use super::left::{Left, leave_numbers};
use super::read;
use super::reset::another_history;
use super::schema::{LOG, META, PAGES, SNAPSHOTS};
use super::transaction::{Fault, Writing, add};
use super::walk::Walk;
use crate::log::segments::{Index, Turn};
use crate::store::{Durability, Segments, UndoError};

/// Undoes an emptying.
pub(super) async fn reset(copies: &Copies, token: Segments) -> Result<(), UndoError> {
    let Copies { connection, .. } = copies;
    let (writing, segments) = begin(connection, &[LOG, PAGES, META]).await?;
    let log = &connection.log;
    let last = log.ask(Index::last_segment);
    token.are_last(log.history(), last, log.chain())?;
    let meta = writing.store(META)?;
    if Left::noted(&meta).await? != Some((token.first, Left::Whole)) {
        return Err(UndoError::Swept);
    }
    let turn = Turn::Restored {
        from: token.first,
        floor: log.given(),
    };
    let done = async {
        leave_numbers(&writing, &segments, token.first..=token.last).await?;
        turn_to(connection, &segments, last + 1, turn)?;
        // What an emptying before this one left can't be undone any more, and may be there still.
        Left::Sweeping.note(&meta, token.first)?;
        writing.commit().await
    };
    end(copies, done.await, last + 1).await
}

/// Takes an import back.
pub(super) async fn import(copies: &Copies, token: Segments) -> Result<(), UndoError> {
    let Copies { connection, .. } = copies;
    let stores = [LOG, PAGES, SNAPSHOTS, META];
    let (writing, segments) = begin(connection, &stores).await?;
    let log = &connection.log;
    let last = log.ask(Index::last_segment);
    token.are_last(log.history(), last, log.chain())?;
    let turn = Turn::TakenBack {
        from: token.first,
        floor: log.given(),
        history: another_history(),
    };
    let done = async {
        drop_snapshots(connection, &writing.store(SNAPSHOTS)?, token.first).await?;
        leave_numbers(&writing, &segments, token.first..=token.last).await?;
        turn_to(connection, &segments, last + 1, turn)?;
        writing.commit().await
    };
    end(copies, done.await, last + 1).await
}

async fn begin(
    connection: &Rc<Connection>,
    stores: &[&str],
) -> Result<(Writing, ObjectStore), UndoError> {
    let writing = connection.write("undo", stores, Durability::Strict).await?;
    let segments = writing.store(LOG)?;
    connection.log.catch_up(&segments).await?;
    let doubt = connection.doubts.to_note(&connection.log);
    doubt.note(&writing).await?;
    Ok((writing, segments))
}

fn turn_to(
    connection: &Connection,
    segments: &ObjectStore,
    number: u64,
    turn: Turn,
) -> Result<(), Fault> {
    let chain = connection.log.chain().with_turn(number, turn);
    add(segments, codec::turned(number, turn, chain, &[]))
}

/// Drops the snapshots of versions that stand in a segment or after it.
async fn drop_snapshots(
    connection: &Connection,
    snapshots: &ObjectStore,
    segment: u64,
) -> Result<(), Fault> {
    let mut walk = Walk::over(snapshots);
    loop {
        let page = walk.next(codec::stream_of).await?;
        if page.is_empty() {
            return Ok(());
        }
        for record in page {
            let key = codec::stream_of(&record);
            let since = connection.log.ask(Index::since);
            if let Some(snapshot) = codec::read_snapshot(record.into(), since) {
                let left = connection
                    .log
                    .ask(|index| index.version_before(&snapshot.stream, segment));
                if snapshot.version > left {
                    snapshots.delete(key)?;
                }
            }
        }
    }
}

/// After the transaction: `done` is what came of it.
async fn end(copies: &Copies, done: Result<(), Fault>, number: u64) -> Result<(), UndoError> {
    let Copies { connection, .. } = copies;
    // What was known holds what isn't there any more, or lacks what is there again.
    connection.log.forget();
    let looked = read::ask(connection, None, |index| index.last_segment());
    match (done, looked.await) {
        (Ok(()), _) => {}
        // A connection that is lost at the commit doesn't say.
        (Err(_), Ok(found)) if found.place >= number => {}
        (Err(fault), _) => return Err(fault.into()),
    }
    connection.hints.post(Signal::Reset);
    copies.note(None, Durability::Strict);
    copies.wait(Durability::Strict, number, None).await;
    Ok(())
}

impl From<Fault> for UndoError {
    fn from(fault: Fault) -> UndoError {
        fault.while_doing("undo").into()
    }
}
