//! Playing versions one after another.

use eventloom::app::action::{Action, Effect, Settled, Step};
use eventloom::core::Version;

use super::{ADA, arrived, history, loaded, push, replace, showing, view};

#[test]
fn play_from_the_head_starts_at_version_0() {
    let mut page = showing(None, 2);
    let effects = page.reduce(Action::TogglePlay);
    assert_eq!(effects, [Effect::Play(true)]);
    assert!(page.playing);
    assert_eq!(view(&page), (0, 2));
}

#[test]
fn play_from_an_older_version_goes_on_from_there() {
    let mut page = showing(Some(1), 3);
    page.reduce(Action::TogglePlay);
    assert_eq!(view(&page), (1, 3));
    page.reduce(Action::PlayTick);
    assert_eq!(view(&page), (2, 3));
}

#[test]
fn a_run_stops_at_the_head_and_adds_one_history_entry_there() {
    let mut page = showing(Some(0), 3);
    page.reduce(Action::TogglePlay);
    for viewed in [1, 2] {
        assert_eq!(page.reduce(Action::PlayTick), []);
        assert_eq!(view(&page), (viewed, 3));
    }
    let effects = page.reduce(Action::PlayTick);
    assert_eq!(effects, [Effect::Play(false), push(ADA)]);
    assert!(!page.playing);
    assert_eq!(view(&page), (3, 3));
}

#[test]
fn a_run_from_the_head_to_the_head_adds_one_history_entry_too() {
    let mut page = showing(None, 2);
    page.reduce(Action::TogglePlay);
    assert_eq!(page.reduce(Action::PlayTick), []);
    let effects = page.reduce(Action::PlayTick);
    assert_eq!(effects, [Effect::Play(false), push(ADA)]);
}

#[test]
fn after_a_run_the_head_is_followed() {
    let mut page = showing(Some(2), 3);
    page.reduce(Action::TogglePlay);
    page.reduce(Action::PlayTick);
    page.reduce(arrived(&page, &history(5)[3..]));
    assert_eq!(view(&page), (5, 5));
}

#[test]
fn a_pause_adds_one_history_entry_where_it_is() {
    let mut page = showing(None, 3);
    page.reduce(Action::TogglePlay);
    page.reduce(Action::PlayTick);
    let effects = page.reduce(Action::TogglePlay);
    assert_eq!(effects, [Effect::Play(false), push(&format!("{ADA}?v=1"))]);
    assert!(!page.playing);
    assert_eq!(view(&page), (1, 3));
}

#[test]
fn a_run_goes_on_to_a_head_that_grows_meanwhile() {
    let mut page = showing(Some(2), 3);
    page.reduce(Action::TogglePlay);
    page.reduce(arrived(&page, &history(4)[3..]));
    assert_eq!(page.reduce(Action::PlayTick), []);
    assert_eq!(view(&page), (3, 4));
    page.reduce(Action::PlayTick);
    assert_eq!((view(&page), page.playing), ((4, 4), false));
}

#[test]
fn a_step_and_a_drag_end_a_run() {
    for action in [
        Action::Step(Step::Previous),
        Action::View(Version(1), Settled::No),
    ] {
        let mut page = showing(Some(2), 5);
        page.reduce(Action::TogglePlay);
        let effects = page.reduce(action);
        assert_eq!(effects.first(), Some(&Effect::Play(false)));
        assert_eq!((view(&page), page.playing), ((1, 5), false));
    }
}

#[test]
fn another_address_ends_a_run() {
    let mut page = showing(Some(2), 5);
    page.reduce(Action::TogglePlay);
    let effects = page.reduce(Action::AddressChanged(format!("{ADA}?v=1")));
    assert_eq!(effects, [Effect::Play(false)]);
    assert_eq!((view(&page), page.playing), ((1, 5), false));
}

#[test]
fn a_stream_that_is_exchanged_for_a_shorter_one_ends_a_run() {
    let mut page = showing(Some(2), 5);
    page.reduce(Action::TogglePlay);
    let effects = page.reduce(loaded(&page, history(1)));
    assert_eq!(effects, [Effect::Play(false), replace(ADA)]);
    assert_eq!((view(&page), page.playing), ((1, 1), false));
}

#[test]
fn a_late_tick_moves_nothing() {
    let mut page = showing(Some(1), 3);
    page.reduce(Action::TogglePlay);
    page.reduce(Action::TogglePlay);
    assert_eq!(page.reduce(Action::PlayTick), []);
    assert_eq!(view(&page), (1, 3));
}

#[test]
fn a_stream_without_events_is_not_played() {
    let mut page = showing(None, 0);
    assert_eq!(page.reduce(Action::TogglePlay), []);
    assert!(!page.playing);
}
