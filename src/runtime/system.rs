//! The system's own clock and randomness, for native programs.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::core::source::uuid_v7;
use crate::core::{Clock, EventId, IdSource, Timestamp};

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "native only, and the one place that asks the system"
    )]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is taken as 1970: nothing orders events by time.
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// UUID v7 ids with the system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    /// # Panics
    /// When the system gives no randomness: an id that could repeat must never be handed out.
    #[allow(
        clippy::expect_used,
        reason = "stated above: there is no safe id to go on with"
    )]
    fn next_id(&self, now: Timestamp) -> EventId {
        let mut random = [0; 10];
        getrandom::fill(&mut random).expect("the system gives randomness");
        uuid_v7(now, random)
    }
}
