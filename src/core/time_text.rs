//! The text of a time that came from elsewhere. An event holds its time in whole milliseconds; a text with another
//! offset, or with finer digits, is kept beside it, given back, and tells the instant to the nanosecond.

use std::borrow::Cow;

use serde_json::Value;

use super::event::{Metadata, RecordedEvent};
use super::timestamp::{Timestamp, instant};

/// The free key under which the text is kept: the name that a time has in a CloudEvent.
const TIME: &str = "time";

impl Metadata {
    /// Keeps the text that a time came as, where we would write another.
    pub fn keep_time(&mut self, time: Timestamp, text: &str) {
        if text != time.to_string() {
            self.extensions.insert(TIME.to_owned(), text.into());
        }
    }

    /// The text of a time: as it came, if one is kept that says the same to the millisecond.
    #[must_use]
    pub fn time_text(&self, time: Timestamp) -> Cow<'_, str> {
        match self.kept_time(time) {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(time.to_string()),
        }
    }

    fn kept_time(&self, time: Timestamp) -> Option<&str> {
        let text = self.extensions.get(TIME)?.as_str()?;
        (Timestamp::parse(text) == Ok(time)).then_some(text)
    }

    /// Drops the text of a time: a retry may stamp its own.
    pub(super) fn forget_time(&mut self) {
        let text = self.extensions.get(TIME).and_then(Value::as_str);
        if text.is_some_and(|text| Timestamp::parse(text).is_ok()) {
            self.extensions.shift_remove(TIME);
        }
    }
}

impl RecordedEvent {
    /// When it was recorded, as the text that this came as.
    #[must_use]
    pub fn time_text(&self) -> Cow<'_, str> {
        self.metadata.time_text(self.timestamp)
    }

    /// The free keys but for the text of its time.
    pub fn other_keys(&self) -> impl Iterator<Item = (&String, &Value)> {
        let is_kept = self.metadata.kept_time(self.timestamp).is_some();
        let keys = self.metadata.extensions.iter();
        keys.filter(move |(key, _)| *key != TIME || !is_kept)
    }

    /// When it was recorded, in nanoseconds since 1970-01-01T00:00:00Z: what events are ordered by.
    #[must_use]
    pub fn instant(&self) -> i128 {
        let text = self.metadata.kept_time(self.timestamp);
        match text.and_then(instant) {
            Some(time) => time.unix_timestamp_nanos(),
            None => i128::from(self.timestamp.millis()) * 1_000_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::event::{EncodedEvent, EventId};
    use super::super::json_text::JsonText;
    use super::super::stream::{Position, StreamId, Version};
    use super::*;

    fn at(text: &str) -> RecordedEvent {
        let time = Timestamp::parse(text).unwrap();
        let mut metadata = Metadata::correlated("c");
        metadata.keep_time(time, text);
        let encoded = EncodedEvent {
            event_type: "Noted".into(),
            schema_version: 1,
            data: JsonText::empty_object(),
        };
        let stream = StreamId::new("note", "a").unwrap();
        let event = encoded.seal(EventId(Uuid::from_u128(1)), time, metadata);
        event.recorded(stream, Version(1), Position(1))
    }

    #[test]
    fn only_a_text_that_we_would_write_otherwise_is_kept() {
        let ours = at("2026-03-01T10:00:00.123Z");
        assert!(ours.metadata.extensions.is_empty());
        for text in [
            "2026-03-01T10:00:00.123456789Z",
            "2026-03-01T11:00:00.123+01:00",
            "2026-03-01T10:00:00Z",
        ] {
            assert_eq!(at(text).time_text(), text);
            assert_eq!(at(text).metadata.extensions.len(), 1);
        }
    }

    #[test]
    fn instants_order_to_the_nanosecond_whatever_their_offsets() {
        let texts = [
            "2026-03-01T10:00:00.123456100Z",
            "2026-03-01T11:00:00.1234569+01:00",
            "2026-03-01T10:00:00.123999999Z",
            "2026-03-01T10:00:00.124Z",
        ];
        let instants = texts.map(|text| at(text).instant());
        assert!(instants.is_sorted_by(|one, next| one < next));
        assert_eq!(instants[0], 1_772_359_200_123_456_100);
        assert_eq!(at("1969-12-31T23:59:59.9999999Z").instant(), -100);
    }

    #[test]
    fn a_text_that_says_another_time_is_none_of_the_event() {
        let mut event = at("2026-03-01T10:00:00.123456789Z");
        assert_eq!(event.other_keys().count(), 0);
        event.timestamp = Timestamp::from_millis(7);
        assert_eq!(event.other_keys().count(), 1);
        assert_eq!(event.time_text(), "1970-01-01T00:00:00.007Z");
        assert_eq!(event.instant(), 7_000_000);
    }

    #[test]
    fn a_retry_may_stamp_its_own_time_and_nothing_else() {
        let first = at("2026-03-01T10:00:00.1234+01:00");
        let again = |text: &str, key: &str, value: &str| {
            let mut metadata = Metadata::correlated("c");
            metadata.keep_time(Timestamp::parse(text).unwrap(), text);
            metadata.extensions.insert(key.to_owned(), value.into());
            let event = EncodedEvent {
                event_type: "Noted".into(),
                schema_version: 1,
                data: JsonText::empty_object(),
            };
            event.seal(
                EventId(Uuid::from_u128(1)),
                Timestamp::from_millis(1),
                metadata,
            )
        };
        let later = "2026-03-02T10:00:00.1239Z";
        assert!(first.is_same_as(&again(later, TIME, later)));
        assert!(!first.is_same_as(&again(later, "place", "here")));
        assert!(!first.is_same_as(&again(later, TIME, "noon")));
    }
}
