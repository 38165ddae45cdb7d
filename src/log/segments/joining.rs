//! Which old segments are to be joined, and what an index knows once they are: many small ones that
//! lie beside each other become one whose events are in pages by stream.

use super::index::{Index, Part, Segment};
use super::run::Run;
use crate::core::Version;

/// So many of the newest numbers are never joined, so that what was done last can be read in the
/// storage inspector, and so that whoever knew the end of the log a moment ago finds the next taken.
pub const NEWEST: u64 = 256;

/// So many segments at most become one: they are read anew for it, some 50 µs each.
const MOST_SEGMENTS: usize = 1_024;

/// So many events at most, so that no step keeps the page busy for long.
const MOST_EVENTS: u64 = 4_096;

/// So many are joined where no more can come to them, because something else follows.
const ENOUGH: usize = 256;

impl Index {
    /// The oldest segments with numbers above one that are to be joined: several that lie beside
    /// each other and hold their events themselves. None while there are too few.
    #[must_use]
    pub fn to_join(&self, after: u64) -> Option<&[Segment]> {
        let newest = self.last_segment.saturating_sub(NEWEST);
        let place = |number| self.segments.partition_point(|s| s.number <= number);
        let mut old = self.segments.get(place(after)..place(newest))?;
        while let Some(first) = old.first() {
            let beside = old
                .iter()
                .zip(first.number..)
                .take_while(|(segment, number)| segment.number == *number && segment.pages == 0)
                .count();
            let within =
                |segment: &&Segment| segment.last.0.saturating_sub(first.first.0) < MOST_EVENTS;
            let fits = old[..beside].iter().take(MOST_SEGMENTS).take_while(within);
            let fits = fits.count();
            let is_full = fits < beside || fits == MOST_SEGMENTS;
            if (is_full && fits > 1) || (beside < old.len() && fits >= ENOUGH) {
                return Some(&old[..fits]);
            }
            if !is_full && beside == old.len() {
                return None;
            }
            old = &old[fits.max(1)..];
        }
        None
    }

    /// Whether these segments are there as they are.
    #[must_use]
    pub fn holds(&self, segments: &[Segment]) -> bool {
        let Some(first) = segments.first() else {
            return true;
        };
        let at = self.segments.partition_point(|s| s.number < first.number);
        self.segments[at..].starts_with(segments)
    }

    /// Takes in that segments were joined to one, with what is in each of its pages.
    pub fn join(&mut self, joined: Segment, runs: impl IntoIterator<Item = (u32, Run)>) {
        let from = self.segments.partition_point(|s| s.number < joined.from);
        let to = self.segments.partition_point(|s| s.number <= joined.number);
        self.segments.drain(from..to);
        self.segments.insert(from, joined);
        let count = self.counts.drain(from..to).fold(0, u64::saturating_add);
        self.counts.insert(from, count);
        for (page, run) in runs {
            if let Some(thread) = self.streams.get_mut(&run.stream) {
                let end = Version(run.first.0 + run.count);
                let from = thread.parts.partition_point(|part| part.first < run.first);
                let to = thread.parts.partition_point(|part| part.first < end);
                let part = Part {
                    segment: joined.number,
                    page,
                    first: run.first,
                };
                thread.parts.drain(from..to);
                thread.parts.insert(from, part);
            }
        }
    }
}
