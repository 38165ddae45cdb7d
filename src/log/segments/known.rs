//! Which ids of events are known, so that a batch that is sent again is recognised without reading its
//! stream. Of a stream all ids are known, or those in segments without a filter, or none as long as they are
//! being read: what isn't known is looked up, and never taken for absent.

use std::collections::{HashMap, HashSet};

use crate::core::{EventId, StreamId};

/// So many ids are kept, some 30 bytes each, and those of one stream besides, however many it has: so
/// that appending to a great stream doesn't read it each time, whatever is appended to others meanwhile.
const MOST: usize = 250_000;

/// The ids of some streams.
#[derive(Clone, Debug)]
pub(super) struct KnownIds {
    streams: HashMap<StreamId, Ids>,
    count: usize,
    most: usize,
    turn: u64,
    /// The turn in which some were forgotten last.
    forgotten: u64,
    /// With more than so many it is looked which can be forgotten.
    enough: usize,
}

#[derive(Clone, Debug)]
struct Ids {
    held: HashSet<EventId>,
    extent: Extent,
    /// The turn in which they were asked for last: in that one they stay.
    turn: u64,
}

/// Which of a stream's ids are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// Those that came since the others are read, of which there were so many.
    New(u64),
    /// Those of events that no filter tells of.
    Unfiltered,
    All,
}

impl Default for KnownIds {
    fn default() -> KnownIds {
        KnownIds {
            streams: HashMap::new(),
            count: 0,
            most: MOST,
            turn: 1,
            forgotten: 0,
            enough: MOST,
        }
    }
}

impl KnownIds {
    pub(super) fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Whether all ids of a stream are known.
    pub(super) fn is_whole(&self, stream: &StreamId) -> bool {
        self.streams
            .get(stream)
            .is_some_and(|ids| ids.extent == Extent::All)
    }

    /// Whether one of these ids is known of a stream; none where its ids aren't.
    pub(super) fn holds_any(&self, stream: &StreamId, ids: &[EventId]) -> Option<bool> {
        let Ids { held, extent, .. } = self.streams.get(stream)?;
        match extent {
            Extent::New(_) => None,
            Extent::Unfiltered | Extent::All => Some(ids.iter().any(|id| held.contains(id))),
        }
    }

