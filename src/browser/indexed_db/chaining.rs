//! From the second layout to the third: each record of the log gets the chain of the log up to it. Events
//! stay as and where they are; some records get theirs at a time, so that a tab that is closed or killed
//! meanwhile, or another that does the same, leaves less to do.

use idb::{CursorDirection, KeyRange, ObjectStore};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbCursor, IdbDatabase};

use super::archived;
use super::codec::{self, Content, Opened, Record};
use super::lay_out::put_filter;
use super::left::Left;
use super::schema::{ALL, CHECKPOINTS, LOG, META, MOVED, PAGES, SNAPSHOTS, Told};
use super::transaction::{self, Fault, Writing, above, answer};
use super::walk::Walk;
use crate::core::{History, RecordedEvent};
use crate::log::Chain;
use crate::log::segments::{Portion, Segment, Turn, in_order, unpack};
use crate::store::{Durability, StoreError};

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moved {
    All,
    To(At),
}

/// Up to a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    number: u64,
    chain: Chain,
    /// The number of the segment that last emptied the log until there, 0 where none did.
    emptied: u64,
}

/// Whether records may be left that have no chain.
///
/// # Errors
/// The storage's.
pub(super) async fn is_due(database: &IdbDatabase) -> Result<bool, StoreError> {
    let found = async {
        let meta = transaction::read(database, &[META])?.store(META)?;
        moved(&meta).await
    };
    let found = found.await;
    found
        .map(|moved| moved != Moved::All)
        .map_err(|fault: Fault| fault.while_doing("upgrade"))
}

/// Gives all records their chains. `first` is the history that the database began with; `told` is told how far it
/// is.
///
/// # Errors
/// The storage's. What was done until then stays.
pub(super) async fn chain_all(
    database: &IdbDatabase,
    first: History,
    told: &Told,
) -> Result<(), StoreError> {
    let chained = async {
        let last = last(database).await?;
        told(0);
        let mut portion = Portion::of(Portion::BYTES);
        while let Moved::To(at) = step(database, first, &mut portion).await? {
            told((at.number * 100 / last.max(1)).min(100) as u8);
        }
        Ok(())
    };
    chained
        .await
        .map_err(|fault: Fault| fault.while_doing("upgrade"))
}

/// The number of the last segment.
async fn last(database: &IdbDatabase) -> Result<u64, Fault> {
    let log = transaction::read(database, &[LOG])?.store(LOG)?;
    let newest = answer(log.open_key_cursor(None, Some(CursorDirection::Prev))?).await?;
    if newest.is_null() {
        return Ok(0);
    }
    let key = newest.unchecked_into::<IdbCursor>().key();
    Ok(key.ok().and_then(|key| key.as_f64()).unwrap_or(0.0) as u64)
}

async fn moved(meta: &ObjectStore) -> Result<Moved, Fault> {
    let found = answer(meta.get(JsValue::from(MOVED))?).await?;
    let text = codec::value_of(&found).unwrap_or_default();
    if text == ALL {
        return Ok(Moved::All);
    }
    let at = || {
        let mut fields = text.split(' ');
        Some(At {
            number: fields.next()?.parse().ok()?,
            chain: Chain::parse(fields.next()?)?,
            emptied: fields.next()?.parse().ok()?,
        })
    };
    Ok(Moved::To(at().unwrap_or(At {
        number: 0,
        chain: Chain::START,
        emptied: 0,
    })))
}

