//! Opening: what is there is compared, judged by the real rules, and acted on. It follows
//! `browser/indexed_db/{connection,opening}.rs` and `journal/{admit,compare,restore}.rs`.

use std::collections::BTreeSet;
use std::rc::Rc;

use eventloom::core::{EventId, History, Position, RecordedEvent};
use eventloom::log::journal::first_form::Entry;
use eventloom::store::judging::{self, Act, Asked, Evidence, Noted, Verdict};
use eventloom::store::{Loss, Recovery};
use uuid::Uuid;

use super::held::{Held, Older, events_of};
use super::keeping::{Journal, ask, keep};
use super::laws::Opening;
use super::tab::{Doubting, Fault, Known, Tab};
use super::world::{ASIDE, Content, Database, Doubt, Kept, Record, World};

/// The lock of openings.
struct Turn(Rc<World>, u32);

impl Turn {
    /// Asks for it now.
    fn ask(tab: &Tab) -> Turn {
        tab.world.openers.borrow_mut().push_back(tab.id);
        Turn(Rc::clone(&tab.world), tab.id)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut openers = self.0.openers.borrow_mut();
        let asked = openers.iter().position(|tab| *tab == self.1);
        if let Some(asked) = asked {
            openers.remove(asked);
        }
    }
}

fn said(fault: Fault) -> String {
    format!("{fault:?}")
}

impl Tab {
    /// A database that can be used; where there is a second copy, it holds all that the two have.
    pub async fn obtain(self: &Rc<Self>) -> Result<(), String> {
        let Some(journal) = &self.journal else {
            let (_, _turn) = self.connect_in_turn().await?;
            self.begin_to_know().await.map_err(said)?;
            // Who compares the copies is in its turn, so who keeps the second one has judged.
            let doubting = match self.world.keeper.get() {
                None => Doubting::FromHere,
                Some(_) => Doubting::No,
            };
            self.doubting.set(doubting);
            return Ok(());
        };
        Journal::note_now(self);
        let (created, _turn) = self.connect_in_turn().await?;
        self.is_unjudged.set(false);
        Journal::take(self).await;
        self.begin_to_know().await.map_err(said)?;
        self.admit(created).await?;
        journal.begin_life(self);
        Ok(())
    }

    /// Connects, and waits for its turn to compare.
    async fn connect_in_turn(&self) -> Result<(bool, Turn), String> {
        loop {
            // Who makes the database asks before all who find it there.
            let (created, turn) = self.connect().await;
            let (world, id) = (Rc::clone(&self.world), self.id);
            let is_first = move || world.openers.borrow().front() == Some(&id);
            if !self.world.scheduler.until_or_late(is_first).await {
                return Err("another tab is at it, and doesn't end".to_owned());
            }
            if self.life.get() == self.world.disk.borrow().life {
                return Ok((created, turn));
            }
        }
    }

    /// Connects, and makes the database where there is none; whether it was made.
    async fn connect(&self) -> (bool, Turn) {
        self.pause().await;
        // What another call found out meanwhile was of the database before.
        self.forget();
        self.last.set(0);
        let mut disk = self.world.disk.borrow_mut();
        self.life.set(disk.life);
        let is_found_again = std::mem::take(&mut disk.is_found_again);
        disk.is_headless &= disk.database.is_some();
        let created = disk.database.is_none() || is_found_again;
        disk.database.get_or_insert_default();
        (created, Turn::ask(self))
    }

    async fn begin_to_know(&self) -> Result<(), Fault> {
        let (first, doubt) = self
            .look(|database| (database.first, database.doubt))
            .await?;
        self.doubt.set(doubt);
        let first = match first {
            Some(first) => first,
            None => {
                let fresh = History(self.world.fresh_id());
                self.change(false, |database| {
                    database.first.get_or_insert(fresh);
                })
                .await?;
                self.look(|database| database.first).await?.unwrap_or(fresh)
            }
        };
        self.first.set(Some(first));
        Ok(())
    }

    async fn seen(&self) -> Result<judging::Database, String> {
        let looked = self.look(|database| (database.store, database.doubt, Known::of(database)));
        let (store, doubt, known) = looked.await.map_err(said)?;
        self.known.set(Some(known));
        Ok(judging::Database {
            store,
            segment: known.last,
            events: known.events,
            position: Position(known.position),
            doubted_after: doubt.map(|doubt| doubt.after),
            emptied: known.emptied,
            as_noted: None,
        })
    }

