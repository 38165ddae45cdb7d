//! Mending what is damaged in the database from the second copy. It follows `browser/indexed_db/journal/mend.rs`,
//! but for numbers that no record stands for.

use std::rc::Rc;

use eventloom::core::RecordedEvent;
use eventloom::log::Chain;
use eventloom::log::journal::{Entry, Fills};

use super::database::{Content, Database, Record};
use super::reading::{Walked, events_of};
use super::tab::Tab;

impl Tab {
    /// Mends what is damaged in the segments after one; answers how many events are there again.
    pub async fn mend(&self, walked: &Walked, after: u64) -> Result<u64, String> {
        let mut fills = Fills::default();
        for entry in &walked.entries {
            fills.take(entry).map_err(|error| error.to_string())?;
        }
        let found = self.look(|database| damaged(database, after)).await;
        let mut mended = 0;
        for (number, record) in found.map_err(|fault| format!("{fault:?}"))? {
            let Some(events) = gather(walked, &fills, number, &record) else {
                continue;
            };
            let count = events.len() as u64;
            let mut is_still = false;
            let put = |database: &mut Database| {
                let before = database.history();
                let there = database.log.get_mut(&number);
                let there = there.filter(|there| matches!(there.content, Content::Damaged(_)));
                is_still = there.is_some();
                if let Some(there) = there {
                    *there = Rc::new(Record {
                        content: Content::Paged(events),
                        ..*record
                    });
                }
                if database.history() != before {
                    let text = format!("{before:?}, then {:?}", database.history());
                    self.world.wrong("mending begins no history", text);
                }
            };
            self.change(true, put)
                .await
                .map_err(|fault| format!("{fault:?}"))?;
            mended += if is_still { count } else { 0 };
        }
        Ok(mended)
    }
}

fn damaged(database: &Database, after: u64) -> Vec<(u64, Rc<Record>)> {
    let records = database.log.range(after + 1..);
    let damaged = records.filter(|(_, record)| matches!(record.content, Content::Damaged(_)));
    damaged
        .map(|(number, record)| (*number, Rc::clone(record)))
        .collect()
}

/// The events that stood in a record, of the entries for all of its numbers; none where the journal hasn't all.
fn gather(
    walked: &Walked,
    fills: &Fills,
    number: u64,
    record: &Record,
) -> Option<Vec<RecordedEvent>> {
    let within = |entry: &&Entry<'_>| entry.from() >= record.from && entry.segment <= number;
    let (mut next, mut events, mut chain) = (record.from, Vec::new(), Chain::START);
    for entry in walked.live().filter(within) {
        if entry.from() != next {
            return None;
        }
        (next, chain) = (entry.segment + 1, entry.chain);
        let mut held = events_of(entry)?;
        fills.fill(entry.segment, &walked.void, &mut held);
        events.extend(held);
    }
    let is_same = record.chain.is_none_or(|ours| ours == chain);
    (next == number + 1 && is_same).then_some(events)
}
