//! What an append has to know of its stream besides the head: the ids that are there already, and what
//! was recorded under them. Read where it isn't known, for all streams of a round together.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::codec::{self, Content, Record};
use super::connection::Connection;
use super::log::Log;
use super::read::{Batches, begin, read_stream};
use crate::core::{EventId, History, NewEvent, RecordedEvent, StreamId, Version};
use crate::log::segments::{Fetch, Ids, Segment, add_ids};
use crate::store::{AppendError, StoreError, recognise};

/// So many versions at a stream's end are searched first for what was recorded of a batch.
const NEWEST: u64 = 1_000;

/// So many filters at most are read at once.
const FILTERS: usize = 64;

/// Sees to it that it is known whether each of these streams holds one of these ids, all read in one
/// transaction, and each record once: the filters of the segments that have one, and the ids in the others. Of
/// streams that may hold one by their filters, all ids are read, in another. Left out are streams that can't be
/// read whole, and those of which more was taken in meanwhile. What is known of these streams stays so until
/// others are asked for.
pub(super) async fn learn(
    connection: &Rc<Connection>,
    asked: &[(&StreamId, Vec<EventId>)],
) -> Result<(), StoreError> {
    let log = &connection.log;
    let streams = || asked.iter().map(|(stream, _)| *stream);
    let unknown = log.change(|index| index.want_ids(streams()));
    let filters = log.ask(|index| index.unread_filters(streams()));
    if !unknown.is_empty() || !filters.is_empty() {
        read_ids(connection, &unknown, Ids::Unfiltered, &filters).await?;
    }
    let open: Vec<&StreamId> = log.ask(|index| {
        let open = asked
            .iter()
            .filter(|(stream, ids)| index.holds_any(stream, ids).is_none());
        open.map(|asked| asked.0).collect()
    });
    match open.is_empty() {
        true => Ok(()),
        false => read_ids(connection, &open, Ids::All, &[]).await,
    }
}

/// Reads filters, and then these ids of these streams.
async fn read_ids(
    connection: &Rc<Connection>,
    streams: &[&StreamId],
    which: Ids,
    mut filters: &[Segment],
) -> Result<(), StoreError> {
    let log = &connection.log;
    let mut found: HashMap<&StreamId, Vec<EventId>> = HashMap::new();
    let is_outside = || {
        let fetches = log.ask(|index| index.fetches_of(streams.iter().copied(), which));
        filters.is_empty() && fetches.is_empty()
    };
    if is_outside() {
        // All of it stands where filters tell of it.
        begin_ids(log, streams, which, &mut found);
    } else {
        let (_reading, sources) = begin(connection, None).await?;
        let forgotten = log.forgotten();
        while let Some((some, rest)) = filters.split_at_checked(FILTERS.min(filters.len()))
            && !some.is_empty()
        {
            let read = sources.filters(some).await;
            if log.forgotten() != forgotten {
                return Ok(());
            }
            // Those that the storage can't hand out are as good as none. The transaction is undone with it: the streams
            // are read whole in another.
            let is_read = read.is_ok();
            let read = read.unwrap_or_else(|_| vec![None; some.len()]);
            for (segment, filter) in some.iter().zip(read) {
                log.change(|index| index.take_filter(segment.number, filter));
            }
            filters = rest;
            if !is_read {
                return Ok(());
            }
        }
        let fetches = begin_ids(log, streams, which, &mut found);
        let mut batches = Batches::of(fetches, log.most_bytes());
        while !batches.is_empty() {
            let batch = batches.next(&sources).await;
            let batch = batch.map_err(|fault| fault.while_doing("read"))?;
            if !batch.is_whole {
                return Ok(());
            }
            batches.portion.passed(batch.records.len(), batch.bytes);
            for (fetch, record) in batch.records {
                take_ids(fetch, &record, &mut found);
            }
        }
        if log.forgotten() != forgotten {
            return Ok(());
        }
    }
    for (stream, ids) in found {
        log.change(|index| index.know_ids(stream, ids, which));
    }
    Ok(())
}

