//! The bank account's rules, in its own words.

use eventloom::core::Decider;
use eventloom::core::scenario::given;
use eventloom::model::bank_account::{BankAccount, Command, Event, Movements, State, Status};
use proptest::prelude::*;

/// 2^53 − 1.
const MAX: i64 = 9_007_199_254_740_991;

fn opened_in(currency: &str) -> Event {
    Event::AccountOpened {
        owner: "Ada Byron".into(),
        currency: currency.into(),
    }
}

fn opened() -> Event {
    opened_in("EUR")
}

fn deposited(amount: i64) -> Event {
    let reference = "salary".into();
    Event::MoneyDeposited { amount, reference }
}

fn withdrawn(amount: i64) -> Event {
    let reference = "rent".into();
    Event::MoneyWithdrawn { amount, reference }
}

fn transferred(amount: i64) -> Event {
    Event::MoneyTransferredOut {
        amount,
        to: "grace-main".into(),
        reference: "loan".into(),
    }
}

fn frozen() -> Event {
    let reason = "card lost".into();
    Event::AccountFrozen { reason }
}

fn unfrozen() -> Event {
    let reason = "new card".into();
    Event::AccountUnfrozen { reason }
}

fn closed() -> Event {
    let reason = "moved".into();
    Event::AccountClosed { reason }
}

fn open(owner: &str, currency: &str) -> Command {
    Command::OpenAccount {
        owner: owner.into(),
        currency: currency.into(),
    }
}

fn deposit(amount: i64) -> Command {
    let reference = "salary".into();
    Command::Deposit { amount, reference }
}

fn withdraw(amount: i64) -> Command {
    let reference = "rent".into();
    Command::Withdraw { amount, reference }
}

fn transfer(amount: i64, to: &str) -> Command {
    Command::TransferOut {
        amount,
        to: to.into(),
        reference: "loan".into(),
    }
}

fn freeze() -> Command {
    let reason = "card lost".into();
    Command::Freeze { reason }
}

fn unfreeze() -> Command {
    let reason = "new card".into();
    Command::Unfreeze { reason }
}

fn close() -> Command {
    let reason = "moved".into();
    Command::CloseAccount { reason }
}

#[test]
fn opening_an_account_gives_it_its_owner_and_its_currency() {
    given(BankAccount, [])
        .when(open("Ada Byron", "EUR"))
        .then([opened()]);
}

#[test]
fn an_account_can_be_opened_in_each_of_the_five_currencies() {
    for currency in ["EUR", "USD", "GBP", "CHF", "JPY"] {
        given(BankAccount, [])
            .when(open("Ada Byron", currency))
            .then([opened_in(currency)]);
    }
}

#[test]
fn an_account_is_not_opened_in_a_currency_that_is_not_dealt_in() {
    given(BankAccount, [])
        .when(open("Ada Byron", "eur"))
        .then_rejected("eur isn't a currency that is dealt in here.");
}

#[test]
fn an_account_is_not_opened_without_an_owner() {
    given(BankAccount, [])
        .when(open("", "EUR"))
        .then_rejected("The owner must not be empty.");
}

#[test]
fn an_account_is_opened_only_once() {
    for history in [vec![opened()], vec![opened(), frozen()]] {
        given(BankAccount, history)
            .when(open("Grace", "USD"))
            .then_rejected("This account is open already; it belongs to Ada Byron.");
    }
}

#[test]
fn a_deposit_puts_money_in() {
    given(BankAccount, [opened()])
        .when(deposit(500))
        .then([deposited(500)]);
}

#[test]
fn the_whole_balance_can_be_withdrawn_and_not_a_cent_more() {
    let history = || [opened(), deposited(500)];
    given(BankAccount, history())
        .when(withdraw(500))
        .then([withdrawn(500)]);
    given(BankAccount, history())
        .when(withdraw(501))
        .then_rejected("The balance is 5.00 EUR; 5.01 was asked for.");
}

