//! The form that a journal had in the releases before: what was added is read again, and what isn't whole is
//! noticed.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use eventloom::core::{
    EventId, JsonText, Metadata, NewEvent, Position, RecordedEvent, StreamId, Timestamp, Version,
};
use eventloom::log::journal::Change;
use eventloom::log::journal::first_form::{Entry, MARKS, Mark, Next, Reader, Tail};
use eventloom::log::segments::pack;
use uuid::Uuid;

const STORE: Uuid = Uuid::from_u128(7);

fn event(number: u64) -> RecordedEvent {
    let event = NewEvent {
        event_id: EventId(Uuid::from_u128(u128::from(number))),
        event_type: "MoneyDeposited".to_owned(),
        schema_version: 1,
        data: JsonText::parse(&format!(r#"{{"amount":{number}}}"#)).unwrap(),
        timestamp: Timestamp::parse("2026-01-05T09:00:02.007Z").unwrap(),
        metadata: Metadata::correlated("lesson 1"),
    };
    let stream = StreamId::new("bank_account", "ada").unwrap();
    event.recorded(stream, Version(number), Position(number))
}

/// A segment of one event, its number being the event's.
fn segment(number: u64) -> Entry<'static> {
    let packed = pack(&[&event(number)]).into();
    Entry::Inline {
        segment: number,
        packed,
    }
}

/// A file in memory.
#[derive(Clone, Default)]
struct Disk(Vec<u8>);

impl Disk {
    fn apply(&mut self, change: Change) {
        if let Some(cut) = change.cut {
            self.0.truncate(cut as usize);
        }
        for (at, bytes) in change.bytes {
            let end = at as usize + bytes.len();
            self.0.resize(self.0.len().max(end), 0);
            self.0[at as usize..end].copy_from_slice(&bytes);
        }
    }

    /// A journal of these segments.
    fn of(numbers: impl IntoIterator<Item = u64>) -> (Disk, Mark) {
        let (mut disk, mut mark) = (Disk::default(), Mark::new(STORE));
        disk.apply(mark.begin());
        for number in numbers {
            disk.apply(mark.add(&segment(number)).unwrap());
        }
        (disk, mark)
    }

    /// Reads it in pieces of some bytes; none in the place of a damaged entry.
    fn read(&self, piece: usize) -> (Vec<Option<Entry<'static>>>, Tail) {
        let mut reader = Reader::new();
        let mut entries = Vec::new();
        let mut steps = 0;
        loop {
            // Each hands over a byte, or brings an entry.
            steps += 1;
            assert!(steps <= 2 * self.0.len() + 2, "it comes to no end");
            match reader.read() {
                Next::Entry(entry) => entries.push(Some(entry.into_owned())),
                Next::Damaged => entries.push(None),
                Next::End => break,
                Next::More(_) => {
                    let rest = self.0.get(reader.wants() as usize..).unwrap_or(&[]);
                    if rest.is_empty() {
                        break;
                    }
                    reader.feed(&rest[..piece.min(rest.len())]);
                }
            }
        }
        (entries, reader.tail)
    }

    /// Where each entry begins, and where the last ends.
    fn places(numbers: std::ops::RangeInclusive<u64>) -> Vec<usize> {
        let ends = numbers.clone().map(|last| {
            let (_, mark) = Disk::of(*numbers.start()..=last);
            mark.tail.length as usize
        });
        std::iter::once(MARKS as usize).chain(ends).collect()
    }
}

#[test]
fn what_is_added_is_read_again_in_pieces_of_any_size() {
    let (disk, mark) = Disk::of(1..=3);
    let expected: Vec<_> = (1..=3).map(|number| Some(segment(number))).collect();
    for piece in [1, 7, 8, 9, 100, 10_000] {
        let (entries, tail) = disk.read(piece);
        assert_eq!(entries, expected, "in pieces of {piece}");
        assert_eq!(tail, mark.tail);
    }
    assert_eq!((mark.tail.segment, mark.tail.events), (3, 3));
    assert_eq!(Mark::read(&disk.0), Some(mark));
}

#[test]
fn a_mark_that_is_half_written_leaves_the_one_before_it() {
    let (before, older) = Disk::of(1..=2);
    let mut mark = older;
    let mut disk = before.clone();
    disk.apply(mark.add(&segment(3)).unwrap());
    // Both places of marks: one of them is the newest.
    let newest = (0..2).find(|slot| disk.0[slot * 128..][..128] != before.0[slot * 128..][..128]);
    for byte in 0..128 {
        let mut torn = disk.clone();
        torn.0[newest.unwrap() * 128 + byte] ^= 0x40;
        assert_eq!(Mark::read(&torn.0), Some(older), "byte {byte}");
    }
}

#[test]
fn a_byte_that_flips_damages_one_entry_and_is_noticed() {
    let (disk, _) = Disk::of(1..=3);
    let places = Disk::places(1..=3);
    // Past the length and the checksum of the second.
    for byte in places[1] + 8..places[2] {
        let mut flipped = disk.clone();
        flipped.0[byte] ^= 0x10;
        let (entries, _) = flipped.read(64);
        assert_eq!(entries, [Some(segment(1)), None, Some(segment(3))]);
    }
}

#[test]
fn a_flipped_length_or_checksum_is_noticed_and_what_comes_before_stays() {
    let (disk, _) = Disk::of(1..=3);
    let second = Disk::places(1..=3)[1];
    for byte in second..second + 8 {
        let mut flipped = disk.clone();
        flipped.0[byte] ^= 0x10;
        let (entries, _) = flipped.read(64);
        assert_eq!(entries[0], Some(segment(1)));
        assert_ne!(entries.get(1), Some(&Some(segment(2))), "byte {byte}");
    }
}

#[test]
fn an_entry_that_was_taken_out_or_exchanged_is_noticed() {
    let (disk, _) = Disk::of(1..=3);
    let places = Disk::places(1..=3);
    let mut without = disk.clone();
    without.0.drain(places[1]..places[2]);
    assert_eq!(without.read(64).0, [Some(segment(1)), None]);
    let mut exchanged = disk.clone();
    exchanged.0[places[1]..].rotate_left(places[2] - places[1]);
    assert_eq!(exchanged.read(64).0, [Some(segment(1)), None, None]);
}

#[test]
fn a_file_that_was_cut_anywhere_ends_after_its_last_whole_entry() {
    let (disk, _) = Disk::of(1..=3);
    let places = Disk::places(1..=3);
    for length in MARKS as usize..disk.0.len() {
        let cut = Disk(disk.0[..length].to_vec());
        let whole = places.iter().filter(|place| **place <= length).count() - 1;
        let (entries, tail) = cut.read(64);
        assert_eq!(entries.len(), whole, "cut to {length}");
        assert_eq!(tail.segment, whole as u64);
    }
}

#[test]
fn what_is_taken_back_is_gone_and_another_comes_in_its_place() {
    let (mut disk, before) = Disk::of(1..=1);
    let mut mark = before;
    disk.apply(mark.add(&segment(2)).unwrap());
    disk.apply(mark.end_at(before.before, before.tail));
    assert_eq!(disk.read(64).0, [Some(segment(1))]);
    let other = Entry::Inline {
        segment: 2,
        packed: pack(&[&event(9)]).into(),
    };
    disk.apply(mark.add(&other).unwrap());
    assert_eq!(disk.read(64).0, [Some(segment(1)), Some(other)]);
    assert_eq!(Mark::read(&disk.0), Some(mark));
    assert_eq!((mark.store, mark.tail.events), (STORE, 2));
}

#[test]
fn emptying_begins_the_file_anew() {
    let (mut disk, mut mark) = Disk::of(1..=100);
    let long = disk.0.len();
    let emptied = Entry::Emptied {
        segment: 101,
        floor: 100,
    };
    disk.apply(mark.add(&emptied).unwrap());
    assert!(disk.0.len() < 300 && long > 5_000, "{}", disk.0.len());
    assert_eq!(disk.read(64).0, [Some(emptied)]);
    assert_eq!((mark.tail.segment, mark.tail.events), (101, 0));
    assert_eq!(Mark::read(&disk.0).unwrap(), mark);
}

#[test]
fn bytes_that_are_no_events_are_refused_and_change_nothing() {
    let (_, mut mark) = Disk::of(1..=1);
    let before = mark;
    let packed = vec![9, 9, 9].into();
    assert!(mark.add(&Entry::Inline { segment: 2, packed }).is_err());
    assert_eq!(mark, before);
}

/// Several segments in one, a page for each event.
fn joined(from: u64, number: u64) -> Entry<'static> {
    let pages = (from..=number).map(|number| pack(&[&event(number)]).into());
    Entry::Paged {
        segment: number,
        from,
        first: from,
        last: number,
        pages: pages.collect(),
    }
}

