//! Taking back a reset or an import, while nothing else was recorded.

use std::ops::ControlFlow;

use super::*;
use crate::log::Chain;
use crate::store::{ImportToken, Misplaced, ResetError, ResetToken, Segments, Snapshot, UndoError};

/// What a reset takes with it, and what brings it back.
pub trait Whole:
    EventStore + ImportStore + SnapshotStore + CheckpointStore + super::ArchiveStore
{
}

impl<S: EventStore + ImportStore + SnapshotStore + CheckpointStore + super::ArchiveStore> Whole
    for S
{
}

/// All that a history is: its name, events, heads, what was imported, the chain at each event.
#[derive(Debug, PartialEq)]
struct Told {
    history: History,
    events: Vec<RecordedEvent>,
    heads: Vec<StreamHead>,
    imported: Vec<Position>,
    chains: Vec<Option<Chain>>,
}

async fn told(store: &impl EventStore) -> Told {
    let mut told = Told {
        history: store.last_position().await.unwrap().history,
        events: Vec::new(),
        heads: store.all_heads(None, 10_000).await.unwrap(),
        imported: Vec::new(),
        chains: Vec::new(),
    };
    let known = Some(told.history);
    loop {
        let after = told.events.last().map_or(Position::START, |e| e.position);
        let page = store.read_all(after, 9, known).await.unwrap();
        if page.items.is_empty() {
            return told;
        }
        for event in page.items {
            let chain = store.chain(event.position, known).await.unwrap();
            told.chains.push(chain.place);
            if page.imported.holds(event.position) {
                told.imported.push(event.position);
            }
            told.events.push(event);
        }
    }
}

fn snapshot(stream: &StreamId, version: u64) -> Snapshot {
    Snapshot {
        stream: stream.clone(),
        version: Version(version),
        event_id: id(version),
        schema: 1,
        state: JsonText::parse("{}").unwrap(),
    }
}

/// A story that brings its places, as a program begins with one.
fn story() -> Vec<RecordedEvent> {
    let (ada, ben) = (stream("ada"), stream("ben"));
    vec![
        recorded(101, &ada, 1, 1),
        recorded(102, &ben, 1, 2),
        recorded(103, &ada, 2, 4),
    ]
}

async fn import(
    store: &(impl EventStore + ImportStore),
    of: &StreamId,
    number: u64,
) -> ImportToken {
    let last = store.end().await.unwrap();
    let next = store.next_position().await.unwrap().place.0;
    let version = store.version_of(of).await.unwrap().next().0;
    let log = [recorded(number, of, version, next)];
    let go_on = |_| ControlFlow::Continue(());
    store
        .import(last, None, &log, go_on)
        .await
        .unwrap()
        .unwrap()
}

/// In the same step: with their own positions, in a new history; what comes next stands above all that
/// were ever given.
pub async fn a_reset_takes_in_what_it_is_given(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    let held = append(store, &ada, &events(1..=7)).await.unwrap();
    let before = told(store).await;
    store.reset(&story()).await.unwrap();
    let now = told(store).await;
    assert_ne!(now.history, before.history);
    assert_eq!(now.events, story());
    assert_eq!(now.imported, positions(&story()));
    assert_eq!(store.end().await, Ok(Position(4)));
    let next = append(store, &ada, &[event(8)]).await.unwrap();
    assert_eq!(versions(&next), [3]);
    assert!(next[0].position > held[6].position);
}

/// Versions from 1 on without gaps, and positions that grow; everything is still there.
pub async fn a_reset_with_what_can_not_stand_changes_nothing(
    store: &(impl EventStore + ImportStore),
) {
    let ada = stream("ada");
    append(store, &ada, &events([1, 2])).await.unwrap();
    let before = told(store).await;
    for log in [
        [recorded(1, &ada, 3, 1), recorded(2, &ada, 4, 2)],
        [recorded(1, &ada, 1, 1), recorded(2, &ada, 3, 2)],
        [recorded(1, &ada, 1, 2), recorded(2, &ada, 2, 2)],
    ] {
        let answer = store.reset(&log).await;
        assert!(
            matches!(
                answer,
                Err(ResetError::Misplaced(
                    Misplaced::Version { .. } | Misplaced::Position { .. }
                ))
            ),
            "{answer:?}"
        );
        assert_eq!(told(store).await, before);
    }
}

