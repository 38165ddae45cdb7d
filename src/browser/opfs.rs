//! A file in the origin private file system that one tab has for itself, and the locks by which tabs
//! agree which. `opfs.js` beside this file does what must be said in JavaScript: a file that can be
//! flushed exists in workers only.

use futures_channel::oneshot;
use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DomException;

use crate::log::journal::Change;
use crate::target::spawn;

#[wasm_bindgen(module = "/src/browser/opfs.js")]
extern "C" {
    type OpfsFile;

    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<OpfsFile, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn open(this: &OpfsFile, name: &str, how: &str, of: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn read(this: &OpfsFile, at: f64, length: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    fn change(this: &OpfsFile, cut: f64, writes: Array, flush: bool) -> js_sys::Promise;

    #[wasm_bindgen(method, catch)]
    async fn aside(this: &OpfsFile, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn remove(this: &OpfsFile) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn failed(this: &OpfsFile) -> bool;

    #[wasm_bindgen(method)]
    fn close(this: &OpfsFile);

    #[wasm_bindgen(catch, js_name = removeFile)]
    async fn remove_file(name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = fileOf)]
    async fn file_of(name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = filesOf)]
    async fn files_of(beginning: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    async fn lock(name: &str, wait: bool, mode: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = lock)]
    fn request(name: &str, wait: bool, mode: &str) -> js_sys::Promise;

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

/// What to do where another tab has a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Nothing: then the file isn't opened.
    Leaves,
    /// Wait, for hours if need be.
    Waits,
    /// Take it away, since that tab doesn't answer any more.
    Steals,
}

/// A file that nobody else has open. Dropped, it is closed after what was asked of it is done.
pub(super) struct File(OpfsFile);

impl File {
    /// Opens a file under the lock of its own name, and makes it where there is none; nothing where
    /// another tab has it open and this one won't `wait`. Whoever stops waiting leaves nobody in the
    /// queue.
    ///
    /// # Errors
    /// What the browser said: it has no such files, or denies them.
    pub(super) async fn open(name: &str, wait: bool) -> Result<Option<File>, String> {
        let taken = match wait {
            true => Taken::Waits,
            false => Taken::Leaves,
        };
        File::open_under(name, name, taken).await
    }

    /// Opens a file under a lock that stands for more than this file: who holds it has all of them. One
    /// that loses its lock to another who steals it isn't changed any more: each change then fails.
    ///
    /// # Errors
    /// As [`File::open`]; also where another still has this very file open.
    pub(super) async fn open_under(
        name: &str,
        lock: &str,
        taken: Taken,
    ) -> Result<Option<File>, String> {
        let file = File(OpfsFile::new().map_err(said)?);
        let how = match taken {
            Taken::Leaves => "leave",
            Taken::Waits => "wait",
            Taken::Steals => "steal",
        };
        let is_open = file.0.open(name, how, lock).await.map_err(said)?;
        Ok(is_open.is_truthy().then_some(file))
    }

    /// Whether it can't be written any more: its worker is gone, or another has its lock.
    pub(super) fn is_gone(&self) -> bool {
        self.0.failed()
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
    /// Gives the file another name, and begins an empty one under its own, which is open then.
    ///
    /// # Errors
    /// What the browser said: a file has that name, or it can't move files. The file is as it was.
    pub(super) async fn set_aside(&self, name: &str) -> Result<(), String> {
        self.0.aside(name).await.map(|_| ()).map_err(said)
    }

    /// Removes the file; nothing can be asked of it any more. The lock is held until this is dropped.
    ///
    /// # Errors
    /// What the browser said.
    pub(super) async fn remove(&self) -> Result<(), String> {
        self.0.remove().await.map(|_| ()).map_err(said)
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

/// The names of the files that begin so.
///
/// # Errors
/// What the browser said: it has no such files, or denies them.
pub(super) async fn names(beginning: &str) -> Result<Vec<String>, String> {
    let names = files_of(beginning).await.map_err(said)?;
    let names = names.unchecked_into::<Array>();
    Ok(names.iter().filter_map(|name| name.as_string()).collect())
}

/// The bytes of a file that nobody changes; none where there is none.
///
/// # Errors
/// What the browser said: it has no such files, or can't read it.
pub(super) async fn bytes_of(name: &str) -> Result<Option<Vec<u8>>, String> {
    let file = file_of(name).await.map_err(said)?;
    let Some(file) = file.dyn_ref::<web_sys::Blob>() else {
        return Ok(None);
    };
    read(file).await.map(Some)
}

/// The first bytes of a file, so many at most; none where there is none.
///
/// # Errors
/// As [`bytes_of`].
pub(super) async fn start_of(name: &str, length: u32) -> Result<Option<Vec<u8>>, String> {
    let file = file_of(name).await.map_err(said)?;
    let Some(file) = file.dyn_ref::<web_sys::Blob>() else {
        return Ok(None);
    };
    let start = file
        .slice_with_i32_and_i32(0, length as i32)
        .map_err(said)?;
    read(&start).await.map(Some)
}

async fn read(file: &web_sys::Blob) -> Result<Vec<u8>, String> {
    let bytes = wasm_bindgen_futures::JsFuture::from(file.array_buffer());
    let bytes = bytes.await.map_err(said)?;
    Ok(Uint8Array::new(&bytes).to_vec())
}

/// A lock that is held among the tabs of an origin. Dropped, it is let go.
pub(super) struct Lock(Function);

impl Lock {
    /// Asks for it now; it comes with the answer. Who doesn't wait for that any more doesn't get it.
    pub(super) fn ask(name: &str) -> oneshot::Receiver<Result<Lock, String>> {
        let (granted, lock) = oneshot::channel();
        // Begun before anything else is done: the browser reckons from then who came first.
        let asked = request(name, true, "exclusive");
        spawn(async move {
            let held = wasm_bindgen_futures::JsFuture::from(asked).await;
            let held = held.map(|release| Lock(release.unchecked_into()));
            let _ = granted.send(held.map_err(said));
        });
        lock
    }

    /// Holds it together with others.
    ///
    /// # Errors
    /// What the browser said: it has no locks, or denies them.
    pub(super) async fn shared(name: &str) -> Result<Lock, String> {
        let release = lock(name, true, "shared").await.map_err(said)?;
        Ok(Lock(release.unchecked_into()))
    }

    /// How many hold the lock of this name, in all tabs.
    ///
    /// # Errors
    /// As [`Lock::shared`].
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

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::browser::{BrowserClock, BrowserIds};
    use crate::core::{Clock, IdSource};

    fn fresh_name() -> String {
        format!("eventloom-file-{}", BrowserIds.next_id(BrowserClock.now()))
    }

    fn bytes(text: &str) -> Change {
        Change {
            bytes: vec![(0, text.as_bytes().to_vec())],
            ..Change::default()
        }
    }

    #[wasm_bindgen_test]
    async fn who_steals_the_lock_goes_on_in_another_file_and_who_lost_it_writes_no_more() {
        let lock = fresh_name();
        let (old, new) = (format!("{lock}.1"), format!("{lock}.2"));
        let open = async |name: &str, taken| File::open_under(name, &lock, taken).await;
        let frozen = open(&old, Taken::Leaves).await.unwrap().unwrap();
        frozen.change(&bytes("of the first"), true).await.unwrap();
        assert!(open(&new, Taken::Leaves).await.unwrap().is_none());
        let next = open(&new, Taken::Steals).await.unwrap().unwrap();
        next.change(&bytes("of the second"), true).await.unwrap();
        let refused = frozen.change(&bytes("too late"), true).await;
        assert!(refused.is_err());
        assert_eq!(frozen.read(0, 99).await.unwrap(), b"of the first");
        assert_eq!(next.read(0, 99).await.unwrap(), b"of the second");
        // Whoever waits now waits for the second.
        assert!(open(&old, Taken::Leaves).await.unwrap().is_none());
        drop((frozen, next));
        let last = open(&new, Taken::Waits).await.unwrap().unwrap();
        assert_eq!(last.read(0, 99).await.unwrap(), b"of the second");
        drop(last);
        let mut names = names(&lock).await.unwrap();
        names.sort();
        assert_eq!(names, [old, new]);
    }

    #[wasm_bindgen_test]
    async fn a_file_is_set_aside_under_another_name_and_never_under_that_of_another() {
        let name = fresh_name();
        let (aside, taken) = (format!("{name}.aside"), format!("{name}.taken"));
        drop(File::open(&taken, false).await.unwrap().unwrap());
        let file = File::open(&name, false).await.unwrap().unwrap();
        file.change(&bytes("of the first"), true).await.unwrap();
        // Refused, it is as it was, and goes on.
        assert!(file.set_aside(&taken).await.is_err());
        assert_eq!(file.read(0, 99).await.unwrap(), b"of the first");
        file.set_aside(&aside).await.unwrap();
        assert_eq!(file.read(0, 99).await.unwrap(), b"");
        file.change(&bytes("of the second"), true).await.unwrap();
        let held = bytes_of(&aside).await.unwrap();
        assert_eq!(held.as_deref(), Some(&b"of the first"[..]));
        assert_eq!(file.read(0, 99).await.unwrap(), b"of the second");
    }
}
