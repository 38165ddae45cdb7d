//! Who else has a database open: each connection that may know something of the log holds a Web
//! Lock in shared mode, named after the database. Only who is alone may take numbers out of the log.

use std::rc::{Rc, Weak};

use gloo::events::EventListener;

use crate::browser::opfs::Lock;

/// Tells others that this connection is there, until it is dropped.
pub(super) struct Presence {
    name: String,
    _lock: Lock,
}

/// The lock that each who has a store open holds.
pub(super) fn lock_name(store: &str) -> String {
    format!("{store} is open")
}

impl Presence {
    /// None where the browser has no locks, as on a page that isn't served safely: no other tab of
    /// that origin has them either, so none ever finds itself alone.
    pub(super) async fn take(database: &str) -> Option<Presence> {
        let name = lock_name(database);
        let lock = Lock::shared(&name).await.ok()?;
        Some(Presence { name, _lock: lock })
    }

    /// Whether no other connection is there.
    pub(super) async fn is_alone(&self) -> bool {
        Lock::holders(&self.name).await == Ok(1)
    }
}

/// A page that is hidden may be kept for coming back to, without its locks: so it gives them up, and
/// begins anew once it is back. A worker is never kept so.
pub(super) fn on_hide<T: 'static>(
    of: &Weak<T>,
    hide: fn(&Rc<T>),
    show: fn(&Rc<T>),
) -> Option<[EventListener; 2]> {
    let window = web_sys::window()?;
    let on = |name: &'static str, call: fn(&Rc<T>)| {
        let of = of.clone();
        EventListener::new(&window, name, move |_| {
            if let Some(of) = of.upgrade() {
                call(&of);
            }
        })
    };
    Some([on("pagehide", hide), on("pageshow", show)])
}
