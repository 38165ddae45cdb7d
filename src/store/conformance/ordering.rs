//! Visible in order: once a reader has seen a position, nothing at or below it appears later, whoever
//! writes meanwhile.

use std::ops::ControlFlow;

use super::*;

const GO_ON: fn(usize) -> ControlFlow<()> = |_| ControlFlow::Continue(());

/// Batches of this many events after one another, to one stream; `from` on tells them from others'.
async fn appends(store: &impl EventStore, of: &StreamId, mut from: u64, sizes: &[u64]) {
    for size in sizes {
        append(store, of, &events(from..from + size)).await.unwrap();
        from += size;
        a_moment().await;
    }
}

/// Imports of this many events after one another; whoever is overtaken may go without.
async fn imports(store: &(impl EventStore + ImportStore), of: &StreamId, from: u64, sizes: &[u64]) {
    for (round, size) in (0..).zip(sizes) {
        let last = store.end().await.unwrap();
        let next = store.next_position().await.unwrap().place.0;
        let version = store.version_of(of).await.unwrap().next().0;
        let log: Vec<RecordedEvent> = (0..*size)
            .map(|n| recorded(from + round * 10_000 + n, of, version + n, next + n))
            .collect();
        let _ = store.take_in(last, &log, GO_ON).await;
        a_moment().await;
    }
}

/// What a reader saw: a few events at a time, each time those behind the last.
async fn follows(store: &impl EventStore, rounds: usize) -> Vec<RecordedEvent> {
    let mut seen: Vec<RecordedEvent> = Vec::new();
    for round in 0..rounds {
        let after = seen.last().map_or(Position::START, |event| event.position);
        let page = store.read_all(after, 1 + round % 4, None).await.unwrap();
        seen.extend(page.items);
        a_moment().await;
    }
    seen
}

/// Of each position that was told as the last, how many events there were up to it when it was told.
async fn counts(store: &impl EventStore, rounds: usize) -> Vec<(Position, usize)> {
    let mut counts = Vec::new();
    for _ in 0..rounds {
        let last = store.end().await.unwrap();
        let held = everything(store).await;
        let up_to = held.partition_point(|event| event.position <= last);
        let there = held[..up_to].last().map_or(Position::START, |e| e.position);
        assert_eq!(there, last, "told as the last, and not there");
        counts.push((last, up_to));
        a_moment().await;
    }
    counts
}

/// Of what two saw meanwhile, all is the beginning of what is there in the end.
async fn assert_in_order(
    store: &impl EventStore,
    seen: &[RecordedEvent],
    counts: &[(Position, usize)],
) {
    let held = everything(store).await;
    assert!(held.windows(2).all(|two| two[0].position < two[1].position));
    assert!(seen.len() > 1, "nothing was seen");
    assert_eq!(seen, &held[..seen.len()]);
    for (last, up_to) in counts {
        let now = held.partition_point(|event| event.position <= *last);
        assert_eq!(now, *up_to, "something appeared at or below {last}");
    }
    let between = |(_, up_to): &(Position, usize)| *up_to > 0 && *up_to < held.len();
    assert!(counts.iter().any(between), "nothing overlapped");
}

/// With batches of one event and of many, by three who append, to one stream and to others.
pub async fn appends_appear_in_the_order_of_their_positions(store: &impl EventStore) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    let work = both(
        both(
            appends(store, &ada, 1_000, &[1, 2, 1, 40, 1, 3, 1, 1]),
            appends(store, &ben, 2_000, &[5, 1, 1, 1, 30, 1, 2, 1]),
        ),
        appends(store, &ada, 3_000, &[1, 1, 1, 1, 1, 1, 1, 1]),
    );
    let (_, (seen, counts)) = both(work, both(follows(store, 60), counts(store, 12))).await;
    assert_in_order(store, &seen, &counts).await;
    assert_eq!(everything(store).await.len(), 50 + 42 + 8);
}

/// The same with imports between them, of few events and of many.
pub async fn imports_appear_in_the_order_of_their_positions(
    store: &(impl EventStore + ImportStore),
) {
    let (ada, ben, cyd) = (stream("ada"), stream("ben"), stream("cyd"));
    // One that nobody overtakes, so that there is one.
    imports(store, &cyd, 90_000, &[3]).await;
    let work = both(
        both(
            appends(store, &ada, 1_000, &[1, 2, 1, 20, 1, 3, 1, 1]),
            appends(store, &ben, 2_000, &[5, 1, 1, 1, 1, 1, 2, 1]),
        ),
        imports(store, &cyd, 100_000, &[1, 400, 1, 1, 30, 1]),
    );
    let (_, (seen, counts)) = both(work, both(follows(store, 60), counts(store, 12))).await;
    assert_in_order(store, &seen, &counts).await;
}

/// All of an import at once, however many events it has, and however long it takes.
pub async fn an_import_appears_whole(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    let work = imports(store, &ada, 100_000, &[3_000]);
    let reads = async {
        let mut lengths = Vec::new();
        for _ in 0..8 {
            let known = store.end().await.unwrap();
            let counted = store.count_after(Position::START, None).await.unwrap();
            lengths.push((known.0, counted));
            a_moment().await;
        }
        lengths
    };
    let ((), lengths) = both(work, reads).await;
    for (last, counted) in lengths {
        assert!([1, 3_001].contains(&last), "{last}");
        assert!([1, 3_001].contains(&counted), "{counted}");
    }
    assert_eq!(store.end().await, Ok(Position(3_001)));
}
