//! Trying a command again: after a conflict, and when nobody knows what came of it.

use std::rc::Rc;

use eventloom::app::action::{Action, Effect};
use eventloom::app::state::{About, OutcomeKind, Sent, State};
use eventloom::core::{CommandId, ExpectedVersion, RecordedEvent, Version};
use eventloom::store::{AppendError, StoreError};

use super::support::{foreign, json, stream};
use super::{
    HALF_A_SECOND, HISTORY, ID, ada, appended, arrived, came, history, in_use, list, not_listed,
    outcome, seek, showing, shown_balance, submitted, to_the_end, until, view,
};

fn lost() -> AppendError {
    AppendError::Store(StoreError::Failed {
        operation: "append",
        cause: "AbortError: the connection was lost.".into(),
    })
}

fn conflict(expected: u64, actual: u64) -> AppendError {
    AppendError::Conflict {
        stream: ada(),
        expected: ExpectedVersion::Exact(Version(expected)),
        actual: Version(actual),
    }
}

/// The page after Ada's account at a version took a deposit whose append failed like this.
fn after(error: AppendError, version: usize) -> State {
    let mut page = showing(None, version);
    page.reduce(submitted("Deposit", ID));
    page.reduce(appended(&page, Err(error)));
    page
}

/// So many events of Ada's, of which the last was caused by this command.
fn ending_with(command: CommandId, count: usize) -> Vec<RecordedEvent> {
    let mut events = history(count);
    let last = &mut events[count - 1].metadata;
    last.causation_id = Some(command.to_string());
    events
}

fn sought(page: &State, events: Vec<RecordedEvent>) -> Action {
    let (asked, read) = (page.views.now(), to_the_end(events));
    Action::Sought { asked, read }
}

/// What is appended: the version that it was decided on, by which command, and the payloads.
fn sent(effects: &[Effect]) -> Vec<(u64, CommandId, String)> {
    let mut sent = Vec::new();
    for effect in effects {
        if let Effect::Append {
            expected,
            command_id,
            events,
            ..
        } = effect
        {
            for event in events {
                sent.push((expected.0, *command_id, event.data.to_string()));
            }
        }
    }
    sent
}

/// The deposit of an untouched form.
const HUNDRED: &str = r#"{"amount":10000,"reference":""}"#;

#[test]
fn an_append_without_a_clear_answer_says_that_nobody_knows_and_keeps_the_command() {
    let page = after(lost(), 2);
    let told = outcome(&page);
    assert_eq!(told.kind, OutcomeKind::Unknown);
    let form = ("bank_account".to_owned(), "Deposit".to_owned());
    assert_eq!(told.about, About::Command(form));
    assert_eq!(told.title, "Deposit has no known outcome.");
    assert_eq!(
        told.text,
        "It isn't known whether it was recorded. Retry looks for its events first, and decides it \
         again only if there are none. The reason: the storage failed while it was to append: \
         AbortError: the connection was lost."
    );
    let kept = Sent {
        id: ID,
        stream: ada(),
        command: "Deposit".into(),
        arguments: json(HUNDRED),
    };
    assert_eq!(told.retry, Some(Rc::new(kept)));
    assert_eq!((page.saving.clone(), view(&page)), (None, (2, 2)));
}

#[test]
fn a_storage_that_is_lost_leaves_the_outcome_unknown_and_one_that_refuses_does_not() {
    let reason = "it is gone".into();
    let unavailable = AppendError::Store(StoreError::Unavailable { reason });
    assert_eq!(outcome(&after(unavailable, 2)).kind, OutcomeKind::Unknown);
    for error in [StoreError::Full, in_use()] {
        let page = after(AppendError::Store(error), 2);
        assert_eq!(outcome(&page).kind, OutcomeKind::Refused);
        assert_eq!(outcome(&page).retry, None);
    }
}

#[test]
fn a_retry_looks_before_it_decides() {
    for error in [lost(), conflict(2, 3)] {
        let mut page = after(error, 2);
        assert_eq!(page.reduce(Action::Retry), [seek(&page)]);
        assert_eq!(page.saving.as_ref().map(|sent| sent.id), Some(ID));
    }
}

