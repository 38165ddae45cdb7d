//! The whole store as one file.

use std::ops::ControlFlow;

use gloo::file::Blob;
use js_sys::Array;

use super::{Backend, Course, pack};
use crate::archive::{Exporter, Piece, file_name};
use crate::browser::read_set_aside;
use crate::core::{StreamId, Timestamp};
use crate::store::{EventStore, Held, InspectStore};

/// So many bytes of text are handed to the browser at once, which keeps what is large on disk.
const PART: usize = 1 << 20;

const MEDIA_TYPE: &str = "application/x-ndjson";

/// Exports the whole store, or one stream of it, with holes in the places of what can't be read. The answer holds how many events
/// are in the file, how many holes of the store, how many for what is damaged or missing, how many damaged
/// records aren't, its name, and the file.
///
/// # Errors
/// A sentence.
pub async fn export(
    store: &Backend,
    packed: bool,
    only: Option<StreamId>,
    now: Timestamp,
    course: Course,
) -> Result<Array, String> {
    let last = store.last_position().await;
    let last = last.map_err(|error| format!("{error}."))?;
    let last = last.place.0.max(1) as f64;
    let mut parts = Parts::default();
    let mut exporter = Exporter::new();
    let is_wanted = |stream: &StreamId| only.as_ref().is_none_or(|only| only == stream);
    let inspected = store.inspect(|held| {
        match held {
            Held::Event {
                event: Ok(event), ..
            } if is_wanted(&event.stream) => {
                exporter.event(event);
                if exporter.length() >= PART {
                    parts.add(exporter.pieces());
                    let percent = event.position.0 as f64 * 100.0 / last;
                    course.tell("Writing", exporter.written(), percent);
                }
            }
            Held::Event {
                event: Err(damaged),
                ..
            } if damaged.stream.as_ref().is_none_or(is_wanted) => {
                exporter.damaged(damaged.stream, damaged.version, damaged.position);
            }
            Held::Head(Ok(head)) if is_wanted(&head.stream) => {
                exporter.head(&head.stream, head.version);
            }
            Held::Event { .. } | Held::Head(_) => {}
            // They come last.
            Held::Snapshot(_) => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    });
    inspected.await.map_err(|error| format!("{error}."))?;
    let (rest, holes, summary) = exporter.finish();
    parts.add(rest);
    parts.fill(&holes);
    let mut file = joined(&parts.list)?;
    let mut name = file_name(now);
    if let Some(only) = &only {
        let begins = format!("eventloom-{}", safe(only.aggregate_id()));
        name = name.replacen("eventloom", &begins, 1);
    }
    if packed {
        course.tell("Packing", summary.events + summary.holes, 99.0);
        name += ".gz";
        file = pack::gzip(&file).await?;
    }
    let answer = super::done([
        summary.events,
        summary.holes,
        summary.missing,
        summary.untold,
    ]);
    answer.push(&name.into());
    answer.push(&file);
    Ok(answer)
}

/// An id as a part of a file's name.
fn safe(id: &str) -> String {
    let safe = |c: char| match c {
        _ if c.is_ascii_alphanumeric() || c == '-' => c,
        _ => '_',
    };
    id.chars().map(safe).take(60).collect()
}

/// The parts of a file, those where holes may go kept free.
#[derive(Default)]
struct Parts {
    list: Array,
    /// Where in the list those are.
    free: Vec<u32>,
}

impl Parts {
    fn add(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            let text = match &piece {
                Piece::Text(text) => text.as_str(),
                Piece::Holes(_) => {
                    self.free.push(self.list.length());
                    ""
                }
            };
            self.list.push(&Blob::new(text).into());
        }
    }

    fn fill(&self, holes: &[String]) {
        let full = self
            .free
            .iter()
            .zip(holes)
            .filter(|(_, lines)| !lines.is_empty());
        for (at, lines) in full {
            self.list.set(*at, Blob::new(lines.as_str()).into());
        }
    }
}

/// What was set aside under a name, as one file, with holes in the places of what is known to be missing. The answer
/// holds how many events are in it, how many holes, its name, and the file.
///
/// # Errors
/// A sentence.
pub async fn set_aside(name: &str, now: Timestamp) -> Result<Array, String> {
    let events = read_set_aside(name).await;
    let events = events.map_err(|error| format!("{error}."))?;
    let parts = Array::new();
    let mut exporter = Exporter::new();
    for event in &events {
        exporter.event(event);
    }
    let (text, summary) = exporter.text();
    parts.push(&Blob::new(text.as_str()).into());
    let answer = super::done([summary.events, summary.holes + summary.missing]);
    answer.push(
        &file_name(now)
            .replace("eventloom", "eventloom-set-aside")
            .into(),
    );
    answer.push(&joined(&parts)?.into());
    Ok(answer)
}

fn joined(parts: &Array) -> Result<web_sys::Blob, String> {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(MEDIA_TYPE);
    web_sys::Blob::new_with_blob_sequence_and_options(parts, &options)
        .map_err(|_| "the browser has no room for the file.".to_owned())
}
