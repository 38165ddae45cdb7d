//! Commands that are sent again because it isn't known what came of them: recorded once.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod executing;
mod saving;
#[path = "../support/mod.rs"]
mod support;
mod unreliable;

use std::num::NonZeroU64;
use std::ops::ControlFlow;

use eventloom::core::{
    Aggregate, CommandId, Decider, DecodeError, EncodedEvent, ExpectedVersion, FixedClock,
    InvalidJson, Position, RecordedEvent, SequentialIds, Version, payload,
};
use eventloom::model::bank_account::{BankAccount, Command, Event, Rejection};
use eventloom::runtime::{ExecuteError, Repository, SnapshotPolicy};
use eventloom::store::conformance::Plain;
use eventloom::store::{AppendError, ImportStore, SnapshotStore, StoreError};
use pollster::block_on;
use support::{TIME, stream};
use unreliable::{Fault, Unreliable, at_once};

type Accounts = Repository<BankAccount, Unreliable, FixedClock, SequentialIds>;

fn accounts() -> Accounts {
    let (clock, ids) = (FixedClock::new(TIME, 1_000), SequentialIds::default());
    Repository::new(BankAccount, Unreliable::default(), clock, ids)
}

/// Ada's account, opened: at version 1.
async fn opened() -> Accounts {
    let accounts = accounts();
    let (owner, currency) = ("Ada".into(), "EUR".into());
    let open = Command::OpenAccount { owner, currency };
    accounts.execute("ada", open).await.unwrap();
    accounts
}

fn deposit(amount: i64) -> Command {
    let reference = String::new();
    Command::Deposit { amount, reference }
}

fn deposited(amount: i64) -> Event {
    let reference = String::new();
    Event::MoneyDeposited { amount, reference }
}

fn withdraw(amount: i64) -> Command {
    let reference = String::new();
    Command::Withdraw { amount, reference }
}

/// All events of Ada's.
async fn log(accounts: &Accounts) -> Vec<RecordedEvent> {
    let ada = stream("bank_account", "ada");
    let read = accounts.store().stream_events(&ada, Version::NONE, 9_999);
    read.await.unwrap()
}

async fn balance(accounts: &Accounts) -> i64 {
    accounts.load("ada").await.unwrap().state().balance
}

/// Sends a command as somebody who had seen the account opened.
async fn send(accounts: &Accounts, id: CommandId, command: Command) -> Answer {
    let seen = Version(1);
    accounts.execute_once("ada", id, seen, command).await
}

type Answer = Result<Vec<RecordedEvent>, ExecuteError<Rejection>>;

