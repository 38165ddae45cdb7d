//! What becomes of a store whose copies are compared: over every combination of what could be asked,
//! and over random lives of a small store of which copies are lost, can't be asked, or go back.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod claims;
mod combinations;
mod lives;

use eventloom::core::Position;
use eventloom::store::judging::{Act, Asked, Database, Evidence, Journal, Noted, judge};
use eventloom::store::{Loss, Recovery};
use uuid::Uuid;

const STORE: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

fn database(segment: u64) -> Database {
    Database {
        store: Some(STORE),
        segment,
        events: segment,
        ..Database::default()
    }
}

fn journal(segment: u64, agreed: u64) -> Asked<Journal> {
    Asked::There(Journal {
        store: STORE,
        segment,
        events: segment,
        agreed,
        beyond: segment - agreed,
        ..Journal::default()
    })
}

fn noted(segment: u64) -> Asked<Noted> {
    Asked::There(Noted {
        store: STORE,
        segment,
        position: Position(segment),
        events: segment,
        before: 0,
        emptied: 0,
    })
}

fn judged(
    database: Database,
    journal: Asked<Journal>,
    noted: Asked<Noted>,
) -> eventloom::store::judging::Verdict {
    judge(&Evidence {
        database,
        journal,
        noted,
    })
}

fn told(restored: u64, lost: u64, set_aside: u64, is_known: bool) -> Option<Recovery> {
    Some(Recovery {
        cause: Loss::Shortened,
        restored,
        lost,
        set_aside,
        is_known,
        is_counted: true,
    })
}

#[test]
fn what_the_database_lost_and_the_journal_has_comes_back() {
    let verdict = judged(database(2), journal(5, 2), noted(5));
    assert_eq!(verdict.act, Act::Restore { after: 2 });
    assert_eq!(verdict.recovery, told(3, 0, 0, true));
    assert_eq!(verdict.doubted_after, None);
}

#[test]
fn a_journal_that_can_not_be_asked_proves_no_loss() {
    let verdict = judged(database(2), Asked::Silent, noted(5));
    assert_eq!(verdict.act, Act::GoOn);
    assert_eq!(verdict.recovery, told(0, 3, 0, false));
    assert!(verdict.doubted_after == Some(2) && verdict.another_history);
    assert_eq!(verdict.above, Position(5));
}

#[test]
fn a_database_that_lacks_what_was_noted_is_another_store_from_then_on() {
    for seen in [Database::default(), database(2)] {
        for journal in [Asked::Silent, Asked::Missing] {
            let verdict = judged(seen, journal, noted(5));
            assert_eq!(verdict.store, None);
            assert!(verdict.another_history);
        }
    }
    assert_eq!(
        judged(database(5), Asked::Silent, noted(5)).store,
        Some(STORE)
    );
}

#[test]
fn what_was_appended_in_doubt_stays_and_the_other_continuation_is_set_aside() {
    let doubted = Database {
        doubted_after: Some(2),
        ..database(3)
    };
    for (held, agreed) in [(5, 2), (5, 3), (3, 2)] {
        let verdict = judged(doubted, journal(held, agreed), noted(3));
        assert_eq!(verdict.act, Act::SetAside, "{held}, {agreed}");
        assert_eq!(verdict.recovery, told(0, 0, held - agreed, true));
        assert!(verdict.another_history);
    }
}

#[test]
fn a_journal_is_not_gone_on_with_where_the_database_lost_the_emptying_of_it() {
    let doubted = Database {
        store: Some(OTHER),
        doubted_after: Some(1),
        ..database(3)
    };
    let verdict = judged(doubted, journal(2, 0), emptied_by(3));
    assert_eq!(verdict.act, Act::BeginAnew);
    let emptied = Database {
        emptied: 3,
        ..doubted
    };
    let verdict = judged(emptied, journal(2, 0), emptied_by(3));
    assert_eq!(verdict.act, Act::GoOn);
}

#[test]
fn what_is_set_aside_is_not_told_as_lost() {
    let nameless = Database {
        store: None,
        ..database(1)
    };
    let verdict = judged(nameless, journal(5, 0), noted(5));
    assert_eq!(verdict.act, Act::SetAside);
    assert_eq!(verdict.recovery, told(0, 0, 5, true));
}

#[test]
fn what_could_not_be_set_aside_is_not_told_as_set_aside() {
    let all_told = told(0, 2, 5, true).unwrap();
    let left = all_told.without_set_aside();
    assert_eq!(Some(left), told(0, 7, 0, false));
}

