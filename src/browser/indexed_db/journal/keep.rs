//! What brings the journal to the log's end: what other tabs wrote, what was imported, what there was
//! before there was a journal.

use std::borrow::Cow;
use std::rc::Rc;

use idb::KeyRange;
use js_sys::Array;
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};

use super::super::codec::{self, Content, Record};
use super::super::connection::Connection;
use super::super::schema::{LOG, PAGES};
use super::super::transaction::{Fault, above, answer};
use super::compare::{chain_at, reaches};
use super::file::Held;
use super::tab::Journal;
use crate::core::{History, Position, RecordedEvent, Version};
use crate::log::Chain;
use crate::log::journal::{Body, Entry, Mark, Tail};
use crate::log::segments::{Turn, pack};
use crate::store::{Damaged, StoreError};

/// So often, in milliseconds, it is told how far it has come.
const TELL: f64 = 250.0;

/// So many segments at most are read at once, and one where the events of the one before were in
/// pages: what says which is large, too.
const STEP: u32 = 64;

/// Brings the journal to the log's end.
///
/// # Errors
/// What the journal says, or the database, in words.
pub(in super::super) async fn follow(journal: &Journal, held: &Rc<Held>) -> Result<(), String> {
    let connection = &journal.connection;
    if journal.is_first_taken.get() {
        return Err("a tab of the release before has its own".to_owned());
    }
    if journal.is_to_renew.take() {
        journal.renew(held, held.mark().store).await?;
        if !journal.keeps(held) {
            return Ok(());
        }
    }
    if held.is_doubted() {
        held.look().await?;
        settle(journal, held).await?;
        if !journal.keeps(held) {
            return Ok(());
        }
    }
    let mut step = 1;
    let mut told = js_sys::Date::now();
    loop {
        journal.goes_to(held);
        if js_sys::Date::now() - told >= TELL {
            told = js_sys::Date::now();
            journal.tell_filled();
        }
        let seen = held.seen();
        let read = after(connection, seen, step).await;
        if held.seen() != seen {
            // What this tab had put in ahead was refused and taken back meanwhile: what the log has
            // in its place comes first.
            continue;
        }
        let Some(found) = read.map_err(|error| error.to_string())? else {
            // What it has ends amid segments that are one now: it is filled again, from the first.
            journal.renew(held, held.mark().store).await?;
            if !journal.keeps(held) {
                return Ok(());
            }
            continue;
        };
        if found.is_empty() {
            break;
        }
        if !journal.keeps(held) {
            // What was put in ahead isn't taken back any more.
            break;
        }
        if !journal.under_way.borrow().is_empty() {
            // Nothing is put behind what the database may refuse still.
            journal.is_left.set(true);
            break;
        }
        step = STEP.min(step * 4);
        let mut at = seen;
        for Found {
            number: segment,
            entry,
            last,
            is_whole,
        } in found
        {
            if !is_whole && !held.mark().lacks {
                held.lacks().await?;
            }
            if held.seen() != at {
                // The same, and with it went what was added since.
                break;
            }
            if let Some(Body::Paged { .. }) = entry.as_ref().map(|entry| &entry.body) {
                step = 1;
            }
            held.to_flush();
            let added = entry.map(|entry| held.add(&entry, last, false));
            held.skip(segment);
            at = segment;
            if let Some(added) = added {
                added.await?;
            }
        }
    }
    held.flush().await?;
    match journal.is_left.get() || !journal.keeps(held) {
        // It isn't at the log's end, or is another tab's.
        true => Ok(()),
        false => held.filled().await,
    }
}

/// A segment of the log.
pub(super) struct Found {
    pub(super) number: u64,
    /// What the journal is to hold of it.
    pub(super) entry: Option<Entry<'static>>,
    /// Its last position.
    pub(super) last: Option<Position>,
    /// Whether all of it can be read.
    pub(super) is_whole: bool,
}

