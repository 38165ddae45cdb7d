//! A file as it arrives, piece by piece, into the events of its lines. Holds one unfinished line
//! at most, so that a file may have any size, and one that isn't ours is refused early.

use std::mem;

use super::line::{self, Line};
use super::refused::{Reason, Refused};
use crate::core::envelope::{MAX_EARLIER_LINE, MAX_LINE};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What a line may have beyond the most before it is known to be too long: a byte order mark and the
/// CR of its end.
const SLACK: usize = BOM.len() + 1;

/// How a line of an export begins. Only such a line can be one that may be longer than [`MAX_LINE`],
/// so nothing else is held any longer than that.
const EXPORTED: &[u8] = br#"{"specversion":"1.0","id":""#;

/// Takes the events of a file, one by one in its order, or refuses one and with it the file.
pub type Take<'a> = dyn FnMut(Line) -> Result<(), Refused> + 'a;

/// Reads a file of events: feed it the bytes in pieces of any size, then finish. It hands each
/// event over as soon as its line is there, and keeps none.
///
/// ```
/// # use eventloom::archive::Reader;
/// let mut streams = Vec::new();
/// let mut take = |line: eventloom::archive::Line| Ok(streams.push(line.stream.to_string()));
/// let mut reader = Reader::new();
/// reader.feed(br#"{"specversion":"1.0","id":"1","source":"/shop","#, &mut take)?;
/// reader.feed(br#""type":"ShopOpened"}"#, &mut take)?;
/// reader.finish(&mut take)?;
/// assert_eq!(streams, ["shop/default"]);
/// # Ok::<(), eventloom::archive::Refused>(())
/// ```
#[derive(Debug, Default)]
pub struct Reader {
    /// The beginning of a line whose end hasn't come yet.
    pending: Vec<u8>,
    /// How many lines are complete.
    complete: u64,
    /// How many of them are events.
    events: u64,
    /// The first blank line, once there is one.
    blank: Option<u64>,
    refused: Option<Refused>,
}

impl Reader {
    /// A reader at the beginning of a file.
    #[must_use]
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Takes the next bytes of the file, and hands over the events that end in them.
    ///
    /// # Errors
    /// [`Refused`] at the first bad line, as soon as it is seen; the rest of the file needn't be
    /// fed. Each later call answers with the same refusal.
    pub fn feed(&mut self, bytes: &[u8], take: &mut Take<'_>) -> Result<(), Refused> {
        if let Some(refused) = &self.refused {
            return Err(refused.clone());
        }
        self.lines(bytes, take)
            .inspect_err(|refused| self.refused = Some(refused.clone()))
    }

    /// Takes the end of the file, and hands over an event that ends there.
    ///
    /// # Errors
    /// [`Refused`] when a line is bad, or there is none.
    pub fn finish(mut self, take: &mut Take<'_>) -> Result<(), Refused> {
        if let Some(refused) = self.refused {
            return Err(refused);
        }
        if !self.pending.is_empty() {
            let last = mem::take(&mut self.pending);
            self.complete_line(&last, take)?;
        }
        if self.events == 0 {
            return Err(Refused {
                line: 1,
                reason: Reason::NoEvents,
            });
        }
        Ok(())
    }

    /// How many events were handed over.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    fn lines(&mut self, mut bytes: &[u8], take: &mut Take<'_>) -> Result<(), Refused> {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            if self.pending.is_empty() {
                self.complete_line(line, take)?;
            } else {
                self.hold(line)?;
                let mut line = mem::take(&mut self.pending);
                self.complete_line(&line, take)?;
                // The room of a very long one isn't kept.
                if line.len() <= MAX_LINE {
                    line.clear();
                    self.pending = line;
                }
            }
            bytes = rest;
        }
        self.hold(bytes)
    }

    fn hold(&mut self, part: &[u8]) -> Result<(), Refused> {
        let length = self.pending.len() + part.len();
        if length > MAX_LINE + SLACK && length > self.most_of(part) + SLACK {
            return Err(Refused {
                line: self.complete + 1,
                reason: Reason::TooLong,
            });
        }
        self.pending.extend_from_slice(part);
        Ok(())
    }

    /// How long the line may be that is pending and goes on with this part.
    fn most_of(&self, part: &[u8]) -> usize {
        let begin = EXPORTED.len() + BOM.len();
        let mut begun: Vec<u8> = self.pending.iter().take(begin).copied().collect();
        begun.extend(part.iter().take(begin - begun.len()));
        most(match self.complete {
            0 => begun.strip_prefix(BOM).unwrap_or(&begun),
            _ => &begun,
        })
    }

    fn complete_line(&mut self, line: &[u8], take: &mut Take<'_>) -> Result<(), Refused> {
        self.complete += 1;
        let number = self.complete;
        let line = if number == 1 {
            line.strip_prefix(BOM).unwrap_or(line)
        } else {
            line
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.iter().all(u8::is_ascii_whitespace) && line.len() <= MAX_LINE {
            self.blank.get_or_insert(number);
            return Ok(());
        }
        if let Some(blank) = self.blank {
            return Err(Refused {
                line: blank,
                reason: Reason::Blank { next: number },
            });
        }
        let refuse = |reason| Refused {
            line: number,
            reason,
        };
        let text = as_text(line).map_err(refuse)?;
        let line = line::parse(number, text).map_err(refuse)?;
        self.events += 1;
        take(line)
    }
}

