//! What is told of a store's journal, and done with it, by who doesn't keep it.

use super::{aside, file, sentinel};

/// Which of a store's databases its journal is a copy of, as its mark says.
pub(in super::super) async fn database_of(store: &str) -> Option<u64> {
    Some(file::mark_of(store).await?.database.max(1))
}

/// How many events a store's journal holds; none where that can't be told.
pub(in super::super) async fn events_of(store: &str) -> Option<u64> {
    aside::count(&file::newest(store).await?).await
}

/// Removes the second copy of a store of this name, unless a tab keeps it: that one begins it anew
/// when it hears that the database was deleted.
pub(in super::super) async fn remove(name: &str) {
    sentinel::remove(name);
    file::remove_all(name).await;
    for aside in aside::list(name).await.unwrap_or_default() {
        let _ = aside::delete(&aside.name).await;
    }
}
