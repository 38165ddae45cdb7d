//! What a journal is to hold of the log. It follows `browser/indexed_db/journal/keep.rs`.

use std::borrow::Cow;

use eventloom::core::{Position, PositionRanges};
use eventloom::log::Chain;
use eventloom::log::journal::{Body, Entry};
use eventloom::log::segments::{pack, paginate};

use super::database::{Content, Database, Record};
use super::world::{JOURNAL, World};

/// The entry of a segment; none where that holds nothing.
pub fn entry_of(number: u64, record: &Record) -> Option<Entry<'static>> {
    let body = match &record.content {
        Content::Events(events) => Body::Inline {
            packed: pack(&events.iter().collect::<Vec<_>>()).into(),
        },
        Content::Paged(events) => Body::Paged {
            from: record.from,
            first: events
                .first()
                .map_or(Position::START, |event| event.position),
            last: events
                .last()
                .map_or(Position::START, |event| event.position),
            pages: paginate(events)
                .into_iter()
                .map(|page| page.packed.into())
                .collect(),
        },
        Content::Turn(turn, fills) if fills.is_empty() => Body::Turn(*turn, Cow::default()),
        Content::Turn(turn, fills) => {
            Body::Turn(*turn, pack(&fills.iter().collect::<Vec<_>>()).into())
        }
        Content::Damaged(_) | Content::Gone => return None,
    };
    Some(Entry {
        segment: number,
        chain: record.chain.unwrap_or(Chain::START),
        imported: PositionRanges::NONE,
        body,
    })
}

/// The chain of the log up to a segment; none where it has none there.
pub fn chain_at(database: &Database, number: u64) -> Option<Chain> {
    database.log.get(&number)?.chain
}

/// A segment of the log.
pub struct Found {
    pub number: u64,
    /// What the journal is to hold of it.
    pub entry: Option<Entry<'static>>,
    /// Whether all of it can be read.
    pub is_whole: bool,
}

/// Some of the segments after one; none where that one was joined with what comes after it.
pub fn after(database: &Database, seen: u64) -> Option<Vec<Found>> {
    let mut found = Vec::new();
    for (number, record) in database.log.range(seen + 1..).take(3) {
        if seen > 0 && record.from <= seen {
            return None;
        }
        found.push(Found {
            number: *number,
            entry: entry_of(*number, record),
            is_whole: !matches!(record.content, Content::Damaged(_)),
        });
    }
    Some(found)
}

/// Looks at the journal's file, flushed or not.
pub fn file<T>(world: &World, look: impl FnOnce(&super::world::File) -> T) -> T {
    match world.files.borrow().get(JOURNAL) {
        Some(file) => look(file),
        None => look(&super::world::File::default()),
    }
}
