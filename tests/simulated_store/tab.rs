//! A tab, or a worker of one that imports: its connection, and what it knows of the log. It follows
//! `browser/indexed_db/{connection,log,doubt}.rs`.

use std::cell::Cell;
use std::rc::Rc;

use eventloom::core::EventId;
use eventloom::log::Chain;
use eventloom::log::segments::Turn;
use eventloom::store::Recovery;
use uuid::Uuid;

use super::database::{Content, Database, Doubt};
use super::keeping::Journal;
use super::laws::Before;
use super::sweeping::Sweeping;
use super::world::{World, groups};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Open,
    Lost,
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubting {
    No,
    /// Nobody here asks for a second copy, and no other tab keeps it.
    FromHere,
    As(Doubt),
}

/// What is known of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub last: u64,
    pub events: u64,
    /// The version of the last event.
    pub version: u64,
    /// The last position that was given, as far as the log says.
    pub given: u64,
    /// The position of the last event.
    pub position: u64,
    pub emptied: u64,
    pub last_event: Option<EventId>,
    pub chain: Chain,
    /// Whether some of it can't be read: then nothing is appended, since nobody knows behind what.
    pub is_faulty: bool,
}

impl Known {
    /// All that a database holds.
    pub fn of(database: &Database) -> Known {
        let mut known = Known {
            chain: database.chain(),
            ..Known::default()
        };
        for (number, record) in &database.log {
            known.last = *number;
            match record.content {
                Content::Turn(Turn::Emptied { floor, .. }, _) => {
                    known = Known {
                        given: known.given.max(floor.0),
                        emptied: *number,
                        last: *number,
                        chain: known.chain,
                        ..Known::default()
                    };
                }
                Content::Turn(Turn::Restored { floor, .. } | Turn::TakenBack { floor, .. }, _) => {
                    known.given = known.given.max(floor.0);
                }
                // As if it stood right after what stands before it.
                Content::Damaged(_) => {
                    known.is_faulty = true;
                    known.events += 1;
                    known.position += 1;
                    known.given = known.given.max(known.position);
                    known.last_event = None;
                }
                _ => known.add(record.content.events()),
            }
        }
        known
    }

    /// What comes next stands behind this.
    pub fn end(&self) -> Before {
        match self.last_event {
            Some(event) => Before::Event(event),
            None => Before::emptied_by(self.emptied),
        }
    }

    pub fn add(&mut self, events: &[eventloom::core::RecordedEvent]) {
        self.events += events.len() as u64;
        if let Some(last) = events.last() {
            self.position = last.position.0;
            self.version = last.version.0;
            self.given = self.given.max(last.position.0);
            self.last_event = Some(last.event_id);
        }
    }
}

/// What a tab tells the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Appended(u64),
    Reset,
    Copied(u64),
    Copying(u64, u64),
    /// How far does it go?
    Asked,
}

pub struct Tab {
    pub world: Rc<World>,
    pub id: u32,
    pub journal: Option<Journal>,
    pub status: Cell<Status>,
    pub life: Cell<u64>,
    pub store: Cell<Option<Uuid>>,
    pub doubt: Cell<Option<Doubt>>,
    pub doubting: Cell<Doubting>,
    pub known: Cell<Option<Known>>,
    /// The last segment that was ever known of this database.
    pub last: Cell<u64>,
    pub forgotten: Cell<u64>,
    pub above: Cell<u64>,
    /// Whether an append is under way, and whether it ever opened.
    pub is_writing: Cell<bool>,
    pub was_opened: Cell<bool>,
    is_obtaining: Cell<bool>,
    /// Whether it goes on in a database that was made since somebody last judged.
    pub is_unjudged: Cell<bool>,
    pub heard: Cell<u64>,
    /// Who sweeps what an emptying left.
    pub sweeping: Sweeping,
    pub recovery: Cell<Option<Recovery>>,
}

pub struct Presence(Rc<World>, u32);

