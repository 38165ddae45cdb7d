//! Planning: a file is shown line by line, and what of it is to be added is found out, before anything is.

use std::collections::HashMap;

use super::super::holes::{Free, MOST_HOLES, Missing, allot};
use super::super::line::{Line, MAX_POSITION};
use super::super::refused::{Difference, Excerpt, Reason, Refused, cut};
use super::placing::{Placing, Plan};
use super::planner::Planner;
use super::seen::{Content, Seen};
use super::sources::{Names, Sources, later, put};
use super::threads::{Lines, Thread, next_version, record, thread};
use crate::core::envelope::of_same_name;
use crate::core::{Position, RecordedEvent, StreamId, Timestamp, Version};

/// The most characters that are shown of what a model says about an event.
const MAX_CAUSE: usize = 240;

impl Planner {
    /// Begins to plan a file. `now` is the time of the events that bring none. `next` is the
    /// position that the store gives next: of one that was emptied, or has lost its end, it isn't
    /// the one after its last event, and none is given twice.
    #[must_use]
    pub fn begin(&self, now: Timestamp, next: Position) -> Planning<'_> {
        Planning {
            store: self,
            now,
            given: self.last_position.max(Position(next.0.saturating_sub(1))),
            streams: HashMap::new(),
            begun: 0,
            events: Seen::default(),
            lines: Lines::default(),
            missing: Vec::new(),
            lacking: 0,
            holes: HashMap::new(),
            is_free: Free::default(),
            filled: 0,
            makes_holes: false,
            stamped_with_import_time: 0,
            shared_ids: 0,
            increasing: Some(Position::START),
            sources: Sources::default(),
            names: Names::default(),
        }
    }
}

/// A file that is being planned: it is shown each line, and then says what is to be added.
#[derive(Debug)]
pub struct Planning<'a> {
    store: &'a Planner,
    now: Timestamp,
    /// The last position that the store has given.
    given: Position,
    /// Those that the file names.
    streams: HashMap<StreamId, Thread>,
    /// How many of them the store doesn't hold.
    begun: usize,
    /// What the file adds.
    events: Seen,
    lines: Lines,
    /// What the file has neither events nor holes for, in the order in which that shows.
    missing: Vec<Gap>,
    /// How many events that is.
    lacking: u64,
    /// The holes that the file brings or that would be made, by the number of their stream.
    holes: HashMap<(u32, Version), Hole>,
    is_free: Free,
    /// How many events fill holes.
    filled: u64,
    /// Whether holes are made for what is missing.
    makes_holes: bool,
    stamped_with_import_time: u64,
    shared_ids: u64,
    /// The last position that the file gives, as long as it gives one to each event, and they
    /// increase.
    increasing: Option<Position>,
    /// Those that the store doesn't have.
    sources: Sources,
    names: Names,
}

impl<'a> Planning<'a> {
    /// Has holes made for the events that the file lacks amid its streams. Otherwise such a file is
    /// refused, and the refusal says how many there would be.
    #[must_use]
    pub fn with_holes(mut self) -> Self {
        self.makes_holes = true;
        self
    }