/// How many bytes a line may have that begins so.
fn most(begun: &[u8]) -> usize {
    match begun.starts_with(EXPORTED) {
        true => MAX_EARLIER_LINE,
        false => MAX_LINE,
    }
}

fn as_text(line: &[u8]) -> Result<&str, Reason> {
    if line.len() > most(line) {
        return Err(Reason::TooLong);
    }
    std::str::from_utf8(line).map_err(|error| match error.error_len() {
        Some(_) => Reason::NotText {
            byte: error.valid_up_to() + 1,
        },
        // It stops inside a character.
        None => Reason::CutOff,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::refused::JsonKind;

    const EVENT: &str = r#"{"specversion":"1.0","id":"1","source":"/a","type":"T"}"#;

    fn read(file: impl AsRef<[u8]>) -> Result<Vec<Line>, Refused> {
        let mut lines = Vec::new();
        let mut take = |line| {
            lines.push(line);
            Ok(())
        };
        let mut reader = Reader::new();
        reader.feed(file.as_ref(), &mut take)?;
        reader.finish(&mut take)?;
        Ok(lines)
    }

    #[track_caller]
    fn numbers(file: impl AsRef<[u8]>) -> Vec<u64> {
        read(file).unwrap().iter().map(|line| line.number).collect()
    }

    #[track_caller]
    fn refused(file: impl AsRef<[u8]>) -> (u64, Reason) {
        let refused = read(file).unwrap_err();
        (refused.line, refused.reason)
    }

    #[test]
    fn a_byte_order_mark_cr_lf_blank_lines_at_the_end_and_a_missing_line_end_are_allowed() {
        assert_eq!(numbers(format!("{EVENT}\n{EVENT}\n")), [1, 2]);
        assert_eq!(numbers(format!("{EVENT}\n{EVENT}")), [1, 2]);
        assert_eq!(numbers(format!("{EVENT}\r\n{EVENT}\r\n")), [1, 2]);
        assert_eq!(numbers(format!("\u{feff}{EVENT}\n")), [1]);
        assert_eq!(numbers(format!("{EVENT}\n\n \t\r\n\n")), [1]);
    }

    #[test]
    fn a_file_without_events_is_refused_at_line_1() {
        for file in ["", "\n", "\u{feff}", "\u{feff}\r\n\r\n", "  "] {
            assert_eq!(refused(file), (1, Reason::NoEvents), "{file:?}");
        }
    }

    #[test]
    fn a_blank_line_before_an_event_is_refused_and_both_lines_are_named() {
        let file = format!("{EVENT}\n\n\n{EVENT}\n");
        assert_eq!(refused(&file), (2, Reason::Blank { next: 4 }));
        let text = read(&file).unwrap_err().to_string();
        assert!(
            text.starts_with("line 2: it is blank, but line 4"),
            "{text}"
        );
    }

    #[test]
    fn the_first_bad_line_is_named_and_the_refusal_stays() {
        let mut numbers = Vec::new();
        let mut take = |line: Line| {
            numbers.push(line.number);
            Ok(())
        };
        let mut reader = Reader::new();
        let file = format!("{EVENT}\n{EVENT}\nnonsense\n{EVENT}\n");
        let refused = reader.feed(file.as_bytes(), &mut take).unwrap_err();
        assert_eq!(refused.line, 3);
        assert_eq!(reader.feed(b"\n", &mut take), Err(refused.clone()));
        assert_eq!(reader.events(), 2);
        assert_eq!(reader.finish(&mut take), Err(refused));
        assert_eq!(numbers, [1, 2]);
    }

    #[test]
    fn a_line_that_whoever_takes_it_refuses_is_the_last_that_is_handed_over() {
        let no = Refused {
            line: 2,
            reason: Reason::NoEvents,
        };
        let mut taken = 0;
        let mut take = |line: Line| {
            taken += 1;
            (line.number < 2).then_some(()).ok_or_else(|| no.clone())
        };
        let mut reader = Reader::new();
        let file = format!("{EVENT}\n{EVENT}\n{EVENT}\n");
        assert_eq!(reader.feed(file.as_bytes(), &mut take), Err(no.clone()));
        assert_eq!(reader.finish(&mut take), Err(no.clone()));
        assert_eq!(taken, 2);
    }

    #[test]
    fn what_is_not_json_is_refused_without_the_parser_s_own_line_number() {
        let file = format!("{EVENT}\nnonsense\n");
        let text = read(file).unwrap_err().to_string();
        assert!(text.starts_with("line 2: it is not JSON: "), "{text}");
        assert!(!text.contains("line 1"), "{text}");
    }

    #[test]
    fn a_file_that_is_cut_off_is_refused_at_its_last_line() {
        let file = format!("{EVENT}\n{}é\"}}", &EVENT[..EVENT.len() - 2]);
        for end in EVENT.len() + 2..file.len() {
            assert_eq!(refused(&file.as_bytes()[..end]), (2, Reason::CutOff));
        }
        assert_eq!(numbers(file), [1, 2]);
    }

    #[test]
    fn json_that_is_not_an_object_a_line_is_refused() {
        let found = JsonKind::Array;
        assert_eq!(
            refused(format!("[{EVENT}]")),
            (1, Reason::NotAnObject { found })
        );
        assert_eq!(refused(format!("[{EVENT},\n{EVENT}]")), (1, Reason::CutOff));
        assert_eq!(
            refused("{\n  \"specversion\": \"1.0\"\n}"),
            (1, Reason::CutOff)
        );
    }

    #[test]
    fn what_is_not_utf_8_is_refused() {
        let byte = 3;
        assert_eq!(refused(b"{\"\xff\"}\n"), (1, Reason::NotText { byte }));
        let gzip = b"\x1f\x8b\x08\x00\x0a";
        assert_eq!(refused(gzip), (1, Reason::NotText { byte: 2 }));
    }

    fn padded(length: usize) -> String {
        let mut line = EVENT.to_owned();
        line.insert_str(1, &" ".repeat(length - EVENT.len()));
        line
    }

    #[test]
    fn a_line_may_have_one_mebibyte_whatever_frames_it() {
        let longest = padded(MAX_LINE);
        assert_eq!(numbers(&longest), [1]);
        assert_eq!(numbers(format!("\u{feff}{longest}\r\n{longest}\n")), [1, 2]);
        let longer = padded(MAX_LINE + 1);
        assert_eq!(refused(&longer), (1, Reason::TooLong));
        assert_eq!(
            refused(format!("{EVENT}\n{longer}\n")),
            (2, Reason::TooLong)
        );
        let blank = " ".repeat(MAX_LINE + 1);
        assert_eq!(refused(format!("{EVENT}\n{blank}\n")), (2, Reason::TooLong));
    }

    #[test]
    fn fifty_megabytes_without_a_line_end_are_refused_after_the_first() {
        let mut reader = Reader::new();
        let piece = vec![b'x'; 64 * 1024];
        let mut take = |_| Ok(());
        let taken = (0..800)
            .take_while(|_| reader.feed(&piece, &mut take).is_ok())
            .count();
        assert_eq!(taken, 16);
        let reason = Reason::TooLong;
        let refused = Refused { line: 1, reason };
        assert_eq!(reader.finish(&mut take), Err(refused));
    }

    #[test]
    fn a_line_of_an_export_without_an_end_is_refused_after_64_mebibytes() {
        for begin in ["", "\u{feff}"] {
            let mut reader = Reader::new();
            let mut take = |_| Ok(());
            // In two pieces: what it is isn't known at the first.
            reader.feed(begin.as_bytes(), &mut take).unwrap();
            reader.feed(&EXPORTED[..9], &mut take).unwrap();
            reader.feed(&EXPORTED[9..], &mut take).unwrap();
            let piece = vec![b'x'; 1 << 20];
            let taken = (0..70)
                .take_while(|_| reader.feed(&piece, &mut take).is_ok())
                .count();
            assert_eq!(taken, 63);
            assert_eq!(
                reader.pending.len(),
                EXPORTED.len() + begin.len() + (63 << 20)
            );
        }
    }
}
