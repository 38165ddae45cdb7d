//! What a planner remembers of many events: enough to tell whether a line says the same as one of them.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::hash::{Hash, Hasher};

use super::super::attribute;
use super::super::line::Line;
use super::super::refused::{Difference, Holder};
use crate::core::{EventId, JsonText, Metadata, RecordedEvent, Timestamp, Version};

/// What is remembered of an event to tell whether a line says the same: of what can be long, a
/// hash of 64 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Content {
    source: u64,
    event_type: u64,
    data: u64,
    timestamp: Timestamp,
    version: Version,
    schema_version: u32,
    /// The number of its stream.
    stream: u32,
    /// The line that it stands on, 0 where it is the store's.
    line: u64,
    /// Whether it is counted that its id stands in several streams.
    is_shared: bool,
}

impl Content {
    pub(super) fn of_event(event: &RecordedEvent, stream: u32, line: u64) -> Content {
        Content {
            source: hash(&attribute::source(&event.stream, &event.metadata)),
            event_type: hash(&event.event_type),
            data: hash_data(&event.data, &event.metadata),
            timestamp: event.timestamp,
            version: event.version,
            schema_version: event.schema_version,
            stream,
            line,
            is_shared: false,
        }
    }

    pub(super) fn holder(&self) -> Holder {
        match self.line {
            0 => Holder::Store,
            line => Holder::Line(line),
        }
    }

    /// In what a line of its stream that has the event's id differs from it, if in anything that counts.
    pub(super) fn difference(&self, line: &Line) -> Option<Difference> {
        if hash(&line.source()) != self.source {
            Some(Difference::Source)
        } else if hash(&line.event_type) != self.event_type {
            Some(Difference::Type)
        } else if line.schema_version != self.schema_version {
            Some(Difference::SchemaVersion)
        } else if hash_data(&line.data, &line.metadata) != self.data {
            Some(Difference::Data)
        } else if line.timestamp.is_some_and(|time| time != self.timestamp) {
            Some(Difference::Time)
        } else if line.version.is_some_and(|version| version != self.version) {
            Some(Difference::StreamVersion)
        } else {
            None
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Of a payload by its value, text or not.
fn hash_data(data: &JsonText, metadata: &Metadata) -> u64 {
    let mut hasher = DefaultHasher::new();
    data.hash_value(&mut hasher);
    attribute::binary(data, metadata).hash(&mut hasher);
    hasher.finish()
}

/// Events by their streams and ids. The contents stand apart, since a map keeps room for twice its
/// entries; so do the few whose id another stream has, too.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    places: HashMap<EventId, u32>,
    others: HashMap<(EventId, u32), u32>,
    contents: Vec<Content>,
}

impl Seen {
    pub(super) fn get(&self, id: EventId, stream: u32) -> Option<&Content> {
        let first = self.contents.get(*self.places.get(&id)? as usize)?;
        match first.stream == stream {
            true => Some(first),
            false => self.contents.get(*self.others.get(&(id, stream))? as usize),
        }
    }

    /// How many events there are.
    pub(super) fn count(&self) -> u64 {
        self.contents.len() as u64
    }

    /// Whether any stream has the id.
    pub(super) fn holds(&self, id: EventId) -> bool {
        self.places.contains_key(&id)
    }

    pub(super) fn add(&mut self, id: EventId, content: Content) {
        self.add_shared(id, content, false);
    }

    /// Adds an event whose id others may have, elsewhere or here, and answers whether that is to be
    /// counted now: each such id is, once.
    pub(super) fn add_shared(
        &mut self,
        id: EventId,
        mut content: Content,
        elsewhere: bool,
    ) -> bool {
        content.is_shared = elsewhere;
        // What takes 100 bytes each isn't there four billion times.
        let place = u32::try_from(self.contents.len()).unwrap_or(u32::MAX);
        let is_counted = match self.places.entry(id) {
            Entry::Vacant(new) => {
                new.insert(place);
                elsewhere
            }
            Entry::Occupied(first) => {
                self.others.insert((id, content.stream), place);
                let first = self.contents.get_mut(*first.get() as usize);
                first.is_some_and(|first| !std::mem::replace(&mut first.is_shared, true))
            }
        };
        self.contents.push(content);
        is_counted
    }
}

/// Yes or no, many times.
#[derive(Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
    length: u64,
}

impl Bits {
    pub(super) fn push(&mut self, bit: bool) {
        if self.length.is_multiple_of(64) {
            self.words.push(0);
        }
        if let Some(word) = self.words.last_mut() {
            *word |= u64::from(bit) << (self.length % 64);
        }
        self.length += 1;
    }

    /// How many there are.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn get(&self, index: u64) -> bool {
        let word = usize::try_from(index / 64).ok();
        let word = word.and_then(|word| self.words.get(word));
        word.is_some_and(|word| word >> (index % 64) & 1 == 1)
    }
}
