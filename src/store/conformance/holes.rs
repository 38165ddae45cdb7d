//! Holes: what an import puts in the place of events that are missing.

use std::ops::ControlFlow;

use super::*;
use crate::core::{HOLE, InvalidEnvelope};
use crate::store::{Held, ImportError, InspectStore, Misplaced, UndoError, met_hole};

const GO_ON: fn(usize) -> ControlFlow<()> = |_| ControlFlow::Continue(());

fn hole(stream: &StreamId, version: u64, position: u64) -> RecordedEvent {
    RecordedEvent::hole(stream.clone(), Version(version), Position(position))
}

/// Ada lacks her second event, and Ben his first.
fn log() -> Vec<RecordedEvent> {
    let (ada, ben) = (stream("ada"), stream("ben"));
    vec![
        recorded(1, &ada, 1, 1),
        hole(&ada, 2, 2),
        recorded(3, &ada, 3, 3),
        hole(&ben, 1, 5),
        recorded(5, &ben, 2, 6),
    ]
}

/// A page is cut before a hole; who begins at it is told, and who begins behind it goes on.
pub async fn a_read_ends_before_a_hole_and_goes_on_behind_it(
    store: &(impl EventStore + ImportStore),
) {
    store.take_in(Position::START, &log(), GO_ON).await.unwrap();
    let (ada, log) = (stream("ada"), log());
    let page = store.read_stream(&ada, Version::NONE, 10, None).await;
    assert_eq!(page.unwrap().items, log[..1]);
    let met = store.read_stream(&ada, Version(1), 10, None).await;
    assert_eq!(met, Err(met_hole(&log[1])));
    assert_eq!(
        store.stream_events(&ada, Version(2), 10).await.unwrap(),
        log[2..3]
    );

    let page = store.read_all(Position::START, 10, None).await;
    assert_eq!(page.unwrap().items, log[..1]);
    for (before, hole, behind) in [(1, &log[1], &log[2..3]), (3, &log[3], &log[4..])] {
        let met = store.read_all(Position(before), 10, None).await;
        assert_eq!(met, Err(met_hole(hole)));
        let StoreError::Corrupt { position, .. } = met.unwrap_err() else {
            unreachable!("it was compared");
        };
        let page = store.read_all(position, behind.len(), None).await.unwrap();
        assert_eq!(page.items, behind);
    }
}

/// In versions, positions and numbers of events; it is shown to who looks at what lies there.
pub async fn a_hole_counts_and_is_shown(store: &(impl EventStore + ImportStore + InspectStore)) {
    store.take_in(Position::START, &log(), GO_ON).await.unwrap();
    assert_eq!(store.version_of(&stream("ada")).await, Ok(Version(3)));
    assert_eq!(store.end().await, Ok(Position(6)));
    for (after, more) in [(0, 5), (1, 4), (2, 3), (4, 2), (5, 1)] {
        assert_eq!(
            store.count_after(Position(after), None).await,
            Ok(more),
            "{after}"
        );
    }
    let mut shown = Vec::new();
    let look = store.inspect(|held| {
        if let Held::Event { event, .. } = held {
            shown.push(event.unwrap().clone());
        }
        ControlFlow::Continue(())
    });
    look.await.unwrap();
    assert_eq!(shown, log());
}

/// Others go on. An import goes on behind it: it may have come from a file that has the same hole.
pub async fn nothing_is_appended_to_a_stream_with_a_hole(store: &(impl EventStore + ImportStore)) {
    // Known to the store by appending to it, in one of the two.
    let ada = stream("ada");
    append(store, &ada, &[event(1)]).await.unwrap();
    let log = &log()[1..];
    store.take_in(Position(1), log, GO_ON).await.unwrap();
    for (stream, hole) in [(&ada, &log[0]), (&stream("ben"), &log[2])] {
        let refused = AppendError::Store(met_hole(hole));
        assert!(!refused.outcome_is_unknown());
        let head = store.version_of(stream).await.unwrap();
        for expected in [ExpectedVersion::Any, ExpectedVersion::Exact(head)] {
            let answer = store.record(stream, expected, &[event(7)]).await;
            assert_eq!(answer, Err(refused.clone()));
        }
    }
    assert_eq!(store.end().await, Ok(Position(6)));
    let cyd = append(store, &stream("cyd"), &[event(8)]).await.unwrap();
    assert_eq!(positions(&cyd), [Position(7)]);
    let more = [recorded(9, &ada, 4, 8)];
    assert_eq!(store.take_in(Position(7), &more, GO_ON).await, Ok(()));
}

