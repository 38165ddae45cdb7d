//! What a journal tells of what nobody can read any more: which positions were given, and how many events are gone.

use eventloom::core::Position;
use eventloom::store::Loss;
use eventloom::store::judging::{Act, Asked, Database, Journal, Noted};

use super::{STORE, database, journal, judged, noted, told};

fn with(journal: Asked<Journal>, change: impl FnOnce(&mut Journal)) -> Asked<Journal> {
    let Asked::There(mut held) = journal else {
        unreachable!("it is there");
    };
    change(&mut held);
    Asked::There(held)
}

#[test]
fn no_position_that_a_journal_holds_is_given_again() {
    let gives = |held: &mut Journal| held.position = Position(9);
    let apart = judged(database(3), with(journal(5, 2), gives), noted(3));
    assert_eq!((apart.act, apart.above), (Act::SetAside, Position(9)));
    let back = judged(database(2), with(journal(5, 2), gives), noted(2));
    assert_eq!(back.above, Position(9));
    // But for one of which it is known that nobody was told of it.
    let seen = Database {
        as_noted: Some(true),
        ..database(3)
    };
    let refused = judged(seen, with(journal(3, 2), gives), noted(3));
    assert_eq!((refused.act, refused.above), (Act::DropLast, Position(3)));
}

#[test]
fn what_a_journal_held_and_no_copy_has_is_lost() {
    let missing = |held: &mut Journal| (held.missing, held.is_damaged) = (4, true);
    // Nothing of it can be read.
    let nothing = with(journal(0, 0), missing);
    let verdict = judged(Database::default(), nothing, Asked::Missing);
    let recovery = verdict.recovery.unwrap();
    assert_eq!((recovery.cause, recovery.lost), (Loss::Deleted, 4));
    assert!(recovery.is_known && verdict.another_history);
    assert_eq!((verdict.act, verdict.store), (Act::GoOn, None));
    // What the database has of it isn't lost.
    let some = with(journal(2, 2), missing);
    let verdict = judged(database(3), some, Asked::Missing);
    assert_eq!(verdict.recovery, told(0, 3, 0, true));
    let verdict = judged(database(6), some, Asked::Missing);
    assert_eq!((verdict.recovery, verdict.store), (None, Some(STORE)));
    assert!(!verdict.another_history);
}

#[test]
fn what_the_database_may_have_refused_is_not_told_as_lost() {
    let nothing = with(journal(0, 0), |held| {
        (held.missing, held.unsure, held.claimed) = (2, 1, 2);
    });
    let verdict = judged(Database::default(), nothing, noted(1));
    assert_eq!(verdict.recovery.unwrap().lost, 1);
    // Where nothing was noted, it may have been acknowledged.
    let verdict = judged(Database::default(), nothing, Asked::Missing);
    assert_eq!(verdict.recovery.unwrap().lost, 2);
}

#[test]
fn what_was_emptied_on_purpose_is_not_lost_with_a_journal_that_can_not_be_read() {
    let nothing = with(journal(0, 0), |held| {
        (held.missing, held.is_damaged) = (4, true)
    });
    let emptied = Asked::There(Noted {
        store: STORE,
        segment: 5,
        position: Position(4),
        events: 0,
        before: 0,
        emptied: 5,
    });
    let verdict = judged(Database::default(), nothing, emptied);
    assert_eq!(verdict.recovery, None);
}

#[test]
fn what_may_be_emptied_is_set_aside_instead_of_brought_back() {
    let unread = with(journal(5, 0), |held| held.may_be_emptied = true);
    let lost = Database {
        store: None,
        ..database(0)
    };
    for noted in [noted(5), Asked::Missing] {
        assert_eq!(judged(lost, unread, noted).act, Act::SetAside);
    }
    // What the database has, too, was gone on with since.
    assert_eq!(
        judged(database(5), with(unread, |held| held.agreed = 5), noted(5)).act,
        Act::GoOn
    );
}

/// Ten, which the eleventh emptied, and two since, of which one can't be read, with the eleventh.
#[test]
fn who_noted_all_that_a_journal_held_knows_how_much_of_it_is_lost() {
    let held = with(journal(13, 0), |held| {
        (held.events, held.beyond, held.emptied) = (1, 1, 11);
        (held.missing, held.claimed, held.is_damaged) = (4, 13, true);
    });
    let since = |segment, events| {
        Asked::There(Noted {
            segment,
            events,
            emptied: 11,
            ..noted(13).there().unwrap()
        })
    };
    let recovery = judged(Database::default(), held, since(13, 2)).recovery;
    assert_eq!(
        recovery.map(|told| (told.restored, told.lost)),
        Some((1, 1))
    );
    // What came after that nobody noted.
    let recovery = judged(Database::default(), held, since(12, 2)).recovery;
    assert_eq!(recovery.map(|told| told.lost), Some(4));
    // And what comes back isn't beside what was emptied.
    let recovery = judged(
        database(3),
        with(held, |held| held.agreed = 3),
        since(15, 5),
    )
    .recovery;
    assert_eq!(
        recovery.map(|told| (told.restored, told.lost)),
        Some((1, 4))
    );
}

/// As of a damaged record, or of an entry of which not even the head can be read.
#[test]
fn how_many_are_lost_is_told_only_where_that_is_known() {
    let lost = |database, journal, noted| {
        let recovery = judged(database, journal, noted).recovery.unwrap();
        (recovery.lost, recovery.is_counted)
    };
    let damaged = Database {
        is_damaged: true,
        ..database(3)
    };
    assert_eq!(lost(database(3), Asked::Missing, noted(5)), (2, true));
    assert_eq!(lost(damaged, Asked::Missing, noted(5)), (2, false));
    // More stands here than was noted: something was taken back since, or emptied.
    let more = Database {
        events: 5,
        ..database(3)
    };
    assert_eq!(lost(more, Asked::Missing, noted(5)), (1, false));
    let gap = with(journal(5, 0), |held| {
        (held.events, held.beyond, held.is_damaged) = (3, 3, true);
        (held.claimed, held.is_uncounted, held.store) = (5, true, uuid::Uuid::nil());
    });
    let gone = Database {
        store: None,
        ..database(0)
    };
    assert_eq!(lost(gone, gap, Asked::Missing), (1, false));
    // Who noted all knows how many.
    assert_eq!(lost(gone, gap, noted(5)), (2, true));
}

/// Who brought it back was killed before it was named, and local storage still says which store it was.
#[test]
fn what_came_back_whole_and_was_not_named_is_the_store_that_it_came_from() {
    let nameless = Database {
        store: None,
        ..database(3)
    };
    let verdict = judged(nameless, journal(3, 3), noted(3));
    assert_eq!((verdict.store, verdict.recovery), (Some(STORE), None));
    let apart = judged(nameless, journal(3, 2), noted(3));
    assert_eq!(apart.store, None);
}
