//! What an import would add: each line's place in its stream and in the store, or why the file
//! can't go into this store. Decides everything before anything is written, and remembers of each
//! event some 100 bytes, however long it is.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::attribute;
use super::export::write_event;
use super::import::MAX_LINE;
use super::line::{Line, MAX_POSITION};
use super::refused::{Difference, Excerpt, Holder, Reason, Refused, cut};
use crate::core::{
    EventId, JsonText, Metadata, Position, RecordedEvent, StreamId, Timestamp, Version,
};

/// A line of so many bytes is never too long when it is exported: escapes may be written in six bytes
/// for two, numbers of extensions in full, and some attributes are added.
const ALWAYS_FITS: usize = MAX_LINE / 16;

/// The most characters that are shown of what a model says about an event.
const MAX_CAUSE: usize = 240;

/// What a store holds, as far as an import has to know it. It is shown the whole store, and then
/// begins to plan.
#[derive(Clone, Debug, Default)]
pub struct Planner {
    heads: HashMap<StreamId, Version>,
    events: Seen,
    last_position: Position,
}

impl Planner {
    /// For a store of which nothing has been shown.
    #[must_use]
    pub fn new() -> Planner {
        Planner::default()
    }

    /// Shows it an event of the store. It needs all of them, in any order.
    pub fn observe(&mut self, event: &RecordedEvent) {
        self.last_position = self.last_position.max(event.position);
        match self.heads.get_mut(&event.stream) {
            Some(head) => *head = event.version.max(*head),
            None => {
                self.heads.insert(event.stream.clone(), event.version);
            }
        }
        self.events.add(event.event_id, Content::of_event(event, 0));
    }

    /// The last position that it was shown, 0 where there was none.
    #[must_use]
    pub fn last_position(&self) -> Position {
        self.last_position
    }

    /// Begins to plan a file. `now` is the time of the events that bring none.
    #[must_use]
    pub fn begin(&self, now: Timestamp) -> Planning<'_> {
        Planning {
            store: self,
            now,
            heads: HashMap::new(),
            events: Seen::default(),
            skipped: Bits::default(),
            stamped_with_import_time: 0,
            increasing: Some(Position::START),
        }
    }
}

/// A file that is being planned: it is shown each line, and then says what is to be added.
#[derive(Debug)]
pub struct Planning<'a> {
    store: &'a Planner,
    now: Timestamp,
    heads: HashMap<StreamId, Version>,
    /// What the file adds.
    events: Seen,
    /// Of each line, whether it is left out.
    skipped: Bits,
    stamped_with_import_time: u64,
    /// The last position that the file gives, as long as it gives one to each event, and they
    /// increase.
    increasing: Option<Position>,
}

impl<'a> Planning<'a> {
    /// Looks at the next line.
    ///
    /// `decodes` is asked about an event that would be added, so that a shipped model can refuse
    /// what it can't read; its message ends up in the refusal. The event's position isn't its own yet.
    ///
    /// # Errors
    /// [`Refused`] when the line can't be imported, and the file with it.
    pub fn line(
        &mut self,
        line: Line,
        decodes: &mut dyn FnMut(&RecordedEvent) -> Result<(), String>,
    ) -> Result<(), Refused> {
        let number = line.number;
        let refuse = |reason| Refused {
            line: number,
            reason,
        };
        let id = line.event_id;
        let there = self.events.get(id).or_else(|| self.store.events.get(id));
        if let Some(there) = there {
            if let Some(difference) = there.difference(&line) {
                return Err(refuse(Reason::IdReused {
                    id: Excerpt::of(&line.id()),
                    holder: there.holder(),
                    difference,
                }));
            }
            self.skipped.push(true);
            return Ok(());
        }
        let head = head(&mut self.heads, self.store, &line.stream);
        let version = next_version(&line, *head).map_err(refuse)?;
        *head = version;
        self.increasing = match (line.position, self.increasing) {
            (Some(position), Some(last)) if position > last => Some(position),
            _ => None,
        };
        self.stamped_with_import_time += u64::from(line.timestamp.is_none());
        let is_long = line.length > ALWAYS_FITS;
        let event = record(line, version, MAX_POSITION, self.now);
        if is_long {
            check_length(&event).map_err(refuse)?;
        }
        decodes(&event).map_err(|cause| {
            refuse(Reason::Undecodable {
                aggregate_type: Excerpt::of(event.stream.aggregate_type()),
                cause: cut(&cause, MAX_CAUSE),
            })
        })?;
        self.events.add(id, Content::of_event(&event, number));
        self.skipped.push(false);
        Ok(())
    }

    /// What the file adds to the store.
    #[must_use]
    pub fn finish(self) -> Plan<'a> {
        let after = self.store.last_position;
        let events = self.events.contents.len() as u64;
        Plan {
            after,
            events,
            skipped: self.skipped.length - events,
            stamped_with_import_time: self.stamped_with_import_time,
            store: self.store,
            now: self.now,
            leaves_out: self.skipped,
            keeps_positions: after == Position::START && self.increasing.is_some(),
            heads: HashMap::new(),
            last: after,
            lines: 0,
        }
    }
}

