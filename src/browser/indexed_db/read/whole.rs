//! Reading the whole log forward, up to what can't be read of it.

use std::collections::VecDeque;
use std::rc::Rc;

use super::super::codec::{self, Content, Record};
use super::super::connection::Connection;
use super::super::log::{Ahead, Log};
use super::source::{MISSING, Miss, again_where_moved, begin, corrupt, page, records};
use crate::core::{History, Position, RecordedEvent};
use crate::log::segments::{Fetch, Index, Portion, Segment, in_order, text_size, unpack};
use crate::store::{Cause, Page, StoreError, until_hole};

pub(in super::super) async fn read_all(
    connection: &Rc<Connection>,
    after: Position,
    limit: usize,
    known: Option<History>,
) -> Result<Page<RecordedEvent>, StoreError> {
    let mut page = read_as_it_lies(connection, after, limit, known).await?;
    page.items = until_hole(page.items)?;
    Ok(page)
}

/// The same, with the holes in it.
pub(in super::super) async fn read_as_it_lies(
    connection: &Rc<Connection>,
    after: Position,
    limit: usize,
    known: Option<History>,
) -> Result<Page<RecordedEvent>, StoreError> {
    again_where_moved(connection, async |is_new| {
        let (_reading, sources) = begin(connection, known).await?;
        let log = &connection.log;
        let forgotten = log.forgotten();
        let ahead = log.ahead.take().filter(|ahead| ahead.after == after);
        let Part {
            events: mut found,
            mut damaged,
            ..
        } = ahead.map_or_else(|| Part::after(after), until_gap);
        let mut portion = Portion::of(log.most_bytes());
        portion.took(found.len(), found.iter().map(text_size).sum());
        while damaged.is_none() && found.len() < limit && (found.is_empty() || !portion.is_full()) {
            let known = found.back().map_or(after, |event| event.position);
            // Each holds an event at least.
            let most = portion.count().min(limit - found.len());
            let Some((first, fetch)) = log.ask(|index| next_fetch(index, known, most)) else {
                break;
            };
            let records = records(sources.fetch(fetch)?).await?;
            if log.forgotten() != forgotten {
                return Err(Miss::Forgotten);
            }
            if records.len() as u64 != fetch.records() && !is_new {
                return Err(Miss::Moved);
            }
            portion.took(records.len(), records.iter().map(codec::weight).sum());
            let mut part = Part::after(known);
            match fetch {
                Fetch::Segments { from, to } => part.take_segments(log, from..=to, &records)?,
                Fetch::Pages { .. } => part = pages(first, known, &records),
            }
            if part.events.is_empty() && part.damaged.is_none() {
                let end = log.ask(|index| index.end_of(first.number));
                part.is_lost(end.max(Position(known.0 + 1)), "its events are missing");
            }
            found.extend(part.events);
            damaged = part.damaged;
        }
        let rest = found.split_off(found.len().min(limit));
        let next = match (found.back(), damaged) {
            (None, Some(damaged)) => {
                *log.ahead.borrow_mut() = damaged.behind;
                return Err(damaged.error.into());
            }
            (Some(last), _) if !rest.is_empty() => Some(Ahead {
                after: last.position,
                events: rest,
                gaps: None,
            }),
            (Some(last), Some(damaged)) => damaged.behind.map(|behind| Ahead {
                after: last.position,
                ..behind
            }),
            _ => None,
        };
        *log.ahead.borrow_mut() = next;
        Ok(page(connection, sources.history, found.into()))
    })
    .await
}

/// What to fetch of the first segment that may hold something behind a position: all its pages, or it and
/// those after it that lie beside it, so many at most.
fn next_fetch(index: &Index, after: Position, most: usize) -> Option<(Segment, Fetch)> {
    let segments = index.segments_after(after);
    // Of what can't be read it isn't known where it ends: where the next begins there, it held nothing.
    let is_behind = |segment: &Segment| index.end_of(segment.number) > after;
    let segments = &segments[segments.iter().position(is_behind)?..];
    let first = segments.first()?;
    if first.pages > 0 {
        let fetch = Fetch::Pages {
            segment: first.number,
            from: 0,
            to: first.pages - 1,
        };
        return Some((*first, fetch));
    }
    let beside = segments
        .iter()
        .zip(first.number..)
        .take(most)
        .take_while(|(segment, number)| segment.number == *number && segment.pages == 0)
        .count() as u64;
    let fetch = Fetch::Segments {
        from: first.number,
        to: first.number + beside - 1,
    };
    Some((*first, fetch))
}

/// The events behind a position, as far as they can be read.
struct Part {
    after: Position,
    events: VecDeque<RecordedEvent>,
    /// What comes behind them, if it can't.
    damaged: Option<Met>,
}

