//! States that JSON doesn't hold whole: what a snapshot of them does, and what numbers that JSON has no
//! form for do to events.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU64;

use eventloom::core::{
    Aggregate, Decider, DecodeError, EncodedEvent, FixedClock, InvalidJson, RecordedEvent,
    SequentialIds, Version, payload,
};
use eventloom::runtime::{ExecuteError, Repository, SnapshotPolicy};
use eventloom::store::{EventStore, MemoryStore, SnapshotStore};
use pollster::block_on;
use serde::{Deserialize, Serialize};
use support::{TIME, stream};

/// What is done to a thermometer's readings to make a state of them.
trait Fold:
    Clone + Default + Serialize + serde::de::DeserializeOwned + Send + Sync + fmt::Debug
{
    fn add(&mut self, degrees: f64);
}

/// A thermometer: each command records the degrees that it gives.
#[derive(Clone)]
struct Thermometer<S>(PhantomData<S>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Reading {
    Measured { degrees: f64 },
}

impl<S: Fold> Decider for Thermometer<S> {
    type Command = f64;
    type Event = Reading;
    type State = S;
    type Rejection = Infallible;

    fn initial_state(&self) -> S {
        S::default()
    }

    fn decide(&self, _: &S, degrees: f64) -> Result<Vec<Reading>, Infallible> {
        Ok(vec![Reading::Measured { degrees }])
    }

    fn evolve(&self, state: &mut S, Reading::Measured { degrees }: &Reading) {
        state.add(*degrees);
    }
}

impl<S: Fold> Aggregate for Thermometer<S> {
    fn aggregate_type(&self) -> &'static str {
        "thermometer"
    }

    fn encode(&self, event: &Reading) -> Result<EncodedEvent, InvalidJson> {
        payload::encode(event, 1)
    }

    fn decode(&self, event: &RecordedEvent) -> Result<Reading, DecodeError> {
        payload::decode(&event.event_type, &event.data)
    }
}

type Thermometers<S> = Repository<Thermometer<S>, MemoryStore, FixedClock, SequentialIds>;

/// Keeps a snapshot at every version.
fn thermometers<S: Fold>() -> Thermometers<S> {
    let (clock, ids) = (FixedClock::new(TIME, 1_000), SequentialIds::default());
    let every = SnapshotPolicy::Every(NonZeroU64::MIN);
    Repository::new(Thermometer(PhantomData), MemoryStore::new(), clock, ids).with_snapshots(every)
}

/// The version of the snapshot that is kept.
async fn kept<S: Fold>(thermometers: &Thermometers<S>) -> Option<Version> {
    let roof = stream("thermometer", "roof");
    let snapshot = thermometers.store().snapshot(&roof).await.unwrap();
    snapshot.map(|snapshot| snapshot.version)
}

/// The state of the roof's after these readings, one command each.
async fn after<S: Fold>(thermometers: &Thermometers<S>, readings: &[f64]) -> S {
    for degrees in readings {
        thermometers.execute("roof", *degrees).await.unwrap();
    }
    thermometers.load("roof").await.unwrap().state().clone()
}

/// How often it was measured, by a field that is written and not read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Unread {
    #[serde(skip_deserializing)]
    count: u64,
}

impl Fold for Unread {
    fn add(&mut self, _: f64) {
        self.count += 1;
    }
}

#[test]
fn a_state_that_is_read_as_another_is_not_kept_as_a_snapshot() {
    block_on(async {
        let thermometers = thermometers::<Unread>();
        let state = after(&thermometers, &[1.0, 2.0, 3.0]).await;
        assert_eq!(state.count, 3);
        assert_eq!(kept(&thermometers).await, None);
    });
}

/// The mean, which is a number only once something was measured, and the sum as one of 32 bits.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Mean {
    sum: f64,
    count: f64,
    spread: f32,
}

impl Fold for Mean {
    fn add(&mut self, degrees: f64) {
        self.sum += degrees;
        self.count += 1.0;
        self.spread = (degrees / (self.count - 1.0)) as f32;
    }
}

#[test]
fn a_state_with_a_number_that_is_not_finite_is_not_kept_as_a_snapshot() {
    block_on(async {
        let thermometers = thermometers::<Mean>();
        let first = after(&thermometers, &[5.0]).await;
        assert_eq!((first.sum, first.spread), (5.0, f32::INFINITY));
        assert_eq!(kept(&thermometers).await, None);
        let second = after(&thermometers, &[7.5]).await;
        assert_eq!((second.sum, second.spread), (12.5, 7.5));
        assert_eq!(kept(&thermometers).await, Some(Version(2)));
    });
}

/// How often each reading was, in no order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Counts(HashMap<String, u32>);

impl Fold for Counts {
    fn add(&mut self, degrees: f64) {
        *self.0.entry(degrees.to_string()).or_default() += 1;
    }
}

#[test]
fn a_state_whose_keys_come_in_any_order_is_kept_as_a_snapshot() {
    block_on(async {
        let thermometers = thermometers::<Counts>();
        let readings: Vec<_> = (0..20).map(f64::from).collect();
        let state = after(&thermometers, &readings).await;
        assert_eq!(state.0.len(), 20);
        assert_eq!(kept(&thermometers).await, Some(Version(20)));
    });
}

#[test]
fn an_event_with_a_number_that_is_not_finite_is_refused_and_nothing_is_recorded() {
    block_on(async {
        let thermometers = thermometers::<Counts>();
        thermometers.execute("roof", 20.5).await.unwrap();
        for (degrees, number) in [(f64::NAN, "NaN"), (f64::NEG_INFINITY, "-inf")] {
            let answer = thermometers.execute("roof", degrees).await;
            let within = "degrees".to_owned();
            let refused = InvalidJson::NotFinite { number, within };
            assert_eq!(answer, Err(ExecuteError::Encode(refused)));
        }
        let roof = stream("thermometer", "roof");
        let head = thermometers.store().head(&roof).await.unwrap();
        assert_eq!(head.place, Version(1));
        thermometers.load("roof").await.unwrap();
    });
}
