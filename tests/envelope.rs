//! The one check of an event's envelope: whatever an append lets through is read, exported and imported
//! as it was; what it refuses, an import refuses too.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/files.rs"]
mod files;

use std::ops::ControlFlow;

use eventloom::archive::{event_id, write_event};
use eventloom::core::envelope::{MAX_EARLIER_DEPTH, MAX_LINE, Name};
use eventloom::core::{
    CommandId, Envelope, EventId, ExpectedVersion, InvalidEnvelope, JsonText, Metadata, NewEvent,
    Position, RecordedEvent, StreamId, Timestamp, Version,
};
use eventloom::log::segments::{pack, unpack};
use eventloom::store::{AppendError, EventStore, ImportStore, MemoryStore};
use pollster::block_on;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(0);

/// What the parts of the envelope are called in a file.
const OWN: &[&str] = &[
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "data",
    "data_base64",
    "streamversion",
    "position",
    "schemaversion",
    "correlationid",
    "causationid",
    "actor",
    "commandid",
];

/// Texts that files and JSON make much of, none, and such as are at the edge of what a name may have.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[\"\\\\/\\n\\r\\t\\x00\\x08\\x0c\\x7f{}\u{2028}\u{feff}é😀 a]{0,8}",
        2 => vec(any::<char>(), 1..12).prop_map(String::from_iter),
        1 => (1_022..1_027_usize, any::<char>()).prop_map(|(count, c)| String::from(c).repeat(count)),
    ]
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |inner, level| match level % 3 {
        0 => Value::from_iter([("a", inner)]),
        _ => Value::from_iter([inner]),
    })
}

/// Any value of a free key, some nested to the edge of what is taken and beyond.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((text(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop_oneof![
        8 => tree,
        1 => (60..70_usize).prop_map(nested),
        1 => (120..140_usize).prop_map(nested),
    ]
}

/// A name that a free key may have, those of the envelope's own attributes among them.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![1 => prop::sample::select(OWN).prop_map(str::to_owned), 3 => text()]
}

fn data() -> impl Strategy<Value = JsonText> {
    let deepest = format!("{}{}", "[".repeat(64), "]".repeat(64));
    prop_oneof![
        Just("{}".to_owned()),
        Just(deepest),
        Just(r#"{"b":1.50,"a":-0.0,"b":"\ud800\b"}"#.to_owned()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        value().prop_filter_map("a payload isn't nested deeper", |value| {
            JsonText::of(&value).ok().map(|text| text.to_string())
        }),
    ]
    .prop_map(|text| JsonText::parse(&text).unwrap())
}

prop_compose! {
    fn metadata()(
        correlation_id in text(),
        causation_id in option::of(text()),
        actor in option::of(text()),
        extensions in btree_map(key(), value(), 0..4),
        command_id in option::of(any::<u128>()),
    ) -> Metadata {
        Metadata {
            correlation_id,
            command_id: command_id.map(|id| CommandId(uuid::Uuid::from_u128(id))),
            causation_id,
            actor,
            extensions: extensions.into_iter().collect(),
        }
    }
}

fn stream() -> impl Strategy<Value = StreamId> {
    let named = (text(), text()).prop_filter_map("a stream has a name", |(kind, id)| {
        StreamId::new(kind, id).ok()
    });
    prop_oneof![
        named,
        Just(StreamId::new("/", "a").unwrap()),
        Just(StreamId::new("shop", "a").unwrap()),
    ]
}

prop_compose! {
    /// An event of one of the streams. Ids are few, so that several streams have the same.
    fn event(streams: Vec<StreamId>)(
        at in any::<prop::sample::Index>(),
        uuid in 0..12_u128,
        foreign in option::of((any::<bool>(), text())),
        event_type in text(),
        schema_version in any::<u32>(),
        data in data(),
        millis in any::<i64>(),
        mut metadata in metadata(),
    ) -> (StreamId, NewEvent) {
        let stream = at.get(&streams).clone();
        let mut id = EventId(Uuid::from_u128(uuid));
        if let Some((is_usual, original)) = foreign {
            let source = format!("{}{}", if is_usual { "/" } else { "" }, stream.aggregate_type());
            id = event_id(&source, &original);
            if !is_usual {
                metadata.extensions.insert("source".to_owned(), source.into());
            }
            metadata.extensions.insert("id".to_owned(), original.into());
        }
        let event = NewEvent {
            event_id: id,
            event_type,
            schema_version,
            data,
            timestamp: Timestamp::from_millis(millis),
            metadata,
        };
        (stream, event)
    }
}

