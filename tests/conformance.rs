//! The store in memory keeps what every store promises.
#![cfg(not(target_arch = "wasm32"))]

use eventloom::store::MemoryStore;
use eventloom::store::conformance::Backend;

struct Memory;

impl Backend for Memory {
    type Store = MemoryStore;

    async fn open() -> MemoryStore {
        MemoryStore::new()
    }
}

eventloom::conformance_tests!(native: Memory, pollster::block_on);

/// A store that is shared is a store, in all its parts.
mod shared {
    use std::sync::Arc;

    use eventloom::store::MemoryStore;
    use eventloom::store::conformance::Backend;

    struct Shared;

    impl Backend for Shared {
        type Store = Arc<MemoryStore>;

        async fn open() -> Arc<MemoryStore> {
            Arc::default()
        }
    }

    eventloom::conformance_tests!(native: Shared, pollster::block_on);
}

/// The suite itself takes no short page as the end.
mod one_at_a_time {
    use eventloom::store::MemoryStore;
    use eventloom::store::conformance::{Backend, OneAtATime};

    struct Sparing;

    impl Backend for Sparing {
        type Store = OneAtATime<MemoryStore>;

        async fn open() -> OneAtATime<MemoryStore> {
            OneAtATime(MemoryStore::new())
        }
    }

    eventloom::conformance_tests!(native: Sparing, pollster::block_on);
}

/// A backend can begin with appending and reading alone.
mod beginning {
    use eventloom::core::{
        ExpectedVersion, History, NewEvent, Position, RecordedEvent, StreamHead, StreamId, Version,
    };
    use eventloom::log::Chain;
    use eventloom::store::conformance::Backend;
    use eventloom::store::{AppendError, At, EventStore, MemoryStore, Page, StoreError};

    struct Beginner(MemoryStore);

    impl Backend for Beginner {
        type Store = Beginner;

        async fn open() -> Beginner {
            Beginner(MemoryStore::new())
        }
    }

    impl EventStore for Beginner {
        async fn append(
            &self,
            stream: &StreamId,
            expected: ExpectedVersion,
            history: Option<History>,
            events: &[NewEvent],
        ) -> Result<Vec<RecordedEvent>, AppendError> {
            self.0.append(stream, expected, history, events).await
        }

        async fn read_stream(
            &self,
            stream: &StreamId,
            after: Version,
            limit: usize,
            history: Option<History>,
        ) -> Result<Page<RecordedEvent>, StoreError> {
            self.0.read_stream(stream, after, limit, history).await
        }

        async fn read_all(
            &self,
            after: Position,
            limit: usize,
            history: Option<History>,
        ) -> Result<Page<RecordedEvent>, StoreError> {
            self.0.read_all(after, limit, history).await
        }

        async fn streams(
            &self,
            after: Option<&StreamId>,
            limit: usize,
            history: Option<History>,
        ) -> Result<Page<StreamHead>, StoreError> {
            self.0.streams(after, limit, history).await
        }

        async fn head(&self, stream: &StreamId) -> Result<At<Version>, StoreError> {
            self.0.head(stream).await
        }

        async fn last_position(&self) -> Result<At<Position>, StoreError> {
            self.0.last_position().await
        }

        async fn count_after(
            &self,
            position: Position,
            history: Option<History>,
        ) -> Result<u64, StoreError> {
            self.0.count_after(position, history).await
        }

        async fn chain(
            &self,
            position: Position,
            history: Option<History>,
        ) -> Result<At<Option<Chain>>, StoreError> {
            self.0.chain(position, history).await
        }

        async fn changed(
            &self,
            after: Position,
            history: Option<History>,
        ) -> Result<(), StoreError> {
            self.0.changed(after, history).await
        }
    }

    eventloom::conformance_tests!(native: Beginner, pollster::block_on; events);
}
