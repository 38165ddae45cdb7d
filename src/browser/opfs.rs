//! A file in the origin private file system that one tab has for itself, and the locks by which tabs
//! agree which. `opfs.js` beside this file does what must be said in JavaScript: a file that can be
//! flushed exists in workers only.

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DomException;

use crate::store::journal::Change;

#[wasm_bindgen(module = "/src/browser/opfs.js")]
extern "C" {
    type OpfsFile;

    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<OpfsFile, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn open(this: &OpfsFile, name: &str, wait: bool) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn read(this: &OpfsFile, at: f64, length: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    fn change(this: &OpfsFile, cut: f64, writes: Array, flush: bool) -> js_sys::Promise;

    #[wasm_bindgen(method, catch)]
    async fn copy(this: &OpfsFile, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    fn close(this: &OpfsFile);

    #[wasm_bindgen(catch, js_name = removeFile)]
    async fn remove_file(name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    async fn lock(name: &str, wait: bool, mode: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    async fn holders(name: &str) -> Result<JsValue, JsValue>;
}

/// What the browser said when it refused.
fn said(thrown: JsValue) -> String {
    if let Some(exception) = thrown.dyn_ref::<DomException>() {
        return format!("{}: {}", exception.name(), exception.message());
    }
    match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => format!("{thrown:?}"),
    }
}

/// A file that nobody else has open. Dropped, it is closed after what was asked of it is done.
pub(super) struct File(OpfsFile);

impl File {
    /// Opens a file, and makes it where there is none; nothing where another tab has it open and
    /// this one won't `wait`. Whoever stops waiting leaves nobody in the queue.
    ///
    /// # Errors
    /// What the browser said: it has no such files, or denies them.
    pub(super) async fn open(name: &str, wait: bool) -> Result<Option<File>, String> {
        let file = File(OpfsFile::new().map_err(said)?);
        let is_open = file.0.open(name, wait).await.map_err(said)?;
        Ok(is_open.is_truthy().then_some(file))
    }

    /// At most so many bytes from a place on; fewer where the file ends.
    pub(super) async fn read(&self, at: u64, length: usize) -> Result<Vec<u8>, String> {
        let bytes = self.0.read(at as f64, length as f64).await;
        Ok(bytes.map_err(said)?.unchecked_into::<Uint8Array>().to_vec())
    }

    /// Changes the file, after what was asked for before. What `flush` asks for is on the disk once
    /// it is answered.
    pub(super) fn change(
        &self,
        change: &Change,
        flush: bool,
    ) -> impl Future<Output = Result<(), String>> + use<> {
        let writes = change.bytes.iter().map(|(at, bytes)| {
            let bytes = Uint8Array::from(&bytes[..]);
            Array::of2(&JsValue::from_f64(*at as f64), &bytes)
        });
        let cut = change.cut.map_or(-1.0, |cut| cut as f64);
        let changed = self.0.change(cut, writes.collect(), flush);
        async move {
            let changed = wasm_bindgen_futures::JsFuture::from(changed).await;
            changed.map(|_| ()).map_err(said)
        }
    }
}

impl File {
    /// Copies the file to another one, which is made or replaced.
    pub(super) async fn copy_to(&self, name: &str) -> Result<(), String> {
        self.0.copy(name).await.map(|_| ()).map_err(said)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Removes a file, if it exists.
///
/// # Errors
/// What the browser said: a tab has it open.
pub(super) async fn remove(name: &str) -> Result<(), String> {
    remove_file(name).await.map(|_| ()).map_err(said)
}

/// A lock that is held among the tabs of an origin. Dropped, it is let go.
pub(super) struct Lock(Function);

impl Lock {
    /// Waits until nobody else holds it.
    ///
    /// # Errors
    /// What the browser said: it has no locks, or denies them.
    pub(super) async fn alone(name: &str) -> Result<Lock, String> {
        Lock::wait(name, "exclusive").await
    }

    /// Holds it together with others.
    ///
    /// # Errors
    /// As [`Lock::alone`].
    pub(super) async fn shared(name: &str) -> Result<Lock, String> {
        Lock::wait(name, "shared").await
    }

    async fn wait(name: &str, mode: &str) -> Result<Lock, String> {
        let release = lock(name, true, mode).await.map_err(said)?;
        Ok(Lock(release.unchecked_into()))
    }

    /// How many hold the lock of this name, in all tabs.
    ///
    /// # Errors
    /// As [`Lock::alone`].
    pub(super) async fn holders(name: &str) -> Result<usize, String> {
        let count = holders(name).await.map_err(said)?;
        Ok(count.as_f64().unwrap_or(f64::INFINITY) as usize)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Calling it lets go; it throws nothing.
        let _ = self.0.call0(&JsValue::UNDEFINED);
    }
}
