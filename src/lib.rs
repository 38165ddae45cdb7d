//! Eventloom: an event-sourcing core, and the playground that runs on it.
//!
//! The log is the truth; state is a fold over it. [`core`] holds events and deciders, [`store`]
//! what keeps them, [`runtime`] what loads and saves aggregates, [`model`] the models that ship,
//! [`timeline`] the state at any version.

pub mod app;
pub mod archive;
#[cfg(target_arch = "wasm32")]
pub mod browser;
pub mod core;
pub mod model;
pub mod runtime;
pub mod store;
pub mod target;
pub mod timeline;
