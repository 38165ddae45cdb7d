//! What every read begins with: a transaction, the index at what that sees, and the records it names.

use std::collections::VecDeque;
use std::rc::Rc;

use idb::{KeyRange, ObjectStore};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbRequest;

use super::super::codec::{self, Record};
use super::super::connection::Connection;
use super::super::schema::{LOG, PAGES};
use super::super::transaction::{Fault, Reading, answer};
use crate::core::{History, Position, PositionRanges, RecordedEvent, Version};
use crate::log::segments::{Fetch, Filter, Index, Portion, Segment};
use crate::store::{At, Cause, Page, StoreError, same_history};

/// Takes in what the log holds beyond what is known.
pub(in super::super) async fn catch_up(
    connection: &Rc<Connection>,
    operation: &'static str,
) -> Result<(), StoreError> {
    let reading = connection.read(operation, &[LOG]).await?;
    let caught_up = async { connection.log.catch_up(&reading.store(LOG)?).await };
    caught_up
        .await
        .map_err(|fault: Fault| fault.while_doing(operation))
}

/// Asks the index, once it knows what there is, for one who knows the log by this history or by none.
pub(in super::super) async fn ask<T>(
    connection: &Rc<Connection>,
    known: Option<History>,
    question: impl FnOnce(&Index) -> T,
) -> Result<At<T>, StoreError> {
    catch_up(connection, "read").await?;
    let history = connection.log.history();
    same_history(known, history)?;
    let place = connection.log.ask(question);
    Ok(At { history, place })
}

/// A transaction over the log and its pages, with the index at what it sees, for one who knows the log by this history or by none.
pub(in super::super) async fn begin(
    connection: &Rc<Connection>,
    known: Option<History>,
) -> Result<(Reading, Sources), StoreError> {
    let reading = connection.read("read", &[LOG, PAGES]).await?;
    let sources = async {
        let (log, pages) = (reading.store(LOG)?, reading.store(PAGES)?);
        connection.log.catch_up(&log).await?;
        let history = connection.log.history();
        Ok(Sources {
            history,
            log,
            pages,
        })
    };
    let sources = sources
        .await
        .map_err(|fault: Fault| fault.while_doing("read"))?;
    same_history(known, sources.history)?;
    Ok((reading, sources))
}

pub(in super::super) struct Sources {
    pub(in super::super) history: History,
    pub(in super::super) log: ObjectStore,
    pages: ObjectStore,
}

impl Sources {
    pub(super) fn fetch(&self, fetch: Fetch) -> Result<IdbRequest, Fault> {
        let number = |number: u64| JsValue::from_f64(number as f64);
        let key = |segment, page: u32| JsValue::from(Array::of2(&number(segment), &page.into()));
        let (store, from, to) = match fetch {
            Fetch::Segments { from, to } => (&self.log, number(from), number(to)),
            Fetch::Pages { segment, from, to } => {
                (&self.pages, key(segment, from), key(segment, to))
            }
        };
        let range = KeyRange::bound(&from, &to, None, None)?;
        Ok(store.get_all(Some(range.into()), None)?.into())
    }
}

impl Sources {
    /// The filters of some segments; none of one that has none, or where it is damaged.
    pub(in super::super) async fn filters(
        &self,
        segments: &[Segment],
    ) -> Result<Vec<Option<Filter>>, Fault> {
        let mut asked = Vec::new();
        for segment in segments {
            let number = JsValue::from_f64(segment.number as f64);
            let key = Array::of2(&number, &codec::FILTER.into());
            asked.push(self.pages.get(JsValue::from(key))?);
        }
        let mut filters = Vec::new();
        for (segment, request) in segments.iter().zip(asked) {
            let found = answer(request).await?;
            filters.push(match found.is_object() {
                true => codec::open_filter(found.unchecked_ref(), segment),
                false => None,
            });
        }
        Ok(filters)
    }
}

/// Records that are read some at a time, so that no more of them are in memory than a read may take.
pub(in super::super) struct Batches {
    rest: VecDeque<Fetch>,
    pub(in super::super) portion: Portion,
}

