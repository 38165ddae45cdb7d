//! Holes in files: what a store lacks goes out as holes, comes in as holes, and is filled by a file that
//! has it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/files.rs"]
mod files;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use eventloom::archive::{Exporter, Line, MOST_HOLES, Reason, Refused, write_event};
use eventloom::core::{
    EventId, HOLE, JsonText, Metadata, Position, RecordedEvent, StreamId, Timestamp, Version,
};
use eventloom::store::{Held, ImportStore, InspectStore, MemoryStore};
use files::Planned;
use pollster::block_on;
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_767_603_602_000);

fn stream(id: &str) -> StreamId {
    StreamId::new("shop", id).unwrap()
}

fn event(id: &str, version: u64, position: u64) -> RecordedEvent {
    RecordedEvent {
        stream: stream(id),
        version: Version(version),
        position: Position(position),
        event_id: EventId(Uuid::from_u128(
            u128::from(position) << 64 | u128::from(version),
        )),
        event_type: "Sold".to_owned(),
        schema_version: 1,
        data: JsonText::empty_object(),
        timestamp: NOW,
        metadata: Metadata::correlated("talk"),
    }
}

fn hole(id: &str, version: u64, position: u64) -> RecordedEvent {
    RecordedEvent::hole(stream(id), Version(version), Position(position))
}

fn file(events: &[RecordedEvent]) -> String {
    let mut text = String::new();
    events
        .iter()
        .for_each(|event| write_event(event, &mut text));
    text
}

fn read(file: &str) -> Result<Vec<Line>, Refused> {
    files::lines([file.as_bytes()])
}

fn next_after(held: &[RecordedEvent]) -> Position {
    Position(held.last().map_or(0, |event| event.position.0) + 1)
}

fn planned(held: &[RecordedEvent], file: &str) -> Result<Planned, Refused> {
    files::plan(held, &read(file)?, NOW, |_| Ok(()))
}

fn with_holes(held: &[RecordedEvent], file: &str) -> Planned {
    files::plan_with_holes(next_after(held), held, &read(file).unwrap(), NOW).unwrap()
}

#[test]
fn a_hole_is_a_line_with_its_place_an_id_and_no_data() {
    let hole = hole("a", 2, 7);
    let line = format!(
        "{{\"specversion\":\"1.0\",\"id\":\"{}\",\"source\":\"/shop\",\"type\":\"eventloom.hole\",\
         \"subject\":\"a\",\"streamversion\":2,\"position\":7}}\n",
        hole.event_id
    );
    assert_eq!(file(std::slice::from_ref(&hole)), line);
    let held = [event("a", 1, 1)];
    let planned = planned(&held, &line).unwrap();
    assert_eq!(planned.events, [self::hole("a", 2, 2)]);
    assert_eq!((planned.holes, planned.skipped), (1, 0));
}

#[test]
fn what_only_looks_like_a_hole_is_refused() {
    let line = file(&[hole("a", 1, 7)]);
    let others = [
        line.replace("\"streamversion\":1,", ""),
        line.replace(",\"position\":7", ""),
        line.replace("\"position\":7", "\"position\":8"),
        line.replace("\"subject\":\"a\"", "\"subject\":\"b\""),
        line.replace("\"streamversion\"", "\"data\":{},\"streamversion\""),
        file(&[RecordedEvent {
            event_type: HOLE.to_owned(),
            ..event("a", 1, 7)
        }]),
    ];
    for other in others {
        assert_ne!(other, line);
        let refused = read(&other).unwrap_err();
        assert_eq!(
            (refused.line, refused.reason),
            (1, Reason::NoHole),
            "{other}"
        );
    }
}

#[test]
fn a_hole_is_skipped_where_its_event_is_there_or_a_hole_is() {
    let held = [event("a", 1, 1), hole("a", 2, 2), event("a", 3, 3)];
    let holes = file(&[hole("a", 1, 1), hole("a", 2, 2), hole("a", 3, 9)]);
    let planned = planned(&held, &holes).unwrap();
    assert_eq!((planned.events.len(), planned.skipped), (0, 3));
    assert_eq!((planned.holes, planned.fills.len()), (0, 0));
}

