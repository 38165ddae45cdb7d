//! Loading and saving aggregates: the newest usable snapshot and the events after it, and an
//! append that expects the version that was loaded.

use std::num::NonZeroU64;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::core::{
    Aggregate, AggregateRoot, Clock, CommandId, DecodeError, ExpectedVersion, IdSource,
    InvalidJson, InvalidStreamId, JsonText, Metadata, RecordedEvent, ReplayError, StreamId,
    Version,
};
use crate::store::{AppendError, EventStore, Snapshot, SnapshotStore, StoreError};

/// How many events one read asks for.
const PAGE: usize = 1_000;

/// Why an aggregate can't be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The id can't name a stream.
    #[error(transparent)]
    InvalidId(#[from] InvalidStreamId),
    /// An event can't be read by this model. Use the model that wrote it, or a newer one.
    #[error(transparent)]
    Decode(DecodeError),
    /// The store answered with events that don't follow one another.
    #[error(transparent)]
    Replay(ReplayError),
}

impl From<ReplayError> for LoadError {
    fn from(error: ReplayError) -> LoadError {
        match error {
            ReplayError::Decode(error) => LoadError::Decode(error),
            error => LoadError::Replay(error),
        }
    }
}

/// Why a command wasn't answered with recorded events. Nothing was recorded, except where the
/// append's [outcome is unknown](AppendError::outcome_is_unknown): send the same command with the
/// same id again, by [`Repository::execute_once`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecuteError<R> {
    /// A rule of the model forbids it. Asking again without a change is useless.
    #[error("{0}")]
    Rejected(R),
    /// The aggregate can't be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// An event has no JSON form: a fault in the model.
    #[error(transparent)]
    Encode(#[from] InvalidJson),
    /// The append was refused, or the store failed. After a conflict, load again and decide again.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// When snapshots are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[doc(alias = "snapshot frequency")]
#[doc(alias = "SnapshotFrequency")]
pub enum SnapshotPolicy {
    /// Never.
    #[default]
    Never,
    /// Each time a save crosses a multiple of so many versions.
    Every(NonZeroU64),
}

impl SnapshotPolicy {
    /// Whether a save from one version to another calls for a snapshot.
    #[must_use]
    pub fn crossed(self, from: Version, to: Version) -> bool {
        match self {
            SnapshotPolicy::Never => false,
            SnapshotPolicy::Every(frequency) => from.0 / frequency < to.0 / frequency,
        }
    }
}

/// Loads and saves the aggregates of one decider in one store.
///
/// Event-sourcing texts call it `AggregateStore`.
#[doc(alias = "AggregateStore")]
#[derive(Clone, Debug)]
pub struct Repository<D, S, C, I> {
    decider: D,
    store: S,
    clock: C,
    ids: I,
    snapshots: SnapshotPolicy,
}

impl<D, S, C, I> Repository<D, S, C, I>
where
    D: Aggregate + Clone,
    D::State: Serialize + DeserializeOwned + Clone,
    S: EventStore + SnapshotStore,
    C: Clock,
    I: IdSource,
{
    /// A repository that keeps no snapshots.
    pub fn new(decider: D, store: S, clock: C, ids: I) -> Self {
        Repository {
            decider,
            store,
            clock,
            ids,
            snapshots: SnapshotPolicy::Never,
        }
    }

    /// The same repository with another snapshot policy.
    #[must_use]
    pub fn with_snapshots(mut self, policy: SnapshotPolicy) -> Self {
        self.snapshots = policy;
        self
    }

    /// The store that it works on.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Whether an aggregate has any events.
    ///
    /// # Errors
    /// [`LoadError`].
    pub async fn exists(&self, aggregate_id: &str) -> Result<bool, LoadError> {
        let stream = self.stream(aggregate_id)?;
        Ok(self.store.head(&stream).await? > Version::NONE)
    }

    /// Loads an aggregate: the newest usable snapshot and the events after it. One without
    /// events is at version 0.
    ///
    /// # Errors
    /// [`LoadError`].
    #[doc(alias = "GetById")]
    pub async fn load(&self, aggregate_id: &str) -> Result<AggregateRoot<D>, LoadError> {
        let stream = self.stream(aggregate_id)?;
        let snapshot = match self.snapshots {
            SnapshotPolicy::Never => None,
            // A cache that can't be read is a cache that isn't there.
            SnapshotPolicy::Every(_) => self.store.snapshot(&stream).await.ok().flatten(),
        };
        let from_snapshot = match snapshot {
            Some(snapshot) => self.load_from(&stream, snapshot).await?,
            None => None,
        };
        if let Some(root) = from_snapshot {
            return Ok(root);
        }
        let mut root = AggregateRoot::new(self.decider.clone(), stream);
        self.replay_rest(&mut root).await?;
        Ok(root)
    }

    /// Appends the uncommitted events of an aggregate, expecting the version that it was loaded
    /// at, and answers with what was recorded. A snapshot that can't be kept fails nothing.
    ///
    /// # Errors
    /// [`ExecuteError::Encode`] or [`ExecuteError::Append`]; the events stay uncommitted.
    pub async fn save(
        &self,
        root: &mut AggregateRoot<D>,
    ) -> Result<Vec<RecordedEvent>, ExecuteError<D::Rejection>> {
        self.append(root, None).await
    }

    /// Appends the uncommitted events, as what this command led to where it has an id.
    async fn append(
        &self,
        root: &mut AggregateRoot<D>,
        command_id: Option<CommandId>,
    ) -> Result<Vec<RecordedEvent>, ExecuteError<D::Rejection>> {
        let before = root.committed_version();
        if root.uncommitted().is_empty() {
            return Ok(Vec::new());
        }
        let mut batch = Vec::with_capacity(root.uncommitted().len());
        let mut metadata: Option<Metadata> = None;
        for event in root.uncommitted() {
            let now = self.clock.now();
            let event_id = self.ids.next_id(now);
            // The events of one save are one conversation, named after the first of them.
            let metadata = metadata
                .get_or_insert_with(|| Metadata {
                    causation_id: command_id.map(|id| id.to_string()),
                    ..Metadata::correlated(event_id.to_string())
                })
                .clone();
            batch.push(self.decider.encode(event)?.seal(event_id, now, metadata));
        }
        let recorded = self
            .store
            .append(root.stream(), ExpectedVersion::Exact(before), &batch)
            .await?;
        root.mark_committed();
        if self.snapshots.crossed(before, root.version())
            && let (Some(last), Ok(state)) = (recorded.last(), JsonText::of(root.state()))
        {
            let snapshot = Snapshot {
                stream: root.stream().clone(),
                version: root.version(),
                event_id: last.event_id,
                schema: self.decider.snapshot_schema(),
                state,
            };
            // The events are recorded; a cache that can't be written must not undo that answer.
            let _ = self.store.keep_snapshot(snapshot).await;
        }
        Ok(recorded)
    }

    /// Loads an aggregate, decides a command on it, and saves what it led to.
    ///
    /// # Errors
    /// [`ExecuteError`].
    pub async fn execute(
        &self,
        aggregate_id: &str,
        command: D::Command,
    ) -> Result<Vec<RecordedEvent>, ExecuteError<D::Rejection>> {
        let mut root = self.load(aggregate_id).await?;
        root.execute(command).map_err(ExecuteError::Rejected)?;
        self.save(&mut root).await
    }

    /// A new id for a command that is to be executed once, however often it must be sent.
    pub fn next_command_id(&self) -> CommandId {
        self.ids.next_command_id(self.clock.now())
    }

    /// Executes a command that has an id. When it isn't known what came of it (the answer was
    /// lost, the program ended meanwhile), the same call again records nothing twice: if the
    /// aggregate's stream holds events that this command led to, they are the answer, all of them
    /// in order as they were recorded. Nothing is decided then: the state has moved on, and the
    /// command might be rejected though it was recorded.
    ///
    /// `seen` bounds the search. It is a version that the stream had reached before the command
    /// was sent for the first time, such as that of the state that made somebody send it. A stream
    /// only grows, so all that the command can have led to stands after it, whatever snapshot the
    /// state is loaded from; where nothing follows it, nothing is searched. [`Version::NONE`] is
    /// always right, and searches the whole stream. So does a stream shorter than `seen`: it was
    /// emptied. One that was emptied and has grown beyond `seen` since looks like any other; ask
    /// anew, or from [`Version::NONE`], after a reset.
    ///
    /// A command that led to no events leaves nothing to be found: it is decided again.
    ///
    /// # Errors
    /// [`ExecuteError`]. Of two who send the same command at once, one may meet a conflict; its
    /// next try finds what the other recorded.
    #[doc(alias = "idempotency key")]
    pub async fn execute_once(
        &self,
        aggregate_id: &str,
        command_id: CommandId,
        seen: Version,
        command: D::Command,
    ) -> Result<Vec<RecordedEvent>, ExecuteError<D::Rejection>> {
        // Loaded first: the append expects this version, so what isn't there by now can only come
        // to be there through a conflict.
        let mut root = self.load(aggregate_id).await?;
        let recorded = self.recorded_by(command_id, &root, seen).await?;
        if !recorded.is_empty() {
            return Ok(recorded);
        }
        root.execute(command).map_err(ExecuteError::Rejected)?;
        self.append(&mut root, Some(command_id)).await
    }

    /// What a command led to in an aggregate's stream, between a version and that of the root.
    async fn recorded_by(
        &self,
        command_id: CommandId,
        root: &AggregateRoot<D>,
        seen: Version,
    ) -> Result<Vec<RecordedEvent>, LoadError> {
        let mut recorded = Vec::new();
        let emptied = root.version() < seen;
        let mut after = if emptied { Version::NONE } else { seen };
        while after < root.version() {
            let page = self.store.read_stream(root.stream(), after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.version;
            recorded.extend(page.into_iter().filter(|event| command_id.caused(event)));
        }
        Ok(recorded)
    }

    fn stream(&self, aggregate_id: &str) -> Result<StreamId, InvalidStreamId> {
        StreamId::new(self.decider.aggregate_type(), aggregate_id)
    }

    /// Builds on a snapshot, if the stream still holds the very event that it was taken after.
    async fn load_from(
        &self,
        stream: &StreamId,
        snapshot: Snapshot,
    ) -> Result<Option<AggregateRoot<D>>, LoadError> {
        if snapshot.schema != self.decider.snapshot_schema() || snapshot.version == Version::NONE {
            return Ok(None);
        }
        let Ok(state) = snapshot.state.read::<D::State>() else {
            return Ok(None);
        };
        let before = snapshot.version.previous();
        let page = self.store.read_stream(stream, before, PAGE).await?;
        let Some((taken_after, rest)) = page.split_first() else {
            return Ok(None);
        };
        if taken_after.event_id != snapshot.event_id || taken_after.version != snapshot.version {
            return Ok(None);
        }
        let decider = self.decider.clone();
        let mut root = AggregateRoot::at(decider, stream.clone(), snapshot.version, state);
        for event in rest {
            root.raise_event(event)?;
        }
        if page.len() == PAGE {
            self.replay_rest(&mut root).await?;
        }
        Ok(Some(root))
    }

    async fn replay_rest(&self, root: &mut AggregateRoot<D>) -> Result<(), LoadError> {
        loop {
            let page = self
                .store
                .read_stream(root.stream(), root.version(), PAGE)
                .await?;
            for event in &page {
                root.raise_event(event)?;
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }
}
