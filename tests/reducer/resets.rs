//! Emptying the store, here and in other tabs, and taking that back.

use eventloom::app::action::{Action, AfterReset, Effect, NotReset};
use eventloom::app::state::{Dialog, OutcomeKind, State};
use eventloom::log::Chain;
use eventloom::store::{Recovery, ResetToken, Segments};

use super::{
    HISTORY, ID, ada, appended, head_of, history, list, listed, loaded, outcome, showing,
    submitted, view,
};

/// What a reset answered.
fn token() -> ResetToken {
    let (first, last) = (4, 4);
    ResetToken::new(Segments {
        history: HISTORY,
        first,
        last,
        chain: Chain::START,
    })
}

#[test]
fn a_reset_closes_its_dialog_and_is_asked_of_the_store() {
    for after in [AfterReset::Empty, AfterReset::Story] {
        let mut page = showing(None, 3);
        page.reduce(Action::Open(Dialog::Reset));
        assert_eq!(page.dialog, Some(Dialog::Reset));
        assert_eq!(page.reduce(Action::Reset(after)), [Effect::Reset(after)]);
        assert_eq!(page.dialog, None);
        // What was there stays until the store says that it is gone.
        assert_eq!(view(&page), (3, 3));
    }
}

#[test]
fn how_a_reset_ended_is_told() {
    for (after, result, kind, told) in [
        (
            AfterReset::Empty,
            Ok(token()),
            OutcomeKind::Done,
            "The store is empty.",
        ),
        (
            AfterReset::Story,
            Ok(token()),
            OutcomeKind::Done,
            "The store holds the story, and nothing else.",
        ),
    ] {
        let mut page = showing(None, 3);
        page.reduce(Action::ResetEnded(after, result));
        let outcome = outcome(&page);
        assert_eq!((outcome.kind, outcome.text.as_str()), (kind, told));
    }
}

#[test]
fn a_reset_that_was_refused_moves_nothing_and_says_that_nothing_was_deleted() {
    let mut page = showing(Some(2), 3);
    page.reduce(Action::Reset(AfterReset::Empty));
    let refused = NotReset::Refused("there is no room".into());
    let effects = page.reduce(Action::ResetEnded(AfterReset::Empty, Err(refused)));
    assert_eq!(effects, [Effect::Measure]);
    assert_eq!(view(&page), (2, 3));
    assert_eq!(outcome(&page).title, "Reset failed:");
    assert_eq!(
        outcome(&page).text,
        "there is no room. Nothing was deleted."
    );
}

#[test]
fn a_reset_of_which_nobody_knows_says_so_and_looks() {
    let mut page = showing(Some(2), 3);
    page.reduce(Action::Reset(AfterReset::Empty));
    let unknown = NotReset::Unknown("the connection was lost".into());
    let effects = page.reduce(Action::ResetEnded(AfterReset::Empty, Err(unknown)));
    assert!(effects.contains(&list(&page)), "{effects:?}");
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::CatchUp { .. }))
    );
    assert_eq!(
        (outcome(&page).kind, view(&page)),
        (OutcomeKind::Unknown, (2, 3))
    );
    assert!(
        outcome(&page)
            .text
            .starts_with("It isn't known whether the store was emptied")
    );
}

#[test]
fn a_second_reset_while_the_first_is_under_way_is_ignored() {
    let mut page = showing(None, 3);
    page.reduce(Action::Reset(AfterReset::Empty));
    assert_eq!(page.reduce(Action::Open(Dialog::Reset)), []);
    assert_eq!(page.dialog, None);
    assert_eq!(page.reduce(Action::Reset(AfterReset::Story)), []);
    page.reduce(Action::ResetEnded(AfterReset::Empty, Ok(token())));
    let effects = page.reduce(Action::Reset(AfterReset::Story));
    assert_eq!(effects, [Effect::Reset(AfterReset::Story)]);
}

