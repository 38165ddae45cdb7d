//! What the model found, each alone.

use std::ops::ControlFlow;

use eventloom::browser::IndexedDbStore;
use eventloom::core::{EventId, ExpectedVersion, JsonText, Position, Version};
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{
    CheckpointStore, ImportStore, SecondCopy, Snapshot, SnapshotStore, StoreError,
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::first_layout;
use super::inject::{Injector, Plan};
use crate::second_copy;
use crate::support::*;

fn once(kind: &'static str, way: &'static str) -> Plan {
    Plan {
        fault: (kind, way),
        nth: 0,
        lasting: false,
    }
}

#[wasm_bindgen_test]
async fn an_opening_whose_move_failed_leaves_no_connection_behind() {
    let name = fresh_name();
    let injector = Injector::on(&name);
    first_layout::make(&name, 3, false).await;
    injector.arm(&once("migration read", "throws UnknownError"));
    let opened = IndexedDbStore::open(&name).await.map(drop);
    assert!(injector.lift().await);
    assert!(
        matches!(
            opened,
            Err(StoreError::Failed {
                operation: "upgrade",
                ..
            })
        ),
        "{opened:?}"
    );
    assert_eq!(IndexedDbStore::delete(&name).await, Ok(()));
}

#[wasm_bindgen_test]
async fn an_import_that_is_done_while_the_connection_is_lost_is_not_told_as_failed() {
    let store = fresh().await;
    let injector = Injector::on(store.name());
    injector.arm(&once("commit", "is done and lost"));
    let log = [recorded(1, 1, 1), recorded(2, 2, 2)];
    let imported = store.take_in(Position::START, &log, |_| ControlFlow::Continue(()));
    assert_eq!(imported.await, Ok(()));
    assert!(injector.lift().await);
    assert_eq!(everything(&store).await, log);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_reset_that_is_done_while_the_connection_is_lost_is_not_told_as_failed() {
    let store = fresh().await;
    let any = ExpectedVersion::Any;
    store.record(&ada(), any, &events([1, 2])).await.unwrap();
    let injector = Injector::on(store.name());
    injector.arm(&once("commit", "is done and lost"));
    assert_eq!(store.reset(&[]).await.map(drop), Ok(()));
    assert!(injector.lift().await);
    assert_eq!(everything(&store).await, []);
    assert_eq!(store.version_of(&ada()).await, Ok(Version::NONE));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn an_import_or_a_reset_that_is_undone_is_told_as_failed() {
    let store = fresh().await;
    let any = ExpectedVersion::Any;
    let held = store.record(&ada(), any, &events([1, 2])).await.unwrap();
    let next = [recorded(3, 3, 3)];
    let injector = Injector::on(store.name());
    for way in ["is undone", "is lost"] {
        injector.arm(&once("commit", way));
        let imported = store.take_in(Position(2), &next, |_| ControlFlow::Continue(()));
        assert!(imported.await.is_err(), "{way}");
        assert!(injector.lift().await);
        injector.arm(&once("commit", way));
        assert!(store.reset(&[]).await.is_err(), "{way}");
        assert!(injector.lift().await);
        assert_eq!(everything(&store).await, held);
    }
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_snapshot_of_a_log_that_was_emptied_is_found_after_the_connection_was_lost() {
    let name = fresh_name();
    let injector = Injector::on(&name);
    let store = IndexedDbStore::open(&name).await.unwrap();
    store.reset(&[]).await.unwrap();
    for state in ["1", "2"] {
        injector.lose();
        let snapshot = Snapshot {
            stream: ada(),
            version: Version(1),
            event_id: EventId(uuid::Uuid::from_u128(1)),
            schema: 1,
            state: JsonText::parse(state).unwrap(),
        };
        store.keep_snapshot(snapshot.clone()).await.unwrap();
        injector.lose();
        assert_eq!(store.snapshot(&ada()).await, Ok(Some(snapshot)));
    }
    drop(injector);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_worker_that_keeps_the_journal_and_dies_keeps_no_append_waiting() {
    for way in ["dies", "hangs"] {
        let name = fresh_name();
        let injector = Injector::on(&name);
        let store = second_copy::open(&name).await;
        second_copy::append(&store, [1]).await;
        injector.arm(&once("journal flush", way));
        soon(second_copy::append(&store, [2])).await;
        assert!(injector.lift().await);
        // The journal is had anew, by another worker, and brought up to date.
        let mut ear = Ear::on(&store);
        second_copy::append(&store, [3]).await;
        second_copy::copied(&mut ear, 3).await;
        second_copy::kept(&store, &mut ear).await;
        assert_eq!(everything(&store).await.len(), 3);

        // So it is by who opens it next.
        store.close();
        let store = second_copy::open(&name).await;
        let mut ear = Ear::on(&store);
        second_copy::append(&store, [4]).await;
        second_copy::kept(&store, &mut ear).await;
        store.close();
        let (recovery, after) = second_copy::reopened_after_loss(&name).await;
        assert_eq!((recovery, after.len()), (second_copy::deleted(4, 0), 4));
    }
}

#[wasm_bindgen_test]
async fn a_journal_that_does_not_answer_keeps_no_opening_waiting() {
    for kind in ["journal open", "journal read"] {
        let name = fresh_name();
        let injector = Injector::on(&name);
        injector.arm(&once(kind, "hangs"));
        let store = soon(second_copy::open(&name)).await;
        assert!(injector.lift().await);
        let silent = SecondCopy::Missing("its worker doesn't answer".to_owned());
        assert_eq!(store.second_copy(), Some(silent));
        second_copy::append(&store, [1]).await;
        second_copy::end(store).await;
    }
}

#[wasm_bindgen_test]
async fn what_is_recorded_after_a_part_was_lost_ends_the_telling_of_it() {
    let name = fresh_name();
    let store = second_copy::open(&name).await;
    second_copy::append(&store, 1..=4).await;
    store.close();
    // Four entries of the same length after the two marks: two of them stay.
    let bytes = second_copy::journal_bytes(&name).await;
    let half = 256 + (bytes.len() - 256) / 2;
    second_copy::set_journal_bytes(&name, &bytes[..half]).await;
    second_copy::lose_database(&name).await;
    let store = second_copy::open(&name).await;
    assert_eq!(store.recovery(), second_copy::deleted(2, 2));
    second_copy::append(&store, [9]).await;
    store.close();
    let (recovery, after) = second_copy::reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (second_copy::deleted(3, 0), 3));
}

fn always(kind: &'static str, way: &'static str) -> Plan {
    let lasting = true;
    Plan {
        lasting,
        ..once(kind, way)
    }
}

#[wasm_bindgen_test]
async fn a_database_that_another_call_has_open_is_not_made_anew() {
    let name = fresh_name();
    let injector = Injector::on(&name);
    let store = second_copy::open(&name).await;
    second_copy::append(&store, 1..=3).await;
    // The connection is lost: it is opened again at once, and by the next call, which fails at it.
    injector.arm(&Plan {
        nth: 1,
        ..always("open", "throws UnknownError")
    });
    injector.lose();
    let _ = store.version_of(&ada()).await;
    injector.lift().await;
    assert_eq!(everything(&store).await.len(), 3);
    store.close();
    let (recovery, after) = second_copy::reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (second_copy::deleted(3, 0), 3));
}

#[wasm_bindgen_test]
async fn a_database_that_can_not_be_opened_for_a_moment_stays_as_it_is() {
    let name = fresh_name();
    let store = second_copy::open(&name).await;
    second_copy::append(&store, 1..=2).await;
    store.keep_checkpoint("ledger", Position(2)).await.unwrap();
    store.close();
    second_copy::journal_bytes(&name).await;
    let injector = Injector::on(&name);
    injector.arm(&once("open", "throws UnknownError"));
    let store = second_copy::open(&name).await;
    assert!(injector.lift().await);
    assert_eq!(store.checkpoint("ledger").await, Ok(Position(2)));
    assert_eq!(store.recovery(), None);
    second_copy::end(store).await;
}

#[wasm_bindgen_test]
async fn a_database_that_holds_more_than_the_journal_is_not_made_anew() {
    let name = fresh_name();
    let injector = Injector::on(&name);
    let store = second_copy::open(&name).await;
    second_copy::append(&store, 1..=2).await;
    injector.arm(&always("journal write", "throws QuotaExceededError"));
    second_copy::append(&store, [3]).await;
    store.close();
    injector.rest().await;
    injector.arm(&always("open", "throws UnknownError"));
    let opened = IndexedDbStore::open_with_second_copy(&name).await.map(drop);
    assert!(
        matches!(opened, Err(StoreError::Unavailable { .. })),
        "{opened:?}"
    );
    assert!(injector.lift().await);
    let store = second_copy::open(&name).await;
    assert_eq!(everything(&store).await.len(), 3);
    second_copy::end(store).await;
}

#[wasm_bindgen_test]
async fn a_loss_is_told_also_where_the_new_database_can_not_be_given_its_name() {
    let name = fresh_name();
    let injector = Injector::on(&name);
    injector.arm(&once("opening lock", "throws SecurityError"));
    let store = second_copy::open(&name).await;
    assert!(injector.lift().await);
    second_copy::append(&store, 1..=2).await;
    store.close();
    injector.lose_database().await;
    injector.arm(&once("commit", "is undone"));
    let store = second_copy::open(&name).await;
    assert!(injector.lift().await);
    assert_eq!(store.recovery(), second_copy::deleted(0, 2));
    second_copy::end(store).await;
}
