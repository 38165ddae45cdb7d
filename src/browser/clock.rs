//! The browser's clock and its random bytes, in a window and in a worker alike.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::core::source::uuid_v7;
use crate::core::{Clock, EventId, IdSource, Timestamp};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(bytes: &mut [u8]);
}

/// Tells the time that the browser tells, which its user can set.
#[derive(Clone, Copy, Debug, Default)]
pub struct BrowserClock;

impl Clock for BrowserClock {
    fn now(&self) -> Timestamp {
        // Whole milliseconds already; the cast saturates beyond them.
        Timestamp::from_millis(js_sys::Date::now() as i64)
    }
}

/// Makes UUID v7 ids from the browser's cryptographic random bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct BrowserIds;

impl IdSource for BrowserIds {
    fn next_id(&self, now: Timestamp) -> EventId {
        let mut random = [0; 10];
        get_random_values(&mut random);
        uuid_v7(now, random)
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    fn ids_hold_the_time_and_differ_within_it() {
        let now = BrowserClock.now();
        let ids = [BrowserIds.next_id(now), BrowserIds.next_id(now)];
        assert_ne!(ids[0], ids[1]);
        for id in ids {
            assert_eq!(id.0.get_version_num(), 7);
            let bytes = id.0.as_bytes();
            let millis = bytes[..6].iter().fold(0, |n, &b| n << 8 | i64::from(b));
            assert_eq!(millis, now.millis());
        }
        assert!(now > Timestamp::parse("2025-01-01T00:00:00Z").unwrap());
    }
}
