//! The records of the log: a segment whose events can be read in the storage inspector, one whose
//! events are packed, one whose events are in pages, and one that empties the store.

use js_sys::{Array, JSON, Object, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};

use super::event::{Written, read_event, written};
use super::record::{MISFIT, Record, number, record, small, whole};
use super::turn::{first_emptied, turn};
use crate::core::{Position, PositionRanges, RecordedEvent};
use crate::log::segments::{Filter, Run, Segment, Turn, pack, read_directory, unpack};
use crate::log::{Chain, checksum};
use crate::store::StoreError;

/// So many events of one segment are records of their own, that a person can read; more are packed.
const READABLE: usize = 16;

/// The number of the page that a filter lies under.
pub(in super::super) const FILTER: i32 = -1;

/// A segment as it lies in the log.
pub(in super::super) struct Opened {
    pub(in super::super) number: u64,
    /// The first number that it stands for, as it says itself: checked only where the content is.
    pub(in super::super) from: u64,
    /// The chain of the log up to it; none where it has none yet, or that can't be read.
    pub(in super::super) chain: Option<Chain>,
    /// Which of its positions an import gave.
    pub(in super::super) imported: PositionRanges,
    /// What it holds, or why that can't be told.
    pub(in super::super) content: Result<Content, String>,
}

/// What a segment holds.
pub(in super::super) enum Content {
    /// Events, a record each.
    Readable(Vec<Record>),
    /// Events as bytes, whose checksum fits.
    Packed(Segment, Vec<u8>),
    /// Events in pages, and what is in each.
    Paged(Segment, Vec<Vec<Run>>),
    /// Nothing, and what becomes of what stood before it.
    Turn(Turn),
    /// Nothing, and nothing of what stood before it, as releases before this one wrote it.
    Emptied(Position),
    /// Nothing any more.
    Gone,
}

/// A segment of events that stand in it.
///
/// # Errors
/// [`StoreError::OutOfRange`] for a version or position that a browser can't count.
pub(in super::super) fn inline(
    segment: u64,
    events: &[RecordedEvent],
) -> Result<Record, StoreError> {
    if events.len() <= READABLE {
        return readable(segment, events);
    }
    let record = record();
    record.set_segment(number("segment", segment)?);
    let place = place_of(segment, events, 0);
    for event in events {
        number("version", event.version.0)?;
    }
    write_place(&record, &place)?;
    let events: Vec<&RecordedEvent> = events.iter().collect();
    write_bytes(&record, &pack(&events), &place_text(&place));
    Ok(record)
}

fn readable(segment: u64, events: &[RecordedEvent]) -> Result<Record, StoreError> {
    #[derive(Serialize)]
    struct Readable<'a> {
        segment: u64,
        events: Vec<Written<'a>>,
    }

    number("segment", segment)?;
    let events = events.iter().map(written).collect::<Result<_, _>>()?;
    let failed = |cause: String| StoreError::Failed {
        operation: "append",
        cause: cause.into(),
    };
    let text = serde_json::to_string(&Readable { segment, events });
    let record = JSON::parse(&text.map_err(|error| failed(error.to_string()))?);
    let record = record.map_err(|thrown| failed(format!("{thrown:?}")))?;
    Ok(record.unchecked_into())
}

/// Where events lie that come in the order of their positions.
pub(in super::super) fn place_of(number: u64, events: &[RecordedEvent], pages: u32) -> Segment {
    let position = |event: Option<&RecordedEvent>| event.map_or(Position::START, |e| e.position);
    Segment {
        number,
        from: number,
        first: position(events.first()),
        last: position(events.last()),
        pages,
    }
}

/// A segment of events that are in pages.
///
/// # Errors
/// As [`inline`].
pub(in super::super) fn paged(segment: &Segment, directory: &[u8]) -> Result<Record, StoreError> {
    let record = record();
    record.set_segment(number("segment", segment.number)?);
    record.set_pages(segment.pages);
    if segment.from < segment.number {
        record.set_from(number("segment", segment.from)?);
    }
    write_place(&record, segment)?;
    write_bytes(&record, directory, &place_text(segment));
    Ok(record)
}

