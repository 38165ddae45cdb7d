//! What a file's mark doesn't say, and is found by reading.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::browser::{BrowserClock, BrowserIds};
use crate::core::{Clock, IdSource};
use crate::log::journal::Body;

fn entry(segment: u64) -> Entry<'static> {
    Entry {
        segment,
        chain: Chain::START,
        imported: Default::default(),
        body: Body::Inline {
            packed: crate::log::segments::pack(&[]).into(),
        },
    }
}

/// Twice, each time by a tab that is ended before it adds anything: the mark says nothing of the entry before then.
#[wasm_bindgen_test]
async fn the_last_entry_alone_is_dropped() {
    let id = BrowserIds.next_id(BrowserClock.now()).0;
    let held = Held::begin_named(&format!("eventloom-unit-{id}"), id)
        .await
        .unwrap();
    for segment in 1..=4 {
        held.add(&entry(segment), None, false).await.unwrap();
    }
    for left in [3, 2, 1, 0] {
        held.look().await.unwrap();
        held.drop_last().await.unwrap();
        assert_eq!(held.mark().tail.segment, left);
    }
    held.remove().await.unwrap();
}

/// Whoever opens it may be killed before anybody judged, and be told then.
#[wasm_bindgen_test]
async fn what_it_says_to_hold_stays_said_until_something_is_added() {
    let id = BrowserIds.next_id(BrowserClock.now()).0;
    let held = Held::begin_named(&format!("eventloom-unit-{id}"), id)
        .await
        .unwrap();
    for segment in 1..=4 {
        held.add(&entry(segment), None, false).await.unwrap();
    }
    // The last one isn't whole any more.
    let change = Change {
        cut: Some(held.mark().tail.length - 1),
        bytes: Vec::new(),
    };
    held.file.change(&change, true).await.unwrap();
    let ends = || (held.mark().tail.segment, held.claims().segment);
    for _ in 0..2 {
        // As another that opens it.
        held.claimed.set(None);
        held.look().await.unwrap();
        assert_eq!(ends(), (3, 4));
    }
    held.is_of(id).await.unwrap();
    held.flush().await.unwrap();
    held.claimed.set(None);
    held.look().await.unwrap();
    assert_eq!(ends(), (3, 4));
    held.add(&entry(5), None, false).await.unwrap();
    held.claimed.set(None);
    held.look().await.unwrap();
    assert_eq!(ends(), (5, 5));
    assert!(
        held.entries(async |_| Ok(()))
            .await
            .unwrap()
            .lost
            .is_empty()
    );
    held.remove().await.unwrap();
}
