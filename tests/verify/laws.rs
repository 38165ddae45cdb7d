//! Of stores filled at random: what is whole passes, what is damaged is found.

use eventloom::core::Version;
use proptest::prelude::*;

use super::Records;
use super::support::stream;

/// One damage of any kind, at a place that the number chooses.
fn damage(records: &mut Records, kind: usize, choice: prop::sample::Index) -> &'static str {
    let index = choice.index(records.log.len());
    let head = choice.index(records.heads.len());
    match kind {
        0 => {
            drop(records.log.remove(index));
            "an event is gone"
        }
        1 => {
            records.damage(index, |damaged| damaged.stream = None);
            "a record can't be read"
        }
        2 => {
            let event = records.event(index).clone();
            records.log.insert(index, Ok(event));
            "an event is there twice"
        }
        3 => {
            records.event(index).version.0 += 1;
            "a version is another"
        }
        4 => {
            records.event(index).stream = stream("account", "eve");
            "a stream is another"
        }
        5 => {
            drop(records.heads.remove(head));
            "a head is gone"
        }
        6 => {
            records.heads[head].as_mut().unwrap().version.0 += 1;
            "a head is ahead"
        }
        _ => {
            records.log.rotate_left(1);
            "the first event is the last"
        }
    }
}

proptest! {
    #[test]
    fn a_store_filled_at_random_passes_and_any_one_damage_to_it_is_found(
        streams in prop::collection::vec(0..3_usize, 2..40),
        kind in 0..8_usize,
        choice: prop::sample::Index,
    ) {
        let mut records = Records::appended(&streams);
        prop_assert_eq!(records.findings(), []);
        let what = damage(&mut records, kind, choice);
        let findings = records.findings();
        prop_assert!(!findings.is_empty(), "{} and nothing was found", what);
        if kind == 1 {
            prop_assert_eq!(findings.len(), 1);
        }
    }

    #[test]
    fn any_number_of_damaged_records_are_found_and_nothing_else(
        streams in prop::collection::vec(0..3_usize, 1..60),
        damaged in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, 1..60_u64), 1..30),
    ) {
        let mut records = Records::appended(&streams);
        let mut expected = Vec::new();
        for (choice, kind, number) in damaged {
            let index = choice.index(records.log.len());
            if records.log[index].is_err() {
                continue;
            }
            expected.push(records.damage(index, |damaged| match kind {
                0 => {}
                1 => damaged.stream = None,
                2 => damaged.version = Version(number),
                _ => damaged.stream = Some(stream("account", "ben")),
            }));
        }
        let findings = records.findings();
        prop_assert_eq!(findings.len(), expected.len(), "{:?}", findings);
        prop_assert!(expected.iter().all(|finding| findings.contains(finding)));
    }
}
