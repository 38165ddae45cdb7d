//! Texts: JSON, times, names of streams, addresses, ids and amounts.

use eventloom::app::address;
use eventloom::archive::event_id;
use eventloom::core::{JsonText, StreamId, Timestamp};
use eventloom::model::money;

/// Two JSON texts, parted by a line feed; where there is none, one beside itself.
///
/// Law: the text of what was parsed is parsed as the same; to mean the same value is reflexive and
/// symmetric; what serde_json keeps of it is the same value again, unless digits were dropped.
pub fn json(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (one, other) = text.split_once('\n').unwrap_or((&text, &text));
    let (one, other) = (JsonText::parse(one), JsonText::parse(other));
    for json in [&one, &other].into_iter().flatten() {
        assert_eq!(JsonText::parse(json.as_str()).as_ref(), Ok(json));
        assert!(json.same_value(json));
        if let Ok(value) = json.read::<serde_json::Value>() {
            let written = JsonText::of(&value).expect("what was parsed isn't too deep");
            assert_eq!(written.same_value(json), json.same_value(&written));
        }
    }
    if let (Ok(one), Ok(other)) = (one, other) {
        assert_eq!(one.same_value(&other), other.same_value(&one));
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
