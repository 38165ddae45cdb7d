//! Appending, importing, emptying and joining. It follows `browser/indexed_db/{append,import,reset,compact}.rs`.

use std::collections::BTreeSet;
use std::rc::Rc;

use eventloom::core::{EventId, History, Position, RecordedEvent};
use eventloom::log::Chain;
use eventloom::log::segments::Turn;
use eventloom::store::SecondCopy;

use super::database::{Content, Database, Left, Record, next_record};
use super::keeping::Journal;
use super::reading::{ids_in, written_in};
use super::tab::{Fault, Known, Signal, Status, Tab};
use super::undoing::Token;
use super::world::ASIDE;

/// An import of so many events is laid out in pages, and so many of the newest segments are never joined.
const INLINE: usize = 2;
pub const NEWEST: u64 = 2;

impl Tab {
    /// Appends events of its own, after whatever there is.
    pub async fn append(self: &Rc<Self>, count: u64, is_strict: bool) {
        // One round at a time.
        let waits = Rc::clone(self);
        let is_free = move || !waits.is_writing.get();
        self.world.scheduler.until(is_free).await;
        self.is_writing.set(true);
        let appended = self.append_now(count, is_strict).await;
        self.is_writing.set(false);
        match appended {
            Ok(events) => self.acknowledged(&events, is_strict),
            Err(fault) => self
                .world
                .tell(|| format!("tab {}: append failed: {fault:?}", self.id)),
        }
    }

