//! Chains: what tells two logs apart, though they have the same ids, the same length, the same end.

use super::*;
use crate::log::Chain;

/// The chain at the position of each event.
async fn chains(store: &impl EventStore) -> Vec<Option<Chain>> {
    let mut chains = Vec::new();
    for event in everything(store).await {
        chains.push(store.chain(event.position, None).await.unwrap().place);
    }
    chains
}

/// Of the places at which both have a chain: whether it is the same.
fn compared(one: &[Option<Chain>], other: &[Option<Chain>]) -> Vec<bool> {
    let both = one.iter().zip(other);
    let both = both.filter_map(|(one, other)| one.zip(*other));
    both.map(|(one, other)| one == other).collect()
}

/// Two streams, one event an append.
async fn build(store: &impl EventStore, numbers: [u64; 4]) {
    for number in numbers {
        let stream = stream(if number % 2 == 0 { "ada" } else { "ben" });
        append(store, &stream, &[event(number)]).await.unwrap();
    }
}

/// Not within a batch, nor behind the end; at the start, that of a log without segments. What comes
/// later changes nothing that is there.
pub async fn a_chain_is_that_of_a_segment_s_end(store: &impl EventStore) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    let at = async |position| store.chain(position, None).await.unwrap().place;
    assert_eq!(at(Position::START).await, Some(Chain::START));
    assert_eq!(at(Position(1)).await, None);
    let history = store.last_position().await.unwrap().history;
    append(store, &ada, &events([1, 2])).await.unwrap();
    append(store, &ben, &[event(3)]).await.unwrap();
    let held = chains(store).await;
    let [None, Some(two), Some(three)] = held[..] else {
        panic!("{held:?}");
    };
    assert!(two != Chain::START && three != Chain::START && two != three);
    let end = store.end().await.unwrap();
    assert_eq!(at(Position(end.0 + 1)).await, None);
    assert_eq!(at(Position(u64::MAX)).await, None);
    let answer = store.chain(end, Some(history)).await.unwrap();
    assert_eq!((answer.history, answer.place), (history, Some(three)));
    // Neither does what comes to nothing.
    append(store, &ada, &[]).await.unwrap();
    append(store, &ada, &events([1, 2])).await.unwrap();
    append(store, &ada, &[event(4)]).await.unwrap();
    let more = chains(store).await;
    assert_eq!(more[..3], held);
    assert!(more[3].is_some() && more[3] != Some(three));
}

/// Everywhere, whatever their histories are called.
pub async fn the_same_appends_make_the_same_chains(one: &impl EventStore, other: &impl EventStore) {
    build(one, [1, 2, 3, 4]).await;
    build(other, [1, 2, 3, 4]).await;
    let (one, other) = (chains(one).await, chains(other).await);
    assert_eq!(one, other);
    assert_eq!(compared(&one, &other), [true; 4]);
}

/// Though the ids are the same in the end, and what came before and after.
pub async fn another_event_makes_another_chain_from_there_on(
    one: &impl EventStore,
    other: &impl EventStore,
) {
    let ada = stream("ada");
    let mut changed = event(2);
    changed.data = JsonText::of(&json!({ "amount": 20 })).unwrap();
    for (number, second) in [(1, None), (2, Some(changed)), (3, None)] {
        append(one, &ada, &[event(number)]).await.unwrap();
        let event = second.unwrap_or_else(|| event(number));
        append(other, &ada, &[event]).await.unwrap();
    }
    let found = compared(&chains(one).await, &chains(other).await);
    assert_eq!(found, [true, false, false]);
}

/// Of two events that went in the other way round; and after that both hold the same ids.
pub async fn another_order_makes_another_chain(one: &impl EventStore, other: &impl EventStore) {
    build(one, [1, 2, 3, 4]).await;
    build(other, [1, 3, 2, 4]).await;
    let found = compared(&chains(one).await, &chains(other).await);
    assert_eq!(found, [true, false, false, false]);
}

/// Though one of the same log is there.
pub async fn a_chain_of_the_history_of_another_store_is_refused(
    one: &impl EventStore,
    other: &impl EventStore,
) {
    build(one, [1, 2, 3, 4]).await;
    build(other, [1, 2, 3, 4]).await;
    let end = other.last_position().await.unwrap();
    let now = one.last_position().await.unwrap().history;
    let known = Some(end.history);
    let changed = StoreError::HistoryChanged { known, now };
    assert_eq!(one.chain(end.place, known).await, Err(changed));
}

/// What stood there before a reset; what comes after it has another chain than before it.
pub async fn a_chain_of_what_was_emptied_is_not_there(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    let first = store.end().await.unwrap();
    let before = store.chain(first, None).await.unwrap().place;
    assert!(before.is_some());
    store.reset(&[]).await.unwrap();
    assert_eq!(store.chain(first, None).await.unwrap().place, None);
    let start = store.chain(Position::START, None).await.unwrap().place;
    assert_eq!(start, Some(Chain::START));
    // The very same event, at the very same place.
    let log = [recorded(1, &ada, 1, first.0)];
    let go_on = |_| std::ops::ControlFlow::Continue(());
    store.take_in(Position::START, &log, go_on).await.unwrap();
    let after = store.chain(first, None).await.unwrap().place;
    assert!(after.is_some() && after != before, "{after:?}");
}

/// Two logs that were one until each was emptied: the same events at the same places again.
pub async fn another_history_s_reset_makes_another_chain<S: EventStore + ImportStore>(
    one: &S,
    other: &S,
) {
    for store in [one, other] {
        build(store, [1, 2, 3, 4]).await;
        store.reset(&[]).await.unwrap();
        build(store, [1, 2, 3, 4]).await;
    }
    let (one, other) = (chains(one).await, chains(other).await);
    assert_eq!(compared(&one, &other), [false; 4]);
}