/// A page of a segment.
pub(in super::super) fn page(segment: u64, page: u32, packed: &[u8]) -> Result<Record, StoreError> {
    let record = record();
    record.set_segment(number("segment", segment)?);
    record.set_page(page as i32);
    write_bytes(&record, packed, &page_text(segment, page));
    Ok(record)
}

/// The filter of a segment. It lies before the pages, as page -1, and so goes with them.
///
/// # Errors
/// As [`inline`].
pub(in super::super) fn filter(segment: &Segment, filter: &Filter) -> Result<Record, StoreError> {
    let record = record();
    record.set_segment(number("segment", segment.number)?);
    record.set_page(FILTER);
    write_bytes(&record, filter.as_bytes(), &filter_text(segment));
    Ok(record)
}

/// Reads the filter of a segment; none where it is damaged, or of another.
pub(in super::super) fn open_filter(record: &Record, segment: &Segment) -> Option<Filter> {
    Filter::from_bytes(read_bytes(record, &filter_text(segment)).ok()?)
}

/// Puts events in the places of the holes that stand in a segment's record; answers with one for which there
/// is none.
pub(in super::super) fn fill<'a>(
    record: &Record,
    fills: &[&'a RecordedEvent],
) -> Option<&'a RecordedEvent> {
    match open_segment(record).and_then(|opened| opened.content.ok()) {
        Some(Content::Readable(held)) => {
            let events: Array = record.events().unchecked_into();
            let mut held: Vec<_> = held.iter().map(|held| read_event(held).ok()).collect();
            each(fills, |fill| {
                let hole =
                    |held: &Option<RecordedEvent>| held.as_ref().is_some_and(|h| fill.fills(h));
                let at = held.iter().position(hole)?;
                let text = serde_json::to_string(&written(fill).ok()?).ok()?;
                events.set(u32::try_from(at).ok()?, JSON::parse(&text).ok()?);
                held[at] = None;
                Some(())
            })
        }
        Some(Content::Packed(place, bytes)) => {
            let (bytes, lacking) = fill_packed(bytes, fills);
            write_bytes(record, &bytes, &place_text(&place));
            lacking
        }
        _ => fills.first().copied(),
    }
}

/// The same of a page.
pub(in super::super) fn fill_page<'a>(
    record: &Record,
    fills: &[&'a RecordedEvent],
) -> Option<&'a RecordedEvent> {
    let number = whole(&record.segment(), "segment").ok();
    let (Some(segment), Some(page), Ok(bytes)) = (number, page_of(record), open_page(record))
    else {
        return fills.first().copied();
    };
    let (bytes, lacking) = fill_packed(bytes, fills);
    write_bytes(record, &bytes, &page_text(segment, page));
    lacking
}

fn fill_packed<'a>(
    bytes: Vec<u8>,
    fills: &[&'a RecordedEvent],
) -> (Vec<u8>, Option<&'a RecordedEvent>) {
    let Ok(mut events) = unpack(&bytes) else {
        return (bytes, fills.first().copied());
    };
    let lacking = each(fills, |fill| {
        let hole = events.iter_mut().find(|hole| fill.fills(hole))?;
        *hole = fill.clone();
        Some(())
    });
    (pack(&events.iter().collect::<Vec<_>>()), lacking)
}

/// Does something with each; answers with one with which it couldn't be done.
fn each<'a>(
    fills: &[&'a RecordedEvent],
    mut put: impl FnMut(&'a RecordedEvent) -> Option<()>,
) -> Option<&'a RecordedEvent> {
    let mut lacking = None;
    for fill in fills {
        if put(fill).is_none() {
            lacking = Some(*fill);
        }
    }
    lacking
}

/// The same record, with the chain of the log up to it, and which of its positions an import gave.
pub(in super::super) fn linked(record: Record, chain: Chain, imported: &PositionRanges) -> Record {
    link(&record, chain);
    if !imported.is_empty() {
        let ends = imported.iter().flat_map(|(first, last)| [first, last]);
        let ends = ends.map(|position| JsValue::from_f64(position.0 as f64));
        record.set_imported(&ends.collect());
    }
    record
}