#[test]
fn the_event_of_a_hole_fills_it_once_in_its_place() {
    let held = [event("a", 1, 1), hole("a", 2, 2), event("b", 1, 3)];
    let brought = event("a", 2, 40);
    let text = file(&[brought.clone(), brought.clone(), event("a", 3, 41)]);
    let planned = planned(&held, &text).unwrap();
    let filled = RecordedEvent {
        position: Position(2),
        ..brought
    };
    assert_eq!(planned.fills, [filled]);
    assert_eq!(
        planned.events,
        [RecordedEvent {
            position: Position(4),
            ..event("a", 3, 41)
        }]
    );
    assert_eq!(planned.skipped, 1);

    // Another event of that version, once it is filled.
    let other = event("a", 2, 50);
    let refused = self::planned(&held, &file(&[event("a", 2, 40), other])).unwrap_err();
    assert_eq!(refused.line, 2);
    assert!(
        matches!(refused.reason, Reason::VersionTaken { .. }),
        "{refused}"
    );
}

#[test]
fn a_line_without_its_version_fills_nothing() {
    let held = [hole("a", 1, 1)];
    let text = file(&[event("a", 1, 9)]).replace("\"streamversion\":1,", "");
    let planned = planned(&held, &text).unwrap();
    assert_eq!(planned.fills, []);
    assert_eq!(planned.events[0].version, Version(2));
}

#[test]
fn an_export_with_a_hole_and_then_one_without_fill_each_other_in_either_order() {
    let whole = [event("a", 1, 1), event("a", 2, 2), event("a", 3, 3)];
    let holed = [event("a", 1, 1), hole("a", 2, 2), event("a", 3, 3)];
    let first = planned(&[], &(file(&whole) + &file(&holed))).unwrap();
    assert_eq!(
        (first.events.as_slice(), first.fills.len()),
        (&whole[..], 0)
    );
    let second = planned(&[], &(file(&holed) + &file(&whole))).unwrap();
    assert_eq!(second.events, holed);
    assert_eq!(second.fills, [whole[1].clone()]);
    assert_eq!((second.holes, second.skipped), (0, 2));
}

#[test]
fn versions_in_the_wrong_order_fill_what_they_leave_open() {
    let text = file(&[event("a", 1, 1), event("a", 3, 4), event("a", 2, 5)]);
    let planned = planned(&[], &text).unwrap();
    assert_eq!(
        planned.events,
        [event("a", 1, 1), hole("a", 2, 2), event("a", 3, 4)]
    );
    let place = Position(2);
    assert_eq!(
        planned.fills,
        [RecordedEvent {
            position: place,
            ..event("a", 2, 5)
        }]
    );
    assert_eq!(planned.holes, 0);
}

#[test]
fn a_gap_is_refused_with_how_many_holes_the_whole_file_needs_and_taken_with_them() {
    let events = [
        event("a", 1, 1),
        event("b", 3, 5),
        event("a", 3, 7),
        event("c", 1, 8),
    ];
    let refused = planned(&[], &file(&events)).unwrap_err();
    assert_eq!(refused.line, 2);
    assert!(
        matches!(refused.reason, Reason::Gap { holes: Some(3), .. }),
        "{refused}"
    );

    let planned = with_holes(&[], &file(&events));
    // Between the positions that are there, those that have to end first in front.
    let expected = [
        event("a", 1, 1),
        hole("b", 1, 2),
        hole("b", 2, 3),
        hole("a", 2, 4),
        event("b", 3, 5),
        event("a", 3, 7),
        event("c", 1, 8),
    ];
    assert_eq!(planned.events, expected);
    assert_eq!(planned.holes, 3);
}

#[test]
fn where_no_position_is_free_all_are_given_anew() {
    let events = [event("a", 1, 1), event("a", 3, 2), event("b", 1, 9)];
    let planned = with_holes(&[], &file(&events));
    let places: Vec<(u64, u64)> = planned
        .events
        .iter()
        .map(|event| (event.version.0, event.position.0))
        .collect();
    assert_eq!(places, [(1, 1), (2, 2), (3, 3), (1, 4)]);
    assert!(planned.events[1].is_hole());
}

#[test]
fn a_gap_behind_what_a_store_holds_is_taken_with_holes_too() {
    let held = [event("a", 1, 1)];
    let planned = with_holes(&held, &file(&[event("a", 4, 9)]));
    let places: Vec<(bool, u64, u64)> = planned
        .events
        .iter()
        .map(|event| (event.is_hole(), event.version.0, event.position.0))
        .collect();
    assert_eq!(places, [(true, 2, 2), (true, 3, 3), (false, 4, 4)]);
}

