//! The time at which something was recorded, in whole milliseconds, and its text form.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// Milliseconds since 1970-01-01T00:00:00Z, between the years 0 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Timestamp(i64);

/// Milliseconds that lie outside the years 0 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{millis} milliseconds since 1970 lie outside the years 0 to 9999")]
pub struct TimestampOutOfRange {
    /// The milliseconds.
    pub millis: i64,
}

/// Refuses what lies outside, as whoever reads a time from elsewhere has to: moved to the edge it
/// would be recorded as a fact that nobody stated. A clock's time can't be refused, and is moved,
/// by [`Timestamp::from_millis`].
impl TryFrom<i64> for Timestamp {
    type Error = TimestampOutOfRange;

    fn try_from(millis: i64) -> Result<Timestamp, TimestampOutOfRange> {
        let time = Timestamp::from_millis(millis);
        match time.0 == millis {
            true => Ok(time),
            false => Err(TimestampOutOfRange { millis }),
        }
    }
}

impl From<Timestamp> for i64 {
    fn from(time: Timestamp) -> i64 {
        time.0
    }
}

/// A text that isn't a time with date, time of day and offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a time like 2026-01-05T09:00:02.000Z")]
pub struct InvalidTimestamp {
    /// The text as it came.
    pub text: String,
}

impl Timestamp {
    const MIN: i64 = -62_167_219_200_000;
    const MAX: i64 = 253_402_300_799_999;

    /// From milliseconds since 1970; what lies outside the years 0 to 9999 is moved to their edge.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Timestamp {
        if millis < Self::MIN {
            Timestamp(Self::MIN)
        } else if millis > Self::MAX {
            Timestamp(Self::MAX)
        } else {
            Timestamp(millis)
        }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 text with any offset; what is finer than a millisecond is dropped.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] when the text is anything else.
    pub fn parse(text: &str) -> Result<Timestamp, InvalidTimestamp> {
        let invalid = || InvalidTimestamp {
            text: text.to_owned(),
        };
        let time = instant(text).ok_or_else(invalid)?;
        let millis = time.unix_timestamp_nanos().div_euclid(1_000_000);
        let millis = i64::try_from(millis).map_err(|_| invalid())?;
        // An offset can carry a time over the edge of the years that can be written.
        Timestamp::try_from(millis).map_err(|_| invalid())
    }
}

/// The instant of a text. Between date and time stands `T`, `t` or one space: what parses takes any character there.
pub(super) fn instant(text: &str) -> Option<OffsetDateTime> {
    let is_parted = matches!(text.as_bytes().get(10), Some(b'T' | b't' | b' '));
    let time = OffsetDateTime::parse(text, &Rfc3339);
    time.ok().filter(|_| is_parted)
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with three digits of a second: `2026-01-05T09:00:02.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH) // never taken: the bounds above are narrower
            .to_offset(UtcOffset::UTC);
        // By hand: a log that is read has one for each event, and formatting takes longer.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for (from, to, mut value) in [
            (0, 4, time.year().unsigned_abs()),
            (5, 7, u8::from(time.month()).into()),
            (8, 10, time.day().into()),
            (11, 13, time.hour().into()),
            (14, 16, time.minute().into()),
            (17, 19, time.second().into()),
            (20, 23, time.millisecond().into()),
        ] {
            for digit in text[from..to].iter_mut().rev() {
                *digit = b'0' + (value % 10) as u8;
                value /= 10;
            }
        }
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_and_finer_digits_become_utc_milliseconds() {
        let time = Timestamp::parse("2026-01-05T10:00:02.0009+01:00").unwrap();
        assert_eq!(time.to_string(), "2026-01-05T09:00:02.000Z");
        assert_eq!(Timestamp::parse("2026-01-05T09:00:02Z").unwrap(), time);
    }

    #[test]
    fn a_time_before_1970_is_rounded_down_too() {
        let time = Timestamp::parse("1969-12-31T23:59:59.9999Z").unwrap();
        assert_eq!(time.millis(), -1);
        assert_eq!(time.to_string(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_number_out_of_range_is_refused_where_it_is_read_and_moved_where_a_clock_says_it() {
        let read = |json: &str| serde_json::from_str::<Timestamp>(json);
        for (edge, beyond) in [
            ("-62167219200000", "-62167219200001"),
            ("253402300799999", "253402300800000"),
        ] {
            let time = read(edge).unwrap();
            assert_eq!(serde_json::to_string(&time).unwrap(), edge);
            assert!(read(beyond).is_err(), "{beyond}");
            assert_eq!(Timestamp::from_millis(beyond.parse().unwrap()), time);
        }
        for far in [i64::MIN, i64::MAX] {
            assert!(read(&far.to_string()).is_err(), "{far}");
        }
    }

    #[test]
    fn a_t_or_one_space_stands_between_date_and_time_and_nothing_else() {
        for between in ["T", "t", " "] {
            let text = format!("2026-02-03{between}08:00:00Z");
            assert!(Timestamp::parse(&text).is_ok(), "{text}");
        }
        for between in ["X", "_", "-", "0", "  ", "", "\t", "é", "\u{a0}"] {
            let text = format!("2026-02-03{between}08:00:00Z");
            assert!(Timestamp::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "yesterday",
            "2026-01-05",
            "2026-13-05T09:00:02Z",
            "0000-01-01T00:00:00+01:00",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }
}
