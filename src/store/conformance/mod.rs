//! The conformance suite: what [`EventStore`], [`SnapshotStore`], [`CheckpointStore`],
//! [`ArchiveStore`] and [`InspectStore`] promise, one case a promise. A backend says how it is opened and enters with one line:
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
pub mod importing;
pub mod inspecting;
pub mod keeping;
pub mod reading;
pub mod repeating;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use serde_json::json;

use super::{
    AppendError, ArchiveStore, CheckpointStore, EventStore, InspectStore, SnapshotStore, StoreError,
};
use crate::core::{
    EventId, ExpectedVersion, JsonText, Metadata, NewEvent, Position, RecordedEvent, StreamId,
    Timestamp, Version,
};

/// How a store is had for one test, and given up after it.
pub trait Backend {
    /// The store under test.
    type Store: EventStore + SnapshotStore + CheckpointStore + ArchiveStore + InspectStore;

    /// An empty store that no other test uses.
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
#[macro_export]
macro_rules! conformance_tests {
    (native: $backend:ty, $block_on:path) => {
        $crate::conformance_tests! { @cases native [$backend, $block_on] }
    };
    (browser: $backend:ty) => {
        $crate::conformance_tests! { @cases browser [$backend] }
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
    (@cases $how:ident $with:tt) => {
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
                changed_ends_on_an_import_made_later
                changed_ends_on_a_reset
            }
            importing {
                an_import_keeps_the_places_of_its_events
                an_append_after_an_import_continues_version_and_position
                an_import_continues_streams_that_exist
                an_import_into_a_store_that_moved_writes_nothing
                an_import_that_is_broken_off_writes_nothing
                an_import_tells_how_far_it_is
                an_import_takes_batches_of_any_size_until_an_empty_one
                an_import_of_nothing_changes_nothing
                an_imported_event_sent_again_is_recognised
                an_event_imported_after_an_append_is_recognised
            }
            keeping {
                a_reset_empties_the_store
                positions_are_not_given_again_after_a_reset
                a_stream_begins_anew_after_a_reset
                an_import_after_a_reset_may_bring_low_positions
                a_stream_without_a_snapshot_has_none
                a_snapshot_replaces_the_one_before
                snapshots_of_streams_are_kept_apart
                a_new_subscriber_has_finished_nothing
                a_checkpoint_replaces_the_one_before
                checkpoints_of_subscribers_are_kept_apart
                a_new_store_has_nothing_archived
                a_stream_is_archived_until_it_is_brought_back
                an_archived_stream_is_read_listed_and_appended_to_like_any_other
                a_reset_forgets_what_was_archived
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
    store.append(stream, ExpectedVersion::Any, events).await
}

async fn everything(store: &impl EventStore) -> Vec<RecordedEvent> {
    store.read_all(Position::START, 10_000).await.unwrap()
}

/// What a refused request must leave as it was: each event, each head, the last position.
async fn picture(
    store: &impl EventStore,
) -> (Vec<RecordedEvent>, Vec<super::StreamHead>, Position) {
    (
        everything(store).await,
        store.streams(None, 10_000).await.unwrap(),
        store.last_position().await.unwrap(),
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

/// Goes on with `waiting` while the store answers a few requests; whether it ended. In place of a
/// clock: what waits for a hint gets the time of many transactions, on any backend.
async fn ends_within<T>(
    requests: usize,
    store: &impl EventStore,
    mut waiting: Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    for _ in 0..requests {
        let mut request = pin!(store.last_position());
        let mut ended = None;
        poll_fn(|context| {
            if let Poll::Ready(answer) = waiting.as_mut().poll(context) {
                ended = Some(answer);
                return Poll::Ready(());
            }
            request.as_mut().poll(context).map(drop)
        })
        .await;
        if ended.is_some() {
            return ended;
        }
    }
    None
}

/// Runs both to their end, side by side, for a test of two writers.
pub async fn both<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut a, mut b) = (None, None);
    poll_fn(|context| {
        if a.is_none()
            && let Poll::Ready(answer) = first.as_mut().poll(context)
        {
            a = Some(answer);
        }
        if b.is_none()
            && let Poll::Ready(answer) = second.as_mut().poll(context)
        {
            b = Some(answer);
        }
        match a.is_some() && b.is_some() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    (a.unwrap(), b.unwrap())
}

/// `changed(after)` must end with the work done, though it began to wait before.
async fn assert_changed_ends_with<T>(
    store: &impl EventStore,
    after: Position,
    work: impl Future<Output = T>,
) {
    let mut waiting = pin!(store.changed(after));
    // Long enough for it to have looked and found nothing; ending here, for nothing, is allowed.
    let mut ended: Option<Result<(), StoreError>> = ends_within(3, store, waiting.as_mut()).await;
    work.await;
    if ended.is_none() {
        ended = ends_within(1_000, store, waiting.as_mut()).await;
    }
    assert_eq!(ended, Some(Ok(())), "changed() didn't end");
}
