//! The store itself: what it is asked goes to the part that does it.

use std::fmt;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::adding::{self, LoadCode};
use super::connection::Connection;
use super::hints::{Signal, Subscription};
use super::in_use::InUse;
use super::journal::Journal;
use super::parts::{MakeJournal, Parts};
use super::patience;
use super::schema::{STEPS, Told, WhenBlocked};
use super::upkeep;
use super::writer::Wanted;
use super::{import, inspect, journal, naming, opening, places, read, reset, schema, undo};
use crate::core::{
    ExpectedVersion, History, NewEvent, Position, PositionRanges, RecordedEvent, StreamHead,
    StreamId, Version,
};
use crate::log::Chain;
use crate::log::segments::Index;
use crate::store::{
    AppendError, At, Durability, EventStore, Held, ImportError, ImportStore, ImportToken,
    InspectStore, Page, Recovery, ResetError, ResetToken, SecondCopy, SetAside, StoreError,
    UndoError, Unopened, WhySetAside, same_history,
};
use crate::target::MaybeSend;

/// Keeps events in an IndexedDB database. Clones share one connection; the last one closes it.
#[derive(Clone)]
pub struct IndexedDbStore {
    pub(super) parts: Rc<Parts>,
    durability: Durability,
}

impl fmt::Debug for IndexedDbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexedDbStore")
            .field("name", &self.parts.connection.name)
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}

impl IndexedDbStore {
    /// Opens the database of this name, makes it where there is none, and brings an older one to
    /// today's layout.
    ///
    /// # Errors
    /// - [`StoreError::Unavailable`]: there is no IndexedDB, or it is denied; or the name ends with `~` and a number, as
    ///   a later database of another store does.
    /// - [`InUse::Blocked`]: another tab keeps an older version open, or holds up a deletion or
    ///   an upgrade that was asked for before: nothing was heard for five seconds. The request stays
    ///   in the browser's queue, so the upgrade happens once that tab is closed; opening again waits
    ///   for it. [`IndexedDbStore::open_patiently`] does so by itself.
    /// - [`StoreError::Newer`]: it was written by a newer Eventloom.
    /// - [`StoreError::Full`]: there is no room for it.
    /// - [`StoreError::Failed`]: a step to today's layout failed; the database is as it was.
    pub async fn open(name: &str) -> Result<IndexedDbStore, StoreError> {
        IndexedDbStore::open_with(name, STEPS, WhenBlocked::GiveUp, None, at_hand()).await
    }

    /// Opens it like [`IndexedDbStore::open`], and keeps a second copy of the log: a journal in the
    /// origin private file system. A strict append is then acknowledged when it is in both, and what
    /// the browser deletes of one is brought back from the other when the store is next opened;
    /// [`IndexedDbStore::recovery`] says so. Where there are no such files, or no locks between tabs,
    /// [`IndexedDbStore::second_copy`] says why there is none.
    ///
    /// # Errors
    /// As [`IndexedDbStore::open`]. [`InUse::Unanswered`] also where another tab that is opening it
    /// isn't done within five seconds, as one that was frozen. [`StoreError::Unavailable`] also where
    /// events are missing and another tab, which keeps their second copy, doesn't bring them back.
    pub async fn open_with_second_copy(name: &str) -> Result<IndexedDbStore, StoreError> {
        IndexedDbStore::open_in_parts(name, patience::SLOW, LoadCode::AT_HAND, |_| {}).await
    }

    /// Opens it like [`IndexedDbStore::open_with_second_copy`], for a program that fetches the code of what
    /// isn't needed to look. It waits so many milliseconds for the database. `moving` is
    /// told how far a store of an older layout has come on the way to today's, in percent.
    ///
    /// # Errors
    /// As there. [`StoreError::Unavailable`] also where that code is needed and can't be fetched.
    pub async fn open_in_parts(
        name: &str,
        millis: u32,
        code: LoadCode,
        moving: impl Fn(u8) + 'static,
    ) -> Result<IndexedDbStore, StoreError> {
        let journal: MakeJournal = Journal::new;
        let code = (code, Rc::new(moving) as Rc<Told>);
        let when_blocked = WhenBlocked::GiveUpAfter(millis);
        IndexedDbStore::open_with(name, STEPS, when_blocked, Some(journal), code).await
    }