/// Also amid as many events as are laid out by stream.
pub async fn a_hole_amid_many_events_is_met(store: &(impl EventStore + ImportStore)) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    let log: Vec<RecordedEvent> = (1..=700)
        .map(|place| match place {
            500 => hole(&ada, place, place),
            _ => recorded(place, &ada, place, place),
        })
        .chain([recorded(701, &ben, 1, 701)])
        .collect();
    store.take_in(Position::START, &log, GO_ON).await.unwrap();
    assert_eq!(
        store.stream_events(&ada, Version::NONE, 499).await.unwrap(),
        log[..499]
    );
    assert_eq!(
        store.all_events(Position::START, 499).await.unwrap(),
        log[..499]
    );
    let met = Err(met_hole(&log[499]));
    assert_eq!(store.stream_events(&ada, Version(499), 10).await, met);
    assert_eq!(store.all_events(Position(499), 10).await, met);
    assert_eq!(
        store.stream_events(&ada, Version(500), 300).await.unwrap(),
        log[500..700]
    );
    assert_eq!(
        store.all_events(Position(500), 300).await.unwrap(),
        log[500..]
    );
    let refused = append(store, &ada, &[event(800)]).await;
    assert_eq!(refused, Err(AppendError::Store(met_hole(&log[499]))));
    assert_eq!(append(store, &ben, &[event(801)]).await.unwrap().len(), 1);
}

/// By append never, by import only as it is made.
pub async fn nothing_else_has_the_type_of_a_hole(store: &(impl EventStore + ImportStore)) {
    let ada = stream("ada");
    let reserved = NewEvent {
        event_type: crate::core::HOLE.to_owned(),
        ..event(1)
    };
    let refused = AppendError::InvalidEvent {
        event_id: id(1),
        cause: InvalidEnvelope::Reserved,
    };
    let batch = [event(2), reserved.clone()];
    assert_eq!(append(store, &ada, &batch).await, Err(refused));

    let others = [
        reserved.recorded(ada.clone(), Version(1), Position(1)),
        RecordedEvent {
            position: Position(3),
            ..hole(&ada, 1, 1)
        },
        RecordedEvent {
            schema_version: 2,
            ..hole(&ada, 1, 1)
        },
    ];
    for other in others {
        let refused = Misplaced::Reserved {
            stream: ada.clone(),
            version: Version(1),
        };
        let answer = store.take_in(Position::START, &[other], GO_ON).await;
        assert_eq!(answer, Err(ImportError::Misplaced(refused)));
    }
    assert_eq!(store.end().await, Ok(Position::START));
}

/// What fills the holes of [`log`].
fn fills() -> [RecordedEvent; 2] {
    [
        recorded(2, &stream("ada"), 2, 2),
        recorded(4, &stream("ben"), 1, 5),
    ]
}

/// It stands where the hole stood, with what came beside it at the log's end; and who read before is told.
pub async fn an_import_that_has_the_event_of_a_hole_fills_it_and_begins_another_history(
    store: &(impl EventStore + ImportStore + InspectStore),
) {
    let go_on = GO_ON;
    let import = store.import(Position::START, None, &log(), go_on).await;
    let import = import.unwrap().unwrap();
    let before = store.last_position().await.unwrap();
    let [ada, ben] = fills();
    let next = recorded(7, &stream("ada"), 4, 7);
    let batch = [ada.clone(), next.clone(), ben.clone()];
    let filled = store.import(before.place, Some(before.history), &batch, go_on);
    // Nobody can take it back: what it filled was damage.
    assert_eq!(filled.await, Ok(None));
    let now = store.last_position().await.unwrap();
    assert_ne!(now.history, before.history);
    let changed = StoreError::HistoryChanged {
        known: Some(before.history),
        now: now.history,
    };
    let page = store.read_all(Position(1), 10, Some(before.history)).await;
    assert_eq!(page, Err(changed));
    let undone = store.undo_import(import).await;
    assert!(
        matches!(undone, Err(UndoError::AnotherHistory { .. })),
        "{undone:?}"
    );

    let mut whole = log();
    (whole[1], whole[3]) = (ada.clone(), ben);
    whole.push(next);
    assert_eq!(everything(store).await, whole);
    for of in ["ada", "ben"].map(stream) {
        let events = store.stream_events(&of, Version::NONE, 10).await.unwrap();
        assert!(
            events
                .iter()
                .eq(whole.iter().filter(|event| event.stream == of))
        );
    }
    let mut shown = 0;
    let look = store.inspect(|held| {
        if let Held::Event { event, .. } = held {
            assert_eq!(event.unwrap(), &whole[shown]);
            shown += 1;
        }
        ControlFlow::Continue(())
    });
    look.await.unwrap();
    assert_eq!(shown, whole.len());
    let again = append(store, &stream("ada"), &[event(2)]).await;
    assert_eq!(again, Ok(vec![ada]));
    let more = append(store, &stream("ben"), &[event(8)]).await.unwrap();
    assert_eq!(
        (more[0].version, more[0].position),
        (Version(3), Position(8))
    );
}

