//! Showing all that a store holds, and checking it.

use std::ops::ControlFlow;

use super::*;
use crate::store::verify::{Fold, Place};
use crate::store::{Finding, Held, InspectStore, Snapshot, VerifyError, verify};

/// What a store showed, with `damaged` in place of what can't be read.
#[derive(Debug, Default, PartialEq)]
struct Shown {
    events: Vec<RecordedEvent>,
    heads: Vec<StreamHead>,
    snapshots: Vec<Snapshot>,
    damaged: Vec<String>,
}

/// Takes `limit` records and breaks off after them.
async fn shown(store: &impl InspectStore, limit: usize) -> Shown {
    let mut shown = Shown::default();
    let mut left = limit;
    let answer = store.inspect(|held| {
        match held {
            Held::Event { event: Ok(e), .. } => {
                assert_eq!((shown.heads.len(), shown.snapshots.len()), (0, 0));
                shown.events.push(e.clone());
            }
            Held::Head(Ok(head)) => {
                assert_eq!(shown.snapshots.len(), 0);
                shown.heads.push(head);
            }
            Held::Snapshot(Ok(snapshot)) => shown.snapshots.push(snapshot.clone()),
            other => shown.damaged.push(format!("{other:?}")),
        }
        left -= 1;
        match left {
            0 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    assert_eq!(answer.await, Ok(()));
    shown.snapshots.sort_by(|a, b| a.stream.cmp(&b.stream));
    shown
}

/// The model of these checks: the state is how many events there were.
struct Count(u64);

impl Fold for Count {
    fn fold(&mut self, _: &RecordedEvent) -> Result<(), String> {
        self.0 += 1;
        Ok(())
    }

    fn state(&self) -> Option<JsonText> {
        JsonText::of(&json!({ "events": self.0 })).ok()
    }
}

async fn verified(
    store: &(impl ImportStore + SnapshotStore + InspectStore),
) -> (u64, u64, Vec<Finding>) {
    let verification = verify(
        store,
        |_| Ok(()),
        |_| Some(Count(0)),
        |_| ControlFlow::Continue(()),
    );
    let found = verification.await.unwrap();
    assert_eq!(found.more, 0);
    (found.events, found.unchecked, found.findings)
}

fn counted(event: &RecordedEvent, events: u64) -> Snapshot {
    Snapshot {
        stream: event.stream.clone(),
        version: event.version,
        event_id: event.event_id,
        schema: 1,
        state: JsonText::of(&json!({ "events": events })).unwrap(),
    }
}

/// Neither fails.
pub async fn an_empty_store_shows_nothing_and_is_whole(
    store: &(impl ImportStore + SnapshotStore + InspectStore),
) {
    assert_eq!(shown(store, usize::MAX).await, Shown::default());
    assert_eq!(verified(store).await, (0, 0, vec![]));
}

/// More than one page of them.
pub async fn events_then_heads_then_snapshots_are_shown(
    store: &(impl ImportStore + SnapshotStore + InspectStore),
) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    append(store, &ben, &events(1..=2)).await.unwrap();
    let held = append(store, &ada, &events(3..=1_203)).await.unwrap();
    append(store, &ben, &events([1_204])).await.unwrap();
    let snapshot = counted(&held[9], 10);
    store.keep_snapshot(snapshot.clone()).await.unwrap();
    let shown = shown(store, usize::MAX).await;
    assert_eq!(shown.events, everything(store).await);
    assert_eq!(shown.heads, store.all_heads(None, 9).await.unwrap());
    assert_eq!(shown.snapshots, [snapshot]);
    assert_eq!(shown.damaged, [""; 0]);
}

/// At an event, at a head, at a snapshot.
pub async fn showing_ends_where_it_is_broken_off(
    store: &(impl ImportStore + SnapshotStore + InspectStore),
) {
    let held = append(store, &stream("ada"), &events(1..=3)).await.unwrap();
    let other = append(store, &stream("ben"), &events([4])).await.unwrap();
    for event in [&held[2], &other[0]] {
        store.keep_snapshot(counted(event, 1)).await.unwrap();
    }
    for (limit, sizes) in [
        (2, (2, 0, 0)),
        (4, (4, 0, 0)),
        (5, (4, 1, 0)),
        (7, (4, 2, 1)),
    ] {
        let shown = shown(store, limit).await;
        let found = (shown.events.len(), shown.heads.len(), shown.snapshots.len());
        assert_eq!(found, sizes, "{limit}");
    }
}

/// Appended, imported, emptied and filled again.
pub async fn what_a_store_recorded_is_whole(
    store: &(impl ImportStore + SnapshotStore + InspectStore),
) {
    let (ada, ben) = (stream("ada"), stream("größe/✓"));
    append(store, &ada, &events(1..=3)).await.unwrap();
    let log = [recorded(4, &ben, 1, 40), recorded(5, &ada, 4, 41)];
    let after = store.end().await.unwrap();
    let imported = store.take_in(after, &log, |_| ControlFlow::Continue(()));
    imported.await.unwrap();
    let held = append(store, &ben, &events([6, 7])).await.unwrap();
    store.keep_snapshot(counted(&held[1], 3)).await.unwrap();
    assert_eq!(verified(store).await, (7, 0, vec![]));
    store.reset(&[]).await.unwrap();
    append(store, &ada, &events(1..=3)).await.unwrap();
    assert_eq!(verified(store).await, (3, 0, vec![]));
}

/// One whose state is another, one taken after another event, one that is ahead.
pub async fn a_snapshot_that_its_events_do_not_fold_to_is_found(
    store: &(impl ImportStore + SnapshotStore + InspectStore),
) {
    let ada = stream("ada");
    let held = append(store, &ada, &events(1..=3)).await.unwrap();
    let place = Place {
        stream: ada.clone(),
        version: held[1].version,
        position: held[1].position,
    };
    store.keep_snapshot(counted(&held[1], 1)).await.unwrap();
    let differs = vec![Finding::SnapshotDiffers(place)];
    assert_eq!(verified(store).await, (3, 0, differs));
    for (version, event_id) in [(2, id(1)), (4, id(4)), (0, id(1))] {
        let version = Version(version);
        let stray = Snapshot {
            version,
            event_id,
            ..counted(&held[1], 2)
        };
        store.keep_snapshot(stray).await.unwrap();
        let stream = ada.clone();
        let stray = Finding::SnapshotStray {
            stream,
            version,
            event_id,
        };
        assert_eq!(verified(store).await, (3, 0, vec![stray]));
    }
}

/// And says how far it is before.
pub async fn a_check_that_is_broken_off_says_so(
    store: &(impl ImportStore + SnapshotStore + InspectStore),
) {
    append(store, &stream("ada"), &events(1..=500))
        .await
        .unwrap();
    let mut told = Vec::new();
    let broken_off = verify(
        store,
        |_| Ok(()),
        |_| Some(Count(0)),
        |done| {
            told.push(done);
            match done {
                400.. => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        },
    );
    assert_eq!(broken_off.await, Err(VerifyError::Cancelled));
    assert!(told.is_sorted() && told.last() < Some(&500), "{told:?}");
}
