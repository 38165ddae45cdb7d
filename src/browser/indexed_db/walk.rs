//! Going through the records of an object store, whatever they weigh.

use idb::{KeyRange, ObjectStore};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::codec::{self, Record};
use super::transaction::{Fault, above, answer};
use crate::log::segments::Portion;

/// The records of an object store, in the order of keys, some at a time: the page stays free to move
/// between two reads, and no more is in memory than one of them may take.
pub(super) struct Walk<'a> {
    store: &'a ObjectStore,
    after: Option<JsValue>,
    last: Option<JsValue>,
    portion: Portion,
}

impl Walk<'_> {
    /// Over all of them.
    pub(super) fn over(store: &ObjectStore) -> Walk<'_> {
        Walk {
            store,
            after: None,
            last: None,
            portion: Portion::of(Portion::BYTES),
        }
    }

    /// Over those behind a key.
    pub(super) fn after(store: &ObjectStore, key: JsValue) -> Walk<'_> {
        Walk {
            after: Some(key),
            ..Walk::over(store)
        }
    }

    /// Over those behind a number, up to another.
    pub(super) fn between(store: &ObjectStore, after: u64, last: u64) -> Walk<'_> {
        Walk {
            last: Some(JsValue::from_f64(last as f64)),
            ..Walk::after(store, JsValue::from_f64(after as f64))
        }
    }

    /// The next ones; none at the end. `key` says what a record lies under.
    pub(super) async fn next(&mut self, key: fn(&Record) -> JsValue) -> Result<Vec<Record>, Fault> {
        let range = match (&self.after, &self.last) {
            (Some(after), Some(last)) if after == last => return Ok(Vec::new()),
            (Some(after), Some(last)) => {
                Some(KeyRange::bound(after, last, Some(true), None)?.into())
            }
            (after, _) => after.as_ref().map(above).transpose()?,
        };
        let count = u32::try_from(self.portion.count()).ok();
        let page = answer(self.store.get_all(range, count)?).await?;
        let page: Array = page.unchecked_into();
        let page: Vec<Record> = page.iter().map(JsCast::unchecked_into).collect();
        if let Some(last) = page.last() {
            self.after = Some(key(last));
            self.portion
                .passed(page.len(), page.iter().map(codec::weight).sum());
        }
        Ok(page)
    }
}
