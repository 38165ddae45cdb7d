//! Requests and transactions as futures, and what the storage says when it refuses.
//!
//! idb's own futures aren't used here: awaiting a transaction after a failed request loses the
//! reason, durability can't be set, and a future that is dropped leaves a callback behind that
//! throws when it is called.

use futures_channel::oneshot;
use idb::{KeyRange, ObjectStore, Query};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DomException, IdbDatabase, IdbRequest, IdbRequestReadyState, IdbTransaction};

use super::codec::Record;
use crate::log::segments::Unreadable;
use crate::store::{Cause, Durability, StoreError};

#[wasm_bindgen]
extern "C" {
    /// A database that is asked for a transaction with options, which web-sys keeps behind an
    /// unstable flag. A browser that doesn't know them ignores them.
    #[wasm_bindgen(extends = Object)]
    type DurableDatabase;

    #[wasm_bindgen(method, catch)]
    fn transaction(
        this: &DurableDatabase,
        stores: &Array,
        mode: &str,
        options: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;
}

/// Why something didn't come of it: what the storage said when it refused, or what was found.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The storage's words.
    Said {
        /// The name of its exception, where it has one.
        name: String,
        message: String,
    },
    /// It is the store's own error already.
    Store(StoreError),
}

impl Fault {
    fn of(exception: &DomException) -> Fault {
        Fault::Said {
            name: exception.name(),
            message: exception.message(),
        }
    }

    fn thrown(value: &JsValue) -> Fault {
        match value.dyn_ref::<DomException>() {
            Some(exception) => Fault::of(exception),
            None => format!("{value:?}").into(),
        }
    }

    fn is_called(&self, called: &str) -> bool {
        matches!(self, Fault::Said { name, .. } if name == called)
    }

    /// A key that must be unique is there already.
    pub(super) fn is_constraint(&self) -> bool {
        self.is_called("ConstraintError")
    }

    /// The connection is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.is_called("InvalidStateError")
    }

    pub(super) fn is_newer(&self) -> bool {
        self.is_called("VersionError")
    }

    /// The browser couldn't read its own files.
    pub(super) fn is_unreadable(&self) -> bool {
        self.is_called("UnknownError")
    }

    pub(super) fn is_full(&self) -> bool {
        // Firefox's older name is of the days before the standard.
        self.is_called("QuotaExceededError") || self.is_called("NS_ERROR_DOM_QUOTA_REACHED")
    }

    pub(super) fn while_doing(self, operation: &'static str) -> StoreError {
        if self.is_full() {
            return StoreError::Full;
        }
        match self {
            Fault::Store(error) => error,
            said @ Fault::Said { .. } => {
                let cause = Cause::new(said);
                StoreError::Failed { operation, cause }
            }
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Store(error) => error.fmt(f),
            Fault::Said { name, message } => match (name.as_str(), message.as_str()) {
                ("", message) => f.write_str(message),
                (name, "") => f.write_str(name),
                (name, message) => write!(f, "{name}: {message}"),
            },
        }
    }
}

impl std::error::Error for Fault {}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        Fault::Store(error)
    }
}

impl From<String> for Fault {
    /// In our own words.
    fn from(message: String) -> Fault {
        let name = String::new();
        Fault::Said { name, message }
    }
}

impl From<Unreadable> for Fault {
    fn from(error: Unreadable) -> Fault {
        error.to_string().into()
    }
}

impl From<idb::Error> for Fault {
    fn from(error: idb::Error) -> Fault {
        match &error {
            idb::Error::DomException(exception) => Fault::of(exception),
            idb::Error::IndexedDbNotFound(_) => "this browser has no IndexedDB, or denies it here"
                .to_owned()
                .into(),
            idb::Error::IndexedDbOpenFailed(thrown)
            | idb::Error::IndexedDbDeleteFailed(thrown)
            | idb::Error::AddFailed(thrown)
            | idb::Error::UpdateFailed(thrown) => Fault::thrown(thrown),
            other => other.to_string().into(),
        }
    }
}

/// Opens a transaction that only reads. It ends by itself after its last request.
pub(super) fn read(database: &IdbDatabase, stores: &[&str]) -> Result<Reading, Fault> {
    let inner = begin(database, stores, "readonly", &JsValue::UNDEFINED)?;
    Ok(Reading(inner))
}

fn begin(
    database: &IdbDatabase,
    stores: &[&str],
    mode: &str,
    options: &JsValue,
) -> Result<IdbTransaction, Fault> {
    let stores: Array = stores.iter().copied().map(JsValue::from_str).collect();
    database
        .unchecked_ref::<DurableDatabase>()
        .transaction(&stores, mode, options)
        .map_err(|thrown| Fault::thrown(&thrown))
}

/// A transaction that only reads.
pub(super) struct Reading(IdbTransaction);

