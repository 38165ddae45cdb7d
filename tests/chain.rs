//! The chain of a log: what it tells apart, and what it doesn't depend on.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::HashSet;

use eventloom::core::{EventId, History, JsonText, Position, RecordedEvent, Version};
use eventloom::log::Chain;
use eventloom::log::segments::{Turn, in_order, paginate, unpack};
use uuid::Uuid;

/// Events of two streams, by turns.
fn events(count: u64) -> Vec<RecordedEvent> {
    let of = |number: u64| {
        let stream = support::stream(
            "t",
            if number.is_multiple_of(2) {
                "ada"
            } else {
                "ben"
            },
        );
        let event = support::foreign(&stream, &[("Happened", &format!("{{\"n\":{number}}}"))]);
        RecordedEvent {
            version: Version(number / 2 + 1),
            position: Position(number + 1),
            event_id: EventId(Uuid::from_u128(number.into())),
            ..event.into_iter().next().unwrap()
        }
    };
    (0..count).map(of).collect()
}

#[test]
fn a_chain_tells_whatever_differs() {
    let before = Chain::START.with(1, &events(2));
    let here = &events(6)[2..];
    let changed = |change: &dyn Fn(&mut RecordedEvent)| {
        let mut events = here.to_vec();
        change(&mut events[1]);
        before.with(2, &events)
    };
    let mut swapped = here.to_vec();
    swapped.swap(0, 1);
    let chains = [
        before,
        before.with(2, here),
        before.with(3, here),
        Chain::START.with(2, here),
        before.with(2, &here[..3]),
        before.with(2, &here[1..]),
        before.with(2, &swapped),
        before.with(2, []),
        changed(&|event| event.event_id = EventId(Uuid::from_u128(99))),
        changed(&|event| event.data = JsonText::parse("{\"n\":-3}").unwrap()),
        changed(&|event| event.position = Position(40)),
        changed(&|event| event.version = Version(40)),
        changed(&|event| event.event_type.push('x')),
        changed(&|event| event.metadata.actor = Some("ada".to_owned())),
    ];
    let apart: HashSet<Chain> = chains.into_iter().collect();
    assert_eq!(apart.len(), chains.len());
}

#[test]
fn a_turn_is_told_by_its_kind_its_place_and_the_history_that_it_begins() {
    let history = |number| History(Uuid::from_u128(number));
    let floor = Position(7);
    let turns = [
        Turn::Emptied {
            floor,
            history: history(1),
        },
        Turn::Emptied {
            floor,
            history: history(2),
        },
        Turn::Emptied {
            floor: Position(8),
            history: history(1),
        },
        Turn::Restored { from: 3, floor },
        Turn::Restored { from: 4, floor },
        Turn::TakenBack {
            from: 3,
            floor,
            history: history(1),
        },
        Turn::Filled {
            holes: 3,
            history: history(1),
        },
    ];
    let apart: HashSet<Chain> = turns
        .iter()
        .map(|turn| Chain::START.with_turn(5, *turn))
        .collect();
    assert_eq!(apart.len(), turns.len());
    assert!(!apart.contains(&Chain::START.with(5, [])));
}

#[test]
fn a_chain_does_not_depend_on_how_events_are_laid_out() {
    let events = events(2_000);
    let mut laid_out: Vec<RecordedEvent> = Vec::new();
    for page in paginate(&events) {
        laid_out.extend(unpack(&page.packed).unwrap());
    }
    assert_ne!(laid_out, events);
    in_order(&mut laid_out);
    assert_eq!(
        Chain::START.with(1, &laid_out),
        Chain::START.with(1, &events)
    );
}

#[test]
fn a_chain_is_shown_and_kept_as_it_is() {
    let chain = Chain::START.with(1, &events(1));
    assert_eq!(Chain::from_bytes(chain.to_bytes()), chain);
    assert_eq!(Chain::parse(&chain.to_string()), Some(chain));
    assert_eq!(Chain::START.to_string(), "0000000000000000");
    for text in [
        "",
        "+000000000000001",
        "00000000000000001",
        "000000000000000g",
    ] {
        assert_eq!(Chain::parse(text), None, "{text}");
    }
}
