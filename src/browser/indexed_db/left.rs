//! What is noted of what an emptying left where it was, and leaving no more than numbers of what was taken back.

use std::ops::RangeInclusive;

use idb::{KeyRange, ObjectStore};
use js_sys::Array;
use wasm_bindgen::JsValue;

use super::codec::{self, Content};
use super::schema::{LEFT, PAGES};
use super::transaction::{Fault, Writing, answer};
use super::walk::Walk;

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

/// Leaves of the records of these segments no more than their numbers and chains.
pub(super) async fn leave_numbers_of(
    segments: &ObjectStore,
    numbers: RangeInclusive<u64>,
) -> Result<(), Fault> {
    let mut walk = Walk::between(segments, numbers.start().saturating_sub(1), *numbers.end());
    loop {
        let found = walk.next(codec::segment_of).await?;
        if found.is_empty() {
            return Ok(());
        }
        for record in found {
            match codec::open_segment(&record) {
                Some(opened) if !matches!(opened.content, Ok(Content::Gone)) => {
                    let gone = codec::gone(opened.from, opened.number, opened.chain)?;
                    segments.put(&gone, None)?;
                }
                _ => {}
            }
        }
    }
}

/// Leaves of these segments no more than that, and nothing of their pages.
pub(super) async fn leave_numbers(
    writing: &Writing,
    segments: &ObjectStore,
    numbers: RangeInclusive<u64>,
) -> Result<(), Fault> {
    leave_numbers_of(segments, numbers.clone()).await?;
    let key = |number: u64| JsValue::from_f64(number as f64);
    let (first, last) = (key(*numbers.start()), key(*numbers.end()));
    // A list comes after all lists that begin with the same and end earlier.
    let (first, last) = (Array::of1(&first), Array::of2(&last, &f64::INFINITY.into()));
    let range = KeyRange::bound(&first, &last, None, None)?;
    writing.store(PAGES)?.delete(range)?;
    Ok(())
}
