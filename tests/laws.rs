//! Laws: whatever the events are, these hold.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::ops::ControlFlow;
use std::rc::Rc;

use eventloom::core::scenario::given;
use eventloom::core::{
    Aggregate, AggregateRoot, Decider, FixedClock, JsonText, JsonValue, Position, RecordedEvent,
    SequentialIds, Version,
};
use eventloom::model::bank_account::{self, BankAccount, Event, State};
use eventloom::model::order::{self, Order};
use eventloom::model::{GenericModel, Model};
use eventloom::runtime::{Repository, SnapshotPolicy};
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{ImportStore, MemoryStore, Snapshot, SnapshotStore};
use eventloom::timeline::{Change, Path, Timeline};
use pollster::block_on;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{TIME, any_json, foreign, recorded, stream};

fn any_event() -> impl Strategy<Value = Event> {
    let text = || ".{0,8}";
    prop_oneof![
        (text(), text()).prop_map(|(owner, currency)| Event::AccountOpened { owner, currency }),
        (any::<i64>(), text())
            .prop_map(|(amount, reference)| Event::MoneyDeposited { amount, reference }),
        (any::<i64>(), text())
            .prop_map(|(amount, reference)| Event::MoneyWithdrawn { amount, reference }),
        (any::<i64>(), text(), text()).prop_map(|(amount, to, reference)| {
            Event::MoneyTransferredOut {
                amount,
                to,
                reference,
            }
        }),
        text().prop_map(|reason| Event::AccountFrozen { reason }),
        text().prop_map(|reason| Event::AccountUnfrozen { reason }),
        text().prop_map(|reason| Event::AccountClosed { reason }),
    ]
}

fn any_order_event() -> impl Strategy<Value = order::Event> {
    let line = (".{0,4}", any::<i64>(), any::<i64>()).prop_map(|(sku, quantity, unit_price)| {
        order::Line {
            sku,
            quantity,
            unit_price,
        }
    });
    prop_oneof![
        (".{0,8}", ".{0,3}", prop::collection::vec(line, 0..4)).prop_map(
            |(customer, currency, lines)| order::Event::OrderPlaced {
                customer,
                currency,
                lines,
            }
        ),
        (any::<i64>(), ".{0,8}")
            .prop_map(|(amount, method)| order::Event::OrderPaid { amount, method }),
        (".{0,8}", ".{0,8}")
            .prop_map(|(carrier, tracking)| order::Event::OrderShipped { carrier, tracking }),
    ]
}

fn some_events(most: usize) -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(any_event(), 0..most)
}

/// More events than two checkpoints of a timeline lie apart, cheap to make many of.
fn many_events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(1..1_000_i64, 301..400).prop_map(|amounts| {
        let event = |amount| {
            let reference = String::new();
            match amount % 3 {
                0 => Event::MoneyWithdrawn { amount, reference },
                _ => Event::MoneyDeposited { amount, reference },
            }
        };
        amounts.into_iter().map(event).collect()
    })
}

fn fold(events: &[Event]) -> State {
    given(BankAccount, events.iter().cloned()).state()
}

fn account_timeline() -> Timeline {
    let model: Rc<dyn Model> = Rc::new(bank_account::model());
    Timeline::new(model, stream("bank_account", "a"))
}

/// The leaves of a state by path; an empty state has none.
fn leaves(value: &JsonValue) -> BTreeMap<Path, JsonValue> {
    fn walk(path: &Path, value: &JsonValue, found: &mut BTreeMap<Path, JsonValue>) {
        let entries: Vec<(String, &JsonValue)> = match value {
            JsonValue::Object(fields) => fields.iter().map(|(key, v)| (key.clone(), v)).collect(),
            JsonValue::List(items) => (0..).map(|i: usize| i.to_string()).zip(items).collect(),
            _ => Vec::new(),
        };
        if entries.is_empty() && !path.is_root() {
            found.insert(path.clone(), value.clone());
        }
        for (key, value) in entries {
            walk(&path.then(key), value, found);
        }
    }
    let mut found = BTreeMap::new();
    walk(&Path::root(), value, &mut found);
    found
}

