//! The models that ship: each rule, each way to break it, and what the page relies on.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod bank_account;
mod forms;
mod generic;
mod order;
#[path = "../support/mod.rs"]
mod support;