#[test]
fn the_whole_balance_can_be_transferred_and_not_a_cent_more() {
    let history = || [opened(), deposited(500)];
    given(BankAccount, history())
        .when(transfer(500, "grace-main"))
        .then([transferred(500)]);
    given(BankAccount, history())
        .when(transfer(501, "grace-main"))
        .then_rejected("The balance is 5.00 EUR; 5.01 was asked for.");
}

#[test]
fn a_transfer_needs_an_account_to_go_to() {
    given(BankAccount, [opened(), deposited(500)])
        .when(transfer(1, ""))
        .then_rejected("The account to transfer to must not be empty.");
}

#[test]
fn amounts_are_named_with_the_digits_of_their_currency() {
    given(BankAccount, [opened_in("JPY"), deposited(500)])
        .when(withdraw(700))
        .then_rejected("The balance is 500 JPY; 700 was asked for.");
}

#[test]
fn what_moves_is_more_than_nothing_and_at_most_2_to_the_53_less_one() {
    for amount in [0, -1, MAX + 1, i64::MIN, i64::MAX] {
        for command in [
            deposit(amount),
            withdraw(amount),
            transfer(amount, "grace-main"),
        ] {
            given(BankAccount, [opened(), deposited(500)])
                .when(command)
                .then_rejected("The amount must be more than zero and at most 90071992547409.91.");
        }
    }
}

#[test]
fn an_account_holds_up_to_2_to_the_53_less_one_and_no_more() {
    given(BankAccount, [opened()])
        .when(deposit(MAX))
        .then([deposited(MAX)]);
    given(BankAccount, [opened(), deposited(MAX - 2)])
        .when(deposit(2))
        .then([deposited(2)]);
    given(BankAccount, [opened(), deposited(MAX - 2)])
        .when(deposit(3))
        .then_rejected(
            "The balance is 90071992547409.89 EUR; with 0.03 more it would pass \
             90071992547409.91, the most that an account can hold.",
        );
}

#[test]
fn an_open_account_can_be_frozen_and_a_frozen_one_unfrozen() {
    given(BankAccount, [opened()])
        .when(freeze())
        .then([frozen()]);
    given(BankAccount, [opened(), frozen()])
        .when(unfreeze())
        .then([unfrozen()]);
}

#[test]
fn money_moves_again_once_the_account_is_unfrozen() {
    given(BankAccount, [opened(), deposited(5), frozen(), unfrozen()])
        .when(withdraw(5))
        .then([withdrawn(5)]);
}

#[test]
fn an_account_that_is_not_frozen_can_not_be_unfrozen() {
    given(BankAccount, [opened()])
        .when(unfreeze())
        .then_rejected("This account isn't frozen.");
}

#[test]
fn an_empty_account_can_be_closed() {
    given(BankAccount, [opened(), deposited(500), withdrawn(500)])
        .when(close())
        .then([closed()]);
}

#[test]
fn an_account_with_money_in_it_can_not_be_closed() {
    given(BankAccount, [opened(), deposited(1)])
        .when(close())
        .then_rejected("There is 0.01 EUR left in the account; withdraw it first.");
}

#[test]
fn nothing_but_opening_is_possible_before_an_account_is_open() {
    for command in [
        deposit(1),
        withdraw(1),
        transfer(1, "a"),
        freeze(),
        unfreeze(),
        close(),
    ] {
        given(BankAccount, [])
            .when(command)
            .then_rejected("This account isn't open yet; open it first.");
    }
}

#[test]
fn nothing_but_unfreezing_is_possible_while_an_account_is_frozen() {
    for command in [deposit(1), withdraw(1), transfer(1, "a"), freeze(), close()] {
        given(BankAccount, [opened(), deposited(500), frozen()])
            .when(command)
            .then_rejected("This account is frozen; unfreeze it first.");
    }
}

