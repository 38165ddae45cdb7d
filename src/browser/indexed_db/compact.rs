//! Joining old segments: what was appended bit by bit becomes segments of some thousand events in
//! pages by stream, as an import makes them. Each step is one transaction, so that who is killed
//! leaves the log as it was before it or after it.
//!
//! A number may leave the log only when nobody can add it again: who appends adds the number after
//! the last that it knows, so a tab that is behind must find that number taken. Hence steps are
//! taken only while no other connection is present. One that comes after that was asked reads the
//! log first, and then knows more than the newest numbers, which are never joined.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;
use idb::KeyRange;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::codec::{self, Content, Read, Record};
use super::connection::Connection;
use super::copies::Copies;
use super::lay_out::put_filter;
use super::log::Log;
use super::read;
use super::schema::{INDEX, LOG, META, PAGES};
use super::transaction::{Fault, answer};
use crate::core::{History, Position, RecordedEvent};
use crate::log::Chain;
use crate::log::segments::{Index, Page, Portion, Segment, directory, paginate, unpack};
use crate::store::{Durability, StoreError};
use crate::target::spawn;

/// With so many bytes of text a joined segment is full.
const FULL: usize = 4 << 20;

/// Whether there is something to do is looked at after so many new segments.
const EACH: u64 = 256;

/// With so many segments that the saved index doesn't know it is saved again, or with so many events.
const MANY_SEGMENTS: u64 = 1_024;
const MANY_EVENTS: u64 = 8_192;

/// So many milliseconds later it is done: what was just asked for comes first.
const LATER: u32 = 500;

/// Who joins segments, and when that is next.
pub(super) struct Compaction {
    copies: Copies,
    /// With a segment of this number it is time to look.
    due: Cell<u64>,
    timer: RefCell<Option<Timeout>>,
    is_busy: Cell<bool>,
    /// Who waits until that is over.
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
}

impl Compaction {
    pub(super) fn new(copies: Copies) -> Rc<Compaction> {
        Rc::new(Compaction {
            copies,
            due: Cell::default(),
            timer: RefCell::default(),
            is_busy: Cell::default(),
            waiting: RefCell::default(),
        })
    }

    /// Has `compact` join old segments in a while, if there are enough, and save the index. To be called after
    /// something was added.
    pub(super) fn later<F>(self: &Rc<Self>, compact: impl FnOnce(Rc<Compaction>) -> F + 'static)
    where
        F: Future<Output = ()> + 'static,
    {
        let log = &self.copies.connection.log;
        let last = log.ask(Index::last_segment);
        if self.timer.borrow().is_some() || (last < self.due.get() && !is_late(log)) {
            return;
        }
        self.due.set(last + EACH);
        let after = log.compacted();
        let is_joined = log.ask(|index| index.to_join(after).is_none());
        if is_joined && !is_late(log) {
            return;
        }
        let compaction = Rc::downgrade(self);
        let start = move || {
            if let Some(compaction) = compaction.upgrade() {
                spawn(async move {
                    compact(Rc::clone(&compaction)).await;
                    let timer = compaction.timer.borrow_mut().take();
                    drop(timer);
                });
            }
        };
        *self.timer.borrow_mut() = Some(Timeout::new(LATER, start));
    }
}

/// Whether much isn't in the saved index yet: more costs time when the store is opened next, and
/// saving it each time would cost more than it saves.
fn is_late(log: &Log) -> bool {
    let (segments, positions) = log.unsaved();
    let end = log.ask(Index::last_position).0;
    segments >= MANY_SEGMENTS || positions >= MANY_EVENTS.max(end / 16)
}

/// Joins what is to be joined, step by step, and saves the index; after that which is under way
/// already, which may have begun before what was added last.
pub(super) async fn compact(compaction: &Compaction) -> Result<(), StoreError> {
    let _busy = loop {
        match Busy::with(compaction) {
            Some(busy) => break busy,
            None => {
                let (over, waiting) = oneshot::channel();
                compaction.waiting.borrow_mut().push(over);
                let _ = waiting.await;
            }
        }
    };
    let Copies { connection, .. } = &compaction.copies;
    let compacted = async {
        while step(&compaction.copies).await? {}
        Ok(())
    };
    let compacted: Result<(), Fault> = compacted.await;
    compacted.map_err(|fault| fault.while_doing("compact"))?;
    match connection.log.unsaved() {
        (0, _) => Ok(()),
        _ => save(connection)
            .await
            .map_err(|fault| fault.while_doing("keep")),
    }
}

/// Joining is under way as long as this lives.
struct Busy<'a>(&'a Compaction);

