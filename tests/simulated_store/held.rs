//! The journal as a file that a tab keeps, in a worker that does what it is told, in order. It follows
//! `browser/indexed_db/journal/file.rs` and `browser/opfs.js`, over the real form.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use eventloom::log::journal::{Change, Entry, Mark, Tail};
use uuid::Uuid;

use super::reading::{Claims, Ended, Walked, end_of, start, unnamed, walk_to};
use super::world::{JOURNAL, OLDER, World, groups};

/// The worker of a file, as its page sees it.
struct Worker {
    world: Rc<World>,
    tab: u32,
    jobs: RefCell<VecDeque<Job>>,
    asked: Cell<u64>,
    done: Cell<u64>,
    refused: RefCell<BTreeSet<u64>>,
    /// It was silent for too long.
    is_given_up: Cell<bool>,
    is_closed: Cell<bool>,
}

enum Job {
    Change(Change, bool),
    Read,
    Aside(String),
    Filled,
}

/// A lock that goes with who holds it.
struct Lock(Rc<World>, u32);

impl Drop for Lock {
    fn drop(&mut self) {
        if self.0.keeper.get() == Some(self.1) {
            self.0.keeper.set(None);
        }
    }
}

impl Worker {
    /// Opens the file, which is free.
    fn start(world: &Rc<World>, tab: u32) -> Rc<Worker> {
        let worker = Rc::new(Worker {
            world: Rc::clone(world),
            tab,
            jobs: RefCell::default(),
            asked: Cell::default(),
            done: Cell::default(),
            refused: RefCell::default(),
            is_given_up: Cell::default(),
            is_closed: Cell::default(),
        });
        let id = u32::try_from(world.fresh()).unwrap();
        world.keeper.set(Some(id));
        let lock = Lock(Rc::clone(world), id);
        world
            .files
            .borrow_mut()
            .entry(JOURNAL.to_owned())
            .or_default();
        let does = Rc::clone(&worker);
        world.scheduler.spawn(groups(tab).1, async move {
            let _lock = lock;
            let mut is_broken = false;
            loop {
                let waits = Rc::clone(&does);
                let is_asked = move || !waits.jobs.borrow().is_empty() || waits.is_closed.get();
                does.world.scheduler.until(is_asked).await;
                let Some(job) = does.jobs.borrow_mut().pop_front() else {
                    return;
                };
                does.perform(job, &mut is_broken);
            }
        });
        worker
    }

    fn perform(&self, job: Job, is_broken: &mut bool) {
        let mut files = self.world.files.borrow_mut();
        let file = files.entry(JOURNAL.to_owned()).or_default();
        let mut refused = false;
        match job {
            Job::Read => *is_broken = false,
            Job::Filled => file.is_partial = false,
            Job::Change(change, flush) => {
                *is_broken |= self.world.choices().once_in(200);
                match *is_broken {
                    true => refused = true,
                    false => file.change(change, flush),
                }
            }
            Job::Aside(name) => match self.world.choices().once_in(10) {
                true => refused = true,
                false => {
                    let aside = std::mem::take(file);
                    file.is_partial = name.starts_with(OLDER);
                    files.insert(name, aside);
                }
            },
        }
        self.done.set(self.done.get() + 1);
        if refused {
            self.refused.borrow_mut().insert(self.done.get());
        }
    }

    /// Asks it to do something now; the answer comes later.
    fn ask(self: &Rc<Self>, job: Job) -> impl Future<Output = Result<(), String>> + use<> {
        self.asked.set(self.asked.get() + 1);
        let ticket = self.asked.get();
        self.jobs.borrow_mut().push_back(job);
        let worker = Rc::clone(self);
        async move {
            if !worker.is_given_up.get() {
                let waits = Rc::clone(&worker);
                let is_answered = move || waits.done.get() >= ticket || waits.is_given_up.get();
                if !worker.world.scheduler.until_or_late(is_answered).await {
                    worker.give_up();
                }
            }
            if worker.done.get() < ticket {
                return Err("its worker is gone".to_owned());
            }
            match worker.refused.borrow().contains(&ticket) {
                true => Err("the disk is full".to_owned()),
                false => Ok(()),
            }
        }
    }

    /// It is ended, if it isn't gone.
    fn give_up(&self) {
        self.is_given_up.set(true);
        let world = Rc::clone(&self.world);
        world.scheduler.end(groups(self.tab).1);
    }
}

