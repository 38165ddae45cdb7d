//! Keeping the page for when there is no network, by a service worker: `static/sw.js`.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

#[wasm_bindgen(module = "/src/browser/offline.js")]
extern "C" {
    fn register(tell: &JsValue);

    /// Loads the page anew, in the version that waits to be used.
    #[wasm_bindgen(js_name = switchOver)]
    pub fn switch_over();

    /// Has a newer version fetched, and this one never opened again: the store is the newer one's.
    pub fn renew();
}

/// What is told of the page's version.
pub enum Told {
    /// The browser keeps it whole.
    Kept,
    /// A newer one waits to be used, or is used by another tab.
    Superseded,
    /// The browser doesn't keep it, for this reason.
    NotKept(String),
}

/// Has the browser keep this version of the page, as long as it is open, and `tell` what comes of it.
pub fn keep(mut tell: impl FnMut(Told) + 'static) {
    let told = Closure::<dyn FnMut(String, String)>::new(move |what: String, why| {
        tell(match &*what {
            "kept" => Told::Kept,
            "ready" => Told::Superseded,
            _ => Told::NotKept(why),
        });
    });
    register(told.as_ref());
    // It is called as long as there is a page.
    told.forget();
}
