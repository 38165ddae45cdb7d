//! How far a stream is read: to its end, however short the pages are, with holes in the places of what is damaged.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use eventloom::app::reading::{Read, all_streams, newer, read_stream};
use eventloom::core::{
    ExpectedVersion, History, NewEvent, Position, RecordedEvent, StreamHead, StreamId, Version,
};
use eventloom::log::Chain;
use eventloom::store::{AppendError, At, EventStore, ImportStore, MemoryStore, Page, StoreError};
use pollster::block_on;

use super::support::{foreign, stream};
use super::{ada, history};

/// A store that gives so many events at a time at most, and of which a version of each stream can't be read: then it
/// names the first version that it was asked for, as a store does that has many events in one record.
struct Faulty {
    store: MemoryStore,
    page: usize,
    damaged: Option<Version>,
    reads: AtomicUsize,
    /// Somebody empties it before the read of this number, from 0.
    emptied_at: Option<usize>,
}

impl Faulty {
    /// It holds so many of Ada's events.
    fn with(count: usize, page: usize, damaged: Option<u64>) -> Faulty {
        let store = MemoryStore::new();
        let go_on = |_| ControlFlow::Continue(());
        block_on(store.import(Position::START, None, &history(count), go_on)).unwrap();
        Faulty {
            store,
            page,
            damaged: damaged.map(Version),
            reads: AtomicUsize::new(0),
            emptied_at: None,
        }
    }

    fn read(&self) -> Read {
        block_on(read_stream(self, &ada()))
    }

    fn newer(&self, after: u64, event_id: &str) -> (bool, Read) {
        let known = block_on(self.store.last_position()).unwrap().history;
        self.newer_of(known, after, event_id)
    }

    fn newer_of(&self, known: History, after: u64, event_id: &str) -> (bool, Read) {
        block_on(newer(self, &ada(), (Version(after), event_id), Some(known)))
    }
}

impl EventStore for Faulty {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        self.store.append(stream, expected, history, events).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        let reads = self.reads.fetch_add(1, Ordering::Relaxed);
        if self.emptied_at == Some(reads) {
            self.store.reset(&[]).await.unwrap();
        }
        let mut page = self
            .store
            .read_stream(stream, after, limit, history)
            .await?;
        if page
            .items
            .iter()
            .any(|event| Some(event.version) == self.damaged)
        {
            return Err(StoreError::Corrupt {
                stream: stream.to_string(),
                version: after.next(),
                position: Position::START,
                cause: "its page is damaged".into(),
            });
        }
        page.items.truncate(self.page);
        Ok(page)
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        self.store
            .read_all(after, limit.min(self.page), history)
            .await
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<StreamHead>, StoreError> {
        let reads = self.reads.fetch_add(1, Ordering::Relaxed);
        if self.emptied_at == Some(reads) {
            self.store.reset(&[]).await.unwrap();
        }
        self.store
            .streams(after, limit.min(self.page), history)
            .await
    }

    async fn head(&self, stream: &StreamId) -> Result<At<Version>, StoreError> {
        self.store.head(stream).await
    }

    async fn last_position(&self) -> Result<At<Position>, StoreError> {
        self.store.last_position().await
    }

