//! A view at the head follows the head; a view below it stays where it is.

use eventloom::app::action::{Action, Effect, Settled, Step};
use eventloom::app::state::State;
use eventloom::core::{Timestamp, Version};

use super::{
    ADA, arrived, history, loaded, loaded_at, push, replace, showing, shown_balance, view,
};

#[test]
fn a_view_at_the_head_follows_what_arrives_and_leaves_the_address_alone() {
    let mut page = showing(None, 3);
    let effects = page.reduce(arrived(&page, &history(5)[3..]));
    assert_eq!(view(&page), (5, 5));
    assert_eq!(shown_balance(&page), 400);
    assert_eq!(effects, []);
}

#[test]
fn a_view_below_the_head_stays_while_the_head_grows() {
    let mut page = showing(Some(2), 3);
    let effects = page.reduce(arrived(&page, &history(5)[3..]));
    assert_eq!(view(&page), (2, 5));
    assert_eq!(shown_balance(&page), 100);
    assert_eq!(effects, []);
}

#[test]
fn a_view_at_version_0_stays_there() {
    let mut page = showing(Some(0), 3);
    page.reduce(arrived(&page, &history(5)[3..]));
    assert_eq!(view(&page), (0, 5));
}

#[test]
fn an_empty_stream_is_at_its_head_and_follows_its_first_event() {
    let mut page = showing(None, 0);
    page.reduce(arrived(&page, &history(1)));
    assert_eq!(view(&page), (1, 1));
}

#[test]
fn a_head_that_was_stepped_to_is_followed() {
    let mut page = showing(Some(2), 3);
    page.reduce(Action::Step(Step::Next));
    page.reduce(arrived(&page, &history(5)[3..]));
    assert_eq!(view(&page), (5, 5));
}

#[test]
fn a_head_that_was_dragged_to_is_followed() {
    let mut page = showing(Some(1), 3);
    page.reduce(Action::View(Version(3), Settled::Yes));
    page.reduce(arrived(&page, &history(5)[3..]));
    assert_eq!(view(&page), (5, 5));
}

#[test]
fn a_head_that_the_address_named_is_followed_and_its_number_goes_from_the_address() {
    let (mut page, effects) = loaded_at(&format!("{ADA}?v=3"), 3);
    assert_eq!(effects, [replace(ADA)]);
    page.reduce(arrived(&page, &history(5)[3..]));
    assert_eq!(view(&page), (5, 5));
}

#[test]
fn a_view_that_was_dragged_to_an_older_version_stays() {
    let mut page = showing(None, 3);
    page.reduce(Action::View(Version(1), Settled::Yes));
    page.reduce(arrived(&page, &history(5)[3..]));
    assert_eq!(view(&page), (1, 5));
}

#[test]
fn what_is_held_already_is_not_counted_twice() {
    let mut page = showing(None, 3);
    page.reduce(arrived(&page, &history(4)[1..]));
    assert_eq!(view(&page), (4, 4));
    assert_eq!(shown_balance(&page), 300);
}

#[test]
fn each_discrete_step_adds_a_history_entry() {
    let mut page = showing(None, 3);
    for (step, viewed, address) in [
        (Step::First, 0, "?v=0"),
        (Step::Next, 1, "?v=1"),
        (Step::Next, 2, "?v=2"),
        (Step::Previous, 1, "?v=1"),
        (Step::Latest, 3, ""),
        (Step::Previous, 2, "?v=2"),
    ] {
        // More than a second after the one before.
        page.now = Timestamp::from_millis(page.now.millis() + 1_001);
        let effects = page.reduce(Action::Step(step));
        assert_eq!(view(&page), (viewed, 3), "{step:?}");
        assert_eq!(effects, [push(&format!("{ADA}{address}"))], "{step:?}");
    }
}

/// What is shown in the address after a step so many milliseconds after the beginning.
fn step_at(page: &mut State, millis: i64, step: Step) -> Vec<Effect> {
    page.now = Timestamp::from_millis(millis);
    page.reduce(Action::Step(step))
}

#[test]
fn steps_that_follow_one_another_at_once_are_one_history_entry() {
    let mut page = showing(None, 9);
    let address = |version: u64| format!("{ADA}?v={version}");
    assert_eq!(step_at(&mut page, 0, Step::Previous), [push(&address(8))]);
    for (millis, version) in [(40, 7), (1_040, 6), (2_040, 5)] {
        let effects = step_at(&mut page, millis, Step::Previous);
        assert_eq!(effects, [replace(&address(version))], "{millis}");
    }
    let effects = step_at(&mut page, 3_041, Step::Previous);
    assert_eq!(effects, [push(&address(4))]);
    // An event that is chosen in the list is a step, too.
    page.now = Timestamp::from_millis(3_100);
    let effects = page.reduce(Action::View(Version(1), Settled::Yes));
    assert_eq!(effects, [replace(&address(1))]);
}

#[test]
fn a_step_that_leads_nowhere_replaces_nothing_and_is_followed_by_an_entry() {
    let mut page = showing(None, 9);
    assert_eq!(step_at(&mut page, 0, Step::Next), []);
    let effects = step_at(&mut page, 10, Step::Previous);
    assert_eq!(effects, [push(&format!("{ADA}?v=8"))]);
}

#[test]
fn what_back_led_to_a_drag_and_another_stream_are_not_replaced_by_a_step() {
    let mut back = showing(None, 9);
    step_at(&mut back, 0, Step::Previous);
    back.reduce(Action::AddressChanged(ADA.into()));
    let effects = step_at(&mut back, 10, Step::First);
    assert_eq!(effects, [push(&format!("{ADA}?v=0"))]);
    let mut drag = showing(None, 9);
    step_at(&mut drag, 0, Step::Previous);
    let effects = drag.reduce(Action::View(Version(3), Settled::Dragged));
    assert_eq!(effects, [push(&format!("{ADA}?v=3"))]);
    let effects = step_at(&mut drag, 10, Step::First);
    assert_eq!(effects, [push(&format!("{ADA}?v=0"))]);
    let mut other = showing(None, 9);
    step_at(&mut other, 0, Step::Previous);
    other.reduce(Action::ChooseStream("eve".into()));
    other.reduce(Action::ChooseStream("ada-savings".into()));
    other.reduce(loaded(&other, history(9)));
    let effects = step_at(&mut other, 10, Step::First);
    assert_eq!(effects, [push(&format!("{ADA}?v=0"))]);
}

#[test]
fn a_step_beyond_an_end_changes_nothing() {
    for (viewed, steps) in [
        (Some(0), [Step::First, Step::Previous]),
        (None, [Step::Next, Step::Latest]),
    ] {
        let mut page = showing(viewed, 3);
        let before = view(&page);
        for step in steps {
            assert_eq!(page.reduce(Action::Step(step)), [], "{step:?}");
            assert_eq!(view(&page), before, "{step:?}");
        }
    }
}

#[test]
fn a_drag_shows_each_version_and_adds_one_history_entry_at_its_end() {
    let mut page = showing(None, 3);
    for version in [2, 1, 0, 1] {
        let effects = page.reduce(Action::View(Version(version), Settled::No));
        assert_eq!(effects, []);
        assert_eq!(view(&page), (version, 3));
    }
    let effects = page.reduce(Action::View(Version(1), Settled::Dragged));
    assert_eq!(effects, [push(&format!("{ADA}?v=1"))]);
}

#[test]
fn no_version_beyond_the_head_can_be_looked_at() {
    let mut page = showing(Some(1), 3);
    page.reduce(Action::View(Version(99), Settled::Yes));
    assert_eq!(view(&page), (3, 3));
}
