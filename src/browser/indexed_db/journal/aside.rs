//! What was set aside of a store: journals that hold events of another history, each under a name that
//! says when, how many and why.

use super::file::stem;
use crate::browser::opfs;
use crate::core::{RecordedEvent, Timestamp};
use crate::log::journal::first_form;
use crate::log::journal::{Body, Entry, Fills, MARKS, Mark, Next, Reader};
use crate::log::segments::{in_order, unpack};
use crate::store::{SetAside, StoreError, WhySetAside};

/// In a name, where nobody knows how many events there are.
const UNKNOWN: &str = "unknown";

fn beginning(store: &str) -> String {
    format!("{}.aside.", stem(store))
}

/// The name of what is set aside now since the store doesn't go on from it: nothing has it yet. With so many
/// events in it; none where that can't be told.
pub(super) fn name(store: &str, now: Timestamp, events: impl Into<Option<u64>>) -> String {
    name_of(store, now, events.into(), WhySetAside::Apart)
}

/// The same of what is set aside for another reason.
pub(super) fn name_of(
    store: &str,
    now: Timestamp,
    events: Option<u64>,
    why: WhySetAside,
) -> String {
    let events = events.map_or_else(|| UNKNOWN.to_owned(), |events| events.to_string());
    let (at, why) = (now.millis(), why.name());
    format!("{}{at}.{events}.{why}", beginning(store))
}

/// What a name says of where and when something was set aside, how much and why. Those of before say
/// nothing of the last: there was one reason then.
fn read_name(name: String, beginning: &str) -> Option<SetAside> {
    let mut parts = name.strip_prefix(beginning)?.split('.');
    let at = Some(Timestamp::from_millis(parts.next()?.parse().ok()?));
    let events = match parts.next()? {
        UNKNOWN => None,
        events => Some(events.parse().ok()?),
    };
    let said = parts.next();
    let is_said = |why: &WhySetAside| Some(why.name()) == said;
    let why = WhySetAside::ALL.into_iter().find(is_said);
    Some(SetAside {
        at,
        events,
        why: why.unwrap_or(WhySetAside::Apart),
        name,
    })
}

/// All that was set aside of a store, the oldest first.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub(in super::super) async fn list(store: &str) -> Result<Vec<SetAside>, StoreError> {
    let beginning = beginning(store);
    let names = opfs::names(&beginning).await.map_err(unavailable)?;
    let asides = names
        .into_iter()
        .filter_map(|name| read_name(name, &beginning));
    // There are few, and a sort would bring more code than all the rest here.
    let mut found: Vec<SetAside> = Vec::new();
    for aside in asides {
        let place = found.partition_point(|other| other.at <= aside.at);
        found.insert(place, aside);
    }
    Ok(found)
}

/// Whether there is one of this name, as far as can be asked.
pub(super) async fn is_there(name: &str) -> bool {
    let names = opfs::names(name).await;
    names.is_ok_and(|names| names.iter().any(|found| found == name))
}

/// Whether a name is that of a journal that was set aside, and not that of a database.
pub(super) fn is_journal(name: &str) -> bool {
    name.contains(".journal.aside.")
}

/// What can be read of what was set aside.
pub(super) struct Read {
    /// In the order of their positions.
    pub(super) events: Vec<RecordedEvent>,
    /// Whether that is all of it.
    pub(super) is_whole: bool,
}

/// Reads a journal that was set aside.
///
/// # Errors
/// [`StoreError::Unavailable`]: it isn't there any more, or can't be read.
pub(super) async fn read(name: &str) -> Result<Read, StoreError> {
    let bytes = opfs::bytes_of(name).await.map_err(unavailable)?;
    let bytes = bytes.ok_or_else(|| unavailable("it isn't there any more".to_owned()))?;
    let mut read = match Mark::read(&bytes) {
        Some(mark) => of_today(&bytes, mark.tail.length),
        None => of_before(&bytes),
    };
    in_order(&mut read.events);
    Ok(read)
}

