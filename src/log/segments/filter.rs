//! Which ids the events of a segment may have, in two bytes an event: a Bloom filter ("Space/time trade-offs
//! in hash coding with allowable errors", 1970), whose bits are chosen by double hashing (Kirsch and
//! Mitzenmacher, 2006). What it denies isn't there; one in some two thousand ids that aren't there it takes
//! for one that may be, and that is looked up.
//!
//! The form is ours, since what is stored is to be read by all releases to come: one byte, 1; then the bits,
//! 16 for each event and 512 at least, the lowest of each byte first. Of an id's 16 bytes XXH64 with the seed 0
//! gives two halves of 32 bits. The lower one, and then ten times the sum of what came before and the upper one
//! with its last bit set, each as a fraction of 2^32 of all bits, say which.

use twox_hash::XxHash64;

use crate::core::{EventId, RecordedEvent};

/// Which form the bytes have.
const FORM: u8 = 1;

/// So many bytes for each event.
const BYTES: usize = 2;

/// So many bytes at least: among very few bits, chance has too much to say.
const LEAST: usize = 64;

/// So many bits are set for each.
const PROBES: u32 = 11;

/// Which ids the events of a segment may have.
#[derive(Clone, PartialEq, Eq)]
pub struct Filter(Vec<u8>);

impl Filter {
    /// Of all events of a segment; none where some are holes: who appends behind those has to meet them.
    #[must_use]
    pub fn of(events: &[RecordedEvent]) -> Option<Filter> {
        if events.iter().any(RecordedEvent::is_hole) {
            return None;
        }
        let mut bytes = vec![0; 1 + LEAST.max(events.len() * BYTES)];
        bytes[0] = FORM;
        let mut filter = Filter(bytes);
        for event in events {
            for (at, bit) in filter.bits(event.event_id) {
                filter.0[at] |= bit;
            }
        }
        Some(filter)
    }

    /// Whether an event of the segment may have this id.
    #[must_use]
    pub fn may_hold(&self, id: EventId) -> bool {
        let mut bits = self.bits(id);
        bits.all(|(at, bit)| self.0[at] & bit != 0)
    }

    /// As bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The filter that these are the bytes of; none where they are of another form, or too few.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Filter> {
        let is_one = bytes.first() == Some(&FORM) && bytes.len() > LEAST;
        is_one.then_some(Filter(bytes))
    }

    /// Which bits stand for an id: the byte and the bit in it.
    fn bits(&self, id: EventId) -> impl Iterator<Item = (usize, u8)> + use<> {
        let count = (self.0.len() as u64 - 1) * 8;
        let hash = XxHash64::oneshot(0, id.0.as_bytes());
        let (first, step) = (hash as u32, (hash >> 32) as u32 | 1);
        (0..PROBES).map(move |number| {
            let fraction = first.wrapping_add(number.wrapping_mul(step));
            // Below the count, which is far below 2^32.
            let bit = (u64::from(fraction) * count) >> 32;
            (1 + (bit >> 3) as usize, 1 << (bit & 7))
        })
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Filter({} bytes)", self.0.len())
    }
}
