//! What isn't recorded, since it couldn't be read, exported or imported again.

use serde_json::{Value, json};

use super::{Plain, append, event, everything, picture, stream};
use crate::core::envelope::{MAX_LINE, MAX_NAME, Name};
use crate::core::{ExpectedVersion, InvalidEnvelope, JsonText, NewEvent, StreamId, Version};
use crate::store::{AppendError, EventStore};

/// Makes an event one that can't be recorded.
type Change = fn(&mut NewEvent);

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

/// Nothing of its batch is there then, whatever was expected.
pub async fn an_event_that_could_not_be_imported_again_is_refused_with_its_batch(
    store: &impl EventStore,
) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    let history = Some(store.head(&ada).await.unwrap().history);
    let before = picture(store).await;
    let name = Name::EventType;
    let changes: [(Change, InvalidEnvelope); 6] = [
        (
            |event| event.event_type.clear(),
            InvalidEnvelope::Empty { name },
        ),
        (
            |event| event.event_type = "é".repeat(MAX_NAME + 1),
            InvalidEnvelope::TooLong {
                name,
                length: MAX_NAME + 1,
            },
        ),
        (
            |event| {
                let deep = nested(65);
                event.metadata.extensions.insert("deep".to_owned(), deep);
            },
            InvalidEnvelope::TooDeep {
                extension: "deep".to_owned(),
            },
        ),
        (
            |event| {
                let extensions = &mut event.metadata.extensions;
                extensions.insert("actor".to_owned(), json!("me"));
            },
            InvalidEnvelope::Taken { part: "actor" },
        ),
        (
            |event| {
                let extensions = &mut event.metadata.extensions;
                extensions.insert("id".to_owned(), json!("mine"));
            },
            InvalidEnvelope::Taken { part: "id" },
        ),
        (
            |event| {
                let extensions = &mut event.metadata.extensions;
                extensions.insert("unset".to_owned(), json!(null));
            },
            InvalidEnvelope::Null {
                extension: "unset".to_owned(),
            },
        ),
    ];
    for (change, cause) in changes {
        let mut bad = event(3);
        change(&mut bad);
        let event_id = bad.event_id;
        let batch = [event(2), bad];
        for expected in [ExpectedVersion::Any, ExpectedVersion::Exact(Version(1))] {
            let cause = cause.clone();
            assert_eq!(
                store.append(&ada, expected, history, &batch).await,
                Err(AppendError::InvalidEvent { event_id, cause })
            );
            assert_eq!(picture(store).await, before);
        }
    }
    let mut great = event(4);
    great.data = JsonText::of(&"x".repeat(MAX_LINE)).unwrap();
    let answer = append(store, &ada, &[great]).await;
    assert!(
        matches!(
            answer,
            Err(AppendError::InvalidEvent {
                cause: InvalidEnvelope::LineTooLong { .. },
                ..
            })
        ),
        "{answer:?}"
    );
    assert_eq!(picture(store).await, before);
}

/// The most that is taken, in a record of its own and in a page, under which other streams lie too.
pub async fn names_of_1024_characters_and_metadata_of_64_levels_are_kept(store: &impl EventStore) {
    let name = |c: &str| c.repeat(MAX_NAME);
    let long = StreamId::new(name("é"), name("😀")).unwrap();
    let mut sent: Vec<NewEvent> = super::events(1..=40);
    for event in &mut sent {
        event.event_type = name("ü");
        let deep = nested(64);
        event.metadata.extensions.insert("deep".to_owned(), deep);
    }
    let mut held = append(store, &long, &sent[..1]).await.unwrap();
    held.extend(append(store, &long, &sent[1..]).await.unwrap());
    held.extend(append(store, &stream("ada"), &[event(50)]).await.unwrap());
    assert_eq!(everything(store).await, held);
    let read = store.stream_events(&long, Version(20), 100).await.unwrap();
    assert_eq!(read, held[20..40]);
    assert_eq!(store.head(&long).await.unwrap().place, Version(40));
}