fn batch() -> impl Strategy<Value = Vec<(StreamId, NewEvent)>> {
    vec(stream(), 1..4).prop_flat_map(|streams| vec(event(streams), 1..12))
}

fn everything(store: &MemoryStore) -> Vec<RecordedEvent> {
    block_on(store.read_all(Position::START, usize::MAX, None))
        .unwrap()
        .items
}

fn export(events: &[RecordedEvent]) -> String {
    let mut file = String::new();
    events
        .iter()
        .for_each(|event| write_event(event, &mut file));
    file
}

/// A store that was empty and has imported a file.
fn imported(file: &str) -> MemoryStore {
    let lines = files::lines([file.as_bytes()]).unwrap();
    let planned = files::plan(&[], &lines, NOW, |_| Ok(())).unwrap();
    assert_eq!((planned.skipped, planned.stamped_with_import_time), (0, 0));
    let store = MemoryStore::new();
    let take = |_| ControlFlow::Continue(());
    block_on(store.import(planned.after, None, &planned.events, take)).unwrap();
    store
}

/// The line of an event as somebody else would write it: without its place.
fn foreign_line(stream: &StreamId, event: &NewEvent) -> String {
    let recorded = event
        .clone()
        .recorded(stream.clone(), Version(1), Position(1));
    let line = export(&[recorded]);
    line.replacen(r#""streamversion":1,"position":1,"#, "", 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn what_is_appended_is_packed_exported_and_imported_as_it_was(batch in batch()) {
        let store = MemoryStore::new();
        for (stream, event) in &batch {
            let appended = block_on(store.append(stream, ExpectedVersion::Any, None, std::slice::from_ref(event)));
            match appended {
                Ok(_) | Err(AppendError::EventIdReused { .. }) => {}
                Err(AppendError::InvalidEvent { event_id, cause }) => {
                    prop_assert_eq!(event_id, event.event_id);
                    // Of an id from elsewhere that isn't this event's the file says nothing, nor of a free key in the
                    // place of a part of the event.
                    let is_said = !matches!(
                        cause,
                        InvalidEnvelope::Empty { name: Name::Id }
                            | InvalidEnvelope::TooLong { name: Name::Id, .. }
                            | InvalidEnvelope::Taken { .. }
                            | InvalidEnvelope::Null { .. }
                    );
                    let line = foreign_line(stream, event);
                    if is_said && !matches!(&cause, InvalidEnvelope::TooDeep { extension } if is_own(extension)) {
                        prop_assert!(files::lines([line.as_bytes()]).is_err(), "{}", cause);
                    }
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
        let log = everything(&store);
        let all: Vec<&RecordedEvent> = log.iter().collect();
        prop_assert_eq!(&unpack(&pack(&all)).unwrap(), &log);
        if log.is_empty() {
            return Ok(());
        }
        let file = export(&log);
        let again = everything(&imported(&file));
        prop_assert_eq!(export(&again), file);
        for (again, event) in again.iter().zip(&log) {
            prop_assert_eq!(again, &normal(event));
        }
    }

    #[test]
    fn what_is_taken_from_elsewhere_is_exported_and_imported_as_it_was(batch in batch()) {
        let lines: Vec<String> = batch
            .iter()
            .map(|(stream, event)| foreign_line(stream, event))
            .filter(|line| files::lines([line.as_bytes()]).is_ok())
            .collect();
        let planned = files::lines([lines.concat().as_bytes()])
            .and_then(|lines| files::plan(&[], &lines, NOW, |_| Ok(())));
        // Refused as a whole where an id is there with other content.
        if let Ok(planned) = planned {
            let file = export(&planned.events);
            prop_assert_eq!(export(&everything(&imported(&file))), file);
        }
    }
}

/// An event with its command's id in one place, by whichever way it was given.
fn normal(event: &RecordedEvent) -> RecordedEvent {
    let mut event = event.clone();
    let among = event.metadata.extensions.get("commandid");
    let id = among
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok());
    if let Some(id) = id {
        event.metadata.command_id = Some(CommandId(id));
        event.metadata.extensions.remove("commandid");
    }
    event
}

/// Names of the envelope's own attributes under which an import keeps what a line said otherwise than we would.
const KEPT: &[&str] = &[
    "id",
    "source",
    "time",
    "datacontenttype",
    "data",
    "data_base64",
    "commandid",
];

#[test]
fn a_free_key_takes_the_place_of_no_part_of_the_event() {
    for name in OWN.iter().filter(|name| !KEPT.contains(name)) {
        let mut metadata = Metadata::default();
        metadata.extensions.insert((*name).to_owned(), "x".into());
        let stream = StreamId::new("shop", "a").unwrap();
        let data = JsonText::empty_object();
        let envelope = Envelope {
            stream: &stream,
            event_id: EventId(Uuid::from_u128(1)),
            timestamp: None,
            event_type: "T",
            data: &data,
            metadata: &metadata,
        };
        assert_eq!(envelope.check(), Err(InvalidEnvelope::Taken { part: name }));
    }
}

const SEVEN: EventId = EventId(Uuid::from_u128(7));

/// An event with these free keys, checked.
fn with(event_id: EventId, data: &str, extensions: &Value) -> Result<(), InvalidEnvelope> {
    Envelope {
        stream: &StreamId::new("shop", "a").unwrap(),
        event_id,
        timestamp: Some(Timestamp::from_millis(7)),
        event_type: "T",
        data: &JsonText::parse(data).unwrap(),
        metadata: &Metadata {
            extensions: extensions.as_object().unwrap().clone(),
            ..Metadata::default()
        },
    }
    .check()
}

#[test]
fn a_free_key_is_called_like_what_an_import_keeps_only_where_it_is_that() {
    let of_elsewhere = event_id("/shop", "7");
    let of_source = event_id("shop", "7");
    let spelled = "00000000-0000-0000-0000-00000000ABCD";
    let upper = event_id("/shop", spelled);
    for (id, data, kept) in [
        (of_elsewhere, "1", json!({ "id": "7" })),
        (of_source, "1", json!({ "id": "7", "source": "shop" })),
        (upper, "1", json!({ "id": spelled })),
        (SEVEN, "1", json!({ "time": "1970-01-01T00:00:00.0075Z" })),
        (SEVEN, "1", json!({ "datacontenttype": "text/json" })),
        (SEVEN, "{}", json!({ "data": null })),
        (
            SEVEN,
            "{}",
            json!({ "data": null, "datacontenttype": "application/json" }),
        ),
        (
            SEVEN,
            "{}",
            json!({ "data_base64": "AAEC", "datacontenttype": "image/png" }),
        ),
        (SEVEN, "1", json!({ "commandid": "mine" })),
        (SEVEN, "1", json!({ "commandid": 7 })),
    ] {
        assert_eq!(with(id, data, &kept), Ok(()), "{kept}");
    }
    let own = SEVEN.to_string();
    for (id, data, part, lost) in [
        (SEVEN, "1", "id", json!({ "id": "7" })),
        (SEVEN, "1", "id", json!({ "id": 7 })),
        (SEVEN, "1", "id", json!({ "id": own })),
        (of_source, "1", "id", json!({ "id": "7" })),
        (SEVEN, "1", "source", json!({ "source": "/shop" })),
        (SEVEN, "1", "source", json!({ "source": "/elsewhere" })),
        (
            SEVEN,
            "1",
            "time",
            json!({ "time": "1970-01-01T00:00:00.007Z" }),
        ),
        (
            SEVEN,
            "1",
            "time",
            json!({ "time": "1970-01-01T00:00:00.008+00:00" }),
        ),
        (SEVEN, "1", "time", json!({ "time": "noon" })),
        (
            SEVEN,
            "1",
            "datacontenttype",
            json!({ "datacontenttype": "application/json" }),
        ),
        (
            SEVEN,
            "1",
            "datacontenttype",
            json!({ "datacontenttype": true }),
        ),
        (SEVEN, "1", "data", json!({ "data": null })),
        (SEVEN, "{}", "data", json!({ "data": {} })),
        (
            SEVEN,
            "{}",
            "data",
            json!({ "data": null, "data_base64": "AAEC" }),
        ),
        (SEVEN, "1", "data_base64", json!({ "data_base64": "AAEC" })),
        (SEVEN, "{}", "data_base64", json!({ "data_base64": 1 })),
        (SEVEN, "1", "commandid", json!({ "commandid": null })),
    ] {
        let taken = Err(InvalidEnvelope::Taken { part });
        assert_eq!(with(id, data, &lost), taken, "{lost}");
    }
}

#[test]
fn a_free_key_is_not_the_id_of_another_command() {
    let id = Uuid::from_u128(1);
    let check = |text: &str| {
        let mut metadata = Metadata::of_command(CommandId(id), None);
        metadata.extensions.insert("commandid".into(), text.into());
        Envelope {
            stream: &StreamId::new("shop", "a").unwrap(),
            event_id: SEVEN,
            timestamp: None,
            event_type: "T",
            data: &JsonText::null(),
            metadata: &metadata,
        }
        .check()
    };
    assert_eq!(check(&id.to_string()), Ok(()));
    let part = "commandid";
    assert_eq!(check("mine"), Err(InvalidEnvelope::Taken { part }));
}

#[test]
fn a_free_key_is_not_null() {
    let extension = "a".to_owned();
    assert_eq!(
        with(SEVEN, "1", &json!({ "a": null })),
        Err(InvalidEnvelope::Null { extension })
    );
    assert_eq!(with(SEVEN, "1", &json!({ "a": [null] })), Ok(()));
}

/// Whether a free key is called like a part of the envelope, and isn't written as what it is.
fn is_own(name: &str) -> bool {
    OWN.contains(&name)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_longest_event_that_is_taken_has_a_line_that_is_taken(
        stream in stream(),
        metadata in metadata(),
    ) {
        let mut metadata = metadata;
        metadata.extensions.retain(|name, value| {
            !is_own(name) && !value.is_null() && JsonText::of(value).is_ok()
        });
        let check = |length: usize| {
            let data = JsonText::of(&"x".repeat(length)).unwrap();
            let checked = Envelope {
                stream: &stream,
                event_id: EventId(Uuid::from_u128(1)),
                timestamp: None,
                event_type: "T",
                data: &data,
                metadata: &metadata,
            }
            .check();
            (data, checked)
        };
        let (_, refused) = check(MAX_LINE);
        let Err(InvalidEnvelope::LineTooLong { length, most }) = refused else {
            return Err(TestCaseError::fail(format!("{refused:?}")));
        };
        prop_assert_eq!(most, MAX_LINE);
        let fits = MAX_LINE - (length - most);
        prop_assert!(check(fits + 1).1.is_err());
        let (data, checked) = check(fits);
        prop_assert_eq!(checked, Ok(()));
        // At the greatest place that there is, its line is as long as a line may be, or a little shorter.
        let event = RecordedEvent {
            stream: stream.clone(),
            version: Version(u64::MAX),
            position: Position(u64::MAX),
            event_id: EventId(Uuid::from_u128(1)),
            event_type: "T".to_owned(),
            schema_version: u32::MAX,
            data,
            timestamp: Timestamp::from_millis(i64::MAX),
            metadata: metadata.clone(),
        };
        let line = export(&[event]).len() - 1;
        prop_assert!(line <= MAX_LINE, "{}", line);
        prop_assert!(MAX_LINE - line < 2_000, "{}", line);
    }
}

/// An event whose metadata is nested so deep.
fn deep(levels: usize) -> RecordedEvent {
    let mut metadata = Metadata::correlated("c");
    metadata
        .extensions
        .insert("deep".to_owned(), nested(levels));
    RecordedEvent {
        stream: StreamId::new("shop", "a").unwrap(),
        version: Version(1),
        position: Position(1),
        event_id: EventId(Uuid::from_u128(1)),
        event_type: "T".to_owned(),
        schema_version: 1,
        data: JsonText::empty_object(),
        timestamp: NOW,
        metadata,
    }
}

/// Only an import by a program that checked nothing can bring such an event.
#[cfg(debug_assertions)]
#[test]
#[should_panic(expected = "packed events can't be unpacked as they were")]
fn what_could_not_be_unpacked_is_noticed_when_it_is_packed() {
    drop(pack(&[&deep(MAX_EARLIER_DEPTH + 1)]));
}

#[test]
fn metadata_that_was_recorded_before_is_unpacked_as_deep_as_it_ever_was() {
    let deepest = deep(MAX_EARLIER_DEPTH);
    assert_eq!(unpack(&pack(&[&deepest])).unwrap(), [deepest]);
}
