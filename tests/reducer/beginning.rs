//! An empty stream leads on: by the command that is possible, another name, a story.

use eventloom::app::action::{Action, Effect};
use eventloom::app::state::{OutcomeKind, State};
use eventloom::app::tale::Tale;
use eventloom::core::Version;

use super::support::stream;
use super::{
    ADA, ID, ada, appended, came, history, listed_at, load, loaded, loaded_at, outcome, push,
    showing, submitted, to_the_end,
};

/// The commands of a model whose forms are open.
fn open(page: &State) -> Vec<&'static str> {
    let aggregate_type = page.stream().unwrap().aggregate_type();
    let model = page.registry.find(aggregate_type).unwrap();
    let is_open = |name: &str| page.is_form_open(&(aggregate_type.to_owned(), name.to_owned()));
    let forms = model.commands().iter().map(|form| form.name);
    forms.filter(|name| is_open(name)).collect()
}

fn toggle(page: &mut State, command: &str) -> Vec<Effect> {
    page.reduce(Action::ToggleForm(command.to_owned()))
}

#[test]
fn in_an_empty_stream_the_first_possible_command_is_open_and_what_would_be_refused_is_not() {
    let page = loaded_at(ADA, 0).0;
    assert_eq!(open(&page), ["Open account"]);
    let mut order = listed_at("#/order/a", 0).0;
    order.reduce(came(&order, stream("order", "a"), true, to_the_end(vec![])));
    assert_eq!(open(&order), ["Place order"]);
}

#[test]
fn where_there_are_events_what_is_open_is_what_is_remembered() {
    assert_eq!(open(&showing(None, 2)), ["Deposit", "Withdraw"]);
}

#[test]
fn the_form_of_the_first_event_stays_open_under_the_hand_until_the_stream_is_left() {
    let mut page = loaded_at(ADA, 0).0;
    page.reduce(submitted("Open account", ID));
    page.reduce(appended(&page, Ok(history(1))));
    assert_eq!(open(&page), ["Open account", "Deposit", "Withdraw"]);
    page.reduce(Action::ChooseStream("eve".into()));
    page.reduce(Action::ChooseStream("ada-savings".into()));
    page.reduce(loaded(&page, history(1)));
    assert_eq!(open(&page), ["Deposit", "Withdraw"]);
}

#[test]
fn what_a_person_opens_and_shuts_in_an_empty_stream_is_done_and_remembered() {
    let mut page = loaded_at(ADA, 0).0;
    let effects = toggle(&mut page, "Freeze");
    assert_eq!(effects, [Effect::Remember(page.preferences.clone())]);
    assert_eq!(open(&page), ["Open account", "Freeze"]);
    toggle(&mut page, "Open account");
    assert_eq!(open(&page), ["Freeze"]);
    page.reduce(submitted("Open account", ID));
    page.reduce(appended(&page, Ok(history(1))));
    assert_eq!(open(&page), ["Deposit", "Withdraw", "Freeze"]);
    toggle(&mut page, "Deposit");
    assert_eq!(open(&page), ["Withdraw", "Freeze"]);
}

#[test]
fn a_stream_that_another_tab_emptied_opens_the_first_possible_command() {
    let mut page = showing(None, 2);
    page.reduce(Action::StoreEmptied);
    assert_eq!(open(&page), ["Open account"]);
}

#[test]
fn the_name_of_a_new_stream_can_be_exchanged_until_it_is_left() {
    let mut page = showing(None, 2);
    let effects = page.reduce(Action::NewStream("account-1".into()));
    assert!(effects.contains(&push("#/bank_account/account-1")));
    assert!(page.names_stream);
    page.reduce(Action::ChooseStream("household".into()));
    assert!(!page.names_stream);
    assert_eq!(page.address().as_deref(), Some("#/bank_account/household"));
}

#[test]
fn each_model_offers_its_story_where_it_shows_nothing_and_there_alone() {
    assert_eq!(loaded_at(ADA, 0).0.offered_story(), Some(Tale::Account));
    let mut order = listed_at("#/order/a", 0).0;
    assert_eq!(order.offered_story(), None);
    order.reduce(came(&order, stream("order", "a"), true, to_the_end(vec![])));
    assert_eq!(order.offered_story(), Some(Tale::Order));
    assert_eq!(showing(None, 2).offered_story(), None);
}

#[test]
fn a_story_is_stored_only_when_it_is_asked_for_and_then_shown() {
    let mut page = loaded_at("#/order/a", 0).0;
    let effects = page.reduce(Action::TellStory(Tale::Order));
    assert_eq!(effects, [Effect::TellStory(Tale::Order)]);
    let effects = page.reduce(Action::StoryTold(Tale::Order, Ok(())));
    let story = stream("order", "grace-loom");
    assert!(effects.contains(&push("#/order/grace-loom")));
    assert!(effects.contains(&load(&page, story.clone())));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::List(_)))
    );
    assert_eq!(page.stream(), Some(&story));
    assert_eq!(page.told().unwrap().kind, OutcomeKind::Done);
}

#[test]
fn a_story_that_cannot_be_added_moves_nothing_and_says_why() {
    let mut page = loaded_at(ADA, 0).0;
    let reason = "ada-savings holds other events already.".to_owned();
    page.reduce(Action::StoryTold(Tale::Account, Err(reason.clone())));
    assert_eq!((page.stream(), page.head()), (Some(&ada()), Version::NONE));
    assert_eq!(outcome(&page).kind, OutcomeKind::Refused);
    assert_eq!(outcome(&page).text, reason);
}
