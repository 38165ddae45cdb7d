//! Appending: whatever was asked for while the last transaction was under way goes into one
//! segment, written by one `add` under the next number. Where another tab took that number, the
//! database refuses it; then this tab catches up and decides again. An append is acknowledged when
//! the database says that its transaction is complete.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::rc::Rc;

use super::calls::Call;
use super::codec;
use super::connection::Connection;
use super::copies::Copies;
use super::hints::Signal;
use super::lay_out::{self, Laid, is_great, lay_out};
use super::learn::{ids_of, learn, look_up, read_through};
use super::log::Wrote;
use super::read;
use super::schema::{LOG, META, PAGES};
use super::transaction::{Fault, ends_at};
use super::writer::{Asked, Writer};
use crate::core::{EventId, History, Position, PositionRanges, RecordedEvent, Version};
use crate::log::segments::{Index, StreamNumbers, directory};
use crate::store::{AppendError, At, Durability, StoreError};

/// So many appends at most share a transaction.
const MOST: usize = 4_096;

/// With so many bytes of payloads a round is full, so that what it writes is read at once by anybody.
const ROUND_BYTES: usize = 16 << 20;

/// Does what was asked for, round by round, until nothing is left.
pub(super) async fn work(writer: Rc<Writer>) {
    let copies = &writer.copies;
    loop {
        let mut round: VecDeque<Asked> = {
            let mut asked = writer.asked.borrow_mut();
            let most = fitting(&asked);
            asked.drain(..most).collect()
        };
        if round.is_empty() {
            writer.is_busy.set(false);
            copies.connection.call(Call::Added);
            return;
        }
        let mut knowledge = Knowledge::Index;
        while !round.is_empty() {
            // Given up before it began.
            round.retain(|asked| !asked.answer.is_canceled());
            if let Err(error) = attempt(copies, &mut round, &mut knowledge).await {
                for asked in round.drain(..) {
                    let _ = asked.answer.send(Err(error.clone().into()));
                }
            }
        }
    }
}

/// How many of these share a round: one at least, where there is one.
fn fitting(asked: &VecDeque<Asked>) -> usize {
    let mut bytes = 0;
    let fits = |asked: &&Asked| {
        let is_open = bytes < ROUND_BYTES;
        let events = asked.events.iter();
        bytes += events.map(|e| e.data.as_str().len()).sum::<usize>();
        is_open
    };
    asked.iter().take(MOST).take_while(fits).count()
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
    copies: &Copies,
    round: &mut VecDeque<Asked>,
    knowledge: &mut Knowledge,
) -> Result<(), StoreError> {
    let Copies { connection, .. } = copies;
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
    let Some((fates, planned, history)) = plan(connection, round, *knowledge) else {
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
        let sizes = fates.iter().map(|fate| match fate {
            Fate::Written(range) => range.len(),
            _ => 0,
        });
        let in_pages = is_great(sizes, &planned);
        let written = write(copies, durability, before, &planned, in_pages, forgotten);
        match written.await {
            Ok(()) => {
                if let Some(last) = planned.last() {
                    connection.hints.tell(Signal::Appended(last.position));
                }
            }
            Err(Written::Taken) => {
                read::catch_up(connection, "append").await?;
                *knowledge = Knowledge::Now;
                if log.ask(Index::last_segment) != before || log.forgotten() != forgotten {
                    return Ok(());
                }
                return Err(StoreError::Failed {
                    operation: "append",
                    cause: format!("the database refuses segment {} and holds none", before + 1)
                        .into(),
                });
            }
            Err(Written::Failed(error)) => return Err(error),
        }
    }
    *knowledge = Knowledge::Index;
    for (fate, asked) in fates.into_iter().zip(std::mem::take(round)) {
        let answer = match fate {
            Fate::Written(range) => Ok(At {
                history,
                place: planned[range].to_vec(),
            }),
            Fate::Refused(error) => Err(error),
            Fate::Later => {
                round.push_back(asked);
                continue;
            }
            Fate::Repeated => {
                match look_up(connection, history, &asked.stream, &asked.events).await {
                    Ok(Some(place)) => {
                        let last = log.ask(Index::last_segment);
                        copies.wait(asked.durability, last, None).await;
                        Ok(At { history, place })
                    }
                    Err(error) => Err(error),
                    // Emptied meanwhile.
                    Ok(None) => {
                        log.change(|index| index.forget_ids(&asked.stream));
                        round.push_back(asked);
                        continue;
                    }
                }
            }
        };
        let _ = asked.answer.send(answer);
    }
    Ok(())
}

