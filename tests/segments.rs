//! Laws of the log as segments: what is packed comes back as it was, an index answers as a list of all
//! events would, and nothing that can be fed to them breaks them.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, HashMap};

use eventloom::core::{
    CommandId, EventId, JsonText, Metadata, Position, RecordedEvent, StreamId, Timestamp, Version,
};
use eventloom::log::segments::{
    Fetch, INLINE, Ids, Index, Page, Run, Segment, add_ids, directory, in_order, pack, paginate,
    read_directory, runs, runs_of, unpack, unpack_stream,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

mod support;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z \\-]{1,12}",
        "[\"\\\\\\n\\x00\u{2028}é😀]{1,5}"
    ]
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let extensions = prop::collection::btree_map("[a-z]{1,5}", support::any_json(), 0..3);
    let command = option::of(any::<u128>());
    (
        text(),
        command,
        option::of(text()),
        option::of(text()),
        extensions,
    )
        .prop_map(
            |(correlation_id, command, causation_id, actor, extensions)| Metadata {
                correlation_id,
                command_id: command.map(|id| CommandId(Uuid::from_u128(id))),
                causation_id,
                actor,
                extensions: extensions.into_iter().collect(),
            },
        )
}

/// A log of some streams, as a store would hold it: versions without gaps, positions that grow.
fn log() -> impl Strategy<Value = Vec<RecordedEvent>> {
    let event = (
        0..5_u8,
        1..4_u64,
        any::<u128>(),
        text(),
        any::<u32>(),
        support::any_json(),
        any::<i64>(),
        metadata(),
    );
    vec(event, 0..60).prop_map(|events| {
        let mut versions: BTreeMap<u8, u64> = BTreeMap::new();
        let mut position = 0;
        events
            .into_iter()
            .map(
                |(of, step, id, event_type, schema_version, data, millis, metadata)| {
                    let version = versions.entry(of).or_default();
                    *version += 1;
                    position += step;
                    RecordedEvent {
                        stream: StreamId::new(format!("type-{}", of % 2), format!("id é {of}"))
                            .unwrap(),
                        version: Version(*version),
                        position: Position(position),
                        event_id: EventId(Uuid::from_u128(id)),
                        event_type,
                        schema_version,
                        data: JsonText::of(&data).unwrap(),
                        timestamp: Timestamp::from_millis(millis),
                        metadata,
                    }
                },
            )
            .collect()
    })
}

fn packed(events: &[RecordedEvent]) -> Vec<u8> {
    pack(&events.iter().collect::<Vec<_>>())
}

fn of_stream(log: &[RecordedEvent], stream: &StreamId) -> Vec<RecordedEvent> {
    log.iter()
        .filter(|event| event.stream == *stream)
        .cloned()
        .collect()
}

/// Cuts a log into segments, every other one of them in pages, and takes them into an index.
/// Answers also with what a storage would then hold.
type Held = BTreeMap<(u64, u32), Vec<u8>>;

fn taken_in(log: &[RecordedEvent], sizes: &[usize]) -> (Index, Held) {
    let mut index = Index::default();
    let mut held = Held::new();
    let mut rest = log;
    for (number, size) in (1..).zip(sizes.iter().cycle()) {
        let (events, after) = rest.split_at((*size).min(rest.len()));
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            break;
        };
        let pages: Vec<Page> = match number % 2 {
            0 => paginate(events),
            _ => Vec::new(),
        };
        let segment = Segment {
            number,
            from: number,
            first: first.position,
            last: last.position,
            pages: pages.len() as u32,
        };
        assert!(index.follows(number));
        if pages.is_empty() {
            let all: Vec<&RecordedEvent> = events.iter().collect();
            index.add(segment, runs_of(&all).into_iter().map(|run| (INLINE, run)));
            held.insert((number, INLINE), packed(events));
        } else {
            let read = read_directory(&directory(&pages)).unwrap();
            let runs = (0..)
                .zip(read)
                .flat_map(|(page, runs)| runs.into_iter().map(move |run| (page, run)));
            index.add(segment, runs);
            for (page, content) in (0..).zip(pages) {
                held.insert((number, page), content.packed);
            }
        }
        rest = after;
    }
    (index, held)
}

