//! Many events laid out by stream: pages of some ten thousand bytes in which each stream's events
//! stand together, and a directory that says which are in which page.
//!
//! A directory is one byte, 1, and then as postcard writes it: for each page its runs, as aggregate
//! type, aggregate id, version of the first event and how many there are.

use super::packed::{Unreadable, cut, of_form, pack, read_stream};
use super::run::Run;
use super::stream_numbers::StreamNumbers;
use crate::core::{RecordedEvent, Version};
use crate::log::numbers::{Rest, put, put_bytes};

/// A page of one stream is full with so many bytes of text. Smaller ones are more records, and each
/// costs some 50 µs; greater ones read more than was asked for where not all of a stream is.
const FULL: usize = 48 * 1024;

/// One of several streams is full with so many: who reads one of them reads the others for nothing.
const SHARED: usize = FULL / 3;

/// A stream with so many bytes of text in a segment has pages of its own.
const OWN: usize = FULL / 4;

/// Which form a directory has.
const FORM: u8 = 1;

/// Events of some streams, and their bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What is in it.
    pub runs: Vec<Run>,
    /// The events, as [`pack`] packs them.
    pub packed: Vec<u8>,
}

/// Lays events out in pages: the streams in the order of their first events, each stream's events
/// in the order that they come in.
#[must_use]
pub fn paginate(events: &[RecordedEvent]) -> Vec<Page> {
    let mut numbers = StreamNumbers::default();
    let mut streams: Vec<Vec<&RecordedEvent>> = Vec::new();
    for event in events {
        let rank = numbers.of(&event.stream);
        if rank == streams.len() {
            streams.push(Vec::new());
        }
        streams[rank].push(event);
    }
    let mut layout = Layout::default();
    for stream in streams {
        let text: usize = stream.iter().map(|event| text_size(event)).sum();
        let is_own = text >= OWN;
        if is_own {
            layout.turn();
        }
        for event in stream {
            layout.add(event, if is_own { FULL } else { SHARED });
        }
        if is_own {
            layout.turn();
        }
    }
    layout.turn();
    layout.pages
}

/// Pages that are full, and one that isn't yet.
#[derive(Default)]
struct Layout<'a> {
    pages: Vec<Page>,
    page: Vec<&'a RecordedEvent>,
    size: usize,
}

impl<'a> Layout<'a> {
    fn add(&mut self, event: &'a RecordedEvent, full: usize) {
        self.page.push(event);
        self.size += text_size(event);
        if self.size >= full {
            self.turn();
        }
    }

    /// Goes on with a new page, unless nothing stands on this one.
    fn turn(&mut self) {
        if !self.page.is_empty() {
            self.pages.push(Page {
                runs: runs_of(&self.page),
                packed: pack(&self.page),
            });
            self.page.clear();
            self.size = 0;
        }
    }
}

/// About how many bytes an event takes, packed.
#[must_use]
pub fn text_size(event: &RecordedEvent) -> usize {
    let metadata = &event.metadata;
    let extensions = metadata.extensions.iter();
    let extensions = extensions.map(|(name, value)| match value {
        serde_json::Value::String(text) => name.len() + text.len(),
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => value.to_string().len(),
        _ => name.len() + 8,
    });
    40 + event.data.as_str().len()
        + event.event_type.len()
        + metadata.correlation_id.len()
        + extensions.sum::<usize>()
}

/// The runs of events as they come.
pub fn runs_of(events: &[&RecordedEvent]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for event in events {
        match runs.last_mut() {
            Some(run)
                if run.first.0 + run.count == event.version.0 && run.stream == event.stream =>
            {
                run.count += 1;
            }
            _ => runs.push(Run {
                stream: event.stream.clone(),
                first: event.version,
                count: 1,
            }),
        }
    }
    runs
}

/// What is in which of the pages, as bytes.
#[must_use]
pub fn directory(pages: &[Page]) -> Vec<u8> {
    let mut bytes = vec![FORM];
    put(&mut bytes, pages.len() as u64);
    for page in pages {
        put(&mut bytes, page.runs.len() as u64);
        for run in &page.runs {
            put_bytes(&mut bytes, run.stream.aggregate_type().as_bytes());
            put_bytes(&mut bytes, run.stream.aggregate_id().as_bytes());
            put(&mut bytes, run.first.0);
            put(&mut bytes, run.count);
        }
    }
    bytes
}

/// Reads a directory: the runs of each page.
///
/// # Errors
/// [`Unreadable`].
pub fn read_directory(bytes: &[u8]) -> Result<Vec<Vec<Run>>, Unreadable> {
    let mut rest = Rest(of_form(bytes, FORM)?);
    let mut pages = Vec::new();
    for _ in 0..rest.number().ok_or_else(cut)? {
        let mut runs = Vec::new();
        for _ in 0..rest.number().ok_or_else(cut)? {
            runs.push(Run {
                stream: read_stream(&mut rest)?,
                first: Version(rest.number().ok_or_else(cut)?),
                count: rest.number().ok_or_else(cut)?,
            });
        }
        pages.push(runs);
    }
    Ok(pages)
}
