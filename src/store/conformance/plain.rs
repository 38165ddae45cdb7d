//! A store as most tests ask it: for the history of the moment, and for all that there is up to a
//! limit, in however many pages a store gives it.

use std::ops::ControlFlow;

use crate::core::{
    ExpectedVersion, NewEvent, Position, RecordedEvent, StreamHead, StreamId, Version,
};
use crate::store::ImportError;
use crate::store::{AppendError, EventStore, ImportStore, StoreError};
use crate::target::MaybeSend;

/// What [`EventStore`] does, without histories and pages.
pub trait Plain: EventStore {
    /// Appends in the history of the moment.
    fn record(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, AppendError>> + MaybeSend {
        async move {
            let history = match expected {
                ExpectedVersion::Exact(_) => Some(self.last_position().await?.history),
                _ => None,
            };
            self.append(stream, expected, history, events).await
        }
    }

    /// So many events of a stream after a version, where there are as many.
    fn stream_events(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, StoreError>> + MaybeSend {
        async move {
            let mut events: Vec<RecordedEvent> = Vec::new();
            loop {
                let after = events.last().map_or(after, |event| event.version);
                let left = limit - events.len();
                let page = self.read_stream(stream, after, left, None).await?;
                if page.items.is_empty() {
                    return Ok(events);
                }
                events.extend(page.items);
            }
        }
    }

    /// So many events of the store after a position, where there are as many.
    fn all_events(
        &self,
        after: Position,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, StoreError>> + MaybeSend {
        async move {
            let mut events: Vec<RecordedEvent> = Vec::new();
            loop {
                let after = events.last().map_or(after, |event| event.position);
                let page = self.read_all(after, limit - events.len(), None).await?;
                if page.items.is_empty() {
                    return Ok(events);
                }
                events.extend(page.items);
            }
        }
    }

    /// So many streams after one, where there are as many.
    fn all_heads(
        &self,
        after: Option<&StreamId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<StreamHead>, StoreError>> + MaybeSend {
        async move {
            let mut heads: Vec<StreamHead> = Vec::new();
            loop {
                let after = heads.last().map(|head| &head.stream).or(after);
                let page = self.streams(after, limit - heads.len(), None).await?;
                if page.items.is_empty() {
                    return Ok(heads);
                }
                heads.extend(page.items);
            }
        }
    }

    /// The version of a stream's last event.
    fn version_of(
        &self,
        stream: &StreamId,
    ) -> impl Future<Output = Result<Version, StoreError>> + MaybeSend {
        async move { Ok(self.head(stream).await?.place) }
    }

    /// The position of the last event.
    fn end(&self) -> impl Future<Output = Result<Position, StoreError>> + MaybeSend {
        async move { Ok(self.last_position().await?.place) }
    }

    /// Waits for what comes after a position, in whatever history.
    fn changed_after(
        &self,
        after: Position,
    ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend {
        self.changed(after, None)
    }
}

impl<S: EventStore + ?Sized> Plain for S {}

/// What [`ImportStore`] does, without histories.
pub trait PlainImport: ImportStore {
    /// Imports into the history of the moment.
    fn take_in(
        &self,
        after: Position,
        events: &[RecordedEvent],
        progress: impl FnMut(usize) -> ControlFlow<()> + MaybeSend,
    ) -> impl Future<Output = Result<(), ImportError>> + MaybeSend {
        let imported = self.import(after, None, events, progress);
        async { imported.await.map(drop) }
    }
}

impl<S: ImportStore + ?Sized> PlainImport for S {}
