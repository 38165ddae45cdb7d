//! What a person asks of the second copy: to check it, to mend the store from it, and to bring back what
//! was set aside.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::super::adding::LoadCode;
use super::super::calls::Call;
use super::super::connection::Connection;
use super::super::copies::Copies;
use super::super::hints::Signal;
use super::super::parts::Parts;
use super::super::schema::{STEPS, WhenBlocked};
use super::super::store::IndexedDbStore;
use super::super::transaction::Fault;
use super::super::upkeep;
use super::super::{import, inspect, reset, undo};
use super::aside;
use super::file::Held;
use super::keep::{Found, after};
use super::source::{Mending, Source};
use super::walked::Walked;
use crate::browser::BrowserClock;
use crate::core::{Clock, Position, RecordedEvent, StreamId, Version};
use crate::log::journal::Body;
use crate::log::segments::Index;
use crate::store::{
    self, Cause, CopyChecked, Durability, Finding, ImportError, SetAside, StoreError, WhySetAside,
};

/// So many events are brought back at once.
const BATCH: usize = 1_000;

/// So many segments at most are read at once.
const STEP: u32 = 64;

impl IndexedDbStore {
    /// Reads the second copy whole, where this tab keeps it, and says what of it is damaged, and what can be
    /// mended from it. One that is damaged is made anew from the log, which is mended before. None where
    /// another tab keeps it, or none does.
    ///
    /// # Errors
    /// [`StoreError::Failed`]: it couldn't be read.
    pub async fn check_second_copy(&self) -> Result<Option<CopyChecked>, StoreError> {
        let Some(held) = self.kept_journal() else {
            return Ok(None);
        };
        let walked = walk(&held).await?;
        let last = held.mark().tail.segment;
        let damaged = walked
            .lost
            .iter()
            .filter(|lost| lost.last.unwrap_or(last) >= lost.first);
        let damaged: Vec<Finding> = damaged
            .map(|lost| Finding::SecondCopyDamaged {
                first: lost.first,
                last: lost.last.unwrap_or(last),
            })
            .collect();
        let mut checked = CopyChecked {
            damaged,
            ..CopyChecked::default()
        };
        if walked.lost.is_empty() {
            checked.mendable = self.mend_or_count(Mending::Counts).await?;
        } else {
            // With it would go what only it has.
            checked.mended = self.mend().await?;
            held.unchecked();
            self.parts.connection.call(Call::Copy);
        }
        Ok(Some(checked))
    }

    /// Mends what is damaged in the database with the very events that the second copy has, where this tab
    /// keeps that; answers how many events can be read again.
    ///
    /// # Errors
    /// The storage's. What was mended until then is.
    pub async fn mend(&self) -> Result<u64, StoreError> {
        let mended = self.mend_or_count(Mending::Mends).await?;
        if mended > 0 {
            self.parts.connection.log.forget();
        }
        Ok(mended)
    }

    /// The journal, where this tab keeps it and it is of the log as it is.
    fn kept_journal(&self) -> Option<Rc<Held>> {
        let held = self.parts.journal()?.held();
        held.filter(|held| !held.is_doubted())
    }

    async fn mend_or_count(&self, mending: Mending) -> Result<u64, CopyFailed> {
        let connection = &self.parts.connection;
        let (Some(held), Some(database)) = (self.kept_journal(), connection.now()) else {
            return Ok(0);
        };
        let emptied = connection.log.ask(Index::since);
        let mended = upkeep::mend(
            self.parts.code.upkeep,
            &database,
            Source::Journal(&held),
            emptied,
            mending,
        );
        Ok(mended.await?)
    }

    /// Exchanges what was set aside with what is here, which is set aside then. Nothing is merged. Broken
    /// off, both are there: here or set aside. Answers how many events came back. What can't be read whole
    /// stays set aside, too; where a stream would lack events before others, nothing is exchanged.
    ///
    /// # Errors
    /// [`ImportError`]; what is here is as it was.
    pub async fn bring_back(&self, aside: &SetAside) -> Result<u64, ImportError> {
        let Parts {
            connection,
            copies,
            code,
            ..
        } = &*self.parts;
        let aside::Read { events, is_whole } = read(&aside.name, *code).await?;
        if events.is_empty() {
            return Err(CopyFailed::from("none of its events can be read").into());
        }
        if let Some(event) = behind_a_gap(&events) {
            let (stream, version) = (&event.stream, event.version);
            let cause = format!(
                "what comes before version {version} of {stream} can't be read, and nothing was exchanged; \
                 save it as a file, which has holes in such places and can be imported"
            );
            return Err(Fault::from(cause).while_doing("bring it back").into());
        }
        // What is set aside here is what can be read of it. The index may not know yet of what is damaged.
        self.mend().await?;
        let (here, seen) = set_aside_here(connection).await?;
        let exchanged = exchange(copies, &events, seen).await;
        match (&exchanged, here) {
            (Ok(()), _) if is_whole => self.delete_set_aside(aside).await?,
            (
                Err(Failed {
                    is_as_before: true, ..
                }),
                Some(here),
            ) => aside::delete(&here).await?,
            _ => {}
        }
        connection.hints.post(Signal::SetAside);
        match exchanged {
            Ok(()) => Ok(events.len() as u64),
            Err(failed) => Err(failed.why),
        }
    }
}

/// The first event of which those before it in its stream aren't all there.
fn behind_a_gap(events: &[RecordedEvent]) -> Option<&RecordedEvent> {
    let mut heads: HashMap<&StreamId, Version> = HashMap::new();
    events.iter().find(|event| {
        let before = heads.insert(&event.stream, event.version);
        before.unwrap_or_default().next() != event.version
    })
}