    /// Whether the log holds what was noted to be the last event of its segment.
    async fn as_noted(&self, seen: &judging::Database) -> Result<Option<bool>, String> {
        let is_denied = self.world.is_storage_denied.get();
        let kept = self.world.storage.borrow().noted.filter(|_| !is_denied);
        let Some(Kept {
            noted,
            last: Some(last),
        }) = kept
        else {
            return Ok(None);
        };
        if Some(noted.store) != seen.store {
            return Ok(None);
        }
        let found = self.look(
            |database| match &database.log.get(&noted.segment)?.content {
                Content::Events(events) => Some(events.last()?.event_id == last),
                Content::Paged(_) | Content::Emptied { .. } | Content::Gone => None,
            },
        );
        found.await.map_err(said)
    }

    async fn admit(self: &Rc<Self>, created: bool) -> Result<(), String> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let world = &self.world;
        let noted = ask(world);
        let known = noted.there();
        let mut seen = self.seen().await?;
        let lacks = |seen: &judging::Database| {
            known.is_some_and(|n| Some(n.store) != seen.store || n.segment > seen.segment)
        };
        if !journal.is_here() && journal.is_wanted() {
            if lacks(&seen) || seen.segment == 0 {
                loop {
                    let is_in_time = self.wait_for_the_keeper().await;
                    self.forget();
                    seen = self.seen().await?;
                    if !is_in_time || journal.is_here() || !lacks(&seen) {
                        break;
                    }
                }
            }
            if !journal.is_here() && lacks(&seen) {
                return Err("events are missing here, and another tab keeps the copy".to_owned());
            }
            if !journal.is_here() {
                return self.join_beside(&seen).await;
            }
        }
        // Who made it may have been killed before it was compared.
        let lacks_its_beginning = |database: &Database| {
            let first = database.log.values().next();
            database.store.is_none() && first.is_some_and(|first| first.from > 1)
        };
        let created = created || self.look(lacks_its_beginning).await.map_err(said)?;
        let held = journal.held();
        let mut restored = BTreeSet::new();
        let aside = format!("{ASIDE}{}", world.fresh());
        if let Some(held) = &held
            && created
            && seen.segment > 0
        {
            // Only what the journal has, too. What comes after that is of the same log.
            let last = held.mark().tail.segment;
            let (entries, _) = held.entries().await?;
            let events = entries.iter().filter_map(events_of).flatten();
            let ids: BTreeSet<EventId> = events.map(|event| event.event_id).collect();
            let mut is_part = false;
            let drop = |database: &mut Database| {
                let common = database.log.range(..=last);
                let mut common = common.flat_map(|(_, r)| r.content.events()).peekable();
                is_part =
                    common.peek().is_some() && common.all(|event| ids.contains(&event.event_id));
                if is_part {
                    database.log.retain(|number, _| *number > last);
                }
            };
            self.change(true, drop).await.map_err(said)?;
            {
                let mut disk = world.disk.borrow_mut();
                disk.is_headless &= disk
                    .database
                    .as_ref()
                    .is_some_and(|now| !now.log.is_empty());
            }
            self.forget();
            seen = self.seen().await?;
            if is_part {
                seen.segment = 0;
            }
        }
        seen.as_noted = self.as_noted(&seen).await?;
        // One that wasn't filled yet goes less far than that whose place it took.
        let is_further = |older: &Older| {
            held.as_ref().is_some_and(|held| {
                let mark = held.mark();
                let is_ours = older.store.is_nil() || older.store == mark.store;
                held.is_partial() && is_ours && older.tail.segment > mark.tail.segment
            })
        };
        let older = Older::all(world).into_iter().filter(is_further);
        let older = older.max_by_key(|older| older.tail.segment);
        let asked = match &held {
            None => Asked::Silent,
            Some(held) => match self.find_out(held, older.as_ref(), &seen, created).await {
                Ok(found) if found.segment == 0 && !found.is_damaged => Asked::Missing,
                Ok(found) => Asked::There(found),
                Err(reason) => {
                    world.tell(|| format!("tab {}: can't compare: {reason}", self.id));
                    journal.give_up(reason);
                    Asked::Silent
                }
            },
        };
        let evidence = Evidence {
            database: seen,
            journal: asked,
            noted,
        };
        // What was noted of another store says nothing of this journal.
        let journal_of = evidence.journal.there().map(|journal| journal.store);
        let of_it = known.filter(|noted| journal_of.is_none_or(|store| store == noted.store));
        let known_emptied = seen.emptied.max(of_it.map_or(0, |noted| noted.emptied));
        world.laws.borrow_mut().knows_emptied(known_emptied);
        let mut verdict = (world.judge)(&evidence);
        world.tell(|| {
            let log = world.log_in_short();
            format!(
                "tab {}: {evidence:?}, log: {log}\n    -> {verdict:?}",
                self.id
            )
        });
        if let Act::Restore { .. } = verdict.act
            && let Some(held) = &held
        {
            let entries = match &older {
                Some(older) => older.entries.clone(),
                None => held.entries().await?.0,
            };
            restored = self.restore(entries, &seen).await?;
            self.forget();
        }
        if verdict.another_history {
            let another = History(world.fresh_id());
            let begin = |database: &mut Database| database.first = Some(another);
            self.change(true, begin).await.map_err(said)?;
            self.first.set(Some(another));
        }
        self.above.set(self.above.get().max(verdict.above.0));
        let store = verdict.store.unwrap_or_else(|| world.fresh_id());
        if seen.store != Some(store)
            && let Err(fault) = self.name_store(store).await
        {
            journal.give_up(said(fault));
            self.store.set(None);
            return Ok(());
        }
        if let (Some(held), Asked::There(_) | Asked::Missing) = (&held, asked)
            && let Err(reason) = self
                .act(
                    (held, older.as_ref()),
                    &verdict,
                    asked.there(),
                    store,
                    &aside,
                )
                .await
        {
            journal.give_up(reason);
            // What couldn't be set aside is where it was, and isn't told as if it had been.
            if !world.files.borrow().contains_key(&aside) {
                verdict.recovery = verdict.recovery.map(Recovery::without_set_aside);
            }
        } else if verdict.doubted_after.is_none() && seen.doubted_after.is_some() {
            let clear = |database: &mut Database| database.doubt = None;
            self.change(true, clear).await.map_err(said)?;
        }
        let seen = self.seen().await?;
        self.recovery.set(verdict.recovery);
        self.told(&verdict, &evidence, restored, &aside);
        let doubt = match verdict.doubted_after {
            Some(after) => {
                let doubt = self.look(|database| database.doubt).await.map_err(said)?;
                doubt.filter(|doubt| doubt.after <= after).or(Some(Doubt {
                    after,
                    events: seen.events,
                }))
            }
            None => None,
        };
        self.note_admitted(&verdict, known, &seen, store);
        self.becomes(Some(store), doubt);
        Ok(())
    }

    fn becomes(&self, store: Option<Uuid>, doubt: Option<Doubt>) {
        self.doubt.set(doubt);
        self.doubting.set(doubt.map_or(Doubting::No, Doubting::As));
        self.store.set(store);
    }

    /// Whether this tab keeps it now, or something was heard; not where both are late.
    async fn wait_for_the_keeper(self: &Rc<Self>) -> bool {
        let (world, tab, heard) = (Rc::clone(&self.world), Rc::clone(self), self.heard.get());
        let is_free = move || world.keeper.get().is_none() || tab.heard.get() > heard;
        let is_in_time = self.world.scheduler.until_or_late(is_free).await;
        if is_in_time {
            Journal::take(self).await;
        }
        is_in_time
    }

    /// Another tab keeps the journal, and has judged.
    async fn join_beside(self: &Rc<Self>, seen: &judging::Database) -> Result<(), String> {
        let doubt = self.look(|database| database.doubt).await.map_err(said)?;
        if seen.store.is_some() {
            self.becomes(seen.store, doubt);
            return Ok(());
        }
        let store = self.world.fresh_id();
        self.name_store(store).await.map_err(said)?;
        keep(&self.world, noted_of(store, seen));
        self.becomes(Some(store), None);
        // Nobody has judged it yet: who keeps the journal brings back what it lacks.
        self.is_unjudged.set(true);
        Ok(())
    }

    async fn name_store(&self, store: Uuid) -> Result<(), Fault> {
        self.change(false, |database| database.store = Some(store))
            .await
    }

    fn note_admitted(
        &self,
        verdict: &Verdict,
        known: Option<Noted>,
        seen: &judging::Database,
        store: Uuid,
    ) {
        if verdict.doubted_after.is_some() {
            return;
        }
        let lost = verdict.recovery.filter(|recovery| recovery.lost > 0);
        let noted = match (lost, known) {
            (Some(lost), Some(known)) if lost.cause == Loss::Deleted && seen.events == 0 => Noted {
                store: Uuid::nil(),
                ..known
            },
            _ => noted_of(store, seen),
        };
        keep(&self.world, noted);
    }

    async fn act(
        &self,
        (held, older): (&Held, Option<&Older>),
        verdict: &Verdict,
        found: Option<judging::Journal>,
        store: Uuid,
        aside: &str,
    ) -> Result<(), String> {
        let is_damaged = found.is_some_and(|found| found.is_damaged);
        if let Some(older) = older {
            if verdict.act == Act::SetAside {
                self.rename(&older.name, aside).await;
            }
            // It is filled from where it is, unless it isn't of this log.
            held.doubt();
            if verdict.act != Act::SetAside {
                self.pause().await;
                older.is_of(&self.world, store);
            }
            return held.is_of(store).await;
        }
        match verdict.act {
            Act::DropLast => held.drop_last().await?,
            Act::SetAside => held.set_aside(aside, store).await?,
            Act::BeginAnew => held.renew(store).await?,
            Act::GoOn | Act::Restore { .. } if is_damaged || found.is_none() => {
                held.renew(store).await?;
            }
            Act::GoOn | Act::Restore { .. } => {}
        }
        match held.mark().store == store {
            true => Ok(()),
            false => held.is_of(store).await,
        }
    }

    async fn rename(&self, name: &str, aside: &str) {
        self.pause().await;
        let mut files = self.world.files.borrow_mut();
        if let Some(file) = files.remove(name) {
            files.insert(aside.to_owned(), file);
        }
    }

    /// Removes what the journal was before, now that it is at the log's end; what that alone has is set aside.
    pub async fn remove_older(&self) -> Result<(), String> {
        for older in Older::all(&self.world) {
            let database = self.look(Database::clone).await.map_err(said)?;
            let found = judging::Journal::default();
            let found = compare(&database, &older.entries, found);
            if found.beyond > 0 && database.emptied() <= older.tail.segment {
                let aside = format!("{ASIDE}{}", self.world.fresh());
                self.rename(&older.name, &aside).await;
            } else {
                self.pause().await;
                self.world.files.borrow_mut().remove(&older.name);
            }
        }
        Ok(())
    }

    async fn find_out(
        &self,
        held: &Held,
        older: Option<&Older>,
        seen: &judging::Database,
        created: bool,
    ) -> Result<judging::Journal, String> {
        let mark = held.mark();
        let (store, tail) =
            older.map_or((mark.store, mark.tail), |older| (older.store, older.tail));
        let found = judging::Journal {
            store,
            ..judging::Journal::default()
        };
        if tail.segment == 0 {
            return Ok(found);
        }
        let first =
            self.look(|database| database.log.values().next().map_or(1, |first| first.from));
        let first = first.await.map_err(said)?;
        let is_usual = !created
            && first == 1
            && older.is_none()
            && seen.doubted_after.is_none()
            && Some(mark.store) == seen.store
            && seen.segment >= tail.segment;
        if is_usual && Journal::ends_as_the_log(self, held).await? {
            return Ok(judging::Journal {
                segment: tail.segment,
                events: tail.events,
                agreed: tail.segment,
                ..found
            });
        }
        let (entries, is_whole) = match older {
            Some(older) => (older.entries.clone(), older.is_whole),
            None => held.entries().await?,
        };
        let database = self.look(Database::clone).await.map_err(said)?;
        let mut found = compare(&database, &entries, found);
        if !is_whole {
            // What the database has, too, isn't missing, nor is what it may have refused.
            if database.last() == 0 || database.last() + 1 < tail.segment {
                found.missing = tail.events.saturating_sub(found.events);
                // Its mark doesn't say how many its last entry held.
                (found.unsure, found.claimed) = (found.missing, tail.segment);
            }
            found.is_damaged = true;
        }
        let emptied = entries
            .iter()
            .rev()
            .find(|entry| events_of(entry).is_none());
        let emptied = emptied.map_or(0, |entry| entry.segment());
        let has_beginning = |entry: &Entry<'_>| {
            entry.segment() > emptied && entry.segment() < first && events_of(entry).is_some()
        };
        if (created && seen.segment > 0) || entries.iter().any(has_beginning) {
            // Records that were found again, and aren't all of the journal's log.
            (found.agreed, found.beyond) = (0, found.events);
        }
        Ok(found)
    }

    /// Brings back the segments after those that there are.
    async fn restore(
        &self,
        entries: Vec<Entry<'static>>,
        seen: &judging::Database,
    ) -> Result<BTreeSet<EventId>, String> {
        let after = entries
            .into_iter()
            .filter(|entry| entry.segment() > seen.segment);
        let back: Vec<Entry<'static>> = after.collect();
        let mut restored = BTreeSet::new();
        // Some at a time: it may end between them. Each checks that nobody added anything meanwhile.
        let mut end = self.knows().last;
        for some in back.chunks(2) {
            let mut is_taken = false;
            let put_back = |database: &mut Database| {
                is_taken = database.last() != end;
                if !is_taken {
                    let mut laws = self.world.laws.borrow_mut();
                    for entry in some {
                        take_numbers(database, entry);
                        put(database, entry);
                        // What was put in ahead, and never came to the database.
                        let events = events_of(entry).unwrap_or_default();
                        if events
                            .iter()
                            .any(|event| !laws.was_recorded(&event.event_id))
                        {
                            laws.recorded(database, &events);
                        }
                    }
                    end = database.last();
                }
            };
            self.change(true, put_back).await.map_err(said)?;
            if is_taken {
                return Err("a segment's number is taken".to_owned());
            }
            let events = some.iter().flat_map(events_of).flatten();
            restored.extend(events.map(|event| event.event_id));
        }
        Ok(restored)
    }

    /// Sees to it that what was told is so.
    fn told(
        &self,
        verdict: &Verdict,
        evidence: &Evidence,
        restored: BTreeSet<EventId>,
        aside: &str,
    ) {
        let disk = self.world.disk.borrow();
        if disk.life != self.life.get() {
            return;
        }
        let after = disk
            .database
            .as_ref()
            .map(Database::ids)
            .unwrap_or_default();
        let end = disk.database.as_ref().map_or(0, Database::last);
        let files = self.world.files.borrow();
        let aside = files
            .get(aside)
            .map(|file| super::held::ids_in(&file.bytes));
        let is_left = aside.is_none();
        let is_same = |noted: &Noted| Some(noted.store) == evidence.database.store;
        let noted = evidence.noted.there().filter(is_same);
        let is_unsure = evidence.journal.there().is_some_and(|held| held.unsure > 0);
        let opening = Opening {
            recovery: verdict.recovery,
            restored,
            is_one: evidence
                .journal
                .there()
                .is_some_and(|held| held.segment <= evidence.database.segment + 1),
            after,
            aside: aside.unwrap_or_default(),
            is_vague: evidence.noted.there().is_some_and(|noted| {
                let of = |store: Option<Uuid>| store == Some(noted.store);
                let journal = evidence.journal.there();
                !of(evidence.database.store) && !of(journal.map(|journal| journal.store))
            }) || (verdict.act == Act::SetAside && is_left)
                || (evidence.noted.there().is_none() && is_unsure),
            is_known_lost: noted.is_some_and(|noted| noted.segment > end && noted.events > 0),
        };
        self.world.laws.borrow_mut().told(&opening);
    }
}

