//! Filters: what they deny isn't there, they take little for what it isn't, and their form is as it is written down.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::HashSet;

use eventloom::core::{EventId, Position, RecordedEvent, StreamId, Version};
use eventloom::log::segments::{Fetch, Filter, INLINE, Ids, Index, Run, Segment};
use proptest::prelude::*;
use twox_hash::XxHash64;
use uuid::Uuid;

fn ada() -> StreamId {
    support::stream("t", "ada")
}

fn event(stream: &StreamId, id: EventId, number: u64) -> RecordedEvent {
    RecordedEvent {
        version: Version(number),
        position: Position(number),
        event_id: id,
        ..support::foreign(stream, &[("A", "{}")]).remove(0)
    }
}

fn id(number: u128) -> EventId {
    EventId(Uuid::from_u128(number))
}

fn filter_of(ids: impl IntoIterator<Item = EventId>) -> Filter {
    let events: Vec<_> = (1..)
        .zip(ids)
        .map(|(number, id)| event(&ada(), id, number))
        .collect();
    Filter::of(&events).unwrap()
}

proptest! {
    #[test]
    fn what_is_there_is_never_denied(ids in prop::collection::vec(any::<u128>(), 0..400)) {
        let filter = filter_of(ids.iter().copied().map(id));
        let read = Filter::from_bytes(filter.as_bytes().to_vec()).unwrap();
        prop_assert!(ids.iter().all(|number| read.may_hold(id(*number))));
    }
}

/// A number that looks like one drawn, always the same of the same.
fn random(number: u128) -> u128 {
    let [low, high] = [1, 2].map(|seed| XxHash64::oneshot(seed, &number.to_le_bytes()));
    u128::from(high) << 64 | u128::from(low)
}

#[test]
fn of_what_is_not_there_less_than_one_in_a_thousand_may_be() {
    for count in [1, 10, 1_000, 16_384] {
        let drawn: Vec<u128> = (0..count).map(random).collect();
        let counted: Vec<u128> = (0..count).collect();
        for held in [drawn, counted] {
            let filter = filter_of(held.iter().copied().map(id));
            let held: HashSet<u128> = held.into_iter().collect();
            let others = (1 << 64..).take(50_000);
            let others = others.chain((1 << 64..).map(random).take(50_000));
            let others = others.filter(|number| !held.contains(number));
            let taken = others.filter(|number| filter.may_hold(id(*number))).count();
            assert!(taken < 100, "{taken} of 100,000, beside {count}");
        }
    }
    assert!(!filter_of([]).may_hold(id(1)));
}

/// As the description of the form says it.
#[test]
fn the_bits_of_an_id_are_those_that_the_form_says() {
    let ids = [id(1), id(0xfeed_0000_0000_0000_0000_0000_0000_cafe)];
    let mut bytes = vec![0; 65];
    bytes[0] = 1;
    for id in ids {
        let hash = XxHash64::oneshot(0, id.0.as_bytes());
        let (mut place, step) = (hash % (1 << 32), (hash / (1 << 32)) | 1);
        for _ in 0..11 {
            let bit = (place * 512 / (1 << 32)) as usize;
            bytes[1 + bit / 8] |= 1 << (bit % 8);
            place = (place + step) % (1 << 32);
        }
    }
    assert_eq!(filter_of(ids).as_bytes(), bytes);
    bytes[0] = 2;
    for bytes in [bytes, Vec::new(), vec![1], vec![1; 64]] {
        assert!(Filter::from_bytes(bytes).is_none());
    }
}

#[test]
fn a_segment_with_a_hole_has_no_filter() {
    let hole = RecordedEvent::hole(ada(), Version(2), Position(2));
    assert!(Filter::of(&[event(&ada(), id(1), 1), hole]).is_none());
}

/// Takes in these events in a page of a segment of its own, without looking at their ids, as what another
/// tab imported.
fn import(index: &mut Index, events: &[RecordedEvent]) {
    take(index, events, 1, None);
}

