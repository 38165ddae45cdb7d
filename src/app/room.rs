//! What the browser says of the room that this site takes, and asking it to protect that room.
//! Pages that aren't served securely get no answer.

use std::rc::Rc;

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageManager;

use super::backend::Backend;
use super::state::Room;
use crate::browser::indexed_db::IndexedDbStore;
use crate::store::SetAside;

/// As a count of 32 bits, from here on a number below zero.
const BELOW_ZERO: f64 = 2_147_483_648.0;

/// Asks how much is used, whether it is protected, where the second copy stands, and what was set aside.
pub async fn measure(store: &Backend) -> Room {
    let (second_copy, set_aside) = match store {
        // Where that can't be asked, nothing can be offered either.
        Backend::Browser(store) => (store.second_copy(), set_aside(store).await),
        Backend::Memory(_) => (None, Vec::new()),
    };
    let Some(storage) = manager() else {
        return Room {
            second_copy,
            set_aside,
            ..Room::default()
        };
    };
    let used = match storage.estimate() {
        Ok(estimate) => JsFuture::from(estimate).await.ok().and_then(|estimate| {
            let bytes = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok()?.as_f64();
            let used = bytes(&estimate, "usage")?;
            let details = Reflect::get(&estimate, &"usageDetails".into()).unwrap_or_default();
            let files = bytes(&details, "fileSystem").unwrap_or(0.0);
            // Chromium counts files down once too often where they are moved, and a count below zero comes with 32
            // bits: nobody's second copy has two gigabytes.
            let too_much = if files >= BELOW_ZERO {
                2.0 * BELOW_ZERO
            } else {
                0.0
            };
            Some((used - too_much) as u64)
        }),
        Err(_) => None,
    };
    let protected = match storage.persisted() {
        Ok(answer) => JsFuture::from(answer)
            .await
            .ok()
            .and_then(|answer| answer.as_bool()),
        Err(_) => None,
    };
    Room {
        used,
        protected,
        second_copy,
        set_aside,
    }
}

async fn set_aside(store: &IndexedDbStore) -> Vec<Rc<SetAside>> {
    let found = store.set_aside().await.unwrap_or_default();
    found.into_iter().map(Rc::new).collect()
}

/// Asks that nothing of it is deleted when the disk runs full. A browser may refuse, or ask the user.
pub async fn protect() {
    if let Some(Ok(answer)) = manager().map(|storage| storage.persist()) {
        // What came of it is asked for by itself.
        let _ = JsFuture::from(answer).await;
    }
}

fn manager() -> Option<StorageManager> {
    let navigator = web_sys::window()?.navigator();
    let storage = Reflect::get(&navigator, &"storage".into()).unwrap_or(JsValue::UNDEFINED);
    (!storage.is_undefined()).then(|| navigator.storage())
}
