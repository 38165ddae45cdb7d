//! Streams that no shipped model knows: any CloudEvents log can be explored.

use eventloom::core::{JsonValue, ReplayError, Version};
use eventloom::model::{GenericModel, Instance, Model, Refusal};
use proptest::prelude::*;
use serde_json::Value;

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

/// The same as JSON.
fn folded(events: &[(&str, &str)]) -> String {
    fold(events).view().to_string()
}

#[test]
fn nothing_has_happened_at_first() {
    assert_eq!(folded(&[]), "{}");
}

#[test]
fn the_last_payload_wins_for_each_of_its_keys() {
    let state = folded(&[
        ("Asked", r#"{"by":"Ada","what":{"kind":"shed","size":3}}"#),
        ("Granted", r#"{"what":{"kind":"barn"},"fee":120}"#),
    ]);
    assert_eq!(state, r#"{"by":"Ada","what":{"kind":"barn"},"fee":120}"#);
}

#[test]
fn a_payload_that_is_no_object_is_kept_under_value() {
    for payload in ["7", "-0.5", "null", "true", r#""text""#, r#"[1,{"a":2}]"#] {
        let state = folded(&[("Asked", r#"{"by":"Ada"}"#), ("Noted", payload)]);
        assert_eq!(state, format!(r#"{{"by":"Ada","value":{payload}}}"#));
    }
}

#[test]
fn the_state_has_nothing_that_no_payload_had_and_each_key_as_it_came() {
    let payload = r#"{"count":"mine","last_type":"mine","data":{"data":1},"a.b":1,"":{"":0}}"#;
    assert_eq!(folded(&[("Noted", payload)]), payload);
}

#[test]
fn each_digit_of_a_payload_is_in_the_state() {
    let payload = r#"{"id":12345678901234567890123,"rate":0.1234567890123456789,"price":19.90,"zero":-0,"big":1e21}"#;
    assert_eq!(folded(&[("Noted", payload)]), payload);
}

#[test]
fn what_can_not_be_read_is_left_out_and_told_at_that_event_alone() {
    let kept = ("Noted", r#"{"a":1}"#);
    for (payload, why) in [
        ("1e999", "1e999 is beyond every number"),
        (r#"{"b":[-1e999]}"#, "-1e999 is beyond every number"),
        (
            r#"{"a":2,"note":"\ud83d"}"#,
            r#"there is half of a character in "\ud83d""#,
        ),
    ] {
        let state = fold(&[kept, ("Noted", payload)]);
        assert_eq!(state.view().to_string(), r#"{"a":1}"#);
        assert_eq!(state.version(), Version(2));
        assert_eq!(
            state.unread(),
            Some(format!("The data of version 2 couldn't be read: {why}."))
        );
        let state = fold(&[kept, ("Noted", payload), ("Noted", r#"{"c":3}"#)]);
        assert_eq!(state.view().to_string(), r#"{"a":1,"c":3}"#);
        assert_eq!(state.unread(), None);
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
    assert_eq!(instance.view().to_string(), "{}");
}

proptest! {
    #[test]
    fn any_payload_at_all_is_taken_and_counted(
        payloads in prop::collection::vec(support::any_json(), 0..10),
    ) {
        let texts: Vec<String> = payloads.iter().map(Value::to_string).collect();
        let events: Vec<(&str, &str)> = texts.iter().map(|text| ("Noted", text.as_str())).collect();
        let state = fold(&events);
        prop_assert_eq!(state.version(), Version(payloads.len() as u64));
        let view = state.view();
        match payloads.last() {
            Some(Value::Object(fields)) => {
                for (key, value) in fields {
                    prop_assert_eq!(view.get(key), Some(&JsonValue::from(value.clone())));
                }
            }
            Some(value) => prop_assert_eq!(view.get("value"), Some(&JsonValue::from(value.clone()))),
            None => {}
        }
    }
}
