//! Who else has a database open: each connection that may know something of the log holds a Web
//! Lock in shared mode, named after the database. Only who is alone may take numbers out of the log.

use futures_channel::oneshot;
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::target::spawn;

#[wasm_bindgen]
extern "C" {
    /// `navigator.locks`, which web-sys keeps behind an unstable flag.
    #[wasm_bindgen(extends = Object)]
    type Locks;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &Locks,
        name: &str,
        options: &JsValue,
        callback: &JsValue,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn query(this: &Locks) -> Result<Promise, JsValue>;
}

/// Tells others that this connection is there, until it is dropped.
pub(super) struct Presence {
    name: String,
    /// Releases the lock.
    release: Function,
}

impl Presence {
    /// None where the browser has no locks, as on a page that isn't served safely: no other tab of
    /// that origin has them either, so none ever finds itself alone.
    pub(super) async fn take(database: &str) -> Option<Presence> {
        let name = format!("{database} is open");
        let locks = locks()?;
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let presence = Presence {
            name,
            release: release?,
        };
        let (grant, granted) = oneshot::channel();
        let on_grant = Closure::once(move |_lock: JsValue| {
            let _ = grant.send(());
            held
        });
        let options = Object::new();
        Reflect::set(&options, &"mode".into(), &"shared".into()).ok()?;
        let asked = locks.request(&presence.name, &options, on_grant.as_ref());
        let asked = JsFuture::from(asked.ok()?);
        spawn(async move {
            // Ends when the lock is released or refused; then nobody needs the callback any more.
            let _ = asked.await;
            drop(on_grant);
        });
        granted.await.ok().map(|()| presence)
    }

    /// Whether no other connection is there.
    pub(super) async fn is_alone(&self) -> bool {
        let Some(Ok(asked)) = locks().map(|locks| locks.query()) else {
            return false;
        };
        let Ok(all) = JsFuture::from(asked).await else {
            return false;
        };
        let field = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).unwrap_or_default();
        let held: Array = Array::from(&field(&all, "held"));
        let ours = |lock: &JsValue| field(lock, "name").as_string().as_ref() == Some(&self.name);
        held.iter().filter(ours).count() == 1
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // Resolving a promise throws nothing.
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

fn locks() -> Option<Locks> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    locks.is_object().then(|| locks.unchecked_into())
}
