//! Texts: JSON, times, names of streams, addresses, ids and amounts.

use eventloom::app::address;
use eventloom::archive::event_id;
use eventloom::core::{JsonText, MAX_DEPTH, StreamId, Timestamp};
use eventloom::model::money;
use serde_json::Value;

/// Two JSON texts, parted by a line feed; where there is none, one beside itself.
///
/// Law: the text of what was parsed is parsed as the same, means what it meant, and isn't nested deeper
/// than may be; to mean the same value is reflexive and symmetric, and what serde_json reads is then alike.
pub fn json(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (one, other) = text.split_once('\n').unwrap_or((&text, &text));
    let (Some(one), other) = (parsed(one), parsed(other)) else {
        return;
    };
    for other in other.iter().chain(&reread(&one)) {
        let is_same = one.same_value(other);
        assert_eq!(other.same_value(&one), is_same);
        if let (true, Ok(a), Ok(b)) = (is_same, one.read(), other.read()) {
            assert!(are_alike(&a, &b), "{one} and {other}");
        }
    }
}

fn parsed(text: &str) -> Option<JsonText> {
    let json = JsonText::parse(text).ok()?;
    assert_eq!(JsonText::parse(json.as_str()).as_ref(), Ok(&json));
    assert!(json.same_value(&json));
    let value = json.read::<Value>().ok();
    assert_eq!(serde_json::from_str(text).ok(), value);
    assert!(value.is_none_or(|value| depth(&value) <= MAX_DEPTH));
    Some(json)
}

/// What is left of a text once serde_json read and wrote it; it may drop digits.
fn reread(json: &JsonText) -> Option<JsonText> {
    let value = json.read::<Value>().ok()?;
    Some(JsonText::of(&value).expect("what was parsed isn't too deep"))
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(fields) => fields.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

/// The same, but for digits that a float doesn't keep.
fn are_alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| are_alike(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            let has = |(key, value)| other.get(key).is_some_and(|there| are_alike(value, there));
            one.len() == other.len() && one.iter().all(has)
        }
        _ => one == other,
    }
}

/// One text as everything that a text can be.
///
/// Law: what was read, written and read again is the same, and what is refused is told in few words.
pub fn texts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(time) = Timestamp::parse(&text) {
        assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
        assert_eq!(Timestamp::from_millis(time.millis()), time);
    }
    let (before, after) = text.split_once('/').unwrap_or((&text, &text));
    stream(before, after);
    id(before, after);
    match address::parse(&text) {
        Ok(Some(read)) => {
            let version = read.version.clone().and_then(Result::ok);
            let again = address::parse(&address::format(&read.stream, version));
            let again = again.expect("it was written").expect("it names a stream");
            assert_eq!(again.stream, read.stream);
            assert_eq!(again.version, version.map(Ok));
        }
        Ok(None) => {}
        Err(invalid) => assert!(invalid.to_string().len() < 2_000),
    }
    for currency in money::CURRENCY_NAMES.iter().chain(&[""]) {
        if let Ok(amount) = money::parse(&text, currency) {
            let shown = money::format(amount, currency);
            assert_eq!(money::parse(&shown, currency), Ok(amount));
        }
    }
}

fn stream(aggregate_type: &str, aggregate_id: &str) {
    let fits = |part: &str| (1..=StreamId::MAX_PART).contains(&part.chars().count());
    match StreamId::new(aggregate_type, aggregate_id) {
        Ok(stream) => {
            assert!(fits(aggregate_type) && fits(aggregate_id));
            assert_eq!(stream.aggregate_type(), aggregate_type);
            assert_eq!(stream.aggregate_id(), aggregate_id);
        }
        Err(invalid) => {
            assert!(!fits(aggregate_type) || !fits(aggregate_id));
            assert!(invalid.to_string().len() < 200);
        }
    }
}

fn id(source: &str, id: &str) {
    let event = event_id(source, id);
    // An id of ours stands for itself, whatever the source.
    assert_eq!(event_id(id, &event.to_string()), event);
}