/// One alone; the other stays, and so does what it says.
pub async fn a_hole_that_is_not_filled_stays(store: &(impl EventStore + ImportStore)) {
    store.take_in(Position::START, &log(), GO_ON).await.unwrap();
    // Known to the store by being asked for it.
    let met = store.read_all(Position(1), 10, None).await;
    assert_eq!(met, Err(met_hole(&log()[1])));
    let [ada, ben] = fills();
    store.take_in(Position(6), &[ada], GO_ON).await.unwrap();
    assert_eq!(store.all_events(Position::START, 3).await.unwrap().len(), 3);
    let met = store.read_all(Position(3), 10, None).await;
    assert_eq!(met, Err(met_hole(&log()[3])));
    assert!(append(store, &stream("ada"), &[event(7)]).await.is_ok());
    let refused = append(store, &stream("ben"), &[event(8)]).await;
    assert_eq!(refused, Err(AppendError::Store(met_hole(&log()[3]))));
    store.take_in(Position(7), &[ben], GO_ON).await.unwrap();
    assert!(append(store, &stream("ben"), &[event(8)]).await.is_ok());
    assert_eq!(everything(store).await.len(), 7);
}

/// Nothing where no hole is, or another's, or where it was filled already; and nothing of what came with it.
pub async fn what_does_not_fit_a_hole_changes_nothing(
    store: &(impl EventStore + ImportStore + InspectStore),
) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    store.take_in(Position::START, &log(), GO_ON).await.unwrap();
    let before = store.last_position().await.unwrap();
    let [fits, _] = fills();
    for misfit in [
        recorded(9, &ada, 1, 1),
        recorded(9, &ada, 2, 3),
        recorded(9, &ada, 2, 4),
        recorded(9, &ada, 3, 2),
        recorded(9, &ben, 2, 2),
        recorded(9, &stream("cyd"), 1, 2),
        fits.clone(),
    ] {
        let found = misfit.position;
        let batch = [fits.clone(), misfit, recorded(7, &ada, 4, 7)];
        let refused = store.take_in(Position(6), &batch, GO_ON).await;
        assert!(
            matches!(refused, Err(ImportError::Misplaced(Misplaced::Position { found: of, .. }))
                if of == found),
            "{refused:?}"
        );
        assert_eq!(store.last_position().await, Ok(before));
        let met = store.read_all(Position(1), 10, None).await;
        assert_eq!(met, Err(met_hole(&log()[1])));
    }
    // The type of a hole is no event's.
    let named = RecordedEvent {
        event_type: HOLE.to_owned(),
        ..fits
    };
    let refused = store.take_in(Position(6), &[named], GO_ON).await;
    assert!(
        matches!(refused, Err(ImportError::Misplaced(_))),
        "{refused:?}"
    );
    let met = store.read_all(Position(1), 10, None).await;
    assert_eq!(met, Err(met_hole(&log()[1])));
}

/// Of hundreds of events, in pages by stream, some in holes that the same import made.
pub async fn holes_amid_many_events_are_filled(
    store: &(impl EventStore + ImportStore + InspectStore),
) {
    let (ada, ben) = (stream("ada"), stream("ben"));
    let event_at = |place: u64| match place % 2 {
        0 => recorded(place, &ada, place / 2, place),
        _ => recorded(place, &ben, place.div_ceil(2), place),
    };
    let lost = |place: u64| place.is_multiple_of(7);
    let with_holes = |places: std::ops::RangeInclusive<u64>| -> Vec<RecordedEvent> {
        let hole_at = |place: u64| match place % 2 {
            0 => hole(&ada, place / 2, place),
            _ => hole(&ben, place.div_ceil(2), place),
        };
        let at = |place| {
            if lost(place) {
                hole_at(place)
            } else {
                event_at(place)
            }
        };
        places.map(at).collect()
    };
    store
        .take_in(Position::START, &with_holes(1..=700), GO_ON)
        .await
        .unwrap();
    let mut batch = with_holes(701..=1_400);
    batch.extend((1..=1_400).filter(|place| lost(*place)).map(event_at));
    store.take_in(Position(700), &batch, GO_ON).await.unwrap();
    let whole: Vec<RecordedEvent> = (1..=1_400).map(event_at).collect();
    assert_eq!(everything(store).await, whole);
    for of in [&ada, &ben] {
        let events = store.stream_events(of, Version::NONE, 1_400).await.unwrap();
        assert!(
            events
                .iter()
                .eq(whole.iter().filter(|event| event.stream == *of))
        );
        assert!(append(store, of, &[event(2_000)]).await.is_ok());
    }
    // What is chained stays as it was: only what follows is another.
    let chain = store.chain(Position(700), None).await.unwrap().place;
    assert_eq!(
        chain,
        Some(crate::log::Chain::START.with(1, &with_holes(1..=700)))
    );
}

/// An import that is broken off while it fills leaves the holes.
pub async fn a_filling_that_is_broken_off_leaves_the_holes(
    store: &(impl EventStore + ImportStore),
) {
    store.take_in(Position::START, &log(), GO_ON).await.unwrap();
    let before = store.last_position().await.unwrap();
    let mut batches = fills().into_iter().map(|fill| vec![fill]);
    let next = |_| match batches.next() {
        Some(batch) => ControlFlow::Continue(batch),
        None => ControlFlow::Break(()),
    };
    let cancelled = store.import_from(Position(6), None, next).await;
    assert_eq!(cancelled, Err(ImportError::Cancelled));
    assert_eq!(store.last_position().await, Ok(before));
    let met = store.read_all(Position(1), 10, None).await;
    assert_eq!(met, Err(met_hole(&log()[1])));
}
