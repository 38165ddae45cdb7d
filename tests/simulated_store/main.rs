//! A model of the store's two copies, of the tabs that use it, and of all that befalls them, run by
//! schedules of a seed. It calls the real judge and the real form of the journal; the thin rest
//! follows the order of steps of the browser's side, file by file.
//!
//! Passing over a tab that doesn't answer, the journal of the release before, and going on in another database where
//! one doesn't open aren't in the model yet.
//!
//! `EVENTLOOM_SCHEDULES` says how many schedules, `EVENTLOOM_SCHEDULE_SEED` with which the first begins.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod comparing;
mod connecting;
mod copying;
mod database;
mod filling;
mod following;
mod held;
mod keeping;
mod laws;
mod mending;
mod noting;
mod opening;
mod reading;
mod recording;
mod resting;
mod restoring;
mod run;
mod source;
mod sweeping;
mod tab;
mod telling;
mod undoing;
mod world;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use eventloom::store::judging::{Asked, Evidence, Verdict, judge};

use run::{Failure, Judge, find};

/// So many in each run, from the same seed on.
const SCHEDULES: u64 = 100_000;
const SEED: u64 = 1;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a whole number"))
}

/// The first of these seeds whose run breaks a law, shrunk.
fn first_wrong(seeds: std::ops::Range<u64>, judge: Judge) -> Option<(u64, String, Failure)> {
    let next = AtomicU64::new(seeds.start);
    let is_over = AtomicBool::new(false);
    let look = || {
        while !is_over.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return None;
            }
            if let Some((schedule, failure)) = find(seed, judge) {
                is_over.store(true, Ordering::Relaxed);
                return Some((seed, schedule.to_string(), failure));
            }
        }
        None
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(look)).collect();
        let found = running.into_iter().filter_map(|one| one.join().unwrap());
        found.min_by_key(|(seed, ..)| *seed)
    })
}

#[test]
fn no_schedule_breaks_a_law() {
    let count = number("EVENTLOOM_SCHEDULES").unwrap_or(SCHEDULES);
    let seed = number("EVENTLOOM_SCHEDULE_SEED").unwrap_or(SEED);
    if let Some((seed, schedule, failure)) = first_wrong(seed..seed + count, judge) {
        panic!(
            "seed {seed}: {}: {}\nshrunk to {schedule}:\n{}",
            failure.law,
            failure.text,
            failure.told.join("\n")
        );
    }
}

/// A judge for which a copy that couldn't be asked isn't there.
fn ignores_silence(evidence: &Evidence) -> Verdict {
    let journal = match evidence.journal {
        Asked::Silent => Asked::Missing,
        asked => asked,
    };
    judge(&Evidence {
        journal,
        ..*evidence
    })
}

#[test]
fn a_judge_that_ignores_silence_is_found_out() {
    let (_, schedule, failure) = first_wrong(1..20_001, ignores_silence).expect("a broken law");
    // A whole one takes thousands of characters.
    assert!(schedule.len() < 600, "{}: {schedule}", failure.law);
}
