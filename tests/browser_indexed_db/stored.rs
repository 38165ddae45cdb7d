//! What earlier releases stored is opened with all that they recorded, and gone on with. Its files are
//! in `tests/stored`; `make.mjs` there says how they came to be. Beside putting them in, these tests ask
//! nothing but what every program asks of a store.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use eventloom::browser::IndexedDbStore;
use eventloom::core::{
    ExpectedVersion, JsonText, NewEvent, Position, RecordedEvent, StreamId, Timestamp, Version,
};
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{ArchiveStore, CheckpointStore, Snapshot, SnapshotStore};
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{ada, delete, event, everything, fresh, fresh_name};
use super::verify::verified;

#[path = "../support/files.rs"]
mod files;
#[path = "../support/stored.rs"]
mod list;

#[wasm_bindgen(module = "/tests/browser_indexed_db/stored.js")]
extern "C" {
    fn unpacked(packed: &[u8]) -> Promise;
    #[wasm_bindgen(js_name = putDatabase)]
    fn put_database(name: &str, text: &str, without: &Array) -> Promise;
    #[wasm_bindgen(js_name = putSentinel)]
    fn put_sentinel(name: &str, text: &str);
}

/// A store as it was left.
pub struct Stored {
    database: String,
    /// Its second copy; empty where it had none.
    pub journal: Vec<u8>,
    /// What was recorded.
    pub recorded: Vec<RecordedEvent>,
}

macro_rules! plain {
    ($name:literal, $journal:expr) => {
        Stored {
            database: include_str!(concat!("../stored/", $name, ".json")).to_owned(),
            journal: $journal.to_vec(),
            recorded: list::recorded(include_str!(concat!("../stored/", $name, ".recorded.json"))),
        }
    };
}

macro_rules! packed {
    ($name:literal) => {
        unpack(include_bytes!(concat!("../stored/", $name, ".gz"))).await
    };
}

async fn unpack(packed: &[u8]) -> Vec<u8> {
    let bytes = JsFuture::from(unpacked(packed)).await.unwrap();
    bytes.unchecked_into::<Uint8Array>().to_vec()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

impl Stored {
    /// A bit of everything.
    pub fn small() -> Stored {
        plain!("small", include_bytes!("../stored/small.journal"))
    }

    /// Segments that were joined, and the index that was saved then.
    pub async fn joined() -> Stored {
        Stored {
            database: text(packed!("joined.json")),
            journal: packed!("joined.journal"),
            recorded: list::recorded(&text(packed!("joined.recorded.json"))),
        }
    }

    /// Odd names, payloads, times and metadata, as an import may bring them, too.
    pub fn odd() -> Stored {
        plain!("odd", include_bytes!("../stored/odd.journal"))
    }

    /// What could be appended then, and couldn't be exported and imported.
    pub fn unfit() -> Stored {
        plain!("unfit", include_bytes!("../stored/unfit.journal"))
    }

    /// Of the first layout.
    pub fn first() -> Stored {
        plain!("first", [])
    }

    /// Of the first layout, after a reset.
    pub fn first_emptied() -> Stored {
        plain!("first-emptied", [])
    }

    /// Of the first layout, with two events after a reset.
    pub fn first_emptied_and_gone_on() -> Stored {
        plain!("first-emptied-and-gone-on", [])
    }

    /// Of the first layout, of which some was moved to the second when the tab was killed.
    pub async fn first_half_moved() -> Stored {
        Stored {
            database: text(packed!("first-half-moved.json")),
            journal: Vec::new(),
            recorded: list::recorded(&text(packed!("first-half-moved.recorded.json"))),
        }
    }

    /// With a damaged record of the second event in the database.
    pub fn damaged() -> Stored {
        plain!("damaged", include_bytes!("../stored/damaged.journal"))
    }

    /// Puts its database into the browser, but for some segments of its log.
    pub async fn put_database_without(&self, name: &str, segments: &[u64]) {
        let segments = segments.iter().map(|&segment| segment as f64);
        let without: Array = segments.map(JsValue::from).collect();
        let put = put_database(name, &self.database, &without);
        JsFuture::from(put).await.unwrap();
    }

    /// Puts its database into the browser.
    pub async fn put_database(&self, name: &str) {
        self.put_database_without(name, &[]).await;
    }

    /// Puts what local storage held of it into the browser.
    pub fn put_sentinel(&self, name: &str) {
        put_sentinel(name, &self.database);
    }
}

/// The same events in the same order; names the first that differs.
pub fn assert_same(found: &[RecordedEvent], expected: &[RecordedEvent]) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}

