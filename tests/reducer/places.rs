//! Addresses, models and streams: what is shown where, and what Back leads to.

use eventloom::app::action::{Action, Effect};
use eventloom::app::state::{About, OutcomeKind, Place, Storage};
use eventloom::core::Version;

use super::support::{foreign, stream};
use super::{
    ADA, ada, begun_at, came, head_of, history, list, listed, listed_at, load, loaded, loaded_at,
    outcome, push, replace, showing, to_the_end, view,
};

#[test]
fn the_streams_are_listed_as_soon_as_the_store_is_open() {
    let mut page = begun_at(ADA);
    let effects = page.reduce(Action::Opened(Storage::Kept));
    assert_eq!(effects, [list(&page), Effect::Measure]);
    assert_eq!(page.place, Place::Undecided);
}

#[test]
fn the_address_says_which_stream_is_loaded() {
    let (page, effects) = listed_at(&format!("{ADA}?v=2"), 3);
    assert_eq!(effects, [load(&page, ada())]);
    assert_eq!(page.stream(), Some(&ada()));
}

#[test]
fn the_address_says_which_version_is_shown() {
    let (page, effects) = loaded_at(&format!("{ADA}?v=2"), 3);
    assert_eq!(view(&page), (2, 3));
    assert_eq!(effects, []);
    assert_eq!(page.outcome, None);
}

#[test]
fn an_address_that_asks_for_nothing_shows_the_story() {
    for address in ["", "#/"] {
        let (page, effects) = listed_at(address, 3);
        assert_eq!(effects, [load(&page, ada()), replace(ADA)]);
        assert_eq!(page.stream(), Some(&ada()));
    }
}

#[test]
fn an_address_that_names_no_stream_is_told_and_the_story_shown() {
    let (mut page, effects) = listed_at("#/bank_account", 3);
    assert_eq!(effects, [load(&page, ada()), replace(ADA)]);
    assert_eq!(
        outcome(&page).text,
        "The address \"#/bank_account\" names no stream; it should look like \
         #/bank_account/ada-savings?v=3."
    );
    page.reduce(loaded(&page, history(3)));
    assert_eq!(view(&page), (3, 3));
}

#[test]
fn a_bad_version_is_told_and_the_latest_shown_in_its_place() {
    for (v, told) in [
        ("4", "Version 4 isn't there: the stream has 3."),
        (
            "-1",
            "\"-1\" isn't a version: it must be a number from 0 to 3.",
        ),
        (
            "three",
            "\"three\" isn't a version: it must be a number from 0 to 3.",
        ),
        ("", "\"\" isn't a version: it must be a number from 0 to 3."),
        (
            "1.5",
            "\"1.5\" isn't a version: it must be a number from 0 to 3.",
        ),
    ] {
        let (page, effects) = loaded_at(&format!("{ADA}?v={v}"), 3);
        assert_eq!(view(&page), (3, 3), "{v}");
        assert_eq!(effects, [replace(ADA)], "{v}");
        let outcome = outcome(&page);
        assert_eq!(
            (outcome.kind, &outcome.about),
            (OutcomeKind::Refused, &About::Address)
        );
        assert_eq!(outcome.text, format!("{told} This is the latest version."));
    }
}

#[test]
fn a_bad_version_typed_into_the_address_of_what_is_shown_is_told_too() {
    let mut page = showing(Some(1), 3);
    let effects = page.reduce(Action::AddressChanged(format!("{ADA}?v=99")));
    assert_eq!(effects, [replace(ADA)]);
    assert_eq!(view(&page), (3, 3));
    assert_eq!(outcome(&page).about, About::Address);
}

#[test]
fn what_was_told_of_a_bad_address_goes_with_the_next_good_one() {
    let (mut page, _) = loaded_at(&format!("{ADA}?v=99"), 3);
    page.reduce(Action::AddressChanged(format!("{ADA}?v=1")));
    assert_eq!(page.outcome, None);
}

