//! The journal as a file that this tab keeps.

use std::cell::{Cell, RefCell};

use uuid::Uuid;

use super::claims::{Claims, Rest};
use super::walked::Walked;
use crate::browser::opfs::{self, File, Lock, Taken};
use crate::core::Position;
use crate::log::Chain;
use crate::log::journal::{Change, Entry, Lost, MARKS, Mark, Next, Reader, Tail};

/// So many bytes at least are read at once.
pub(super) const CHUNK: usize = 256 << 10;

/// What the names of all of a store's files begin with.
pub(super) fn stem(store: &str) -> String {
    // Slashes and the like are no part of a file's name.
    format!("{}.journal", js_sys::encode_uri_component(store))
}

/// The lock that stands for the journals of a store: who holds it keeps the one of the highest epoch.
fn lock_name(store: &str) -> String {
    format!("{}s", stem(store))
}

/// Whether a tab keeps the journal of a store. Where nobody can tell, none may.
pub(in super::super) async fn is_kept(store: &str) -> bool {
    let holders = Lock::holders(&lock_name(store)).await;
    holders.is_ok_and(|holders| holders > 0)
}

fn file_name(store: &str, epoch: u64) -> String {
    format!("{}-{epoch}", stem(store))
}

/// The epochs of a store's journals, the lowest first.
pub(super) async fn epochs(store: &str) -> Result<Vec<u64>, String> {
    let beginning = format!("{}-", stem(store));
    let names = opfs::names(&beginning).await?;
    let epoch = |name: &String| name.strip_prefix(&beginning)?.parse().ok();
    let mut epochs: Vec<u64> = names.iter().filter_map(epoch).collect();
    epochs.sort_unstable();
    Ok(epochs)
}

/// The name of the journal that a store goes on in; none where there is none.
pub(super) async fn newest(store: &str) -> Option<String> {
    let epoch = epochs(store).await.ok()?.last().copied()?;
    Some(file_name(store, epoch))
}

/// Its mark; none where that can't be read.
pub(super) async fn mark_of(store: &str) -> Option<Mark> {
    let start = opfs::start_of(&newest(store).await?, MARKS as u32).await;
    Mark::read(&start.ok()??)
}

/// Removes all journals of a store that no tab keeps.
pub(super) async fn remove_all(store: &str) {
    for epoch in epochs(store).await.unwrap_or_default() {
        // What stays is of a store that isn't there: the next one to open the store begins it anew.
        let _ = opfs::remove(&file_name(store, epoch)).await;
    }
    let _ = opfs::remove(&stem(store)).await;
}

/// The journal, where this tab keeps it.
pub(in super::super) struct Held {
    file: File,
    epoch: u64,
    mark: RefCell<Mark>,
    /// What its mark said to be in it when it was opened, where that was more than could be read.
    claimed: Cell<Option<Claims>>,
    /// What lies behind its end until that was judged, and something is added.
    rest: Cell<Option<Rest>>,
    /// The last segment of the log that was looked at, whether or not it held anything.
    seen: Cell<u64>,
    /// The position of the last event, as far as it is known.
    position: Cell<Position>,
    /// Whether the file may be other than the mark says.
    is_doubted: Cell<bool>,
    /// Whether all of it is known to be as it was written.
    is_checked: Cell<bool>,
    /// Whether all that has to be on the disk before it is told is known to be there, or was asked to be.
    is_flushed: Cell<bool>,
}

impl Held {
    /// Opens the journal of a store; none where another tab keeps it and this one won't wait. Where it
    /// is stolen from one that doesn't answer, it is a new one, of the next epoch.
    pub(super) async fn open(store: &str, taken: Taken) -> Result<Option<Held>, String> {
        loop {
            let last = epochs(store).await?.last().copied();
            let epoch = match taken {
                Taken::Steals => last.unwrap_or(0) + 1,
                Taken::Leaves | Taken::Waits => last.unwrap_or(1),
            };
            let opened =
                File::open_under(&file_name(store, epoch), &lock_name(store), taken).await?;
            let Some(file) = opened else {
                return Ok(None);
            };
            // While this one waited, another may have taken it over, and gone on in the next.
            if taken == Taken::Steals || epochs(store).await?.last() == Some(&epoch) {
                return Held::of(file, epoch).await.map(Some);
            }
        }
    }

