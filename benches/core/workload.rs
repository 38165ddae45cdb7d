//! What is measured, natively and in wasm alike: logs that the models' rules allow, and for each
//! version what their state must come to, reckoned without folding.

use std::rc::Rc;

use eventloom::core::{
    Aggregate, AggregateRoot, Decider, IdSource, JsonValue, Metadata, Position, RecordedEvent,
    SequentialIds, StreamId, Timestamp, Version,
};
use eventloom::model::Model;
use eventloom::model::bank_account::{self, BankAccount, Command as Ask};
use eventloom::model::order::{self, Command as Want, MAX_LINES, Order};
use eventloom::timeline::Timeline;

/// One stream, and what must come of it.
pub struct Log {
    /// Its events.
    pub events: Vec<RecordedEvent>,
    /// The number by which its state is checked, at each version from 0.
    pub expected: Vec<i64>,
    /// The key of that number in the state.
    key: &'static str,
    /// Their stream.
    pub stream: StreamId,
    /// What folds them for the page.
    pub model: Rc<dyn Model>,
}

impl Log {
    /// An account's events, with payloads of 100 bytes in the middle and a small state.
    pub fn account(count: usize) -> Log {
        let (mut random, mut balance) = (Random::new(1), 0);
        let mut next = |version: usize| {
            let number = random.below(1_000_000);
            let purpose = PURPOSES[random.below(PURPOSES.len())];
            let reference = format!("Invoice 2026-{number:06}, {purpose}");
            let amount = 1 + random.below(90_000) as i64;
            let command = match random.below(8) {
                _ if version == 1 => Ask::OpenAccount {
                    owner: "Ada Byron".into(),
                    currency: "EUR".into(),
                },
                0 if amount <= balance => Ask::TransferOut {
                    amount,
                    to: "grace-main".into(),
                    reference,
                },
                1..4 if amount <= balance => Ask::Withdraw { amount, reference },
                _ => Ask::Deposit { amount, reference },
            };
            balance += match command {
                Ask::Deposit { .. } => amount,
                Ask::Withdraw { .. } | Ask::TransferOut { .. } => -amount,
                _ => 0,
            };
            (command, balance)
        };
        record(
            BankAccount,
            bank_account::model(),
            "balance",
            count,
            &mut next,
        )
    }

    /// An order's events: twenty lines, then one by one a line goes and another comes. Its state
    /// is of 2 KB as JSON.
    pub fn order(count: usize) -> Log {
        let mut random = Random::new(2);
        let mut line = |number: usize| order::Line {
            sku: format!("{number:07}-{ARTICLE}"),
            quantity: 1 + random.below(20) as i64,
            unit_price: 1 + random.below(50_000) as i64,
        };
        let mut lines: Vec<_> = (0..MAX_LINES).map(&mut line).collect();
        let mut next = |version: usize| {
            let command = match version {
                1 => Want::PlaceOrder {
                    customer: "Ada Byron".into(),
                    currency: "EUR".into(),
                    lines: lines.clone(),
                },
                _ if lines.len() == MAX_LINES => Want::RemoveLine {
                    sku: lines.remove(version % MAX_LINES).sku,
                },
                _ => {
                    let new = line(version + MAX_LINES);
                    lines.push(new.clone());
                    Want::AddLine {
                        sku: new.sku,
                        quantity: new.quantity,
                        unit_price: new.unit_price,
                    }
                }
            };
            let total = lines.iter().map(|line| line.quantity * line.unit_price);
            (command, total.sum())
        };
        record(Order, order::model(), "total", count, &mut next)
    }

    /// The version of its last event.
    pub fn head(&self) -> usize {
        self.expected.len() - 1
    }

    /// An empty timeline of its stream, as the page makes one.
    pub fn timeline(&self) -> Timeline {
        Timeline::new(Rc::clone(&self.model), self.stream.clone())
    }

    /// Compares a state at a version with what it must be.
    ///
    /// # Panics
    /// When it isn't that.
    pub fn check(&self, version: usize, state: &JsonValue) {
        let found = state.get(self.key).and_then(JsonValue::as_i64);
        let expected = self.expected[version];
        assert_eq!(found, Some(expected), "{} at version {version}", self.key);
    }
}

/// Decodes each event and folds it: what a program does that has its own loop.
pub fn fold(events: &[RecordedEvent]) -> bank_account::State {
    let mut state = BankAccount.initial_state();
    for event in events {
        let event = BankAccount
            .decode(event)
            .expect("it was encoded by this model");
        BankAccount.evolve(&mut state, &event);
    }
    state
}

/// Replays each event onto an aggregate root, as a repository does when it loads: stream and
/// version are checked too.
pub fn replay(events: &[RecordedEvent]) -> bank_account::State {
    let mut root = AggregateRoot::new(BankAccount, events[0].stream.clone());
    for event in events {
        root.raise_event(event)
            .expect("it is the next of this stream");
    }
    root.state().clone()
}

/// Decides command after command and records what they lead to: the rules allow all of it. Each
/// comes with the number that the state under `key` must be afterwards.
fn record<A: Aggregate>(
    aggregate: A,
    model: impl Model + 'static,
    key: &'static str,
    count: usize,
    next: &mut dyn FnMut(usize) -> (A::Command, i64),
) -> Log {
    const TIME: Timestamp = Timestamp::from_millis(1_767_603_602_000);
    let stream = StreamId::new(aggregate.aggregate_type(), "ada-savings").expect("a short name");
    let ids = SequentialIds::default();
    let mut state = aggregate.initial_state();
    let (mut events, mut expected) = (Vec::with_capacity(count), vec![0]);
    for version in 1..=count {
        let (command, number) = next(version);
        let decided = aggregate.decide(&state, command).expect("within the rules");
        let [event] = decided.as_slice() else {
            panic!("these commands lead to one event each");
        };
        aggregate.evolve(&mut state, event);
        let encoded = aggregate
            .encode(event)
            .expect("an event of a shipped model");
        let place = version as u64;
        events.push(
            encoded
                .seal(
                    ids.next_id(TIME),
                    TIME,
                    Metadata::correlated("a-conversation"),
                )
                .recorded(stream.clone(), Version(place), Position(place)),
        );
        expected.push(number);
    }
    Log {
        events,
        expected,
        key,
        stream,
        model: Rc::new(model),
    }
}

const PURPOSES: &[&str] = &[
    "second set of punched cards",
    "brass wheels for the difference engine",
    "rent of the workshop in Dorset Street, spring quarter",
    "translation of \"Notions sur la machine analytique\"",
    "café and postage, as agreed",
    "thirty reams of paper and two of blotting paper",
];

const ARTICLE: &str = "brass wheel with ten teeth, polished, for the mill";

/// The same numbers in each run and on each target (SplitMix64).
pub struct Random(u64);

impl Random {
    /// Begins anew from a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number from 0 up to a bound that it stays below.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}
