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
//!
//! A version or a position means something in one history of the store only, which ends when the store is
//! emptied, or loses events. An answer with places in it has it as its property `history`, an array of
//! events too, and `history()` gives that of the moment. Whatever takes or gives a place, and `append`,
//! takes it as its last argument (`changed` before its signal), and is refused with `HistoryChanged`
//! (`known`, `now`) where the store has another by now: load again, decide again. Who gives none is
//! answered for the history of the moment.
//!
//! An error says by `outcomeIsUnknown` whether what was asked for may be done all the same. That of an
//! append then has its `events`, with the ids that were made for them: append those again, and they are
//! recorded once, whatever became of the first time.

mod envelope;
mod error;
mod importing;
mod places;

use std::convert::Infallible;
use std::ops::ControlFlow;

use js_sys::{Array, Error, Reflect};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use self::error::invalid;
use super::IndexedDbStore;
use super::words::Recovered;
use crate::core::{ExpectedVersion, History, Position, RecordedEvent, StreamId, Version};
use crate::store::verify::{VerifyError, verify};
use crate::store::{At, Durability, EventStore, Loss, Page, SecondCopy};

/// A recovery as it is told.
#[derive(Serialize)]
struct Told {
    kind: &'static str,
    restored: u64,
    lost: u64,
    set_aside: u64,
    is_known: bool,
    is_counted: bool,
    sentence: String,
}

