//! The bank account: money comes and goes, never below zero, and nothing moves on a frozen or
//! closed account.

use serde::{Deserialize, Serialize};

use super::described::Described;
use super::form::{CommandForm, Field, Kind};
use super::look::{Glyph, Look};
use super::money::{self, CURRENCY_NAMES, MAX_AMOUNT};
use super::outside::Model;
use crate::core::{
    Aggregate, Decider, DecodeError, EncodedEvent, InvalidJson, RecordedEvent, payload,
};

/// The bank account as a decider.
#[derive(Clone, Copy, Debug, Default)]
pub struct BankAccount;

/// What can be asked of an account. Amounts are minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the forms below say what each argument is")]
pub enum Command {
    #[serde(rename = "Open account")]
    OpenAccount {
        owner: String,
        currency: String,
    },
    Deposit {
        amount: i64,
        reference: String,
    },
    Withdraw {
        amount: i64,
        reference: String,
    },
    #[serde(rename = "Transfer out")]
    TransferOut {
        amount: i64,
        to: String,
        reference: String,
    },
    Freeze {
        reason: String,
    },
    Unfreeze {
        reason: String,
    },
    #[serde(rename = "Close account")]
    CloseAccount {
        reason: String,
    },
}

/// What can happen to an account. Amounts are minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(
    missing_docs,
    reason = "each field repeats the argument of its command"
)]
pub enum Event {
    AccountOpened {
        owner: String,
        currency: String,
    },
    MoneyDeposited {
        amount: i64,
        reference: String,
    },
    MoneyWithdrawn {
        amount: i64,
        reference: String,
    },
    MoneyTransferredOut {
        amount: i64,
        to: String,
        reference: String,
    },
    AccountFrozen {
        reason: String,
    },
    AccountUnfrozen {
        reason: String,
    },
    AccountClosed {
        reason: String,
    },
}

/// Where an account stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It was never opened.
    #[default]
    NotOpened,
    /// It takes all commands.
    Open,
    /// Nothing moves until it is unfrozen.
    Frozen,
    /// For good.
    Closed,
}

/// How often money moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movements {
    /// Deposits.
    pub deposits: u64,
    /// Withdrawals and transfers out.
    pub withdrawals: u64,
}

/// What is known of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Where it stands.
    pub status: Status,
    /// Whose it is.
    pub owner: String,
    /// Its currency.
    pub currency: String,
    /// What is in it, in minor units.
    pub balance: i64,
    /// How often money moved.
    pub movements: Movements,
}

/// Why an account refuses a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentences say what each means")]
pub enum Rejection {
    #[error("This account isn't open yet; open it first.")]
    NotOpened,
    #[error("This account is open already; it belongs to {owner}.")]
    OpenAlready { owner: String },
    #[error("This account is frozen; unfreeze it first.")]
    Frozen,
    #[error("This account isn't frozen.")]
    NotFrozen,
    #[error("This account is closed for good.")]
    Closed,
    #[error("The amount must be more than zero and at most {max}.")]
    AmountOutOfRange { max: String },
    #[error("The balance is {balance} {currency}; {asked} was asked for.")]
    InsufficientFunds {
        balance: String,
        asked: String,
        currency: String,
    },
    #[error(
        "The balance is {balance} {currency}; with {asked} more it would pass {max}, the most that an account can hold."
    )]
    TooMuch {
        balance: String,
        asked: String,
        max: String,
        currency: String,
    },
    #[error("There is {balance} {currency} left in the account; withdraw it first.")]
    MoneyLeft { balance: String, currency: String },
    #[error("{what} must not be empty.")]
    Empty { what: &'static str },
    #[error("{currency} isn't a currency that is dealt in here.")]
    UnknownCurrency { currency: String },
}

