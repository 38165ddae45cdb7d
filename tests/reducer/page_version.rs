//! A new version of the page is used once nothing is under way that would go with the old one.

use eventloom::app::action::{Action, Effect, NotImported};
use eventloom::app::page_version::PageVersion;

use super::{ID, appended, history, showing, submitted};

fn is_used(effects: &[Effect]) -> bool {
    effects.contains(&Effect::SwitchOver)
}

#[test]
fn it_is_used_at_once_where_nothing_is_under_way() {
    let mut page = showing(None, 1);
    page.reduce(Action::Version(PageVersion::Superseded));
    assert!(is_used(&page.reduce(Action::UseNewVersion)));
    assert!(!is_used(&page.reduce(Action::StoreChanged)), "once");
}

#[test]
fn it_waits_for_a_command_that_is_being_saved() {
    let mut page = showing(None, 1);
    page.reduce(Action::Version(PageVersion::Superseded));
    page.reduce(submitted("Deposit", ID));
    assert!(page.saving.is_some());
    assert!(!is_used(&page.reduce(Action::UseNewVersion)));
    assert!(!is_used(&page.reduce(Action::StoreChanged)));
    let recorded = history(2).split_off(1);
    assert!(is_used(&page.reduce(appended(&page, Ok(recorded)))));
}

#[test]
fn it_waits_for_a_file() {
    let mut page = showing(None, 1);
    page.reduce(Action::Version(PageVersion::Superseded));
    let file = "log.ndjson".to_owned();
    page.reduce(Action::ImportChosen { file });
    assert!(!is_used(&page.reduce(Action::UseNewVersion)));
    let refused = NotImported::Refused("it was cancelled".to_owned());
    assert!(is_used(&page.reduce(Action::Imported(Err(refused)))));
}

#[test]
fn a_page_that_has_a_newer_version_beside_it_is_never_called_the_newest_again() {
    let mut page = showing(None, 1);
    page.reduce(Action::Version(PageVersion::Kept));
    assert_eq!(page.version, PageVersion::Kept);
    page.reduce(Action::Version(PageVersion::Superseded));
    page.reduce(Action::Version(PageVersion::Kept));
    assert_eq!(page.version, PageVersion::Superseded);
}

#[test]
fn the_new_version_is_fetched_where_the_store_is_its_own() {
    let mut page = showing(None, 1);
    assert_eq!(page.reduce(Action::StoreIsNewer), [Effect::RenewVersion]);
}
