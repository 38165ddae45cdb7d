//! Histories: a place is one in the history that it was read in, and in no other.

use std::ops::ControlFlow;
use std::pin::pin;

use super::*;

fn is_another<T: std::fmt::Debug>(answer: Result<T, StoreError>, known: History, now: History) {
    let changed = StoreError::HistoryChanged {
        known: Some(known),
        now,
    };
    match answer {
        Err(error) => assert_eq!(error, changed),
        Ok(answer) => panic!("answered for another history: {answer:?}"),
    }
}

async fn now(store: &impl EventStore) -> History {
    store.last_position().await.unwrap().history
}

/// The same in each answer, and after appends and imports.
pub async fn answers_name_the_history_and_it_stays_while_events_come(
    store: &(impl EventStore + ImportStore),
) {
    let ada = stream("ada");
    let history = now(store).await;
    append(store, &ada, &events([1, 2])).await.unwrap();
    let next = store.next_position().await.unwrap();
    assert_eq!(next.history, history);
    let more = [recorded(3, &ada, 3, next.place.0)];
    let last = store.end().await.unwrap();
    let go_on = |_| ControlFlow::Continue(());
    let imported = store.import(last, Some(history), &more, go_on).await;
    assert!(imported.is_ok(), "{imported:?}");
    assert_eq!(now(store).await, history);
    assert_eq!(store.head(&ada).await.unwrap().history, history);
    let known = Some(history);
    let page = store.read_stream(&ada, Version(1), 9, known).await.unwrap();
    // A page may be shorter than what was asked for, and isn't empty before the end.
    assert_eq!((page.history, page.items[0].version), (history, Version(2)));
    let page = store.read_all(Position::START, 9, known).await.unwrap();
    assert_eq!((page.history, page.items[0].version), (history, Version(1)));
    let page = store.streams(None, 9, known).await.unwrap();
    assert_eq!((page.history, page.items.len()), (history, 1));
    // Also of nothing.
    let page = store.read_stream(&ada, Version(3), 9, known).await.unwrap();
    assert_eq!((page.history, page.items), (history, vec![]));
}

/// Each time, though nothing stood between the two.
pub async fn a_reset_begins_another_history(store: &(impl EventStore + ImportStore)) {
    let mut seen = vec![now(store).await];
    for _ in 0..3 {
        store.reset(&[]).await.unwrap();
        let history = now(store).await;
        assert!(!seen.contains(&history), "{history} once more");
        seen.push(history);
    }
}