/// What an import adds to a store. The events aren't in it: it is shown the lines of the file once
/// more, and gives each its place.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The last position of the store that the plan is made for.
    pub after: Position,
    /// How many events are to be added.
    pub events: u64,
    /// How many lines are left out, because their event is there already.
    pub skipped: u64,
    /// How many of the events had no time and get that of the import.
    pub stamped_with_import_time: u64,
    store: &'a Planner,
    now: Timestamp,
    leaves_out: Bits,
    /// Whether the file's own positions hold: into an empty store, when every event has one and
    /// they increase.
    keeps_positions: bool,
    heads: HashMap<StreamId, Version>,
    last: Position,
    lines: u64,
}

impl Plan<'_> {
    /// The event of the next line, with its place; none where it is there already. The lines have
    /// to be those that were planned, in their order.
    pub fn place(&mut self, line: Line) -> Option<RecordedEvent> {
        let leaves_out = self.leaves_out.get(self.lines);
        self.lines += 1;
        if leaves_out {
            return None;
        }
        let head = head(&mut self.heads, self.store, &line.stream);
        *head = head.next();
        let version = *head;
        self.last = match line.position {
            Some(position) if self.keeps_positions => position,
            _ => Position(self.last.0 + 1),
        };
        Some(record(line, version, self.last, self.now))
    }

    /// Whether all the lines that were planned have been shown once more, and no others.
    #[must_use]
    pub fn is_placed(&self) -> bool {
        self.lines == self.leaves_out.length
    }
}

/// The head of a stream, with what the file added so far.
fn head<'a>(
    heads: &'a mut HashMap<StreamId, Version>,
    store: &Planner,
    stream: &StreamId,
) -> &'a mut Version {
    if !heads.contains_key(stream) {
        let head = store.heads.get(stream).copied().unwrap_or(Version::NONE);
        heads.insert(stream.clone(), head);
    }
    heads.entry(stream.clone()).or_default()
}

fn next_version(line: &Line, head: Version) -> Result<Version, Reason> {
    let expected = head.next();
    let Some(found) = line.version else {
        return Ok(expected);
    };
    let stream = || Excerpt::of(&line.stream.to_string());
    if found < expected {
        return Err(Reason::VersionTaken {
            stream: stream(),
            version: found,
            head,
        });
    }
    if found > expected {
        return Err(Reason::Gap {
            stream: stream(),
            expected,
            found,
        });
    }
    Ok(found)
}

fn record(line: Line, version: Version, position: Position, now: Timestamp) -> RecordedEvent {
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

/// Whether an export of the event can be imported again.
fn check_length(event: &RecordedEvent) -> Result<(), Reason> {
    let mut line = String::new();
    write_event(event, &mut line);
    match line.len() - 1 {
        length if length > MAX_LINE => Err(Reason::TooLongExported { length }),
        _ => Ok(()),
    }
}

/// What is remembered of an event to tell whether a line says the same: of what can be long, a
/// hash of 64 bits.
#[derive(Clone, Copy, Debug)]
struct Content {
    source: u64,
    subject: u64,
    event_type: u64,
    data: u64,
    timestamp: Timestamp,
    version: Version,
    schema_version: u32,
    /// The line that it stands on, 0 where it is the store's.
    line: u64,
}

impl Content {
    fn of_event(event: &RecordedEvent, line: u64) -> Content {
        Content {
            source: hash(&attribute::source(&event.stream, &event.metadata)),
            subject: hash(event.stream.aggregate_id()),
            event_type: hash(&event.event_type),
            data: hash_data(&event.data, &event.metadata),
            timestamp: event.timestamp,
            version: event.version,
            schema_version: event.schema_version,
            line,
        }
    }

    fn holder(&self) -> Holder {
        match self.line {
            0 => Holder::Store,
            line => Holder::Line(line),
        }
    }

    /// In what a line that has the event's id differs from it, if in anything that counts.
    fn difference(&self, line: &Line) -> Option<Difference> {
        if hash(&line.source()) != self.source {
            Some(Difference::Source)
        } else if hash(line.stream.aggregate_id()) != self.subject {
            Some(Difference::Subject)
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

/// Events by their ids. The contents stand apart, since a map keeps room for twice its entries.
#[derive(Clone, Debug, Default)]
struct Seen {
    places: HashMap<EventId, u32>,
    contents: Vec<Content>,
}

impl Seen {
    fn get(&self, id: EventId) -> Option<&Content> {
        self.contents.get(*self.places.get(&id)? as usize)
    }

    fn add(&mut self, id: EventId, content: Content) {
        // What takes 100 bytes each isn't there four billion times.
        let place = u32::try_from(self.contents.len()).unwrap_or(u32::MAX);
        self.places.insert(id, place);
        self.contents.push(content);
    }
}

/// Yes or no, many times.
#[derive(Debug, Default)]
struct Bits {
    words: Vec<u64>,
    length: u64,
}

impl Bits {
    fn push(&mut self, bit: bool) {
        if self.length.is_multiple_of(64) {
            self.words.push(0);
        }
        if let Some(word) = self.words.last_mut() {
            *word |= u64::from(bit) << (self.length % 64);
        }
        self.length += 1;
    }

    fn get(&self, index: u64) -> bool {
        let word = usize::try_from(index / 64).ok();
        let word = word.and_then(|word| self.words.get(word));
        word.is_some_and(|word| word >> (index % 64) & 1 == 1)
    }
}
