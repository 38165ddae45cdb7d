//! Appending: whatever was asked for while the last transaction was under way goes into one
//! segment, written by one `add` under the next number. Where another tab took that number, the
//! database refuses it; then this tab catches up and decides again. An append is acknowledged when
//! the database says that its transaction is complete.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

use futures_channel::oneshot;

use super::connection::Connection;
use super::hints::Signal;
use super::journal::Journal;
use super::read::{self, read_stream};
use super::schema::LOG;
use super::transaction::Fault;
use super::{codec, compact};
use crate::core::{EventId, ExpectedVersion, NewEvent, Position, RecordedEvent, StreamId, Version};
use crate::store::segments::{INLINE, Index, Ranks, runs_of};
use crate::store::{AppendError, Durability, StoreError, recognise, repeated_id};
use crate::target::spawn;

/// So many appends at most share a transaction.
const MOST: usize = 4_096;

type Answer = Result<Vec<RecordedEvent>, AppendError>;

/// What was asked for and isn't under way yet.
#[derive(Default)]
pub(super) struct Writer {
    asked: RefCell<VecDeque<Asked>>,
    is_busy: Cell<bool>,
}

struct Asked {
    stream: StreamId,
    expected: ExpectedVersion,
    events: Vec<NewEvent>,
    durability: Durability,
    answer: oneshot::Sender<Answer>,
}

pub(super) async fn append(
    connection: &Rc<Connection>,
    durability: Durability,
    stream: &StreamId,
    expected: ExpectedVersion,
    events: &[NewEvent],
) -> Answer {
    if let Some(event_id) = repeated_id(events) {
        let stream = stream.clone();
        return Err(AppendError::EventIdReused { event_id, stream });
    }
    let (answer, answered) = oneshot::channel();
    let writer = &connection.writer;
    writer.asked.borrow_mut().push_back(Asked {
        stream: stream.clone(),
        expected,
        events: events.to_vec(),
        durability,
        answer,
    });
    if !writer.is_busy.replace(true) {
        // A task of its own: who stops waiting for an answer doesn't stop the others' appends.
        spawn(work(Rc::clone(connection)));
    }
    // The task always answers; it can only be gone with the whole page.
    answered.await.unwrap_or_else(|_| {
        Err(AppendError::Store(StoreError::Unavailable {
            reason: "the page is being closed".to_owned(),
        }))
    })
}

async fn work(connection: Rc<Connection>) {
    let writer = &connection.writer;
    loop {
        let mut round: VecDeque<Asked> = {
            let mut asked = writer.asked.borrow_mut();
            let most = asked.len().min(MOST);
            asked.drain(..most).collect()
        };
        if round.is_empty() {
            writer.is_busy.set(false);
            compact::later(&connection);
            return;
        }
        let mut knowledge = Knowledge::Index;
        while !round.is_empty() {
            // Given up before it began.
            round.retain(|asked| !asked.answer.is_canceled());
            if let Err(error) = attempt(&connection, &mut round, &mut knowledge).await {
                for asked in round.drain(..) {
                    let _ = asked.answer.send(Err(error.clone().into()));
                }
            }
        }
    }
}

/// How much is known of what others wrote.
#[derive(Clone, Copy, PartialEq)]
enum Knowledge {
    /// What the index says: enough to write on, since the database checks it.
    Index,
    /// All that was there a moment ago: enough to refuse.
    Now,
}

/// What becomes of an append.
enum Fate {
    /// These of the planned events.
    Written(Range<usize>),
    Refused(AppendError),
    /// The stream holds some of its ids.
    Repeated,
    /// Its ids are among those that are being written.
    Later,
}