/// Its name, its chain, its events, and what was kept beside them; whatever went in with the reset.
pub async fn a_reset_that_is_undone_brings_all_of_it_back(store: &impl Whole) {
    let (ada, ben, cyd) = (stream("ada"), stream("ben"), stream("cyd"));
    for (number, events) in [(1, vec![]), (2, story())] {
        append(store, &ada, &super::events([10 * number, 10 * number + 1]))
            .await
            .unwrap();
        import(store, &ben, 10 * number + 2).await;
        store.keep_snapshot(snapshot(&ada, 2)).await.unwrap();
        let last = store.end().await.unwrap();
        store.keep_checkpoint("ledger", last).await.unwrap();
        store.archive(&ben).await.unwrap();
        let before = told(store).await;
        let token = store.reset(&events).await.unwrap();
        // Of what is kept now, nothing is told of the old events.
        store.keep_snapshot(snapshot(&cyd, 1)).await.unwrap();
        store.archive(&cyd).await.unwrap();
        assert_eq!(store.undo_reset(token).await, Ok(()));
        assert_eq!(told(store).await, before);
        assert_eq!(store.snapshot(&ada).await, Ok(Some(snapshot(&ada, 2))));
        assert_eq!(store.snapshot(&cyd).await, Ok(None));
        assert_eq!(store.checkpoint("ledger").await, Ok(last));
        assert_eq!(store.archived().await, Ok([ben.clone()].into()));
        // And it goes on from there.
        let exact = ExpectedVersion::Exact(store.version_of(&ada).await.unwrap());
        let known = Some(before.history);
        let batch = [event(10 * number + 3)];
        let more = store.append(&ada, exact, known, &batch).await.unwrap();
        assert!(more[0].position > last);
        let chain = store.chain(last, known).await.unwrap().place;
        assert_eq!(Some(&chain), before.chains.last());
    }
}

/// Above those that went in with the reset, too.
pub async fn positions_go_on_above_all_after_an_undone_reset(
    store: &(impl EventStore + ImportStore),
) {
    let ada = stream("ada");
    append(store, &ada, &events([1, 2])).await.unwrap();
    let high = [recorded(101, &ada, 1, 40)];
    let token = store.reset(&high).await.unwrap();
    store.undo_reset(token).await.unwrap();
    assert_eq!(store.end().await, Ok(Position(2)));
    let next = store.next_position().await.unwrap().place;
    assert_eq!(next, Position(41));
    let held = append(store, &ada, &[event(3)]).await.unwrap();
    assert_eq!(positions(&held), [next]);
    assert_eq!(versions(&held), [3]);
}

/// By an append or an import: it would be lost.
pub async fn a_reset_is_not_undone_once_something_was_recorded(
    store: &(impl EventStore + ImportStore),
) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    for (number, events) in [(2, vec![]), (3, story())] {
        for imported in [false, true] {
            let token = store.reset(&events).await.unwrap();
            match imported {
                true => drop(import(store, &ada, number).await),
                false => drop(append(store, &ada, &[event(number)]).await.unwrap()),
            }
            let before = told(store).await;
            assert_eq!(store.undo_reset(token).await, Err(UndoError::GoneOn));
            assert_eq!(told(store).await, before);
        }
    }
}

/// Nor is one that another reset followed, nor one of another store.
pub async fn a_reset_is_undone_once(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    let first = store.last_position().await.unwrap().history;
    let token = store.reset(&[]).await.unwrap();
    let begun = store.last_position().await.unwrap().history;
    store.undo_reset(token).await.unwrap();
    let before = told(store).await;
    let another = UndoError::AnotherHistory {
        known: begun,
        now: first,
    };
    assert_eq!(store.undo_reset(token).await, Err(another));
    assert_eq!(told(store).await, before);
    let older = store.reset(&story()).await.unwrap();
    store.reset(&[]).await.unwrap();
    let before = told(store).await;
    assert!(
        matches!(
            store.undo_reset(older).await,
            Err(UndoError::AnotherHistory { .. })
        ),
        "another reset followed"
    );
    assert_eq!(told(store).await, before);
}

/// Through whatever a program keeps it in meanwhile.
pub async fn tokens_are_kept_as_text(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    let before = told(store).await;
    let token = store.reset(&story()).await.unwrap();
    let text = serde_json::to_string(&token).unwrap();
    let read: ResetToken = serde_json::from_str(&text).unwrap();
    assert_eq!(read, token);
    assert_eq!(store.undo_reset(read).await, Ok(()));
    assert_eq!(told(store).await, before);
    let token = import(store, &ada, 2).await;
    let text = serde_json::to_string(&token).unwrap();
    let read: ImportToken = serde_json::from_str(&text).unwrap();
    assert_eq!(read, token);
    assert_eq!(store.undo_import(read).await, Ok(()));
    assert_eq!(told(store).await.events, before.events);
}

