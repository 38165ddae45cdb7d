//! The connection of a store to its database: who closed it, and opening it again.

mod reopening;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::events::EventListener;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, IdbDatabase, IdbVersionChangeEvent};

use self::reopening::Reopening;
use super::append::Writer;
use super::beginning;
use super::chaining;
use super::compact::Compaction;
use super::doubt::Doubts;
use super::hints::{Hints, Signal};
use super::journal::{Admitted, Journal, admit, is_kept};
use super::log::Log;
use super::naming;
use super::opening;
use super::presence::{Presence, on_hide};
use super::read;
use super::saved;
use super::schema::{Step, WhenBlocked};
use super::sweep::{self, Sweeping};
use super::transaction::{self, Fault, Reading, Writing};
use super::upkeep::{self, LoadUpkeep, Told, migrated};
use crate::log::segments::Index;
use crate::store::{Durability, StoreError};
use crate::target::spawn;

/// Shared by the clones of a store.
pub(super) struct Connection {
    pub(super) name: String,
    /// The name of its database.
    pub(super) database: String,
    pub(super) hints: Hints,
    pub(super) log: Log,
    pub(super) writer: Writer,
    /// The second copy, where one was asked for.
    pub(super) journal: Option<Journal>,
    /// Which store it is, where there is a second copy that has to know.
    pub(super) store: Cell<Option<Uuid>>,
    /// What is in doubt of the database, and what is still to be noted of that.
    pub(super) doubts: Doubts,
    steps: &'static [Step],
    status: Cell<Status>,
    reopening: Reopening,
    link: RefCell<Option<Link>>,
    pub(super) compaction: Compaction,
    pub(super) sweeping: Sweeping,
    /// Where the code comes from of what is seldom done.
    pub(super) upkeep: LoadUpkeep,
    told: Rc<Told>,
    presence: RefCell<Option<Rc<Presence>>>,
    /// Whether the others were told, as far as this browser can tell them.
    is_present: Cell<bool>,
    _on_hide: Option<[EventListener; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Open,
    /// Closed by the browser, or because the database is being deleted. The next call opens it
    /// again.
    Lost,
    /// Closed for the sake of a newer Eventloom.
    Superseded,
    /// Closed by us.
    Ended,
}

/// An open database, with what is to happen when somebody else closes it.
struct Link {
    database: IdbDatabase,
    _on_version_change: Closure<dyn FnMut(IdbVersionChangeEvent)>,
    _on_close: Closure<dyn FnMut(Event)>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.database.set_onversionchange(None);
        self.database.set_onclose(None);
        self.database.close();
    }
}

impl Connection {
    pub(super) async fn open(
        (name, database): (&str, String),
        steps: &'static [Step],
        when_blocked: WhenBlocked,
        journal: Option<Journal>,
        (upkeep, told): (LoadUpkeep, Rc<Told>),
    ) -> Result<Rc<Connection>, StoreError> {
        let connection = Rc::new_cyclic(|connection| Connection {
            name: name.to_owned(),
            database,
            hints: Hints::new(name),
            log: Log::default(),
            writer: Writer::default(),
            journal,
            upkeep,
            told,
            store: Cell::new(None),
            doubts: Doubts::default(),
            steps,
            status: Cell::new(Status::Lost),
            reopening: Reopening::default(),
            link: RefCell::new(None),
            compaction: Compaction::default(),
            sweeping: Sweeping::default(),
            presence: RefCell::new(None),
            is_present: Cell::new(false),
            _on_hide: on_hide(connection, Connection::hide, Connection::show),
        });
        let (database, _) = connection.obtain(when_blocked).await?;
        connection.take(database);
        Journal::follow(&connection);
        let asking = Rc::clone(&connection);
        spawn(async move {
            if asking.is_alone().await {
                sweep::if_left(&asking).await;
            }
        });
        Ok(connection)
    }

