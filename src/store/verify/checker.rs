//! The rules that a whole store keeps, checked as its records go by.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::finding::{Finding, Place, Verification};
use super::hole::{Hole, Lost, unexplained};
use crate::core::{EventId, Position, RecordedEvent, StreamHead, StreamId, Version};
use crate::store::Damaged;

/// Is shown a store's events in the order of the log, then its heads, and says what is wrong.
/// Pure; [`verify`](super::verify()) shows it a store.
///
/// It remembers the id, stream and position of each event, at most 80 bytes each (115 while its
/// table grows), the name and head of each stream, at most 200 bytes and the name, the place of each
/// damaged record and gap, and 1,000 findings.
#[derive(Debug, Default)]
pub struct Checker {
    events: u64,
    unchecked: u64,
    last: Position,
    /// By the number of their stream: another may have the same id.
    ids: HashMap<(EventId, u32), Position>,
    streams: BTreeMap<StreamId, Thread>,
    holes: Vec<Hole>,
    lost: Vec<Lost>,
    found: Vec<Finding>,
    more: u64,
}

/// What is known of one stream.
#[derive(Debug, Default)]
struct Thread {
    /// Which of the streams it is.
    number: u32,
    version: Version,
    position: Position,
    head: Head,
    /// Which of the holes are its, in their order.
    holes: Vec<usize>,
    /// Whether events are missing at its end, as its head says.
    is_short: bool,
}

#[derive(Debug, Default)]
enum Head {
    #[default]
    Missing,
    Damaged,
    At(Version),
}

impl Checker {
    /// Of a store of which nothing has been shown.
    #[must_use]
    pub fn new() -> Checker {
        Checker::default()
    }

    /// How many records of the log it was shown.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Takes the next record of the log. `unchecked`: the store keeps checksums, and this record
    /// has none. `decodes` answers why the event's model can't read it.
    pub fn event(
        &mut self,
        event: Result<&RecordedEvent, Damaged>,
        unchecked: bool,
        decodes: impl FnOnce(&RecordedEvent) -> Result<(), String>,
    ) {
        self.events += 1;
        let event = match event {
            Ok(event) => event,
            Err(damaged) => {
                self.lost.push(Lost::of(&damaged));
                return self.find(Finding::Damaged(damaged));
            }
        };
        self.unchecked += u64::from(unchecked);
        self.position(event);
        let stream = self.version(event);
        if event.is_hole() {
            return self.find(Finding::Hole(Place::of(event)));
        }
        match self.ids.entry((event.event_id, stream)) {
            Entry::Vacant(new) => {
                new.insert(event.position);
            }
            Entry::Occupied(held) => {
                let finding = Finding::RepeatedId {
                    place: Place::of(event),
                    event_id: event.event_id,
                    first: *held.get(),
                };
                self.find(finding);
            }
        }
        if let Err(cause) = decodes(event) {
            let place = Place::of(event);
            self.find(Finding::Undecodable { place, cause });
        }
    }

    /// Takes the head of a stream. All events come before the first of them.
    pub fn head(&mut self, head: Result<StreamHead, Damaged>) {
        match head {
            Ok(StreamHead { stream, version }) => {
                self.thread(&stream).head = Head::At(version);
            }
            Err(damaged) => {
                if let Some(stream) = &damaged.stream {
                    self.thread(stream).head = Head::Damaged;
                }
                self.find(Finding::HeadDamaged(damaged));
            }
        }
    }

    /// Notes what was found elsewhere; after so many it only counts.
    pub fn find(&mut self, finding: Finding) {
        const MOST_KEPT: usize = 1_000;
        match self.found.len() {
            MOST_KEPT.. => self.more += 1,
            _ => self.found.push(finding),
        }
    }

    /// What it found, once it was shown everything.
    #[must_use]
    pub fn finish(mut self) -> Verification {
        let mut streams = std::mem::take(&mut self.streams);
        let mut holes = std::mem::take(&mut self.holes);
        for (stream, thread) in &mut streams {
            if let Head::At(head) = thread.head
                && head > thread.version
            {
                thread.holes.push(holes.len());
                holes.push(Hole {
                    stream: stream.clone(),
                    first: thread.version.next(),
                    last: head,
                    after: thread.position,
                    before: BEYOND,
                });
            }
        }
        let open = unexplained(&holes, &self.lost, |stream| {
            streams.get(stream).map_or(&[], |thread| &thread.holes)
        });
        for hole in open {
            // Of what is missing at the end of a stream its head speaks, below.
            if hole.before == BEYOND {
                if let Some(thread) = streams.get_mut(&hole.stream) {
                    thread.is_short = true;
                }
                continue;
            }
            self.find(Finding::Gap {
                stream: hole.stream,
                first: hole.first,
                last: hole.last,
                after: hole.after,
                before: hole.before,
            });
        }
        for (stream, thread) in streams {
            let version = thread.version;
            let place = Place {
                stream,
                version,
                position: thread.position,
            };
            match thread.head {
                Head::At(head) if thread.is_short && version == Version::NONE => {
                    let stream = place.stream;
                    self.find(Finding::HeadExtra { stream, head });
                }
                Head::At(head) if thread.is_short || head < version => {
                    self.find(Finding::HeadWrong { place, head });
                }
                Head::Missing if version > Version::NONE => {
                    self.find(Finding::HeadMissing { place });
                }
                Head::At(_) | Head::Missing | Head::Damaged => {}
            }
        }
        Verification {
            events: self.events,
            unchecked: self.unchecked,
            findings: self.found,
            more: self.more,
        }
    }

    fn position(&mut self, event: &RecordedEvent) {
        if event.position <= self.last {
            let after = self.last;
            let place = Place::of(event);
            self.find(Finding::PositionOutOfOrder { place, after });
        }
        self.last = self.last.max(event.position);
    }

    /// What is known of a stream; nothing yet, for a new one.
    fn thread(&mut self, stream: &StreamId) -> &mut Thread {
        // What takes 200 bytes each isn't there four billion times.
        let number = u32::try_from(self.streams.len()).unwrap_or(u32::MAX);
        let thread = self.streams.entry(stream.clone());
        thread.or_insert_with(|| Thread {
            number,
            ..Thread::default()
        })
    }

    /// Answers with the number of its stream.
    fn version(&mut self, event: &RecordedEvent) -> u32 {
        let next_hole = self.holes.len();
        let thread = self.thread(&event.stream);
        let number = thread.number;
        let (before, after) = (thread.version, thread.position);
        if event.version <= before {
            let place = Place::of(event);
            let after = before;
            self.find(Finding::VersionOutOfOrder { place, after });
            return number;
        }
        (thread.version, thread.position) = (event.version, event.position);
        if event.version > before.next() {
            thread.holes.push(next_hole);
            self.holes.push(Hole {
                stream: event.stream.clone(),
                first: before.next(),
                last: event.version.previous(),
                after,
                before: event.position,
            });
        }
        number
    }
}

/// A position after every event.
const BEYOND: Position = Position(u64::MAX);
