//! The conformance suite: what [`EventStore`], [`ImportStore`], [`SnapshotStore`], [`CheckpointStore`],
//! [`ArchiveStore`] and [`InspectStore`](super::InspectStore) promise, one case a promise. A backend says how it is opened and enters with one line:
//!
//! ```
//! use eventloom::store::{MemoryStore, conformance::Backend};
//!
//! struct Memory;
//!
//! impl Backend for Memory {
//!     type Store = MemoryStore;
//!     async fn open() -> MemoryStore {
//!         MemoryStore::new()
//!     }
//! }
//!
//! eventloom::conformance_tests!(native: Memory, pollster::block_on);
//! ```
//!
//! In a browser the line is `eventloom::conformance_tests!(browser: Memory);`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the cases are tests: a panic is how they speak"
)]

pub mod appending;
mod beside;
pub mod chains;
pub mod histories;
pub mod holes;
pub mod importing;
pub mod inspecting;
pub mod keeping;
pub mod ordering;
mod plain;
pub mod reading;
pub mod refusing;
pub mod repeating;
mod sparing;
pub mod undoing;

use std::future::Future;

use serde_json::json;

use super::{
    AppendError, ArchiveStore, CheckpointStore, EventStore, ImportStore, SnapshotStore, StoreError,
};
use crate::core::{
    CommandId, EventId, ExpectedVersion, History, JsonText, Metadata, NewEvent, Position,
    RecordedEvent, StreamHead, StreamId, Timestamp, Version,
};

use beside::{a_moment, assert_changed_ends_with, ends_within};

pub use beside::both;
pub use plain::{Plain, PlainImport};
pub use sparing::OneAtATime;

/// How a store is had for one test, and given up after it.
pub trait Backend {
    /// The store under test: an [`EventStore`], and whatever else the parts that it enters ask of it.
    type Store;

    /// An empty store that no other test uses; another one each time.
    fn open() -> impl Future<Output = Self::Store>;

    /// Gives up what the store left behind, for example its database.
    fn close(store: Self::Store) -> impl Future<Output = ()> {
        drop(store);
        async {}
    }
}

