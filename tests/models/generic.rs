//! Streams that no shipped model knows: any CloudEvents log can be explored.

use eventloom::core::{ReplayError, Version};
use eventloom::model::{GenericModel, Instance, Model, Refusal};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{self, foreign, stream};

/// The state after events of these types and payloads.
fn fold(events: &[(&str, &str)]) -> Box<dyn Instance> {
    let permit = stream("permit", "2026-17");
    let mut instance = GenericModel::new("permit").begin(&permit);
    for event in foreign(&permit, events) {
        instance.replay(&event).unwrap();
    }
    instance
}

#[test]
fn nothing_has_happened_at_first() {
    assert_eq!(
        fold(&[]).view(),
        json!({"data": {}, "count": 0, "last_type": ""})
    );
}

#[test]
fn the_last_payload_wins_for_each_of_its_keys() {
    let state = fold(&[
        ("Asked", r#"{"by":"Ada","what":{"kind":"shed","size":3}}"#),
        ("Granted", r#"{"what":{"kind":"barn"},"fee":120}"#),
    ]);
    assert_eq!(
        state.view(),
        json!({
            "data": {"by": "Ada", "what": {"kind": "barn"}, "fee": 120},
            "count": 2,
            "last_type": "Granted",
        })
    );
}

#[test]
fn a_payload_that_is_no_object_is_kept_under_value() {
    for payload in ["7", "-0.5", "null", "true", r#""text""#, r#"[1,{"a":2}]"#] {
        let value: Value = serde_json::from_str(payload).unwrap();
        let state = fold(&[("Asked", r#"{"by":"Ada"}"#), ("Noted", payload)]);
        assert_eq!(
            state.view(),
            json!({"data": {"by": "Ada", "value": value}, "count": 2, "last_type": "Noted"}),
            "{payload}"
        );
    }
}

#[test]
fn a_number_too_large_for_any_number_type_is_shown_as_its_text() {
    for payload in ["1e999", "[1e999]", r#"{"a":-1e999}"#] {
        assert_eq!(
            fold(&[("Noted", payload)]).view(),
            json!({"data": {"value": payload}, "count": 1, "last_type": "Noted"})
        );
    }
}

#[test]
fn the_number_that_is_drawn_is_the_first_that_there_is() {
    assert_eq!(fold(&[]).measure(), None);
    assert_eq!(fold(&[("Noted", r#"{"a":"1","b":[2]}"#)]).measure(), None);
    assert_eq!(
        fold(&[("Noted", r#"{"a":"1","b":{"c":2.5},"d":3}"#)]).measure(),
        Some(2.5)
    );
}

#[test]
fn it_takes_no_commands_and_says_so() {
    assert!(GenericModel::new("permit").commands().is_empty());
    assert_eq!(
        fold(&[]).decide("Grant", &support::json("{}")),
        Err(Refusal::Malformed(
            "Grant can't be decided: permit has no model here and takes no commands".into()
        ))
    );
}

#[test]
fn another_streams_event_is_not_replayed() {
    let mut instance = fold(&[]);
    let other = stream("permit", "2026-18");
    let events = foreign(&other, &[("Asked", "{}")]);
    assert_eq!(
        instance.replay(&events[0]),
        Err(ReplayError::InvalidAggregateId {
            expected: stream("permit", "2026-17"),
            found: other,
        })
    );
    assert_eq!(instance.version(), Version(0));
}

#[test]
fn an_event_out_of_turn_is_not_replayed() {
    let mut instance = fold(&[]);
    let events = foreign(
        &stream("permit", "2026-17"),
        &[("Asked", "{}"), ("Granted", r#"{"fee":1}"#)],
    );
    assert_eq!(
        instance.replay(&events[1]),
        Err(ReplayError::InvalidEventVersion {
            expected: Version(1),
            found: Version(2),
        })
    );
    assert_eq!(instance.view()["data"], json!({}));
}

proptest! {
    #[test]
    fn any_payload_at_all_is_taken_and_counted(
        payloads in prop::collection::vec(support::any_json(), 0..10),
    ) {
        let texts: Vec<String> = payloads.iter().map(Value::to_string).collect();
        let events: Vec<(&str, &str)> = texts.iter().map(|text| ("Noted", text.as_str())).collect();
        let view = fold(&events).view();
        prop_assert_eq!(&view["count"], &json!(payloads.len()));
        match payloads.last() {
            Some(Value::Object(fields)) => {
                for (key, value) in fields {
                    prop_assert_eq!(&view["data"][key], value);
                }
            }
            Some(value) => prop_assert_eq!(&view["data"]["value"], value),
            None => {}
        }
    }
}