    /// A database that can be used, and whether it didn't exist before. Where there is a second copy,
    /// it holds all that the two of them have.
    async fn obtain(&self, when_blocked: WhenBlocked) -> Result<(IdbDatabase, bool), StoreError> {
        let Some(journal) = &self.journal else {
            let (names, steps) = ((&*self.name, &*self.database), self.steps);
            let (opened, turn) = opening::ask(names, steps, when_blocked).await?;
            let opened = opened?;
            let database = migrated(self.upkeep, opened.database, &*self.told).await?;
            self.begin_to_know(&database).await;
            // Before anything is added. Who keeps the second copy has judged: that is done in one's turn.
            if !is_kept(&self.name).await {
                self.doubts.begin_here();
            }
            drop(turn);
            if let Err(error) = self.chain_all(&database).await {
                database.close();
                return Err(error);
            }
            return Ok((database, opened.created));
        };
        journal.note_now();
        let names = (&*self.name, &*self.database);
        let (opened, turn) = opening::ask(names, self.steps, when_blocked).await?;
        let _others_wait = turn.map_err(|reason| journal.give_up(reason));
        journal.take(false).await;
        let opened = opening::again(opened, &self.database, self.steps).await?;
        let database = migrated(self.upkeep, opened.database, &*self.told).await?;
        self.begin_to_know(&database).await;
        let admitted = async {
            let admitted = admit(
                &database,
                opened.created,
                &self.log,
                &self.hints,
                journal,
                self.upkeep,
            );
            let admitted = admitted.await?;
            // Not before: what the database lacks is brought back as it was.
            self.chain_all(&database).await?;
            Ok(admitted)
        };
        match admitted.await {
            Ok(Admitted { store, doubt }) => {
                self.doubts.judged(doubt);
                self.store.set(store);
                self.hints.is_of(store);
                journal.begin_life(&self.log);
                let number = naming::number_of(&self.name, &self.database);
                journal.is_of(number, naming::has_begun(&self.name)).await;
            }
            Err(error) => {
                // A connection that nobody has would block every other.
                database.close();
                return Err(error);
            }
        }
        Ok((database, opened.created))
    }

    /// Gives the records of a database of the layout before their chains.
    async fn chain_all(&self, database: &IdbDatabase) -> Result<(), StoreError> {
        if chaining::is_due(database).await? {
            upkeep::chain_all(self.upkeep, database, self.log.first(), &*self.told).await?;
            // What is known of the log has none.
            self.log.forget();
        }
        Ok(())
    }

    /// Takes an open database as ours.
    fn take(self: &Rc<Self>, database: IdbDatabase) {
        let (asked, lost) = (Rc::downgrade(self), Rc::downgrade(self));
        let on_version_change = Closure::new(move |event: IdbVersionChangeEvent| {
            // Without a new version the database is being deleted.
            let Some(connection) = asked.upgrade() else {
                return;
            };
            match event.new_version() {
                Some(_) => connection.leave(Status::Superseded, Signal::Superseded),
                None => {
                    // On purpose, by a program of this origin: the second copy goes with it.
                    if let Some(journal) = &connection.journal {
                        connection.hints.is_of(None);
                        journal.forget();
                    }
                    connection.leave(Status::Lost, Signal::Closed);
                }
            }
        });
        let on_close = Closure::new(move |_: Event| {
            let Some(connection) = lost.upgrade() else {
                return;
            };
            connection.leave(Status::Lost, Signal::Closed);
            // The tab that has the second copy brings back at once what the browser may have deleted.
            if connection.journal.as_ref().is_some_and(Journal::is_here) {
                spawn(async move {
                    // Where that fails, the next call says so.
                    let _ = connection.database().await;
                });
            }
        });
        database.set_onversionchange(Some(on_version_change.as_ref().unchecked_ref()));
        database.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        self.status.set(Status::Open);
        *self.link.borrow_mut() = Some(Link {
            database,
            _on_version_change: on_version_change,
            _on_close: on_close,
        });
    }

    /// Tells others that this connection is there: before anything is known of the log, so that what
    /// is known was true when somebody was last alone.
    async fn be_present(&self, database: &IdbDatabase) {
        if self.is_present.get() {
            return;
        }
        let presence = Presence::take(&self.name).await;
        if !matches!(self.status.get(), Status::Ended | Status::Superseded) {
            *self.presence.borrow_mut() = presence.map(Rc::new);
            self.is_present.set(true);
            self.hints.announce();
            self.log.forget();
            self.recall(database).await;
        }
    }

    /// Before anything else is asked of a database that was just opened.
    async fn begin_to_know(&self, database: &IdbDatabase) {
        // What another call found out while this one waited may be of the database before.
        self.log.begin();
        let said = beginning::read(database).await;
        if let Some(beginning) = said.beginning {
            self.log.begins_with(beginning);
        }
        self.doubts.begin(said.doubt);
        self.sweeping.begin(said.left);
        match self.is_present.get() {
            true => self.recall(database).await,
            false => self.be_present(database).await,
        }
    }

    /// Begins with the index that was saved in this database.
    async fn recall(&self, database: &IdbDatabase) {
        let forgotten = self.log.forgotten();
        if let Some(index) = saved::load(database).await
            && self.log.forgotten() == forgotten
        {
            self.log.begin_with(index);
        }
    }

