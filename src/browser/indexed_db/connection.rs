//! The connection of a store to its database: who closed it, and opening it again.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, IdbDatabase, IdbVersionChangeEvent};

use super::append::Writer;
use super::hints::{Hints, Signal};
use super::log::Log;
use super::migrate::migrate;
use super::schema::{self, Opened, Step, WhenBlocked};
use super::transaction::{self, Fault, Reading, Writing};
use crate::store::{Durability, StoreError};

/// Shared by the clones of a store.
pub(super) struct Connection {
    pub(super) name: String,
    pub(super) hints: Hints,
    pub(super) log: Log,
    pub(super) writer: Writer,
    steps: &'static [Step],
    status: Cell<Status>,
    link: RefCell<Option<Link>>,
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
    ) -> Result<Rc<Connection>, StoreError> {
        let Opened { database, .. } = schema::open(name, steps, when_blocked).await?;
        let database = migrate(database).await?;
        let connection = Rc::new(Connection {
            name: name.to_owned(),
            hints: Hints::new(name),
            log: Log::default(),
            writer: Writer::default(),
            steps,
            status: Cell::new(Status::Open),
            link: RefCell::new(None),
        });
        connection.take(database);
        Ok(connection)
    }

    /// Takes an open database as ours.
    fn take(self: &Rc<Self>, database: IdbDatabase) {
        let (asked, lost) = (Rc::downgrade(self), Rc::downgrade(self));
        let on_version_change = Closure::new(move |event: IdbVersionChangeEvent| {
            // Without a new version the database is being deleted.
            match event.new_version() {
                Some(_) => leave(&asked, Status::Superseded, Signal::Superseded),
                None => leave(&asked, Status::Lost, Signal::Closed),
            }
        });
        let on_close = Closure::new(move |_: Event| leave(&lost, Status::Lost, Signal::Closed));
        database.set_onversionchange(Some(on_version_change.as_ref().unchecked_ref()));
        database.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        self.status.set(Status::Open);
        *self.link.borrow_mut() = Some(Link {
            database,
            _on_version_change: on_version_change,
            _on_close: on_close,
        });
    }

    pub(super) fn end(&self) {
        self.status.set(Status::Ended);
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
                let Opened { database, created } =
                    schema::open(&self.name, self.steps, WhenBlocked::GiveUp).await?;
                let database = migrate(database).await?;
                // It may be another than it was.
                self.log.forget();
                // Meanwhile another call may have been first, or the handle closed.
                match self.status.get() {
                    Status::Lost => self.take(database),
                    _ => database.close(),
                }
                if created {
                    self.hints.tell(Signal::Reset);
                }
            }
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
