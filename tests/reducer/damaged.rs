//! A stream that holds a damaged event: what is known of it, what is shown, and what is refused.

use eventloom::app::action::{Action, Effect, Settled};
use eventloom::app::loom::{Lane, Loom};
use eventloom::app::state::{OutcomeKind, State};
use eventloom::core::{Position, RecordedEvent, Version};
use eventloom::model::{Glyph, Look};
use eventloom::store::met_hole;

use super::{
    ADA, ID, ada, came, history, listed_at, outcome, shown_balance, submitted, to_the_end, unread,
    until, view,
};

/// So many events of Ada's, with a hole in the place of one.
pub fn damaged_at(version: u64, count: usize) -> Vec<RecordedEvent> {
    let mut events = history(count);
    let hole = &mut events[version as usize - 1];
    *hole = RecordedEvent::hole(ada(), hole.version, hole.position);
    events
}

/// The page that shows them.
fn showing_damaged(version: u64, count: usize) -> State {
    let (mut page, _) = listed_at(ADA, count);
    load(&mut page, true, version, damaged_at(version, count));
    page
}

/// Events came, of which that of a version is a hole.
fn load(page: &mut State, whole: bool, version: u64, events: Vec<RecordedEvent>) -> Vec<Effect> {
    let hole = RecordedEvent::hole(ada(), Version(version), Position(version));
    let read = until(events, met_hole(&hole));
    page.reduce(came(page, ada(), whole, read))
}

#[test]
fn the_state_is_known_up_to_a_hole_and_the_events_behind_it_are_shown() {
    let mut page = showing_damaged(4, 9);
    assert_eq!(view(&page), (9, 9));
    assert_eq!(unread(&page).title, "This stream can't be shown whole:");

    let timeline = page.timeline.clone().unwrap();
    assert_eq!(timeline.known(), Version(3));
    assert_eq!(
        timeline.unknown().unwrap(),
        "The state can't be known from version 4 on: that event is damaged."
    );
    let kept: Vec<u64> = timeline.events().iter().map(|it| it.version.0).collect();
    assert_eq!(kept, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(timeline.event(Version(4)).unwrap().position, Position(4));

    // The number's course ends before the hole.
    assert_eq!(timeline.measures().len(), 4);
    for version in [4, 5, 9] {
        assert!(
            timeline.changes_at(Version(version)).is_empty(),
            "{version}"
        );
    }
    page.reduce(Action::View(Version(3), Settled::Yes));
    assert_eq!((view(&page), shown_balance(&page)), ((3, 9), 200));
    assert!(!timeline.changes_at(Version(3)).is_empty());
}

#[test]
fn the_course_of_the_number_ends_at_the_hole() {
    let timeline = showing_damaged(4, 9).timeline.unwrap();
    let loom = Loom {
        head: 9,
        width: 952.0,
    };
    let lane = Lane {
        top: 50.0,
        bottom: 110.0,
    };
    let course = loom.course(timeline.measures(), lane);
    assert!(course.line.ends_with("H426.0"), "{}", course.line);
    assert_eq!(loom.x(4), 426.0);
}

#[test]
fn a_hole_is_drawn_as_no_event_is() {
    let page = showing_damaged(4, 9);
    let timeline = page.timeline.unwrap();
    let look = |version| timeline.look(timeline.event(Version(version)).unwrap());
    assert_eq!(look(4), Look::new(0, Glyph::Cross));
    assert_eq!(look(5), timeline.model().look("MoneyDeposited"));
    assert!((1..=6).contains(&look(5).dye));
}

#[test]
fn a_stream_that_begins_with_a_hole_is_not_empty() {
    let page = showing_damaged(1, 3);
    assert_eq!(view(&page), (3, 3));
    let timeline = page.timeline.unwrap();
    assert_eq!(timeline.known(), Version::NONE);
    for version in 0..=3 {
        assert!(
            timeline.changes_at(Version(version)).is_empty(),
            "{version}"
        );
    }
}

#[test]
fn a_command_on_a_damaged_stream_is_refused_in_words_and_sent_nowhere() {
    let mut page = showing_damaged(4, 9);
    assert_eq!(page.reduce(submitted("Deposit", ID)), []);
    let told = outcome(&page);
    assert_eq!(
        (told.kind, &*told.title),
        (OutcomeKind::Refused, "Deposit refused.")
    );
    assert_eq!(
        told.text,
        "The state can't be known from version 4 on: that event is damaged. Nothing was recorded."
    );
}

#[test]
fn what_is_read_on_of_a_damaged_stream_begins_before_the_hole_and_may_have_filled_it() {
    let mut page = showing_damaged(4, 6);
    let effects = page.reduce(Action::StoreChanged);
    let asks = |effect: &Effect| match effect {
        Effect::CatchUp { after, .. } => Some(*after),
        _ => None,
    };
    assert_eq!(effects.iter().find_map(asks), Some(Version(3)));

    // It is there still, and another behind it too.
    let mut events = damaged_at(4, 8);
    events[5] = RecordedEvent::hole(ada(), Version(6), Position(6));
    load(&mut page, false, 4, events.split_off(3));
    assert_eq!(view(&page), (8, 8));
    let timeline = page.timeline.clone().unwrap();
    assert_eq!(timeline.known(), Version(3));
    assert!(timeline.event(Version(6)).unwrap().is_hole());

    page.reduce(came(
        &page,
        ada(),
        false,
        to_the_end(history(8).split_off(3)),
    ));
    assert_eq!((view(&page), shown_balance(&page)), ((8, 8), 700));
    assert_eq!(page.timeline.unwrap().unknown(), None);
}

#[test]
fn what_can_not_be_read_anew_of_a_damaged_stream_stays() {
    let mut page = showing_damaged(4, 6);
    page.reduce(Action::View(Version(5), Settled::Yes));
    load(&mut page, false, 4, vec![]);
    assert_eq!(view(&page), (5, 6));
    load(&mut page, false, 4, damaged_at(4, 5).split_off(3));
    assert_eq!(view(&page), (5, 6));
}
