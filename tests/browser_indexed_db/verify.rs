//! A check of a store whose database was damaged behind its back: all that was damaged is found,
//! and nothing else.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::ops::ControlFlow;

use eventloom::browser::IndexedDbStore;
use eventloom::core::{ExpectedVersion, Position, RecordedEvent, StreamId, Version};
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{Finding, Verification, verify};
use idb::TransactionMode;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use crate::support::*;

pub async fn verified(store: &IndexedDbStore) -> Verification {
    let verification = verify(
        store,
        |_| Ok(()),
        |_| None::<Infallible>,
        |_| ControlFlow::Continue(()),
    );
    verification.await.unwrap()
}

fn whole(events: u64) -> Verification {
    Verification {
        events,
        unchecked: 0,
        findings: vec![],
        more: 0,
    }
}

/// Numbers that follow from a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// The text with one of its characters exchanged for another.
    fn flipped(&mut self, text: &str, characters: &str) -> String {
        let mut flipped: Vec<char> = text.chars().collect();
        let index = self.below(flipped.len());
        let others: Vec<char> = characters
            .chars()
            .filter(|&c| c != flipped[index])
            .collect();
        flipped[index] = others[self.below(others.len())];
        flipped.into_iter().collect()
    }

    /// Changes a character of one field of a record.
    fn damage(&mut self, record: &JsValue) {
        const FIELDS: [&str; 7] = [
            "data",
            "event_type",
            "version",
            "event_id",
            "timestamp",
            "aggregate_id",
            "aggregate_type",
        ];
        let field = FIELDS[self.below(FIELDS.len())];
        let value = Reflect::get(record, &field.into()).unwrap();
        match value.as_f64() {
            Some(number) => {
                let other = self.flipped(&number.to_string(), "0123456789");
                set(record, field, other.parse::<f64>().unwrap());
            }
            None => {
                let text = value.as_string().unwrap();
                let other = self.flipped(&text, "0123456789abcdefXYZ {}[]\":,.-");
                set(record, field, other);
            }
        }
    }
}

