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
