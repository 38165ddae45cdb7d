//! Appending the same again: idempotency by event id within a stream.

use super::*;

const EXPECTATIONS: [ExpectedVersion; 7] = [
    ExpectedVersion::Any,
    ExpectedVersion::NoStream,
    ExpectedVersion::StreamExists,
    ExpectedVersion::Exact(Version(0)),
    ExpectedVersion::Exact(Version(1)),
    ExpectedVersion::Exact(Version(4)),
    ExpectedVersion::Exact(Version(9)),
];

#[track_caller]
fn assert_reused(answer: Appended, event_id: EventId, stream: &StreamId) {
    let stream = stream.clone();
    assert_eq!(answer, Err(AppendError::EventIdReused { event_id, stream }));
}

/// Whatever is expected, and though the head has moved on.
pub async fn a_batch_sent_again_answers_what_was_recorded_and_writes_nothing(
    store: &impl EventStore,
) {
    let ada = stream("ada");
    append(store, &ada, &events([1])).await.unwrap();
    let batch = events([2, 3]);
    let first = append(store, &ada, &batch).await.unwrap();
    append(store, &ada, &events([4])).await.unwrap();
    let before = picture(store).await;
    for expected in EXPECTATIONS {
        let again = store.record(&ada, expected, &batch).await;
        assert_eq!(again.as_ref(), Ok(&first), "{expected}");
    }
    assert_eq!(picture(store).await, before);
}

/// The answer has the time that was recorded.
pub async fn a_batch_sent_again_with_a_later_time_is_recognised(store: &impl EventStore) {
    let ada = stream("ada");
    let first = append(store, &ada, &[event(1)]).await.unwrap();
    let mut later = event(1);
    later.timestamp = Timestamp::from_millis(NOON + 60_000);
    assert_eq!(append(store, &ada, &[later]).await, Ok(first));
}

/// A retry needn't be cut as the first try was.
pub async fn part_of_a_recorded_batch_sent_again_is_recognised(store: &impl EventStore) {
    let ada = stream("ada");
    let first = append(store, &ada, &events([1, 2, 3])).await.unwrap();
    let again = append(store, &ada, &events([2, 3])).await;
    assert_eq!(again.as_deref(), Ok(&first[1..]));
}

/// Type, schema version, payload and metadata are content.
pub async fn an_id_with_other_content_is_refused(store: &impl EventStore) {
    let ada = stream("ada");
    append(store, &ada, &events([1, 2, 3, 4])).await.unwrap();
    let before = picture(store).await;
    let mut other_type = event(2);
    other_type.event_type = "MoneyWithdrawn".to_owned();
    let mut other_schema = event(2);
    other_schema.schema_version = 2;
    let mut other_data = event(2);
    other_data.data = JsonText::of(&json!({ "amount": 20 })).unwrap();
    let mut other_metadata = event(2);
    other_metadata.metadata.actor = Some("ben".to_owned());
    for other in [other_type, other_schema, other_data, other_metadata] {
        for expected in EXPECTATIONS {
            let answer = store
                .record(&ada, expected, std::slice::from_ref(&other))
                .await;
            assert_reused(answer, id(2), &ada);
        }
    }
    assert_eq!(picture(store).await, before);
}

/// Half a batch can't be a retry: nothing is made of it.
pub async fn a_batch_that_is_only_partly_there_is_refused(store: &impl EventStore) {
    let ada = stream("ada");
    append(store, &ada, &events([1, 2, 3, 4])).await.unwrap();
    let before = picture(store).await;
    for batch in [events([3, 5]), events([5, 3])] {
        for expected in EXPECTATIONS {
            assert_reused(store.record(&ada, expected, &batch).await, id(3), &ada);
        }
    }
    assert_eq!(picture(store).await, before);
}

/// Though both have the same content.
pub async fn an_id_twice_in_one_batch_is_refused(store: &impl EventStore) {
    let ada = stream("ada");
    let batch = [event(1), event(2), event(1)];
    for expected in [ExpectedVersion::Any, ExpectedVersion::NoStream] {
        assert_reused(store.record(&ada, expected, &batch).await, id(1), &ada);
    }
    assert_eq!(picture(store).await, (vec![], vec![], Position::START));
}

/// Ids are looked for within the stream.
pub async fn an_id_of_another_stream_is_allowed(store: &impl EventStore) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    append(store, &ada, &[event(1)]).await.unwrap();
    let mut other = event(1);
    other.event_type = "MoneyWithdrawn".to_owned();
    let answer = append(store, &ben, &[other]).await.unwrap();
    assert_eq!(answer[0].stream, ben);
    assert_eq!(versions(&answer), [1]);
    assert_eq!(everything(store).await.len(), 2);
}
