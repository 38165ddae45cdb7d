//! What a database says of itself when it is opened, read at once.

use web_sys::IdbDatabase;

use super::beginning::{self, Beginning};
use super::doubt::{self, Doubt};
use super::floor;
use super::left::Left;
use super::schema::META;
use super::transaction::{self, Fault};
use crate::core::Position;

/// What a database says of itself.
#[derive(Clone, Copy, Default)]
pub(super) struct Said {
    /// The history that it began with; none where that can't be kept: what can't be told from another
    /// history by all who open it is told from none.
    pub(super) beginning: Option<Beginning>,
    /// No position up to here is given again.
    pub(super) floor: Position,
    /// What is noted to be in doubt.
    pub(super) doubt: Option<Doubt>,
    /// What is noted of what an emptying left.
    pub(super) left: Option<(u64, Left)>,
}

/// Reads what it says; where it names no history, a new one is noted.
pub(super) async fn read(database: &IdbDatabase) -> Said {
    let said = async {
        let meta = transaction::read(database, &[META])?.store(META)?;
        let beginning = beginning::noted(&meta).await?;
        let floor = floor::noted(&meta).await?;
        let doubt = doubt::found(&meta).await?;
        let left = Left::noted(&meta).await?;
        Ok(Said {
            beginning,
            floor,
            doubt,
            left,
        })
    };
    let said: Result<_, Fault> = said.await;
    let mut said = said.unwrap_or_default();
    if said.beginning.is_none() {
        said.beginning = beginning::first(database).await.ok();
    }
    said
}
