//! Commands: what is sent where, and what is told of what came of it.

use std::rc::Rc;

use eventloom::app::action::{Action, Effect, Step};
use eventloom::app::state::{About, FormKey, OutcomeKind, Sent, State};
use eventloom::core::{ExpectedVersion, Version};
use eventloom::store::{AppendError, StoreError};

use super::support::{json, stream};
use super::{
    ADA, HALF_A_SECOND, HISTORY, ID, ada, appended, arrived, came, history, list, outcome, seek,
    showing, shown_balance, submitted, to_the_end, view,
};

fn submit(page: &mut State, command: &str) -> Vec<Effect> {
    page.reduce(submitted(command, ID))
}

fn edit(page: &mut State, command: &str, path: &str, text: &str) {
    let effects = page.reduce(Action::Edit {
        command: command.into(),
        path: path.into(),
        text: text.into(),
    });
    assert_eq!(effects, []);
}

/// The form of one of the bank account's commands.
fn form(command: &str) -> FormKey {
    ("bank_account".to_owned(), command.to_owned())
}

fn conflict(expected: u64, actual: u64) -> AppendError {
    AppendError::Conflict {
        stream: ada(),
        expected: ExpectedVersion::Exact(Version(expected)),
        actual: Version(actual),
    }
}

/// Type and payload of the events that are to be appended, and on which version.
fn sent(effects: &[Effect]) -> Vec<(u64, String, String)> {
    let mut sent = Vec::new();
    for effect in effects {
        if let Effect::Append {
            expected, events, ..
        } = effect
        {
            for event in events {
                let (name, data) = (event.event_type.to_string(), event.data.to_string());
                sent.push((expected.0, name, data));
            }
        }
    }
    sent
}

