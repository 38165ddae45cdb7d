//! What a check of the whole store came to, and of its second copy.

use super::phrases::{count, were};
use crate::store::CopyChecked;

/// What a check of the whole store came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many records the log holds, damaged ones too.
    pub events: u64,
    /// How many of them have no checksum.
    pub unchecked: u64,
    /// How many findings there are.
    pub found: u64,
    /// The first of them, whole sentences.
    pub findings: Vec<String>,
    /// What came of reading the second copy.
    pub second_copy: SecondCopyRead,
}

/// What came of reading the second copy whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SecondCopyRead {
    /// There is none.
    #[default]
    Missing,
    /// Another tab keeps it.
    Elsewhere,
    /// It couldn't be read, because of this.
    Failed(String),
    /// It was read.
    Read(CopyChecked),
}

impl SecondCopyRead {
    /// What is said of it; nothing where there is none.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let checked = match self {
            SecondCopyRead::Missing => return None,
            SecondCopyRead::Elsewhere => {
                let words = "The second copy wasn't read: another tab keeps it. Verify in that tab, or close it \
                             and verify here.";
                return Some(words.to_owned());
            }
            SecondCopyRead::Failed(reason) => {
                return Some(format!("The second copy couldn't be read: {reason}."));
            }
            SecondCopyRead::Read(checked) => checked,
        };
        let mut words = match &checked.damaged[..] {
            [] => "The second copy was read whole, too, and nothing of it is damaged.".to_owned(),
            damaged => {
                let findings: Vec<String> = damaged.iter().map(ToString::to_string).collect();
                findings.join(" ")
            }
        };
        if checked.mended > 0 {
            words += &format!(" Before that {} mended from it.", were(checked.mended));
        }
        if checked.mendable > 0 {
            words += &format!(
                " It holds {} of what is damaged here, as recorded.",
                count(checked.mendable, "event")
            );
        }
        Some(words)
    }

    /// How many events can be mended from it.
    #[must_use]
    pub fn mendable(&self) -> u64 {
        match self {
            SecondCopyRead::Read(checked) => checked.mendable,
            _ => 0,
        }
    }
}
