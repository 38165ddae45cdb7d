//! The database's log, read part by part, to be compared with a second copy.

use std::collections::VecDeque;

use idb::KeyRange;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

use super::super::codec::{self, Content, Record};
use super::super::schema::{LOG, PAGES};
use super::super::transaction::{self, Fault, Reading, above, answer};
use crate::core::{History, RecordedEvent};
use crate::log::Chain;
use crate::log::segments::{Turn, in_order, unpack};

/// So many segments at most are read at once, unless one has pages.
const STEP: u32 = 64;

/// The segments of a database, oldest first.
pub(super) struct Ours<'a> {
    database: &'a IdbDatabase,
    after: u64,
    ready: VecDeque<Part>,
    is_over: bool,
}

pub(super) struct Part {
    pub(super) number: u64,
    /// The first number that it stands for.
    pub(super) from: u64,
    pub(super) chain: Option<Chain>,
    /// In the order of their positions, as far as they can be read.
    pub(super) events: Vec<RecordedEvent>,
    /// How many there are, also of those that can't be read; none where that can't be told.
    pub(super) count: Option<usize>,
    /// What it does, where it holds no events.
    pub(super) turn: Option<Turn>,
    /// Whether events of it can't be read.
    pub(super) is_damaged: bool,
}

impl Ours<'_> {
    /// Those after a number.
    pub(super) fn after(database: &IdbDatabase, after: u64) -> Ours<'_> {
        Ours {
            database,
            after,
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Part>, Fault> {
        if self.ready.is_empty() && !self.is_over {
            self.read().await?;
        }
        Ok(self.ready.pop_front())
    }

    async fn read(&mut self) -> Result<(), Fault> {
        let reading = transaction::read(self.database, &[LOG, PAGES])?;
        let range = above(&JsValue::from_f64(self.after as f64))?;
        let records = answer(reading.store(LOG)?.get_all(Some(range), Some(STEP))?).await?;
        let records: Array = records.unchecked_into();
        self.is_over = records.length() < STEP;
        for record in records.iter() {
            let Some(opened) = codec::open_segment(record.unchecked_ref()) else {
                self.is_over = true;
                break;
            };
            let number = opened.number;
            let next = std::mem::replace(&mut self.after, number) + 1;
            let mut part = Part {
                number,
                from: opened.from,
                chain: opened.chain,
                events: Vec::new(),
                count: None,
                turn: None,
                is_damaged: false,
            };
            match opened.content {
                Ok(Content::Readable(records)) => {
                    part.events
                        .extend(records.iter().flat_map(codec::read_event));
                    part.is_damaged = part.events.len() < records.len();
                    part.count = Some(records.len());
                }
                Ok(Content::Packed(_, bytes)) => part.unpack(Ok(bytes)),
                Ok(Content::Paged(segment, _)) => {
                    read_pages(&reading, segment.number, segment.pages, &mut part).await?;
                    self.ready.push_back(part);
                    // These take room: the others are read when they are asked for.
                    self.is_over = false;
                    break;
                }
                Ok(Content::Emptied(floor)) => {
                    let history = History(uuid::Uuid::nil());
                    part.turn = Some(Turn::Emptied { floor, history });
                }
                Ok(Content::Turn(turn)) => part.turn = Some(turn),
                Ok(Content::Gone) => {}
                // It doesn't tell for which numbers it stands either.
                Err(_) => (part.from, part.is_damaged) = (next, true),
            }
            self.ready.push_back(part);
        }
        Ok(())
    }
}

impl Part {
    /// Whether it is what comes next after a segment, of a log that had this chain there, if that is known.
    pub(super) fn goes_on_from(&self, segment: u64, chain: Option<Chain>) -> bool {
        let goes_on = |chain: Chain| match self.turn {
            Some(turn) => chain.with_turn(self.number, turn),
            None => chain.with(self.number, &self.events),
        };
        let is_next = self.from == segment + 1 && self.number == self.from;
        is_next && chain.is_none_or(|chain| self.chain == Some(goes_on(chain)))
    }

    fn unpack(&mut self, bytes: Result<Vec<u8>, String>) {
        let events = bytes.and_then(|bytes| unpack(&bytes).map_err(|error| error.to_string()));
        match events {
            Ok(events) => self.events.extend(events),
            Err(_) => self.is_damaged = true,
        }
    }
}

async fn read_pages(
    reading: &Reading,
    segment: u64,
    count: u32,
    part: &mut Part,
) -> Result<(), Fault> {
    let key = |page: u32| JsValue::from(Array::of2(&(segment as f64).into(), &page.into()));
    let range = KeyRange::bound(&key(0), &key(count.saturating_sub(1)), None, None)?;
    let found = answer(reading.store(PAGES)?.get_all(Some(range.into()), None)?).await?;
    let found: Array = found.unchecked_into();
    part.is_damaged |= found.length() < count;
    for page in found.iter() {
        let page: Record = page.unchecked_into();
        part.unpack(codec::open_page(&page));
    }
    in_order(&mut part.events);
    Ok(())
}
