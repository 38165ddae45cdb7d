//! Checking the whole store with the models that ship.

use std::ops::ControlFlow;

use js_sys::Array;

use super::{Backend, Course};
use crate::core::{JsonText, RecordedEvent};
use crate::model::{Instance, Registry};
use crate::store::verify::Fold;
use crate::store::{Snapshot, verify as verify_store};

/// How many findings the page shows; the rest is counted.
const SHOWN: usize = 100;

/// One aggregate of any model, to compare its snapshot with.
struct Folded(Box<dyn Instance>);

impl Fold for Folded {
    fn fold(&mut self, event: &RecordedEvent) -> Result<(), String> {
        self.0.replay(event).map_err(|error| error.to_string())
    }

    fn state(&self) -> Option<JsonText> {
        JsonText::parse(&self.0.view().to_string()).ok()
    }
}

/// Checks the whole store. The answer holds how many events there are, how many have no checksum,
/// how many findings there are, and the first of them in words.
///
/// # Errors
/// A sentence.
pub async fn verify(store: &Backend, course: Course) -> Result<Array, String> {
    let registry = Registry::shipped();
    let decodes = |event: &RecordedEvent| registry.check(event).map_err(|error| error.to_string());
    let begin = |snapshot: &Snapshot| {
        let model = registry.find(snapshot.stream.aggregate_type())?;
        // One of an older form is passed over by whoever loads the aggregate, too.
        (model.snapshot_schema() == snapshot.schema).then(|| Folded(model.begin(&snapshot.stream)))
    };
    let progress = |events: u64| {
        course.tell("Checking", events, 0.0);
        ControlFlow::Continue(())
    };
    let checked = verify_store(store, decodes, begin, progress).await;
    let checked = checked.map_err(|error| format!("{error}."))?;
    let found = checked.findings.len() as u64 + checked.more;
    let answer = super::done([checked.events, checked.unchecked, found]);
    for finding in checked.findings.iter().take(SHOWN) {
        answer.push(&finding.to_string().into());
    }
    Ok(answer)
}
