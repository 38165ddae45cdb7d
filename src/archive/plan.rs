//! What an import would add: each line's place in its stream and in the store, or why the file
//! can't go into this store. Decides everything before anything is written.

use std::collections::{HashMap, HashSet};

use super::attribute;
use super::line::Line;
use super::refused::{Difference, Excerpt, Holder, Reason, Refused, cut};
use crate::core::{EventId, Position, RecordedEvent, StreamId, Timestamp, Version};

/// The most characters that are shown of what a model says about an event.
const MAX_CAUSE: usize = 240;

/// What an import adds to a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The last position of the store that the plan is made for.
    pub after: Position,
    /// The events to be added, with their places.
    pub events: Vec<RecordedEvent>,
    /// How many lines are left out, because their event is there already.
    pub skipped: usize,
    /// How many of the events had no time and got that of the import.
    pub stamped_with_import_time: usize,
}

/// Compares a file with what a store holds. First it is shown the whole store, and remembers what
/// concerns the file; then it plans.
#[derive(Debug)]
pub struct Planner {
    lines: Vec<Line>,
    /// The heads of the streams that the file names.
    heads: HashMap<StreamId, Version>,
    /// The ids that the file names, each with the store's event, where it holds one.
    held: HashMap<EventId, Option<RecordedEvent>>,
    last_position: Position,
}

impl Planner {
    /// For the lines of a file, and a store of which nothing has been shown.
    #[must_use]
    pub fn new(lines: Vec<Line>) -> Planner {
        let heads = lines
            .iter()
            .map(|line| (line.stream.clone(), Version::NONE))
            .collect();
        let held = lines.iter().map(|line| (line.event_id, None)).collect();
        Planner {
            lines,
            heads,
            held,
            last_position: Position::START,
        }
    }

    /// Shows it an event of the store. It needs all of them, in any order.
    pub fn observe(&mut self, event: &RecordedEvent) {
        self.last_position = self.last_position.max(event.position);
        if let Some(head) = self.heads.get_mut(&event.stream) {
            *head = event.version.max(*head);
        }
        if let Some(held) = self.held.get_mut(&event.event_id) {
            *held = Some(event.clone());
        }
    }

    /// Gives each new event its place. `now` is the time of those that bring none.
    ///
    /// `decodes` is asked about each event that would be added, in the order of the file, so that
    /// a shipped model can refuse what it can't read; its message ends up in the refusal.
    ///
    /// # Errors
    /// [`Refused`] at the first line that can't be imported.
    pub fn plan(
        mut self,
        now: Timestamp,
        mut decodes: impl FnMut(&RecordedEvent) -> Result<(), String>,
    ) -> Result<Plan, Refused> {
        let keeps_positions = self.keeps_positions();
        let mut plan = Plan {
            after: self.last_position,
            events: Vec::with_capacity(self.lines.len()),
            skipped: 0,
            stamped_with_import_time: 0,
        };
        let mut last = self.last_position;
        let mut planned: HashMap<EventId, (usize, u64)> = HashMap::new();
        for line in self.lines {
            let number = line.number;
            let refuse = |reason| Refused {
                line: number,
                reason,
            };
            let there = match planned.get(&line.event_id) {
                Some(&(index, line)) => Some((&plan.events[index], Holder::Line(line))),
                None => self
                    .held
                    .get(&line.event_id)
                    .and_then(Option::as_ref)
                    .map(|event| (event, Holder::Store)),
            };
            if let Some((event, holder)) = there {
                if let Some(difference) = difference(&line, event) {
                    return Err(refuse(Reason::IdReused {
                        id: Excerpt::of(&line.id()),
                        holder,
                        difference,
                    }));
                }
                plan.skipped += 1;
                continue;
            }
            let head = self.heads.entry(line.stream.clone()).or_default();
            let version = next_version(&line, *head).map_err(refuse)?;
            *head = version;
            let position = match line.position {
                Some(position) if keeps_positions => position,
                _ => Position(last.0 + 1),
            };
            last = position;
            plan.stamped_with_import_time += usize::from(line.timestamp.is_none());
            planned.insert(line.event_id, (plan.events.len(), number));
            let event = record(line, version, position, now);
            decodes(&event).map_err(|cause| {
                refuse(Reason::Undecodable {
                    aggregate_type: Excerpt::of(event.stream.aggregate_type()),
                    cause: cut(&cause, MAX_CAUSE),
                })
            })?;
            plan.events.push(event);
        }
        Ok(plan)
    }

    /// Whether the file's own positions hold: into an empty store, when every event has one and
    /// they increase. A line that says an earlier one again doesn't count, since it is skipped.
    fn keeps_positions(&self) -> bool {
        let mut seen = HashSet::with_capacity(self.lines.len());
        let mut last = Position::START;
        self.last_position == Position::START
            && self
                .lines
                .iter()
                .filter(|line| seen.insert(line.event_id))
                .all(|line| {
                    line.position.is_some_and(|position| {
                        let increases = position > last;
                        last = position;
                        increases
                    })
                })
    }
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

/// In what a line and the event that has its id differ, if in anything that counts.
fn difference(line: &Line, event: &RecordedEvent) -> Option<Difference> {
    let binary = attribute::binary(&line.data, &line.metadata);
    let held_binary = attribute::binary(&event.data, &event.metadata);
    if line.source() != attribute::source(&event.stream, &event.metadata) {
        Some(Difference::Source)
    } else if line.stream.aggregate_id() != event.stream.aggregate_id() {
        Some(Difference::Subject)
    } else if line.event_type != event.event_type {
        Some(Difference::Type)
    } else if line.schema_version != event.schema_version {
        Some(Difference::SchemaVersion)
    } else if !line.data.same_value(&event.data) || binary != held_binary {
        Some(Difference::Data)
    } else if line.timestamp.is_some_and(|time| time != event.timestamp) {
        Some(Difference::Time)
    } else if line.version.is_some_and(|version| version != event.version) {
        Some(Difference::StreamVersion)
    } else {
        None
    }
}