    /// Opens it like [`IndexedDbStore::open`], but waits while another tab keeps an older version
    /// open, or holds up what was asked for before. `on_blocked` is called once when such a wait
    /// begins, or has lasted two seconds, so that a person can be told to close that tab.
    ///
    /// # Errors
    /// As [`IndexedDbStore::open`], except [`InUse::Blocked`].
    pub async fn open_patiently(
        name: &str,
        on_blocked: impl FnOnce() + 'static,
    ) -> Result<IndexedDbStore, StoreError> {
        let when_blocked = WhenBlocked::tell(on_blocked);
        IndexedDbStore::open_with(name, STEPS, when_blocked, None, at_hand()).await
    }

    /// Opens it like [`IndexedDbStore::open`] in a worker of a page that has it open as this
    /// [`database`](IndexedDbStore::database): a worker has no local storage to ask which of the store's it is.
    /// `code` is what the worker's program has of the store's.
    ///
    /// # Errors
    /// As [`IndexedDbStore::open`].
    pub async fn open_beside(
        name: &str,
        database: &str,
        code: LoadCode,
    ) -> Result<IndexedDbStore, StoreError> {
        let names = (name, database.to_owned());
        let code = (code, Rc::new(|_| {}) as Rc<Told>);
        IndexedDbStore::open_named(names, STEPS, WhenBlocked::GiveUp, None, code).await
    }

    pub(super) async fn open_with(
        name: &str,
        steps: &'static [schema::Step],
        when_blocked: WhenBlocked,
        journal: Option<MakeJournal>,
        code: (LoadCode, Rc<Told>),
    ) -> Result<IndexedDbStore, StoreError> {
        naming::check(name)?;
        let names = (name, naming::current(name).await);
        IndexedDbStore::open_named(names, steps, when_blocked, journal, code).await
    }

    async fn open_named(
        names: (&str, String),
        steps: &'static [schema::Step],
        when_blocked: WhenBlocked,
        journal: Option<MakeJournal>,
        code: (LoadCode, Rc<Told>),
    ) -> Result<IndexedDbStore, StoreError> {
        Ok(IndexedDbStore {
            parts: Parts::open(names, steps, when_blocked, journal, code).await?,
            durability: Durability::default(),
        })
    }

    /// Whether opening may do another time what it didn't do now: the browser couldn't read the database, or
    /// didn't answer.
    #[must_use]
    pub fn may_open_later(error: &StoreError) -> bool {
        let is_broken = || opening::is_broken(error) && !naming::is_denied();
        InUse::of(error) == Some(InUse::Unanswered) || is_broken()
    }

    /// What is known of the store of this name beside its database, where that doesn't open.
    pub async fn unopened(name: &str) -> Unopened {
        naming::unopened(name).await
    }

    /// Leaves the database of this name as it is, since it doesn't open: the store is the next one from now on,
    /// `NAME~2`. It is made when the store is opened, and filled from the second copy;
    /// [`IndexedDbStore::set_aside`] lists the one that was left. A person chooses that.
    ///
    /// # Errors
    /// [`InUse::Blocked`]: another tab has it open.
    pub async fn leave_unopened(name: &str) -> Result<(), StoreError> {
        naming::leave(name).await
    }

    /// Deletes the database of this name with all that is in it, and its second copy. Other tabs'
    /// stores close for it.
    ///
    /// # Errors
    /// - [`InUse::Blocked`]: another program on this origin keeps it open, or an upgrade that was
    ///   asked for before waits for one. It is deleted once that closes.
    /// - [`StoreError::Unavailable`], [`StoreError::Failed`]: it is still there.
    pub async fn delete(name: &str) -> Result<(), StoreError> {
        naming::check(name)?;
        naming::delete_all(name).await?;
        journal::remove(name).await;
        Ok(())
    }

    /// Where the second copy stands; none where none was asked for.
    #[must_use]
    pub fn second_copy(&self) -> Option<SecondCopy> {
        let journal = self.parts.journal()?;
        Some(journal.status(&self.parts.connection.log))
    }