/// A store in IndexedDB. Whatever asks the database answers with a promise; one that fails is rejected
/// with an `Error` whose `name` is that of the variant in `AppendError`, `ImportError`, `ResetError`,
/// `UndoError` or `StoreError` of [`crate::store`], with the variant's fields as properties, or
/// `InvalidArgument`; and with `outcomeIsUnknown`, which is `true` where what was asked for may be done
/// all the same.
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
    /// `Unavailable`, `Blocked`, `Unanswered`, `Newer`, `Full`, `Failed`, `InvalidArgument`.
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
    /// `'shortened'`: what came last; `'damaged'`: what couldn't be read any more; `'unopened'`: all of it,
    /// in a database that didn't open and was left as it is), how many events were `restored` from the
    /// second copy, how many are `lost`, how many of the second copy's were `set_aside`, whether that copy
    /// could be asked at all (`is_known`: where not, what is lost may still be in it), whether it is known how many are
    /// lost (`is_counted`), and all of it as a
    /// `sentence`.
    ///
    /// # Errors
    /// None that a caller can cause.
    #[wasm_bindgen(
        unchecked_return_type = "{ kind: 'deleted' | 'shortened' | 'damaged' | 'unopened'; restored: number; lost: number; set_aside: number; is_known: boolean; is_counted: boolean; sentence: string } | undefined"
    )]
    pub fn recovery(&self) -> Result<JsValue, Error> {
        let told = self.store.recovery().map(|recovery| Told {
            kind: match recovery.cause {
                Loss::Deleted => "deleted",
                Loss::Shortened => "shortened",
                Loss::Damaged => "damaged",
                Loss::Unopened => "unopened",
            },
            restored: recovery.restored,
            lost: recovery.lost,
            set_aside: recovery.set_aside,
            is_known: recovery.is_known,
            is_counted: recovery.is_counted,
            sentence: Recovered(recovery).to_string(),
        });
        serde_wasm_bindgen::to_value(&told).map_err(|error| invalid(&error.to_string()))
    }

    /// Where the second copy stands: `'kept'`, `'copying: N of M'` while it is filled with the events
    /// that it lacks, `'checking'` while it is read whole, since whoever kept it last didn't end as it
    /// should, or why it is behind or missing; nothing where none was asked for.
    #[wasm_bindgen(js_name = secondCopy)]
    pub fn second_copy(&self) -> Option<String> {
        self.store.second_copy().map(|copy| match copy {
            SecondCopy::Kept => "kept".to_owned(),
            SecondCopy::Copying { events, of } => format!("copying: {events} of {of}"),
            SecondCopy::Checking => "checking".to_owned(),
            SecondCopy::Behind(reason) => format!("behind: {reason}"),
            SecondCopy::Waiting => {
                "behind: a page of the release before has it open; close that one".to_owned()
            }
            SecondCopy::Missing(reason) => format!("missing: {reason}"),
        })
    }

    /// Appends events to a stream, all or none, if its version is as expected; answers with them as
    /// recorded, and the history that they were recorded in. The same batch again, by `event_id`, is
    /// answered alike and recorded once.
    ///
    /// # Errors
    /// `Conflict` (`aggregate_type`, `aggregate_id`, `expected`, `actual`): load again, decide
    /// again. `HistoryChanged` (`known`, `now`): the same. `EventIdReused` (`event_id`). `InvalidEvent`
    /// (`event_id`, `cause`): change what its cause names. Any of the storage's.
    /// Nothing was recorded, unless `outcomeIsUnknown`: then `events` are those given with what was made
    /// for them, ids too. Append these again, with the same `expected`, until the outcome is known.
    #[wasm_bindgen(unchecked_return_type = "RecordedEvent[] & { history: string }")]
    pub async fn append(
        &self,
        aggregate_type: String,
        aggregate_id: String,
        #[wasm_bindgen(unchecked_param_type = "ExpectedVersion")] expected: JsValue,
        #[wasm_bindgen(unchecked_param_type = "NewEvent[]")] events: JsValue,
        history: Option<String>,
    ) -> Result<JsValue, Error> {
        let stream = stream(aggregate_type, aggregate_id)?;
        let expected = expected_version(&expected)?;
        let events = envelope::new_events(&events)?;
        let store = &self.store;
        let appended = match known(history)? {
            None => store.append_as_it_is(&stream, expected, &events).await,
            // It is recorded in this one, or refused.
            Some(history) => {
                let known = Some(history);
                let appended = store.append(&stream, expected, known, &events).await;
                appended.map(|place| At { history, place })
            }
        };
        match appended {
            Ok(At { history, place }) => Ok(in_history(envelope::told_events(&place)?, history)),
            Err(error) if error.outcome_is_unknown() => {
                let events = envelope::told_new_events(&events)?;
                Err(error::with(error::of_append(error), "events", events))
            }
            Err(error) => Err(error::of_append(error)),
        }
    }

    /// The events of a stream with versions above `after` (0 at first), at most `limit`. There may be
    /// fewer though more follow, where they are large: the only end is an empty page. `imported` are the first and
    /// the last position of each run of them that an import wrote.
    ///
    /// # Errors
    /// `Corrupt` (`stream`, `version`, `position`, `cause`), or any other of the storage's.
    #[wasm_bindgen(js_name = readStream, unchecked_return_type = "RecordedEvent[] & { history: string; imported: [number, number][] }")]
    pub async fn read_stream(
        &self,
        aggregate_type: String,
        aggregate_id: String,
        after: Option<f64>,
        limit: Option<f64>,
        history: Option<String>,
    ) -> Result<JsValue, Error> {
        let history = known(history)?;
        let stream = stream(aggregate_type, aggregate_id)?;
        let after = Version(whole("after", after.unwrap_or(0.0))?);
        let limit = most(limit)?;
        let page = self.store.read_stream(&stream, after, limit, history).await;
        let page = page.map_err(error::of_store)?;
        told_page(&page)
    }

    /// The events of the whole store with positions above `after` (0 at first), at most `limit`. Read a
    /// big store in pages of some thousands, until one is empty: any other may be shorter than `limit`.
    ///
    /// # Errors
    /// As `readStream`.
    #[wasm_bindgen(js_name = readAll, unchecked_return_type = "RecordedEvent[] & { history: string; imported: [number, number][] }")]
    pub async fn read_all(
        &self,
        after: Option<f64>,
        limit: Option<f64>,
        history: Option<String>,
    ) -> Result<JsValue, Error> {
        let history = known(history)?;
        let after = Position(whole("after", after.unwrap_or(0.0))?);
        let page = self.store.read_all(after, most(limit)?, history).await;
        let page = page.map_err(error::of_store)?;
        told_page(&page)
    }

    /// The streams in the order of their names, at most `limit` (all), from the one after `after`.
    ///
    /// # Errors
    /// The storage's.
    #[wasm_bindgen(unchecked_return_type = "StreamHead[] & { history: string }")]
    pub async fn streams(
        &self,
        #[wasm_bindgen(
            unchecked_param_type = "{ aggregate_type: string; aggregate_id: string } | null | undefined"
        )]
        after: JsValue,
        limit: Option<f64>,
        history: Option<String>,
    ) -> Result<JsValue, Error> {
        let history = known(history)?;
        let after = match after.is_undefined() || after.is_null() {
            true => None,
            false => Some(envelope::stream(&after)?),
        };
        let limit = most(limit)?;
        let page = self.store.streams(after.as_ref(), limit, history).await;
        let page = page.map_err(error::of_store)?;
        Ok(in_history(envelope::told_heads(&page.items)?, page.history))
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

    /// Joins old segments and saves what is known of the log, so that the store is read and opened
    /// fast. It does so by itself now and then. What a reset left is taken away before, so that it can't be
    /// undone any more.
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

/// The history that a caller gives.
fn known(history: Option<String>) -> Result<Option<History>, Error> {
    let parse = |text: String| {
        let parsed = uuid::Uuid::parse_str(&text).map(History);
        parsed.map_err(|_| invalid(&format!("history is one that an answer had, not {text:?}")))
    };
    history.map(parse).transpose()
}

/// An answer with the history that it means something in.
fn in_history(answer: JsValue, history: History) -> JsValue {
    // Fails only on an object that can't be extended, which a new one can.
    let _ = Reflect::set(&answer, &"history".into(), &history.to_string().into());
    answer
}

/// A page of events, as JavaScript gets it.
fn told_page(page: &Page<RecordedEvent>) -> Result<JsValue, Error> {
    let told = in_history(envelope::told_events(&page.items)?, page.history);
    let runs = page.imported.iter();
    let runs =
        runs.map(|(first, last)| Array::of2(&(first.0 as f64).into(), &(last.0 as f64).into()));
    let _ = Reflect::set(&told, &"imported".into(), &runs.collect::<Array>());
    Ok(told)
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
