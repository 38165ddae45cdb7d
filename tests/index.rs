//! What an index answers about a log of segments, compared with what the events themselves say.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;

use eventloom::core::{
    EventId, History, Position, PositionRanges, RecordedEvent, StreamId, Version,
};
use eventloom::log::Chain;
use eventloom::log::segments::{
    Damage, Fetch, INLINE, Ids, Index, Run, Segment, Turn, Unreadable, add_ids, directory, pack,
    paginate, read_directory, runs, runs_of, text_size, unpack,
};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

mod support;

fn ada() -> StreamId {
    support::stream("t", "ada")
}

fn ben() -> StreamId {
    support::stream("t", "ben")
}

fn event(stream: &StreamId, version: u64, position: u64) -> RecordedEvent {
    RecordedEvent {
        version: Version(version),
        position: Position(position),
        event_id: EventId(Uuid::from_u128(position.into())),
        ..support::foreign(stream, &[("Happened", "{}")]).remove(0)
    }
}

/// Segments of events of two streams; each event is so much further than the one before it.
fn segments() -> impl Strategy<Value = Vec<Vec<RecordedEvent>>> {
    vec(vec((any::<bool>(), 1..4_u64), 1..6), 0..8).prop_map(|segments| {
        let (mut versions, mut position) = ([0, 0], 0);
        let mut recorded = |(is_ada, step): (bool, u64)| {
            let (stream, version) = match is_ada {
                true => (ada(), &mut versions[0]),
                false => (ben(), &mut versions[1]),
            };
            *version += 1;
            position += step;
            event(&stream, *version, position)
        };
        let segment = |events: Vec<_>| events.into_iter().map(&mut recorded).collect();
        segments.into_iter().map(segment).collect()
    })
}

fn segment(number: u64, events: &[RecordedEvent]) -> Segment {
    Segment {
        number,
        from: number,
        first: events[0].position,
        last: events[events.len() - 1].position,
        pages: 0,
    }
}

fn inline(events: &[RecordedEvent]) -> Vec<(u32, Run)> {
    let runs = runs_of(&events.iter().collect::<Vec<_>>()).into_iter();
    runs.map(|run| (INLINE, run)).collect()
}

/// An index of segments from number 1 on.
fn index_of(segments: &[Vec<RecordedEvent>]) -> Index {
    let mut index = Index::default();
    for (number, events) in (1..).zip(segments) {
        index.add(segment(number, events), inline(events));
    }
    index
}

fn above(events: &[RecordedEvent], position: Position) -> u64 {
    let is_above = |event: &&RecordedEvent| event.position > position;
    events.iter().filter(is_above).count() as u64
}

/// Whether a segment gave each position from its first to its last.
fn is_dense(events: &[RecordedEvent]) -> bool {
    let span = events[events.len() - 1].position.0 - events[0].position.0;
    span + 1 == events.len() as u64
}

