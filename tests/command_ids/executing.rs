//! Executing a command without an id of one's own: it gets one, and is decided again after a conflict,
//! once, and after nothing else.

use super::*;
use eventloom::core::{IdSource, Metadata, NewEvent};

/// An event of somebody else's.
fn other(event: Event, number: i64) -> Box<NewEvent> {
    static IDS: std::sync::LazyLock<SequentialIds> =
        std::sync::LazyLock::new(SequentialIds::default);
    let time = eventloom::core::Timestamp::from_millis(number);
    let encoded = BankAccount.encode(&event).unwrap();
    Box::new(encoded.seal(IDS.next_id(time), time, Metadata::correlated("another's")))
}

fn withdrawn(amount: i64) -> Event {
    let reference = String::new();
    Event::MoneyWithdrawn { amount, reference }
}

fn appends(accounts: &Accounts) -> usize {
    accounts.store().batches.lock().unwrap().len()
}

// --- its id -----------------------------------------------------------------------------------

#[test]
fn an_unknown_outcome_hands_out_the_id_with_which_the_command_is_recorded_once() {
    block_on(async {
        for fault in [Fault::AnswerLost, Fault::NotReached] {
            let accounts = opened().await;
            accounts.store().next_append(fault);
            let error = accounts.execute("ada", deposit(500)).await.unwrap_err();
            assert!(error.outcome_is_unknown());
            let id = error.command_id().unwrap();
            let words = format!("send the command again with its id, {id}");
            assert!(error.to_string().contains(&words), "{error}");

            let recorded = send(&accounts, id, deposit(500)).await.unwrap();

            assert_eq!(recorded, log(&accounts).await[1..]);
            assert_eq!(recorded[0].metadata.command_id, Some(id));
            assert_eq!(balance(&accounts).await, 500);
        }
    });
}

#[test]
fn a_command_that_is_sent_again_hands_its_id_out_again() {
    block_on(async {
        let accounts = opened().await;
        let id = accounts.next_command_id();
        accounts.store().next_append(Fault::NotReached);
        let error = send(&accounts, id, deposit(500)).await.unwrap_err();
        assert_eq!(error.command_id(), Some(id));
    });
}

#[test]
fn the_events_of_each_execution_carry_an_id_of_their_own() {
    block_on(async {
        let accounts = opened().await;
        accounts.execute("ada", deposit(500)).await.unwrap();
        let ids: Vec<_> = log(&accounts)
            .await
            .iter()
            .map(|event| event.metadata.command_id.unwrap())
            .collect();
        assert_ne!(ids[0], ids[1]);
    });
}

#[test]
fn an_error_that_says_what_came_of_it_hands_out_no_id() {
    block_on(async {
        let accounts = opened().await;
        accounts.store().next_append(Fault::NoRoom);
        let error = accounts.execute("ada", deposit(500)).await.unwrap_err();
        assert_eq!(error, ExecuteError::Append(StoreError::Full.into()));
        assert!(!error.outcome_is_unknown());
        assert_eq!(error.command_id(), None);
        assert_eq!(log(&accounts).await.len(), 1);
    });
}

// --- conflicts --------------------------------------------------------------------------------

#[test]
fn who_is_overtaken_decides_again_on_what_is_true_by_then() {
    block_on(async {
        let accounts = opened().await;
        accounts
            .store()
            .next_append(Fault::Overtaken(other(deposited(20), 1)));

        let recorded = accounts.execute("ada", deposit(500)).await.unwrap();

        assert_eq!(recorded[0].version, Version(3));
        assert_eq!(balance(&accounts).await, 520);
    });
}

#[test]
fn a_command_that_was_allowed_before_the_conflict_is_rejected_after_it() {
    block_on(async {
        let accounts = opened().await;
        accounts.execute("ada", deposit(500)).await.unwrap();
        accounts
            .store()
            .next_append(Fault::Overtaken(other(withdrawn(1), 1)));

        let answer = accounts.execute("ada", withdraw(500)).await;

        assert!(
            matches!(answer, Err(ExecuteError::Rejected(_))),
            "{answer:?}"
        );
        assert_eq!(balance(&accounts).await, 499);
    });
}

