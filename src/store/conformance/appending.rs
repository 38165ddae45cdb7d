//! Appending with an expected version.

use super::*;

/// Nothing in it, and nothing made up.
pub async fn a_new_store_is_empty(store: &impl EventStore) {
    let ada = stream("ada");
    assert_eq!(picture(store).await, (vec![], vec![], Position::START));
    assert_eq!(store.version_of(&ada).await, Ok(Version::NONE));
    assert_eq!(
        store.stream_events(&ada, Version::NONE, 10).await,
        Ok(vec![])
    );
}

/// Version 1, and a head that says so.
pub async fn the_first_event_of_a_stream_has_version_1(store: &impl EventStore) {
    let ada = stream("ada");
    let answer = store
        .record(&ada, ExpectedVersion::NoStream, &[event(1)])
        .await
        .unwrap();
    assert_eq!(versions(&answer), [1]);
    assert!(answer[0].position > Position::START);
    assert_eq!(store.version_of(&ada).await, Ok(Version(1)));
    assert_eq!(store.end().await, Ok(answer[0].position));
}

/// Over batches of several sizes.
pub async fn versions_have_no_gaps(store: &impl EventStore) {
    let ada = stream("ada");
    let mut head = 0;
    for size in [1, 3, 2, 1] {
        let batch = events(head + 1..=head + size);
        let answer = store
            .record(&ada, ExpectedVersion::Exact(Version(head)), &batch)
            .await
            .unwrap();
        head += size;
        assert_eq!(answer.last().unwrap().version, Version(head));
        assert_eq!(store.version_of(&ada).await, Ok(Version(head)));
    }
    let held = store.stream_events(&ada, Version::NONE, 100).await.unwrap();
    assert_eq!(versions(&held), [1, 2, 3, 4, 5, 6, 7]);
}

/// One order for the whole store, however streams take turns.
pub async fn positions_increase_strictly_over_streams(store: &impl EventStore) {
    let mut given = vec![Position::START];
    for number in 1..=6 {
        let stream = stream(["ada", "ben", "cyd"][(number % 3) as usize]);
        let batch = events([number * 10, number * 10 + 1]);
        given.extend(positions(&append(store, &stream, &batch).await.unwrap()));
    }
    assert!(given.is_sorted_by(|a, b| a < b), "{given:?}");
    assert_eq!(positions(&everything(store).await), given[1..]);
    assert_eq!(store.end().await, Ok(given[12]));
}

/// The whole envelope, both ways of reading.
pub async fn an_append_answers_with_what_reading_gives(store: &impl EventStore) {
    let ada = stream("ada");
    let batch = events([1, 2, 3]);
    let answer = append(store, &ada, &batch).await.unwrap();
    for (held, sent) in answer.iter().zip(&batch) {
        assert!(held.is_same_as(sent));
        assert_eq!(held.timestamp, sent.timestamp);
        assert_eq!(held.stream, ada);
    }
    let read = store.stream_events(&ada, Version::NONE, 10).await.unwrap();
    assert_eq!(read, answer);
    assert_eq!(everything(store).await, answer);
}

/// The conflict names what was expected and what is.
pub async fn no_stream_is_refused_by_a_stream_that_exists(store: &impl EventStore) {
    let ada = stream("ada");
    append(store, &ada, &events([1, 2])).await.unwrap();
    let expected = ExpectedVersion::NoStream;
    let answer = store.record(&ada, expected, &[event(3)]).await;
    assert_conflict(answer, &ada, expected, 2);
}

/// A stream without events doesn't exist.
pub async fn stream_exists_is_refused_by_a_stream_that_does_not(store: &impl EventStore) {
    let ada = stream("ada");
    let expected = ExpectedVersion::StreamExists;
    let answer = store.record(&ada, expected, &[event(1)]).await;
    assert_conflict(answer, &ada, expected, 0);
    append(store, &ada, &[event(1)]).await.unwrap();
    let answer = store.record(&ada, expected, &[event(2)]).await.unwrap();
    assert_eq!(versions(&answer), [2]);
}