impl Drop for Presence {
    fn drop(&mut self) {
        let mut writing = self.0.writing.borrow_mut();
        if let Some(at) = writing.iter().position(|tab| *tab == self.1) {
            writing.swap_remove(at);
        }
    }
}

/// What came of asking the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    Closed,
    Taken,
    Failed(String),
}

impl Tab {
    pub fn new(world: &Rc<World>, has_journal: bool) -> Rc<Tab> {
        let id = u32::try_from(world.fresh()).unwrap();
        Rc::new(Tab {
            world: Rc::clone(world),
            id,
            journal: has_journal.then(Journal::default),
            status: Cell::new(Status::Lost),
            life: Cell::default(),
            store: Cell::default(),
            doubt: Cell::default(),
            doubting: Cell::new(Doubting::No),
            known: Cell::default(),
            last: Cell::default(),
            forgotten: Cell::default(),
            above: Cell::default(),
            is_writing: Cell::default(),
            was_opened: Cell::default(),
            is_obtaining: Cell::default(),
            is_unjudged: Cell::default(),
            heard: Cell::default(),
            sweeping: Sweeping::default(),
            recovery: Cell::default(),
        })
    }

    /// Ends where it stands, with its worker.
    pub fn die(&self) {
        self.status.set(Status::Ended);
        let (page, worker) = groups(self.id);
        self.world.scheduler.end(worker);
        self.world.scheduler.end(page);
        if let Some(journal) = &self.journal {
            journal.held.take();
        }
        self.world
            .openers
            .borrow_mut()
            .retain(|tab| *tab != self.id);
    }

    pub fn spawn(self: &Rc<Self>, future: impl Future<Output = ()> + 'static) {
        self.world.scheduler.spawn(groups(self.id).0, future);
    }

    pub async fn pause(&self) {
        self.world.scheduler.pause().await;
    }

    pub fn forget(&self) {
        self.last.set(self.last_known());
        self.forgotten.set(self.forgotten.get() + 1);
        self.known.set(None);
    }

    pub fn last_known(&self) -> u64 {
        self.last.get().max(self.knows().last)
    }

    pub fn knows(&self) -> Known {
        self.known.get().unwrap_or_default()
    }

    pub fn next_position(&self) -> u64 {
        self.knows().given.max(self.above.get()) + 1
    }

    /// Asks the database within one transaction; the life of the connection decides whether it can.
    pub async fn look<T>(&self, read: impl FnOnce(&Database) -> T) -> Result<T, Fault> {
        // It is a transaction of the connection that there is when it begins.
        let life = self.life.get();
        self.pause().await;
        let disk = self.world.disk.borrow();
        match &disk.database {
            Some(database) if disk.life == life => Ok(read(database)),
            _ => Err(Fault::Closed),
        }
    }

    /// Changes it within one transaction.
    pub async fn change(
        &self,
        is_strict: bool,
        change: impl FnOnce(&mut Database),
    ) -> Result<(), Fault> {
        let life = self.life.get();
        self.pause().await;
        {
            let mut disk = self.world.disk.borrow_mut();
            if disk.life != life || disk.database.is_none() {
                return Err(Fault::Closed);
            }
            if self.world.choices().once_in(300) {
                return Err(Fault::Failed("no room".to_owned()));
            }
            disk.commit(is_strict, change);
        }
        self.pause().await;
        Ok(())
    }

    /// Reads on in the log to its end.
    pub async fn catch_up(&self) -> Result<(), Fault> {
        let known = self.look(Known::of).await?;
        self.known.set(Some(known));
        Ok(())
    }

    pub fn to_note(&self) -> Option<Doubt> {
        match self.doubting.get() {
            Doubting::No => None,
            Doubting::As(doubt) => Some(doubt),
            Doubting::FromHere => {
                let known = self.knows();
                let here = Doubt {
                    after: known.last,
                    events: known.events,
                };
                let noted = self.doubt.get();
                Some(here).filter(|here| noted.is_none_or(|noted| noted.after > here.after))
            }
        }
    }

