//! Archiving: what is left out where a stream is chosen, and what is looked at then.

use eventloom::app::action::{Action, Effect, Entry};
use eventloom::app::state::{Dialog, OutcomeKind, State, Storage};
use eventloom::core::{StreamId, Version};
use eventloom::store::StoreError;

use super::{
    ADA, ada, begun_at, head_of, history, listed, listed_at, listed_with, load, loaded, outcome,
    showing,
};

fn grace() -> StreamId {
    StreamId::new("bank_account", "grace").unwrap()
}

fn ended(page: &State, archive: bool, result: Result<(), StoreError>) -> Action {
    Action::ArchiveEnded {
        asked: page.views.now(),
        stream: ada(),
        archive,
        result,
    }
}

/// Ada's account is looked at, and there is Grace's.
fn two_accounts() -> State {
    let mut page = begun_at(ADA);
    page.reduce(Action::Opened(Storage::Kept));
    let heads = vec![head_of(ada(), 3), head_of(grace(), 2)];
    page.reduce(listed(&page, heads));
    page.reduce(loaded(&page, history(3)));
    page
}

#[test]
fn an_archived_stream_is_left_and_the_next_one_that_is_listed_is_shown() {
    let mut page = two_accounts();
    page.reduce(Action::Open(Dialog::Archive));
    let effects = page.reduce(Action::Archive(true));
    assert_eq!(effects, [Effect::Archive(page.views.now(), ada(), true)]);
    assert_eq!(page.dialog, None);
    let effects = page.reduce(ended(&page, true, Ok(())));
    assert_eq!(page.stream(), Some(&grace()));
    assert!(effects.contains(&load(&page, grace())));
    let pushed = |effect: &Effect| matches!(effect, Effect::Show(_, Entry::Push));
    assert!(effects.iter().any(pushed));
    assert!(!page.is_listed(&ada()) && page.is_listed(&grace()));
    let told = "ada-savings is archived. Show archived lists it again.";
    assert_eq!(outcome(&page).text, told);
}

#[test]
fn while_archived_streams_are_shown_archiving_one_leaves_the_view_where_it_is() {
    let mut page = two_accounts();
    page.reduce(Action::ShowArchived(true));
    page.reduce(ended(&page, true, Ok(())));
    assert_eq!(page.stream(), Some(&ada()));
    assert!(page.is_archived() && page.is_listed(&ada()));
    page.reduce(Action::ShowArchived(false));
    assert!(!page.is_listed(&ada()));
}

#[test]
fn a_stream_that_is_brought_back_is_listed_and_looked_at_as_before() {
    let mut page = two_accounts();
    let heads = vec![head_of(ada(), 3), head_of(grace(), 2)];
    page.reduce(listed_with(&page, heads, &[ada()]));
    assert!(page.is_archived());
    assert_eq!(
        page.reduce(Action::Archive(false)),
        [Effect::Archive(page.views.now(), ada(), false)]
    );
    assert_eq!(page.reduce(ended(&page, false, Ok(()))), []);
    assert_eq!(page.stream(), Some(&ada()));
    assert!(!page.is_archived() && page.is_listed(&ada()));
    assert_eq!(outcome(&page).text, "ada-savings is listed again.");
}

#[test]
fn an_archived_stream_that_the_address_names_is_shown_and_another_is_where_none_is_named() {
    for (address, expected) in [(ADA, ada()), ("", grace())] {
        let mut page = begun_at(address);
        page.reduce(Action::Opened(Storage::Kept));
        let heads = vec![head_of(ada(), 3), head_of(grace(), 2)];
        page.reduce(listed_with(&page, heads, &[ada()]));
        assert_eq!(page.stream(), Some(&expected), "{address}");
    }
}

#[test]
fn a_stream_without_events_is_not_archived() {
    let (mut page, _) = listed_at(ADA, 0);
    page.reduce(loaded(&page, vec![]));
    assert_eq!(page.head(), Version::NONE);
    page.reduce(Action::Open(Dialog::Archive));
    assert_eq!(page.dialog, None);
}

#[test]
fn what_could_not_be_archived_is_told_and_stays_listed() {
    let mut page = showing(None, 3);
    page.reduce(ended(&page, true, Err(StoreError::Full)));
    assert_eq!(outcome(&page).kind, OutcomeKind::Refused);
    assert_eq!(outcome(&page).title, "Not archived:");
    assert!(page.is_listed(&ada()));
    assert_eq!(page.stream(), Some(&ada()));
}
