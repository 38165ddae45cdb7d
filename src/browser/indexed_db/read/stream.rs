//! Reading one stream, up to what can't be read of it.

use std::rc::Rc;

use super::super::codec::{self, Content, Record};
use super::super::connection::Connection;
use super::source::{Batches, MISSING, Miss, Sources, again_where_moved, begin, corrupt, page};
use crate::core::{History, Position, RecordedEvent, StreamId, Version};
use crate::log::segments::{Fetch, Index, unpack_stream};
use crate::store::{Cause, Page, StoreError, until_hole};

pub(in super::super) async fn read_stream(
    connection: &Rc<Connection>,
    stream: &StreamId,
    after: Version,
    limit: usize,
    known: Option<History>,
) -> Result<Page<RecordedEvent>, StoreError> {
    again_where_moved(connection, async |is_new| {
        let (_reading, sources) = begin(connection, known).await?;
        let (fetches, last) = connection
            .log
            .ask(|index| index.fetches(stream, after, limit));
        let wanted = Wanted {
            connection,
            stream,
            after,
            last,
            is_new,
        };
        let bytes = connection.log.most_bytes();
        let items = wanted.from(&sources, Batches::of(fetches, bytes)).await?;
        Ok(page(connection, sources.history, until_hole(items)?))
    })
    .await
}

/// The events of a stream with versions above one and up to another.
struct Wanted<'a> {
    connection: &'a Connection,
    stream: &'a StreamId,
    after: Version,
    last: Version,
    /// Whether the index was made for this attempt.
    is_new: bool,
}

/// What was found of them.
#[derive(Default)]
struct Found {
    events: Vec<RecordedEvent>,
    damaged: Vec<StoreError>,
}

impl Wanted<'_> {
    /// Where they weigh more than a page may, or some are damaged, those that come first.
    async fn from(
        &self,
        sources: &Sources,
        mut batches: Batches,
    ) -> Result<Vec<RecordedEvent>, Miss> {
        let mut found = Found::default();
        while !batches.is_empty() && (found.events.is_empty() || !batches.portion.is_full()) {
            let batch = batches.next(sources).await?;
            if !batch.is_whole {
                if !self.is_new {
                    return Err(Miss::Moved);
                }
                found.damaged.push(self.corrupt(Position::START, MISSING));
            }
            batches.portion.took(batch.records.len(), batch.bytes);
            for (fetch, record) in batch.records {
                match fetch {
                    Fetch::Segments { .. } => self.take_segment(&record, &mut found)?,
                    Fetch::Pages { segment, .. } => {
                        self.take_packed(segment, codec::open_page(&record), &mut found);
                    }
                }
            }
        }
        let Found {
            mut events,
            damaged,
        } = found;
        let next = self.after.0.saturating_add(1);
        let is_next = |(event, version): &(&RecordedEvent, u64)| event.version.0 == *version;
        let whole = events.iter().zip(next..).take_while(is_next).count();
        let end = Version(self.after.0.saturating_add(whole as u64));
        let is_whole = whole == events.len() && (!batches.is_empty() || end >= self.last);
        if !is_whole && whole == 0 {
            return Err(self.lacking(&events, damaged).into());
        }
        events.truncate(whole);
        Ok(events)
    }

    fn take_segment(&self, record: &Record, found: &mut Found) -> Result<(), Miss> {
        let Some(opened) = codec::open_segment(record) else {
            return Ok(());
        };
        let number = opened.number;
        match opened.content {
            Ok(Content::Readable(records)) => {
                for record in records {
                    if codec::names(&record, self.stream, self.after, self.last) {
                        match codec::read_event(&record) {
                            Ok(event) => found.events.push(event),
                            Err(error) => found.damaged.push(error),
                        }
                    }
                }
            }
            Ok(Content::Packed(_, bytes)) => self.take_packed(number, Ok(bytes), found),
            // Others were joined to it.
            Ok(Content::Paged(..)) => return Err(Miss::Moved),
            Err(cause) => self.take_packed(number, Err(cause), found),
            // Others hold no events; that they are missing is told by who counts them.
            Ok(Content::Turn(_) | Content::Emptied(_) | Content::Gone) => {}
        }
        Ok(())
    }

    fn take_packed(&self, segment: u64, bytes: Result<Vec<u8>, String>, found: &mut Found) {
        let events = bytes.and_then(|bytes| {
            let events = unpack_stream(&bytes, self.stream, self.after, self.last);
            events.map_err(|error| error.to_string())
        });
        match events {
            Ok(events) => found.events.extend(events),
            Err(cause) => {
                let end = self.connection.log.ask(|index| index.end_of(segment));
                found.damaged.push(self.corrupt(end, cause));
            }
        }
    }

    fn corrupt(&self, end: Position, cause: impl Into<Cause>) -> StoreError {
        corrupt(self.stream.to_string(), end, cause)
    }

    /// Why the first of them can't be read; these come after it.
    fn lacking(&self, events: &[RecordedEvent], damaged: Vec<StoreError>) -> StoreError {
        let missing = self.after.next();
        let is_of = |error: &&StoreError| matches!(error, StoreError::Corrupt { version, .. } if *version == missing);
        let error = damaged.iter().find(is_of).or(damaged.first()).cloned();
        let mut error = error.unwrap_or_else(|| self.corrupt(Position::START, "it is missing"));
        let end = match events.first() {
            Some(event) => Position(event.position.0.saturating_sub(1)),
            None => self.connection.log.ask(Index::last_position),
        };
        if let StoreError::Corrupt {
            version, position, ..
        } = &mut error
        {
            *version = missing;
            *position = match *position {
                Position::START => end,
                known => known.min(end),
            };
        }
        error
    }
}
