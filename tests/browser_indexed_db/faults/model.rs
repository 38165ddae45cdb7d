//! What can be asked of a store, whichever it is, and the store in memory as the one that is right.

use std::ops::ControlFlow;

use eventloom::core::{
    ExpectedVersion, NewEvent, Position, RecordedEvent, StreamHead, StreamId, Version,
};
use eventloom::store::conformance::{Plain, PlainImport};
use eventloom::store::{
    AppendError, CheckpointStore, EventStore, ImportError, ImportStore, MemoryStore, ResetError,
    Snapshot, SnapshotStore, StoreError,
};

use crate::support::all;

pub const SUBSCRIBER: &str = "ledger";

/// A few streams, so that what is done to one meets what was done before.
pub fn streams() -> [StreamId; 3] {
    ["ada", "ben", "cyn"].map(|id| StreamId::new("bank_account", id).unwrap())
}

/// A call of a store.
#[derive(Clone, Debug)]
pub enum Call {
    Append(StreamId, ExpectedVersion, Vec<NewEvent>),
    Import(Position, Vec<RecordedEvent>),
    ReadStream(StreamId, Version, usize),
    ReadAll(Position, usize),
    Streams(usize),
    Head(StreamId),
    LastPosition,
    KeepSnapshot(Snapshot),
    Snapshot(StreamId),
    KeepCheckpoint(Position),
    Checkpoint,
    Reset,
}

/// What it answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Appended(Result<Vec<RecordedEvent>, AppendError>),
    Imported(Result<(), ImportError>),
    Events(Result<Vec<RecordedEvent>, StoreError>),
    Streams(Result<Vec<StreamHead>, StoreError>),
    Head(Result<Version, StoreError>),
    Position(Result<Position, StoreError>),
    Snapshot(Result<Option<Snapshot>, StoreError>),
    /// Of a snapshot or a checkpoint.
    Kept(Result<(), StoreError>),
    Emptied(Result<(), StoreError>),
}

/// What an answer says of what is there now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Says {
    /// What a store without faults would have answered: the model must answer the same.
    Answered,
    /// The storage failed, and nothing was written.
    NothingWritten,
    /// The storage failed, and what was to be written is there or isn't.
    Unknown,
}

impl Answer {
    pub fn says(&self) -> Says {
        let read = |failed: bool| match failed {
            true => Says::NothingWritten,
            false => Says::Answered,
        };
        match self {
            Answer::Appended(Err(error)) if error.outcome_is_unknown() => Says::Unknown,
            Answer::Appended(Err(AppendError::Store(_))) => Says::NothingWritten,
            Answer::Imported(Err(ImportError::Store(_) | ImportError::Cancelled)) => {
                Says::NothingWritten
            }
            Answer::Appended(_) | Answer::Imported(_) => Says::Answered,
            // One that is lost is made again.
            Answer::Kept(Err(_)) => Says::Unknown,
            Answer::Kept(Ok(())) => Says::Answered,
            Answer::Emptied(answer) => read(answer.is_err()),
            Answer::Events(answer) => read(answer.is_err()),
            Answer::Streams(answer) => read(answer.is_err()),
            Answer::Head(answer) => read(answer.is_err()),
            Answer::Position(answer) => read(answer.is_err()),
            Answer::Snapshot(answer) => read(answer.is_err()),
        }
    }

    /// Whether it says that something of the log is there now which may not have been before.
    pub fn acknowledges(&self) -> bool {
        match self {
            Answer::Appended(Ok(events)) => !events.is_empty(),
            Answer::Imported(answer) => answer.is_ok(),
            Answer::Emptied(answer) => answer.is_ok(),
            _ => false,
        }
    }

    /// Whether it says that a record is damaged, which none is.
    pub fn tells_of_damage(&self) -> bool {
        format!("{self:?}").contains("Corrupt {")
    }
}

impl Call {
    /// Whether it is about what is kept beside the log.
    fn keeps(&self) -> bool {
        matches!(self, Call::KeepSnapshot(_) | Call::KeepCheckpoint(_))
    }

