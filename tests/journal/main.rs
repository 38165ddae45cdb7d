//! The form of a journal: what is added is read again, and what isn't whole is noticed, named and passed
//! over.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod reading;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use eventloom::core::{
    EventId, History, JsonText, Metadata, NewEvent, Position, PositionRanges, RecordedEvent,
    StreamId, Timestamp, Version,
};
use eventloom::log::Chain;
use eventloom::log::journal::{
    Body, Change, Emptying, EmptyingRead, Entry, Fills, Lost, MARKS, Mark, Next, Reader, Void,
};
use eventloom::log::segments::{Turn, pack};
use proptest::prelude::*;
use uuid::Uuid;

const STORE: Uuid = Uuid::from_u128(7);

/// The bytes of an entry's head.
const HEAD: usize = 44;

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

fn entry(segment: u64, body: Body<'static>) -> Entry<'static> {
    let imported = match segment % 3 {
        0 => PositionRanges::one(Position(segment), Position(segment)),
        _ => PositionRanges::NONE,
    };
    Entry {
        segment,
        chain: Chain::START.with(segment, [&event(segment)]),
        imported,
        body,
    }
}

/// A segment of one event, its number being the event's.
fn segment(number: u64) -> Entry<'static> {
    let packed = pack(&[&event(number)]).into();
    entry(number, Body::Inline { packed })
}

/// Several segments in one, a page for each event.
fn joined(from: u64, number: u64) -> Entry<'static> {
    let pages = (from..=number).map(|number| pack(&[&event(number)]).into());
    let body = Body::Paged {
        from,
        first: Position(from),
        last: Position(number),
        pages: pages.collect(),
    };
    entry(number, body)
}

fn turn(number: u64, turn: Turn) -> Entry<'static> {
    entry(number, Body::Turn(turn, Cow::default()))
}

fn emptied(number: u64) -> Entry<'static> {
    let (floor, history) = (Position(number), History(Uuid::from_u128(number.into())));
    turn(number, Turn::Emptied { floor, history })
}

fn restored(number: u64, from: u64) -> Entry<'static> {
    let floor = Position(number);
    turn(number, Turn::Restored { from, floor })
}

fn taken_back(number: u64, from: u64) -> Entry<'static> {
    let (floor, history) = (Position(number), History(Uuid::from_u128(number.into())));
    let taken_back = Turn::TakenBack {
        from,
        floor,
        history,
    };
    turn(number, taken_back)
}

fn filled(number: u64) -> Entry<'static> {
    let history = History(Uuid::from_u128(number.into()));
    let packed = pack(&[&event(1), &event(2)]).into();
    entry(
        number,
        Body::Turn(Turn::Filled { holes: 2, history }, packed),
    )
}

/// What is read of a file: entries, and what is damaged between them.
type Read = Vec<Result<Entry<'static>, Lost>>;

/// A file in memory.
#[derive(Clone, Debug, Default)]
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

    /// A journal of these entries; and where each stands.
    fn of(entries: &[Entry<'static>]) -> (Disk, Mark, Vec<Range<usize>>) {
        let (mut disk, mut mark) = (Disk::default(), Mark::new(STORE, 1));
        disk.apply(mark.begin());
        let mut places = Vec::new();
        for entry in entries {
            let from = mark.tail.length as usize;
            disk.apply(mark.add(entry).unwrap());
            places.push(from..disk.0.len());
        }
        (disk, mark, places)
    }

    /// One of segments from 1 on.
    fn up_to(last: u64) -> (Disk, Mark, Vec<Range<usize>>) {
        Disk::of(&(1..=last).map(segment).collect::<Vec<_>>())
    }

    /// Reads it in pieces of some bytes.
    fn read(&self, piece: usize) -> (Read, Reader) {
        let mut reader = Reader::new();
        let mut read = Vec::new();
        let mut steps = 0;
        loop {
            // Each hands over a byte, or brings an entry.
            steps += 1;
            assert!(steps <= 2 * self.0.len() + 2, "it comes to no end");
            match reader.read() {
                Next::Entry(entry) => read.push(Ok(entry.into_owned())),
                Next::Damaged(lost) => read.push(Err(lost)),
                Next::More(_) => {
                    let rest = self.0.get(reader.wants() as usize..).unwrap_or(&[]);
                    if rest.is_empty() {
                        break;
                    }
                    reader.feed(&rest[..piece.min(rest.len())]);
                }
            }
        }
        read.extend(reader.end().map(Err));
        (read, reader)
    }
}

