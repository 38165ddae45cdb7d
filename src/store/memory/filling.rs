//! Filling holes, in memory.

use std::collections::HashSet;

use super::Inner;
use crate::core::{Position, RecordedEvent, StreamId, Version};
use crate::log::segments::Turn;
use crate::store::{Following, Misplaced};

impl Inner {
    /// Whether each of `fills` fits a hole, once `events` are in.
    pub(super) fn check_fills(
        &self,
        events: &[RecordedEvent],
        fills: &[RecordedEvent],
        following: &Following,
    ) -> Result<(), Misplaced> {
        let new = events.iter().filter(|event| event.is_hole());
        let mut holes: HashSet<_> = new.map(place).collect();
        let of_streams = fills.iter().filter_map(|fill| self.holes.get(&fill.stream));
        holes.extend(of_streams.flatten().map(|&hole| place(&self.log[hole])));
        let lacking = fills.iter().find(|fill| !holes.remove(&place(fill)));
        lacking.map_or(Ok(()), |fill| Err(following.without_hole(fill)))
    }

    /// Puts events in the places of their holes.
    pub(super) fn fill_all(&mut self, fills: Vec<RecordedEvent>) {
        self.before = None;
        let history = self.histories.another();
        let holes = fills.len() as u64;
        // What is chained is chained as it was, with the holes.
        let turn = Turn::Filled { holes, history };
        self.segments.turn(&self.log, turn);
        fills.into_iter().for_each(|event| self.fill(event));
    }

    fn fill(&mut self, event: RecordedEvent) {
        let hole = self
            .log
            .partition_point(|held| held.position < event.position);
        if let Some(holes) = self.holes.get_mut(&event.stream) {
            holes.remove(&hole);
        }
        let stream = &event.stream;
        self.ids.remove(&(stream.clone(), self.log[hole].event_id));
        self.ids.insert((stream.clone(), event.event_id), hole);
        self.log[hole] = event;
    }
}

fn place(event: &RecordedEvent) -> (StreamId, Version, Position) {
    (event.stream.clone(), event.version, event.position)
}
