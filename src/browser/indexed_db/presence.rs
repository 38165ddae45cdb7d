//! Who else has a database open: each connection that may know something of the log holds a Web
//! Lock in shared mode, named after the database. Only who is alone may take numbers out of the log.

use crate::browser::opfs::Lock;

/// Tells others that this connection is there, until it is dropped.
pub(super) struct Presence {
    name: String,
    _lock: Lock,
}

impl Presence {
    /// None where the browser has no locks, as on a page that isn't served safely: no other tab of
    /// that origin has them either, so none ever finds itself alone.
    pub(super) async fn take(database: &str) -> Option<Presence> {
        let name = format!("{database} is open");
        let lock = Lock::shared(&name).await.ok()?;
        Some(Presence { name, _lock: lock })
    }

    /// Whether no other connection is there.
    pub(super) async fn is_alone(&self) -> bool {
        Lock::holders(&self.name).await == Ok(1)
    }
}
