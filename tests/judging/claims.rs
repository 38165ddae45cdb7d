//! What a journal tells beside what it has: which positions were given.

use eventloom::core::Position;
use eventloom::store::judging::{Act, Asked, Database, Journal};

use super::{database, journal, judged, noted};

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
