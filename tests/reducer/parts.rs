//! The parts that are fetched when they are opened, and the places beside the streams.

use eventloom::app::action::{Action, Effect};
use eventloom::app::parts::{Beside, Fetched, Part};
use eventloom::app::state::Dialog;

use super::{ADA, ada, begun_at, history, listed_at, load, loaded, push, replace, showing, view};

const ABOUT: &str = "#/:about";

fn went_to(address: &str) -> Action {
    Action::AddressChanged(address.to_owned())
}

fn fetched(part: Part) -> Action {
    Action::Fetched(part, Ok(()))
}

fn not_fetched(part: Part) -> Action {
    Action::Fetched(part, Err("the line is down".to_owned()))
}

#[test]
fn a_part_is_fetched_when_it_is_first_opened_and_never_again() {
    let mut page = showing(None, 3);
    assert_eq!(*page.parts.get(Part::Dialogs), Fetched::No);
    let open = || Action::Open(Dialog::Help);
    assert_eq!(page.reduce(open()), [Effect::Fetch(Part::Dialogs)]);
    // Pressed again while it comes, and when it is here.
    assert_eq!(page.reduce(open()), []);
    assert_eq!(page.reduce(fetched(Part::Dialogs)), []);
    page.reduce(Action::CloseDialog);
    assert_eq!(page.reduce(open()), []);
    assert_eq!(page.unfetched(), None);
}

#[test]
fn a_part_that_can_not_be_fetched_is_told_and_fetched_again_when_that_is_wanted() {
    let mut page = showing(None, 3);
    page.reduce(Action::Open(Dialog::Reset));
    page.reduce(not_fetched(Part::Dialogs));
    assert_eq!(page.unfetched(), Some(("Reset", "the line is down")));
    let again = page.reduce(Action::FetchAgain);
    assert_eq!(again, [Effect::Fetch(Part::Dialogs)]);
    assert_eq!(page.unfetched(), None);
    page.reduce(not_fetched(Part::Dialogs));
    // Nobody wants it any more, so that nothing is to be told.
    page.reduce(Action::CloseDialog);
    assert_eq!(page.unfetched(), None);
    assert_eq!(page.reduce(Action::FetchAgain), []);
    let opened = page.reduce(Action::Open(Dialog::Help));
    assert_eq!(opened, [Effect::Fetch(Part::Dialogs)]);
}

#[test]
fn about_is_shown_before_anything_is_known_of_the_store() {
    let mut page = begun_at(ABOUT);
    let effects = page.reduce(went_to(ABOUT));
    assert_eq!(effects, [Effect::Fetch(Part::About)]);
    assert_eq!(page.beside, Some(Beside::About));
    assert_eq!(page.waiting_words().as_deref(), Some("Loading About"));
    page.reduce(fetched(Part::About));
    assert_eq!(page.waiting_words(), None);
}

#[test]
fn about_leaves_a_stream_below_it_and_the_address_alone() {
    let (mut page, effects) = listed_at(ABOUT, 3);
    assert_eq!(effects, [Effect::Fetch(Part::About), load(&page, ada())]);
    assert_eq!(page.reduce(loaded(&page, history(3))), []);
    assert_eq!(page.address().as_deref(), Some(ABOUT));
    assert_eq!(page.stream_address().as_deref(), Some(ADA));
    page.reduce(went_to(ADA));
    assert_eq!((page.beside.as_ref(), view(&page)), (None, (3, 3)));
}

#[test]
fn the_stream_is_at_its_version_when_about_is_left() {
    let at_two = format!("{ADA}?v=2");
    let mut page = showing(Some(2), 3);
    page.reduce(Action::TogglePlay);
    let effects = page.reduce(went_to(ABOUT));
    assert_eq!(effects, [Effect::Play(false), Effect::Fetch(Part::About)]);
    assert_eq!(page.stream_address(), Some(at_two.clone()));
    assert_eq!(page.reduce(went_to(&at_two)), []);
    assert_eq!(view(&page), (2, 3));
    // From then on the address follows again.
    let stepped = page.reduce(Action::Step(eventloom::app::action::Step::Previous));
    assert_eq!(stepped, [push(&format!("{ADA}?v=1"))]);
}

#[test]
fn what_follows_the_name_of_a_place_is_dropped_from_the_address() {
    let mut page = showing(None, 3);
    let effects = page.reduce(went_to("#/:about?v=3"));
    assert_eq!(effects, [Effect::Fetch(Part::About), replace(ABOUT)]);
}

#[test]
fn a_place_that_is_not_there_is_shown_as_such_and_fetches_nothing() {
    let mut page = showing(None, 3);
    assert_eq!(page.reduce(went_to("#/:loom")), []);
    assert_eq!(page.beside, Some(Beside::Unknown("loom".to_owned())));
    assert_eq!(page.reduce(went_to(ADA)), []);
    assert_eq!(page.beside, None);
}
