//! What the page reads of a store: all streams, and a stream as far as it can be read. A page of a read may be
//! short though more follows; only an empty one is the end.

use crate::core::hole::Hole;
use crate::core::{History, Position, RecordedEvent, StreamHead, StreamId, Version};
use crate::store::{EventStore, StoreError};

/// How many records one read asks for.
const PAGE: usize = 2_000;

/// How many damaged events of a stream are passed over, each in a read of its own: a page of a stream holds some
/// hundred, and several may be damaged.
const PASSED: usize = 4_096;

/// The events of a stream that can be read, and why not all of them can.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// The history that they were read in; none where nothing could be read.
    pub history: Option<History>,
    /// The events, oldest first. In the place of one that is damaged stands a hole; its position is
    /// [`Position::START`] where that isn't known.
    pub events: Vec<RecordedEvent>,
    /// Why some of them, or those that follow, can't be read; none where all can.
    pub failed: Option<StoreError>,
}

impl Read {
    /// Whether the store has another history than what it was asked for.
    fn met_another_history(&self) -> bool {
        matches!(self.failed, Some(StoreError::HistoryChanged { .. }))
    }
}

/// All streams of a store, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn all_streams(store: &impl EventStore) -> Result<Vec<StreamHead>, StoreError> {
    let mut streams: Vec<StreamHead> = Vec::new();
    let mut history = None;
    loop {
        let after = streams.last().map(|head| &head.stream);
        match store.streams(after, PAGE, history).await {
            Ok(page) if page.items.is_empty() => return Ok(streams),
            Ok(page) => {
                history = Some(page.history);
                streams.extend(page.items);
            }
            // It was emptied meanwhile.
            Err(StoreError::HistoryChanged { .. }) => {
                streams.clear();
                history = None;
            }
            Err(error) => return Err(error),
        }
    }
}

/// The events of a stream, of one history.
pub async fn read_stream(store: &impl EventStore, stream: &StreamId) -> Read {
    loop {
        let read = read_after(store, stream, Version::NONE, None).await;
        if !read.met_another_history() {
            return read;
        }
    }
}

/// What follows a version that is held with the id of its event, and whether it replaces what is
/// held: it does in another history, and where the stream doesn't hold that event any more.
pub async fn newer(
    store: &impl EventStore,
    stream: &StreamId,
    (after, event_id): (Version, &str),
    history: Option<History>,
) -> (bool, Read) {
    let mut read = read_after(store, stream, after.previous(), history).await;
    match read.events.first() {
        _ if read.met_another_history() => {}
        Some(first) if first.event_id.to_string() == event_id => {
            read.events.remove(0);
            return (false, read);
        }
        // Whether it is still there can't be told.
        first if read.failed.is_some() && first.is_none_or(RecordedEvent::is_hole) => {
            read.events.clear();
            return (false, read);
        }
        _ => {}
    }
    (true, read_stream(store, stream).await)
}

/// The events of a stream after a version. What is damaged hides no good event around it, though a store may name
/// the first that it was asked for in the place of the damaged one: so less and less is asked for, and behind it
/// more and more.
async fn read_after(
    store: &impl EventStore,
    stream: &StreamId,
    after: Version,
    history: Option<History>,
) -> Read {
    let mut read = Read {
        history,
        ..Read::default()
    };
    let (mut limit, mut passed) = (PAGE, 0);
    loop {
        let after = read.events.last().map_or(after, |event| event.version);
        let error = match store.read_stream(stream, after, limit, read.history).await {
            Ok(page) => {
                read.history = Some(page.history);
                if page.items.is_empty() {
                    return read;
                }
                read.events.extend(page.items);
                limit = PAGE.min(limit * 2);
                continue;
            }
            Err(error) => error,
        };
        let position = match &error {
            // It is named by its own version.
            StoreError::Corrupt {
                cause, position, ..
            } if cause.get::<Hole>().is_some() && passed < PASSED => *position,
            StoreError::Corrupt { .. } if limit > 1 => {
                limit /= 2;
                continue;
            }
            StoreError::Corrupt { .. } if passed < PASSED => Position::START,
            _ => {
                read.failed = Some(error);
                return read;
            }
        };
        passed += 1;
        let hole = RecordedEvent::hole(stream.clone(), after.next(), position);
        read.events.push(hole);
        read.failed.get_or_insert(error);
    }
}
