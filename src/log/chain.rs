//! What a log holds up to a segment, in 64 bits: what tells two logs apart that have the same length,
//! the same ids or the same end.
//!
//! Each segment continues the chain of the one before it: with its number, and then with its events in the
//! order of their positions, each in its packed form by itself ([`pack`]). So a chain doesn't depend on how
//! events are laid out in records: joining segments and another layout leave it as it is. What is chained
//! is never changed, so a packed form that is new may only be used for events that the old one can't hold.
//! XXH64, where what came before is the seed: it finds what differs by accident, and is no signature.

use std::fmt;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

use super::segments::{Turn, pack};
use crate::core::{Position, RecordedEvent};

/// The chain of a log, up to some segment. As text it is sixteen hexadecimal digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Chain(u64);

impl Chain {
    /// That of a log without segments.
    pub const START: Chain = Chain(0);

    /// That of the log with one segment more, and these events in it, in the order of their positions.
    #[must_use]
    pub fn with<'a>(
        self,
        segment: u64,
        events: impl IntoIterator<Item = &'a RecordedEvent>,
    ) -> Chain {
        let chain = self.link(&segment.to_le_bytes());
        let link = |chain: Chain, event| chain.link(&pack(&[event]));
        events.into_iter().fold(chain, link)
    }

    /// That of the log with one segment more, which holds no events but changes what is there.
    #[must_use]
    pub fn with_turn(self, segment: u64, turn: Turn) -> Chain {
        let (kind, number, floor, history) = match turn {
            Turn::Emptied { floor, history } => (1, segment, floor, Some(history)),
            Turn::Restored { from, floor } => (2, from, floor, None),
            Turn::TakenBack {
                from,
                floor,
                history,
            } => (3, from, floor, Some(history)),
            Turn::Filled { holes, history } => (4, holes, Position::START, Some(history)),
        };
        let numbers = [segment, kind, number, floor.0];
        let link = |chain: Chain, number: u64| chain.link(&number.to_le_bytes());
        let chain = numbers.into_iter().fold(self, link);
        history.map_or(chain, |history| chain.link(history.0.as_bytes()))
    }

    fn link(self, bytes: &[u8]) -> Chain {
        Chain(XxHash64::oneshot(self.0, bytes))
    }

    /// As eight bytes, least first.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    /// Of eight bytes, least first.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 8]) -> Chain {
        Chain(u64::from_le_bytes(bytes))
    }

    /// Of sixteen hexadecimal digits, as it is shown.
    #[must_use]
    pub fn parse(text: &str) -> Option<Chain> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| u64::from_str_radix(text, 16).ok().map(Chain))?
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl From<Chain> for String {
    fn from(chain: Chain) -> String {
        chain.to_string()
    }
}

impl TryFrom<String> for Chain {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Chain, &'static str> {
        Chain::parse(&text).ok_or("a chain is sixteen hexadecimal digits")
    }
}