/// Answers those that can be answered, and leaves the others in the round.
///
/// # Errors
/// The storage's, for all that are left.
async fn attempt(
    connection: &Rc<Connection>,
    round: &mut VecDeque<Asked>,
    knowledge: &mut Knowledge,
) -> Result<(), StoreError> {
    let log = &connection.log;
    if log.is_whole() {
        learn_ids(connection, round).await;
    }
    // It may have been forgotten while ids were read.
    if !log.is_whole() {
        read::catch_up(connection, "append").await?;
        *knowledge = Knowledge::Now;
        return Ok(());
    }
    let forgotten = log.forgotten();
    let Some((fates, planned)) = plan(connection, round, *knowledge) else {
        read::catch_up(connection, "append").await?;
        *knowledge = Knowledge::Now;
        return Ok(());
    };
    if !planned.is_empty() {
        let strict = round.iter().any(|a| a.durability == Durability::Strict);
        let durability = match strict {
            true => Durability::Strict,
            false => Durability::Relaxed,
        };
        let before = log.ask(Index::last_segment);
        match write(connection, durability, before + 1, &planned, forgotten).await {
            Ok(()) => {
                let segment = codec::place_of(before + 1, &planned, 0);
                let all: Vec<&RecordedEvent> = planned.iter().collect();
                let runs = runs_of(&all).into_iter().map(|run| (INLINE, run));
                log.wrote(segment, &planned, runs);
                Journal::note(connection, planned.last());
                connection.hints.tell(Signal::Appended(segment.last));
            }
            Err(Written::Taken) => {
                read::catch_up(connection, "append").await?;
                *knowledge = Knowledge::Now;
                if log.ask(Index::last_segment) != before || log.forgotten() != forgotten {
                    return Ok(());
                }
                return Err(StoreError::Failed {
                    operation: "append",
                    cause: format!("the database refuses segment {} and holds none", before + 1),
                });
            }
            Err(Written::Failed(error)) => return Err(error),
        }
    }
    *knowledge = Knowledge::Index;
    for (fate, asked) in fates.into_iter().zip(std::mem::take(round)) {
        let answer = match fate {
            Fate::Written(range) => Ok(planned[range].to_vec()),
            Fate::Refused(error) => Err(error),
            Fate::Later => {
                round.push_back(asked);
                continue;
            }
            Fate::Repeated => match look_up(connection, &asked).await {
                Ok(Some(recorded)) => {
                    let last = log.ask(Index::last_segment);
                    Journal::wait(connection, asked.durability, last, None).await;
                    Ok(recorded)
                }
                Err(error) => Err(error),
                // Emptied meanwhile.
                Ok(None) => {
                    round.push_back(asked);
                    continue;
                }
            },
        };
        let _ = asked.answer.send(answer);
    }
    Ok(())
}

/// Sees to it that the ids of each stream are known; those whose stream can't be read are refused.
async fn learn_ids(connection: &Rc<Connection>, round: &mut VecDeque<Asked>) {
    for asked in std::mem::take(round) {
        match ids_of(connection, &asked.stream).await {
            Ok(()) => round.push_back(asked),
            Err(error) => {
                let _ = asked.answer.send(Err(error.into()));
            }
        }
    }
}

async fn ids_of(connection: &Rc<Connection>, stream: &StreamId) -> Result<(), StoreError> {
    let log = &connection.log;
    while log.ask(|index| index.holds_any(stream, &[])).is_none() {
        let events = read_stream(connection, stream, Version::NONE, usize::MAX).await?;
        let last = events.last().map_or(Version::NONE, |event| event.version);
        // Unless more was taken in since it was read.
        if last == log.ask(|index| index.version(stream)) {
            log.know_ids(stream, &events);
        }
    }
    Ok(())
}

