//! Which segments of a log are joined, and when.
#![cfg(not(target_arch = "wasm32"))]

use eventloom::core::Position;
use eventloom::log::segments::{Index, Segment};

/// An index of segments of so many events each, in pages where that is 0.
fn of_sizes(sizes: impl IntoIterator<Item = u64>) -> Index {
    let mut index = Index::default();
    let mut position = 0;
    for (number, size) in (1..).zip(sizes) {
        let segment = Segment {
            number,
            from: number,
            first: Position(position + 1),
            last: Position(position + size.max(1)),
            pages: u32::from(size == 0),
        };
        position = segment.last.0;
        index.add(segment, []);
    }
    index
}

/// The numbers of the first and the last segment that are to be joined.
fn to_join(index: &Index, after: u64) -> Option<(u64, u64)> {
    let segments = index.to_join(after)?;
    Some((segments[0].number, segments[segments.len() - 1].number))
}

fn times(size: u64, count: usize) -> impl Iterator<Item = u64> {
    std::iter::repeat_n(size, count)
}

#[test]
fn segments_are_joined_once_a_thousand_are_older_than_the_newest() {
    assert_eq!(to_join(&of_sizes(times(1, 1_024 + 255)), 0), None);
    assert_eq!(
        to_join(&of_sizes(times(1, 1_024 + 256)), 0),
        Some((1, 1_024))
    );
    assert_eq!(
        to_join(&of_sizes(times(1, 2_048 + 256)), 1_024),
        Some((1_025, 2_048))
    );
    assert_eq!(to_join(&of_sizes(times(1, 2_048 + 256)), 1_025), None);
}

#[test]
fn fewer_segments_are_joined_where_they_hold_four_thousand_events() {
    // 40 of 100 events fit in 4,096, and one more wouldn't.
    assert_eq!(to_join(&of_sizes(times(100, 41 + 256)), 0), Some((1, 40)));
    assert_eq!(to_join(&of_sizes(times(100, 40 + 256)), 0), None);
    // Nothing is gained by joining one.
    let great = times(3_000, 4).chain(times(1, 256));
    assert_eq!(to_join(&of_sizes(great), 0), None);
}

#[test]
fn segments_between_two_in_pages_are_joined_if_there_are_some_hundred() {
    let sizes = |count| times(0, 1).chain(times(1, count)).chain(times(0, 257));
    assert_eq!(to_join(&of_sizes(sizes(255)), 0), None);
    assert_eq!(to_join(&of_sizes(sizes(256)), 0), Some((2, 257)));
}

#[test]
fn no_more_are_joined_than_hold_four_thousand_and_ninety_six_events() {
    let exactly = times(64, 64).chain(times(1, 300));
    assert_eq!(to_join(&of_sizes(exactly), 0), Some((1, 64)));
    let one_more = times(64, 63).chain(times(65, 1)).chain(times(1, 300));
    assert_eq!(to_join(&of_sizes(one_more), 0), Some((1, 63)));
}

#[test]
fn what_is_too_great_to_be_joined_keeps_none_after_it_from_that() {
    let sizes = times(5_000, 1).chain(times(100, 41 + 256));
    assert_eq!(to_join(&of_sizes(sizes), 0), Some((2, 41)));
}

#[test]
fn only_segments_whose_numbers_follow_one_another_are_joined() {
    let mut index = of_sizes(times(1, 300));
    let last = index.last_position().0;
    // 301 empties nothing and holds nothing.
    index.skip(301);
    for number in 302..1_000 {
        let position = Position(last + number);
        let segment = Segment {
            number,
            from: number,
            first: position,
            last: position,
            pages: 0,
        };
        index.add(segment, []);
    }
    assert_eq!(to_join(&index, 0), Some((1, 300)));
    assert_eq!(to_join(&index, 300), None);
}
