//! The events that fill holes of earlier entries.

use super::{Body, Entry, Void};
use crate::core::RecordedEvent;
use crate::log::segments::{Unreadable, pack, unpack};

/// The events that fill holes, of the entries of a journal that were read, each with the number of the
/// segment that says so.
#[derive(Clone, Debug, Default)]
pub struct Fills(Vec<(u64, Vec<RecordedEvent>)>);

impl Fills {
    /// Takes in those of an entry, if it has any. Entries come in the order of their numbers.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn take(&mut self, entry: &Entry<'_>) -> Result<(), Unreadable> {
        if let Body::Turn(_, fills) = &entry.body
            && !fills.is_empty()
        {
            self.0.push((entry.segment, unpack(fills)?));
        }
        Ok(())
    }

    /// Puts events in the places of the holes of a segment, as the segments after it say that are there.
    pub fn fill(&self, segment: u64, void: &Void, events: &mut [RecordedEvent]) {
        let later = self
            .0
            .iter()
            .filter(|(number, _)| *number > segment && !void.holds(*number));
        for fill in later.flat_map(|(_, fills)| fills) {
            if let Some(hole) = events.iter_mut().find(|hole| fill.fills(hole)) {
                *hole = fill.clone();
            }
        }
    }

    /// An entry as the log holds it once its holes are filled.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn filled<'a>(&self, entry: Entry<'a>, void: &Void) -> Result<Entry<'a>, Unreadable> {
        if self.0.iter().all(|(number, _)| *number <= entry.segment) {
            return Ok(entry);
        }
        let mut entry = entry;
        let pages = match &mut entry.body {
            Body::Inline { packed } => std::slice::from_mut(packed),
            Body::Paged { pages, .. } => &mut pages[..],
            Body::Turn(..) => &mut [],
        };
        for packed in pages {
            let mut events = unpack(packed)?;
            self.fill(entry.segment, void, &mut events);
            *packed = pack(&events.iter().collect::<Vec<_>>()).into();
        }
        Ok(entry)
    }
}
