//! Files that earlier releases exported come in as what those had recorded, and go out as they came.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/files.rs"]
mod files;
#[path = "support/stored.rs"]
mod stored;

use std::ops::ControlFlow;

use eventloom::archive::write_event;
use eventloom::core::{Position, RecordedEvent, Timestamp};
use eventloom::store::MemoryStore;
use eventloom::store::conformance::{Plain, PlainImport};
use pollster::block_on;

/// No event of the files is without a time.
const NOW: Timestamp = Timestamp::from_millis(0);

/// What a store in memory holds once it imported a file.
fn imported(file: &str) -> Vec<RecordedEvent> {
    let lines = files::lines([file.as_bytes()]).unwrap();
    let plan = files::plan(&[], &lines, NOW, |_| Ok(())).unwrap();
    assert_eq!((plan.skipped, plan.stamped_with_import_time), (0, 0));
    let store = MemoryStore::new();
    let go_on = |_| ControlFlow::Continue(());
    block_on(store.take_in(plan.after, &plan.events, go_on)).unwrap();
    block_on(store.all_events(Position::START, usize::MAX)).unwrap()
}

#[track_caller]
fn comes_in_and_goes_out(file: &str, list: &str) {
    let recorded = stored::recorded(list);
    assert!(!recorded.is_empty());
    let events = imported(file);
    for (event, recorded) in events.iter().zip(&recorded) {
        assert_eq!(event, recorded);
    }
    assert_eq!(events.len(), recorded.len());
    let mut again = String::new();
    events
        .iter()
        .for_each(|event| write_event(event, &mut again));
    assert_eq!(again, file);
}

#[test]
fn an_export_with_everything_odd_in_it_is_imported_as_what_was_recorded() {
    comes_in_and_goes_out(
        include_str!("stored/odd.ndjson"),
        include_str!("stored/odd.recorded.json"),
    );
}

#[test]
fn an_export_of_the_first_layout_is_imported_as_what_was_recorded() {
    comes_in_and_goes_out(
        include_str!("stored/first.ndjson"),
        include_str!("stored/first.recorded.json"),
    );
}

/// Events without a type, with metadata called like the envelope's parts, one id in two streams.
#[test]
fn an_export_of_what_would_be_refused_today_comes_in_and_goes_out_as_it_came() {
    let file = include_str!("stored/unfit.ndjson");
    let events = imported(file);
    let recorded = stored::recorded(include_str!("stored/unfit.recorded.json"));
    assert_eq!(events.len(), recorded.len());
    for (event, mut recorded) in events.into_iter().zip(recorded) {
        // Free keys that are null, or called like a part of the envelope, stand in no file.
        recorded.metadata.extensions = event.metadata.extensions.clone();
        assert_eq!(event, recorded);
    }
    let mut again = String::new();
    imported(file)
        .iter()
        .for_each(|event| write_event(event, &mut again));
    assert_eq!(again, file);
}
