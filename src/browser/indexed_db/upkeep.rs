//! Work on a database that is seldom to be done, so that a page can fetch the code of it when it is: moving a
//! database of the first layout, joining old segments, comparing a second copy and bringing back from it.

use std::pin::Pin;
use std::rc::{Rc, Weak};

use web_sys::IdbDatabase;

use super::chaining;
use super::compact::{self, Compaction};
use super::journal::{self, Admitted, Held, Journal, Mending, Source, tidied};
use super::migrate;
use super::schema::{EVENTS, Told};
use super::sweep::{self, Sweeping};
use crate::core::History;
use crate::store::StoreError;

type Later<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

type Mend = for<'a> fn(&'a IdbDatabase, Source<'a>, u64, Mending) -> Later<'a, Result<u64, String>>;

type Admit =
    for<'a> fn(&'a IdbDatabase, bool, &'a Journal) -> Later<'a, Result<Admitted, StoreError>>;

type Tidy = for<'a> fn(&'a Journal, &'a Rc<Held>) -> Later<'a, Result<bool, String>>;

/// The functions that do it.
#[derive(Clone, Copy)]
pub struct Upkeep {
    migrate: for<'a> fn(&'a IdbDatabase, &'a Told) -> Later<'a, Result<(), StoreError>>,
    compact: for<'a> fn(&'a Compaction) -> Later<'a, Result<(), StoreError>>,
    admit: Admit,
    mend: Mend,
    chain: for<'a> fn(&'a IdbDatabase, History, &'a Told) -> Later<'a, Result<(), StoreError>>,
    sweep: for<'a> fn(&'a Sweeping) -> Later<'a, Result<(), StoreError>>,
    tidy: Tidy,
    wait_for_first: fn(Weak<Journal>, String) -> Later<'static, ()>,
}

/// How they are come by. Asked each time that there is something to do; where it fails it says why, in words.
pub type LoadUpkeep = fn() -> Later<'static, Result<Upkeep, String>>;

impl Upkeep {
    /// The functions themselves. What mentions this holds their code: a page that fetches them later mentions it
    /// in what it fetches, and nowhere else.
    #[must_use]
    #[inline(never)]
    pub fn here() -> Upkeep {
        Upkeep {
            migrate: |database, told| Box::pin(migrate::migrate(database, told)),
            compact: |compaction| Box::pin(compact::compact(compaction)),
            admit: |database, created, journal| {
                Box::pin(journal::admit_whole(database, created, journal))
            },
            mend: |database, source, since, mending| {
                Box::pin(journal::mend(database, source, since, mending))
            },
            chain: |database, first, told| Box::pin(chaining::chain_all(database, first, told)),
            sweep: |sweeping| Box::pin(sweep::sweep(sweeping)),
            tidy: |journal, held| Box::pin(tidied::tidy(journal, held)),
            wait_for_first: |journal, store| Box::pin(tidied::wait_for_first(journal, store)),
        }
    }

    /// The loader of a program that has them anyway.
    pub(super) const AT_HAND: LoadUpkeep = || Box::pin(async { Ok(Upkeep::here()) });
}

/// A database that is being moved. Dropped before it is taken out, it is closed: a connection that nobody has would
/// block every other.
struct Moving(Option<IdbDatabase>);

impl Drop for Moving {
    fn drop(&mut self) {
        if let Some(database) = &self.0 {
            database.close();
        }
    }
}

/// Moves what a database of the first layout holds, if it is one, and gives the database back.
///
/// # Errors
/// The storage's, or [`StoreError::Unavailable`] where the code can't be had; the database is then closed.
pub(super) async fn migrated(
    load: LoadUpkeep,
    database: IdbDatabase,
    told: &Told,
) -> Result<IdbDatabase, StoreError> {
    if !database.object_store_names().contains(EVENTS) {
        return Ok(database);
    }
    let mut moving = Moving(Some(database.clone()));
    (loaded(load).await?.migrate)(&database, told).await?;
    moving.0 = None;
    Ok(database)
}

/// Joins what is to be joined, as [`compact::compact`] does.
pub(super) async fn compact(load: LoadUpkeep, compaction: &Compaction) -> Result<(), StoreError> {
    (loaded(load).await?.compact)(compaction).await
}

/// Admits as [`journal::admit_whole`] does.
pub(super) async fn admit(
    load: LoadUpkeep,
    database: &IdbDatabase,
    created: bool,
    journal: &Journal,
) -> Result<Admitted, StoreError> {
    (loaded(load).await?.admit)(database, created, journal).await
}

/// Mends as [`journal::mend`] does.
pub(super) async fn mend(
    load: LoadUpkeep,
    database: &IdbDatabase,
    source: Source<'_>,
    since: u64,
    mending: Mending,
) -> Result<u64, String> {
    (load().await?.mend)(database, source, since, mending).await
}

/// Gives records their chains, as [`chaining::chain_all`] does.
pub(super) async fn chain_all(
    load: LoadUpkeep,
    database: &IdbDatabase,
    first: History,
    told: &Told,
) -> Result<(), StoreError> {
    (loaded(load).await?.chain)(database, first, told).await
}

/// Sweeps as [`sweep::sweep`] does.
pub(super) async fn sweep(load: LoadUpkeep, sweeping: &Sweeping) -> Result<(), StoreError> {
    (loaded(load).await?.sweep)(sweeping).await
}

/// Sees to the journal as [`tidied::tidy`] does.
pub(super) async fn tidy(
    load: LoadUpkeep,
    journal: &Journal,
    held: &Rc<Held>,
) -> Result<bool, String> {
    (load().await?.tidy)(journal, held).await
}

/// Waits for the journal of before as [`tidied::wait_for_first`] does, where the code can be had.
pub(super) async fn wait_for_first(load: LoadUpkeep, journal: Weak<Journal>, store: String) {
    if let Ok(upkeep) = load().await {
        (upkeep.wait_for_first)(journal, store).await;
    }
}

async fn loaded(load: LoadUpkeep) -> Result<Upkeep, StoreError> {
    let upkeep = load().await;
    upkeep.map_err(|reason| {
        let reason = reason.into();
        StoreError::Unavailable { reason }
    })
}
