//! The store as a JavaScript program calls it: promises, plain objects, errors with a name. Behind
//! the feature `js-api`, so that the page's wasm doesn't carry it.
//!
//! `cargo rustc --profile module --lib --crate-type cdylib --target wasm32-unknown-unknown --features js-api`,
//! then `wasm-bindgen --target web`, make a module of it, with types for TypeScript:
//!
//! ```js
//! import init, { EventStore } from './eventloom.js';
//! await init();
//! const store = await EventStore.open('my-app');
//! const [opened] = await store.append('bank_account', 'ada', 'no_stream', [
//!   { event_type: 'AccountOpened', data: JSON.stringify({ owner: 'Ada Byron', currency: 'EUR' }) },
//! ]);
//! try {
//!   await store.append('bank_account', 'ada', 0, [{ event_type: 'AccountClosed', data: '{}' }]);
//! } catch (error) {
//!   if (error.name !== 'Conflict') throw error;
//!   console.log(error.message, error.actual); // 1: load again, decide again, append again
//! }
//! const history = await store.readStream('bank_account', 'ada');
//! ```
//!
//! An event is the envelope with its own names, `data` as JSON text, so that no digit of it is lost.
//! Versions and positions are numbers. Events cross as one JSON text a call: JavaScript's own parser
//! makes objects several times faster than wasm does field by field.

mod envelope;
mod error;

use std::convert::Infallible;
use std::ops::ControlFlow;

use js_sys::Error;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use self::error::invalid;
use super::IndexedDbStore;
use crate::core::{ExpectedVersion, Position, StreamId, Version};
use crate::store::verify::{VerifyError, verify};
use crate::store::{Durability, EventStore, Loss, SecondCopy};

/// A recovery as it is told.
#[derive(Serialize)]
struct Told {
    kind: &'static str,
    restored: u64,
    lost: u64,
    sentence: String,
}

/// A store in IndexedDB. Every method but `close` answers with a promise; one that fails is rejected
/// with an `Error` whose `name` is that of the variant in `AppendError`, `ImportError` or
/// `StoreError` of [`crate::store`], with the variant's fields as properties, or `InvalidArgument`.
#[wasm_bindgen(js_name = EventStore)]
#[derive(Debug)]
pub struct JsEventStore {
    store: IndexedDbStore,
}

#[wasm_bindgen(js_class = EventStore)]
impl JsEventStore {
    /// Opens the database of this name, and makes it where there is none. `durability` is what an
    /// acknowledged append survives: `'strict'` (a power cut; the default) or `'relaxed'` (the
    /// browser's end). `second_copy`: whether a journal in the origin private file system is kept
    /// beside it, from which comes back what the browser deletes; not, unless it is `true`.
    ///
    /// # Errors
    /// `Unavailable`, `Blocked`, `Newer`, `Full`, `Failed`, `InvalidArgument`.
    pub async fn open(
        name: String,
        #[wasm_bindgen(unchecked_optional_param_type = "'strict' | 'relaxed'")] durability: Option<
            String,
        >,
        #[wasm_bindgen(unchecked_optional_param_type = "boolean")] second_copy: Option<bool>,
    ) -> Result<JsEventStore, Error> {
        let durability = match durability.as_deref() {
            None | Some("strict") => Durability::Strict,
            Some("relaxed") => Durability::Relaxed,
            Some(other) => {
                return Err(invalid(&format!(
                    "durability is \"strict\" or \"relaxed\", not {other:?}"
                )));
            }
        };
        let store = match second_copy {
            Some(true) => IndexedDbStore::open_with_second_copy(&name).await,
            _ => IndexedDbStore::open(&name).await,
        };
        let store = store.map_err(error::of_store)?;
        Ok(JsEventStore {
            store: store.with_durability(durability),
        })
    }