#[test]
fn too_many_holes_are_not_offered_and_not_made() {
    let text = file(&[event("a", MOST_HOLES + 2, 1)]);
    let lines = read(&text).unwrap();
    let refused = [
        files::plan(&[], &lines, NOW, |_| Ok(())).unwrap_err(),
        files::plan_with_holes(Position(1), &[], &lines, NOW).unwrap_err(),
    ];
    for refused in refused {
        assert!(
            matches!(refused.reason, Reason::Gap { holes: None, .. }),
            "{refused}"
        );
    }
}

/// What becomes of a record.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Whole,
    /// It says which event it held.
    Named,
    /// It says nothing.
    Nameless,
    /// It isn't there.
    Gone,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        3 => Just(Fate::Whole),
        1 => Just(Fate::Named),
        1 => Just(Fate::Nameless),
        1 => Just(Fate::Gone),
    ]
}

fn lying(store: &MemoryStore) -> Vec<RecordedEvent> {
    let mut events = Vec::new();
    let look = store.inspect(|held| {
        if let Held::Event { event, .. } = held {
            events.push(event.unwrap().clone());
        }
        ControlFlow::Continue(())
    });
    block_on(look).unwrap();
    events
}

/// Imports what was planned: what fills holes after what is added.
fn import(store: &MemoryStore, after: Position, planned: Planned) {
    let events = [planned.events, planned.fills].concat();
    let go_on = |_| ControlFlow::Continue(());
    block_on(store.import(after, None, &events, go_on)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is damaged: the export is taken, each event stands where it stood, each version that is
    /// lost has a hole, and the export of before makes it whole.
    #[test]
    fn what_comes_out_goes_in(records in vec((0..3_u8, 1..3_u64, fate()), 1..40)) {
        let mut heads: BTreeMap<StreamId, Version> = BTreeMap::new();
        let mut position = 0;
        let mut whole = Vec::new();
        for (of, step, _) in &records {
            position += step;
            let stream = stream(["a", "b", "c"][usize::from(*of)]);
            let head = heads.entry(stream.clone()).or_default();
            *head = head.next();
            whole.push(event(stream.aggregate_id(), head.0, position));
        }
        let mut exporter = Exporter::new();
        for (event, (_, _, fate)) in whole.iter().zip(&records) {
            let place = (event.version, event.position);
            match fate {
                Fate::Whole => exporter.event(event),
                Fate::Named => exporter.damaged(Some(event.stream.clone()), place.0, place.1),
                Fate::Nameless => exporter.damaged(None, Version::NONE, Position::START),
                Fate::Gone => {}
            }
        }
        heads.iter().for_each(|(stream, head)| exporter.head(stream, *head));
        let (text, summary) = exporter.text();
        let lost = records.iter().filter(|(_, _, fate)| !matches!(fate, Fate::Whole)).count();
        prop_assert_eq!(summary.missing, lost as u64);
        // Where positions have gaps, a hole may go where no record was.
        let has_gaps = records.iter().any(|(_, step, _)| *step > 1);
        prop_assert!(summary.untold == 0 || has_gaps, "{:?}", summary);

        let store = MemoryStore::new();
        let planned = planned(&[], &text).unwrap();
        prop_assert_eq!(planned.holes, lost as u64);
        import(&store, Position::START, planned);
        let held = lying(&store);
        let versions = |events: &[RecordedEvent]| {
            let mut of: Vec<_> = events.iter().map(|e| (e.stream.clone(), e.version)).collect();
            of.sort();
            of
        };
        prop_assert_eq!(versions(&held), versions(&whole));
        let intact = whole.iter().zip(&records).filter(|(_, (_, _, fate))| matches!(fate, Fate::Whole));
        let intact: Vec<RecordedEvent> = intact.map(|(event, _)| event.clone()).collect();
        let kept: Vec<RecordedEvent> = held.iter().filter(|event| !event.is_hole()).cloned().collect();
        prop_assert_eq!(kept, intact);

        let after = held.last().unwrap().position;
        let planned = self::planned(&held, &file(&whole)).unwrap();
        prop_assert_eq!((planned.events.len(), planned.fills.len()), (0, lost));
        import(&store, after, planned);
        let ids = |events: &[RecordedEvent]| {
            let mut of: Vec<_> = events.iter().map(|e| (e.stream.clone(), e.version, e.event_id)).collect();
            of.sort();
            of
        };
        prop_assert_eq!(ids(&lying(&store)), ids(&whole));
    }
}