fn noted_of(store: Uuid, seen: &judging::Database) -> Noted {
    Noted {
        store,
        segment: seen.segment,
        position: seen.position,
        events: seen.events,
        emptied: seen.emptied,
        before: 0,
    }
}

/// Takes the numbers between the log's end and an entry that the journal has nothing of.
fn take_numbers(database: &mut Database, entry: &Entry<'_>) {
    let from = database.last() + 1;
    if from_of(entry) > from {
        let content = Content::Gone;
        let record = Rc::new(Record { from, content });
        database.log.insert(from_of(entry) - 1, record);
    }
}

fn from_of(entry: &Entry<'_>) -> u64 {
    match entry {
        Entry::Paged { from, .. } => *from,
        Entry::Inline { segment, .. } | Entry::Emptied { segment, .. } => *segment,
    }
}

fn put(database: &mut Database, entry: &Entry<'_>) {
    let number = entry.segment();
    let (from, content) = match entry {
        Entry::Inline { .. } => (
            number,
            Content::Events(events_of(entry).unwrap_or_default()),
        ),
        Entry::Paged { from, .. } => {
            database.log.retain(|held, _| held < from || *held > number);
            (*from, Content::Paged(events_of(entry).unwrap_or_default()))
        }
        Entry::Emptied { floor, .. } => (number, Content::Emptied { floor: *floor }),
    };
    database
        .log
        .insert(number, Rc::new(Record { from, content }));
}