    pub async fn on<S>(&self, store: &S) -> Answer
    where
        S: EventStore + ImportStore + SnapshotStore + CheckpointStore,
    {
        match self {
            Call::Append(stream, expected, events) => {
                Answer::Appended(store.record(stream, *expected, events).await)
            }
            Call::Import(after, events) => {
                let go_on = |_| ControlFlow::Continue(());
                Answer::Imported(store.take_in(*after, events, go_on).await)
            }
            Call::ReadStream(stream, after, limit) => {
                Answer::Events(store.stream_events(stream, *after, *limit).await)
            }
            Call::ReadAll(after, limit) => Answer::Events(store.all_events(*after, *limit).await),
            Call::Streams(limit) => Answer::Streams(store.all_heads(None, *limit).await),
            Call::Head(stream) => Answer::Head(store.version_of(stream).await),
            Call::LastPosition => Answer::Position(store.end().await),
            Call::KeepSnapshot(snapshot) => {
                Answer::Kept(store.keep_snapshot(snapshot.clone()).await)
            }
            Call::Snapshot(stream) => Answer::Snapshot(store.snapshot(stream).await),
            Call::KeepCheckpoint(position) => {
                Answer::Kept(store.keep_checkpoint(SUBSCRIBER, *position).await)
            }
            Call::Checkpoint => Answer::Position(store.checkpoint(SUBSCRIBER).await),
            Call::Reset => Answer::Emptied(match store.reset(&[]).await {
                Ok(_) => Ok(()),
                Err(ResetError::Store(error)) => Err(error),
                Err(other) => panic!("{other}"),
            }),
        }
    }
}

/// Everything of a store that can be seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    events: Vec<RecordedEvent>,
    streams: Vec<StreamHead>,
    last: Position,
    of_each: Vec<OfStream>,
    checkpoint: Position,
}

/// How many events are asked for at once: fewer than an import brings.
const PAGE: usize = 250;

pub async fn look<S>(store: &S) -> Result<Seen, StoreError>
where
    S: EventStore + ImportStore + SnapshotStore + CheckpointStore,
{
    let mut events: Vec<RecordedEvent> = Vec::new();
    loop {
        let after = events.last().map_or(Position::START, |e| e.position);
        let page = store.all_events(after, PAGE).await?;
        let is_last = page.len() < PAGE;
        events.extend(page);
        if is_last {
            break;
        }
    }
    let of_each = all(streams().iter().map(|stream| look_at(store, stream))).await;
    Ok(Seen {
        events,
        streams: store.all_heads(None, 100).await?,
        last: store.end().await?,
        of_each: of_each.into_iter().collect::<Result<_, _>>()?,
        checkpoint: store.checkpoint(SUBSCRIBER).await?,
    })
}

/// The head of a stream, its events and its snapshot.
type OfStream = (Version, Vec<RecordedEvent>, Option<Snapshot>);

async fn look_at<S>(store: &S, stream: &StreamId) -> Result<OfStream, StoreError>
where
    S: EventStore + SnapshotStore,
{
    let mut events = store.stream_events(stream, Version::NONE, PAGE).await?;
    if events.len() == PAGE {
        let after = Version(PAGE as u64);
        events.extend(store.stream_events(stream, after, usize::MAX).await?);
    }
    let snapshot = store.snapshot(stream).await?;
    Ok((store.version_of(stream).await?, events, snapshot))
}

impl Seen {
    pub fn count(&self) -> u64 {
        self.events.len() as u64
    }

    /// In a few words, for a report.
    pub fn summary(&self) -> String {
        let heads: Vec<String> = self
            .of_each
            .iter()
            .map(|(head, ..)| head.to_string())
            .collect();
        let kept: Vec<bool> = self
            .of_each
            .iter()
            .map(|(.., kept)| kept.is_some())
            .collect();
        format!(
            "{} events to position {}, heads {heads:?}, snapshots {kept:?}, checkpoint {}",
            self.events.len(),
            self.last,
            self.checkpoint
        )
    }
}

/// The store in memory, made anew of what befell it wherever it is to have been otherwise.
#[derive(Default)]
pub struct Model {
    befell: Vec<Call>,
    pub store: MemoryStore,
}

impl Model {
    pub async fn of(befell: Vec<Call>) -> Model {
        let store = MemoryStore::new();
        for call in &befell {
            call.on(&store).await;
        }
        Model { befell, store }
    }

    pub async fn take(&mut self, call: &Call) -> Answer {
        self.befell.push(call.clone());
        call.on(&self.store).await
    }

    /// How many calls befell it.
    pub fn calls(&self) -> usize {
        self.befell.len()
    }

    /// What could be seen of the log alone after so many calls, for each number of them.
    pub async fn past(&self) -> Result<Vec<Seen>, StoreError> {
        let store = MemoryStore::new();
        let mut past = vec![look(&store).await?];
        for call in &self.befell {
            if !call.keeps() {
                call.on(&store).await;
            }
            past.push(look(&store).await?);
        }
        Ok(past)
    }

    /// Another one that the same befell, but for what is kept beside the log.
    pub async fn of_log(&self) -> Model {
        let befell = self.befell.iter().map(|call| match call.keeps() {
            true => Call::LastPosition,
            false => call.clone(),
        });
        Model::of(befell.collect()).await
    }

    /// Another one that the same befell.
    pub async fn again(&self) -> Model {
        Model::of(self.befell.clone()).await
    }
}
