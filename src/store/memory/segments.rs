//! How a log in memory came to be, append by append and import by import: what its chain is made of.

use crate::core::{Position, RecordedEvent};
use crate::log::Chain;
use crate::log::segments::Turn;

/// The segments of a log that are there, and the number and chain of the last one that ever was.
#[derive(Debug, Default)]
pub(super) struct Segments {
    last: u64,
    /// That of the last segment whose chain is known.
    chain: Chain,
    held: Vec<Segment>,
}

#[derive(Debug)]
struct Segment {
    number: u64,
    /// The index of its first event in the log.
    first: usize,
    /// None until somebody asks: an append needn't wait for it. Those without one are the last ones.
    chain: Option<Chain>,
}

impl Segments {
    /// Begins a segment, of the events that are put into the log from this index on; answers with its
    /// number.
    pub(super) fn begin(&mut self, first: usize) -> u64 {
        self.last += 1;
        self.held.push(Segment {
            number: self.last,
            first,
            chain: None,
        });
        self.last
    }

    /// The chain up to the segment that ends at a position, if one does.
    pub(super) fn chain(&mut self, log: &[RecordedEvent], position: Position) -> Option<Chain> {
        if position == Position::START {
            return Some(Chain::START);
        }
        let at = log.binary_search_by_key(&position, |event| event.position);
        let end = at.ok()? + 1;
        self.link(log);
        // The segment before the first that begins after it, if that begins just there.
        let next = self.held.partition_point(|segment| segment.first < end);
        let ends = self.held.get(next).map_or(log.len(), |next| next.first);
        let of = self.held.get(next.checked_sub(1)?)?;
        of.chain.filter(|_| ends == end)
    }

    /// Adds a segment without events; answers with its number. `log` is what is there until then.
    pub(super) fn turn(&mut self, log: &[RecordedEvent], turn: Turn) -> u64 {
        self.link(log);
        self.last += 1;
        self.chain = self.chain.with_turn(self.last, turn);
        self.last
    }

    /// The same log, of which nothing that holds events is there.
    pub(super) fn emptied(&self) -> Segments {
        Segments {
            last: self.last,
            chain: self.chain,
            held: Vec::new(),
        }
    }

    /// The number of the last one that ever was, also of one without events.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The index of the first event of the one with this number, if it is there.
    pub(super) fn first_event(&self, number: u64) -> Option<usize> {
        let at = self.held.binary_search_by_key(&number, |held| held.number);
        at.ok().map(|at| self.held[at].first)
    }

    /// Those from this number on aren't there any more.
    pub(super) fn take_back(&mut self, from: u64) {
        self.held.retain(|segment| segment.number < from);
    }

    /// The chain up to the last one that ever was. `log` is what is there.
    pub(super) fn end(&mut self, log: &[RecordedEvent]) -> Chain {
        self.link(log);
        self.chain
    }

    /// Goes on with the numbers and the chain of another, of which nothing is there.
    pub(super) fn go_on_after(&mut self, other: &Segments) {
        self.last = other.last;
        self.chain = other.chain;
    }

    /// Chains what isn't yet.
    fn link(&mut self, log: &[RecordedEvent]) {
        let from = self.held.partition_point(|held| held.chain.is_some());
        for index in from..self.held.len() {
            let end = self
                .held
                .get(index + 1)
                .map_or(log.len(), |next| next.first);
            let segment = &mut self.held[index];
            self.chain = self.chain.with(segment.number, &log[segment.first..end]);
            segment.chain = Some(self.chain);
        }
    }
}
