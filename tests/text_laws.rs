//! Laws of texts: whatever JSON, amounts and addresses say, it survives being written and read.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use eventloom::app::address;
use eventloom::core::{JsonText, StreamId, Version};
use eventloom::model::money;
use proptest::prelude::*;
use serde_json::Value;
use support::any_json;

/// Any name of 1 to 1,024 characters.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(any::<char>(), 1..20),
        prop::collection::vec(
            prop::sample::select(vec!['/', '?', '#', '%', '&', '=', 'v', '.']),
            1..9
        ),
        prop::collection::vec(any::<char>(), 1_015..=1_024),
    ]
    .prop_map(|characters| characters.into_iter().collect())
}

proptest! {
    #[test]
    fn json_that_is_laid_out_in_lines_is_the_same_json_text(value in any_json()) {
        let laid_out = JsonText::parse(&format!("{value:#}")).unwrap();
        prop_assert_eq!(laid_out.as_str(), value.to_string());
        prop_assert_eq!(laid_out.read::<Value>().unwrap(), value);
    }

    #[test]
    fn any_amount_survives_being_shown_and_typed_again(
        amount in -money::MAX_AMOUNT..=money::MAX_AMOUNT,
        currency in prop::sample::select(vec!["EUR", "USD", "GBP", "CHF", "JPY", ""]),
    ) {
        let shown = money::format(amount, currency);
        prop_assert_eq!(money::parse(&shown, currency), Ok(amount));
        prop_assert_eq!(money::parse(&shown.replace('.', ","), currency), Ok(amount));
    }

    #[test]
    fn any_stream_and_version_survive_the_address(
        aggregate_type in any_name(),
        aggregate_id in any_name(),
        version in prop::option::of(any::<u64>().prop_map(Version)),
    ) {
        let stream = StreamId::new(aggregate_type, aggregate_id).unwrap();
        let written = address::format(&stream, version);
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"');
        prop_assert!(written.chars().all(plain), "{}", written);
        let read = address::parse(&written).unwrap().unwrap();
        prop_assert_eq!(read.stream, stream);
        prop_assert_eq!(read.version, version.map(Ok));
    }
}
