//! Laws of the archive: what is exported comes back as it was, and nothing that can be fed to a
//! reader breaks it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/files.rs"]
mod files;

use std::collections::{HashMap, HashSet};

use eventloom::archive::{MAX_POSITION, Refused, event_id, write_event};
use eventloom::core::{
    CommandId, EventId, JsonText, Metadata, Position, RecordedEvent, StreamId, Timestamp, Version,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use files::{Planned, lines, plan};

const NOW: Timestamp = Timestamp::from_millis(0);

fn export(log: &[RecordedEvent]) -> String {
    let mut file = String::new();
    log.iter().for_each(|event| write_event(event, &mut file));
    file
}

fn import(file: &str, store: &[RecordedEvent]) -> Result<Planned, Refused> {
    plan(store, &lines([file.as_bytes()])?, NOW, |_| Ok(()))
}

/// Any characters, those that files and JSON make much of among them.
fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("ada-savings".to_owned()),
        "[\"\\\\/\\n\\r\\t\\x00\\x7f{}\u{2028}\u{feff}é😀 ]{1,8}",
        vec(any::<char>(), 1..12).prop_map(String::from_iter),
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
    ]
}

fn json() -> impl Strategy<Value = JsonText> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        number(),
        odd_text().prop_map(|text| Value::from(text).to_string()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let members = vec((odd_text(), inner.clone()), 0..4).prop_map(|members| {
            let members: Vec<String> = members
                .into_iter()
                .map(|(name, value)| format!("{} : {value}", Value::from(name)))
                .collect();
            format!("{{{}}}", members.join(" , "))
        });
        prop_oneof![
            vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            members,
        ]
    })
    .prop_map(|text| JsonText::parse(&text).unwrap())
}

