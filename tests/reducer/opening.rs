//! A database that doesn't open: what is told meanwhile, and what a person may choose.

use std::rc::Rc;

use eventloom::app::action::{Action, Effect, Wish};
use eventloom::app::state::Storage;
use eventloom::app::trying::Trying;
use eventloom::core::Timestamp;
use eventloom::store::{Loss, Recovery, Unopened};

use super::{ADA, begun_at};

fn trying(offer: Option<Unopened>) -> Trying {
    Trying {
        reason: "storage is unavailable: it broke".to_owned(),
        has_gone_on: false,
        since: Timestamp::parse("2026-01-05T09:07:59.250Z").unwrap(),
        offer,
    }
}

fn known(events: Option<u64>, second_copy: Option<u64>, is_open_elsewhere: bool) -> Unopened {
    Unopened {
        events,
        second_copy,
        is_open_elsewhere,
    }
}

#[test]
fn what_is_tried_is_shown_until_it_is_over_and_a_wish_is_handed_on() {
    let mut page = begun_at(ADA);
    let shown = Rc::new(trying(None));
    assert_eq!(page.reduce(Action::Trying(Some(Rc::clone(&shown)))), []);
    assert_eq!(page.trying, Some(shown));
    for wish in [Wish::TryNow, Wish::InMemory, Wish::GoOn] {
        assert_eq!(page.reduce(Action::Wish(wish)), [Effect::Wish(wish)]);
    }
    page.reduce(Action::Trying(None));
    assert_eq!(page.trying, None);
}

#[test]
fn it_is_told_what_is_tried_and_since_when_and_nothing_is_offered_yet() {
    let words = trying(None).words();
    let beginning =
        "This store's database doesn't open: storage is unavailable: it broke. Since 09:07:59 UTC";
    assert!(words.starts_with(beginning), "{words}");
    assert!(!trying(None).can_be_left());
}

#[test]
fn after_a_minute_both_counts_are_told_and_it_can_be_left_unless_another_tab_has_it_open() {
    let offered = |events, copy, elsewhere| trying(Some(known(events, copy, elsewhere)));
    for (events, copy, counts) in [
        (
            Some(10),
            Some(1),
            "It held, when that was last noted, 10 events, and the second copy holds 1 event.",
        ),
        (
            None,
            None,
            "It holds an unknown number of events, and the second copy holds an unknown number of events.",
        ),
    ] {
        let words = offered(events, copy, false).words();
        assert!(words.contains(counts), "{words}");
        assert!(words.contains("You can leave it as it is"), "{words}");
        assert!(offered(events, copy, false).can_be_left());
    }
    let elsewhere = offered(Some(10), Some(10), true);
    assert!(!elsewhere.can_be_left());
    assert!(elsewhere.words().contains("Another tab has it open"));
    assert!(!elsewhere.words().contains("leave it"));
}

#[test]
fn what_was_taken_from_the_second_copy_is_told_and_the_rest_is_not_said_to_be_lost() {
    let told = |restored, lost| {
        let (cause, set_aside, is_known) = (Loss::Unopened, 0, true);
        let recovery = Recovery {
            cause,
            restored,
            lost,
            set_aside,
            is_known,
            is_counted: true,
        };
        recovery.to_string()
    };
    assert_eq!(
        told(10, 0),
        "This store's database didn't open, and is as it was; 10 events were taken from the second copy"
    );
    assert_eq!(
        told(9, 1),
        "This store's database didn't open, and is as it was; 9 events were taken from the second copy, \
         and 1 event is in that database alone"
    );
}

#[test]
fn an_opening_that_takes_long_is_told_until_something_better_is() {
    let mut page = begun_at(ADA);
    assert_eq!(page.waiting_words(), None);
    assert_eq!(page.reduce(Action::Slow), []);
    let words = page.waiting_words().unwrap();
    assert!(words.starts_with("Opening takes long."), "{words}");
    page.reduce(Action::Moving(0));
    assert_eq!(page.waiting_words(), None);
    page.reduce(Action::Opened(Storage::Kept));
    assert_eq!(page.waiting_words(), None);
}

#[test]
fn how_far_a_store_of_an_older_layout_has_come_is_shown_until_it_is_open() {
    let mut page = begun_at(ADA);
    for percent in [0, 37, 100] {
        assert_eq!(page.reduce(Action::Moving(percent)), []);
        assert_eq!(page.moving, Some(percent));
    }
    page.reduce(Action::Opened(Storage::Kept));
    assert_eq!(page.moving, None);
}