fn lost(first: u64, last: u64) -> Lost {
    let last = Some(last);
    Lost { first, last }
}

#[test]
fn what_is_added_is_read_again_in_pieces_of_any_size() {
    let entries = [
        segment(1),
        joined(2, 5),
        taken_back(6, 2),
        emptied(7),
        restored(8, 7),
        filled(9),
        segment(10),
    ];
    let (disk, mark, _) = Disk::of(&entries);
    let expected: Read = entries.iter().cloned().map(Ok).collect();
    for piece in [1, 7, 43, 44, 45, 100, 10_000] {
        let (read, reader) = disk.read(piece);
        assert_eq!(read, expected, "in pieces of {piece}");
        assert_eq!(reader.tail, mark.tail);
    }
    assert_eq!(
        (mark.tail.segment, mark.tail.events, mark.tail.chain),
        (10, 6, entries[6].chain)
    );
    assert_eq!(mark.tail.length as usize, disk.0.len());
    assert_eq!(Mark::read(&disk.0), Some(mark));
    assert_eq!((mark.store, mark.epoch), (STORE, 1));
}

#[test]
fn a_mark_that_is_half_written_leaves_the_one_before_it() {
    let (before, older, _) = Disk::up_to(2);
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
fn a_mark_of_the_form_before_is_none() {
    let mut before = eventloom::log::journal::first_form::Mark::new(STORE);
    let mut disk = Disk::default();
    disk.apply(before.begin());
    assert_eq!(Mark::read(&disk.0), None);
}

#[test]
fn a_clean_end_holds_until_something_is_added() {
    let (mut disk, mut mark, _) = Disk::up_to(2);
    let is_ended = |disk: &Disk| Mark::read(&disk.0).unwrap().is_ended;
    assert!(!is_ended(&disk));
    disk.apply(mark.end());
    assert!(is_ended(&disk));
    let tail = mark.tail;
    disk.apply(mark.add(&segment(3)).unwrap());
    assert!(!is_ended(&disk));
    disk.apply(mark.end());
    disk.apply(mark.end_at(tail, tail));
    assert!(!is_ended(&disk));
    disk.apply(mark.end());
    disk.apply(mark.begin());
    assert!(!is_ended(&disk));
    assert_eq!(Mark::read(&disk.0), Some(mark));
}

#[test]
fn one_that_took_the_place_of_another_says_so_until_it_is_filled() {
    let is_partial = |disk: &Disk| Mark::read(&disk.0).unwrap().is_partial;
    let mut disk = Disk::default();
    let mut mark = Mark::new(STORE, 2);
    disk.apply(mark.begin());
    assert!(is_partial(&disk));
    disk.apply(mark.add(&segment(1)).unwrap());
    assert!(is_partial(&disk));
    disk.apply(mark.fill());
    assert!(!is_partial(&disk));
    disk.apply(mark.add(&segment(2)).unwrap());
    disk.apply(mark.end());
    assert!(!is_partial(&disk) && Mark::read(&disk.0).unwrap().is_ended);
    // Of the first there is none before it.
    disk.apply(Mark::new(STORE, 1).begin());
    assert!(!is_partial(&disk));
}

#[test]
fn what_is_taken_back_is_gone_and_another_comes_in_its_place() {
    let (mut disk, before, _) = Disk::up_to(1);
    let mut mark = before;
    disk.apply(mark.add(&segment(2)).unwrap());
    disk.apply(mark.end_at(before.before, before.tail));
    assert_eq!(disk.read(64).0, [Ok(segment(1))]);
    let packed = pack(&[&event(9)]).into();
    let other = entry(2, Body::Inline { packed });
    disk.apply(mark.add(&other).unwrap());
    assert_eq!(disk.read(64).0, [Ok(segment(1)), Ok(other)]);
    assert_eq!(Mark::read(&disk.0), Some(mark));
    assert_eq!((mark.store, mark.tail.events), (STORE, 2));
}

#[test]
fn what_an_emptying_makes_void_stays_until_it_is_swept() {
    let (mut disk, mut mark, _) = Disk::up_to(100);
    disk.apply(mark.add(&emptied(101)).unwrap());
    let (read, _) = disk.read(4_096);
    assert_eq!(read.len(), 101);
    disk.apply(mark.begin());
    disk.apply(mark.add(&emptied(101)).unwrap());
    assert!(disk.0.len() < 400, "{}", disk.0.len());
    assert_eq!(disk.read(64).0, [Ok(emptied(101))]);
    assert_eq!((mark.tail.segment, mark.tail.events), (101, 0));
    assert_eq!(mark.epoch, 1);
    assert_eq!(Mark::read(&disk.0), Some(mark));
}

#[test]
fn bytes_that_are_no_events_are_refused_and_change_nothing() {
    let (_, mut mark, _) = Disk::up_to(1);
    let before = mark;
    let packed = vec![9, 9, 9].into();
    assert!(mark.add(&entry(2, Body::Inline { packed })).is_err());
    assert_eq!(mark, before);
}

/// The numbers up to 12 that are void.
fn void(turns: &[(u64, u64)]) -> Vec<u64> {
    let mut void = Void::default();
    for (segment, from) in turns {
        void.add(*segment, *from);
    }
    (1..=12).filter(|number| void.holds(*number)).collect()
}

#[test]
fn what_is_void_is_found_from_turns_that_are_not_void_themselves() {
    assert!(void(&[]).is_empty());
    // Emptied by 4.
    assert_eq!(void(&[(4, 0)]), [1, 2, 3]);
    // And again by 7.
    assert_eq!(void(&[(4, 0), (7, 0)]), [1, 2, 3, 4, 5, 6]);
    // The emptying by 4 undone by 5.
    assert_eq!(void(&[(4, 0), (5, 4)]), [4]);
    // Only the second emptying undone.
    assert_eq!(void(&[(4, 0), (7, 0), (8, 7)]), [1, 2, 3, 7]);
    // The import of 2 and 3 taken back by 4, before and after another was.
    assert_eq!(void(&[(4, 2)]), [2, 3]);
    assert_eq!(void(&[(4, 2), (6, 5)]), [2, 3, 5]);
    // Emptied with an import within, and that taken back.
    assert_eq!(void(&[(3, 0), (6, 5), (7, 3)]), [3, 4, 5, 6]);
}

/// What is there of segments, if all turns are done one after the other.
fn done(entries: &[Entry<'_>]) -> BTreeSet<u64> {
    let mut there: BTreeSet<u64> = BTreeSet::new();
    let mut before: Vec<BTreeSet<u64>> = vec![there.clone()];
    for entry in entries {
        let number = entry.segment;
        match entry.turn() {
            Some(Turn::Emptied { .. }) => there.clear(),
            Some(Turn::Restored { from, .. } | Turn::TakenBack { from, .. }) => {
                there = before[from as usize - 1].clone();
            }
            Some(Turn::Filled { .. }) | None => {}
        }
        there.insert(number);
        before.push(there.clone());
    }
    there
}

/// Entries from 1 on, of any kind.
fn any_entries() -> impl Strategy<Value = Vec<Entry<'static>>> {
    prop::collection::vec((0_u8..8, any::<prop::sample::Index>()), 0..12).prop_map(|kinds| {
        let mut entries = Vec::new();
        for (number, (kind, from)) in (1..).zip(kinds) {
            let from = from.index(number as usize) as u64;
            entries.push(match kind {
                0 => emptied(number),
                1 if from > 0 => restored(number, from),
                2 if from > 0 => taken_back(number, from),
                3 => filled(number),
                4 => joined(number, number),
                _ => segment(number),
            });
        }
        entries
    })
}

proptest! {
    #[test]
    fn what_is_void_is_what_is_not_there_after_all_turns(entries in any_entries()) {
        let (disk, ..) = Disk::of(&entries);
        let (_, reader) = disk.read(97);
        let there = done(&entries);
        for entry in &entries {
            let is_there = there.contains(&entry.segment);
            prop_assert_eq!(!reader.void().holds(entry.segment), is_there, "{}", entry.segment);
        }
    }

    /// Nothing is read that wasn't written, in its order; and what is missing is what was damaged.
    #[test]
    fn damage_costs_what_is_damaged_and_nothing_else(
        entries in any_entries(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 0..5),
        cut in prop::option::of(any::<prop::sample::Index>()),
        piece in 1_usize..300,
    ) {
        let (disk, _, places) = Disk::of(&entries);
        let mut damaged = disk.clone();
        for (at, bits) in &flips {
            let at = at.index(damaged.0.len());
            damaged.0[at] ^= bits;
        }
        if let Some(cut) = cut {
            damaged.0.truncate(cut.index(damaged.0.len()));
        }
        let is_whole = |place: &Range<usize>| damaged.0.get(place.clone()) == disk.0.get(place.clone());
        let whole = entries.iter().zip(&places).filter(|(_, place)| is_whole(place));
        let whole: Vec<_> = whole.map(|(entry, _)| entry).collect();
        let (read, _) = damaged.read(piece);
        let found: Vec<_> = read.iter().filter_map(|read| read.as_ref().ok()).collect();
        prop_assert_eq!(&found, &whole);
        // What is missing is told, where the file goes on after it.
        let last = whole.last().map_or(0, |entry| entry.segment);
        let is_told = |number: u64| read.iter().filter_map(|read| read.as_ref().err()).any(|lost| {
            lost.first <= number && lost.last.is_none_or(|last| number <= last)
        });
        for entry in entries.iter().filter(|entry| entry.segment < last && !whole.contains(entry)) {
            prop_assert!(is_told(entry.segment), "{}", entry.segment);
        }
        for entry in &whole {
            prop_assert!(!is_told(entry.segment), "{} is there", entry.segment);
        }
    }

    #[test]
    fn a_reader_goes_on_from_any_tail(entries in any_entries(), at in any::<prop::sample::Index>()) {
        let at = at.index(entries.len() + 1);
        let (disk, ..) = Disk::of(&entries);
        let (_, mark, _) = Disk::of(&entries[..at]);
        let mut reader = Reader::after(mark.tail);
        reader.feed(disk.0.get(mark.tail.length as usize..).unwrap_or(&[]));
        for entry in &entries[at..] {
            prop_assert_eq!(reader.read(), Next::Entry(entry.clone()));
        }
        prop_assert!(matches!(reader.read(), Next::More(_)));
    }
}

#[test]
fn what_fills_holes_is_put_in_the_places_that_earlier_entries_have_for_it() {
    let held = [1, 2].map(|at| match at {
        2 => RecordedEvent::hole(event(2).stream, Version(2), Position(2)),
        at => event(at),
    });
    let packed = |events: &[RecordedEvent]| -> Cow<'static, [u8]> {
        pack(&events.iter().collect::<Vec<_>>()).into()
    };
    let pages = held
        .each_ref()
        .map(|event| packed(std::slice::from_ref(event)));
    let bodies = |whole: bool| {
        let held = if whole {
            [event(1), event(2)]
        } else {
            held.clone()
        };
        let pages = match whole {
            true => [1, 2].map(|at| packed(&[event(at)])),
            false => pages.clone(),
        };
        let packed = packed(&held);
        let (first, last) = (Position(1), Position(2));
        let pages = Body::Paged {
            from: 1,
            first,
            last,
            pages: pages.into(),
        };
        [Body::Inline { packed }, pages]
    };
    // Void by what empties the log after it, it fills nothing.
    for (voids, whole) in [(None, true), (Some(0), false), (Some(3), true)] {
        let mut void = Void::default();
        if let Some(from) = voids {
            void.add(4, from);
        }
        let mut fills = Fills::default();
        fills.take(&filled(2)).unwrap();
        for (held, expected) in bodies(false).into_iter().zip(bodies(whole)) {
            let found = fills.filled(entry(1, held.clone()), &void).unwrap();
            assert_eq!(found, entry(1, expected));
            // What comes later has holes of its own.
            assert_eq!(
                fills.filled(entry(3, held.clone()), &void).unwrap(),
                entry(3, held)
            );
        }
    }
}