    async fn append_now(
        self: &Rc<Self>,
        count: u64,
        is_strict: bool,
    ) -> Result<Vec<RecordedEvent>, Fault> {
        let ids: Vec<EventId> = (0..count).map(|_| EventId(self.world.fresh_id())).collect();
        loop {
            if self.known.get().is_none() {
                self.database().await.map_err(Fault::Failed)?;
                self.catch_up().await?;
            }
            if self.knows().is_faulty {
                return Err(Fault::Failed("something is damaged".to_owned()));
            }
            let forgotten = self.forgotten.get();
            let (known, next) = (self.knows(), self.next_position());
            let event =
                |(i, id): (u64, &EventId)| self.world.event(*id, known.version + i, next + i - 1);
            let events: Vec<RecordedEvent> = (1..).zip(&ids).map(event).collect();
            match self.write(&known, &events, is_strict, forgotten).await {
                Ok(()) => {
                    Journal::note(self);
                    self.sweep_now();
                    return Ok(events);
                }
                Err(Fault::Taken) => {
                    self.database().await.map_err(Fault::Failed)?;
                    self.catch_up().await?;
                    if self.knows() == known && self.forgotten.get() == forgotten {
                        return Err(Fault::Failed("the number is taken by nothing".to_owned()));
                    }
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    async fn write(
        self: &Rc<Self>,
        before: &Known,
        events: &[RecordedEvent],
        is_strict: bool,
        forgotten: u64,
    ) -> Result<(), Fault> {
        let doubt = self.to_note();
        self.database().await.map_err(Fault::Failed)?;
        let _presence = self.presence();
        self.pause().await;
        if self.forgotten.get() != forgotten {
            return Err(Fault::Taken);
        }
        let number = before.last + 1;
        let content = Content::Events(events.to_vec());
        let record = Rc::new(next_record(before.chain, number, content));
        self.world.laws.borrow_mut().tried(before.end(), events);
        let journal = self.journal.as_ref();
        let ahead = journal.and_then(|journal| journal.ahead(number, &record, is_strict));
        self.post(Signal::Appended(events.last().map_or(0, |e| e.position.0)));
        let chain = record.chain.unwrap_or(Chain::START);
        let mut is_taken = false;
        let world = Rc::clone(&self.world);
        let added = self.change(is_strict, |database| {
            // Another tab may be bringing back what this database lacks.
            is_taken = match doubt.is_some() || self.is_unjudged.get() {
                true => database.last() >= number,
                false => database.log.contains_key(&number),
            };
            if is_taken {
                return;
            }
            database.log.insert(number, record);
            if let Some(doubt) = doubt {
                database.note(doubt);
            }
            world.laws.borrow_mut().recorded(database, events);
        });
        let committed = match added.await {
            Ok(()) if is_taken => Err(Fault::Taken),
            other => other,
        };
        if let Err(fault) = committed {
            if let Some(ahead) = ahead {
                Journal::take_back(self, ahead);
            }
            return Err(fault);
        }
        self.noted(doubt);
        self.wrote(number, chain, events);
        Journal::wait(self, is_strict, number, ahead).await;
        Ok(())
    }

    /// Takes in what it wrote itself, unless it read it meanwhile.
    fn wrote(&self, number: u64, chain: Chain, events: &[RecordedEvent]) {
        if let Some(mut known) = self.known.get()
            && known.last < number
        {
            match known.last + 1 == number {
                true => {
                    known.last = number;
                    known.add(events);
                    known.chain = chain;
                    self.known.set(Some(known));
                }
                false => self.known.set(None),
            }
        }
    }

    /// Somebody is told that these are recorded.
    fn acknowledged(self: &Rc<Self>, events: &[RecordedEvent], is_strict: bool) {
        let ids = events.iter().map(|event| event.event_id);
        let new: Vec<EventId> = ids.collect();
        self.world
            .tell(|| format!("tab {}: recorded {:?}", self.id, positions(events)));
        // What befell it before it was told is no less gone.
        self.world.laws.borrow_mut().acknowledged.extend(&new);
        let Some(journal) = &self.journal else {
            return;
        };
        let laws = self.world.laws.borrow();
        let is_due = |event: &&EventId| {
            !laws.emptied.contains_key(event)
                && !laws.gone.contains(event)
                && !laws.unlogged.contains(event)
        };
        let due: Vec<EventId> = new.iter().filter(is_due).copied().collect();
        drop(laws);
        if is_strict && journal.status(self) == SecondCopy::Kept {
            // What took its place is filled from the log; until it is, that one holds it.
            let files = self.world.files.borrow();
            let copies = files.iter().filter(|(name, _)| !name.starts_with(ASIDE));
            let flushed = copies.flat_map(|(_, copy)| match copy.flushed() {
                _ if copy.is_rotten => due.iter().copied().collect(),
                Some(bytes) => ids_in(bytes),
                None => copy.ids(),
            });
            let flushed: BTreeSet<EventId> = flushed.collect();
            // It is there, too, where it was emptied since, and the undoing of that isn't there yet.
            let is_void = |event: &EventId| {
                let mut copies = files.values();
                copies.any(|copy| written_in(copy.flushed().unwrap_or(&copy.bytes), event))
            };
            let lacking = due
                .iter()
                .find(|event| !flushed.contains(event) && !is_void(event));
            if let Some(event) = lacking {
                let text = format!("{} is told to be in both copies, and isn't", event.0);
                self.world.wrong("a strict append is in both", text);
            }
        }
    }

    /// `Kept` is said only where all that is known of the log is in the journal.
    pub fn status_is_true(&self) {
        let Some(journal) = &self.journal else {
            return;
        };
        if self.status.get() != Status::Open || journal.status(self) != SecondCopy::Kept {
            return;
        }
        let disk = self.world.disk.borrow();
        let (Some(database), Some(known)) = (&disk.database, self.known.get()) else {
            return;
        };
        // Who doesn't know yet what was emptied or undone since says it of what there was before.
        let mut since = database.log.range(known.last + 1..);
        let is_turned = since.any(|(_, record)| record.content.turn().is_some());
        if disk.life != self.life.get() || is_turned || database.emptied() != known.emptied {
            return;
        }
        // What takes its place is filled from the log; until it is, that it held it is as true.
        let Some(held) = self.world.held_in_files() else {
            return;
        };
        // What an emptying left in its place isn't there any more.
        let here = database.log.range(..=known.last);
        let here = here.filter(|(number, _)| **number > database.emptied());
        let mut here = here.flat_map(|(_, record)| record.content.events());
        let laws = self.world.laws.borrow();
        let lacking = here.find(|event| !laws.holds_place_of(&held, &event.event_id));
        drop(laws);
        if let Some(event) = lacking {
            let text = format!("tab {} says `Kept`; {} isn't", self.id, event.event_id.0);
            self.world.wrong("`Kept` is true when it is said", text);
        }
    }

    /// Imports events in one relaxed transaction, among them a hole perhaps.
    pub async fn import(self: &Rc<Self>, count: u64, hole: Option<u64>) {
        let imported = async {
            self.database().await.map_err(Fault::Failed)?;
            let doubt = self.to_note();
            let mut events = Vec::new();
            let (mut number, mut chain, mut token) = (0, Chain::START, None);
            let world = Rc::clone(&self.world);
            let added = self.change(false, |database| {
                let known = Known::of(database);
                self.known.set(Some(known));
                if known.is_faulty {
                    return;
                }
                let next = self.next_position();
                let imported = |i: u64| {
                    let (version, position) = (known.version + 1 + i, next + i);
                    let event = world.event(EventId(world.fresh_id()), version, position);
                    match hole == Some(i) {
                        true => RecordedEvent::hole(event.stream, event.version, event.position),
                        false => event,
                    }
                };
                events = (0..count).map(imported).collect();
                let content = match events.len() <= INLINE {
                    true => Content::Events(events.clone()),
                    false => Content::Paged(events.clone()),
                };
                let before = database.clone();
                number = database.add(content);
                chain = database.chain();
                if let Some(doubt) = doubt {
                    database.note(doubt);
                }
                let mut laws = world.laws.borrow_mut();
                laws.recorded(database, &events);
                token = Some(Token::new(&before, database, false, laws.changes));
            });
            added.await?;
            if number == 0 {
                return Err(Fault::Failed("something is damaged".to_owned()));
            }
            self.noted(doubt);
            self.wrote(number, chain, &events);
            self.world.keep_token(token);
            Ok::<_, Fault>(events)
        };
        match imported.await {
            Ok(events) => {
                Journal::note(self);
                self.post(Signal::Appended(events.last().map_or(0, |e| e.position.0)));
                self.acknowledged(&events, false);
                self.sweep_now();
            }
            Err(fault) => self
                .world
                .tell(|| format!("tab {}: import failed: {fault:?}", self.id)),
        }
    }

    /// Empties the store: what stood before stays where it is for a while.
    pub async fn reset(self: &Rc<Self>, is_strict: bool) {
        let (mut number, mut floor, mut forgotten) = (0, 0, 0);
        let (mut token, mut emptied) = (None, None);
        let done = async {
            self.database().await.map_err(Fault::Failed)?;
            // Of the database that there is now: what was in doubt of one before says nothing of it.
            let doubt = self.to_note();
            let world = Rc::clone(&self.world);
            let history = History(world.fresh_id());
            let empty = |database: &mut Database| {
                self.known.set(Some(Known::of(database)));
                floor = self.next_position() - 1;
                let before = database.clone();
                number = database.add(Content::Turn(
                    Turn::Emptied {
                        floor: Position(floor),
                        history,
                    },
                    Vec::new(),
                ));
                database.left = Some((number, Left::Whole));
                let mut laws = world.laws.borrow_mut();
                laws.were_emptied(before.ids(), number);
                laws.were_emptied(before.damaged(), number);
                if before
                    .log
                    .values()
                    .next()
                    .is_some_and(|first| first.from > 1)
                {
                    // With a log whose beginning is gone that is emptied as well: its chains say that it had it.
                    laws.all_were_emptied(number);
                }
                laws.changes += 1;
                token = Some(Token::new(&before, database, true, laws.changes));
                emptied = Some(Known::of(database));
                forgotten = self.forgotten.get();
                if let Some(doubt) = doubt {
                    database.note(doubt);
                }
            };
            self.change(is_strict, empty).await?;
            self.noted(doubt);
            Ok::<_, Fault>(())
        };
        match done.await {
            Ok(()) => {
                self.world.keep_token(token);
                if forgotten == self.forgotten.get() && self.knows().last + 1 == number {
                    self.known.set(emptied);
                }
                self.post(Signal::Reset);
                Journal::wait(self, is_strict, number, None).await;
                Journal::note_emptied(self, number, floor);
                self.sweeping.in_a_while();
                self.world
                    .tell(|| format!("tab {}: emptied by {number}", self.id));
            }
            Err(fault) => self
                .world
                .tell(|| format!("tab {}: reset failed: {fault:?}", self.id)),
        }
    }

    /// Joins old segments to one, where nobody else is there and the second copy has them.
    pub async fn join(self: &Rc<Self>) {
        if !self.is_alone() || self.database().await.is_err() || self.catch_up().await.is_err() {
            return;
        }
        let to = self.knows().last.saturating_sub(NEWEST);
        let has = self.journal.as_ref().is_none_or(|journal| journal.has(to));
        if to < 2 || !has || !self.is_alone() {
            return;
        }
        let join = |database: &mut Database| {
            let after = database.emptied();
            if after >= to {
                return;
            }
            let numbers = database.log.range(after + 1..=to);
            let joined: Vec<(u64, Rc<Record>)> = numbers.map(|(n, r)| (*n, Rc::clone(r))).collect();
            let (Some((_, first)), Some((last, _))) = (joined.first(), joined.last()) else {
                return;
            };
            let is_whole = joined.iter().all(|(_, r)| !r.content.events().is_empty());
            if joined.len() < 2 || !is_whole {
                return;
            }
            let events = joined
                .iter()
                .flat_map(|(_, r)| r.content.events().iter().cloned());
            let record = Record {
                from: first.from,
                chain: joined.last().and_then(|(_, record)| record.chain),
                content: Content::Paged(events.collect()),
            };
            for (number, _) in &joined {
                database.log.remove(number);
            }
            database.log.insert(*last, Rc::new(record));
        };
        let _ = self.change(false, join).await;
        self.world
            .tell(|| format!("tab {}: joined up to {to}", self.id));
    }
}

/// Their ids, as short as they can be, and their positions.
fn positions(events: &[RecordedEvent]) -> Vec<String> {
    let event = |event: &RecordedEvent| {
        format!("{:x}@{}", event.event_id.0.as_u128() >> 64, event.position)
    };
    events.iter().map(event).collect()
}