/// Makes the changes; each must say truly what was there before.
fn apply(before: BTreeMap<Path, JsonValue>, changes: &[Change]) -> BTreeMap<Path, JsonValue> {
    let mut leaves = before;
    for change in changes {
        match change {
            Change::Added { path, new } => {
                assert_eq!(leaves.insert(path.clone(), new.clone()), None, "{path}");
            }
            Change::Changed { path, old, new } => {
                assert_ne!(old, new, "{path} did not change");
                let was = leaves.insert(path.clone(), new.clone());
                assert_eq!(was.as_ref(), Some(old), "{path}");
            }
            Change::Removed { path, old } => {
                assert_eq!(leaves.remove(path).as_ref(), Some(old), "{path}");
            }
        }
    }
    leaves
}

// --- folding ----------------------------------------------------------------------------------

proptest! {
    #[test]
    fn the_fold_of_a_prefix_and_then_the_rest_is_the_fold_of_the_whole(
        events in some_events(30),
        cut in any::<prop::sample::Index>(),
    ) {
        let (prefix, rest) = events.split_at(cut.index(events.len() + 1));
        let mut root = AggregateRoot::at(
            BankAccount,
            stream("bank_account", "a"),
            Version(prefix.len() as u64),
            fold(prefix),
        );
        for event in recorded(&BankAccount, "a", events.clone()).iter().skip(prefix.len()) {
            root.raise_event(event).unwrap();
        }
        prop_assert_eq!(root.state(), &fold(&events));
        prop_assert_eq!(root.version(), Version((prefix.len() + rest.len()) as u64));
    }

    #[test]
    fn applying_events_and_replaying_them_lead_to_the_same_state(events in some_events(30)) {
        let mut applied = AggregateRoot::new(BankAccount, stream("bank_account", "a"));
        let mut replayed = applied.clone();
        for event in recorded(&BankAccount, "a", events.clone()) {
            replayed.raise_event(&event).unwrap();
        }
        events.into_iter().for_each(|event| applied.apply(event));
        prop_assert_eq!(applied.state(), replayed.state());
        prop_assert_eq!(applied.version(), replayed.version());
    }
}

// --- snapshots --------------------------------------------------------------------------------

/// What can befall a snapshot.
#[derive(Clone, Copy, Debug)]
enum Damage {
    None,
    Deleted,
    OtherSchema,
    StateOfAnotherShape,
    StateThatIsNothing,
    OtherEvent,
    AheadOfTheStream,
}

fn any_damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::None),
        Just(Damage::Deleted),
        Just(Damage::OtherSchema),
        Just(Damage::StateOfAnotherShape),
        Just(Damage::StateThatIsNothing),
        Just(Damage::OtherEvent),
        Just(Damage::AheadOfTheStream),
    ]
}

type Accounts = Repository<BankAccount, MemoryStore, FixedClock, SequentialIds>;

fn accounts(store: MemoryStore, snapshots: SnapshotPolicy) -> Accounts {
    let (clock, ids) = (FixedClock::new(TIME, 1), SequentialIds::default());
    Repository::new(BankAccount, store, clock, ids).with_snapshots(snapshots)
}

/// A state that no account of these tests has, to show whether a snapshot was built on.
fn forged() -> JsonText {
    let state = State {
        owner: "Mallory, who never opened an account".into(),
        ..State::default()
    };
    JsonText::of(&state).unwrap()
}