/// As a crash may leave one: a number alone says nothing of what has it.
pub async fn a_token_of_what_is_not_there_is_refused(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    let lost = |segments: Segments| {
        let chain = segments.chain.with(segments.last, []);
        Segments { chain, ..segments }
    };
    let reset = store.reset(&story()).await.unwrap();
    let before = told(store).await;
    let other = ResetToken::new(lost(reset.segments()));
    assert_eq!(store.undo_reset(other).await, Err(UndoError::NotThere));
    assert_eq!(told(store).await, before);
    let imported = import(store, &ada, 2).await;
    let before = told(store).await;
    let other = ImportToken::new(lost(imported.segments()));
    assert_eq!(store.undo_import(other).await, Err(UndoError::NotThere));
    assert_eq!(told(store).await, before);
    assert_eq!(store.undo_import(imported).await, Ok(()));
}

/// Those of an earlier release say less, in words.
pub async fn a_token_without_a_chain_is_not_taken(store: &(impl EventStore + ImportStore)) {
    let token = import(store, &stream("ada"), 1).await;
    let mut kept = serde_json::to_value(token).unwrap();
    kept.as_object_mut().unwrap().remove("chain").unwrap();
    let refused = serde_json::from_value::<ImportToken>(kept).unwrap_err();
    let told = refused.to_string();
    assert!(told.contains("an earlier Eventloom"), "{told}");
}

/// Its events, in a new history; those before it stay as they were, and its ids are free again.
pub async fn an_import_that_is_undone_is_gone_and_begins_another_history(
    store: &(impl EventStore + ImportStore),
) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    append(store, &ada, &events([1, 2])).await.unwrap();
    let before = told(store).await;
    let log = [
        recorded(3, &ada, 3, 5),
        recorded(4, &ben, 1, 6),
        recorded(5, &ada, 4, 9),
    ];
    let go_on = |_| ControlFlow::Continue(());
    let token = store.import(Position(2), None, &log, go_on).await.unwrap();
    let imported = store.last_position().await.unwrap();
    assert_eq!(imported.history, before.history);
    store.undo_import(token.unwrap()).await.unwrap();
    let after = told(store).await;
    assert_ne!(after.history, before.history);
    let history = before.history;
    assert_eq!(Told { history, ..after }, before);
    // A place of the history before isn't taken any more, though it is there.
    let known = Some(before.history);
    let refused = store.read_all(Position(1), 9, known).await;
    assert!(matches!(refused, Err(StoreError::HistoryChanged { .. })));
    // Its positions aren't given again.
    let held = append(store, &ada, &events([3, 6])).await.unwrap();
    assert_eq!(versions(&held), [3, 4]);
    assert_eq!(positions(&held), [Position(10), Position(11)]);
    let page = store.read_all(Position(2), 9, None).await.unwrap();
    assert!(!page.imported.holds(Position(10)), "{:?}", page.imported);
}

/// The history holds nothing then, and may be begun as any.
pub async fn an_import_into_an_empty_store_is_undone(store: &(impl EventStore + ImportStore)) {
    let go_on = |_| ControlFlow::Continue(());
    for _ in 0..2 {
        let token = store.import(Position::START, None, &story(), go_on).await;
        store.undo_import(token.unwrap().unwrap()).await.unwrap();
        assert_eq!(picture(store).await, (vec![], vec![], Position::START));
        assert_eq!(store.next_position().await.unwrap().place, Position(5));
    }
    let held = append(store, &stream("ada"), &[event(1)]).await.unwrap();
    assert_eq!((versions(&held), held[0].position), (vec![1], Position(5)));
}