fn take(index: &mut Index, events: &[RecordedEvent], pages: u32, known: Option<&[RecordedEvent]>) {
    let number = index.last_segment() + 1;
    let segment = Segment {
        number,
        from: number,
        first: events[0].position,
        last: events[events.len() - 1].position,
        pages,
    };
    let run = Run {
        stream: events[0].stream.clone(),
        first: events[0].version,
        count: events.len() as u64,
    };
    let page = if pages > 0 { 0 } else { INLINE };
    match known {
        Some(events) => index.add_events(segment, [(page, run)], events),
        None => index.add(segment, [(page, run)]),
    }
}

/// These ids were read.
fn know(index: &mut Index, ids: &[EventId], which: Ids) {
    index.begin_ids(&ada(), which);
    index.know_ids(&ada(), ids.to_vec(), which);
}

fn pages(segment: u64) -> Fetch {
    Fetch::Pages {
        segment,
        from: 0,
        to: 0,
    }
}

#[test]
fn with_the_filters_of_its_segments_it_is_known_what_a_stream_does_not_hold() {
    let log: Vec<_> = (1..=6).map(|n| event(&ada(), id(n.into()), n)).collect();
    let mut index = Index::default();
    import(&mut index, &log[..2]);
    take(&mut index, &log[2..3], 0, None);
    import(&mut index, &log[3..5]);
    let numbers = |index: &Index| -> Vec<u64> {
        let unread = index.unread_filters([&ada(), &ada()]);
        unread.iter().map(|segment| segment.number).collect()
    };
    assert_eq!(numbers(&index), [1, 3]);
    index.take_filter(3, Filter::of(&log[3..5]));
    assert_eq!(numbers(&index), [1]);
    index.take_filter(1, Filter::of(&log[..2]));
    assert!(numbers(&index).is_empty());

    // Only what stands outside is to be read.
    let two = Fetch::Segments { from: 2, to: 2 };
    assert_eq!(index.fetches_of([&ada()], Ids::Unfiltered), [two]);
    let all = [pages(1), two, pages(3)];
    assert_eq!(index.fetches_of([&ada()], Ids::All), all);
    know(&mut index, &[], Ids::Unfiltered);
    assert_eq!(index.holds_any(&ada(), &[id(9)]), None, "one id is lacking");
    know(&mut index, &[id(3)], Ids::Unfiltered);
    assert_eq!(index.holds_any(&ada(), &[id(9)]), Some(false));
    assert_eq!(index.holds_any(&ada(), &[id(9), id(3)]), Some(true));
    assert_eq!(index.holds_any(&ada(), &[id(9), id(4)]), None);

    // What is appended here is known besides.
    take(&mut index, &log[5..], 1, Some(&log[5..]));
    assert_eq!(index.holds_any(&ada(), &[id(6)]), Some(true));
    assert_eq!(
        index.holds_any(&ada(), &[id(9)]),
        None,
        "a filter is unread"
    );
    index.take_filter(4, Filter::of(&log[5..]));
    assert_eq!(index.holds_any(&ada(), &[id(9)]), Some(false));

    // With all of them, filters aren't asked any more.
    let held: Vec<EventId> = log.iter().map(|event| event.event_id).collect();
    know(&mut index, &held, Ids::All);
    assert_eq!(index.holds_any(&ada(), &[id(4)]), Some(true));
    let more = [event(&ada(), id(7), 7)];
    import(&mut index, &more);
    assert_eq!(index.holds_any(&ada(), &[id(9)]), None, "more came");
}

