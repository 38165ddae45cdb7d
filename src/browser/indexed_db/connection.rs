//! The connection of a store to its database: who closed it, and opening it again.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use gloo::events::EventListener;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, IdbDatabase, IdbVersionChangeEvent};

use super::append::Writer;
use super::compact::Compaction;
use super::hints::{Hints, Signal};
use super::journal::{Journal, admit, keep_up};
use super::log::Log;
use super::migrate::migrate;
use super::presence::Presence;
use super::read;
use super::saved;
use super::schema::{self, Step, WhenBlocked};
use super::transaction::{self, Fault, Reading, Writing};
use crate::store::segments::Index;
use crate::store::{Durability, StoreError};
use crate::target::spawn;

/// Shared by the clones of a store.
pub(super) struct Connection {
    pub(super) name: String,
    pub(super) hints: Hints,
    pub(super) log: Log,
    pub(super) writer: Writer,
    /// The second copy, where one was asked for.
    pub(super) journal: Option<Journal>,
    /// Which store it is, where there is a second copy that has to know.
    pub(super) store: Cell<Option<Uuid>>,
    steps: &'static [Step],
    status: Cell<Status>,
    link: RefCell<Option<Link>>,
    pub(super) compaction: Compaction,
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
        name: &str,
        steps: &'static [Step],
        when_blocked: WhenBlocked,
        journal: Option<Journal>,
    ) -> Result<Rc<Connection>, StoreError> {
        let connection = Rc::new_cyclic(|connection| Connection {
            name: name.to_owned(),
            hints: Hints::new(name),
            log: Log::default(),
            writer: Writer::default(),
            journal,
            store: Cell::new(None),
            steps,
            status: Cell::new(Status::Lost),
            link: RefCell::new(None),
            compaction: Compaction::default(),
            presence: RefCell::new(None),
            is_present: Cell::new(false),
            _on_hide: on_hide(connection),
        });
        let (database, _) = connection.obtain(when_blocked).await?;
        connection.take(database);
        Journal::follow(&connection);
        let asking = Rc::clone(&connection);
        spawn(async move {
            asking.is_alone().await;
        });
        Ok(connection)
    }

    /// A database that can be used, and whether it didn't exist before. Where there is a second copy,
    /// it holds all that the two of them have.
    async fn obtain(&self, when_blocked: WhenBlocked) -> Result<(IdbDatabase, bool), StoreError> {
        let Some(journal) = &self.journal else {
            let opened = schema::open(&self.name, self.steps, when_blocked).await?;
            let database = migrate(opened.database).await?;
            self.begin_to_know(&database).await;
            return Ok((database, opened.created));
        };
        let _others_wait = journal.opening().await;
        journal.note_now();
        journal.take(false).await;
        let mut opened = schema::open(&self.name, self.steps, when_blocked).await;
        for is_last in [false, true] {
            if !matches!(&opened, Err(error) if journal.replaces(error)) {
                break;
            }
            if is_last {
                // The browser can't read its own files, and not just for a moment: what it can't open
                // is made anew. Not where another call has opened it meanwhile.
                if self.status.get() == Status::Open {
                    break;
                }
                schema::delete(&self.name).await?;
            }
            opened = schema::open(&self.name, self.steps, WhenBlocked::GiveUp).await;
        }
        let opened = opened?;
        let database = migrate(opened.database).await?;
        self.begin_to_know(&database).await;
        match admit(&database, opened.created, &self.log, &self.hints, journal).await {
            Ok(store) => self.store.set(store),
            Err(error) => {
                // A connection that nobody has would block every other.
                database.close();
                return Err(error);
            }
        }
        Ok((database, opened.created))
    }

    /// Takes an open database as ours.
    fn take(self: &Rc<Self>, database: IdbDatabase) {
        let (asked, lost) = (Rc::downgrade(self), Rc::downgrade(self));
        let on_version_change = Closure::new(move |event: IdbVersionChangeEvent| {
            // Without a new version the database is being deleted.
            match event.new_version() {
                Some(_) => leave(&asked, Status::Superseded, Signal::Superseded),
                None => {
                    // On purpose, by a program of this origin: the second copy goes with it.
                    if let Some(journal) = asked.upgrade().as_ref().and_then(|c| c.journal.as_ref())
                    {
                        journal.forget();
                    }
                    leave(&asked, Status::Lost, Signal::Closed);
                }
            }
        });
        let on_close = Closure::new(move |_: Event| {
            leave(&lost, Status::Lost, Signal::Closed);
            // The tab that has the second copy brings back at once what the browser may have deleted.
            if let Some(connection) = lost.upgrade()
                && connection.journal.as_ref().is_some_and(Journal::is_here)
            {
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
        if self.status.get() != Status::Ended {
            *self.presence.borrow_mut() = presence.map(Rc::new);
            self.is_present.set(true);
            self.hints.announce();
            self.log.forget();
            self.recall(database).await;
        }
    }

    /// Before anything else is asked of a database that was just opened.
    async fn begin_to_know(&self, database: &IdbDatabase) {
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

    pub(super) fn end(&self) {
        self.status.set(Status::Ended);
        if let Some(journal) = &self.journal {
            journal.end();
        }
        let presence = self.presence.borrow_mut().take();
        drop(presence);
        // Taken out before it is dropped: closing calls nobody back, but nothing should hang on that.
        let link = self.link.borrow_mut().take();
        drop(link);
        self.hints.tell(Signal::Closed);
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
            Status::Lost => {
                // It may be another than it was.
                self.log.forget();
                let (database, created) = self.obtain(WhenBlocked::GiveUp).await?;
                // Meanwhile another call may have been first, or the handle closed.
                match self.status.get() {
                    Status::Lost => self.take(database),
                    _ => database.close(),
                }
                if created {
                    self.hints.tell(Signal::Reset);
                }
                keep_up(self);
            }
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

/// A page that is hidden may be kept for coming back to, without its locks: so it gives them up, and
/// begins anew once it is back: nobody told it what came meanwhile. A worker is never kept so.
fn on_hide(connection: &Weak<Connection>) -> Option<[EventListener; 2]> {
    let window = web_sys::window()?;
    let (hidden, shown) = (connection.clone(), connection.clone());
    let hide = EventListener::new(&window, "pagehide", move |_| {
        if let Some(connection) = hidden.upgrade() {
            connection.is_present.set(false);
            let presence = connection.presence.borrow_mut().take();
            drop(presence);
            if let Some(journal) = &connection.journal {
                journal.note_now();
            }
        }
    });
    let show = EventListener::new(&window, "pageshow", move |_| {
        if let Some(connection) = shown.upgrade()
            && !connection.is_present.get()
            && connection.status.get() == Status::Open
        {
            spawn(async move {
                // Where that fails, the next call says so.
                if let Ok(last) = read::ask(&connection, Index::last_position).await {
                    connection.hints.tell(Signal::Appended(last));
                }
            });
        }
    });
    Some([hide, show])
}

/// Closes the connection because somebody else needs it closed, or has closed it.
fn leave(connection: &Weak<Connection>, status: Status, signal: Signal) {
    let Some(connection) = connection.upgrade() else {
        return;
    };
    if let Some(database) = connection.now() {
        // What is under way still ends.
        database.close();
    }
    // The link stays until the next one: this runs in one of its callbacks.
    connection.status.set(status);
    connection.hints.tell(signal);
}

fn ended() -> StoreError {
    StoreError::Unavailable {
        reason: "this store was closed".to_owned(),
    }
}