/// The same for a database whose beginning is gone: the chains of what is left tell how far they are the same.
fn compare_ends(
    database: &Database,
    entries: &[Entry<'_>],
    mut found: judging::Journal,
) -> judging::Journal {
    for entry in entries {
        let number = entry.segment();
        found.segment = number;
        let record = database.log.get(&number).map(|record| &record.content);
        let Some(events) = events_of(entry) else {
            (found.events, found.beyond) = (0, 0);
            if let Some(Content::Emptied { .. }) = record {
                found.agreed = number;
            }
            continue;
        };
        found.events += events.len() as u64;
        found.beyond += events.len() as u64;
        let record = record.map_or(&[][..], Content::events);
        if record.ends_with(&events) || (!record.is_empty() && events.ends_with(record)) {
            (found.agreed, found.beyond) = (number, 0);
        }
    }
    found
}

/// How far a database and a journal hold the same.
fn compare(
    database: &Database,
    entries: &[Entry<'_>],
    mut found: judging::Journal,
) -> judging::Journal {
    if database
        .log
        .values()
        .next()
        .is_some_and(|first| first.from > 1)
    {
        return compare_ends(database, entries, found);
    }
    let mut ours = database.log.iter().peekable();
    let mut here: Vec<RecordedEvent> = Vec::new();
    let mut there: Vec<RecordedEvent> = Vec::new();
    let (mut end, mut differs) = (0, false);
    for entry in entries {
        let number = entry.segment();
        found.segment = number;
        let events = events_of(entry);
        let last = events.iter().flatten().map(|event| event.position).max();
        found.position = found.position.max(last.unwrap_or_default());
        if let Some(events) = &events {
            found.events += events.len() as u64;
            if differs {
                found.beyond += events.len() as u64;
                continue;
            }
            there.extend(events.iter().cloned());
        } else {
            (found.events, found.beyond) = (0, 0);
        }
        // Reads on until it is at the number, or beyond.
        let (mut emptied, mut is_over) = (None, false);
        while !differs && end < number && emptied.is_none() {
            match ours.next() {
                None => {
                    is_over = true;
                    break;
                }
                Some((number, record)) => {
                    end = *number;
                    match &record.content {
                        Content::Emptied { .. } => emptied = Some(*number),
                        content => here.extend(content.events().iter().cloned()),
                    }
                }
            }
        }
        match (&events, emptied) {
            (None, emptied) => match emptied == Some(number) {
                true => found.agreed = number,
                false => differs = true,
            },
            (Some(_), Some(_)) => {
                found.beyond += there.len() as u64;
                differs = true;
            }
            (Some(_), None) if is_over => {
                match there.get(..here.len()) == Some(&here[..]) {
                    true => {
                        found.agreed = end;
                        found.beyond += (there.len() - here.len()) as u64;
                    }
                    false => found.beyond += there.len() as u64,
                }
                differs = true;
            }
            (Some(_), None) if end == number => match here == there {
                true => {
                    found.agreed = number;
                    there.clear();
                    here.clear();
                }
                false => {
                    found.beyond += there.len() as u64;
                    differs = true;
                }
            },
            (Some(_), None) => {}
        }
    }
    if !differs && !there.is_empty() {
        match here.get(..there.len()) == Some(&there[..]) {
            true => found.agreed = found.segment,
            false => found.beyond += there.len() as u64,
        }
    }
    found
}
