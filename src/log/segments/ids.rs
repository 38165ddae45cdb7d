//! Which ids of events an index knows: what is known to be there, what a filter denies, and what has to be
//! read to tell.

use super::fetch::{Fetch, join};
use super::filter::Filter;
use super::index::{Index, Part, Segment, Thread};
use super::run::INLINE;
use crate::core::{EventId, StreamId};

/// Which ids of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// Those of all its events.
    All,
    /// Those of events in segments without a filter.
    Unfiltered,
}

impl Index {
    /// What to fetch for the ids of some streams: each record once, in the order of the log.
    #[must_use]
    pub fn fetches_of<'a>(
        &self,
        streams: impl IntoIterator<Item = &'a StreamId>,
        which: Ids,
    ) -> Vec<Fetch> {
        let threads = streams
            .into_iter()
            .filter_map(|stream| self.streams.get(stream));
        let parts = threads.flat_map(|thread| &thread.parts);
        let parts = parts.filter(|part| which == Ids::All || !self.is_filtered(part));
        let mut places: Vec<(u64, u32)> = parts.map(|part| (part.segment, part.page)).collect();
        places.sort_unstable();
        places.dedup();
        let mut fetches = Vec::new();
        for (segment, page) in places {
            join(&mut fetches, segment, page);
        }
        fetches
    }

    /// Whether a stream holds one of these ids; none where its ids aren't known, or a filter says that it may: then
    /// they may be there.
    #[must_use]
    pub fn holds_any(&self, stream: &StreamId, ids: &[EventId]) -> Option<bool> {
        let Some(thread) = self.streams.get(stream).filter(|_| !ids.is_empty()) else {
            return Some(false);
        };
        let is_denied = || self.ids.is_whole(stream) || self.is_denied(thread, ids);
        match self.ids.holds_any(stream, ids)? {
            true => Some(true),
            false => is_denied().then_some(false),
        }
    }

    /// Whether the filters deny that a stream holds one of these ids.
    fn is_denied(&self, thread: &Thread, ids: &[EventId]) -> bool {
        let denies = |segment: u64| match self.filter(segment) {
            Some(Some(filter)) => !ids.iter().any(|id| filter.may_hold(*id)),
            // Its ids are among those that are known.
            Some(None) => true,
            None => false,
        };
        in_pages(thread).all(denies)
    }

    /// The filter of a segment, or that it has none; nothing where it wasn't read.
    fn filter(&self, segment: u64) -> Option<&Option<Filter>> {
        let at = self.filters.binary_search_by_key(&segment, |known| known.0);
        at.ok().map(|at| &self.filters[at].1)
    }

    fn is_filtered(&self, part: &Part) -> bool {
        part.page != INLINE && matches!(self.filter(part.segment), Some(Some(_)))
    }

    /// The segments in whose pages these streams are, and whose filters weren't read; not those of streams
    /// of which all ids are known.
    #[must_use]
    pub fn unread_filters<'a>(
        &self,
        streams: impl IntoIterator<Item = &'a StreamId>,
    ) -> Vec<Segment> {
        let unknown = streams
            .into_iter()
            .filter(|stream| !self.ids.is_whole(stream));
        let threads = unknown.filter_map(|stream| self.streams.get(stream));
        let mut numbers: Vec<u64> = threads
            .flat_map(in_pages)
            .filter(|number| self.filter(*number).is_none())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let place = |number: u64| {
            let at = self.segments.binary_search_by_key(&number, |s| s.number);
            at.ok().map(|at| self.segments[at])
        };
        numbers.into_iter().filter_map(place).collect()
    }

    /// Notes the filter of a segment, or that it has none.
    pub fn take_filter(&mut self, segment: u64, filter: Option<Filter>) {
        let at = self.filters.binary_search_by_key(&segment, |known| known.0);
        match at {
            Ok(at) => self.filters[at].1 = filter,
            Err(at) => self.filters.insert(at, (segment, filter)),
        }
    }

    /// Whether any ids are known.
    #[must_use]
    pub fn knows_ids(&self) -> bool {
        !self.ids.is_empty()
    }

    /// Has the ids of these streams stay known until this is called again for others. Answers with those
    /// of which none are known, some of them more than once.
    pub fn want_ids<'a>(
        &mut self,
        streams: impl IntoIterator<Item = &'a StreamId>,
    ) -> Vec<&'a StreamId> {
        let mut unknown = self.ids.begin_turn(streams);
        unknown.retain(|stream| self.streams.contains_key(*stream));
        unknown
    }

    /// Begins to read these ids of a stream. What comes meanwhile is known besides.
    pub fn begin_ids(&mut self, stream: &StreamId, which: Ids) {
        let Some(thread) = self.streams.get(stream) else {
            return;
        };
        let (mut next, mut count) = (thread.version.0 + 1, 0);
        for part in thread.parts.iter().rev() {
            if which == Ids::All || !self.is_filtered(part) {
                count += next.saturating_sub(part.first.0);
            }
            next = part.first.0;
        }
        // Versions before the first part are missing.
        self.ids.begin(stream, count + next.saturating_sub(1));
    }

    /// Notes the ids that were read of a stream's events since that was begun, unless they are fewer than there were,
    /// since some events are damaged or holes, or what came meanwhile wasn't looked at.
    pub fn know_ids(&mut self, stream: &StreamId, read: Vec<EventId>, which: Ids) {
        self.ids.know(stream, read, which == Ids::All);
    }

    /// Forgets the ids of a stream, so that they are looked up when they are needed next.
    pub fn forget_ids(&mut self, stream: &StreamId) {
        self.ids.forget(stream);
    }

    /// Keeps so many ids of events, and those of one stream besides, for a test that can't have more.
    #[cfg(any(test, feature = "testing"))]
    pub fn keep_ids(&mut self, most: usize) {
        self.ids.keep(most);
    }
}

/// The segments in whose pages a stream is, each once.
fn in_pages(thread: &Thread) -> impl Iterator<Item = u64> {
    let pages = thread.parts.iter().filter(|part| part.page != INLINE);
    let mut last = 0;
    let numbers = pages.map(|part| part.segment);
    numbers.filter(move |number| std::mem::replace(&mut last, *number) != *number)
}
