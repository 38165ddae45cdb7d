//! The journals beside the one that is kept: that of the releases before, and those of earlier epochs. Each
//! is compared with the log before it is removed; what one of them alone has is set aside.

use web_sys::IdbDatabase;

use super::super::hints::Signal;
use super::aside;
use super::compare::compare;
use super::evidence::go_on_above;
use super::file::{self, Held};
use super::mend::mend;
use super::source::{Mending, Source};
use super::tab::Journal;
use crate::browser::BrowserClock;
use crate::core::Clock;
use crate::log::segments::Index;
use crate::store::Recovery;

/// Whether there may be any.
pub(super) async fn are_there(journal: &Journal, held: &Held) -> Result<bool, String> {
    if journal.first.borrow().is_some() {
        return Ok(true);
    }
    let epochs = file::epochs(&journal.connection.name).await?;
    Ok(epochs.into_iter().any(|epoch| epoch < held.epoch()))
}

/// Removes those that can be had, now that the one that is kept is at the log's end. What is damaged in the log, and
/// so in the one that is kept, is mended from them before; answers how many events were.
pub(in super::super) async fn remove(
    database: &IdbDatabase,
    journal: &Journal,
    held: &Held,
) -> Result<u64, String> {
    let since = journal.connection.log.ask(Index::since);
    let mut mended = 0;
    let first = journal.first.borrow().clone();
    if let Some(first) = first {
        mended += mend(database, Source::First(&first), since, Mending::Mends).await?;
        if let Some(alone) = alone(database, journal, Source::First(&first)).await? {
            first.set_aside(&alone.name).await?;
            tell(journal, &alone);
        }
        first.remove().await?;
        *journal.first.borrow_mut() = None;
    }
    for epoch in file::epochs(&journal.connection.name).await? {
        if epoch >= held.epoch() {
            continue;
        }
        let other = Held::open_other(&journal.connection.name, epoch).await?;
        if let Some(other) = other {
            if other.mark().store == held.mark().store {
                mended += mend(database, Source::Journal(&other), since, Mending::Mends).await?;
            }
            if let Some(alone) = alone(database, journal, Source::Journal(&other)).await? {
                other.set_aside(&alone.name, held.mark().store).await?;
                tell(journal, &alone);
            }
            other.remove().await?;
        }
    }
    Ok(mended)
}

/// What a journal alone has.
struct Alone {
    /// How many events.
    events: u64,
    /// Under which name they are to be set aside.
    name: String,
}

/// What of it is to be set aside; none where the log has all that it holds, or had it and was emptied since. No position
/// that it holds is given again.
async fn alone(
    database: &IdbDatabase,
    journal: &Journal,
    source: Source<'_>,
) -> Result<Option<Alone>, String> {
    let found = compare(database, source).await?;
    // Who emptied the store in doubt didn't mean what this alone has.
    let doubts = &journal.connection.doubts;
    let is_needed =
        found.alone() > 0 && doubts.knowingly_emptied(journal.emptied.get()) <= found.segment;
    if !is_needed {
        return Ok(None);
    }
    let above = go_on_above(database, &journal.connection.log, found.position).await;
    above.map_err(|error| error.to_string())?;
    let events = Some(found.events).filter(|_| !found.is_damaged);
    Ok(Some(Alone {
        events: found.alone(),
        name: aside::name(&journal.connection.name, BrowserClock.now(), events),
    }))
}

/// Tells that this is set aside.
fn tell(journal: &Journal, alone: &Alone) {
    let told = journal.recovery.get();
    journal
        .recovery
        .set(Some(Recovery::and_aside(told, alone.events)));
    journal.connection.hints.post(Signal::SetAside);
}