#[test]
fn an_unknown_model_is_named_and_nothing_is_shown_as_if_it_existed() {
    let (page, effects) = listed_at("#/spaceship/apollo?v=1", 3);
    assert_eq!(effects, []);
    assert_eq!(page.place, Place::UnknownModel("spaceship".into()));
    assert_eq!(page.stream(), None);
    assert!(page.timeline.is_none());
    assert_eq!(outcome(&page).kind, OutcomeKind::Refused);
    assert!(outcome(&page).text.contains("spaceship"));
}

#[test]
fn an_unknown_model_takes_the_place_of_what_was_shown() {
    let mut page = showing(Some(2), 3);
    let effects = page.reduce(Action::AddressChanged("#/spaceship/apollo".into()));
    // The list may be older than the address.
    assert_eq!(effects, [list(&page)]);
    let effects = page.reduce(listed(&page, vec![head_of(ada(), 3)]));
    assert_eq!(effects, []);
    assert_eq!(page.stream(), None);
    assert_eq!(view(&page), (0, 0));
    assert!(outcome(&page).text.contains("spaceship"));
}

#[test]
fn an_aggregate_type_that_was_just_imported_is_found_by_its_address() {
    let mut page = showing(None, 3);
    let permit = stream("permit", "17");
    let effects = page.reduce(Action::AddressChanged("#/permit/17".into()));
    assert_eq!(effects, [list(&page)]);
    let heads = vec![head_of(ada(), 3), head_of(permit.clone(), 2)];
    let effects = page.reduce(listed(&page, heads));
    assert_eq!(effects, [load(&page, permit)]);
    assert_eq!(page.outcome, None);
}

#[test]
fn an_address_left_while_the_streams_were_listed_is_not_returned_to() {
    let mut page = showing(Some(2), 3);
    page.reduce(Action::AddressChanged("#/spaceship/apollo".into()));
    page.reduce(Action::AddressChanged(format!("{ADA}?v=2")));
    let effects = page.reduce(listed(&page, vec![head_of(ada(), 3)]));
    assert_eq!(effects, []);
    assert_eq!(page.stream(), Some(&ada()));
    assert_eq!(page.outcome, None);
}

#[test]
fn from_an_unknown_model_back_leads_to_what_was_shown() {
    let mut page = showing(Some(2), 3);
    page.reduce(Action::AddressChanged("#/spaceship/apollo".into()));
    page.reduce(listed(&page, vec![head_of(ada(), 3)]));
    let back = page.reduce(Action::AddressChanged(format!("{ADA}?v=2")));
    assert_eq!(back, [load(&page, ada())]);
    page.reduce(loaded(&page, history(3)));
    assert_eq!(view(&page), (2, 3));
    assert_eq!(page.outcome, None);
}

#[test]
fn an_aggregate_type_that_the_store_holds_is_known_though_no_model_ships_for_it() {
    let permit = stream("permit", "2026/17");
    let mut page = begun_at("#/permit/2026%2F17?v=1");
    page.reduce(Action::Opened(Storage::Kept));
    let heads = vec![head_of(permit.clone(), 2)];
    let effects = page.reduce(listed(&page, heads));
    assert_eq!(effects, [load(&page, permit.clone())]);
    assert_eq!(page.foreign_types(), ["permit"]);
    page.reduce(came(
        &page,
        permit.clone(),
        true,
        to_the_end(foreign(&permit, &[("Asked", "{}"), ("Granted", "{}")])),
    ));
    assert_eq!(view(&page), (1, 2));
}

#[test]
fn a_stream_without_events_is_version_0_of_0_and_nothing_is_stored_for_looking() {
    let (mut page, effects) = listed_at("#/order/no-such-order", 3);
    let order = stream("order", "no-such-order");
    assert_eq!(effects, [load(&page, order.clone())]);
    let effects = page.reduce(came(&page, order, true, to_the_end(vec![])));
    assert_eq!(effects, []);
    assert_eq!(view(&page), (0, 0));
    assert_eq!(page.outcome, None);
    assert_eq!(page.events_in_store(), 3);
}

