//! What concerns the tabs of one browser: why one of them can't use the store for now.

use crate::store::{Cause, StoreError};

/// Another tab is in the way. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InUse {
    /// Another tab keeps an older version of the database open. Close or reload that tab.
    #[error(
        "another tab keeps an older version of this store open; close that tab, then reload this one"
    )]
    Blocked,
    /// The browser doesn't answer whether the database can be opened, or another tab holds that up. Try again,
    /// or close all other tabs of this site.
    #[error(
        "the browser doesn't answer; where other tabs of this site are open, one of them may hold it up: close them"
    )]
    Unanswered,
    /// A newer Eventloom in another tab has taken the database over. Reload this page.
    #[error("a newer Eventloom in another tab has taken this store over; reload this page")]
    Superseded,
}

impl InUse {
    /// Which of these a store's error is; none where it is another.
    #[must_use]
    pub fn of(error: &StoreError) -> Option<InUse> {
        match error {
            StoreError::InUse { cause } => cause.get().copied(),
            _ => None,
        }
    }
}

impl From<InUse> for StoreError {
    fn from(error: InUse) -> StoreError {
        let cause = Cause::new(error);
        StoreError::InUse { cause }
    }
}
