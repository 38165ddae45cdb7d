//! The only file that knows which target it is compiled for: `Send` is asked for natively and not
//! on wasm, where there is one thread, and futures holding browser objects can't have it.

/// `Send` natively, nothing on wasm32. Decided by target and never by a feature, so that a
/// library in the middle of a dependency graph can't change it for the others.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + ?Sized> MaybeSend for T {}

/// `Send` natively, nothing on wasm32. Decided by target and never by a feature, so that a
/// library in the middle of a dependency graph can't change it for the others.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSend {}
#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> MaybeSend for T {}

/// `Sync` natively, nothing on wasm32. See [`MaybeSend`].
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSync: Sync {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Sync + ?Sized> MaybeSync for T {}

/// `Sync` natively, nothing on wasm32. See [`MaybeSend`].
#[cfg(target_arch = "wasm32")]
pub trait MaybeSync {}
#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> MaybeSync for T {}

/// Runs a future on the browser's event loop. The one place that does, so that every task the
/// page starts can be found by searching for this name.
#[cfg(target_arch = "wasm32")]
#[allow(
    clippy::disallowed_methods,
    reason = "the one place that may start a task"
)]
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(task);
}