#[track_caller]
fn assert_unknown(answer: Answer) {
    match answer {
        Err(ExecuteError::Unknown { cause, .. }) => assert!(cause.outcome_is_unknown(), "{cause}"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_conflict(answer: &Answer) {
    assert!(
        matches!(
            answer,
            Err(ExecuteError::Append(AppendError::Conflict { .. }))
        ),
        "{answer:?}"
    );
}

/// Compiles only if executing can go on in another thread, natively, without a box.
#[allow(dead_code, reason = "compiling it is the test")]
fn executing_once_can_move_to_another_thread(accounts: &Accounts, id: CommandId) -> impl Send + '_ {
    send(accounts, id, deposit(1))
}

// --- a command with an id ---------------------------------------------------------------------

#[test]
fn the_events_of_a_command_carry_its_id_and_begin_its_conversation() {
    block_on(async {
        let accounts = opened().await;
        let id = accounts.next_command_id();
        let recorded = send(&accounts, id, deposit(500)).await.unwrap();
        let metadata = &recorded[0].metadata;
        assert_eq!(
            (metadata.command_id, &metadata.causation_id),
            (Some(id), &None)
        );
        assert_eq!(metadata.correlation_id, id.to_string());
        assert!(id.caused(&recorded[0]));
        assert!(!accounts.next_command_id().caused(&recorded[0]));
    });
}

#[test]
fn events_that_are_saved_without_a_command_name_none() {
    block_on(async {
        let accounts = opened().await;
        let mut root = accounts.load("ada").await.unwrap();
        root.execute(deposit(500)).unwrap();
        let saved = accounts.save(&mut root).await.unwrap().remove(0);
        assert_eq!(saved.metadata.command_id, None);
        assert_eq!(saved.metadata.causation_id, None);
        assert!(!accounts.next_command_id().caused(&saved));
    });
}

#[test]
fn a_command_of_before_events_had_a_place_for_it_is_found_by_its_cause() {
    block_on(async {
        let accounts = opened().await;
        let id = accounts.next_command_id();
        let ada = stream("bank_account", "ada");
        let mut older = support::recorded(&BankAccount, "ada", [deposited(500)]).remove(0);
        older.metadata.causation_id = Some(id.to_string());
        (older.version, older.position) = (Version(2), Position(2));
        let go_on = |_| ControlFlow::Continue(());
        let imported = accounts
            .store()
            .import(Position(1), None, &[older], go_on)
            .await;
        imported.unwrap();

        let recorded = send(&accounts, id, deposit(500)).await.unwrap();

        assert_eq!(
            (&recorded[0].stream, recorded[0].version),
            (&ada, Version(2))
        );
        assert_eq!(balance(&accounts).await, 500);
    });
}

#[test]
fn two_commands_with_equal_content_are_two() {
    block_on(async {
        let accounts = opened().await;
        for _ in 0..2 {
            let id = accounts.next_command_id();
            send(&accounts, id, deposit(500)).await.unwrap();
        }
        assert_eq!(balance(&accounts).await, 1_000);
    });
}

#[test]
fn a_command_of_another_aggregate_is_no_answer() {
    block_on(async {
        let accounts = opened().await;
        let id = accounts.next_command_id();
        send(&accounts, id, deposit(500)).await.unwrap();
        let (owner, currency) = ("Grace".into(), "EUR".into());
        let open = Command::OpenAccount { owner, currency };
        let answer = accounts.execute_once("grace", id, Version::NONE, open);
        let recorded = answer.await.unwrap();
        assert_eq!(recorded[0].stream, stream("bank_account", "grace"));
    });
}

// --- sent again -------------------------------------------------------------------------------

#[test]
fn a_command_whose_answer_was_lost_is_answered_with_what_was_recorded() {
    block_on(async {
        let accounts = opened().await;
        let id = accounts.next_command_id();
        accounts.store().next_append(Fault::AnswerLost);
        assert_unknown(send(&accounts, id, deposit(500)).await);
        let held = log(&accounts).await;

        let recorded = send(&accounts, id, deposit(500)).await.unwrap();

        assert_eq!(recorded, held[1..]);
        assert_eq!(log(&accounts).await, held);
        assert_eq!(balance(&accounts).await, 500);
    });
}

#[test]
fn a_command_that_can_not_be_looked_up_hands_its_id_out_whichever_read_fails() {
    block_on(async {
        let accounts = opened().await;
        let id = accounts.next_command_id();
        accounts.store().next_append(Fault::AnswerLost);
        assert_unknown(send(&accounts, id, deposit(500)).await);
        let held = log(&accounts).await;
        let mut failed = 0;
        let recorded = loop {
            let read = *accounts.store().reads.lock().unwrap() + failed + 1;
            *accounts.store().failing_read.lock().unwrap() = Some(read);
            match send(&accounts, id, deposit(500)).await {
                Ok(recorded) => break recorded,
                Err(error) => {
                    assert!(error.outcome_is_unknown(), "{error}");
                    assert_eq!(error.command_id(), Some(id));
                    assert!(error.to_string().contains(&id.to_string()), "{error}");
                }
            }
            failed += 1;
        };
        *accounts.store().failing_read.lock().unwrap() = None;
        assert!(failed > 1, "loading and looking up both read");
        assert_eq!(recorded, held[1..]);
        assert_eq!(log(&accounts).await, held);
    });
}

#[test]
fn what_can_not_name_a_stream_was_not_recorded() {
    block_on(async {
        let accounts = opened().await;
        let id = accounts.next_command_id();
        let answer = accounts.execute_once("", id, Version::NONE, deposit(500));
        let error = answer.await.unwrap_err();
        assert!(matches!(error, ExecuteError::Load(_)), "{error}");
    });
}

#[test]
fn a_command_that_never_reached_the_store_is_recorded_when_it_is_sent_again() {
    block_on(async {
        let accounts = opened().await;
        let id = accounts.next_command_id();
        accounts.store().next_append(Fault::NotReached);
        assert_unknown(send(&accounts, id, deposit(500)).await);
        assert_eq!(log(&accounts).await.len(), 1);

        let recorded = send(&accounts, id, deposit(500)).await.unwrap();

        assert_eq!(recorded[0].version, Version(2));
        assert_eq!(balance(&accounts).await, 500);
    });
}

#[test]
fn a_command_is_found_among_what_others_appended_before_it_was_sent_again() {
    block_on(async {
        let accounts = opened().await;
        let id = accounts.next_command_id();
        accounts.execute("ada", deposit(1)).await.unwrap();
        accounts.store().next_append(Fault::AnswerLost);
        assert_unknown(send(&accounts, id, deposit(500)).await);
        accounts.execute("ada", deposit(20)).await.unwrap();

        let recorded = send(&accounts, id, deposit(500)).await.unwrap();

        let versions: Vec<_> = recorded.iter().map(|event| event.version).collect();
        assert_eq!(versions, [Version(3)]);
        assert_eq!(balance(&accounts).await, 521);
    });
}

#[test]
fn a_recorded_command_is_not_decided_again_though_it_would_be_rejected_by_now() {
    block_on(async {
        let accounts = opened().await;
        accounts.execute("ada", deposit(500)).await.unwrap();
        let id = accounts.next_command_id();
        accounts.store().next_append(Fault::AnswerLost);
        assert_unknown(send(&accounts, id, withdraw(500)).await);

        let recorded = send(&accounts, id, withdraw(500)).await.unwrap();

        assert_eq!(recorded[0].event_type, "MoneyWithdrawn");
        assert_eq!(balance(&accounts).await, 0);
    });
}

#[test]
fn a_command_that_was_not_recorded_is_decided_on_what_is_true_by_then() {
    block_on(async {
        let accounts = opened().await;
        accounts.execute("ada", deposit(500)).await.unwrap();
        let id = accounts.next_command_id();
        accounts.store().next_append(Fault::NotReached);
        assert_unknown(send(&accounts, id, withdraw(500)).await);
        accounts.execute("ada", withdraw(1)).await.unwrap();

        let answer = send(&accounts, id, withdraw(500)).await;

        assert!(matches!(answer, Err(ExecuteError::Rejected(_))));
        assert_eq!(log(&accounts).await.len(), 3);
    });
}

#[test]
fn a_command_sent_twice_at_once_meets_a_conflict_and_is_then_found() {
    block_on(async {
        let accounts = opened().await;
        let id = accounts.next_command_id();
        let twice = || send(&accounts, id, deposit(500));

        let (first, second) = at_once(twice(), twice()).await;

        let recorded = first.unwrap();
        assert_conflict(&second);
        assert_eq!(twice().await.unwrap(), recorded);
        assert_eq!(balance(&accounts).await, 500);
    });
}

// --- where it is looked for -------------------------------------------------------------------

#[test]
fn a_command_is_found_before_the_snapshot_that_the_state_is_loaded_from() {
    block_on(async {
        let every = SnapshotPolicy::Every(NonZeroU64::new(4).unwrap());
        let accounts = opened().await.with_snapshots(every);
        let id = accounts.next_command_id();
        accounts.store().next_append(Fault::AnswerLost);
        assert_unknown(send(&accounts, id, deposit(500)).await);
        for _ in 0..3 {
            accounts.execute("ada", deposit(1)).await.unwrap();
        }
        let ada = stream("bank_account", "ada");
        let snapshot = accounts.store().snapshot(&ada).await.unwrap().unwrap();
        assert_eq!(snapshot.version, Version(4));

        let recorded = send(&accounts, id, deposit(500)).await.unwrap();

        assert_eq!(recorded[0].version, Version(2));
        assert_eq!(balance(&accounts).await, 503);
    });
}

#[test]
fn who_has_seen_nothing_has_the_whole_stream_searched_though_reads_come_in_pages() {
    block_on(async {
        let accounts = opened().await;
        let id = accounts.next_command_id();
        let recorded = send(&accounts, id, deposit(500)).await.unwrap();
        for later in [999, 1_001] {
            let mut root = accounts.load("ada").await.unwrap();
            (0..later).for_each(|_| root.apply(deposited(1)));
            accounts.save(&mut root).await.unwrap();
            let again = accounts.execute_once("ada", id, Version::NONE, deposit(500));
            assert_eq!(again.await.unwrap(), recorded);
        }
        let again = accounts.execute_once("ada", id, Version(1), deposit(500));
        assert_eq!(again.await.unwrap(), recorded);
    });
}

#[test]
fn nothing_more_is_read_where_nothing_follows_the_version_that_was_seen() {
    block_on(async {
        let accounts = opened().await;
        let reads = |accounts: &Accounts| *accounts.store().reads.lock().unwrap();
        let before = reads(&accounts);
        accounts.load("ada").await.unwrap();
        let of_loading = reads(&accounts) - before;
        let id = accounts.next_command_id();
        send(&accounts, id, deposit(500)).await.unwrap();
        assert_eq!(reads(&accounts) - before, 2 * of_loading);
    });
}

#[test]
fn a_stream_that_was_emptied_since_is_searched_whole() {
    block_on(async {
        let accounts = opened().await;
        accounts.execute("ada", deposit(1)).await.unwrap();
        accounts.execute("ada", deposit(1)).await.unwrap();
        let (id, seen) = (accounts.next_command_id(), Version(3));
        let (owner, currency) = ("Ada".to_owned(), "EUR".to_owned());
        let open = Command::OpenAccount { owner, currency };
        accounts.store().reset(&[]).await.unwrap();
        accounts.store().next_append(Fault::AnswerLost);
        assert_unknown(accounts.execute_once("ada", id, seen, open.clone()).await);

        let recorded = accounts.execute_once("ada", id, seen, open).await.unwrap();

        assert_eq!(recorded, log(&accounts).await);
        assert_eq!(recorded[0].version, Version(1));
    });
}

// --- several events, and none -----------------------------------------------------------------

/// A drawer: what is put into it lies there, and sorting it makes one event a sheet.
#[derive(Clone)]
struct Drawer;

#[derive(Clone)]
enum Ask {
    Put,
    Sort,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
enum Sheet {
    SheetPut { number: u32 },
    SheetSorted { number: u32 },
}

impl Decider for Drawer {
    type Command = Ask;
    type Event = Sheet;
    /// How many sheets are unsorted.
    type State = u32;
    type Rejection = std::convert::Infallible;

    fn initial_state(&self) -> u32 {
        0
    }

    fn decide(&self, unsorted: &u32, ask: Ask) -> Result<Vec<Sheet>, Self::Rejection> {
        Ok(match ask {
            Ask::Put => vec![Sheet::SheetPut { number: *unsorted }],
            Ask::Sort => (0..*unsorted)
                .map(|number| Sheet::SheetSorted { number })
                .collect(),
        })
    }

    fn evolve(&self, unsorted: &mut u32, sheet: &Sheet) {
        match sheet {
            Sheet::SheetPut { .. } => *unsorted += 1,
            Sheet::SheetSorted { .. } => *unsorted -= 1,
        }
    }
}

impl Aggregate for Drawer {
    fn aggregate_type(&self) -> &'static str {
        "drawer"
    }

    fn encode(&self, event: &Sheet) -> Result<EncodedEvent, InvalidJson> {
        payload::encode(event, 1)
    }

    fn decode(&self, event: &RecordedEvent) -> Result<Sheet, DecodeError> {
        payload::decode(&event.event_type, &event.data)
    }
}

fn drawers() -> Repository<Drawer, Unreliable, FixedClock, SequentialIds> {
    let (clock, ids) = (FixedClock::new(TIME, 1_000), SequentialIds::default());
    Repository::new(Drawer, Unreliable::default(), clock, ids)
}

#[test]
fn a_command_is_answered_with_all_its_events_in_order_and_with_no_others() {
    block_on(async {
        // A page has a thousand events: some of them, and more than one.
        for sheets in [3, 1_200] {
            let drawers = drawers();
            let mut root = drawers.load("top").await.unwrap();
            (0..sheets).for_each(|_| root.execute(Ask::Put).unwrap());
            drawers.save(&mut root).await.unwrap();
            let (id, seen) = (drawers.next_command_id(), Version(sheets));
            drawers.store().next_append(Fault::AnswerLost);
            let lost = drawers.execute_once("top", id, seen, Ask::Sort).await;
            lost.unwrap_err();
            drawers.execute("top", Ask::Put).await.unwrap();

            let again = drawers.execute_once("top", id, seen, Ask::Sort).await;

            let recorded = again.unwrap();
            let versions: Vec<_> = recorded.iter().map(|event| event.version.0).collect();
            let expected: Vec<_> = (sheets + 1..=2 * sheets).collect();
            assert_eq!(versions, expected);
        }
    });
}

#[test]
fn a_command_that_led_to_no_events_is_decided_again() {
    block_on(async {
        let drawers = drawers();
        let (id, seen) = (drawers.next_command_id(), Version::NONE);
        let sort = || drawers.execute_once("top", id, seen, Ask::Sort);
        assert_eq!(sort().await, Ok(vec![]));
        assert_eq!(sort().await, Ok(vec![]));
        drawers.execute("top", Ask::Put).await.unwrap();

        let recorded = sort().await.unwrap();

        assert_eq!(recorded.len(), 1);
        assert_eq!(sort().await, Ok(recorded));
    });
}

// --- which errors leave it open ---------------------------------------------------------------

#[test]
fn only_a_store_that_failed_or_was_lost_leaves_the_outcome_unknown() {
    let text = || "lost".to_owned();
    let lost = || text().into();
    let (reason, cause, operation) = (lost(), lost(), "append");
    let unknown = [
        StoreError::Unavailable { reason },
        StoreError::Failed { operation, cause },
    ];
    for error in unknown {
        assert!(AppendError::Store(error).outcome_is_unknown());
    }
    let known = [
        StoreError::InUse { cause: lost() },
        StoreError::Full,
        StoreError::Corrupt {
            stream: text(),
            version: Version(1),
            position: Position::START,
            cause: lost(),
        },
        StoreError::Newer { found: 2, known: 1 },
        StoreError::OutOfRange {
            what: "version",
            value: 2,
            greatest: 1,
        },
    ];
    for error in known {
        assert!(!AppendError::Store(error).outcome_is_unknown());
    }
    let conflict = AppendError::Conflict {
        stream: stream("bank_account", "ada"),
        expected: ExpectedVersion::Any,
        actual: Version(1),
    };
    assert!(!conflict.outcome_is_unknown());
}
