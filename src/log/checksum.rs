//! A checksum of an event's record, by which a store notices that what it reads isn't what it
//! wrote. Tells accidents, not forgers: who can change a record can change its checksum.

use std::io;

use crc::{CRC_32_ISO_HDLC, Crc, Digest, Table};

use crate::core::Position;

/// Sixteen tables make it several times as fast, and 15 KB greater: the page, which has to be loaded,
/// does with one.
#[cfg(feature = "js-api")]
type Tables = Table<16>;
#[cfg(not(feature = "js-api"))]
type Tables = Table<1>;

static CRC_32: Crc<u32, Tables> = Crc::<u32, Tables>::new(&CRC_32_ISO_HDLC);

/// All fields of a record but its position, as they lie in the store: texts are not read yet, so
/// that a letter that changes without changing the meaning is noticed too.
#[derive(Clone, Copy, Debug)]
#[allow(
    missing_docs,
    reason = "they are those of `RecordedEvent` and its metadata, by their names"
)]
pub struct Content<'a> {
    pub aggregate_type: &'a str,
    pub aggregate_id: &'a str,
    pub version: u64,
    pub event_id: &'a str,
    pub event_type: &'a str,
    pub schema_version: u32,
    pub data: &'a str,
    pub timestamp: &'a str,
    pub correlation_id: &'a str,
    pub causation_id: Option<&'a str>,
    pub actor: Option<&'a str>,
    pub extensions: Option<&'a str>,
}

impl Content<'_> {
    /// The checksum: CRC-32 (as in zip and PNG) of the fields as a JSON array in the order above,
    /// `null` for what isn't set, without spaces; and after it the position in decimal, where the
    /// record came with one. Where the store gives the position, the checksum is made before there
    /// is one, and leaves it out.
    #[must_use]
    pub fn checksum(&self, position: Option<Position>) -> u32 {
        let mut digest = self.digest();
        if let Some(position) = position {
            digest.update(position.to_string().as_bytes());
        }
        digest.finalize()
    }

    /// Whether a checksum is that of these fields, made with this position or without one.
    #[must_use]
    pub fn fits(&self, checksum: u32, position: Position) -> bool {
        let without = self.digest();
        let mut with = without.clone();
        if without.finalize() == checksum {
            return true;
        }
        with.update(position.to_string().as_bytes());
        with.finalize() == checksum
    }

    fn digest(&self) -> Digest<'static, u32, Tables> {
        let mut sink = Sink(CRC_32.digest());
        let fields = (
            self.aggregate_type,
            self.aggregate_id,
            self.version,
            self.event_id,
            self.event_type,
            self.schema_version,
            self.data,
            self.timestamp,
            self.correlation_id,
            self.causation_id,
            self.actor,
            self.extensions,
        );
        // Neither can fail: the fields have a JSON form, and the sink takes all.
        let _ = serde_json::to_writer(&mut sink, &fields);
        sink.0
    }
}

/// The checksum of what is kept as bytes: CRC-32 of them and, after them, of the text that says
/// where they belong.
#[must_use]
pub fn of_bytes(bytes: &[u8], place: &str) -> u32 {
    let mut digest = CRC_32.digest();
    digest.update(bytes);
    digest.update(place.as_bytes());
    digest.finalize()
}

struct Sink(Digest<'static, u32, Tables>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected values are those of zlib's crc32 over the text that is described above.
    const PLAIN: Content<'_> = Content {
        aggregate_type: "bank_account",
        aggregate_id: "ada",
        version: 3,
        event_id: "00000000-0000-0000-0000-000000000001",
        event_type: "MoneyDeposited",
        schema_version: 1,
        data: r#"{"amount":1.50}"#,
        timestamp: "2026-01-05T09:00:02.007Z",
        correlation_id: "lesson 1",
        causation_id: None,
        actor: None,
        extensions: None,
    };

    #[test]
    fn a_checksum_is_the_crc_of_all_fields() {
        assert_eq!(PLAIN.checksum(None), 627058317);
        let rich = Content {
            aggregate_id: "größe \"1\"\n\u{1}🦀",
            causation_id: Some("cause"),
            actor: Some(""),
            extensions: Some(r#"{"b":1.0,"a":2}"#),
            ..PLAIN
        };
        assert_eq!(rich.checksum(None), 1594040533);
    }

    #[test]
    fn a_checksum_holds_the_position_of_a_record_that_came_with_one() {
        assert_eq!(PLAIN.checksum(Some(Position(7))), 4187215161);
    }

    #[test]
    fn a_checksum_fits_with_the_position_or_without_one_and_no_other() {
        let [given, own] = [None, Some(Position(7))].map(|position| PLAIN.checksum(position));
        assert!(PLAIN.fits(given, Position(7)) && PLAIN.fits(given, Position(8)));
        assert!(PLAIN.fits(own, Position(7)) && !PLAIN.fits(own, Position(8)));
        let other = Content {
            version: 4,
            ..PLAIN
        };
        assert!(!other.fits(given, Position(7)) && !other.fits(own, Position(7)));
    }
}