    /// What was missing when the store was opened, the last time that anything was.
    #[must_use]
    pub fn recovery(&self) -> Option<Recovery> {
        self.parts.journal()?.recovery.get()
    }

    /// What was set aside of this store: events that the second copy held and that don't continue what
    /// is here, since both were gone on from while one of them couldn't be asked. Nothing of it is
    /// deleted by itself.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: the browser has no such files, or denies them.
    pub async fn set_aside(&self) -> Result<Vec<SetAside>, StoreError> {
        let Connection { name, database, .. } = &*self.parts.connection;
        let mut found = naming::left(name, database).await;
        found.extend(journal::aside::list(name).await?);
        Ok(found)
    }

    /// Deletes what was set aside, for good.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; it is still there.
    pub async fn delete_set_aside(&self, aside: &SetAside) -> Result<(), StoreError> {
        match aside.why {
            WhySetAside::Unopened => schema::delete(&aside.name).await?,
            WhySetAside::Apart | WhySetAside::Exchanged => {
                journal::aside::delete(&aside.name).await?;
            }
        }
        self.parts.connection.hints.post(Signal::SetAside);
        Ok(())
    }

    /// The same store with another durability of its appends. Imports, snapshots and checkpoints
    /// are always relaxed: they can be done again.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> IndexedDbStore {
        self.durability = durability;
        self
    }

    /// What an acknowledged append survives.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// The name of the store.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.parts.connection.name
    }

    /// The name of its database: the store's, unless one of that name doesn't open and was left.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.parts.connection.database
    }

    /// Whether nothing was ever kept here: there is no event, and nobody emptied it. So it is on a
    /// first visit, and after one that was broken off.
    ///
    /// # Errors
    /// As for any read.
    pub async fn is_untouched(&self) -> Result<bool, StoreError> {
        let untouched =
            |index: &Index| index.emptied().is_none() && index.last_position() == Position::START;
        Ok(read::ask(&self.parts.connection, None, untouched)
            .await?
            .place)
    }

    /// The version of a stream's last event as far as this handle knows, without asking the database:
    /// what it read, appended or emptied itself. None before it first did. Others may have appended or
    /// emptied since; an append that expects this version finds out.
    #[must_use]
    pub fn known_head(&self, stream: &StreamId) -> Option<Version> {
        let log = &self.parts.connection.log;
        log.is_whole()
            .then(|| log.ask(|index| index.version(stream)))
    }

    /// Joins old segments of the log, so that what was appended bit by bit is read as fast as what
    /// was imported, and saves what is known of the log, so that it is opened fast. The store does so
    /// by itself now and then; what it holds stays the same. Nothing is joined while another tab has
    /// the store open, and the newest segments stay readable one by one in the browser's storage
    /// inspector. Where it is at that already, it does so once more. What an emptying left in its place is
    /// taken away before, so that it can't be undone any more.
    ///
    /// # Errors
    /// As for any append. What was joined until then stays so; each step is whole or not at all.
    pub async fn compact(&self) -> Result<(), StoreError> {
        let Parts {
            code,
            sweeping,
            compaction,
            ..
        } = &*self.parts;
        upkeep::sweep(code.upkeep, sweeping).await?;
        upkeep::compact(code.upkeep, compaction).await
    }

    /// Puts a few events that bring their versions and positions, as those of an import do, into a
    /// store that holds none: what a program begins with. They are its own, and aren't checked as those of
    /// an import are.
    ///
    /// # Errors
    /// [`ImportError`]; nothing was written.
    pub async fn begin_with(&self, events: &[RecordedEvent]) -> Result<(), ImportError> {
        import::begin(&self.parts.copies, events).await
    }

    /// Appends as [`EventStore::append`] does, whatever the history is by now: for programs that know
    /// of none. What was decided before a reset may then be recorded after it. Answers with the history
    /// that it was recorded in.
    ///
    /// # Errors
    /// As there.
    pub async fn append_as_it_is(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<At<Vec<RecordedEvent>>, AppendError> {
        self.append_in(Wanted::Present, stream, expected, events)
            .await
    }

    async fn append_in(
        &self,
        history: Wanted,
        stream: &StreamId,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<At<Vec<RecordedEvent>>, AppendError> {
        let durability = self.durability;
        adding::append(
            self.parts.code.adding,
            &self.parts.writer,
            durability,
            stream,
            expected,
            history,
            events,
        )
        .await
    }

    /// Calls `callback` with each [`Signal`], of this tab or another, until the subscription is
    /// dropped. Signals are hints: one may be missed, and one may come for what is known already.
    pub fn subscribe(&self, callback: Rc<dyn Fn(Signal)>) -> Subscription {
        self.parts.connection.hints.subscribe(callback)
    }

    /// Closes the connection, of the clones too; what is under way still ends. Later calls answer
    /// [`StoreError::Unavailable`].
    pub fn close(&self) {
        self.parts.connection.end();
    }
}

impl EventStore for IndexedDbStore {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
    ) -> Result<Vec<RecordedEvent>, AppendError> {
        let history = Wanted::Known(history);
        let appended = self.append_in(history, stream, expected, events).await;
        appended.map(|appended| appended.place)
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        read::read_stream(&self.parts.connection, stream, after, limit, history).await
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        read::read_all(&self.parts.connection, after, limit, history).await
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
        history: Option<History>,
    ) -> Result<Page<StreamHead>, StoreError> {
        let heads = |index: &Index| index.heads(after, limit);
        let At { history, place } = read::ask(&self.parts.connection, history, heads).await?;
        Ok(Page {
            history,
            items: place,
            imported: PositionRanges::NONE,
        })
    }

    async fn head(&self, stream: &StreamId) -> Result<At<Version>, StoreError> {
        read::ask(&self.parts.connection, None, |index| index.version(stream)).await
    }

    async fn last_position(&self) -> Result<At<Position>, StoreError> {
        read::ask(&self.parts.connection, None, Index::last_position).await
    }

    async fn count_after(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<u64, StoreError> {
        places::count_after(&self.parts.connection, position, history).await
    }

    async fn chain(
        &self,
        position: Position,
        history: Option<History>,
    ) -> Result<At<Option<Chain>>, StoreError> {
        places::chain(&self.parts.connection, position, history).await
    }

    async fn changed(&self, after: Position, history: Option<History>) -> Result<(), StoreError> {
        // Waits before it looks, so that nothing falls between the two.
        let hint = self.parts.connection.hints.after(after);
        let last = self.last_position().await?;
        same_history(history, last.history)?;
        if last.place <= after {
            // A store that is gone is a change as well: the next call says which.
            let _ = hint.await;
        }
        match history {
            None => Ok(()),
            Some(_) => same_history(history, self.last_position().await?.history),
        }
    }
}

impl ImportStore for IndexedDbStore {
    async fn next_position(&self) -> Result<At<Position>, StoreError> {
        let At { history, .. } = self.last_position().await?;
        Ok(At {
            history,
            place: self.parts.connection.log.next_position(),
        })
    }

    async fn import_from(
        &self,
        after: Position,
        history: Option<History>,
        next: impl FnMut(usize) -> ControlFlow<(), Vec<RecordedEvent>> + MaybeSend,
    ) -> Result<Option<ImportToken>, ImportError> {
        // Relaxed: a file that was imported can be imported again.
        let place = (after, history);
        import::import(&self.parts.copies, Durability::Relaxed, place, next).await
    }

    async fn reset(&self, events: &[RecordedEvent]) -> Result<ResetToken, ResetError> {
        reset::reset(&self.parts.copies, self.durability, events).await
    }

    async fn undo_reset(&self, token: ResetToken) -> Result<(), UndoError> {
        undo::reset(&self.parts.copies, token.segments()).await
    }

    async fn undo_import(&self, token: ImportToken) -> Result<(), UndoError> {
        undo::import(&self.parts.copies, token.segments()).await
    }
}

impl InspectStore for IndexedDbStore {
    async fn inspect(
        &self,
        mut show: impl FnMut(Held<'_>) -> ControlFlow<()> + MaybeSend,
    ) -> Result<(), StoreError> {
        inspect::inspect(&self.parts.connection, &mut show).await
    }
}

/// All code at hand, and nobody to be told of a move.
pub(super) fn at_hand() -> (LoadCode, Rc<Told>) {
    (LoadCode::AT_HAND, Rc::new(|_| {}))
}
