//! How far the store goes, what stands there, and when it goes further.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_channel::oneshot;
use gloo::events::EventListener;
use js_sys::{Error, Object, Promise, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;
use web_sys::AbortSignal;

use super::{JsEventStore, error, in_history, known, stream, whole};
use crate::core::{History, Position};
use crate::store::{EventStore, ImportStore, StoreError, same_history};

#[wasm_bindgen(js_class = EventStore)]
impl JsEventStore {
    /// The version of a stream's last event, 0 where there is none.
    ///
    /// # Errors
    /// `HistoryChanged` (`known`, `now`), or any other of the storage's.
    #[wasm_bindgen(unchecked_return_type = "{ version: number; history: string }")]
    pub async fn head(
        &self,
        aggregate_type: String,
        aggregate_id: String,
        history: Option<String>,
    ) -> Result<JsValue, Error> {
        let history = known(history)?;
        let stream = stream(aggregate_type, aggregate_id)?;
        let head = self.store.head(&stream).await.map_err(error::of_store)?;
        same_history(history, head.history).map_err(error::of_store)?;
        Ok(at("version", head.place.0 as f64, head.history))
    }

    /// The same version as far as this handle knows, at once and without asking the database; nothing
    /// before it first read, appended or reset. Others may have done so since: an append that expects this
    /// version is then refused with `Conflict` or `HistoryChanged`.
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

    /// The history of the moment.
    ///
    /// # Errors
    /// The storage's.
    pub async fn history(&self) -> Result<String, Error> {
        let last = self.store.last_position().await.map_err(error::of_store)?;
        Ok(last.history.to_string())
    }

    /// The position of the store's last event, 0 where there is none.
    ///
    /// # Errors
    /// As `head`.
    #[wasm_bindgen(
        js_name = lastPosition,
        unchecked_return_type = "{ position: number; history: string }"
    )]
    pub async fn last_position(&self, history: Option<String>) -> Result<JsValue, Error> {
        let history = known(history)?;
        let last = self.store.last_position().await.map_err(error::of_store)?;
        same_history(history, last.history).map_err(error::of_store)?;
        Ok(at("position", last.place.0 as f64, last.history))
    }

    /// The position that the next event gets: greater than all that were given, before a reset too.
    /// Whoever plans an import begins here.
    ///
    /// # Errors
    /// As `head`.
    #[wasm_bindgen(
        js_name = nextPosition,
        unchecked_return_type = "{ position: number; history: string }"
    )]
    pub async fn next_position(&self, history: Option<String>) -> Result<JsValue, Error> {
        let history = known(history)?;
        let next = self.store.next_position().await.map_err(error::of_store)?;
        same_history(history, next.history).map_err(error::of_store)?;
        Ok(at("position", next.place.0 as f64, next.history))
    }

    /// How many events have positions above one: exact, and found without reading all of them.
    ///
    /// # Errors
    /// As `head`.
    #[wasm_bindgen(js_name = countAfter)]
    pub async fn count_after(&self, position: f64, history: Option<String>) -> Result<f64, Error> {
        let history = known(history)?;
        let position = Position(whole("position", position)?);
        let count = self.store.count_after(position, history).await;
        Ok(count.map_err(error::of_store)? as f64)
    }

    /// The chain of the log up to the segment that ends at this position, as sixteen hexadecimal digits;
    /// none where no segment ends there, or none does any more. Two that differ at one position prove two
    /// logs; two that are the same show that the logs are the same up to there; one that isn't there proves
    /// nothing. At 0 it is the same in each store.
    ///
    /// # Errors
    /// As `head`.
    #[wasm_bindgen(unchecked_return_type = "{ chain: string | undefined; history: string }")]
    pub async fn chain(&self, position: f64, history: Option<String>) -> Result<JsValue, Error> {
        let history = known(history)?;
        let position = Position(whole("position", position)?);
        let chain = self.store.chain(position, history).await;
        let chain = chain.map_err(error::of_store)?;
        // 64 bits, of which a number would lose some.
        let digits = chain.place.map(|chain| chain.to_string());
        Ok(at("chain", digits, chain.history))
    }

    /// Waits until there may be something after a position. A hint: it can end for nothing, and a missed
    /// one is harmless to a reader that also looks by itself now and then.
    ///
    /// Who doesn't wait for it any more says so by `signal`, that of an `AbortController`: the promise is
    /// then rejected with the signal's reason, and nothing is left of it. Without a signal it is kept until
    /// the store changes, or `close` is called.
    ///
    /// # Errors
    /// `HistoryChanged` (`known`, `now`) at once where the store has another history than the one that is
    /// given, and as soon as it gets another; or any other of the storage's.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn changed(
        &self,
        after: f64,
        history: Option<String>,
        signal: Option<AbortSignal>,
    ) -> Promise {
        // Of its own, so that `free` can be called meanwhile.
        let store = self.store.clone();
        future_to_promise(async move {
            let history = known(history)?;
            let after = Position(whole("after", after)?);
            let changed = store.changed(after, history);
            match signal {
                Some(signal) => unless_aborted(&signal, changed).await?,
                None => changed.await.map_err(error::of_store)?,
            }
            Ok(JsValue::UNDEFINED)
        })
    }
}

/// A place, with the history that it means something in.
fn at(name: &str, place: impl Into<JsValue>, history: History) -> JsValue {
    let object = Object::new();
    // Fails only on an object that can't be extended, which a new one can.
    let _ = Reflect::set(&object, &name.into(), &place.into());
    in_history(object.into(), history)
}

/// What comes first: the change, or the signal's end of waiting for it.
async fn unless_aborted(
    signal: &AbortSignal,
    changed: impl Future<Output = Result<(), StoreError>>,
) -> Result<(), JsValue> {
    if signal.aborted() {
        return Err(signal.reason());
    }
    let (end, mut ended) = oneshot::channel();
    let _listener = EventListener::once(signal, "abort", move |_| {
        let _ = end.send(());
    });
    let mut changed = pin!(changed);
    poll_fn(|context| {
        if Pin::new(&mut ended).poll(context).is_ready() {
            return Poll::Ready(Err(signal.reason()));
        }
        let changed = changed.as_mut().poll(context);
        changed.map_err(|error| error::of_store(error).into())
    })
    .await
}
