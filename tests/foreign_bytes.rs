//! Bytes that no log was ever kept as, though their checksums fit: they are refused, and what can't be
//! refused is borne. Each test was a finding of `cargo xtask fuzz`, or came up on the way to it.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use eventloom::core::{Position, StreamId, Version};
use eventloom::log::checksum;
use eventloom::log::journal::Mark;
use eventloom::log::segments::{Index, Run, Segment, read_directory};

/// 2^63 − 1, the greatest number that is read, in nine bytes of seven bits.
const GREATEST: [u8; 9] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];

/// 2^64 − 1, in ten.
const BEYOND: [u8; 10] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];

/// A mark of a journal whose number of marks is this, and whose checksum fits.
fn mark(turn: &[u8]) -> Vec<u8> {
    // Form, not ended, store, epoch.
    let mut slot = [&[2, 0][..], &[7; 16], &[1], turn].concat();
    slot.resize(124, 0);
    slot.extend(checksum::of_bytes(&slot, "mark").to_le_bytes());
    slot
}

#[test]
fn a_mark_after_which_none_can_be_newer_is_no_mark() {
    let read = Mark::read(&mark(&[5])).unwrap();
    let mut next = read;
    let _ = next.end_at(read.before, read.tail);
    assert_ne!(next, read);
    assert_eq!(Mark::read(&mark(&BEYOND)), None);
}

#[test]
fn an_index_after_whose_last_number_none_follows_is_refused() {
    // Form, last segment, last position, floor, emptied, no history, no chain, nothing imported, no
    // segments, no streams.
    let index = |last: &[u8]| Index::from_bytes(&[&[3], last, last, &[0; 7]].concat());
    assert!(index(&BEYOND).is_err());
    let index = index(&GREATEST).unwrap();
    assert!(index.follows(1 << 63));
    assert_eq!(index.next_position(), Position(1 << 63));
}

/// An index of two segments, 1 and 2, whose one stream, `a/b` at version 2, is in them by these parts.
fn index_of(parts: &[u8]) -> bool {
    let before = [
        3, 2, 2, 0, 0, 0, 0, 0, 2, 1, 1, 1, 1, 0, 1, 2, 2, 2, 2, 0, 1,
    ];
    let stream = [1, 1, b'a', 1, b'b', 2];
    Index::from_bytes(&[&before[..], &stream, parts].concat()).is_ok()
}

#[test]
fn an_index_with_a_stream_in_segments_or_from_versions_that_are_not_there_is_refused() {
    // How many parts; of each by how much its segment is more, its page and one, and the same of versions.
    assert!(index_of(&[2, 1, 0, 1, 1, 0, 1]));
    assert!(!index_of(&[2, 1, 0, 1, 2, 0, 1]));
    assert!(!index_of(&[2, 1, 0, 1, 1, 0, 2]));
    // Together they are 2^64 and more.
    let beyond = [&[3, 1, 0, 1][..], &GREATEST, &[0, 0], &GREATEST, &[0, 0]].concat();
    assert!(!index_of(&beyond));
}

#[test]
fn an_index_that_names_a_stream_twice_is_refused() {
    let stream = [1, b'a', 1, b'b', 1, 0];
    let before = [3, 1, 1, 0, 0, 0, 0, 0, 0];
    let index =
        |count: u8, streams: &[u8]| Index::from_bytes(&[&before[..], &[count], streams].concat());
    assert!(index(1, &stream).is_ok());
    assert!(index(2, &stream.repeat(2)).is_err());
}

#[test]
fn streams_that_claim_more_events_than_can_be_counted_count_as_the_most() {
    let stream = |name| [&[1, b'a', 1, name][..], &GREATEST, &[0]].concat();
    let streams = [stream(b'1'), stream(b'2'), stream(b'3')].concat();
    let index =
        Index::from_bytes(&[&[3, 1, 1, 0, 0, 0, 0, 0, 0, 3], &streams[..]].concat()).unwrap();
    assert_eq!(index.events(), u64::MAX);

    let run = |id: &str| Run {
        stream: StreamId::new("a", id).unwrap(),
        first: Version(1),
        count: (1 << 63) - 1,
    };
    let segment = Segment {
        number: 1,
        from: 1,
        first: Position(1),
        last: Position(2),
        pages: 1,
    };
    let mut index = Index::default();
    index.add(segment, ["1", "2", "3"].map(|id| (0, run(id))));
    assert_eq!(index.events(), u64::MAX);
}

#[test]
fn a_directory_of_versions_beyond_any_log_is_refused() {
    // One page of one run: a/b, from a version on, one event.
    let directory =
        |first: &[u8]| read_directory(&[&[1, 1, 1, 1, b'a', 1, b'b'], first, &[1]].concat());
    assert!(directory(&BEYOND).is_err());
    assert_eq!(
        directory(&GREATEST).unwrap()[0][0].first,
        Version((1 << 63) - 1)
    );
}