/// The store holds exactly these events, however it is asked.
pub async fn holds(store: &IndexedDbStore, expected: &[RecordedEvent]) {
    assert_same(&everything(store).await, expected);
    let mut streams: BTreeMap<StreamId, Vec<RecordedEvent>> = BTreeMap::new();
    for event in expected {
        let stream = streams.entry(event.stream.clone()).or_default();
        stream.push(event.clone());
    }
    let mut heads = Vec::new();
    for (stream, events) in &streams {
        let found = store.stream_events(stream, Version::NONE, usize::MAX).await;
        assert_same(&found.unwrap(), events);
        heads.push((stream.clone(), events.last().unwrap().version));
    }
    let listed = store.all_heads(None, usize::MAX).await.unwrap();
    let listed = listed.into_iter().map(|head| (head.stream, head.version));
    assert_eq!(listed.collect::<Vec<_>>(), heads);
}

/// Appends to the stream that most of these stores have, and answers with all that is there then.
pub async fn gone_on(store: &IndexedDbStore, before: &[RecordedEvent]) -> Vec<RecordedEvent> {
    let of_ada = before.iter().filter(|event| event.stream == ada());
    let version = Version(of_ada.count() as u64);
    let last = before.last().map_or(Position::START, |last| last.position);
    let batch = [event(1_001), event(1_002)];
    let (stream, expected) = (ada(), ExpectedVersion::Exact(version));
    let appended = store.record(&stream, expected, &batch).await.unwrap();
    let places: Vec<Version> = appended.iter().map(|event| event.version).collect();
    assert_eq!(places, [version.next(), version.next().next()]);
    assert!(appended[0].position > last && appended[1].position > appended[0].position);
    let after = [before, &appended].concat();
    holds(store, &after).await;
    after
}

