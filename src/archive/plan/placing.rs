//! A plan, and the lines of its file once more, each with its place.

use std::collections::HashMap;

use super::super::holes::Missing;
use super::super::line::Line;
use super::planner::Planner;
use super::sources::{Capitals, Sources, later, put};
use super::threads::{Lines, Thread, record, thread};
use crate::core::{Position, RecordedEvent, StreamId, Timestamp, Version};

/// What an import adds to a store. The events aren't in it: it is shown the lines of the file once
/// more, and gives each its place.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The last position of the store that the plan is made for.
    pub after: Position,
    /// How many events the file brings, those that fill holes too.
    pub events: u64,
    /// How many holes the store has more when the import is done.
    pub holes: u64,
    /// How many events fill holes: of the store, or of the file itself.
    pub fills: u64,
    /// How many events and holes are added to the log's end.
    pub added: u64,
    /// How many lines are left out, because their event is there already.
    pub skipped: u64,
    /// How many of the events had no time and get that of the import.
    pub stamped_with_import_time: u64,
    /// How many ids of the events stand in several streams, those of the store too. In each stream
    /// such an id names another event.
    pub shared_ids: u64,
    /// Which attributes the file writes with other capitals than CloudEvents has.
    pub capitals: Vec<Capitals>,
    pub(super) placing: Placing<'a>,
}

/// An event with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    /// To be added to the log's end; also a hole.
    Added(RecordedEvent),
    /// To be put in the place of the hole that has its stream, version and position: one of the store,
    /// or one that was added before it.
    Fills(RecordedEvent),
}

impl Placed {
    /// The event.
    #[must_use]
    pub fn event(self) -> RecordedEvent {
        match self {
            Placed::Added(event) | Placed::Fills(event) => event,
        }
    }
}

impl Plan<'_> {
    /// Adds to `placed` what the next line brings: first the holes that belong before it, then its
    /// event, unless that is there already. The lines have to be those that were planned, in their order.
    pub fn place(&mut self, line: Line, placed: &mut Vec<Placed>) {
        self.placing.place(line, placed);
    }

    /// Whether the import changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events + self.added == 0
    }

    /// Whether all the lines that were planned have been shown once more, and no others.
    #[must_use]
    pub fn is_placed(&self) -> bool {
        self.placing.next == self.placing.lines.length()
    }
}

/// How far the lines have their places.
#[derive(Debug)]
pub(super) struct Placing<'a> {
    store: &'a Planner,
    now: Timestamp,
    lines: Lines,
    missing: Vec<Missing>,
    /// The holes that no line stands for: before which line, at which position where positions are
    /// kept, and in which gap.
    made: Vec<(u64, Position, usize)>,
    /// Whether the file's own positions hold: into an empty store, when every event has one and
    /// they increase.
    keeps_positions: bool,
    streams: HashMap<StreamId, Thread>,
    /// The holes that were added, which a later line may fill.
    holes: HashMap<(StreamId, Version), Position>,
    /// The last position that was given, by the store or by this import.
    last: Position,
    /// Which line comes next, which of those that fill holes, and which of the holes.
    next: u64,
    next_fill: usize,
    next_made: usize,
    sources: Sources,
}

impl<'a> Placing<'a> {
    pub(super) fn new(
        store: &'a Planner,
        now: Timestamp,
        lines: Lines,
        (missing, made): (Vec<Missing>, Vec<(u64, Position, usize)>),
        keeps_positions: bool,
        given: Position,
        sources: Sources,
    ) -> Placing<'a> {
        Placing {
            store,
            now,
            lines,
            missing,
            made,
            keeps_positions,
            streams: HashMap::new(),
            holes: HashMap::new(),
            last: given,
            next: 0,
            next_fill: 0,
            next_made: 0,
            sources,
        }
    }

    fn place(&mut self, mut line: Line, placed: &mut Vec<Placed>) {
        while let Some(&(at, position, gap)) = self.made.get(self.next_made)
            && at <= self.next
        {
            self.next_made += 1;
            if let Some(stream) = self.missing.get(gap).map(|gap| gap.stream.clone()) {
                placed.push(self.hole(stream, Some(position)));
            }
        }
        let number = self.next;
        self.next += 1;
        if self.lines.left_out.get(number) {
            return;
        }
        if self.lines.beside.get(number)
            && let Some(first) = self.sources.first(&self.store.sources, &line)
            && let Some(stream) = later(&first, &line)
        {
            put(&mut line, stream);
        }
        let fills = self.lines.fills.get(self.next_fill);
        if let Some(&(_, (_, version))) = fills.filter(|(at, _)| *at == number) {
            self.next_fill += 1;
            let place = (line.stream.clone(), version);
            let of_store = || {
                let thread = self.store.streams.get(&line.stream)?;
                self.store.holes.get(&(thread.number, version)).copied()
            };
            if let Some(position) = self.holes.get(&place).copied().or_else(of_store) {
                let event = record(line, version, position, self.now);
                placed.push(Placed::Fills(event));
            }
            return;
        }
        if line.is_hole() {
            placed.push(self.hole(line.stream, line.position));
            return;
        }
        let version = self.version(&line.stream);
        let position = self.position(line.position);
        placed.push(Placed::Added(record(line, version, position, self.now)));
    }

    fn hole(&mut self, stream: StreamId, position: Option<Position>) -> Placed {
        let version = self.version(&stream);
        let position = self.position(position);
        self.holes.insert((stream.clone(), version), position);
        Placed::Added(RecordedEvent::hole(stream, version, position))
    }

    fn version(&mut self, stream: &StreamId) -> Version {
        let store = self.store;
        let thread = thread(&mut self.streams, stream, || {
            let known = store.streams.get(stream).copied();
            known.unwrap_or_else(|| Thread::new(0))
        });
        thread.head = thread.head.next();
        thread.head
    }

    fn position(&mut self, of_line: Option<Position>) -> Position {
        self.last = match of_line {
            Some(position) if self.keeps_positions => position,
            _ => Position(self.last.0 + 1),
        };
        self.last
    }
}
