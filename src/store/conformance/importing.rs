//! Importing events that already have their places.

use std::ops::ControlFlow;

use serde_json::json;

use super::*;
use crate::core::envelope::MAX_EARLIER_DEPTH;
use crate::core::{InvalidEnvelope, PositionRanges};
use crate::store::{ImportError, Misplaced, ResetError};

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
pub async fn an_import_keeps_the_places_of_its_events(store: &(impl EventStore + ImportStore)) {
    assert_eq!(store.take_in(Position::START, &log(), GO_ON).await, Ok(()));
    assert_eq!(everything(store).await, log());
    assert_eq!(store.end().await, Ok(Position(10)));
    assert_eq!(store.version_of(&stream("ada")).await, Ok(Version(2)));
    assert_eq!(store.version_of(&stream("ben")).await, Ok(Version(1)));
    let ada = store
        .stream_events(&stream("ada"), Version(1), 10)
        .await
        .unwrap();
    assert_eq!(ada, log()[2..]);
    assert_eq!(store.all_events(Position(4), 10).await.unwrap(), log()[2..]);
}

/// No version twice, no position below.
pub async fn an_append_after_an_import_continues_version_and_position(
    store: &(impl EventStore + ImportStore),
) {
    store.take_in(Position::START, &log(), GO_ON).await.unwrap();
    let expected = ExpectedVersion::Exact(Version(2));
    let answer = store
        .record(&stream("ada"), expected, &events([4, 5]))
        .await;
    let answer = answer.unwrap();
    assert_eq!(versions(&answer), [3, 4]);
    assert!(answer[0].position > Position(10), "{}", answer[0].position);
    let cyd = append(store, &stream("cyd"), &[event(6)]).await.unwrap();
    assert!(cyd[0].position > answer[1].position);
}

/// The second file goes on where the first ended.
pub async fn an_import_continues_streams_that_exist(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    append(store, &ada, &events([1, 2])).await.unwrap();
    let after = store.end().await.unwrap();
    let more = [recorded(3, &ada, 3, after.0 + 5)];
    assert_eq!(store.take_in(after, &more, GO_ON).await, Ok(()));
    assert_eq!(store.version_of(&ada).await, Ok(Version(3)));
    let held = store.stream_events(&ada, Version::NONE, 10).await.unwrap();
    assert_eq!(versions(&held), [1, 2, 3]);
    assert_eq!(held[2], more[0]);
}

/// What was planned against an older store is refused; it says what it found.
pub async fn an_import_into_a_store_that_moved_writes_nothing(
    store: &(impl EventStore + ImportStore),
) {
    append(store, &stream("cyd"), &[event(9)]).await.unwrap();
    let before = picture(store).await;
    for planned in [Position::START, Position(before.2.0 + 1)] {
        let moved = ImportError::StoreMoved {
            planned,
            actual: before.2,
        };
        assert_eq!(store.take_in(planned, &log(), GO_ON).await, Err(moved));
        assert_eq!(picture(store).await, before);
    }
}