fn of_events(from: u64, number: u64, events: &[RecordedEvent], pages: u32) -> Segment {
    Segment {
        number,
        from,
        first: events[0].position,
        last: events[events.len() - 1].position,
        pages,
    }
}

/// What a storage answers.
fn fetched(held: &Held, fetch: Fetch) -> Vec<&Vec<u8>> {
    let keys: Vec<(u64, u32)> = match fetch {
        Fetch::Segments { from, to } => (from..=to).map(|number| (number, INLINE)).collect(),
        Fetch::Pages { segment, from, to } => (from..=to).map(|page| (segment, page)).collect(),
    };
    keys.into_iter().map(|key| &held[&key]).collect()
}

proptest! {
    #[test]
    fn what_is_packed_is_unpacked_as_it_was(log in log()) {
        let bytes = packed(&log);
        prop_assert_eq!(&unpack(&bytes).unwrap(), &log);
        let counted: u64 = runs(&bytes).unwrap().iter().map(|run| run.count).sum();
        prop_assert_eq!(counted, log.len() as u64);
        prop_assert_eq!(runs(&bytes).unwrap(), runs_of(&log.iter().collect::<Vec<_>>()));
    }

    #[test]
    fn of_one_stream_what_is_asked_for_is_unpacked(log in log(), after in 0..9_u64, last in 0..15_u64) {
        let bytes = packed(&log);
        for event in &log {
            let found = unpack_stream(&bytes, &event.stream, Version(after), Version(last)).unwrap();
            let mut expected = of_stream(&log, &event.stream);
            expected.retain(|event| event.version.0 > after && event.version.0 <= last);
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn pages_hold_every_event_once_and_each_stream_together(log in log()) {
        let pages = paginate(&log);
        let mut all = Vec::new();
        for (page, runs) in pages.iter().zip(read_directory(&directory(&pages)).unwrap()) {
            prop_assert_eq!(&runs, &page.runs);
            all.extend(unpack(&page.packed).unwrap());
        }
        let laid_out: Vec<&StreamId> = all.iter().map(|event| &event.stream).collect();
        let mut met = laid_out.clone();
        met.dedup();
        let mut distinct = met.clone();
        distinct.sort();
        distinct.dedup();
        prop_assert_eq!(met.len(), distinct.len());
        in_order(&mut all);
        prop_assert_eq!(all, log);
    }

    #[test]
    fn an_index_finds_what_a_list_of_all_events_would(
        log in log(), sizes in vec(1..9_usize, 1..5), after in 0..9_u64, limit in 0..9_usize,
    ) {
        let (index, held) = taken_in(&log, &sizes);
        let mut heads: BTreeMap<StreamId, Version> = BTreeMap::new();
        for event in &log {
            heads.insert(event.stream.clone(), event.version);
        }
        let listed = index.heads(None, usize::MAX);
        let listed: Vec<_> = listed.into_iter().map(|head| (head.stream, head.version)).collect();
        prop_assert_eq!(&listed, &heads.clone().into_iter().collect::<Vec<_>>());
        prop_assert_eq!(index.last_position(), log.last().map_or(Position::START, |e| e.position));
        for (stream, head) in &heads {
            prop_assert_eq!(index.version(stream), *head);
            prop_assert_eq!(index.fault(stream), None);
            let (fetches, last) = index.fetches(stream, Version(after), limit);
            let mut found = Vec::new();
            for bytes in fetches.iter().flat_map(|fetch| fetched(&held, *fetch)) {
                found.extend(unpack_stream(bytes, stream, Version(after), last).unwrap());
            }
            let expected: Vec<_> = of_stream(&log, stream)
                .into_iter()
                .filter(|event| event.version.0 > after)
                .take(limit)
                .collect();
            prop_assert_eq!(found, expected);
        }
        for event in &log {
            let next = index.segments_after(event.position).first().map(|segment| segment.last);
            let rest = log.iter().any(|other| other.position > event.position);
            prop_assert_eq!(next.is_some(), rest);
            prop_assert!(next.is_none_or(|last| last > event.position));
        }
    }

    #[test]
    fn an_index_whose_segments_were_joined_finds_the_same(
        log in log(), size in 1..5_usize, from in 0..6_usize, count in 2..9_usize,
        after in 0..9_u64, limit in 0..9_usize,
    ) {
        let mut index = Index::default();
        let mut held = Held::new();
        let mut segments = Vec::new();
        for (number, events) in (1..).zip(log.chunks(size)) {
            let segment = of_events(number, number, events, 0);
            let all: Vec<&RecordedEvent> = events.iter().collect();
            index.add(segment, runs_of(&all).into_iter().map(|run| (INLINE, run)));
            held.insert((number, INLINE), packed(events));
            segments.push(segment);
        }
        let to = segments.len().min(from + count);
        prop_assume!(from + 1 < to);
        let old = &segments[from..to];
        prop_assert!(index.holds(old));
        let events = &log[from * size..log.len().min(to * size)];
        let pages = paginate(events);
        let joined = of_events(old[0].number, to as u64, events, pages.len() as u32);
        for segment in old {
            held.remove(&(segment.number, INLINE));
        }
        let mut runs = Vec::new();
        for (page, content) in (0..).zip(pages) {
            held.insert((joined.number, page), content.packed);
            runs.extend(content.runs.into_iter().map(|run| (page, run)));
        }
        index.join(joined, runs);
        prop_assert!(!index.holds(old) && index.holds(&[joined]));
        prop_assert_eq!(index.last_segment(), segments.len() as u64);
        for event in &log {
            let (fetches, last) = index.fetches(&event.stream, Version(after), limit);
            let mut found = Vec::new();
            for bytes in fetches.iter().flat_map(|fetch| fetched(&held, *fetch)) {
                found.extend(unpack_stream(bytes, &event.stream, Version(after), last).unwrap());
            }
            let mut expected = of_stream(&log, &event.stream);
            expected.retain(|event| event.version.0 > after);
            expected.truncate(limit);
            prop_assert_eq!(found, expected);
            let next = index.segments_after(event.position).first().map(|segment| segment.last);
            prop_assert!(next.is_none_or(|last| last > event.position));
        }
    }

    #[test]
    fn an_index_is_read_from_its_bytes_as_it_was(
        log in log(), sizes in vec(1..9_usize, 1..5), emptied in any::<bool>(),
    ) {
        let (mut index, _) = taken_in(&log, &sizes);
        if emptied {
            index.empty(index.last_segment() + 1, Position(9_999), None);
        }
        let bytes = index.to_bytes().unwrap();
        let read = Index::from_bytes(&bytes).unwrap();
        prop_assert_eq!(format!("{read:?}"), format!("{index:?}"));
        prop_assert_eq!(read.to_bytes(), Some(bytes));
    }

    #[test]
    fn no_bytes_break_the_readers(bytes in vec(any::<u8>(), 0..200), log in log(), at in any::<prop::sample::Index>(), flip in any::<u8>()) {
        let mut damaged = packed(&log);
        let index = at.index(damaged.len());
        damaged[index] ^= flip;
        let mut cut = packed(&log);
        cut.truncate(index);
        let mut marked = vec![1];
        marked.extend(&bytes);
        let mut saved = taken_in(&log, &[3]).0.to_bytes().unwrap();
        let index = at.index(saved.len());
        saved[index] ^= flip;
        for bytes in [bytes, damaged, cut, marked, saved] {
            let _ = (unpack(&bytes), runs(&bytes), read_directory(&bytes));
            if let Ok(index) = Index::from_bytes(&bytes) {
                let _ = (index.to_bytes(), index.to_join(0));
            }
        }
    }
}

#[test]
fn a_stream_with_much_text_shares_its_pages_with_none() {
    let data = format!("{{\"text\":\"{}\"}}", "x".repeat(1_000));
    let log = |stream: &str, count: usize| {
        let events = vec![("Happened", data.as_str()); count];
        support::foreign(&support::stream("t", stream), &events)
    };
    let log = [
        log("ada", 3),
        log("ben", 5),
        log("great", 60),
        log("cleo", 2),
    ]
    .concat();
    let pages = paginate(&log);
    let streams = |page: &Page| -> Vec<String> {
        let runs = page.runs.iter();
        runs.map(|run| run.stream.aggregate_id().to_owned())
            .collect()
    };
    let streams: Vec<_> = pages.iter().map(streams).collect();
    let expected = [
        vec!["ada", "ben"],
        vec!["great"],
        vec!["great"],
        vec!["cleo"],
    ];
    assert_eq!(streams, expected);
}

#[test]
fn a_page_that_small_streams_share_is_small() {
    let data = format!("{{\"text\":\"{}\"}}", "x".repeat(1_000));
    let two = [("Happened", data.as_str()); 2];
    let log = (0..40).flat_map(|n| support::foreign(&support::stream("t", &format!("{n}")), &two));
    let pages = paginate(&log.collect::<Vec<_>>());
    let text = |page: &Page| unpack(&page.packed).unwrap().len() * 1_000;
    // Each of the 80 takes 1,000 bytes and its envelope: with 16 a page is past 16 KiB.
    assert_eq!(pages.len(), 5);
    assert!(pages.iter().all(|page| text(page) <= 16 * 1024));
}

#[test]
fn a_version_that_does_not_follow_is_a_fault_of_its_stream_alone() {
    let log = |stream: &str, version, position| {
        let event =
            support::foreign(&support::stream("t", stream), &[("Happened", "{}")]).remove(0);
        RecordedEvent {
            version: Version(version),
            position: Position(position),
            ..event
        }
    };
    let (index, _) = taken_in(
        &[log("ada", 1, 1), log("ben", 1, 2), log("ada", 3, 3)],
        &[1],
    );
    let (ada, ben) = (support::stream("t", "ada"), support::stream("t", "ben"));
    assert!(index.fault(&ada).is_some());
    assert_eq!(index.fault(&ben), None);
    // Appending where 3 stands already would be worse than the gap.
    assert_eq!(index.version(&ada), Version(3));
}

#[test]
fn an_emptied_index_gives_no_position_again() {
    let event = support::foreign(&support::stream("t", "ada"), &[("Happened", "{}")]);
    let (mut index, _) = taken_in(&event, &[1]);
    index.empty(2, Position(9), None);
    assert_eq!(
        (index.last_position(), index.next_position()),
        (Position::START, Position(10))
    );
    assert!(index.emptied() == Some(2) && index.heads(None, 9).is_empty());
    // An import brings positions of its own.
    let segment = Segment {
        number: 3,
        from: 3,
        first: Position(1),
        last: Position(2),
        pages: 0,
    };
    index.add(segment, []);
    assert_eq!(index.next_position(), Position(10));
}

/// A segment that holds these events itself.
fn inline(number: u64, events: &[RecordedEvent]) -> (Segment, Vec<(u32, Run)>) {
    let all: Vec<&RecordedEvent> = events.iter().collect();
    let runs = runs_of(&all).into_iter().map(|run| (INLINE, run));
    (of_events(number, number, events, 0), runs.collect())
}

fn ids_of(events: &[RecordedEvent]) -> Vec<EventId> {
    events.iter().map(|event| event.event_id).collect()
}

/// These ids of a stream were read.
fn know(index: &mut Index, stream: &StreamId, ids: &[EventId]) {
    index.begin_ids(stream, Ids::All);
    index.know_ids(stream, ids.to_vec(), Ids::All);
}

#[test]
fn the_ids_of_a_stream_are_known_from_its_first_event_on_or_not_at_all() {
    let stream = support::stream("t", "ada");
    let events = support::foreign(&stream, &[("A", "{}"), ("B", "{}"), ("C", "{}")]);
    let ids = ids_of(&events);
    let (mut index, _) = taken_in(&events[..1], &[1]);
    assert_eq!(index.holds_any(&stream, &ids), None);
    let (segment, runs) = inline(2, &events[1..2]);
    index.add_events(segment, runs, &events[1..2]);
    assert_eq!(index.holds_any(&stream, &ids), None);
    know(&mut index, &stream, &ids[..2]);
    assert_eq!(index.holds_any(&stream, &ids[2..]), Some(false));
    let (segment, runs) = inline(3, &events[2..]);
    index.add_events(segment, runs, &events[2..]);
    assert_eq!(index.holds_any(&stream, &ids[2..]), Some(true));
    let ben = support::stream("t", "ben");
    assert_eq!(index.holds_any(&ben, &ids), Some(false));
}

#[test]
fn what_was_appended_in_pages_is_known_and_what_was_imported_in_pages_is_not() {
    let stream = support::stream("t", "ada");
    let events = support::foreign(&stream, &[("A", "{}"), ("B", "{}"), ("C", "{}")]);
    let ids = ids_of(&events);
    let mut index = Index::default();
    let page = |events: &[RecordedEvent]| paginate(events).remove(0).runs.remove(0);
    for (number, at) in [(1, 0..1), (2, 1..2)] {
        let events = &events[at];
        let segment = of_events(number, number, events, 1);
        index.add_events(segment, [(0, page(events))], events);
    }
    assert_eq!(index.holds_any(&stream, &ids[1..2]), Some(true));
    assert_eq!(index.holds_any(&stream, &ids[2..]), Some(false));
    let segment = of_events(3, 3, &events[2..], 1);
    index.add(segment, [(0, page(&events[2..]))]);
    assert_eq!(index.holds_any(&stream, &ids), None);
}

#[test]
fn two_streams_of_one_round_that_have_more_ids_than_are_kept_stay_known_both() {
    let (ada, ben) = (support::stream("t", "ada"), support::stream("t", "ben"));
    let of = |stream: &StreamId| support::foreign(stream, &[("A", "{}"), ("B", "{}"), ("C", "{}")]);
    let log: Vec<RecordedEvent> = [of(&ada), of(&ben)].concat();
    let log: Vec<RecordedEvent> = (1..)
        .zip(log)
        .map(|(position, event)| RecordedEvent {
            position: Position(position),
            ..event
        })
        .collect();
    let (mut index, _) = taken_in(&log, &[6]);
    index.keep_ids(2);
    index.want_ids([&ada, &ben]);
    let ids: Vec<Vec<EventId>> = [&ada, &ben].map(|s| ids_of(&of_stream(&log, s))).into();
    know(&mut index, &ada, &ids[0]);
    know(&mut index, &ben, &ids[1]);
    assert_eq!(index.holds_any(&ada, &ids[0]), Some(true));
    assert_eq!(index.holds_any(&ben, &ids[1]), Some(true));
}

#[test]
fn what_is_fetched_for_several_streams_is_each_page_once_in_the_order_of_the_log() {
    let stream = |id: &str| support::stream("t", id);
    let event = |id: &str, version, position| RecordedEvent {
        version: Version(version),
        position: Position(position),
        event_id: EventId(Uuid::from_u128(position.into())),
        ..support::foreign(&stream(id), &[("A", "{}")]).remove(0)
    };
    // Odd numbers hold their events themselves, even ones in one page.
    let log = [
        event("ada", 1, 1),
        event("ben", 1, 2),
        event("cleo", 1, 3),
        event("ada", 2, 4),
        event("ben", 2, 5),
        event("cleo", 2, 6),
    ];
    let (index, held) = taken_in(&log, &[1, 2, 1]);
    let fetches = index.fetches_of([&stream("ben"), &stream("ada"), &stream("none")], Ids::All);
    let segments = |from, to| Fetch::Segments { from, to };
    let pages = |segment| Fetch::Pages {
        segment,
        from: 0,
        to: 0,
    };
    assert_eq!(
        fetches,
        [segments(1, 1), pages(2), segments(3, 3), pages(4)]
    );
    let ben = stream("ben");
    let mut found = HashMap::from([(&ben, Vec::new())]);
    for bytes in fetches.iter().flat_map(|fetch| fetched(&held, *fetch)) {
        add_ids(bytes, &mut found).unwrap();
    }
    assert_eq!(found[&ben], ids_of(&of_stream(&log, &ben)));
}

#[test]
fn a_fetch_is_split_after_so_many_records_and_loses_none() {
    let pages = |from, to| Fetch::Pages {
        segment: 7,
        from,
        to,
    };
    let segments = |from, to| Fetch::Segments { from, to };
    assert_eq!(pages(2, 9).first(3), (pages(2, 4), Some(pages(5, 9))));
    assert_eq!(pages(5, 9).first(5), (pages(5, 9), None));
    assert_eq!(
        segments(4, 8).first(1),
        (segments(4, 4), Some(segments(5, 8)))
    );
    assert_eq!(
        segments(4, 8).first(0),
        (segments(4, 4), Some(segments(5, 8)))
    );
    assert_eq!((pages(2, 9).records(), segments(4, 8).records()), (8, 5));
}
