//! The journal of the releases before: its marks and its entries, whole or not.

use eventloom::log::checksum;
use eventloom::log::journal::first_form::{Entry, MARKS, Mark, Next, Reader};

use super::choice;

/// A mark, its checksum included.
const SLOT: usize = MARKS as usize / 2;

/// An even first byte: the rest is a file as it is. An odd one: it is a file whose checksums and
/// lengths are put right, so that what stands behind them is reached. Half of the byte says how long
/// the pieces are in which the file is read.
///
/// Law: what is read doesn't depend on the pieces, and from a mark that is whole it can be read on.
pub fn first_journal(bytes: &[u8]) {
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
    if let Some(mark) = Mark::read(&file) {
        let mut reader = Reader::after(mark.tail);
        reader.feed(&file[..file.len().min(64)]);
        let _ = reader.read();
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