/// What becomes of each append, were all of them decided now, and the events that are to be
/// written; none where the index isn't enough to tell.
fn plan(
    connection: &Rc<Connection>,
    round: &VecDeque<Asked>,
    knowledge: Knowledge,
) -> Option<(Vec<Fate>, Vec<RecordedEvent>)> {
    let log = &connection.log;
    let mut planned: Vec<RecordedEvent> = Vec::new();
    let mut fates = Vec::with_capacity(round.len());
    let mut ranks = Ranks::default();
    // Of each stream, its version with what is planned, and the ids of that.
    let mut heads: Vec<(Version, Vec<EventId>)> = Vec::new();
    let mut next = log.ask(Index::next_position);
    for asked in round {
        let stream = &asked.stream;
        let ids: Vec<EventId> = asked.events.iter().map(|event| event.event_id).collect();
        let rank = ranks.of(stream);
        if rank == heads.len() {
            heads.push((log.ask(|index| index.version(stream)), Vec::new()));
        }
        let (head, held) = &mut heads[rank];
        let fault = log.ask(|index| index.fault(stream).cloned());
        fates.push(if let Some(fault) = fault {
            Fate::Refused(fault.into())
        } else if log.ask(|index| index.holds_any(stream, &ids)) == Some(true) {
            Fate::Repeated
        } else if ids.iter().any(|id| held.contains(id)) {
            Fate::Later
        } else if asked.expected.matches(*head) && !ids.is_empty() {
            match room(*head, next, ids.len() as u64) {
                Err(error) => Fate::Refused(error.into()),
                Ok(()) => {
                    let from = planned.len();
                    for (index, event) in (1..).zip(&asked.events) {
                        let event = event.clone();
                        planned.push(event.recorded(stream.clone(), Version(head.0 + index), next));
                        next.0 += 1;
                    }
                    head.0 += ids.len() as u64;
                    held.extend(ids);
                    Fate::Written(from..planned.len())
                }
            }
        } else if knowledge == Knowledge::Index {
            return None;
        } else if ids.is_empty() && asked.expected.matches(*head) {
            Fate::Written(0..0)
        } else {
            Fate::Refused(AppendError::Conflict {
                stream: stream.clone(),
                expected: asked.expected,
                actual: *head,
            })
        });
    }
    Some((fates, planned))
}

/// Whether versions and positions can still be counted after so many more events.
fn room(head: Version, next: Position, count: u64) -> Result<(), StoreError> {
    codec::number("version", head.0 + count)?;
    codec::number("position", next.0 + count - 1)?;
    Ok(())
}

/// Why nothing was written.
enum Written {
    /// Another tab took the number.
    Taken,
    Failed(StoreError),
}

async fn write(
    connection: &Rc<Connection>,
    durability: Durability,
    segment: u64,
    events: &[RecordedEvent],
    forgotten: u64,
) -> Result<(), Written> {
    let failed = |fault: Fault| match fault.is_constraint() {
        true => Written::Taken,
        false => Written::Failed(fault.while_doing("append")),
    };
    // The storage begins the transaction while the record is made.
    let writing = connection.write("append", &[LOG], durability).await;
    let writing = writing.map_err(Written::Failed)?;
    // Others may not find themselves alone before this is written or undone.
    let _presence = connection.presence();
    if connection.log.forgotten() != forgotten {
        // The connection was lost and is a new one, perhaps to another database: what was planned
        // is void, and dropping the transaction undoes it.
        return Err(Written::Taken);
    }
    let log = writing.store(LOG).map_err(failed)?;
    let record = codec::inline(segment, events).map_err(Written::Failed)?;
    log.add(&record, None)
        .map_err(|error| failed(error.into()))?;
    let committed = writing.commit();
    let journal = connection.journal.as_ref();
    let ahead = journal.and_then(|journal| journal.ahead(segment, events, durability));
    if let Some(last) = events.last() {
        // Others hear of it while it is being written: who looks now waits until it is there, and
        // where it fails, they looked for nothing.
        connection.hints.send(Signal::Appended(last.position));
    }
    if let Err(fault) = committed.await {
        if let Some(ahead) = ahead {
            Journal::take_back(connection, ahead);
        }
        return Err(failed(fault));
    }
    Journal::wait(connection, durability, segment, ahead).await;
    Ok(())
}

/// What was recorded of a batch of which the stream holds some ids.
async fn look_up(
    connection: &Rc<Connection>,
    asked: &Asked,
) -> Result<Option<Vec<RecordedEvent>>, AppendError> {
    let mut found = read_stream(connection, &asked.stream, Version::NONE, usize::MAX).await?;
    found.retain(|held| asked.events.iter().any(|e| e.event_id == held.event_id));
    recognise(&asked.stream, &asked.events, &found)
}