/// Begins to read the ids of these streams; answers what to fetch for them.
fn begin_ids<'a>(
    log: &Log,
    streams: &[&'a StreamId],
    which: Ids,
    found: &mut HashMap<&'a StreamId, Vec<EventId>>,
) -> Vec<Fetch> {
    log.change(|index| {
        for stream in streams {
            index.begin_ids(stream, which);
            found.insert(stream, Vec::new());
        }
        index.fetches_of(streams.iter().copied(), which)
    })
}

/// The ids of a batch.
pub(super) fn ids_of(batch: &[NewEvent]) -> Vec<EventId> {
    batch.iter().map(|event| event.event_id).collect()
}

/// Takes what can be read of a record; that something is missing is told by who counts.
fn take_ids(fetch: Fetch, record: &Record, found: &mut HashMap<&StreamId, Vec<EventId>>) {
    let bytes = match fetch {
        Fetch::Pages { .. } => codec::open_page(record).ok(),
        Fetch::Segments { .. } => match codec::open_segment(record).map(|opened| opened.content) {
            Some(Ok(Content::Packed(_, bytes))) => Some(bytes),
            Some(Ok(Content::Readable(records))) => {
                let events = records.iter().flat_map(codec::read_event);
                for event in events.filter(|event| !event.is_hole()) {
                    if let Some(ids) = found.get_mut(&event.stream) {
                        ids.push(event.event_id);
                    }
                }
                None
            }
            _ => None,
        },
    };
    if let Some(bytes) = bytes {
        let _ = add_ids(&bytes, found);
    }
}

/// Reads a stream from its beginning to its end, for what is wrong with it.
///
/// # Errors
/// What is.
pub(super) async fn read_through(
    connection: &Rc<Connection>,
    stream: &StreamId,
) -> Result<(), StoreError> {
    let (mut after, mut history) = (Version::NONE, None);
    loop {
        let page = read_stream(connection, stream, after, usize::MAX, history).await;
        let page = match page {
            // There is nothing left of what was wrong.
            Err(StoreError::HistoryChanged { .. }) => return Ok(()),
            page => page?,
        };
        history = Some(page.history);
        match page.items.last() {
            Some(last) => after = last.version,
            None => return Ok(()),
        }
    }
}

/// What was recorded of a batch of which the stream holds some ids in this history, as far as is known;
/// none where it holds none, or has another history by now. Looked for from its end, since what is sent again
/// was mostly sent a moment ago.
///
/// # Errors
/// [`AppendError`]. Where what was recorded can't be read, one whose outcome is unknown: it is there.
pub(super) async fn look_up(
    connection: &Rc<Connection>,
    history: History,
    stream: &StreamId,
    batch: &[NewEvent],
) -> Result<Option<Vec<RecordedEvent>>, AppendError> {
    // Whatever it is: that nothing was written would be untrue.
    let unread = |error: StoreError| StoreError::Failed {
        operation: "read what was recorded",
        cause: format!("the stream holds events of this batch already, but {error}").into(),
    };
    let wanted: HashSet<EventId> = ids_of(batch).into_iter().collect();
    let mut found = Vec::new();
    let mut end = connection.log.ask(|index| index.version(stream)).0;
    let mut count = NEWEST.max(batch.len() as u64);
    while end > 0 && found.len() < wanted.len() {
        let begin = end.saturating_sub(count);
        let mut at = begin;
        while at < end {
            let most = usize::try_from(end - at).unwrap_or(usize::MAX);
            let page = read_stream(connection, stream, Version(at), most, Some(history)).await;
            let page = match page {
                Err(StoreError::HistoryChanged { .. }) => return Ok(None),
                page => page.map_err(unread)?,
            };
            let Some(last) = page.items.last() else {
                break;
            };
            at = last.version.0;
            let items = page.items.into_iter();
            found.extend(items.filter(|e| wanted.contains(&e.event_id)));
        }
        end = begin;
        count = count.saturating_mul(4);
    }
    recognise(stream, batch, &found)
}
