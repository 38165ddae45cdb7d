//! A file into the store: read and planned against all that the store holds, then read once more
//! and written in one transaction. No more of it is in memory than what is being written.

use std::ops::ControlFlow;

use js_sys::{Array, Uint8Array};
use web_sys::{Blob, File, FileReaderSync};

use super::unpack::Pieces;
use super::{BROKEN, Backend, CANCELLED, Course, REFUSED};
use crate::archive::{Line, Placed, Plan, Planner, Planning, Reader, Reason, Refused};
use crate::core::{History, Position, RecordedEvent, Timestamp};
use crate::log::segments::pack;
use crate::model::Registry;
use crate::store::{
    AppendError, At, EventStore, Held, ImportError, ImportStore, InspectStore, StoreError,
    same_history,
};

/// How many bytes of the file are read at once, while it is written.
const PIECE: f64 = (1 << 18) as f64;

/// How often an import is planned anew because others append meanwhile.
const TRIES: usize = 5;

/// The share of the whole that is looking at what is there already, if anything is.
const LOOKING: f64 = 15.0;

/// The share of the rest that is reading the file for the first time.
const READING: f64 = 0.5;

/// Imports a file, all of it or nothing. The answer holds how many events are new, were there
/// already and got the import's time, how many ids stand in several streams, how many holes there are more
/// and how many events fill one, and which names have other capitals than CloudEvents has; for a store in memory also what is added and what fills holes, packed, and
/// the position that it follows. Such a one is here as what it holds; `given` is the position that
/// it gives next. It says so where the store failed when they may be in, and where the file can be imported
/// with holes.
///
/// # Errors
/// A sentence.
pub async fn import(
    store: &Backend,
    file: File,
    with_holes: bool,
    (now, given): (Timestamp, Position),
    course: Course,
) -> Result<Array, String> {
    let mut text: Option<Blob> = None;
    for _ in 0..TRIES {
        // Anew each time: what moved may have been a reset.
        let models = Registry::shipped();
        let models = models.models().iter();
        let models = models.map(|model| model.aggregate_type().to_owned());
        let mut planner = Planner::with_models(models);
        let (looked, history) = match observe(store, &mut planner, &course).await {
            Ok(looked) => looked,
            Err(StoreError::HistoryChanged { .. }) => continue,
            Err(error) => return Err(nothing_imported(&error)),
        };
        let next = match store.next_position().await {
            Ok(next) if next.history == history => next.place.max(given),
            Ok(_) => continue,
            Err(error) => return Err(nothing_imported(&error)),
        };
        let reading = looked..looked + (100.0 - looked) * READING;
        let source = text.as_ref().unwrap_or(&file);
        let mut planning = planner.begin(now, next);
        if with_holes {
            planning = planning.with_holes();
        }
        let (mut plan, unpacked) = match plan(planning, source, &course, reading.clone()).await? {
            Ok(planned) => planned,
            Err(refused) => return Ok(lacking(&refused)),
        };
        let text = text.get_or_insert(unpacked);
        let counts = [
            plan.events,
            plan.skipped,
            plan.stamped_with_import_time,
            plan.shared_ids,
            plan.holes,
            plan.fills,
        ];
        let after = plan.after;
        let capitals: Vec<String> = plan.capitals.iter().map(ToString::to_string).collect();
        let mut kept = Vec::new();
        if !plan.is_empty() {
            let total = plan.added as f64 + 1.0;
            let mut again = Again::of(text, &mut plan)?;
            let mut next = |done: usize| {
                let share = (100.0 - reading.end) * done as f64 / total;
                course.tell("Writing", done as u64, reading.end + share);
                match course.is_cancelled() {
                    true => ControlFlow::Break(()),
                    false => again.next(),
                }
            };
            let imported = match store {
                Backend::Browser(store) => store.import_from(after, Some(history), next).await,
                Backend::Memory(store) => {
                    let keep = |done| {
                        let given = next(done);
                        if let ControlFlow::Continue(events) = &given {
                            kept.extend_from_slice(events);
                        }
                        given
                    };
                    store.import_from(after, Some(history), keep).await
                }
            };
            match imported {
                Ok(_) => {}
                Err(
                    ImportError::StoreMoved { .. }
                    | ImportError::Store(StoreError::HistoryChanged { .. }),
                ) => continue,
                Err(ImportError::Cancelled) => {
                    let broken = again.broken.map(|reason| nothing_imported(&reason));
                    return Err(broken.unwrap_or_else(|| CANCELLED.to_owned()));
                }
                Err(ImportError::Store(error))
                    if AppendError::Store(error.clone()).outcome_is_unknown() =>
                {
                    return Ok(super::told([BROKEN, &format!("{error}.")]));
                }
                Err(error) => return Err(nothing_imported(&error)),
            }
        }
        let answer = super::done(counts);
        answer.push(&capitals.join(". ").into());
        if let Backend::Memory(_) = store {
            let kept: Vec<&RecordedEvent> = kept.iter().collect();
            answer.push(&Uint8Array::from(&pack(&kept)[..]));
            answer.push(&(after.0 as f64).into());
        }
        return Ok(answer);
    }
    Err(
        "other tabs keep appending meanwhile; try again when they rest. Nothing was imported."
            .to_owned(),
    )
}

