//! The page, built like what it teaches: its state is a fold of actions in one reducer, effects
//! run in one place and come back as actions, and views are functions of the state.

pub mod action;
pub mod address;
pub mod asked;
pub mod checked;
pub mod course;
pub mod files;
pub mod last_export;
pub mod loom;
pub mod outcome;
pub mod pace;
pub mod page_version;
pub mod parts;
mod phrases;
pub mod reading;
pub mod reduce;
pub mod state;
pub mod story;
pub mod tale;
mod toggle;
pub mod trying;
pub mod words;

#[cfg(target_arch = "wasm32")]
mod backend;
#[cfg(target_arch = "wasm32")]
mod component;
#[cfg(target_arch = "wasm32")]
mod effect;
#[cfg(target_arch = "wasm32")]
mod in_memory;
#[cfg(target_arch = "wasm32")]
mod job;
#[cfg(target_arch = "wasm32")]
mod keys;
#[cfg(target_arch = "wasm32")]
pub mod loading;
#[cfg(target_arch = "wasm32")]
mod opening;
#[cfg(target_arch = "wasm32")]
mod preferences;
#[cfg(target_arch = "wasm32")]
mod room;
#[cfg(target_arch = "wasm32")]
mod view;
#[cfg(target_arch = "wasm32")]
mod wishes;
#[cfg(target_arch = "wasm32")]
pub mod worker;

#[cfg(target_arch = "wasm32")]
pub use component::App;