#[test]
fn what_goes_further_than_nothing_in_doubt_is_put_back() {
    let doubted = Database {
        doubted_after: Some(2),
        ..database(2)
    };
    let verdict = judged(doubted, journal(5, 2), noted(5));
    assert_eq!(verdict.act, Act::Restore { after: 2 });
}

#[test]
fn what_was_emptied_on_purpose_does_not_come_back() {
    let emptied = Asked::There(Noted {
        store: STORE,
        segment: 7,
        position: Position(6),
        events: 1,
        before: 0,
        emptied: 6,
    });
    let lost = Database {
        store: None,
        ..database(0)
    };
    let verdict = judged(lost, journal(5, 0), emptied);
    assert_eq!(verdict.act, Act::BeginAnew);
    let recovery = verdict.recovery.unwrap();
    assert_eq!((recovery.restored, recovery.lost), (0, 1));
    // The database itself knows better than a journal that is behind.
    let here = Database {
        emptied: 6,
        events: 1,
        ..database(7)
    };
    assert_eq!(judged(here, journal(5, 0), emptied).act, Act::GoOn);
}

/// A database that has taken another segment under the number of the journal's last entry.
fn gone_on(segment: u64, as_noted: Option<bool>) -> Database {
    Database {
        as_noted,
        ..database(segment)
    }
}

#[test]
fn an_entry_that_is_known_to_be_acknowledged_to_nobody_is_dropped_alone() {
    let acts = |segment| {
        let database = gone_on(segment, Some(true));
        judged(database, journal(3, 2), noted(segment)).act
    };
    assert_eq!((acts(3), acts(4)), (Act::DropLast, Act::DropLast));
    // Two of them aren't: one append is under way at a time.
    let database = gone_on(4, Some(true));
    let two = judged(database, journal(4, 2), noted(4));
    assert_eq!(two.act, Act::SetAside);
}

#[test]
fn an_entry_that_somebody_may_have_been_told_of_is_set_aside() {
    // What was noted is of before, or of another database: this one may be an older copy of itself.
    for (as_noted, segment) in [(None, 3), (Some(true), 2), (Some(false), 3)] {
        let verdict = judged(gone_on(4, as_noted), journal(3, 2), noted(segment));
        assert_eq!(verdict.act, Act::SetAside, "{as_noted:?} {segment}");
        let recovery = verdict.recovery.unwrap();
        assert_eq!((recovery.set_aside, recovery.lost), (1, 0), "{as_noted:?}");
    }
}

#[test]
fn what_was_noted_and_is_another_by_now_is_told_as_lost() {
    let database = gone_on(5, Some(false));
    let verdict = judged(database, journal(5, 5), noted(4));
    assert_eq!(verdict.recovery.map(|recovery| recovery.lost), Some(1));
    assert!(verdict.another_history);
}

/// A journal whose marks are damaged: it doesn't say whose it is.
fn nameless(segment: u64) -> Asked<Journal> {
    let Asked::There(held) = journal(segment, 0) else {
        unreachable!("it is there");
    };
    Asked::There(Journal {
        store: Uuid::nil(),
        ..held
    })
}

fn emptied_by(segment: u64) -> Asked<Noted> {
    Asked::There(Noted {
        store: STORE,
        segment,
        position: Position(segment),
        events: 0,
        before: 0,
        emptied: segment,
    })
}

#[test]
fn an_emptying_that_is_lost_lost_no_events_but_begins_another_history() {
    let in_doubt = Asked::There(Noted {
        emptied: 0,
        ..emptied_by(1).there().unwrap()
    });
    for noted in [in_doubt, emptied_by(1)] {
        let verdict = judged(database(0), Asked::Missing, noted);
        assert_eq!(verdict.recovery, None);
        assert!(verdict.another_history && verdict.store.is_none());
        assert_eq!(verdict.above, Position(1));
    }
}

#[test]
fn an_entry_that_differs_from_another_store_is_set_aside_and_not_dropped() {
    for store in [None, Some(OTHER)] {
        let other = Database {
            store,
            ..database(1)
        };
        let verdict = judged(other, journal(1, 0), noted(0));
        assert_eq!(verdict.act, Act::SetAside, "{store:?}");
    }
}

#[test]
fn an_entry_that_was_refused_for_an_emptying_does_not_bring_back_what_was_emptied() {
    let lost = Database {
        store: None,
        ..database(0)
    };
    let verdict = judged(lost, journal(2, 0), emptied_by(2));
    assert_eq!((verdict.act, verdict.recovery), (Act::BeginAnew, None));
    let here = Database {
        emptied: 2,
        events: 0,
        ..database(2)
    };
    assert_eq!(
        judged(here, journal(2, 1), emptied_by(2)).act,
        Act::BeginAnew
    );
}