/// Gives a record the chain of the log up to it.
pub(in super::super) fn link(record: &Record, chain: Chain) {
    record.set_chain(&chain.to_string());
}

/// Events that were records of their own, as the segment that they make.
pub(in super::super) fn gathered(segment: u64, events: &Array) -> Result<Record, StoreError> {
    let record = record();
    record.set_segment(number("segment", segment)?);
    record.set_events(events);
    Ok(record)
}

/// The number of a segment, without looking at what it holds.
pub(in super::super) fn number_of(record: &Record) -> Option<u64> {
    whole(&record.segment(), "segment").ok()
}

/// Reads a segment; none where it lies under a key that is no number.
pub(in super::super) fn open_segment(record: &Record) -> Option<Opened> {
    let number = number_of(record)?;
    let from = whole(&record.from(), "from").unwrap_or(number).min(number);
    // In a segment without events it says where what it concerns begins.
    let from = match record.turn().is_string() {
        true => number,
        false => from,
    };
    let content = content(record, number, from);
    Some(Opened {
        number,
        from,
        chain: chain_of(record),
        imported: imported(record),
        content,
    })
}

/// The chain of the log up to a record; none where it has none, or that can't be read.
pub(in super::super) fn chain_of(record: &Record) -> Option<Chain> {
    Chain::parse(&record.chain().as_string()?)
}

/// Which of its positions an import gave; none where that can't be read.
fn imported(record: &Record) -> PositionRanges {
    let mut ranges = PositionRanges::NONE;
    let ends = record.imported();
    if Array::is_array(&ends) {
        let ends: Array = ends.unchecked_into();
        let ends: Vec<u64> = ends
            .iter()
            .filter_map(|end| whole(&end, "position").ok())
            .collect();
        for ends in ends.chunks_exact(2) {
            ranges.add(Position(ends[0]), Position(ends[1]));
        }
    }
    ranges
}

fn content(record: &Record, number: u64, from: u64) -> Result<Content, String> {
    let events = record.events();
    if Array::is_array(&events) {
        let events: Array = events.unchecked_into();
        // A field of something that isn't an object would be an exception, not an answer.
        let records = events.iter().map(|event| match event.is_object() {
            true => event.unchecked_into(),
            false => super::record::record(),
        });
        return Ok(Content::Readable(records.collect()));
    }
    if let Some(turn) = turn(record, number) {
        return turn.map(Content::Turn);
    }
    if let Some(floor) = first_emptied(record, number) {
        return floor.map(Content::Emptied);
    }
    if record.packed().is_undefined() && record.checksum().is_undefined() {
        return Ok(Content::Gone);
    }
    let pages = record.pages();
    let segment = Segment {
        number,
        from,
        first: Position(whole(&record.first(), "first")?),
        last: Position(whole(&record.last(), "last")?),
        pages: match pages.is_undefined() {
            true => 0,
            false => small(&pages, "pages")?,
        },
    };
    let bytes = read_bytes(record, &place_text(&segment))?;
    match segment.pages {
        0 => Ok(Content::Packed(segment, bytes)),
        _ => {
            let runs = read_directory(&bytes).map_err(|error| error.to_string())?;
            match runs.len() == segment.pages as usize {
                true => Ok(Content::Paged(segment, runs)),
                false => Err("its directory is of another number of pages".to_owned()),
            }
        }
    }
}

/// The bytes of a page, once their checksum is known to fit.
pub(in super::super) fn open_page(record: &Record) -> Result<Vec<u8>, String> {
    let segment = whole(&record.segment(), "segment")?;
    let page = small(&record.page(), "page")?;
    read_bytes(record, &page_text(segment, page))
}

/// The number of a page within its segment.
pub(in super::super) fn page_of(record: &Record) -> Option<u32> {
    small(&record.page(), "page").ok()
}