#[wasm_bindgen_test]
async fn of_200_records_with_a_flipped_character_all_are_found_and_no_more() {
    const EVENTS: u64 = 600;
    let store = fresh().await;
    for number in 0..EVENTS / 3 {
        let stream = StreamId::new("bank_account", format!("account-{}", number % 17)).unwrap();
        let batch = events(number * 3 + 1..=number * 3 + 3);
        let any = ExpectedVersion::Any;
        store.record(&stream, any, &batch).await.unwrap();
    }
    assert_eq!(verified(&store).await, whole(EVENTS));

    let seed = (js_sys::Math::random() * 9e15) as u64 + 1;
    console_log!("seed {seed}");
    let mut random = Random(seed);
    let mut damaged = BTreeSet::new();
    while damaged.len() < 200 {
        let index = random.below(EVENTS as usize) as u64;
        if !damaged.insert(Position(index + 1)) {
            continue;
        }
        let segment = raw_segment(store.name(), index / 3 + 1).await;
        random.damage(&event_of(&segment, (index % 3) as u32));
        put(store.name(), "log", &[segment]).await;
    }

    let verification = verified(&store).await;
    let mut found = BTreeSet::new();
    for finding in &verification.findings {
        match finding {
            Finding::Damaged(record) => assert!(found.insert(record.position), "seed {seed}"),
            other => panic!("seed {seed}: {other}"),
        }
    }
    assert_eq!(found, damaged, "seed {seed}");
    assert_eq!((verification.events, verification.more), (EVENTS, 0));
    // Who reads the log for the first time finds as much.
    let again = open(store.name()).await;
    let findings = verified(&again).await.findings;
    let found = findings.iter().filter_map(|finding| match finding {
        Finding::Damaged(record) => Some(record.position),
        _ => None,
    });
    assert_eq!(found.collect::<BTreeSet<_>>(), damaged, "seed {seed}");
    again.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn of_200_records_with_a_flipped_byte_each_is_found() {
    let store = fresh().await;
    let any = ExpectedVersion::Any;
    for number in 0..150 {
        let stream = StreamId::new("bank_account", format!("account-{}", number % 17)).unwrap();
        let batch = events(number * 20..number * 20 + 20);
        store.record(&stream, any, &batch).await.unwrap();
    }
    let log: Vec<RecordedEvent> = (0..40_000)
        .map(|number| {
            let stream = StreamId::new("order", format!("o-{}", number % 100)).unwrap();
            let (version, position) = (Version(number / 100 + 1), Position(number + 3_001));
            event(number + 3_000).recorded(stream, version, position)
        })
        .collect();
    let go_on = |_| ControlFlow::Continue(());
    store.take_in(Position(3_000), &log, go_on).await.unwrap();
    assert_eq!(verified(&store).await, whole(43_000));

    let seed = (js_sys::Math::random() * 9e15) as u64 + 1;
    console_log!("seed {seed}");
    let mut random = Random(seed);
    let database = raw(store.name(), None).await;
    let mut expected = BTreeSet::new();
    for (name, enough) in [("log", 140), ("pages", 200)] {
        let changing = database
            .transaction(&[name], TransactionMode::ReadWrite)
            .unwrap();
        let records = changing.object_store(name).unwrap();
        let mut all = records.get_all(None, None).unwrap().await.unwrap();
        while expected.len() < enough {
            let record = all.swap_remove(random.below(all.len()));
            let field = |field: &str| Reflect::get(&record, &field.into()).unwrap();
            if field("page").as_f64() == Some(-1.0) {
                // A filter holds no events.
                continue;
            }
            let bytes: Uint8Array = field("packed").unchecked_into();
            let index = random.below(bytes.length() as usize) as u32;
            let flip = 1 << random.below(8);
            bytes.set_index(index, bytes.get_index(index) ^ flip);
            records.put(&record, None).unwrap().await.unwrap();
            let segment = field("segment").as_f64().unwrap();
            expected.insert(match name {
                "log" => format!("segment {segment}:"),
                _ => format!(
                    "segment {segment}, page {}",
                    field("page").as_f64().unwrap()
                ),
            });
        }
        let ended = changing.await;
        assert!(matches!(ended, Ok(idb::TransactionResult::Committed)));
    }
    database.close();
    assert_eq!(expected.len(), 200);

    for store in [store.clone(), open(store.name()).await] {
        let verification = verified(&store).await;
        let found: Vec<String> = (verification.findings.iter())
            .filter_map(|finding| match finding {
                Finding::Damaged(record) => Some(record.cause.clone()),
                _ => None,
            })
            .collect();
        assert_eq!((found.len(), verification.more), (200, 0), "seed {seed}");
        for place in &expected {
            let named = found.iter().any(|cause| cause.starts_with(place.as_str()));
            assert!(named, "seed {seed}: {place}: {found:?}");
        }
    }
    delete(store).await;
}

async fn five_of_ada() -> IndexedDbStore {
    let store = fresh().await;
    for number in 1..=5 {
        let any = ExpectedVersion::Any;
        store.record(&ada(), any, &[event(number)]).await.unwrap();
    }
    store
}

#[wasm_bindgen_test]
async fn a_segment_that_is_gone_is_found_and_so_is_the_gap_that_it_leaves() {
    let store = five_of_ada().await;
    meddle(store.name(), "log", |log| {
        log.delete(JsValue::from(3)).unwrap();
    })
    .await
    .unwrap();
    let gap = Finding::Gap {
        stream: ada(),
        first: Version(3),
        last: Version(3),
        after: Position(2),
        before: Position(4),
    };
    for store in [store.clone(), open(store.name()).await] {
        let findings = verified(&store).await.findings;
        assert!(
            matches!(&findings[..], [Finding::Damaged(missing), found]
                if missing.cause == "segment 3 of the log is missing" && *found == gap),
            "{findings:?}"
        );
    }
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_damaged_snapshot_is_found() {
    let store = five_of_ada().await;
    let damaged = object();
    set(&damaged, "aggregate_type", "bank_account");
    set(&damaged, "aggregate_id", "ada");
    set(&damaged, "version", 2);
    meddle(store.name(), "snapshots", |snapshots| {
        snapshots.put(&damaged, None).unwrap();
    })
    .await
    .unwrap();
    let findings = verified(&store).await.findings;
    assert!(
        matches!(findings.as_slice(), [Finding::SnapshotDamaged(snapshot)]
            if snapshot.stream == Some(ada()) && snapshot.version == Version(2)),
        "{findings:?}"
    );
    delete(store).await;
}

#[wasm_bindgen_test]
async fn records_of_a_time_before_checksums_are_counted() {
    let store = five_of_ada().await;
    for segment in [2, 4] {
        change_event(store.name(), segment, 0, "checksum", JsValue::UNDEFINED).await;
    }
    let unchecked = Verification {
        unchecked: 2,
        ..whole(5)
    };
    assert_eq!(verified(&store).await, unchecked);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_record_under_a_key_that_is_no_number_is_found() {
    let store = five_of_ada().await;
    let record = raw_segment(store.name(), 5).await;
    set(&record, "segment", "last");
    put(store.name(), "log", &[record]).await;
    for store in [store.clone(), open(store.name()).await] {
        let findings = verified(&store).await.findings;
        assert!(
            matches!(&findings[..], [Finding::Damaged(record)]
                if record.cause == "a record lies under a key that is no number"),
            "{findings:?}"
        );
    }
    delete(store).await;
}
