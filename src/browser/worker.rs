//! A worker of the page's own, both sides of it: starting it, and what goes to and fro. What the
//! messages mean is the callers'.

use js_sys::Array;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

#[wasm_bindgen(module = "/src/browser/worker.js")]
extern "C" {
    type OwnWorker;

    #[wasm_bindgen(constructor, catch)]
    fn new(hear: &JsValue, failed: &JsValue) -> Result<OwnWorker, JsValue>;

    #[wasm_bindgen(method)]
    fn post(this: &OwnWorker, message: &Array);

    #[wasm_bindgen(method)]
    fn end(this: &OwnWorker);
}

/// A worker that was started. Dropped, it ends at once, in the middle of whatever it does.
pub struct Worker {
    worker: OwnWorker,
    _hear: Closure<dyn FnMut(Array)>,
    _failed: Closure<dyn FnMut(String)>,
}

impl Worker {
    /// Starts a worker. `hear` is called with each of its messages, `failed` with what the browser
    /// says when it can't be loaded or breaks; no message comes after that.
    ///
    /// # Errors
    /// What the browser says.
    pub fn start(
        hear: impl FnMut(Array) + 'static,
        failed: impl FnMut(String) + 'static,
    ) -> Result<Worker, String> {
        let hear = Closure::<dyn FnMut(Array)>::new(hear);
        let failed = Closure::<dyn FnMut(String)>::new(failed);
        let worker = OwnWorker::new(hear.as_ref(), failed.as_ref());
        Ok(Worker {
            worker: worker.map_err(|thrown| format!("{thrown:?}"))?,
            _hear: hear,
            _failed: failed,
        })
    }

    /// Sends it a message, which it hears once it listens.
    pub fn post(&self, message: &Array) {
        self.worker.post(message);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.worker.end();
    }
}

/// The worker's side: hears what the page posts, and answers.
pub struct Page(DedicatedWorkerGlobalScope);

impl Page {
    /// Listens from now on, as long as the worker lives, and says so.
    pub fn listen(mut hear: impl FnMut(Array) + 'static) {
        let page = Page::new();
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            hear(event.data().unchecked_into());
        });
        page.0.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        heard.forget();
        page.post(&Array::of1(&"ready".into()));
    }

    /// The page that started this worker.
    #[must_use]
    pub fn new() -> Page {
        Page(js_sys::global().unchecked_into())
    }

    /// Sends it a message.
    pub fn post(&self, message: &Array) {
        if let Err(thrown) = self.0.post_message(message) {
            web_sys::console::error_1(&thrown);
        }
    }
}

impl Default for Page {
    fn default() -> Page {
        Page::new()
    }
}