#[test]
fn what_was_emptied_does_not_come_back_from_a_journal_that_does_not_say_whose_it_is() {
    let lost = Database {
        store: None,
        ..database(0)
    };
    for segment in [1, 2] {
        let verdict = judged(lost, nameless(segment), emptied_by(2));
        assert_eq!(verdict.act, Act::SetAside, "{segment}");
    }
}

#[test]
fn who_emptied_another_store_did_not_mean_what_the_journal_has() {
    for store in [None, Some(OTHER)] {
        let emptied = Database {
            store,
            events: 0,
            emptied: 2,
            ..database(2)
        };
        let verdict = judged(emptied, journal(1, 0), noted(0));
        assert_eq!(verdict.act, Act::SetAside, "{store:?}");
    }
}

#[test]
fn what_comes_back_from_a_journal_that_does_not_say_whose_it_is_is_not_lost() {
    let named_in_doubt = Database {
        store: Some(OTHER),
        ..database(0)
    };
    let verdict = judged(named_in_doubt, nameless(1), noted(1));
    let recovery = verdict.recovery.unwrap();
    assert_eq!((recovery.restored, recovery.lost), (1, 0));
    assert_eq!(verdict.store, Some(STORE));
    // The same where it was broken off, and is gone on with.
    let begun = Database {
        store: Some(OTHER),
        ..database(1)
    };
    let Asked::There(rest) = nameless(3) else {
        unreachable!("it is there");
    };
    let rest = Asked::There(Journal {
        agreed: 1,
        beyond: 2,
        ..rest
    });
    assert_eq!(judged(begun, rest, noted(3)).recovery, told(2, 0, 0, true));
}

#[test]
fn copies_that_are_the_same_are_gone_on_with_and_nothing_is_told() {
    let emptied = Database {
        events: 0,
        emptied: 2,
        ..database(2)
    };
    let of_emptied = Asked::There(Journal {
        store: STORE,
        segment: 2,
        agreed: 2,
        ..Journal::default()
    });
    for (database, journal, noted) in [
        (database(3), journal(3, 3), noted(3)),
        (database(3), journal(3, 3), Asked::Silent),
        // Both end with the same emptying.
        (emptied, of_emptied, emptied_by(2)),
    ] {
        let verdict = judged(database, journal, noted);
        assert_eq!((verdict.act, verdict.recovery), (Act::GoOn, None));
        assert_eq!(verdict.store, Some(STORE));
        assert!(!verdict.another_history);
    }
}

#[test]
fn a_database_without_segments_is_told_as_deleted_and_one_with_some_as_shortened() {
    for (segment, cause) in [(0, Loss::Deleted), (1, Loss::Shortened)] {
        let verdict = judged(database(segment), journal(4, segment), noted(4));
        assert_eq!(verdict.recovery.unwrap().cause, cause);
    }
}

#[test]
fn what_neither_copy_has_is_lost_beside_what_comes_back() {
    let verdict = judged(database(2), journal(4, 2), noted(6));
    assert_eq!(verdict.act, Act::Restore { after: 2 });
    assert_eq!(verdict.recovery, told(2, 2, 0, true));
    // The journal says itself what of it can't be read.
    let Asked::There(held) = journal(4, 2) else {
        unreachable!("it is there");
    };
    let damaged = Journal { missing: 5, ..held };
    let verdict = judged(database(2), Asked::There(damaged), noted(4));
    assert_eq!(verdict.recovery, told(2, 5, 0, true));
}

/// One append is under way at a time: of two entries that only the journal has, the first was acknowledged.
#[test]
fn one_event_that_nobody_was_told_of_comes_back_without_a_word() {
    let verdict = judged(database(2), journal(3, 2), noted(2));
    assert_eq!(
        (verdict.act, verdict.recovery),
        (Act::Restore { after: 2 }, None)
    );
    let noted_too = judged(database(2), journal(3, 2), noted(3));
    assert_eq!(noted_too.recovery, told(1, 0, 0, true));
    let two = judged(database(2), journal(4, 2), noted(2));
    assert_eq!(two.recovery, told(2, 0, 0, true));
}

fn of_other(segment: u64, before: u64) -> Asked<Noted> {
    Asked::There(Noted {
        store: OTHER,
        before,
        ..noted(segment).there().unwrap()
    })
}

