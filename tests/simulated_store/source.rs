//! What a database is compared with: the journal, but for one of an earlier epoch that goes further. It follows
//! `browser/indexed_db/journal/{source,further}.rs`.

use eventloom::log::journal::Tail;
use eventloom::store::judging::Noted;
use uuid::Uuid;

use super::held::{Held, Older};
use super::reading::{Claims, Walked};

/// What a database is compared with, and restored from.
pub struct Source {
    pub store: Uuid,
    pub tail: Tail,
    pub claims: Claims,
    pub walked: Walked,
}

impl Source {
    pub async fn of(
        held: &Held,
        (all, older): (&[Older], Option<&Older>),
        known: Option<Noted>,
    ) -> Result<Source, String> {
        // Each is known to have held what any of them did.
        let claims = all.iter().map(|older| older.claims);
        let claims = claims.fold(held.claims(), |all, one| all.with(&one));
        let mut source = match older {
            Some(older) => Source {
                store: older.store,
                tail: older.tail,
                claims,
                walked: older.walked.clone(),
            },
            None => Source {
                store: held.mark().store,
                tail: held.mark().tail,
                claims,
                walked: held.entries().await?,
            },
        };
        if let Some(emptying) = known.and_then(|noted| noted.emptied_in(source.store)) {
            source.walked.was_emptied(emptying);
        }
        Ok(source)
    }
}
