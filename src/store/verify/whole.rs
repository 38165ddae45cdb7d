//! Reading a whole store for what is wrong with it.

use std::convert::Infallible;
use std::ops::ControlFlow;

use super::checker::Checker;
use super::finding::{Finding, Place, Verification};
use crate::core::{JsonText, RecordedEvent, StreamId, Version};
use crate::store::error::StoreError;
use crate::store::event_store::EventStore;
use crate::store::inspect::{Held, InspectStore};
use crate::store::keeping::{Snapshot, SnapshotStore};
use crate::target::MaybeSend;

/// How many events of a stream are read at once, to fold them.
const PAGE: usize = 500;

/// How many events go by between two looks at whether it was cancelled.
const STEP: u64 = 200;

/// Why a store couldn't be checked to the end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It was cancelled. Nothing was changed.
    #[error("the check was cancelled")]
    Cancelled,
    /// The store as a whole can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The state of one aggregate while its events are folded, to compare a snapshot with. A store
/// knows no models; whoever asks for a check brings them.
pub trait Fold {
    /// Folds the next event of the stream.
    ///
    /// # Errors
    /// The model's, when it can't; the snapshot isn't judged then.
    fn fold(&mut self, event: &RecordedEvent) -> Result<(), String>;

    /// The state, in the form that a snapshot has; none where it has no such form.
    fn state(&self) -> Option<JsonText>;
}

/// For those who judge no snapshots: `|_| None::<Infallible>`.
impl Fold for Infallible {
    fn fold(&mut self, _: &RecordedEvent) -> Result<(), String> {
        match *self {}
    }

    fn state(&self) -> Option<JsonText> {
        match *self {}
    }
}

/// Checks the whole store: versions without gaps from 1, positions that grow, ids that no
/// stream holds twice, heads, checksums, that `decodes` accepts each event, and that each snapshot
/// is what its events fold to.
///
/// `begin` answers with the state of a snapshot's stream at version 0, and none for a snapshot
/// that isn't to be judged, like one of an older form. `progress` is told now and then how many
/// events were checked, and can break it off. Memory: as [`Checker`] says, the names of the
/// streams that have a snapshot, and 500 events.
///
/// Log and heads are those of one moment; a snapshot that is replaced or goes meanwhile isn't
/// judged.
///
/// # Errors
/// [`VerifyError`]. What is wrong with the store's content is no error but a [`Finding`].
pub async fn verify<F: Fold>(
    store: &(impl SnapshotStore + InspectStore),
    mut decodes: impl FnMut(&RecordedEvent) -> Result<(), String> + MaybeSend,
    mut begin: impl FnMut(&Snapshot) -> Option<F>,
    mut progress: impl FnMut(u64) -> ControlFlow<()> + MaybeSend,
) -> Result<Verification, VerifyError> {
    let mut checker = Checker::new();
    let mut snapshots: Vec<StreamId> = Vec::new();
    let mut broken_off = false;
    let show = |held: Held<'_>| {
        match held {
            Held::Event { event, unchecked } => {
                checker.event(event, unchecked, &mut decodes);
                if checker.events().is_multiple_of(STEP) && progress(checker.events()).is_break() {
                    broken_off = true;
                    return ControlFlow::Break(());
                }
            }
            Held::Head(head) => checker.head(head),
            Held::Snapshot(Ok(snapshot)) => snapshots.push(snapshot.stream.clone()),
            Held::Snapshot(Err(damaged)) => checker.find(Finding::SnapshotDamaged(damaged)),
        }
        ControlFlow::Continue(())
    };
    store.inspect(show).await?;
    if broken_off {
        return Err(VerifyError::Cancelled);
    }
    for stream in snapshots {
        if progress(checker.events()).is_break() {
            return Err(VerifyError::Cancelled);
        }
        let Some(snapshot) = store.snapshot(&stream).await? else {
            continue;
        };
        let Some(state) = begin(&snapshot) else {
            continue;
        };
        if let Some(finding) = judge(store, &snapshot, state).await?
            && store.snapshot(&stream).await?.as_ref() == Some(&snapshot)
        {
            checker.find(finding);
        }
    }
    Ok(checker.finish())
}

/// Compares a snapshot with the events that it was taken after.
async fn judge(
    store: &impl EventStore,
    snapshot: &Snapshot,
    mut state: impl Fold,
) -> Result<Option<Finding>, StoreError> {
    let stray = || Finding::SnapshotStray {
        stream: snapshot.stream.clone(),
        version: snapshot.version,
        event_id: snapshot.event_id,
    };
    let mut folded = Version::NONE;
    while folded < snapshot.version {
        let page = match store
            .read_stream(&snapshot.stream, folded, PAGE, None)
            .await
        {
            Ok(page) => page.items,
            // Found already, as what it is.
            Err(StoreError::Corrupt { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(last) = page.last() else {
            return Ok(Some(stray()));
        };
        folded = last.version;
        for event in page.iter().take_while(|e| e.version <= snapshot.version) {
            if event.version == snapshot.version && event.event_id != snapshot.event_id {
                return Ok(Some(stray()));
            }
            if state.fold(event).is_err() {
                // A gap, or an event that no model can read: found already too.
                return Ok(None);
            }
            if event.version == snapshot.version {
                let same = state.state().is_none_or(|s| s.same_value(&snapshot.state));
                let place = Place::of(event);
                return Ok((!same).then_some(Finding::SnapshotDiffers(place)));
            }
        }
    }
    Ok(Some(stray()))
}