proptest! {
    #[test]
    fn events_above_a_position_are_counted_but_for_one_segment_with_gaps(log in segments()) {
        let index = index_of(&log);
        let all = log.concat();
        prop_assert_eq!(index.events(), all.len() as u64);
        let end = index.last_position().0;
        for position in (0..=end + 1).map(Position) {
            let (count, to_look_at) = index.count_after(position);
            let lies_in = (1..).zip(&log).find(|(number, events)| {
                let Segment { first, last, .. } = segment(*number, events);
                first <= position && position < last && !is_dense(events)
            });
            let rest = lies_in.map_or(0, |(_, events)| above(events, position));
            prop_assert_eq!(count + rest, above(&all, position));
            prop_assert_eq!(to_look_at, lies_in.map(|(number, events)| segment(number, events)));
        }
    }

    #[test]
    fn a_place_is_the_end_of_a_segment_or_none(log in segments()) {
        let index = index_of(&log);
        for position in (0..=index.last_position().0 + 1).map(Position) {
            let ends = (1..).zip(&log).find(|(_, events)| events.last().unwrap().position == position);
            prop_assert_eq!(index.ending_at(position), ends.map(|(number, _)| number));
        }
    }

    #[test]
    fn a_segment_ends_before_the_next_begins(log in segments()) {
        let index = index_of(&log);
        for (number, events) in (1..).zip(&log) {
            let next = log.get(number as usize).map(|next| next[0].position.0 - 1);
            let last = events.last().unwrap().position.0;
            prop_assert_eq!(index.end_of(number).0, next.unwrap_or(last));
        }
        prop_assert_eq!(index.end_of(log.len() as u64 + 1), index.last_position());
    }

    #[test]
    fn a_stream_had_before_a_segment_what_the_segments_before_it_hold(log in segments()) {
        let index = index_of(&log);
        for stream in [ada(), ben()] {
            for number in 1..=log.len() + 1 {
                let before = log[..number - 1].concat();
                let held = before.iter().filter(|event| event.stream == stream).count();
                prop_assert_eq!(index.version_before(&stream, number as u64), Version(held as u64));
            }
        }
        prop_assert_eq!(index.version_before(&support::stream("t", "none"), 1), Version::NONE);
    }

    #[test]
    fn joined_segments_stand_in_the_place_of_those_that_they_were(log in segments(), from in 0..6_usize, count in 2..6_usize) {
        let to = log.len().min(from + count);
        prop_assume!(from + 1 < to);
        let all = log.concat();
        let mut index = index_of(&log);
        let mut expected: Vec<Segment> = (1..).zip(&log).map(|(number, events)| segment(number, events)).collect();
        let events = log[from..to].concat();
        let pages = paginate(&events);
        let joined = Segment {
            from: from as u64 + 1,
            pages: pages.len() as u32,
            ..segment(to as u64, &events)
        };
        let runs = (0..).zip(pages).flat_map(|(page, content)| content.runs.into_iter().map(move |run| (page, run)));
        index.join(joined, runs);
        expected.splice(from..to, [joined]);
        prop_assert_eq!(index.segments_after(Position::START), &expected);
        prop_assert_eq!(index.events(), all.len() as u64);
        for segment in &expected {
            prop_assert_eq!(index.count_after(segment.last), (above(&all, segment.last), None));
        }
    }
}

fn history(number: u128) -> History {
    History(Uuid::from_u128(number))
}

#[test]
fn a_turn_gives_no_position_again_and_begins_its_history() {
    let log = [
        vec![event(&ada(), 1, 1), event(&ben(), 1, 2)],
        vec![event(&ada(), 2, 3)],
    ];
    let holes = Turn::Filled {
        holes: 1,
        history: history(3),
    };
    let taken_back = Turn::TakenBack {
        from: 2,
        floor: Position(7),
        history: history(4),
    };
    let restored = Turn::Restored {
        from: 2,
        floor: Position(9),
    };
    let mut index = index_of(&log);
    assert_eq!((index.history(), index.since()), (None, 0));
    assert_eq!(index.emptied(), None);
    for (number, turn, begins, next) in [
        (3, holes, 3, 4),
        (4, taken_back, 4, 8),
        (5, restored, 4, 10),
    ] {
        turn.take_into(&mut index, number);
        assert_eq!(index.last_segment(), number);
        assert_eq!(index.history(), Some(history(begins)));
        assert_eq!(index.next_position(), Position(next));
        // What of it isn't there any more is found by making the index anew.
        assert_eq!(index.events(), 3);
    }
    // Not lower than before.
    let emptied = Turn::Emptied {
        floor: Position(3),
        history: history(6),
    };
    emptied.take_into(&mut index, 6);
    assert_eq!((index.last_segment(), index.events()), (6, 0));
    assert_eq!((index.emptied(), index.since()), (Some(6), 6));
    assert_eq!(index.next_position(), Position(10));
    assert_eq!(index.history(), Some(history(6)));
    assert!(index.segments_after(Position::START).is_empty());
    index.skip(7);
    assert!(index.follows(8) && !index.follows(7) && !index.follows(9));
}

#[test]
fn an_index_is_made_anew_where_it_holds_what_a_turn_takes_away() {
    let index = index_of(&[vec![event(&ada(), 1, 1)], vec![event(&ada(), 2, 2)]]);
    let floor = Position(2);
    let taken_back = |from| Turn::TakenBack {
        from,
        floor,
        history: history(1),
    };
    for (from, is_held) in [(1, true), (2, true), (3, false)] {
        assert_eq!(taken_back(from).voids(&index), is_held, "{from}");
        let restored = Turn::Restored { from, floor };
        assert_eq!(restored.voids(&index), is_held, "{from}");
    }
    let history = history(1);
    let emptied = Turn::Emptied { floor, history };
    let filled = Turn::Filled { holes: 1, history };
    assert!(!emptied.voids(&index) && !filled.voids(&index));
}

