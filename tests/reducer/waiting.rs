//! What is asked for before the store is open waits for it, by one way for all.

use eventloom::app::action::{Action, AfterReset, Effect, Packing};
use eventloom::app::state::{State, Storage, Verifying};

use super::{ADA, begun_at, in_use};

/// What waits for the store, what it leads to, and its name.
fn works() -> [(Action, Effect, &'static str); 4] {
    let after = AfterReset::Story;
    let file = "log.ndjson".to_owned();
    [
        (Action::Verify, Effect::Verify, "Verify"),
        (
            Action::Export(Packing::Gzip),
            Effect::Export(Packing::Gzip),
            "Export",
        ),
        (Action::ImportChosen { file }, Effect::Import, "Import"),
        (Action::Reset(after), Effect::Reset(after), "Reset"),
    ]
}

/// What the page asks for once the store is open.
fn opened(page: &mut State) -> Vec<Effect> {
    let mut effects = page.reduce(Action::Opened(Storage::Kept));
    assert!(matches!(effects[0], Effect::List(_)));
    assert_eq!(effects[1], Effect::Measure);
    effects.split_off(2)
}

#[test]
fn what_is_asked_for_before_the_store_is_open_waits_for_it_and_the_page_says_so() {
    for (action, effect, name) in works() {
        let mut page = begun_at(ADA);
        assert_eq!(page.waiting_words(), None);
        assert_eq!(page.reduce(action.clone()), []);
        let words = format!("{name} waits until the store is open.");
        assert_eq!(page.waiting_words(), Some(words));
        // Pressed a second time, it isn't done twice.
        assert_eq!(page.reduce(action), []);
        assert_eq!(opened(&mut page), [effect]);
        assert_eq!(page.waiting_words(), None);
    }
}

#[test]
fn all_that_waits_begins_in_the_order_in_which_it_was_asked_for() {
    let mut page = begun_at(ADA);
    let [verify, export, import, _] = works();
    for (action, ..) in [export.clone(), verify.clone(), import.clone()] {
        page.reduce(action);
    }
    let words = "Export, Verify, Import wait until the store is open.";
    assert_eq!(page.waiting_words().as_deref(), Some(words));
    assert_eq!(opened(&mut page), [export.1, verify.1, import.1]);
}

#[test]
fn what_waits_and_is_broken_off_is_not_begun() {
    let endings = [
        Action::EndVerification,
        Action::CancelExport,
        Action::CancelImport,
    ];
    for ((action, ..), ending) in works().into_iter().zip(endings) {
        let mut page = begun_at(ADA);
        page.reduce(action);
        assert_eq!(page.reduce(ending), []);
        assert_eq!(page.waiting_words(), None);
        assert_eq!(opened(&mut page), []);
        assert_eq!((page.import, page.export), (None, None));
        assert_eq!(page.verifying, Verifying::No);
    }
}

#[test]
fn of_two_files_that_are_chosen_before_the_store_is_open_the_later_is_imported() {
    let mut page = begun_at(ADA);
    for file in ["first", "second"] {
        let file = file.to_owned();
        page.reduce(Action::ImportChosen { file });
    }
    assert_eq!(opened(&mut page), [Effect::Import]);
    assert_eq!(page.import.unwrap().file.as_deref(), Some("second"));
}

#[test]
fn what_waits_goes_on_in_memory_where_the_store_can_not_be_had() {
    let mut page = begun_at(ADA);
    page.reduce(Action::Export(Packing::Plain));
    let reason = in_use();
    let effects = page.reduce(Action::Opened(Storage::InMemory(reason)));
    assert!(effects.contains(&Effect::Export(Packing::Plain)));
}

#[test]
fn a_store_that_is_lost_while_it_is_being_opened_keeps_what_waits() {
    let mut page = begun_at(ADA);
    page.reduce(Action::StoreLost("closed".into()));
    assert_eq!(page.reduce(Action::Verify), []);
    let effects = page.reduce(Action::Opened(Storage::Kept));
    assert!(effects.contains(&Effect::Verify));
    assert_eq!(page.storage, Storage::Lost("closed".into()));
}