/// Sees to it that the ids of each stream are known; those whose stream can't be read are refused.
async fn learn_ids(connection: &Rc<Connection>, round: &mut VecDeque<Asked>) {
    let asked = round
        .iter()
        .map(|asked| (&asked.stream, ids_of(&asked.events)));
    let asked: Vec<_> = asked.filter(|(_, ids)| !ids.is_empty()).collect();
    // What that fails for is read one by one, which says why.
    let _ = learn(connection, &asked).await;
    for asked in std::mem::take(round) {
        let ids = ids_of(&asked.events);
        let holds_any = connection
            .log
            .ask(|index| index.holds_any(&asked.stream, &ids));
        if holds_any.is_some() {
            round.push_back(asked);
            continue;
        }
        // Where nothing is wrong with it, it is learned again.
        match read_through(connection, &asked.stream).await {
            Ok(()) => round.push_back(asked),
            Err(error) => {
                let _ = asked.answer.send(Err(error.into()));
            }
        }
    }
}

/// What becomes of each append, were all of them decided now, the events that are to be written, and the
/// history in which it is so; none where the index isn't enough to tell.
fn plan(
    connection: &Rc<Connection>,
    round: &VecDeque<Asked>,
    knowledge: Knowledge,
) -> Option<(Vec<Fate>, Vec<RecordedEvent>, History)> {
    let log = &connection.log;
    let mut planned: Vec<RecordedEvent> = Vec::new();
    let mut fates = Vec::with_capacity(round.len());
    let mut numbers = StreamNumbers::default();
    // Of each stream, its version with what is planned, and the ids of that.
    let mut heads: Vec<(Version, HashSet<EventId>)> = Vec::new();
    let mut next = log.next_position();
    let now = log.history();
    for asked in round {
        let stream = &asked.stream;
        let ids = ids_of(&asked.events);
        let rank = numbers.of(stream);
        if rank == heads.len() {
            heads.push((log.ask(|index| index.version(stream)), HashSet::new()));
        }
        let (head, held) = &mut heads[rank];
        let damage = log.ask(|index| index.fault(stream).map(StoreError::from));
        let holds_any = log.ask(|index| index.holds_any(stream, &ids));
        fates.push(
            if let Err(another) = asked.history.is(now, asked.expected) {
                match knowledge {
                    Knowledge::Index => return None,
                    Knowledge::Now => Fate::Refused(another.into()),
                }
            } else if holds_any == Some(true) {
                Fate::Repeated
            } else if let Some(damage) = damage {
                Fate::Refused(damage.into())
            } else if holds_any.is_none() {
                // More came to the stream than was read of it: what isn't known may be there.
                return None;
            } else if ids.iter().any(|id| held.contains(id)) {
                Fate::Later
            } else if asked.expected.matches(*head) && !ids.is_empty() {
                match room(*head, next, ids.len() as u64) {
                    Err(error) => Fate::Refused(error.into()),
                    Ok(()) => {
                        let from = planned.len();
                        for (index, event) in (1..).zip(&asked.events) {
                            let event = event.clone();
                            planned.push(event.recorded(
                                stream.clone(),
                                Version(head.0 + index),
                                next,
                            ));
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
            },
        );
    }
    Some((fates, planned, now))
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

impl From<StoreError> for Written {
    fn from(error: StoreError) -> Written {
        Written::Failed(error)
    }
}

impl From<Fault> for Written {
    fn from(fault: Fault) -> Written {
        match fault.is_constraint() {
            true => Written::Taken,
            false => fault.while_doing("append").into(),
        }
    }
}

/// Writes these events, from the segment after `before` on.
async fn write(
    copies: &Copies,
    durability: Durability,
    before: u64,
    events: &[RecordedEvent],
    in_pages: bool,
    forgotten: u64,
) -> Result<(), Written> {
    let Copies {
        connection,
        journal,
    } = copies;
    // The storage begins the transaction while the records are made.
    let doubt = connection.doubts.to_note(&connection.log);
    let stores = match (in_pages, doubt.is_any()) {
        (false, false) => &[LOG][..],
        (false, true) => &[LOG, META],
        (true, false) => &[LOG, PAGES],
        (true, true) => &[LOG, PAGES, META],
    };
    let writing = connection.write("append", stores, durability).await?;
    // Others may not find themselves alone before this is written or undone.
    let _presence = connection.presence();
    if connection.log.forgotten() != forgotten {
        // The connection was lost and is a new one, perhaps to another database: what was planned
        // is void, and dropping the transaction undoes it.
        return Err(Written::Taken);
    }
    let log = writing.store(LOG)?;
    // Another tab may be bringing back what this database lacks: among that are records that stand for many numbers
    // and lie under the last of them, where the next number is free.
    if connection.doubts.may_be_restored(doubt) && !ends_at(&log, before).await? {
        return Err(Written::Taken);
    }
    doubt.note(&writing).await?;
    // Should it be of more than is known to stand before, that number is taken.
    let mut chain = connection.log.chain();
    let mut laid = Vec::new();
    let mut entry = None;
    for (number, (at, pages)) in (before + 1..).zip(lay_out(events, in_pages)) {
        let events = &events[at.clone()];
        let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        let segment = codec::place_of(number, events, count);
        let record = match in_pages {
            true => {
                let into = writing.store(PAGES)?;
                for (page, laid) in (0..).zip(&pages) {
                    let record = codec::page(number, page, &laid.packed);
                    let record = record?;
                    into.put(&record, None).map_err(Fault::from)?;
                }
                lay_out::put_filter(&into, &segment, events)?;
                codec::paged(&segment, &directory(&pages))
            }
            false => codec::inline(number, events),
        };
        chain = chain.with(number, events);
        let record = codec::linked(record?, chain, &PositionRanges::NONE);
        log.add(&record, None).map_err(Fault::from)?;
        laid.push(Laid::of(segment, chain, at, events, &pages));
        entry = Some((segment, pages));
    }
    let committed = writing.commit();
    // Several segments are copied once they are in the log, and not ahead: of what the log doesn't
    // hold in the end, the journal may not keep a part.
    let journal = journal.as_ref().filter(|_| laid.len() == 1);
    let ahead = journal.zip(entry).and_then(|(journal, (segment, pages))| {
        journal.ahead((&segment, chain), events, pages, durability)
    });
    let last = before + laid.len() as u64;
    if let Some(last) = events.last() {
        // Others hear of it while it is being written: who looks now waits until it is there, and
        // where it fails, they looked for nothing.
        connection.hints.send(Signal::Appended(last.position));
    }
    if let Err(fault) = committed.await {
        if let Some((journal, ahead)) = copies.journal.as_ref().zip(ahead) {
            journal.take_back(ahead);
        }
        return Err(fault.into());
    }
    connection.doubts.noted(doubt);
    // At once: who reads next would find pages, and forget the ids of their streams.
    for laid in laid {
        let wrote = Wrote {
            segment: laid.segment,
            chain: laid.chain,
            imported: PositionRanges::NONE,
        };
        connection
            .log
            .wrote(wrote, Some(&events[laid.at]), laid.runs);
    }
    copies.note(events.last(), durability);
    copies.wait(durability, last, ahead).await;
    Ok(())
}
