//! The number whose course is drawn, and what the last step or command did to it.

use eventloom::app::action::{Action, Effect, Settled, Step};
use eventloom::app::course::Course;
use eventloom::app::state::State;
use eventloom::core::Version;
use eventloom::model::Wording;

use super::{ID, appended, arrived, history, showing, submitted};

fn course(page: &State) -> Course {
    Course::of(page.timeline.as_ref().unwrap(), page.chosen_course())
}

/// What is said of the last step.
fn went(page: &State) -> Option<String> {
    let (from, to) = page.went?;
    let wording = Wording {
        money_keys: vec!["balance".into()],
        currency: "EUR".into(),
    };
    course(page).step(from, to, &wording)
}

fn choose(page: &mut State, path: &str) -> Vec<Effect> {
    page.reduce(Action::ChooseCourse(path.to_owned()))
}

#[test]
fn it_is_the_models_own_until_another_is_chosen_which_is_remembered_for_the_model() {
    let mut page = showing(None, 3);
    assert_eq!(course(&page).name, "balance");
    let values = [Some(0.0), Some(0.0), Some(100.0), Some(200.0)];
    assert_eq!(course(&page).values[..], values);
    let effects = choose(&mut page, "movements.deposits");
    assert_eq!(effects, [Effect::Remember(page.preferences.clone())]);
    let values = [Some(0.0), Some(0.0), Some(1.0), Some(2.0)];
    assert_eq!(course(&page).values[..], values);
    page.reduce(Action::ChooseStream("eve".into()));
    assert_eq!(page.chosen_course(), Some("movements.deposits"));
    page.reduce(Action::ChooseModel("order".into()));
    assert_eq!(page.chosen_course(), None);
}

#[test]
fn the_models_own_can_be_chosen_again() {
    let mut page = showing(None, 3);
    choose(&mut page, "movements.deposits");
    choose(&mut page, "balance");
    assert_eq!(
        (page.chosen_course(), page.preferences.courses.len()),
        (None, 0)
    );
}

#[test]
fn a_step_says_what_it_did_to_the_number_with_its_currency_once() {
    let mut page = showing(None, 4);
    assert_eq!(went(&page), None);
    page.reduce(Action::Step(Step::Previous));
    assert_eq!(went(&page).as_deref(), Some("v3 balance 3.00 → 2.00 EUR"));
    page.reduce(Action::View(Version(1), Settled::Yes));
    assert_eq!(went(&page).as_deref(), Some("v1 balance 2.00 → 0.00 EUR"));
    page.reduce(Action::Step(Step::First));
    assert_eq!(went(&page).as_deref(), Some("v0 balance 0.00 EUR"));
}

#[test]
fn a_command_says_what_it_did_to_the_number_though_an_older_version_is_viewed() {
    let mut page = showing(Some(1), 3);
    page.reduce(submitted("Deposit", ID));
    page.reduce(appended(&page, Ok(history(4)[3..].to_vec())));
    assert_eq!(went(&page).as_deref(), Some("v4 balance 2.00 → 3.00 EUR"));
    page.reduce(arrived(&page, &history(6)[4..]));
    assert_eq!(went(&page).as_deref(), Some("v6 balance 3.00 → 5.00 EUR"));
    page.reduce(Action::ChooseStream("eve".into()));
    assert_eq!(went(&page), None);
}
