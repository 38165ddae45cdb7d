//! `cargo bench`: the core on this machine, by Criterion. It folds recorded events, decoding
//! included, and asks a timeline for its state at random versions.
//!
//! Criterion tells means; how single looks are spread, and what the same costs in a browser, is told
//! by `cargo xtask bench core`, on the same work.

#![allow(
    clippy::expect_used,
    reason = "a measurement of what went wrong is worth nothing"
)]

#[cfg(not(target_arch = "wasm32"))]
mod workload;

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    let mut criterion = criterion::Criterion::default().configure_from_args();
    for count in [1_000, 10_000, 100_000, 1_000_000] {
        native::folds(&mut criterion, count);
        native::looks(&mut criterion, count);
    }
    criterion.final_summary();
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::hint::black_box;

    use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
    use eventloom::core::Version;

    use super::workload::{Log, Random, fold, replay};

    /// Events a second, through [`fold`] and [`replay`].
    pub fn folds(criterion: &mut Criterion, count: usize) {
        let log = Log::account(count);
        let mut group = criterion.benchmark_group("events");
        group.throughput(Throughput::Elements(count as u64));
        group.sample_size(20);
        for (name, work) in [("fold", fold as fn(&[_]) -> _), ("replay", replay)] {
            assert_eq!(work(&log.events).balance, log.expected[log.head()]);
            group.bench_function(BenchmarkId::new(name, count), |bencher| {
                bencher.iter(|| work(black_box(&log.events)));
            });
        }
        group.finish();
    }

    /// The state at a random version, small and of 2 KB.
    pub fn looks(criterion: &mut Criterion, count: usize) {
        let mut group = criterion.benchmark_group("state at a version");
        for (name, record) in [("small", Log::account as fn(_) -> _), ("large", Log::order)] {
            let mut log = record(count);
            let mut timeline = log.timeline();
            let events = std::mem::take(&mut log.events);
            timeline.extend(events).expect("they are in order");
            let mut random = Random::new(3);
            group.bench_function(BenchmarkId::new(name, count), |bencher| {
                bencher.iter_batched(
                    || random.below(log.head() + 1),
                    |version| {
                        let state = timeline.state_at(Version(version as u64));
                        log.check(version, &state);
                        state
                    },
                    BatchSize::SmallInput,
                );
            });
        }
        group.finish();
    }
}