    /// To be held as long as something is under way that hangs on what is known of the log.
    pub(super) fn presence(&self) -> Option<Rc<Presence>> {
        self.presence.borrow().clone()
    }

    /// Whether no other connection to the database is there. Then others aren't told what comes until
    /// one says that it is there.
    pub(super) async fn is_alone(&self) -> bool {
        let Some(presence) = self.presence() else {
            return false;
        };
        let heard = self.hints.heard();
        let is_alone = presence.is_alone().await;
        if is_alone && self.is_present.get() {
            self.hints.found_alone(heard);
        }
        is_alone
    }

    /// The page is hidden: its locks go.
    fn hide(self: &Rc<Self>) {
        self.is_present.set(false);
        drop(self.presence.take());
        if let Some(journal) = &self.journal {
            journal.note_now();
            journal.end_cleanly();
        }
    }

    /// It is back: nobody told it what came meanwhile.
    fn show(self: &Rc<Self>) {
        if !self.is_present.get() && self.status.get() == Status::Open {
            let connection = Rc::clone(self);
            spawn(async move {
                // Where that fails, the next call says so.
                if let Ok(last) = read::ask(&connection, None, Index::last_position).await {
                    connection.hints.tell(Signal::Appended(last.place));
                }
            });
        }
    }

    pub(super) fn end(&self) {
        self.status.set(Status::Ended);
        self.let_go("this store was closed".to_owned());
        // Taken out before it is dropped: closing calls nobody back, but nothing should hang on that.
        let link = self.link.borrow_mut().take();
        drop(link);
        self.hints.tell(Signal::Closed);
    }

    /// Closes the connection because somebody else needs it closed, or has closed it.
    fn leave(&self, status: Status, signal: Signal) {
        if let Some(database) = self.now() {
            // What is under way still ends.
            database.close();
        }
        // The link stays until the next one: this runs in one of its callbacks.
        self.status.set(status);
        if status == Status::Superseded {
            self.let_go(StoreError::Superseded.to_string());
        }
        self.hints.tell(signal);
    }

    /// Lets go of what it holds among the tabs, for good: the journal, for another to keep, and the
    /// lock that says that it is there.
    fn let_go(&self, reason: String) {
        if let Some(journal) = &self.journal {
            journal.end(reason);
        }
        let presence = self.presence.borrow_mut().take();
        drop(presence);
    }

    /// The database of the newest connection, open or not.
    pub(super) fn now(&self) -> Option<IdbDatabase> {
        let link = self.link.borrow();
        link.as_ref().map(|link| link.database.clone())
    }

    /// The open database. One that the browser closed is opened again, once a call.
    async fn database(self: &Rc<Self>) -> Result<IdbDatabase, StoreError> {
        match self.status.get() {
            Status::Open => {}
            Status::Superseded => return Err(StoreError::Superseded),
            Status::Ended => return Err(ended()),
            Status::Lost => self.reopening.once(self.reopen()).await?,
        }
        if let Some(database) = self.now() {
            self.be_present(&database).await;
        }
        match (self.status.get(), self.now()) {
            (Status::Open, Some(database)) => Ok(database),
            (Status::Superseded, _) => Err(StoreError::Superseded),
            _ => Err(ended()),
        }
    }

    pub(super) async fn read(
        self: &Rc<Self>,
        operation: &'static str,
        stores: &[&str],
    ) -> Result<Reading, StoreError> {
        self.begin(operation, |database| transaction::read(database, stores))
            .await
    }

    pub(super) async fn write(
        self: &Rc<Self>,
        operation: &'static str,
        stores: &[&str],
        durability: Durability,
    ) -> Result<Writing, StoreError> {
        self.begin(operation, |database| {
            Writing::begin(database, stores, durability)
        })
        .await
    }

    async fn begin<T>(
        self: &Rc<Self>,
        operation: &'static str,
        begin: impl Fn(&IdbDatabase) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let database = self.database().await?;
        let fault = match begin(&database) {
            Ok(transaction) => return Ok(transaction),
            Err(fault) => fault,
        };
        // Closed, and nobody told us yet.
        if fault.is_closed() && self.status.get() == Status::Open {
            self.status.set(Status::Lost);
            let database = self.database().await?;
            return begin(&database).map_err(|fault| fault.while_doing(operation));
        }
        Err(fault.while_doing(operation))
    }
}

fn ended() -> StoreError {
    StoreError::Unavailable {
        reason: "this store was closed".to_owned(),
    }
}
