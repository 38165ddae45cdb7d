//! The check of the whole store: begun, under way, ended, put away.

use std::rc::Rc;

use eventloom::app::action::{Action, AfterReset, Effect};
use eventloom::app::checked::{Checked, SecondCopyRead};
use eventloom::app::state::{State, Verifying};
use eventloom::store::{CopyChecked, Finding};

use super::{outcome, showing};

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

/// A check that found so many events damaged, of which so many can be mended.
fn damaged(found: u64, mendable: u64) -> Action {
    let second_copy = SecondCopyRead::Read(CopyChecked {
        mendable,
        ..CopyChecked::default()
    });
    Action::Verified(Ok(Rc::new(Checked {
        found,
        second_copy,
        ..whole(4)
    })))
}

#[test]
fn what_is_damaged_is_mended_when_that_is_asked_for_and_then_checked_again() {
    let mut page = checking();
    page.reduce(damaged(2, 2));
    assert_eq!(page.reduce(Action::Mend), [Effect::Mend]);
    assert_eq!(page.verifying, Verifying::No);
    let effects = page.reduce(Action::Mended(Ok(2)));
    assert_eq!(
        outcome(&page).text,
        "2 events were mended from the second copy."
    );
    assert!(effects.contains(&Effect::Verify));
    // What couldn't be read of the stream is read now.
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::CatchUp { .. }))
    );
    page.reduce(Action::Mended(Err("the disk is full.".into())));
    assert_eq!(outcome(&page).title, "Not mended:");
}

#[test]
fn what_the_second_copy_came_to_is_said_and_only_what_it_holds_is_offered() {
    assert_eq!(SecondCopyRead::Missing.words(), None);
    let words = |read: SecondCopyRead| read.words().unwrap();
    assert!(words(SecondCopyRead::Elsewhere).contains("another tab keeps it"));
    let failed = SecondCopyRead::Failed("its worker failed".into());
    assert_eq!(
        words(failed),
        "The second copy couldn't be read: its worker failed."
    );
    let read = |mendable, mended| {
        SecondCopyRead::Read(CopyChecked {
            mendable,
            mended,
            ..CopyChecked::default()
        })
    };
    assert_eq!((read(0, 0).mendable(), read(3, 0).mendable()), (0, 3));
    let whole = "The second copy was read whole, too, and nothing of it is damaged.";
    assert_eq!(words(read(0, 0)), whole);
    let holds = " It holds 1 event of what is damaged here, as recorded.";
    assert_eq!(words(read(1, 0)), format!("{whole}{holds}"));
    let lost = Finding::SecondCopyDamaged { first: 2, last: 4 };
    let damaged = SecondCopyRead::Read(CopyChecked {
        damaged: vec![lost.clone()],
        mended: 2,
        ..CopyChecked::default()
    });
    let before = "Before that 2 events were mended from it.";
    assert_eq!(words(damaged), format!("{lost} {before}"));
}
