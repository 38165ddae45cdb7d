//! A file of events: what is taken in goes out and comes in again as it was.

use eventloom::archive::{Line, Placed, Planner, Reader, Refused, write_event};
use eventloom::core::{Position, RecordedEvent, Timestamp};
use eventloom::model::Registry;

use super::choice;

/// The time of those that bring none.
const NOW: Timestamp = Timestamp::from_millis(1_767_603_602_000);

/// The most bytes that a refusal may have: it is shown to a person.
const MOST_WORDS: usize = 4_096;

/// The first byte says how long the pieces are in which the rest is fed.
///
/// Law: a refusal is short; what is planned into an empty store, written and read again is the same
/// lines, and planned and written once more the same bytes.
pub fn archive(bytes: &[u8]) {
    let (piece, file) = choice(bytes);
    let read = lines(file, usize::from(piece) + 1);
    let whole = lines(file, usize::MAX);
    assert_eq!(read, whole, "the sizes of pieces matter");
    let Some(lines_read) = told(read) else {
        return;
    };
    let Some(events) = told(plan(&lines_read)) else {
        return;
    };
    let written = write(&events);
    let again = lines(written.as_bytes(), usize::MAX).expect("what was written is read");
    // A line that says an earlier one again is written once.
    let mut kept = lines_read;
    let mut seen = std::collections::HashSet::new();
    kept.retain(|line| seen.insert((line.stream.clone(), line.event_id)));
    assert_eq!(kept.len(), again.len());
    for ((line, event), again) in kept.iter().zip(&events).zip(&again) {
        let expected = Line {
            number: again.number,
            version: Some(event.version),
            position: Some(event.position),
            timestamp: Some(line.timestamp.unwrap_or(NOW)),
            ..line.clone()
        };
        assert_eq!(*again, expected);
    }
    let events = plan(&again).expect("what was written is planned");
    assert_eq!(write(&events), written);
}

/// The one place that knows how a reader hands its lines over.
fn lines(file: &[u8], piece: usize) -> Result<Vec<Line>, Refused> {
    let mut lines = Vec::new();
    let mut take = |line| {
        lines.push(line);
        Ok(())
    };
    let mut reader = Reader::new();
    for piece in file.chunks(piece) {
        reader.feed(piece, &mut take)?;
    }
    reader.finish(&mut take)?;
    Ok(lines)
}

fn plan(lines: &[Line]) -> Result<Vec<RecordedEvent>, Refused> {
    let models = Registry::shipped();
    let mut decodes =
        |event: &RecordedEvent| models.check(event).map_err(|error| error.to_string());
    let planner = Planner::new();
    let mut planning = planner.begin(NOW, Position(1));
    for line in lines {
        planning.line(line.clone(), &mut decodes)?;
    }
    let mut plan = planning.finish()?;
    let mut placed = Vec::new();
    for line in lines {
        plan.place(line.clone(), &mut placed);
    }
    let event = |placed| match placed {
        Placed::Added(event) | Placed::Fills(event) => event,
    };
    Ok(placed.into_iter().map(event).collect())
}

fn write(events: &[RecordedEvent]) -> String {
    let mut text = String::new();
    for event in events {
        write_event(event, &mut text);
    }
    text
}

fn told<T>(outcome: Result<T, Refused>) -> Option<T> {
    outcome
        .map_err(|refused| {
            let words = refused.to_string();
            assert!(words.len() <= MOST_WORDS, "{} bytes: {words}", words.len());
        })
        .ok()
}