/// `Exact(0)` and `NoStream` are the same.
pub async fn exact_zero_means_no_stream(store: &impl EventStore) {
    let ada = stream("ada");
    let expected = ExpectedVersion::Exact(Version::NONE);
    let answer = store.record(&ada, expected, &[event(1)]).await.unwrap();
    assert_eq!(versions(&answer), [1]);
    let answer = store.record(&ada, expected, &[event(2)]).await;
    assert_conflict(answer, &ada, expected, 1);
}

/// On either side of the head.
pub async fn an_exact_version_that_is_stale_or_ahead_is_refused(store: &impl EventStore) {
    let ada = stream("ada");
    append(store, &ada, &events([1, 2])).await.unwrap();
    for version in [0, 1, 3, u64::MAX] {
        let expected = ExpectedVersion::Exact(Version(version));
        let answer = store.record(&ada, expected, &[event(3)]).await;
        assert_conflict(answer, &ada, expected, 2);
    }
    let expected = ExpectedVersion::Exact(Version(2));
    assert!(store.record(&ada, expected, &[event(3)]).await.is_ok());
}

/// `Any` makes a stream and continues one.
pub async fn any_appends_whatever_the_stream_holds(store: &impl EventStore) {
    let ada = stream("ada");
    for number in 1..=3 {
        let answer = append(store, &ada, &[event(number)]).await.unwrap();
        assert_eq!(versions(&answer), [number]);
    }
}

/// Not an event, not a head, not a stream.
pub async fn an_append_with_a_stale_version_writes_nothing(store: &impl EventStore) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    append(store, &ada, &events([1, 2])).await.unwrap();
    let before = picture(store).await;
    let stale = ExpectedVersion::Exact(Version(1));
    assert_conflict(
        store.record(&ada, stale, &events([3, 4])).await,
        &ada,
        stale,
        2,
    );
    assert_conflict(store.record(&ben, stale, &[event(5)]).await, &ben, stale, 0);
    assert_eq!(picture(store).await, before);
    assert_eq!(store.version_of(&ben).await, Ok(Version::NONE));
}

/// The last event of a batch is refused: none of it is there.
pub async fn several_events_are_appended_all_or_none(store: &impl EventStore) {
    let ada = stream("ada");
    append(store, &ada, &events([1])).await.unwrap();
    let before = picture(store).await;
    let mut clash = event(1);
    clash.event_type = "MoneyWithdrawn".to_owned();
    let batch = [event(2), event(3), clash];
    for expected in [ExpectedVersion::Any, ExpectedVersion::Exact(Version(1))] {
        let answer = store.record(&ada, expected, &batch).await;
        assert!(
            matches!(answer, Err(AppendError::EventIdReused { .. })),
            "{answer:?}"
        );
        assert_eq!(picture(store).await, before);
    }
    let answer = append(store, &ada, &events([2, 3])).await.unwrap();
    assert_eq!(versions(&answer), [2, 3]);
}

/// It makes no stream, and still checks what was expected.
pub async fn an_empty_batch_answers_empty_once_the_expected_version_holds(store: &impl EventStore) {
    let ada = stream("ada");
    for expected in [ExpectedVersion::Any, ExpectedVersion::NoStream] {
        assert_eq!(store.record(&ada, expected, &[]).await, Ok(vec![]));
    }
    assert_eq!(picture(store).await, (vec![], vec![], Position::START));
    let expected = ExpectedVersion::Exact(Version(1));
    assert_conflict(store.record(&ada, expected, &[]).await, &ada, expected, 0);
    append(store, &ada, &[event(1)]).await.unwrap();
    assert_eq!(store.record(&ada, expected, &[]).await, Ok(vec![]));
    assert_eq!(store.version_of(&ada).await, Ok(Version(1)));
}

/// The other is told the version that won.
pub async fn of_two_writers_at_one_version_one_wins(store: &impl EventStore) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    let expected = ExpectedVersion::Exact(Version(1));
    let (first, second) = ([event(2)], [event(3)]);
    let (first, second) = both(
        store.record(&ada, expected, &first),
        store.record(&ada, expected, &second),
    )
    .await;
    let (won, lost) = if first.is_ok() {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!(versions(&won.unwrap()), [2]);
    assert_conflict(lost, &ada, expected, 2);
    assert_eq!(store.version_of(&ada).await, Ok(Version(2)));
}
