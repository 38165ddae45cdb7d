//! The parts of a store, which its clones share: how they are put together, how its database is opened, and who
//! does what one of them calls for.

use std::pin::Pin;
use std::rc::{Rc, Weak};

use web_sys::IdbDatabase;

use super::adding::LoadCode;
use super::calls::Call;
use super::compact::Compaction;
use super::connection::{Connection, Obtained, ended};
use super::copies::Copies;
use super::hints::Signal;
use super::journal::{self, Admitted, Journal, admit, is_kept};
use super::schema::{Step, Told, WhenBlocked};
use super::sweep::Sweeping;
use super::upkeep::{self, migrated};
use super::writer::Writer;
use super::{chaining, naming, opening, read};
use crate::log::segments::Index;
use crate::store::StoreError;
use crate::target::spawn;

/// All of them.
pub(super) struct Parts {
    pub(super) connection: Rc<Connection>,
    /// The database, and the second copy where one was asked for.
    pub(super) copies: Copies,
    pub(super) writer: Rc<Writer>,
    pub(super) compaction: Rc<Compaction>,
    pub(super) sweeping: Rc<Sweeping>,
    /// Where the code comes from of what isn't needed to look.
    pub(super) code: LoadCode,
    told: Rc<Told>,
    steps: &'static [Step],
}

/// Makes the second copy of a store, as its tab sees it.
pub(super) type MakeJournal = fn(&Rc<Connection>) -> Rc<Journal>;

impl Parts {
    /// Puts them together, and opens the database. `names` are the store's and the database's; without `journal`
    /// there is no second copy.
    pub(super) async fn open(
        names: (&str, String),
        steps: &'static [Step],
        when_blocked: WhenBlocked,
        journal: Option<MakeJournal>,
        (code, told): (LoadCode, Rc<Told>),
    ) -> Result<Rc<Parts>, StoreError> {
        let parts = Rc::new_cyclic(|parts: &Weak<Parts>| {
            let (opens, hears) = (parts.clone(), parts.clone());
            let obtain = move |when_blocked| {
                let parts = opens.upgrade();
                let obtained: Pin<Box<dyn Future<Output = Obtained>>> =
                    Box::pin(async move { parts.ok_or_else(ended)?.obtain(when_blocked).await });
                obtained
            };
            let hear = move |call| {
                if let Some(parts) = hears.upgrade() {
                    parts.hear(call);
                }
            };
            let connection = Connection::new(names, Box::new(obtain), Rc::new(hear));
            let copies = Copies {
                connection: Rc::clone(&connection),
                journal: journal.map(|journal| journal(&connection)),
            };
            Parts {
                writer: Writer::new(copies.clone()),
                compaction: Compaction::new(copies.clone()),
                sweeping: Sweeping::new(Rc::clone(&connection)),
                connection,
                copies,
                code,
                told,
                steps,
            }
        });
        parts.connection.open(when_blocked).await?;
        if let Some(journal) = parts.journal() {
            journal::tidy::wait_for_first(journal, code.upkeep);
            journal.follow();
        }
        let asking = Rc::clone(&parts);
        spawn(async move {
            // So that the first append finds it. Where it can't be had now, that asks again.
            let _ = (code.adding)().await;
            if asking.connection.is_alone().await && asking.sweeping.is_left().await {
                asking.sweep_now();
            }
        });
        Ok(parts)
    }

    /// The second copy, where one was asked for.
    pub(super) fn journal(&self) -> Option<&Rc<Journal>> {
        self.copies.journal.as_ref()
    }