impl Batches {
    pub(in super::super) fn of(fetches: Vec<Fetch>, bytes: usize) -> Batches {
        Batches {
            rest: fetches.into(),
            portion: Portion::of(bytes),
        }
    }

    pub(in super::super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next ones.
    pub(in super::super) async fn next(&mut self, sources: &Sources) -> Result<Batch, Fault> {
        let mut left = u32::try_from(self.portion.count()).unwrap_or(u32::MAX);
        // All are asked for before the first is waited for.
        let mut asked = Vec::new();
        while left > 0
            && let Some(fetch) = self.rest.pop_front()
        {
            let (fetch, rest) = fetch.first(left);
            if let Some(rest) = rest {
                self.rest.push_front(rest);
            }
            left = left.saturating_sub(u32::try_from(fetch.records()).unwrap_or(u32::MAX));
            asked.push((fetch, sources.fetch(fetch)?));
        }
        let mut batch = Batch {
            records: Vec::new(),
            bytes: 0,
            is_whole: true,
        };
        for (fetch, request) in asked {
            let records = records(request).await?;
            batch.is_whole &= records.len() as u64 == fetch.records();
            batch.bytes += records.iter().map(codec::weight).sum::<usize>();
            let records = records.into_iter().map(|record| (fetch, record));
            batch.records.extend(records);
        }
        Ok(batch)
    }
}

/// Records that were read at once.
pub(in super::super) struct Batch {
    /// Each with what was asked for.
    pub(in super::super) records: Vec<(Fetch, Record)>,
    pub(in super::super) bytes: usize,
    /// Whether all that were asked for are there.
    pub(in super::super) is_whole: bool,
}

pub(super) async fn records(request: IdbRequest) -> Result<Vec<Record>, Fault> {
    let found: Array = answer(request).await?.unchecked_into();
    Ok(found.iter().map(JsCast::unchecked_into).collect())
}

/// Why the events couldn't be had.
pub(super) enum Miss {
    /// Records aren't where the index says.
    Moved,
    /// The index was forgotten meanwhile.
    Forgotten,
    Failed(StoreError),
}

impl From<StoreError> for Miss {
    fn from(error: StoreError) -> Miss {
        Miss::Failed(error)
    }
}

impl From<Fault> for Miss {
    fn from(fault: Fault) -> Miss {
        fault.while_doing("read").into()
    }
}

/// Events that were read, with which of them an import wrote.
pub(super) fn page(
    connection: &Connection,
    history: History,
    items: Vec<RecordedEvent>,
) -> Page<RecordedEvent> {
    let imported = match (items.first(), items.last()) {
        (Some(first), Some(last)) => connection
            .log
            .ask(|index| index.imported(first.position, last.position)),
        _ => PositionRanges::NONE,
    };
    Page {
        history,
        items,
        imported,
    }
}

/// Tries again where the index was forgotten, and once more, with one made anew, where it doesn't fit: then
/// what isn't there is missing.
pub(super) async fn again_where_moved<T>(
    connection: &Rc<Connection>,
    attempt: impl AsyncFn(bool) -> Result<T, Miss>,
) -> Result<T, StoreError> {
    let mut is_new = false;
    loop {
        match attempt(is_new).await {
            Ok(found) => return Ok(found),
            Err(Miss::Failed(error)) => return Err(error),
            Err(Miss::Forgotten) => {}
            Err(Miss::Moved) if !is_new => {
                connection.log.forget();
                is_new = true;
            }
            Err(Miss::Moved) => {
                let end = connection.log.ask(Index::last_position);
                return Err(corrupt("a stream that can't be told", end, MISSING));
            }
        }
    }
}

/// What is said of a record that the log names and doesn't have.
pub(super) const MISSING: &str = "records that the log names are missing";

/// A record whose events can't be told, of which the last has a position up to this one.
pub(super) fn corrupt(
    stream: impl Into<String>,
    position: Position,
    cause: impl Into<Cause>,
) -> StoreError {
    StoreError::Corrupt {
        stream: stream.into(),
        version: Version::NONE,
        position,
        cause: cause.into(),
    }
}
