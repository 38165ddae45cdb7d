//! What was set aside of the store: saved, brought back and deleted by a person, who is asked before.

use std::rc::Rc;

use eventloom::app::action::{Action, Effect, Saved};
use eventloom::app::parts::Part;
use eventloom::app::state::{Dialog, OutcomeKind, Room, State};
use eventloom::core::Timestamp;
use eventloom::store::{SetAside, WhySetAside};

use super::{listed_at, outcome, showing};

fn aside(events: Option<u64>) -> Rc<SetAside> {
    Rc::new(SetAside {
        name: "eventloom.journal.aside.5".to_owned(),
        at: Some(Timestamp::from_millis(5)),
        events,
        why: WhySetAside::Apart,
    })
}

/// The browser said that this was set aside.
fn measured(set_aside: Vec<Rc<SetAside>>) -> Action {
    Action::Measured(Room {
        set_aside,
        ..Room::default()
    })
}

/// A page beside whose store something was set aside, and that can show it.
fn with_aside() -> (State, Rc<SetAside>) {
    let (mut page, aside) = (showing(None, 3), aside(Some(10)));
    page.reduce(measured(vec![Rc::clone(&aside)]));
    page.reduce(Action::Fetched(Part::Dialogs, Ok(())));
    (page, aside)
}

#[test]
fn what_shows_it_is_fetched_once_there_is_something_and_not_before() {
    let mut page = showing(None, 3);
    assert_eq!(page.reduce(measured(vec![])), []);
    let fetch = [Effect::Fetch(Part::Dialogs)];
    assert_eq!(page.reduce(measured(vec![aside(None)])), fetch);
    page.reduce(Action::Fetched(Part::Dialogs, Err("gone".into())));
    assert_eq!(page.unfetched(), Some(("Set aside", "gone")));
    // A person is asked before it is tried again.
    assert_eq!(page.reduce(measured(vec![aside(None)])), []);
    assert_eq!(page.reduce(Action::FetchAgain), fetch);
}

#[test]
fn a_measurement_fetches_nothing_else_that_could_not_be_fetched() {
    let (mut page, _) = listed_at("#/:about", 3);
    page.reduce(Action::Fetched(
        Part::About,
        Err("the line is down".to_owned()),
    ));
    assert_eq!(page.reduce(measured(vec![])), []);
    assert_eq!(page.unfetched(), Some(("About", "the line is down")));
    let fetch = [Effect::Fetch(Part::Dialogs)];
    assert_eq!(page.reduce(measured(vec![aside(None)])), fetch);
}

#[test]
fn it_is_brought_back_once_a_person_agreed_and_what_is_checked_meanwhile_is_not() {
    let (mut page, aside) = with_aside();
    page.reduce(Action::Verify);
    let asked = Action::Open(Dialog::BringBack(Rc::clone(&aside)));
    assert_eq!(page.reduce(asked.clone()), []);
    let begun = page.reduce(Action::BringBack(Rc::clone(&aside)));
    assert_eq!(
        begun,
        [Effect::CancelVerify, Effect::BringBack(Rc::clone(&aside))]
    );
    assert_eq!((page.exchanging, &page.dialog), (true, &None));
    // Not twice at once.
    page.reduce(asked);
    assert_eq!(page.dialog, None);
    assert_eq!(page.reduce(Action::BringBack(aside)), []);
    assert_eq!(page.reduce(Action::BroughtBack(Ok(10))), [Effect::Measure]);
    assert!(!page.exchanging);
    assert_eq!(outcome(&page).kind, OutcomeKind::Done);
    assert_eq!(outcome(&page).text, "10 events came back.");
}

#[test]
fn where_it_is_not_brought_back_the_alert_says_why_and_the_store_is_read_anew() {
    let (mut page, aside) = with_aside();
    page.reduce(Action::BringBack(aside));
    let effects = page.reduce(Action::BroughtBack(Err("the disk is full.".into())));
    assert!(effects.contains(&Effect::Measure));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::List(_)))
    );
    let told = outcome(&page);
    assert_eq!(
        (told.kind, &*told.title),
        (OutcomeKind::Refused, "Not brought back:")
    );
    assert_eq!(told.text, "the disk is full.");
    assert!(!page.exchanging);
}

#[test]
fn it_is_deleted_once_a_person_agreed() {
    let (mut page, aside) = with_aside();
    let asked = Action::Open(Dialog::DeleteSetAside(Rc::clone(&aside)));
    assert_eq!(page.reduce(asked), []);
    let begun = page.reduce(Action::DeleteSetAside(Rc::clone(&aside)));
    assert_eq!(begun, [Effect::DeleteSetAside(aside)]);
    assert_eq!(page.dialog, None);
    assert_eq!(
        page.reduce(Action::SetAsideDeleted(Ok(()))),
        [Effect::Measure]
    );
    assert_eq!(outcome(&page).text, "What was set aside is deleted.");
    page.reduce(Action::SetAsideDeleted(Err("a tab has it open.".into())));
    assert_eq!(outcome(&page).title, "Not deleted:");
}

#[test]
fn how_many_events_it_holds_is_said_also_where_nobody_knows() {
    for (events, words) in [
        (Some(1), "1 event of another history"),
        (Some(1_000), "1000 events of another history"),
        (None, "an unknown number of events of another history"),
    ] {
        assert_eq!(aside(events).to_string(), words);
    }
}

#[test]
fn what_a_saved_file_lacks_is_told() {
    for (holes, told) in [
        (0, ""),
        (1, " 1 that is damaged or missing has a hole in its place."),
        (
            9,
            " 9 that are damaged or missing have holes in their places.",
        ),
    ] {
        let (mut page, _) = with_aside();
        let file = "a.ndjson".to_owned();
        page.reduce(Action::SetAsideSaved(Ok(Saved {
            events: 1,
            holes,
            file,
        })));
        assert_eq!(
            outcome(&page).text,
            format!("Saved 1 event to a.ndjson.{told}")
        );
    }
}