/// That a file lacks events, and can be imported with holes in their places.
fn lacking(refused: &Refused) -> Array {
    let answer = super::told([REFUSED, &nothing_imported(refused)]);
    if let Reason::Gap {
        holes: Some(holes), ..
    } = refused.reason
    {
        answer.push(&(holes as f64).into());
    }
    answer
}

/// Shows the planner all that the store holds, its holes too. Answers with how much of the whole work
/// that was, and in which history.
async fn observe(
    store: &Backend,
    planner: &mut Planner,
    course: &Course,
) -> Result<(f64, History), StoreError> {
    let At { history, place } = store.last_position().await?;
    if place == Position::START {
        return Ok((0.0, history));
    }
    let (mut events, mut damaged) = (0, None);
    let look = store.inspect(|held| {
        match held {
            Held::Event {
                event: Ok(event), ..
            } => planner.observe(event),
            Held::Event {
                event: Err(found), ..
            } => {
                damaged = Some(found);
                return ControlFlow::Break(());
            }
            // Events come first.
            Held::Head(_) | Held::Snapshot(_) => return ControlFlow::Break(()),
        }
        events += 1;
        let share = planner.last_position().0 as f64 / place.0 as f64;
        course.tell("Looking at what is there", events, LOOKING * share);
        match course.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    look.await?;
    if let Some(damaged) = damaged {
        return Err(damaged.into());
    }
    // What was shown is of this history, unless that changed in between.
    let now = store.last_position().await?.history;
    same_history(Some(history), now)?;
    Ok((LOOKING, history))
}

/// Plans a file, and answers with it unpacked, too; or with what it lacks.
async fn plan<'a>(
    mut planning: Planning<'a>,
    file: &Blob,
    course: &Course,
    percent: std::ops::Range<f64>,
) -> Result<Result<(Plan<'a>, Blob), Refused>, String> {
    let registry = Registry::shipped();
    let mut decodes =
        |event: &RecordedEvent| registry.check(event).map_err(|error| error.to_string());
    let mut take = |line: Line| planning.line(line, &mut decodes);
    let mut reader = Reader::new();
    let mut pieces = Pieces::of(file)
        .await
        .map_err(|reason| nothing_imported(&reason))?;
    let mut taken = Ok(());
    while taken.is_ok()
        && let Some(piece) = pieces
            .next()
            .await
            .map_err(|reason| nothing_imported(&reason))?
    {
        if course.is_cancelled() {
            return Err(CANCELLED.to_owned());
        }
        taken = reader.feed(&piece, &mut take);
        let share = (percent.end - percent.start) * pieces.share();
        course.tell("Reading", reader.events(), percent.start + share);
    }
    if let Err(refused) = taken.and_then(|()| reader.finish(&mut take)) {
        return Err(nothing_imported(&planning.first_of(refused)));
    }
    let unpacked = pieces.unpacked();
    let unpacked = unpacked.map_err(|reason| nothing_imported(&reason))?;
    Ok(planning.finish().map(|plan| (plan, unpacked)))
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
        let mut placed = Vec::new();
        let mut take = |line: Line| {
            self.plan.place(line, &mut placed);
            events.extend(placed.drain(..).map(Placed::event));
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
