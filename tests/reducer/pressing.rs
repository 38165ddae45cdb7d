//! A press that comes twice is one command, and a command that is sent again is recorded once.

use eventloom::app::action::{Action, Effect};
use eventloom::app::state::{OutcomeKind, State};
use eventloom::core::{CommandId, RecordedEvent, Timestamp};

use super::{
    HALF_A_SECOND, ID, appended, arrived, history, outcome, seek, showing, submitted, to_the_end,
    view,
};

const OTHER: CommandId = CommandId(uuid::Uuid::from_u128(8));

/// The page after a deposit that was recorded at once, as v3.
fn after_a_deposit() -> State {
    let mut page = showing(None, 2);
    page.reduce(submitted("Deposit", ID));
    page.reduce(appended(&page, Ok(history(3)[2..].to_vec())));
    assert_eq!(outcome(&page).text, "MoneyDeposited appended as v3");
    page
}

fn is_sent(effects: &[Effect]) -> bool {
    effects
        .iter()
        .any(|effect| matches!(effect, Effect::Append { .. }))
}

/// Whether the same press is sent so many milliseconds after the outcome.
fn sent_after(page: &mut State, millis: i64) -> bool {
    page.now = Timestamp::from_millis(millis);
    is_sent(&page.reduce(submitted("Deposit", OTHER)))
}

#[test]
fn the_same_press_within_half_a_second_of_the_outcome_is_one_command_and_that_is_said() {
    for millis in [0, 60, 250, 499] {
        let mut page = after_a_deposit();
        assert_eq!(page.twice(), None);
        assert!(!sent_after(&mut page, millis), "{millis}");
        assert!(
            page.twice()
                .unwrap()
                .starts_with("Pressed twice; sent once")
        );
        assert_eq!(outcome(&page).text, "MoneyDeposited appended as v3");
    }
}

#[test]
fn half_a_second_after_the_outcome_the_same_press_is_a_second_command() {
    let mut page = after_a_deposit();
    assert!(sent_after(&mut page, 500));
    page.reduce(appended(&page, Ok(history(4)[3..].to_vec())));
    assert_eq!((view(&page), page.twice()), ((4, 4), None));
}

#[test]
fn a_press_while_the_first_is_saved_is_said_once_its_outcome_is_there() {
    let mut page = showing(None, 2);
    page.reduce(submitted("Deposit", ID));
    assert!(!sent_after(&mut page, 60));
    page.reduce(appended(&page, Ok(history(3)[2..].to_vec())));
    assert!(page.twice().is_some());
}

#[test]
fn a_form_that_was_typed_into_since_and_another_form_are_other_commands() {
    let mut typed = after_a_deposit();
    typed.reduce(Action::Edit {
        command: "Deposit".into(),
        path: "amount".into(),
        text: "2.00".into(),
    });
    assert!(sent_after(&mut typed, 60));
    let mut other = after_a_deposit();
    assert!(is_sent(&other.reduce(submitted("Freeze", OTHER))));
}

#[test]
fn a_refusal_and_a_bad_field_that_are_pressed_twice_are_told_once() {
    let mut page = showing(None, 2);
    for text in ["900.00", "much"] {
        page.reduce(Action::Edit {
            command: "Withdraw".into(),
            path: "amount".into(),
            text: text.into(),
        });
        page.reduce(submitted("Withdraw", ID));
        let told = page.outcomes;
        page.reduce(submitted("Withdraw", OTHER));
        assert_eq!(page.outcomes, told);
        assert!(page.twice().is_some());
        page.now = HALF_A_SECOND;
        page.reduce(submitted("Withdraw", OTHER));
        assert_eq!((page.outcomes, page.twice()), (told + 1, None));
        page.now = Timestamp::from_millis(0);
    }
}

#[test]
fn a_clock_that_was_set_back_keeps_nobody_from_sending() {
    let mut page = after_a_deposit();
    assert!(sent_after(&mut page, -1));
}

#[test]
fn a_key_that_is_held_down_sends_nothing_however_long_and_that_is_said() {
    let mut page = after_a_deposit();
    page.now = Timestamp::from_millis(2_000);
    let command = "Deposit".to_owned();
    assert_eq!(page.reduce(Action::Repeated { command }), []);
    assert!(page.twice().is_some());
    // Of a form that wasn't sent there is nothing to say.
    let mut page = after_a_deposit();
    let command = "Freeze".to_owned();
    assert_eq!(page.reduce(Action::Repeated { command }), []);
    assert_eq!(page.twice(), None);
}

/// The events of an account, of which the last was recorded by a command.
fn by(command: CommandId, count: usize) -> Vec<RecordedEvent> {
    let mut events = history(count);
    events[count - 1].metadata.command_id = Some(command);
    events
}

#[test]
fn a_command_that_is_sent_again_is_found_by_its_id_and_adds_nothing() {
    let mut page = after_a_deposit();
    assert_eq!(page.reduce(Action::Retry), [seek(&page)]);
    let (asked, read) = (page.views.now(), to_the_end(by(ID, 3)));
    let effects = page.reduce(Action::Sought { asked, read });
    assert!(!is_sent(&effects));
    let told = outcome(&page);
    assert_eq!(
        (told.kind, &*told.text),
        (
            OutcomeKind::Done,
            "Already recorded as v3; nothing was added"
        )
    );
    // As often as one likes.
    assert_eq!(page.reduce(Action::Retry), [seek(&page)]);
    assert_eq!(view(&page), (3, 3));
}

#[test]
fn a_command_that_is_sent_again_after_others_names_the_version_of_its_own() {
    let mut page = after_a_deposit();
    let mut events = by(ID, 3);
    events.extend(history(5).split_off(3));
    page.reduce(arrived(&page, &events[3..]));
    page.reduce(Action::Retry);
    let (asked, read) = (page.views.now(), to_the_end(events));
    page.reduce(Action::Sought { asked, read });
    assert!(outcome(&page).text.starts_with("Already recorded as v3;"));
    assert_eq!(view(&page), (5, 5));
}

#[test]
fn a_command_that_is_gone_is_decided_when_it_is_sent_again() {
    let mut page = after_a_deposit();
    page.reduce(Action::Retry);
    let (asked, read) = (page.views.now(), to_the_end(history(2)));
    assert!(is_sent(&page.reduce(Action::Sought { asked, read })));
    page.reduce(appended(&page, Ok(history(3)[2..].to_vec())));
    assert_eq!(outcome(&page).text, "MoneyDeposited appended as v3");
}
