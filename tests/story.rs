//! The story of the first visit: the page holds it packed, and a person reads it as a file.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/files.rs"]
mod files;

use eventloom::app::story::{self, PACKED, PACKED_ORDER};
use eventloom::app::tale::Tale;
use eventloom::core::{JsonValue, Position, RecordedEvent, StreamId, Timestamp, Version};
use eventloom::log::segments::pack;
use eventloom::model::Registry;
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{ImportStore, MemoryStore};
use eventloom::timeline::Timeline;
use pollster::block_on;

const FILE: &[u8] = include_bytes!("../src/app/story.ndjson");
const ORDER: &[u8] = include_bytes!("../src/app/story-order.ndjson");

/// The events of the file; a time of which one would show that it had none.
fn story() -> Vec<RecordedEvent> {
    read(FILE)
}

fn read(file: &[u8]) -> Vec<RecordedEvent> {
    let lines = files::lines([file]).unwrap();
    let planned = files::plan(&[], &lines, Timestamp::from_millis(0), |_| Ok(()));
    planned.unwrap().events
}

#[test]
fn the_packed_story_is_the_one_that_can_be_read() {
    for (name, file, kept) in [
        ("story", FILE, PACKED),
        ("story-order", ORDER, PACKED_ORDER),
    ] {
        let packed = pack(&read(file).iter().collect::<Vec<_>>());
        if packed != kept {
            let made = format!("{}/{name}.packed", env!("CARGO_TARGET_TMPDIR"));
            std::fs::write(&made, packed).unwrap();
            panic!("src/app/{name}.packed isn't what {name}.ndjson says: copy {made} over it");
        }
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

#[test]
fn a_story_is_added_once_beside_what_is_there_and_takes_nothing_away() {
    let store = MemoryStore::new();
    block_on(story::import(&store)).unwrap();
    for tale in [Tale::Order, Tale::Account, Tale::Order] {
        block_on(story::add(&store, tale)).unwrap();
        let held = block_on(store.all_events(Position::START, 100)).unwrap();
        assert_eq!(held[..9], story());
        let order: Vec<_> = held[9..].iter().map(|event| &*event.event_type).collect();
        let told = [
            "OrderPlaced",
            "LineAdded",
            "OrderPaid",
            "OrderShipped",
            "OrderDelivered",
            "OrderRefunded",
        ];
        assert_eq!(order, told);
    }
}

#[test]
fn the_account_s_story_is_added_to_an_empty_store_with_its_ids_and_times() {
    let store = MemoryStore::new();
    block_on(story::add(&store, Tale::Account)).unwrap();
    let held = block_on(store.all_events(Position::START, 100)).unwrap();
    assert_eq!(held, story());
}

#[test]
fn a_story_is_not_added_to_a_stream_that_holds_something_else() {
    let store = MemoryStore::new();
    let mut other = story();
    other.truncate(1);
    other[0].event_id.0 = uuid::Uuid::from_u128(5);
    let go_on = |_| std::ops::ControlFlow::Continue(());
    block_on(store.take_in(Position::START, &other, go_on)).unwrap();
    let refused = block_on(story::add(&store, Tale::Account));
    assert_eq!(
        refused,
        Err("ada-savings holds other events already.".to_owned())
    );
    assert_eq!(block_on(store.end()), Ok(Position(1)));
}

#[test]
fn the_order_s_story_ends_delivered_and_partly_refunded() {
    let stream = StreamId::new("order", "grace-loom").unwrap();
    let registry = Registry::shipped();
    let mut timeline = Timeline::new(registry.model("order"), stream);
    timeline.extend(read(ORDER)).unwrap();
    let state = timeline.state_at(timeline.head());
    // Two shuttles at 45.00 and ten threads at 3.20; one shuttle was given back.
    let found = |key: &str| state.get(key).unwrap();
    assert!(matches!(found("lines"), JsonValue::List(lines) if lines.len() == 2));
    for (key, amount) in [("total", 12_200), ("paid", 12_200), ("refunded", 4_500)] {
        assert_eq!(found(key).as_i64(), Some(amount), "{key}");
    }
    assert_eq!(found("status").as_str(), Some("delivered"));
}
