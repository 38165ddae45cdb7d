//! An entry of a journal: what a segment of the log holds, and the head before it.

use std::borrow::Cow;

use uuid::Uuid;

use crate::core::{History, Position, PositionRanges};
use crate::log::Chain;
use crate::log::checksum;
use crate::log::numbers::{Rest, put, put_bytes};
use crate::log::segments::{Turn, Unreadable, runs};

/// The bytes before each entry's body.
pub(super) const HEAD: usize = 44;

/// What a head begins with: bytes that no text holds.
pub(super) const SIGN: [u8; 3] = [0xf5, 0xe7, 0xff];

/// The kinds of entries, by the number in their heads.
const INLINE: u8 = 0;
const PAGED: u8 = 1;
const EMPTIED: u8 = 2;
const RESTORED: u8 = 3;
const TAKEN_BACK: u8 = 4;
const FILLED: u8 = 5;

/// The greatest number that is read, so that two may be added, and one more.
const GREATEST: u64 = i64::MAX as u64;

/// A segment of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its number.
    pub segment: u64,
    /// The log's chain up to it.
    pub chain: Chain,
    /// Which of its events an import wrote.
    pub imported: PositionRanges,
    /// What it holds.
    pub body: Body<'a>,
}

/// What a segment of the log holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// Events that stand in it, packed.
    Inline {
        /// The events.
        packed: Cow<'a, [u8]>,
    },
    /// Events in pages.
    Paged {
        /// The first number that it stands for, where several were joined.
        from: u64,
        /// The position of its first event.
        first: Position,
        /// The position of its last event.
        last: Position,
        /// The events, packed, page by page.
        pages: Vec<Cow<'a, [u8]>>,
    },
    /// No events, but a change of which are there; and, packed, those that fill holes, if it does that.
    Turn(Turn, Cow<'a, [u8]>),
}

impl<'a> Entry<'a> {
    /// The first number that it stands for: its own, unless several were joined.
    #[must_use]
    pub fn from(&self) -> u64 {
        match self.body {
            Body::Paged { from, .. } => from,
            Body::Inline { .. } | Body::Turn(..) => self.segment,
        }
    }

    /// What it changes, where it holds no events.
    #[must_use]
    pub fn turn(&self) -> Option<Turn> {
        match self.body {
            Body::Turn(turn, _) => Some(turn),
            Body::Inline { .. } | Body::Paged { .. } => None,
        }
    }

    /// How many events it holds, but for those that fill holes: these are counted where the holes are.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn events(&self) -> Result<u64, Unreadable> {
        let count = |packed: &Cow<'_, [u8]>| -> Result<u64, Unreadable> {
            Ok(runs(packed)?.iter().map(|run| run.count).sum())
        };
        match &self.body {
            Body::Inline { packed } => count(packed),
            Body::Paged { pages, .. } => pages.iter().map(count).sum(),
            Body::Turn(..) => Ok(0),
        }
    }

    /// How many bytes its events take.
    #[must_use]
    pub fn size(&self) -> usize {
        match &self.body {
            Body::Inline { packed } => packed.len(),
            Body::Paged { pages, .. } => pages.iter().map(|page| page.len()).sum(),
            Body::Turn(_, fills) => fills.len(),
        }
    }

    /// The entry with bytes of its own.
    #[must_use]
    pub fn into_owned(self) -> Entry<'static> {
        let own = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        let body = match self.body {
            Body::Inline { packed } => Body::Inline {
                packed: own(packed),
            },
            Body::Paged {
                from,
                first,
                last,
                pages,
            } => Body::Paged {
                from,
                first,
                last,
                pages: pages.into_iter().map(own).collect(),
            },
            Body::Turn(turn, fills) => Body::Turn(turn, own(fills)),
        };
        Entry {
            segment: self.segment,
            chain: self.chain,
            imported: self.imported,
            body,
        }
    }

    /// The head that says of it all but where it stands, and its body.
    ///
    /// # Errors
    /// [`Unreadable`]: it holds no packed events.
    pub(super) fn to_bytes(&self) -> Result<(Head, Vec<u8>), Unreadable> {
        let events = self.events()?;
        let mut bytes = Vec::new();
        let (kind, from) = match &self.body {
            Body::Inline { packed } => {
                put_bytes(&mut bytes, packed);
                (INLINE, self.segment)
            }
            Body::Paged {
                from,
                first,
                last,
                pages,
            } => {
                for number in [first.0, last.0, pages.len() as u64] {
                    put(&mut bytes, number);
                }
                for page in pages {
                    put_bytes(&mut bytes, page);
                }
                (PAGED, *from)
            }
            Body::Turn(turn, fills) => put_turn(&mut bytes, *turn, fills, self.segment),
        };
        for (first, last) in self.imported.iter() {
            put(&mut bytes, first.0);
            put(&mut bytes, last.0);
        }
        let head = Head {
            kind,
            // A segment's events take 16 MiB at most, or are one event.
            length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            sum: checksum::of_bytes(&bytes, "body"),
            segment: self.segment,
            from,
            chain: self.chain,
            events: u32::try_from(events).unwrap_or(u32::MAX),
        };
        Ok((head, bytes))
    }

    /// None where the bytes aren't what the head says.
    pub(super) fn from_bytes(head: &Head, bytes: &'a [u8]) -> Option<Entry<'a>> {
        if head.sum != checksum::of_bytes(bytes, "body") {
            return None;
        }
        let mut rest = Rest(bytes);
        let body = match head.kind {
            INLINE => Body::Inline {
                packed: rest.bytes()?.into(),
            },
            PAGED => Body::Paged {
                from: head.from,
                first: Position(rest.number()?),
                last: Position(rest.number()?),
                pages: {
                    let count = rest.number()?;
                    let pages = (0..count).map(|_| rest.bytes().map(Cow::from));
                    pages.collect::<Option<_>>()?
                },
            },
            _ => read_turn(head, &mut rest)?,
        };
        let mut imported = PositionRanges::NONE;
        while !rest.0.is_empty() {
            let (first, last) = (rest.number()?, rest.number()?);
            imported.add(Position(first), Position(last));
        }
        let entry = Entry {
            segment: head.segment,
            chain: head.chain,
            imported,
            body,
        };
        let events = entry.events().ok()?;
        (u32::try_from(events).unwrap_or(u32::MAX) == head.events).then_some(entry)
    }
}

