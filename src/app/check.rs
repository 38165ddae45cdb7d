//! Checking the whole store with the models that ship.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::rc::Rc;

use yew::Callback;

use super::action::Action;
use crate::core::{JsonText, RecordedEvent};
use crate::model::{Instance, Registry};
use crate::store::verify::Fold;
use crate::store::{EventStore, InspectStore, Snapshot, SnapshotStore, verify};

/// After how many events the page hears how far it is: each time it draws itself anew.
const TELL_EVERY: u64 = 2_000;

/// One aggregate of any model, to compare its snapshot with.
struct Folded(Box<dyn Instance>);

impl Fold for Folded {
    fn fold(&mut self, event: &RecordedEvent) -> Result<(), String> {
        self.0.replay(event).map_err(|error| error.to_string())
    }

    fn state(&self) -> Option<JsonText> {
        JsonText::of(&self.0.view()).ok()
    }
}

/// Checks the whole store, tells how far it is and what it came to, until `cancelled` is set.
pub async fn check(
    store: &(impl EventStore + SnapshotStore + InspectStore),
    cancelled: &Rc<Cell<bool>>,
    act: &Callback<Action>,
) {
    let registry = Registry::shipped();
    let decodes = |event: &RecordedEvent| registry.check(event).map_err(|error| error.to_string());
    let begin = |snapshot: &Snapshot| {
        let model = registry.find(snapshot.stream.aggregate_type())?;
        // One of an older form is passed over by whoever loads the aggregate, too.
        (model.snapshot_schema() == snapshot.schema).then(|| Folded(model.begin(&snapshot.stream)))
    };
    let mut told = 0;
    let progress = |events: u64| {
        if cancelled.get() {
            return ControlFlow::Break(());
        }
        if events >= told + TELL_EVERY {
            told = events;
            act.emit(Action::VerifyProgress { events });
        }
        ControlFlow::Continue(())
    };
    let result = verify(store, decodes, begin, progress).await;
    // Nobody waits for a check that was cancelled; another may be running by now.
    if !cancelled.get() {
        act.emit(Action::Verified(result.map(Rc::new)));
    }
}
