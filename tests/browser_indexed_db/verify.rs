//! A check of a store whose database was damaged behind its back: all that was damaged is found,
//! and nothing else.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::ops::ControlFlow;

use eventloom::browser::IndexedDbStore;
use eventloom::core::{ExpectedVersion, Position, StreamId, Version};
use eventloom::store::verify::Place;
use eventloom::store::{EventStore, Finding, Verification, verify};
use idb::TransactionMode;
use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use crate::support::*;

async fn verified(store: &IndexedDbStore) -> Verification {
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
        store.append(&stream, any, &batch).await.unwrap();
    }
    assert_eq!(verified(&store).await, whole(EVENTS));

    let seed = (js_sys::Math::random() * 9e15) as u64 + 1;
    console_log!("seed {seed}");
    let mut random = Random(seed);
    let database = raw(store.name(), None).await;
    let mut damaged = BTreeSet::new();
    while damaged.len() < 200 {
        let position = random.below(EVENTS as usize) as u64 + 1;
        if damaged.contains(&Position(position)) {
            continue;
        }
        let changing = database
            .transaction(&["events"], TransactionMode::ReadWrite)
            .unwrap();
        let log = changing.object_store("events").unwrap();
        let key = JsValue::from(position as f64);
        let record = log.get(key).unwrap().await.unwrap().unwrap();
        random.damage(&record);
        // The database itself refuses a second event of a stream with this version or id.
        let put = log.put(&record, None).unwrap().await;
        let ended = changing.await;
        if put.is_ok() {
            assert!(matches!(ended, Ok(idb::TransactionResult::Committed)));
            damaged.insert(Position(position));
        }
    }
    database.close();

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
    delete(store).await;
}

async fn five_of_ada() -> IndexedDbStore {
    let store = fresh().await;
    let any = ExpectedVersion::Any;
    store.append(&ada(), any, &events(1..=5)).await.unwrap();
    store
}

#[wasm_bindgen_test]
async fn a_record_that_is_gone_is_found_as_a_gap() {
    let store = five_of_ada().await;
    meddle(store.name(), "events", |events| {
        events.delete(JsValue::from(3)).unwrap();
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
    let verification = verified(&store).await;
    assert_eq!((verification.events, verification.findings), (4, vec![gap]));
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_head_that_is_wrong_damaged_or_gone_is_found() {
    let store = five_of_ada().await;
    let key = || JsValue::from(Array::of2(&"bank_account".into(), &"ada".into()));
    let last = Place {
        stream: ada(),
        version: Version(5),
        position: Position(5),
    };
    let findings = async |value: &str| {
        let head = raw_record(store.name(), "streams", key()).await;
        set(&head, "version", js(value));
        let put = meddle(store.name(), "streams", |streams| {
            streams.put(&head, None).unwrap();
        });
        put.await.unwrap();
        verified(&store).await.findings
    };
    let wrong = |head| Finding::HeadWrong {
        place: last.clone(),
        head: Version(head),
    };
    assert_eq!(findings("4").await, [wrong(4)]);
    assert_eq!(findings("7").await, [wrong(7)]);
    let damaged = findings("'five'").await;
    assert!(
        matches!(damaged.as_slice(), [Finding::HeadDamaged(head)]
            if head.stream == Some(ada()) && head.cause.contains("version")),
        "{damaged:?}"
    );
    assert_eq!(findings("5").await, []);
    let gone = meddle(store.name(), "streams", |streams| {
        streams.delete(key()).unwrap();
    });
    gone.await.unwrap();
    let missing = Finding::HeadMissing { place: last };
    assert_eq!(verified(&store).await.findings, [missing]);
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
    for position in [2, 4] {
        let record = raw_record(store.name(), "events", position.into()).await;
        set(&record, "checksum", JsValue::UNDEFINED);
        let put = meddle(store.name(), "events", |events| {
            events.put(&record, None).unwrap();
        });
        put.await.unwrap();
    }
    let unchecked = Verification {
        unchecked: 2,
        ..whole(5)
    };
    assert_eq!(verified(&store).await, unchecked);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_record_under_a_key_that_is_no_position_is_found() {
    let store = five_of_ada().await;
    let record = raw_record(store.name(), "events", 5.into()).await;
    set(&record, "position", "last");
    meddle(store.name(), "events", |events| {
        events.delete(JsValue::from(5)).unwrap();
        events.put(&record, None).unwrap();
    })
    .await
    .unwrap();
    let findings = verified(&store).await.findings;
    assert!(
        matches!(&findings[0], Finding::Damaged(record)
            if record.cause == "position is not a whole number"),
        "{findings:?}"
    );
    delete(store).await;
}