#[test]
fn an_entry_says_its_numbers_and_how_much_it_holds() {
    let [one, two] = [1, 2].map(|number| pack(&[&event(number)]).len());
    let fills = pack(&[&event(1), &event(2)]).len();
    for (entry, from, events, size) in [
        (segment(2), 2, 1, two),
        (joined(1, 2), 1, 2, one + two),
        // What fills holes is counted where the holes are, but takes its room.
        (filled(3), 3, 0, fills),
        (emptied(3), 3, 0, 0),
        (taken_back(3, 1), 3, 0, 0),
    ] {
        assert_eq!(entry.from(), from, "{entry:?}");
        assert_eq!(entry.events().unwrap(), events, "{entry:?}");
        assert_eq!(entry.size(), size, "{entry:?}");
    }
}

#[test]
fn a_mark_says_of_which_store_and_database_it_is_until_that_changes() {
    let (mut disk, mut mark, _) = Disk::up_to(2);
    let read = |disk: &Disk| Mark::read(&disk.0).unwrap();
    let other = Uuid::from_u128(8);
    disk.apply(mark.is_of(other, 5));
    let first = read(&disk);
    assert_eq!((first.store, first.epoch, first.database), (other, 5, 0));
    disk.apply(mark.is_in(3));
    assert_eq!(read(&disk), mark);
    assert_eq!((read(&disk).store, read(&disk).database), (other, 3));
    assert_eq!(read(&disk).tail, first.tail);
    disk.apply(mark.begin());
    let begun = read(&disk);
    assert_eq!((begun.store, begun.epoch, begun.database), (other, 5, 3));
}