    /// Opens the journal of an earlier epoch, which is to be removed; none where another tab is at that.
    pub(super) async fn open_other(store: &str, epoch: u64) -> Result<Option<Held>, String> {
        match File::open(&file_name(store, epoch), false).await? {
            Some(file) => Held::of(file, epoch).await.map(Some),
            None => Ok(None),
        }
    }

    /// Begins one under another name, that nobody keeps.
    pub(super) async fn begin_named(name: &str, store: Uuid) -> Result<Held, String> {
        let Some(file) = File::open(name, false).await? else {
            return Err("it is being set aside already".to_owned());
        };
        let held = Held::of(file, 0).await?;
        held.begin(store).await?;
        Ok(held)
    }

    async fn of(file: File, epoch: u64) -> Result<Held, String> {
        let held = Held {
            file,
            epoch,
            mark: RefCell::new(Mark::new(Uuid::nil(), epoch)),
            claimed: Cell::default(),
            rest: Cell::default(),
            seen: Cell::default(),
            position: Cell::default(),
            is_doubted: Cell::default(),
            is_checked: Cell::default(),
            is_flushed: Cell::default(),
        };
        held.look().await?;
        Ok(held)
    }

    /// Removes the file.
    pub(super) async fn remove(&self) -> Result<(), String> {
        self.file.remove().await
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Reads how far it goes.
    pub(super) async fn look(&self) -> Result<(), String> {
        let start = self.file.read(0, MARKS as usize).await?;
        let known = Mark::read(&start);
        let mut mark = known.unwrap_or(Mark::new(Uuid::nil(), self.epoch));
        let mut found = None;
        if known.is_some() {
            let (reader, end) = (Reader::after(mark.before), Some(mark.tail.length));
            let last = self.walk(reader, end, &mut nothing).await?;
            found = last.ends.filter(|ends| ends.1 == mark.tail);
        }
        if known.is_some() && mark.tail == Tail::EMPTY {
            found = Some((Tail::EMPTY, Tail::EMPTY));
        }
        let reader = match found {
            Some((before, tail)) => {
                // Of one whose last entry was dropped the mark doesn't say it.
                mark.before = before;
                Reader::after(tail)
            }
            None => Reader::new(),
        };
        let beyond = self.walk(reader, None, &mut nothing).await?;
        let (before, tail) = beyond.ends.or(found).unwrap_or((Tail::EMPTY, Tail::EMPTY));
        let is_whole = known.is_some_and(|known| known.tail == tail) && beyond.lost.is_empty();
        self.is_doubted.set(false);
        self.rest.set(None);
        // What was added by who failed, or was killed, may not be.
        self.is_flushed.set(is_whole && mark.is_ended);
        if is_whole {
            self.is_checked.set(mark.is_ended);
            self.set(mark);
            return Ok(());
        }
        self.is_checked.set(start.is_empty());
        // What was begun and not finished, and what can't be read, stays.
        let marked = known.map_or((before, tail), |known| (known.before, known.tail));
        let from = tail.length;
        self.rest.set(Some(Rest { from, marked }));
        (mark.before, mark.tail, mark.is_ended) = (before, tail, false);
        let claimed = known.map(|known| Claims::of(&known));
        let claimed = claimed.filter(|claimed| claimed.exceeds(&Claims::of(&mark)));
        self.claimed.set(claimed.or(self.claimed.get()));
        self.set(mark);
        Ok(())
    }

    /// Changes which entries it has; what was left behind its end goes with that.
    fn change(
        &self,
        mut change: Change,
        flush: bool,
    ) -> impl Future<Output = Result<(), String>> + use<> {
        let rest = self.rest.take().map(|rest| rest.from);
        change.cut = change.cut.or(rest);
        self.file.change(&change, flush)
    }

    /// Changes what its mark says beside that: it still says how far it went.
    fn note<C: FnOnce(&mut Mark) -> Change>(
        &self,
        change: C,
    ) -> impl Future<Output = Result<(), String>> + use<C> {
        let mut mark = self.mark();
        let ends = (mark.before, mark.tail);
        if let Some(rest) = self.rest.get() {
            (mark.before, mark.tail) = rest.marked;
        }
        let change = change(&mut mark);
        (mark.before, mark.tail) = ends;
        *self.mark.borrow_mut() = mark;
        self.file.change(&change, true)
    }

    fn set(&self, mark: Mark) {
        self.seen.set(mark.tail.segment);
        self.position.set(Position::START);
        *self.mark.borrow_mut() = mark;
    }

    pub(super) fn mark(&self) -> Mark {
        *self.mark.borrow()
    }

    /// What it is known to have held.
    pub(super) fn claims(&self) -> Claims {
        let marked = Claims::of(&self.mark());
        let claimed = self.claimed.get();
        claimed
            .filter(|claimed| claimed.exceeds(&marked))
            .unwrap_or(marked)
    }

    /// It is known to have held what another did that was to be the same.
    pub(super) fn held_as_well(&self, other: &Held) {
        let (ours, theirs) = (self.claims(), other.claims());
        if theirs.exceeds(&ours) {
            self.claimed.set(Some(ours.with(&theirs)));
        }
    }

    /// Whether the last segment of the log that it knows is this one.
    pub(super) fn is_at(&self, segment: u64) -> bool {
        !self.is_doubted.get() && self.seen.get() == segment
    }

    pub(super) fn seen(&self) -> u64 {
        self.seen.get()
    }

    /// Passes over a segment that holds nothing.
    pub(super) fn skip(&self, segment: u64) {
        self.seen.set(segment);
    }

    /// It is of another database now, which may have something where the one before had nothing.
    pub(super) fn look_again(&self) {
        self.seen.set(self.mark().tail.segment);
    }

    pub(super) fn position(&self) -> Position {
        self.position.get()
    }

    pub(super) fn is_doubted(&self) -> bool {
        self.is_doubted.get()
    }

    /// The file may be other than the mark says: it is read again before anything is added.
    pub(super) fn doubt(&self) {
        self.is_doubted.set(true);
    }

    /// Whether it is known to be as it was written.
    pub(super) fn is_checked(&self) -> bool {
        self.is_checked.get()
    }

    /// Some of it isn't.
    pub(super) fn unchecked(&self) {
        self.is_checked.set(false);
    }

    /// It was read whole, and is.
    pub(super) fn checked(&self) {
        self.is_checked.set(true);
    }

    /// Whether it can't be written any more, and another tab may keep it.
    pub(super) fn is_gone(&self) -> bool {
        self.file.is_gone()
    }

    /// Adds an entry. `flush`: answers once it is on the disk.
    pub(super) fn add(
        &self,
        entry: &Entry<'_>,
        last: Option<Position>,
        flush: bool,
    ) -> impl Future<Output = Result<(), String>> + use<> {
        let mut mark = self.mark();
        let change = mark.add(entry).map_err(|error| error.to_string());
        let changed = change.map(|change| {
            self.set(mark);
            self.position.set(last.unwrap_or_default());
            if flush {
                self.is_flushed.set(true);
            }
            self.change(change, flush)
        });
        async move { changed?.await }
    }

    /// What was added last was never so.
    pub(super) fn back_to(&self, before: Mark) -> impl Future<Output = Result<(), String>> + use<> {
        let mut mark = self.mark();
        let change = mark.end_at(before.before, before.tail);
        self.set(mark);
        self.change(change, false)
    }

    /// Drops the last entry.
    pub(super) fn drop_last(&self) -> impl Future<Output = Result<(), String>> + use<> {
        let mut mark = self.mark();
        let change = mark.end_at(Tail::EMPTY, mark.before);
        self.claimed.set(None);
        self.set(mark);
        self.change(change, false)
    }

    /// Begins anew, for this store.
    pub(super) fn begin(&self, store: Uuid) -> impl Future<Output = Result<(), String>> + use<> {
        let mut mark = Mark::new(store, self.epoch);
        mark.database = self.mark().database;
        let change = mark.begin();
        self.claimed.set(None);
        self.set(mark);
        self.is_checked.set(true);
        self.change(change, true)
    }

    /// Notes that whoever keeps it ends as it should; nothing where it may not be so.
    pub(super) fn end(&self) {
        if self.is_doubted.get() || !self.is_checked.get() {
            return;
        }
        if self.mark().is_ended {
            return;
        }
        let noted = self.note(Mark::end);
        // It is read whole the next time where that fails.
        crate::target::spawn(async move { drop(noted.await) });
    }

    /// What is added next has to be on the disk before it is told.
    pub(super) fn to_flush(&self) {
        self.is_flushed.set(false);
    }

    /// Everything that had to be is on the disk once this is answered.
    pub(super) async fn flush(&self) -> Result<(), String> {
        if self.is_flushed.replace(true) {
            return Ok(());
        }
        self.file.change(&Change::default(), true).await
    }

    /// It is at the log's end: whatever it took the place of isn't needed any more.
    pub(super) async fn filled(&self) -> Result<(), String> {
        if !self.mark().is_partial {
            return Ok(());
        }
        self.note(Mark::fill).await
    }

    /// Some of what it was filled from couldn't be read.
    pub(super) async fn lacks(&self) -> Result<(), String> {
        self.note(Mark::lack).await
    }

    /// Hands over the entries, from the first to where the journal ends; answers what of it can't be
    /// read.
    pub(super) async fn entries(
        &self,
        mut take: impl AsyncFnMut(Entry<'_>) -> Result<(), String>,
    ) -> Result<Walked, String> {
        let tail = self.mark().tail;
        let mut walked = self
            .walk(Reader::new(), Some(tail.length), &mut take)
            .await?;
        let end = walked.ends.map_or(Tail::EMPTY, |ends| ends.1);
        if end != tail && walked.lost.is_empty() {
            let first = end.segment + 1;
            let last = Some(tail.segment);
            walked.lost.push(Lost { first, last });
        }
        Ok(walked)
    }

    /// Sets aside what it holds under another name, and begins anew for this store. Where that fails,
    /// it holds what it held.
    pub(super) async fn set_aside(&self, name: &str, store: Uuid) -> Result<(), String> {
        self.leave_marked().await?;
        self.file.set_aside(name).await?;
        self.begin(store).await
    }

    /// One whose marks can't be read gets another: without any it would be taken for one of the releases before.
    async fn leave_marked(&self) -> Result<(), String> {
        let Mark { store, epoch, .. } = self.mark();
        if !store.is_nil() {
            return Ok(());
        }
        self.note(move |mark| mark.is_of(store, epoch)).await
    }

    /// Gives it another name: what it holds is set aside.
    pub(super) async fn move_aside(&self, name: &str) -> Result<(), String> {
        self.leave_marked().await?;
        self.file.set_aside(name).await?;
        self.file.remove().await
    }

    /// Is of this store from now on: what it holds is so.
    pub(super) fn is_of(&self, store: Uuid) -> impl Future<Output = Result<(), String>> + use<> {
        let epoch = self.epoch;
        self.note(move |mark| mark.is_of(store, epoch))
    }

    /// Is a copy of this one of the store's databases from now on.
    pub(super) fn is_in(&self, database: u64) -> impl Future<Output = Result<(), String>> + use<> {
        self.note(move |mark| mark.is_in(database))
    }

    /// Hands over the entries up to a place, or to where there are no more.
    async fn walk(
        &self,
        mut reader: Reader,
        end: Option<u64>,
        take: &mut impl AsyncFnMut(Entry<'_>) -> Result<(), String>,
    ) -> Result<Walked, String> {
        let mut walked = Walked::default();
        loop {
            let before = reader.tail;
            if end.is_some_and(|end| before.length >= end) {
                break;
            }
            match reader.read() {
                Next::Entry(entry) => {
                    if entry.chain != Chain::START {
                        walked.chains.push((entry.segment, entry.chain));
                    }
                    take(entry).await?;
                    walked.ends = Some((before, reader.tail));
                }
                Next::Damaged(lost) => walked.lost.push(lost),
                Next::More(count) => {
                    let bytes = self.file.read(reader.wants(), count.max(CHUNK)).await?;
                    if bytes.is_empty() {
                        walked.lost.extend(reader.end());
                        break;
                    }
                    reader.feed(&bytes);
                }
            }
        }
        walked.void = reader.void().clone();
        Ok(walked)
    }
}

async fn nothing(_: Entry<'_>) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests;
