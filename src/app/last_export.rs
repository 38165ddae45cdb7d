//! When all was last exported, and how that is said.

use super::phrases::minute;
use crate::core::Timestamp;

/// When all that the store in this browser held was last exported. It is the date of a file: what came into the store
/// later isn't in it, and neither a reset nor an import makes it another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastExport {
    /// Nobody knows: this browser remembers nothing for this page.
    #[default]
    Unknown,
    /// It wasn't, as far as this browser remembers.
    Never,
    /// Then, by the clock of this browser.
    At(Timestamp),
}

impl LastExport {
    /// For a person to read: `Last exported: 2026-01-05 09:00 UTC`; nothing where nobody knows.
    #[must_use]
    pub fn words(self) -> Option<String> {
        match self {
            LastExport::Unknown => None,
            LastExport::Never => Some("Never exported".to_owned()),
            LastExport::At(time) => Some(format!("Last exported: {}", minute(time))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_said_to_the_minute_in_one_form() {
        let at = Timestamp::parse("2026-01-05T09:07:59.999Z").unwrap();
        let words = LastExport::At(at).words();
        assert_eq!(
            words.as_deref(),
            Some("Last exported: 2026-01-05 09:07 UTC")
        );
        assert_eq!(LastExport::Never.words().as_deref(), Some("Never exported"));
        assert_eq!(LastExport::Unknown.words(), None);
    }
}