#[test]
fn an_index_is_linked_by_the_chain_of_its_last_segment() {
    let mut index = Index::default();
    assert_eq!(index.chain(), Some(Chain::START));
    let events = [event(&ada(), 1, 1), event(&ada(), 2, 2)];
    index.add(segment(1, &events), inline(&events));
    assert_eq!(index.chain(), None);
    let chain = Chain::START.with(1, &events);
    index.link(Some(chain), &PositionRanges::one(Position(1), Position(2)));
    assert_eq!(index.chain(), Some(chain));
    let imported = |first, last| index.imported(Position(first), Position(last));
    assert_eq!(
        imported(2, 9),
        PositionRanges::one(Position(2), Position(2))
    );
    assert_eq!(imported(3, 9), PositionRanges::NONE);
}

#[test]
fn what_an_index_knows_is_in_its_bytes() {
    let events = [event(&ada(), 1, 1), event(&ben(), 1, 3)];
    let mut index = index_of(&[events.to_vec()]);
    index.turn(2, Position(9), Some(history(5)));
    let chain = Chain::START.with(1, &events);
    index.link(Some(chain), &PositionRanges::one(Position(1), Position(3)));
    let read = Index::from_bytes(&index.to_bytes().unwrap()).unwrap();
    assert_eq!(read.history(), Some(history(5)));
    assert_eq!(read.chain(), Some(chain));
    assert_eq!((read.last_segment(), read.events()), (2, 2));
    assert_eq!(read.last_position(), Position(3));
    assert_eq!(read.next_position(), Position(10));
    assert_eq!(
        read.imported(Position(2), Position(9)),
        PositionRanges::one(Position(2), Position(3))
    );
}

#[test]
fn damage_stops_the_stream_that_it_is_of_and_where_that_is_unknown_every_stream() {
    let damage = |stream: Option<StreamId>, cause: &str| Damage {
        stream,
        version: Version(1),
        cause: cause.to_owned(),
    };
    let mut index = index_of(&[vec![event(&ada(), 1, 1), event(&ben(), 1, 2)]]);
    assert!(!index.is_faulty());
    index.note(damage(Some(ada()), "first"));
    // It is told once.
    index.note(damage(Some(ada()), "second"));
    assert_eq!(index.fault(&ada()).unwrap().cause, "first");
    assert_eq!(index.fault(&ben()), None);
    assert!(index.is_faulty());
    assert_eq!(index.to_bytes(), None);
    index.note(damage(None, "unknown"));
    assert_eq!(index.fault(&ben()).unwrap().cause, "unknown");
    assert_eq!(index.fault(&ada()).unwrap().cause, "first");
}

#[test]
fn ids_are_asked_for_where_a_stream_is_there_and_its_ids_are_not_known() {
    let none = support::stream("t", "none");
    let events = vec![event(&ada(), 1, 1), event(&ben(), 1, 2)];
    let mut index = index_of(std::slice::from_ref(&events));
    let id = events[0].event_id;
    // No stream holds none of no ids, and one that isn't there holds none at all.
    assert_eq!(index.holds_any(&ada(), &[]), Some(false));
    assert_eq!(index.holds_any(&none, &[id]), Some(false));
    assert_eq!(index.holds_any(&ada(), &[id]), None);
    assert_eq!(index.want_ids([&ada(), &none]), [&ada()]);
    index.begin_ids(&ada(), Ids::All);
    index.know_ids(&ada(), vec![id], Ids::All);
    index.begin_ids(&none, Ids::All);
    index.know_ids(&none, vec![id], Ids::All);
    assert_eq!(index.want_ids([&ada(), &ben(), &none]), [&ben()]);
    assert_eq!(index.holds_any(&ada(), &[id]), Some(true));
    assert_eq!(index.holds_any(&ben(), &[id]), None);
    index.forget_ids(&ada());
    assert_eq!(index.holds_any(&ada(), &[id]), None);
}

#[test]
fn a_hole_has_no_id_that_an_event_could_have() {
    let mut index = Index::default();
    let first = [event(&ada(), 1, 1)];
    index.add_events(segment(1, &first), inline(&first), &first);
    let none = [event(&ada(), 9, 9).event_id];
    assert_eq!(index.holds_any(&ada(), &none), Some(false));
    let hole = [RecordedEvent::hole(ada(), Version(2), Position(2))];
    index.add_events(segment(2, &hole), inline(&hole), &hole);
    assert_eq!(index.holds_any(&ada(), &none), None);

    // One that only has its name is an event.
    let named = RecordedEvent {
        event_type: hole[0].event_type.clone(),
        ..event(&ada(), 3, 3)
    };
    let mut found = HashMap::new();
    let stream = ada();
    found.insert(&stream, Vec::new());
    add_ids(&pack(&[&first[0], &hole[0], &named]), &mut found).unwrap();
    assert_eq!(found[&stream], [first[0].event_id, named.event_id]);
}