impl State {
    fn must_be_open(&self) -> Result<(), Rejection> {
        match self.status {
            Status::Open => Ok(()),
            Status::NotOpened => Err(Rejection::NotOpened),
            Status::Frozen => Err(Rejection::Frozen),
            Status::Closed => Err(Rejection::Closed),
        }
    }

    fn must_be_an_amount(&self, amount: i64) -> Result<(), Rejection> {
        if (1..=MAX_AMOUNT).contains(&amount) {
            return Ok(());
        }
        let max = self.money(MAX_AMOUNT);
        Err(Rejection::AmountOutOfRange { max })
    }

    fn must_hold(&self, amount: i64) -> Result<(), Rejection> {
        self.must_be_open()?;
        self.must_be_an_amount(amount)?;
        if amount <= self.balance {
            return Ok(());
        }
        Err(Rejection::InsufficientFunds {
            balance: self.money(self.balance),
            asked: self.money(amount),
            currency: self.currency.clone(),
        })
    }

    fn money(&self, amount: i64) -> String {
        money::format(amount, &self.currency)
    }
}

impl Decider for BankAccount {
    type Command = Command;
    type Event = Event;
    type State = State;
    type Rejection = Rejection;

    fn initial_state(&self) -> State {
        State::default()
    }

    fn decide(&self, state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
        let event = match command {
            Command::OpenAccount { owner, currency } => {
                match state.status {
                    Status::NotOpened => {}
                    Status::Closed => return Err(Rejection::Closed),
                    Status::Open | Status::Frozen => {
                        let owner = state.owner.clone();
                        return Err(Rejection::OpenAlready { owner });
                    }
                }
                if owner.is_empty() {
                    return Err(Rejection::Empty { what: "The owner" });
                }
                if !CURRENCY_NAMES.contains(&currency.as_str()) {
                    return Err(Rejection::UnknownCurrency { currency });
                }
                Event::AccountOpened { owner, currency }
            }
            Command::Deposit { amount, reference } => {
                state.must_be_open()?;
                state.must_be_an_amount(amount)?;
                // Saturating: a log from elsewhere can fold to a balance that no rule allowed.
                if amount > MAX_AMOUNT.saturating_sub(state.balance) {
                    return Err(Rejection::TooMuch {
                        balance: state.money(state.balance),
                        asked: state.money(amount),
                        max: state.money(MAX_AMOUNT),
                        currency: state.currency.clone(),
                    });
                }
                Event::MoneyDeposited { amount, reference }
            }
            Command::Withdraw { amount, reference } => {
                state.must_hold(amount)?;
                Event::MoneyWithdrawn { amount, reference }
            }
            Command::TransferOut {
                amount,
                to,
                reference,
            } => {
                state.must_hold(amount)?;
                if to.is_empty() {
                    return Err(Rejection::Empty {
                        what: "The account to transfer to",
                    });
                }
                Event::MoneyTransferredOut {
                    amount,
                    to,
                    reference,
                }
            }
            Command::Freeze { reason } => {
                state.must_be_open()?;
                Event::AccountFrozen { reason }
            }
            Command::Unfreeze { reason } => match state.status {
                Status::Frozen => Event::AccountUnfrozen { reason },
                Status::Open => return Err(Rejection::NotFrozen),
                Status::NotOpened => return Err(Rejection::NotOpened),
                Status::Closed => return Err(Rejection::Closed),
            },
            Command::CloseAccount { reason } => {
                state.must_be_open()?;
                if state.balance != 0 {
                    return Err(Rejection::MoneyLeft {
                        balance: state.money(state.balance),
                        currency: state.currency.clone(),
                    });
                }
                Event::AccountClosed { reason }
            }
        };
        Ok(vec![event])
    }

