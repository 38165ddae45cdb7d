//! Loading and saving aggregates: the newest usable snapshot and the events after it, and an
//! append that expects the version that was loaded.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::outcome::{ExecuteError, LoadError, leaves_open};
use super::snapshot::{SnapshotPolicy, whole};
use crate::core::{
    Aggregate, AggregateRoot, Clock, CommandId, ExpectedVersion, IdSource, InvalidJson,
    InvalidStreamId, Metadata, RecordedEvent, StreamId, Version,
};
use crate::store::{EventStore, Snapshot, SnapshotStore};

/// How many events one read asks for.
const PAGE: usize = 1_000;

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
        Ok(self.store.head(&stream).await?.place > Version::NONE)
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
        self.replay_rest(AggregateRoot::new(self.decider.clone(), stream))
            .await
    }

    /// Appends the uncommitted events of an aggregate, expecting the version that it was loaded
    /// at, and answers with what was recorded. A snapshot that can't be kept fails nothing.
    ///
    /// Events keep the ids, times and metadata that the first save gives them, so saving the same
    /// aggregate again, after any failure, appends the same batch: if the store has recorded it,
    /// that is the answer, though others have appended since. Events that were raised after a save
    /// whose outcome is unknown are appended after that one's, in a batch of their own.
    ///
    /// # Errors
    /// [`ExecuteError::Encode`], [`ExecuteError::Append`] or [`ExecuteError::Unknown`]; what isn't
    /// known to be recorded stays uncommitted. Where an earlier save's outcome was unknown, its
    /// events may be found recorded, and are committed then, though the error is about those after
    /// them: [`AggregateRoot::committed_version`] counts them.
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
        let mut recorded = Vec::new();
        // Twice at most: what an earlier save left in doubt, and what was raised since.
        while !root.uncommitted().is_empty() {
            if !root.is_in_doubt() {
                self.seal(root, command_id)?;
            }
            recorded.extend(self.send(root, command_id, before).await?);
        }
        Ok(recorded)
    }

    /// Puts the events that have no envelope yet into theirs, all or none. They are one
    /// conversation with those that are sealed before them.
    fn seal(
        &self,
        root: &mut AggregateRoot<D>,
        command_id: Option<CommandId>,
    ) -> Result<(), InvalidJson> {
        let mut metadata = root.sealed().first().map(|event| event.metadata.clone());
        let mut envelopes = Vec::with_capacity(root.unsealed().len());
        for event in root.unsealed() {
            let now = self.clock.now();
            let event_id = self.ids.next_id(now);
            // The events of one save are one conversation, named after the command that led to
            // them, or else the first of them.
            let metadata = metadata
                .get_or_insert_with(|| match command_id {
                    Some(id) => Metadata::of_command(id, None),
                    None => Metadata::correlated(event_id.to_string()),
                })
                .clone();
            envelopes.push(self.decider.encode(event)?.seal(event_id, now, metadata));
        }
        root.seal(envelopes);
        Ok(())
    }

    /// The snapshot that is to be kept with a root's next batch, where that is its last, and a save
    /// from this version on calls for one.
    fn snapshot_with(&self, root: &mut AggregateRoot<D>, before: Version) -> Option<Snapshot> {
        let batch = root.send();
        let (events, last) = (batch.len() as u64, batch.last()?.event_id);
        let version = root.version();
        if root.committed_version().0 + events != version.0
            || !self.snapshots.crossed(before, version)
        {
            return None;
        }
        Some(Snapshot {
            stream: root.stream().clone(),
            version,
            event_id: last,
            schema: self.decider.snapshot_schema(),
            state: whole(root.state())?,
        })
    }

    /// Appends the next batch of what is sealed, in a save that began at this version, and notes what
    /// came of it. The last batch brings the snapshot with it, where one is called for.
    async fn send(
        &self,
        root: &mut AggregateRoot<D>,
        command_id: Option<CommandId>,
        before: Version,
    ) -> Result<Vec<RecordedEvent>, ExecuteError<D::Rejection>> {
        let (stream, history) = (root.stream().clone(), root.history());
        let expected = ExpectedVersion::Exact(root.committed_version());
        let sent_before = root.is_in_doubt();
        let snapshot = self.snapshot_with(root, before);
        let (store, batch) = (&self.store, root.send());
        let answer = match snapshot {
            Some(snapshot) => {
                store
                    .append_with_snapshot(&stream, expected, history, batch, snapshot)
                    .await
            }
            None => store.append(&stream, expected, history, batch).await,
        };
        match answer {
            Ok(recorded) => {
                root.mark_committed();
                Ok(recorded)
            }
            Err(cause) if leaves_open(&cause, sent_before) => {
                Err(ExecuteError::Unknown { command_id, cause })
            }
            Err(error) => {
                root.mark_not_recorded();
                Err(ExecuteError::Append(error))
            }
        }
    }

    /// Loads an aggregate, decides a command on it, and saves what it led to. If somebody else
    /// appended meanwhile, it loads and decides once more, by itself, and so if the history
    /// changed; who meets the same a second time is told.
    ///
    /// The command gets a new id, which its events carry. When its outcome is unknown, the error
    /// hands the id out: nothing is tried again by itself then.
    ///
    /// # Errors
    /// [`ExecuteError`].
    pub async fn execute(
        &self,
        aggregate_id: &str,
        command: D::Command,
    ) -> Result<Vec<RecordedEvent>, ExecuteError<D::Rejection>>
    where
        D::Command: Clone,
    {
        let command_id = self.next_command_id();
        let mut met = Vec::new();
        loop {
            let command = command.clone();
            let answer = self.decide(aggregate_id, command_id, command).await;
            match answer.as_ref().err().and_then(ExecuteError::stale) {
                Some(stale) if !met.contains(&stale) => met.push(stale),
                _ => return answer,
            }
        }
    }

    /// Loads an aggregate, decides a command on it, and appends what it led to.
    async fn decide(
        &self,
        aggregate_id: &str,
        command_id: CommandId,
        command: D::Command,
    ) -> Result<Vec<RecordedEvent>, ExecuteError<D::Rejection>> {
        let mut root = self.load(aggregate_id).await?;
        root.execute(command).map_err(ExecuteError::Rejected)?;
        self.append(&mut root, Some(command_id)).await
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
    /// [`ExecuteError`]; [`NotLookedUp`](ExecuteError::NotLookedUp) where the stream can't be read, since
    /// an earlier try may have recorded it. Of two who send the same command at once, one may meet a conflict; its
    /// next try finds what the other recorded. That is why it doesn't decide again by itself.
    #[doc(alias = "idempotency key")]
    pub async fn execute_once(
        &self,
        aggregate_id: &str,
        command_id: CommandId,
        seen: Version,
        command: D::Command,
    ) -> Result<Vec<RecordedEvent>, ExecuteError<D::Rejection>> {
        // An id that can't name a stream was never sent with success.
        self.stream(aggregate_id).map_err(LoadError::from)?;
        let not_looked_up = |cause| ExecuteError::NotLookedUp { command_id, cause };
        // Loaded first: the append expects this version, so what isn't there by now can only come
        // to be there through a conflict.
        let loaded = self.load(aggregate_id).await;
        let mut root = loaded.map_err(not_looked_up)?;
        let recorded = self.recorded_by(command_id, &root, seen).await;
        let recorded = recorded.map_err(not_looked_up)?;
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
            let page = self
                .store
                .read_stream(root.stream(), after, PAGE, root.history())
                .await?;
            let Some(last) = page.items.last() else { break };
            after = last.version;
            let events = page.items.into_iter();
            recorded.extend(events.filter(|event| command_id.caused(event)));
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
        let page = self.store.read_stream(stream, before, PAGE, None).await?;
        let Some((taken_after, rest)) = page.items.split_first() else {
            return Ok(None);
        };
        if taken_after.event_id != snapshot.event_id || taken_after.version != snapshot.version {
            return Ok(None);
        }
        let decider = self.decider.clone();
        let root = AggregateRoot::at(decider, stream.clone(), snapshot.version, state);
        let mut root = root.in_history(page.history);
        for event in rest {
            root.raise_event(event)?;
        }
        self.replay_rest(root).await.map(Some)
    }

    /// Replays what comes after a root's version, all of it in one history.
    async fn replay_rest(&self, mut root: AggregateRoot<D>) -> Result<AggregateRoot<D>, LoadError> {
        loop {
            let page = self
                .store
                .read_stream(root.stream(), root.version(), PAGE, root.history())
                .await?;
            root = root.in_history(page.history);
            if page.items.is_empty() {
                return Ok(root);
            }
            for event in &page.items {
                root.raise_event(event)?;
            }
        }
    }
}
