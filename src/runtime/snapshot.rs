//! When a snapshot is kept, and of which states.

use std::num::NonZeroU64;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::core::{JsonText, Version};

/// When snapshots are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[doc(alias = "snapshot frequency")]
#[doc(alias = "SnapshotFrequency")]
pub enum SnapshotPolicy {
    /// Never.
    #[default]
    Never,
    /// Each time a save crosses a multiple of so many versions.
    ///
    /// For states that come back whole from their JSON form. One that is read as another, as far
    /// as the JSON of the two shows, isn't kept, nor one that has no JSON form; one whose JSON
    /// comes in another order each time, such as that of a `HashSet`, is seldom kept, while a
    /// `BTreeSet` or the keys of a map are. What JSON doesn't show can't be noticed: a field with
    /// `#[serde(skip)]` is its default after loading from a snapshot. A model that has one keeps
    /// no snapshots.
    Every(NonZeroU64),
}

impl SnapshotPolicy {
    /// Whether a save from one version to another calls for a snapshot.
    #[must_use]
    pub fn crossed(self, from: Version, to: Version) -> bool {
        match self {
            SnapshotPolicy::Never => false,
            SnapshotPolicy::Every(frequency) => from.0 / frequency < to.0 / frequency,
        }
    }
}

/// A state as JSON, if the same state can be read of it as far as JSON shows: one that comes back
/// as another is no snapshot.
pub(super) fn whole<S: Serialize + DeserializeOwned>(state: &S) -> Option<JsonText> {
    let kept = JsonText::of(state).ok()?;
    let read = JsonText::of(&kept.read::<S>().ok()?).ok()?;
    read.same_value(&kept).then_some(kept)
}