#[test]
fn a_command_that_was_recorded_is_told_as_it_was_and_not_decided_again() {
    let mut page = after(lost(), 2);
    page.reduce(Action::Retry);
    let effects = page.reduce(sought(&page, ending_with(ID, 3)));
    assert_eq!(sent(&effects), []);
    assert_eq!(outcome(&page).kind, OutcomeKind::Done);
    assert_eq!(outcome(&page).text, "MoneyDeposited appended as v3");
    assert_eq!(page.saving, None);
}

#[test]
fn what_is_found_is_shown_with_all_that_was_appended_since() {
    let mut page = after(lost(), 2);
    page.reduce(Action::Retry);
    let mut events = ending_with(ID, 3);
    events.push(history(4).remove(3));
    let effects = page.reduce(sought(&page, events));
    let catch_up = Effect::CatchUp {
        asked: page.views.now(),
        stream: ada(),
        after: Version(2),
        event_id: history(2)[1].event_id.to_string(),
        history: Some(HISTORY),
    };
    assert_eq!(effects, [Effect::Measure, list(&page), catch_up]);
    page.reduce(arrived(&page, &history(4)[2..]));
    assert_eq!((view(&page), shown_balance(&page)), ((4, 4), 300));
}

#[test]
fn the_same_events_by_two_ways_are_shown_once() {
    let mut page = after(lost(), 2);
    page.reduce(Action::Retry);
    page.reduce(arrived(&page, &history(3)[2..]));
    page.reduce(sought(&page, ending_with(ID, 3)));
    page.reduce(arrived(&page, &[]));
    assert_eq!((view(&page), shown_balance(&page)), ((3, 3), 200));
}

#[test]
fn a_command_that_was_recorded_before_what_others_appended_is_found_too() {
    let mut page = after(lost(), 2);
    page.reduce(Action::Retry);
    let mut events = ending_with(ID, 3);
    events.push(history(4).remove(3));
    page.reduce(sought(&page, events));
    assert_eq!(outcome(&page).text, "MoneyDeposited appended as v3");
}

#[test]
fn a_command_that_was_not_recorded_is_decided_on_what_the_stream_holds_by_now() {
    let mut page = after(lost(), 2);
    page.reduce(Action::Retry);
    let effects = page.reduce(sought(&page, history(3)));
    assert_eq!(sent(&effects), [(3, ID, HUNDRED.to_owned())]);
    assert_eq!(page.saving.as_ref().map(|sent| sent.id), Some(ID));
    assert_eq!(outcome(&page).kind, OutcomeKind::Unknown);
}

#[test]
fn another_command_with_equal_content_is_not_taken_for_it() {
    let mut page = after(lost(), 2);
    page.reduce(Action::Retry);
    let other = CommandId(uuid::Uuid::from_u128(8));
    let effects = page.reduce(sought(&page, ending_with(other, 3)));
    assert_eq!(sent(&effects), [(3, ID, HUNDRED.to_owned())]);
}

#[test]
fn a_retry_can_be_rejected_on_what_the_stream_holds_by_now() {
    let mut page = after(lost(), 2);
    page.reduce(Action::Retry);
    let frozen = [
        ("AccountOpened", r#"{"owner":"Ada","currency":"EUR"}"#),
        ("AccountFrozen", r#"{"reason":"card lost"}"#),
    ];
    let effects = page.reduce(sought(&page, foreign(&ada(), &frozen)));
    assert_eq!(effects, []);
    assert_eq!(outcome(&page).kind, OutcomeKind::Refused);
    assert_eq!(
        outcome(&page).text,
        "This account is frozen; unfreeze it first. Nothing was recorded."
    );
    assert_eq!(
        (outcome(&page).retry.clone(), page.saving.clone()),
        (None, None)
    );
}

#[test]
fn a_retry_sends_what_was_sent_though_the_form_holds_something_else_by_now() {
    let mut page = after(conflict(2, 3), 2);
    page.reduce(Action::Edit {
        command: "Deposit".into(),
        path: "amount".into(),
        text: "much".into(),
    });
    page.reduce(Action::Retry);
    let effects = page.reduce(sought(&page, history(3)));
    assert_eq!(sent(&effects), [(3, ID, HUNDRED.to_owned())]);
}

#[test]
fn a_retry_goes_to_the_stream_of_its_command_though_another_is_looked_at_by_now() {
    let mut page = after(lost(), 2);
    page.reduce(Action::ChooseStream("grace".into()));
    page.reduce(came(
        &page,
        stream("bank_account", "grace"),
        true,
        to_the_end(vec![]),
    ));
    assert_eq!(page.reduce(Action::Retry), [seek(&page)]);
    let effects = page.reduce(sought(&page, history(2)));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Append { stream, .. } if *stream == ada())),
        "{effects:?}"
    );
    page.reduce(appended(&page, Ok(ending_with(ID, 3)[2..].to_vec())));
    assert_eq!(outcome(&page).text, "MoneyDeposited appended as v3");
    assert_eq!(view(&page), (0, 0));
}

