//! The connection of a store to its database: it reads and writes, and opens the database again that somebody
//! closed. How a database is opened is given to it, and so is what is to happen besides.

mod reopening;

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;

use gloo::events::EventListener;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, IdbDatabase, IdbVersionChangeEvent};

use self::reopening::Reopening;
use super::calls::{Call, Calls};
use super::doubt::Doubts;
use super::hints::{Hints, Signal, Subscription};
use super::in_use::InUse;
use super::log::Log;
use super::presence::{Presence, on_hide};
use super::said::{self, Said};
use super::saved;
use super::schema::WhenBlocked;
use super::transaction::{self, Fault, Reading, Writing};
use crate::store::{Durability, StoreError};

/// A database that can be used, and whether it didn't exist before.
pub(super) type Obtained = Result<(IdbDatabase, bool), StoreError>;

/// How one is come by.
pub(super) type Obtain = dyn Fn(WhenBlocked) -> Pin<Box<dyn Future<Output = Obtained>>>;

/// Shared by the clones of a store.
pub(super) struct Connection {
    pub(super) name: String,
    /// The name of its database.
    pub(super) database: String,
    pub(super) hints: Hints,
    pub(super) log: Log,
    /// Which store it is, where there is a second copy that has to know.
    pub(super) store: Cell<Option<Uuid>>,
    /// What is in doubt of the database, and what is still to be noted of that.
    pub(super) doubts: Doubts,
    obtain: Box<Obtain>,
    calls: Calls,
    status: Cell<Status>,
    reopening: Reopening,
    link: RefCell<Option<Link>>,
    presence: RefCell<Option<Rc<Presence>>>,
    /// Whether the others were told, as far as this browser can tell them.
    is_present: Cell<bool>,
    /// How often another tab may have begun another history, and how many of these times were learned of.
    begun: Cell<u64>,
    learned: Cell<u64>,
    hears: RefCell<Option<Subscription>>,
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
    /// One that isn't open yet.
    pub(super) fn new(
        (name, database): (&str, String),
        obtain: Box<Obtain>,
        calls: Calls,
    ) -> Rc<Connection> {
        let connection = Rc::new_cyclic(|connection| Connection {
            name: name.to_owned(),
            database,
            hints: Hints::new(name),
            log: Log::default(),
            store: Cell::new(None),
            doubts: Doubts::default(),
            obtain,
            calls,
            status: Cell::new(Status::Lost),
            reopening: Reopening::default(),
            link: RefCell::new(None),
            presence: RefCell::new(None),
            is_present: Cell::new(false),
            begun: Cell::default(),
            learned: Cell::default(),
            hears: RefCell::default(),
            _on_hide: on_hide(connection, Connection::hide, Connection::show),
        });
        let hears = Rc::downgrade(&connection);
        let subscription = connection.hints.subscribe(Rc::new(move |signal| {
            if let (Signal::Filled, Some(connection)) = (signal, hears.upgrade()) {
                connection.may_have_begun();
            }
        }));
        *connection.hears.borrow_mut() = Some(subscription);
        connection
    }

    /// Opens it for the first time.
    pub(super) async fn open(self: &Rc<Self>, when_blocked: WhenBlocked) -> Result<(), StoreError> {
        let (database, _) = (self.obtain)(when_blocked).await?;
        self.take(database);
        Ok(())
    }

    /// Has others do what is to be done besides.
    pub(super) fn call(&self, call: Call) {
        (self.calls)(call);
    }