/// The journal, where this tab keeps it.
pub struct Held {
    worker: Rc<Worker>,
    mark: Cell<Mark>,
    /// What its mark said to be in it when it was opened, where that was more than could be read.
    claimed: Cell<Option<Claims>>,
    /// What lies behind its end until something is added: from where on, and the ends that its mark says.
    rest: Cell<Option<(u64, (Tail, Tail))>>,
    seen: Cell<u64>,
    is_doubted: Cell<bool>,
    /// Whether all of it is known to be as it was written.
    is_checked: Cell<bool>,
    is_flushed: Cell<bool>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.worker.is_closed.set(true);
    }
}

impl Held {
    /// Opens the journal; none where another has it.
    pub async fn open(world: &Rc<World>, tab: u32) -> Result<Option<Held>, String> {
        world.scheduler.pause().await;
        if world.are_files_denied.get() {
            return Err("no worker just now".to_owned());
        }
        if world.keeper.get().is_some() {
            return Ok(None);
        }
        let held = Held {
            worker: Worker::start(world, tab),
            mark: Cell::new(unnamed()),
            claimed: Cell::default(),
            rest: Cell::default(),
            seen: Cell::default(),
            is_doubted: Cell::default(),
            is_checked: Cell::default(),
            is_flushed: Cell::default(),
        };
        held.look().await?;
        Ok(Some(held))
    }

    async fn read(&self) -> Result<Vec<u8>, String> {
        self.worker.ask(Job::Read).await?;
        let files = self.worker.world.files.borrow();
        Ok(files
            .get(JOURNAL)
            .map(|file| file.bytes.clone())
            .unwrap_or_default())
    }

    /// Reads how far it goes.
    pub async fn look(&self) -> Result<(), String> {
        let bytes = self.read().await?;
        let Ended {
            mut mark,
            ends: (before, tail),
            is_whole,
        } = end_of(&bytes);
        self.is_doubted.set(false);
        self.rest.set(None);
        self.is_flushed.set(false);
        if is_whole {
            self.is_checked.set(mark.is_ended);
            self.set(mark);
            return Ok(());
        }
        self.is_checked.set(bytes.is_empty());
        let marked = Claims::of(&mark);
        // What was begun and not finished, and what can't be read, stays.
        self.rest.set(Some((tail.length, (mark.before, mark.tail))));
        (mark.before, mark.tail, mark.is_ended) = (before, tail, false);
        let claimed = Some(marked).filter(|claimed| claimed.exceeds(&Claims::of(&mark)));
        self.claimed.set(claimed.or(self.claimed.get()));
        self.set(mark);
        Ok(())
    }

    fn change(
        &self,
        mut change: Change,
        flush: bool,
    ) -> impl Future<Output = Result<(), String>> + use<> {
        change.cut = change.cut.or(self.rest.take().map(|(from, _)| from));
        self.worker.ask(Job::Change(change, flush))
    }

    /// Changes what its mark says beside which entries it has: it still says how far it went.
    fn note<C: FnOnce(&mut Mark) -> Change>(
        &self,
        change: C,
    ) -> impl Future<Output = Result<(), String>> + use<C> {
        let mut mark = self.mark();
        let ends = (mark.before, mark.tail);
        if let Some((_, marked)) = self.rest.get() {
            (mark.before, mark.tail) = marked;
        }
        let change = change(&mut mark);
        (mark.before, mark.tail) = ends;
        self.mark.set(mark);
        self.worker.ask(Job::Change(change, true))
    }

    fn set(&self, mark: Mark) {
        self.seen.set(mark.tail.segment);
        self.mark.set(mark);
    }

    pub fn mark(&self) -> Mark {
        self.mark.get()
    }

    /// What it is known to have held.
    pub fn claims(&self) -> Claims {
        let marked = Claims::of(&self.mark());
        let claimed = self.claimed.get();
        claimed
            .filter(|claimed| claimed.exceeds(&marked))
            .unwrap_or(marked)
    }

    pub fn is_at(&self, segment: u64) -> bool {
        !self.is_doubted.get() && self.seen.get() == segment
    }

    pub fn seen(&self) -> u64 {
        self.seen.get()
    }

    pub fn skip(&self, segment: u64) {
        self.seen.set(segment);
    }

    /// It is of another database now, which may have something where the one before had nothing.
    pub fn look_again(&self) {
        self.seen.set(self.mark().tail.segment);
    }

    pub fn is_doubted(&self) -> bool {
        self.is_doubted.get()
    }

    pub fn doubt(&self) {
        self.is_doubted.set(true);
    }

    pub fn is_gone(&self) -> bool {
        self.worker.is_given_up.get()
    }