#[test]
fn who_is_overtaken_twice_is_told_the_conflict_and_nothing_is_recorded() {
    block_on(async {
        let accounts = opened().await;
        accounts
            .store()
            .next_append(Fault::Overtaken(other(deposited(20), 1)));
        accounts
            .store()
            .next_append(Fault::Overtaken(other(deposited(3), 2)));
        let before = appends(&accounts);

        let answer = accounts.execute("ada", deposit(500)).await;

        assert_conflict(&answer);
        assert_eq!(appends(&accounts) - before, 2);
        assert_eq!(balance(&accounts).await, 23);
    });
}

#[test]
fn an_unknown_outcome_is_never_tried_again_by_itself() {
    block_on(async {
        let accounts = opened().await;
        // Also not the second try, after a conflict.
        for overtaken in [false, true] {
            if overtaken {
                accounts
                    .store()
                    .next_append(Fault::Overtaken(other(deposited(20), 1)));
            }
            accounts.store().next_append(Fault::NotReached);
            let before = appends(&accounts);
            assert_unknown(accounts.execute("ada", deposit(500)).await);
            assert_eq!(appends(&accounts) - before, 1 + usize::from(overtaken));
        }
    });
}

#[test]
fn only_execute_decides_again_by_itself() {
    block_on(async {
        let accounts = opened().await;
        accounts
            .store()
            .next_append(Fault::Overtaken(other(deposited(20), 1)));
        accounts
            .store()
            .next_append(Fault::Overtaken(other(deposited(3), 2)));
        let before = appends(&accounts);

        let id = accounts.next_command_id();
        assert_conflict(&send(&accounts, id, deposit(500)).await);
        let mut root = accounts.load("ada").await.unwrap();
        root.execute(deposit(500)).unwrap();
        assert_conflict(&accounts.save(&mut root).await);

        assert_eq!(appends(&accounts) - before, 2);
        assert_eq!(balance(&accounts).await, 23);
    });
}

// --- another history --------------------------------------------------------------------------

fn open() -> Command {
    let (owner, currency) = ("Ada".into(), "EUR".into());
    Command::OpenAccount { owner, currency }
}

#[test]
fn who_is_overtaken_by_a_reset_decides_again_on_what_is_true_by_then() {
    block_on(async {
        let accounts = accounts();
        accounts.store().next_append(Fault::Emptied);
        let recorded = accounts.execute("ada", open()).await.unwrap();
        assert_eq!(recorded, log(&accounts).await);

        accounts.store().next_append(Fault::Emptied);
        let answer = accounts.execute("ada", deposit(500)).await;
        assert_eq!(answer, Err(ExecuteError::Rejected(Rejection::NotOpened)));
        assert!(log(&accounts).await.is_empty());
    });
}

#[test]
fn of_conflicts_and_resets_each_is_decided_again_once() {
    block_on(async {
        let overtaken = |number| Fault::Overtaken(other(deposited(20), number));
        let accounts = accounts();
        let faults = [overtaken(1), Fault::Emptied];
        faults
            .into_iter()
            .for_each(|fault| accounts.store().next_append(fault));
        let recorded = accounts.execute("ada", open()).await.unwrap();
        assert_eq!(recorded, log(&accounts).await);
        assert_eq!(appends(&accounts), 3);

        let faults = [Fault::Emptied, overtaken(2), Fault::Emptied];
        faults
            .into_iter()
            .for_each(|fault| accounts.store().next_append(fault));
        accounts.store().reset(&[]).await.unwrap();
        let answer = accounts.execute("ada", open()).await;
        assert!(
            matches!(
                answer,
                Err(ExecuteError::Append(AppendError::Store(
                    StoreError::HistoryChanged { .. }
                )))
            ),
            "{answer:?}"
        );
        assert_eq!(appends(&accounts), 6);
    });
}
