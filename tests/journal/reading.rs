//! What a reader finds of a journal, whatever befell that.

use super::*;

#[test]
fn a_byte_that_flips_costs_one_entry_and_says_which() {
    let entries = [segment(1), joined(2, 5), segment(6), segment(7)];
    let (disk, mark, places) = Disk::of(&entries);
    for (at, numbers) in [(0, 1..=1), (1, 2..=5), (2, 6..=6)] {
        for byte in places[at].clone() {
            let mut flipped = disk.clone();
            flipped.0[byte] ^= 0x10;
            let (read, reader) = flipped.read(64);
            let mut expected: Read = entries.iter().cloned().map(Ok).collect();
            expected[at] = Err(lost(*numbers.start(), *numbers.end()));
            assert_eq!(read, expected, "byte {byte}");
            assert_eq!(reader.tail.length, mark.tail.length);
            assert_eq!(reader.tail.segment, 7);
        }
    }
    // Of the last, nothing after it says that it was one alone.
    for byte in places[3].start..places[3].start + HEAD {
        let mut flipped = disk.clone();
        flipped.0[byte] ^= 0x10;
        let (read, _) = flipped.read(64);
        let (first, last) = (7, None);
        assert_eq!(read[3..], [Err(Lost { first, last })], "byte {byte}");
    }
}

#[test]
fn zeros_in_the_place_of_entries_cost_these_and_no_other() {
    let (disk, _, places) = Disk::up_to(6);
    let mut holed = disk.clone();
    holed.0[places[2].start..places[3].end].fill(0);
    let expected = [
        Ok(segment(1)),
        Ok(segment(2)),
        Err(lost(3, 4)),
        Ok(segment(5)),
        Ok(segment(6)),
    ];
    assert_eq!(holed.read(64).0, expected);
    // Also what a power cut leaves of the last ones: the mark says that they are missing.
    let mut holed = disk;
    holed.0[places[4].start..].fill(0);
    let (read, reader) = holed.read(64);
    assert_eq!(read, (1..=4).map(|n| Ok(segment(n))).collect::<Vec<_>>());
    assert_eq!(reader.tail.segment, 4);
    assert_eq!(Mark::read(&holed.0).unwrap().tail.segment, 6);
}

#[test]
fn what_a_damaged_turn_made_void_stays_so() {
    let (mut disk, _, places) = Disk::of(&[segment(1), emptied(2), segment(3)]);
    // A bit of its history.
    disk.0[places[1].end - 1] ^= 1;
    let (read, reader) = disk.read(64);
    assert_eq!(read, [Ok(segment(1)), Err(lost(2, 2)), Ok(segment(3))]);
    assert!(reader.void().holds(1) && !reader.void().holds(3));
}

#[test]
fn an_entry_in_the_place_of_another_is_none() {
    let (disk, _, places) = Disk::up_to(3);
    let mut without = disk.clone();
    without.0.drain(places[1].clone());
    let (first, last) = (2, None);
    let after = [Ok(segment(1)), Err(Lost { first, last })];
    assert_eq!(without.read(64).0, after);
    let mut exchanged = disk;
    exchanged.0[places[1].start..].rotate_left(places[1].len());
    assert_eq!(exchanged.read(64).0, after);
}

#[test]
fn a_file_that_was_cut_anywhere_has_what_is_whole_before_that() {
    let (disk, _, places) = Disk::up_to(3);
    for length in MARKS as usize..disk.0.len() {
        let cut = Disk(disk.0[..length].to_vec());
        let whole = places.iter().filter(|place| place.end <= length).count();
        let (read, reader) = cut.read(64);
        let entries: Vec<_> = read.iter().filter_map(|read| read.as_ref().ok()).collect();
        assert_eq!(entries.len(), whole, "cut to {length}");
        assert_eq!(reader.tail.segment, whole as u64);
        let is_torn = places
            .iter()
            .any(|place| (place.start + 1..place.end).contains(&length));
        assert_eq!(read.len() > whole, is_torn, "cut to {length}");
    }
}