    pub fn add(
        &self,
        entry: &Entry<'_>,
        flush: bool,
    ) -> impl Future<Output = Result<(), String>> + use<> {
        let mut mark = self.mark();
        let change = mark.add(entry).unwrap();
        self.set(mark);
        if flush {
            self.is_flushed.set(true);
        }
        self.change(change, flush)
    }

    pub fn back_to(&self, before: Mark) -> impl Future<Output = Result<(), String>> + use<> {
        let mut mark = self.mark();
        let change = mark.end_at(before.before, before.tail);
        self.set(mark);
        self.change(change, false)
    }

    pub fn drop_last(&self) -> impl Future<Output = Result<(), String>> + use<> {
        let mut mark = self.mark();
        let change = mark.end_at(Tail::EMPTY, mark.before);
        self.claimed.set(None);
        self.set(mark);
        self.change(change, false)
    }

    pub fn begin(&self, store: Uuid) -> impl Future<Output = Result<(), String>> + use<> {
        let mut mark = Mark::new(store, 1);
        let change = mark.begin();
        self.claimed.set(None);
        self.is_checked.set(true);
        self.set(mark);
        self.change(change, true)
    }

    /// Goes on in another file, which is filled from the log; this one stays until that is done.
    pub async fn renew(&self, store: Uuid) -> Result<(), String> {
        if self.claims().events > 0 {
            let name = format!("{OLDER}{}", self.worker.world.fresh());
            self.worker.ask(Job::Aside(name)).await?;
        }
        let begun = self.begin(store);
        // Not before: a page goes on with it then.
        self.is_checked.set(false);
        begun.await?;
        self.is_checked.set(true);
        Ok(())
    }

    /// Whether it isn't filled yet.
    pub fn is_partial(&self) -> bool {
        let files = self.worker.world.files.borrow();
        files.get(JOURNAL).is_some_and(|file| file.is_partial)
    }

    /// It is at the log's end.
    pub async fn filled(&self) -> Result<(), String> {
        match self.is_partial() {
            true => self.worker.ask(Job::Filled).await,
            false => Ok(()),
        }
    }

    /// Whether it is known to be as it was written.
    pub fn is_checked(&self) -> bool {
        self.is_checked.get()
    }

    /// It was read whole, and is.
    pub fn checked(&self) {
        self.is_checked.set(true);
    }

    /// Notes that whoever keeps it ends as it should; nothing where it may not be so.
    pub fn end(&self) {
        if self.is_doubted.get() || !self.is_checked.get() || self.mark().is_ended {
            return;
        }
        drop(self.note(Mark::end));
    }

    /// Some of what it was filled from couldn't be read.
    pub async fn lacks(&self) -> Result<(), String> {
        self.note(Mark::lack).await
    }

    pub fn to_flush(&self) {
        self.is_flushed.set(false);
    }

    pub async fn flush(&self) -> Result<(), String> {
        if self.is_flushed.replace(true) {
            return Ok(());
        }
        self.worker.ask(Job::Change(Change::default(), true)).await
    }

    /// All that it is said to hold, as far as it can be read.
    pub async fn entries(&self) -> Result<Walked, String> {
        let bytes = self.read().await?;
        Ok(walk_to(&bytes, self.mark().tail))
    }

    pub async fn set_aside(&self, name: &str, store: Uuid) -> Result<(), String> {
        self.worker.ask(Job::Aside(name.to_owned())).await?;
        self.begin(store).await
    }

    pub fn is_of(&self, store: Uuid) -> impl Future<Output = Result<(), String>> + use<> {
        self.note(move |mark| mark.is_of(store, mark.epoch))
    }
}

/// A journal of before, until the one that took its place is filled.
pub struct Older {
    pub name: String,
    pub store: Uuid,
    pub tail: Tail,
    /// What its mark says to be in it.
    pub claims: Claims,
    pub walked: Walked,
}

impl Older {
    /// Is of this store from now on.
    pub fn is_of(&self, world: &World, store: Uuid) {
        if let Some(file) = world.files.borrow_mut().get_mut(&self.name) {
            let mut mark = Mark::read(start(&file.bytes)).unwrap_or(unnamed());
            let change = mark.is_of(store, mark.epoch);
            file.change(change, true);
        }
    }

    /// All that there are.
    pub fn all(world: &World) -> Vec<Older> {
        let files = world.files.borrow();
        let older = files.iter().filter(|(name, _)| name.starts_with(OLDER));
        let read = older.map(|(name, file)| {
            let Ended { mark, ends, .. } = end_of(&file.bytes);
            Older {
                name: name.clone(),
                store: mark.store,
                tail: ends.1,
                claims: Claims::of(&mark),
                walked: walk_to(&file.bytes, ends.1),
            }
        });
        read.collect()
    }
}
