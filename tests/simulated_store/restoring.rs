//! Bringing back what a database lost and the journal has. It follows
//! `browser/indexed_db/journal/restore.rs`.

use std::collections::BTreeSet;
use std::rc::Rc;

use eventloom::core::{EventId, History};
use eventloom::log::Chain;
use eventloom::log::journal::{Body, Entry};
use eventloom::log::segments::{Turn, unpack};

use super::database::{Content, Database, Left, Record};
use super::reading::{Walked, events_of, given_by};
use super::tab::Tab;
use super::undoing::leave_numbers;

impl Tab {
    /// Brings back the segments after one, into a log that ends with this one; answers what came with that.
    pub async fn restore(
        &self,
        walked: &Walked,
        after: u64,
        mut end: u64,
    ) -> Result<BTreeSet<EventId>, String> {
        let mut restored = BTreeSet::new();
        let back = walked.entries.iter().filter(|entry| entry.segment > after);
        let back: Vec<&Entry<'_>> = back.collect();
        let mut last = after;
        let unread = walked.unread_emptying();
        let emptied = unread.filter(|segment| *segment > after);
        // Some at a time: it may end between them. Each checks that nobody added anything meanwhile.
        for some in back.chunks(2) {
            let mut is_taken = false;
            let put_back = |database: &mut Database| {
                is_taken = database.last() != end;
                if is_taken {
                    return;
                }
                let before = database.ids();
                let mut laws = self.world.laws.borrow_mut();
                laws.changes += 1;
                for entry in some {
                    if entry.from() > last + 1 {
                        self.put_between(database, walked, (last + 1, entry.from() - 1), emptied);
                    }
                    last = entry.segment;
                    let is_void = walked.void.holds(entry.segment);
                    put(database, entry, is_void);
                    // What was put in ahead, and never came to the database.
                    let events = events_of(entry).unwrap_or_default();
                    let is_new = |id| !laws.was_recorded(id);
                    if !is_void && events.iter().any(|event| is_new(&event.event_id)) {
                        laws.recorded(database, &events);
                    }
                }
                // What fills holes is counted where these are.
                let after = database.ids();
                let back = after
                    .iter()
                    .filter(|event| !laws.holds_place_of(&before, event));
                restored.extend(back);
            };
            self.change(true, put_back)
                .await
                .map_err(|fault| format!("{fault:?}"))?;
            if is_taken {
                return Err("a segment's number is taken".to_owned());
            }
            end = end.max(last);
        }
        Ok(restored)
    }

    /// Numbers that the journal has nothing of, of which one may have emptied the log.
    fn put_between(
        &self,
        database: &mut Database,
        walked: &Walked,
        (first, last): (u64, u64),
        emptied: Option<u64>,
    ) {
        match emptied.filter(|segment| (first..=last).contains(segment)) {
            None if first > last => {}
            None => database.insert(first, last, None, Content::Gone),
            Some(segment) => {
                self.put_between(database, walked, (first, segment - 1), None);
                let before = walked
                    .entries
                    .iter()
                    .filter(|entry| entry.segment < segment);
                let floor = before.filter_map(given_by).max().unwrap_or_default();
                let history = History(self.world.fresh_id());
                let turn = Turn::Emptied { floor, history };
                database.left = Some((segment, Left::Sweeping));
                database.insert(segment, segment, None, Content::Turn(turn, Vec::new()));
                self.put_between(database, walked, (segment + 1, last), None);
            }
        }
    }
}

impl Database {
    fn insert(&mut self, from: u64, number: u64, chain: Option<Chain>, content: Content) {
        let record = Record {
            from,
            chain,
            content,
        };
        self.log.insert(number, Rc::new(record));
    }
}

/// Puts a segment into the log as it was; of one that the log doesn't hold any more, its numbers and its chain.
fn put(database: &mut Database, entry: &Entry<'_>, is_void: bool) {
    let chain = Some(entry.chain).filter(|chain| *chain != Chain::START);
    let (from, number) = (entry.from(), entry.segment);
    if is_void {
        return database.insert(from, number, chain, Content::Gone);
    }
    let content = match &entry.body {
        Body::Inline { .. } => Content::Events(events_of(entry).unwrap_or_default()),
        Body::Paged { .. } => {
            // An older copy of the database may hold the first of what was joined to it since.
            database
                .log
                .retain(|held, _| *held < from || *held > number);
            Content::Paged(events_of(entry).unwrap_or_default())
        }
        Body::Turn(turn, fills) => {
            match *turn {
                // Of what it emptied not all is there any more.
                Turn::Emptied { .. } => database.left = Some((number, Left::Sweeping)),
                // An older copy of the database may hold what it makes void.
                Turn::Restored { from, .. } | Turn::TakenBack { from, .. } => {
                    leave_numbers(database, from, number - 1);
                }
                Turn::Filled { .. } => {
                    database.fill(&unpack(fills).unwrap());
                }
            }
            Content::Turn(*turn, unpack(fills).unwrap_or_default())
        }
    };
    database.insert(from, number, chain, content);
}
