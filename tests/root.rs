//! The aggregate root: raising new events, and replaying recorded ones.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use eventloom::core::{AggregateRoot, ReplayError, Version};
use eventloom::model::bank_account::{BankAccount, Command, Event, Rejection};
use support::{recorded, stream};

fn deposited(amount: i64) -> Event {
    let reference = String::new();
    Event::MoneyDeposited { amount, reference }
}

fn root() -> AggregateRoot<BankAccount> {
    AggregateRoot::new(BankAccount, stream("bank_account", "ada"))
}

#[test]
fn applying_an_event_counts_one_version_and_keeps_it_uncommitted() {
    let mut account = root();
    account.apply(deposited(1));
    account.apply(deposited(2));
    assert_eq!(account.version(), Version(2));
    assert_eq!(account.committed_version(), Version(0));
    assert_eq!(account.uncommitted(), [deposited(1), deposited(2)]);
    assert_eq!(account.state().balance, 3);
}

#[test]
fn a_rejected_command_leaves_the_root_as_it_was() {
    let mut account = root();
    let (owner, currency) = ("Ada".into(), "EUR".into());
    account
        .execute(Command::OpenAccount { owner, currency })
        .unwrap();
    let rejection = {
        let reference = String::new();
        account.execute(Command::Deposit {
            amount: 0,
            reference,
        })
    }
    .unwrap_err();
    assert!(matches!(rejection, Rejection::AmountOutOfRange { .. }));
    assert_eq!(account.version(), Version(1));
    assert_eq!(account.uncommitted().len(), 1);
}

#[test]
fn replaying_an_event_counts_its_version_and_leaves_nothing_to_save() {
    let mut account = root();
    for event in recorded(&BankAccount, "ada", [deposited(1), deposited(2)]) {
        account.raise_event(&event).unwrap();
    }
    assert_eq!(
        (account.version(), account.state().balance),
        (Version(2), 3)
    );
    assert_eq!(account.committed_version(), Version(2));
    assert!(account.uncommitted().is_empty());
}

#[test]
fn another_aggregates_event_is_refused_and_changes_nothing() {
    let mut account = root();
    let event = recorded(&BankAccount, "grace", [deposited(1)]).remove(0);
    assert_eq!(
        account.raise_event(&event),
        Err(ReplayError::InvalidAggregateId {
            expected: stream("bank_account", "ada"),
            found: stream("bank_account", "grace"),
        })
    );
    assert_eq!(
        (account.version(), account.state().balance),
        (Version(0), 0)
    );
}

#[test]
fn another_kind_of_aggregate_with_the_same_id_is_another_aggregate() {
    let mut account = root();
    let order = stream("order", "ada");
    let event = support::foreign(&order, &[("AccountFrozen", r#"{"reason":""}"#)]).remove(0);
    let answer = account.raise_event(&event);
    assert!(
        matches!(answer, Err(ReplayError::InvalidAggregateId { .. })),
        "{answer:?}"
    );
}

#[test]
fn a_version_that_is_not_the_next_is_refused_and_changes_nothing() {
    let events = recorded(
        &BankAccount,
        "ada",
        [deposited(1), deposited(2), deposited(3)],
    );
    let mut account = root();
    account.raise_event(&events[0]).unwrap();
    // Again, and with a gap.
    for (event, found) in [(&events[0], 1), (&events[2], 3)] {
        assert_eq!(
            account.raise_event(event),
            Err(ReplayError::InvalidEventVersion {
                expected: Version(2),
                found: Version(found),
            })
        );
    }
    assert_eq!(
        (account.version(), account.state().balance),
        (Version(1), 1)
    );
}

#[test]
fn an_event_that_can_not_be_read_is_refused_and_changes_nothing() {
    let mut account = root();
    let id = stream("bank_account", "ada");
    let event = support::foreign(&id, &[("MoneyPrinted", "{}")]).remove(0);
    let answer = account.raise_event(&event);
    assert!(matches!(answer, Err(ReplayError::Decode(_))), "{answer:?}");
    assert_eq!(account.version(), Version(0));
}

#[test]
fn a_recorded_event_is_not_replayed_over_uncommitted_ones_and_changes_nothing() {
    let mut account = root();
    account.apply(deposited(1));
    let second = recorded(&BankAccount, "ada", [deposited(2), deposited(3)]).remove(1);

    let error = account.raise_event(&second).unwrap_err();

    let (stream, count) = (stream("bank_account", "ada"), 1);
    assert_eq!(error, ReplayError::Uncommitted { stream, count });
    assert_eq!(
        error.to_string(),
        "a recorded event was replayed onto bank_account/ada, which has unsaved events (1); save \
         them first, or load it again"
    );
    assert_eq!(
        (account.version(), account.state().balance),
        (Version(1), 1)
    );
    assert_eq!(account.uncommitted(), [deposited(1)]);
}
