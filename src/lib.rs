//! Eventloom: an event-sourcing core, and the playground that runs on it.
//!
//! The log is the truth; state is a fold over it. [`core`] holds events and deciders, [`store`]
//! what keeps them, [`runtime`] what loads and saves aggregates.

#[cfg(target_arch = "wasm32")]
pub mod browser;
pub mod core;
pub mod store;
pub mod target;
