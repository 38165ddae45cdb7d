//! How the events of an append are laid out: few stand in their segment, many are in pages by stream, as
//! those of an import are, so that they are read as fast.

use std::ops::Range;

use idb::ObjectStore;

use super::codec;
use super::log::in_page;
use super::transaction::Fault;
use crate::core::RecordedEvent;
use crate::log::Chain;
use crate::log::segments::{
    Filter, INLINE, INLINE_EVENTS, Page, Portion, Run, Segment, paginate, runs_of, text_size,
};

/// What stands in a segment with so many events is never joined with others, and so never laid out later.
const MOST_INLINE: usize = 4_096;

/// Nor stand more bytes in one, so that 64 records are what a read may take at once.
pub(super) const INLINE_BYTES: usize = 1 << 20;

/// Events that were laid out in one segment.
pub(super) struct Laid {
    pub(super) segment: Segment,
    /// The chain of the log with it.
    pub(super) chain: Chain,
    /// Which of the events.
    pub(super) at: Range<usize>,
    /// What is in each of its pages, or in itself.
    pub(super) runs: Vec<(u32, Run)>,
}

impl Laid {
    pub(super) fn of(
        segment: Segment,
        chain: Chain,
        at: Range<usize>,
        events: &[RecordedEvent],
        pages: &[Page],
    ) -> Laid {
        let runs = match pages {
            [] => in_page(INLINE, runs_of(&events.iter().collect::<Vec<_>>())).collect(),
            pages => {
                let runs = (0..).zip(pages);
                let runs = runs.flat_map(|(number, page)| in_page(number, page.runs.clone()));
                runs.collect()
            }
        };
        Laid {
            segment,
            chain,
            at,
            runs,
        }
    }
}

/// Puts the filter of a segment beside its pages; nothing where it has none.
pub(super) fn put_filter(
    pages: &ObjectStore,
    segment: &Segment,
    events: &[RecordedEvent],
) -> Result<(), Fault> {
    if let Some(filter) = Filter::of(events) {
        let record = codec::filter(segment, &filter)?;
        pages.put(&record, None)?;
    }
    Ok(())
}

/// Whether appends with so many events each, which are these together, go in pages: they are many, or great.
pub(super) fn is_great(sizes: impl Iterator<Item = usize>, events: &[RecordedEvent]) -> bool {
    let greatest = sizes.max().unwrap_or(0);
    greatest > INLINE_EVENTS
        || events.len() > MOST_INLINE
        || events.iter().map(text_size).sum::<usize>() > INLINE_BYTES
}

/// The events of each segment, and its pages: one segment, unless that were more than a read may take.
pub(super) fn lay_out(events: &[RecordedEvent], in_pages: bool) -> Vec<(Range<usize>, Vec<Page>)> {
    if !in_pages {
        return vec![(0..events.len(), Vec::new())];
    }
    let mut laid = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (index, event) in events.iter().enumerate() {
        let size = text_size(event);
        if bytes + size > Portion::BYTES && index > from {
            laid.push((from..index, paginate(&events[from..index])));
            (from, bytes) = (index, 0);
        }
        bytes += size;
    }
    laid.push((from..events.len(), paginate(&events[from..])));
    laid
}
