//! What is told belongs to the stream and the moment of which it speaks.

use eventloom::app::action::{Action, Effect, Imported, NotImported};
use eventloom::app::state::{OutcomeKind, State};
use eventloom::core::{StreamId, Timestamp};
use eventloom::store::{AppendError, StoreError};

use super::support::stream;
use super::{ID, ada, appended, head_of, history, listed, outcome, push, showing, submitted};

fn order() -> Action {
    Action::AddressChanged("#/order/a".into())
}

fn back() -> Action {
    Action::AddressChanged(super::ADA.into())
}

fn refused() -> Action {
    Action::Imported(Err(NotImported::Refused("line 1 is none.".into())))
}

fn imported(events: u64) -> Action {
    Action::Imported(Ok(Imported {
        events,
        skipped: 0,
        stamped: 0,
        shared_ids: 0,
        holes: 0,
        fills: 0,
        capitals: String::new(),
    }))
}

fn lost() -> AppendError {
    let (operation, cause) = ("append", "AbortError".into());
    AppendError::Store(StoreError::Failed { operation, cause })
}

#[test]
fn what_came_of_a_command_goes_when_another_stream_is_looked_at() {
    for command in ["Deposit", "Withdraw"] {
        let mut page = showing(None, 2);
        page.reduce(submitted(command, ID));
        if page.saving.is_some() {
            page.reduce(appended(&page, Ok(history(3)[2..].to_vec())));
        }
        assert!(page.told().is_some());
        page.reduce(order());
        assert_eq!(page.told(), None);
        page.reduce(back());
        assert_eq!(page.told(), None);
    }
}

#[test]
fn what_was_refused_of_the_store_goes_as_well_and_can_be_put_away_before() {
    let mut page = showing(None, 2);
    page.reduce(refused());
    assert_eq!(outcome(&page).of_store(), Some("Import"));
    page.reduce(Action::DismissOutcome);
    assert_eq!(page.told(), None);
    page.reduce(refused());
    page.reduce(order());
    assert_eq!(page.told(), None);
}

#[test]
fn a_command_whose_outcome_comes_after_its_stream_was_left_is_told_where_it_belongs() {
    let mut page = showing(None, 2);
    page.reduce(submitted("Deposit", ID));
    page.reduce(order());
    page.reduce(appended(&page, Ok(history(3)[2..].to_vec())));
    assert_eq!(page.told(), None);
    page.reduce(back());
    assert_eq!(page.told().unwrap().text, "MoneyDeposited appended as v3");
}

#[test]
fn a_command_of_which_nobody_knows_is_told_again_where_it_belongs() {
    let mut page = showing(None, 2);
    page.reduce(submitted("Deposit", ID));
    page.reduce(appended(&page, Err(lost())));
    page.reduce(order());
    assert_eq!(page.told(), None);
    page.reduce(back());
    assert_eq!(page.told().unwrap().kind, OutcomeKind::Unknown);
    assert!(page.told().unwrap().retry.is_some());
}

#[test]
fn what_speaks_of_the_store_says_of_which_moment() {
    let mut page = showing(None, 9);
    // 2026-01-05T09:12:30Z
    page.now = Timestamp::from_millis(1_767_604_350_000);
    page.reduce(refused());
    let moment = outcome(&page).moment();
    assert_eq!(moment.as_deref(), Some("at 09:12, 9 events"));
    page.reduce(submitted("Withdraw", ID));
    assert_eq!(outcome(&page).moment(), None);
}

/// The page after an import of so many events, and after the store listed these streams.
fn after_an_import(heads: &[(StreamId, u64)]) -> State {
    let mut page = showing(None, 9);
    let file = "log.ndjson".to_owned();
    page.reduce(Action::ImportChosen { file });
    let effects = page.reduce(imported(7));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::List(_)))
    );
    assert_eq!(outcome(&page).brought, None);
    let mut heads: Vec<_> = heads.to_vec();
    heads.push((ada(), 9));
    heads.sort();
    let heads = heads
        .into_iter()
        .map(|(stream, version)| head_of(stream, version));
    page.reduce(listed(&page, heads.collect()));
    page
}

#[test]
fn an_import_leads_to_the_longest_stream_that_it_brought() {
    let permit = |name| stream("permit", name);
    let heads = [(permit("a"), 2), (permit("b"), 4), (permit("c"), 4)];
    let mut page = after_an_import(&heads);
    assert_eq!(outcome(&page).brought, Some(permit("b")));
    assert!(outcome(&page).moment().unwrap().ends_with(", 19 events"));
    let effects = page.reduce(Action::Show(permit("b")));
    assert!(effects.contains(&push("#/permit/b")));
    assert_eq!(page.stream(), Some(&permit("b")));
}

#[test]
fn an_import_that_brought_no_new_stream_leads_nowhere() {
    assert_eq!(outcome(&after_an_import(&[])).brought, None);
}

#[test]
fn a_stream_that_another_tab_began_later_is_not_what_the_import_brought() {
    let mut page = after_an_import(&[]);
    let later = vec![head_of(ada(), 9), head_of(stream("bank_account", "eve"), 1)];
    page.reduce(listed(&page, later));
    assert_eq!(outcome(&page).brought, None);
}
