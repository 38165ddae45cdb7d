//! A file into the store: read and planned against all that the store holds, then read once more
//! and written in one transaction. No more of it is in memory than what is being written.

use std::ops::ControlFlow;

use js_sys::{Array, Uint8Array};
use web_sys::{Blob, File, FileReaderSync};

use super::unpack::Pieces;
use super::{CANCELLED, Course};
use crate::app::backend::Backend;
use crate::archive::{Line, Plan, Planner, Planning, Reader, Refused};
use crate::core::{Position, RecordedEvent, Timestamp};
use crate::model::Registry;
use crate::store::segments::pack;
use crate::store::{EventStore, ImportError, StoreError};

/// How many events of the store are read at once.
const PAGE: usize = 2_000;

/// How many bytes of the file are read at once, while it is written.
const PIECE: f64 = (1 << 18) as f64;

/// How often an import is planned anew because others append meanwhile.
const TRIES: usize = 5;

/// The share of the whole that is looking at what is there already, if anything is.
const LOOKING: f64 = 15.0;

/// The share of the rest that is reading the file for the first time.
const READING: f64 = 0.5;

/// Imports a file, all of it or nothing. The answer holds how many events are new, were there
/// already and got the import's time; for a store in memory also the events, packed, and the
/// position that they follow.
///
/// # Errors
/// A sentence.
pub async fn import(
    store: &Backend,
    file: File,
    now: Timestamp,
    course: Course,
) -> Result<Array, String> {
    let mut text: Option<Blob> = None;
    for _ in 0..TRIES {
        // Anew each time: what moved may have been a reset.
        let mut planner = Planner::new();
        let looked = observe(store, &mut planner, &course)
            .await
            .map_err(|error| nothing_imported(&error))?;
        let reading = looked..looked + (100.0 - looked) * READING;
        let source = text.as_ref().unwrap_or(&file);
        let (mut plan, unpacked) =
            plan(planner.begin(now), source, &course, reading.clone()).await?;
        let text = text.get_or_insert(unpacked);
        let counts = [plan.events, plan.skipped, plan.stamped_with_import_time];
        let after = plan.after;
        if plan.events > 0 {
            let total = plan.events as f64;
            let mut again = Again::of(text, &mut plan)?;
            let next = |done: usize| {
                let share = (100.0 - reading.end) * done as f64 / total;
                course.tell("Writing", done as u64, reading.end + share);
                match course.is_cancelled() {
                    true => ControlFlow::Break(()),
                    false => again.next(),
                }
            };
            match store.import_from(after, next).await {
                Ok(()) => {}
                Err(ImportError::StoreMoved { .. }) => continue,
                Err(ImportError::Cancelled) => {
                    let broken = again.broken.map(|reason| nothing_imported(&reason));
                    return Err(broken.unwrap_or_else(|| CANCELLED.to_owned()));
                }
                Err(ImportError::Store(error)) => return Err(nothing_imported(&error)),
            }
        }
        let answer = super::done(counts);
        if let Backend::Memory(store) = store {
            let events = store.read_all(after, usize::MAX).await;
            let events = events.map_err(|error| nothing_imported(&error))?;
            let events: Vec<&RecordedEvent> = events.iter().collect();
            answer.push(&Uint8Array::from(&pack(&events)[..]));
            answer.push(&(after.0 as f64).into());
        }
        return Ok(answer);
    }
    Err(
        "other tabs keep appending meanwhile; try again when they rest. Nothing was imported."
            .to_owned(),
    )
}

/// Shows the planner all that the store holds. Answers with how much of the whole work that was.
async fn observe(
    store: &Backend,
    planner: &mut Planner,
    course: &Course,
) -> Result<f64, StoreError> {
    let last = store.last_position().await?;
    if last == Position::START {
        return Ok(0.0);
    }
    let mut events = 0;
    loop {
        let page = store.read_all(planner.last_position(), PAGE).await?;
        page.iter().for_each(|event| planner.observe(event));
        events += page.len() as u64;
        let share = planner.last_position().0 as f64 / last.0 as f64;
        course.tell("Looking at what is there", events, LOOKING * share);
        if page.len() < PAGE || course.is_cancelled() {
            return Ok(LOOKING);
        }
    }
}

