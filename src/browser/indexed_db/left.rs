//! What is noted of what an emptying left where it was.

use idb::ObjectStore;
use wasm_bindgen::JsValue;

use super::codec;
use super::schema::LEFT;
use super::transaction::{Fault, answer};

/// What became of what an emptying left, as it is noted under [`LEFT`] behind the number of its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// All is there, so that it can be undone.
    Whole,
    /// It is being swept.
    Sweeping,
    /// Nothing is left.
    Nothing,
}

impl Left {
    const NAMES: [(Left, &str); 3] = [
        (Left::Whole, "whole"),
        (Left::Sweeping, "sweeping"),
        (Left::Nothing, "nothing"),
    ];

    /// Notes it within a transaction.
    pub(super) fn note(self, meta: &ObjectStore, emptied: u64) -> Result<(), Fault> {
        let name = Left::NAMES.iter().find(|(left, _)| *left == self);
        let text = format!("{emptied} {}", name.map_or("", |(_, name)| name));
        meta.put(&codec::meta(LEFT, &text), None)?;
        Ok(())
    }

    /// What is noted, and of which segment.
    pub(super) async fn noted(meta: &ObjectStore) -> Result<Option<(u64, Left)>, Fault> {
        let found = answer(meta.get(JsValue::from(LEFT))?).await?;
        Ok(codec::value_of(&found).and_then(|text| {
            let (emptied, name) = text.split_once(' ')?;
            let left = Left::NAMES.iter().find(|(_, other)| *other == name)?;
            Some((emptied.parse().ok()?, left.0))
        }))
    }
}