#[test]
fn a_retry_that_meets_a_conflict_can_be_retried_as_the_same_command() {
    let mut page = after(lost(), 2);
    page.reduce(Action::Retry);
    page.reduce(sought(&page, history(2)));
    page.reduce(appended(&page, Err(conflict(2, 3))));
    assert_eq!(outcome(&page).kind, OutcomeKind::Conflict);
    assert_eq!(page.reduce(Action::Retry), [seek(&page)]);
    page.reduce(sought(&page, ending_with(ID, 3)));
    assert_eq!(outcome(&page).text, "MoneyDeposited appended as v3");
}

#[test]
fn a_stream_that_can_not_be_read_leaves_the_outcome_unknown() {
    let mut page = after(lost(), 2);
    page.reduce(Action::Retry);
    let (told, operation) = (page.outcomes, "read");
    let cause = "it is closed".into();
    let read = until(history(1), StoreError::Failed { operation, cause });
    let asked = page.views.now();
    let effects = page.reduce(Action::Sought { asked, read });
    assert_eq!(effects, []);
    assert_eq!(
        (outcome(&page).kind, page.outcomes),
        (OutcomeKind::Unknown, told + 1)
    );
    assert!(outcome(&page).text.contains("it is closed"));
    assert_eq!(page.reduce(Action::Retry), [seek(&page)]);
}

#[test]
fn a_stream_that_can_not_be_replayed_takes_no_retry() {
    let mut page = after(lost(), 2);
    page.reduce(Action::Retry);
    let mut events = history(4);
    events.remove(2);
    assert_eq!(page.reduce(sought(&page, events)), []);
    assert_eq!(outcome(&page).title, "Deposit not saved.");
    assert_eq!(page.saving, None);
}

#[test]
fn a_second_retry_while_the_first_is_under_way_is_ignored() {
    let mut page = after(lost(), 2);
    page.reduce(Action::Retry);
    assert_eq!(page.reduce(Action::Retry), []);
    assert_eq!(page.reduce(submitted("Withdraw", ID)), []);
}

#[test]
fn where_nothing_is_to_be_tried_again_a_retry_does_nothing() {
    let mut page = showing(None, 2);
    assert_eq!(page.reduce(Action::Retry), []);
    page.reduce(submitted("Withdraw", ID));
    assert_eq!(outcome(&page).kind, OutcomeKind::Refused);
    assert_eq!(page.reduce(Action::Retry), []);
}

#[test]
fn the_next_command_is_another_one() {
    let mut page = after(lost(), 2);
    let other = CommandId(uuid::Uuid::from_u128(8));
    page.now = HALF_A_SECOND;
    let effects = page.reduce(submitted("Deposit", other));
    assert_eq!(sent(&effects), [(2, other, HUNDRED.to_owned())]);
    page.reduce(appended(&page, Ok(ending_with(other, 3)[2..].to_vec())));
    let again = outcome(&page).retry.as_ref().map(|sent| sent.id);
    assert_eq!(again, Some(other));
}

#[test]
fn a_command_in_doubt_is_not_forgotten_when_the_store_can_not_be_read_either() {
    let mut page = after(lost(), 2);
    let told = page.outcome.clone();
    page.reduce(Action::StoreChanged);
    page.reduce(not_listed(&page, in_use()));
    page.reduce(came(&page, ada(), false, until(vec![], in_use())));
    assert_eq!(page.outcome, told);
}

#[test]
fn an_answer_that_nobody_waits_for_changes_nothing() {
    let mut page = showing(None, 2);
    assert_eq!(page.reduce(sought(&page, ending_with(ID, 3))), []);
    let recorded = ending_with(ID, 3)[2..].to_vec();
    assert_eq!(page.reduce(appended(&page, Ok(recorded))), []);
    assert_eq!((page.outcome.clone(), view(&page)), (None, (2, 2)));
}
