//! What a store holds, as far as an import has to know it.

use std::collections::HashMap;

use super::seen::{Content, Seen};
use super::sources::Sources;
use super::threads::{Thread, thread};
use crate::core::{Position, RecordedEvent, StreamId, Version};

/// What a store holds, as far as an import has to know it. It is shown the whole store, and then
/// begins to plan.
#[derive(Clone, Debug, Default)]
pub struct Planner {
    pub(super) streams: HashMap<StreamId, Thread>,
    pub(super) events: Seen,
    /// By the number of their stream.
    pub(super) holes: HashMap<(u32, Version), Position>,
    pub(super) last_position: Position,
    pub(super) sources: Sources,
}

impl Planner {
    /// For a store of which nothing has been shown.
    #[must_use]
    pub fn new() -> Planner {
        Planner::default()
    }

    /// The same for models of these aggregate types. Of any other, `/shop` and `shop` are two: the one that
    /// comes first in the log is called `shop`, the other `shop (source /shop)`.
    #[must_use]
    pub fn with_models(models: impl IntoIterator<Item = String>) -> Planner {
        Planner {
            sources: Sources::of_models(models),
            ..Planner::default()
        }
    }

    /// Shows it an event of the store. It needs all of them, in any order.
    pub fn observe(&mut self, event: &RecordedEvent) {
        self.last_position = self.last_position.max(event.position);
        let new = self.streams.len();
        let thread = thread(&mut self.streams, &event.stream, || Thread::new(new));
        thread.head = event.version.max(thread.head);
        if event.is_hole() {
            let place = (thread.number, event.version);
            self.holes.insert(place, event.position);
            return;
        }
        let content = Content::of_event(event, thread.number, 0);
        self.sources.observe(event);
        self.events.add(event.event_id, content);
    }

    /// The last position that it was shown, 0 where there was none.
    #[must_use]
    pub fn last_position(&self) -> Position {
        self.last_position
    }
}
