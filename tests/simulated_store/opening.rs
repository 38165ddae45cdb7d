//! Opening: what is there is compared, judged by the real rules, and acted on. It follows
//! `browser/indexed_db/journal/{admit,judged}.rs`.

use std::collections::BTreeSet;
use std::rc::Rc;

use eventloom::core::{History, Position};
use eventloom::log::Chain;
use eventloom::log::journal::Entry;
use eventloom::store::judging::{self, Act, Asked, Evidence, Noted, Verdict};
use eventloom::store::{Loss, Recovery};
use uuid::Uuid;

use super::comparing::{compare, has_all};
use super::copying::chain_at;
use super::database::{Beginning, Content, Database, Doubt};
use super::held::{Held, Older};
use super::keeping::Journal;
use super::noting::{ask, keep};
use super::reading::events_of;
use super::source::Source;
use super::tab::{Doubting, Fault, Known, Tab};
use super::world::{ASIDE, Kept};

pub fn said(fault: Fault) -> String {
    format!("{fault:?}")
}

impl Tab {
    async fn seen(&self) -> Result<judging::Database, String> {
        let looked = self.look(|database| (database.store, database.doubt, Known::of(database)));
        let (store, doubt, known) = looked.await.map_err(said)?;
        self.known.set(Some(known));
        Ok(judging::Database {
            store,
            segment: known.last,
            events: known.events,
            position: Position(self.next_position() - 1),
            doubted_after: doubt.map(|doubt| doubt.after),
            emptied: known.emptied,
            is_damaged: known.is_faulty,
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
                Content::Paged(_) | Content::Turn(..) | Content::Damaged(_) | Content::Gone => None,
            },
        );
        found.await.map_err(said)
    }