/// What was kept of versions that aren't there any more goes; the rest stays.
pub async fn snapshots_of_what_an_import_brought_go_with_it(store: &impl Whole) {
    let (ada, ben, cyd) = (stream("ada"), stream("ben"), stream("cyd"));
    append(store, &ada, &events([1, 2])).await.unwrap();
    append(store, &ben, &events([3])).await.unwrap();
    let last = store.end().await.unwrap();
    let log = [
        recorded(4, &ada, 3, last.0 + 1),
        recorded(5, &cyd, 1, last.0 + 2),
        recorded(6, &ben, 2, last.0 + 3),
    ];
    let go_on = |_| ControlFlow::Continue(());
    let token = store.import(last, None, &log, go_on).await.unwrap();
    for kept in [snapshot(&ada, 3), snapshot(&cyd, 1), snapshot(&ben, 1)] {
        store.keep_snapshot(kept).await.unwrap();
    }
    store.keep_checkpoint("ledger", last).await.unwrap();
    store.archive(&ben).await.unwrap();
    store.undo_import(token.unwrap()).await.unwrap();
    assert_eq!(store.snapshot(&ada).await, Ok(None));
    assert_eq!(store.snapshot(&cyd).await, Ok(None));
    assert_eq!(store.snapshot(&ben).await, Ok(Some(snapshot(&ben, 1))));
    assert_eq!(store.checkpoint("ledger").await, Ok(last));
    assert_eq!(store.archived().await, Ok([ben].into()));
}

/// By an append or another import, in any stream; nor twice; nor after a reset.
pub async fn an_import_is_not_undone_once_something_else_was_recorded(
    store: &(impl EventStore + ImportStore),
) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    append(store, &ada, &[event(1)]).await.unwrap();
    let first = import(store, &ada, 2).await;
    let second = import(store, &ben, 3).await;
    let before = told(store).await;
    assert_eq!(store.undo_import(first).await, Err(UndoError::GoneOn));
    assert_eq!(told(store).await, before);
    append(store, &ben, &[event(4)]).await.unwrap();
    let before = told(store).await;
    assert_eq!(store.undo_import(second).await, Err(UndoError::GoneOn));
    assert_eq!(told(store).await, before);
    let third = import(store, &ben, 5).await;
    store.undo_import(third).await.unwrap();
    let before = told(store).await;
    let another = store.undo_import(third).await;
    assert!(
        matches!(another, Err(UndoError::AnotherHistory { .. })),
        "{another:?}"
    );
    assert_eq!(told(store).await, before);
    let fourth = import(store, &ben, 6).await;
    let reset = store.reset(&[]).await.unwrap();
    store.undo_reset(reset).await.unwrap();
    // The log's last is that the reset was undone.
    assert_eq!(store.undo_import(fourth).await, Err(UndoError::GoneOn));
    store.reset(&[]).await.unwrap();
    let another = store.undo_import(fourth).await;
    assert!(
        matches!(another, Err(UndoError::AnotherHistory { .. })),
        "{another:?}"
    );
}

/// It has no token.
pub async fn an_import_of_nothing_can_not_be_undone(store: &(impl EventStore + ImportStore)) {
    append(store, &stream("ada"), &[event(1)]).await.unwrap();
    let last = store.end().await.unwrap();
    let go_on = |_| ControlFlow::Continue(());
    assert_eq!(store.import(last, None, &[], go_on).await, Ok(None));
}

/// With each reset or undoing between any two of its reads, a reader that holds to its history gets all
/// of it, or is told.
pub async fn who_reads_meanwhile_gets_one_history_whole(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    append(store, &ada, &events(1..=5)).await.unwrap();
    import(store, &ada, 6).await;
    let old = everything(store).await;
    let rounds = 12;
    let resets = async {
        for _ in 0..rounds {
            a_moment().await;
            let token = store.reset(&story()).await.unwrap();
            a_moment().await;
            store.undo_reset(token).await.unwrap();
        }
    };
    let reads = async {
        let (mut whole, mut told) = (Vec::new(), 0);
        for _ in 0..4 * rounds {
            let mut events: Vec<RecordedEvent> = Vec::new();
            let mut known = None;
            loop {
                let after = events.last().map_or(Position::START, |e| e.position);
                match store.read_all(after, 2, known).await {
                    Ok(page) if page.items.is_empty() => break whole.push(events),
                    Ok(page) => {
                        known = Some(page.history);
                        events.extend(page.items);
                    }
                    Err(StoreError::HistoryChanged { .. }) => break told += 1,
                    Err(other) => panic!("{other}"),
                }
                a_moment().await;
            }
        }
        (whole, told)
    };
    let ((), (whole, told)) = both(resets, reads).await;
    assert!(told > 0, "nothing overlapped");
    for events in whole {
        assert!(events == old || events == story(), "a mix: {events:?}");
    }
    assert_eq!(everything(store).await, old);
}
