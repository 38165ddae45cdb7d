//! Whoever reads a store takes only an empty page as its end: over one that answers with one event, one
//! stream at a time, all of them find what there is.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::num::NonZeroU64;
use std::ops::ControlFlow;

use eventloom::app::story;
use eventloom::core::{
    CommandId, FixedClock, JsonText, Position, RecordedEvent, SequentialIds, Version,
};
use eventloom::model::bank_account::{BankAccount, Command};
use eventloom::runtime::{Repository, SnapshotPolicy};
use eventloom::store::conformance::{OneAtATime, Plain};
use eventloom::store::verify::Fold;
use eventloom::store::{EventStore, MemoryStore, Snapshot, SnapshotStore, verify};
use pollster::block_on;
use support::{TIME, stream};

type Store = OneAtATime<MemoryStore>;
type Accounts = Repository<BankAccount, Store, FixedClock, SequentialIds>;

fn accounts(policy: SnapshotPolicy) -> Accounts {
    let (clock, ids) = (FixedClock::new(TIME, 1_000), SequentialIds::default());
    Repository::new(BankAccount, Store::default(), clock, ids).with_snapshots(policy)
}

/// Opens an account and deposits so often.
fn deposit(accounts: &Accounts, times: i64) {
    let open = Command::OpenAccount {
        owner: "Ada".into(),
        currency: "EUR".into(),
    };
    block_on(accounts.execute("ada", open)).unwrap();
    for amount in 1..=times {
        let reference = String::new();
        let deposit = Command::Deposit { amount, reference };
        block_on(accounts.execute("ada", deposit)).unwrap();
    }
}

const TEN: i64 = 55;

#[test]
fn an_aggregate_is_loaded_whole() {
    let every = |n| SnapshotPolicy::Every(NonZeroU64::new(n).unwrap());
    // The last without a snapshot, from one at its end, and from one amid it.
    for policy in [SnapshotPolicy::Never, every(11), every(4)] {
        let accounts = accounts(policy);
        deposit(&accounts, 10);
        let loaded = block_on(accounts.load("ada")).unwrap();
        assert_eq!(loaded.version(), Version(11));
        assert_eq!(loaded.state().balance, TEN);
    }
}

#[test]
fn what_a_command_led_to_is_found_wherever_it_stands() {
    let accounts = accounts(SnapshotPolicy::Never);
    let open = Command::OpenAccount {
        owner: "Ada".into(),
        currency: "EUR".into(),
    };
    let id: CommandId = accounts.next_command_id();
    let send = || accounts.execute_once("ada", id, Version::NONE, open.clone());
    let first = block_on(send()).unwrap();
    for amount in 1..=5 {
        let reference = String::new();
        block_on(accounts.execute("ada", Command::Deposit { amount, reference })).unwrap();
    }
    assert_eq!(block_on(send()).unwrap(), first);
}

#[test]
fn a_snapshot_is_checked_against_all_that_was_folded_into_it() {
    let accounts = accounts(SnapshotPolicy::Never);
    deposit(&accounts, 10);
    let ada = stream("bank_account", "ada");
    let store = accounts.store();
    let events = block_on(store.stream_events(&ada, Version::NONE, 100)).unwrap();
    let keep = |state: &str| {
        let snapshot = Snapshot {
            stream: ada.clone(),
            version: Version(11),
            event_id: events[10].event_id,
            schema: 1,
            state: JsonText::parse(state).unwrap(),
        };
        block_on(store.keep_snapshot(snapshot)).unwrap();
        let begin = |_: &Snapshot| Some(Count(0));
        let go_on = |_| ControlFlow::Continue(());
        let checked = block_on(verify(store, |_| Ok(()), begin, go_on)).unwrap();
        (checked.events, checked.findings.len())
    };
    assert_eq!(keep("11"), (11, 0));
    assert_eq!(keep("1"), (11, 1));
}

/// Folds a stream to how many events it has.
struct Count(u64);

impl Fold for Count {
    fn fold(&mut self, _: &RecordedEvent) -> Result<(), String> {
        self.0 += 1;
        Ok(())
    }

    fn state(&self) -> Option<JsonText> {
        JsonText::of(&self.0).ok()
    }
}

#[test]
fn the_story_of_another_tab_is_recognised() {
    let store = Store::default();
    block_on(story::import(&store)).unwrap();
    block_on(story::import(&store)).unwrap();
    assert_eq!(block_on(store.last_position()).unwrap().place, Position(9));
}
