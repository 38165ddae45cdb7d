//! How long the work takes: rates of folding, and how single looks back are spread. Whatever is
//! timed is compared with what must come of it.

use std::hint::black_box;

use eventloom::core::{RecordedEvent, Version};
use eventloom::model::bank_account::State;
use serde_json::{Value, json};

use super::workload::{Log, Random, fold, replay};

/// What is asked of the machine that runs this.
pub struct Machine {
    /// Milliseconds since some moment.
    pub now: fn() -> f64,
    /// The bytes of memory that this program has taken, where they can be told.
    pub memory: fn() -> Option<usize>,
}

/// How much is measured.
pub struct Extent {
    /// The lengths of the streams.
    pub counts: &'static [usize],
    /// How many events are folded at least before the clock is looked at.
    pub folded: usize,
    /// How often a rate is taken; the highest counts, since what else the machine does only slows.
    pub passes: usize,
    /// At how many versions a state is asked for.
    pub looks: usize,
    /// How many copies of a state are weighed.
    pub copies: usize,
}

/// One round of everything, as JSON.
pub fn round(extent: &Extent, machine: &Machine) -> Value {
    // First, while nothing that was given back lies about to be taken again.
    let weigh = |log: &Log| copy(log, extent.copies, machine);
    let copies =
        json!({ "small": weigh(&Log::account(1_000)), "large": weigh(&Log::order(1_000)) });
    let (mut folds, mut looks) = (Vec::new(), Vec::new());
    for &count in extent.counts {
        let log = Log::account(count);
        folds.push(json!({
            "events": count,
            "fold": rate(fold, &log, extent, machine),
            "replay": rate(replay, &log, extent, machine),
        }));
        looks.push(look("small", log, extent, machine));
        looks.push(look("large", Log::order(count), extent, machine));
    }
    json!({ "folds": folds, "looks": looks, "copies": copies })
}

/// Millions of events a second.
fn rate(work: fn(&[RecordedEvent]) -> State, log: &Log, extent: &Extent, machine: &Machine) -> f64 {
    let times = extent.folded.div_ceil(log.head());
    let rates = (0..extent.passes).map(|_| {
        let started = (machine.now)();
        for _ in 0..times {
            let state = work(black_box(&log.events));
            assert_eq!(state.balance, log.expected[log.head()]);
        }
        (times * log.head()) as f64 / ((machine.now)() - started) / 1e3
    });
    rates.fold(0.0, f64::max)
}

/// A stream's timeline, and states at random versions of it.
fn look(state: &str, mut log: Log, extent: &Extent, machine: &Machine) -> Value {
    let count = log.head();
    let events = std::mem::take(&mut log.events);
    let mut timeline = log.timeline();
    let started = (machine.now)();
    timeline.extend(events).expect("they are in order");
    let built = (machine.now)() - started;
    let mut random = Random::new(3);
    let mut times: Vec<f64> = (0..extent.looks)
        .map(|_| {
            let version = random.below(count + 1);
            let started = (machine.now)();
            let state = timeline.state_at(Version(version as u64));
            let time = (machine.now)() - started;
            log.check(version, &state);
            time
        })
        .collect();
    let checkpoints = timeline.checkpoints();
    json!({
        "events": count,
        "state": state,
        "json": timeline.state_at(timeline.head()).to_string().len(),
        "built": built,
        "p50": quantile(&mut times, 0.5),
        "p99": quantile(&mut times, 0.99),
        "most": quantile(&mut times, 1.0),
        "checkpoints": checkpoints.count(),
        "every": checkpoints.every(),
        "counted": checkpoints.bytes(),
    })
}

/// The bytes that one copy of a log's state takes, as a checkpoint is one.
fn copy(log: &Log, copies: usize, machine: &Machine) -> Option<usize> {
    let mut state = log.model.begin(&log.stream);
    for event in &log.events {
        state.replay(event).expect("it is the next of this stream");
    }
    let before = (machine.memory)()?;
    let kept: Vec<_> = (0..copies).map(|_| state.fork()).collect();
    let after = (machine.memory)()?;
    black_box(kept);
    Some(after.saturating_sub(before) / copies)
}

/// The value below which so large a part of them lies.
fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * part).round() as usize]
}
