//! The journals of earlier epochs, while the one that took their place isn't filled.

use super::super::patience;
use super::file::{self, Held};

/// So often, and after so many milliseconds each, one that somebody has open is tried again.
const TRIES: u32 = 20;
const BETWEEN: u32 = 50;

/// So often one that can't be opened is: each time is some seconds already.
const FAILURES: u32 = 2;

/// Opens, of the journals of earlier epochs of the same store, the one that goes furthest, where that is further
/// than this one goes, or is known to have gone: this took its place and isn't filled yet. Either is known to have held
/// what any of them did.
///
/// # Errors
/// Why one can't be asked: a tab that kept it may have it open still, though it was waited for.
pub(super) async fn open_further(held: &Held, store: &str) -> Result<Option<Held>, String> {
    let mut found: Option<Held> = None;
    // The numbers of another store say nothing; one whose marks are damaged doesn't say whose it is.
    let is_ours = |other: &Held| {
        let of = other.mark().store;
        let ours = held.mark().store;
        // Nor does one of which the tab was killed that made it.
        of.is_nil() || ours.is_nil() || of == ours
    };
    let reach = |held: &Held| held.mark().tail.segment;
    for epoch in file::epochs(store).await? {
        if epoch >= held.epoch() {
            continue;
        }
        let Some(other) = open_patiently(store, epoch).await?.filter(&is_ours) else {
            continue;
        };
        let before = found.as_ref().unwrap_or(held);
        if reach(&other) > reach(before) {
            other.held_as_well(before);
            found = Some(other);
        } else {
            before.held_as_well(&other);
        }
    }
    Ok(found)
}

/// Opens one of an earlier epoch. Whoever kept it before may still be closing it.
async fn open_patiently(store: &str, epoch: u64) -> Result<Option<Held>, String> {
    let (mut tries, mut failures) = (0, 0);
    loop {
        match Held::open_other(store, epoch).await {
            Ok(Some(other)) => return Ok(Some(other)),
            Ok(None) if tries == TRIES => return Err("another tab has it open".to_owned()),
            Ok(None) => tries += 1,
            Err(reason) if failures == FAILURES => return Err(reason),
            Err(_) => failures += 1,
        }
        patience::pause(BETWEEN).await;
    }
}
