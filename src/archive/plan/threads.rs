//! What becomes of each line of a file, and what is known of each stream meanwhile.

use std::collections::{HashMap, HashSet};

use super::super::line::Line;
use super::super::refused::{Excerpt, Reason};
use super::seen::Bits;
use crate::core::{Position, RecordedEvent, StreamId, Timestamp, Version};

/// What becomes of each line.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) left_out: Bits,
    pub(super) count_left_out: u64,
    /// Which belong to a stream whose source came later.
    pub(super) beside: Bits,
    /// Of the few that fill holes, in their order: which line, and the place of the hole.
    pub(super) fills: Vec<(u64, (u32, Version))>,
    pub(super) filled: HashSet<(u32, Version)>,
}

impl Lines {
    pub(super) fn length(&self) -> u64 {
        self.left_out.length()
    }

    pub(super) fn left_out(&self) -> u64 {
        self.count_left_out
    }

    pub(super) fn leave_out(&mut self) {
        self.count_left_out += 1;
        self.left_out.push(true);
    }

    pub(super) fn add(&mut self) {
        self.left_out.push(false);
    }

    pub(super) fn fill(&mut self, stream: u32, version: Version) {
        self.fills.push((self.length(), (stream, version)));
        self.filled.insert((stream, version));
        self.left_out.push(false);
    }

    pub(super) fn is_filled(&self, stream: u32, version: Version) -> bool {
        self.filled.contains(&(stream, version))
    }

    pub(super) fn filled(&self) -> impl Iterator<Item = (u32, Version)> {
        self.filled.iter().copied()
    }
}

/// What is known of a stream, with what the file added so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thread {
    /// Which of the streams it is.
    pub(super) number: u32,
    pub(super) head: Version,
    /// The position that the file says of its last event there, 0 where it says none.
    pub(super) position: Position,
}

impl Thread {
    /// Of a stream without events.
    pub(super) fn new(number: usize) -> Thread {
        Thread {
            // What takes 100 bytes each isn't there four billion times.
            number: u32::try_from(number).unwrap_or(u32::MAX),
            head: Version::NONE,
            position: Position::START,
        }
    }
}

/// What is known of a stream; of one that is met for the first time, what `known` says.
pub(super) fn thread<'a>(
    threads: &'a mut HashMap<StreamId, Thread>,
    stream: &StreamId,
    known: impl FnOnce() -> Thread,
) -> &'a mut Thread {
    // Its name is copied once, not for each of its events.
    if !threads.contains_key(stream) {
        threads.insert(stream.clone(), known());
    }
    threads
        .entry(stream.clone())
        .or_insert_with(|| Thread::new(0))
}

/// The version of a line whose event fills no hole; not before the one that comes next.
pub(super) fn next_version(line: &Line, head: Version) -> Result<Version, Reason> {
    let expected = head.next();
    let Some(found) = line.version else {
        return Ok(expected);
    };
    if found < expected {
        return Err(Reason::VersionTaken {
            stream: Excerpt::of(&line.stream.to_string()),
            version: found,
            head,
        });
    }
    Ok(found)
}

pub(super) fn record(
    line: Line,
    version: Version,
    position: Position,
    now: Timestamp,
) -> RecordedEvent {
    RecordedEvent {
        stream: line.stream,
        version,
        position,
        event_id: line.event_id,
        event_type: line.event_type,
        schema_version: line.schema_version,
        data: line.data,
        timestamp: line.timestamp.unwrap_or(now),
        metadata: line.metadata,
    }
}