/// The events of what was set aside, in the order of their positions, as far as they can be read.
///
/// # Errors
/// [`StoreError::Unavailable`]: it isn't there any more, or can't be read. The storage's, for a database.
pub async fn read_set_aside(name: &str) -> Result<Vec<RecordedEvent>, StoreError> {
    Ok(read(name, LoadCode::IMPORTING).await?.events)
}

/// Reads what was set aside: a journal, or a database that was left.
async fn read(name: &str, code: LoadCode) -> Result<aside::Read, StoreError> {
    if aside::is_journal(name) {
        return aside::read(name).await;
    }
    let names = (name, name.to_owned());
    let left = Parts::open(
        names,
        STEPS,
        WhenBlocked::GiveUp,
        None,
        (code, Rc::new(|_| {})),
    )
    .await?;
    let mut events = Vec::new();
    let mut is_whole = true;
    let mut show = |held: store::Held<'_>| {
        match held {
            store::Held::Event {
                event: Ok(event), ..
            } => events.push(event.clone()),
            store::Held::Event { event: Err(_), .. } => is_whole = false,
            store::Held::Head(_) => {}
            store::Held::Snapshot(_) => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    };
    let inspected = inspect::inspect(&left.connection, &mut show).await;
    left.connection.end();
    inspected?;
    Ok(aside::Read { events, is_whole })
}

/// Why nothing was exchanged.
struct Failed {
    why: ImportError,
    /// Whether the log holds what it held before.
    is_as_before: bool,
}

/// Empties the log, of which all up to a segment is set aside, and puts these events in.
async fn exchange(copies: &Copies, events: &[RecordedEvent], seen: u64) -> Result<(), Failed> {
    let emptied = reset::reset(copies, Durability::Strict, &[]).await;
    let emptied = emptied.map_err(|error| Failed {
        why: error.into(),
        // It may be emptied all the same, where only the answer was lost.
        is_as_before: false,
    })?;
    let mut rest = events.chunks(BATCH);
    let next = |_| ControlFlow::Continue(rest.next().unwrap_or_default().to_vec());
    // What was recorded meanwhile isn't set aside.
    let done = match emptied.segments().first == seen + 1 {
        // Strictly: what it brings is deleted elsewhere then.
        true => import::import(copies, Durability::Strict, (Position::START, None), next).await,
        false => Err(CopyFailed::from("something was recorded meanwhile; try again").into()),
    };
    match done {
        Ok(_) => Ok(()),
        Err(why) => {
            let undone = undo::reset(copies, emptied.segments()).await;
            // Where even that fails, it is still set aside.
            let is_as_before = undone.is_ok();
            Err(Failed { why, is_as_before })
        }
    }
}

/// Sets aside all that is here, as a journal of its own, if there are any events; answers its name, and up to
/// which segment that goes.
async fn set_aside_here(connection: &Rc<Connection>) -> Result<(Option<String>, u64), CopyFailed> {
    let about = |index: &Index| (index.events(), index.last_segment());
    let looked = super::super::read::ask(connection, None, about).await;
    let (events, last) = looked?.place;
    if events == 0 {
        return Ok((None, last));
    }
    let now = BrowserClock.now();
    let name = aside::name_of(&connection.name, now, Some(events), WhySetAside::Exchanged);
    let copy = Held::begin_named(&name, connection.store.get().unwrap_or_default()).await?;
    if let Err(reason) = copy_into(connection, &copy).await {
        // A part of it would be taken for all.
        let _ = copy.remove().await;
        return Err(reason);
    }
    Ok((Some(name), copy.seen()))
}

/// Copies the log into a journal.
async fn copy_into(connection: &Rc<Connection>, copy: &Held) -> Result<(), CopyFailed> {
    let mut step = 1;
    loop {
        let Some(found) = after(connection, copy.seen(), step).await? else {
            return Err("segments were joined meanwhile; try again".into());
        };
        if found.is_empty() {
            break;
        }
        step = STEP.min(step * 4);
        for Found {
            number,
            entry,
            last,
            is_whole,
        } in found
        {
            if !is_whole {
                let damaged = "a record here is damaged, so that what is here can't be set aside whole; export it, \
                               empty the store by Reset, and try again";
                return Err(damaged.into());
            }
            if let Some(entry) = entry {
                if let Body::Paged { .. } = entry.body {
                    step = 1;
                }
                copy.add(&entry, last, false).await?;
            }
            copy.skip(number);
        }
    }
    Ok(copy.flush().await?)
}

/// Reads the journal whole, and says what of it can't be read.
async fn walk(held: &Held) -> Result<Walked, CopyFailed> {
    Ok(held.entries(async |_| Ok(())).await?)
}

/// Why something that a person asked of the second copy can't be done.
struct CopyFailed(Cause);

impl From<String> for CopyFailed {
    fn from(words: String) -> CopyFailed {
        CopyFailed(words.into())
    }
}

impl From<&str> for CopyFailed {
    fn from(words: &str) -> CopyFailed {
        CopyFailed(words.into())
    }
}

impl From<StoreError> for CopyFailed {
    fn from(error: StoreError) -> CopyFailed {
        CopyFailed(Cause::new(error))
    }
}

impl From<CopyFailed> for StoreError {
    fn from(CopyFailed(cause): CopyFailed) -> StoreError {
        StoreError::Failed {
            operation: "read the second copy",
            cause,
        }
    }
}

impl From<CopyFailed> for ImportError {
    fn from(failed: CopyFailed) -> ImportError {
        StoreError::from(failed).into()
    }
}
