//! The law of the second copy: what was acknowledged while it said that it keeps up comes back after
//! the browser deleted the database, what is missing is told, and nothing else comes.

use eventloom::browser::IndexedDbStore;
use eventloom::core::{ExpectedVersion, NewEvent};
use eventloom::store::conformance::Plain;
use eventloom::store::{Loss, Recovery};

use super::super::second_copy::kept;
use super::super::support::Ear;
use super::inject::{Injector, Tally};
use super::model::{Model, Seen, look, streams};
use super::operations;
use super::run::{in_time, saw};

/// What was promised of the log, as numbers of the calls that had befallen it.
#[derive(Default)]
pub struct Promised {
    /// After so many it was in the second copy.
    pub copied: usize,
    /// After each of these it may have been noted beside both how far it goes.
    pub noted: Vec<usize>,
}

impl Promised {
    /// After how many it was noted last: a call that recorded nothing, like one that was answered with
    /// what was there already, notes nothing.
    fn noted(&self, past: &[Seen]) -> usize {
        let recorded = |at: &usize| *at > 0 && past[*at].count() != past[at - 1].count();
        self.noted.iter().copied().rev().find(recorded).unwrap_or(0)
    }
}

/// Has the browser delete the database of a store that nobody has open, and looks what comes back.
pub async fn check(
    injector: &Injector,
    name: &str,
    loss: &operations::Loss,
    (model, promised): (&Model, &Promised),
    next: NewEvent,
    tally: &mut Tally,
) -> Result<(), String> {
    let past = model.past().await.map_err(|error| error.to_string())?;
    lose(injector, name).await?;
    let (mut is_first, mut was_told) = (true, false);
    if let Some(plan) = &loss.opening {
        is_first = false;
        injector.arm(plan);
        let opened = in_time(IndexedDbStore::open_with_second_copy(name)).await?;
        let met = injector.lift().await;
        if met {
            tally.count(plan.fault);
        }
        match opened {
            Ok(store) => {
                let back = saw(look(&store).await)?;
                let at = place(&past, &back)?;
                told(&past, promised, at, &back, store.recovery())?;
                was_told = store.recovery().is_some_and(|told| told.lost > 0);
                store.close();
            }
            Err(_) if met => {}
            Err(error) => return Err(format!("opening what was lost: {error}")),
        }
        in_time(injector.rest()).await?;
    }
    let store = open(name).await?;
    let back = saw(look(&store).await)?;
    let at = place(&past, &back)?;
    if at < promised.copied {
        return Err(format!(
            "{} came back, though {} had been acknowledged while the second copy kept up",
            back.summary(),
            past[promised.copied].summary()
        ));
    }
    let recovery = store.recovery();
    // A loss that was told is not told again, unless nothing was left.
    if !(was_told && recovery.is_none()) {
        told(&past, promised, at, &back, recovery)?;
    }
    if is_first && recovery.map_or(0, |recovery| recovery.restored) != back.count() {
        return Err(format!(
            "{} came back, and it tells {recovery:?}",
            back.summary()
        ));
    }
    // It goes on, and can be lost again.
    let mut ear = Ear::on(&store);
    let appended = in_time(store.record(&streams()[0], ExpectedVersion::Any, &[next])).await?;
    appended.map_err(|error| format!("appending to what came back: {error}"))?;
    // A second copy that failed before is read whole first.
    if in_time(kept(&store, &mut ear)).await.is_err() {
        let status = store.second_copy();
        return Err(format!("without a fault the second copy is {status:?}"));
    }
    let before = saw(look(&store).await)?;
    store.close();
    lose(injector, name).await?;
    let store = open(name).await?;
    let after = saw(look(&store).await)?;
    let expected = Some(Recovery {
        cause: Loss::Deleted,
        restored: back.count() + 1,
        lost: 0,
        set_aside: 0,
        is_known: true,
        is_counted: true,
    });
    let recovery = store.recovery();
    store.close();
    if after != before || recovery != expected {
        return Err(format!(
            "lost again: {} came back and not {}, and it tells {recovery:?}",
            after.summary(),
            before.summary()
        ));
    }
    Ok(())
}

async fn open(name: &str) -> Result<IndexedDbStore, String> {
    let opened = in_time(IndexedDbStore::open_with_second_copy(name)).await?;
    opened.map_err(|error| format!("opening what was lost without a fault: {error}"))
}

async fn lose(injector: &Injector, name: &str) -> Result<(), String> {
    let lost = async {
        injector.rest().await;
        injector.lose_database().await;
    };
    let lost = in_time(lost).await;
    lost.map_err(|told| format!("losing {name}: {told}"))
}

/// After how many calls the log was as it came back.
fn place(past: &[Seen], back: &Seen) -> Result<usize, String> {
    let at = past.iter().rposition(|seen| seen == back);
    at.ok_or_else(|| {
        let past: Vec<String> = past.iter().map(Seen::summary).collect();
        format!("{} came back, and not one of {past:#?}", back.summary())
    })
}

/// Whether what is missing is told, and nothing else.
fn told(
    past: &[Seen],
    promised: &Promised,
    at: usize,
    back: &Seen,
    recovery: Option<Recovery>,
) -> Result<(), String> {
    let lost = recovery.map_or(0, |recovery| recovery.lost);
    // What was noted last, where that could be noted.
    let noted_at = promised.noted(past);
    let noted = past[noted_at].count();
    let is_less = at < noted_at && noted > back.count();
    let is_all = at + 1 == past.len() && noted <= back.count();
    if is_less && lost == 0 || is_all && lost > 0 {
        return Err(format!(
            "{} came back of {}, and it tells {recovery:?}",
            back.summary(),
            past[noted_at].summary()
        ));
    }
    Ok(())
}
