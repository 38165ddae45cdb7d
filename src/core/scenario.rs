//! Given, when, then for deciders: what happened, what is asked for, what comes of it. A failure
//! points at the line of the test. Tests only: feature `testing`.
//!
//! ```
//! use eventloom::core::scenario::given;
//! use eventloom::model::bank_account::{BankAccount, Command, Event};
//!
//! let opened = Event::AccountOpened { owner: "Ada".into(), currency: "EUR".into() };
//! let withdraw = Command::Withdraw { amount: 700, reference: "rent".into() };
//! given(BankAccount, [opened])
//!     .when(withdraw)
//!     .then_rejected("The balance is 0.00 EUR; 7.00 was asked for.");
//! ```

use std::fmt;

use super::decider::Decider;

/// A decider and the state that its history led to.
#[derive(Debug)]
pub struct Given<D: Decider>(D, D::State);

/// What a command led to.
#[derive(Debug)]
pub struct Decided<D: Decider>(Result<Vec<D::Event>, D::Rejection>);

/// What happened before, oldest first. Nothing checks that it could have.
pub fn given<D: Decider>(decider: D, history: impl IntoIterator<Item = D::Event>) -> Given<D> {
    let mut state = decider.initial_state();
    for event in history {
        decider.evolve(&mut state, &event);
    }
    Given(decider, state)
}

impl<D: Decider> Given<D> {
    /// What is asked for.
    pub fn when(self, command: D::Command) -> Decided<D> {
        Decided(self.0.decide(&self.1, command))
    }

    /// The state that the history led to.
    pub fn state(self) -> D::State {
        self.1
    }
}

impl<D: Decider<Event: PartialEq + fmt::Debug>> Decided<D> {
    /// These events, and no others, come of it.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = D::Event>) {
        match self.0 {
            Ok(events) => assert_eq!(events, expected.into_iter().collect::<Vec<_>>()),
            Err(rejection) => panic!("the command was rejected: {rejection}"),
        }
    }

    /// It is rejected in these words.
    #[track_caller]
    pub fn then_rejected(self, words: &str) {
        match self.0 {
            Ok(events) => panic!("the command was not rejected; it led to {events:?}"),
            Err(rejection) => assert_eq!(rejection.to_string(), words),
        }
    }
}