/// Adds what its head doesn't say; answers its kind, and the first number that it makes void.
fn put_turn(bytes: &mut Vec<u8>, turn: Turn, fills: &[u8], segment: u64) -> (u8, u64) {
    let (kind, from, number, history) = match turn {
        Turn::Emptied { floor, history } => (EMPTIED, 0, floor.0, Some(history)),
        Turn::Restored { from, floor } => (RESTORED, from, floor.0, None),
        Turn::TakenBack {
            from,
            floor,
            history,
        } => (TAKEN_BACK, from, floor.0, Some(history)),
        Turn::Filled { holes, history } => (FILLED, segment, holes, Some(history)),
    };
    put(bytes, number);
    if let Some(history) = history {
        bytes.extend_from_slice(history.0.as_bytes());
    }
    if kind == FILLED {
        put_bytes(bytes, fills);
    }
    (kind, from)
}

fn read_turn<'a>(head: &Head, rest: &mut Rest<'a>) -> Option<Body<'a>> {
    let (from, number) = (head.from, rest.number()?);
    let floor = Position(number);
    if head.kind == RESTORED {
        return Some(Body::Turn(Turn::Restored { from, floor }, Cow::default()));
    }
    let history = History(Uuid::from_bytes(rest.array()?));
    let turn = match head.kind {
        EMPTIED => Turn::Emptied { floor, history },
        TAKEN_BACK => Turn::TakenBack {
            from,
            floor,
            history,
        },
        FILLED => Turn::Filled {
            holes: number,
            history,
        },
        _ => return None,
    };
    let fills = match head.kind {
        FILLED => rest.bytes()?.into(),
        _ => Cow::default(),
    };
    Some(Body::Turn(turn, fills))
}

/// What stands before an entry's body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    kind: u8,
    pub(super) length: u32,
    sum: u32,
    pub(super) segment: u64,
    /// The first number that it stands for or, of a turn, makes void: that of an emptying is 0, that of one
    /// that makes nothing void its own.
    from: u64,
    pub(super) chain: Chain,
    pub(super) events: u32,
}

impl Head {
    /// The bytes of one that stands at this place.
    pub(super) fn bytes(&self, place: u64) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..3].copy_from_slice(&SIGN);
        bytes[3] = self.kind;
        bytes[4..8].copy_from_slice(&self.length.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.sum.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.segment.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.from.to_le_bytes());
        bytes[28..36].copy_from_slice(&self.chain.to_bytes());
        bytes[36..40].copy_from_slice(&self.events.to_le_bytes());
        let sum = checksum::of_bytes(&bytes[..40], &place.to_string());
        bytes[40..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// None where no head stands at this place, or one that isn't whole.
    pub(super) fn read(bytes: &[u8; HEAD], place: u64) -> Option<Head> {
        let mut rest = Rest(bytes);
        if rest.array()? != SIGN {
            return None;
        }
        let [kind] = rest.array()?;
        let head = Head {
            kind,
            length: u32::from_le_bytes(rest.array()?),
            sum: u32::from_le_bytes(rest.array()?),
            segment: u64::from_le_bytes(rest.array()?),
            from: u64::from_le_bytes(rest.array()?),
            chain: Chain::from_bytes(rest.array()?),
            events: u32::from_le_bytes(rest.array()?),
        };
        let is_whole = head.bytes(place) == *bytes;
        let is_bearable = head.segment <= GREATEST && head.from <= head.segment;
        (is_whole && is_bearable).then_some(head)
    }

    /// The first number that it stands for.
    pub(super) fn first(&self) -> u64 {
        match self.kind {
            PAGED => self.from,
            _ => self.segment,
        }
    }

    /// The first number that it makes void, where it does.
    pub(super) fn voids(&self) -> Option<u64> {
        matches!(self.kind, EMPTIED | RESTORED | TAKEN_BACK).then_some(self.from)
    }
}
