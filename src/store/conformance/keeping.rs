//! What is kept beside the events, and what a reset takes with it.

use std::ops::ControlFlow;

use super::*;
use crate::store::Snapshot;

fn snapshot(stream: &StreamId, version: u64) -> Snapshot {
    Snapshot {
        stream: stream.clone(),
        version: Version(version),
        event_id: id(version),
        schema: 3,
        state: JsonText::parse(&format!(r#"{{"b":1.50,"a":"größe 🦀","v":{version}}}"#)).unwrap(),
    }
}

/// Events, heads, snapshots, checkpoints.
pub async fn a_reset_empties_the_store(
    store: &(impl ImportStore + SnapshotStore + CheckpointStore),
) {
    let ada = stream("ada");
    let held = append(store, &ada, &events([1, 2])).await.unwrap();
    store.keep_snapshot(snapshot(&ada, 2)).await.unwrap();
    let last = held[1].position;
    store.keep_checkpoint("ledger", last).await.unwrap();
    assert_eq!(store.reset(&[]).await.map(drop), Ok(()));
    assert_eq!(picture(store).await, (vec![], vec![], Position::START));
    assert_eq!(store.version_of(&ada).await, Ok(Version::NONE));
    assert_eq!(
        store.stream_events(&ada, Version::NONE, 9).await,
        Ok(vec![])
    );
    assert_eq!(store.snapshot(&ada).await, Ok(None));
    assert_eq!(store.checkpoint("ledger").await, Ok(Position::START));
}

/// A reader that missed the reset must not take a new event for an old one.
pub async fn positions_are_not_given_again_after_a_reset(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    for number in 1..=3 {
        let held = append(store, &ada, &events([number * 2, number * 2 + 1])).await;
        let last = held.unwrap()[1].position;
        store.reset(&[]).await.unwrap();
        let next = append(store, &ada, &[event(99)]).await.unwrap();
        assert!(next[0].position > last, "{} after {last}", next[0].position);
    }
}

/// Version 1 again, and the old ids are free.
pub async fn a_stream_begins_anew_after_a_reset(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    append(store, &ada, &events([1, 2])).await.unwrap();
    store.reset(&[]).await.unwrap();
    let expected = ExpectedVersion::NoStream;
    let answer = store.record(&ada, expected, &[event(2)]).await.unwrap();
    assert_eq!(versions(&answer), [1]);
}

/// The file's own are kept; those given after it are new.
pub async fn an_import_after_a_reset_may_bring_low_positions(
    store: &(impl EventStore + ImportStore),
) {
    let ada = stream("ada");
    let held = append(store, &ada, &events(1..=5)).await.unwrap();
    store.reset(&[]).await.unwrap();
    let log = [recorded(1, &ada, 1, 1), recorded(2, &ada, 2, 2)];
    let answer = store
        .take_in(Position::START, &log, |_| ControlFlow::Continue(()))
        .await;
    assert_eq!(answer, Ok(()));
    assert_eq!(everything(store).await, log);
    assert_eq!(store.end().await, Ok(Position(2)));
    let next = append(store, &ada, &[event(3)]).await.unwrap();
    assert_eq!(versions(&next), [3]);
    assert!(next[0].position > held[4].position);
}

/// Neither a stream with events nor one without.
pub async fn a_stream_without_a_snapshot_has_none(store: &impl SnapshotStore) {
    let ada = stream("ada");
    assert_eq!(store.snapshot(&ada).await, Ok(None));
    append(store, &ada, &[event(1)]).await.unwrap();
    assert_eq!(store.snapshot(&ada).await, Ok(None));
}

/// Both, and neither where the append is refused; one that comes with a batch sent again is kept too.
pub async fn a_snapshot_is_kept_with_the_batch_that_it_was_taken_after(store: &impl SnapshotStore) {
    let ada = stream("ada");
    let history = Some(store.last_position().await.unwrap().history);
    let batch = events([1, 2]);
    for _ in 0..2 {
        let exact = ExpectedVersion::Exact(Version::NONE);
        let kept = snapshot(&ada, 2);
        let answer = store.append_with_snapshot(&ada, exact, history, &batch, kept.clone());
        assert_eq!(answer.await, Ok(everything(store).await));
        assert_eq!(store.snapshot(&ada).await, Ok(Some(kept)));
    }
    let before = picture(store).await;
    let stale = ExpectedVersion::Exact(Version(1));
    let more = [event(3)];
    let answer = store.append_with_snapshot(&ada, stale, history, &more, snapshot(&ada, 3));
    assert_conflict(answer.await, &ada, stale, 2);
    assert_eq!(picture(store).await, before);
    assert_eq!(store.snapshot(&ada).await, Ok(Some(snapshot(&ada, 2))));
}

/// One a stream, to the letter.
pub async fn a_snapshot_replaces_the_one_before(store: &impl SnapshotStore) {
    let ada = stream("ada");
    for version in [2, 4, 3] {
        let kept = snapshot(&ada, version);
        store.keep_snapshot(kept.clone()).await.unwrap();
        assert_eq!(store.snapshot(&ada).await, Ok(Some(kept)));
    }
}

/// By type and by id.
pub async fn snapshots_of_streams_are_kept_apart(store: &impl SnapshotStore) {
    let streams = [("a", "bc"), ("ab", "c"), ("a", "b")];
    let streams = streams.map(|(kind, name)| StreamId::new(kind, name).unwrap());
    for (version, stream) in (1..).zip(&streams) {
        let kept = snapshot(stream, version);
        store.keep_snapshot(kept).await.unwrap();
    }
    for (version, stream) in (1..).zip(&streams) {
        let kept = snapshot(stream, version);
        assert_eq!(store.snapshot(stream).await, Ok(Some(kept)));
    }
}

/// It starts at the beginning.
pub async fn a_new_subscriber_has_finished_nothing(store: &impl CheckpointStore) {
    assert_eq!(store.checkpoint("ledger").await, Ok(Position::START));
}

/// Backwards too: a rebuild starts over.
pub async fn a_checkpoint_replaces_the_one_before(store: &impl CheckpointStore) {
    for position in [5, 12, 0, (1 << 53) - 1] {
        let position = Position(position);
        store.keep_checkpoint("ledger", position).await.unwrap();
        assert_eq!(store.checkpoint("ledger").await, Ok(position));
    }
}

/// By any name.
pub async fn checkpoints_of_subscribers_are_kept_apart(store: &impl CheckpointStore) {
    let names = ["ledger", "Ledger", "ledger ", "größe/\"1\" 🦀", ""];
    for (position, name) in (1..).zip(names) {
        let position = Position(position);
        store.keep_checkpoint(name, position).await.unwrap();
    }
    for (position, name) in (1..).zip(names) {
        let position = Position(position);
        assert_eq!(store.checkpoint(name).await, Ok(position), "{name:?}");
    }
}

/// Nothing is hidden from a first visitor.
pub async fn a_new_store_has_nothing_archived(store: &impl ArchiveStore) {
    assert_eq!(store.archived().await, Ok([].into()));
}

/// Twice is as once, and others stay as they are.
pub async fn a_stream_is_archived_until_it_is_brought_back(store: &impl ArchiveStore) {
    let [ada, ben] = ["ada / \" 🦀", "ben"].map(stream);
    for stream in [&ada, &ben, &ada] {
        assert_eq!(store.archive(stream).await, Ok(()));
    }
    let both = [ada.clone(), ben.clone()];
    assert_eq!(store.archived().await, Ok(both.into()));
    for _ in 0..2 {
        assert_eq!(store.unarchive(&ada).await, Ok(()));
        assert_eq!(store.archived().await, Ok([ben.clone()].into()));
    }
}

/// It is for people that it is hidden.
pub async fn an_archived_stream_is_read_listed_and_appended_to_like_any_other(
    store: &(impl EventStore + ArchiveStore),
) {
    let ada = stream("ada");
    append(store, &ada, &events([1, 2])).await.unwrap();
    let before = picture(store).await;
    store.archive(&ada).await.unwrap();
    assert_eq!(picture(store).await, before);
    let more = append(store, &ada, &[event(3)]).await.unwrap();
    assert_eq!(versions(&more), [3]);
    assert_eq!(store.archived().await, Ok([ada].into()));
}

/// With the streams goes what was said of them.
pub async fn a_reset_forgets_what_was_archived(
    store: &(impl EventStore + ImportStore + ArchiveStore),
) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    store.archive(&ada).await.unwrap();
    store.reset(&[]).await.unwrap();
    assert_eq!(store.archived().await, Ok([].into()));
}
