//! What a log as segments is kept as: packed events, directories of pages, the saved index.

use std::collections::HashMap;
use std::fmt::Debug;

use eventloom::core::{Position, RecordedEvent, StreamHead, Version};
use eventloom::log::segments::{
    INLINE, Index, Page, Run, Segment, add_ids, directory as written, in_order, pack, paginate,
    read_directory, runs, runs_of, unpack, unpack_stream,
};

/// Law: as many events as the runs say are unpacked; packed again they are the same; those of one
/// stream are the same alone, and so are their ids; and what is in pages is what the directory says.
pub fn packed(bytes: &[u8]) {
    let told = runs(bytes);
    let Ok(events) = unpack(bytes) else {
        return;
    };
    let told = told.expect("what is unpacked has runs");
    let count: u64 = told.iter().map(|run| run.count).sum();
    assert_eq!(count, events.len() as u64);
    let all: Vec<&RecordedEvent> = events.iter().collect();
    let again = pack(&all);
    assert_eq!(unpack(&again).as_ref(), Ok(&events));
    assert_eq!(runs(&again), Ok(runs_of(&all)));
    for run in &told {
        let of_stream = unpack_stream(bytes, &run.stream, Version::NONE, Version(u64::MAX));
        let expected: Vec<_> = events
            .iter()
            .filter(|event| event.stream == run.stream && event.version > Version::NONE)
            .cloned()
            .collect();
        assert_eq!(of_stream, Ok(expected));
        let mut ids = HashMap::from([(&run.stream, Vec::new())]);
        assert_eq!(add_ids(bytes, &mut ids), Ok(()));
        let of_stream = events.iter().filter(|event| event.stream == run.stream);
        let expected: Vec<_> = of_stream.map(|event| event.event_id).collect();
        assert_eq!(ids[&run.stream], expected);
    }
    let pages = paginate(&events);
    for page in &pages {
        assert_eq!(runs(&page.packed).as_ref(), Ok(&page.runs));
    }
    let mut events = events;
    in_order(&mut events);
}

/// Law: a directory that was read and written again is the same, and what it says can be taken in.
pub fn directory(bytes: &[u8]) {
    let Ok(read) = read_directory(bytes) else {
        return;
    };
    let page = |runs: &Vec<Run>| Page {
        runs: runs.clone(),
        packed: Vec::new(),
    };
    let pages: Vec<Page> = read.iter().map(page).collect();
    assert_eq!(read_directory(&written(&pages)), Ok(read.clone()));
    let segment = Segment {
        number: 1,
        from: 1,
        first: Position(1),
        last: Position(2),
        pages: read.len() as u32,
    };
    let runs = || {
        (0..)
            .zip(&read)
            .flat_map(|(page, runs)| runs.iter().map(move |run| (page, run.clone())))
    };
    let mut index = Index::default();
    index.add(segment, runs());
    asked(&index);
    index.join(segment, runs());
    asked(&index);
}

/// Law: an index that was read answers, goes on, and is the same once it is written and read again.
pub fn index(bytes: &[u8]) {
    let Ok(read) = Index::from_bytes(bytes) else {
        return;
    };
    asked(&read);
    let again = read.to_bytes().expect("no damage is known");
    let again = Index::from_bytes(&again).expect("it was written");
    same(&again, &read);
    goes_on(read);
}

/// An index has no equality of its own: its text tells all of it.
fn same(one: &impl Debug, other: &impl Debug) {
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}

fn asked(index: &Index) {
    for head in index.heads(None, 16) {
        for after in [Version::NONE, head.version.previous(), head.version] {
            let (_, last) = index.fetches(&head.stream, after, 10);
            assert!(last <= head.version);
        }
        assert_eq!(index.version(&head.stream), head.version);
    }
    assert!(index.next_position() > index.last_position());
    let _ = index.segments_after(Position::START);
    let _ = index.to_join(0).is_some_and(|old| index.holds(old));
}

fn goes_on(mut index: Index) {
    let number = index.last_segment() + 1;
    assert!(index.follows(number));
    let position = index.next_position();
    let segment = Segment {
        number,
        from: number,
        first: position,
        last: position,
        pages: 0,
    };
    let next = |head: StreamHead| Run {
        stream: head.stream,
        first: head.version.next(),
        count: 1,
    };
    let runs: Vec<Run> = index.heads(None, 16).into_iter().map(next).collect();
    index.add(segment, runs.into_iter().map(|run| (INLINE, run)));
    assert!(!index.is_faulty());
    asked(&index);
}
