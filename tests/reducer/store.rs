//! The store as a whole, other tabs, and what is remembered.

use std::rc::Rc;

use eventloom::app::action::{Action, Effect, Step};
use eventloom::app::state::{Dialog, Room, State, Storage, Theme};
use eventloom::core::{Position, Version};
use eventloom::store::{Durability, StoreError};

use super::support::{foreign, stream};
use super::{
    ADA, HISTORY, ID, ada, appended, arrived, begun_at, came, head_of, history, in_use, list,
    listed, listed_at, load, loaded, not_listed, replace, showing, shown_balance, submitted,
    to_the_end, unread, until, view,
};

fn remembered(page: &State) -> [Effect; 1] {
    [Effect::Remember(page.preferences.clone())]
}

#[test]
fn a_change_in_the_store_asks_for_what_follows_the_last_event_held() {
    let mut page = showing(Some(1), 3);
    let effects = page.reduce(Action::StoreChanged);
    let catch_up = Effect::CatchUp {
        asked: page.views.now(),
        stream: ada(),
        after: Version(3),
        event_id: history(3)[2].event_id.to_string(),
        history: Some(HISTORY),
    };
    assert_eq!(effects, [list(&page), catch_up]);
}

#[test]
fn a_change_in_the_store_asks_for_all_where_nothing_is_held() {
    let mut page = showing(None, 0);
    let effects = page.reduce(Action::StoreChanged);
    assert_eq!(effects, [list(&page), load(&page, ada())]);
}

#[test]
fn a_store_emptied_by_another_tab_empties_the_view() {
    let mut page = showing(Some(2), 3);
    page.reduce(Action::TogglePlay);
    let effects = page.reduce(Action::StoreEmptied);
    assert_eq!(view(&page), (0, 0));
    assert!(!page.playing);
    assert_eq!(page.stream(), Some(&ada()));
    assert!(effects.contains(&Effect::Play(false)));
    assert!(effects.contains(&replace(ADA)));
    assert!(effects.contains(&list(&page)));
    assert!(effects.contains(&load(&page, ada())));
}

#[test]
fn a_view_of_an_emptied_store_follows_what_comes_into_it() {
    let mut page = showing(Some(2), 3);
    page.reduce(Action::StoreEmptied);
    page.reduce(loaded(&page, history(2)));
    assert_eq!(view(&page), (2, 2));
}

