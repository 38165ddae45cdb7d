//! The story of the first visit: the page holds it packed, and a person reads it as a file.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/files.rs"]
mod files;

use eventloom::app::story::{self, PACKED};
use eventloom::core::{Position, RecordedEvent, Timestamp, Version};
use eventloom::log::segments::pack;
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{ImportStore, MemoryStore};
use pollster::block_on;

const FILE: &[u8] = include_bytes!("../src/app/story.ndjson");

/// The events of the file; a time of which one would show that it had none.
fn story() -> Vec<RecordedEvent> {
    let lines = files::lines([FILE]).unwrap();
    let planned = files::plan(&[], &lines, Timestamp::from_millis(0), |_| Ok(()));
    planned.unwrap().events
}

#[test]
fn the_packed_story_is_the_one_that_can_be_read() {
    let packed = pack(&story().iter().collect::<Vec<_>>());
    if packed != PACKED {
        let made = concat!(env!("CARGO_TARGET_TMPDIR"), "/story.packed");
        std::fs::write(made, packed).unwrap();
        panic!("src/app/story.packed isn't what story.ndjson says: copy {made} over it");
    }
}

#[test]
fn a_visitor_s_first_store_holds_the_story_with_its_own_places() {
    let store = MemoryStore::new();
    block_on(story::import(&store)).unwrap();
    let held = block_on(store.all_events(Position::START, 100)).unwrap();
    assert_eq!(held, story());
    assert_eq!(held.len(), 9);
    for (number, event) in (1..).zip(&held) {
        assert_eq!(event.stream.to_string(), "bank_account/ada-savings");
        assert_eq!(
            (event.version, event.position),
            (Version(number), Position(number))
        );
    }
}

#[test]
fn the_story_is_restored_in_one_step_whatever_is_there() {
    let store = MemoryStore::new();
    block_on(story::import(&store)).unwrap();
    block_on(store.reset(&story::events().unwrap())).unwrap();
    let held = block_on(store.all_events(Position::START, 100)).unwrap();
    assert_eq!(held, story());
}

#[test]
fn a_story_that_another_tab_brought_is_not_brought_again() {
    let store = MemoryStore::new();
    block_on(story::import(&store)).unwrap();
    block_on(story::import(&store)).unwrap();
    assert_eq!(block_on(store.end()), Ok(Position(9)));
}

#[test]
fn a_story_is_refused_by_a_store_that_holds_something_else() {
    let store = MemoryStore::new();
    let mut other = story();
    other.truncate(3);
    let go_on = |_| std::ops::ControlFlow::Continue(());
    block_on(store.take_in(Position::START, &other, go_on)).unwrap();
    let refused = block_on(story::import(&store)).unwrap_err();
    assert!(refused.contains("moved from position 0 to 3"), "{refused}");
    assert_eq!(block_on(store.end()), Ok(Position(3)));
}