/// Gives some records their chains, from where it stands.
async fn step(
    database: &IdbDatabase,
    first: History,
    portion: &mut Portion,
) -> Result<Moved, Fault> {
    // Relaxed: what is lost of it is done again.
    let stores = [LOG, PAGES, META, SNAPSHOTS, CHECKPOINTS];
    let writing = Writing::begin(database, &stores, Durability::Relaxed)?;
    let (log, meta) = (writing.store(LOG)?, writing.store(META)?);
    let Moved::To(mut at) = moved(&meta).await? else {
        return Ok(Moved::All);
    };
    let range = above(&JsValue::from_f64(at.number as f64))?;
    let count = u32::try_from(portion.count()).unwrap_or(1);
    let records = answer(log.get_all(Some(range), Some(count))?).await?;
    let records: Array = records.unchecked_into();
    let mut is_over = records.length() < count;
    for record in records.iter() {
        let record: Record = record.unchecked_into();
        let Some(opened) = codec::open_segment(&record) else {
            // After such keys come no numbers any more.
            is_over = true;
            break;
        };
        let number = opened.number;
        let is_paged = matches!(opened.content, Ok(Content::Paged(..)) | Err(_));
        let (mut chain, mut made) = (at.chain, None);
        match opened.content {
            Ok(Content::Emptied(floor)) => {
                let history = first.after(number);
                let turn = Turn::Emptied { floor, history };
                chain = chain.with_turn(number, turn);
                let turned = codec::turned(number, turn, chain, &[]);
                made = Some(turned?);
                at.emptied = number;
            }
            Ok(Content::Turn(turn)) => chain = chain.with_turn(number, turn),
            Ok(Content::Gone) => chain = chain.with(number, []),
            _ => {
                let pages = writing.store(PAGES)?;
                let laid = laid_in_pages(&opened);
                let events = events_of(opened, &pages).await?;
                chain = chain.with(number, &events);
                if let Some((segment, _)) = laid.filter(|laid| laid.1 == events.len() as u64) {
                    put_filter(&pages, &segment, &events)?;
                }
            }
        }
        let made = made.unwrap_or_else(|| {
            codec::link(&record, chain);
            record
        });
        log.put(&made, None)?;
        (at.number, at.chain) = (number, chain);
        if is_paged {
            // Its events took room: the others are read when they are asked for.
            is_over = false;
            break;
        }
    }
    let weigh = |record: JsValue| codec::weight(record.unchecked_ref());
    portion.passed(records.length() as usize, records.iter().map(weigh).sum());
    let (moved, text) = match is_over {
        true => (Moved::All, ALL.to_owned()),
        false => (
            Moved::To(at),
            format!("{} {} {}", at.number, at.chain, at.emptied),
        ),
    };
    if is_over && at.emptied > 0 {
        belong(&writing, at.emptied).await?;
    }
    meta.put(&codec::meta(MOVED, &text), None)?;
    writing.commit().await?;
    Ok(moved)
}

/// Marks what stands beside the log as of the log since it was last emptied: what was there before that
/// was taken away at once.
async fn belong(writing: &Writing, emptied: u64) -> Result<(), Fault> {
    let meta = writing.store(META)?;
    Left::Nothing.note(&meta, emptied)?;
    let archived = answer(meta.get(JsValue::from(archived::key(0)))?).await?;
    if let Some(list) = codec::value_of(&archived) {
        meta.delete(JsValue::from(archived::key(0)))?;
        meta.put(&codec::meta(&archived::key(emptied), &list), None)?;
    }
    let snapshots = writing.store(SNAPSHOTS)?;
    let mut walk = Walk::over(&snapshots);
    loop {
        let some = walk.next(codec::stream_of).await?;
        if some.is_empty() {
            break;
        }
        for record in some {
            snapshots.put(&codec::belonging(record, emptied), None)?;
        }
    }
    // These get other keys: so all are read before the first is changed. They are small.
    let checkpoints = writing.store(CHECKPOINTS)?;
    let records = answer(checkpoints.get_all(None, None)?).await?;
    for record in records.unchecked_into::<Array>().iter() {
        let record: Record = record.unchecked_into();
        checkpoints.delete(codec::subscriber_of(&record))?;
        checkpoints.put(&codec::belonging(record, emptied), None)?;
    }
    Ok(())
}

/// A segment of events in pages, and how many they are; none of another, or of one that is damaged.
fn laid_in_pages(opened: &Opened) -> Option<(Segment, u64)> {
    match &opened.content {
        Ok(Content::Paged(segment, runs)) => {
            let count = runs.iter().flatten().map(|run| run.count).sum();
            Some((*segment, count))
        }
        _ => None,
    }
}

/// The events of a segment in the order of their positions, as far as they can be read.
async fn events_of(opened: Opened, pages: &ObjectStore) -> Result<Vec<RecordedEvent>, Fault> {
    let mut events = Vec::new();
    match opened.content {
        Ok(Content::Readable(records)) => {
            events.extend(records.iter().flat_map(codec::read_event));
        }
        Ok(Content::Packed(_, bytes)) => events = unpack(&bytes).unwrap_or_default(),
        // Where its directory is damaged, its pages may be whole.
        Ok(Content::Paged(..)) | Err(_) => {
            let number = JsValue::from_f64(opened.number as f64);
            let last = Array::of2(&number, &f64::INFINITY.into());
            let range = KeyRange::bound(&Array::of1(&number), &last, None, None)?;
            let found = answer(pages.get_all(Some(range.into()), None)?).await?;
            for page in found.unchecked_into::<Array>().iter() {
                let bytes = codec::open_page(page.unchecked_ref()).unwrap_or_default();
                events.extend(unpack(&bytes).unwrap_or_default());
            }
            in_order(&mut events);
        }
        Ok(Content::Turn(_) | Content::Emptied(_) | Content::Gone) => {}
    }
    Ok(events)
}