    async fn count_after(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<u64, StoreError> {
        self.store.count_after(position, history).await
    }

    async fn chain(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<At<Option<Chain>>, StoreError> {
        self.store.chain(position, history).await
    }

    async fn changed(&self, after: Position, history: Option<History>) -> Result<(), StoreError> {
        self.store.changed(after, history).await
    }
}

/// A hole of Ada's.
fn hole(version: u64, position: u64) -> RecordedEvent {
    RecordedEvent::hole(ada(), Version(version), Position(position))
}

/// The version that is said to be damaged.
fn failed_at(read: &Read) -> Option<Version> {
    match &read.failed {
        Some(StoreError::Corrupt { version, .. }) => Some(*version),
        Some(other) => panic!("{other}"),
        None => None,
    }
}

#[test]
fn a_short_page_is_not_the_end_of_a_stream() {
    let mut store = Faulty::with(2_500, 1, None);
    for page in [1, 7, 10_000] {
        store.page = page;
        let read = store.read();
        assert_eq!((read.events.len(), read.failed), (2_500, None), "{page}");
        let last = read.events[2_499].event_id.to_string();
        let (whole, read) = store.newer(2_500, &last);
        assert_eq!((whole, read.events.len()), (false, 0), "{page}");
    }
}

#[test]
fn a_short_page_is_not_the_end_of_the_streams() {
    let store = Faulty::with(1, 1, None);
    let grace = stream("bank_account", "grace");
    let mut opened = foreign(&grace, &[("AccountOpened", "{}")]);
    opened[0].position = Position(2);
    let go_on = |_| ControlFlow::Continue(());
    block_on(store.store.import(Position(1), None, &opened, go_on)).unwrap();
    let streams = block_on(all_streams(&store)).unwrap();
    let streams: Vec<_> = streams.into_iter().map(|head| head.stream).collect();
    assert_eq!(streams, [ada(), grace]);
}

#[test]
fn a_damaged_event_hides_no_good_one_around_it_though_the_store_names_another() {
    let mut store = Faulty::with(2_500, 10_000, None);
    let all = store.read().events;
    for damaged in [1, 2, 3, 700, 1_999, 2_000, 2_001, 2_500] {
        store.damaged = Some(Version(damaged));
        store.reads.store(0, Ordering::Relaxed);
        let read = store.read();
        let good = (damaged - 1) as usize;
        assert_eq!(read.events[..good], all[..good], "{damaged}");
        // Where it is in the whole store isn't known.
        assert_eq!(read.events[good], hole(damaged, 0));
        assert_eq!(read.events[good + 1..], all[good + 1..], "{damaged}");
        assert_eq!(failed_at(&read), Some(Version(damaged)));
        // Each time that it is met, as often as what was asked for can be halved.
        let reads = store.reads.load(Ordering::Relaxed);
        assert!(reads <= 100, "{reads} reads around version {damaged}");
    }
}

#[test]
fn what_follows_a_version_is_told_around_a_damaged_event() {
    let store = Faulty::with(9, 10_000, Some(7));
    let held = history(4)[3].event_id.to_string();
    let (whole, read) = store.newer(4, &held);
    let mut there = history(9);
    there[6] = hole(7, 0);
    assert_eq!((whole, &read.events[..]), (false, &there[4..]));
    assert_eq!(failed_at(&read), Some(Version(7)));
}

#[test]
fn holes_are_read_in_their_places_each_in_a_read_of_its_own() {
    let store = Faulty::with(0, 10_000, None);
    let mut events = history(1_000);
    for version in [1, 400, 401, 700, 1_000] {
        events[version as usize - 1] = hole(version, version);
    }
    let go_on = |_| ControlFlow::Continue(());
    block_on(store.store.import(Position::START, None, &events, go_on)).unwrap();
    let read = store.read();
    assert_eq!(read.events, events);
    assert_eq!(failed_at(&read), Some(Version(1)));
    // One for each hole, one for each run of events, and the last finds the end.
    assert_eq!(store.reads.load(Ordering::Relaxed), 5 + 3 + 1);
}

#[test]
fn good_events_behind_many_that_are_damaged_are_read() {
    let store = Faulty::with(0, 10_000, None);
    let mut events = history(1_000);
    for version in 10..900 {
        events[version as usize - 1] = hole(version, version);
    }
    let go_on = |_| ControlFlow::Continue(());
    block_on(store.store.import(Position::START, None, &events, go_on)).unwrap();
    let read = store.read();
    assert!(read.events == events);
    assert_eq!(failed_at(&read), Some(Version(10)));
}

#[test]
fn a_held_event_that_the_stream_does_not_have_any_more_is_replaced_with_all() {
    let store = Faulty::with(3, 10_000, None);
    for after in [2, 3, 4] {
        let (whole, read) = store.newer(after, "another event");
        assert_eq!((whole, read.events), (true, history(3)), "{after}");
    }
}

#[test]
fn a_held_event_of_another_history_is_replaced_though_it_is_there_again() {
    let store = Faulty::with(3, 10_000, None);
    let known = block_on(store.last_position()).unwrap().history;
    block_on(store.store.reset(&[])).unwrap();
    let go_on = |_| ControlFlow::Continue(());
    block_on(
        store
            .store
            .import(Position::START, None, &history(3), go_on),
    )
    .unwrap();
    let held = history(3)[2].event_id.to_string();
    let (whole, read) = store.newer_of(known, 3, &held);
    assert_eq!((whole, &read.events), (true, &history(3)));
    assert_ne!(read.history, Some(known));
}

#[test]
fn a_stream_is_read_of_one_history_though_the_store_is_emptied_between_two_pages() {
    let mut store = Faulty::with(9, 4, None);
    store.emptied_at = Some(2);
    let read = store.read();
    assert_eq!((read.events.len(), read.failed), (0, None));
}

#[test]
fn streams_are_listed_of_one_history_though_the_store_is_emptied_between_two_pages() {
    let mut store = Faulty::with(9, 4, None);
    store.emptied_at = Some(1);
    assert_eq!(block_on(all_streams(&store)), Ok(vec![]));
}

#[test]
fn a_held_event_that_can_not_be_read_is_kept() {
    let store = Faulty::with(3, 10_000, Some(2));
    let held = history(2)[1].event_id.to_string();
    let (whole, read) = store.newer(2, &held);
    assert_eq!((whole, read.events.len()), (false, 0));
    assert_eq!(failed_at(&read), Some(Version(2)));
}
