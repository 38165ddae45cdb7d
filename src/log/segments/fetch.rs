//! What a reader asks the storage for: segments and pages that lie beside each other.

use super::run::INLINE;

/// What a reader asks the storage for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// The segments with numbers from one to another: nothing else lies between.
    Segments {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The pages of a segment from one to another.
    Pages {
        /// The segment.
        segment: u64,
        /// The first.
        from: u32,
        /// The last.
        to: u32,
    },
}

impl Fetch {
    /// How many records it is.
    #[must_use]
    pub fn records(&self) -> u64 {
        match *self {
            Fetch::Segments { from, to } => to - from + 1,
            Fetch::Pages { from, to, .. } => u64::from(to - from) + 1,
        }
    }

    /// The first of it, so many records at most and one at least, and what is left.
    #[must_use]
    pub fn first(self, records: u32) -> (Fetch, Option<Fetch>) {
        let more = records.max(1) - 1;
        match self {
            Fetch::Segments { from, to } => {
                let last = to.min(from.saturating_add(more.into()));
                let rest = (last < to).then(|| Fetch::Segments { from: last + 1, to });
                (Fetch::Segments { from, to: last }, rest)
            }
            Fetch::Pages { segment, from, to } => {
                let last = to.min(from.saturating_add(more));
                let rest = Fetch::Pages {
                    segment,
                    from: last.saturating_add(1),
                    to,
                };
                let first = Fetch::Pages {
                    segment,
                    from,
                    to: last,
                };
                (first, (last < to).then_some(rest))
            }
        }
    }
}

/// Adds a page, or what stands in a segment, to what is fetched: as one fetch with its neighbour where
/// it can.
pub(super) fn join(fetches: &mut Vec<Fetch>, segment: u64, page: u32) {
    match fetches.last_mut() {
        Some(Fetch::Segments { to, .. }) if page == INLINE && *to + 1 == segment => *to = segment,
        Some(Fetch::Pages {
            segment: same, to, ..
        }) if *same == segment && *to + 1 == page => *to = page,
        _ if page == INLINE => fetches.push(Fetch::Segments {
            from: segment,
            to: segment,
        }),
        _ => fetches.push(Fetch::Pages {
            segment,
            from: page,
            to: page,
        }),
    }
}