/// At most so many of the segments after one; none where that one was joined with what comes after
/// it.
pub(super) async fn after(
    connection: &Rc<Connection>,
    seen: u64,
    count: u32,
) -> Result<Option<Vec<Found>>, StoreError> {
    let reading = connection.read("copy", &[LOG, PAGES]).await?;
    let read = async {
        let (log, pages) = (reading.store(LOG)?, reading.store(PAGES)?);
        let range = above(&JsValue::from_f64(seen as f64))?;
        let records: Array = answer(log.get_all(Some(range), Some(count))?)
            .await?
            .unchecked_into();
        let mut found = Vec::new();
        for record in records.iter() {
            let Some(opened) = codec::open_segment(record.unchecked_ref()) else {
                break;
            };
            let number = opened.number;
            if seen > 0 && opened.from <= seen {
                return Ok(None);
            }
            let (chain, imported) = (opened.chain, opened.imported.clone());
            let mut is_whole = true;
            let (body, last) = match opened.content {
                Ok(Content::Readable(records)) => {
                    let mut events = Vec::with_capacity(records.len());
                    for record in &records {
                        match codec::inspect_event(record) {
                            Ok(read) => events.push(read.event),
                            Err(damaged) => {
                                is_whole = false;
                                events.extend(hole_of(damaged));
                            }
                        }
                    }
                    inline(&events)
                }
                Ok(Content::Packed(place, bytes)) => {
                    let packed = bytes.into();
                    (Some(Body::Inline { packed }), Some(place.last))
                }
                Ok(Content::Paged(place, _)) => {
                    let key = |page: u32| {
                        JsValue::from(Array::of2(&(number as f64).into(), &page.into()))
                    };
                    let range = KeyRange::bound(&key(0), &key(place.pages - 1), None, None)?;
                    let records: Array = answer(pages.get_all(Some(range.into()), None)?)
                        .await?
                        .unchecked_into();
                    let bytes = |record: JsValue| {
                        let record: Record = record.unchecked_into();
                        codec::open_page(&record).map(Into::into)
                    };
                    let pages: Result<Vec<_>, String> = records.iter().map(bytes).collect();
                    let body = Body::Paged {
                        from: place.from,
                        first: place.first,
                        last: place.last,
                        pages: pages?,
                    };
                    (Some(body), Some(place.last))
                }
                Ok(Content::Turn(turn)) => {
                    let fills = codec::fills(record.unchecked_ref());
                    (Some(Body::Turn(turn, fills.into())), None)
                }
                Ok(Content::Emptied(floor)) => {
                    let history = History(Uuid::nil());
                    let turn = Turn::Emptied { floor, history };
                    (Some(Body::Turn(turn, Cow::default())), None)
                }
                Ok(Content::Gone) => (None, None),
                Err(_) => {
                    is_whole = false;
                    (None, None)
                }
            };
            let is_paged = matches!(body, Some(Body::Paged { .. }));
            let entry = body.map(|body| Entry {
                segment: number,
                chain: chain.unwrap_or(Chain::START),
                imported,
                body,
            });
            found.push(Found {
                number,
                entry,
                last,
                is_whole,
            });
            if is_paged {
                // These take room: the others are read when they are asked for.
                break;
            }
        }
        Ok(Some(found))
    };
    read.await.map_err(|fault: Fault| fault.while_doing("copy"))
}

/// What stands for an event that can't be read, where its place can.
fn hole_of(damaged: Damaged) -> Option<RecordedEvent> {
    let Damaged {
        stream,
        version,
        position,
        ..
    } = damaged;
    let is_known = version > Version::NONE && position > Position::START;
    let stream = stream.filter(|_| is_known)?;
    Some(RecordedEvent::hole(stream, version, position))
}

/// Events that stand in their segment; nothing where none of them can be read.
fn inline(events: &[RecordedEvent]) -> (Option<Body<'static>>, Option<Position>) {
    let Some(last) = events.last() else {
        return (None, None);
    };
    let packed = pack(&events.iter().collect::<Vec<_>>()).into();
    (Some(Body::Inline { packed }), Some(last.position))
}

/// Sees to it that the journal is of this log, where it wasn't followed for a while: what another put into
/// it last, and the database refused, is dropped. One of another log stays where it is, and another is filled: then what
/// it alone has is set aside, and told.
async fn settle(journal: &Journal, held: &Rc<Held>) -> Result<(), String> {
    let connection = &journal.connection;
    let is_here = async |tail: Tail| {
        let Some(database) = connection.now() else {
            return Ok(true);
        };
        if tail.segment == 0 {
            return Ok(true);
        }
        match chain_at(&database, tail.segment).await? {
            Some(ours) => Ok(tail.chain == Chain::START || ours == tail.chain),
            // Where it was joined with others since, nothing tells; one that isn't there was refused, or is still to
            // come.
            None => reaches(&database, tail.segment).await,
        }
    };
    let Some(store) = connection.store.get() else {
        return Ok(());
    };
    let Mark { before, tail, .. } = held.mark();
    let is_ours = held.mark().store == store;
    if is_ours && is_here(tail).await? {
        return Ok(());
    }
    if is_ours && is_here(before).await? {
        return held.drop_last().await;
    }
    journal.renew(held, store).await
}
