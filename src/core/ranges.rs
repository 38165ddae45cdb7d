//! Ranges of positions, as a few numbers for however many events.

use super::Position;

/// Ranges of positions that neither meet nor touch, the lowest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PositionRanges(Vec<(Position, Position)>);

impl PositionRanges {
    /// None.
    pub const NONE: PositionRanges = PositionRanges(Vec::new());

    /// The one from a position to another, both within it; none where the second is the lower one.
    #[must_use]
    pub fn one(first: Position, last: Position) -> PositionRanges {
        let mut ranges = PositionRanges::NONE;
        ranges.add(first, last);
        ranges
    }

    /// Adds the positions from one to another. What it meets or touches becomes one with it.
    pub fn add(&mut self, first: Position, last: Position) {
        if last < first {
            return;
        }
        // Those before it end two or more below it; those after it begin two or more above it.
        let before = |(_, end): &(Position, Position)| end.0.saturating_add(1) < first.0;
        let from = self.0.partition_point(before);
        let met = |(start, _): &(Position, Position)| start.0 <= last.0.saturating_add(1);
        let to = from + self.0[from..].partition_point(met);
        let (mut first, mut last) = (first, last);
        for (start, end) in &self.0[from..to] {
            first = first.min(*start);
            last = last.max(*end);
        }
        self.0.splice(from..to, [(first, last)]);
    }

    /// Whether a position is in one of them.
    #[must_use]
    pub fn holds(&self, position: Position) -> bool {
        let next = self.0.partition_point(|(_, last)| *last < position);
        self.0
            .get(next)
            .is_some_and(|(first, _)| *first <= position)
    }

    /// What of them is from a position to another.
    #[must_use]
    pub fn within(&self, first: Position, last: Position) -> PositionRanges {
        let from = self.0.partition_point(|(_, end)| *end < first);
        let meets = self.0[from..]
            .iter()
            .take_while(|(start, _)| *start <= last);
        PositionRanges(
            meets
                .map(|(start, end)| ((*start).max(first), (*end).min(last)))
                .collect(),
        )
    }

    /// Leaves out all from a position on.
    pub fn cut(&mut self, from: Position) {
        self.0.retain(|(first, _)| *first < from);
        if let Some((_, last)) = self.0.last_mut() {
            *last = (*last).min(Position(from.0.saturating_sub(1)));
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first and the last position of each.
    pub fn iter(&self) -> impl Iterator<Item = (Position, Position)> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn of(ranges: &PositionRanges) -> BTreeSet<u64> {
        ranges
            .iter()
            .flat_map(|(first, last)| first.0..=last.0)
            .collect()
    }

    proptest! {
        #[test]
        fn ranges_hold_what_was_added_and_stay_apart(
            added in prop::collection::vec((0_u64..60, 0_u64..60), 0..12),
            (first, last, cut) in (0_u64..60, 0_u64..60, 0_u64..60),
        ) {
            let (mut ranges, mut all) = (PositionRanges::NONE, BTreeSet::new());
            for (first, last) in added {
                ranges.add(Position(first), Position(last));
                all.extend(first..=last);
            }
            prop_assert_eq!(of(&ranges), all.clone());
            let ends: Vec<_> = ranges.iter().collect();
            prop_assert!(ends.windows(2).all(|two| two[0].1.0 + 1 < two[1].0.0));
            prop_assert!((0..60).all(|p| ranges.holds(Position(p)) == all.contains(&p)));
            let within = ranges.within(Position(first), Position(last));
            prop_assert_eq!(
                of(&within),
                all.iter().copied().filter(|p| (first..=last).contains(p)).collect()
            );
            ranges.cut(Position(cut));
            prop_assert_eq!(of(&ranges), all.into_iter().filter(|p| *p < cut).collect());
        }
    }
}
