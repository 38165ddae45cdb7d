//! The check of the whole store: begun, under way, ended, put away.

use std::rc::Rc;

use eventloom::app::action::{Action, AfterReset, Checked, Effect};
use eventloom::app::state::{State, Verifying};

use super::{ADA, begun_at, outcome, showing};

fn whole(events: u64) -> Checked {
    Checked {
        events,
        ..Checked::default()
    }
}

/// The page while a store of four events is being checked.
fn checking() -> State {
    let mut page = showing(None, 4);
    let effects = page.reduce(Action::Verify);
    assert_eq!(effects, [Effect::Verify]);
    page
}

fn running(percent: u8) -> Verifying {
    Verifying::Running { percent }
}

#[test]
fn a_check_that_runs_is_not_begun_twice() {
    let mut page = checking();
    assert_eq!(page.verifying, running(0));
    assert_eq!(page.reduce(Action::Verify), []);
}

#[test]
fn a_store_that_is_not_open_yet_is_not_checked() {
    let mut page = begun_at(ADA);
    assert_eq!(page.reduce(Action::Verify), []);
    assert_eq!(page.verifying, Verifying::No);
}

#[test]
fn a_check_tells_its_share_of_the_events_and_never_more_than_all() {
    let mut page = checking();
    for (events, percent) in [(1, 25), (4, 100), (5, 100)] {
        page.reduce(Action::VerifyProgress { events });
        assert_eq!(page.verifying, running(percent));
    }
}

#[test]
fn what_a_check_came_to_is_shown_until_it_is_put_away() {
    let mut page = checking();
    page.reduce(Action::Verified(Ok(Rc::new(whole(4)))));
    assert_eq!(page.verifying, Verifying::Done(Rc::new(whole(4))));
    assert_eq!(page.reduce(Action::EndVerification), []);
    assert_eq!(page.verifying, Verifying::No);
}

#[test]
fn a_check_that_fails_is_told_in_the_alert() {
    let mut page = checking();
    page.reduce(Action::Verified(Err("the store is gone.".into())));
    assert_eq!(page.verifying, Verifying::No);
    assert_eq!(outcome(&page).title, "Verify failed:");
    assert_eq!(outcome(&page).text, "the store is gone.");
}

#[test]
fn a_check_that_runs_is_broken_off_by_whoever_ends_it() {
    let file = "events.ndjson".to_owned();
    for action in [
        Action::EndVerification,
        Action::Reset(AfterReset::Empty),
        Action::StoreEmptied,
        Action::ImportChosen { file },
    ] {
        let mut page = checking();
        let effects = page.reduce(action);
        assert_eq!(effects[0], Effect::CancelVerify);
        assert_eq!(page.verifying, Verifying::No);
        // What it came to all the same isn't shown.
        page.reduce(Action::VerifyProgress { events: 2 });
        page.reduce(Action::Verified(Ok(Rc::new(whole(4)))));
        assert_eq!(page.verifying, Verifying::No);
    }
}

#[test]
fn a_result_goes_with_a_reset_and_with_an_import() {
    let file = "events.ndjson".to_owned();
    for action in [
        Action::Reset(AfterReset::Story),
        Action::StoreEmptied,
        Action::ImportChosen { file },
    ] {
        let mut page = checking();
        page.reduce(Action::Verified(Ok(Rc::new(whole(4)))));
        let effects = page.reduce(action);
        assert!(!effects.contains(&Effect::CancelVerify));
        assert_eq!(page.verifying, Verifying::No);
    }
}