    /// Looks at the next line. One whose event is there is left out; so is a hole, where the event is
    /// there or a hole is. One that brings the event of a hole fills it: of one in the store, or of one
    /// that the file itself has or needs before this line.
    ///
    /// `decodes` is asked about an event that would be added, so that a shipped model can refuse
    /// what it can't read; its message ends up in the refusal. The event's position isn't its own yet.
    ///
    /// # Errors
    /// [`Refused`] when the line can't be imported, and the file with it.
    pub fn line(
        &mut self,
        mut line: Line,
        decodes: &mut dyn FnMut(&RecordedEvent) -> Result<(), String>,
    ) -> Result<(), Refused> {
        let number = line.number;
        let refuse = |reason| Refused {
            line: number,
            reason,
        };
        let id = line.event_id;
        self.names.look(&line);
        let beside = self.beside(&line);
        self.lines.beside.push(beside.is_some());
        if let Some(stream) = beside {
            put(&mut line, stream);
        }
        let (store, begun) = (self.store, &mut self.begun);
        let thread = thread(&mut self.streams, &line.stream, || {
            store.streams.get(&line.stream).copied().unwrap_or_else(|| {
                *begun += 1;
                Thread::new(store.streams.len() + *begun - 1)
            })
        });
        let there = self.events.get(id, thread.number);
        if let Some(there) = there.or_else(|| store.events.get(id, thread.number)) {
            if let Some(difference) = there.difference(&line) {
                return Err(refuse(Reason::IdReused {
                    id: Excerpt::of(&line.id()),
                    holder: there.holder(),
                    difference,
                }));
            }
            self.lines.leave_out();
            return Ok(());
        }
        let (head, before) = (thread.head, thread.position);
        let stream = thread.number;
        if let Some(version) = line
            .version
            .filter(|version| line.is_hole() && *version <= head)
        {
            // One that comes late says all the same that the file knows what it lacks.
            if let Some(hole) = self.holes.get_mut(&(stream, version))
                && let Hole::Missing(gap) = std::mem::replace(hole, Hole::OfFile)
            {
                self.missing[gap].unfilled -= 1;
            }
            self.lines.leave_out();
            return Ok(());
        }
        let filled = line.version.filter(|_| !line.is_hole());
        let filled = filled.filter(|version| {
            let place = (stream, *version);
            self.holes.contains_key(&place) || store.holes.contains_key(&place)
        });
        let fills = filled.is_some_and(|version| !self.lines.is_filled(stream, version));
        let version = match line.version {
            Some(version) if fills => version,
            _ => next_version(&line, head).map_err(refuse)?,
        };
        if !fills {
            if let Some(thread) = self.streams.get_mut(&line.stream) {
                thread.head = version;
                thread.position = line.position.unwrap_or(Position::START);
            }
            if version > head.next() {
                self.lacks(&line, stream, (head, version), before)?;
            }
            // What has somebody else's position in the place of ours is taken to follow at once.
            let follows = |last: Position| {
                of_same_name(&line.metadata, "position").map(|_| Position(last.0 + 1))
            };
            let position = line.position.or_else(|| self.increasing.and_then(follows));
            self.follow(position);
        }
        if line.is_hole() {
            self.holes.insert((stream, version), Hole::OfFile);
            self.lines.add();
            return Ok(());
        }
        self.stamped_with_import_time += u64::from(line.timestamp.is_none());
        let event = record(line, version, MAX_POSITION, self.now);
        decodes(&event).map_err(|cause| {
            refuse(Reason::Undecodable {
                aggregate_type: Excerpt::of(event.stream.aggregate_type()),
                cause: cut(&cause, MAX_CAUSE),
            })
        })?;
        // Of another stream, since this one doesn't hold it.
        let is_shared = store.events.holds(id);
        let content = Content::of_event(&event, stream, number);
        self.shared_ids += u64::from(self.events.add_shared(id, content, is_shared));
        match fills {
            true => self.fill(stream, version),
            false => self.lines.add(),
        }
        Ok(())
    }

    /// The stream that a line belongs to, where that isn't the one that its source is called alone. What a line was
    /// recorded in goes before: a store may hold both sources in one stream, from when they were one.
    fn beside(&mut self, line: &Line) -> Option<StreamId> {
        let first = self.sources.first(&self.store.sources, line)?;
        let is_first = line.source() == first;
        let follows = |head: Version| line.version == Some(head.next());
        let (head, is_there) = self.known(line, &line.stream);
        if is_there || is_first && (line.version.is_none() || follows(head)) {
            return None;
        }
        let later = later(&first, line)?;
        let (head_of_later, is_there_later) = self.known(line, &later);
        let is_later = match is_first {
            true => head_of_later > Version::NONE && follows(head_of_later),
            false => line.version.is_none() || follows(head_of_later) || !follows(head),
        };
        (is_there_later || is_later).then_some(later)
    }

    /// The head of a stream, and whether it holds the event of a line.
    fn known(&self, line: &Line, stream: &StreamId) -> (Version, bool) {
        let thread = self
            .streams
            .get(stream)
            .or_else(|| self.store.streams.get(stream));
        let Some(thread) = thread else {
            return (Version::NONE, false);
        };
        let (id, number) = (line.event_id, thread.number);
        let there = self
            .events
            .get(id, number)
            .or_else(|| self.store.events.get(id, number));
        let is_same = |there: &Content| there.difference(line) != Some(Difference::Source);
        (
            thread.head,
            there.as_ref().is_some_and(|there| is_same(there)),
        )
    }

