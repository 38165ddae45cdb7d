//! Files of events as a test reads and plans them: all of them in memory.
#![allow(dead_code, reason = "not every test uses all of it")]

use eventloom::archive::{Line, Placed, Plan, Planner, Reader, Refused};
use eventloom::core::{Position, RecordedEvent, Timestamp};

/// The lines of a file that comes in pieces.
pub fn lines<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Line>, Refused> {
    let mut lines = Vec::new();
    let mut take = |line| {
        lines.push(line);
        Ok(())
    };
    let mut reader = Reader::new();
    for piece in pieces {
        reader.feed(piece, &mut take)?;
    }
    reader.finish(&mut take)?;
    Ok(lines)
}

/// What an import adds to a store.
#[derive(Debug)]
pub struct Planned {
    pub after: Position,
    pub events: Vec<RecordedEvent>,
    pub fills: Vec<RecordedEvent>,
    pub holes: u64,
    pub skipped: usize,
    pub stamped_with_import_time: usize,
    pub shared_ids: u64,
    /// In words.
    pub capitals: Vec<String>,
}

/// Plans lines for a store that holds these events already.
pub fn plan(
    held: &[RecordedEvent],
    lines: &[Line],
    now: Timestamp,
    decodes: impl FnMut(&RecordedEvent) -> Result<(), String>,
) -> Result<Planned, Refused> {
    let last = held.iter().map(|event| event.position.0).max();
    plan_from(Position(last.unwrap_or(0) + 1), held, lines, now, decodes)
}

/// The same for a store that gives this position next.
pub fn plan_from(
    next: Position,
    held: &[RecordedEvent],
    lines: &[Line],
    now: Timestamp,
    decodes: impl FnMut(&RecordedEvent) -> Result<(), String>,
) -> Result<Planned, Refused> {
    plan_so(false, next, held, lines, now, decodes)
}

/// The same, with holes made for what the file lacks.
pub fn plan_with_holes(
    next: Position,
    held: &[RecordedEvent],
    lines: &[Line],
    now: Timestamp,
) -> Result<Planned, Refused> {
    plan_so(true, next, held, lines, now, |_| Ok(()))
}

fn plan_so(
    makes_holes: bool,
    next: Position,
    held: &[RecordedEvent],
    lines: &[Line],
    now: Timestamp,
    mut decodes: impl FnMut(&RecordedEvent) -> Result<(), String>,
) -> Result<Planned, Refused> {
    let models = ["bank_account", "order"].map(str::to_owned);
    let mut planner = Planner::with_models(models);
    held.iter().for_each(|event| planner.observe(event));
    let mut planning = planner.begin(now, next);
    if makes_holes {
        planning = planning.with_holes();
    }
    for line in lines {
        planning.line(line.clone(), &mut decodes)?;
    }
    let mut plan = planning.finish()?;
    let (events, fills) = place_all(&mut plan, lines);
    assert_eq!(plan.added, events.len() as u64);
    assert_eq!(plan.fills, fills.len() as u64);
    let is_event = |event: &&RecordedEvent| !event.is_hole();
    let real = events.iter().filter(is_event).count() + fills.len();
    assert_eq!(plan.events, real as u64);
    assert!(plan.is_placed());
    Ok(Planned {
        after: plan.after,
        events,
        fills,
        holes: plan.holes,
        skipped: plan.skipped as usize,
        stamped_with_import_time: plan.stamped_with_import_time as usize,
        shared_ids: plan.shared_ids,
        capitals: plan.capitals.iter().map(ToString::to_string).collect(),
    })
}

/// What is added, and what fills holes.
pub fn place_all(plan: &mut Plan<'_>, lines: &[Line]) -> (Vec<RecordedEvent>, Vec<RecordedEvent>) {
    let mut placed = Vec::new();
    for line in lines {
        plan.place(line.clone(), &mut placed);
    }
    let (mut added, mut fills) = (Vec::new(), Vec::new());
    for placed in placed {
        match placed {
            Placed::Added(event) => added.push(event),
            Placed::Fills(event) => fills.push(event),
        }
    }
    (added, fills)
}