    pub fn noted(&self, doubt: Option<Doubt>) {
        if doubt.is_some() || self.doubting.get() == Doubting::FromHere {
            self.doubting.set(Doubting::No);
        }
    }

    pub fn knowingly_emptied(&self, segment: u64) -> u64 {
        match self.doubt.get() {
            Some(doubt) if segment > doubt.after => 0,
            _ => segment,
        }
    }

    /// Tells the other tabs.
    pub fn post(self: &Rc<Self>, signal: Signal) {
        let store = self.store.get();
        for other in self.world.tabs.borrow().iter() {
            if other.id == self.id || other.status.get() == Status::Ended {
                continue;
            }
            let hears = Rc::clone(other);
            other.spawn(async move {
                hears.pause().await;
                if !hears.was_opened.get() {
                    hears.heard.set(hears.heard.get() + 1);
                    return;
                }
                // Who says of which store it is hears those that say the same.
                if hears.store.get().is_some() && store.is_some() && hears.store.get() != store {
                    // Unless the database is another store since.
                    return Journal::learn_store(&hears).await;
                }
                hears.heard.set(hears.heard.get() + 1);
                Journal::hear(&hears, signal);
            });
        }
    }

    /// Whether no other has the store open, or opens it.
    pub fn is_alone(&self) -> bool {
        let tabs = self.world.tabs.borrow();
        let mut others = tabs.iter().filter(|tab| tab.id != self.id);
        let writing = self.world.writing.borrow();
        others.all(|tab| tab.status.get() == Status::Ended)
            && writing.iter().all(|tab| *tab == self.id)
    }

    /// Others may not find themselves alone until this is dropped, though the tab is closed meanwhile.
    pub fn presence(&self) -> Presence {
        self.world.writing.borrow_mut().push(self.id);
        Presence(Rc::clone(&self.world), self.id)
    }

    /// The connection is open; one that was closed is opened again, once a call.
    pub async fn database(self: &Rc<Self>) -> Result<(), String> {
        if self.life.get() != self.world.disk.borrow().life && self.status.get() == Status::Open {
            self.status.set(Status::Lost);
        }
        match self.status.get() {
            Status::Open => Ok(()),
            Status::Ended => Err("this store was closed".to_owned()),
            Status::Lost => {
                self.forget();
                // Two calls that find it closed are one after the other.
                let waits = Rc::clone(self);
                let is_free = move || !waits.is_obtaining.get();
                self.world.scheduler.until(is_free).await;
                let life = self.world.disk.borrow().life;
                if self.status.get() == Status::Open && self.life.get() == life {
                    return Ok(());
                }
                if self.status.get() == Status::Open {
                    self.status.set(Status::Lost);
                }
                self.is_obtaining.set(true);
                let obtained = self.obtain().await;
                self.is_obtaining.set(false);
                obtained?;
                match self.status.get() {
                    Status::Lost => self.status.set(Status::Open),
                    Status::Open => {}
                    Status::Ended => return Err("this store was closed".to_owned()),
                }
                Journal::begin_to_follow(self);
                Ok(())
            }
        }
    }

    /// Opens it for the first time.
    pub async fn open(self: &Rc<Self>) {
        let opened = self.obtain().await;
        match opened {
            Ok(()) if self.status.get() != Status::Ended => {
                self.status.set(Status::Open);
                self.was_opened.set(true);
                Journal::begin_to_follow(self);
                self.sweep_what_was_left();
            }
            Ok(()) => {}
            Err(error) => {
                self.world
                    .tell(|| format!("tab {}: doesn't open: {error}", self.id));
                self.close();
            }
        }
    }

    pub fn close(self: &Rc<Self>) {
        self.status.set(Status::Ended);
        self.was_opened.set(false);
        if let Some(journal) = &self.journal {
            Journal::note_now(self);
            if let Some(held) = journal.held() {
                held.end();
            }
            journal.give_up("this store was closed".to_owned());
        }
    }
}