/// The same store, but for what befell the snapshot.
async fn befall(store: &MemoryStore, damage: Damage) -> MemoryStore {
    let id = stream("bank_account", "a");
    let events = store
        .stream_events(&id, Version(0), usize::MAX)
        .await
        .unwrap();
    let copy = MemoryStore::new();
    let go_on = |_| ControlFlow::Continue(());
    copy.take_in(Position(0), &events, go_on).await.unwrap();
    let Some(snapshot) = store.snapshot(&id).await.unwrap() else {
        return copy;
    };
    let damaged = match damage {
        Damage::Deleted => return copy,
        Damage::None => snapshot,
        Damage::OtherSchema => Snapshot {
            schema: snapshot.schema + 1,
            state: forged(),
            ..snapshot
        },
        Damage::StateOfAnotherShape => Snapshot {
            state: support::json(r#"{"status":"on holiday"}"#),
            ..snapshot
        },
        Damage::StateThatIsNothing => Snapshot {
            state: support::json("null"),
            ..snapshot
        },
        Damage::OtherEvent => Snapshot {
            event_id: eventloom::core::source::uuid_v7(TIME, [0xff; 10]),
            state: forged(),
            ..snapshot
        },
        Damage::AheadOfTheStream => Snapshot {
            version: Version(events.len() as u64 + 1),
            state: forged(),
            ..snapshot
        },
    };
    copy.keep_snapshot(damaged).await.unwrap();
    copy
}

proptest! {
    #[test]
    fn a_snapshot_and_the_tail_are_the_whole_whatever_befell_the_snapshot(
        batches in prop::collection::vec(some_events(5), 1..8),
        frequency in 1..8_u64,
        damage in any_damage(),
    ) {
        let every = SnapshotPolicy::Every(NonZeroU64::new(frequency).unwrap());
        let (with, without) = block_on(async {
            let writer = accounts(MemoryStore::new(), every);
            for batch in &batches {
                let mut root = writer.load("a").await.unwrap();
                batch.iter().cloned().for_each(|event| root.apply(event));
                writer.save(&mut root).await.unwrap();
            }
            let with = accounts(befall(writer.store(), damage).await, every);
            let without = accounts(befall(writer.store(), damage).await, SnapshotPolicy::Never);
            (with.load("a").await.unwrap(), without.load("a").await.unwrap())
        });
        let whole = fold(&batches.concat());
        prop_assert_eq!(with.state(), &whole);
        prop_assert_eq!(with.version(), without.version());
        prop_assert_eq!(without.state(), &whole);
    }
}

#[test]
fn a_usable_snapshot_is_built_on_else_the_law_above_would_show_nothing() {
    block_on(async {
        let every_version = SnapshotPolicy::Every(NonZeroU64::MIN);
        let repository = accounts(MemoryStore::new(), every_version);
        let store = repository.store();
        let mut root = repository.load("a").await.unwrap();
        root.apply(Event::AccountFrozen {
            reason: String::new(),
        });
        repository.save(&mut root).await.unwrap();
        let snapshot = store.snapshot(root.stream()).await.unwrap().unwrap();
        let state = forged();
        store
            .keep_snapshot(Snapshot { state, ..snapshot })
            .await
            .unwrap();
        let owner = repository.load("a").await.unwrap().state().owner.clone();
        assert_eq!(owner, "Mallory, who never opened an account");
    });
}

#[test]
fn a_snapshot_of_before_a_reset_is_not_built_on_after_it() {
    block_on(async {
        let every_version = SnapshotPolicy::Every(NonZeroU64::MIN);
        let repository = accounts(MemoryStore::new(), every_version);
        let store = repository.store();
        let deposit = |amount| Event::MoneyDeposited {
            amount,
            reference: String::new(),
        };
        let mut root = repository.load("a").await.unwrap();
        [1, 2, 3]
            .into_iter()
            .for_each(|amount| root.apply(deposit(amount)));
        repository.save(&mut root).await.unwrap();
        let old = store.snapshot(root.stream()).await.unwrap().unwrap();

        store.reset(&[]).await.unwrap();
        let mut root = repository.load("a").await.unwrap();
        assert_eq!(root.version(), Version(0));
        // The same length as before, a shorter stream on the way there.
        for (amount, balance) in [(10, 10), (20, 30), (30, 60), (40, 100)] {
            root.apply(deposit(amount));
            repository.save(&mut root).await.unwrap();
            store.keep_snapshot(old.clone()).await.unwrap();
            let loaded = repository.load("a").await.unwrap();
            assert_eq!(loaded.state().balance, balance);
        }
    });
}

// --- the timeline -----------------------------------------------------------------------------

fn extended(events: &[RecordedEvent], sizes: &[usize]) -> Timeline {
    let mut timeline = account_timeline();
    let mut rest = events;
    for size in sizes.iter().copied().chain([usize::MAX]) {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        timeline.extend(chunk.to_vec()).unwrap();
        rest = after;
    }
    timeline
}

proptest! {
    // Each case looks at every version of some hundred.
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn the_state_at_a_version_is_the_fold_of_so_many_events(events in many_events()) {
        let timeline = extended(&recorded(&BankAccount, "a", events.clone()), &[]);
        prop_assert_eq!(timeline.head(), Version(events.len() as u64));
        let mut state = BankAccount.initial_state();
        for version in 0..=events.len() {
            if version > 0 {
                BankAccount.evolve(&mut state, &events[version - 1]);
            }
            let shown = timeline.state_at(Version(version as u64));
            prop_assert_eq!(shown, JsonValue::of(&state), "version {}", version);
            let drawn = timeline.measures()[version];
            prop_assert_eq!(drawn, Some(state.balance as f64), "version {}", version);
        }
        let beyond = timeline.state_at(Version(u64::MAX));
        prop_assert_eq!(beyond, JsonValue::of(&state));
    }

    #[test]
    fn a_timeline_extended_piece_by_piece_is_the_one_extended_at_once(
        events in many_events(),
        sizes in prop::collection::vec(0..150_usize, 0..10),
    ) {
        let events = recorded(&BankAccount, "a", events);
        let (at_once, in_pieces) = (extended(&events, &[]), extended(&events, &sizes));
        prop_assert_eq!(at_once.head(), in_pieces.head());
        prop_assert_eq!(at_once.events(), in_pieces.events());
        prop_assert_eq!(at_once.measures(), in_pieces.measures());
        for version in (0..=events.len() as u64).step_by(7).map(Version) {
            prop_assert_eq!(at_once.state_at(version), in_pieces.state_at(version));
            prop_assert_eq!(at_once.changes_at(version), in_pieces.changes_at(version));
        }
    }
}

proptest! {
    #[test]
    fn events_that_a_timeline_has_already_are_passed_over(
        events in some_events(20),
        from in any::<prop::sample::Index>(),
    ) {
        let events = recorded(&BankAccount, "a", events);
        let mut timeline = extended(&events, &[]);
        timeline.extend(events[from.index(events.len() + 1)..].to_vec()).unwrap();
        let expected = fold_recorded(&events);
        prop_assert_eq!(timeline.head(), Version(events.len() as u64));
        prop_assert_eq!(timeline.state_at(timeline.head()), expected);
    }

    #[test]
    fn the_changes_at_a_version_make_its_state_of_the_one_before(
        payloads in prop::collection::vec(any_json(), 0..12),
    ) {
        let permit = stream("permit", "a");
        let texts: Vec<String> = payloads.iter().map(Value::to_string).collect();
        let events: Vec<(&str, &str)> = texts.iter().map(|text| ("Noted", text.as_str())).collect();
        let mut timeline = Timeline::new(Rc::new(GenericModel::new("permit")), permit.clone());
        timeline.extend(foreign(&permit, &events)).unwrap();
        prop_assert_eq!(timeline.changes_at(Version(0)), []);
        let mut before = BTreeMap::new();
        for version in (1..=events.len() as u64).map(Version) {
            let after = leaves(&timeline.state_at(version));
            prop_assert_eq!(&apply(before, &timeline.changes_at(version)), &after);
            before = after;
        }
    }

    #[test]
    fn the_changes_between_any_two_states_make_one_of_the_other(
        old in any_json(),
        new in any_json(),
    ) {
        // In a state as models have it: an object.
        let [old, new] = [old, new].map(|value| JsonValue::from(json!({ "s": value })));
        let changes = eventloom::timeline::changes(&old, &new);
        prop_assert_eq!(apply(leaves(&old), &changes), leaves(&new));
    }
}

fn fold_recorded(events: &[RecordedEvent]) -> JsonValue {
    let mut state = BankAccount.initial_state();
    for event in events {
        BankAccount.evolve(&mut state, &BankAccount.decode(event).unwrap());
    }
    JsonValue::of(&state)
}

// --- encoding ---------------------------------------------------------------------------------

proptest! {
    #[test]
    fn any_event_survives_being_encoded(event in any_event()) {
        let kept = recorded(&BankAccount, "a", [event.clone()]).remove(0);
        prop_assert_eq!(BankAccount.decode(&kept), Ok(event));
    }

    #[test]
    fn any_event_of_an_order_survives_being_encoded(event in any_order_event()) {
        let kept = recorded(&Order, "a", [event.clone()]).remove(0);
        prop_assert_eq!(Order.decode(&kept), Ok(event));
    }
}