/// What can't be read, and what was read behind it.
struct Met {
    error: StoreError,
    behind: Option<Ahead>,
}

impl Part {
    fn after(after: Position) -> Part {
        Part {
            after,
            events: VecDeque::new(),
            damaged: None,
        }
    }

    fn take(&mut self, events: impl IntoIterator<Item = RecordedEvent>) {
        let after = self.after;
        let behind = events.into_iter().filter(|event| event.position > after);
        self.events.extend(behind);
    }

    /// Meets what can't be read and ends at a position.
    fn is_lost(&mut self, end: Position, cause: impl Into<Cause>) {
        let last = self
            .events
            .back()
            .map_or(self.after, |event| event.position);
        if end > last {
            let what = format!("what follows position {last}");
            let error = corrupt(what, end, cause);
            self.damaged = Some(Met {
                error,
                behind: None,
            });
        }
    }

    fn take_segments(
        &mut self,
        log: &Log,
        numbers: std::ops::RangeInclusive<u64>,
        records: &[Record],
    ) -> Result<(), Miss> {
        let mut records = records.iter().peekable();
        for number in numbers {
            let record = records.next_if(|record| codec::number_of(record) == Some(number));
            let end = log.ask(|index| index.end_of(number));
            self.take_segment(record, end)?;
            if self.damaged.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn take_segment(&mut self, record: Option<&Record>, end: Position) -> Result<(), Miss> {
        let Some(record) = record else {
            self.is_lost(end, MISSING);
            return Ok(());
        };
        match codec::open_segment(record).map(|opened| opened.content) {
            Some(Ok(Content::Readable(records))) => self.take_readable(&records, end),
            Some(Ok(Content::Packed(_, bytes))) => match unpack(&bytes) {
                Ok(events) => self.take(events),
                Err(error) => self.is_lost(end, error.to_string()),
            },
            // Others were joined to it.
            Some(Ok(Content::Paged(..))) => return Err(Miss::Moved),
            Some(Err(cause)) => self.is_lost(end, cause),
            _ => {}
        }
        Ok(())
    }

    fn take_readable(&mut self, records: &[Record], end: Position) {
        let mut before = Position::START;
        for (at, record) in records.iter().enumerate() {
            let mut error = match codec::read_event(record) {
                Ok(event) => {
                    before = event.position;
                    self.take([event]);
                    continue;
                }
                Err(error) => error,
            };
            let next = records[at + 1..].iter().flat_map(codec::read_event).next();
            let most = next.map_or(end, |next| Position(next.position.0.saturating_sub(1)));
            if let StoreError::Corrupt { position, .. } = &mut error {
                // What it says itself may be wrong, too.
                if *position <= before || *position > most {
                    *position = most;
                }
                if *position > self.after {
                    self.damaged = Some(Met {
                        error,
                        behind: None,
                    });
                    return;
                }
            }
        }
    }
}

/// The events of the pages of a segment behind a position. What a damaged one held is known to lie where
/// positions are missing.
fn pages(segment: Segment, after: Position, records: &[Record]) -> Part {
    let mut events = Vec::new();
    let mut cause = (records.len() < segment.pages as usize).then(|| MISSING.to_owned());
    for record in records {
        let unpacked = codec::open_page(record)
            .and_then(|bytes| unpack(&bytes).map_err(|error| error.to_string()));
        match unpacked {
            Ok(unpacked) => events.extend(unpacked),
            Err(error) => cause = Some(error),
        }
    }
    in_order(&mut events);
    events.retain(|event| event.position > after);
    until_gap(Ahead {
        after: after.max(Position(segment.first.0.saturating_sub(1))),
        events: events.into(),
        gaps: cause.map(|cause| (segment.last, cause)),
    })
}

/// The events up to where positions are missing, if that means damage; what comes behind isn't read again by
/// who goes on there.
fn until_gap(mut ahead: Ahead) -> Part {
    let mut part = Part::after(ahead.after);
    let Some((last, cause)) = ahead.gaps.clone() else {
        part.events = ahead.events;
        return part;
    };
    let is_next = |(event, position): &(&RecordedEvent, u64)| event.position.0 == *position;
    let next = ahead.after.0 + 1;
    let whole = ahead.events.iter().zip(next..).take_while(is_next).count();
    let behind = ahead.events.split_off(whole);
    let end = behind.front().map(|event| Position(event.position.0 - 1));
    let end = end.unwrap_or(last);
    part.events = ahead.events;
    part.is_lost(end, cause);
    if let Some(damaged) = &mut part.damaged {
        damaged.behind = (!behind.is_empty()).then_some(Ahead {
            after: end,
            events: behind,
            gaps: ahead.gaps,
        });
    }
    part
}
