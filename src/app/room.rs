//! What the browser says of the room that this site takes, and asking it to protect that room.
//! Pages that aren't served securely get no answer.

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageManager;

use super::backend::Backend;
use super::state::Room;

/// Asks how much is used, whether it is protected, and where the second copy stands.
pub async fn measure(store: &Backend) -> Room {
    let second_copy = match store {
        Backend::Browser(store) => store.second_copy(),
        Backend::Memory(_) => None,
    };
    let Some(storage) = manager() else {
        return Room {
            second_copy,
            ..Room::default()
        };
    };
    let used = match storage.estimate() {
        Ok(estimate) => JsFuture::from(estimate).await.ok().and_then(|estimate| {
            let used = Reflect::get(&estimate, &"usage".into()).ok()?;
            used.as_f64().map(|bytes| bytes as u64)
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
    }
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