/// Opens a stored database that has no second copy, twice, and goes on with it.
async fn opens_with_all_and_goes_on(stored: Stored) {
    let name = fresh_name();
    stored.put_database(&name).await;
    let store = IndexedDbStore::open(&name).await.unwrap();
    holds(&store, &stored.recorded).await;
    assert_eq!(verified(&store).await.findings, []);
    let after = gone_on(&store, &stored.recorded).await;
    store.close();
    let store = IndexedDbStore::open(&name).await.unwrap();
    holds(&store, &after).await;
    assert_eq!(verified(&store).await.findings, []);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_stored_database_opens_with_all_that_was_recorded_and_goes_on() {
    opens_with_all_and_goes_on(Stored::small()).await;
}

#[wasm_bindgen_test]
async fn a_stored_database_with_joined_segments_opens_with_all_and_goes_on() {
    opens_with_all_and_goes_on(Stored::joined().await).await;
}

#[wasm_bindgen_test]
async fn a_stored_database_with_everything_odd_in_it_opens_with_all_and_goes_on() {
    opens_with_all_and_goes_on(Stored::odd()).await;
}

#[wasm_bindgen_test]
async fn what_an_earlier_release_took_stays_readable() {
    let stored = Stored::unfit();
    let name = fresh_name();
    stored.put_database(&name).await;
    let store = IndexedDbStore::open(&name).await.unwrap();
    holds(&store, &stored.recorded).await;
    gone_on(&store, &stored.recorded).await;
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_stored_database_of_the_first_layout_opens_with_all_and_goes_on() {
    opens_with_all_and_goes_on(Stored::first()).await;
}

#[wasm_bindgen_test]
async fn a_stored_database_of_the_first_layout_that_was_moved_by_half_opens_with_all_and_goes_on() {
    opens_with_all_and_goes_on(Stored::first_half_moved().await).await;
}

#[wasm_bindgen_test]
async fn a_stored_database_with_a_damaged_record_has_all_others_and_verify_finds_the_one() {
    let stored = Stored::damaged();
    let name = fresh_name();
    stored.put_database(&name).await;
    let store = IndexedDbStore::open(&name).await.unwrap();
    let first = store.all_events(Position::START, 1).await.unwrap();
    assert_same(&first, &stored.recorded[..1]);
    let (damaged, other) = (&stored.recorded[1].stream, &stored.recorded[3].stream);
    let whole = store.stream_events(other, Version::NONE, 10).await.unwrap();
    assert_same(&whole, &stored.recorded[3..4]);
    // A read that begins after it goes on.
    let later = store.stream_events(damaged, Version(2), 10).await.unwrap();
    let expected = [&stored.recorded[2..3], &stored.recorded[4..]].concat();
    assert_same(&later, &expected);
    assert_eq!(verified(&store).await.findings.len(), 1);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_stored_database_of_the_first_layout_that_was_emptied_opens_with_what_came_after() {
    opens_with_all_and_goes_on(Stored::first_emptied_and_gone_on()).await;
}

#[wasm_bindgen_test]
async fn a_stored_database_of_the_first_layout_that_was_emptied_gives_no_position_again() {
    // The last event that was emptied away had this one.
    let given = Stored::first().recorded.last().unwrap().position;
    let stored = Stored::first_emptied();
    assert_eq!(stored.recorded, []);
    let name = fresh_name();
    stored.put_database(&name).await;
    let store = IndexedDbStore::open(&name).await.unwrap();
    holds(&store, &[]).await;
    assert!(!store.is_untouched().await.unwrap());
    let after = gone_on(&store, &[]).await;
    assert!(after[0].position > given);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn archived_streams_and_checkpoints_of_a_stored_database_stay() {
    let stored = Stored::small();
    let name = fresh_name();
    stored.put_database(&name).await;
    let store = IndexedDbStore::open(&name).await.unwrap();
    let cheese = StreamId::new("Käse/🧀", " \"e\u{301}\"\\é\n\u{0}\u{2028}\u{10ffff}/ ");
    let note = StreamId::new("note", "n-2");
    let archived = BTreeSet::from([cheese.unwrap(), note.unwrap()]);
    assert_eq!(store.archived().await.unwrap(), archived);
    let checkpoint = store.checkpoint("monthly/Käse").await.unwrap();
    assert_eq!(checkpoint, Position(40));
    // Of before the reset.
    let checkpoint = store.checkpoint("of-before").await.unwrap();
    assert_eq!(checkpoint, Position::START);
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_stored_snapshot_is_the_one_that_was_kept_or_none() {
    for (stored, version, state) in [
        (Stored::small(), 4, r#"{"balance":38001.0}"#),
        (Stored::first(), 2, r#"{"balance":5}"#),
    ] {
        let of_ada = |event: &&RecordedEvent| event.stream == ada();
        let event = stored.recorded.iter().filter(of_ada).nth(version - 1);
        let kept = Snapshot {
            stream: ada(),
            version: Version(version as u64),
            event_id: event.unwrap().event_id,
            schema: 1,
            state: JsonText::parse(state).unwrap(),
        };
        let name = fresh_name();
        stored.put_database(&name).await;
        let store = IndexedDbStore::open(&name).await.unwrap();
        let found = store.snapshot(&ada()).await.unwrap();
        assert!(
            found.as_ref().is_none_or(|found| *found == kept),
            "{found:?}"
        );
        delete(store).await;
    }
}

#[wasm_bindgen_test]
async fn a_batch_that_was_recorded_by_an_earlier_release_is_not_recorded_twice() {
    for stored in [Stored::small(), Stored::joined().await, Stored::first()] {
        let name = fresh_name();
        stored.put_database(&name).await;
        let store = IndexedDbStore::open(&name).await.unwrap();
        let first = stored.recorded[0].clone();
        let batch = [NewEvent {
            event_id: first.event_id,
            event_type: first.event_type.clone(),
            schema_version: first.schema_version,
            data: first.data.clone(),
            timestamp: first.timestamp,
            metadata: first.metadata.clone(),
        }];
        let expected = ExpectedVersion::NoStream;
        let again = store.record(&first.stream, expected, &batch).await;
        assert_eq!(again.unwrap(), [first]);
        holds(&store, &stored.recorded).await;
        delete(store).await;
    }
}

#[wasm_bindgen_test]
async fn a_stored_export_is_imported_as_what_was_recorded() {
    for (stored, file) in [
        (Stored::small(), packed!("small.ndjson")),
        (Stored::joined().await, packed!("joined.ndjson")),
    ] {
        let lines = files::lines([&file[..]]).unwrap();
        let plan = files::plan(&[], &lines, Timestamp::from_millis(0), |_| Ok(())).unwrap();
        let store = fresh().await;
        let imported = store.take_in(plan.after, &plan.events, |_| ControlFlow::Continue(()));
        imported.await.unwrap();
        holds(&store, &stored.recorded).await;
        delete(store).await;
    }
}
