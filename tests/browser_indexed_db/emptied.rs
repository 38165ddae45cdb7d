//! What was emptied on purpose stays so, though the second copy's own word for that can't be read any more.

use eventloom::browser::read_set_aside;
use eventloom::log::journal::{MARKS, Next, Reader};
use eventloom::store::{ImportStore, Loss};
use wasm_bindgen_test::wasm_bindgen_test;

use super::doubted::{lose_after, told};
use super::second_copy::{append, end, journal_bytes, lose_database, open, set_journal_bytes};
use super::support::{everything, fresh_name, recorded};
use super::verify::verified;

/// Where the entry of a segment begins in a journal.
fn place_of(bytes: &[u8], segment: u64) -> usize {
    let mut reader = Reader::new();
    reader.feed(&bytes[MARKS as usize..]);
    loop {
        let before = reader.tail.length;
        match reader.read() {
            Next::Entry(entry) if entry.segment == segment => return before as usize,
            Next::Entry(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Three events, which the fourth segment emptied, and one that came with that; the fourth's entry has a bad bit.
async fn emptied(bit: usize) -> String {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=3).await;
    store.reset(&[recorded(9, 1, 10)]).await.unwrap();
    store.close();
    let mut bytes = journal_bytes(&name).await;
    let at = place_of(&bytes, 4);
    bytes[at + bit] ^= 0x10;
    set_journal_bytes(&name, &bytes).await;
    name
}

/// Of the head, and of the body.
const BITS: [usize; 2] = [9, 50];

#[wasm_bindgen_test]
async fn what_was_emptied_does_not_come_back_from_a_second_copy_whose_word_for_it_is_damaged() {
    for bit in BITS {
        // The whole database is lost, or all of it that came last.
        for last in [0, 2] {
            let name = emptied(bit).await;
            match last {
                0 => lose_database(&name).await,
                last => lose_after(&name, last, 5).await,
            }
            let store = open(&name).await;
            let cause = [Loss::Deleted, Loss::Shortened][usize::from(last > 0)];
            assert_eq!(
                store.recovery(),
                told(cause, 1, 0, 0, true),
                "{bit}, {last}"
            );
            let story = recorded(9, 1, 10);
            assert_eq!(everything(&store).await, std::slice::from_ref(&story));
            assert!(verified(&store).await.findings.is_empty());
            append(&store, [11]).await;
            let expected = [story, recorded(11, 2, 11)];
            assert_eq!(everything(&store).await, expected);
            store.close();
            journal_bytes(&name).await;
            // It is so in both copies.
            lose_database(&name).await;
            let store = open(&name).await;
            assert_eq!(everything(&store).await, expected);
            end(store).await;
        }
    }
}

/// Nobody knows then whether it was emptied, or that was undone.
#[wasm_bindgen_test]
async fn what_may_be_emptied_is_set_aside_where_the_second_copy_does_not_say_whose_it_is() {
    let name = emptied(BITS[0]).await;
    let mut bytes = journal_bytes(&name).await;
    bytes[..MARKS as usize].fill(0);
    set_journal_bytes(&name, &bytes).await;
    lose_database(&name).await;
    let store = open(&name).await;
    assert_eq!(everything(&store).await, []);
    let four = [1, 2, 3].map(|n| recorded(n, n, n));
    let four = [&four[..], &[recorded(9, 1, 10)]].concat();
    assert_eq!(store.recovery().map(|told| told.set_aside), Some(4));
    let aside = store.set_aside().await.unwrap();
    assert_eq!(read_set_aside(&aside[0].name).await.unwrap(), four);
    assert!(store.next_position().await.unwrap().place.0 > 10);
    end(store).await;
}
