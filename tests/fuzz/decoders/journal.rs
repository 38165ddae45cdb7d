//! The journal: its marks and its entries, whole or not.

use eventloom::log::checksum;
use eventloom::log::journal::{Change, Entry, Lost, MARKS, Mark, Next, Reader};
use uuid::Uuid;

use super::choice;

/// A mark, its checksum included.
const SLOT: usize = MARKS as usize / 2;

/// An even first byte: the rest is a file as it is. An odd one: it is a file whose checksums, places and
/// lengths are put right, so that what stands behind them is reached. Half of the byte says how long
/// the pieces are in which the file is read.
///
/// Law: what is read doesn't depend on the pieces; the entries that are whole, added to a new journal, are
/// read from it as they were; a mark that is whole can be gone on with, and what is then written is the
/// newest.
pub fn journal(bytes: &[u8]) {
    let (choice, rest) = choice(bytes);
    let file = match choice % 2 {
        0 => rest.to_vec(),
        _ => put_right(rest),
    };
    let read_whole = read(&file, file.len().max(1));
    assert_eq!(
        read(&file, usize::from(choice / 2) + 1),
        read_whole,
        "the sizes of pieces matter"
    );
    added_again(read_whole.into_iter().flatten().collect());
    if let Some(mark) = Mark::read(&file) {
        gone_on_with(mark, &file);
    }
}

fn read(file: &[u8], piece: usize) -> Vec<Result<Entry<'static>, Lost>> {
    let mut reader = Reader::new();
    let mut found = Vec::new();
    loop {
        match reader.read() {
            Next::Entry(entry) => found.push(Ok(entry.into_owned())),
            Next::Damaged(lost) => found.push(Err(lost)),
            Next::More(_) => {
                let rest = usize::try_from(reader.wants())
                    .ok()
                    .and_then(|at| file.get(at..));
                match rest {
                    Some(rest) if !rest.is_empty() => reader.feed(&rest[..piece.min(rest.len())]),
                    _ => break,
                }
            }
        }
    }
    found.extend(reader.end().map(Err));
    let _ = reader.void().holds(1);
    found
}

fn added_again(entries: Vec<Entry<'static>>) {
    let mut mark = Mark::new(Uuid::from_u128(7), 1);
    let mut file = Vec::new();
    apply(mark.begin(), &mut file);
    for entry in &entries {
        apply(mark.add(entry).expect("it was read"), &mut file);
    }
    let expected: Vec<_> = entries.into_iter().map(Ok).collect();
    assert_eq!(read(&file, usize::MAX), expected);
    assert_eq!(Mark::read(&file), Some(mark));
}

fn gone_on_with(mut mark: Mark, file: &[u8]) {
    let mut start = file[..file.len().min(2 * SLOT)].to_vec();
    let change = mark.end();
    let (_, slot) = change.bytes[0].clone();
    apply(change, &mut start);
    // Its numbers may be the last that are read, and those after them no longer.
    if let Some(alone) = Mark::read(&slot) {
        assert_eq!((Mark::read(&start), alone), (Some(mark), mark));
    }
    let mut reader = Reader::after(mark.tail);
    reader.feed(&file[..file.len().min(64)]);
    let _ = reader.read();
}

fn apply(change: Change, file: &mut Vec<u8>) {
    if let Some(cut) = change.cut {
        file.truncate(cut as usize);
    }
    for (at, bytes) in change.bytes {
        let at = at as usize;
        file.resize(file.len().max(at + bytes.len()), 0);
        file[at..at + bytes.len()].copy_from_slice(&bytes);
    }
}

/// Gives both marks their checksums; and cuts what follows into bodies, each after four bytes: its kind,
/// from which number on, how many events and how long it is; and gives them their heads.
fn put_right(bytes: &[u8]) -> Vec<u8> {
    let (marks, mut rest) = bytes.split_at(bytes.len().min(2 * SLOT));
    let mut file = marks.to_vec();
    for slot in file.chunks_exact_mut(SLOT) {
        let (body, sum) = slot.split_at_mut(SLOT - 4);
        sum.copy_from_slice(&checksum::of_bytes(body, "mark").to_le_bytes());
    }
    let mut segment = 0_u64;
    while let Some((&[kind, from, events, length], after)) = rest.split_first_chunk() {
        let (body, after) = after.split_at(after.len().min(usize::from(length)));
        segment = segment.max(u64::from(from)) + 1;
        let mut head = vec![0xf5, 0xe7, 0xff, kind];
        head.extend((body.len() as u32).to_le_bytes());
        head.extend(checksum::of_bytes(body, "body").to_le_bytes());
        head.extend(segment.to_le_bytes());
        // An entry that stands for one number says so twice.
        let from = if matches!(kind, 0 | 5) {
            segment
        } else {
            from.into()
        };
        head.extend(from.to_le_bytes());
        head.extend([kind; 8]);
        head.extend(u32::from(events).to_le_bytes());
        head.extend(checksum::of_bytes(&head, &file.len().to_string()).to_le_bytes());
        file.extend(head);
        file.extend(body);
        rest = after;
    }
    file
}