impl Busy<'_> {
    /// None where it is already.
    fn with(compaction: &Compaction) -> Option<Busy<'_>> {
        (!compaction.is_busy.replace(true)).then_some(Busy(compaction))
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.is_busy.set(false);
        // Dropping what was to tell them tells them.
        self.0.waiting.borrow_mut().clear();
    }
}

/// Joins some segments, or passes over some that can't be; answers whether there may be more.
async fn step(copies: &Copies) -> Result<bool, Fault> {
    let Copies {
        connection,
        journal,
    } = copies;
    let log = &connection.log;
    read::catch_up(connection, "compact").await?;
    let (forgotten, history) = (log.forgotten(), log.history());
    let segments = log.ask(|index| match index.is_faulty() {
        // Where something is damaged, all stays as it is.
        true => None,
        false => index.to_join(log.compacted()).map(<[Segment]>::to_vec),
    });
    let Some(segments) = segments else {
        return Ok(false);
    };
    let is_copied = segments
        .last()
        .is_none_or(|last| journal.as_ref().is_none_or(|j| j.has(last.number)));
    if !is_copied || !connection.is_alone().await {
        return Ok(false);
    }
    let (count, events, chain) = match gather(connection, &segments).await? {
        Gathered::Events(count, events, chain) => (count, events, chain),
        Gathered::Unfit(number) => {
            log.compacted_to(number);
            return Ok(true);
        }
        Gathered::Gone => return Ok(false),
    };
    let segments = &segments[..count];
    let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
        return Ok(false);
    };
    let pages = paginate(&events);
    let joined = Segment {
        number: last.number,
        from: first.number,
        first: first.first,
        last: last.last,
        pages: u32::try_from(pages.len()).unwrap_or(u32::MAX),
    };
    if !write(
        connection,
        (forgotten, history),
        segments,
        (joined, chain),
        (&pages, &events),
    )
    .await?
    {
        return Ok(false);
    }
    log.joined(forgotten, joined, pages);
    log.compacted_to(joined.number);
    Ok(true)
}

/// What was found of the segments that are to be joined.
enum Gathered {
    /// The events of so many of them, and the chain of the log up to the last of these.
    Events(usize, Vec<RecordedEvent>, Option<Chain>),
    /// This one isn't whole, or was never checked, and stays as it is.
    Unfit(u64),
    /// They aren't there any more.
    Gone,
}

async fn gather(connection: &Rc<Connection>, segments: &[Segment]) -> Result<Gathered, Fault> {
    let reading = connection.read("compact", &[LOG]).await?;
    let log = reading.store(LOG)?;
    let mut events: Vec<RecordedEvent> = Vec::new();
    let (mut count, mut text, mut chain) = (0, 0, None);
    let mut portion = Portion::of(connection.log.most_bytes());
    let mut rest = segments;
    while !rest.is_empty() && text <= FULL {
        let (some, later) = rest.split_at(portion.count().min(rest.len()));
        rest = later;
        let (from, to) = (some[0].number, some[some.len() - 1].number);
        let range = KeyRange::bound(&key(from), &key(to), None, None)?;
        let records = answer(log.get_all(Some(range.into()), None)?).await?;
        let records: Array = records.unchecked_into();
        if records.length() as usize != some.len() {
            return Ok(Gathered::Gone);
        }
        let weigh = |record: JsValue| codec::weight(record.unchecked_ref());
        portion.passed(some.len(), records.iter().map(weigh).sum());
        for (record, segment) in records.iter().zip(some) {
            if text > FULL {
                break;
            }
            let Some(found) = whole(record.unchecked_ref(), segment) else {
                return Ok(Gathered::Unfit(segment.number));
            };
            text += found.iter().map(|e| e.data.as_str().len()).sum::<usize>();
            count += 1;
            chain = codec::chain_of(record.unchecked_ref());
            events.extend(found);
        }
    }
    Ok(Gathered::Events(count, events, chain))
}

