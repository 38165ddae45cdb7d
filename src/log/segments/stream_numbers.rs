//! Streams in the order in which they are met.

use std::collections::HashMap;

use crate::core::StreamId;

/// Numbers streams from 0, in the order in which they are first met.
#[derive(Debug, Default)]
pub struct StreamNumbers<'a>(HashMap<&'a StreamId, usize>);

impl<'a> StreamNumbers<'a> {
    /// The number of a stream; the next one for a stream that is new.
    pub fn of(&mut self, stream: &'a StreamId) -> usize {
        let next = self.0.len();
        *self.0.entry(stream).or_insert(next)
    }
}
