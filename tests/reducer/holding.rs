//! Holding commands at a version, so that what others record meanwhile is met as a conflict.

use eventloom::app::action::{Action, Effect};
use eventloom::app::state::{OutcomeKind, State};
use eventloom::core::{ExpectedVersion, Version};
use eventloom::store::AppendError;

use super::{
    ADA, HALF_A_SECOND, HISTORY, ID, ada, appended, arrived, history, outcome, seek, showing,
    submitted, to_the_end, view,
};

/// The page that holds commands at version 2, though the stream is at 3.
fn held_at_2() -> State {
    let mut page = showing(None, 2);
    assert_eq!(page.reduce(Action::Hold(true)), []);
    page.reduce(arrived(&page, &history(3)[2..]));
    page
}

fn held(page: &State) -> Option<u64> {
    page.held.as_ref().map(|held| held.head().0)
}

/// The version that what is appended expects, and how many events it is.
fn sent(effects: &[Effect]) -> Vec<(u64, usize)> {
    let sent = effects.iter().filter_map(|effect| match effect {
        Effect::Append {
            expected, events, ..
        } => Some((expected.0, events.len())),
        _ => None,
    });
    sent.collect()
}

fn conflict() -> AppendError {
    AppendError::Conflict {
        stream: ada(),
        expected: ExpectedVersion::Exact(Version(2)),
        actual: Version(3),
    }
}

#[test]
fn commands_stay_at_the_head_of_the_moment_whatever_is_viewed_and_the_view_follows() {
    let mut page = showing(Some(1), 2);
    page.reduce(Action::Hold(true));
    page.reduce(arrived(&page, &history(3)[2..]));
    assert_eq!((held(&page), view(&page)), (Some(2), (1, 3)));
    let page = held_at_2();
    assert_eq!((held(&page), view(&page)), (Some(2), (3, 3)));
}

#[test]
fn a_command_is_decided_on_what_is_held_and_expects_it() {
    let mut page = held_at_2();
    // Version 2 has 1.00, version 3 has 2.00.
    page.reduce(Action::Edit {
        command: "Withdraw".into(),
        path: "amount".into(),
        text: "1.50".into(),
    });
    assert_eq!(sent(&page.reduce(submitted("Withdraw", ID))), []);
    assert!(outcome(&page).text.starts_with("The balance is 1.00 EUR"));
    assert_eq!(sent(&page.reduce(submitted("Deposit", ID))), [(2, 1)]);
}

#[test]
fn a_conflict_says_that_retry_switches_it_off_and_retry_does_and_says_so() {
    let mut page = held_at_2();
    page.reduce(submitted("Deposit", ID));
    page.reduce(appended(&page, Err(conflict())));
    assert_eq!(outcome(&page).kind, OutcomeKind::Conflict);
    assert!(outcome(&page).text.ends_with(
        "Retry switches Hold off first, and then decides it again on the latest state."
    ));
    assert_eq!(held(&page), Some(2));
    assert_eq!(page.reduce(Action::Retry), [seek(&page)]);
    assert_eq!(held(&page), None);
    let (asked, read) = (page.views.now(), to_the_end(history(3)));
    let effects = page.reduce(Action::Sought { asked, read });
    assert_eq!(sent(&effects), [(3, 1)]);
    page.reduce(appended(&page, Ok(history(4)[3..].to_vec())));
    assert_eq!(outcome(&page).text, "MoneyDeposited appended as v4");
    let said = page.hold_ended();
    assert_eq!(said.as_deref(), Some("Hold at version 2 was switched off."));
    page.now = HALF_A_SECOND;
    page.reduce(submitted(
        "Withdraw",
        super::CommandId(uuid::Uuid::from_u128(8)),
    ));
    assert_eq!(page.hold_ended(), None);
}

#[test]
fn a_command_of_ones_own_that_is_accepted_moves_what_is_held_to_its_version() {
    let mut page = showing(None, 2);
    page.reduce(Action::Hold(true));
    page.reduce(submitted("Deposit", ID));
    page.reduce(appended(&page, Ok(history(3)[2..].to_vec())));
    assert_eq!((held(&page), view(&page)), (Some(3), (3, 3)));
    page.now = HALF_A_SECOND;
    assert_eq!(sent(&page.reduce(submitted("Deposit", ID))), [(3, 1)]);
}

#[test]
fn it_is_off_after_the_stream_was_left_and_the_address_says_nothing_of_it() {
    let mut page = held_at_2();
    assert_eq!(page.address().as_deref(), Some(ADA));
    page.reduce(Action::ChooseStream("grace".into()));
    assert_eq!(held(&page), None);
    page.reduce(Action::ChooseStream("ada-savings".into()));
    assert_eq!(held(&page), None);
}

#[test]
fn it_is_off_once_the_store_was_emptied_or_exchanged() {
    let mut page = held_at_2();
    page.reduce(Action::StoreEmptied);
    assert_eq!(held(&page), None);
    let mut page = held_at_2();
    let read = super::Read {
        history: Some(HISTORY),
        ..to_the_end(history(1))
    };
    page.reduce(super::came(&page, ada(), true, read));
    assert_eq!(held(&page), None);
}

#[test]
fn it_can_be_switched_off_and_commands_are_decided_on_the_latest_again() {
    let mut page = held_at_2();
    page.reduce(Action::Hold(false));
    assert_eq!(sent(&page.reduce(submitted("Deposit", ID))), [(3, 1)]);
}

#[test]
fn a_command_that_is_sent_again_leaves_it_as_it_is() {
    let mut page = showing(None, 2);
    page.reduce(Action::Hold(true));
    page.reduce(submitted("Deposit", ID));
    page.reduce(appended(&page, Ok(history(3)[2..].to_vec())));
    page.reduce(Action::Retry);
    assert_eq!(held(&page), Some(3));
}
