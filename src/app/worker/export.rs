//! The whole store as one file.

use std::ops::ControlFlow;

use gloo::file::Blob;
use js_sys::Array;

use super::{Course, pack};
use crate::app::backend::Backend;
use crate::archive::{file_name, write_event};
use crate::core::Timestamp;
use crate::store::{EventStore, Held, InspectStore};

/// So many bytes of text are handed to the browser at once, which keeps what is large on disk.
const PART: usize = 1 << 20;

const MEDIA_TYPE: &str = "application/x-ndjson";

/// Exports all that can be read of the store. The answer holds how many events are in the file, how
/// many records aren't, its name, and the file.
///
/// # Errors
/// A sentence.
pub async fn export(
    store: &Backend,
    packed: bool,
    now: Timestamp,
    course: Course,
) -> Result<Array, String> {
    let last = store.last_position().await;
    let last = last.map_err(|error| format!("{error}."))?.0.max(1) as f64;
    let parts = Array::new();
    let (mut text, mut events, mut damaged) = (String::new(), 0, 0);
    let inspected = store.inspect(|held| match held {
        Held::Event {
            event: Ok(event), ..
        } => {
            write_event(event, &mut text);
            events += 1;
            if text.len() >= PART {
                parts.push(&Blob::new(text.as_str()).into());
                text.clear();
                course.tell("Writing", events, event.position.0 as f64 * 100.0 / last);
            }
            ControlFlow::Continue(())
        }
        Held::Event { event: Err(_), .. } => {
            damaged += 1;
            ControlFlow::Continue(())
        }
        // Events come first.
        Held::Head(_) | Held::Snapshot(_) => ControlFlow::Break(()),
    });
    inspected.await.map_err(|error| format!("{error}."))?;
    parts.push(&Blob::new(text.as_str()).into());
    let mut file = joined(&parts)?;
    let mut name = file_name(now);
    if packed {
        course.tell("Packing", events, 99.0);
        name += ".gz";
        file = pack::gzip(&file).await?;
    }
    let answer = super::done([events, damaged]);
    answer.push(&name.into());
    answer.push(&file);
    Ok(answer)
}

fn joined(parts: &Array) -> Result<web_sys::Blob, String> {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(MEDIA_TYPE);
    web_sys::Blob::new_with_blob_sequence_and_options(parts, &options)
        .map_err(|_| "the browser has no room for the file.".to_owned())
}
