//! Answers that come late: what was asked of another view of the store isn't taken for the present, and nothing is
//! asked twice at a time.

use eventloom::app::action::{Action, Effect};
use eventloom::app::reading::Read;
use eventloom::app::state::{OutcomeKind, State};
use eventloom::core::{History, Position, RecordedEvent, Version};
use eventloom::store::StoreError;

use super::support::{foreign, stream};
use super::{
    ADA, HISTORY, ID, ada, appended, arrived, came, head_of, history, list, listed, listed_at,
    load, loaded, not_listed, outcome, seek, showing, shown_balance, submitted, to_the_end, until,
    view,
};

/// Another account under Ada's name: opened, and a cent deposited twice.
fn another() -> Vec<RecordedEvent> {
    let opened = ("AccountOpened", r#"{"owner":"Eve","currency":"EUR"}"#);
    let deposited = ("MoneyDeposited", r#"{"amount":1,"reference":""}"#);
    foreign(&ada(), &[opened, deposited, deposited])
}

/// How often the streams, and the events of the stream that is looked at, are asked for.
fn asks(effects: &[Effect]) -> (usize, usize) {
    let lists = |effect: &&Effect| matches!(effect, Effect::List(_));
    let reads = |effect: &&Effect| matches!(effect, Effect::CatchUp { .. } | Effect::Load(..));
    (
        effects.iter().filter(lists).count(),
        effects.iter().filter(reads).count(),
    )
}

#[test]
fn what_was_read_before_a_reset_and_comes_after_it_is_not_shown_on_the_emptied_view() {
    let mut page = showing(None, 3);
    page.reduce(Action::StoreChanged);
    let late = arrived(&page, &history(5)[3..]);
    page.reduce(Action::StoreEmptied);
    let told = page.outcomes;
    let effects = page.reduce(late);
    assert_eq!((view(&page), page.outcomes), ((0, 0), told));
    // What is there now is still asked for: once.
    assert_eq!(effects, [load(&page, ada())]);
    page.reduce(loaded(&page, vec![]));
    assert_eq!((view(&page), page.outcomes), ((0, 0), told));
}

#[test]
fn what_was_read_before_a_reset_is_not_added_to_the_history_after_it() {
    let mut page = showing(None, 3);
    page.reduce(Action::StoreChanged);
    let late = arrived(&page, &history(5)[3..]);
    page.reduce(Action::StoreEmptied);
    page.reduce(loaded(&page, another()));
    page.reduce(late);
    assert_eq!((view(&page), shown_balance(&page)), ((3, 3), 2));
}

#[test]
fn what_was_read_whole_before_a_reset_does_not_come_back() {
    let (mut page, _) = listed_at(ADA, 3);
    let late = loaded(&page, history(3));
    page.reduce(Action::StoreEmptied);
    page.reduce(late);
    assert_eq!(view(&page), (0, 0));
}

#[test]
fn that_a_stream_could_not_be_read_before_a_reset_is_not_told_after_it() {
    let mut page = showing(None, 3);
    page.reduce(Action::StoreChanged);
    let late = came(&page, ada(), false, until(vec![], StoreError::Full));
    page.reduce(Action::StoreEmptied);
    page.reduce(late);
    assert_eq!(page.unread, None);
}

#[test]
fn what_was_read_of_a_stream_that_was_left_and_is_looked_at_again_is_dropped() {
    let mut page = showing(None, 3);
    page.reduce(Action::StoreChanged);
    let late = arrived(&page, &history(5)[3..]);
    page.reduce(Action::ChooseStream("grace".into()));
    page.reduce(Action::ChooseStream("ada-savings".into()));
    assert_eq!(page.reduce(late), []);
    assert!(page.timeline.is_none());
    // Nor is it taken for the answer that is under way.
    assert_eq!(asks(&page.reduce(Action::StoreChanged)).1, 0);
    page.reduce(loaded(&page, history(5)));
    assert_eq!(view(&page), (5, 5));
}

#[test]
fn streams_that_were_listed_before_a_reset_are_listed_anew() {
    let mut page = showing(None, 3);
    page.reduce(Action::StoreChanged);
    let late = listed(&page, vec![head_of(ada(), 3)]);
    assert_eq!(asks(&page.reduce(Action::StoreEmptied)).0, 0);
    let effects = page.reduce(late);
    assert_eq!(effects, [list(&page)]);
    assert_eq!(page.events_in_store(), 0);
    page.reduce(listed(&page, vec![head_of(ada(), 1)]));
    assert_eq!(page.events_in_store(), 1);
}

#[test]
fn that_streams_could_not_be_listed_before_a_reset_is_not_told_after_it() {
    let mut page = showing(None, 3);
    page.reduce(Action::StoreChanged);
    let late = not_listed(&page, StoreError::Full);
    page.reduce(Action::StoreEmptied);
    page.reduce(late);
    assert_eq!(page.unlisted, None);
}

#[test]
fn streams_that_were_listed_while_another_stream_was_looked_at_are_taken() {
    let mut page = showing(None, 3);
    page.reduce(Action::StoreChanged);
    let answer = listed(&page, vec![head_of(ada(), 5)]);
    page.reduce(Action::ChooseStream("grace".into()));
    page.reduce(answer);
    assert_eq!(page.events_in_store(), 5);
}

/// What the page says after a deposit to Ada's account of three came back, when another tab had emptied the store.
fn appended_after_a_reset() -> State {
    let mut page = showing(None, 3);
    page.reduce(submitted("Deposit", ID));
    let late = appended(&page, Ok(history(4)[3..].to_vec()));
    page.reduce(Action::StoreEmptied);
    page.reduce(loaded(&page, vec![]));
    let effects = page.reduce(late);
    assert_eq!(asks(&effects).1, 1, "{effects:?}");
    page
}

#[test]
fn what_was_appended_before_a_reset_of_another_tab_is_not_shown_as_the_head() {
    let mut page = appended_after_a_reset();
    assert_eq!(view(&page), (0, 0));
    assert_eq!(outcome(&page).kind, OutcomeKind::Done);
    assert_eq!(
        outcome(&page).text,
        "MoneyDeposited appended as v4. The store was emptied meanwhile, perhaps with it: what is \
         shown is what is there now."
    );
    page.reduce(loaded(&page, vec![]));
    assert_eq!((view(&page), page.saving.clone()), ((0, 0), None));
}

#[test]
fn a_first_event_that_was_appended_around_a_reset_is_shown_where_the_store_has_it() {
    let mut page = showing(None, 0);
    page.reduce(submitted("Open account", ID));
    let late = appended(&page, Ok(history(1)));
    page.reduce(Action::StoreEmptied);
    page.reduce(loaded(&page, vec![]));
    page.reduce(late);
    assert_eq!(view(&page), (0, 0));
    page.reduce(loaded(&page, history(1)));
    assert_eq!(view(&page), (1, 1));
}

#[test]
fn what_was_appended_is_not_taken_back_by_what_was_read_before_it() {
    let mut page = showing(None, 3);
    page.reduce(Action::StoreEmptied);
    let late = loaded(&page, vec![]);
    page.reduce(submitted("Open account", ID));
    let (asked, read) = (page.views.now(), to_the_end(vec![]));
    page.reduce(Action::Sought { asked, read });
    page.reduce(appended(&page, Ok(history(1))));
    let effects = page.reduce(late);
    assert_eq!(view(&page), (1, 1));
    // It may be gone all the same: the store is asked.
    assert_eq!(asks(&effects).1, 1, "{effects:?}");
}

#[test]
fn a_command_right_after_a_reset_is_decided_on_what_is_read_in_the_new_history() {
    let mut page = showing(None, 3);
    page.reduce(Action::StoreEmptied);
    assert_eq!(page.reduce(submitted("Open account", ID)), [seek(&page)]);
    let (asked, read) = (page.views.now(), to_the_end(vec![]));
    let effects = page.reduce(Action::Sought { asked, read });
    let [
        Effect::Append {
            expected, history, ..
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!((*expected, *history), (Version::NONE, Some(HISTORY)));
}

#[test]
fn a_command_is_sent_with_the_history_that_it_was_decided_on() {
    let mut page = showing(None, 3);
    let other = History(uuid::Uuid::from_u128(10));
    let read = Read {
        history: Some(other),
        ..to_the_end(another())
    };
    page.reduce(came(&page, ada(), true, read));
    let effects = page.reduce(submitted("Deposit", ID));
    let sent = |effect: &Effect| matches!(effect, Effect::Append { history, .. } if *history == Some(other));
    assert!(effects.iter().any(sent), "{effects:?}");
}

#[test]
fn a_command_that_was_decided_on_another_history_meets_a_conflict_and_the_page_looks() {
    let mut page = showing(None, 3);
    page.reduce(submitted("Deposit", ID));
    let (known, now) = (Some(HISTORY), History(uuid::Uuid::from_u128(10)));
    let error = StoreError::HistoryChanged { known, now };
    let effects = page.reduce(appended(&page, Err(error.into())));
    assert_eq!(outcome(&page).kind, OutcomeKind::Conflict);
    assert_eq!(
        outcome(&page).text,
        "It was decided on what the store held before it was emptied, or lost events. Nothing was \
         recorded. Retry decides it again on what is there now."
    );
    assert_eq!(asks(&effects), (1, 1));
    assert_eq!(page.reduce(Action::Retry), [seek(&page)]);
}

#[test]
fn a_retry_is_not_decided_on_what_was_read_before_a_reset() {
    let mut page = showing(None, 3);
    page.reduce(submitted("Deposit", ID));
    let lost = StoreError::Failed {
        operation: "append",
        cause: "lost".into(),
    };
    page.reduce(appended(&page, Err(lost.into())));
    page.reduce(Action::Retry);
    let (asked, read) = (page.views.now(), to_the_end(history(3)));
    page.reduce(Action::StoreEmptied);
    let effects = page.reduce(Action::Sought { asked, read });
    assert_eq!(effects, [Effect::Seek(page.views.now(), ada())]);
    assert!(page.saving.is_some());
}

#[test]
fn a_retry_finds_its_events_before_a_damaged_one_and_does_not_miss_them_behind_it() {
    let lost = || StoreError::Failed {
        operation: "append",
        cause: "lost".into(),
    };
    let retrying = || {
        let mut page = showing(None, 3);
        page.reduce(submitted("Deposit", ID));
        page.reduce(appended(&page, Err(lost().into())));
        page.reduce(Action::Retry);
        page
    };
    let damaged = StoreError::Corrupt {
        stream: ada().to_string(),
        version: Version(5),
        position: Position::START,
        cause: "its checksum doesn't fit".into(),
    };
    // A part of a stream doesn't tell that the command isn't recorded.
    let mut page = retrying();
    let (asked, read) = (page.views.now(), until(history(4), damaged.clone()));
    assert_eq!(page.reduce(Action::Sought { asked, read }), []);
    assert_eq!(outcome(&page).kind, OutcomeKind::Unknown);
    assert!(outcome(&page).retry.is_some());

    let mut page = retrying();
    let mut events = history(4);
    events[3].metadata.causation_id = Some(ID.to_string());
    let (asked, read) = (page.views.now(), until(events, damaged));
    page.reduce(Action::Sought { asked, read });
    assert_eq!(outcome(&page).text, "MoneyDeposited appended as v4");
}

#[test]
fn a_stream_that_was_archived_before_a_reset_is_not_left_out_after_it() {
    let mut page = showing(None, 3);
    let asked = page.views.now();
    page.reduce(Action::Archive(true));
    page.reduce(Action::StoreEmptied);
    let (stream, archive, result) = (ada(), true, Ok(()));
    page.reduce(Action::ArchiveEnded {
        asked,
        stream,
        archive,
        result,
    });
    assert!(page.is_listed(&ada()));
}

#[test]
fn a_hundred_hints_ask_for_streams_and_events_twice() {
    let mut page = showing(None, 3);
    let mut effects = Vec::new();
    for _ in 0..100 {
        effects.extend(page.reduce(Action::StoreChanged));
    }
    assert_eq!(asks(&effects), (1, 1));
    effects.extend(page.reduce(listed(&page, vec![head_of(ada(), 50)])));
    effects.extend(page.reduce(arrived(&page, &history(50)[3..])));
    assert_eq!(asks(&effects), (2, 2));
    effects.extend(page.reduce(listed(&page, vec![head_of(ada(), 103)])));
    effects.extend(page.reduce(arrived(&page, &history(103)[50..])));
    assert_eq!(asks(&effects), (2, 2));
    assert_eq!(view(&page), (103, 103));
}

#[test]
fn a_hundred_resets_ask_for_streams_and_events_twice() {
    let mut page = showing(None, 3);
    page.reduce(Action::StoreChanged);
    let late = [listed(&page, vec![head_of(ada(), 3)]), arrived(&page, &[])];
    let mut effects = Vec::new();
    for _ in 0..100 {
        effects.extend(page.reduce(Action::StoreEmptied));
    }
    assert_eq!(asks(&effects), (0, 0));
    for answer in late {
        effects.extend(page.reduce(answer));
    }
    assert_eq!(asks(&effects), (1, 1));
}

#[test]
fn a_stream_that_is_chosen_is_read_at_once_whatever_is_under_way() {
    let mut page = showing(None, 3);
    page.reduce(Action::StoreChanged);
    let grace = stream("bank_account", "grace");
    let effects = page.reduce(Action::ChooseStream("grace".into()));
    assert_eq!(effects[0], load(&page, grace.clone()));
    // What others record meanwhile is read with the next question.
    assert_eq!(asks(&page.reduce(Action::StoreChanged)), (0, 0));
    let effects = page.reduce(came(&page, grace.clone(), true, to_the_end(vec![])));
    assert_eq!(effects, [load(&page, grace)]);
}

#[test]
fn a_stream_that_could_not_be_read_is_asked_for_again_by_the_next_hint() {
    let (mut page, _) = listed_at(ADA, 3);
    page.reduce(came(&page, ada(), true, until(vec![], StoreError::Full)));
    assert!(page.timeline.is_none());
    let effects = page.reduce(Action::StoreChanged);
    assert_eq!(effects, [list(&page), load(&page, ada())]);
    page.reduce(loaded(&page, history(3)));
    assert_eq!(view(&page), (3, 3));
}