/// How many events a journal holds that nobody keeps; none where not all of it can be read.
pub(super) async fn count(name: &str) -> Option<u64> {
    let bytes = opfs::bytes_of(name).await.ok()??;
    let mark = Mark::read(&bytes)?;
    let mut reader = Reader::new();
    reader.feed(bytes.get(MARKS as usize..)?);
    let mut counted: Vec<(u64, u64)> = Vec::new();
    loop {
        match reader.read() {
            Next::Entry(entry) => counted.push((entry.segment, entry.events().ok()?)),
            Next::Damaged(_) => return None,
            Next::More(_) => break,
        }
    }
    let is_whole = reader.end().is_none() && reader.tail.length >= mark.tail.length;
    let there = counted
        .iter()
        .filter(|(segment, _)| !reader.void().holds(*segment));
    is_whole.then(|| there.map(|(_, events)| events).sum())
}

/// The events of packed bytes; notes where they can't be read.
fn unpacked(packed: &[u8], is_whole: &mut bool) -> Vec<RecordedEvent> {
    unpack(packed).unwrap_or_else(|_| {
        *is_whole = false;
        Vec::new()
    })
}

/// `length` is how far it goes, as its mark says.
fn of_today(bytes: &[u8], length: u64) -> Read {
    let mut is_whole = true;
    let mut reader = Reader::new();
    reader.feed(bytes.get(MARKS as usize..).unwrap_or_default());
    let mut segments: Vec<(u64, Vec<RecordedEvent>)> = Vec::new();
    let mut fills = Fills::default();
    loop {
        match reader.read() {
            Next::Entry(entry) => {
                is_whole &= fills.take(&entry).is_ok();
                let Entry { segment, body, .. } = entry;
                match body {
                    Body::Inline { packed } => {
                        segments.push((segment, unpacked(&packed, &mut is_whole)));
                    }
                    Body::Paged { pages, .. } => {
                        let events = pages.iter().flat_map(|page| unpacked(page, &mut is_whole));
                        segments.push((segment, events.collect()));
                    }
                    Body::Turn(..) => {}
                }
            }
            Next::Damaged(_) => is_whole = false,
            Next::More(_) => break,
        }
    }
    let void = reader.void();
    segments.retain(|(segment, _)| !void.holds(*segment));
    for (segment, events) in &mut segments {
        fills.fill(*segment, void, events);
    }
    let events = segments
        .into_iter()
        .flat_map(|(_, events)| events)
        .collect();
    Read {
        events,
        is_whole: is_whole && reader.end().is_none() && reader.tail.length >= length,
    }
}

/// The same of a journal of the releases before.
fn of_before(bytes: &[u8]) -> Read {
    let mark = first_form::Mark::read(bytes);
    // Nobody knows how far one without a mark goes.
    let length = mark.map_or(u64::MAX, |mark| mark.tail.length);
    let mut is_whole = true;
    let mut reader = first_form::Reader::new();
    reader.feed(bytes.get(first_form::MARKS as usize..).unwrap_or_default());
    let mut events = Vec::new();
    loop {
        match reader.read() {
            first_form::Next::Entry(first_form::Entry::Inline { packed, .. }) => {
                events.extend(unpacked(&packed, &mut is_whole));
            }
            first_form::Next::Entry(first_form::Entry::Paged { pages, .. }) => {
                for page in &pages {
                    events.extend(unpacked(page, &mut is_whole));
                }
            }
            first_form::Next::Entry(first_form::Entry::Emptied { .. }) => events.clear(),
            first_form::Next::Damaged => is_whole = false,
            first_form::Next::More(_) | first_form::Next::End => {
                let is_whole = is_whole && reader.tail.length >= length;
                return Read { events, is_whole };
            }
        }
    }
}

/// Deletes what was set aside.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub(in super::super) async fn delete(name: &str) -> Result<(), StoreError> {
    opfs::remove(name).await.map_err(unavailable)
}

fn unavailable(reason: String) -> StoreError {
    let reason = reason.into();
    StoreError::Unavailable { reason }
}
