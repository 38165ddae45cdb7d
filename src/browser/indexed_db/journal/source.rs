//! What a database is compared with, and restored from: the journal, or that of the releases before.

use uuid::Uuid;

use super::claims::Claims;
use super::file::Held;
use super::first::First;
use super::walked::Walked;
use crate::log::Chain;
use crate::log::journal::{Emptying, Entry};

#[derive(Clone, Copy)]
pub(in super::super) enum Source<'a> {
    Journal(&'a Held),
    /// The journal, where it is noted elsewhere what emptied its log last.
    Emptied(&'a Held, Emptying),
    First(&'a First),
}

impl Source<'_> {
    /// The store that it is a copy of; nil where that isn't known.
    pub(super) fn store(self) -> Uuid {
        match self {
            Source::Journal(held) | Source::Emptied(held, _) => held.mark().store,
            Source::First(first) => first.store,
        }
    }

    /// The number of its last segment.
    pub(super) fn segment(self) -> u64 {
        match self {
            Source::Journal(held) | Source::Emptied(held, _) => held.mark().tail.segment,
            Source::First(first) => first.tail.segment,
        }
    }

    /// How many events its entries hold.
    pub(super) fn events(self) -> u64 {
        match self {
            Source::Journal(held) | Source::Emptied(held, _) => held.mark().tail.events,
            Source::First(first) => first.tail.events,
        }
    }

    /// What it is known to have held.
    pub(super) fn claims(self) -> Claims {
        match self {
            Source::Journal(held) | Source::Emptied(held, _) => held.claims(),
            Source::First(_) => Claims {
                segment: self.segment(),
                events: self.events(),
                last: 0,
            },
        }
    }

    /// The chain that it ends with, where that is known.
    pub(super) fn chain(self) -> Option<Chain> {
        match self {
            Source::Journal(held) | Source::Emptied(held, _) => {
                Some(held.mark().tail.chain).filter(|chain| *chain != Chain::START)
            }
            Source::First(_) => None,
        }
    }

    /// Hands over its entries; answers what was met besides.
    pub(super) async fn entries(
        self,
        take: impl AsyncFnMut(Entry<'_>) -> Result<(), String>,
    ) -> Result<Walked, String> {
        match self {
            Source::Journal(held) => held.entries(take).await,
            Source::Emptied(held, emptying) => {
                let mut walked = held.entries(take).await?;
                walked.was_emptied(emptying);
                Ok(walked)
            }
            Source::First(first) => first.entries(take).await,
        }
    }
}

/// What is done with what can be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Mending {
    /// It is counted.
    Counts,
    /// It is mended.
    Mends,
}