/// What is wrong with segment `number`, which stands for the numbers since `from`, where the one
/// before it is `last`.
pub(in super::super) fn misplaced(last: u64, from: u64, number: u64) -> String {
    match from.saturating_sub(last) {
        0 => format!("segment {last} lies where segments {from} to {number} were joined"),
        2 => format!("segment {} of the log is missing", last + 1),
        _ => format!(
            "segments {} to {} of the log are missing",
            last + 1,
            from - 1
        ),
    }
}

/// What tells a segment from any other under its number; none where nothing does.
fn mark(record: &Record) -> Option<u32> {
    let events = record.events();
    if !Array::is_array(&events) {
        return small(&record.checksum(), "checksum").ok();
    }
    let of = |event: JsValue| match event.dyn_into::<Object>() {
        Ok(event) => small(&event.unchecked_into::<Record>().checksum(), "checksum").ok(),
        Err(_) => None,
    };
    let events = events.unchecked_into::<Array>();
    let checksums: Option<Vec<u32>> = events.iter().map(of).collect();
    let bytes: Vec<u8> = checksums?.into_iter().flat_map(u32::to_le_bytes).collect();
    Some(checksum::of_bytes(&bytes, ""))
}

/// A copy of the index up to a segment, that it belongs to by its mark; none where it has none.
pub(in super::super) fn saved_index(key: &str, segment: &Record, index: &[u8]) -> Option<Record> {
    let number = whole(&segment.segment(), "segment").ok()?;
    let record = record();
    record.set_key(key);
    record.set_segment(number as f64);
    write_bytes(&record, index, &saved_text(number, mark(segment)?, segment));
    Some(record)
}

/// The segment up to which a saved index knows the log.
pub(in super::super) fn saved_up_to(record: &Record) -> Option<u64> {
    whole(&record.segment(), "segment").ok()
}

/// The bytes of a saved index, if it is whole and belongs to this segment.
pub(in super::super) fn open_saved_index(record: &Record, segment: &Record) -> Option<Vec<u8>> {
    let number = saved_up_to(record)?;
    read_bytes(record, &saved_text(number, mark(segment)?, segment)).ok()
}

fn saved_text(number: u64, mark: u32, segment: &Record) -> String {
    match chain_of(segment) {
        Some(chain) => format!("index up to segment {number}, {mark}, {chain}"),
        None => format!("index up to segment {number}, {mark}"),
    }
}

fn write_place(record: &Record, segment: &Segment) -> Result<(), StoreError> {
    for position in [segment.first, segment.last] {
        number("position", position.0)?;
    }
    record.set_first(segment.first.0 as f64);
    record.set_last(segment.last.0 as f64);
    Ok(())
}

fn write_bytes(record: &Record, bytes: &[u8], place: &str) {
    record.set_packed(&Uint8Array::from(bytes));
    record.set_checksum(checksum::of_bytes(bytes, place).into());
}

fn read_bytes(record: &Record, place: &str) -> Result<Vec<u8>, String> {
    let packed: JsValue = record.packed();
    let Some(packed) = packed.dyn_ref::<Uint8Array>() else {
        return Err("packed is not a list of bytes".to_owned());
    };
    let bytes = packed.to_vec();
    match small(&record.checksum(), "checksum")? == checksum::of_bytes(&bytes, place) {
        true => Ok(bytes),
        false => Err(MISFIT.to_owned()),
    }
}

/// What a checksum is over besides the bytes, so that a record that came under another key, or
/// whose other fields changed, is noticed too.
fn place_text(segment: &Segment) -> String {
    let Segment {
        number,
        from,
        first,
        last,
        pages,
    } = segment;
    match from < number {
        true => format!("segments {from} to {number}, {first} to {last}, {pages} pages"),
        false => format!("segment {number}, {first} to {last}, {pages} pages"),
    }
}

fn filter_text(segment: &Segment) -> String {
    format!("filter of {}", place_text(segment))
}

fn page_text(segment: u64, page: u32) -> String {
    format!("segment {segment} page {page}")
}
