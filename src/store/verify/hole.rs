//! Versions that a stream has no readable event for, and which of them a damaged record accounts
//! for: a damaged record is one fault, not two.

use crate::core::{Position, StreamId, Version};
use crate::store::Damaged;

/// Versions without a readable event, and the positions between which they must have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) stream: StreamId,
    pub(super) first: Version,
    pub(super) last: Version,
    /// The position of the event before, 0 where there is none.
    pub(super) after: Position,
    /// The position of the event after, the greatest there is where there is none.
    pub(super) before: Position,
}

impl Hole {
    fn size(&self) -> u64 {
        self.last.0 - self.first.0 + 1
    }

    fn is_place_of(&self, damaged: &Lost) -> bool {
        damaged.stream.as_ref() == Some(&self.stream)
            && (self.first..=self.last).contains(&damaged.version)
            && self.after < damaged.position
            && damaged.position < self.before
    }
}

/// What a damaged record of the log says of itself.
#[derive(Clone, Debug)]
pub(super) struct Lost {
    stream: Option<StreamId>,
    version: Version,
    position: Position,
}

impl Lost {
    pub(super) fn of(damaged: &Damaged) -> Lost {
        Lost {
            stream: damaged.stream.clone(),
            version: damaged.version,
            position: damaged.position,
        }
    }
}

/// The holes that no damaged record accounts for. Both come in the order of the log, and
/// `of_stream` answers which holes are a stream's.
///
/// A record fills the hole that it names; one that names none, since its name is what is damaged,
/// fills one that its position lies in. Where that leaves a hole open, and yet each hole can be
/// given a record by position alone, the names are what misled.
pub(super) fn unexplained<'a>(
    holes: &[Hole],
    lost: &[Lost],
    of_stream: impl Fn(&StreamId) -> &'a [usize],
) -> Vec<Hole> {
    // The versions of each hole that are filled, in their order.
    let mut filled: Vec<Vec<Version>> = vec![Vec::new(); holes.len()];
    let mut free = Vec::new();
    for record in lost {
        let of_stream = record.stream.as_ref().map_or(&[][..], &of_stream);
        // The holes of a stream lie one after the other, in the order of versions too.
        let next = of_stream.partition_point(|&index| holes[index].last < record.version);
        let named = of_stream
            .get(next)
            .filter(|&&index| holes[index].is_place_of(record));
        if let Some(&index) = named
            && let Err(at) = filled[index].binary_search(&record.version)
        {
            filled[index].insert(at, record.version);
        } else {
            free.push(record.position);
        }
    }
    let missing = |index: usize| holes[index].size() - filled[index].len() as u64;
    let open = fill(holes, missing, &free);
    if open.is_empty() {
        return Vec::new();
    }
    let all: Vec<Position> = lost.iter().map(|record| record.position).collect();
    if fill(holes, |index| holes[index].size(), &all).is_empty() {
        return Vec::new();
    }
    let mut unexplained = Vec::new();
    for index in open {
        rest(&holes[index], &filled[index], &mut unexplained);
    }
    unexplained
}

/// Gives each hole records that lie in it, as many as it misses; answers with those that stay
/// open. Taking the hole that ends first, and for it the first record, leaves the fewest open.
fn fill(holes: &[Hole], missing: impl Fn(usize) -> u64, records: &[Position]) -> Vec<usize> {
    let mut open = Vec::new();
    // From each record to one that may be free: itself, or one further on.
    let mut free: Vec<usize> = (0..=records.len()).collect();
    for (index, hole) in holes.iter().enumerate() {
        let mut record = records.partition_point(|&position| position <= hole.after);
        for _ in 0..missing(index) {
            while free[record] != record {
                free[record] = free[free[record]];
                record = free[record];
            }
            if records.get(record).is_none_or(|&at| at >= hole.before) {
                open.push(index);
                break;
            }
            free[record] = record + 1;
        }
    }
    open
}

/// Adds the parts of a hole that weren't filled.
fn rest(hole: &Hole, filled: &[Version], parts: &mut Vec<Hole>) {
    let mut first = hole.first;
    for end in filled.iter().copied().chain([hole.last.next()]) {
        if first < end {
            parts.push(Hole {
                stream: hole.stream.clone(),
                first,
                last: end.previous(),
                ..*hole
            });
        }
        first = end.next();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn stream(id: &str) -> Option<StreamId> {
        StreamId::new("account", id).ok()
    }

    fn hole(id: &str, versions: [u64; 2], between: [u64; 2]) -> Hole {
        let ([first, last], [after, before]) = (versions.map(Version), between.map(Position));
        let stream = stream(id).unwrap();
        Hole {
            stream,
            first,
            last,
            after,
            before,
        }
    }

    fn lost(id: &str, version: u64, position: u64) -> Lost {
        Lost {
            stream: stream(id),
            version: Version(version),
            position: Position(position),
        }
    }

    fn unexplained(mut holes: Vec<Hole>, lost: &[Lost]) -> Vec<Hole> {
        holes.sort_by_key(|hole| hole.before);
        let mut of_stream: HashMap<&StreamId, Vec<usize>> = HashMap::new();
        for (index, hole) in holes.iter().enumerate() {
            of_stream.entry(&hole.stream).or_default().push(index);
        }
        super::unexplained(&holes, lost, |stream| {
            of_stream.get(stream).map_or(&[], Vec::as_slice)
        })
    }

    #[test]
    fn a_hole_without_a_damaged_record_stays_open() {
        let holes = vec![hole("ada", [3, 4], [5, 9])];
        assert_eq!(unexplained(holes.clone(), &[]), holes);
        let outside = [lost("ada", 3, 5), lost("ada", 3, 9), lost("ada", 3, 12)];
        assert_eq!(unexplained(holes.clone(), &outside), holes);
    }

    #[test]
    fn a_damaged_record_fills_the_version_that_it_names() {
        let holes = vec![hole("ada", [3, 6], [5, 20])];
        assert_eq!(
            unexplained(holes, &[lost("ada", 4, 8)]),
            [hole("ada", [3, 3], [5, 20]), hole("ada", [5, 6], [5, 20])]
        );
    }

    #[test]
    fn a_damaged_record_that_names_no_hole_fills_the_one_that_it_lies_in() {
        let holes = vec![hole("ada", [3, 3], [5, 9]), hole("ben", [1, 1], [0, 7])];
        let renamed = [lost("", 0, 2), lost("abe", 3, 8)];
        assert_eq!(unexplained(holes, &renamed), []);
    }

    #[test]
    fn an_event_that_is_gone_is_named_though_another_stream_is_damaged_beside_it() {
        let gone = hole("ada", [3, 3], [5, 9]);
        let holes = vec![gone.clone(), hole("ben", [1, 1], [0, 8])];
        assert_eq!(unexplained(holes, &[lost("ben", 1, 7)]), [gone]);
    }

    #[test]
    fn records_whose_damaged_names_point_at_each_others_holes_fill_both() {
        // The record of ben's version 1, at 2, says that it is ada's 3; hers, at 8, says nothing.
        let holes = vec![hole("ada", [3, 3], [1, 9]), hole("ben", [1, 1], [0, 5])];
        assert_eq!(unexplained(holes, &[lost("ada", 3, 2), lost("", 0, 8)]), []);
    }
}
