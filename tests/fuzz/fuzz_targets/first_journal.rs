#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eventloom_fuzz::first_journal(bytes));
