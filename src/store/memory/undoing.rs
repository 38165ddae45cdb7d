//! Recording in memory what can be taken back, and taking it back.

use super::Inner;
use crate::core::RecordedEvent;
use crate::log::segments::Turn;
use crate::store::{ImportToken, ResetToken, Segments, UndoError};

impl Inner {
    /// Begins a segment of events; answers with its number. What a reset put away is gone by that.
    pub(super) fn begin(&mut self) -> u64 {
        self.before = None;
        self.segments.begin(self.log.len())
    }

    /// Puts in what brings its places; answers with the number of its segment, if there is anything.
    pub(super) fn take_in(&mut self, events: Vec<RecordedEvent>) -> Option<u64> {
        let (first, last) = (events.first()?.position, events.last()?.position);
        let number = self.begin();
        self.imported.add(first, last);
        events.into_iter().for_each(|event| self.push(event));
        Some(number)
    }

    /// Puts all that is there away, and these events in its place.
    pub(super) fn empty(&mut self, events: &[RecordedEvent]) -> ResetToken {
        let mut histories = self.histories;
        let (floor, history) = (self.last_given, histories.another());
        let turn = Turn::Emptied { floor, history };
        let first = self.segments.turn(&self.log, turn);
        let emptied = Inner {
            segments: self.segments.emptied(),
            last_given: floor,
            histories,
            waiting: std::mem::take(&mut self.waiting),
            next_waiting: self.next_waiting,
            ..Inner::default()
        };
        let mut before = std::mem::replace(self, emptied);
        // Of several resets the last can be undone.
        before.before = None;
        self.take_in(events.to_vec());
        self.before = Some(Box::new(before));
        ResetToken::new(self.since(first))
    }

    /// What was recorded from this segment on.
    pub(super) fn since(&mut self, first: u64) -> Segments {
        Segments {
            history: self.histories.now(),
            first,
            last: self.segments.last(),
            chain: self.segments.end(&self.log),
        }
    }

    /// Takes a reset back.
    pub(super) fn bring_back(&mut self, token: ResetToken) -> Result<(), UndoError> {
        let first = self.first_of_last(token.segments())?;
        let mut before = self.before.take().ok_or(UndoError::Swept)?;
        let floor = self.last_given;
        let turn = Turn::Restored { from: first, floor };
        self.segments.turn(&self.log, turn);
        before.segments.go_on_after(&self.segments);
        before.last_given = floor;
        before.waiting = std::mem::take(&mut self.waiting);
        before.next_waiting = self.next_waiting;
        self.histories.back_to(before.histories);
        before.histories = self.histories;
        *self = *before;
        Ok(())
    }

    /// Takes an import back.
    pub(super) fn take_back(&mut self, token: ImportToken) -> Result<(), UndoError> {
        let first = self.first_of_last(token.segments())?;
        let begins = self
            .segments
            .first_event(first)
            .ok_or(UndoError::NotThere)?;
        let turn = Turn::TakenBack {
            from: first,
            floor: self.last_given,
            history: self.histories.another(),
        };
        self.segments.turn(&self.log, turn);
        self.segments.take_back(first);
        let taken = self.log.split_off(begins);
        if let Some(first) = taken.first() {
            self.imported.cut(first.position);
        }
        for event in taken {
            self.ids.remove(&(event.stream.clone(), event.event_id));
            if let Some(indexes) = self.streams.get_mut(&event.stream) {
                indexes.pop();
                if indexes.is_empty() {
                    self.streams.remove(&event.stream);
                }
            }
        }
        for holes in self.holes.values_mut() {
            let _ = holes.split_off(&begins);
        }
        let streams = &self.streams;
        self.snapshots.retain(|stream, snapshot| {
            let head = streams.get(stream).map_or(0, Vec::len);
            snapshot.version.0 <= head as u64
        });
        Ok(())
    }

    /// The number of the first of these, which are the last that were recorded.
    fn first_of_last(&mut self, token: Segments) -> Result<u64, UndoError> {
        let now = self.since(token.first);
        token.are_last(now.history, now.last, now.chain)?;
        Ok(token.first)
    }
}