/// The events of a segment, if all of them are as they were recorded.
fn whole(record: &Record, segment: &Segment) -> Option<Vec<RecordedEvent>> {
    let opened = codec::open_segment(record).filter(|opened| opened.number == segment.number)?;
    let events = match opened.content.ok()? {
        Content::Readable(records) => {
            let checked = records
                .iter()
                .map(|record| match codec::inspect_event(record) {
                    Ok(Read {
                        event,
                        unchecked: false,
                    }) => Some(event),
                    _ => None,
                });
            checked.collect::<Option<Vec<_>>>()?
        }
        Content::Packed(_, bytes) => unpack(&bytes).ok()?,
        _ => return None,
    };
    let ends = (events.first()?.position, events.last()?.position);
    let rises = events.is_sorted_by(|one, next| one.position < next.position);
    (rises && ends == (segment.first, segment.last)).then_some(events)
}

/// Puts one segment in the place of some; answers whether these were still there.
async fn write(
    connection: &Rc<Connection>,
    (forgotten, history): (u64, History),
    segments: &[Segment],
    (joined, chain): (Segment, Option<Chain>),
    (pages, events): (&[Page], &[RecordedEvent]),
) -> Result<bool, Fault> {
    // Strict: what is taken away was kept so.
    let writing = connection
        .write("compact", &[LOG, PAGES, META], Durability::Strict)
        .await?;
    let log = writing.store(LOG)?;
    connection.log.catch_up(&log).await?;
    let is_there = connection.log.ask(|index| index.holds(segments));
    // Of another history, they may hold what they didn't when they were read: holes that are filled.
    let is_same = connection.log.history() == history && connection.log.forgotten() == forgotten;
    if !is_there || !is_same {
        return Ok(false);
    }
    let imported = connection
        .log
        .ask(|index| index.imported(joined.first, joined.last));
    let mut record = codec::paged(&joined, &directory(pages))?;
    if let Some(chain) = chain {
        record = codec::linked(record, chain, &imported);
    }
    let records: Result<Vec<Record>, StoreError> = (0..)
        .zip(pages)
        .map(|(number, page)| codec::page(joined.number, number, &page.packed))
        .collect();
    let records = records?;
    let into = writing.store(PAGES)?;
    for record in &records {
        into.put(record, None)?;
    }
    put_filter(&into, &joined, events)?;
    let (from, to) = (key(joined.from), key(joined.number));
    log.delete(KeyRange::bound(&from, &to, None, None)?)?;
    log.add(&record, None)?;
    // It says where the events were.
    writing.store(META)?.delete(JsValue::from(INDEX))?;
    writing.commit().await?;
    connection.log.saved(0, Position::START);
    Ok(true)
}

/// Saves the index as it is now, unless it knows of damage.
async fn save(connection: &Rc<Connection>) -> Result<(), Fault> {
    let log = &connection.log;
    let made = async {
        let reading = connection.read("keep", &[LOG]).await?;
        let segments = reading.store(LOG)?;
        log.catch_up(&segments).await?;
        // Not later: more may be taken in while the segment is waited for.
        let known = log.ask(|index| {
            (
                index.last_segment(),
                index.last_position(),
                index.to_bytes(),
            )
        });
        let forgotten = log.forgotten();
        let (number, position, bytes) = known;
        // Where nothing can be saved, that isn't tried again at once.
        log.saved(number, position);
        let Some(bytes) = bytes else {
            return Ok::<_, Fault>(None);
        };
        let asked = segments.get(JsValue::from(number as f64))?;
        let segment = answer(asked).await?;
        if !segment.is_object() {
            return Ok(None);
        }
        let record = codec::saved_index(INDEX, segment.unchecked_ref(), &bytes);
        Ok(record.map(|record| (record, forgotten)))
    };
    let Some((record, forgotten)) = made.await? else {
        return Ok(());
    };
    // Relaxed: what is lost of it is made again.
    let writing = connection
        .write("keep", &[META], Durability::Relaxed)
        .await?;
    if log.forgotten() != forgotten {
        return Ok(());
    }
    let meta = writing.store(META)?;
    meta.put(&record, None)?;
    writing.commit().await
}

fn key(number: u64) -> JsValue {
    JsValue::from_f64(number as f64)
}
