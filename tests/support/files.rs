//! Files of events as a test reads and plans them: all of them in memory.
#![allow(dead_code, reason = "not every test uses all of it")]

use eventloom::archive::{Line, Planner, Reader, Refused};
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
    pub skipped: usize,
    pub stamped_with_import_time: usize,
}

/// Plans lines for a store that holds these events already.
pub fn plan(
    held: &[RecordedEvent],
    lines: &[Line],
    now: Timestamp,
    mut decodes: impl FnMut(&RecordedEvent) -> Result<(), String>,
) -> Result<Planned, Refused> {
    let mut planner = Planner::new();
    held.iter().for_each(|event| planner.observe(event));
    let mut planning = planner.begin(now);
    for line in lines {
        planning.line(line.clone(), &mut decodes)?;
    }
    let mut plan = planning.finish();
    let places = lines.iter().filter_map(|line| plan.place(line.clone()));
    let events: Vec<RecordedEvent> = places.collect();
    assert_eq!(plan.events, events.len() as u64);
    assert!(plan.is_placed());
    Ok(Planned {
        after: plan.after,
        events,
        skipped: plan.skipped as usize,
        stamped_with_import_time: plan.stamped_with_import_time as usize,
    })
}
