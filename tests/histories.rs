//! What is known of one log isn't used on another of the same length.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::ops::ControlFlow;
use std::sync::Mutex;

use eventloom::core::{
    ExpectedVersion, FixedClock, History, NewEvent, Position, RecordedEvent, SequentialIds,
    StreamHead, StreamId, Version,
};
use eventloom::log::Chain;
use eventloom::model::bank_account::{BankAccount, Command, Event};
use eventloom::runtime::{ExecuteError, LoadError, Repository};
use eventloom::store::{
    AppendError, At, EventStore, ImportStore, MemoryStore, Page, Snapshot, SnapshotStore,
    StoreError,
};
use pollster::block_on;
use support::{TIME, recorded};

type Accounts<S = MemoryStore> = Repository<BankAccount, S, FixedClock, SequentialIds>;

fn accounts_in<S: EventStore + SnapshotStore>(store: S) -> Accounts<S> {
    let (clock, ids) = (FixedClock::new(TIME, 1_000), SequentialIds::default());
    Repository::new(BankAccount, store, clock, ids)
}

/// The log of an account with so many deposits of an amount: all but that is the same in each.
fn deposits(count: usize, amount: i64) -> Vec<RecordedEvent> {
    let opened = Event::AccountOpened {
        owner: "Ada".into(),
        currency: "EUR".into(),
    };
    let deposited = Event::MoneyDeposited {
        amount,
        reference: String::new(),
    };
    let events = std::iter::once(opened).chain(std::iter::repeat_n(deposited, count));
    recorded(&BankAccount, "ada", events)
}

fn withdraw(amount: i64) -> Command {
    let reference = String::new();
    Command::Withdraw { amount, reference }
}

async fn restore(store: &MemoryStore, log: &[RecordedEvent]) {
    store.reset(&[]).await.unwrap();
    let go_on = |_| ControlFlow::Continue(());
    let imported = store.import(Position::START, None, log, go_on).await;
    assert!(imported.is_ok(), "{imported:?}");
}

#[test]
fn what_was_decided_on_one_history_is_not_recorded_on_another_of_the_same_length() {
    block_on(async {
        let accounts = accounts_in(MemoryStore::new());
        restore(accounts.store(), &deposits(1, 100_000)).await;
        let mut root = accounts.load("ada").await.unwrap();
        root.execute(withdraw(90_000)).unwrap();
        // Another restores a backup: as many events, another balance.
        restore(accounts.store(), &deposits(1, 1)).await;
        let refused = accounts.save(&mut root).await.unwrap_err();
        let ExecuteError::Append(error) = &refused else {
            panic!("{refused:?}");
        };
        assert!(
            error.is_retryable() && !error.outcome_is_unknown(),
            "{error:?}"
        );
        let now = accounts.load("ada").await.unwrap();
        assert_eq!((now.version(), now.state().balance), (Version(2), 1));
        // Loaded and decided again, it is refused by the rule that the first one would have broken.
        let again = accounts.execute("ada", withdraw(90_000)).await;
        assert!(matches!(again, Err(ExecuteError::Rejected(_))), "{again:?}");
    });
}

/// Answers as the store in memory; after the first page that is read another restores a backup.
struct RestoredMeanwhile {
    inner: MemoryStore,
    backup: Mutex<Option<Vec<RecordedEvent>>>,
}

impl EventStore for RestoredMeanwhile {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        self.inner.append(stream, expected, history, events).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        let page = self.inner.read_stream(stream, after, limit, history).await;
        let backup = self.backup.lock().unwrap().take();
        if let Some(backup) = backup {
            restore(&self.inner, &backup).await;
        }
        page
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        self.inner.read_all(after, limit, history).await
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<StreamHead>, StoreError> {
        self.inner.streams(after, limit, history).await
    }

    async fn head(&self, stream: &StreamId) -> Result<At<Version>, StoreError> {
        self.inner.head(stream).await
    }

    async fn last_position(&self) -> Result<At<Position>, StoreError> {
        self.inner.last_position().await
    }

    async fn count_after(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<u64, StoreError> {
        self.inner.count_after(position, history).await
    }

    async fn chain(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<At<Option<Chain>>, StoreError> {
        self.inner.chain(position, history).await
    }

    async fn changed(&self, after: Position, history: Option<History>) -> Result<(), StoreError> {
        self.inner.changed(after, history).await
    }
}

impl SnapshotStore for RestoredMeanwhile {
    async fn snapshot(&self, stream: &StreamId) -> Result<Option<Snapshot>, StoreError> {
        self.inner.snapshot(stream).await
    }

    async fn keep_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.inner.keep_snapshot(snapshot).await
    }
}

#[test]
fn a_state_is_never_made_of_two_histories() {
    block_on(async {
        let inner = MemoryStore::new();
        restore(&inner, &deposits(1_500, 1_000)).await;
        let backup = Mutex::new(Some(deposits(1_500, 1)));
        let accounts = accounts_in(RestoredMeanwhile { inner, backup });
        let loaded = accounts.load("ada").await;
        assert!(
            matches!(
                loaded,
                Err(LoadError::Store(StoreError::HistoryChanged { .. }))
            ),
            "{loaded:?}"
        );
        let again = accounts.load("ada").await.unwrap();
        assert_eq!(
            (again.version(), again.state().balance),
            (Version(1_501), 1_500)
        );
    });
}
