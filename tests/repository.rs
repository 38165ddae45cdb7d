//! Loading, deciding and saving one aggregate, and what a snapshot does and doesn't do.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::num::NonZeroU64;
use std::ops::ControlFlow;

use eventloom::core::{
    ExpectedVersion, FixedClock, History, NewEvent, Position, RecordedEvent, SequentialIds,
    StreamHead, StreamId, Version,
};
use eventloom::log::Chain;
use eventloom::model::bank_account::{BankAccount, Command, Event, Rejection, Status};
use eventloom::runtime::{ExecuteError, LoadError, Repository, SnapshotPolicy};
use eventloom::store::conformance::Plain;
use eventloom::store::{
    AppendError, At, EventStore, ImportError, ImportStore, ImportToken, MemoryStore, Page,
    ResetError, ResetToken, Snapshot, SnapshotStore, StoreError, UndoError,
};
use eventloom::target::MaybeSend;
use pollster::block_on;
use support::{TIME, stream};

type Accounts<S = MemoryStore> = Repository<BankAccount, S, FixedClock, SequentialIds>;

fn accounts_in<S: EventStore + SnapshotStore>(store: S) -> Accounts<S> {
    let (clock, ids) = (FixedClock::new(TIME, 1_000), SequentialIds::default());
    Repository::new(BankAccount, store, clock, ids)
}

fn accounts() -> Accounts {
    accounts_in(MemoryStore::new())
}

fn every(versions: u64) -> SnapshotPolicy {
    SnapshotPolicy::Every(NonZeroU64::new(versions).unwrap())
}

fn open() -> Command {
    Command::OpenAccount {
        owner: "Ada".into(),
        currency: "EUR".into(),
    }
}

fn deposit(amount: i64) -> Command {
    let reference = String::new();
    Command::Deposit { amount, reference }
}

fn deposited(amount: i64) -> Event {
    let reference = String::new();
    Event::MoneyDeposited { amount, reference }
}

/// Saves so many deposits of one cent in one go.
async fn save_cents<S: EventStore + SnapshotStore>(accounts: &Accounts<S>, count: u64) {
    let mut root = accounts.load("ada").await.unwrap();
    (0..count).for_each(|_| root.apply(deposited(1)));
    accounts.save(&mut root).await.unwrap();
}

async fn everything(store: &impl EventStore) -> Vec<RecordedEvent> {
    store.all_events(Position(0), usize::MAX).await.unwrap()
}

// --- load, execute, save, exists --------------------------------------------------------------

#[test]
fn an_aggregate_to_which_nothing_happened_is_at_version_0_and_does_not_exist() {
    block_on(async {
        let accounts = accounts();
        let root = accounts.load("ada").await.unwrap();
        assert_eq!(root.version(), Version(0));
        assert_eq!(root.state().status, Status::NotOpened);
        assert_eq!(accounts.exists("ada").await, Ok(false));
    });
}