/// Enters a [`Backend`] in the conformance suite: one test for each case, named as its sentence.
/// Use it once a module.
///
/// - `conformance_tests!(native: MyBackend, pollster::block_on)`: with `#[test]`, each case run by
///   the function given.
/// - `conformance_tests!(browser: MyBackend)`: with `#[wasm_bindgen_test]`.
///
/// Behind that, a backend that doesn't do everything yet names the parts that it enters, as in
/// `conformance_tests!(native: MyBackend, pollster::block_on; events snapshots)`:
///
/// - `events`: `EventStore`. Each backend begins with this one.
/// - `imports`: `ImportStore`.
/// - `undoing`: `ImportStore`, too: taking back what was reset or imported.
/// - `snapshots`: `SnapshotStore`.
/// - `checkpoints`: `CheckpointStore`.
/// - `archived`: `ArchiveStore`.
/// - `together`: what several of these promise of one another, and `InspectStore`.
#[macro_export]
macro_rules! conformance_tests {
    (native: $backend:ty, $block_on:path) => {
        $crate::conformance_tests! {
            native: $backend, $block_on;
            events imports undoing snapshots checkpoints archived together
        }
    };
    (native: $backend:ty, $block_on:path; $($part:ident)*) => {
        $($crate::conformance_tests! { @$part native [$backend, $block_on] })*
    };
    (browser: $backend:ty) => {
        $crate::conformance_tests! {
            browser: $backend;
            events imports undoing snapshots checkpoints archived together
        }
    };
    (browser: $backend:ty; $($part:ident)*) => {
        $($crate::conformance_tests! { @$part browser [$backend] })*
    };
    (@each native [$backend:ty, $block_on:path] $($group:ident { $($case:ident)* })*) => {
        $($(
            #[test]
            fn $case() {
                $block_on(async {
                    let store = <$backend as $crate::store::conformance::Backend>::open().await;
                    $crate::store::conformance::$group::$case(&store).await;
                    <$backend as $crate::store::conformance::Backend>::close(store).await;
                });
            }
        )*)*
    };
    (@each browser [$backend:ty] $($group:ident { $($case:ident)* })*) => {
        $($(
            #[::wasm_bindgen_test::wasm_bindgen_test]
            async fn $case() {
                let store = <$backend as $crate::store::conformance::Backend>::open().await;
                $crate::store::conformance::$group::$case(&store).await;
                <$backend as $crate::store::conformance::Backend>::close(store).await;
            }
        )*)*
    };
    // Of two stores.
    (@pair native [$backend:ty, $block_on:path] $($group:ident { $($case:ident)* })*) => {
        $($(
            #[test]
            fn $case() {
                $block_on(async {
                    let one = <$backend as $crate::store::conformance::Backend>::open().await;
                    let other = <$backend as $crate::store::conformance::Backend>::open().await;
                    $crate::store::conformance::$group::$case(&one, &other).await;
                    <$backend as $crate::store::conformance::Backend>::close(one).await;
                    <$backend as $crate::store::conformance::Backend>::close(other).await;
                });
            }
        )*)*
    };
    (@pair browser [$backend:ty] $($group:ident { $($case:ident)* })*) => {
        $($(
            #[::wasm_bindgen_test::wasm_bindgen_test]
            async fn $case() {
                let one = <$backend as $crate::store::conformance::Backend>::open().await;
                let other = <$backend as $crate::store::conformance::Backend>::open().await;
                $crate::store::conformance::$group::$case(&one, &other).await;
                <$backend as $crate::store::conformance::Backend>::close(one).await;
                <$backend as $crate::store::conformance::Backend>::close(other).await;
            }
        )*)*
    };
    (@events $how:ident $with:tt) => {
        $crate::conformance_tests! { @each $how $with
            appending {
                a_new_store_is_empty
                the_first_event_of_a_stream_has_version_1
                versions_have_no_gaps
                positions_increase_strictly_over_streams
                an_append_answers_with_what_reading_gives
                no_stream_is_refused_by_a_stream_that_exists
                stream_exists_is_refused_by_a_stream_that_does_not
                exact_zero_means_no_stream
                an_exact_version_that_is_stale_or_ahead_is_refused
                any_appends_whatever_the_stream_holds
                an_append_with_a_stale_version_writes_nothing
                several_events_are_appended_all_or_none
                an_empty_batch_answers_empty_once_the_expected_version_holds
                of_two_writers_at_one_version_one_wins
            }
            repeating {
                a_batch_sent_again_answers_what_was_recorded_and_writes_nothing
                a_batch_sent_again_with_a_later_time_is_recognised
                part_of_a_recorded_batch_sent_again_is_recognised
                an_id_with_other_content_is_refused
                a_batch_that_is_only_partly_there_is_refused
                an_id_twice_in_one_batch_is_refused
                an_id_of_another_stream_is_allowed
            }
            refusing {
                an_event_that_could_not_be_imported_again_is_refused_with_its_batch
                names_of_1024_characters_and_metadata_of_64_levels_are_kept
            }
            reading {
                a_stream_is_read_in_pages_after_a_version
                the_store_is_read_in_pages_after_a_position
                a_page_of_none_is_empty
                a_read_after_the_greatest_place_is_empty
                the_whole_store_is_read_in_the_order_of_appending
                streams_are_listed_in_order_and_in_pages
                streams_with_names_that_begin_alike_are_kept_apart
                names_of_any_characters_are_kept
                payloads_are_kept_to_the_letter
                metadata_is_kept_with_its_extensions
                times_are_kept_to_the_millisecond
                changed_ends_at_once_when_there_is_something_already
                changed_ends_on_an_append_made_later
            }
            histories {
                what_follows_a_position_is_counted
                the_history_stays_while_events_are_appended
            }
            ordering {
                appends_appear_in_the_order_of_their_positions
            }
            chains {
                a_chain_is_that_of_a_segment_s_end
            }
        }
        $crate::conformance_tests! { @pair $how $with
            chains {
                the_same_appends_make_the_same_chains
                another_event_makes_another_chain_from_there_on
                another_order_makes_another_chain
                a_chain_of_the_history_of_another_store_is_refused
            }
        }
    };
    (@imports $how:ident $with:tt) => {
        $crate::conformance_tests! { @each $how $with
            reading {
                changed_ends_on_an_import_made_later
                changed_ends_on_a_reset
            }
            histories {
                answers_name_the_history_and_it_stays_while_events_come
                a_reset_begins_another_history
                no_place_of_another_history_is_taken
                an_exact_version_needs_its_history
                a_batch_of_another_history_is_refused_before_its_ids_are_looked_for
                who_waits_is_told_at_once_that_the_history_changed
                what_follows_a_position_is_counted_beyond_gaps_too
            }
            chains {
                a_chain_of_what_was_emptied_is_not_there
            }
            ordering {
                imports_appear_in_the_order_of_their_positions
                an_import_appears_whole
            }
            importing {
                an_import_keeps_the_places_of_its_events
                an_append_after_an_import_continues_version_and_position
                an_import_continues_streams_that_exist
                an_import_of_a_version_that_is_not_the_next_writes_nothing
                an_event_that_could_not_come_in_again_is_not_imported
                an_import_gives_no_position_again
                the_next_position_is_above_all_that_were_given
                an_import_into_a_store_that_moved_writes_nothing
                an_import_that_is_broken_off_writes_nothing
                an_import_tells_how_far_it_is
                an_import_takes_batches_of_any_size_until_an_empty_one
                an_import_of_nothing_changes_nothing
                an_imported_event_sent_again_is_recognised
                an_event_imported_after_an_append_is_recognised
                pages_tell_what_an_import_wrote
            }
            holes {
                a_read_ends_before_a_hole_and_goes_on_behind_it
                a_hole_counts_and_is_shown
                nothing_is_appended_to_a_stream_with_a_hole
                a_hole_amid_many_events_is_met
                nothing_else_has_the_type_of_a_hole
                an_import_that_has_the_event_of_a_hole_fills_it_and_begins_another_history
                a_hole_that_is_not_filled_stays
                what_does_not_fit_a_hole_changes_nothing
                holes_amid_many_events_are_filled
                a_filling_that_is_broken_off_leaves_the_holes
            }
            keeping {
                positions_are_not_given_again_after_a_reset
                a_stream_begins_anew_after_a_reset
                an_import_after_a_reset_may_bring_low_positions
            }
        }
        $crate::conformance_tests! { @pair $how $with
            chains {
                another_history_s_reset_makes_another_chain
            }
        }
    };
    (@undoing $how:ident $with:tt) => {
        $crate::conformance_tests! { @each $how $with
            undoing {
                a_reset_takes_in_what_it_is_given
                a_reset_with_what_can_not_stand_changes_nothing
                positions_go_on_above_all_after_an_undone_reset
                a_reset_is_not_undone_once_something_was_recorded
                a_reset_is_undone_once
                tokens_are_kept_as_text
                a_token_of_what_is_not_there_is_refused
                a_token_without_a_chain_is_not_taken
                an_import_that_is_undone_is_gone_and_begins_another_history
                an_import_into_an_empty_store_is_undone
                an_import_is_not_undone_once_something_else_was_recorded
                an_import_of_nothing_can_not_be_undone
                who_reads_meanwhile_gets_one_history_whole
            }
        }
    };
    (@snapshots $how:ident $with:tt) => {
        $crate::conformance_tests! { @each $how $with
            keeping {
                a_stream_without_a_snapshot_has_none
                a_snapshot_is_kept_with_the_batch_that_it_was_taken_after
                a_snapshot_replaces_the_one_before
                snapshots_of_streams_are_kept_apart
            }
        }
    };
    (@checkpoints $how:ident $with:tt) => {
        $crate::conformance_tests! { @each $how $with
            keeping {
                a_new_subscriber_has_finished_nothing
                a_checkpoint_replaces_the_one_before
                checkpoints_of_subscribers_are_kept_apart
            }
        }
    };
    (@archived $how:ident $with:tt) => {
        $crate::conformance_tests! { @each $how $with
            keeping {
                a_new_store_has_nothing_archived
                a_stream_is_archived_until_it_is_brought_back
                an_archived_stream_is_read_listed_and_appended_to_like_any_other
            }
        }
    };
    (@together $how:ident $with:tt) => {
        $crate::conformance_tests! { @each $how $with
            keeping {
                a_reset_empties_the_store
                a_reset_forgets_what_was_archived
            }
            undoing {
                a_reset_that_is_undone_brings_all_of_it_back
                snapshots_of_what_an_import_brought_go_with_it
            }
            inspecting {
                an_empty_store_shows_nothing_and_is_whole
                events_then_heads_then_snapshots_are_shown
                showing_ends_where_it_is_broken_off
                what_a_store_recorded_is_whole
                a_snapshot_that_its_events_do_not_fold_to_is_found
                a_check_that_is_broken_off_says_so
            }
        }
    };
}