#[test]
fn segments_that_were_joined_are_read_again_and_counted() {
    let (mut disk, mut mark) = Disk::of(1..=1);
    disk.apply(mark.add(&joined(2, 4)).unwrap());
    disk.apply(mark.add(&segment(5)).unwrap());
    let (entries, tail) = disk.read(64);
    assert_eq!(
        entries,
        [Some(segment(1)), Some(joined(2, 4)), Some(segment(5))]
    );
    assert_eq!(tail, mark.tail);
    assert_eq!((tail.segment, tail.events), (5, 5));
}

#[test]
fn an_entry_says_how_much_it_holds() {
    let [one, two] = [1, 2].map(|number| pack(&[&event(number)]).len());
    let emptied = Entry::Emptied {
        segment: 3,
        floor: 2,
    };
    for (entry, number, events, size) in [
        (segment(2), 2, 1, two),
        (joined(1, 2), 2, 2, one + two),
        (emptied, 3, 0, 0),
    ] {
        assert_eq!(entry.segment(), number, "{entry:?}");
        assert_eq!(entry.events().unwrap(), events, "{entry:?}");
        assert_eq!(entry.size(), size, "{entry:?}");
    }
}

#[test]
fn a_reader_asks_for_what_an_entry_lacks_and_no_more() {
    const FRAME: usize = 8;
    let (disk, _) = Disk::of(1..=3);
    let places = Disk::places(1..=3);
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
            other => panic!("{other:?}"),
        }
    }
    let entries = places.windows(2).flat_map(|place| {
        let frame = place[0] + FRAME;
        [place[0]..frame, frame..place[1]]
    });
    let end = disk.0.len();
    let expected: Vec<_> = entries.chain(Some(end..end + FRAME)).collect();
    assert_eq!((asked, read), (expected, 3));
}

#[test]
fn a_mark_of_another_end_that_is_half_written_leaves_the_one_before_it() {
    let (before, older) = Disk::of(1..=2);
    let mut mark = older;
    let mut disk = before.clone();
    disk.apply(mark.end_at(older.before, older.before));
    assert_eq!(Mark::read(&disk.0), Some(mark));
    let newest = (0..2).find(|slot| disk.0[slot * 128..][..128] != before.0[slot * 128..][..128]);
    for byte in 0..128 {
        let mut torn = disk.clone();
        torn.0[newest.unwrap() * 128 + byte] ^= 0x40;
        assert_eq!(Mark::read(&torn.0), Some(older), "byte {byte}");
    }
}