/// Plans a file, and answers with it unpacked, too.
async fn plan<'a>(
    mut planning: Planning<'a>,
    file: &Blob,
    course: &Course,
    percent: std::ops::Range<f64>,
) -> Result<(Plan<'a>, Blob), String> {
    let registry = Registry::shipped();
    let mut decodes =
        |event: &RecordedEvent| registry.check(event).map_err(|error| error.to_string());
    let mut take = |line: Line| planning.line(line, &mut decodes);
    let mut reader = Reader::new();
    let mut pieces = Pieces::of(file)
        .await
        .map_err(|reason| nothing_imported(&reason))?;
    while let Some(piece) = pieces
        .next()
        .await
        .map_err(|reason| nothing_imported(&reason))?
    {
        if course.is_cancelled() {
            return Err(CANCELLED.to_owned());
        }
        let fed = reader.feed(&piece, &mut take);
        fed.map_err(|refused| nothing_imported(&refused))?;
        let share = (percent.end - percent.start) * pieces.share();
        course.tell("Reading", reader.events(), percent.start + share);
    }
    let finished = reader.finish(&mut take);
    finished.map_err(|refused| nothing_imported(&refused))?;
    let unpacked = pieces.unpacked();
    Ok((
        planning.finish(),
        unpacked.map_err(|reason| nothing_imported(&reason))?,
    ))
}

/// The lines of a planned file once more, each with its place. Read at once and not waited for: in
/// the middle of a transaction that would end it.
struct Again<'a, 'b> {
    file: &'a Blob,
    at: f64,
    browser: FileReaderSync,
    reader: Option<Reader>,
    plan: &'a mut Plan<'b>,
    broken: Option<String>,
}

impl<'a, 'b> Again<'a, 'b> {
    fn of(file: &'a Blob, plan: &'a mut Plan<'b>) -> Result<Again<'a, 'b>, String> {
        let browser = FileReaderSync::new();
        Ok(Again {
            file,
            at: 0.0,
            browser: browser
                .map_err(|_| nothing_imported(&"this browser can't read files here"))?,
            reader: Some(Reader::new()),
            plan,
            broken: None,
        })
    }

    /// The next events; none at the end.
    fn next(&mut self) -> ControlFlow<(), Vec<RecordedEvent>> {
        let mut events = Vec::new();
        while events.is_empty()
            && let Some(reader) = self.reader.take()
        {
            match self.piece(reader, &mut events) {
                Ok(reader) => self.reader = reader,
                Err(reason) => {
                    self.broken = Some(reason);
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(events)
    }

    /// Reads a piece of the file, or its end.
    fn piece(
        &mut self,
        mut reader: Reader,
        events: &mut Vec<RecordedEvent>,
    ) -> Result<Option<Reader>, String> {
        let mut take = |line: Line| {
            events.extend(self.plan.place(line));
            Ok(())
        };
        const CHANGED: &str = "the file changed while it was read";
        let changed = |refused: Refused| format!("{CHANGED}: {refused}");
        if self.at >= self.file.size() {
            reader.finish(&mut take).map_err(changed)?;
            let whole = self.plan.is_placed();
            return whole.then_some(None).ok_or_else(|| CHANGED.to_owned());
        }
        let end = self.at + PIECE;
        let bytes = self
            .file
            .slice_with_f64_and_f64(self.at, end)
            .and_then(|piece| self.browser.read_as_array_buffer(&piece))
            .map_err(super::unpack::unreadable)?;
        self.at = end;
        let bytes = Uint8Array::new(&bytes).to_vec();
        reader.feed(&bytes, &mut take).map_err(changed)?;
        Ok(Some(reader))
    }
}

fn nothing_imported(reason: &impl ToString) -> String {
    let reason = reason.to_string();
    format!("{}. Nothing was imported.", reason.trim_end_matches('.'))
}