#[test]
fn what_was_missing_is_told_in_a_sentence() {
    use eventloom::store::{Loss, Recovery};
    let told = |cause, restored, lost| {
        Recovery {
            cause,
            restored,
            lost,
            set_aside: 0,
            is_known: true,
            is_counted: true,
        }
        .to_string()
    };
    assert_eq!(
        told(Loss::Deleted, 3_771, 0),
        "Your browser deleted this store; 3,771 events were restored from the journal"
    );
    assert_eq!(
        told(Loss::Deleted, 1_234_567, 1),
        "Your browser deleted this store; 1,234,567 events were restored from the journal, and \
         1 event is lost. If you have an export, import it; where that is refused, Verify says what is \
         missing and what to do"
    );
    assert_eq!(
        told(Loss::Deleted, 0, 12),
        "Your browser deleted this store; 12 events are lost, since no second copy has them. \
         If you have an export, import it"
    );
    let uncounted = Recovery {
        is_counted: false,
        ..Recovery::mended(0)
    };
    let some = |restored| Recovery {
        cause: Loss::Shortened,
        restored,
        lost: 1,
        ..uncounted
    };
    assert_eq!(
        some(0).to_string(),
        "This store is damaged: its last events were missing; an unknown number of events is lost, since \
         no second copy has them. If you have an export, import it"
    );
    assert_eq!(
        some(2).to_string(),
        "This store is damaged: its last events were missing; 2 events were restored from the journal, and an \
         unknown number of events is lost. If you have an export, import it; where that is refused, Verify says \
         what is missing and what to do"
    );
    assert_eq!(
        told(Loss::Shortened, 1, 0),
        "This store is damaged: its last events were missing; 1 event was restored from the journal"
    );
}

#[test]
fn numbers_that_no_log_has_are_no_entry() {
    let packed: Cow<'static, [u8]> = pack(&[&event(1)]).into();
    let paged = |from, number| Entry {
        segment: number,
        ..entry(
            1,
            Body::Paged {
                from,
                first: Position(1),
                last: Position(1),
                pages: vec![packed.clone()],
            },
        )
    };
    let greatest = u64::MAX >> 1;
    for (entry, is_one) in [
        (paged(1, greatest), true),
        (paged(1, greatest + 1), false),
        (paged(3, 3), true),
        (paged(4, 3), false),
    ] {
        let (disk, ..) = Disk::of(std::slice::from_ref(&entry));
        let (read, _) = disk.read(64);
        assert_eq!(read == [Ok(entry)], is_one, "{read:?}");
    }
}

#[test]
fn a_reader_asks_for_what_an_entry_lacks_and_no_more() {
    let (disk, _, places) = Disk::of(&[segment(1), joined(2, 5), segment(6)]);
    let mut reader = Reader::new();
    let (mut asked, mut read) = (Vec::new(), 0);
    loop {
        match reader.read() {
            Next::More(lacking) => {
                let from = reader.wants() as usize;
                asked.push(from..from + lacking);
                assert!(asked.len() < 20, "it comes to no end: {asked:?}");
                let Some(bytes) = disk.0.get(from..from + lacking) else {
                    break;
                };
                // In two pieces: of the second it asks for the rest.
                let (first, second) = bytes.split_at(lacking / 3);
                reader.feed(first);
                assert_eq!(reader.read(), Next::More(second.len()));
                reader.feed(second);
            }
            Next::Entry(_) => read += 1,
            Next::Damaged(lost) => panic!("{lost:?}"),
        }
    }
    let ends = places.iter().flat_map(|place| {
        let head = place.start + HEAD;
        [place.start..head, head..place.end]
    });
    let end = disk.0.len();
    let expected: Vec<_> = ends.chain(Some(end..end + HEAD)).collect();
    assert_eq!((asked, read), (expected, 3));
}

#[test]
fn a_reader_that_searches_asks_for_one_head_and_no_more() {
    let (disk, ..) = Disk::up_to(1);
    let mut reader = Reader::new();
    reader.feed(&disk.0[MARKS as usize..]);
    assert!(matches!(reader.read(), Next::Entry(_)));
    // What a power cut leaves: not a head, of which the last byte may begin one.
    reader.feed(&[0; 100]);
    let Next::More(lacking) = reader.read() else {
        panic!("there is nothing more");
    };
    let end = disk.0.len() as u64 + 100;
    assert!(lacking <= HEAD && reader.wants() == end);
    assert_eq!(reader.tail.length + HEAD as u64, end + lacking as u64);
}

#[test]
fn damage_at_the_end_is_told_also_where_zeros_come_after_it() {
    let (mut disk, _, places) = Disk::up_to(2);
    disk.0[places[1].start] ^= 1;
    disk.0.resize(disk.0.len() + 200, 0);
    for piece in [1, 64, 10_000] {
        let (read, _) = disk.read(piece);
        let (first, last) = (2, None);
        assert_eq!(read, [Ok(segment(1)), Err(Lost { first, last })]);
    }
}
