//! The database: the records of the log, and what is noted beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use eventloom::core::{EventId, History, RecordedEvent};
use eventloom::log::Chain;
use eventloom::log::segments::Turn;
use uuid::Uuid;

/// What a record of the log holds.
#[derive(Clone, Debug)]
pub enum Content {
    Events(Vec<RecordedEvent>),
    /// Several segments, or many events, in pages.
    Paged(Vec<RecordedEvent>),
    /// No events, but a change of which are there; and those that fill holes, if it does that.
    Turn(Turn, Vec<RecordedEvent>),
    /// It can't be read: these were in it.
    Damaged(Vec<EventId>),
    /// Its number was taken, and what it held was taken back, or swept.
    Gone,
}

impl Content {
    pub fn events(&self) -> &[RecordedEvent] {
        match self {
            Content::Events(events) | Content::Paged(events) => events,
            Content::Turn(..) | Content::Damaged(_) | Content::Gone => &[],
        }
    }

    /// What it changes, where it holds no events.
    pub fn turn(&self) -> Option<Turn> {
        match self {
            Content::Turn(turn, _) => Some(*turn),
            _ => None,
        }
    }
}

/// A record of the log, which stands for the numbers from the first to that which it lies under.
#[derive(Clone, Debug)]
pub struct Record {
    pub from: u64,
    /// The log's chain up to it.
    pub chain: Option<Chain>,
    pub content: Content,
}

/// What comes after this segment was appended in doubt, and after so many events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    pub after: u64,
    pub events: u64,
}

/// What became of what an emptying left where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    Whole,
    Sweeping,
    Nothing,
}

/// The history that a log is in where none of its segments says another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    pub history: History,
    /// What a segment says that this one takes the place of, since events were lost after it.
    pub replaced: Option<History>,
}

#[derive(Clone, Debug, Default)]
pub struct Database {
    pub store: Option<Uuid>,
    pub first: Option<Beginning>,
    pub doubt: Option<Doubt>,
    /// What is noted of what the emptying of this number left.
    pub left: Option<(u64, Left)>,
    pub log: BTreeMap<u64, Rc<Record>>,
}

impl Database {
    /// Notes what is in doubt, unless more is already.
    pub fn note(&mut self, doubt: Doubt) {
        let known = self.doubt.filter(|known| known.after <= doubt.after);
        self.doubt = known.or(Some(doubt));
    }

    /// Its records since it was last emptied. What was taken back left no events.
    pub fn live(&self) -> impl Iterator<Item = (&u64, &Rc<Record>)> {
        self.log.range(self.emptied()..)
    }

    pub fn events(&self) -> impl Iterator<Item = &RecordedEvent> {
        self.live().flat_map(|(_, record)| record.content.events())
    }

    pub fn ids(&self) -> BTreeSet<EventId> {
        self.events().map(|event| event.event_id).collect()
    }

    /// What was in records that can't be read.
    pub fn damaged(&self) -> impl Iterator<Item = EventId> {
        let records = self.live().map(|(_, record)| &record.content);
        let damaged = records.filter_map(|content| match content {
            Content::Damaged(events) => Some(events.iter().copied()),
            _ => None,
        });
        damaged.flatten()
    }

    pub fn last(&self) -> u64 {
        self.log.last_key_value().map_or(0, |(number, _)| *number)
    }

    /// The chain of the log. Where what came last has none, one begins.
    pub fn chain(&self) -> Chain {
        let last = self.log.last_key_value();
        last.and_then(|(_, record)| record.chain)
            .unwrap_or(Chain::START)
    }

    pub fn emptied(&self) -> u64 {
        let is_emptied = |(_, record): &(&u64, &Rc<Record>)| {
            matches!(record.content.turn(), Some(Turn::Emptied { .. }))
        };
        let found = self.log.iter().rev().find(is_emptied);
        found.map_or(0, |(number, _)| *number)
    }

    /// What the last segment says that begins one.
    pub fn said(&self) -> Option<History> {
        let said = self
            .log
            .values()
            .rev()
            .filter_map(|record| record.content.turn().and_then(history_of));
        said.into_iter().next()
    }

    pub fn history(&self) -> Option<History> {
        let first = self.first?;
        let said = self.said().filter(|said| Some(*said) != first.replaced);
        Some(said.unwrap_or(first.history))
    }

    /// Puts events in the places of holes; whether all of them are.
    pub fn fill(&mut self, fills: &[RecordedEvent]) -> bool {
        let (emptied, mut filled) = (self.emptied(), 0);
        for (_, record) in self.log.range_mut(emptied..) {
            let holds = |event: &RecordedEvent| fills.iter().any(|fill| fill.fills(event));
            if record.content.events().iter().any(holds) {
                let record = Rc::make_mut(record);
                if let Content::Events(events) | Content::Paged(events) = &mut record.content {
                    for event in events {
                        if let Some(fill) = fills.iter().find(|fill| fill.fills(event)) {
                            *event = fill.clone();
                            filled += 1;
                        }
                    }
                }
            }
        }
        filled == fills.len()
    }

    /// Adds a segment at the log's end; answers its number.
    pub fn add(&mut self, content: Content) -> u64 {
        let number = self.last() + 1;
        let record = next_record(self.chain(), number, content);
        self.log.insert(number, Rc::new(record));
        number
    }
}

/// The record of a segment that comes next in a log with this chain.
pub fn next_record(before: Chain, number: u64, content: Content) -> Record {
    let chain = match &content {
        Content::Turn(turn, _) => before.with_turn(number, *turn),
        content => before.with(number, content.events()),
    };
    Record {
        from: number,
        chain: Some(chain),
        content,
    }
}

/// The history that begins with it.
pub fn history_of(turn: Turn) -> Option<History> {
    match turn {
        Turn::Emptied { history, .. }
        | Turn::TakenBack { history, .. }
        | Turn::Filled { history, .. } => Some(history),
        Turn::Restored { .. } => None,
    }
}