/// Whatever takes a place refuses it, though one of the same number is there.
pub async fn no_place_of_another_history_is_taken(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    append(store, &ada, &events([1, 2])).await.unwrap();
    let old = now(store).await;
    store.reset(&[]).await.unwrap();
    append(store, &ada, &events([3, 4, 5])).await.unwrap();
    let new = now(store).await;
    let known = Some(old);
    is_another(
        store.read_stream(&ada, Version(1), 9, known).await,
        old,
        new,
    );
    is_another(store.read_all(Position(1), 9, known).await, old, new);
    is_another(store.read_all(Position(1), 0, known).await, old, new);
    is_another(store.streams(Some(&ada), 9, known).await, old, new);
    is_another(store.count_after(Position(1), known).await, old, new);
    is_another(store.chain(Position(1), known).await, old, new);
    is_another(store.changed(Position::START, known).await, old, new);
    let (last, next) = (store.end().await.unwrap(), store.next_position().await);
    let more = [recorded(6, &ada, 4, next.unwrap().place.0)];
    let go_on = |_| ControlFlow::Continue(());
    match store.import(last, known, &more, go_on).await {
        Err(crate::store::ImportError::Store(error)) => {
            is_another::<()>(Err(error), old, new);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(everything(store).await.len(), 3);
}

/// And that of the moment, though the version would fit: what was decided on another log isn't
/// recorded on this one.
pub async fn an_exact_version_needs_its_history(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    let old = now(store).await;
    store.reset(&[]).await.unwrap();
    append(store, &ada, &[event(2)]).await.unwrap();
    let new = now(store).await;
    let exact = ExpectedVersion::Exact(Version(1));
    for known in [None, Some(old)] {
        let answer = store.append(&ada, exact, known, &[event(3)]).await;
        let changed = StoreError::HistoryChanged { known, now: new };
        assert_eq!(answer, Err(AppendError::Store(changed.clone())));
        assert!(AppendError::Store(changed).is_retryable());
    }
    assert_eq!(store.version_of(&ada).await, Ok(Version(1)));
    let answer = store.append(&ada, exact, Some(new), &[event(3)]).await;
    assert_eq!(versions(&answer.unwrap()), [2]);
    // The others may come without, or with it.
    for (number, known) in [(4, None), (5, Some(new))] {
        let any = ExpectedVersion::StreamExists;
        let answer = store.append(&ada, any, known, &[event(number)]).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
}

/// A batch that was recorded in both isn't answered with what is in this one.
pub async fn a_batch_of_another_history_is_refused_before_its_ids_are_looked_for(
    store: &(impl EventStore + ImportStore),
) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    let old = now(store).await;
    store.reset(&[]).await.unwrap();
    append(store, &ada, &[event(1)]).await.unwrap();
    for expected in [ExpectedVersion::Any, ExpectedVersion::Exact(Version::NONE)] {
        let answer = store.append(&ada, expected, Some(old), &[event(1)]).await;
        match answer {
            Err(AppendError::Store(error)) => {
                is_another::<()>(Err(error), old, now(store).await);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A reader at a position that the new history reaches again would wait for ever.
pub async fn who_waits_is_told_at_once_that_the_history_changed(
    store: &(impl EventStore + ImportStore),
) {
    let ada = stream("ada");
    append(store, &ada, &events([1, 2])).await.unwrap();
    let (last, old) = (store.end().await.unwrap(), now(store).await);
    let mut waiting = pin!(store.changed(last, Some(old)));
    assert_eq!(ends_within(3, store, waiting.as_mut()).await, None);
    store.reset(&[]).await.unwrap();
    let told = ends_within(1_000, store, waiting.as_mut()).await;
    let new = now(store).await;
    is_another(told.expect("it doesn't end"), old, new);
}

/// In the answer to whatever is asked, which is no other from one append to the next.
pub async fn the_history_stays_while_events_are_appended(store: &impl EventStore) {
    let ada = stream("ada");
    let history = now(store).await;
    for number in 1..=3 {
        append(store, &ada, &[event(number)]).await.unwrap();
        assert_eq!(store.head(&ada).await.unwrap().history, history);
        assert_eq!(now(store).await, history);
        let known = Some(history);
        let page = store.read_all(Position::START, 9, known).await.unwrap();
        assert_eq!(page.history, history);
        assert_eq!(store.count_after(Position::START, known).await, Ok(number));
    }
}

/// Exactly, also between the positions of one batch.
pub async fn what_follows_a_position_is_counted(store: &impl EventStore) {
    assert_eq!(store.count_after(Position::START, None).await, Ok(0));
    append(store, &stream("ada"), &events([1, 2, 3]))
        .await
        .unwrap();
    append(store, &stream("ben"), &[event(4)]).await.unwrap();
    for (event, more) in everything(store).await.iter().zip([3, 2, 1, 0]) {
        assert_eq!(store.count_after(event.position, None).await, Ok(more));
    }
    assert_eq!(store.count_after(Position(u64::MAX), None).await, Ok(0));
}

/// Those that an import leaves, or a reset.
pub async fn what_follows_a_position_is_counted_beyond_gaps_too(
    store: &(impl EventStore + ImportStore),
) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    let log = [
        recorded(1, &ada, 1, 3),
        recorded(2, &ben, 1, 5),
        recorded(3, &ada, 2, 9),
    ];
    let go_on = |_| ControlFlow::Continue(());
    store.take_in(Position::START, &log, go_on).await.unwrap();
    append(store, &ben, &events([4, 5])).await.unwrap();
    append(store, &ada, &[event(6)]).await.unwrap();
    let all = everything(store).await;
    for after in 0..=all[5].position.0 + 1 {
        let more = all.iter().filter(|event| event.position.0 > after).count();
        let counted = store.count_after(Position(after), None).await;
        assert_eq!(counted, Ok(more as u64), "after {after}");
    }
    assert_eq!(store.count_after(Position(u64::MAX), None).await, Ok(0));
    store.reset(&[]).await.unwrap();
    assert_eq!(store.count_after(Position::START, None).await, Ok(0));
}