#[test]
fn what_fills_holes_fills_none_of_its_own_segment_or_of_later_ones() {
    let hole = RecordedEvent::hole(event(2).stream, Version(2), Position(2));
    let mut fills = Fills::default();
    fills.take(&filled(2)).unwrap();
    let after = |segment| {
        let mut events = [hole.clone()];
        fills.fill(segment, &Void::default(), &mut events);
        events
    };
    assert_eq!(after(1), [event(2)]);
    for segment in [2, 3] {
        assert!(after(segment)[0].is_hole(), "{segment}");
    }
}

#[test]
fn nothing_is_void_of_a_journal_without_turns_that_make_it_so() {
    let void_of = |entries: &[Entry<'static>]| Disk::of(entries).0.read(64).1.void().clone();
    assert!(void_of(&[segment(1), filled(2)]).is_empty());
    assert!(!void_of(&[segment(1), emptied(2)]).is_empty());
}

#[test]
fn what_emptied_a_log_counts_though_its_entry_can_not_be_read() {
    let is_void = |lost: (u64, Option<u64>), known: u64, turns: &[(u64, u64)]| {
        let mut void = Void::default();
        for (segment, from) in turns {
            void.add(*segment, *from);
        }
        let (first, last) = lost;
        let emptying = Emptying { segment: 6, known };
        let read = emptying.is_read(&[Lost { first, last }], &mut void);
        let found: Vec<u64> = (1..=8).filter(|number| void.holds(*number)).collect();
        (read, found)
    };
    let no = EmptyingRead::No(6);
    assert_eq!(is_void((6, Some(6)), 6, &[]), (no, vec![1, 2, 3, 4, 5]));
    assert_eq!(is_void((5, Some(7)), 7, &[]), (no, vec![1, 2, 3, 4, 5]));
    // It was undone after that, and emptied before.
    assert_eq!(is_void((6, Some(6)), 6, &[(8, 6)]), (no, vec![6, 7]));
    let before = [(3, 0), (8, 0)];
    assert_eq!(is_void((6, Some(6)), 9, &before).1, [1, 2, 3, 4, 5, 6, 7]);
    // What undoes it may be lost with it.
    assert_eq!(
        is_void((5, Some(7)), 6, &[]),
        (EmptyingRead::Unsure, vec![])
    );
    assert_eq!(is_void((5, None), 9, &[]), (EmptyingRead::Unsure, vec![]));
    for lost in [(3, Some(5)), (7, Some(7)), (7, None)] {
        assert_eq!(is_void(lost, 9, &[]), (EmptyingRead::Yes, vec![]));
    }
}