/// The answer to an append.
type Appended = Result<Vec<RecordedEvent>, AppendError>;

const NOON: i64 = 1_767_603_602_000;

fn stream(aggregate_id: &str) -> StreamId {
    StreamId::new("bank_account", aggregate_id).unwrap()
}

fn id(number: u64) -> EventId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    crate::core::source::uuid_v7(Timestamp::from_millis(NOON), random)
}

/// An event that is told from others by its number: id, amount and time follow from it.
fn event(number: u64) -> NewEvent {
    NewEvent {
        event_id: id(number),
        event_type: "MoneyDeposited".to_owned(),
        schema_version: 1,
        data: JsonText::of(&json!({ "amount": number })).unwrap(),
        timestamp: Timestamp::from_millis(NOON + i64::try_from(number).unwrap()),
        metadata: Metadata::correlated("lesson 1"),
    }
}

fn events(numbers: impl IntoIterator<Item = u64>) -> Vec<NewEvent> {
    numbers.into_iter().map(event).collect()
}

fn recorded(number: u64, stream: &StreamId, version: u64, position: u64) -> RecordedEvent {
    event(number).recorded(stream.clone(), Version(version), Position(position))
}

async fn append(store: &impl EventStore, stream: &StreamId, events: &[NewEvent]) -> Appended {
    store.record(stream, ExpectedVersion::Any, events).await
}

async fn everything(store: &impl EventStore) -> Vec<RecordedEvent> {
    store.all_events(Position::START, 10_000).await.unwrap()
}

/// What a refused request must leave as it was: each event, each head, the last position.
async fn picture(store: &impl EventStore) -> (Vec<RecordedEvent>, Vec<StreamHead>, Position) {
    (
        everything(store).await,
        store.all_heads(None, 10_000).await.unwrap(),
        store.end().await.unwrap(),
    )
}

fn versions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.version.0).collect()
}

fn positions(events: &[RecordedEvent]) -> Vec<Position> {
    events.iter().map(|event| event.position).collect()
}

#[track_caller]
fn assert_conflict(answer: Appended, stream: &StreamId, expected: ExpectedVersion, actual: u64) {
    let conflict = AppendError::Conflict {
        stream: stream.clone(),
        expected,
        actual: Version(actual),
    };
    assert_eq!(answer, Err(conflict));
}