    /// Notes that versions between these two are missing, as a line shows.
    fn lacks(
        &mut self,
        line: &Line,
        stream: u32,
        (head, found): (Version, Version),
        after: Position,
    ) -> Result<(), Refused> {
        let gap = Gap {
            missing: Missing {
                stream: line.stream.clone(),
                first: head.next(),
                last: found.previous(),
                after,
                before: line.position.unwrap_or(MAX_POSITION),
                at: self.lines.length(),
            },
            line: line.number,
            unfilled: found.0 - head.0 - 1,
        };
        self.lacking = self.lacking.saturating_add(gap.unfilled);
        if self.lacking > MOST_HOLES {
            return Err(gap.refused(None));
        }
        let index = self.missing.len();
        for version in gap.missing.first.0..=gap.missing.last.0 {
            let hole = Hole::Missing(index);
            self.holes.insert((stream, Version(version)), hole);
        }
        self.missing.push(gap);
        Ok(())
    }

    /// Goes on to the position of a line that is added.
    fn follow(&mut self, position: Option<Position>) {
        self.increasing = match (position, self.increasing) {
            (Some(position), Some(last)) if last < position && position <= MAX_POSITION => {
                self.is_free.add(self.lines.length(), last, position);
                Some(position)
            }
            _ => None,
        };
    }

    fn fill(&mut self, stream: u32, version: Version) {
        if let Some(Hole::Missing(gap)) = self.holes.get(&(stream, version))
            && let Some(gap) = self.missing.get_mut(*gap)
        {
            gap.unfilled -= 1;
        }
        self.filled += 1;
        self.lines.fill(stream, version);
    }

    /// Of a line that is refused and one before it that lacks events, the first: that is the one to name.
    #[must_use]
    pub fn first_of(&self, refused: Refused) -> Refused {
        let lacking = self.missing.iter().find(|gap| gap.unfilled > 0);
        let lacking = lacking.filter(|_| !self.makes_holes);
        match lacking.map(|gap| gap.refused(None)) {
            Some(before) if before.line < refused.line => before,
            _ => refused,
        }
    }

    /// What the file adds to the store.
    ///
    /// # Errors
    /// [`Refused`] where events are missing and no holes were asked for.
    pub fn finish(mut self) -> Result<Plan<'a>, Refused> {
        let unfilled: u64 = self.missing.iter().map(|gap| gap.unfilled).sum();
        let first = self.missing.iter().find(|gap| gap.unfilled > 0);
        if let Some(gap) = first.filter(|_| !self.makes_holes) {
            return Err(gap.refused(Some(unfilled)));
        }
        let missing = self.missing.into_iter().map(|gap| gap.missing);
        let missing: Vec<Missing> = missing.collect();
        let spots = allot(&missing, &mut self.is_free, |_, _| None);
        let after = self.store.last_position;
        let keeps_positions = after == Position::START
            && self.increasing.is_some()
            && spots.iter().flatten().all(Option::is_some);
        let mut holes = Vec::new();
        for (index, (missing, spots)) in missing.iter().zip(spots).enumerate() {
            holes.extend(spots.into_iter().map(|spot| match spot {
                Some(spot) if keeps_positions => (spot.at, spot.position, index),
                _ => (missing.at, Position::START, index),
            }));
        }
        // A stable sort: those of one place stay in the order of their versions.
        holes.sort_by_key(|(at, position, _)| (*at, *position));
        let events = self.events.count();
        let of_file = self.lines.length() - self.lines.left_out() - events;
        let filled_here = self
            .lines
            .filled()
            .filter(|place| self.holes.contains_key(place));
        let made = of_file + holes.len() as u64;
        Ok(Plan {
            after,
            events,
            holes: made - filled_here.count() as u64,
            fills: self.filled,
            added: events - self.filled + made,
            skipped: self.lines.left_out(),
            stamped_with_import_time: self.stamped_with_import_time,
            shared_ids: self.shared_ids,
            capitals: self.names.into_capitals(),
            placing: Placing::new(
                self.store,
                self.now,
                self.lines,
                (missing, holes),
                keeps_positions,
                self.given,
                self.sources,
            ),
        })
    }
}

/// A hole that isn't in the store.
#[derive(Clone, Copy, Debug)]
enum Hole {
    /// A line stands for it.
    OfFile,
    /// No line does: which of the gaps it is in.
    Missing(usize),
}

/// Versions that the file has no lines for.
#[derive(Debug)]
struct Gap {
    missing: Missing,
    /// The line that shows it.
    line: u64,
    /// For how many of them no later line brings the event.
    unfilled: u64,
}

impl Gap {
    fn refused(&self, holes: Option<u64>) -> Refused {
        Refused {
            line: self.line,
            reason: Reason::Gap {
                stream: Excerpt::of(&self.missing.stream.to_string()),
                expected: self.missing.first,
                found: Version(self.missing.last.0.saturating_add(1)),
                holes,
            },
        }
    }
}
