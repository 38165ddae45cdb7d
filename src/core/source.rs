//! Where time and ids come from: callers pass them in, so that tests, lessons and links are
//! deterministic, and nothing on a hot path asks the system.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use uuid::Builder;

use super::command::CommandId;
use super::event::EventId;
use super::timestamp::Timestamp;
use crate::target::{MaybeSend, MaybeSync};

/// Tells the time. It may stand still or run backwards: nothing orders events by it.
pub trait Clock: MaybeSend + MaybeSync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// Makes ids that were never made before.
pub trait IdSource: MaybeSend + MaybeSync {
    /// A new id; `now` goes into it where ids are ordered by time (UUID v7).
    fn next_id(&self, now: Timestamp) -> EventId;

    /// A new id for a command, made like those of events.
    fn next_command_id(&self, now: Timestamp) -> CommandId {
        CommandId(self.next_id(now).0)
    }
}

/// A UUID v7 (RFC 9562) from a time and ten random bytes.
#[must_use]
pub fn uuid_v7(now: Timestamp, random: [u8; 10]) -> EventId {
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    EventId(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

/// A clock that moves by a fixed step each time it is asked.
#[derive(Debug)]
pub struct FixedClock {
    next: AtomicI64,
    step: i64,
}

impl FixedClock {
    /// Starts at `start` and adds `step` milliseconds after each answer; a step of 0 stands still.
    #[must_use]
    pub fn new(start: Timestamp, step: i64) -> FixedClock {
        let next = AtomicI64::new(start.millis());
        FixedClock { next, step }
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.next.fetch_add(self.step, Ordering::Relaxed))
    }
}

/// Ids that count up: the same run makes the same ids.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl IdSource for SequentialIds {
    fn next_id(&self, now: Timestamp) -> EventId {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let mut random = [0; 10];
        random[2..].copy_from_slice(&count.to_be_bytes());
        uuid_v7(now, random)
    }
}

impl<T: Clock + ?Sized> Clock for &T {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

impl<T: IdSource + ?Sized> IdSource for &T {
    fn next_id(&self, now: Timestamp) -> EventId {
        (**self).next_id(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequential_ids_differ_and_repeat_from_run_to_run() {
        let now = Timestamp::from_millis(1_767_603_602_000);
        let run = || {
            let ids = SequentialIds::default();
            [ids.next_id(now), ids.next_id(now)]
        };
        assert_eq!(run(), run());
        assert_ne!(run()[0], run()[1]);
        assert_eq!(run()[0].0.get_version_num(), 7);
    }
}