    fn evolve(&self, state: &mut State, event: &Event) {
        match event {
            Event::AccountOpened { owner, currency } => {
                state.status = Status::Open;
                state.owner.clone_from(owner);
                state.currency.clone_from(currency);
            }
            Event::MoneyDeposited { amount, .. } => {
                state.balance = state.balance.saturating_add(*amount);
                state.movements.deposits = state.movements.deposits.saturating_add(1);
            }
            Event::MoneyWithdrawn { amount, .. } | Event::MoneyTransferredOut { amount, .. } => {
                state.balance = state.balance.saturating_sub(*amount);
                state.movements.withdrawals = state.movements.withdrawals.saturating_add(1);
            }
            Event::AccountFrozen { .. } => state.status = Status::Frozen,
            Event::AccountUnfrozen { .. } => state.status = Status::Open,
            Event::AccountClosed { .. } => state.status = Status::Closed,
        }
    }
}

impl Aggregate for BankAccount {
    fn aggregate_type(&self) -> &str {
        "bank_account"
    }

    fn encode(&self, event: &Event) -> Result<EncodedEvent, InvalidJson> {
        payload::encode(event, 1)
    }

    fn decode(&self, event: &RecordedEvent) -> Result<Event, DecodeError> {
        payload::decode(&event.event_type, &event.data)
    }
}

const AMOUNT: Field = Field {
    key: "amount",
    label: "Amount",
    kind: Kind::Money {
        min: 1,
        default: 10_000,
    },
};

const REFERENCE: Field = Field {
    key: "reference",
    label: "Reference",
    kind: Kind::Text {
        min: 0,
        max: 140,
        default: "",
    },
};

const REASON: Field = Field {
    key: "reason",
    label: "Reason",
    kind: Kind::Text {
        min: 0,
        max: 140,
        default: "",
    },
};

const COMMANDS: &[CommandForm] = &[
    CommandForm {
        name: "Open account",
        summary: "Begins the account. It has one owner and one currency.",
        fields: &[
            Field {
                key: "owner",
                label: "Owner",
                kind: Kind::Text {
                    min: 1,
                    max: 100,
                    default: "Ada Byron",
                },
            },
            Field {
                key: "currency",
                label: "Currency",
                kind: Kind::Choice(CURRENCY_NAMES),
            },
        ],
    },
    CommandForm {
        name: "Deposit",
        summary: "Puts money in.",
        fields: &[AMOUNT, REFERENCE],
    },
    CommandForm {
        name: "Withdraw",
        summary: "Takes money out, never more than there is.",
        fields: &[AMOUNT, REFERENCE],
    },
    CommandForm {
        name: "Transfer out",
        summary: "Sends money to another account, never more than there is.",
        fields: &[
            AMOUNT,
            Field {
                key: "to",
                label: "To account",
                kind: Kind::Text {
                    min: 1,
                    max: 100,
                    default: "grace-main",
                },
            },
            REFERENCE,
        ],
    },
    CommandForm {
        name: "Freeze",
        summary: "Stops all movements.",
        fields: &[REASON],
    },
    CommandForm {
        name: "Unfreeze",
        summary: "Lets money move again.",
        fields: &[REASON],
    },
    CommandForm {
        name: "Close account",
        summary: "Ends the account for good; it must be empty.",
        fields: &[REASON],
    },
];

const LOOKS: &[(&str, Look)] = &[
    ("AccountOpened", Look::new(1, Glyph::Ring)),
    ("MoneyDeposited", Look::new(2, Glyph::Up)),
    ("MoneyWithdrawn", Look::new(3, Glyph::Down)),
    ("MoneyTransferredOut", Look::new(5, Glyph::Diamond)),
    ("AccountFrozen", Look::new(6, Glyph::Square)),
    ("AccountUnfrozen", Look::new(4, Glyph::Hexagon)),
    ("AccountClosed", Look::new(3, Glyph::Cross)),
];

/// The bank account for the page.
#[must_use]
pub fn model() -> impl Model {
    Described {
        aggregate: BankAccount,
        title: "Bank account",
        commands: COMMANDS,
        looks: LOOKS,
        money_keys: &["amount", "balance"],
        measure: ("balance", |state| state.balance as f64),
    }
}