#[test]
fn a_stream_exchanged_under_a_view_is_shown_as_it_is_now() {
    let mut page = showing(Some(2), 4);
    let opened = ("AccountOpened", r#"{"owner":"Eve","currency":"USD"}"#);
    let deposited = ("MoneyDeposited", r#"{"amount":7,"reference":""}"#);
    let other = foreign(&ada(), &[opened, deposited, deposited]);
    let effects = page.reduce(loaded(&page, other));
    assert_eq!((view(&page), shown_balance(&page)), ((2, 3), 7));
    assert_eq!(effects, []);
}

#[test]
fn a_view_of_a_version_that_the_exchanged_stream_does_not_have_goes_to_its_head() {
    let mut page = showing(Some(3), 4);
    let effects = page.reduce(loaded(&page, history(2)));
    assert_eq!(view(&page), (2, 2));
    assert_eq!(effects, [replace(ADA)]);
}

#[test]
fn events_of_a_stream_that_is_not_looked_at_any_more_are_ignored() {
    let mut page = showing(None, 3);
    let grace = stream("bank_account", "grace");
    for whole in [true, false] {
        let effects = page.reduce(came(
            &page,
            grace.clone(),
            whole,
            to_the_end(foreign(&grace, &[("AccountFrozen", r#"{"reason":""}"#)])),
        ));
        assert_eq!(effects, []);
        assert_eq!((view(&page), shown_balance(&page)), ((3, 3), 200));
    }
}

#[test]
fn a_stream_that_can_not_be_read_is_told_and_what_is_held_stays() {
    let mut page = showing(None, 3);
    page.reduce(came(&page, ada(), false, until(vec![], StoreError::Full)));
    assert_eq!(unread(&page).title, "This stream can't be shown whole:");
    assert_eq!(view(&page), (3, 3));
}

#[test]
fn a_stream_that_is_damaged_is_shown_up_to_there_and_it_is_told_what_to_do() {
    let damaged = |version| StoreError::Corrupt {
        stream: ada().to_string(),
        version,
        position: Position::START,
        cause: "its checksum doesn't fit".into(),
    };
    let advice = "An export keeps all that is intact, with holes in the places of what isn't, and can be \
                  imported; Verify says what else is damaged, and what to do.";
    let (mut page, _) = listed_at(ADA, 9);
    let read = until(history(3), damaged(Version(4)));
    page.reduce(came(&page, ada(), true, read));
    assert_eq!(unread(&page).title, "This stream can't be shown whole:");
    assert!(unread(&page).text.ends_with(advice));
    assert_eq!(view(&page), (3, 3));

    let (mut page, _) = listed_at(ADA, 9);
    let read = until(vec![], damaged(Version(1)));
    page.reduce(came(&page, ada(), true, read));
    assert_eq!(unread(&page).title, "The stream can't be read:");
    assert!(unread(&page).text.ends_with(advice));
    assert!(page.timeline.is_none());
}

#[test]
fn good_events_before_a_damaged_one_are_shown_however_they_come() {
    let damaged = StoreError::Corrupt {
        stream: ada().to_string(),
        version: Version(5),
        position: Position::START,
        cause: "its checksum doesn't fit".into(),
    };
    let mut page = showing(None, 2);
    let read = until(history(4)[2..].to_vec(), damaged.clone());
    page.reduce(came(&page, ada(), false, read));
    assert_eq!(view(&page), (4, 4));
    assert_eq!(unread(&page).title, "This stream can't be shown whole:");
    // What others record makes it no news.
    let told = page.outcomes;
    page.reduce(came(&page, ada(), false, until(vec![], damaged)));
    assert_eq!(page.outcomes, told);
}

#[test]
fn an_event_that_can_not_be_replayed_is_told_and_what_comes_before_it_is_shown() {
    let mut page = showing(None, 0);
    let mut events = history(4);
    events.remove(2);
    page.reduce(loaded(&page, events));
    assert_eq!(view(&page), (2, 2));
    assert_eq!(unread(&page).title, "This stream can't be shown whole:");
    assert!(
        unread(&page)
            .text
            .starts_with("version 4 was replayed where version 3 comes next."),
        "{}",
        unread(&page).text
    );
}

#[test]
fn the_list_of_streams_keeps_step_with_what_arrives() {
    let mut page = showing(None, 3);
    // The list is what a view holds: it isn't copied for each count.
    let list = page.streams.clone().unwrap();
    page.reduce(arrived(&page, &history(5)[3..]));
    assert_eq!(page.events_in_store(), 5);
    assert_eq!(page.version_of(&list[0]), Version(5));
    assert!(Rc::ptr_eq(&list, page.streams.as_ref().unwrap()));
}

#[test]
fn a_foreign_stream_is_left_when_the_store_that_held_it_is_emptied() {
    let permit = stream("permit", "2026-17");
    let mut page = begun_at("#/permit/2026-17");
    page.reduce(Action::Opened(Storage::Kept));
    page.reduce(listed(&page, vec![head_of(permit.clone(), 1)]));
    page.reduce(came(
        &page,
        permit.clone(),
        true,
        to_the_end(foreign(&permit, &[("Asked", "{}")])),
    ));
    let effects = page.reduce(Action::StoreEmptied);
    assert!(matches!(effects[0], Effect::List(_)));
    assert_eq!(effects[1..], [load(&page, ada()), replace(ADA)]);
    assert_eq!(page.stream(), Some(&ada()));
}

#[test]
fn why_the_streams_can_not_be_listed_is_told_until_they_can() {
    let mut page = showing(None, 3);
    page.reduce(not_listed(&page, StoreError::Full));
    assert!(page.unlisted.is_some());
    page.reduce(listed(&page, vec![]));
    assert_eq!(page.unlisted, None);
}

#[test]
fn a_dialog_that_is_cancelled_asks_for_nothing() {
    let mut page = showing(None, 3);
    page.reduce(Action::Open(Dialog::Reset));
    assert_eq!(page.reduce(Action::CloseDialog), []);
    assert_eq!(page.dialog, None);
}

#[test]
fn only_a_store_in_memory_says_that_it_will_be_lost() {
    let mut page = showing(None, 3);
    assert!(!page.in_memory());
    let reason = "denied".into();
    let denied = StoreError::Unavailable { reason };
    page.reduce(Action::Opened(Storage::InMemory(denied)));
    assert!(page.in_memory());
    page.reduce(Action::StoreLost("deleted".into()));
    assert_eq!(page.storage, Storage::Lost("deleted".into()));
}

#[test]
fn a_store_that_was_lost_is_kept_again_as_soon_as_it_answers() {
    let answers: [fn(&State) -> Action; 3] = [
        |page| listed(page, vec![head_of(ada(), 3)]),
        |page| arrived(page, &[]),
        |page| appended(page, Ok(history(4)[3..].to_vec())),
    ];
    for answer in answers {
        let mut page = showing(None, 3);
        page.reduce(Action::StoreLost("closed".into()));
        page.reduce(submitted("Deposit", ID));
        assert_eq!(page.storage, Storage::Lost("closed".into()));
        let effects = page.reduce(answer(&page));
        assert_eq!(page.storage, Storage::Kept);
        assert!(effects.contains(&Effect::Measure));
    }
}

#[test]
fn what_was_asked_of_a_store_before_it_was_lost_does_not_say_that_it_is_back() {
    let mut page = showing(None, 3);
    let before = [listed(&page, vec![head_of(ada(), 3)]), arrived(&page, &[])];
    page.reduce(Action::StoreLost("closed".into()));
    for answer in before {
        page.reduce(answer);
        assert_eq!(page.storage, Storage::Lost("closed".into()));
    }
    page.reduce(not_listed(&page, in_use()));
    assert_eq!(page.storage, Storage::Lost("closed".into()));
}

#[test]
fn the_viewed_event_is_copied_with_its_whole_envelope() {
    let mut page = showing(Some(2), 3);
    let effects = page.reduce(Action::CopyEvent);
    let [Effect::Copy(text)] = &effects[..] else {
        panic!("{effects:?}");
    };
    let copied: serde_json::Value = serde_json::from_str(text).unwrap();
    let id = history(2)[1].event_id.to_string();
    assert_eq!(
        copied,
        serde_json::json!({
            "event_id": id,
            "event_type": "MoneyDeposited",
            "schema_version": 1,
            "aggregate_type": "bank_account",
            "aggregate_id": "ada-savings",
            "version": 2,
            "position": 2,
            "timestamp": "2026-01-05T09:00:02.000Z",
            "metadata": {"correlation_id": "a conversation"},
            "data": {"amount": 100, "reference": "salary"},
        })
    );
}

#[test]
fn at_version_0_there_is_no_event_to_copy() {
    let mut page = showing(Some(0), 3);
    assert_eq!(page.reduce(Action::CopyEvent), []);
}

#[test]
fn the_theme_turns_from_the_systems_to_the_other_and_the_same_and_back_and_is_remembered() {
    for (system, first, second) in [
        (Theme::Light, Theme::Dark, Theme::Light),
        (Theme::Dark, Theme::Light, Theme::Dark),
    ] {
        let mut page = showing(None, 3);
        assert_eq!(page.preferences.theme, None);
        for expected in [Some(first), Some(second), None] {
            let effects = page.reduce(Action::ToggleTheme { system });
            assert_eq!(page.preferences.theme, expected);
            assert_eq!(effects, remembered(&page));
        }
    }
}

#[test]
fn single_keys_can_be_turned_off_and_that_is_remembered() {
    let mut page = showing(None, 3);
    assert!(page.preferences.shortcuts);
    let effects = page.reduce(Action::SetShortcuts(false));
    assert!(!page.preferences.shortcuts);
    assert_eq!(effects, remembered(&page));
}

#[test]
fn commands_are_strict_until_relaxed_is_chosen_and_that_is_remembered() {
    let mut page = showing(None, 3);
    let durability = |page: &mut State| match &page.reduce(submitted("Deposit", ID))[..] {
        [Effect::Append { durability, .. }] => *durability,
        other => panic!("{other:?}"),
    };
    assert_eq!(durability(&mut page.clone()), Durability::Strict);
    let effects = page.reduce(Action::SetDurability(Durability::Relaxed));
    assert_eq!(effects, remembered(&page));
    assert_eq!(durability(&mut page), Durability::Relaxed);
}

#[test]
fn the_browser_is_asked_once_to_protect_what_is_kept_when_there_is_something_of_ones_own() {
    let asked_after = |page: &mut State, event: usize| {
        page.reduce(submitted("Deposit", ID));
        let recorded = history(event)[event - 1..].to_vec();
        let effects = page.reduce(appended(page, Ok(recorded)));
        effects.contains(&Effect::Protect)
    };
    let room = |protected| {
        let used = Some(1_000);
        Action::Measured(Room {
            used,
            protected,
            second_copy: None,
            set_aside: Vec::new(),
        })
    };
    let mut page = showing(None, 3);
    page.reduce(room(Some(false)));
    assert!(asked_after(&mut page, 4));
    assert!(!asked_after(&mut page, 5));

    for protected in [Some(true), None] {
        let mut page = showing(None, 3);
        page.reduce(room(protected));
        assert!(!asked_after(&mut page, 4));
    }
}

#[test]
fn a_tip_that_is_not_wanted_any_more_is_remembered() {
    let mut page = showing(None, 3);
    assert!(page.preferences.tip);
    let effects = page.reduce(Action::DismissTip);
    assert!(!page.preferences.tip);
    assert_eq!(effects, remembered(&page));
}

#[test]
fn which_forms_are_open_is_remembered_for_each_model() {
    let mut page = showing(None, 3);
    let form = ("bank_account".to_owned(), "Freeze".to_owned());
    for open in [true, false] {
        let effects = page.reduce(Action::ToggleForm("Freeze".into()));
        assert_eq!(page.preferences.open_forms.contains(&form), open);
        assert_eq!(effects, remembered(&page));
    }
}

#[test]
fn what_is_typed_is_kept_while_one_looks_elsewhere() {
    let mut page = showing(None, 3);
    page.reduce(Action::Edit {
        command: "Deposit".into(),
        path: "reference".into(),
        text: "gift".into(),
    });
    page.reduce(Action::Step(Step::First));
    page.reduce(Action::ChooseStream("grace".into()));
    let form = ("bank_account".to_owned(), "Deposit".to_owned());
    let kind = eventloom::model::Kind::Text {
        min: 0,
        max: 9,
        default: "",
    };
    assert_eq!(page.draft(&form).text("reference", &kind, "EUR"), "gift");
}