    pub async fn admit(self: &Rc<Self>, created: bool) -> Result<(), String> {
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
        // One that wasn't filled yet goes less far than that whose place it took.
        let is_ours = |older: &Older| {
            held.as_ref().is_some_and(|held| {
                let of = held.mark().store;
                held.is_partial() && (older.store.is_nil() || of.is_nil() || older.store == of)
            })
        };
        let all: Vec<Older> = Older::all(world).into_iter().filter(is_ours).collect();
        let end = held.as_ref().map_or(0, |held| held.mark().tail.segment);
        let further = all.iter().filter(|older| older.tail.segment > end);
        let older = further.max_by_key(|older| older.tail.segment);
        let source = match &held {
            None => Err("it can't be asked".to_owned()),
            Some(held) => Source::of(held, (&all, older), known).await,
        };
        let mut end = seen.segment;
        if let Ok(source) = &source
            && created
            && end > 0
        {
            // Only what the journal has, too. What comes after that is of the same log.
            let mut is_part = false;
            let drop = |database: &mut Database| {
                is_part = has_all(database, &source.walked, source.tail);
                if is_part {
                    let mut dropped = database.ids();
                    database
                        .log
                        .retain(|number, _| *number > source.tail.segment);
                    // Until they are back, who is killed has them in the journal alone.
                    let left = database.ids();
                    dropped.retain(|event| !left.contains(event));
                    world.laws.borrow_mut().unlogged.extend(dropped);
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
            end = seen.segment;
            if is_part {
                seen.segment = 0;
            }
        }
        seen.as_noted = self.as_noted(&seen).await?;
        let asked = match &source {
            Err(_) if held.is_none() => Asked::Silent,
            Err(reason) => {
                journal.give_up(reason.clone());
                Asked::Silent
            }
            Ok(source) => match self.find_out(source, &seen, created).await {
                Ok(found) if found.segment == 0 && !found.is_damaged => Asked::Missing,
                Ok(found) => Asked::There(found),
                Err(reason) => {
                    world.tell(|| format!("tab {}: can't compare: {reason}", self.id));
                    journal.give_up(reason);
                    Asked::Silent
                }
            },
        };
        // Nobody knows how many events a record held that can't be read.
        let is_faulty = self.knows().is_faulty;
        let evidence = Evidence {
            database: seen,
            journal: asked,
            noted,
        };
        // What was noted of another store says nothing of this journal.
        let journal_of = evidence.journal.there().map(|journal| journal.store);
        let of_it = known.filter(|noted| journal_of.is_none_or(|store| store == noted.store));
        let known_emptied = seen.emptied.max(of_it.map_or(0, |noted| noted.emptied));
        {
            let entries = source.iter().flat_map(|source| source.walked.live());
            let turns = entries.filter_map(Entry::turn);
            let disk = world.disk.borrow();
            let database = disk.database.as_ref();
            let mut laws = world.laws.borrow_mut();
            laws.knows_emptied(known_emptied);
            laws.knows_taken_back(database, turns);
        }
        let mut verdict = (world.judge)(&evidence);
        world.tell(|| {
            let log = world.log_in_short();
            format!(
                "tab {}: {evidence:?}, log: {log}\n    -> {verdict:?}",
                self.id
            )
        });
        if let Act::Restore { .. } = verdict.act
            && let Ok(source) = &source
        {
            restored = self.restore(&source.walked, seen.segment, end).await?;
            self.forget();
        }
        let mut recovery = verdict.recovery;
        let mut is_mended = true;
        if let (Act::GoOn | Act::Restore { .. }, Ok(source), Asked::There(_)) =
            (verdict.act, &source, asked)
            && self
                .look(|database| Known::of(database).is_faulty)
                .await
                .map_err(said)?
        {
            match self.mend(&source.walked, seen.emptied).await {
                Ok(0) => {}
                Ok(mended) => {
                    self.forget();
                    recovery = recovery.or(Some(Recovery::mended(mended)));
                }
                // It is tried again once the journal is read whole: until then that keeps what it holds.
                Err(_) => is_mended = false,
            }
        }
        if verdict.another_history {
            let history = History(world.fresh_id());
            let begin = |database: &mut Database| {
                let replaced = database.said();
                database.first = Some(Beginning { history, replaced });
                world.laws.borrow_mut().changes += 1;
            };
            self.change(true, begin).await.map_err(said)?;
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
            && is_mended
            && let Err(reason) = self
                .act((held, older), &verdict, asked.there(), store, &aside)
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
        self.recovery.set(recovery);
        self.is_told_so(&verdict, &evidence, (restored, is_faulty), &aside);
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
        self.doubting.set(Doubting::FromHere);
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
                held.is_of(store).await?;
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

    /// Removes what the journal was before, now that it is at the log's end; what that alone has is set aside, and
    /// what is damaged in the log is mended from it before. Answers how many events were mended.
    pub async fn remove_older(&self) -> Result<u64, String> {
        let mut mended = 0;
        for older in Older::all(&self.world) {
            let database = self.look(Database::clone).await.map_err(said)?;
            mended += self.mend(&older.walked, database.emptied()).await?;
            let database = self.look(Database::clone).await.map_err(said)?;
            let found = compare(
                &database,
                &older.walked,
                older.store,
                (older.tail, older.claims),
            );
            let emptied = self
                .journal
                .as_ref()
                .map_or(0, |journal| journal.emptied.get());
            if found.beyond > 0 && emptied <= found.segment {
                let aside = format!("{ASIDE}{}", self.world.fresh());
                self.rename(&older.name, &aside).await;
            } else {
                self.pause().await;
                self.world.files.borrow_mut().remove(&older.name);
            }
        }
        Ok(mended)
    }

    async fn find_out(
        &self,
        source: &Source,
        seen: &judging::Database,
        created: bool,
    ) -> Result<judging::Journal, String> {
        let Source {
            store,
            tail,
            claims,
            walked,
        } = source;
        let found = judging::Journal {
            store: *store,
            ..judging::Journal::default()
        };
        if claims.segment == 0 {
            return Ok(found);
        }
        let database = self.look(Database::clone).await.map_err(said)?;
        let first = first_number(&database);
        let is_usual = !created
            && first <= 1
            && seen.doubted_after.is_none()
            && Some(*store) == seen.store
            && seen.segment >= claims.segment
            && tail.chain != Chain::START;
        if is_usual && chain_at(&database, tail.segment) == Some(tail.chain) {
            return Ok(judging::Journal {
                segment: tail.segment,
                events: tail.events,
                agreed: tail.segment,
                ..found
            });
        }
        let found = compare(&database, walked, *store, (*tail, *claims));
        let is_before = |entry: &Entry<'_>| entry.segment < first && events_of(entry).is_some();
        if (created && seen.segment > 0) || (first > 1 && walked.live().any(is_before)) {
            // Records that were found again, and aren't all of the journal's log.
            let (agreed, beyond) = (0, found.events);
            return Ok(judging::Journal {
                agreed,
                beyond,
                ..found
            });
        }
        Ok(found)
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

/// The first number that the log's records stand for; 0 where there is none.
fn first_number(database: &Database) -> u64 {
    let first = database.log.values().next();
    first.map_or(0, |first| first.from)
}