impl Reading {
    pub(super) fn store(&self, name: &str) -> Result<ObjectStore, Fault> {
        store(&self.0, name)
    }
}

fn store(transaction: &IdbTransaction, name: &str) -> Result<ObjectStore, Fault> {
    let store = transaction.object_store(name);
    store
        .map(ObjectStore::from)
        .map_err(|thrown| Fault::thrown(&thrown))
}

/// A transaction that writes. Dropped before [`Writing::commit`] ended, it is undone.
pub(super) struct Writing {
    inner: IdbTransaction,
    ended: oneshot::Receiver<bool>,
    committing: bool,
    _on_end: Closure<dyn FnMut(web_sys::Event)>,
}

impl Writing {
    pub(super) fn begin(
        database: &IdbDatabase,
        stores: &[&str],
        durability: Durability,
    ) -> Result<Writing, Fault> {
        let options = Object::new();
        let word = match durability {
            Durability::Strict => "strict",
            Durability::Relaxed => "relaxed",
        };
        Reflect::set(&options, &"durability".into(), &word.into())
            .map_err(|thrown| Fault::thrown(&thrown))?;
        let inner = begin(database, stores, "readwrite", &options)?;
        let (end, ended) = oneshot::channel();
        let on_end = Closure::once(move |event: web_sys::Event| {
            let _ = end.send(event.type_() == "complete");
        });
        let callback = Some(on_end.as_ref().unchecked_ref());
        inner.set_oncomplete(callback);
        inner.set_onabort(callback);
        Ok(Writing {
            inner,
            ended,
            committing: false,
            _on_end: on_end,
        })
    }

    pub(super) fn store(&self, name: &str) -> Result<ObjectStore, Fault> {
        store(&self.inner, name)
    }

    /// Commits at once, and answers when the storage says that it is complete.
    ///
    /// # Errors
    /// What made the storage undo the transaction: a request's error, or one of the commit's own,
    /// like a lack of room.
    pub(super) fn commit(mut self) -> impl Future<Output = Result<(), Fault>> {
        // Fails only on a transaction that has been undone already; why is told below.
        if let Ok(asked) = idb::Transaction::from(self.inner.clone()).commit() {
            drop(asked);
        }
        self.committing = true;
        async move {
            match (&mut self.ended).await {
                Ok(true) => Ok(()),
                _ => Err(self.reason()),
            }
        }
    }

    /// Waits until the storage has undone a transaction in which a request failed, and answers why.
    pub(super) async fn undone(mut self) -> Fault {
        let _ = (&mut self.ended).await;
        self.reason()
    }

    fn reason(&self) -> Fault {
        match self.inner.error() {
            Some(exception) => Fault::of(&exception),
            None => Fault::Said {
                name: "AbortError".to_owned(),
                message: "the transaction was undone".to_owned(),
            },
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.inner.set_oncomplete(None);
        self.inner.set_onabort(None);
        if !self.committing {
            // Fails on a transaction that has ended, which needs no undoing.
            let _ = self.inner.abort();
        }
    }
}

/// Whether nothing lies behind this number in an object store.
pub(super) async fn ends_at(store: &ObjectStore, number: u64) -> Result<bool, Fault> {
    let after = above(&JsValue::from_f64(number as f64))?;
    let keys = answer(store.get_all_keys(Some(after), Some(1))?).await?;
    Ok(keys.unchecked_into::<Array>().length() == 0)
}

/// Waits for the answer to a request.
///
/// # Errors
/// The request's own error.
pub(super) async fn answer(request: impl Into<IdbRequest>) -> Result<JsValue, Fault> {
    let request = Pending(request.into());
    // One of several requests may have been answered while another was waited for.
    if request.0.ready_state() != IdbRequestReadyState::Done {
        let (done, answered) = oneshot::channel();
        let on_answer = Closure::once(move || {
            let _ = done.send(());
        });
        let callback = Some(on_answer.as_ref().unchecked_ref());
        request.0.set_onsuccess(callback);
        request.0.set_onerror(callback);
        let _ = answered.await;
    }
    if let Ok(Some(exception)) = request.0.error() {
        return Err(Fault::of(&exception));
    }
    let result = request.0.result();
    result.map_err(|thrown| Fault::thrown(&thrown))
}

/// A request whose callbacks go when nobody waits any longer.
struct Pending(IdbRequest);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.set_onsuccess(None);
        self.0.set_onerror(None);
    }
}

/// All keys above this one.
pub(super) fn above(key: &JsValue) -> Result<Query, idb::Error> {
    Ok(KeyRange::lower_bound(key, Some(true))?.into())
}

/// Adds a record that was made of what the log holds already.
pub(super) fn add(log: &ObjectStore, record: Result<Record, StoreError>) -> Result<(), Fault> {
    let record = record?;
    log.add(&record, None)?;
    Ok(())
}
