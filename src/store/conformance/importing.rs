//! Importing events that already have their places.

use std::ops::ControlFlow;

use super::*;
use crate::store::ImportError;

const GO_ON: fn(usize) -> ControlFlow<()> = |_| ControlFlow::Continue(());

/// Two streams with gaps between the positions.
fn log() -> Vec<RecordedEvent> {
    let (ada, ben) = (stream("ada"), stream("ben"));
    vec![
        recorded(1, &ada, 1, 3),
        recorded(2, &ben, 1, 4),
        recorded(3, &ada, 2, 10),
    ]
}

/// Versions, and positions with their gaps.
pub async fn an_import_keeps_the_places_of_its_events(store: &impl EventStore) {
    assert_eq!(store.import(Position::START, &log(), GO_ON).await, Ok(()));
    assert_eq!(everything(store).await, log());
    assert_eq!(store.last_position().await, Ok(Position(10)));
    assert_eq!(store.head(&stream("ada")).await, Ok(Version(2)));
    assert_eq!(store.head(&stream("ben")).await, Ok(Version(1)));
    let ada = store
        .read_stream(&stream("ada"), Version(1), 10)
        .await
        .unwrap();
    assert_eq!(ada, log()[2..]);
    assert_eq!(store.read_all(Position(4), 10).await.unwrap(), log()[2..]);
}

/// No version twice, no position below.
pub async fn an_append_after_an_import_continues_version_and_position(store: &impl EventStore) {
    store.import(Position::START, &log(), GO_ON).await.unwrap();
    let expected = ExpectedVersion::Exact(Version(2));
    let answer = store
        .append(&stream("ada"), expected, &events([4, 5]))
        .await;
    let answer = answer.unwrap();
    assert_eq!(versions(&answer), [3, 4]);
    assert!(answer[0].position > Position(10), "{}", answer[0].position);
    let cyd = append(store, &stream("cyd"), &[event(6)]).await.unwrap();
    assert!(cyd[0].position > answer[1].position);
}

/// The second file goes on where the first ended.
pub async fn an_import_continues_streams_that_exist(store: &impl EventStore) {
    let ada = stream("ada");
    append(store, &ada, &events([1, 2])).await.unwrap();
    let after = store.last_position().await.unwrap();
    let more = [recorded(3, &ada, 3, after.0 + 5)];
    assert_eq!(store.import(after, &more, GO_ON).await, Ok(()));
    assert_eq!(store.head(&ada).await, Ok(Version(3)));
    let held = store.read_stream(&ada, Version::NONE, 10).await.unwrap();
    assert_eq!(versions(&held), [1, 2, 3]);
    assert_eq!(held[2], more[0]);
}

/// What was planned against an older store is refused; it says what it found.
pub async fn an_import_into_a_store_that_moved_writes_nothing(store: &impl EventStore) {
    append(store, &stream("cyd"), &[event(9)]).await.unwrap();
    let before = picture(store).await;
    for planned in [Position::START, Position(before.2.0 + 1)] {
        let moved = ImportError::StoreMoved {
            planned,
            actual: before.2,
        };
        assert_eq!(store.import(planned, &log(), GO_ON).await, Err(moved));
        assert_eq!(picture(store).await, before);
    }
}

/// At once, and after some of it was in.
pub async fn an_import_that_is_broken_off_writes_nothing(store: &impl EventStore) {
    let ada = stream("ada");
    let long: Vec<RecordedEvent> = (1..=2_500).map(|n| recorded(n, &ada, n, n)).collect();
    for last in [0, 1_000] {
        let stop = move |done| match done >= last {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let answer = store.import(Position::START, &long, stop).await;
        assert_eq!(answer, Err(ImportError::Cancelled));
        assert_eq!(picture(store).await, (vec![], vec![], Position::START));
        assert_eq!(store.head(&ada).await, Ok(Version::NONE));
    }
    assert!(append(store, &ada, &[event(1)]).await.is_ok());
}

/// Counts only go up, and never past the end.
pub async fn an_import_tells_how_far_it_is(store: &impl EventStore) {
    let ada = stream("ada");
    let long: Vec<RecordedEvent> = (1..=2_500).map(|n| recorded(n, &ada, n, n)).collect();
    let mut told = Vec::new();
    let answer = store
        .import(Position::START, &long, |done| {
            told.push(done);
            ControlFlow::Continue(())
        })
        .await;
    assert_eq!(answer, Ok(()));
    assert!(!told.is_empty());
    assert!(told.is_sorted(), "{told:?}");
    assert!(told.iter().all(|&done| done <= long.len()), "{told:?}");
    assert_eq!(everything(store).await, long);
}

/// However many come at once, and however few; nothing is asked for that is in already.
pub async fn an_import_takes_batches_of_any_size_until_an_empty_one(store: &impl EventStore) {
    let ada = stream("ada");
    let long: Vec<RecordedEvent> = (1..=17_387).map(|n| recorded(n, &ada, n, n)).collect();
    let mut rest = &long[..];
    let mut sizes = [1, 300, 16_384, 2, 700].into_iter();
    let answer = store.import_from(Position::START, |done| {
        assert!(done <= long.len() - rest.len());
        let (batch, after) = rest.split_at(sizes.next().unwrap_or(0));
        rest = after;
        ControlFlow::Continue(batch.to_vec())
    });
    assert_eq!(answer.await, Ok(()));
    let held = store.read_all(Position::START, 20_000).await.unwrap();
    assert_eq!(held.len(), long.len());
    assert!(held == long, "they are others, or in another order");
    assert_eq!(store.head(&ada).await, Ok(Version(17_387)));
}

/// An empty file is a file.
pub async fn an_import_of_nothing_changes_nothing(store: &impl EventStore) {
    append(store, &stream("ada"), &[event(1)]).await.unwrap();
    let before = picture(store).await;
    assert_eq!(store.import(before.2, &[], GO_ON).await, Ok(()));
    assert_eq!(picture(store).await, before);
}

/// It is held like one that was appended.
pub async fn an_imported_event_sent_again_is_recognised(store: &impl EventStore) {
    store.import(Position::START, &log(), GO_ON).await.unwrap();
    let again = append(store, &stream("ada"), &events([1, 3])).await;
    assert_eq!(again, Ok(vec![log()[0].clone(), log()[2].clone()]));
    assert_eq!(everything(store).await, log());
}

/// Few events or many, into a stream whose ids the store may have come to know by appending.
pub async fn an_event_imported_after_an_append_is_recognised(store: &impl EventStore) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    let mut held = everything(store).await;
    for (first, last) in [(2, 3), (4, 400)] {
        let after = held[held.len() - 1].position;
        let log: Vec<RecordedEvent> = (first..=last)
            .map(|number| recorded(number, &ada, number, after.0 + number - first + 1))
            .collect();
        assert_eq!(store.import(after, &log, GO_ON).await, Ok(()));
        held.extend(log);
        let again = append(store, &ada, &events([last])).await;
        assert_eq!(again.as_deref(), Ok(&held[held.len() - 1..]));
        assert_eq!(everything(store).await, held);
    }
}
