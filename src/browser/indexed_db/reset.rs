//! Emptying the store: one record, after which nothing that stands before it is there any more. It stays
//! where it is for a while, so that the emptying can be undone; `sweep` takes it away.

use std::rc::Rc;

use super::calls::Call;
use super::codec;
use super::connection::Connection;
use super::copies::Copies;
use super::hints::Signal;
use super::left::Left;
use super::log::Wrote;
use super::read::ask;
use super::schema::{LOG, META};
use super::transaction::{Fault, add};
use crate::browser::{BrowserClock, BrowserIds};
use crate::core::{Clock, History, IdSource, Position, PositionRanges, RecordedEvent, Version};
use crate::log::segments::{INLINE, Index, Turn, runs_of};
use crate::store::{Durability, Following, ResetError, ResetToken, Segments};

/// Empties the store, and puts these events in, which bring their versions and positions.
pub(super) async fn reset(
    copies: &Copies,
    durability: Durability,
    events: &[RecordedEvent],
) -> Result<ResetToken, ResetError> {
    let mut following = Following::new(Position(1), true);
    for event in events {
        codec::number("position", event.position.0)?;
        codec::number("version", event.version.0)?;
        following.take::<ResetError>(event, |_| Ok(Version::NONE))?;
    }
    let Copies { connection, .. } = copies;
    let stores = [LOG, META];
    let writing = connection.write("reset", &stores, durability).await?;
    let _presence = connection.presence();
    let segments = writing.store(LOG)?;
    let log = &connection.log;
    log.catch_up(&segments).await?;
    // Of the database that is written to: the one before may have been another.
    let doubt = connection.doubts.to_note(log);
    doubt.note(&writing).await?;
    let first = log.ask(Index::last_segment) + 1;
    let history = another_history();
    let floor = log.given();
    let turn = Turn::Emptied { floor, history };
    let chain = log.chain().with_turn(first, turn);
    add(&segments, codec::turned(first, turn, chain, &[]))?;
    let mut token = Segments {
        history,
        first,
        last: first,
        chain,
    };
    let mut wrote = None;
    if !events.is_empty() {
        token.last += 1;
        let segment = codec::place_of(token.last, events, 0);
        let story = Wrote {
            segment,
            chain: chain.with(token.last, events),
            imported: PositionRanges::one(segment.first, segment.last),
        };
        let record = codec::inline(token.last, events)?;
        let record = codec::linked(record, story.chain, &story.imported);
        add(&segments, Ok(record))?;
        token.chain = story.chain;
        wrote = Some(story);
    }
    let meta = writing.store(META)?;
    Left::Whole.note(&meta, first)?;
    let forgotten = log.forgotten();
    if let Err(fault) = writing.commit().await
        && !is_emptied(connection, token).await
    {
        return Err(fault.into());
    }
    connection.doubts.noted(doubt);
    if log.forgotten() == forgotten && log.ask(|index| index.follows(first)) {
        log.emptied(first, floor, history, chain);
        if let Some(wrote) = wrote {
            let all: Vec<&RecordedEvent> = events.iter().collect();
            let runs = runs_of(&all).into_iter().map(|run| (INLINE, run));
            log.wrote(wrote, Some(events), runs);
        }
    }
    connection.hints.post(Signal::Reset);
    copies.wait(durability, token.last, None).await;
    copies.note_emptied(first, floor);
    connection.call(Call::Emptied);
    Ok(ResetToken::new(token))
}

impl From<Fault> for ResetError {
    fn from(fault: Fault) -> ResetError {
        fault.while_doing("reset").into()
    }
}

/// A history that nobody knows yet.
pub(super) fn another_history() -> History {
    History(BrowserIds.next_id(BrowserClock.now()).0)
}

/// Whether the log was emptied so: a connection that is lost at the commit doesn't say.
async fn is_emptied(connection: &Rc<Connection>, token: Segments) -> bool {
    let looked = ask(connection, None, |index| {
        (index.emptied(), index.last_segment())
    });
    looked.await.is_ok_and(|found| {
        let (emptied, last) = found.place;
        emptied == Some(token.first) && last >= token.last
    })
}