    /// Opens the database again; it may be another than it was.
    async fn reopen(self: &Rc<Self>) -> Result<(), StoreError> {
        self.log.forget();
        let before = self.log.first();
        let obtained = (self.obtain)(WhenBlocked::GiveUp).await;
        if let (Err(StoreError::Newer { .. }), Status::Lost) = (&obtained, self.status.get()) {
            // Taken over while it was closed here, so that nobody asked.
            self.leave(Status::Superseded, Signal::Superseded);
            return Err(InUse::Superseded.into());
        }
        let (database, created) = obtained?;
        // Meanwhile the handle may have been closed.
        match self.status.get() {
            Status::Lost => self.take(database),
            _ => database.close(),
        }
        if created {
            self.hints.tell(Signal::Reset);
        } else if self.log.first() != before {
            self.hints.tell(Signal::Filled);
        }
        self.call(Call::Reopened);
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
                    // On purpose, by a program of this origin.
                    connection.call(Call::Deleted);
                    connection.leave(Status::Lost, Signal::Closed);
                }
            }
        });
        let on_close = Closure::new(move |_: Event| {
            let Some(connection) = lost.upgrade() else {
                return;
            };
            connection.leave(Status::Lost, Signal::Closed);
            connection.call(Call::Lost);
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

    /// Before anything else is asked of a database that was just opened. Answers what it says of itself.
    pub(super) async fn begin_to_know(&self, database: &IdbDatabase) -> Said {
        // What another call found out while this one waited may be of the database before.
        self.log.begin();
        self.learned.set(self.begun.get());
        let said = said::read(database).await;
        if let Some(beginning) = said.beginning {
            self.log.begins_with(beginning);
        }
        self.log.goes_on_above(said.floor);
        self.doubts.begin(said.doubt);
        match self.is_present.get() {
            true => self.recall(database).await,
            false => self.be_present(database).await,
        }
        said
    }

    /// Another tab may have begun another history.
    fn may_have_begun(&self) {
        self.begun.set(self.begun.get() + 1);
    }

    /// Where another tab may have, reads again what the database says of itself.
    async fn learn(&self, database: &IdbDatabase) {
        let begun = self.begun.get();
        if self.learned.get() >= begun {
            return;
        }
        let said = said::read(database).await;
        let Some(beginning) = said.beginning else {
            return;
        };
        self.learned.set(begun.max(self.learned.get()));
        self.log.goes_on_above(said.floor);
        self.doubts.learn(said.doubt);
        if self.log.begins_with(beginning) {
            // What is known of the log may be of what is gone.
            self.log.forget();
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
        self.may_have_begun();
        drop(self.presence.take());
        self.call(Call::Hidden);
    }

    /// It is back: nobody told it what came meanwhile.
    fn show(self: &Rc<Self>) {
        if !self.is_present.get() && self.status.get() == Status::Open {
            self.call(Call::Shown);
        }
    }

    pub(super) fn end(&self) {
        self.status.set(Status::Ended);
        self.let_go("this store was closed".into());
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
            self.let_go(InUse::Superseded.to_string());
        }
        self.hints.tell(signal);
    }

    /// Lets go of what it holds among the tabs, for good.
    fn let_go(&self, reason: String) {
        self.call(Call::Ended(reason));
        let presence = self.presence.borrow_mut().take();
        drop(presence);
    }

    /// The database of the newest connection, open or not.
    pub(super) fn now(&self) -> Option<IdbDatabase> {
        let link = self.link.borrow();
        link.as_ref().map(|link| link.database.clone())
    }

    /// The open database. One that the browser closed is opened again, once a call.
    pub(super) async fn database(self: &Rc<Self>) -> Result<IdbDatabase, StoreError> {
        match self.status.get() {
            Status::Open => {}
            Status::Superseded => return Err(InUse::Superseded.into()),
            Status::Ended => return Err(ended()),
            Status::Lost => self.reopening.once(self.reopen()).await?,
        }
        if let Some(database) = self.now() {
            self.be_present(&database).await;
            self.learn(&database).await;
        }
        match (self.status.get(), self.now()) {
            (Status::Open, Some(database)) => Ok(database),
            (Status::Superseded, _) => Err(InUse::Superseded.into()),
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

/// That a store was closed.
pub(super) fn ended() -> StoreError {
    StoreError::Unavailable {
        reason: "this store was closed".into(),
    }
}
