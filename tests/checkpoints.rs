//! The memory of a timeline's checkpoints is bounded, and no bound changes what is found.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::rc::Rc;

use eventloom::core::{JsonValue, Version};
use eventloom::model::GenericModel;
use eventloom::timeline::{CHECKPOINT_MEMORY, Timeline};
use proptest::prelude::*;
use serde_json::json;

use support::{foreign, stream};

/// Payloads of one or two keys: the more keys there are to choose from, the larger a state grows.
fn payloads() -> impl Strategy<Value = Vec<(usize, String)>> {
    (1..200_usize)
        .prop_flat_map(|keys| prop::collection::vec((0..keys, "[a-z ]{0,40}"), 600..1_500))
}

fn memory() -> impl Strategy<Value = usize> {
    prop_oneof![
        Just(0),
        1_000..100_000_usize,
        Just(CHECKPOINT_MEMORY),
        Just(usize::MAX)
    ]
}

fn timeline(memory: usize, payloads: &[(usize, String)], pieces: usize) -> Timeline {
    let permit = stream("permit", "a");
    let texts: Vec<String> = payloads
        .iter()
        .map(|(key, text)| json!({ format!("key {key}"): text }).to_string())
        .collect();
    let events: Vec<_> = texts.iter().map(|text| ("Noted", text.as_str())).collect();
    let model = Rc::new(GenericModel::new("permit"));
    let mut timeline = Timeline::with_memory(model, permit.clone(), memory);
    for piece in foreign(&permit, &events).chunks(pieces) {
        timeline.extend(piece.to_vec()).unwrap();
    }
    timeline
}

proptest! {
    // Each case looks at many versions of a thousand.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_memory_checkpoints_have_the_state_at_a_version_is_the_fold_of_so_many_events(
        payloads in payloads(),
        memory in memory(),
        pieces in 1..400_usize,
    ) {
        let timeline = timeline(memory, &payloads, pieces);
        let mut data = BTreeMap::new();
        for version in 0..=payloads.len() {
            if version > 0 {
                let (key, text) = &payloads[version - 1];
                data.insert(format!("key {key}"), text.clone());
            }
            // Those around each place where a checkpoint can be, and some between them.
            if matches!(version % 128, 0 | 1 | 127) || version % 29 == 0 {
                let expected = JsonValue::of(&data);
                let found = timeline.state_at(Version(version as u64));
                prop_assert_eq!(found, expected, "version {}", version);
            }
        }
    }

    #[test]
    fn checkpoints_take_no_more_memory_than_they_have_and_use_what_they_have(
        payloads in payloads(),
        memory in memory(),
        pieces in 1..400_usize,
    ) {
        let timeline = timeline(memory, &payloads, pieces);
        let kept = timeline.checkpoints();
        // The one of the empty state is kept whatever it takes.
        prop_assert!(kept.bytes() <= memory || kept.count() == 1);
        prop_assert_eq!(kept.count(), payloads.len() / kept.every() + 1);
        if memory == usize::MAX {
            prop_assert_eq!(kept.every(), 128);
        }
    }
}

#[test]
fn a_checkpoint_is_counted_as_no_less_than_the_texts_in_it() {
    let text = "x".repeat(40);
    let payloads: Vec<_> = (0..128).map(|key| (key, text.clone())).collect();
    let timeline = timeline(usize::MAX, &payloads, 128);
    let kept = timeline.checkpoints();
    assert_eq!(kept.count(), 2);
    assert!(kept.bytes() > 128 * text.len());
}

#[test]
fn with_half_the_memory_checkpoints_lie_twice_as_far_apart() {
    // Always the same keys, so that each checkpoint but the first takes the same.
    let payloads: Vec<_> = (0..2_048).map(|at| (at % 16, "text".to_owned())).collect();
    let whole = timeline(usize::MAX, &payloads, 500);
    let bytes = whole.checkpoints().bytes();
    let half = timeline(bytes / 2 + bytes / 16, &payloads, 500);
    assert_eq!(whole.checkpoints().count(), 17);
    assert_eq!(half.checkpoints().count(), 9);
    assert_eq!(half.checkpoints().every(), 256);
    let at = |timeline: &Timeline, version| -> JsonValue { timeline.state_at(Version(version)) };
    assert_eq!(at(&whole, 1_000), at(&half, 1_000));
}
