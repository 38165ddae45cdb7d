//! What adds to the log and to its second copy, so that a page can fetch the code of it once it is drawn. Nothing is
//! added before the store is open, and who looks needs none of it.

use std::pin::Pin;
use std::rc::Rc;

use futures_channel::oneshot;

use super::append;
use super::journal::{self, Held, Journal};
use super::upkeep::{LoadUpkeep, Upkeep};
use super::writer::{Answer, Asked, Wanted, Writer};
use crate::core::{ExpectedVersion, NewEvent, StreamId};
use crate::store::{AppendError, Durability, StoreError, check, repeated_id};
use crate::target::spawn;

type Later<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

type Follow = for<'a> fn(&'a Journal, &'a Rc<Held>) -> Later<'a, Result<(), String>>;

/// The functions that do it.
#[derive(Clone, Copy)]
pub struct Adding {
    append: fn(Rc<Writer>) -> Later<'static, ()>,
    follow: Follow,
}

/// How they are come by. Asked for each round of appends; where it fails it says why, in words.
pub type LoadAdding = fn() -> Later<'static, Result<Adding, String>>;

/// How all code of a store is come by that a page may fetch after itself.
#[derive(Clone, Copy)]
pub struct LoadCode {
    /// What adds to the log: fetched as soon as the store is open, and before it is needed.
    pub adding: LoadAdding,
    /// What is seldom done: fetched when it is.
    pub upkeep: LoadUpkeep,
}

impl Adding {
    /// The functions themselves. What mentions this holds their code: a page that fetches them later mentions it
    /// in what it fetches, and nowhere else.
    #[must_use]
    #[inline(never)]
    pub fn here() -> Adding {
        Adding {
            append: |writer| Box::pin(append::work(writer)),
            follow: |journal, held| Box::pin(journal::keep::follow(journal, held)),
        }
    }
}

impl LoadCode {
    /// The loaders of a program that reads and imports, and holds no code that appends: an append there answers
    /// [`StoreError::Unavailable`].
    pub const IMPORTING: LoadCode = LoadCode {
        adding: || {
            Box::pin(async { Err("this program imports, and has no code that appends".to_owned()) })
        },
        upkeep: Upkeep::AT_HAND,
    };

    /// The loaders of a program that has it all anyway.
    pub const AT_HAND: LoadCode = LoadCode {
        adding: || Box::pin(async { Ok(Adding::here()) }),
        upkeep: Upkeep::AT_HAND,
    };
}

/// Appends, together with whatever else was asked for meanwhile.
///
/// # Errors
/// As [`crate::store::EventStore::append`]; [`StoreError::Unavailable`] also where the code can't be had.
pub(super) async fn append(
    load: LoadAdding,
    writer: &Rc<Writer>,
    durability: Durability,
    stream: &StreamId,
    expected: ExpectedVersion,
    history: Wanted,
    events: &[NewEvent],
) -> Answer {
    check(stream, events)?;
    if let Some(event_id) = repeated_id(events) {
        let stream = stream.clone();
        return Err(AppendError::EventIdReused { event_id, stream });
    }
    let (answer, answered) = oneshot::channel();
    writer.asked.borrow_mut().push_back(Asked {
        stream: stream.clone(),
        expected,
        history,
        events: events.to_vec(),
        durability,
        answer,
    });
    if !writer.is_busy.replace(true) {
        // A task of its own: who stops waiting for an answer doesn't stop the others' appends.
        spawn(work(load, Rc::clone(writer)));
    }
    // The task always answers; it can only be gone with the whole page.
    answered.await.unwrap_or_else(|_| {
        Err(AppendError::Store(StoreError::Unavailable {
            reason: "the page is being closed".into(),
        }))
    })
}

async fn work(load: LoadAdding, writer: Rc<Writer>) {
    match load().await {
        Ok(adding) => (adding.append)(writer).await,
        Err(reason) => {
            writer.is_busy.set(false);
            for asked in writer.asked.take() {
                let reason = reason.clone().into();
                let refused = StoreError::Unavailable { reason };
                let _ = asked.answer.send(Err(refused.into()));
            }
        }
    }
}

/// Brings the journal to the log's end, as [`journal::keep::follow`] does.
///
/// # Errors
/// As there; also where the code can't be had.
pub(super) async fn follow(
    load: LoadAdding,
    journal: &Journal,
    held: &Rc<Held>,
) -> Result<(), String> {
    (load().await?.follow)(journal, held).await
}
