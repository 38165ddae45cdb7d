//! Showing all that the database holds, damaged records too, for a check.

use std::ops::ControlFlow;
use std::rc::Rc;

use idb::{KeyRange, ObjectStore};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::codec::{self, Content, Opened, Read, Record};
use super::connection::Connection;
use super::schema::{LOG, PAGES, SNAPSHOTS};
use super::transaction::{Fault, answer};
use super::walk::Walk;
use crate::core::{Position, RecordedEvent, Version};
use crate::log::segments::{Index, Run, in_order, unpack};
use crate::store::{Damaged, Held, StoreError};

type Show<'a> = dyn FnMut(Held<'_>) -> ControlFlow<()> + 'a;

/// One transaction, so that all of it is of one moment. Who would write meanwhile, waits.
pub(super) async fn inspect(
    connection: &Rc<Connection>,
    show: &mut Show<'_>,
) -> Result<(), StoreError> {
    let reading = connection.read("read", &[LOG, PAGES, SNAPSHOTS]).await?;
    let walk = async {
        let log = reading.store(LOG)?;
        let pages = reading.store(PAGES)?;
        let snapshots = reading.store(SNAPSHOTS)?;
        connection.log.catch_up(&log).await?;
        let heads = connection.log.ask(|index| index.heads(None, usize::MAX));
        let since = connection.log.ask(Index::since);
        if walk_log(&log, &pages, since, show).await?.is_break() {
            return Ok(());
        }
        for head in heads {
            if show(Held::Head(Ok(head))).is_break() {
                return Ok(());
            }
        }
        walk_snapshots(&snapshots, since, show).await
    };
    walk.await.map_err(|fault: Fault| fault.while_doing("read"))
}

async fn walk_log(
    log: &ObjectStore,
    pages: &ObjectStore,
    since: u64,
    show: &mut Show<'_>,
) -> Result<ControlFlow<()>, Fault> {
    // What stands before the log was emptied waits to be swept.
    let mut walk = Walk::after(log, JsValue::from_f64(since as f64));
    let mut last = since;
    loop {
        let records = walk.next(codec::segment_of).await?;
        if records.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        for record in records {
            let shown = match codec::open_segment(&record) {
                Some(opened) => walk_segment(opened, &mut last, pages, show).await?,
                None => lost(
                    show,
                    "a record lies under a key that is no number".to_owned(),
                ),
            };
            if shown.is_break() {
                return Ok(shown);
            }
        }
    }
}

/// Shows what a segment holds; `last` is the number of the one before.
async fn walk_segment(
    Opened {
        number,
        from,
        content,
        ..
    }: Opened,
    last: &mut u64,
    pages: &ObjectStore,
    show: &mut Show<'_>,
) -> Result<ControlFlow<()>, Fault> {
    let is_empty = matches!(
        content,
        Ok(Content::Turn(_) | Content::Emptied(_) | Content::Gone)
    );
    let follows = from == *last + 1 || is_empty;
    if !follows && lost(show, codec::misplaced(*last, from, number)).is_break() {
        return Ok(ControlFlow::Break(()));
    }
    *last = number;
    Ok(match content {
        Ok(Content::Readable(records)) => each(records, |record| show_event(&record, show)),
        Ok(Content::Packed(_, bytes)) => match unpack(&bytes) {
            Ok(events) => each(events, |event| show_whole(&event, show)),
            Err(error) => lost(show, format!("segment {number}: {error}")),
        },
        Ok(Content::Paged(_, runs)) => return walk_pages(number, &runs, pages, show).await,
        Ok(Content::Turn(_) | Content::Emptied(_) | Content::Gone) => ControlFlow::Continue(()),
        Err(cause) => {
            if lost(show, format!("segment {number}: {cause}")).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            // Where it had pages, these can be read without it.
            return walk_pages(number, &[], pages, show).await;
        }
    })
}

/// Shows the events of a segment's pages in the order of their positions; a page that is damaged or
/// missing before them. `runs` is what is in each page, as far as that is known.
async fn walk_pages(
    number: u64,
    runs: &[Vec<Run>],
    pages: &ObjectStore,
    show: &mut Show<'_>,
) -> Result<ControlFlow<()>, Fault> {
    let key = |page: f64| JsValue::from(Array::of2(&(number as f64).into(), &page.into()));
    let range = KeyRange::bound(&key(0.0), &key(f64::INFINITY), None, None)?;
    let found = answer(pages.get_all(Some(range.into()), None)?).await?;
    let mut found: Vec<Record> = found
        .unchecked_into::<Array>()
        .iter()
        .map(JsCast::unchecked_into)
        .collect();
    let mut events = Vec::new();
    let known = runs.len().max(found.len());
    for page in (0..).take(known) {
        let at = found.iter().position(|r| codec::page_of(r) == Some(page));
        let bytes = match at {
            Some(at) => codec::open_page(&found.swap_remove(at)),
            None => Err("it is missing".to_owned()),
        };
        match bytes.and_then(|bytes| unpack(&bytes).map_err(|error| error.to_string())) {
            Ok(unpacked) => events.extend(unpacked),
            Err(cause) => {
                let count = runs.get(page as usize).map(|runs| runs.iter());
                let count = count.map(|runs| runs.map(|run| run.count).sum::<u64>());
                let of = count.map_or(String::new(), |count| format!(" of {count} events"));
                if lost(show, format!("segment {number}, page {page}{of}: {cause}")).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
    }
    in_order(&mut events);
    Ok(each(events, |event| show_whole(&event, show)))
}

async fn walk_snapshots(
    snapshots: &ObjectStore,
    since: u64,
    show: &mut Show<'_>,
) -> Result<(), Fault> {
    let mut walk = Walk::over(snapshots);
    loop {
        let records = walk.next(codec::stream_of).await?;
        if records.is_empty() {
            return Ok(());
        }
        for record in records {
            if codec::since(&record) == since && show_snapshot(&record, show).is_break() {
                return Ok(());
            }
        }
    }
}

fn each<T>(
    list: impl IntoIterator<Item = T>,
    mut show: impl FnMut(T) -> ControlFlow<()>,
) -> ControlFlow<()> {
    list.into_iter().try_for_each(&mut show)
}

fn show_whole(event: &RecordedEvent, show: &mut Show<'_>) -> ControlFlow<()> {
    show(Held::Event {
        event: Ok(event),
        unchecked: false,
    })
}

/// A record of which not even the streams can be told.
fn lost(show: &mut Show<'_>, cause: String) -> ControlFlow<()> {
    show(Held::Event {
        event: Err(Damaged {
            stream: None,
            version: Version::NONE,
            position: Position::START,
            cause,
        }),
        unchecked: false,
    })
}

fn show_event(record: &Record, show: &mut Show<'_>) -> ControlFlow<()> {
    match codec::inspect_event(record) {
        Ok(Read { event, unchecked }) => show(Held::Event {
            event: Ok(&event),
            unchecked,
        }),
        Err(damaged) => show(Held::Event {
            event: Err(damaged),
            unchecked: false,
        }),
    }
}

fn show_snapshot(record: &Record, show: &mut Show<'_>) -> ControlFlow<()> {
    match codec::inspect_snapshot(record) {
        Ok(snapshot) => show(Held::Snapshot(Ok(&snapshot))),
        Err(damaged) => show(Held::Snapshot(Err(damaged))),
    }
}