#[test]
fn an_untouched_form_is_decided_and_sent_to_be_appended_at_the_head() {
    let mut page = showing(None, 2);
    let effects = submit(&mut page, "Deposit");
    let [
        Effect::Append {
            stream,
            expected,
            command_id,
            events,
            ..
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!((stream, *expected, *command_id), (&ada(), Version(2), ID));
    assert_eq!(events[0].event_type, "MoneyDeposited");
    assert_eq!(events[0].data, json(r#"{"amount":10000,"reference":""}"#));
}

#[test]
fn what_was_typed_is_what_is_sent() {
    let mut page = showing(None, 2);
    edit(&mut page, "Deposit", "amount", " 12,34 ");
    edit(&mut page, "Deposit", "reference", "gift");
    let effects = submit(&mut page, "Deposit");
    let data = r#"{"amount":1234,"reference":"gift"}"#;
    assert_eq!(
        sent(&effects),
        [(2, "MoneyDeposited".to_owned(), data.to_owned())]
    );
}

#[test]
fn nothing_is_told_before_the_append_has_come_back() {
    let mut page = showing(None, 2);
    submit(&mut page, "Deposit");
    assert_eq!(page.outcome, None);
    assert_eq!(
        page.saving,
        Some(Rc::new(Sent {
            id: ID,
            stream: ada(),
            command: "Deposit".into(),
            arguments: json(r#"{"amount":10000,"reference":""}"#),
        }))
    );
}

#[test]
fn an_accepted_command_is_told_with_type_and_version() {
    let mut page = showing(None, 2);
    submit(&mut page, "Deposit");
    let effects = page.reduce(appended(&page, Ok(history(3)[2..].to_vec())));
    assert_eq!(effects, [Effect::Measure]);
    let outcome = outcome(&page);
    assert_eq!(
        (outcome.kind, &outcome.about),
        (OutcomeKind::Done, &About::Command(form("Deposit")))
    );
    assert_eq!(
        (outcome.title.as_str(), outcome.text.as_str()),
        ("", "MoneyDeposited appended as v3")
    );
    assert_eq!(page.saving, None);
    assert_eq!((view(&page), shown_balance(&page)), ((3, 3), 200));
}

#[test]
fn a_command_is_decided_on_the_head_though_an_older_version_is_viewed() {
    let mut page = showing(Some(1), 3);
    edit(&mut page, "Withdraw", "amount", "2.00");
    let effects = submit(&mut page, "Withdraw");
    let data = r#"{"amount":200,"reference":""}"#;
    assert_eq!(
        sent(&effects),
        [(3, "MoneyWithdrawn".to_owned(), data.to_owned())]
    );
}

#[test]
fn a_view_of_an_older_version_stays_when_ones_own_command_is_recorded() {
    let mut page = showing(Some(1), 3);
    submit(&mut page, "Deposit");
    page.reduce(appended(&page, Ok(history(4)[3..].to_vec())));
    assert_eq!(view(&page), (1, 4));
}

#[test]
fn a_bad_field_is_told_and_nothing_is_sent() {
    let mut page = showing(None, 2);
    edit(&mut page, "Deposit", "amount", "much");
    let effects = submit(&mut page, "Deposit");
    let form = form("Deposit");
    assert_eq!(effects, [Effect::FocusField(form.clone(), "amount".into())]);
    assert_eq!(outcome(&page).kind, OutcomeKind::Refused);
    assert_eq!(outcome(&page).title, "Deposit not sent.");
    assert_eq!(
        outcome(&page).text,
        "Amount must be an amount like 123.45. Nothing was recorded."
    );
    let (bad, errors) = page.bad_fields.clone().unwrap();
    assert_eq!((bad, errors[0].path.as_str()), (form, "amount"));
    assert_eq!(page.saving, None);
}

#[test]
fn every_bad_field_is_told_and_the_first_takes_the_focus() {
    let mut page = showing(None, 2);
    edit(&mut page, "Transfer out", "amount", "0");
    edit(&mut page, "Transfer out", "to", "  ");
    let effects = submit(&mut page, "Transfer out");
    let form = form("Transfer out");
    assert_eq!(effects, [Effect::FocusField(form, "amount".into())]);
    assert_eq!(
        outcome(&page).text,
        "Amount must be at least 0.01. To account must not be empty. Nothing was recorded."
    );
}

#[test]
fn a_bad_field_is_not_bad_any_more_once_it_is_typed_into() {
    let mut page = showing(None, 2);
    edit(&mut page, "Deposit", "amount", "much");
    submit(&mut page, "Deposit");
    edit(&mut page, "Deposit", "amount", "5");
    let (_, errors) = page.bad_fields.clone().unwrap();
    assert_eq!(errors, []);
    assert_eq!(sent(&submit(&mut page, "Deposit")).len(), 1);
    assert_eq!(page.bad_fields, None);
}

#[test]
fn a_rejection_says_why_and_that_nothing_was_recorded() {
    let mut page = showing(None, 3);
    let effects = submit(&mut page, "Withdraw");
    assert_eq!(effects, []);
    let outcome = outcome(&page);
    assert_eq!(
        (outcome.kind, &outcome.about),
        (OutcomeKind::Refused, &About::Command(form("Withdraw")))
    );
    assert_eq!(outcome.title, "Withdraw refused.");
    assert_eq!(
        outcome.text,
        "The balance is 2.00 EUR; 100.00 was asked for. Nothing was recorded."
    );
    assert_eq!((page.saving.clone(), view(&page)), (None, (3, 3)));
}

#[test]
fn the_same_refusal_twice_is_told_twice() {
    let mut page = showing(None, 3);
    submit(&mut page, "Withdraw");
    let (first, told) = (outcome(&page).text.clone(), page.outcomes);
    page.now = HALF_A_SECOND;
    submit(&mut page, "Withdraw");
    assert_eq!((&outcome(&page).text, page.outcomes), (&first, told + 1));
}

#[test]
fn an_outcome_stays_while_one_looks_around() {
    let mut page = showing(None, 3);
    submit(&mut page, "Withdraw");
    let told = page.outcome.clone();
    page.reduce(Action::Step(Step::First));
    page.reduce(Action::AddressChanged("#/:about".into()));
    page.reduce(Action::AddressChanged(format!("{ADA}?v=1")));
    assert_eq!(page.told(), told.as_ref());
}

#[test]
fn a_second_submit_while_the_first_is_saved_is_ignored() {
    let mut page = showing(None, 3);
    submit(&mut page, "Deposit");
    let told = page.outcomes;
    assert_eq!(submit(&mut page, "Deposit"), []);
    assert_eq!(submit(&mut page, "Withdraw"), []);
    assert_eq!(page.outcomes, told);
}

#[test]
fn the_next_command_can_be_sent_once_the_append_has_come_back_however_it_ended() {
    let full = AppendError::Store(StoreError::Full);
    for result in [Ok(history(4)[3..].to_vec()), Err(conflict(3, 4)), Err(full)] {
        let mut page = showing(None, 3);
        submit(&mut page, "Deposit");
        page.reduce(appended(&page, result));
        page.now = HALF_A_SECOND;
        assert_eq!(sent(&submit(&mut page, "Deposit")).len(), 1);
    }
}

#[test]
fn a_conflict_names_expected_and_actual_and_asks_for_the_events_that_came_between() {
    let mut page = showing(None, 2);
    submit(&mut page, "Deposit");
    let effects = page.reduce(appended(&page, Err(conflict(2, 3))));
    let outcome = outcome(&page);
    assert_eq!(outcome.kind, OutcomeKind::Conflict);
    assert_eq!(outcome.title, "Deposit met a conflict.");
    assert_eq!(
        outcome.text,
        "It was decided on version 2, and the stream is at version 3 by now. Nothing was \
         recorded. Retry decides it again on the latest state."
    );
    let last = history(2)[1].event_id.to_string();
    let catch_up = Effect::CatchUp {
        asked: page.views.now(),
        stream: ada(),
        after: Version(2),
        event_id: last,
        history: Some(HISTORY),
    };
    assert_eq!(effects, [list(&page), catch_up]);
}

#[test]
fn after_a_conflict_nothing_is_sent_again_until_it_is_asked_for() {
    let mut page = showing(None, 2);
    submit(&mut page, "Deposit");
    page.reduce(appended(&page, Err(conflict(2, 3))));
    let effects = page.reduce(arrived(&page, &history(3)[2..]));
    assert_eq!(sent(&effects), []);
    assert_eq!(outcome(&page).kind, OutcomeKind::Conflict);
    assert_eq!(page.reduce(Action::Retry), [seek(&page)]);
}

#[test]
fn a_store_that_fails_is_told_and_nothing_is_shown_as_recorded() {
    let mut page = showing(None, 2);
    submit(&mut page, "Deposit");
    page.reduce(appended(&page, Err(AppendError::Store(StoreError::Full))));
    let outcome = outcome(&page);
    assert_eq!(outcome.kind, OutcomeKind::Refused);
    assert_eq!(outcome.title, "Deposit not saved.");
    assert!(
        outcome.text.contains("no room left") && outcome.text.ends_with("Nothing was recorded."),
        "{}",
        outcome.text
    );
    assert_eq!(view(&page), (2, 2));
}

#[test]
fn what_was_recorded_and_came_by_another_way_too_is_shown_once() {
    let mut page = showing(None, 2);
    submit(&mut page, "Deposit");
    page.reduce(arrived(&page, &history(3)[2..]));
    page.reduce(appended(&page, Ok(history(3)[2..].to_vec())));
    assert_eq!((view(&page), shown_balance(&page)), ((3, 3), 200));
}

#[test]
fn an_append_that_comes_back_for_a_stream_that_was_left_moves_nothing_in_the_view() {
    let mut page = showing(None, 2);
    submit(&mut page, "Deposit");
    page.reduce(Action::ChooseStream("grace".into()));
    page.reduce(came(
        &page,
        stream("bank_account", "grace"),
        true,
        to_the_end(vec![]),
    ));
    page.reduce(appended(&page, Ok(history(3)[2..].to_vec())));
    assert_eq!(view(&page), (0, 0));
    assert_eq!(outcome(&page).text, "MoneyDeposited appended as v3");
    assert_eq!(page.saving, None);
}

#[test]
fn a_command_that_the_model_does_not_have_does_nothing() {
    let mut page = showing(None, 2);
    assert_eq!(submit(&mut page, "Ship"), []);
    assert_eq!((page.outcome.clone(), page.saving.clone()), (None, None));
}

#[test]
fn the_lines_of_an_order_can_be_added_and_removed_before_it_is_placed() {
    let mut page = super::loaded_at("#/order/a", 0).0;
    let order = stream("order", "a");
    page.reduce(came(&page, order, true, to_the_end(vec![])));
    let lines = || ("Place order".to_owned(), "lines".to_owned());
    for _ in 0..2 {
        let (command, path) = lines();
        page.reduce(Action::AddItem { command, path });
    }
    edit(&mut page, "Place order", "lines/1/sku", "thread");
    edit(&mut page, "Place order", "lines/2/sku", "loom");
    let (command, path) = lines();
    let index = 0;
    page.reduce(Action::RemoveItem {
        command,
        path,
        index,
    });
    let sent = sent(&submit(&mut page, "Place order"));
    assert_eq!(
        sent[0].2,
        r#"{"customer":"Grace Hopper","currency":"EUR","lines":[{"sku":"thread","quantity":1,"unit_price":1250},{"sku":"loom","quantity":1,"unit_price":1250}]}"#
    );
}
