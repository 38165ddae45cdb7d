//! Taking in a log from elsewhere, emptying the store, and taking either back.

use std::ops::ControlFlow;

use js_sys::Error;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::error::invalid;
use super::{JsEventStore, envelope, error, known, whole};
use crate::core::Position;
use crate::store::{ImportStore, ImportToken, ResetToken};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
/** An import, as `undoImport` takes it. To be kept, also as JSON, and given back as it is to the store
 * that made it. */
export interface ImportToken {
  readonly of: 'import';
  readonly history: string;
  readonly first: number;
  readonly last: number;
  readonly chain: string;
}

/** A reset, as `undoReset` takes it. To be kept, also as JSON, and given back as it is to the store that
 * made it. */
export interface ResetToken {
  readonly of: 'reset';
  readonly history: string;
  readonly first: number;
  readonly last: number;
  readonly chain: string;
}
";

/// What takes something back. It says of what, so that a reset isn't taken back as an import.
#[derive(Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "lowercase")]
enum Token {
    Import(ImportToken),
    Reset(ResetToken),
}

#[wasm_bindgen(js_class = EventStore)]
impl JsEventStore {
    /// Appends events that have their places, `version` and `position`, to any number of streams,
    /// all or none, if the store's last position is `after`. Relaxed: it can be done again. The
    /// caller has checked ids and versions against what the store holds. Answers with what
    /// `undoImport` takes; nothing where there was nothing to import, or where holes were filled.
    ///
    /// # Errors
    /// `StoreMoved` (`planned`, `actual`), `HistoryChanged` (`known`, `now`), `Misplaced` (`expected` and
    /// `found` version, or `next` position and `found`), `InvalidEvent` (`version`, `cause`), or any of the
    /// storage's. Nothing was imported, unless `outcomeIsUnknown`: then look whether the store holds them before importing them again.
    #[wasm_bindgen(js_name = import, unchecked_return_type = "ImportToken | undefined")]
    pub async fn import(
        &self,
        after: f64,
        #[wasm_bindgen(unchecked_param_type = "RecordedEvent[]")] events: JsValue,
        history: Option<String>,
    ) -> Result<JsValue, Error> {
        let history = known(history)?;
        let after = Position(whole("after", after)?);
        let events = envelope::recorded_events(&events)?;
        let imported = self
            .store
            .import(after, history, &events, |_| ControlFlow::Continue(()))
            .await;
        match imported.map_err(error::of_import)? {
            Some(token) => envelope::told(&Token::Import(token)),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// Takes an import back, while it is the last that was recorded. Begins a new history; its positions
    /// aren't given again.
    ///
    /// # Errors
    /// `GoneOn`: something was recorded since, which would be lost. `AnotherHistory` (`known`, `now`): it
    /// was undone already, the store was emptied since, or it was another store. `NotThere`: the store lost
    /// it. `InvalidArgument`: an earlier release made the token. Any of the storage's.
    /// Nothing was changed, unless `outcomeIsUnknown`: undo it again, which then answers `AnotherHistory`.
    #[wasm_bindgen(js_name = undoImport)]
    pub async fn undo_import(
        &self,
        #[wasm_bindgen(unchecked_param_type = "ImportToken")] token: JsValue,
    ) -> Result<(), Error> {
        let Token::Import(token) = envelope::given(&token, "a token")? else {
            return Err(invalid("undoImport takes what import answered"));
        };
        self.store.undo_import(token).await.map_err(error::of_undo)
    }

    /// Empties the store, and begins a new history. Positions are not given again. Takes in, within the
    /// same step, `events` that bring their versions from 1 on and their positions: a few, such as a
    /// program begins with. Answers with what `undoReset` takes.
    ///
    /// # Errors
    /// `Misplaced` (`expected` and `found` version, or `next` position and `found`), `InvalidEvent`
    /// (`version`, `cause`), or any of the storage's; everything is then still there, unless `outcomeIsUnknown`: reset again.
    #[wasm_bindgen(unchecked_return_type = "ResetToken")]
    pub async fn reset(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "RecordedEvent[]")] events: JsValue,
    ) -> Result<JsValue, Error> {
        let events = match events.is_undefined() || events.is_null() {
            true => Vec::new(),
            false => envelope::recorded_events(&events)?,
        };
        let reset = self.store.reset(&events).await;
        envelope::told(&Token::Reset(reset.map_err(error::of_reset)?))
    }

    /// Takes a reset back, while nothing else was recorded: the old history is there again, with its name
    /// and its events at their positions. What went in with the reset is gone.
    ///
    /// # Errors
    /// As `undoImport`. `Swept` too: what stood before the reset was removed meanwhile, by the store itself
    /// or by `compact`, to have its room.
    #[wasm_bindgen(js_name = undoReset)]
    pub async fn undo_reset(
        &self,
        #[wasm_bindgen(unchecked_param_type = "ResetToken")] token: JsValue,
    ) -> Result<(), Error> {
        let Token::Reset(token) = envelope::given(&token, "a token")? else {
            return Err(invalid("undoReset takes what reset answered"));
        };
        self.store.undo_reset(token).await.map_err(error::of_undo)
    }
}