    /// Begins a turn, in which what is known of these streams stays so. Answers with those of which
    /// nothing is known.
    pub(super) fn begin_turn<'a>(
        &mut self,
        streams: impl IntoIterator<Item = &'a StreamId>,
    ) -> Vec<&'a StreamId> {
        self.turn += 1;
        let mut unknown = Vec::new();
        for stream in streams {
            match self.streams.get_mut(stream) {
                Some(ids) if !matches!(ids.extent, Extent::New(_)) => ids.turn = self.turn,
                _ => unknown.push(stream),
            }
        }
        self.forget_some();
        unknown
    }

    /// Begins to read the ids of a stream, which are so many: those of what comes meanwhile are known from now
    /// on. They stay in this turn.
    pub(super) fn begin(&mut self, stream: &StreamId, count: u64) {
        self.forget(stream);
        let ids = Ids {
            held: HashSet::new(),
            extent: Extent::New(count),
            turn: self.turn,
        };
        self.streams.insert(stream.clone(), ids);
    }

    /// Notes the ids of a stream that were read, all of them or those that no filter tells of; nothing where they are
    /// fewer than there were, or were forgotten meanwhile. A stream of before may hold one twice.
    pub(super) fn know(&mut self, stream: &StreamId, read: Vec<EventId>, is_all: bool) {
        let Some(ids) = self.streams.get_mut(stream) else {
            return;
        };
        if !matches!(ids.extent, Extent::New(count) if read.len() as u64 >= count) {
            return;
        }
        let before = ids.held.len();
        ids.held.extend(read);
        ids.extent = match is_all {
            true => Extent::All,
            false => Extent::Unfiltered,
        };
        self.count += ids.held.len() - before;
        self.forget_some();
    }

    /// Adds an id to those of a stream that are known, or begins with it where it `is_first`.
    pub(super) fn add(&mut self, stream: &StreamId, id: EventId, is_first: bool) {
        let added = match self.streams.get_mut(stream) {
            Some(ids) => ids.held.insert(id),
            None if is_first => {
                let ids = Ids {
                    held: HashSet::from([id]),
                    extent: Extent::All,
                    turn: self.turn - 1,
                };
                self.streams.insert(stream.clone(), ids);
                true
            }
            None => false,
        };
        self.count += usize::from(added);
    }

    pub(super) fn forget(&mut self, stream: &StreamId) {
        if let Some(ids) = self.streams.remove(stream) {
            self.count -= ids.held.len();
        }
    }

    /// Where too many are known, forgets those of streams that weren't asked for since the last time,
    /// and where that isn't enough, all but this turn's and those of the greatest stream.
    pub(super) fn forget_some(&mut self) {
        if self.count <= self.enough {
            return;
        }
        let greatest = self.streams.iter().max_by_key(|(_, ids)| ids.held.len());
        let Some((greatest, besides)) =
            greatest.map(|(stream, ids)| (stream.clone(), ids.held.len()))
        else {
            return;
        };
        for since in [self.turn.min(self.forgotten + 1), self.turn] {
            if self.count - besides <= self.most {
                break;
            }
            let stays = |stream: &StreamId, ids: &mut Ids| ids.turn >= since || *stream == greatest;
            self.streams.retain(|stream, ids| stays(stream, ids));
            self.count = self.streams.values().map(|ids| ids.held.len()).sum();
        }
        self.forgotten = self.turn;
        // Not before there are some more is it worth while to look again, unless what is too much stays
        // for this turn's sake.
        self.enough = match self.count - besides > self.most {
            true => self.most,
            false => self.most.max(self.count + self.most / 2),
        };
    }

    /// Keeps so many instead.
    #[cfg(any(test, feature = "testing"))]
    pub(super) fn keep(&mut self, most: usize) {
        (self.most, self.enough) = (most, most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn stream(id: &str) -> StreamId {
        StreamId::new("account", id).unwrap()
    }

    fn ids(numbers: std::ops::Range<u128>) -> HashSet<EventId> {
        numbers.map(|n| EventId(Uuid::from_u128(n))).collect()
    }

    /// So many ids of a stream were read.
    fn know(known: &mut KnownIds, stream: &StreamId, numbers: std::ops::Range<u128>) {
        let read: Vec<EventId> = ids(numbers).into_iter().collect();
        known.begin(stream, read.len() as u64);
        known.know(stream, read, true);
    }

    /// Keeps ten ids, and those of one stream besides.
    fn few() -> KnownIds {
        let mut known = KnownIds::default();
        known.keep(10);
        known
    }

    #[test]
    fn streams_of_one_turn_stay_known_however_many_ids_they_have() {
        let mut known = few();
        let all = ["a", "b", "c"].map(stream);
        known.begin_turn(&all);
        for (stream, count) in all.iter().zip([30, 30, 40]) {
            know(&mut known, stream, 0..count);
        }
        assert!(all.iter().all(|stream| known.is_whole(stream)));
        known.begin_turn(&all[..1]);
        assert_eq!(
            all.map(|stream| known.is_whole(&stream)),
            [true, false, true]
        );
    }

    #[test]
    fn the_greatest_stream_stays_known_while_others_come_and_go() {
        let mut known = few();
        let great = stream("great");
        known.begin_turn([&great]);
        know(&mut known, &great, 0..1_000);
        for number in 0..100 {
            let other = stream(&number.to_string());
            known.begin_turn([&other]);
            know(&mut known, &other, 0..4);
            assert!(known.is_whole(&great) && known.is_whole(&other));
            assert!(known.count <= 1_000 + 10 + 4, "{}", known.count);
        }
    }

    #[test]
    fn what_was_asked_for_since_some_were_forgotten_is_forgotten_last() {
        let mut known = few();
        for (id, count) in [("great", 20), ("old", 5), ("used", 4)] {
            known.begin_turn([&stream(id)]);
            know(&mut known, &stream(id), 0..count);
        }
        known.begin_turn([&stream("used")]);
        known.begin_turn([&stream("new")]);
        know(&mut known, &stream("new"), 0..6);
        let all = ["great", "old", "used", "new"].map(stream);
        assert_eq!(all.map(|s| known.is_whole(&s)), [true, false, true, true]);
    }

    #[test]
    fn a_new_stream_is_known_from_its_first_event() {
        let mut known = few();
        let ids: Vec<EventId> = ids(0..3).into_iter().collect();
        known.add(&stream("a"), ids[1], false);
        assert_eq!(known.holds_any(&stream("a"), &ids), None);
        known.add(&stream("a"), ids[0], true);
        known.add(&stream("a"), ids[1], false);
        assert_eq!(known.holds_any(&stream("a"), &ids[1..]), Some(true));
        assert_eq!(known.holds_any(&stream("a"), &ids[2..]), Some(false));
    }
}