#[test]
fn records_beside_each_other_are_one_fetch() {
    let mut index = Index::default();
    let mut version = 0;
    // Number 4 holds no events; 6 and 8 are in pages.
    for (number, places) in [
        (1, vec![INLINE]),
        (2, vec![INLINE]),
        (3, vec![INLINE]),
        (5, vec![INLINE]),
        (6, vec![0, 1, 3]),
        (8, vec![4]),
    ] {
        let first = event(&ada(), version + 1, version + 1);
        let runs: Vec<_> = places
            .into_iter()
            .map(|page| {
                version += 1;
                let (stream, first, count) = (ada(), Version(version), 1);
                let run = Run {
                    stream,
                    first,
                    count,
                };
                (page, run)
            })
            .collect();
        let last = Position(version);
        let segment = Segment {
            last,
            ..segment(number, &[first])
        };
        index.add(segment, runs);
    }
    let segments = |from, to| Fetch::Segments { from, to };
    let pages = |segment, from, to| Fetch::Pages { segment, from, to };
    let all = [
        segments(1, 3),
        segments(5, 5),
        pages(6, 0, 1),
        pages(6, 3, 3),
        pages(8, 4, 4),
    ];
    assert_eq!(index.fetches_of([&ada()], Ids::All), all);
    let fetches = |after, limit| index.fetches(&ada(), Version(after), limit);
    assert_eq!(fetches(0, 99), (all.to_vec(), Version(8)));
    assert_eq!(fetches(1, 2), (vec![segments(2, 3)], Version(3)));
    assert_eq!(fetches(3, 1), (vec![segments(5, 5)], Version(4)));
    assert_eq!(fetches(3, 0), (vec![], Version(3)));
}

#[test]
fn a_fetch_that_is_not_split_leaves_nothing() {
    let segments = |from, to| Fetch::Segments { from, to };
    assert_eq!(segments(4, 8).first(5), (segments(4, 8), None));
    assert_eq!(
        segments(4, 8).first(4),
        (segments(4, 7), Some(segments(8, 8)))
    );
}

#[test]
fn a_form_that_is_not_known_is_refused_by_its_number() {
    let other = |mut bytes: Vec<u8>| {
        bytes[0] = 9;
        bytes
    };
    let form = Unreadable::Form(9);
    let events = other(pack(&[&event(&ada(), 1, 1)]));
    assert_eq!(unpack(&events).unwrap_err(), form);
    assert_eq!(runs(&events).unwrap_err(), form);
    let pages = other(directory(&paginate(&[event(&ada(), 1, 1)])));
    assert_eq!(read_directory(&pages).unwrap_err(), form);
    let index = other(Index::default().to_bytes().unwrap());
    assert_eq!(Index::from_bytes(&index).unwrap_err(), form);
}

#[test]
fn an_event_takes_about_as_many_bytes_as_its_texts() {
    let texts = |data: usize, of_type: usize, correlation: usize| {
        let mut event = event(&ada(), 1, 1);
        event.data = support::json(&format!("\"{}\"", "x".repeat(data)));
        event.event_type = "y".repeat(of_type);
        event.metadata.correlation_id = "z".repeat(correlation);
        event
    };
    let extended = |values: Vec<serde_json::Value>| {
        let mut event = texts(10, 10, 10);
        let named = ('a'..).map(|letter| letter.to_string().repeat(20));
        event.metadata.extensions = named.zip(values).collect();
        event
    };
    for (event, inexact) in [
        (texts(0, 0, 0), 40),
        (texts(500, 60, 70), 40),
        (texts(60, 500, 70), 40),
        (texts(60, 70, 500), 40),
        (extended(vec!["x".repeat(500).into()]), 40),
        (extended(vec![vec![1_234_567; 60].into()]), 60),
        // Ten numbers, each with marks around it.
        (extended(vec![1_234_567.into(); 10]), 100),
    ] {
        let packed = pack(&[&event]).len();
        let about = text_size(&event);
        assert!(about.abs_diff(packed) <= inexact, "{about}, {packed}");
    }
}
