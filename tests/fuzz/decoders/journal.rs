//! The journal: its marks and its entries, whole or not.

use eventloom::store::checksum;
use eventloom::store::journal::{Change, Entry, MARKS, Mark, Next, Reader};
use uuid::Uuid;

use super::choice;

/// A mark, its checksum included.
const SLOT: usize = MARKS as usize / 2;

/// An even first byte: the rest is a file as it is. An odd one: it is a file whose checksums and
/// lengths are put right, so that what stands behind them is reached. Half of the byte says how long
/// the pieces are in which the file is read.
///
/// Law: the entries that are whole, added to a new journal, are read from it as they were; a mark that
/// is whole can be gone on with, and what is then written is the newest.
pub fn journal(bytes: &[u8]) {
    let (choice, rest) = choice(bytes);
    let file = match choice % 2 {
        0 => rest.to_vec(),
        _ => put_right(rest),
    };
    let entries = read(&file, usize::from(choice / 2) + 1);
    assert_eq!(
        entries,
        read(&file, file.len().max(1)),
        "the sizes of pieces matter"
    );
    added_again(entries);
    if let Some(mark) = Mark::read(&file) {
        gone_on_with(mark, &file);
    }
}

fn read(file: &[u8], piece: usize) -> Vec<Entry<'static>> {
    let mut reader = Reader::new();
    let mut entries = Vec::new();
    loop {
        match reader.read() {
            Next::Entry(entry) => entries.push(entry.into_owned()),
            Next::Damaged => {}
            Next::End => return entries,
            Next::More(_) => {
                let rest = usize::try_from(reader.wants())
                    .ok()
                    .and_then(|at| file.get(at..));
                match rest {
                    Some(rest) if !rest.is_empty() => reader.feed(&rest[..piece.min(rest.len())]),
                    _ => return entries,
                }
            }
        }
    }
}

fn added_again(entries: Vec<Entry<'static>>) {
    let mut mark = Mark::new(Uuid::from_u128(7));
    let mut file = Vec::new();
    let mut change = mark.begin();
    let mut expected = Vec::new();
    for entry in entries {
        apply(change, &mut file);
        change = mark.add(&entry).expect("it was read");
        // One that empties the store begins the journal anew.
        if matches!(entry, Entry::Emptied { .. }) {
            expected.clear();
        }
        expected.push(entry);
    }
    apply(change, &mut file);
    assert_eq!(read(&file, usize::MAX), expected);
    assert_eq!(Mark::read(&file), Some(mark));
}

fn gone_on_with(mut mark: Mark, file: &[u8]) {
    let mut start = file[..file.len().min(2 * SLOT)].to_vec();
    let change = mark.end_at(mark.before, mark.tail);
    let (_, slot) = change.bytes[0].clone();
    apply(
        Change {
            cut: None,
            ..change
        },
        &mut start,
    );
    // Its numbers may be the last that are read, and those after them no longer.
    if let Some(alone) = Mark::read(&slot) {
        assert_eq!((Mark::read(&start), alone), (Some(mark), mark));
    }
    let emptied = Entry::Emptied {
        segment: 1,
        floor: 1,
    };
    let mut reader = Reader::after(mark.tail);
    reader.feed(&file[..file.len().min(64)]);
    let _ = (reader.read(), mark.add(&emptied));
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

/// Gives both marks their checksums; and cuts what follows into bodies, each after one byte that says
/// how long it is, and gives them what an entry begins with.
fn put_right(bytes: &[u8]) -> Vec<u8> {
    let (marks, mut rest) = bytes.split_at(bytes.len().min(2 * SLOT));
    let mut file = marks.to_vec();
    for slot in file.chunks_exact_mut(SLOT) {
        let (body, sum) = slot.split_at_mut(SLOT - 4);
        sum.copy_from_slice(&checksum::of_bytes(body, "mark").to_le_bytes());
    }
    let mut chain = 0_u32;
    while let Some((&length, after)) = rest.split_first() {
        let (body, after) = after.split_at(after.len().min(usize::from(length)));
        chain = checksum::of_bytes(body, &chain.to_string());
        file.extend((body.len() as u32).to_le_bytes());
        file.extend(chain.to_le_bytes());
        file.extend(body);
        rest = after;
    }
    file
}