#[test]
fn back_shows_the_version_of_its_address_and_adds_no_entry() {
    let mut page = showing(None, 3);
    let effects = page.reduce(Action::AddressChanged(format!("{ADA}?v=1")));
    assert_eq!(effects, []);
    assert_eq!(view(&page), (1, 3));
    let effects = page.reduce(Action::AddressChanged(ADA.into()));
    assert_eq!(effects, []);
    assert_eq!(view(&page), (3, 3));
}

#[test]
fn the_last_address_counts_though_it_came_while_the_stream_was_loading() {
    let (mut page, _) = listed_at("#/order/a", 3);
    page.reduce(Action::AddressChanged(format!("{ADA}?v=1")));
    page.reduce(Action::AddressChanged(ADA.into()));
    page.reduce(loaded(&page, history(3)));
    assert_eq!(view(&page), (3, 3));
}

#[test]
fn an_address_that_comes_before_the_streams_are_known_waits_for_them() {
    let mut page = begun_at("#/order/a");
    assert_eq!(page.reduce(Action::AddressChanged(ADA.into())), []);
    page.reduce(Action::Opened(Storage::Kept));
    let effects = page.reduce(listed(&page, vec![head_of(ada(), 3)]));
    assert_eq!(effects, [load(&page, ada())]);
}

#[test]
fn choosing_a_stream_loads_it_and_adds_a_history_entry() {
    let mut page = showing(Some(1), 3);
    let effects = page.reduce(Action::ChooseStream("grace main".into()));
    let grace = stream("bank_account", "grace main");
    assert_eq!(
        effects,
        [
            load(&page, grace.clone()),
            push("#/bank_account/grace%20main")
        ]
    );
    assert_eq!(page.stream(), Some(&grace));
}

#[test]
fn choosing_a_stream_shows_its_head() {
    let (mut page, _) = loaded_at("#/bank_account/grace?v=0", 3);
    page.reduce(Action::ChooseStream("ada-savings".into()));
    page.reduce(loaded(&page, history(3)));
    assert_eq!(view(&page), (3, 3));
}

#[test]
fn a_new_stream_has_its_address_at_once() {
    let mut page = showing(None, 3);
    let effects = page.reduce(Action::NewStream("account-7".into()));
    assert!(effects.contains(&push("#/bank_account/account-7")));
    assert_eq!(view(&page), (0, 0));
}

#[test]
fn a_stream_that_can_not_be_named_is_refused_and_the_view_stays() {
    let mut page = showing(Some(1), 3);
    assert_eq!(page.reduce(Action::ChooseStream(String::new())), []);
    assert_eq!(view(&page), (1, 3));
    assert_eq!(outcome(&page).kind, OutcomeKind::Refused);
}

#[test]
fn choosing_a_model_shows_its_first_stream() {
    let mut page = showing(None, 3);
    let (a, b) = (stream("order", "a"), stream("order", "b"));
    let heads = vec![head_of(ada(), 3), head_of(a.clone(), 1), head_of(b, 2)];
    page.reduce(listed(&page, heads));
    let effects = page.reduce(Action::ChooseModel("order".into()));
    assert_eq!(effects, [load(&page, a), push("#/order/a")]);
}

#[test]
fn choosing_a_model_without_streams_begins_one() {
    let mut page = showing(None, 3);
    let effects = page.reduce(Action::ChooseModel("order".into()));
    let begun = stream("order", "my-order");
    assert_eq!(effects, [load(&page, begun), push("#/order/my-order")]);
}

#[test]
fn listing_the_streams_again_moves_nothing() {
    let mut page = showing(Some(1), 3);
    let effects = page.reduce(listed(&page, vec![head_of(ada(), 5)]));
    assert_eq!(effects, []);
    assert_eq!(page.viewed_version(), Version(1));
}