#[test]
fn a_reset_is_undone_as_long_as_it_is_what_was_told_last() {
    let mut page = showing(None, 3);
    assert_eq!(page.reduce(Action::UndoReset), []);
    page.reduce(Action::Reset(AfterReset::Empty));
    page.reduce(Action::StoreEmptied);
    page.reduce(Action::ResetEnded(AfterReset::Empty, Ok(token())));
    assert_eq!(page.reduce(Action::UndoReset), [Effect::UndoReset(token())]);
    // Once.
    assert_eq!(page.reduce(Action::UndoReset), []);
    let told = page.outcomes;
    page.reduce(Action::StoreEmptied);
    assert_eq!(page.outcomes, told);
    assert_eq!(page.reduce(Action::ResetUndone(Ok(()))), [Effect::Measure]);
    assert!(outcome(&page).text.starts_with("The reset is undone"));
    page.reduce(Action::ResetUndone(Err("it went on.".to_owned())));
    let told = outcome(&page);
    assert_eq!(
        (told.kind, &*told.text),
        (OutcomeKind::Refused, "it went on.")
    );
}

#[test]
fn what_another_tab_did_to_the_whole_store_is_told_and_what_this_one_did_is_told_by_itself() {
    let mut page = showing(None, 3);
    page.recovery = Some(Recovery::mended(1));
    page.reduce(Action::StoreEmptied);
    assert_eq!(outcome(&page).text, "Emptied in another tab");
    page.reduce(Action::Reset(AfterReset::Empty));
    let told = page.outcomes;
    page.reduce(Action::StoreEmptied);
    assert_eq!(page.outcomes, told);
    page.reduce(Action::ResetEnded(AfterReset::Empty, Ok(token())));
    assert_eq!(outcome(&page).text, "The store is empty.");
    // What it told of isn't there any more.
    assert_eq!(page.recovery, None);
}

/// The page of a tab that emptied the store and heard what it holds then.
fn after_a_reset() -> State {
    let mut page = showing(None, 3);
    page.reduce(Action::Reset(AfterReset::Empty));
    page.reduce(Action::StoreEmptied);
    let effects = page.reduce(Action::ResetEnded(AfterReset::Empty, Ok(token())));
    assert!(effects.contains(&Effect::AwaitUndoEnd(token())));
    page.reduce(loaded(&page, history(0)));
    // Asked for when the store was emptied, and again when the reset had ended.
    page.reduce(listed(&page, vec![]));
    page.reduce(listed(&page, vec![]));
    assert!(page.undo.is_some());
    page
}

#[test]
fn undoing_is_offered_over_other_outcomes_as_long_as_nothing_is_recorded() {
    let mut page = after_a_reset();
    page.reduce(submitted("Deposit", ID));
    assert_eq!(outcome(&page).kind, OutcomeKind::Refused);
    page.reduce(Action::Exported(Err("there is no room".into())));
    page.reduce(listed(&page, vec![]));
    assert!(page.undo.is_some());
    let effects = page.reduce(Action::UndoReset);
    assert_eq!(effects, [Effect::UndoReset(token())]);
    assert_eq!(page.undo, None);
}

#[test]
fn undoing_is_offered_no_more_once_this_tab_or_another_recorded_something() {
    let mut here = after_a_reset();
    here.reduce(submitted("Open account", ID));
    here.reduce(appended(&here, Ok(history(1))));
    assert_eq!(here.undo, None);
    let mut elsewhere = after_a_reset();
    elsewhere.reduce(listed(&elsewhere, vec![head_of(ada(), 1)]));
    assert_eq!(elsewhere.undo, None);
}

#[test]
fn undoing_is_offered_no_more_once_another_tab_emptied_the_store() {
    let mut page = after_a_reset();
    page.reduce(Action::StoreEmptied);
    assert_eq!(page.undo, None);
}

#[test]
fn the_end_of_the_time_to_undo_is_that_of_its_own_reset() {
    let mut page = after_a_reset();
    let (first, last) = (1, 1);
    let earlier = ResetToken::new(Segments {
        history: HISTORY,
        first,
        last,
        chain: Chain::START,
    });
    page.reduce(Action::UndoEnded(earlier));
    assert!(page.undo.is_some());
    page.reduce(Action::UndoEnded(token()));
    assert_eq!(page.undo, None);
}

#[test]
fn a_store_that_another_tab_emptied_and_filled_is_told_with_what_it_holds() {
    for (heads, told) in [
        (vec![], "Emptied in another tab"),
        (
            vec![head_of(ada(), 9)],
            "Emptied in another tab, then filled: it holds 9 events now",
        ),
    ] {
        let mut page = showing(None, 3);
        page.reduce(Action::StoreEmptied);
        page.reduce(listed(&page, heads));
        assert_eq!(outcome(&page).text, told);
    }
}
