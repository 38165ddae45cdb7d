//! A model whose rules changed, over snapshots that were made under the old ones.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::convert::Infallible;
use std::num::NonZeroU64;
use std::ops::ControlFlow;
use std::sync::Arc;

use eventloom::core::{
    Aggregate, AggregateRoot, Decider, DecodeError, EncodedEvent, FixedClock, InvalidJson,
    JsonText, RecordedEvent, SequentialIds, payload,
};
use eventloom::runtime::{Repository, SnapshotPolicy};
use eventloom::store::verify::Fold;
use eventloom::store::{Finding, MemoryStore, verify};
use pollster::block_on;
use serde::{Deserialize, Serialize};
use support::{TIME, stream};

/// A ticket that takes points: what each counts is a rule, and which rule snapshots are of is told apart by a
/// number.
#[derive(Clone)]
struct Ticket {
    each_counts: u64,
    schema: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    PointGiven {},
}

impl Decider for Ticket {
    type Command = ();
    type Event = Event;
    type State = u64;
    type Rejection = Infallible;

    fn initial_state(&self) -> u64 {
        0
    }

    fn decide(&self, _: &u64, (): ()) -> Result<Vec<Event>, Infallible> {
        Ok(vec![Event::PointGiven {}])
    }

    fn evolve(&self, points: &mut u64, _: &Event) {
        *points += self.each_counts;
    }
}

impl Aggregate for Ticket {
    fn aggregate_type(&self) -> &'static str {
        "ticket"
    }

    fn encode(&self, event: &Event) -> Result<EncodedEvent, InvalidJson> {
        payload::encode(event, 1)
    }

    fn decode(&self, event: &RecordedEvent) -> Result<Event, DecodeError> {
        payload::decode(&event.event_type, &event.data)
    }

    fn snapshot_schema(&self) -> u32 {
        self.schema
    }
}

const OLD: Ticket = Ticket {
    each_counts: 1,
    schema: 1,
};

fn over(
    ticket: Ticket,
    store: Arc<MemoryStore>,
) -> Repository<Ticket, Arc<MemoryStore>, FixedClock, SequentialIds> {
    let every = SnapshotPolicy::Every(NonZeroU64::MIN);
    let (clock, ids) = (FixedClock::new(TIME, 1_000), SequentialIds::default());
    Repository::new(ticket, store, clock, ids).with_snapshots(every)
}

/// A store with a ticket of three points and a snapshot of it, made under the old rules.
fn store() -> Arc<MemoryStore> {
    let tickets = over(OLD, Arc::new(MemoryStore::new()));
    for _ in 0..3 {
        block_on(tickets.execute("a", ())).unwrap();
    }
    tickets.store().clone()
}

fn points(ticket: Ticket) -> u64 {
    *block_on(over(ticket, store()).load("a")).unwrap().state()
}

struct Folded(AggregateRoot<Ticket>);

impl Fold for Folded {
    fn fold(&mut self, event: &RecordedEvent) -> Result<(), String> {
        self.0.raise_event(event).map_err(|error| error.to_string())
    }

    fn state(&self) -> Option<JsonText> {
        JsonText::of(self.0.state()).ok()
    }
}

/// What `Verify` finds, with snapshots folded anew by these rules.
fn found(ticket: &Ticket) -> Vec<Finding> {
    let begin = |snapshot: &eventloom::store::Snapshot| {
        let is_of_today = snapshot.schema == ticket.schema;
        is_of_today.then(|| Folded(AggregateRoot::new(ticket.clone(), stream("ticket", "a"))))
    };
    let go_on = |_| ControlFlow::Continue(());
    block_on(verify(&*store(), |_| Ok(()), begin, go_on))
        .unwrap()
        .findings
}

#[test]
fn with_the_schema_raised_a_snapshot_of_the_old_rules_is_passed_over() {
    let raised = Ticket {
        each_counts: 10,
        schema: 2,
    };
    assert_eq!(points(OLD), 3);
    assert_eq!(points(raised.clone()), 30);
    assert_eq!(found(&raised), []);
}

#[test]
fn with_only_evolve_changed_verify_names_the_snapshot_that_differs() {
    let forgotten = Ticket {
        each_counts: 10,
        schema: 1,
    };
    // This is why the schema has to be raised.
    assert_eq!(points(forgotten.clone()), 3);
    let found = found(&forgotten);
    assert!(
        matches!(&found[..], [Finding::SnapshotDiffers(place)] if place.stream == stream("ticket", "a")),
        "{found:?}"
    );
}