    /// A database that can be used. Where there is a second copy, it holds all that the two of them have.
    async fn obtain(&self, when_blocked: WhenBlocked) -> Obtained {
        let Connection {
            name,
            database,
            log,
            doubts,
            hints,
            ..
        } = &*self.connection;
        let names = (&**name, &**database);
        let Some(journal) = self.journal() else {
            let (opened, turn) = opening::ask(names, self.steps, when_blocked).await?;
            let database = migrated(self.code.upkeep, opened.database, &*self.told).await?;
            self.begin_to_know(&database).await;
            // Before anything is added. Who keeps the second copy has judged: that is done in one's turn.
            if !is_kept(name).await {
                doubts.begin_here();
            }
            drop(turn);
            if let Err(error) = self.chain_all(&database).await {
                database.close();
                return Err(error);
            }
            return Ok((database, opened.created));
        };
        journal.note_now();
        let (opened, turn) = opening::ask(names, self.steps, when_blocked).await?;
        let _others_wait = turn.map_err(|reason| journal.give_up(reason));
        journal.take(false).await;
        let database = migrated(self.code.upkeep, opened.database, &*self.told).await?;
        self.begin_to_know(&database).await;
        let admitted = async {
            let admitted = admit(&database, opened.created, journal, self.code.upkeep).await?;
            // Not before: what the database lacks is brought back as it was.
            self.chain_all(&database).await?;
            Ok(admitted)
        };
        match admitted.await {
            Ok(Admitted { store, doubt }) => {
                doubts.judged(doubt);
                self.connection.store.set(store);
                hints.is_of(store);
                journal.begin_life(log);
                let number = naming::number_of(names.0, names.1);
                journal.is_of(number, naming::has_begun(name)).await;
            }
            Err(error) => {
                // A connection that nobody has would block every other.
                database.close();
                return Err(error);
            }
        }
        Ok((database, opened.created))
    }

    async fn begin_to_know(&self, database: &IdbDatabase) {
        let said = self.connection.begin_to_know(database).await;
        self.sweeping.begin(said.left);
    }

    /// Gives the records of a database of the layout before their chains.
    async fn chain_all(&self, database: &IdbDatabase) -> Result<(), StoreError> {
        if chaining::is_due(database).await? {
            let log = &self.connection.log;
            upkeep::chain_all(self.code.upkeep, database, log.first(), &*self.told).await?;
            // What is known of the log has none.
            log.forget();
        }
        Ok(())
    }

    /// Does what one of them calls for.
    fn hear(self: Rc<Self>, call: Call) {
        match (call, self.journal().cloned()) {
            (Call::Added, _) => {
                self.compact_later();
                self.sweep_now();
            }
            (Call::Emptied, _) => {
                let parts = Rc::downgrade(&self);
                self.sweeping.in_a_while(move || {
                    if let Some(parts) = parts.upgrade() {
                        parts.sweep_now();
                    }
                });
            }
            (Call::Shown, _) => {
                spawn(async move { self.tell_last().await });
            }
            (_, None) => {}
            (Call::Copy, Some(journal)) => journal::keep_up(&journal, self.code.adding),
            (Call::Tidy, Some(journal)) => {
                journal::tidy::tidy_up(&journal, &self.sweeping, self.code.upkeep);
            }
            (Call::Reopened, Some(journal)) => {
                journal::tidy::wait_for_first(&journal, self.code.upkeep);
                journal.begin_to_follow();
            }
            // The tab that has the second copy brings back at once what the browser may have deleted.
            (Call::Lost, Some(journal)) if journal.is_here() => {
                // And tells that the store works again.
                spawn(async move { self.tell_last().await });
            }
            (Call::Lost, Some(_)) => {}
            // The second copy goes with it.
            (Call::Deleted, Some(journal)) => {
                self.connection.hints.is_of(None);
                journal.forget();
            }
            (Call::Hidden, Some(journal)) => {
                journal.note_now();
                journal.end_cleanly();
            }
            (Call::Ended(reason), Some(journal)) => journal.end(reason),
        }
    }

    /// Tells how far the log goes. Where that can't be found out, the next call says so.
    async fn tell_last(&self) {
        let asked = read::ask(&self.connection, None, Index::last_position);
        if let Ok(last) = asked.await {
            self.connection.hints.tell(Signal::Appended(last.place));
        }
    }

    fn compact_later(&self) {
        let load = self.code.upkeep;
        self.compaction.later(async move |compaction| {
            // What fails now is tried again later, and nobody waits for it.
            let _ = upkeep::compact(load, &compaction).await;
        });
    }

    fn sweep_now(&self) {
        let load = self.code.upkeep;
        self.sweeping.now(async move |sweeping| {
            // What fails now is tried again with what is added next, and nobody waits for it.
            let _ = upkeep::sweep(load, &sweeping).await;
        });
    }
}
