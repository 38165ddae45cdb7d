//! Bringing the journal to the log's end: what other tabs wrote, what was imported, what there was
//! before there was a journal.

use std::rc::Rc;

use idb::KeyRange;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::super::above;
use super::super::codec::{self, Content, Record};
use super::super::connection::Connection;
use super::super::schema::{LOG, PAGES};
use super::super::transaction::{Fault, answer};
use super::admit::compare_last;
use super::file::Held;
use crate::core::Position;
use crate::store::StoreError;
use crate::store::journal::Entry;
use crate::store::segments::pack;
use crate::target::spawn;

/// So many segments at most are read at once, and one where the events of the one before were in
/// pages: what says which is large, too.
const STEP: u32 = 64;

/// Brings the journal to the log's end, where this tab keeps it. Once more where that is under way
/// already, since it may have looked too early.
pub(in super::super) fn keep_up(connection: &Rc<Connection>) {
    let Some(journal) = &connection.journal else {
        return;
    };
    if journal.held().is_none() {
        return;
    }
    if journal.is_busy.replace(true) {
        journal.once_more.set(true);
        return;
    }
    let connection = Rc::clone(connection);
    spawn(async move {
        let Some(journal) = &connection.journal else {
            return;
        };
        loop {
            journal.once_more.set(false);
            let Some(held) = journal.held() else {
                break;
            };
            match follow(&connection, &held).await {
                Ok(()) => journal.holds(&connection, held.seen()),
                Err(reason) => {
                    journal.fail(reason);
                    break;
                }
            }
            if !journal.once_more.get() {
                break;
            }
        }
        journal.is_busy.set(false);
    });
}

async fn follow(connection: &Rc<Connection>, held: &Held) -> Result<(), String> {
    if held.is_doubted() {
        held.look().await?;
        if let Some(database) = connection.now() {
            compare_last(&database, held).await?;
        }
        if let Some(store) = connection.store.get()
            && held.mark().store != store
        {
            held.begin(store).await?;
        }
    }
    let mut has_written = false;
    let mut step = 1;
    loop {
        let seen = held.seen();
        let read = after(connection, seen, step).await;
        if held.seen() != seen {
            // What this tab had put in ahead was refused and taken back meanwhile: what the log has
            // in its place comes first.
            continue;
        }
        let Some(found) = read.map_err(|error| error.to_string())? else {
            // What it has ends amid segments that are one now: it begins anew, from the first.
            held.begin(held.mark().store).await?;
            continue;
        };
        if found.is_empty() {
            break;
        }
        step = STEP.min(step * 4);
        for (segment, entry, last) in found {
            if let Some(Entry::Paged { .. }) = &entry {
                step = 1;
            }
            if let Some(entry) = entry {
                has_written = true;
                held.add(&entry, last, false).await?;
            }
            held.skip(segment);
        }
    }
    match has_written {
        true => held.flush().await,
        false => Ok(()),
    }
}

/// A segment of the log: its number, what the journal is to hold of it, its last position.
type Found = (u64, Option<Entry<'static>>, Option<Position>);

/// At most so many of the segments after one; none where that one was joined with what comes after
/// it.
async fn after(
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
            found.push(match opened.content {
                Ok(Content::Readable(records)) => {
                    let mut events = Vec::with_capacity(records.len());
                    // One that is damaged has no second copy.
                    events.extend(records.iter().flat_map(codec::read_event));
                    let last = events.last().map(|event| event.position);
                    let packed = pack(&events.iter().collect::<Vec<_>>()).into();
                    let segment = number;
                    let entry = Entry::Inline { segment, packed };
                    (number, (!events.is_empty()).then_some(entry), last)
                }
                Ok(Content::Packed(place, bytes)) => {
                    let (segment, packed) = (number, bytes.into());
                    (
                        number,
                        Some(Entry::Inline { segment, packed }),
                        Some(place.last),
                    )
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
                    let entry = Entry::Paged {
                        segment: number,
                        from: place.from,
                        first: place.first.0,
                        last: place.last.0,
                        pages: pages.map_err(Fault::told)?,
                    };
                    found.push((number, Some(entry), Some(place.last)));
                    // These take room: the others are read when they are asked for.
                    return Ok(Some(found));
                }
                Ok(Content::Emptied(floor)) => {
                    let (segment, floor) = (number, floor.0);
                    (number, Some(Entry::Emptied { segment, floor }), None)
                }
                Ok(Content::Gone) | Err(_) => (number, None, None),
            });
        }
        Ok(Some(found))
    };
    read.await.map_err(|fault: Fault| fault.while_doing("copy"))
}
