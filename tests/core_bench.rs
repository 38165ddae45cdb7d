//! What `cargo bench` and `cargo xtask bench core` measure, in little: the work does what it is
//! measured for. How long it takes is no matter here.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

#[path = "../benches/core/measure.rs"]
mod measure;
#[path = "../benches/core/workload.rs"]
mod workload;

use std::sync::atomic::{AtomicU32, Ordering};

use eventloom::core::Version;
use measure::{Extent, Machine, round};
use workload::{Log, fold, replay};

/// One millisecond later each time it is asked.
fn ticking() -> f64 {
    static TICKS: AtomicU32 = AtomicU32::new(0);
    f64::from(TICKS.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn a_round_measures_each_length_of_stream_and_checks_what_it_did() {
    let extent = Extent {
        counts: &[100, 300],
        folded: 300,
        passes: 1,
        looks: 50,
        copies: 1,
    };
    let machine = Machine {
        now: ticking,
        memory: || Some(4_096),
    };
    let found = round(&extent, &machine);
    // 300 events in one tick.
    let [fold, replay] = ["fold", "replay"].map(|work| found["folds"][1][work].as_f64().unwrap());
    assert!(fold <= 0.3 && replay <= 0.3, "{found}");
    let looks = found["looks"].as_array().unwrap();
    let counts: Vec<_> = looks
        .iter()
        .map(|look| look["checkpoints"].as_u64())
        .collect();
    assert_eq!(counts, [1, 1, 3, 3].map(Some));
    assert_eq!(found["copies"]["large"], 0);
}

#[test]
fn both_ways_of_folding_come_to_the_balance_that_was_reckoned_without_them() {
    let log = Log::account(1_000);
    let (folded, replayed) = (fold(&log.events), replay(&log.events));
    assert_eq!(folded.balance, log.expected[log.head()]);
    assert_eq!(folded, replayed);
    let moved = folded.movements.deposits + folded.movements.withdrawals;
    assert_eq!(moved, 999);
}

#[test]
fn states_at_all_versions_come_to_the_numbers_that_were_reckoned_without_them() {
    for log in [Log::account(300), Log::order(300)] {
        let mut timeline = log.timeline();
        timeline.extend(log.events.clone()).unwrap();
        for version in 0..=log.head() {
            log.check(version, &timeline.state_at(Version(version as u64)));
        }
    }
}

#[test]
fn events_and_states_are_of_the_sizes_that_the_figures_are_told_for() {
    let log = Log::account(1_000);
    let bytes: usize = log
        .events
        .iter()
        .map(|event| event.data.as_str().len())
        .sum();
    let mean = bytes / log.head();
    assert!((90..110).contains(&mean), "{mean}");
    let log = Log::order(1_000);
    let mut timeline = log.timeline();
    timeline.extend(log.events).unwrap();
    let state = timeline.state_at(timeline.head()).to_string().len();
    assert!((1_950..2_150).contains(&state), "{state}");
}