#[test]
fn nothing_at_all_is_possible_once_an_account_is_closed() {
    for command in [
        open("Grace", "EUR"),
        deposit(1),
        withdraw(1),
        transfer(1, "a"),
        freeze(),
        unfreeze(),
        close(),
    ] {
        given(BankAccount, [opened(), closed()])
            .when(command)
            .then_rejected("This account is closed for good.");
    }
}

#[test]
fn the_state_is_the_sum_of_what_happened() {
    let state = given(
        BankAccount,
        [
            opened(),
            deposited(50_000),
            withdrawn(12_000),
            transferred(20_000),
            frozen(),
        ],
    )
    .state();
    assert_eq!(
        state,
        State {
            status: Status::Frozen,
            owner: "Ada Byron".into(),
            currency: "EUR".into(),
            balance: 18_000,
            movements: Movements {
                deposits: 1,
                withdrawals: 2
            },
        }
    );
}

#[test]
fn a_deposit_into_an_account_that_a_foreign_log_left_far_below_zero_is_decided() {
    given(BankAccount, [opened(), withdrawn(i64::MAX), withdrawn(5)])
        .when(deposit(1))
        .then([deposited(1)]);
}

pub fn any_event() -> impl Strategy<Value = Event> {
    let text = || ".{0,8}";
    prop_oneof![
        (text(), text()).prop_map(|(owner, currency)| Event::AccountOpened { owner, currency }),
        (any::<i64>(), text())
            .prop_map(|(amount, reference)| Event::MoneyDeposited { amount, reference }),
        (any::<i64>(), text())
            .prop_map(|(amount, reference)| Event::MoneyWithdrawn { amount, reference }),
        (any::<i64>(), text(), text()).prop_map(|(amount, to, reference)| {
            Event::MoneyTransferredOut {
                amount,
                to,
                reference,
            }
        }),
        text().prop_map(|reason| Event::AccountFrozen { reason }),
        text().prop_map(|reason| Event::AccountUnfrozen { reason }),
        text().prop_map(|reason| Event::AccountClosed { reason }),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        (".{0,3}", "EUR|JPY|x").prop_map(|(owner, currency)| open(&owner, &currency)),
        any::<i64>().prop_map(deposit),
        any::<i64>().prop_map(withdraw),
        (any::<i64>(), ".{0,3}").prop_map(|(amount, to)| transfer(amount, &to)),
        Just(freeze()),
        Just(unfreeze()),
        Just(close()),
    ]
}

#[test]
fn movements_that_a_snapshot_counts_as_high_as_can_be_are_counted_no_further() {
    let counted = Movements {
        deposits: u64::MAX,
        withdrawals: u64::MAX,
    };
    let mut state = State {
        movements: counted.clone(),
        ..State::default()
    };
    for event in [deposited(1), withdrawn(1), transferred(1)] {
        BankAccount.evolve(&mut state, &event);
    }
    assert_eq!(state.movements, counted);
    assert_eq!(state.balance, -1);
}

proptest! {
    #[test]
    fn any_history_at_all_has_a_state_and_any_command_an_answer(
        history in prop::collection::vec(any_event(), 0..20),
        command in any_command(),
    ) {
        let events = history.len() as u64;
        let state = given(BankAccount, history).state();
        prop_assert!(state.movements.deposits + state.movements.withdrawals <= events);
        if let Err(rejection) = BankAccount.decide(&state, command) {
            prop_assert!(rejection.to_string().ends_with('.'));
        }
    }

    #[test]
    fn no_sequence_of_accepted_commands_brings_the_balance_below_zero_or_over_the_most(
        commands in prop::collection::vec(any_command(), 0..40),
    ) {
        let mut state = BankAccount.initial_state();
        for command in [open("Ada", "EUR"), deposit(MAX - 5)].into_iter().chain(commands) {
            for event in BankAccount.decide(&state, command).unwrap_or_default() {
                BankAccount.evolve(&mut state, &event);
            }
            prop_assert!((0..=MAX).contains(&state.balance), "{}", state.balance);
        }
    }
}