/// At once, and after some of it was in.
pub async fn an_import_that_is_broken_off_writes_nothing(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    let long: Vec<RecordedEvent> = (1..=2_500).map(|n| recorded(n, &ada, n, n)).collect();
    for last in [0, 1_000] {
        let stop = move |done| match done >= last {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let answer = store.take_in(Position::START, &long, stop).await;
        assert_eq!(answer, Err(ImportError::Cancelled));
        assert_eq!(picture(store).await, (vec![], vec![], Position::START));
        assert_eq!(store.version_of(&ada).await, Ok(Version::NONE));
    }
    assert!(append(store, &ada, &[event(1)]).await.is_ok());
}

/// Counts only go up, and never past the end.
pub async fn an_import_tells_how_far_it_is(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    let long: Vec<RecordedEvent> = (1..=2_500).map(|n| recorded(n, &ada, n, n)).collect();
    let mut told = Vec::new();
    let answer = store
        .take_in(Position::START, &long, |done| {
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
pub async fn an_import_takes_batches_of_any_size_until_an_empty_one(
    store: &(impl EventStore + ImportStore),
) {
    let ada = stream("ada");
    let long: Vec<RecordedEvent> = (1..=17_387).map(|n| recorded(n, &ada, n, n)).collect();
    let mut rest = &long[..];
    let mut sizes = [1, 300, 16_384, 2, 700].into_iter();
    let answer = store.import_from(Position::START, None, |done| {
        assert!(done <= long.len() - rest.len());
        let (batch, after) = rest.split_at(sizes.next().unwrap_or(0));
        rest = after;
        ControlFlow::Continue(batch.to_vec())
    });
    assert!(answer.await.is_ok());
    let held = store.all_events(Position::START, 20_000).await.unwrap();
    assert_eq!(held.len(), long.len());
    assert!(held == long, "they are others, or in another order");
    assert_eq!(store.version_of(&ada).await, Ok(Version(17_387)));
}

/// An empty file is a file.
pub async fn an_import_of_nothing_changes_nothing(store: &(impl EventStore + ImportStore)) {
    append(store, &stream("ada"), &[event(1)]).await.unwrap();
    let before = picture(store).await;
    assert_eq!(store.take_in(before.2, &[], GO_ON).await, Ok(()));
    assert_eq!(picture(store).await, before);
}

/// It is held like one that was appended.
pub async fn an_imported_event_sent_again_is_recognised(store: &(impl EventStore + ImportStore)) {
    store.take_in(Position::START, &log(), GO_ON).await.unwrap();
    let again = append(store, &stream("ada"), &events([1, 3])).await;
    assert_eq!(again, Ok(vec![log()[0].clone(), log()[2].clone()]));
    assert_eq!(everything(store).await, log());
}

/// Few events or many, into a stream whose ids the store may have come to know by appending.
pub async fn an_event_imported_after_an_append_is_recognised(
    store: &(impl EventStore + ImportStore),
) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    let mut held = everything(store).await;
    for (first, last) in [(2, 3), (4, 400)] {
        let after = held[held.len() - 1].position;
        let log: Vec<RecordedEvent> = (first..=last)
            .map(|number| recorded(number, &ada, number, after.0 + number - first + 1))
            .collect();
        assert_eq!(store.take_in(after, &log, GO_ON).await, Ok(()));
        held.extend(log);
        let again = append(store, &ada, &events([last])).await;
        assert_eq!(again.as_deref(), Ok(&held[held.len() - 1..]));
        assert_eq!(everything(store).await, held);
    }
}

/// In any stream, new or there, at any place of what is imported.
pub async fn an_import_of_a_version_that_is_not_the_next_writes_nothing(
    store: &(impl EventStore + ImportStore),
) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    append(store, &ada, &events([1, 2])).await.unwrap();
    let before = picture(store).await;
    let next = store.next_position().await.unwrap().place.0;
    for (of, good, version) in [(&ada, 3, 5), (&ada, 3, 3), (&ben, 1, 3), (&ben, 1, 1)] {
        let log = [
            recorded(8, of, good, next),
            recorded(9, of, version, next + 1),
        ];
        let answer = store.take_in(before.2, &log, GO_ON).await;
        let misplaced = Misplaced::Version {
            stream: of.clone(),
            expected: Version(good + 1),
            found: Version(version),
        };
        assert_eq!(answer, Err(ImportError::Misplaced(misplaced)));
        assert_eq!(picture(store).await, before);
    }
}

/// Where it is new, where it fills a hole, and where it goes in with a reset.
pub async fn an_event_that_could_not_come_in_again_is_not_imported(
    store: &(impl EventStore + ImportStore),
) {
    let ada = stream("ada");
    let hole = RecordedEvent::hole(ada.clone(), Version(2), Position(2));
    let held = [recorded(1, &ada, 1, 1), hole];
    store.take_in(Position::START, &held, GO_ON).await.unwrap();
    let before = (store.end().await, store.head(&ada).await);
    let bad = |version| {
        let mut bad = recorded(9, &ada, version, version);
        let deep = (0..MAX_EARLIER_DEPTH + 1).fold(json!(1), |inner, _| json!([inner]));
        bad.metadata.extensions.insert("deep".to_owned(), deep);
        bad
    };
    let refused = |version| Misplaced::Invalid {
        stream: stream("ada"),
        version: Version(version),
        cause: InvalidEnvelope::TooDeep {
            extension: "deep".to_owned(),
        },
    };
    for log in [vec![bad(2)], vec![recorded(3, &ada, 3, 3), bad(4)]] {
        let version = log[log.len() - 1].version.0;
        let answer = store.take_in(Position(2), &log, GO_ON).await;
        assert_eq!(answer, Err(ImportError::Misplaced(refused(version))));
        assert_eq!((store.end().await, store.head(&ada).await), before);
    }
    let answer = store.reset(&[bad(1)]).await;
    assert_eq!(answer, Err(ResetError::Misplaced(refused(1))));
    assert_eq!((store.end().await, store.head(&ada).await), before);
}

/// Neither below what is there nor at it; nor, after a reset, once something is there again.
pub async fn an_import_gives_no_position_again(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    append(store, &ada, &events(1..=5)).await.unwrap();
    for number in [6, 7] {
        let before = picture(store).await;
        let next = store.next_position().await.unwrap().place;
        let version = before.0.len() as u64 + 1;
        for position in [1, before.2.0, next.0 - 1] {
            let log = [recorded(number, &ada, version, position)];
            let answer = store.take_in(before.2, &log, GO_ON).await;
            let found = Position(position);
            let misplaced = Misplaced::Position { next, found };
            assert_eq!(answer, Err(ImportError::Misplaced(misplaced)));
            assert_eq!(picture(store).await, before);
        }
        store.reset(&[]).await.unwrap();
        append(store, &ada, &[event(1)]).await.unwrap();
    }
}

/// By appending, by importing, before a reset; an import that begins there is taken.
pub async fn the_next_position_is_above_all_that_were_given(
    store: &(impl EventStore + ImportStore),
) {
    let ada = stream("ada");
    let next = async || store.next_position().await.unwrap().place;
    assert_eq!(next().await, Position(1));
    append(store, &ada, &events([1, 2])).await.unwrap();
    assert_eq!(next().await, Position(3));
    let log = [recorded(3, &ada, 3, 8)];
    store.take_in(Position(2), &log, GO_ON).await.unwrap();
    assert_eq!(next().await, Position(9));
    store.reset(&[]).await.unwrap();
    assert_eq!(next().await, Position(9));
    let log = [recorded(4, &ada, 1, 9)];
    let answer = store.take_in(Position::START, &log, GO_ON).await;
    assert_eq!(answer, Ok(()));
    let held = append(store, &ada, &[event(5)]).await.unwrap();
    assert_eq!(positions(&held), [Position(10)]);
}

/// However few an import brings and an append records, and also when more came since.
pub async fn pages_tell_what_an_import_wrote(store: &(impl EventStore + ImportStore)) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    let mut imported: Vec<Position> = Vec::new();
    for (version, append_first) in [(1, true), (3, false), (5, true)] {
        for (number, is_append) in [(version, append_first), (version + 1, !append_first)] {
            if is_append {
                append(store, &ada, &[event(number)]).await.unwrap();
                append(store, &ben, &[event(number)]).await.unwrap();
            } else {
                let last = store.end().await.unwrap();
                let next = store.next_position().await.unwrap().place.0;
                let log = [
                    recorded(number, &ada, number, next),
                    recorded(number, &ben, number, next + 1),
                ];
                store.take_in(last, &log, GO_ON).await.unwrap();
                imported.extend(positions(&log));
            }
            assert_eq!(told_of(store, &ada).await, imported);
        }
    }
    let heads = store.streams(None, 9, None).await.unwrap();
    assert_eq!(heads.imported, PositionRanges::NONE);
}

/// What is told to be imported, of all events; the same of one stream, by the way.
async fn told_of(store: &impl EventStore, stream: &StreamId) -> Vec<Position> {
    let (mut told, mut told_of_stream) = (Vec::new(), Vec::new());
    let (mut after, mut version) = (Position::START, Version::NONE);
    loop {
        let page = store.read_all(after, 4, None).await.unwrap();
        let Some(last) = page.items.last() else {
            break;
        };
        after = last.position;
        let events = page.items.into_iter();
        told.extend(events.filter(|event| page.imported.holds(event.position)));
    }
    loop {
        let page = store.read_stream(stream, version, 3, None).await.unwrap();
        let Some(last) = page.items.last() else {
            break;
        };
        version = last.version;
        let events = page.items.into_iter();
        told_of_stream.extend(events.filter(|event| page.imported.holds(event.position)));
    }
    let of_stream = told.iter().filter(|event| event.stream == *stream).cloned();
    assert_eq!(told_of_stream, of_stream.collect::<Vec<_>>());
    positions(&told)
}