#[test]
fn the_ids_of_a_segment_without_a_filter_are_read() {
    let log: Vec<_> = (1..=4).map(|n| event(&ada(), id(n.into()), n)).collect();
    let mut index = Index::default();
    import(&mut index, &log[..2]);
    import(&mut index, &log[2..]);
    index.take_filter(1, None);
    index.take_filter(2, Filter::of(&log[2..]));
    assert_eq!(index.fetches_of([&ada()], Ids::Unfiltered), [pages(1)]);
    know(&mut index, &[id(1)], Ids::Unfiltered);
    assert_eq!(index.holds_any(&ada(), &[id(9)]), None, "one id is lacking");
    know(&mut index, &[id(1), id(2)], Ids::Unfiltered);
    assert_eq!(index.holds_any(&ada(), &[id(9)]), Some(false));
    assert_eq!(index.holds_any(&ada(), &[id(2)]), Some(true));

    // The store was emptied: what is there now has nothing to do with that.
    index.empty(3, Position(4), None);
    import(&mut index, &[event(&ada(), id(1), 1)]);
    assert_eq!(index.unread_filters([&ada()]).len(), 1);
    assert_eq!(index.holds_any(&ada(), &[id(2)]), None);
}

#[test]
fn what_comes_while_ids_are_read_is_known_too_unless_it_is_not_looked_at() {
    let log: Vec<_> = (1..=4).map(|n| event(&ada(), id(n.into()), n)).collect();
    let mut index = Index::default();
    take(&mut index, &log[..2], 0, None);
    index.begin_ids(&ada(), Ids::All);
    assert_eq!(index.holds_any(&ada(), &[id(9)]), None);
    assert_eq!(index.want_ids([&ada()]), [&ada()], "they aren't known yet");
    take(&mut index, &log[2..3], 0, Some(&log[2..3]));
    assert_eq!(index.holds_any(&ada(), &[id(3)]), None);
    index.know_ids(&ada(), vec![id(1), id(2)], Ids::All);
    assert_eq!(index.holds_any(&ada(), &[id(3)]), Some(true));
    assert_eq!(index.holds_any(&ada(), &[id(9)]), Some(false));

    index.begin_ids(&ada(), Ids::All);
    import(&mut index, &log[3..]);
    index.know_ids(&ada(), vec![id(1), id(2), id(3)], Ids::All);
    assert_eq!(index.holds_any(&ada(), &[id(9)]), None);
}

/// As a release before may have recorded it.
#[test]
fn the_ids_of_a_stream_that_holds_one_twice_are_known() {
    let log: Vec<_> = [(1, 1), (2, 2), (2, 3)]
        .map(|(n, version)| event(&ada(), id(n), version))
        .into();
    let mut index = Index::default();
    take(&mut index, &log, 0, None);
    know(&mut index, &[id(1), id(2), id(2)], Ids::Unfiltered);
    assert_eq!(index.holds_any(&ada(), &[id(2)]), Some(true));
    assert_eq!(index.holds_any(&ada(), &[id(9)]), Some(false));
}

#[test]
fn what_was_joined_here_is_known_as_before_once_its_filter_is() {
    let log: Vec<_> = (1..=3).map(|n| event(&ada(), id(n.into()), n)).collect();
    let mut index = Index::default();
    import(&mut index, &log[..1]);
    for event in &log[1..] {
        take(&mut index, std::slice::from_ref(event), 0, None);
    }
    index.take_filter(1, Filter::of(&log[..1]));
    know(&mut index, &[id(2), id(3)], Ids::Unfiltered);
    let joined = Segment {
        number: 3,
        from: 2,
        first: Position(2),
        last: Position(3),
        pages: 1,
    };
    let run = Run {
        stream: ada(),
        first: Version(2),
        count: 2,
    };
    index.join(joined, [(0, run)]);
    assert_eq!(index.unread_filters([&ada()]), [joined]);
    assert_eq!(index.holds_any(&ada(), &[id(9)]), None);
    index.take_filter(3, Filter::of(&log[1..]));
    assert_eq!(index.holds_any(&ada(), &[id(9)]), Some(false));
    assert_eq!(index.holds_any(&ada(), &[id(3)]), Some(true));
}