#[test]
fn what_another_store_held_is_lost_but_for_what_it_began_with() {
    let gone = Database {
        store: None,
        ..database(0)
    };
    let verdict = judged(gone, journal(3, 0), of_other(5, 2));
    assert_eq!(verdict.store, Some(STORE));
    let recovery = verdict.recovery.unwrap();
    assert_eq!((recovery.restored, recovery.lost), (3, 3));
    // Of its six at most four can be these.
    let verdict = judged(database(4), journal(4, 4), of_other(6, 2));
    assert_eq!(verdict.recovery, told(0, 2, 0, true));
    assert!(verdict.store.is_none() && verdict.another_history);
}

#[test]
fn a_last_event_that_is_another_than_was_noted_is_one_that_is_lost() {
    let other = Database {
        as_noted: Some(false),
        ..database(3)
    };
    let verdict = judged(other, Asked::Missing, noted(3));
    // Nobody knows how many went with it.
    let recovery = verdict.recovery.unwrap();
    assert_eq!((recovery.lost, recovery.is_counted), (1, false));
    assert!(verdict.store.is_none() && verdict.another_history);
}

#[test]
fn a_loss_that_was_told_is_told_again_and_changes_nothing_more() {
    let already = Asked::There(Noted {
        store: Uuid::nil(),
        ..noted(5).there().unwrap()
    });
    let verdict = judged(database(2), Asked::Missing, already);
    assert_eq!(verdict.recovery, told(0, 3, 0, true));
    assert_eq!(verdict.store, Some(STORE));
    assert!(!verdict.another_history);
}

#[test]
fn what_was_emptied_before_anything_was_in_doubt_was_emptied_on_purpose() {
    let emptied = |after| Database {
        doubted_after: Some(after),
        emptied: 3,
        events: 1,
        ..database(4)
    };
    let unknown = Asked::Missing;
    assert_eq!(judged(emptied(3), journal(2, 0), unknown).act, Act::GoOn);
    // Who emptied it in doubt didn't know what the journal had.
    assert_eq!(
        judged(emptied(2), journal(2, 0), unknown).act,
        Act::SetAside
    );
}

#[test]
fn a_journal_is_begun_anew_where_both_lost_the_emptying_of_it() {
    let verdict = judged(database(2), journal(2, 2), emptied_by(3));
    assert_eq!(verdict.act, Act::BeginAnew);
    // Nor does one go on whose last entry was refused for an emptying before that.
    let went_on = Database {
        emptied: 2,
        events: 2,
        ..database(4)
    };
    let verdict = judged(went_on, journal(2, 1), emptied_by(3));
    assert_eq!(verdict.act, Act::BeginAnew);
}

#[test]
fn what_an_emptying_left_is_lost_whole_where_the_emptying_is() {
    // Ten, emptied by 11, and two since; of all that the first three are there.
    let since = Asked::There(Noted {
        segment: 13,
        events: 2,
        emptied: 11,
        ..noted(13).there().unwrap()
    });
    let verdict = judged(database(3), Asked::Missing, since);
    assert_eq!(verdict.recovery, told(0, 2, 0, true));
}

#[test]
fn a_journal_of_another_store_goes_on_only_what_may_lack_something() {
    let other = Database {
        store: Some(OTHER),
        ..database(2)
    };
    let restored = Act::Restore { after: 2 };
    assert_eq!(
        judged(other, journal(4, 2), of_other(2, 0)).act,
        Act::SetAside
    );
    for noted in [of_other(3, 0), noted(2), Asked::Silent] {
        assert_eq!(judged(other, journal(4, 2), noted).act, restored);
    }
    // One that doesn't say whose it is may be this one's.
    let Asked::There(held) = nameless(4) else {
        unreachable!("it is there");
    };
    let nameless = Asked::There(Journal {
        agreed: 2,
        beyond: 2,
        ..held
    });
    assert_eq!(judged(other, nameless, of_other(2, 0)).act, restored);
}

#[test]
fn a_journal_that_has_no_event_alone_is_begun_anew_instead_of_set_aside() {
    let without = |segment, agreed| {
        Asked::There(Journal {
            beyond: 0,
            ..journal(segment, agreed).there().unwrap()
        })
    };
    let doubted = Database {
        doubted_after: Some(2),
        ..database(3)
    };
    for agreed in [2, 3] {
        let verdict = judged(doubted, without(5, agreed), noted(3));
        assert_eq!(verdict.act, Act::BeginAnew, "{agreed}");
        assert_eq!(verdict.recovery, None);
    }
}