    /// What was missing when the store was opened, where anything was: `kind` (`'deleted'`: all of it;
    /// `'shortened'`: what came last), how many events were `restored` from the second copy, how many
    /// are known to be `lost`, and all of it as a `sentence`.
    ///
    /// # Errors
    /// None that a caller can cause.
    #[wasm_bindgen(
        unchecked_return_type = "{ kind: 'deleted' | 'shortened'; restored: number; lost: number; sentence: string } | undefined"
    )]
    pub fn recovery(&self) -> Result<JsValue, Error> {
        let told = self.store.recovery().map(|recovery| Told {
            kind: match recovery.cause {
                Loss::Deleted => "deleted",
                Loss::Shortened => "shortened",
            },
            restored: recovery.restored,
            lost: recovery.lost,
            sentence: recovery.to_string(),
        });
        serde_wasm_bindgen::to_value(&told).map_err(|error| invalid(&error.to_string()))
    }

    /// Where the second copy stands: `'kept'`, or why it is behind or missing; nothing where none was
    /// asked for.
    #[wasm_bindgen(js_name = secondCopy)]
    pub fn second_copy(&self) -> Option<String> {
        self.store.second_copy().map(|copy| match copy {
            SecondCopy::Kept => "kept".to_owned(),
            SecondCopy::Behind(reason) => format!("behind: {reason}"),
            SecondCopy::Missing(reason) => format!("missing: {reason}"),
        })
    }

    /// Appends events to a stream, all or none, if its version is as expected; answers with them as
    /// recorded. The same batch again, by `event_id`, is answered alike and recorded once.
    ///
    /// # Errors
    /// `Conflict` (`aggregate_type`, `aggregate_id`, `expected`, `actual`): load again, decide
    /// again. `EventIdReused` (`event_id`). Any of the storage's. Nothing was recorded.
    #[wasm_bindgen(unchecked_return_type = "RecordedEvent[]")]
    pub async fn append(
        &self,
        aggregate_type: String,
        aggregate_id: String,
        #[wasm_bindgen(unchecked_param_type = "ExpectedVersion")] expected: JsValue,
        #[wasm_bindgen(unchecked_param_type = "NewEvent[]")] events: JsValue,
    ) -> Result<JsValue, Error> {
        let stream = stream(aggregate_type, aggregate_id)?;
        let expected = expected_version(&expected)?;
        let events = envelope::new_events(&events)?;
        let recorded = self.store.append(&stream, expected, &events).await;
        envelope::told_events(&recorded.map_err(error::of_append)?)
    }

    /// Appends events that have their places, `version` and `position`, to any number of streams,
    /// all or none, if the store's last position is `after`. Relaxed: it can be done again. The
    /// caller has checked ids and versions against what the store holds.
    ///
    /// # Errors
    /// `StoreMoved` (`planned`, `actual`), or any of the storage's. Nothing was recorded.
    #[wasm_bindgen(js_name = import)]
    pub async fn import(
        &self,
        after: f64,
        #[wasm_bindgen(unchecked_param_type = "RecordedEvent[]")] events: JsValue,
    ) -> Result<(), Error> {
        let after = Position(whole("after", after)?);
        let events = envelope::recorded_events(&events)?;
        let imported = self
            .store
            .import(after, &events, |_| ControlFlow::Continue(()))
            .await;
        imported.map_err(error::of_import)
    }

    /// The events of a stream with versions above `after` (0 at first), at most `limit` (all).
    ///
    /// # Errors
    /// `Corrupt` (`stream`, `version`, `cause`), or any other of the storage's.
    #[wasm_bindgen(js_name = readStream, unchecked_return_type = "RecordedEvent[]")]
    pub async fn read_stream(
        &self,
        aggregate_type: String,
        aggregate_id: String,
        after: Option<f64>,
        limit: Option<f64>,
    ) -> Result<JsValue, Error> {
        let stream = stream(aggregate_type, aggregate_id)?;
        let after = Version(whole("after", after.unwrap_or(0.0))?);
        let events = self.store.read_stream(&stream, after, most(limit)?).await;
        envelope::told_events(&events.map_err(error::of_store)?)
    }

    /// The events of the whole store with positions above `after` (0 at first), at most `limit`
    /// (all). Read a big store in pages of some thousands.
    ///
    /// # Errors
    /// As `readStream`.
    #[wasm_bindgen(js_name = readAll, unchecked_return_type = "RecordedEvent[]")]
    pub async fn read_all(&self, after: Option<f64>, limit: Option<f64>) -> Result<JsValue, Error> {
        let after = Position(whole("after", after.unwrap_or(0.0))?);
        let events = self.store.read_all(after, most(limit)?).await;
        envelope::told_events(&events.map_err(error::of_store)?)
    }

    /// The streams in the order of their names, at most `limit` (all), from the one after `after`.
    ///
    /// # Errors
    /// The storage's.
    #[wasm_bindgen(unchecked_return_type = "StreamHead[]")]
    pub async fn streams(
        &self,
        #[wasm_bindgen(
            unchecked_param_type = "{ aggregate_type: string; aggregate_id: string } | null | undefined"
        )]
        after: JsValue,
        limit: Option<f64>,
    ) -> Result<JsValue, Error> {
        let after = match after.is_undefined() || after.is_null() {
            true => None,
            false => Some(envelope::stream(&after)?),
        };
        let heads = self.store.streams(after.as_ref(), most(limit)?).await;
        envelope::told_heads(&heads.map_err(error::of_store)?)
    }

    /// The version of a stream's last event, 0 where there is none.
    ///
    /// # Errors
    /// The storage's.
    pub async fn head(&self, aggregate_type: String, aggregate_id: String) -> Result<f64, Error> {
        let stream = stream(aggregate_type, aggregate_id)?;
        let head = self.store.head(&stream).await.map_err(error::of_store)?;
        Ok(head.0 as f64)
    }

    /// The same as far as this handle knows, at once and without asking the database; nothing before
    /// it first read or appended, and after a reset, until it reads again. Others may have appended
    /// since: an append that expects this version is then refused with `Conflict`.
    ///
    /// # Errors
    /// `InvalidArgument`.
    #[wasm_bindgen(js_name = knownHead)]
    pub fn known_head(
        &self,
        aggregate_type: String,
        aggregate_id: String,
    ) -> Result<Option<f64>, Error> {
        let stream = stream(aggregate_type, aggregate_id)?;
        let head = self.store.known_head(&stream);
        Ok(head.map(|head| head.0 as f64))
    }

    /// The position of the store's last event, 0 where there is none.
    ///
    /// # Errors
    /// The storage's.
    #[wasm_bindgen(js_name = lastPosition)]
    pub async fn last_position(&self) -> Result<f64, Error> {
        let last = self.store.last_position().await.map_err(error::of_store)?;
        Ok(last.0 as f64)
    }

    /// Checks the whole store, all but what its events mean: versions, positions, ids, heads and
    /// checksums. Answers with what is wrong, a sentence each; none where nothing is.
    ///
    /// # Errors
    /// The storage's, where the store as a whole can't be read.
    pub async fn verify(&self) -> Result<Vec<String>, Error> {
        let none = |_: &_| None::<Infallible>;
        let checked = verify(&self.store, |_| Ok(()), none, |_| ControlFlow::Continue(())).await;
        let checked = checked.map_err(|error| match error {
            VerifyError::Store(error) => error::of_store(error),
            VerifyError::Cancelled => Error::new("the check was cancelled"),
        })?;
        Ok(checked.findings.iter().map(ToString::to_string).collect())
    }

    /// Empties the store. Positions are not given again.
    ///
    /// # Errors
    /// The storage's; everything is then still there.
    pub async fn reset(&self) -> Result<(), Error> {
        self.store.reset().await.map_err(error::of_store)
    }

    /// Joins old segments and saves what is known of the log, so that the store is read and opened
    /// fast. It does so by itself now and then.
    ///
    /// # Errors
    /// The storage's; what the store holds is the same.
    pub async fn compact(&self) -> Result<(), Error> {
        self.store.compact().await.map_err(error::of_store)
    }

    /// Closes the connection; what is under way still ends. Later calls answer `Unavailable`.
    pub fn close(&self) {
        self.store.close();
    }
}
fn stream(aggregate_type: String, aggregate_id: String) -> Result<StreamId, Error> {
    StreamId::new(aggregate_type, aggregate_id).map_err(|error| invalid(&error.to_string()))
}

fn expected_version(value: &JsValue) -> Result<ExpectedVersion, Error> {
    match value.as_string().as_deref() {
        Some("any") => return Ok(ExpectedVersion::Any),
        Some("no_stream") => return Ok(ExpectedVersion::NoStream),
        Some("stream_exists") => return Ok(ExpectedVersion::StreamExists),
        _ => {}
    }
    let version = whole("expected", value.as_f64().unwrap_or(f64::NAN)).map_err(|_| {
        invalid("expected is a version, \"any\", \"no_stream\" or \"stream_exists\"")
    })?;
    Ok(ExpectedVersion::Exact(Version(version)))
}

fn whole(what: &str, number: f64) -> Result<u64, Error> {
    const GREATEST: f64 = 9_007_199_254_740_991.0;
    if number.fract() == 0.0 && (0.0..=GREATEST).contains(&number) {
        return Ok(number as u64);
    }
    Err(invalid(&format!(
        "{what} is a whole number from 0 on, not {number}"
    )))
}

fn most(limit: Option<f64>) -> Result<usize, Error> {
    let Some(limit) = limit else {
        return Ok(usize::MAX);
    };
    Ok(usize::try_from(whole("limit", limit)?).unwrap_or(usize::MAX))
}
