//! Where holes go: which versions are missing, and which positions are free for them.

use std::collections::HashMap;

use crate::core::{Position, StreamId, Version};

/// The most holes that an export writes, or that an import makes where a file has no lines for them.
pub const MOST_HOLES: u64 = 1_000_000;

/// Versions of a stream that are missing, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    pub(super) stream: StreamId,
    pub(super) first: Version,
    pub(super) last: Version,
    /// The position of the event of the stream before them, 0 where there is none.
    pub(super) after: Position,
    /// That of the event after them, the greatest there is where there is none.
    pub(super) before: Position,
    /// Where in the file it shows that they are missing.
    pub(super) at: u64,
}

impl Missing {
    pub(super) fn count(&self) -> u64 {
        self.last.0 - self.first.0 + 1
    }
}

/// A position that was found for a hole, and where in the file it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) at: u64,
    pub(super) position: Position,
}

/// The positions that no event of a file has.
#[derive(Debug, Default)]
pub(super) struct Free {
    /// In the order of their positions.
    spans: Vec<Span>,
    /// From a position that was taken to one that may be free.
    taken: HashMap<u64, u64>,
}

#[derive(Debug)]
struct Span {
    at: u64,
    first: u64,
    last: u64,
}

impl Free {
    /// Adds those between two events that follow one another. What doesn't lie behind all that was
    /// added before is left out: the positions of such a log don't grow.
    pub(super) fn add(&mut self, at: u64, after: Position, before: Position) {
        let (first, last) = (after.0.saturating_add(1), before.0.saturating_sub(1));
        if first <= last && self.spans.last().is_none_or(|span| span.last < first) {
            self.spans.push(Span { at, first, last });
        }
    }

    /// Takes the lowest between these two.
    fn take(&mut self, after: Position, before: Position) -> Option<Spot> {
        let mut position = after.0.checked_add(1)?;
        loop {
            position = self.next(position);
            let span = self.spans.partition_point(|span| span.last < position);
            let span = self.spans.get(span)?;
            if position < span.first {
                position = span.first;
                continue;
            }
            let spot = Spot {
                at: span.at,
                position: Position(position),
            };
            if position >= before.0 {
                return None;
            }
            self.taken.insert(position, position + 1);
            return Some(spot);
        }
    }

    /// Takes this one, where it is free.
    fn take_at(&mut self, position: Position) -> Option<Spot> {
        let before = Position(position.0.saturating_add(1));
        self.take(Position(position.0.checked_sub(1)?), before)
    }

    /// The first from here on that wasn't taken.
    fn next(&mut self, from: u64) -> u64 {
        let mut end = from;
        while let Some(next) = self.taken.get(&end) {
            end = *next;
        }
        let mut at = from;
        while at < end {
            at = self.taken.insert(at, end).unwrap_or(end);
        }
        end
    }
}

/// Finds a place for each missing version: where `named` says that one stood, if it can have stood
/// there, or else the lowest position that is free for it; none where there is none. In the order of
/// `missing`, and within each of versions.
pub(super) fn allot(
    missing: &[Missing],
    free: &mut Free,
    named: impl Fn(&StreamId, Version) -> Option<Position>,
) -> Vec<Vec<Option<Spot>>> {
    // What stood somewhere first, so that no other takes its place.
    let mut spots: Vec<Vec<Option<Spot>>> = Vec::with_capacity(missing.len());
    for range in missing {
        let mut after = range.after;
        let of_range = (range.first.0..=range.last.0).map(|version| {
            let said = named(&range.stream, Version(version))?;
            let spot = (after < said && said < range.before).then(|| free.take_at(said))??;
            after = said;
            Some(spot)
        });
        spots.push(of_range.collect());
    }
    // Those that have to end first choose first: so the fewest are left without.
    let mut order: Vec<(Position, usize, usize)> = Vec::new();
    for (index, (range, spots)) in missing.iter().zip(&spots).enumerate() {
        let mut before = range.before;
        for (place, spot) in spots.iter().enumerate().rev() {
            match spot {
                Some(spot) => before = spot.position,
                None => order.push((before, index, place)),
            }
        }
    }
    order.sort_unstable();
    for (before, index, place) in order {
        let earlier = spots[index][..place].iter().rev().flatten().next();
        let after = earlier.map_or(missing[index].after, |spot| spot.position);
        spots[index][place] = free.take(after, before);
    }
    spots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(id: &str, versions: [u64; 2], between: [u64; 2]) -> Missing {
        let ([first, last], [after, before]) = (versions.map(Version), between.map(Position));
        Missing {
            stream: StreamId::new("account", id).unwrap(),
            first,
            last,
            after,
            before,
            at: 0,
        }
    }

    /// The positions that are given, with these free between events.
    fn given(
        missing: &[Missing],
        spans: &[[u64; 2]],
        named: &[(&str, u64, u64)],
    ) -> Vec<Vec<Option<u64>>> {
        let mut free = Free::default();
        for (at, [after, before]) in (0..).zip(spans) {
            free.add(at, Position(*after), Position(*before));
        }
        let named = |stream: &StreamId, version: Version| {
            let of = named
                .iter()
                .find(|(id, of, _)| *id == stream.aggregate_id() && *of == version.0);
            of.map(|(_, _, position)| Position(*position))
        };
        let spots = allot(missing, &mut free, named);
        let position = |spot: Option<Spot>| spot.map(|spot| spot.position.0);
        let each = |spots: Vec<Option<Spot>>| spots.into_iter().map(position).collect();
        spots.into_iter().map(each).collect()
    }

    #[test]
    fn each_version_gets_a_position_between_its_neighbours_in_their_order() {
        let ada = missing("ada", [2, 4], [1, 9]);
        assert_eq!(
            given(&[ada], &[[1, 4], [6, 9]], &[]),
            [[Some(2), Some(3), Some(7)]]
        );
    }

    #[test]
    fn who_has_to_end_first_chooses_first() {
        let late = missing("ada", [1, 1], [0, 9]);
        let early = missing("ben", [1, 1], [0, 4]);
        assert_eq!(
            given(&[late, early], &[[1, 3], [5, 7]], &[]),
            [[Some(6)], [Some(2)]]
        );
    }

    #[test]
    fn where_one_stood_by_its_own_word_it_stays_if_it_can_have() {
        let ada = || missing("ada", [2, 3], [1, 9]);
        let spans = [[1, 9]];
        let said = given(&[ada()], &spans, &[("ada", 3, 5)]);
        assert_eq!(said, [[Some(2), Some(5)]]);
        let said = given(&[ada()], &spans, &[("ada", 2, 12), ("ada", 3, 1)]);
        assert_eq!(said, [[Some(2), Some(3)]]);
        let in_turn = given(&[ada()], &spans, &[("ada", 2, 6), ("ada", 3, 5)]);
        assert_eq!(in_turn, [[Some(6), Some(7)]]);
    }

    #[test]
    fn where_nothing_is_free_there_is_none() {
        let ada = missing("ada", [2, 3], [1, 9]);
        assert_eq!(given(&[ada], &[[1, 3], [8, 12]], &[]), [[Some(2), None]]);
    }

    #[test]
    fn positions_that_do_not_grow_are_not_free() {
        let mut free = Free::default();
        free.add(0, Position(5), Position(8));
        free.add(1, Position(2), Position(4));
        assert_eq!(free.take(Position(0), Position(5)), None);
    }
}