#[test]
fn a_command_that_is_decided_is_recorded_and_found_when_loading() {
    block_on(async {
        let accounts = accounts();
        accounts.execute("ada", open()).await.unwrap();
        let recorded = accounts.execute("ada", deposit(500)).await.unwrap();
        let told: Vec<_> = recorded
            .iter()
            .map(|event| {
                (
                    event.stream.to_string(),
                    event.version,
                    event.event_type.as_str(),
                    event.data.as_str(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [(
                "bank_account/ada".to_owned(),
                Version(2),
                "MoneyDeposited",
                r#"{"amount":500,"reference":""}"#
            )]
        );
        let root = accounts.load("ada").await.unwrap();
        assert_eq!((root.version(), root.state().balance), (Version(2), 500));
        assert!(root.uncommitted().is_empty());
        assert_eq!(accounts.exists("ada").await, Ok(true));
        assert_eq!(accounts.exists("grace").await, Ok(false));
    });
}

#[test]
fn a_rejected_command_records_nothing() {
    block_on(async {
        let accounts = accounts();
        let answer = accounts.execute("ada", deposit(500)).await;
        assert_eq!(answer, Err(ExecuteError::Rejected(Rejection::NotOpened)));
        assert_eq!(everything(accounts.store()).await, []);
    });
}

#[test]
fn saving_when_nothing_was_raised_records_nothing() {
    block_on(async {
        let accounts = accounts();
        let mut root = accounts.load("ada").await.unwrap();
        assert_eq!(accounts.save(&mut root).await, Ok(vec![]));
        assert_eq!(accounts.exists("ada").await, Ok(false));
    });
}

#[test]
fn the_events_of_one_save_are_one_conversation_named_after_the_first() {
    block_on(async {
        let accounts = accounts();
        save_cents(&accounts, 2).await;
        save_cents(&accounts, 1).await;
        let events = everything(accounts.store()).await;
        let conversations: Vec<_> = events
            .iter()
            .map(|event| event.metadata.correlation_id.clone())
            .collect();
        let (first, third) = (events[0].event_id, events[2].event_id);
        assert_eq!(
            conversations,
            [first.to_string(), first.to_string(), third.to_string()]
        );
        assert_ne!(first, events[1].event_id);
    });
}

#[test]
fn events_take_their_time_from_the_clock_that_was_passed_in() {
    block_on(async {
        let accounts = accounts();
        save_cents(&accounts, 2).await;
        let times: Vec<_> = everything(accounts.store())
            .await
            .iter()
            .map(|event| event.timestamp.to_string())
            .collect();
        assert_eq!(
            times,
            ["2026-01-05T09:00:02.000Z", "2026-01-05T09:00:03.000Z"]
        );
    });
}

#[test]
fn an_id_that_can_not_name_a_stream_is_refused() {
    block_on(async {
        let error = accounts().load("").await.unwrap_err();
        assert!(matches!(error, LoadError::InvalidId(_)), "{error}");
    });
}

#[test]
fn an_event_that_the_model_can_not_read_is_named() {
    block_on(async {
        let accounts = accounts();
        let id = stream("bank_account", "ada");
        let foreign = support::foreign(&id, &[("MoneyPrinted", "{}")]);
        let go_on = |_| ControlFlow::Continue(());
        accounts
            .store()
            .import(Position(0), None, &foreign, go_on)
            .await
            .unwrap();
        match accounts.load("ada").await {
            Err(LoadError::Decode(error)) => assert_eq!(error.event_type, "MoneyPrinted"),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_stream_is_loaded_whole_though_reads_come_in_pages() {
    block_on(async {
        // A page has a thousand events: below, at, and beyond one and two of them.
        for count in [999, 1_000, 1_001, 2_000, 2_001] {
            let accounts = accounts();
            save_cents(&accounts, count).await;
            let root = accounts.load("ada").await.unwrap();
            assert_eq!(root.version(), Version(count));
            assert_eq!(root.state().movements.deposits, count);
        }
    });
}

// --- conflicts --------------------------------------------------------------------------------

#[test]
fn a_conflict_names_expected_and_actual_and_leaves_the_events_uncommitted() {
    block_on(async {
        let accounts = accounts();
        accounts.execute("ada", open()).await.unwrap();
        let mut first = accounts.load("ada").await.unwrap();
        let mut second = accounts.load("ada").await.unwrap();
        first.execute(deposit(1)).unwrap();
        second.execute(deposit(2)).unwrap();
        accounts.save(&mut first).await.unwrap();

        let answer = accounts.save(&mut second).await;

        assert_eq!(
            answer,
            Err(ExecuteError::Append(AppendError::Conflict {
                stream: stream("bank_account", "ada"),
                expected: ExpectedVersion::Exact(Version(1)),
                actual: Version(2),
            }))
        );
        assert_eq!(second.uncommitted(), [deposited(2)]);
        assert_eq!(second.committed_version(), Version(1));
        assert_eq!(everything(accounts.store()).await.len(), 2);
    });
}

#[test]
fn after_a_conflict_loading_and_deciding_again_succeeds() {
    block_on(async {
        let accounts = accounts();
        accounts.execute("ada", open()).await.unwrap();
        let mut stale = accounts.load("ada").await.unwrap();
        stale.execute(deposit(2)).unwrap();
        accounts.execute("ada", deposit(1)).await.unwrap();
        accounts.save(&mut stale).await.unwrap_err();
        accounts.execute("ada", deposit(2)).await.unwrap();
        assert_eq!(accounts.load("ada").await.unwrap().state().balance, 3);
    });
}

#[test]
fn two_who_begin_the_same_stream_do_not_both_succeed() {
    block_on(async {
        let accounts = accounts();
        let mut late = accounts.load("ada").await.unwrap();
        late.execute(open()).unwrap();
        accounts.execute("ada", open()).await.unwrap();
        match accounts.save(&mut late).await {
            Err(ExecuteError::Append(AppendError::Conflict { actual, .. })) => {
                assert_eq!(actual, Version(1));
            }
            other => panic!("{other:?}"),
        }
    });
}

// --- snapshots --------------------------------------------------------------------------------

#[test]
fn a_snapshot_is_kept_exactly_when_a_save_crosses_a_multiple() {
    block_on(async {
        let accounts = accounts().with_snapshots(every(3));
        let id = stream("bank_account", "ada");
        let mut seen = Vec::new();
        // To versions 2, 4, 5, 6, 13 and 14: multiples are crossed on the way to 4, 6 and 13.
        for count in [2, 2, 1, 1, 7, 1] {
            save_cents(&accounts, count).await;
            let kept = accounts.store().snapshot(&id).await.unwrap();
            seen.push(kept.map(|snapshot| snapshot.version.0));
        }
        assert_eq!(seen, [None, Some(4), Some(4), Some(6), Some(13), Some(13)]);
    });
}

#[test]
fn a_snapshot_holds_the_state_after_the_event_that_it_names() {
    block_on(async {
        let accounts = accounts().with_snapshots(every(2));
        save_cents(&accounts, 2).await;
        let id = stream("bank_account", "ada");
        let kept = accounts.store().snapshot(&id).await.unwrap().unwrap();
        let last = everything(accounts.store()).await[1].event_id;
        assert_eq!(
            (kept.stream, kept.version, kept.event_id, kept.schema),
            (id, Version(2), last, 1)
        );
        let state: serde_json::Value = kept.state.read().unwrap();
        assert_eq!(state["balance"], 2);
    });
}

#[test]
fn no_snapshot_is_kept_unless_it_is_asked_for() {
    block_on(async {
        let accounts = accounts();
        save_cents(&accounts, 10).await;
        let id = stream("bank_account", "ada");
        assert_eq!(accounts.store().snapshot(&id).await, Ok(None));
    });
}

#[test]
fn what_follows_a_snapshot_is_loaded_whole_though_reads_come_in_pages() {
    block_on(async {
        for tail in [998, 999, 1_000, 1_999, 2_000] {
            let accounts = accounts().with_snapshots(every(1));
            save_cents(&accounts, 1).await;
            let id = stream("bank_account", "ada");
            let snapshot = accounts.store().snapshot(&id).await.unwrap().unwrap();
            save_cents(&accounts, tail).await;
            accounts.store().keep_snapshot(snapshot).await.unwrap();
            let root = accounts.load("ada").await.unwrap();
            assert_eq!(root.version(), Version(1 + tail));
            assert_eq!(root.state().movements.deposits, 1 + tail);
        }
    });
}

/// Keeps events, but snapshots neither come nor go.
#[derive(Default)]
struct NoRoomForSnapshots(MemoryStore);

impl SnapshotStore for NoRoomForSnapshots {
    async fn snapshot(&self, _: &StreamId) -> Result<Option<Snapshot>, StoreError> {
        let reason = "the snapshots are gone".into();
        Err(StoreError::Unavailable { reason })
    }

    async fn keep_snapshot(&self, _: Snapshot) -> Result<(), StoreError> {
        Err(StoreError::Full)
    }
}

impl EventStore for NoRoomForSnapshots {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        self.0.append(stream, expected, history, events).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        self.0.read_stream(stream, after, limit, history).await
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        self.0.read_all(after, limit, history).await
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<StreamHead>, StoreError> {
        self.0.streams(after, limit, history).await
    }

    async fn head(&self, stream: &StreamId) -> Result<At<Version>, StoreError> {
        self.0.head(stream).await
    }

    async fn last_position(&self) -> Result<At<Position>, StoreError> {
        self.0.last_position().await
    }

    async fn chain(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<At<Option<Chain>>, StoreError> {
        self.0.chain(position, history).await
    }

    async fn changed(&self, after: Position, history: Option<History>) -> Result<(), StoreError> {
        self.0.changed(after, history).await
    }

    async fn count_after(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<u64, StoreError> {
        self.0.count_after(position, history).await
    }
}

impl ImportStore for NoRoomForSnapshots {
    async fn next_position(&self) -> Result<At<Position>, StoreError> {
        self.0.next_position().await
    }

    async fn import_from(
        &self,
        after: Position,
        history: Option<History>,
        next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>> + MaybeSend,
    ) -> Result<Option<ImportToken>, ImportError> {
        self.0.import_from(after, history, next).await
    }

    async fn reset(&self, events: &[RecordedEvent]) -> Result<ResetToken, ResetError> {
        self.0.reset(events).await
    }

    async fn undo_reset(&self, token: ResetToken) -> Result<(), UndoError> {
        self.0.undo_reset(token).await
    }

    async fn undo_import(&self, token: ImportToken) -> Result<(), UndoError> {
        self.0.undo_import(token).await
    }
}

#[test]
fn a_snapshot_that_can_not_be_kept_or_read_fails_neither_saving_nor_loading() {
    block_on(async {
        let accounts = accounts_in(NoRoomForSnapshots::default()).with_snapshots(every(1));
        let recorded = accounts.execute("ada", open()).await.unwrap();
        assert_eq!(recorded.len(), 1);
        save_cents(&accounts, 2).await;
        let root = accounts.load("ada").await.unwrap();
        assert_eq!((root.version(), root.state().balance), (Version(3), 2));
    });
}

// --- threads ----------------------------------------------------------------------------------

/// Compiles only if executing can go on in another thread, natively, without a box.
#[allow(dead_code, reason = "compiling it is the test")]
fn executing_can_move_to_another_thread(accounts: &Accounts) -> impl Send + '_ {
    accounts.execute("ada", open())
}

/// The same for any store, clock and ids, which is how a server has it.
#[allow(dead_code, reason = "compiling it is the test")]
fn executing_in_any_store_can_move_to_another_thread<S>(accounts: &Accounts<S>) -> impl Send + '_
where
    S: EventStore + SnapshotStore,
{
    accounts.execute("ada", open())
}