fn extension() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1000_i32..1000).prop_map(|n| Value::from(f64::from(n) / 8.0)),
        odd_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((odd_text(), inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The parts of an event that its place in the log doesn't decide.
#[derive(Clone, Debug)]
struct Draft {
    stream: usize,
    gap: u64,
    foreign_id: Option<String>,
    uuid: u128,
    event_type: String,
    schema_version: u32,
    data: Option<JsonText>,
    millis: i64,
    correlation: (String, Option<String>, Option<String>),
    command: Option<u128>,
    content_type: Option<String>,
    extensions: Vec<(String, Value)>,
}

fn draft() -> impl Strategy<Value = Draft> {
    let place = (0..4_usize, prop_oneof![Just(1), 1..5_u64, Just(1 << 31)]);
    let identity = (
        option::of(odd_text()),
        any::<u128>(),
        odd_text(),
        any::<u32>(),
    );
    let content = (option::weighted(0.9, json()), any::<i64>());
    let correlation = (odd_text(), option::of(odd_text()), option::of(odd_text()));
    let extensions = btree_map("[a-z_]{1,3}|traceparent|data_base64|é", extension(), 0..4);
    let kept = (
        option::of(odd_text()),
        extensions,
        option::of(any::<u128>()),
    );
    (place, identity, content, correlation, kept).prop_map(
        |(place, identity, content, correlation, kept)| Draft {
            stream: place.0,
            gap: place.1,
            foreign_id: identity.0,
            uuid: identity.1,
            event_type: identity.2,
            schema_version: identity.3,
            data: content.0,
            millis: content.1,
            correlation,
            command: kept.2,
            content_type: kept.0,
            extensions: kept.1.into_iter().collect(),
        },
    )
}

/// The log of a store: streams with names of any kind, some events from elsewhere.
fn log() -> impl Strategy<Value = Vec<RecordedEvent>> {
    let source = prop_oneof![Just("/bank_account".to_owned()), odd_text()];
    let streams = vec((source, odd_text()), 4);
    (streams, vec(draft(), 1..10)).prop_map(|(streams, drafts)| {
        let (mut heads, mut ids) = (HashMap::new(), HashSet::new());
        let mut position = 0;
        drafts
            .into_iter()
            .filter_map(|draft| {
                let (source, subject) = &streams[draft.stream];
                let mut event = unplaced(draft, source, subject);
                // An id names one event; the strategies find equal ones, above all when shrinking.
                if !ids.insert(event.event_id) {
                    return None;
                }
                let head = heads.entry(event.stream.clone()).or_insert(Version::NONE);
                *head = head.next();
                position += event.position.0;
                assert!(position <= MAX_POSITION.0);
                event.version = *head;
                event.position = Position(position);
                Some(event)
            })
            .collect()
    })
}

/// The event with the gap before it as its position.
fn unplaced(draft: Draft, source: &str, subject: &str) -> RecordedEvent {
    let mut metadata = Metadata::correlated(draft.correlation.0);
    metadata.command_id = draft.command.map(|id| CommandId(Uuid::from_u128(id)));
    metadata.causation_id = draft.correlation.1;
    metadata.actor = draft.correlation.2;
    metadata.extensions = draft.extensions.into_iter().collect();
    let aggregate_type = match source.strip_prefix('/') {
        Some(rest) if !rest.is_empty() => rest,
        _ => {
            metadata.extensions.insert("source".into(), source.into());
            source
        }
    };
    let event_id = match draft.foreign_id {
        Some(id) => {
            metadata.extensions.insert("id".into(), id.clone().into());
            event_id(source, &id)
        }
        None => EventId(Uuid::from_u128(draft.uuid)),
    };
    if let Some(content_type) = draft.content_type {
        metadata
            .extensions
            .insert("datacontenttype".into(), content_type.into());
    }
    let data = draft.data.unwrap_or_else(|| {
        if !matches!(
            metadata.extensions.get("data_base64"),
            Some(Value::String(_))
        ) {
            metadata.extensions.insert("data".into(), Value::Null);
        }
        JsonText::empty_object()
    });
    let stream = StreamId::new(aggregate_type, subject).unwrap();
    RecordedEvent {
        stream,
        version: Version::NONE,
        position: Position(draft.gap),
        event_id,
        event_type: draft.event_type,
        schema_version: draft.schema_version,
        data,
        timestamp: Timestamp::from_millis(draft.millis),
        metadata,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn export_then_import_into_an_empty_store_then_export_gives_the_same_bytes(log in log()) {
        let file = export(&log);
        let plan = import(&file, &[]).unwrap();
        prop_assert_eq!((plan.skipped, plan.stamped_with_import_time), (0, 0));
        prop_assert_eq!(export(&plan.events), file);
    }

    #[test]
    fn what_comes_back_is_the_same_log_but_for_what_no_file_says(log in log()) {
        let plan = import(&export(&log), &[]).unwrap();
        for (before, after) in log.iter().zip(&plan.events) {
            let bare = |event: &RecordedEvent| {
                let mut event = event.clone();
                event.metadata.extensions.clear();
                event
            };
            prop_assert_eq!(bare(before), bare(after));
            for (name, value) in &before.metadata.extensions {
                let said = !matches!(name.as_str(), "data_base64" | "datacontenttype" | "id");
                if said {
                    prop_assert_eq!(after.metadata.extensions.get(name), Some(value));
                }
            }
        }
    }

    #[test]
    fn a_file_imported_twice_is_skipped_whole(log in log()) {
        let file = export(&log);
        let plan = import(&file, &log).unwrap();
        prop_assert_eq!((plan.skipped, plan.events.len()), (log.len(), 0));
    }

    #[test]
    fn a_part_of_the_log_goes_on_where_the_store_ends(log in log(), at in any::<prop::sample::Index>()) {
        let there = &log[..at.index(log.len())];
        let plan = import(&export(&log), there).unwrap();
        prop_assert_eq!(plan.skipped, there.len());
        for (event, expected) in plan.events.iter().zip(&log[there.len()..]) {
            prop_assert_eq!(event.event_id, expected.event_id);
            prop_assert_eq!(event.version, expected.version);
        }
    }

    #[test]
    fn pieces_of_any_size_are_read_as_the_whole_is(
        log in log(),
        breakage in option::of((any::<prop::sample::Index>(), any::<u8>())),
        sizes in vec(1..40_usize, 1..60),
    ) {
        let mut file = export(&log).into_bytes();
        if let Some((at, byte)) = breakage {
            let at = at.index(file.len());
            file[at] = byte;
        }
        let mut pieces = Vec::new();
        let mut rest = file.as_slice();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at(rest.len().min(*size));
            pieces.push(piece);
            rest = after;
        }
        prop_assert_eq!(lines(pieces), lines([file.as_slice()]));
    }

    #[test]
    fn no_bytes_break_a_reader_and_a_refusal_is_short(
        bytes in prop_oneof![
            vec(any::<u8>(), 0..400),
            "[\\[\\]{}\",:0-9a-z\\\\ \\n]{0,200}".prop_map(String::into_bytes),
        ],
    ) {
        if let Err(refused) = lines([bytes.as_slice()]) {
            let text = refused.to_string();
            prop_assert!(text.starts_with("line ") && text.chars().count() < 400);
        }
    }

    #[test]
    fn no_change_of_a_good_file_breaks_an_import(
        log in log(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut file = export(&log).into_bytes();
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if let Ok(lines) = lines([file.as_slice()]) {
            let planned = plan(&[], &lines, NOW, |_| Ok(()));
            if let Ok(plan) = planned {
                let exported = export(&plan.events);
                prop_assert_eq!(export(&import(&exported, &[]).unwrap().events), exported);
            }
        }
    }
}
