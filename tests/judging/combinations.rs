//! Every combination of what can be found of the copies.

use std::collections::BTreeSet;

use super::*;

/// Over all that can be asked of, with the numbers in every order.
#[test]
fn no_combination_drops_events_that_were_not_emptied_or_refused() {
    let stores = [None, Some(STORE), Some(OTHER)];
    let mut seen = BTreeSet::new();
    for store in stores {
        for segment in 0..4 {
            for doubted in [None, Some(0), Some(1), Some(3)] {
                for emptied in [0, segment] {
                    for_each_journal(segment, |journal| {
                        for_each_noted(|noted, as_noted| {
                            let database = Database {
                                store,
                                segment,
                                events: segment - emptied,
                                doubted_after: doubted,
                                emptied,
                                as_noted,
                                is_damaged: false,
                                position: Position(segment),
                            };
                            let verdict = judged(database, journal, noted);
                            seen.insert(format!("{:?}", verdict.act));
                            lawful(&database, journal, noted, &verdict);
                        });
                    });
                }
            }
        }
    }
    assert!(seen.len() >= 5, "{seen:?}");
}

fn for_each_journal(database: u64, mut each: impl FnMut(Asked<Journal>)) {
    each(Asked::Silent);
    each(Asked::Missing);
    for store in [Uuid::nil(), STORE, OTHER] {
        for segment in 0..4 {
            for agreed in 0..=segment.min(database) {
                // A hole that is filled was recorded before.
                let most = (segment - agreed).min(segment.saturating_sub(1)).min(1);
                for filled in 0..=most {
                    each(Asked::There(Journal {
                        store,
                        segment,
                        events: segment - filled,
                        agreed,
                        beyond: segment - agreed - filled,
                        filled,
                        ..Journal::default()
                    }));
                }
            }
        }
    }
}

fn for_each_noted(mut each: impl FnMut(Asked<Noted>, Option<bool>)) {
    each(Asked::Silent, None);
    each(Asked::Missing, None);
    for store in [Uuid::nil(), STORE, OTHER] {
        for segment in 0..5 {
            for emptied in 0..=segment {
                let noted = Asked::There(Noted {
                    store,
                    segment,
                    position: Position(segment),
                    events: segment - emptied,
                    before: 0,
                    emptied,
                });
                for as_noted in [None, Some(false), Some(true)] {
                    each(noted, as_noted);
                }
            }
        }
    }
}

fn lawful(
    database: &Database,
    journal: Asked<Journal>,
    noted: Asked<Noted>,
    verdict: &eventloom::store::judging::Verdict,
) {
    let why = format!("{database:?} {journal:?} {noted:?} {verdict:?}");
    let Asked::There(held) = journal else {
        assert_eq!(verdict.act, Act::GoOn, "{why}");
        return;
    };
    let knowingly = |emptied: &u64| database.doubted_after.is_none_or(|after| *emptied <= after);
    let emptied = Some(database.emptied).filter(knowingly).unwrap_or(0);
    let noted = noted.there().filter(|noted| noted.store == held.store);
    let emptied = emptied.max(noted.map_or(0, |noted| noted.emptied));
    // Counted here: what fills a hole was recorded as any event.
    let alone = held.beyond + held.filled;
    match verdict.act {
        Act::BeginAnew => assert!(alone == 0 || emptied >= held.segment, "{why}"),
        Act::DropLast => {
            assert!(held.agreed + 1 == held.segment, "{why}");
            assert!(database.segment >= held.segment, "{why}");
            let is_later = noted.is_some_and(|noted| noted.segment >= held.segment);
            let is_known = database.as_noted == Some(true) && is_later;
            assert!(alone == 0 || is_known, "{why}");
        }
        Act::Restore { after } => {
            assert!(after == database.segment && held.agreed == after, "{why}");
            assert!(held.segment > after && emptied < held.segment, "{why}");
        }
        Act::SetAside => assert!(alone > 0, "{why}"),
        // What isn't in the database is in the journal for no reason but that it was emptied.
        Act::GoOn => assert!(
            held.agreed == held.segment || emptied > held.segment || held.segment == 0,
            "{why}"
        ),
    }
    assert_eq!(verdict.doubted_after, None, "{why}");
}
